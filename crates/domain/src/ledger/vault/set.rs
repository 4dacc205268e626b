//! What tests change around the vault, and look at within it.

use super::Vault;
use crate::ledger::claim::Claim;
use crate::ledger::facts::{Group, LocationFacts};
use crate::ledger::key::SiteKey;
use crate::{Date, Instant, ItemId, LocationId, LotId, Period, SiteId};

impl Vault {
    /// Changes what a location is.
    pub(in crate::ledger) fn set_location(&mut self, id: LocationId, facts: LocationFacts) {
        self.locations.insert(id, facts);
    }

    /// Says since when a place stands at its site.
    pub(in crate::ledger) fn settle_at(&mut self, id: LocationId, since: Instant) {
        self.stands_since.insert(id, since);
        self.settled = self.settled.max(Some(since));
    }

    /// Takes an item out of use, or back into it.
    pub(in crate::ledger) fn archive(&mut self, item: ItemId, archived: bool) {
        self.items.get_mut(&item).unwrap().archived = archived;
    }

    /// Gives an item to a third party, or takes it as our own.
    pub(in crate::ledger) fn give(&mut self, item: ItemId, third_party: bool) {
        self.items.get_mut(&item).unwrap().third_party = third_party;
    }

    /// Turns the day at a site.
    pub(in crate::ledger) fn turn_day(&mut self, site: SiteId, today: Date) {
        self.today.insert(site, today);
    }

    /// Says when a serial moved last, by the clock of another process.
    pub(in crate::ledger) fn moved_at(&mut self, lot: LotId, latest: Instant) {
        self.serials.get_mut(&lot).unwrap().now.latest = latest;
    }

    /// Puts a lot as a whole on hold, or releases it.
    pub(in crate::ledger) fn flag(&mut self, lot: LotId, on_hold: bool) {
        self.lots.get_mut(&lot).unwrap().on_hold = on_hold;
    }

    /// Closes a period and what is before it.
    pub(in crate::ledger) fn close(&mut self, period: Period) {
        self.closed_to = self.closed_to.max(Some(period));
    }

    /// The open cost layers of an item in a group.
    pub(in crate::ledger) fn peek(&self, item: ItemId, group: Group) -> Option<&crate::costing::Stack> {
        self.costs.get(&(item, group)).map(|slot| &slot.now.stack)
    }

    /// Sets how much of an item may wait at a site.
    pub(in crate::ledger) fn set_cap(&mut self, key: SiteKey, cap: Option<i64>) {
        let slot = self.sites.get_mut(&key).unwrap();
        (slot.was.cap, slot.now.cap) = (cap, cap);
    }

    /// What the open claims of an owner hold together, and what they wait for.
    pub(in crate::ledger) fn owned(&self, owner: &str) -> (i64, i64) {
        let claims = self.claims.values().filter_map(|slot| slot.now.as_ref());
        let mine = claims.filter(|claim| claim.is_open() && claim.owner == owner);
        mine.fold((0, 0), |sum, claim| (sum.0 + claim.qty, sum.1 + claim.backordered))
    }

    /// The claims that wait for an item at a site.
    pub(in crate::ledger) fn waiting(&self, key: SiteKey) -> Vec<&Claim> {
        let claims = self.claims.values().filter_map(|slot| slot.now.as_ref());
        claims.filter(|claim| claim.backordered > 0 && claim.site_key() == key).collect()
    }
}
