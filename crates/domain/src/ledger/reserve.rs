//! Promise a quantity at a site: the hot path.

use super::checks::check_claimable;
use super::claim::{Claim, ClaimState};
use super::key::{SiteKey, SiteStock};
use super::kind::Kind;
use super::posted::{ClaimChange, ClaimEntry, Posted};
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
    /// See [`Claim::may_wait`].
    pub may_wait: bool,
}

/// Decides a reservation.
///
/// # Errors
/// [`Why::Unavailable`] when less is available at the site, [`Why::BeyondCap`] when what is lacking is more
/// than may wait there, and what a quantity can be refused for.
pub fn reserve(vault: &mut Vault, command: Reserve, now: Instant) -> Result<Posted, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        check_claimable(vault, command.item, command.qty)?;
        if let Some(expired) = command.expires_at.filter(|at| *at <= now) {
            return Err(Refusal::of(Why::ClaimPast { expired }));
        }
        let key = SiteKey { item: command.item, site: command.site };
        let site = vault.site(key)?;
        let Parts { qty, backordered } = parts(&site, &command)?;
        let (reserved, waiting) = (site.reserved + qty, site.backordered + backordered);
        vault.set_site(key, SiteStock { reserved, backordered: waiting, ..site });
        let recorded_at = vault.stamp_since(mark, now);
        let claim = Claim {
            id: command.claim,
            owner: command.owner,
            item: command.item,
            site: command.site,
            bin: None,
            qty,
            backordered,
            may_wait: command.may_wait,
            priority: command.priority,
            made_at: recorded_at,
            expires_at: command.expires_at,
            state: ClaimState::Open,
            lost: 0,
            told: 0,
        };
        let mut entries = Vec::with_capacity(2);
        if qty > 0 {
            entries.push(ClaimEntry { waits: 0, ..claim.entry(ClaimChange::Reserved, qty) });
        }
        if backordered > 0 {
            entries.push(claim.entry(ClaimChange::Backordered, backordered));
        }
        vault.set_claim(claim);
        Ok(Posted::of_claims(command.posting, Kind::Reserve, recorded_at, entries))
    })
}

/// What of a demand is covered by stock, and what waits.
struct Parts {
    qty: i64,
    backordered: i64,
}

fn parts(site: &SiteStock, command: &Reserve) -> Result<Parts, Refusal> {
    let (available, wanted) = (site.available(), command.qty);
    if available >= wanted {
        return Ok(Parts { qty: wanted, backordered: 0 });
    }
    let backordered = wanted - available;
    match site.room().filter(|_| command.may_wait) {
        None => Err(Refusal::of(Why::Unavailable { available, wanted })),
        Some(room) if backordered > room => Err(Refusal::of(Why::BeyondCap { available, room, wanted })),
        Some(_) => Ok(Parts { qty: available, backordered }),
    }
}
