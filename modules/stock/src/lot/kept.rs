//! What of a lot on hold somebody holds for a reason of its own: the release of the lot does not give
//! that back.
//!
//! Goods of one lot, place and status are not told apart, so it is not known which of them were held. What
//! is known is how much of them it is *at most*, and that much stays on hold. The bound begins with what
//! stands on hold when the lot is put on hold, and follows the goods from movement to movement, until
//! nothing holds the lot any more:
//! * as much as moves on may be of it, up to the bound of where it came from; and as much may still be where
//!   it was, up to what is left there;
//! * what a line says is to be on hold, which the lot alone would have put on hold, is held by whoever wrote it;
//! * what a place outside has taken may come back from there, with a reversal;
//! * what a reversal brings back on hold, and moved while no hold of the lot lasted, was held by somebody then:
//!   nothing else put it there. What was before and what after is told by the versions of the key, since
//!   across lanes no other order is known.
//!
//! When the hold is over, the bounds of places outside stay: what comes back from there by a reversal later, and
//! went there from hold meanwhile, is freed but for as much.
//!
//! So what is given back is never what somebody holds, and in doubt more stays on hold than must.

use super::store_kept as store;
use crate::save::Entry;
use db::{Conn, DbError, Tx};
use domain::ledger::{Freed, Movement, Original, Place, Vault};
use domain::{LocationId, LotId, Status};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A lot at a place, in a status.
pub(crate) type Spot = (LotId, Place);

/// At most how much is held for a reason of its own, by spot.
#[derive(Clone, Default, Debug)]
pub(crate) struct Bounds(FxHashMap<Spot, i64>);

impl Bounds {
    /// So much at a spot.
    pub(crate) fn of(rows: impl IntoIterator<Item = (Spot, i64)>) -> Bounds {
        Bounds(rows.into_iter().collect())
    }

    /// The bound at a spot.
    pub(crate) fn at(&self, spot: Spot) -> i64 {
        self.0.get(&spot).copied().unwrap_or_default()
    }

    /// Follows a movement, which a line has asked for that says `hold` or not.
    fn follow(&mut self, movement: &Movement, says_hold: bool) {
        let (from, to) = ((movement.lot, movement.from), (movement.lot, movement.to));
        let had = self.at(from);
        let held = says_hold && movement.to.status == Status::Hold;
        let came = if held { movement.qty } else { had.min(movement.qty) };
        if movement.from.location.get() > 0 {
            self.0.insert(from, had.min(movement.from_after.max(0)));
        }
        if came > 0 {
            let bound = self.at(to).saturating_add(came);
            self.0.insert(to, bound);
        }
    }
}

/// Follows what a batch moved of lots on hold, in the order of its postings. Whoever moves a key has it
/// locked, by its own row or by the guard of its site, and so its bound.
pub(crate) fn follow(tx: &mut Tx<'_>, vault: &Vault, entries: &[Entry]) -> Result<(), DbError> {
    let is_held = |lot: LotId| lot.is_some() && vault.lot(lot).is_ok_and(|lot| lot.on_hold);
    let moved =
        || entries.iter().flat_map(|entry| entry.posted.movements.iter().map(move |made| (entry, made)));
    let mut lots: Vec<LotId> = moved().map(|(_, made)| made.lot).filter(|lot| is_held(*lot)).collect();
    if lots.is_empty() {
        return Ok(());
    }
    lots.sort_unstable();
    lots.dedup();
    let before = Bounds::of(store::kept(tx, &lots)?);
    let mut after = before.clone();
    for (entry, movement) in moved().filter(|(_, movement)| is_held(movement.lot)) {
        after.follow(movement, entry.says_hold.contains(&movement.line));
    }
    let changed = after.0.into_iter().filter(|(spot, qty)| *qty != before.at(*spot));
    store::keep(tx, &changed.collect::<BTreeMap<Spot, i64>>())
}

/// What is remembered of holds of lots as a whole, by lot and place: of the one that lasts, how far the key in
/// status `hold` had come when it began (one that is missing was never touched before), and of those that are
/// over, which movements of the key they saw.
#[derive(Clone, Default, Debug)]
pub(crate) struct Holds {
    begun: FxHashMap<(LotId, LocationId), i64>,
    over: FxHashMap<(LotId, LocationId), Vec<(i64, i64)>>,
    bounds: Bounds,
}

impl Holds {
    /// Of these lots.
    pub(crate) fn read(conn: &mut Conn<'_>, mut lots: Vec<LotId>) -> Result<Holds, DbError> {
        lots.sort_unstable();
        lots.dedup();
        let mut holds = Holds::default();
        if lots.is_empty() {
            return Ok(holds);
        }
        holds.begun.extend(store::begun(conn, &lots)?);
        for (key, span) in store::over(conn, &lots)? {
            holds.over.entry(key).or_default().push(span);
        }
        holds.bounds = Bounds::of(store::kept(conn, &lots)?);
        Ok(holds)
    }

    /// The lines of a reversal that bring back what somebody held for a reason of its own, because it was on
    /// hold while its lot was not.
    pub(crate) fn lines_held(&self, original: &Original) -> Vec<usize> {
        let was_held = |made: &Movement| {
            let begun = self.begun.get(&(made.lot, made.from.location));
            made.from.status == Status::Hold
                && begun.is_some_and(|ver| made.from_ver <= *ver)
                // what changed its status or its place here is not known to be of the lot alone
                && !(made.to.location.get() < 0 && self.was_of_lot(made))
        };
        // a reversal goes back from the last to the first
        let lines = original.movements.iter().rev().enumerate();
        lines.filter(|(_, made)| was_held(made)).map(|(line, _)| line).collect()
    }

    /// What a reversal brings back on hold that nothing holds any more: it went outside from there while its lot
    /// was on hold as a whole, and that is over. What somebody may hold of it stays on hold.
    pub(crate) fn freed(&self, original: &Original, is_held: impl Fn(LotId) -> bool) -> Vec<Freed> {
        let of_lot = |made: &&Movement| {
            let goes_out = made.from.location.get() > 0 && made.to.location.get() < 0;
            goes_out && made.from.status == Status::Hold && !is_held(made.lot) && self.was_of_lot(made)
        };
        let freed = |made: &Movement| {
            let Movement { item, lot, qty, .. } = *made;
            let qty = qty - self.bounds.at((lot, made.to)).min(qty);
            (qty > 0).then_some(Freed { item, lot, location: made.from.location, qty })
        };
        original.movements.iter().rev().filter(of_lot).filter_map(freed).collect()
    }

    /// Whether a movement from hold was made during a hold of its lot that is over.
    fn was_of_lot(&self, made: &Movement) -> bool {
        let spans = self.over.get(&(made.lot, made.from.location)).map(Vec::as_slice).unwrap_or_default();
        spans.iter().any(|(after, until)| made.from_ver > *after && made.from_ver <= *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::as_of::laws::Chance;
    use domain::ledger::{Group, Kind};
    use domain::{Instant, ItemId, LocationId, PostingId};

    const LOT: LotId = LotId(7);
    const OUTSIDE: i64 = -4;

    fn place(text: &str) -> Place {
        let (location, status) = text.split_once(' ').unwrap();
        Place { location: LocationId(location.parse().unwrap()), status: Status::parse(status).unwrap() }
    }

    /// So much from one place to another, after which so much is left.
    fn movement(from: Place, to: Place, qty: i64, left: i64) -> Movement {
        Movement {
            line: 0,
            item: ItemId(1),
            lot: LOT,
            from,
            to,
            qty,
            from_after: left,
            from_ver: 1,
            to_after: 0,
            to_ver: 1,
            from_group: Group::NONE,
            to_group: Group::NONE,
            value: None,
            uses: Vec::new(),
            made: Vec::new(),
        }
    }

    #[test]
    fn what_was_on_hold_before_its_lot_is_known_by_its_version() {
        let (hold, damaged, loss) = (place("1 hold"), place("1 damaged"), place("-4 good"));
        let made = |from: Place, ver: i64| Movement { from_ver: ver, ..movement(from, loss, 1, 0) };
        let begun = [((LOT, LocationId(1)), 5)].into_iter().collect();
        let holds = Holds { begun, ..Holds::default() };
        let cases = [
            ("before the hold", vec![made(hold, 4)], vec![0]),
            ("the last before it", vec![made(hold, 5)], vec![0]),
            ("the first of the hold", vec![made(hold, 6)], vec![]),
            ("of another status", vec![made(damaged, 4)], vec![]),
            ("of a place that had none before", vec![made(place("2 hold"), 1)], vec![]),
            (
                "from the last to the first",
                vec![made(hold, 3), made(damaged, 1), made(hold, 4), made(place("2 hold"), 9)],
                vec![1, 3],
            ),
        ];
        for (what, movements, expected) in cases {
            let original = Original {
                id: PostingId::from_bytes([1; 16]),
                kind: Kind::Adjust,
                effective_at: Instant(0),
                movements,
                returns: Vec::new(),
                reversed_by: None,
            };
            assert_eq!(holds.lines_held(&original), expected, "{what}");
        }
    }

    #[test]
    fn a_bound_follows_the_goods() {
        // at most what was held at place 1 of ten on hold there, and what a movement of some of them leaves
        // as the bounds of where they were and where they came
        let cases = [
            ("a move of all that is held", 3, ("1 hold", "2 hold", 4, 6), false, (3, 3)),
            ("a move of less than is held", 3, ("1 hold", "2 hold", 2, 8), false, (3, 2)),
            ("a move that leaves less than was held", 3, ("1 hold", "2 hold", 8, 2), false, (2, 3)),
            ("a loss", 3, ("1 hold", "-4 good", 9, 1), false, (1, 3)),
            ("a move of what nobody held", 0, ("1 hold", "2 hold", 4, 6), false, (0, 0)),
            ("a line that says hold", 0, ("1 damaged", "2 hold", 4, 6), true, (0, 4)),
            ("a line that says so and comes from outside", 0, ("-4 good", "2 hold", 4, -4), true, (0, 4)),
            ("a line that does not say so", 0, ("-4 good", "2 hold", 4, -4), false, (0, 0)),
            (
                "a line that says so and takes less than was counted",
                3,
                ("1 hold", "-4 good", 1, 9),
                true,
                (3, 1),
            ),
            ("what comes back from outside", 3, ("-4 good", "2 hold", 4, -1), false, (3, 3)),
            ("what was held and is damaged", 3, ("1 hold", "1 damaged", 10, 0), false, (0, 3)),
        ];
        for (what, held, (from, to, qty, left), says_hold, expected) in cases {
            let (from, to) = (place(from), place(to));
            let mut bounds = Bounds::of([((LOT, from), held)]);
            bounds.follow(&movement(from, to, qty, left), says_hold);
            assert_eq!((bounds.at((LOT, from)), bounds.at((LOT, to))), expected, "{what}");
        }
    }

    /// Goods of which it is known which ones are held: the bounds never lie below them, nor above what
    /// stands there.
    #[test]
    fn a_bound_is_never_below_what_is_held() {
        let places = ["1 hold", "2 hold", "3 hold", "1 damaged", "2 good", "-4 good"].map(place);
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let mut below = |most: i64| i64::try_from(chance.below(u64::try_from(most).unwrap())).unwrap();
        let mut strict = 0;
        for _ in 0..400 {
            // of each place what is held, and all there is
            let mut stock: Vec<(i64, i64)> = Vec::new();
            for place in &places {
                let all = below(12);
                let held = if place.status == Status::Hold { below(all + 1) } else { 0 };
                stock.push((held, all));
            }
            let spots = places.iter().zip(&stock).map(|(place, (held, _))| ((LOT, *place), *held));
            let mut bounds = Bounds::of(spots);
            for _ in 0..30 {
                let (from, to) = (usize::try_from(below(6)).unwrap(), usize::try_from(below(6)).unwrap());
                let is_outside = places[from].location.get() == OUTSIDE;
                let most = if is_outside { 12 } else { stock[from].1 };
                if from == to || most == 0 {
                    continue;
                }
                let qty = below(most) + 1;
                // as many held ones among them as chance will have it
                let (least, held) = ((qty - (stock[from].1 - stock[from].0)).max(0), stock[from].0.min(qty));
                let least = if is_outside { 0 } else { least };
                let went = least + below(held - least + 1);
                let says_hold = below(4) == 0;
                stock[from] = (stock[from].0 - went, stock[from].1 - qty);
                let came = if says_hold && places[to].status == Status::Hold { qty } else { went };
                stock[to] = (stock[to].0 + came, stock[to].1 + qty);
                bounds.follow(&movement(places[from], places[to], qty, stock[from].1), says_hold);
                for (place, (held, all)) in places.iter().zip(&stock) {
                    let bound = bounds.at((LOT, *place));
                    assert!(bound >= *held, "{place:?}: {bound} of {held}");
                    assert!(place.location.get() < 0 || bound <= *all, "{place:?}: {bound} of {all}");
                    strict += usize::from(place.location.get() > 0 && bound < *all);
                }
            }
        }
        assert!(strict > 1_000, "the bounds bound something: {strict}");
    }
}
