//! Both sides of a run: what its clients were told, and what the database holds of it afterwards.

use super::store_books::held;
use crate::commands::Operator;
use crate::config::Config;
use crate::exit::Stop;

/// One piece, in millionths.
const ONE: i64 = 1_000_000;

/// What one accepted unit of work leaves in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    Nothing,
    /// One movement.
    Movement,
    /// One open claim of one piece, which the guard of its item counts.
    Claim,
}

/// What the database holds, or has gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) movements: i64,
    pub(crate) claims: i64,
    /// What open claims hold, in millionths.
    pub(crate) claimed: i64,
    /// What guards say that claims hold, in millionths.
    pub(crate) guarded: i64,
    /// Guards that promise more than there is.
    pub(crate) oversold: i64,
}

impl Held {
    pub(crate) fn read(config: &Config) -> Result<Held, Stop> {
        let operator = Operator::open_to_read(config)?;
        let now = operator.db.read_blocking(held)?;
        operator.db.close();
        Ok(now)
    }

    const fn gained_since(self, before: Held) -> Held {
        Held {
            movements: self.movements - before.movements,
            claims: self.claims - before.claims,
            claimed: self.claimed - before.claimed,
            guarded: self.guarded - before.guarded,
            // not a gain: there may never be one
            oversold: self.oversold,
        }
    }

    const fn of(leaves: Leaves, accepted: i64) -> Held {
        let nothing = Held { movements: 0, claims: 0, claimed: 0, guarded: 0, oversold: 0 };
        let pieces = accepted.saturating_mul(ONE);
        match leaves {
            Leaves::Nothing => nothing,
            Leaves::Movement => Held { movements: accepted, ..nothing },
            Leaves::Claim => Held { claims: accepted, claimed: pieces, guarded: pieces, ..nothing },
        }
    }
}

/// Does some work, whose clients were told so often that it is accepted, and holds that against what
/// the database gained.
pub(crate) fn held_to<T>(
    config: &Config,
    leaves: Leaves,
    work: impl FnOnce() -> Result<(u64, T), Stop>,
) -> Result<T, Stop> {
    let before = Held::read(config)?;
    let (accepted, done) = work()?;
    compare(leaves, accepted, Held::read(config)?.gained_since(before))?;
    Ok(done)
}

fn compare(leaves: Leaves, accepted: u64, gained: Held) -> Result<(), Stop> {
    let told = Held::of(leaves, i64::try_from(accepted).unwrap_or(i64::MAX));
    if told == gained {
        return Ok(());
    }
    Err(Stop::Wrong(format!(
        "the clients were told that {accepted} were accepted, which makes {told:?}; the database gained {gained:?}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Held = Held { movements: 0, claims: 0, claimed: 0, guarded: 0, oversold: 0 };

    #[test]
    fn what_was_told_is_what_is_there() {
        let claims = Held { claims: 3, claimed: 3_000_000, guarded: 3_000_000, ..NOTHING };
        for (leaves, accepted, gained) in [
            (Leaves::Nothing, 7, NOTHING),
            (Leaves::Movement, 3, Held { movements: 3, ..NOTHING }),
            (Leaves::Claim, 3, claims),
            (Leaves::Claim, 0, NOTHING),
        ] {
            assert!(compare(leaves, accepted, gained).is_ok(), "{leaves:?}");
        }
    }

    #[test]
    fn every_difference_fails_the_run() {
        let claims = Held { claims: 3, claimed: 3_000_000, guarded: 3_000_000, ..NOTHING };
        for (leaves, accepted, gained) in [
            (Leaves::Nothing, 7, Held { movements: 1, ..NOTHING }),
            (Leaves::Movement, 3, Held { movements: 2, ..NOTHING }),
            (Leaves::Movement, 3, Held { movements: 4, ..NOTHING }),
            (Leaves::Movement, 3, Held { movements: 3, claims: 1, ..NOTHING }),
            (Leaves::Claim, 3, Held { claims: 4, ..claims }),
            (Leaves::Claim, 3, Held { claimed: 2_000_000, ..claims }),
            (Leaves::Claim, 3, Held { guarded: 4_000_000, ..claims }),
            (Leaves::Claim, 3, Held { oversold: 1, ..claims }),
            (Leaves::Claim, 3, Held { movements: 1, ..claims }),
        ] {
            assert!(compare(leaves, accepted, gained).is_err(), "{leaves:?} {gained:?}");
        }
    }

    #[test]
    fn a_guard_that_was_wrong_before_is_not_forgiven() {
        let wrong = Held { oversold: 1, ..NOTHING };
        assert_eq!(wrong.gained_since(wrong), wrong);
    }
}
