//! Bind a quantity to a named balance key, out of a reservation or out of what is available.

use super::checks::{check_claimable, check_expiry, check_lot, is_on_hold};
use super::claim::{Claim, ClaimState, open_claim};
use super::key::{Balance, Key, SiteKey, SiteStock};
use super::kind::Kind;
use super::posted::{ClaimChange, Posted};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::{ClaimId, Instant, ItemId, LocationId, LotId, PostingId, Status};

/// Bind a quantity to a balance key, out of a reservation or out of what is available.
#[derive(Clone, Debug)]
pub struct Allocate {
    /// The posting's id.
    pub posting: PostingId,
    /// The new claim's id.
    pub claim: ClaimId,
    /// Who will own it; `None` takes the owner of the reservation.
    pub owner: Option<String>,
    /// The reservation that it is taken from.
    pub reservation: Option<ClaimId>,
    /// The item.
    pub item: ItemId,
    /// The bin.
    pub location: LocationId,
    /// The lot.
    pub lot: LotId,
    /// Millionths.
    pub qty: i64,
    /// See [`Claim::priority`]; a reservation's own when it is taken from one.
    pub priority: i64,
    /// See [`Claim::may_wait`]; a reservation's own when it is taken from one.
    pub may_wait: bool,
}

/// Decides an allocation of a named key.
///
/// # Errors
/// When the key has not so much that is unclaimed, the location is archived, blocked or not open
/// to allocation, the lot is on hold or past its last sellable day, or the reservation cannot give it.
pub fn allocate(vault: &mut Vault, command: Allocate, now: Instant) -> Result<Posted, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        check_claimable(vault, command.item, command.qty)?;
        let location = vault.location(command.location)?;
        let key =
            Key { item: command.item, location: command.location, lot: command.lot, status: Status::Good };
        check_key(vault, key, &command)?;
        let site_key = SiteKey { item: command.item, site: location.site };
        let mut entries = Vec::with_capacity(2);
        let mut owner = command.owner.unwrap_or_default();
        let (mut priority, mut may_wait) = (command.priority, command.may_wait);
        if let Some(id) = command.reservation {
            let reservation = take_reservation(vault, id, site_key, command.qty, now)?;
            entries.push(reservation.entry(ClaimChange::Bound, command.qty));
            (priority, may_wait) = (reservation.priority, reservation.may_wait);
            if owner.is_empty() {
                owner.clone_from(&reservation.owner);
            }
            vault.set_claim(reservation);
        }
        let site = vault.site(site_key)?;
        if site.available() < command.qty {
            return Err(Refusal::of(Why::Unavailable { available: site.available(), wanted: command.qty }));
        }
        vault.set_site(site_key, SiteStock { allocated: site.allocated + command.qty, ..site });
        let balance = vault.balance(key)?;
        vault.set_balance(key, Balance { allocated: balance.allocated + command.qty, ..balance });
        let recorded_at = vault.stamp_since(mark, now);
        let claim = Claim {
            id: command.claim,
            owner,
            item: command.item,
            site: location.site,
            bin: Some((command.location, command.lot)),
            qty: command.qty,
            backordered: 0,
            may_wait,
            priority,
            made_at: recorded_at,
            expires_at: None,
            state: ClaimState::Open,
            lost: 0,
            told: 0,
        };
        entries.push(claim.entry(ClaimChange::Allocated, command.qty));
        vault.set_claim(claim);
        Ok(Posted::of_claims(command.posting, Kind::Allocate, recorded_at, entries))
    })
}

/// Whether a key can be allocated from at all, and has enough.
fn check_key(vault: &Vault, key: Key, command: &Allocate) -> Result<(), Refusal> {
    let place = key.place();
    let location = vault.location(key.location)?;
    check_lot(vault, key.item, key.lot, command.qty).map_err(Refusal::of)?;
    if location.is_virtual() || !location.site.is_some() {
        return Err(Refusal::of(Why::WrongKind { place, end: "bin" }));
    }
    if location.archived {
        return Err(Refusal::of(Why::Archived { place }));
    }
    if location.in_set_up {
        return Err(Refusal::of(Why::InSetUp { place }));
    }
    if location.blocked {
        return Err(Refusal::of(Why::Blocked { place }));
    }
    if !location.open_to_allocation || !location.sellable {
        return Err(Refusal::of(Why::NotAllocatable { place }));
    }
    if is_on_hold(vault, key.lot)? {
        return Err(Refusal::of(Why::LotOnHold));
    }
    check_expiry(vault, key.lot, location.site, None).map_err(Refusal::of)?;
    let balance = vault.balance(key)?;
    if balance.on_hand < command.qty {
        let (on_hand, wanted) = (balance.on_hand, command.qty);
        return Err(Refusal::of(Why::InsufficientStock { place, on_hand, wanted }));
    }
    if balance.on_hand - balance.allocated < command.qty {
        let (on_hand, allocated) = (balance.on_hand, balance.allocated);
        return Err(Refusal::of(Why::Claimed { place, on_hand, allocated, wanted: command.qty }));
    }
    Ok(())
}

/// Takes a quantity out of a reservation; the caller stores the claim it gets back.
fn take_reservation(
    vault: &mut Vault,
    id: ClaimId,
    site_key: SiteKey,
    qty: i64,
    now: Instant,
) -> Result<Claim, Refusal> {
    let mut claim = open_claim(vault, id, now)?;
    if claim.bin.is_some() || claim.site_key() != site_key {
        return Err(Refusal::of(Why::ClaimElsewhere));
    }
    claim.check_holds(qty)?;
    claim.qty -= qty;
    if claim.is_over() {
        claim.state = ClaimState::Bound;
    }
    let site = vault.site(site_key)?;
    vault.set_site(site_key, SiteStock { reserved: site.reserved - qty, ..site });
    Ok(claim)
}
