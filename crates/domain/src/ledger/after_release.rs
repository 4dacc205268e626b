//! What went out while its lot was on hold as a whole, and comes back when that is over.
//!
//! A reversal is the mirror of its posting, so what went from hold comes back on hold. What was so because of
//! its lot alone, nobody holds any more. It becomes what the release of the lot would have made of it, in the
//! same decision: good, or expired where the day of the lot is over, and then it is never good in between.

use super::checks::is_past;
use super::command::{Amount, Clock, Cost, Line, Post};
use super::key::Place;
use super::kind::Kind;
use super::post::post;
use super::posted::Posted;
use super::refusal::Refusal;
use super::reverse::{Reverse, reverse};
use super::vault::Vault;
use crate::{ItemId, LocationId, LotId, PostingId, Status};

/// Goods that a reversal brings back on hold, and that nothing holds any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freed {
    /// What they are.
    pub item: ItemId,
    /// Of which lot.
    pub lot: LotId,
    /// Where they come back to, at a site.
    pub location: LocationId,
    /// How much, in millionths, above zero.
    pub qty: i64,
}

impl Freed {
    /// Of the two statuses that they may come to, the kinds of posting that lead there.
    pub const BECOMES: [(Kind, Status); 2] =
        [(Kind::SetStatus, Status::Good), (Kind::Expire, Status::Expired)];

    /// The line that takes them from hold.
    pub fn line(&self, status: Status) -> Line {
        let at = |status| Place { location: self.location, status };
        Line {
            item: self.item,
            lot: self.lot,
            from: at(Status::Hold),
            to: at(status),
            amount: Amount::Move(self.qty),
            claim: None,
            split: None,
            cost: Cost::Unknown,
        }
    }
}

/// Decides a reversal, and behind it what becomes of goods that nothing holds any more.
///
/// # Errors
/// Those of [`reverse`], and of the change of status; the vault is as before.
pub fn reverse_after_release(
    vault: &mut Vault,
    command: &Reverse,
    freed: &[Freed],
    clock: &Clock<'_>,
) -> Result<(Posted, Vec<Posted>), Refusal> {
    vault.attempt(|vault| {
        let back = reverse(vault, command, clock)?;
        let mut becoming = Vec::new();
        for (kind, status) in Freed::BECOMES {
            let mut lines = Vec::new();
            for freed in freed {
                let site = vault.location(freed.location)?.site;
                let past = is_past(vault, freed.lot, site, None)?.is_some();
                if past == (status == Status::Expired) {
                    lines.push(freed.line(status));
                }
            }
            if !lines.is_empty() {
                let id = PostingId(clock.ids.next());
                let (effective_at, post_late, returns) = (None, false, Vec::new());
                becoming.push(post(
                    vault,
                    &Post { id, kind, effective_at, post_late, lines, returns },
                    clock,
                )?);
            }
        }
        Ok((back, becoming))
    })
}
