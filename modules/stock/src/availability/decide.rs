//! Available to promise, defined once. Pure.
//!
//! | word | definition |
//! |---|---|
//! | supply | goods that come on a day: in transit to the site, good, and not past their last sellable day by then |
//! | demand | goods that go on a day: asked for by a transfer and not yet bound to bins; and today, what backordered claims wait for |
//! | expiring | goods that are sellable now and no longer on that day |
//! | projected | available now + supply up to the day − demand up to the day − expiring up to the day |
//! | ATP | what can be promised for the day without breaking a promise of any later day |
//!
//! `ATP(d) = max(0, min over e ≥ d of (available + supply(≤ e) − demand(≤ e)) − expiring(≤ d))`
//!
//! The minimum looks ahead, since what is promised for today is missing on every later day. What
//! expires later is no reason to promise less today: it may be what is sold.
//!
//! # Worked example
//!
//! Ten are available on 1 March. Eight will go on the 3rd, twenty come on the 5th, and four are past
//! their last sellable day from the 7th on.
//!
//! | day | supply | demand | expiring | projected | ATP |
//! |---|---|---|---|---|---|
//! | 1 March | | | | 10 | 2: what goes on the 3rd is spoken for |
//! | 3 March | | 8 | | 2 | 2 |
//! | 5 March | 20 | | | 22 | 22 |
//! | 7 March | | | 4 | 18 | 18 |

use domain::when::Date;
use std::collections::BTreeMap;

/// Something that will change what is available, in millionths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Supply(i64),
    Demand(i64),
    Expiring(i64),
}

/// A day on which something changes; quantities in millionths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Day {
    pub(crate) on: Date,
    pub(crate) supply: i64,
    pub(crate) demand: i64,
    pub(crate) expiring: i64,
    /// Below zero where more is asked for than there will be.
    pub(crate) projected: i64,
    pub(crate) promise: i64,
}

/// Today and every day on which something changes, in order. What was due before today is due today.
pub(crate) fn days(available: i64, today: Date, changes: &[(Date, Change)]) -> Vec<Day> {
    let mut by_day: BTreeMap<Date, (i64, i64, i64)> = BTreeMap::from([(today, (0, 0, 0))]);
    for (on, change) in changes {
        let day = by_day.entry((*on).max(today)).or_default();
        match change {
            Change::Supply(qty) => day.0 += qty,
            Change::Demand(qty) => day.1 += qty,
            Change::Expiring(qty) => day.2 += qty,
        }
    }
    let mut days = Vec::with_capacity(by_day.len());
    let (mut balance, mut expired) = (available, 0);
    for (on, (supply, demand, expiring)) in by_day {
        balance += supply - demand;
        expired += expiring;
        days.push(Day { on, supply, demand, expiring, projected: balance - expired, promise: 0 });
    }
    // from the last day back: the least balance of this and every later day
    let mut least = i64::MAX;
    for day in days.iter_mut().rev() {
        least = least.min(day.projected + expired);
        day.promise = (least - expired).max(0);
        expired -= day.expiring;
    }
    days
}

/// What can be promised for a day: what holds since the last change up to it.
pub(crate) fn promise(days: &[Day], on: Date) -> i64 {
    days.iter().rev().find(|day| day.on <= on).map_or(0, |day| day.promise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::when::parse_date;

    /// `+20 on 5` comes, `-8 on 3` goes, `x4 on 7` expires: days of March.
    fn change(text: &str) -> (Date, Change) {
        let (what, day) = text.split_once(" on ").unwrap();
        let qty = what[1..].parse().unwrap();
        let change = match &what[..1] {
            "+" => Change::Supply(qty),
            "-" => Change::Demand(qty),
            "x" => Change::Expiring(qty),
            other => panic!("{other}"),
        };
        (march(day), change)
    }

    fn march(day: &str) -> Date {
        parse_date(&format!("2026-03-{day:0>2}")).unwrap()
    }

    /// Each line: what is available on 1 March, what changes, and `day: projected, ATP` for each day.
    const CASES: &[(i64, &[&str], &str)] = &[
        (10, &[], "1: 10, 10"),
        (0, &[], "1: 0, 0"),
        // the worked example
        (10, &["-8 on 3", "+20 on 5", "x4 on 7"], "1: 10, 2; 3: 2, 2; 5: 22, 22; 7: 18, 18"),
        // supply of tomorrow promises nothing today
        (0, &["+5 on 2"], "1: 0, 0; 2: 5, 5"),
        // a gap later takes from every day before it, and supply after it gives nothing back
        (10, &["+5 on 2", "-12 on 4", "+9 on 6"], "1: 10, 3; 2: 15, 3; 4: 3, 3; 6: 12, 12"),
        // more is asked for than there will be: nothing can be promised, and the gap is shown
        (3, &["-8 on 4", "+2 on 6"], "1: 3, 0; 4: -5, 0; 6: -3, 0"),
        // what expires can be sold until then
        (5, &["x5 on 4"], "1: 5, 5; 4: 0, 0"),
        (5, &["x5 on 4", "+7 on 6"], "1: 5, 5; 4: 0, 0; 6: 7, 7"),
        // sold and run out on the way: a promise of later counts on neither
        (8, &["x5 on 4", "-2 on 6"], "1: 8, 6; 4: 3, 1; 6: 1, 1"),
        // what was due before today is due today
        (4, &["-3 on 1", "+2 on 1"], "1: 3, 3"),
        // several on one day are one day
        (0, &["+5 on 2", "-1 on 2", "+5 on 2"], "1: 0, 0; 2: 9, 9"),
    ];

    #[test]
    fn each_day_promises_what_no_later_day_misses() {
        for (available, changes, expected) in CASES {
            let changes: Vec<_> = changes.iter().map(|text| change(text)).collect();
            let days = days(*available, march("1"), &changes);
            let shown: Vec<String> = days
                .iter()
                .map(|day| format!("{}: {}, {}", day.on.day(), day.projected, day.promise))
                .collect();
            assert_eq!(shown.join("; "), *expected, "{available} {changes:?}");
        }
        let early = days(4, march("3"), &[change("-3 on 1")]);
        assert_eq!((early.len(), early[0].demand, early[0].promise), (1, 3, 1));
    }

    #[test]
    fn between_two_days_the_promise_of_the_first_holds() {
        let days = days(10, march("1"), &[change("-8 on 3"), change("+20 on 5")]);
        let at = |day| promise(&days, march(day));
        assert_eq!([at("1"), at("2"), at("4"), at("5"), at("31")], [2, 2, 2, 22, 22]);
        assert_eq!(promise(&days, parse_date("2026-02-28").unwrap()), 0, "the past is not promised");
    }

    /// Whatever is promised for a day, selling it on that day leaves no later day short that was not
    /// short anyway, where what expires is sold first.
    #[test]
    fn a_promise_that_is_kept_breaks_no_other() {
        let mut seed = 0x5eed_u64;
        let mut below = |most: i64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            i64::try_from(seed % u64::try_from(most).unwrap()).unwrap()
        };
        for _ in 0..2_000 {
            let available = below(20);
            let mut fresh = available;
            let mut changes = Vec::new();
            for _ in 0..below(6) {
                let on = march(&(below(9) + 1).to_string());
                let change = match below(3) {
                    0 => Change::Supply(below(10)),
                    1 => Change::Demand(below(10)),
                    _ => {
                        let qty = below(10).min(fresh);
                        fresh -= qty;
                        Change::Expiring(qty)
                    }
                };
                changes.push((on, change));
            }
            // what runs out first is sold first
            changes.sort_by_key(|(on, _)| *on);
            let before = days(available, march("1"), &changes);
            for day in &before {
                let mut sold = changes.clone();
                sold.push((day.on, Change::Demand(day.promise)));
                let mut rest = day.promise;
                for (on, change) in &mut sold {
                    if let Change::Expiring(qty) = change
                        && *on > day.on
                    {
                        let taken = rest.min(*qty);
                        (rest, *qty) = (rest - taken, *qty - taken);
                    }
                }
                for (was, is) in before
                    .iter()
                    .zip(days(available, march("1"), &sold))
                    .skip_while(|(was, _)| was.on < day.on)
                {
                    assert!(is.projected >= was.projected.min(0), "{available} {changes:?} on {}", day.on);
                }
            }
        }
    }
}
