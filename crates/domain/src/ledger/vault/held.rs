//! The claims that a loss may break, in the order in which they are broken: the lowest priority first,
//! among equals the youngest.
//!
//! Of an item at a site there may be very many, and a loss breaks few of them. So they need not all be
//! loaded: the caller loads the first of them, and says how far they go.

use super::Vault;
use crate::ledger::claim::Claim;
use crate::ledger::key::{Key, SiteKey};
use crate::ledger::refusal::{Missing, Refusal, Why};
use crate::{ClaimId, Instant};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::hash::Hash;

/// A claim's turn to be broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BreakTurn(i64, Reverse<(Instant, ClaimId)>);

impl Claim {
    /// When it is its turn to be broken by a loss.
    pub const fn break_turn(&self) -> BreakTurn {
        BreakTurn(self.priority, Reverse((self.made_at, self.id)))
    }
}

/// How many of the claims that hold stock are loaded, in the order in which they are broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All of them.
    All,
    /// The first, up to and with this turn.
    Through(BreakTurn),
}

/// Which claims a loss breaks.
#[derive(Clone, Copy)]
pub(in crate::ledger) enum Among<'a> {
    /// Those that are bound to any of these keys of the item at the site.
    Bound(SiteKey, &'a [Key]),
    /// All of an item at a site.
    Site(SiteKey),
}

impl Among<'_> {
    const fn site(self) -> SiteKey {
        match self {
            Among::Bound(site, _) | Among::Site(site) => site,
        }
    }

    fn has(self, claim: &Claim) -> bool {
        claim.site_key() == self.site()
            && match self {
                Among::Bound(_, keys) => claim.key().is_some_and(|key| keys.contains(&key)),
                Among::Site(_) => true,
            }
    }
}

impl Vault {
    /// The open claims that hold stock, as far as they are loaded, in the order in which they are broken.
    pub(in crate::ledger) fn breakable(&self, among: Among<'_>) -> Vec<Claim> {
        let claims = self.claims.values().filter_map(|slot| slot.now.as_ref());
        let mut found: Vec<Claim> =
            claims.filter(|claim| claim.is_open() && claim.qty > 0 && among.has(claim)).cloned().collect();
        found.sort_unstable_by_key(Claim::break_turn);
        found
    }

    /// Nobody is broken before one whose turn it was: all up to a turn are loaded, or all there are.
    ///
    /// # Errors
    /// When they are not.
    pub(in crate::ledger) fn knows_up_to(
        &self,
        among: Among<'_>,
        turn: Option<BreakTurn>,
    ) -> Result<(), Refusal> {
        let site = among.site();
        let known = match among {
            Among::Site(_) => {
                let none_stored = self.sites.get(&site).is_some_and(|slot| slot.was.claimed() == 0);
                none_stored || reaches(&self.held, &site, turn)
            }
            Among::Bound(_, keys) => keys.iter().all(|key| {
                let none_stored = self.balances.get(key).is_some_and(|slot| slot.was.allocated == 0);
                none_stored || reaches(&self.bound, key, turn)
            }),
        };
        if known { Ok(()) } else { Err(Refusal::of(Why::NotLoaded(Missing::Claims(site)))) }
    }
}

fn reaches<K: Eq + Hash>(extents: &FxHashMap<K, Extent>, key: &K, turn: Option<BreakTurn>) -> bool {
    match (extents.get(key), turn) {
        (Some(Extent::All), _) => true,
        (Some(Extent::Through(last)), Some(turn)) => turn <= *last,
        (Some(Extent::Through(_)), None) | (None, _) => false,
    }
}
