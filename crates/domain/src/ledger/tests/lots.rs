//! Decision tables of lots and their last day.

use super::tables::check;

#[test]
fn lots_where_they_must_be_and_nowhere_else() {
    check(
        "receive SOUP 5 A1                    => lot_required
         receive BOLT:fresh 5 A1              => lot_not_allowed
         receive SOUP:S1 5 A1                 => unknown_lot
         receive DRILL 1 A1                   => serial_required
         receive SOUP:fresh 5 A1              => ok
         ? SOUP:fresh A1 = 5/0",
    );
}

#[test]
fn a_lot_past_its_last_day_is_kept_from_customers_but_can_be_moved() {
    check(
        "receive SOUP:old 5 A1                => lot_expired
         receive SOUP:fresh 1 A1/expired      => status_change_refused
         receive SOUP:old 5 A1/expired        => ok
         receive SOUP:last-day 5 A1           => ok
         issue SOUP:last-day 1 A1             => ok
         allocate SOUP:last-day A1 1 a        => ok
         move SOUP:old 5 A1/expired CAGE/expired => ok
         adjust SOUP:old 5 CAGE/expired loss  => ok
         ? SOUP:old loss = 5/0",
    );
}

#[test]
fn good_becomes_expired_and_good_again_by_the_day_alone() {
    check(
        "receive SOUP:fresh 5 A1                  => ok
         receive SOUP:old 5 A1/expired            => ok
         expire SOUP:fresh 5 A1 A1/expired        => status_change_refused
         expire SOUP:old 5 A1/expired A1          => lot_expired
         expire SOUP:old 5 A1/expired A2/expired  => status_change_refused
         expire SOUP:fresh 5 A1 A1/damaged        => status_change_refused
         expire SOUP:old 5 A1/expired A2          => status_change_refused
         set_status SOUP:fresh 5 A1 A1/expired    => status_change_refused
         receive SOUP:last-day 5 A1                  => ok
         reserve SOUP LON 8 r1                    => ok
         midnight                                 => ok
         issue SOUP:last-day 1 A1                    => lot_expired
         expire SOUP:last-day 5 A1 A1/expired        => ok
         ? claim r1 = 5 open
         ? SOUP:last-day A1/expired = 5/0
         ? SOUP LON = 5/5/0 0",
    );
}

/// Noon is now: the sales are of the morning of the last day, and told on the day after it.
#[test]
fn what_was_sold_on_the_last_day_and_is_told_after_it_never_expired() {
    check(
        "receive SOUP:last-day 9 A1 at=2026-06-15T08:00:00Z            => ok
         reserve SOUP LON 8 r1                                         => ok
         midnight                                                      => ok
         issue SOUP:last-day 2 A1 at=2026-06-15T09:00:00Z              => insufficient_available
         expire SOUP:last-day 9 A1 A1/expired                          => ok
         ? claim r1 = 0 broken
         issue SOUP:last-day 2 A1 at=2026-06-15T09:00:00Z              => ok
         issue SOUP:last-day 1 A1 at=2026-06-15T09:00:00Z + SOUP:last-day 1 A1 => ok
         consume SOUP:last-day 1 A1 at=2026-06-15T09:00:00Z            => ok
         ? SOUP:last-day A1 = 0/0
         ? SOUP:last-day A1/expired = 4/0
         ? SOUP LON = 0/0/0 0
         issue SOUP:last-day 3 A1 at=2026-06-15T09:00:00Z + SOUP:last-day 2 A1 => insufficient_stock
         issue SOUP:last-day 1 A1 at=2026-06-15T07:59:59Z              => insufficient_stock
         issue SOUP:last-day 1 A2 at=2026-06-15T09:00:00Z              => insufficient_stock
         issue SOUP:last-day 0.5 A1 at=2026-06-15T09:00:00Z            => fraction_refused
         issue SOUP:last-day 1 A1                                      => lot_expired
         issue SOUP:last-day 1 A1/expired at=2026-06-15T09:00:00Z      => status_not_good
         adjust SOUP:last-day 1 A1 A2 at=2026-06-15T09:00:00Z          => wrong_location_kind
         set_status SOUP:last-day 1 A1/expired A1                      => status_change_refused
         reserve SOUP LON 1 r2                                         => insufficient_available
         allocate SOUP:last-day A1 1 a1                                => lot_expired
         adjust SOUP:last-day 3 A1/expired loss                        => ok
         issue SOUP:last-day 2 A1 at=2026-06-15T09:00:00Z              => insufficient_stock
         issue SOUP:last-day 1 A1 at=2026-06-15T09:00:00Z              => ok
         ? SOUP:last-day A1/expired = 0/0
         ? SOUP:last-day customer = 5/0
         ? SOUP LON = 0/0/0 0",
    );
}

#[test]
fn what_was_past_its_last_day_when_it_is_said_to_have_gone_did_not_go() {
    check(
        "receive SOUP:old 5 A1/expired                                  => ok
         issue SOUP:old 1 A1 at=2026-06-15T00:00:00Z                    => lot_expired
         issue SOUP:old 1 A1 at=2026-06-15T12:00:00Z                    => lot_expired
         issue SOUP:old 1 A1 at=2026-06-14T23:59:59Z                    => insufficient_stock
         ? SOUP:old A1/expired = 5/0
         receive SOUP:old 2 A2/expired at=2026-06-14T08:00:00Z          => ok
         issue SOUP:old 1 A2 at=2026-06-14T07:59:59Z                    => insufficient_stock
         issue SOUP:old 1 A2 at=2026-06-14T23:59:59Z                    => ok
         ? SOUP:old A2/expired = 1/0
         receive SOUP:old 1 A1 at=2026-06-14T08:00:00Z                  => lot_expired
         return SOUP:old 1 A1 at=2026-06-14T08:00:00Z                   => lot_expired",
    );
}

#[test]
fn what_waits_for_stock_gets_none_of_what_comes_back_for_a_sale_of_the_last_day() {
    check(
        "receive SOUP:last-day 3 A1 at=2026-06-15T08:00:00Z             => ok
         rule SOUP LON 9                                                => ok
         midnight                                                       => ok
         expire SOUP:last-day 3 A1 A1/expired                           => ok
         reserve SOUP LON 2 r1                                          => ok
         ? claim r1 = 0+2 open
         issue SOUP:last-day 3 A1 at=2026-06-15T09:00:00Z               => ok
         ? claim r1 = 0+2 open
         ? SOUP LON = 0/0/0 0 +2",
    );
}

#[test]
fn what_is_found_or_comes_back_is_not_good_past_its_last_day() {
    check(
        "receive SOUP:last-day 5 A1                      => ok
         issue SOUP:last-day 1 A1 as sale                => ok
         set_status SOUP:last-day 1 A1 A1/damaged        => ok
         midnight                                        => ok
         count SOUP:last-day 9 A1                        => lot_expired
         adjust SOUP:last-day 1 adjustment A1            => lot_expired
         move SOUP:last-day 1 A1/damaged A2              => status_change_refused
         reverse sale                                    => lot_expired
         ? SOUP LON = 3/0/0 3
         move SOUP:last-day 1 A1 A2                      => ok
         count SOUP:last-day 1 A1                        => ok
         count SOUP:last-day 2 A1/expired                => ok
         adjust SOUP:last-day 1 adjustment A1/damaged    => ok
         ? SOUP LON = 2/0/0 2
         yesterday                                       => ok
         reverse sale                                    => ok",
    );
}
