//! A loss is always booked. Where it takes stock below its claims, claims are broken: lowest
//! priority first, and among equals the youngest.

use super::backorder::break_part;
use super::key::{Key, SiteKey};
use super::posted::ClaimEntry;
use super::refusal::Refusal;
use super::vault::{Among, Vault};
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
    take(vault, Among::Bound(site_key, &[key]), balance.allocated - balance.on_hand, ids, &mut broken)?;
    let short = short(vault, site_key)?;
    take(vault, Among::Site(site_key), short, ids, &mut broken)?;
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
    let mut bound = 0_i64;
    for key in keys {
        bound = bound.saturating_add(vault.balance(*key)?.allocated);
    }
    let of_bound = short(vault, site_key)?.min(bound);
    take(vault, Among::Bound(site_key, keys), of_bound, ids, &mut broken)?;
    let rest = short(vault, site_key)?;
    take(vault, Among::Site(site_key), rest, ids, &mut broken)?;
    Ok(broken)
}

/// How much more of an item is claimed at a site than is sellable there.
fn short(vault: &Vault, site: SiteKey) -> Result<i64, Refusal> {
    let site = vault.site(site)?;
    Ok(site.claimed() - site.sellable)
}

/// Takes what is short from claims, each in its turn.
fn take(
    vault: &mut Vault,
    among: Among<'_>,
    mut short: i64,
    ids: &dyn Ids,
    broken: &mut Vec<ClaimEntry>,
) -> Result<(), Refusal> {
    if short <= 0 {
        return Ok(());
    }
    for claim in vault.breakable(among) {
        vault.knows_up_to(among, Some(claim.break_turn()))?;
        let part = claim.qty.min(short);
        short -= part;
        break_part(vault, claim, part, ids, broken)?;
        if short == 0 {
            return Ok(());
        }
    }
    // what is counted as claimed has owners: if not all are here, some are not loaded
    vault.knows_up_to(among, None)
}
