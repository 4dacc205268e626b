//! When a place works: the hours of each weekday, and the days that are different.
//!
//! Pure. A calendar has civil hours; which instants these are is told by the zone of the place, so
//! a day of 23 or 25 hours opens and closes by the clock on the wall. A night shift is two spans:
//! until `24:00`, and from `00:00` of the next day. Invariant: the spans of a day are in order and
//! do not overlap.

mod span;
#[cfg(test)]
mod tests;

pub use span::{BadHours, Hours, Minute, SPANS_PER_DAY_MAX, Span};

use crate::when::{Date, Instant, Zone, days_between, plus_days};
use crate::word::words;
use std::collections::BTreeMap;
use std::ops::Bound;

/// The most days that a calendar says something of its own about.
pub const CALENDAR_DAYS_MAX: usize = 2_000;

/// How many days ahead it is looked for the next one that is worked on: ten years.
pub const LOOK_AHEAD_DAYS: i32 = 3_653;

words! {
    /// A day of the week.
    Weekday, "weekday" {
        /// The first day of the week.
        Monday = 1, "monday";
        /// The second.
        Tuesday = 2, "tuesday";
        /// The third.
        Wednesday = 3, "wednesday";
        /// The fourth.
        Thursday = 4, "thursday";
        /// The fifth.
        Friday = 5, "friday";
        /// The sixth.
        Saturday = 6, "saturday";
        /// The last.
        Sunday = 7, "sunday";
    }
}

impl Weekday {
    /// That of a date.
    pub fn of(date: Date) -> Weekday {
        Weekday::from_number(i64::from(date.weekday().to_monday_one_offset())).unwrap_or(Weekday::Sunday)
    }
}

/// The hours of each weekday; a weekday that is not there is not worked on.
pub type Week = BTreeMap<Weekday, Hours>;

/// When a place works.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calendar {
    /// The hours of the week; `None` when it works around the clock.
    pub week: Option<Week>,
    /// Days that are different: closed when they have no hours.
    pub days: BTreeMap<Date, Hours>,
}

impl Calendar {
    /// The spans of a date, in order.
    pub fn on(&self, date: Date) -> &[Span] {
        if let Some(hours) = self.days.get(&date) {
            return hours.spans();
        }
        match &self.week {
            None => Hours::ALL_DAY,
            Some(week) => week.get(&Weekday::of(date)).map_or(&[], Hours::spans),
        }
    }

    /// Whether a date is worked on, however briefly.
    pub fn works_on(&self, date: Date) -> bool {
        !self.on(date).is_empty()
    }

    /// Whether the place is open at an instant. It is at the first instant of a span, and no longer at
    /// the last.
    pub fn is_open(&self, zone: &Zone, at: Instant) -> bool {
        let date = zone.date(at);
        self.on(date).iter().any(|span| {
            let (from, to) = span.instants(zone, date);
            from <= at && at < to
        })
    }

    /// The first instant from this one on at which the place is open: this one itself when it is.
    /// `None` when it does not open within [`LOOK_AHEAD_DAYS`].
    pub fn next_open(&self, zone: &Zone, at: Instant) -> Option<Instant> {
        let today = zone.date(at);
        (0..=LOOK_AHEAD_DAYS).map_while(|days| plus_days(today, days)).find_map(|date| {
            let ahead = self.on(date).iter().map(|span| span.instants(zone, date));
            // what the change of a clock leaves nothing of is no opening
            ahead.filter(|(from, to)| from < to && *to > at).map(|(from, _)| from.max(at)).next()
        })
    }

    /// How many days are worked on after the first date and up to the second; below zero when the
    /// second is the earlier one. From a Friday to the Monday after it is one, in a week of five days.
    pub fn working_days_between(&self, from: Date, to: Date) -> i32 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        let days = days_between(from, to);
        let by_the_week = |date: Date| match &self.week {
            None => true,
            Some(week) => week.get(&Weekday::of(date)).is_some_and(|hours| !hours.spans().is_empty()),
        };
        // a whole week has the same days wherever it begins
        let after = |count: i32| (1..=count).filter_map(|day| plus_days(from, day));
        let count = |dates: i32| i32::try_from(after(dates).filter(|date| by_the_week(*date)).count());
        let (in_week, in_rest) = (count(7).unwrap_or(0), count(days % 7).unwrap_or(0));
        let regular = days / 7 * in_week + in_rest;
        let different = self.days.range((Bound::Excluded(from), Bound::Included(to)));
        different.fold(regular, |sum, (date, hours)| {
            sum + i32::from(!hours.spans().is_empty()) - i32::from(by_the_week(*date))
        })
    }

    /// The date so many working days after another one: with none, the first from that one on that is
    /// worked on. `None` when there is none within [`LOOK_AHEAD_DAYS`] of the one before.
    pub fn plus_working_days(&self, from: Date, days: u16) -> Option<Date> {
        let next = |from: Date, first: i32| {
            let ahead = (first..=LOOK_AHEAD_DAYS).map_while(|days| plus_days(from, days));
            ahead.into_iter().find(|date| self.works_on(*date))
        };
        if days == 0 {
            return next(from, 0);
        }
        (0..days).try_fold(from, |date, _| next(date, 1))
    }
}
