//! A loss is always booked. Where it takes stock below its claims, claims are broken: lowest
//! priority first, and among equals the youngest.

use super::backorder::break_part;
use super::claim::Claim;
use super::key::{Key, SiteKey};
use super::posted::ClaimEntry;
use super::refusal::Refusal;
use super::vault::Vault;
use crate::Ids;

/// Breaks as many claims as needed after a loss at `key`, so that `allocated <= on_hand` holds for
/// the key and `reserved + allocated <= sellable` for its site. The last claim may be broken in
/// part only.
pub(super) fn break_claims(vault: &mut Vault, key: Key, ids: &dyn Ids) -> Result<Vec<ClaimEntry>, Refusal> {
    let mut broken = Vec::new();
    let balance = vault.balance(key)?;
    let location = vault.location(key.location)?;
    if !location.site.is_some() {
        return Ok(broken);
    }
    let site_key = SiteKey { item: key.item, site: location.site };
    let too_many = balance.allocated - balance.on_hand;
    if too_many > 0 {
        take(vault, site_key, too_many, |claim| claim.key() == Some(key), ids, &mut broken)?;
    }
    let site = vault.site(site_key)?;
    let short = site.reserved + site.allocated - site.sellable;
    if short > 0 {
        take(vault, site_key, short, |_| true, ids, &mut broken)?;
    }
    Ok(broken)
}

/// Breaks as many claims as needed so that `reserved + allocated <= sellable` holds for a site:
/// first those that are bound to `keys`, which nobody can take from any more.
pub(super) fn break_short(
    vault: &mut Vault,
    site_key: SiteKey,
    keys: &[Key],
    ids: &dyn Ids,
) -> Result<Vec<ClaimEntry>, Refusal> {
    let mut broken = Vec::new();
    let bound = |claim: &Claim| claim.key().is_some_and(|key| keys.contains(&key));
    let candidates: [&dyn Fn(&Claim) -> bool; 2] = [&bound, &|_| true];
    for candidate in candidates {
        let site = vault.site(site_key)?;
        let short = site.reserved + site.allocated - site.sellable;
        if short > 0 {
            take(vault, site_key, short, candidate, ids, &mut broken)?;
        }
    }
    Ok(broken)
}

fn take(
    vault: &mut Vault,
    site: SiteKey,
    mut short: i64,
    candidate: impl Fn(&Claim) -> bool,
    ids: &dyn Ids,
    broken: &mut Vec<ClaimEntry>,
) -> Result<(), Refusal> {
    let mut claims = vault.open_claims(site)?;
    claims.retain(|claim| claim.qty > 0 && candidate(claim));
    claims.sort_unstable_by_key(|claim| (claim.priority, std::cmp::Reverse((claim.made_at, claim.id))));
    for claim in claims {
        if short == 0 {
            break;
        }
        let part = claim.qty.min(short);
        short -= part;
        break_part(vault, claim, part, ids, broken)?;
    }
    Ok(())
}
