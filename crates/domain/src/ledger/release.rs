//! Give up a claim, in whole or in part: by its owner's wish, or by time.

use super::backorder::cover;
use super::checks::check_quantity;
use super::claim::{Claim, ClaimState, reduce};
use super::key::SiteStock;
use super::kind::Kind;
use super::posted::{ClaimChange, ClaimEntry, Posted};
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
        let all = claim.qty + claim.backordered;
        let qty = command.qty.unwrap_or(all);
        if command.qty.is_some() {
            check_quantity(vault.item(claim.item)?, qty).map_err(Refusal::of)?;
        }
        if qty > all {
            return Err(Refusal::of(Why::ClaimSmaller { claimed: all, wanted: qty }));
        }
        let (end, change) = if command.expired {
            (ClaimState::Expired, ClaimChange::Expired)
        } else {
            (ClaimState::Released, ClaimChange::Released)
        };
        let site = claim.site_key();
        let mut entries = vec![give_up(vault, claim, qty, end, change)?];
        entries.append(&mut cover(vault, site)?);
        let recorded_at = vault.stamp_since(mark, now);
        Ok(Posted::of_claims(command.posting, Kind::Release, recorded_at, entries))
    })
}

/// Takes a quantity off a claim: first off what it waits for, since its owner keeps what is there.
fn give_up(
    vault: &mut Vault,
    mut claim: Claim,
    qty: i64,
    end: ClaimState,
    change: ClaimChange,
) -> Result<ClaimEntry, Refusal> {
    let waited = claim.backordered.min(qty);
    if waited > 0 {
        let site = vault.site(claim.site_key())?;
        vault.set_site(claim.site_key(), SiteStock { backordered: site.backordered - waited, ..site });
        claim.backordered -= waited;
    }
    let entry = reduce(vault, claim, qty - waited, end, change)?;
    Ok(ClaimEntry { qty, ..entry })
}
