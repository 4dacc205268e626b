//! Large bodies are counted as long as they are in memory: from their first bytes until the command
//! is done with. Invariant: together they hold no more than the limit, and one of them always passes.

use domain::{Code, Problem};
use prometheus_client::metrics::gauge::Gauge;

/// Bytes of a body that is not counted. Connections are bounded, and with them such bodies; so a
/// common command never waits for somebody's bulks.
pub(crate) const SMALL_BYTES: usize = 64 << 10;

/// What one body holds of the memory for large bodies; given back when it is dropped.
#[derive(Debug)]
pub struct Held {
    bytes: usize,
    /// What all of them hold.
    all: Gauge,
}

impl Held {
    pub(crate) fn new(all: Gauge) -> Held {
        Held { bytes: 0, all }
    }

    /// The body is so long by now. Refused when all would hold more than `most` together, unless
    /// nobody else holds anything.
    pub(crate) fn grow(&mut self, length: usize, most: usize) -> Result<(), Problem> {
        if length <= SMALL_BYTES {
            return Ok(());
        }
        let before = self.all.inc_by(number(length.saturating_sub(self.bytes)));
        let others = before.saturating_sub(number(self.bytes));
        self.bytes = length;
        if others > 0 && others.saturating_add(number(length)) > number(most) {
            let detail = "other large bodies take all the room there is for them, come again shortly";
            return Err(Problem::new(Code::Busy, detail));
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.dec_by(number(self.bytes));
    }
}

fn number(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 4 * SMALL_BYTES;

    #[test]
    fn together_they_hold_the_limit_and_no_more() {
        let all = Gauge::default();
        let held = || Held::new(all.clone());
        let mut first = held();
        first.grow(2 * SMALL_BYTES, MOST).unwrap();
        let mut second = held();
        second.grow(2 * SMALL_BYTES, MOST).unwrap();
        assert_eq!(all.get(), number(MOST), "at the limit");
        let mut third = held();
        assert_eq!(third.grow(SMALL_BYTES + 1, MOST).unwrap_err().code, Code::Busy);
        drop(third);
        assert_eq!(second.grow(2 * SMALL_BYTES + 1, MOST).unwrap_err().code, Code::Busy, "one past it");
        held().grow(SMALL_BYTES, MOST).unwrap();
        drop(second);
        let mut fourth = held();
        fourth.grow(2 * SMALL_BYTES, MOST).unwrap();
        drop((first, fourth));
        assert_eq!(all.get(), 0);
    }

    #[test]
    fn a_body_alone_always_passes() {
        let all = Gauge::default();
        let mut alone = Held::new(all.clone());
        for length in [SMALL_BYTES + 1, MOST, MOST + 1, 10 * MOST] {
            alone.grow(length, MOST).unwrap();
            assert_eq!(all.get(), number(length));
        }
    }
}
