//! The one wall clock of the product. Invariant: within a process it never goes back.

use domain::Instant;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// The clock of the machine, held where it is when the machine sets it back.
#[derive(Debug, Default)]
pub struct WallClock {
    latest: AtomicI64,
}

/// What the machine says, in microseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one wall clock")]
fn machine() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl web::Clock for WallClock {
    fn now(&self) -> Instant {
        let now = machine();
        Instant(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::Clock;

    #[test]
    fn time_never_goes_back() {
        let clock = WallClock::default();
        let one = clock.now();
        clock.latest.store(one.0 + 5_000_000, Ordering::Relaxed);
        assert_eq!(clock.now(), one.plus_seconds(5));
    }
}
