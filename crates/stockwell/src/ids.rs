//! `UUIDv7` from an injected clock. Invariant: within a process each id is greater than the one
//! before, also when many are made in one millisecond or the clock stands still.

use domain::Ids;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;
use web::Clock;

/// The bits of an id after its time: 74, of which version and variant are not part.
const TAIL_BITS: u32 = 74;

/// Makes ids.
pub struct TimeIds {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    millis: u64,
    tail: u128,
    random: Random,
}

/// Random words, fetched from the system many at a time.
struct Random {
    bytes: [u8; 2048],
    at: usize,
}

impl TimeIds {
    /// From a clock.
    pub fn new(clock: Arc<dyn Clock>) -> TimeIds {
        let random = Random { bytes: [0; 2048], at: usize::MAX };
        TimeIds { clock, state: Mutex::new(State { millis: 0, tail: 0, random }) }
    }
}

impl std::fmt::Debug for TimeIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TimeIds")
    }
}

impl Ids for TimeIds {
    fn next(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().0 / 1_000).unwrap_or(0);
        self.state.lock().unwrap_or_else(PoisonError::into_inner).next(millis)
    }
}

impl State {
    fn next(&mut self, millis: u64) -> Uuid {
        if millis > self.millis {
            self.millis = millis;
            let fresh = (u128::from(self.random.word()) << 64) | u128::from(self.random.word());
            // the highest bit stays free for what is added below
            self.tail = fresh & ((1 << (TAIL_BITS - 1)) - 1);
        } else {
            self.tail += 1 + u128::from(self.random.word() >> 32);
            if self.tail >> TAIL_BITS != 0 {
                self.tail = 0;
                self.millis += 1;
            }
        }
        let time = u128::from(self.millis & 0xFFFF_FFFF_FFFF) << 80;
        let high = (self.tail >> 62) << 64;
        let low = self.tail & ((1 << 62) - 1);
        Uuid::from_u128(time | (0x7 << 76) | high | (0b10 << 62) | low)
    }
}

impl Random {
    fn word(&mut self) -> u64 {
        if self.at >= self.bytes.len() {
            if let Err(error) = getrandom::fill(&mut self.bytes) {
                // ids stay unique and ascending without it, only easier to guess, which they may be
                tracing::error!(%error, "the random source of the system does not answer");
            }
            self.at = 0;
        }
        let word = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>());
        self.at += 8;
        word.map_or(0, |word| u64::from_ne_bytes(*word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Instant;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Instant {
            Instant(1_767_225_600_000_000)
        }
    }

    #[test]
    fn ids_ascend_while_the_clock_stands_still() {
        let ids = TimeIds::new(Arc::new(Still));
        let made: Vec<Uuid> = (0..10_000).map(|_| ids.next()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(
            made.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122)
        );
        assert_eq!(made[0].as_u128() >> 80, 1_767_225_600_000);
    }

    #[test]
    fn ids_ascend_when_the_clock_is_set_back_and_when_a_millisecond_is_full() {
        let mut state = State {
            millis: 9,
            tail: (1 << TAIL_BITS) - 1,
            random: Random { bytes: [0; 2048], at: usize::MAX },
        };
        let before = state.next(10);
        let back = state.next(3);
        assert!(back > before);
        state.tail = (1 << TAIL_BITS) - 1;
        assert!(state.next(10) > back);
        assert_eq!(state.millis, 11);
    }
}
