//! The real program over a database of either engine, callers of it, and an outside look at what
//! its database holds.

pub(crate) mod books;
pub(crate) mod client;
pub(crate) mod site;

use std::sync::Barrier;

/// Runs so many callers, each on its thread; they begin together.
pub(crate) fn crowd<T: Send>(callers: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(callers);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..callers)
            .map(|number| {
                let (start, call) = (&start, &call);
                scope.spawn(move || {
                    start.wait();
                    call(number)
                })
            })
            .collect();
        running.into_iter().map(|caller| caller.join().unwrap()).collect()
    })
}

/// A small source of randomness with a seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        // spread, so that seeds that are close give rolls that are not; never zero
        Dice(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From zero to below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}
