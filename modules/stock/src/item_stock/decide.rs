//! The numbers of an item at a site, defined once.
//!
//! | word | definition |
//! |---|---|
//! | on hand | what is owned at the site, in any status |
//! | sellable | of it: good, in sellable unblocked locations, not past its last sellable day |
//! | available | sellable − reserved − allocated, never below zero, per site before any sum |
//! | backordered | accepted beyond what is sellable, or lost since: claims wait for it |

use domain::when::Date;
use domain::{Instant, SiteId, Zone};

/// The guard of an item at a site, as stored, with the name and the zone of the site.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) site: SiteId,
    pub(crate) code: String,
    pub(crate) zone: Zone,
    pub(crate) sellable: i64,
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) backordered: i64,
    pub(crate) next_expiry: Option<Date>,
}

impl Guard {
    /// The day of the site.
    pub(crate) fn today(&self, now: Instant) -> Date {
        self.zone.date(now)
    }
}

/// Good stock of a site, of all lots with one last sellable day: how much of it counts as sellable, and
/// what is bound of all of it, wherever it stands. A sweep takes both away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lasting {
    pub(crate) site: SiteId,
    pub(crate) last: Date,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
}

/// The numbers of an item at a site, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) sellable: i64,
    pub(crate) reserved: i64,
    pub(crate) allocated: i64,
    pub(crate) available: i64,
    pub(crate) backordered: i64,
}

/// Whether a stored guard may still count lots whose last day is over: until the next command or the
/// nightly sweep comes by.
pub(crate) fn is_due(guard: &Guard, today: Date) -> bool {
    guard.next_expiry.is_some_and(|next| today > next)
}

/// The level of a site. What is past its day by now is taken off, with what is bound of it, as the
/// sweep will. `lasting` is asked for only where [`is_due`] says so.
pub(crate) fn level(guard: &Guard, lasting: &[Lasting], today: Date) -> Level {
    let (mut sellable, mut allocated) = (guard.sellable, guard.allocated);
    if is_due(guard, today) {
        for past in lasting.iter().filter(|good| good.site == guard.site && today > good.last) {
            sellable -= past.on_hand;
            allocated -= past.allocated;
        }
    }
    let available = (sellable - guard.reserved - allocated).max(0);
    let Guard { reserved, backordered, .. } = *guard;
    Level { sellable, reserved, allocated, available, backordered }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::when::parse_date;

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    fn guard(sellable: i64, reserved: i64, allocated: i64, next: Option<&str>) -> Guard {
        let (site, code, zone) = (SiteId(1), "L".to_owned(), Zone::UTC);
        Guard { site, code, zone, sellable, reserved, allocated, backordered: 2, next_expiry: next.map(day) }
    }

    fn lots(site: i64, last: &str, on_hand: i64, allocated: i64) -> Lasting {
        Lasting { site: SiteId(site), last: day(last), on_hand, allocated }
    }

    #[test]
    fn lots_past_their_last_day_do_not_count_whether_swept_or_not() {
        let lasting = [lots(1, "2026-06-14", 4, 1), lots(1, "2026-06-15", 6, 0), lots(2, "2026-06-01", 3, 0)];
        let guard = guard(10, 5, 1, Some("2026-06-14"));
        let level = |today: &str| level(&guard, &lasting, day(today));
        let seen = |sellable, allocated, available| Level {
            sellable,
            reserved: 5,
            allocated,
            available,
            backordered: 2,
        };
        assert_eq!(level("2026-06-14"), seen(10, 1, 4));
        assert_eq!(level("2026-06-15"), seen(6, 0, 1), "what is bound of it is no longer taken off the rest");
        assert_eq!(level("2026-06-16"), seen(0, 0, 0));
    }

    #[test]
    fn what_the_guard_does_not_count_is_not_taken_off() {
        // swept already: the guard says when the next of what it counts is due
        let lasting = [lots(1, "2026-06-14", 4, 0)];
        let level = level(&guard(6, 0, 0, Some("2026-06-20")), &lasting, day("2026-06-15"));
        assert_eq!(level, Level { sellable: 6, reserved: 0, allocated: 0, available: 6, backordered: 2 });
    }
}
