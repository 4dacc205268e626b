//! What a permission asks for besides being held: that a second person agrees, always or above a limit.
//!
//! A command that asks for a second person is kept and waits, see `web::agreement`. Invariant: of two
//! conditions the stricter one lets nothing through alone that the other does not.

use crate::decimal;
use crate::permission::Permission;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// Decimals of a [`Limit`]; no currency has more.
const LIMIT_PLACES: u32 = 6;

/// An amount in the currency of the books, whatever its decimals are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Limit(i64);

impl Limit {
    /// Reads an amount such as `500` or `99.50`; `None` for anything else, and for one below zero.
    pub fn parse(text: &str) -> Option<Limit> {
        decimal::parse(text, usize::try_from(LIMIT_PLACES).ok()?).ok().filter(|value| *value >= 0).map(Limit)
    }

    /// Whether so many minor units of a currency with so many decimals are more.
    pub fn is_exceeded(self, minor: i64, minor_digits: u32) -> bool {
        let scale = 10_i128.pow(LIMIT_PLACES.saturating_sub(minor_digits));
        i128::from(minor).saturating_mul(scale) > i128::from(self.0)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write_short(self.0, 6, f)
    }
}

/// By how much a command changes the worth of stock, as it was decided under the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Worth {
    /// So many minor units of the currency of the books.
    Minor(i64),
    /// Nobody can say: the books know no cost of some of the goods, or the command is none of stock.
    Unknown,
}

impl Worth {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Worth) -> Worth {
        match (self, other) {
            (Worth::Minor(one), Worth::Minor(two)) => Worth::Minor(one.saturating_add(two)),
            _ => Worth::Unknown,
        }
    }
}

/// What a permission asks for besides being held. The later one is the stricter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Condition {
    /// Nothing.
    #[default]
    Free,
    /// A second person, where it changes the worth of stock by more than this.
    Above(Limit),
    /// A second person, always.
    Always,
}

impl Ord for Condition {
    fn cmp(&self, other: &Condition) -> Ordering {
        // a lower limit is stricter, and none at all is the laxest
        let rank = |condition: &Condition| match condition {
            Condition::Free => (0, 0),
            Condition::Above(Limit(limit)) => (1, -i128::from(*limit)),
            Condition::Always => (2, 0),
        };
        rank(self).cmp(&rank(other))
    }
}

impl PartialOrd for Condition {
    fn partial_cmp(&self, other: &Condition) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Condition {
    /// Whether a command of such worth needs a second person. What nobody can say the worth of is above
    /// every limit.
    pub fn asks(self, worth: Worth, minor_digits: u32) -> bool {
        match (self, worth) {
            (Condition::Free, _) => false,
            (Condition::Always, _) | (Condition::Above(_), Worth::Unknown) => true,
            (Condition::Above(limit), Worth::Minor(minor)) => limit.is_exceeded(minor, minor_digits),
        }
    }
}

/// What some permissions ask for; the others ask for nothing.
pub type Conditions = BTreeMap<Permission, Condition>;

impl Permission {
    /// Whether it can ask for a second person at all: it changes something.
    pub const fn can_ask(self) -> bool {
        !matches!(
            self,
            Permission::CatalogRead
                | Permission::PlacesRead
                | Permission::StockRead
                | Permission::CostRead
                | Permission::EventsRead
                | Permission::ExportsRead
                | Permission::AccessRead
                | Permission::AuditRead
                | Permission::SystemRead
        )
    }

    /// Whether it can have a limit: its commands change the worth of stock, and say by how much.
    pub const fn has_worth(self) -> bool {
        matches!(
            self,
            Permission::StockReceive
                | Permission::StockIssue
                | Permission::StockAdjust
                | Permission::StockReverse
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(text: &str) -> Condition {
        Condition::Above(Limit::parse(text).unwrap())
    }

    #[test]
    fn a_limit_is_reached_and_not_passed() {
        for (limit, minor, digits, asks) in [
            ("500", 50_000, 2, false),
            ("500", 50_001, 2, true),
            ("0", 0, 2, false),
            ("0", 1, 2, true),
            ("99.50", 9_950, 2, false),
            ("99.50", 9_951, 2, true),
            ("500", 500, 0, false),
            ("500", 501, 0, true),
            ("500", i64::MAX, 0, true),
        ] {
            assert_eq!(above(limit).asks(Worth::Minor(minor), digits), asks, "{limit} {minor} {digits}");
        }
        assert!(above("500").asks(Worth::Unknown, 2), "nobody can say");
        assert!(Condition::Always.asks(Worth::Minor(0), 2));
        assert!(!Condition::Free.asks(Worth::Unknown, 2));
    }

    #[test]
    fn what_is_no_amount_is_no_limit() {
        for text in ["", "-1", "1e3", "1,000", "0.0000001", "99999999999999", "x"] {
            assert_eq!(Limit::parse(text), None, "{text}");
        }
        assert_eq!(Limit::parse("1.50").unwrap().to_string(), "1.5");
    }

    #[test]
    fn conditions_stand_in_the_order_of_their_strictness() {
        let all = [Condition::Free, above("500"), above("499.99"), above("0"), Condition::Always];
        for pair in all.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
    }

    #[test]
    fn what_only_reads_asks_nobody() {
        for permission in Permission::ALL {
            let verb = permission.word().rsplit_once('.').map(|(_, verb)| verb);
            assert_eq!(permission.can_ask(), verb != Some("read"), "{}", permission.word());
        }
    }

    #[test]
    fn worth_that_nobody_knows_is_not_less_than_what_is_known() {
        assert_eq!(Worth::Minor(1).and(Worth::Minor(2)), Worth::Minor(3));
        assert_eq!(Worth::Minor(1).and(Worth::Unknown), Worth::Unknown);
        assert_eq!(Worth::Minor(i64::MAX).and(Worth::Minor(1)), Worth::Minor(i64::MAX));
    }
}
