//! How often a password may be guessed. After five wrong ones each further one waits, twice as long each
//! time, up to 15 minutes: long enough that guessing is hopeless, and never for ever.
//!
//! Invariants: whoever signed in from a network of late waits only for what is tried from that network,
//! so nobody elsewhere holds them up; a login that nobody has is throttled like one that somebody has.
//! Per process: two processes of one installation each allow this much.

use domain::Instant;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Wrong passwords without waiting.
const FREE: u32 = 5;
/// The first wait.
const WAIT_SECONDS: i64 = 15;
/// The longest wait.
const WAIT_SECONDS_MAX: i64 = 15 * 60;
/// After so long without a try, tries are forgotten.
const FORGOTTEN_SECONDS: i64 = 3_600;
/// Logins that are remembered; beyond, the one that rests longest is forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Whose tries are counted together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Whose {
    /// Those for a login from a network from where it was signed in to.
    Familiar(String, String),
    /// Those for a login from everywhere else.
    Unfamiliar(String),
    /// Those of somebody who has signed in, for what they know already.
    Own(String),
}

/// Tries without success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tally {
    tries: u32,
    last: Instant,
    /// The next is looked at from here on.
    until: Instant,
}

impl Tally {
    /// Counts a try; otherwise the seconds to wait.
    fn take(before: Option<Tally>, now: Instant) -> Result<Tally, i64> {
        let before = before.filter(|tally| tally.last.plus_seconds(FORGOTTEN_SECONDS) > now);
        let Some(tally) = before else { return Ok(Tally { tries: 1, last: now, until: now }) };
        if now < tally.until {
            return Err((tally.until.0 - now.0) / 1_000_000 + 1);
        }
        let tries = tally.tries.saturating_add(1);
        let doubled = tries.checked_sub(FREE).map_or(0, |beyond| WAIT_SECONDS << beyond.min(16));
        Ok(Tally { tries, last: now, until: now.plus_seconds(doubled.min(WAIT_SECONDS_MAX)) })
    }
}

/// The tries of all.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<Whose, Tally>>);

impl Throttle {
    /// Counts a try before it is looked at, so that many at once are no way around; otherwise the
    /// seconds to wait.
    pub(crate) fn take(&self, whose: &Whose, now: Instant) -> Result<(), i64> {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = Tally::take(tallies.get(whose).copied(), now)?;
        if tallies.len() >= REMEMBERED_MAX && !tallies.contains_key(whose) {
            tallies.retain(|_, tally| tally.last.plus_seconds(FORGOTTEN_SECONDS) > now);
            let rests = tallies.iter().min_by_key(|(_, tally)| tally.last).map(|(whose, _)| whose.clone());
            if let Some(rests) = rests.filter(|_| tallies.len() >= REMEMBERED_MAX) {
                tallies.remove(&rests);
            }
        }
        tallies.insert(whose.clone(), tally);
        Ok(())
    }

    /// The try was right: those before it are forgotten.
    pub(crate) fn forget(&self, whose: &Whose) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(whose);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000_000_000_000);

    fn ann() -> Whose {
        Whose::Unfamiliar("ann".to_owned())
    }

    #[test]
    fn five_are_free_and_then_each_waits_twice_as_long_up_to_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        let mut now = NOW;
        for _ in 0..FREE {
            assert_eq!(throttle.take(&ann(), now), Ok(()));
        }
        for wait in [15, 30, 60, 120, 240, 480, 900, 900, 900] {
            assert_eq!(throttle.take(&ann(), now), Err(wait + 1), "{wait}");
            assert_eq!(throttle.take(&ann(), now.plus_seconds(wait).plus_micros(-1)), Err(1));
            now = now.plus_seconds(wait);
            assert_eq!(throttle.take(&ann(), now), Ok(()), "{wait}");
        }
    }

    #[test]
    fn what_is_right_and_what_is_long_ago_is_forgotten() {
        let throttle = Throttle::default();
        (0..5).for_each(|_| throttle.take(&ann(), NOW).unwrap());
        throttle.forget(&ann());
        (0..5).for_each(|_| throttle.take(&ann(), NOW).unwrap());
        assert!(throttle.take(&ann(), NOW).is_err());
        let later = NOW.plus_seconds(FORGOTTEN_SECONDS);
        (0..5).for_each(|_| throttle.take(&ann(), later).unwrap());
    }

    #[test]
    fn nobody_waits_for_what_is_tried_elsewhere() {
        let throttle = Throttle::default();
        (0..5).for_each(|_| throttle.take(&ann(), NOW).unwrap());
        let here = Whose::Familiar("ann".to_owned(), "192.0.2.1".to_owned());
        for other in [here, Whose::Unfamiliar("bob".to_owned()), Whose::Own("ann".to_owned())] {
            assert_eq!(throttle.take(&other, NOW), Ok(()));
        }
    }

    #[test]
    fn however_many_are_tried_so_many_are_remembered_and_the_latest_are() {
        let throttle = Throttle::default();
        let many = i64::try_from(REMEMBERED_MAX).unwrap();
        for place in 0..=many {
            throttle.take(&Whose::Unfamiliar(place.to_string()), NOW.plus_micros(place)).unwrap();
        }
        let known = throttle.0.lock().unwrap();
        assert_eq!(known.len(), REMEMBERED_MAX);
        assert!(!known.contains_key(&Whose::Unfamiliar("0".to_owned())));
        assert!(known.contains_key(&Whose::Unfamiliar(many.to_string())));
    }
}
