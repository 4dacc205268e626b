//! What a price is of, and for which days it holds.

use crate::when::{Date, plus_days};
use crate::word::words;

words! {
    /// What a price is.
    PriceKind, "kind of price" {
        /// What one is planned to cost us.
        Cost = 1, "cost";
        /// What we ask for one.
        Sales = 2, "sales";
        /// What a supplier asks for one.
        Purchase = 3, "purchase";
    }
}

/// The days from one to another, both among them; without an end when none is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Option<Date>,
}

impl Span {
    /// Whether a day is among them.
    pub fn holds(self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Whether they have a day in common.
    ///
    /// ```
    /// use domain::price::Span;
    /// use domain::when::parse_date;
    /// let day = |text| parse_date(text).unwrap();
    /// let march = Span { from: day("2026-03-01"), until: Some(day("2026-03-31")) };
    /// let after = Span { from: day("2026-04-01"), until: None };
    /// assert!(!march.meets(after));
    /// assert!(after.meets(Span { from: day("2026-03-31"), until: None }));
    /// ```
    pub fn meets(self, other: Span) -> bool {
        let begins_before_end = |one: Span, other: Span| other.until.is_none_or(|until| one.from <= until);
        begins_before_end(self, other) && begins_before_end(other, self)
    }

    /// The day before the first; none at the beginning of the calendar.
    pub fn day_before(self) -> Option<Date> {
        plus_days(self.from, -1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::when::parse_date;
    use crate::word::assert_words;

    #[test]
    fn words_read_back() {
        assert_words!(PriceKind);
    }

    #[test]
    fn spans_meet_where_they_have_a_day_in_common() {
        let day = |n: u8| parse_date(&format!("2026-03-{n:02}")).unwrap();
        let span = |from, until: Option<u8>| Span { from: day(from), until: until.map(day) };
        let cases = [
            (span(1, Some(5)), span(6, None), false),
            (span(1, Some(5)), span(5, None), true),
            (span(1, None), span(9, None), true),
            (span(1, None), span(9, Some(9)), true),
            (span(2, Some(2)), span(1, Some(3)), true),
            (span(4, Some(6)), span(1, Some(3)), false),
        ];
        for (one, other, meet) in cases {
            assert_eq!((one.meets(other), other.meets(one)), (meet, meet), "{one:?} {other:?}");
            // the law behind it: the same as asking day by day
            let common = (1..=31).map(day).any(|day| one.holds(day) && other.holds(day));
            assert_eq!(common, meet);
        }
    }
}
