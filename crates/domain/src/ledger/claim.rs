//! A claim on stock: so much of an item that is promised to one owner.

use super::key::{Balance, Key, SiteKey, SiteStock};
use super::posted::{ClaimChange, ClaimEntry};
use super::refusal::{Refusal, Why};
use super::vault::Vault;
use crate::word::words;
use crate::{ClaimId, Instant, ItemId, LocationId, LotId, SiteId, Status};

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
    /// What it holds of the stock, in millionths. While open, above zero together with `backordered`.
    pub qty: i64,
    /// What it waits for beyond the stock; zero for an allocation.
    pub backordered: i64,
    /// Its owner takes what comes later: demand beyond stock waits, and so does what a loss takes, where
    /// the site keeps backorders.
    pub may_wait: bool,
    /// Higher is kept longer when a loss breaks claims.
    pub priority: i64,
    /// When it was made, by the ledger's clock.
    pub made_at: Instant,
    /// When it ends by itself; it counts until it is swept.
    pub expires_at: Option<Instant>,
    /// Open, or how it ended.
    pub state: ClaimState,
    /// What losses have taken of it, in all.
    pub lost: i64,
    /// How often its owner was told of what others did to it: the number of its last event.
    pub told: i64,
}

words! {
    /// Open, or how a claim ended.
    ClaimState, "claim state" {
        /// It holds stock, or waits for some.
        Open = 1, "open";
        /// Its owner gave it up.
        Released = 2, "released";
        /// Its time was over.
        Expired = 3, "expired";
        /// Its goods were issued.
        Fulfilled = 4, "fulfilled";
        /// A loss took its goods.
        Broken = 5, "broken";
        /// The reservation became allocations.
        Bound = 6, "bound";
    }
}

impl Claim {
    /// Whether it still holds stock or waits for some.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, ClaimState::Open)
    }

    /// The record of a change that its owner did not ask for, and is told of.
    pub(super) const fn tell(&mut self, change: ClaimChange, qty: i64) -> ClaimEntry {
        self.told += 1;
        ClaimEntry { told: Some(self.told), ..self.entry(change, qty) }
    }

    /// Whether nothing is left of it.
    pub(super) const fn is_over(&self) -> bool {
        self.qty == 0 && self.backordered == 0
    }

    /// Whether it holds so much: what waits cannot be bound or go out.
    pub(super) fn check_holds(&self, wanted: i64) -> Result<(), Refusal> {
        let (claimed, backordered) = (self.qty, self.backordered);
        if claimed >= wanted {
            return Ok(());
        }
        Err(Refusal::of(match backordered {
            0 => Why::ClaimSmaller { claimed, wanted },
            backordered => Why::ClaimWaits { claimed, backordered, wanted },
        }))
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
        let (claim, left, waits) = (self.id, self.qty, self.backordered);
        let (item, site, bin) = (self.item, self.site, self.bin);
        ClaimEntry { claim, change, qty, left, waits, item, site, bin, told: None }
    }
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

/// Takes a quantity off what an open claim holds, and off the counters that it is part of.
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
        vault.set_balance(key, Balance { allocated: balance.allocated - qty, ..balance });
        vault.set_site(site_key, SiteStock { allocated: site.allocated - qty, ..site });
    } else {
        vault.set_site(site_key, SiteStock { reserved: site.reserved - qty, ..site });
    }
    claim.qty -= qty;
    if claim.is_over() {
        claim.state = end;
    }
    let entry = claim.entry(change, qty);
    vault.set_claim(claim);
    Ok(entry)
}
