//! What a batch has changed of its rows: what must be stored.

use super::Vault;
use crate::ledger::claim::Claim;
use crate::ledger::cost::Costs;
use crate::ledger::facts::Group;
use crate::ledger::key::{Balance, Holder, Key, SiteKey, SiteStock};
use crate::ledger::sale::{Sale, SaleLine};
use crate::{ItemId, LotId};

/// The rows that accepted commands have changed, in key order.
#[derive(Debug, Default)]
pub struct Touched {
    /// Balances: now, and as they were loaded.
    pub balances: Vec<(Key, Balance, Balance)>,
    /// Guards.
    pub sites: Vec<(SiteKey, SiteStock)>,
    /// Claims: what was stored (`None` for new ones) and what is now.
    pub claims: Vec<(Option<Claim>, Claim)>,
    /// Serials and where they are held now.
    pub serials: Vec<(LotId, Holder)>,
    /// Cost layers by item and group: before and after.
    pub costs: Vec<((ItemId, Group), Costs, Costs)>,
    /// Lines of sales of which more came back, or less.
    pub sales: Vec<(SaleLine, Sale)>,
}

impl Vault {
    /// Everything that accepted commands have changed, in key order.
    pub fn touched(&self) -> Touched {
        let mut touched = Touched { sales: self.touched_sales(), ..Touched::default() };
        for (key, slot) in &self.balances {
            if slot.now != slot.was {
                touched.balances.push((*key, slot.now, slot.was));
            }
        }
        for (key, slot) in &self.sites {
            if slot.now != slot.was {
                touched.sites.push((*key, slot.now));
            }
        }
        for slot in self.claims.values() {
            if let Some(now) = &slot.now
                && slot.was.as_ref() != Some(now)
            {
                touched.claims.push((slot.was.clone(), now.clone()));
            }
        }
        for (lot, slot) in &self.serials {
            if slot.now != slot.was {
                touched.serials.push((*lot, slot.now));
            }
        }
        for (key, slot) in &self.costs {
            if slot.now != slot.was {
                touched.costs.push((*key, slot.was.clone(), slot.now.clone()));
            }
        }
        touched.balances.sort_unstable_by_key(|(key, ..)| *key);
        touched.sites.sort_unstable_by_key(|(key, _)| *key);
        touched.claims.sort_unstable_by_key(|(_, claim)| claim.id);
        touched.serials.sort_unstable_by_key(|(lot, _)| *lot);
        touched.costs.sort_unstable_by_key(|(key, ..)| *key);
        touched
    }
}
