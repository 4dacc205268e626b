//! Who waits for stock, in the order in which it is handed out.

use super::Vault;
use crate::ledger::claim::Claim;
use crate::ledger::key::SiteKey;
use crate::ledger::refusal::{Missing, Refusal, Why};
use crate::{ClaimId, Instant};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A claim's turn: those of the highest priority first, and among equals the oldest.
type Turn = (Reverse<i64>, Instant, ClaimId);

/// The open claims that wait, by item and site.
#[derive(Debug, Default)]
pub(super) struct Queue(FxHashMap<SiteKey, BTreeSet<Turn>>);

impl Queue {
    /// Follows a claim from what it was to what it is.
    pub(super) fn follow(&mut self, was: Option<&Claim>, now: Option<&Claim>) {
        let waits = |claim: &&Claim| claim.backordered > 0;
        if let Some(was) = was.filter(waits)
            && let Some(turns) = self.0.get_mut(&was.site_key())
        {
            turns.remove(&turn(was));
        }
        if let Some(now) = now.filter(waits) {
            self.0.entry(now.site_key()).or_default().insert(turn(now));
        }
    }
}

const fn turn(claim: &Claim) -> Turn {
    (Reverse(claim.priority), claim.made_at, claim.id)
}

impl Vault {
    /// The claim on an item at a site whose turn it is to be covered.
    ///
    /// # Errors
    /// When claims waited in the store, and were not loaded.
    pub(in crate::ledger) fn next_waiting(&self, key: SiteKey) -> Result<Option<&Claim>, Refusal> {
        let none_stored = self.sites.get(&key).is_some_and(|slot| slot.was.backordered == 0);
        if !none_stored && !self.waiting_of.contains(&key) {
            return Err(Refusal::of(Why::NotLoaded(Missing::Claims(key))));
        }
        let first = self.queue.0.get(&key).and_then(|turns| turns.first());
        Ok(first.and_then(|(_, _, id)| self.claim(*id)))
    }
}
