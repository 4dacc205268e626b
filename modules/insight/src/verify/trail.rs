//! The history of a key in a few words of memory, whatever the order its movements come in.
//!
//! A movement leads a key from (version − 1, quantity before) to (version, quantity after). The
//! marks of the ends of all movements, minus the marks of their beginnings, cancel out along an
//! unbroken history but for its first beginning (0, 0) and its last end. So a history is whole, from
//! nothing to the balance and through every version, exactly when what is left is the mark of the
//! balance minus that of nothing. Versions rise with each step, so no circle can hide in it.

/// What is kept of the history of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trail {
    /// Sum of what came in minus what went out.
    pub(super) sum: i64,
    /// How many movements.
    pub(super) moves: i64,
    /// The last effective instant of a movement, in microseconds.
    pub(super) latest: Option<i64>,
    marks: u64,
}

impl Trail {
    /// A movement of `qty` (below zero when it goes out) at an effective instant that led to `after` at
    /// version `ver`.
    pub(super) fn step(&mut self, ver: i64, after: i64, qty: i64, at: i64) {
        self.latest = self.latest.max(Some(at));
        self.sum = self.sum.wrapping_add(qty);
        self.moves = self.moves.wrapping_add(1);
        let before = mark(ver.wrapping_sub(1), after.wrapping_sub(qty));
        self.marks = self.marks.wrapping_add(mark(ver, after)).wrapping_sub(before);
    }

    /// Whether every version leads to the next, from nothing to this.
    pub(super) fn leads_to(&self, ver: i64, on_hand: i64) -> bool {
        self.marks == mark(ver, on_hand).wrapping_sub(mark(0, 0))
    }
}

/// A number that two states share only by a chance of one in 2^64.
fn mark(ver: i64, after: i64) -> u64 {
    let mut mixed = ver.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= after.cast_unsigned().wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(32);
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(steps: &[(i64, i64, i64)]) -> Trail {
        let mut trail = Trail::default();
        for (ver, after, qty) in steps {
            trail.step(*ver, *after, *qty, 10 * ver);
        }
        trail
    }

    #[test]
    fn the_last_instant_is_kept_in_any_order() {
        assert_eq!(trail(&[(3, 10, 7), (1, 5, 5)]).latest, Some(30));
        assert_eq!(trail(&[]).latest, None);
    }

    #[test]
    fn a_whole_history_leads_to_its_end_in_any_order() {
        let steps = [(1, 5, 5), (2, 3, -2), (3, 10, 7)];
        assert!(trail(&steps).leads_to(3, 10));
        assert!(trail(&[steps[2], steps[0], steps[1]]).leads_to(3, 10));
        assert!(trail(&[]).leads_to(0, 0));
    }

    #[test]
    fn a_broken_history_leads_nowhere() {
        let cases: [&[(i64, i64, i64)]; 6] = [
            &[(1, 5, 5), (3, 10, 7)],
            &[(1, 5, 5), (2, 3, -2), (3, 11, 7)],
            &[(1, 5, 5), (2, 4, -2), (3, 10, 7)],
            &[(1, 5, 5), (1, 5, 5), (2, 10, 5)],
            &[(2, 3, -2), (3, 10, 7)],
            &[(1, 3, 3), (2, 5, 2), (2, 10, 5)],
        ];
        for steps in cases {
            assert!(!trail(steps).leads_to(3, 10), "{steps:?}");
        }
    }
}
