//! Decision tables: one line a case, with its expected result.

use super::world::World;
use crate::costing::Method;

fn check(table: &str) {
    World::new(Method::Fifo).run(table);
}

#[test]
fn what_comes_in_can_go_out_and_no_more() {
    check(
        "receive BOLT 10 A1              => ok
         ? BOLT A1 = 10/0
         ? BOLT supplier = -10/0
         ? BOLT LON = 10/0/0 10
         issue BOLT 11 A1                => insufficient_stock
         issue BOLT 10 A1                => ok
         ? BOLT A1 = 0/0
         ? BOLT customer = 10/0
         issue BOLT 1 A1                 => insufficient_stock",
    );
}

#[test]
fn two_lines_of_one_item_cannot_take_more_together_than_is_there() {
    check(
        "receive BOLT 5 A1               => ok
         issue BOLT 3 A1 + BOLT 3 A1     => insufficient_stock
         ? BOLT A1 = 5/0
         issue BOLT 3 A1 + BOLT 2 A1     => ok
         ? BOLT A1 = 0/0",
    );
}

#[test]
fn a_posting_is_all_or_nothing() {
    check(
        "receive BOLT 5 A1 + WIRE 1.5 A1 => ok
         issue BOLT 5 A1 + WIRE 2 A1     => insufficient_stock
         ? BOLT A1 = 5/0
         ? WIRE A1 = 1.5/0
         ? BOLT LON = 5/0/0 5",
    );
}

#[test]
fn quantities_that_are_none() {
    check(
        "receive BOLT 0 A1               => invalid_quantity
         receive BOLT -1 A1              => invalid_quantity
         receive BOLT 0.5 A1             => fraction_refused
         receive WIRE 0.000001 A1        => ok
         receive BOLT 1000000000 A1      => ok
         receive ADVICE 1 A1             => not_stockable
         reserve ADVICE LON 1 r          => not_stockable
         reserve BOLT LON 0 r            => invalid_quantity
         reserve BOLT LON 0.5 r          => fraction_refused",
    );
}

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
fn bins_that_cannot_be_allocated() {
    check(
        "receive BOLT 5 STAGE            => ok
         receive BOLT 5 CAGE             => ok
         allocate BOLT STAGE 1 a         => wrong_location_kind
         allocate BOLT CAGE 1 a          => wrong_location_kind
         allocate BOLT SHUT 1 a          => location_blocked
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
         stop BOLT A1                      => 1 broken
         ? claim here = 1 open
         ? claim there = 2 open
         ? claim soft = 2 open
         ? BOLT A1 = 5/1
         ? BOLT LON = 5/2/3 0
         start BOLT A1                     => ok
         ? claim here = 1 open
         ? BOLT LON = 10/2/3 5
         stop BOLT A2                      => ok
         stop BOLT A1                      => 3 broken
         ? BOLT LON = 0/0/0 0
         ? BOLT A1 = 5/0
         ? BOLT A2 = 5/0",
    );
}

#[test]
fn statuses_change_by_their_table() {
    check(
        "receive BOLT 5 A1                    => ok
         set_status BOLT 5 A1 A1/hold         => ok
         ? BOLT LON = 0/0/0 0
         issue BOLT 1 A1/hold                 => ok
         set_status BOLT 1 A1/hold A1/expired => status_change_refused
         set_status BOLT 1 A1/hold A2         => status_change_refused
         set_status BOLT 1 A1/hold A1/hold    => same_place
         set_status BOLT 4 A1/hold A1         => ok
         move BOLT 1 A1 A2/hold               => status_change_refused
         ? BOLT LON = 4/0/0 4",
    );
}

#[test]
fn moves_stay_in_the_site_and_pass_no_block() {
    check(
        "receive BOLT 5 A1                    => ok
         move BOLT 5 A1 A1                    => same_place
         move BOLT 1 A1 B1                    => wrong_location_kind
         move BOLT 1 A1 SHUT                  => location_blocked
         receive BOLT 1 SHUT                  => location_blocked
         issue BOLT 1 SHUT                    => location_blocked
         count BOLT 2 SHUT                    => ok
         move BOLT 1 A1 customer              => wrong_location_kind
         move BOLT 2 A1 CAGE                  => ok
         ? BOLT LON = 3/0/0 3",
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
fn a_transfer_goes_through_transit_and_may_arrive_short() {
    check(
        "receive BOLT 10 A1 each=2.00         => ok
         ship BOLT 6 A1 transit               => ok
         ? BOLT transit = 6/0
         ? BOLT LON = 4/0/0 4
         ? value BOLT LON = 4 800
         ? value BOLT transit = 6 1200
         arrive BOLT 7 transit B1             => insufficient_stock
         arrive BOLT 4 transit B1             => ok
         shortage BOLT 2 transit loss         => ok
         ? BOLT transit = 0/0
         ? BOLT YRK = 4/0/0 4
         ? value BOLT YRK = 4 800
         ? value BOLT transit = 0 0",
    );
}

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
fn a_serial_is_in_one_place() {
    check(
        "receive DRILL:S1 1 A1                => ok
         receive DRILL:S1 1 B1                => serial_in_stock
         receive DRILL:S2 2 A1                => serial_not_one
         receive DRILL:S2 1 A1 + DRILL:S2 1 A2 => serial_twice
         issue DRILL:S1 1 A2                  => serial_not_here
         move DRILL:S1 1 A1 A2                => ok
         issue DRILL:S1 1 A2                  => ok
         issue DRILL:S1 1 A2                  => serial_not_here
         return DRILL:S1 1 A1                 => ok",
    );
}

#[test]
fn a_backdated_issue_is_checked_at_every_later_instant() {
    check(
        "receive BOLT 5 A1 at=2026-06-01T00:00:00Z    => ok
         issue BOLT 5 A1 at=2026-06-03T00:00:00Z      => ok
         receive BOLT 9 A1 at=2026-06-10T00:00:00Z    => ok
         issue BOLT 1 A1 at=2026-06-02T00:00:00Z      => insufficient_stock
         issue BOLT 1 A1 at=2026-06-05T00:00:00Z      => insufficient_stock
         issue BOLT 1 A1 at=2026-06-10T00:00:00Z      => ok
         issue BOLT 9 A1                              => insufficient_stock
         issue BOLT 8 A1 at=2026-06-16T00:00:00Z      => effective_in_future",
    );
}

#[test]
fn a_closed_period_takes_late_postings_in_the_next_open_one() {
    let mut world = World::new(Method::Fifo).closed(202_605);
    world.run(
        "receive BOLT 5 A1 at=2026-05-31T23:59:59Z         => period_closed
         receive BOLT 5 A1 at=2026-05-31T23:59:59Z late=1  => ok
         receive BOLT 1 A1 at=2026-06-01T00:00:00Z         => ok",
    );
    let late = &world.log[0];
    assert_eq!(late.effective_at.to_string(), "2026-06-01T00:00:00Z");
    assert_eq!(late.late_from.unwrap().to_string(), "2026-05-31T23:59:59Z");
}

#[test]
fn a_reversal_restores_and_happens_once() {
    check(
        "receive BOLT 4 A1 each=1.00          => ok
         receive BOLT 4 A1 each=3.00          => ok
         issue BOLT 6 A1 as sale              => ok
         ? value BOLT LON = 2 600
         reverse sale                         => ok
         ? BOLT A1 = 8/0
         ? value BOLT LON = 8 1600
         reverse sale                         => already_reversed",
    );
}

#[test]
fn goods_that_have_left_cannot_be_reversed_away() {
    check(
        "receive BOLT 4 A1 as in              => ok
         issue BOLT 1 A1                      => ok
         reverse in                           => insufficient_stock
         return BOLT 1 A1                     => ok
         reserve BOLT LON 1 r                 => ok
         reverse in                           => insufficient_available
         release r as off                     => ok
         reverse off                          => not_reversible
         reverse in                           => ok
         ? BOLT A1 = 0/0",
    );
}

#[test]
fn a_count_is_an_absolute_fact() {
    check(
        "count BOLT 7 A1                      => ok
         ? BOLT A1 = 7/0
         count BOLT 7 A1                      => invalid_quantity
         count BOLT 3 A1                      => ok
         ? BOLT A1 = 3/0
         ? BOLT adjustment = -3/0
         count BOLT 0.5 A1                    => fraction_refused
         count BOLT -1 A1                     => invalid_quantity",
    );
}

#[test]
fn fifo_takes_the_oldest_and_the_average_takes_the_mean() {
    let table = |value: &str| {
        format!(
            "receive BOLT 3 A1 total=1000        => ok
             receive BOLT 3 A1 each=4.00         => ok
             issue BOLT 4 A1                     => ok
             ? value BOLT LON = 2 {value}
             issue BOLT 2 A1                     => ok
             ? value BOLT LON = 0 0"
        )
    };
    World::new(Method::Fifo).run(&table("800"));
    World::new(Method::MovingAverage).run(&table("733"));
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
