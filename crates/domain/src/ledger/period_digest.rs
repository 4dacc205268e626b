//! The digest of a month: one hash of all that was posted into it.
//!
//! SHA-256 over the tag `stockwell.period.1`, the month as a number, and then of each posting that moved something
//! in the month, by lane and number: the lane, the number, how many movements it has, and its hash in the chain of
//! the lane, which covers all that it says. A number is eight bytes, little endian. So the digest of a month can only
//! stay what it was while no posting comes to the month, goes from it, or changes.

use crate::Period;
use sha2::{Digest, Sha256};

const TAG: &[u8] = b"stockwell.period.1";

/// The digest of a month while its postings are read.
#[derive(Clone, Debug)]
pub struct PeriodDigest {
    hash: Sha256,
    postings: i64,
    movements: i64,
}

/// The digest of a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digested {
    /// How many postings moved something in it.
    pub postings: i64,
    /// How many movements they have.
    pub movements: i64,
    /// The hash of all of them.
    pub hash: [u8; 32],
}

impl PeriodDigest {
    /// Begins with a month without a posting.
    pub fn of(period: Period) -> PeriodDigest {
        let mut hash = Sha256::new();
        hash.update(TAG);
        hash.update(i64::from(period.number()).to_le_bytes());
        PeriodDigest { hash, postings: 0, movements: 0 }
    }

    /// Takes in the next posting, in the order of lanes and numbers.
    pub fn add(&mut self, (lane, number): (i64, i64), movements: i64, hash: &[u8]) {
        for part in [lane, number, movements] {
            self.hash.update(part.to_le_bytes());
        }
        self.hash.update(hash);
        self.postings = self.postings.saturating_add(1);
        self.movements = self.movements.saturating_add(movements);
    }

    /// The digest of what was taken in.
    pub fn finish(self) -> Digested {
        let PeriodDigest { hash, postings, movements } = self;
        Digested { postings, movements, hash: hash.finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn digest(period: i32, postings: &[(i64, i64, i64, u8)]) -> Digested {
        let mut digest = PeriodDigest::of(Period::from_number(period).unwrap());
        for (lane, number, movements, hash) in postings {
            digest.add((*lane, *number), *movements, &[*hash; 32]);
        }
        digest.finish()
    }

    #[test]
    fn whatever_differs_makes_another_digest() {
        let base = [(1, 1, 2, 7), (1, 2, 1, 8)];
        let first = digest(202_603, &base);
        assert_eq!((first.postings, first.movements), (2, 3));
        assert_eq!(first, digest(202_603, &base));
        let others = [
            digest(202_604, &base),
            digest(202_603, &base[..1]),
            digest(202_603, &[]),
            digest(202_603, &[(1, 1, 2, 7), (1, 2, 1, 9)]),
            digest(202_603, &[(1, 1, 2, 7), (2, 2, 1, 8)]),
            digest(202_603, &[(1, 1, 2, 7), (1, 3, 1, 8)]),
            digest(202_603, &[(1, 1, 1, 7), (1, 2, 2, 8)]),
            digest(202_603, &[(1, 2, 1, 8), (1, 1, 2, 7)]),
        ];
        let hashes: BTreeSet<[u8; 32]> =
            others.iter().chain([&first]).map(|digested| digested.hash).collect();
        assert_eq!(hashes.len(), others.len() + 1);
    }
}
