//! The numbers of an item at a site, defined once.
//!
//! | word | definition |
//! |---|---|
//! | on hand | what is owned at the site, in any status |
//! | sellable | of it: good, in sellable unblocked locations, not past its last sellable day |
//! | available | sellable − reserved − allocated, never below zero, per site before any sum |

use super::store::Guard;
use domain::when::Date;

/// A balance as far as the numbers need it.
pub(crate) struct Counted {
    pub(crate) on_hand: i64,
    /// Good, in a sellable unblocked location.
    pub(crate) counts: bool,
    pub(crate) expiry: Option<Date>,
}

/// The numbers of an item at a site, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) on_hand: i64,
    pub(crate) sellable: i64,
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) available: i64,
}

/// The level of a site. The stored guard may still count lots whose last day was yesterday, until
/// the next command or the nightly sweep comes by; they are taken off here.
pub(crate) fn level(guard: &Guard, balances: &[Counted], today: Date) -> Level {
    let on_hand = balances.iter().map(|balance| balance.on_hand).sum();
    let due = guard.next_expiry.is_some_and(|next| today > next);
    let past = |balance: &&Counted| balance.counts && balance.expiry.is_some_and(|expiry| today > expiry);
    let expired: i64 =
        if due { balances.iter().filter(past).map(|balance| balance.on_hand).sum() } else { 0 };
    let sellable = guard.sellable - expired;
    let available = (sellable - guard.reserved - guard.allocated).max(0);
    Level { on_hand, sellable, reserved: guard.reserved, allocated: guard.allocated, available }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SiteId;
    use domain::when::parse_date;

    fn guard(sellable: i64, reserved: i64, next: Option<&str>) -> Guard {
        let next_expiry = next.map(|day| parse_date(day).unwrap());
        Guard { site: SiteId(1), sellable, reserved, allocated: 1, next_expiry }
    }

    fn lot(on_hand: i64, counts: bool, expiry: &str) -> Counted {
        Counted { on_hand, counts, expiry: Some(parse_date(expiry).unwrap()) }
    }

    #[test]
    fn lots_past_their_last_day_do_not_count_whether_swept_or_not() {
        let balances = [lot(4, true, "2026-06-14"), lot(6, true, "2026-06-15"), lot(3, false, "2026-06-01")];
        let level =
            |today: &str| level(&guard(10, 5, Some("2026-06-14")), &balances, parse_date(today).unwrap());
        assert_eq!(
            level("2026-06-14"),
            Level { on_hand: 13, sellable: 10, reserved: 5, allocated: 1, available: 4 }
        );
        assert_eq!(
            level("2026-06-15"),
            Level { on_hand: 13, sellable: 6, reserved: 5, allocated: 1, available: 0 }
        );
        assert_eq!(
            level("2026-06-16"),
            Level { on_hand: 13, sellable: 0, reserved: 5, allocated: 1, available: 0 }
        );
    }
}
