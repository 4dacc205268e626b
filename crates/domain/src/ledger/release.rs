//! Give up a claim, in whole or in part: by its owner's wish, or by time.

use super::checks::check_quantity;
use super::claim::{ClaimState, reduce};
use super::kind::Kind;
use super::posted::{ClaimChange, Posted};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::{ClaimId, Instant, PostingId};

/// Give up a claim, in whole or in part.
#[derive(Clone, Debug)]
pub struct Release {
    /// The posting's id.
    pub posting: PostingId,
    /// The claim.
    pub claim: ClaimId,
    /// Millionths; `None` for all that is left.
    pub qty: Option<i64>,
    /// True when its time is over, not its owner's wish.
    pub expired: bool,
}

/// Decides a release.
///
/// # Errors
/// When the claim is unknown or closed, or smaller than what is to be released.
pub fn release(vault: &mut Vault, command: &Release, now: Instant) -> Result<Posted, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        let claim = vault.claim(command.claim).ok_or(Refusal::of(Why::ClaimUnknown))?.clone();
        if !claim.is_open() {
            return Err(Refusal::of(Why::ClaimClosed { state: claim.state.word() }));
        }
        let qty = command.qty.unwrap_or(claim.qty);
        if command.qty.is_some() {
            check_quantity(vault.item(claim.item)?, qty).map_err(Refusal::of)?;
        }
        if qty > claim.qty {
            return Err(Refusal::of(Why::ClaimSmaller { claimed: claim.qty, wanted: qty }));
        }
        let (end, change) = if command.expired {
            (ClaimState::Expired, ClaimChange::Expired)
        } else {
            (ClaimState::Released, ClaimChange::Released)
        };
        let entry = reduce(vault, claim, qty, end, change)?;
        let recorded_at = vault.stamp_since(mark, now);
        Ok(Posted::of_claims(command.posting, Kind::Release, recorded_at, vec![entry]))
    })
}
