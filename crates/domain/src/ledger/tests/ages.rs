//! How old goods are: a decision table, and a law with an oracle that knows every age a unit may have.

use super::laws::decide_all;
use super::random::history;
use super::tables::check;
use super::world::World;
use crate::costing::Method;
use crate::ledger::{Key, Kind, Movement, Posted};
use crate::{Instant, LocationId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn goods_are_as_old_as_their_time_in_stock_wherever_they_stood() {
    check(
        "receive BOLT 5 A1 at=2026-06-03T00:00:00Z      => ok
         receive BOLT 5 A2 at=2026-06-05T00:00:00Z      => ok
         ? since BOLT A1 = 2026-06-03T00:00:00Z
         move BOLT 1 A2 A1 at=2026-06-09T00:00:00Z      => ok
         ? since BOLT A1 = 2026-06-03T00:00:00Z
         move BOLT 1 A1 A2 at=2026-06-09T00:00:00Z      => ok
         ? since BOLT A2 = 2026-06-03T00:00:00Z
         receive BOLT 1 A1 at=2026-06-02T00:00:00Z      => ok
         ? since BOLT A1 = 2026-06-02T00:00:00Z
         set_status BOLT 6 A1 A1/hold                   => ok
         ? since BOLT A1/hold = 2026-06-02T00:00:00Z
         ship BOLT 5 A2 transit at=2026-06-10T00:00:00Z => ok
         arrive BOLT 5 transit B1                       => ok
         ? since BOLT B1 = 2026-06-03T00:00:00Z",
    );
}

#[test]
fn what_comes_into_an_empty_place_is_as_old_as_it_is_and_what_comes_back_as_it_was() {
    check(
        "receive BOLT 5 A1 at=2026-06-03T00:00:00Z            => ok
         issue BOLT 5 A1 at=2026-06-04T00:00:00Z as sold      => ok
         receive BOLT 5 A1 at=2026-06-05T00:00:00Z as again   => ok
         ? since BOLT A1 = 2026-06-05T00:00:00Z
         reverse again                                        => ok
         reverse sold                                         => ok
         ? since BOLT A1 = 2026-06-05T00:00:00Z
         issue BOLT 5 A1 at=2026-06-06T00:00:00Z              => ok
         return BOLT 1 A1 at=2026-06-08T00:00:00Z             => ok
         ? since BOLT A1 = 2026-06-08T00:00:00Z",
    );
}

/// Every age that a unit on a key may have, if any of its units may be the one that goes.
#[derive(Default)]
struct Ages(BTreeMap<Key, (i64, BTreeSet<Instant>)>);

impl Ages {
    fn fold(world: &World) -> Ages {
        let mut ages = Ages::default();
        for posted in &world.log {
            for movement in &posted.movements {
                ages.movement(world, posted, movement);
            }
        }
        ages
    }

    fn movement(&mut self, world: &World, posted: &Posted, movement: &Movement) {
        let is_ours = |location: LocationId| !world.vault.location(location).unwrap().is_virtual();
        let from = Key::at(movement.item, movement.lot, movement.from);
        let to = Key::at(movement.item, movement.lot, movement.to);
        let source = self.0.entry(from).or_default();
        source.0 -= movement.qty;
        let comes =
            if is_ours(from.location) { source.1.clone() } else { BTreeSet::from([posted.effective_at]) };
        let was_known = self.0.contains_key(&to);
        let destination = self.0.entry(to).or_default();
        let gives_back = posted.kind == Kind::Reverse && was_known;
        if destination.0 <= 0 && !gives_back {
            destination.1.clear();
        }
        destination.0 += movement.qty;
        destination.1.extend(comes);
    }
}

proptest! {
    #[test]
    fn no_unit_is_older_than_its_balance_says(commands in history()) {
        let mut world = World::new(Method::Fifo);
        decide_all(&mut world, &commands);
        for (key, (qty, ages)) in Ages::fold(&world).0 {
            let ours = !world.vault.location(key.location).unwrap().is_virtual();
            if ours && qty > 0 {
                let balance = world.vault.balance(key).unwrap();
                prop_assert_eq!(Some(&balance.since), ages.first(), "{:?}", key);
                prop_assert!(balance.since <= balance.latest);
            }
        }
    }
}
