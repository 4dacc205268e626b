//! Laws over random histories, with an oracle that knows nothing of the vault.

use super::random::{command, history};
use super::world::{ITEMS, LOCATIONS, World};
use crate::costing::Method;
use crate::ledger::{Kind, *};
use crate::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What changes what commands rest on, and is no command itself.
const AROUND: &[&str] = &["stand", "rule", "shut", "open", "midnight", "yesterday"];

/// Decides a history; each posting's name is taken by the latest that fits.
pub(super) fn decide_all(world: &mut World, commands: &[String]) {
    let mut made: Vec<String> = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        let words: Vec<&str> = command.split_whitespace().collect();
        let new_claim = match words[..] {
            ["reserve" | "allocate", _, _, _, claim, ..] => Some(claim.to_owned()),
            _ => words.iter().find_map(|word| word.strip_prefix("split=")).map(str::to_owned),
        };
        if new_claim.as_ref().is_some_and(|claim| made.contains(claim)) {
            continue;
        }
        if words[0] == "reverse" && !named.contains(&words[1].to_owned()) {
            continue;
        }
        let name = format!("p{}", number % 5);
        let unnamed = AROUND.contains(&words[0]) || words[0] == "reverse";
        let command = if unnamed { command.clone() } else { format!("{command} as {name}") };
        if let Ok(posted) = world.decide(&command) {
            check_turns(world, &posted);
            made.extend(new_claim);
            if !unnamed {
                named.push(name);
            }
        }
    }
}

/// Nobody is covered before one whose turn it was.
fn check_turns(world: &World, posted: &Posted) {
    let turn = |claim: &Claim| (std::cmp::Reverse(claim.priority), claim.made_at, claim.id);
    for entry in posted.claims.iter().filter(|entry| entry.change == ClaimChange::Covered) {
        let covered = world.vault.claim(entry.claim).unwrap();
        let waiting = world.vault.waiting(covered.site_key());
        assert!(waiting.iter().all(|other| turn(covered) <= turn(other)), "{entry:?} before {waiting:?}");
    }
}

/// What an open claim holds: item, site, bin and lot, how much; and what it waits for.
type Held = (ItemId, SiteId, Option<(LocationId, LotId)>, i64, i64);

/// What the log says, folded by somebody who knows no vault.
#[derive(Default)]
struct Oracle {
    on_hand: BTreeMap<Key, i64>,
    vers: BTreeMap<Key, i64>,
    open: BTreeMap<ClaimId, Held>,
    /// Open, or how it ended, and what it has left, of every claim that there ever was.
    claims: BTreeMap<ClaimId, (ClaimState, i64, i64)>,
    group_qty: BTreeMap<(ItemId, Group), i64>,
    group_value: BTreeMap<(ItemId, Group), i64>,
}

impl Oracle {
    fn fold(log: &[Posted]) -> Oracle {
        let mut oracle = Oracle::default();
        for posted in log {
            for movement in &posted.movements {
                oracle.movement(movement);
            }
            for entry in &posted.claims {
                let out = matches!(posted.kind, Kind::Issue | Kind::Consume | Kind::Ship);
                assert!(out || entry.change != ClaimChange::Fulfilled, "what goes out fulfils, nothing else");
                oracle.claim(entry);
            }
        }
        oracle.open.retain(|_, claim| claim.3 + claim.4 > 0);
        oracle
    }

    /// Demand is conserved: what a change adds to a claim, or takes off it, is what the change says.
    fn claim(&mut self, entry: &ClaimEntry) {
        let (qty, left, waits) = (entry.qty, entry.left, entry.waits);
        let (held, waited) = self.open.get(&entry.claim).map_or((0, 0), |claim| (claim.3, claim.4));
        let fits = match entry.change {
            ClaimChange::Reserved | ClaimChange::Allocated => (left, waits) == (held + qty, waited),
            ClaimChange::Moved => (left, waits) == (qty, 0),
            ClaimChange::Backordered => (left, waits) == (held, waited + qty),
            ClaimChange::Covered => (left, waits) == (held + qty, waited - qty),
            ClaimChange::Fulfilled | ClaimChange::Bound => (left, waits) == (held - qty, waited),
            ClaimChange::Broken => left == held - qty && (waits == waited || waits == waited + qty),
            ClaimChange::Released | ClaimChange::Expired => {
                let first = waited.min(qty);
                (left, waits) == (held - (qty - first), waited - first)
            }
        };
        assert!(fits && qty > 0 && left >= 0 && waits >= 0, "{entry:?} after {held} and {waited}");
        assert!(waits == 0 || entry.bin.is_none(), "what is bound does not wait");
        self.open.insert(entry.claim, (entry.item, entry.site, entry.bin, left, waits));
        let state = match entry.change {
            _ if left + waits > 0 => ClaimState::Open,
            ClaimChange::Released => ClaimState::Released,
            ClaimChange::Expired => ClaimState::Expired,
            ClaimChange::Fulfilled => ClaimState::Fulfilled,
            ClaimChange::Broken => ClaimState::Broken,
            ClaimChange::Bound => ClaimState::Bound,
            change => panic!("{change:?} leaves something"),
        };
        let before = self.claims.insert(entry.claim, (state, left, waits));
        let was_open = before.is_none_or(|(state, ..)| state == ClaimState::Open);
        assert!(was_open, "what has ended does not change: {entry:?}");
    }

    fn movement(&mut self, movement: &Movement) {
        let ends = [
            (movement.from, -movement.qty, movement.from_after, movement.from_ver),
            (movement.to, movement.qty, movement.to_after, movement.to_ver),
        ];
        for (place, qty, after, ver) in ends {
            let key = Key::at(movement.item, movement.lot, place);
            let on_hand = self.on_hand.entry(key).or_default();
            *on_hand += qty;
            assert_eq!(*on_hand, after, "the balance after a movement is the sum up to it");
            let seen = self.vers.entry(key).or_default();
            *seen += 1;
            assert_eq!(*seen, ver, "versions of a key have no gap");
        }
        let value = movement.value.unwrap_or_default();
        for (group, sign) in [(movement.from_group, -1), (movement.to_group, 1)] {
            if group.is_some() && movement.from_group != movement.to_group {
                *self.group_qty.entry((movement.item, group)).or_default() += sign * movement.qty;
                *self.group_value.entry((movement.item, group)).or_default() += sign * value;
            }
        }
    }
}

pub(super) fn check_state(world: &World) {
    let oracle = Oracle::fold(&world.log);
    let facts = |location: LocationId| world.vault.location(location).unwrap();
    let mut sellable: BTreeMap<SiteKey, i64> = BTreeMap::new();
    for (name, id, ..) in LOCATIONS {
        for key in keys_at(LocationId(*id)) {
            let balance = world.vault.balance(key).unwrap();
            let expected = oracle.on_hand.get(&key).copied().unwrap_or_default();
            assert_eq!(balance.on_hand, expected, "replay of the log equals the state at {name}");
            let location = facts(key.location);
            if !location.is_virtual() {
                assert!(balance.on_hand >= 0, "nothing real is below zero");
            }
            assert!(balance.allocated >= 0);
            if key.status == Status::Good && location.counts() {
                *sellable.entry(SiteKey { item: key.item, site: location.site }).or_default() +=
                    balance.on_hand;
            }
            let bound = oracle.open.values().filter(|claim| {
                claim.2 == Some((key.location, key.lot)) && claim.0 == key.item && key.status == Status::Good
            });
            assert_eq!(
                balance.allocated,
                bound.map(|claim| claim.3).sum::<i64>(),
                "allocated is the sum of its owners"
            );
            assert!(balance.allocated <= balance.on_hand.max(0));
        }
    }
    check_sites(world, &oracle, &sellable);
    check_claims(world, &oracle);
    check_layers(world, &oracle);
}

fn keys_at(location: LocationId) -> Vec<Key> {
    let mut keys = Vec::new();
    for (_, item, ..) in ITEMS {
        let lots = super::world::LOTS.iter().filter(|lot| lot.2 == *item).map(|lot| LotId(lot.1));
        for lot in lots.chain([LotId::NONE]) {
            for status in Status::ALL {
                keys.push(Key { item: ItemId(*item), location, lot, status });
            }
        }
    }
    keys
}

fn check_sites(world: &World, oracle: &Oracle, sellable: &BTreeMap<SiteKey, i64>) {
    for (_, item, ..) in ITEMS {
        for site in [1, 2] {
            let key = SiteKey { item: ItemId(*item), site: SiteId(site) };
            let guard = world.vault.site(key).unwrap();
            let claims = || oracle.open.values().filter(|claim| claim.0 == key.item && claim.1 == key.site);
            let reserved: i64 = claims().filter(|claim| claim.2.is_none()).map(|claim| claim.3).sum();
            let allocated: i64 = claims().filter(|claim| claim.2.is_some()).map(|claim| claim.3).sum();
            assert_eq!(guard.sellable, sellable.get(&key).copied().unwrap_or_default());
            assert_eq!((guard.reserved, guard.allocated), (reserved, allocated));
            assert!(reserved + allocated <= guard.sellable, "claims are never above sellable");
            assert_eq!(guard.backordered, claims().map(|claim| claim.4).sum::<i64>());
            assert!(
                guard.backordered == 0 || guard.available() == 0,
                "nobody waits while stock is available"
            );
        }
    }
}

/// Every claim is what the log has made of it, also when it is over.
fn check_claims(world: &World, oracle: &Oracle) {
    for (id, expected) in &oracle.claims {
        let claim = world.vault.claim(*id).unwrap();
        assert_eq!((claim.state, claim.qty, claim.backordered), *expected, "a claim is what happened to it");
    }
}

/// Under a moving average whatever leaves a group takes its share of what is there along, rounded once. A
/// reversal takes what came.
fn check_average(log: &[Posted]) {
    let mut stacks: BTreeMap<(ItemId, Group), (i64, i64)> = BTreeMap::new();
    let moved = log.iter().flat_map(|posted| posted.movements.iter().map(|made| (posted.kind, made)));
    for (kind, movement) in moved.filter(|(_, made)| made.from_group != made.to_group) {
        let value = movement.value.unwrap_or_default();
        if movement.from_group.is_some() {
            let (qty, worth) = stacks.entry((movement.item, movement.from_group)).or_default();
            let wide = [value, *qty, *worth, movement.qty].map(i128::from);
            let off = 2 * (wide[0] * wide[1] - wide[2] * wide[3]).abs();
            assert!(
                kind == Kind::Reverse || off <= wide[1],
                "{value} for {movement:?} of {qty} worth {worth}"
            );
            (*qty, *worth) = (*qty - movement.qty, *worth - value);
        }
        if movement.to_group.is_some() {
            let (qty, worth) = stacks.entry((movement.item, movement.to_group)).or_default();
            (*qty, *worth) = (*qty + movement.qty, *worth + value);
        }
    }
}

/// Nothing takes effect in a period that is closed: it is refused, or booked in the first that is open, and says
/// when it was.
fn check_closed(log: &[Posted], closed: Period) {
    for posted in log {
        assert!(Period::of(Zone::UTC.date(posted.effective_at)) > closed, "{posted:?}");
        if let Some(told) = posted.late_from {
            assert!(Period::of(Zone::UTC.date(told)) <= closed);
            assert_eq!(posted.effective_at, Zone::UTC.midnight(closed.next().first_day()));
        }
    }
}

fn check_layers(world: &World, oracle: &Oracle) {
    for (_, item, ..) in ITEMS {
        for group in [1, 2, 9] {
            let key = (ItemId(*item), Group(group));
            let stack = world.vault.peek(key.0, key.1).unwrap();
            let on_hand: i64 = LOCATIONS
                .iter()
                .filter(|(_, id, ..)| world.vault.location(LocationId(*id)).unwrap().group == key.1)
                .flat_map(|(_, id, ..)| keys_at(LocationId(*id)))
                .filter(|at| at.item == key.0)
                .map(|at| world.vault.balance(at).unwrap().on_hand)
                .sum();
            assert_eq!(stack.qty(), on_hand, "layers equal what is on hand in the group");
            let qty = oracle.group_qty.get(&key).copied().unwrap_or_default();
            let value = oracle.group_value.get(&key).copied().unwrap_or_default();
            assert_eq!(stack.qty(), qty, "layers equal on hand");
            assert_eq!(stack.value(), value, "value in is value used and value left");
            assert!(qty > 0 || value == 0, "nothing is worth nothing");
        }
    }
}

pub(super) fn check_conservation(log: &[Posted]) {
    let oracle = Oracle::fold(log);
    let mut sums: BTreeMap<ItemId, i64> = BTreeMap::new();
    for (key, on_hand) in &oracle.on_hand {
        *sums.entry(key.item).or_default() += on_hand;
    }
    assert!(sums.values().all(|sum| *sum == 0), "stock over all locations is zero");
}

/// Everything that can be asked of a vault, for comparing two.
fn picture(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for (_, id, ..) in LOCATIONS {
        for key in keys_at(LocationId(*id)) {
            let balance = world.vault.balance(key).unwrap();
            if balance.on_hand != 0 || balance.allocated != 0 {
                lines.push(format!("{key:?} {} {}", balance.on_hand, balance.allocated));
            }
        }
    }
    for (_, item, ..) in ITEMS {
        for group in [1, 2, 9] {
            let stack = world.vault.peek(ItemId(*item), Group(group)).unwrap();
            lines.push(format!("{item} {group} {} {}", stack.qty(), stack.value()));
            lines.extend(stack.layers().map(|layer| format!("{item} {group} {layer:?}")));
        }
        for site in [1, 2] {
            let guard = world.vault.site(SiteKey { item: ItemId(*item), site: SiteId(site) }).unwrap();
            let promised = (guard.reserved, guard.allocated, guard.backordered);
            lines.push(format!("{item} {site} {} {promised:?}", guard.sellable));
        }
    }
    lines
}

proptest! {
    #[test]
    fn the_state_is_the_log_and_every_law_holds(commands in history(), average in any::<bool>()) {
        let method = if average { Method::MovingAverage } else { Method::Fifo };
        let mut world = World::new(method);
        decide_all(&mut world, &commands);
        check_conservation(&world.log);
        check_state(&world);
        if average {
            check_average(&world.log);
        }
    }

    #[test]
    fn nothing_takes_effect_in_a_closed_period(commands in history(), average in any::<bool>()) {
        let method = if average { Method::MovingAverage } else { Method::Fifo };
        let mut world = World::new(method);
        world.close(202_605);
        decide_all(&mut world, &commands);
        check_closed(&world.log, Period::from_number(202_605).unwrap());
        check_conservation(&world.log);
        check_state(&world);
    }

    #[test]
    fn a_refused_command_changes_nothing(commands in history(), last in command()) {
        let mut world = World::new(Method::Fifo);
        decide_all(&mut world, &commands);
        let before = picture(&world);
        let fresh = last.replace(" c", " z");
        if !fresh.starts_with("reverse") && world.decide(&fresh).is_err() {
            prop_assert_eq!(picture(&world), before);
        }
    }

    #[test]
    fn a_reversal_restores(commands in history(), last in command(), average in any::<bool>()) {
        let method = if average { Method::MovingAverage } else { Method::Fifo };
        let mut world = World::new(method);
        decide_all(&mut world, &commands);
        let before = picture(&world);
        // claims are given up, not reversed; and what has expired does not come back good
        let others = ["reserve", "allocate", "release", "lapse", "reverse", "expire"];
        let fresh = last.replace("claim=", "ignored=");
        let word = fresh.split_whitespace().next().unwrap_or_default();
        if others.contains(&word) || AROUND.contains(&word) {
            return Ok(());
        }
        if let Ok(posted) = world.decide(&format!("{fresh} as last"))
            && posted.claims.is_empty()
        {
            match world.decide("reverse last") {
                // nothing goes into a place that is shut, nor is good of a lot that is past its day
                Err(refusal) if matches!(refusal.why, Why::Blocked { .. } | Why::Expired { .. }) => {}
                reversed => {
                    reversed.unwrap();
                    prop_assert_eq!(picture(&world), before);
                }
            }
        }
    }

    #[test]
    fn recorded_instants_of_a_key_rise_strictly(commands in history()) {
        let mut world = World::new(Method::Fifo);
        decide_all(&mut world, &commands);
        let mut last: BTreeMap<Key, Instant> = BTreeMap::new();
        for posted in &world.log {
            for movement in &posted.movements {
                for place in [movement.from, movement.to] {
                    let key = Key::at(movement.item, movement.lot, place);
                    if let Some(before) = last.insert(key, posted.recorded_at) {
                        prop_assert!(before <= posted.recorded_at);
                    }
                }
            }
            for movement in &posted.movements {
                for place in [movement.from, movement.to] {
                    last.insert(Key::at(movement.item, movement.lot, place), posted.recorded_at.plus_micros(1));
                }
            }
        }
    }
}
