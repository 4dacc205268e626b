//! Claims on stock: reserve at a site, allocate a key, release.

use super::key::{Key, SiteKey, SiteStock};
use super::post::Kind;
use super::posted::{ClaimChange, ClaimEntry, Posted};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::{ClaimId, Instant, ItemId, LocationId, LotId, PostingId, SiteId, Status};

/// One claim with one owner: soft (reserved at a site) or hard (allocated on a key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// Who owns it: an order line, a pick task, a transfer line.
    pub owner: String,
    /// The item.
    pub item: ItemId,
    /// The site.
    pub site: SiteId,
    /// The bin and lot of an allocation; `None` for a reservation.
    pub bin: Option<(LocationId, LotId)>,
    /// What is still claimed, in millionths. Above zero while open.
    pub qty: i64,
    /// Higher is kept longer when a loss breaks claims.
    pub priority: i64,
    /// When it was made, by the ledger's clock.
    pub made_at: Instant,
    /// When it ends by itself; it counts until it is swept.
    pub expires_at: Option<Instant>,
    /// Open, or how it ended.
    pub state: ClaimState,
}

/// Open, or how a claim ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimState {
    /// It holds stock.
    Open,
    /// Its owner gave it up.
    Released,
    /// Its time was over.
    Expired,
    /// Its goods were issued.
    Fulfilled,
    /// A loss took its goods.
    Broken,
    /// The reservation became allocations.
    Bound,
}

impl ClaimState {
    /// All states, in stored order.
    pub const ALL: [ClaimState; 6] = [
        ClaimState::Open,
        ClaimState::Released,
        ClaimState::Expired,
        ClaimState::Fulfilled,
        ClaimState::Broken,
        ClaimState::Bound,
    ];

    /// The stored number.
    pub const fn number(self) -> i64 {
        match self {
            ClaimState::Open => 1,
            ClaimState::Released => 2,
            ClaimState::Expired => 3,
            ClaimState::Fulfilled => 4,
            ClaimState::Broken => 5,
            ClaimState::Bound => 6,
        }
    }

    /// From the stored number.
    pub fn from_number(number: i64) -> Option<ClaimState> {
        ClaimState::ALL.into_iter().find(|state| state.number() == number)
    }

    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            ClaimState::Open => "open",
            ClaimState::Released => "released",
            ClaimState::Expired => "expired",
            ClaimState::Fulfilled => "fulfilled",
            ClaimState::Broken => "broken",
            ClaimState::Bound => "bound",
        }
    }
}

impl Claim {
    /// Whether it still holds stock.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, ClaimState::Open)
    }

    /// The guard that it counts against.
    pub const fn site_key(&self) -> SiteKey {
        SiteKey { item: self.item, site: self.site }
    }

    /// The balance key that an allocation is bound to.
    pub fn key(&self) -> Option<Key> {
        let (location, lot) = self.bin?;
        Some(Key { item: self.item, location, lot, status: Status::Good })
    }

    /// The record of a change that leaves the claim as it is now.
    pub(super) const fn entry(&self, change: ClaimChange, qty: i64) -> ClaimEntry {
        let (claim, left, item, site, bin) = (self.id, self.qty, self.item, self.site, self.bin);
        ClaimEntry { claim, change, qty, left, item, site, bin }
    }
}

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
}

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

/// Checks the quantity of a claim.
fn claimable(vault: &Vault, item: ItemId, qty: i64) -> Result<(), Refusal> {
    let facts = vault.item(item)?;
    if !facts.stocked {
        return Err(Refusal::of(Why::NotStocked));
    }
    super::post::check_quantity(facts, qty).map_err(Refusal::of)
}

/// Decides a reservation.
///
/// # Errors
/// [`Why::Unavailable`] when less is available at the site, and what a quantity can be refused for.
pub fn reserve(vault: &mut Vault, command: Reserve, now: Instant) -> Result<Posted, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        claimable(vault, command.item, command.qty)?;
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

/// Decides an allocation of a named key.
///
/// # Errors
/// When the key has not so much that is unclaimed, the location is blocked or not open to
/// allocation, the lot is past its last sellable day, or the reservation cannot give it.
pub fn allocate(vault: &mut Vault, command: Allocate, now: Instant) -> Result<Posted, Refusal> {
    let mark = vault.mark();
    vault.attempt(|vault| {
        claimable(vault, command.item, command.qty)?;
        let location = vault.location(command.location)?;
        let key =
            Key { item: command.item, location: command.location, lot: command.lot, status: Status::Good };
        check_key(vault, key, &command)?;
        let site_key = SiteKey { item: command.item, site: location.site };
        let mut entries = Vec::with_capacity(2);
        let mut owner = command.owner.unwrap_or_default();
        let mut priority = command.priority;
        if let Some(id) = command.reservation {
            let reservation = take_reservation(vault, id, site_key, command.qty, now)?;
            entries.push(reservation.entry(ClaimChange::Bound, command.qty));
            priority = reservation.priority;
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
        vault.set_balance(key, super::key::Balance { allocated: balance.allocated + command.qty, ..balance });
        let recorded_at = vault.stamp_since(mark, now);
        let claim = Claim {
            id: command.claim,
            owner,
            item: command.item,
            site: location.site,
            bin: Some((command.location, command.lot)),
            qty: command.qty,
            priority,
            made_at: recorded_at,
            expires_at: None,
            state: ClaimState::Open,
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
    super::post::check_lot(vault, key.item, key.lot, command.qty).map_err(Refusal::of)?;
    if location.is_virtual() || !location.site.is_some() {
        return Err(Refusal::of(Why::WrongKind { place, end: "bin" }));
    }
    if location.blocked {
        return Err(Refusal::of(Why::Blocked { place }));
    }
    if !location.open_to_allocation || !location.sellable {
        return Err(Refusal::of(Why::NotAllocatable { place }));
    }
    super::post::check_expiry(vault, key.lot, location.site).map_err(Refusal::of)?;
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
    if claim.qty < qty {
        return Err(Refusal::of(Why::ClaimSmaller { claimed: claim.qty, wanted: qty }));
    }
    claim.qty -= qty;
    if claim.qty == 0 {
        claim.state = ClaimState::Bound;
    }
    let site = vault.site(site_key)?;
    vault.set_site(site_key, SiteStock { reserved: site.reserved - qty, ..site });
    Ok(claim)
}

/// An open claim that has not run out.
pub(super) fn open_claim(vault: &Vault, id: ClaimId, now: Instant) -> Result<Claim, Refusal> {
    let claim = vault.claim(id).ok_or(Refusal::of(Why::ClaimUnknown))?;
    if !claim.is_open() {
        return Err(Refusal::of(Why::ClaimClosed { state: claim.state.word() }));
    }
    if let Some(expired) = claim.expires_at.filter(|at| *at <= now) {
        return Err(Refusal::of(Why::ClaimPast { expired }));
    }
    Ok(claim.clone())
}

/// Takes a quantity off an open claim and off the counters that it is part of.
pub(super) fn reduce(
    vault: &mut Vault,
    mut claim: Claim,
    qty: i64,
    end: ClaimState,
    change: ClaimChange,
) -> Result<ClaimEntry, Refusal> {
    let site_key = claim.site_key();
    let site = vault.site(site_key)?;
    if let Some(key) = claim.key() {
        let balance = vault.balance(key)?;
        vault.set_balance(key, super::key::Balance { allocated: balance.allocated - qty, ..balance });
        vault.set_site(site_key, SiteStock { allocated: site.allocated - qty, ..site });
    } else {
        vault.set_site(site_key, SiteStock { reserved: site.reserved - qty, ..site });
    }
    claim.qty -= qty;
    if claim.qty == 0 {
        claim.state = end;
    }
    let entry = claim.entry(change, qty);
    vault.set_claim(claim);
    Ok(entry)
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
        if qty <= 0 {
            return Err(Refusal::of(Why::NotPositive { qty }));
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

impl Posted {
    /// A posting that moves nothing.
    fn of_claims(id: PostingId, kind: Kind, recorded_at: Instant, claims: Vec<ClaimEntry>) -> Posted {
        Posted {
            id,
            kind,
            effective_at: recorded_at,
            recorded_at,
            late_from: None,
            movements: Vec::new(),
            claims,
        }
    }
}
