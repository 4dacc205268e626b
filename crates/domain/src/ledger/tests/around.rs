//! What happens around the vault, between one command and the next.
//!
//! At `midnight` the 16th begins at both sites, at `yesterday` the 15th is back; `hold ITEM:LOT` and
//! `unhold ITEM:LOT` flag a lot; `archive ITEM` and `restore ITEM` take it out of use and back; `give ITEM` and `own ITEM` make
//! it a third party's and our own; `rule ITEM SITE CAP` lets so much wait at a
//! site, or with `none` nothing; `shut BIN` and `open BIN` block it and open it again; `stand BIN SITE` puts a bin with all that is in it below another
//! site, as a handling unit is moved: out of the bin where it stood, and into it where it stands.

use super::laws::{check_conservation, check_state, decide_all};
use super::tables::check;
use super::world::{ITEMS, LOTS, World, item_of, location_of, millionths, noon};
use crate::costing::Method;
use crate::ledger::{Amount, Clock, Cost, Kind, *};
use crate::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

impl World {
    /// Changes what commands rest on; `None` when the words are a command.
    pub(super) fn around(&mut self, words: &[&str]) -> Option<Result<(), Refusal>> {
        match *words {
            [word @ ("midnight" | "yesterday")] => {
                let day = if word == "midnight" { "2026-06-16" } else { "2026-06-15" };
                for site in [1, 2] {
                    self.vault.turn_day(SiteId(site), when::parse_date(day).unwrap());
                }
            }
            [word @ ("hold" | "unhold"), lot] => self.vault.flag(item_of(lot).1, word == "hold"),
            [word @ ("archive" | "restore"), item] => self.vault.archive(item_of(item).0, word == "archive"),
            [word @ ("give" | "own"), item] => self.vault.give(item_of(item).0, word == "give"),
            ["rule", item, site, cap] => {
                let key = SiteKey { item: item_of(item).0, site: SiteId(location_of(site).0) };
                self.vault.set_cap(key, (cap != "none").then(|| millionths(cap)));
            }
            [word @ ("shut" | "open"), bin] => return Some(self.block(location_of(bin), word == "shut")),
            ["stand", bin, site] => return Some(self.stand(location_of(bin), location_of(site))),
            _ => return None,
        }
        Some(Ok(()))
    }

    /// Decides `stop ITEM[:LOT] BIN` or `start ITEM[:LOT] BIN`; how many claims were changed.
    pub(super) fn recount(&mut self, command: &str) -> Option<Result<usize, Refusal>> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let [word @ ("start" | "stop"), item, bin] = words[..] else { return None };
        let (item, lot) = item_of(item);
        let location = location_of(bin);
        let keys = vec![Key { item, location, lot, status: Status::Good }];
        let site = SiteKey { item, site: self.vault.location(location).unwrap().site };
        let (starts, stops) = if word == "start" { (keys, Vec::new()) } else { (Vec::new(), keys) };
        let command = Recount { posting: PostingId(self.next()), site, starts, stops };
        let posted = recount(&mut self.vault, &command, noon(), &self.ids);
        Some(posted.map(|posted| posted.map_or(0, |posted| posted.claims.len())))
    }

    /// Blocks a bin, or opens it again: what is in it stops to count as sellable, or starts.
    fn block(&mut self, bin: LocationId, blocked: bool) -> Result<(), Refusal> {
        let before = self.vault.location(bin).unwrap();
        let after = LocationFacts { blocked, ..before };
        self.vault.set_location(bin, after);
        if before.counts() == after.counts() {
            return Ok(());
        }
        let mut keys: BTreeMap<ItemId, Vec<Key>> = BTreeMap::new();
        for (key, _) in self.contents(bin).into_iter().filter(|(key, _)| key.status == Status::Good) {
            keys.entry(key.item).or_default().push(key);
        }
        for (item, keys) in keys {
            let (starts, stops) = if blocked { (Vec::new(), keys) } else { (keys, Vec::new()) };
            let site = SiteKey { item, site: before.site };
            let command = Recount { posting: PostingId(self.next()), site, starts, stops };
            let posted = recount(&mut self.vault, &command, noon(), &self.ids)?;
            self.log.extend(posted);
        }
        Ok(())
    }

    /// Puts a bin below another site, unless what is in it is claimed.
    fn stand(&mut self, bin: LocationId, site: LocationId) -> Result<(), Refusal> {
        let (here, there) = (self.vault.location(bin).unwrap(), self.vault.location(site).unwrap());
        let transit = location_of("transit");
        let pass = |key: Key| (key.place(), Place { location: transit, status: key.status });
        let contents = self.contents(bin);
        let (out, back) = (PostingId(self.next()), PostingId(self.next()));
        let ids = &self.ids;
        let half = |vault: &mut Vault, id, lines: Vec<Line>| {
            let clock = Clock { now: noon(), zone: &Zone::UTC, minor_digits: 2, ids };
            let command = Post {
                id,
                kind: Kind::Relocate,
                effective_at: None,
                post_late: false,
                lines,
                returns: Vec::new(),
            };
            if command.lines.is_empty() { Ok(None) } else { post(vault, &command, &clock).map(Some) }
        };
        let left = self.vault.attempt(|vault| {
            let lines = contents.iter().map(|(key, qty)| line(key, pass(*key), *qty)).collect();
            match half(vault, out, lines)? {
                Some(posted) if posted.claims.iter().any(|entry| entry.change != ClaimChange::Covered) => {
                    Err(Refusal::of(Why::ClaimElsewhere))
                }
                posted => Ok(posted),
            }
        })?;
        self.vault.set_location(bin, LocationFacts { site: there.site, group: there.group, ..here });
        self.vault.settle_at(bin, noon());
        let lines = contents.iter().map(|(key, qty)| line(key, (pass(*key).1, key.place()), *qty)).collect();
        let came = half(&mut self.vault, back, lines).unwrap();
        self.log.extend(left.into_iter().chain(came));
        Ok(())
    }

    fn contents(&self, bin: LocationId) -> Vec<(Key, i64)> {
        let mut found = Vec::new();
        for (_, item, ..) in ITEMS {
            let lots = LOTS.iter().filter(|lot| lot.2 == *item).map(|lot| LotId(lot.1));
            for lot in lots.chain([LotId::NONE]) {
                for status in Status::ALL {
                    let key = Key { item: ItemId(*item), location: bin, lot, status };
                    let on_hand = self.vault.balance(key).unwrap().on_hand;
                    if on_hand > 0 {
                        found.push((key, on_hand));
                    }
                }
            }
        }
        found
    }
}

fn line(key: &Key, (from, to): (Place, Place), qty: i64) -> Line {
    let (amount, cost) = (Amount::Move(qty), Cost::Unknown);
    Line { item: key.item, lot: key.lot, from, to, amount, claim: None, split: None, cost }
}

#[test]
fn a_place_that_came_to_another_site_takes_its_stock_and_its_value_along() {
    check(
        "receive BOLT 5 A1 each=1.00          => ok
         receive BOLT 5 A2 each=3.00          => ok
         stand A2 YRK                         => ok
         ? BOLT LON = 5/0/0 5
         ? BOLT YRK = 5/0/0 5
         ? value BOLT LON = 5 1500
         ? value BOLT YRK = 5 500",
    );
}

#[test]
fn nothing_is_booked_before_its_place_came_to_the_site_where_it_stands() {
    check(
        "receive BOLT 5 A1 at=2026-06-13T12:00:00Z               => ok
         receive BOLT 5 A2 at=2026-06-13T12:00:00Z               => ok
         stand A2 YRK                                            => ok
         receive BOLT 1 A2 at=2026-06-15T11:59:59Z               => stood_elsewhere
         issue BOLT 1 A2 at=2026-06-14T12:00:00Z                 => stood_elsewhere
         count BOLT 5 A2 at=2026-06-14T12:00:00Z                 => invalid_quantity
         count BOLT 4 A2 at=2026-06-14T12:00:00Z                 => stood_elsewhere
         issue BOLT 1 A1 at=2026-06-14T12:00:00Z                 => ok
         receive BOLT 1 A2 at=2026-06-15T12:00:00Z               => ok
         receive BOLT 1 A2                                       => ok
         ? BOLT A2 = 7/0",
    );
}

#[test]
fn what_was_counted_before_a_place_moved_is_not_booked_late_where_it_stands_now() {
    let mut world = World::new(Method::Fifo).closed(202_605);
    world.run(
        "receive BOLT 5 A2                                       => ok
         stand A2 YRK                                            => ok
         count BOLT 4 A2 at=2026-05-31T12:00:00Z late=yes        => stood_elsewhere
         receive BOLT 1 A2 at=2026-05-31T12:00:00Z late=yes      => stood_elsewhere
         receive BOLT 1 A1 at=2026-05-31T12:00:00Z late=yes      => ok",
    );
}

#[test]
fn what_moved_into_a_place_that_went_to_another_site_is_not_moved_back_by_a_reversal() {
    check(
        "receive BOLT 10 A1 each=1.00         => ok
         move BOLT 10 A1 A2 as walk           => ok
         stand A2 YRK                         => ok
         reverse walk                         => not_reversible
         ? BOLT A2 = 10/0
         ? value BOLT LON = 0 0
         ? value BOLT YRK = 10 1000
         ship BOLT 10 A2 transit              => ok
         arrive BOLT 10 transit A1            => ok
         issue BOLT 10 A1                     => ok
         ? value BOLT LON = 0 0",
    );
}

#[test]
fn what_went_out_of_a_place_that_is_elsewhere_now_is_not_given_back_to_the_layers_of_another_site() {
    check(
        "receive BOLT 10 A2 each=1.00         => ok
         issue BOLT 10 A2 as sale             => ok
         stand A2 YRK                         => ok
         receive BOLT 3 B1 each=9.00          => ok
         reverse sale                         => not_reversible
         ? BOLT A2 = 0/0
         ? value BOLT YRK = 3 2700
         stand A2 LON                         => ok
         reverse sale                         => ok
         ? BOLT A2 = 10/0
         ? value BOLT LON = 10 1000",
    );
}

#[test]
fn what_never_left_the_places_that_stayed_is_reversed_as_ever() {
    check(
        "receive BOLT 10 A1 each=1.00         => ok
         move BOLT 4 A1 STAGE as walk         => ok
         stand A2 YRK                         => ok
         reverse walk                         => ok
         ? BOLT A1 = 10/0",
    );
}

#[test]
fn one_group_for_all_sites_joins_no_places() {
    let mut world = World::new(costing::Method::Fifo);
    let one = |world: &mut World, bin| {
        let facts = world.vault.location(location_of(bin)).unwrap();
        world.vault.set_location(location_of(bin), LocationFacts { group: Group(1), ..facts });
    };
    one(&mut world, "YRK");
    one(&mut world, "B1");
    world.run(
        "receive BOLT 10 A1 each=1.00         => ok
         move BOLT 10 A1 A2 as walk           => ok
         stand A2 YRK                         => ok
         reverse walk                         => not_reversible
         ? BOLT YRK = 10/0/0 10
         ? value BOLT LON = 10 1000",
    );
}

#[test]
fn nothing_of_an_item_that_is_out_of_use_comes_back_by_a_reversal() {
    check(
        "receive BOLT 1 A1                    => ok
         issue BOLT 1 A1 as sale              => ok
         archive BOLT                         => ok
         reverse sale                         => in_use
         receive BOLT 1 A1                    => in_use
         reserve BOLT LON 1 r1                => in_use
         ? BOLT A1 = 0/0
         restore BOLT                         => ok
         reverse sale                         => ok
         ? BOLT A1 = 1/0",
    );
}

/// Few places and one item, so that what is reversed has often stood elsewhere meanwhile.
fn wandering() -> impl Strategy<Value = Vec<String>> {
    let kind =
        prop::sample::select(vec!["receive", "issue", "return", "move", "loss", "stand", "stand", "reverse"]);
    let bin = prop::sample::select(vec!["A1", "A2", "B1"]);
    let command = (kind, bin.clone(), bin, 1..4_i64, 0..5_usize, any::<bool>());
    let command = command.prop_map(|(kind, bin, other, qty, name, here)| match kind {
        "receive" => format!("receive BOLT {qty} {bin} total={}", 100 * qty),
        "move" => format!("move BOLT {qty} {bin} {other}"),
        "loss" => format!("adjust BOLT {qty} {bin} loss"),
        "stand" => format!("stand {bin} {}", if here { "LON" } else { "YRK" }),
        "reverse" => format!("reverse p{name}"),
        kind => format!("{kind} BOLT {qty} {bin}"),
    });
    prop::collection::vec(command, 1..40)
}

proptest! {
    #[test]
    fn layers_follow_stock_wherever_its_places_go(commands in wandering(), average in any::<bool>()) {
        let method = if average { costing::Method::MovingAverage } else { costing::Method::Fifo };
        let mut world = World::new(method);
        decide_all(&mut world, &commands);
        check_conservation(&world.log);
        check_state(&world);
    }
}
