//! How a key came to what it has, in effective order: what a backdated posting is held to.
//!
//! Only the months that postings name are known movement by movement. Of any other month it is enough
//! to know what it came to and how low the key stood in it, so the history of a key is as long as its
//! months are many, however much moved in them.
//!
//! Movements of one instant count together: only their sum was ever true.

use crate::Instant;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// What changed a key after an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Nothing later than this instant is missing.
    from: Instant,
    changes: BTreeMap<Instant, Change>,
}

/// A change of a key: by the movements of one instant, or by those of a stretch of time that ends
/// with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    /// The first instant of the stretch.
    begins: Instant,
    /// What the key gained.
    qty: i64,
    /// The lowest it stood before the last instant of the stretch, against what it had before the
    /// first: never above zero.
    low: i64,
}

impl History {
    /// The history after an instant, as yet of nothing.
    pub fn new(from: Instant) -> History {
        History { from, changes: BTreeMap::new() }
    }

    /// Adds a movement of an instant; below zero for what left. An instant that is known only as part of
    /// a stretch cannot be added to: nothing is known of the key after that.
    pub fn add(&mut self, at: Instant, qty: i64) {
        if !self.is_exact(at) {
            self.from = Instant::MAX;
        }
        let change = self.changes.entry(at).or_insert(Change { begins: at, qty: 0, low: 0 });
        change.qty += qty;
    }

    /// Adds all movements of a stretch of time from an instant on, as the [`Low`] of the key in it.
    pub fn add_stretch(&mut self, begins: Instant, low: Low) {
        let Low { low, last, qty } = low;
        self.changes.insert(last, Change { begins: begins.min(last), qty, low: low.unwrap_or(0) });
    }

    /// Whether what the key had at an instant can be said.
    pub(super) fn knows(&self, instant: Instant) -> bool {
        self.from <= instant && self.is_exact(instant)
    }

    /// Whether an instant lies in no stretch, but for its end.
    fn is_exact(&self, instant: Instant) -> bool {
        let ended = self.changes.range((Excluded(instant), Unbounded)).next();
        ended.is_none_or(|(_, change)| change.begins > instant)
    }

    /// What the key had at `instant`, given what it has now.
    pub(super) fn level_at(&self, instant: Instant, now: i64) -> i64 {
        now - self.since(instant).map(|change| change.qty).sum::<i64>()
    }

    /// The lowest that the key has been at `since` or later, given what it has now.
    pub(super) fn lowest_since(&self, since: Instant, now: i64) -> i64 {
        let mut level = self.level_at(since, now);
        let mut lowest = level;
        for change in self.since(since) {
            lowest = lowest.min(level + change.low);
            level += change.qty;
            lowest = lowest.min(level);
        }
        lowest
    }

    /// The first instant, `since` or later, at which the key had less than `wanted`, given what it has now. `None`
    /// when there is none, or when it is known only that it lies somewhere in a stretch.
    pub(super) fn first_below(&self, since: Instant, now: i64, wanted: i64) -> Option<Instant> {
        let mut level = self.level_at(since, now);
        if level < wanted {
            return Some(since);
        }
        for (at, change) in self.changes.range((Excluded(since), Unbounded)) {
            let sinks_before = level + change.low < wanted;
            level += change.qty;
            if sinks_before || level < wanted {
                return (change.begins == *at).then_some(*at);
            }
        }
        None
    }

    fn since(&self, instant: Instant) -> impl Iterator<Item = &Change> {
        self.changes.range((Excluded(instant), Unbounded)).map(|(_, change)| change)
    }
}

/// How low a key stood in a stretch of time, against what it had when it began, while movements of
/// rising instants are added. The last instant does not count yet: more of it may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Low {
    /// The lowest before the last instant; `None` while there is no other.
    pub low: Option<i64>,
    /// The last instant.
    pub last: Instant,
    /// What the key has gained.
    pub qty: i64,
}

impl Low {
    /// Behind an instant, up to which everything is counted elsewhere.
    pub const fn behind(last: Instant) -> Low {
        Low { low: None, last, qty: 0 }
    }

    /// Adds a movement; `false` when it belongs before what was added, and nothing is added.
    pub fn add(&mut self, at: Instant, qty: i64) -> bool {
        if at < self.last {
            return false;
        }
        if at > self.last {
            self.low = Some(self.low.map_or(self.qty, |low| low.min(self.qty)));
            self.last = at;
        }
        self.qty += qty;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stretches of ten instants: the months of this test.
    const MONTH: i64 = 10;
    const MONTHS: i64 = 5;

    fn month_of(at: Instant) -> i64 {
        at.0.div_euclid(MONTH)
    }

    /// The naive answer: the first of all instants at which the level was below.
    fn first_below(moves: &[(Instant, i64)], since: Instant, wanted: i64) -> Option<Instant> {
        let level =
            |at: Instant| moves.iter().filter(|(then, _)| *then <= at).map(|(_, qty)| qty).sum::<i64>();
        let later = moves.iter().map(|(at, _)| *at).filter(|at| *at > since);
        std::iter::once(since).chain(later).filter(|at| level(*at) < wanted).min()
    }

    /// The naive answer: all levels that were ever true from an instant on.
    fn lowest(moves: &[(Instant, i64)], since: Instant) -> i64 {
        let level =
            |at: Instant| moves.iter().filter(|(then, _)| *then <= at).map(|(_, qty)| qty).sum::<i64>();
        let later = moves.iter().map(|(at, _)| *at).filter(|at| *at > since);
        later.chain([since]).map(level).min().unwrap()
    }

    fn low_of(moves: &[(Instant, i64)], month: i64) -> Option<Low> {
        let mut mine: Vec<_> = moves.iter().copied().filter(|(at, _)| month_of(*at) == month).collect();
        mine.sort_unstable();
        let mut low = Low::behind(Instant::MIN);
        assert!(mine.iter().all(|(at, qty)| low.add(*at, *qty)));
        (!mine.is_empty()).then_some(low)
    }

    fn moves() -> impl Strategy<Value = Vec<(Instant, i64)>> {
        prop::collection::vec((0..MONTH * MONTHS, -9..9_i64).prop_map(|(at, qty)| (Instant(at), qty)), 0..40)
    }

    proptest! {
        #[test]
        fn months_by_their_lows_say_what_all_movements_say(
            moves in moves(),
            added in moves(),
            exact in prop::collection::btree_set(0..MONTHS, 1..3),
            at in 0..MONTH,
        ) {
            let since = Instant(exact.first().unwrap() * MONTH + at);
            let mut history = History::new(since);
            for month in 0..MONTHS {
                if exact.contains(&month) {
                    let mine = moves.iter().filter(|(at, _)| month_of(*at) == month && *at > since);
                    mine.for_each(|(at, qty)| history.add(*at, *qty));
                } else if month > month_of(since) && let Some(low) = low_of(&moves, month) {
                    history.add_stretch(Instant(month * MONTH), low);
                }
            }
            let (mut all, mut now) = (moves.clone(), moves.iter().map(|(_, qty)| qty).sum::<i64>());
            let latest = moves.iter().map(|(at, _)| *at).max().unwrap_or(Instant(0));
            prop_assert_eq!(history.lowest_since(since, now), lowest(&all, since));
            for wanted in -5..5 {
                // of a stretch it is known that the key sank below in it, and not when
                if let Some(first) = history.first_below(since, now, wanted) {
                    prop_assert_eq!(Some(first), first_below(&all, since, wanted));
                } else {
                    let first = first_below(&all, since, wanted);
                    prop_assert!(first.is_none_or(|at| !exact.contains(&month_of(at))));
                }
            }
            // what is posted meanwhile: into the months that are known, or behind everything
            for (at, qty) in added {
                let fits = at > since && (exact.contains(&month_of(at)) || at >= latest);
                if fits {
                    prop_assert!(history.is_exact(at));
                    history.add(at, qty);
                    all.push((at, qty));
                    now += qty;
                }
                for at in exact.iter().flat_map(|month| month * MONTH..(month + 1) * MONTH).map(Instant) {
                    if at >= since {
                        prop_assert!(history.knows(at));
                        prop_assert_eq!(history.lowest_since(at, now), lowest(&all, at));
                        let level = all.iter().filter(|(then, _)| *then <= at).map(|(_, qty)| qty).sum::<i64>();
                        prop_assert_eq!(history.level_at(at, now), level);
                    }
                }
            }
        }

        /// How the store keeps the low of a month: what comes is joined to what is there.
        #[test]
        fn lows_of_two_stretches_join(moves in moves(), cut in 0..40_usize) {
            let mut moves = moves;
            moves.sort_unstable();
            let (first, then) = moves.split_at(cut.min(moves.len()));
            let fold = |last: Instant, moves: &[(Instant, i64)]| {
                let mut low = Low::behind(last);
                assert!(moves.iter().all(|(at, qty)| low.add(*at, *qty)));
                low
            };
            let (whole, kept) = (fold(Instant(-1), &moves), fold(Instant(-1), first));
            let more = fold(kept.last, then);
            let low = [kept.low, more.low.map(|low| kept.qty + low)].into_iter().flatten().min();
            prop_assert_eq!((low, more.last, kept.qty + more.qty), (whole.low, whole.last, whole.qty));
        }
    }

    #[test]
    fn within_a_stretch_nothing_is_known() {
        let mut history = History::new(Instant(0));
        let low = Low { low: Some(-3), last: Instant(15), qty: 2 };
        history.add_stretch(Instant(10), low);
        let known = [5, 9, 10, 14, 15, 20].map(|at| history.knows(Instant(at)));
        assert_eq!(known, [true, true, false, false, true, true]);
        assert_eq!([9, 15].map(|at| history.lowest_since(Instant(at), 7)), [2, 7]);
        history.add(Instant(15), -4);
        assert_eq!(history.lowest_since(Instant(9), 3), 2);
        history.add(Instant(12), 1);
        assert!(!history.knows(Instant(20)));
    }

    #[test]
    fn what_comes_too_late_is_not_added_to_a_low() {
        let mut low = Low::behind(Instant(5));
        assert!(low.add(Instant(5), -2) && low.low.is_none());
        assert!(low.add(Instant(6), 4) && low.low == Some(-2));
        assert!(!low.add(Instant(5), 1));
        assert_eq!(low, Low { low: Some(-2), last: Instant(6), qty: 2 });
    }
}
