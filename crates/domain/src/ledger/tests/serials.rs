//! A serial is at most one at every instant: its movements have one order, in recorded and in
//! effective time.

use super::laws::decide_all;
use super::random::history;
use super::tables::check;
use super::world::World;
use crate::costing::Method;
use crate::item::Tracking;
use crate::ledger::*;
use crate::place::LocationKind;
use crate::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn a_serial_that_left_comes_in_no_earlier_than_it_left() {
    for bin in ["A1", "A2", "A1/damaged", "B1"] {
        check(&format!(
            "receive DRILL:S1 1 A1 at=2026-06-10T00:00:00Z            => ok
             issue DRILL:S1 1 A1 at=2026-06-12T00:00:00Z              => ok
             receive DRILL:S1 1 {bin} at=2026-06-05T00:00:00Z         => serial_moved_since
             return DRILL:S1 1 {bin} at=2026-06-11T00:00:00Z          => serial_moved_since
             adjust DRILL:S1 1 adjustment {bin} at=2026-06-11T23:59:59Z => serial_moved_since
             count DRILL:S1 1 {bin} at=2026-06-09T00:00:00Z           => serial_moved_since
             opening DRILL:S1 1 {bin} at=2026-06-01T00:00:00Z         => serial_moved_since
             ? DRILL:S1 {bin} = 0/0
             return DRILL:S1 1 {bin} at=2026-06-12T00:00:00Z          => ok
             ? DRILL:S1 {bin} = 1/0"
        ));
    }
}

#[test]
fn a_serial_moves_in_the_order_of_its_instants() {
    check(
        "receive DRILL:S1 1 A1 at=2026-06-01T00:00:00Z       => ok
         ship DRILL:S1 1 A1 transit at=2026-06-05T00:00:00Z  => ok
         arrive DRILL:S1 1 transit B1 at=2026-06-04T00:00:00Z => serial_moved_since
         arrive DRILL:S1 1 transit B1 at=2026-06-05T00:00:00Z => ok
         issue DRILL:S1 1 B1 at=2026-06-04T23:59:59Z         => serial_moved_since
         set_status DRILL:S1 1 B1 B1/hold at=2026-06-07T00:00:00Z => ok
         set_status DRILL:S1 1 B1/hold B1 at=2026-06-06T00:00:00Z => serial_moved_since
         count DRILL:S1 1 B1/hold at=2026-06-06T00:00:00Z    => serial_in_stock
         adjust DRILL:S1 1 B1/hold loss                      => ok
         receive DRILL:S1 1 A1 at=2026-06-08T00:00:00Z       => serial_moved_since
         receive DRILL:S2 1 A1 at=2026-06-08T00:00:00Z       => ok
         receive DRILL:S1 1 A1                               => ok",
    );
}

#[test]
fn a_serial_that_was_brought_in_by_mistake_is_dated_anew_by_a_dated_reversal() {
    check(
        "receive DRILL:S1 1 A1 at=2026-06-10T00:00:00Z as wrong   => ok
         reverse wrong                                            => ok
         receive DRILL:S1 1 A2 at=2026-06-10T00:00:00Z            => serial_moved_since
         receive DRILL:S2 1 A1 at=2026-06-10T00:00:00Z as wrong2  => ok
         reverse wrong2 at=2026-06-09T00:00:00Z                   => serial_moved_since
         reverse wrong2 at=2026-06-10T00:00:00Z                   => ok
         receive DRILL:S2 1 A2 at=2026-06-10T00:00:00Z            => ok
         ? DRILL:S2 A2 = 1/0",
    );
}

#[test]
fn a_serial_whose_posting_was_refused_has_not_moved() {
    check(
        "receive DRILL:S1 1 A1 + DRILL:S2 2 A1 at=2026-06-10T00:00:00Z => serial_not_one
         receive DRILL:S1 1 A1 at=2026-06-02T00:00:00Z                 => ok",
    );
}

#[test]
fn a_late_posting_comes_after_what_the_serial_did_in_the_open_period() {
    World::new(Method::Fifo).closed(202_605).run(
        "receive DRILL:S1 1 A1 at=2026-06-10T00:00:00Z               => ok
         issue DRILL:S1 1 A1 at=2026-06-12T00:00:00Z                 => ok
         return DRILL:S1 1 A1 at=2026-05-20T00:00:00Z late=1         => serial_moved_since",
    );
}

/// What another process recorded may lie ahead of this clock: what happens now happens after it.
#[test]
fn what_happens_to_a_serial_now_happens_after_its_last_movement() {
    let mut world = World::new(Method::Fifo);
    world.run("receive DRILL:S1 1 A1 => ok");
    let ahead = super::world::noon().plus_micros(5_000_000);
    world.vault.moved_at(LotId(201), ahead);
    world.run("issue DRILL:S1 1 A1 => ok");
    assert_eq!(world.log[1].effective_at, ahead);
}

/// The instants at which some serial stood more than once, or less than not at all, among all that is ours.
fn doubled(log: &[Posted]) -> Vec<(LotId, Instant)> {
    let owned = |place: Place| {
        let kind = super::world::LOCATIONS.iter().find(|entry| entry.1 == place.location.0).unwrap().2;
        i64::from(!LocationKind::is_virtual(kind))
    };
    let serial = |item: ItemId| super::world::ITEMS.iter().any(|i| i.1 == item.0 && i.2 == Tracking::Serial);
    let mut changes: BTreeMap<(LotId, Instant), i64> = BTreeMap::new();
    for posted in log {
        for movement in posted.movements.iter().filter(|movement| serial(movement.item)) {
            *changes.entry((movement.lot, posted.effective_at)).or_default() +=
                (owned(movement.to) - owned(movement.from)) * movement.qty;
        }
    }
    let mut level: BTreeMap<LotId, i64> = BTreeMap::new();
    let one = Qty::ONE.millionths();
    changes.retain(|(lot, _), qty| {
        let level = level.entry(*lot).or_default();
        *level += *qty;
        *level != 0 && *level != one
    });
    changes.into_keys().collect()
}

proptest! {
    #[test]
    fn at_no_instant_is_a_serial_more_than_one(commands in history()) {
        let mut world = World::new(Method::Fifo);
        decide_all(&mut world, &commands);
        prop_assert_eq!(doubled(&world.log), []);
    }
}
