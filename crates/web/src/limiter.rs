//! A rate limit in one atomic word: the generic cell rate algorithm, with a burst of one minute's worth.
//!
//! Per process: two processes of one installation each allow the rate.

use domain::Instant;
use std::sync::atomic::{AtomicI64, Ordering};

const MINUTE_MICROS: i64 = 60_000_000;

/// The rate of one key, shared by all its requests.
#[derive(Debug)]
pub struct Limiter {
    /// The earliest instant at which the bucket would be full again, in microseconds.
    full_at: AtomicI64,
    /// Microseconds that one request costs.
    cost: i64,
}

impl Limiter {
    /// So many requests a minute, which may also come all at once.
    pub fn per_minute(requests: u32) -> Limiter {
        Limiter { full_at: AtomicI64::new(i64::MIN), cost: MINUTE_MICROS / i64::from(requests.max(1)) }
    }

    /// Whether both allow the same rate.
    pub const fn is_as_fast_as(&self, other: &Limiter) -> bool {
        self.cost == other.cost
    }

    /// Whether nothing of it is used up, so that it is as good as a new one.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at.load(Ordering::Relaxed) <= now.0
    }

    /// Gives one back that was taken.
    pub(crate) fn give_back(&self) {
        let less = |full_at: i64| Some(full_at.saturating_sub(self.cost));
        // it always has something to set
        let _set = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Takes one; otherwise the seconds to wait.
    pub(crate) fn take(&self, now: Instant) -> Result<(), i64> {
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let next = full_at.max(now.0).saturating_add(self.cost);
            let beyond = next.saturating_sub(now.0).saturating_sub(MINUTE_MICROS);
            if beyond > 0 {
                return Err(beyond / 1_000_000 + 1);
            }
            match self.full_at.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => full_at = other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_requests_passes_at_once_and_then_one_by_one() {
        let limiter = Limiter::per_minute(600);
        let now = Instant(1_000_000_000);
        assert_eq!((0..600).filter(|_| limiter.take(now).is_ok()).count(), 600);
        assert_eq!(limiter.take(now), Err(1));
        assert!(!limiter.is_full(now) && !limiter.is_full(now.plus_micros(MINUTE_MICROS - 1)));
        assert!(limiter.is_full(now.plus_micros(MINUTE_MICROS)));
        assert_eq!(limiter.take(now.plus_micros(100_000)), Ok(()));
        assert!(limiter.take(now.plus_micros(100_000)).is_err());
    }
}
