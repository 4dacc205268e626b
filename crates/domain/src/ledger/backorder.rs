//! Demand beyond stock: what a claim could not get, or has lost, waits as *backordered* where the
//! rule of the site allows it.
//!
//! Invariant: while something waits for an item at a site, nothing of it is available there. So
//! whatever raises what is available covers those who wait in the same decision, the highest
//! priority first and among equals the oldest, and nobody who comes later is served before them.

use super::claim::{Claim, ClaimState, reduce};
use super::key::{SiteKey, SiteStock};
use super::posted::{ClaimChange, ClaimEntry, Movement};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::{ClaimId, Ids, SiteId};

/// Covers who waits for an item at a site with what is available there.
pub(super) fn cover(vault: &mut Vault, key: SiteKey) -> Result<Vec<ClaimEntry>, Refusal> {
    let mut covered = Vec::new();
    loop {
        let site = vault.site(key)?;
        let available = site.available();
        if site.backordered == 0 || available == 0 {
            return Ok(covered);
        }
        // the guard says that somebody waits, so somebody does
        let Some(claim) = vault.next_waiting(key)? else {
            return Err(Refusal::of(Why::WaitsForNobody));
        };
        let part = claim.backordered.min(available);
        let mut claim =
            Claim { qty: claim.qty + part, backordered: claim.backordered - part, ..claim.clone() };
        let (reserved, backordered) = (site.reserved + part, site.backordered - part);
        vault.set_site(key, SiteStock { reserved, backordered, ..site });
        covered.push(claim.tell(ClaimChange::Covered, part));
        vault.set_claim(claim);
    }
}

/// Covers who waits wherever movements have been, each item and site once.
pub(super) fn cover_moved(vault: &mut Vault, movements: &[Movement]) -> Result<Vec<ClaimEntry>, Refusal> {
    let mut covered = Vec::new();
    for movement in movements {
        for place in [movement.from, movement.to] {
            let site: SiteId = vault.location(place.location)?.site;
            if site.is_some() {
                covered.extend(cover(vault, SiteKey { item: movement.item, site })?);
            }
        }
    }
    Ok(covered)
}

/// Breaks a part of what a claim holds. Where the site keeps backorders and the claim may wait, its
/// owner loses the goods and not the promise: the part waits, beyond the cap if need be, because a
/// loss is a fact. A reservation waits itself; the part of an allocation waits as a new reservation of
/// the same owner, of the same age and priority.
pub(super) fn break_part(
    vault: &mut Vault,
    mut claim: Claim,
    part: i64,
    ids: &dyn Ids,
    broken: &mut Vec<ClaimEntry>,
) -> Result<(), Refusal> {
    let key = claim.site_key();
    let waits = claim.may_wait && vault.site(key)?.cap.is_some();
    claim.lost = claim.lost.saturating_add(part);
    if waits && claim.bin.is_none() {
        let site = vault.site(key)?;
        let (reserved, backordered) = (site.reserved - part, site.backordered + part);
        vault.set_site(key, SiteStock { reserved, backordered, ..site });
        (claim.qty, claim.backordered) = (claim.qty - part, claim.backordered + part);
        broken.push(claim.tell(ClaimChange::Broken, part));
        vault.set_claim(claim);
        return Ok(());
    }
    claim.told += 1;
    let told = Some(claim.told);
    let heir =
        Claim { id: claim.id, bin: None, qty: 0, backordered: part, lost: 0, told: 0, ..claim.clone() };
    broken.push(ClaimEntry { told, ..reduce(vault, claim, part, ClaimState::Broken, ClaimChange::Broken)? });
    if waits {
        let mut heir = Claim { id: ClaimId(ids.next()), ..heir };
        let site = vault.site(key)?;
        vault.set_site(key, SiteStock { backordered: site.backordered + part, ..site });
        broken.push(heir.tell(ClaimChange::Backordered, part));
        vault.set_claim(heir);
    }
    Ok(())
}

impl SiteStock {
    /// How much more demand than stock is accepted; `None` where none is at all.
    pub fn room(&self) -> Option<i64> {
        self.cap.map(|cap| cap.saturating_sub(self.backordered).max(0))
    }
}
