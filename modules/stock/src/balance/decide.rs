//! Where stock piles up and where it is missing, and what could move. Pure; quantities in millionths.
//!
//! A site *needs* the larger of its minimum and of what goes out while `cover` days pass, as fast as it went out over
//! the last `days`. What it has beyond that is its *surplus*, what it has less is its *lack*. A move takes from a
//! surplus and fills a lack: nothing appears or is lost by it, and no site comes below what it needs.
//!
//! | site | available | out in 30 days | minimum | needs for 15 days | surplus | lack |
//! |---|---|---|---|---|---|---|
//! | LON | 100 | 40 | | 20 | 80 | |
//! | PAR | 5 | 60 | 10 | 30 | | 25 |
//!
//! So 25 go from LON to PAR.

use domain::qty::SCALE;

/// An item at a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct At {
    /// Available; zero where nothing is.
    pub(crate) available: i64,
    /// The minimum that was said; zero for none.
    pub(crate) minimum: i64,
    /// What went out over the last days, less what came back; not below zero.
    pub(crate) out: i64,
}

/// Over how many days it is looked, and for how many it has to last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    /// At least one.
    pub(crate) days: i64,
    pub(crate) cover: i64,
    /// The item is kept in whole units only.
    pub(crate) whole: bool,
}

/// What an item at a site has too much or too little of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Judged {
    pub(crate) needs: i64,
    pub(crate) surplus: i64,
    pub(crate) lack: i64,
    /// Whole days for which it lasts; none where nothing goes out.
    pub(crate) lasts: Option<i64>,
}

/// A move between two of the sites, by their places in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) qty: i64,
}

fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a site needs of an item, and what it has beside or less.
pub(crate) fn judge(at: At, span: Span) -> Judged {
    let days = i128::from(span.days.max(1));
    let used = (i128::from(at.out.max(0)) * i128::from(span.cover.max(0)) + days - 1) / days;
    let needs = used.max(i128::from(at.minimum.max(0)));
    let scale = i128::from(SCALE);
    let needs = if span.whole { (needs + scale - 1) / scale * scale } else { needs };
    let beyond = i128::from(at.available) - needs;
    let lasts = (at.out > 0).then(|| clamped(i128::from(at.available.max(0)) * days / i128::from(at.out)));
    Judged { needs: clamped(needs), surplus: clamped(beyond.max(0)), lack: clamped((-beyond).max(0)), lasts }
}

/// Moves that fill lacks from surpluses: the largest lack first, from where there is most. Of equals, that which
/// stands first in the list.
pub(crate) fn moves(sites: &[Judged], whole: bool) -> Vec<Move> {
    let unit = if whole { SCALE } else { 1 };
    let mut left: Vec<i64> = sites.iter().map(|site| site.surplus / unit * unit).collect();
    let mut lacking: Vec<(usize, i64)> = sites
        .iter()
        .enumerate()
        .filter(|(_, site)| site.lack > 0)
        .map(|(at, site)| (at, site.lack))
        .collect();
    lacking.sort_by_key(|(at, lack)| (std::cmp::Reverse(*lack), *at));
    let mut moves = Vec::new();
    for (to, mut lack) in lacking {
        while lack > 0 {
            let most = left.iter().enumerate().max_by_key(|(at, left)| (**left, std::cmp::Reverse(*at)));
            let Some((from, qty)) = most.map(|(at, left)| (at, (*left).min(lack) / unit * unit)) else {
                break;
            };
            if qty == 0 {
                break;
            }
            if let Some(left) = left.get_mut(from) {
                *left -= qty;
            }
            lack -= qty;
            moves.push(Move { from, to, qty });
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(available: i64, minimum: i64, out: i64) -> At {
        At { available: available * SCALE, minimum: minimum * SCALE, out: out * SCALE }
    }

    const SPAN: Span = Span { days: 30, cover: 15, whole: true };

    #[test]
    fn what_a_site_needs() {
        for (site, needs, surplus, lack, lasts) in [
            (at(100, 0, 40), 20, 80, 0, Some(75)),
            (at(5, 10, 60), 30, 0, 25, Some(2)),
            (at(5, 10, 0), 10, 0, 5, None),
            (at(0, 0, 0), 0, 0, 0, None),
            // 1 in 30 days is half a piece in 15: a whole one
            (at(1, 0, 1), 1, 0, 0, Some(30)),
            (at(0, 0, 1), 1, 0, 1, Some(0)),
        ] {
            let judged = judge(site, SPAN);
            let expected = [needs, surplus, lack].map(|qty| qty * SCALE);
            assert_eq!([judged.needs, judged.surplus, judged.lack], expected, "{site:?}");
            assert_eq!(judged.lasts, lasts, "{site:?}");
        }
        let half = judge(at(0, 0, 1), Span { whole: false, ..SPAN });
        assert_eq!(half.lack, SCALE / 2);
    }

    #[test]
    fn what_could_move() {
        let moved = |sites: &[At]| {
            let judged: Vec<Judged> = sites.iter().map(|site| judge(*site, SPAN)).collect();
            let moves = moves(&judged, true);
            moves.iter().map(|one| (one.from, one.to, one.qty / SCALE)).collect::<Vec<_>>()
        };
        assert_eq!(moved(&[at(100, 0, 40), at(5, 10, 60)]), [(0, 1, 25)]);
        assert_eq!(moved(&[at(3, 0, 0), at(0, 9, 0), at(4, 0, 0)]), [(2, 1, 4), (0, 1, 3)]);
        assert_eq!(moved(&[at(0, 2, 0), at(6, 0, 0), at(0, 5, 0)]), [(1, 2, 5), (1, 0, 1)]);
        assert_eq!(moved(&[at(5, 5, 0), at(0, 5, 0)]), [], "nobody has too much");
        assert_eq!(moved(&[at(9, 0, 0)]), []);
    }

    proptest! {
        /// Nothing appears or is lost, nobody comes below what it needs, and no lack is left beside a surplus.
        #[test]
        fn moves_only_fill_lacks(
            sites in prop::collection::vec((0_i64..2_000, 0_i64..300, 0_i64..900), 0..9), whole in any::<bool>(),
            days in 1_i64..90, cover in 0_i64..60,
        ) {
            let span = Span { days, cover, whole };
            let scale = if whole { SCALE } else { 7 };
            let sites: Vec<At> = sites
                .into_iter()
                .map(|(available, minimum, out)| At {
                    available: available * scale, minimum: minimum * scale, out: out * scale,
                })
                .collect();
            let before: Vec<Judged> = sites.iter().map(|site| judge(*site, span)).collect();
            let mut after = sites.clone();
            for one in moves(&before, whole) {
                prop_assert!(one.qty > 0 && one.from != one.to);
                after[one.from].available -= one.qty;
                after[one.to].available += one.qty;
            }
            let sum = |sites: &[At]| sites.iter().map(|site| site.available).sum::<i64>();
            prop_assert_eq!(sum(&sites), sum(&after));
            let judged: Vec<Judged> = after.iter().map(|site| judge(*site, span)).collect();
            for (was, is) in before.iter().zip(&judged) {
                prop_assert!(is.lack <= was.lack && is.surplus <= was.surplus);
                prop_assert_eq!(was.needs, is.needs);
            }
            let (lack, surplus) =
                judged.iter().fold((0, 0), |(lack, surplus), one| (lack + one.lack, surplus + one.surplus));
            prop_assert!(lack == 0 || surplus == 0);
        }
    }
}
