//! Decision tables of what moves: one line a case, with its expected result.

use super::world::World;
use crate::costing::Method;

pub(super) fn check(table: &str) {
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
fn statuses_change_by_their_table() {
    check(
        "receive BOLT 5 A1                    => ok
         set_status BOLT 5 A1 A1/hold         => ok
         ? BOLT LON = 0/0/0 0
         set_status BOLT 1 A1/hold A1/expired => status_change_refused
         set_status BOLT 1 A1/hold A2         => status_change_refused
         set_status BOLT 1 A1/hold A1/hold    => same_place
         set_status BOLT 4 A1/hold A1         => ok
         move BOLT 1 A1 A2/hold               => status_change_refused
         ? BOLT LON = 4/0/0 4",
    );
}

#[test]
fn only_good_stock_goes_to_a_customer_or_into_production() {
    for status in ["hold", "quarantined", "damaged", "suspect", "expired"] {
        let lot = if status == "expired" { "SOUP:old" } else { "SOUP:fresh" };
        check(&format!(
            "receive {lot} 5 A1/{status}                       => ok
             issue {lot} 1 A1/{status}                         => status_not_good
             consume {lot} 1 A1/{status}                       => status_not_good
             issue {lot} 9 A1/{status}                         => status_not_good
             ? {lot} A1/{status} = 5/0
             move {lot} 5 A1/{status} A2/{status}              => ok
             ship {lot} 1 A2/{status} transit/{status}         => ok
             count {lot} 3 A2/{status}                         => ok
             adjust {lot} 3 A2/{status} loss                   => ok
             ? {lot} A2/{status} = 0/0"
        ));
    }
}

#[test]
fn what_was_good_when_it_went_out_comes_back_as_it_was() {
    check(
        "receive BOLT 5 A1                    => ok
         issue BOLT 5 A1 as sale              => ok
         return BOLT 2 A1/damaged as back     => ok
         reverse back                         => ok
         reverse sale                         => ok
         ? BOLT A1 = 5/0",
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
         opening BOLT 1 SHUT each=2.00        => ok
         count BOLT 2 SHUT                    => ok
         move BOLT 1 A1 customer              => wrong_location_kind
         move BOLT 2 A1 CAGE                  => ok
         ? BOLT LON = 3/0/0 3",
    );
}

#[test]
fn an_archived_place_is_closed_for_everything() {
    check(
        "receive BOLT 5 A1                    => ok
         receive BOLT 1 GONE                  => location_archived
         return BOLT 1 GONE                   => location_archived
         move BOLT 1 A1 GONE                  => location_archived
         move BOLT 1 GONE A1                  => location_archived
         issue BOLT 1 GONE                    => location_archived
         count BOLT 2 GONE                    => location_archived
         count BOLT 0 GONE                    => invalid_quantity
         adjust BOLT 1 GONE loss              => location_archived
         ? BOLT GONE = 0/0
         ? BOLT LON = 5/0/0 5",
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
fn each_kind_has_its_ends() {
    check(
        "opening BOLT 5 A1 each=2.00          => ok
         produce BOLT 5 A1 each=3.00          => ok
         ? BOLT opening = -5/0
         ? BOLT production = -5/0
         consume BOLT 6 A1                    => ok
         ? BOLT production = 1/0
         ? value BOLT LON = 4 1200
         adjust BOLT 1 A1 loss                => ok
         adjust BOLT 1 adjustment A1          => ok
         adjust BOLT 1 A1 customer            => wrong_location_kind
         adjust BOLT 1 supplier A1            => wrong_location_kind
         ship BOLT 1 A1 B1                    => wrong_location_kind
         arrive BOLT 1 A1 B1                  => wrong_location_kind
         shortage BOLT 1 A1 loss              => wrong_location_kind
         shortage BOLT 1 transit adjustment   => wrong_location_kind
         move BOLT 1 supplier A1              => wrong_location_kind
         reserve BOLT LON 4 r1                => ok
         relocate BOLT 3 A1 B1                => ok
         ? claim r1 = 1 open
         ? BOLT LON = 1/1/0 0
         ? BOLT YRK = 3/0/0 3
         ? value BOLT LON = 1 300
         ? value BOLT YRK = 3 900
         relocate BOLT 1 A1 SHUT              => ok
         ? claim r1 = 0 broken",
    );
}

#[test]
fn the_demand_of_all_lines_is_told() {
    let mut world = World::new(Method::Fifo);
    world.run("receive BOLT 5 A1 => ok");
    let refusal = world.decide("issue BOLT 3 A1 + BOLT 4 A1").unwrap_err();
    assert_eq!((refusal.line, refusal.why.code()), (Some(1), crate::Code::InsufficientStock));
    let problem = refusal.problem(&|_| "A1".to_owned());
    assert_eq!(problem.errors[0].pointer, "/lines/1/qty");
    assert_eq!(problem.errors[0].detail, "`A1` has `5` on hand and `7` is wanted in all");
    world.run("allocate BOLT A1 2 a1 => ok");
    let told = |world: &mut World, text: &str| {
        world.decide(text).unwrap_err().problem(&|_| "A1".to_owned()).errors[0].detail.clone()
    };
    let claimed = told(&mut world, "issue BOLT 2 A1 + BOLT 2 A1");
    assert!(
        claimed.starts_with("`A1` has `5` on hand of which `2` is allocated, and `4` is wanted"),
        "{claimed}"
    );
    let mut world = World::new(Method::Fifo);
    world.run(
        "receive BOLT 5 A1 at=2026-06-15T08:00:00Z => ok
         issue BOLT 3 A1 at=2026-06-15T10:00:00Z   => ok
         receive BOLT 5 A1 at=2026-06-15T11:00:00Z => ok",
    );
    let then = told(&mut world, "issue BOLT 1 A1 + BOLT 2 A1 at=2026-06-15T09:00:00Z");
    assert!(then.contains("`A1` has held as little as `2`, and `3` is wanted"), "{then}");
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
fn what_happens_at_one_instant_happened_together() {
    check(
        "receive BOLT 5 A1 at=2026-06-01T00:00:00Z    => ok
         issue BOLT 5 A1 at=2026-06-03T00:00:00Z      => ok
         receive BOLT 5 A1 at=2026-06-03T00:00:00Z    => ok
         issue BOLT 3 A1 at=2026-06-02T00:00:00Z      => ok",
    );
}

#[test]
fn a_refused_posting_leaves_no_trace_in_the_past() {
    check(
        "receive BOLT 5 A1 at=2026-06-01T00:00:00Z               => ok
         receive BOLT 1 A1 at=2026-06-03T00:00:00Z               => ok
         receive BOLT 2 A1 + BOLT 0 A1 at=2026-06-02T00:00:00Z   => invalid_quantity
         issue BOLT 4 A1 at=2026-06-01T12:00:00Z                 => ok",
    );
}

#[test]
fn a_closed_period_takes_late_postings_in_the_next_open_one() {
    let mut world = World::new(Method::Fifo).closed(202_605);
    world.run(
        "receive BOLT 5 A1 at=2026-05-31T23:59:59Z         => period_closed
         receive BOLT 5 A1 at=2026-04-30T23:59:59Z         => period_closed
         receive BOLT 5 A1 at=2025-01-01T00:00:00Z         => period_closed
         receive BOLT 5 A1 at=2026-05-31T23:59:59Z late=1  => ok
         receive BOLT 1 A1 at=2026-06-01T00:00:00Z         => ok",
    );
    let late = &world.log[0];
    assert_eq!(late.effective_at.to_string(), "2026-06-01T00:00:00Z");
    assert_eq!(late.late_from.unwrap().to_string(), "2026-05-31T23:59:59Z");
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
fn at_a_site_that_is_set_up_stock_is_taken_up_and_nothing_else() {
    check(
        "opening BOLT 5 N1                => ok
         opening SOUP:fresh 2 N1          => ok
         ? BOLT NEW = 0/0/0 0
         count BOLT 7 N1                  => ok
         adjust BOLT 1 N1 loss            => ok
         set_status BOLT 1 N1 N1/hold     => ok
         receive BOLT 1 N1                => site_in_set_up
         return BOLT 1 N1                 => site_in_set_up
         produce BOLT 1 N1                => site_in_set_up
         issue BOLT 1 N1                  => site_in_set_up
         consume BOLT 1 N1                => site_in_set_up
         move BOLT 1 N1 N2                => site_in_set_up
         ship BOLT 1 N1 transit           => site_in_set_up
         receive BOLT 3 A1                => ok
         ship BOLT 2 A1 transit           => ok
         arrive BOLT 1 transit N1         => site_in_set_up
         arrive BOLT 1 transit B1         => ok
         allocate BOLT N1 1 a             => site_in_set_up
         reserve BOLT NEW 1 r             => insufficient_available
         ? BOLT N1 = 5/0
         ? BOLT NEW = 0/0/0 0",
    );
}

#[test]
fn what_was_taken_up_by_mistake_is_taken_back() {
    check(
        "opening BOLT 5 N1 as first       => ok
         reverse first                    => ok
         ? BOLT N1 = 0/0",
    );
}
