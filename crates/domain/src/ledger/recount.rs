//! What counts as sellable changes without a movement: a place is blocked or opened again, or
//! starts or stops selling. The guard of the site follows, and claims are broken as for a loss.

use super::key::{Key, SiteKey, SiteStock};
use super::kind::Kind;
use super::posted::Posted;
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use super::{backorder, loss};
use crate::{Ids, Instant, PostingId};

/// Good stock of one item at one site that starts or stops counting as sellable.
#[derive(Clone, Debug)]
pub struct Recount {
    /// The posting's id, should anything change.
    pub posting: PostingId,
    /// The item and the site.
    pub site: SiteKey,
    /// Keys that start to count.
    pub starts: Vec<Key>,
    /// Keys that stop to count.
    pub stops: Vec<Key>,
}

/// Decides a recount. There is a posting when the numbers of the site have changed: it moves nothing, says
/// which claims were broken or covered, and whoever follows the ledger learns from it.
///
/// # Errors
/// Only when rows were not loaded: a recount is a fact and cannot be refused.
pub fn recount(
    vault: &mut Vault,
    command: &Recount,
    now: Instant,
    ids: &dyn Ids,
) -> Result<Option<Posted>, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        let before = vault.site(command.site)?;
        let mut site = before;
        for key in &command.starts {
            let on_hand = vault.balance(*key)?.on_hand;
            site.sellable = site.sellable.checked_add(on_hand).ok_or(Refusal::of(Why::BalanceTooLarge))?;
            if key.lot.is_some()
                && on_hand > 0
                && let Some(expiry) = vault.lot(key.lot)?.expiry
            {
                site.next_expiry = Some(site.next_expiry.map_or(expiry, |next| next.min(expiry)));
            }
        }
        for key in &command.stops {
            site.sellable -= vault.balance(*key)?.on_hand;
        }
        if site == before {
            return Ok(None);
        }
        vault.set_site(command.site, SiteStock { ..site });
        let mut claims = loss::break_short(vault, command.site, &command.stops, ids)?;
        claims.append(&mut backorder::cover(vault, command.site)?);
        let recorded_at = vault.stamp_since(mark, now);
        Ok(Some(Posted {
            id: command.posting,
            kind: Kind::Release,
            effective_at: recorded_at,
            recorded_at,
            late_from: None,
            movements: Vec::new(),
            claims,
            returns: Vec::new(),
        }))
    })
}
