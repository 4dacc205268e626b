//! Decision tables of what is promised, bound, given up and broken.

use super::tables::check;

#[test]
fn a_reservation_holds_what_it_promised() {
    check(
        "receive BOLT 10 A1              => ok
         reserve BOLT LON 4 r1           => ok
         ? BOLT LON = 10/4/0 6
         reserve BOLT LON 7 r2           => insufficient_available
         issue BOLT 7 A1                 => insufficient_available
         issue BOLT 6 A1                 => ok
         issue BOLT 4 A1 claim=r1        => ok
         ? claim r1 = 0 fulfilled
         ? BOLT LON = 0/0/0 0
         issue BOLT 1 A1 claim=r1        => claim_closed",
    );
}

#[test]
fn an_allocation_binds_a_bin() {
    check(
        "receive BOLT 10 A1 + BOLT 5 A2  => ok
         reserve BOLT LON 8 r1           => ok
         allocate BOLT A1 6 a1 from=r1   => ok
         ? claim r1 = 2 open
         ? BOLT A1 = 10/6
         ? BOLT LON = 15/2/6 7
         allocate BOLT A1 5 a2           => stock_claimed
         allocate BOLT A2 8 a2           => insufficient_stock
         allocate BOLT A1 4 a2           => ok
         issue BOLT 1 A1                 => stock_claimed
         issue BOLT 6 A1 claim=a1        => ok
         ? BOLT A1 = 4/4
         release a2 1                    => ok
         ? BOLT A1 = 4/3
         release a2                      => ok
         release a2                      => claim_closed
         ? BOLT LON = 9/2/0 7",
    );
}

#[test]
fn goods_in_another_bin_are_promised_too() {
    check(
        "receive BOLT 5 A1 + BOLT 5 A2   => ok
         allocate BOLT A1 5 a1           => ok
         reserve BOLT LON 4 r1           => ok
         issue BOLT 2 A2                 => insufficient_available
         move BOLT 2 A2 CAGE             => insufficient_available
         issue BOLT 1 A2                 => ok
         ? BOLT LON = 9/4/5 0",
    );
}

#[test]
fn bins_that_cannot_be_allocated() {
    check(
        "receive BOLT 5 STAGE            => ok
         receive BOLT 5 CAGE             => ok
         allocate BOLT STAGE 1 a         => wrong_location_kind
         allocate BOLT CAGE 1 a          => wrong_location_kind
         allocate BOLT SHUT 1 a          => location_blocked
         allocate BOLT GONE 1 a          => location_archived
         allocate BOLT customer 1 a      => wrong_location_kind
         ? BOLT LON = 5/0/0 5",
    );
}

#[test]
fn an_allocation_goes_along_with_its_goods() {
    check(
        "receive BOLT 10 A1              => ok
         allocate BOLT A1 6 a1           => ok
         move BOLT 6 A1 STAGE claim=a1   => ok
         ? BOLT A1 = 4/0
         ? BOLT STAGE = 6/6
         ? claim a1 = 6 open
         issue BOLT 6 STAGE              => stock_claimed
         issue BOLT 6 STAGE claim=a1     => ok
         ? BOLT LON = 4/0/0 4",
    );
}

#[test]
fn a_short_pick_splits_the_allocation() {
    check(
        "receive BOLT 10 A1                       => ok
         allocate BOLT A1 6 a1                    => ok
         move BOLT 4 A1 STAGE claim=a1 split=a2   => ok
         ? claim a1 = 2 open
         ? claim a2 = 4 open
         ? BOLT A1 = 6/2
         ? BOLT STAGE = 4/4
         ? BOLT LON = 10/0/6 4
         move BOLT 2 A1 CAGE claim=a1             => wrong_location_kind",
    );
}

#[test]
fn only_what_goes_out_fulfils_a_claim() {
    check(
        "receive BOLT 10 A1                        => ok
         reserve BOLT LON 10 r1                    => ok
         move BOLT 10 A1 A2 claim=r1               => invalid_value
         set_status BOLT 1 A1 A1/damaged claim=r1  => invalid_value
         count BOLT 4 A1 claim=r1                  => invalid_value
         adjust BOLT 4 A1 loss claim=r1            => invalid_value
         relocate BOLT 1 A1 B1 claim=r1            => invalid_value
         receive BOLT 1 A1 claim=r1                => invalid_value
         return BOLT 1 A1 claim=r1                 => invalid_value
         ? claim r1 = 10 open
         ? BOLT LON = 10/10/0 0
         reserve BOLT LON 1 r2                     => insufficient_available
         allocate BOLT A1 6 a1 from=r1             => ok
         set_status BOLT 6 A1 A1/damaged claim=a1  => invalid_value
         count BOLT 0 A1 claim=a1                  => invalid_value
         ? claim a1 = 6 open
         move BOLT 6 A1 A2 claim=a1                => ok
         ship BOLT 4 A2 transit claim=a1           => ok
         consume BOLT 2 A2 claim=a1                => ok
         ? claim a1 = 0 fulfilled
         ? claim r1 = 4 open",
    );
}

#[test]
fn a_loss_is_always_booked_and_breaks_the_least_claims() {
    check(
        "receive BOLT 10 A1                => ok
         reserve BOLT LON 3 keep priority=5 => ok
         reserve BOLT LON 3 older          => ok
         reserve BOLT LON 3 younger        => ok
         count BOLT 8 A1                   => ok
         ? claim younger = 2 open
         ? claim older = 3 open
         ? BOLT LON = 8/8/0 0
         count BOLT 4 A1                   => ok
         ? claim younger = 0 broken
         ? claim older = 1 open
         ? claim keep = 3 open
         count BOLT 0 A1                   => ok
         ? claim keep = 0 broken
         ? BOLT LON = 0/0/0 0",
    );
}

#[test]
fn a_loss_in_a_bin_breaks_the_allocations_of_that_bin_first() {
    check(
        "receive BOLT 5 A1 + BOLT 5 A2     => ok
         allocate BOLT A1 5 a1 priority=9  => ok
         reserve BOLT LON 2 r1             => ok
         set_status BOLT 4 A1 A1/damaged   => ok
         ? claim a1 = 1 open
         ? claim r1 = 2 open
         ? BOLT A1 = 1/1
         ? BOLT A1/damaged = 4/0
         ? BOLT LON = 6/2/1 3",
    );
}

#[test]
fn a_place_that_stops_selling_breaks_its_own_claims_first() {
    check(
        "receive BOLT 5 A1 + BOLT 5 A2     => ok
         allocate BOLT A1 3 here priority=9 => ok
         allocate BOLT A2 2 there          => ok
         reserve BOLT LON 2 soft           => ok
         stop BOLT A1                      => 1 changed
         ? claim here = 1 open
         ? claim there = 2 open
         ? claim soft = 2 open
         ? BOLT A1 = 5/1
         ? BOLT LON = 5/2/3 0
         start BOLT A1                     => ok
         ? claim here = 1 open
         ? BOLT LON = 10/2/3 5
         stop BOLT A2                      => ok
         stop BOLT A1                      => 3 changed
         ? BOLT LON = 0/0/0 0
         ? BOLT A1 = 5/0
         ? BOLT A2 = 5/0",
    );
}

#[test]
fn a_move_out_of_the_sellable_stock_respects_promises() {
    check(
        "receive BOLT 5 A1                    => ok
         reserve BOLT LON 4 r1                => ok
         move BOLT 2 A1 CAGE                  => insufficient_available
         move BOLT 2 A1 A2                    => ok
         move BOLT 1 A1 CAGE                  => ok
         ? BOLT LON = 4/4/0 0",
    );
}

#[test]
fn a_claim_whose_time_is_over_ends_as_expired() {
    check(
        "receive BOLT 5 A1                    => ok
         reserve BOLT LON 4 r1 until=2026-06-15T13:00:00Z => ok
         lapse r1                             => ok
         ? claim r1 = 0 expired
         ? BOLT LON = 5/0/0 5
         lapse r1                             => claim_closed",
    );
}

#[test]
fn claims_that_do_not_fit() {
    check(
        "receive BOLT 5 A1 + WIRE 5 A1        => ok
         reserve BOLT LON 2 r1                => ok
         reserve BOLT LON 2 gone until=2026-06-15T11:00:00Z => claim_expired
         issue WIRE 1 A1 claim=r1             => unknown_claim
         issue BOLT 3 A1 claim=r1             => stock_claimed
         issue BOLT 1 A1 claim=nobody         => unknown_claim
         allocate BOLT A1 3 a1 from=r1        => stock_claimed
         allocate WIRE A1 1 a1 from=r1        => unknown_claim
         release nobody                       => unknown_claim
         release r1 3                         => stock_claimed
         release r1 0                         => invalid_quantity",
    );
}
