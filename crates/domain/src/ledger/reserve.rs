//! Promise a quantity at a site: the hot path.

use super::checks::check_claimable;
use super::claim::{Claim, ClaimState};
use super::key::{SiteKey, SiteStock};
use super::kind::Kind;
use super::posted::{ClaimChange, Posted};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::{ClaimId, Instant, ItemId, PostingId, SiteId};

/// Promise a quantity at a site.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// The posting's id.
    pub posting: PostingId,
    /// The new claim's id.
    pub claim: ClaimId,
    /// Who will own it.
    pub owner: String,
    /// The item.
    pub item: ItemId,
    /// The site.
    pub site: SiteId,
    /// Millionths.
    pub qty: i64,
    /// See [`Claim::priority`].
    pub priority: i64,
    /// See [`Claim::expires_at`].
    pub expires_at: Option<Instant>,
}

/// Decides a reservation.
///
/// # Errors
/// [`Why::Unavailable`] when less is available at the site, and what a quantity can be refused for.
pub fn reserve(vault: &mut Vault, command: Reserve, now: Instant) -> Result<Posted, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        check_claimable(vault, command.item, command.qty)?;
        if let Some(expired) = command.expires_at.filter(|at| *at <= now) {
            return Err(Refusal::of(Why::ClaimPast { expired }));
        }
        let key = SiteKey { item: command.item, site: command.site };
        let site = vault.site(key)?;
        let available = site.available();
        if available < command.qty {
            return Err(Refusal::of(Why::Unavailable { available, wanted: command.qty }));
        }
        vault.set_site(key, SiteStock { reserved: site.reserved + command.qty, ..site });
        let recorded_at = vault.stamp_since(mark, now);
        let claim = Claim {
            id: command.claim,
            owner: command.owner,
            item: command.item,
            site: command.site,
            bin: None,
            qty: command.qty,
            priority: command.priority,
            made_at: recorded_at,
            expires_at: command.expires_at,
            state: ClaimState::Open,
        };
        let entry = claim.entry(ClaimChange::Reserved, command.qty);
        vault.set_claim(claim);
        Ok(Posted::of_claims(command.posting, Kind::Reserve, recorded_at, vec![entry]))
    })
}
