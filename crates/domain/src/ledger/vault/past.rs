//! What keys had in the past, in effective order.

use super::{Undo, Vault};
use crate::Instant;
use crate::ledger::history::History;
use crate::ledger::key::Key;
use crate::ledger::refusal::{Missing, Refusal, Why};

impl Vault {
    /// The lowest that a key has been at `since` or later, in effective order.
    pub(in crate::ledger) fn lowest_since(&self, key: Key, since: Instant) -> Result<i64, Refusal> {
        let balance = self.balance(key)?;
        if since >= balance.latest {
            return Ok(balance.on_hand);
        }
        Ok(self.history_from(key, since)?.lowest_since(since, balance.on_hand))
    }

    /// What a key had at an instant, in effective order.
    pub(in crate::ledger) fn on_hand_at(&self, key: Key, instant: Instant) -> Result<i64, Refusal> {
        let balance = self.balance(key)?;
        if instant >= balance.latest {
            return Ok(balance.on_hand);
        }
        Ok(self.history_from(key, instant)?.level_at(instant, balance.on_hand))
    }

    /// The first instant, `since` or later, at which a key had less than `wanted`, in effective order; `None` when
    /// there is none, or when it cannot be said.
    pub(in crate::ledger) fn first_below(
        &self,
        key: Key,
        since: Instant,
        wanted: i64,
    ) -> Result<Option<Instant>, Refusal> {
        let balance = self.balance(key)?;
        if since >= balance.latest {
            return Ok((balance.on_hand < wanted).then_some(since));
        }
        Ok(self.history_from(key, since)?.first_below(since, balance.on_hand, wanted))
    }

    /// The history of a key, complete from an instant on.
    fn history_from(&self, key: Key, since: Instant) -> Result<&History, Refusal> {
        let history = self.history.get(&key).filter(|history| history.knows(since));
        history.ok_or(Refusal::of(Why::NotLoaded(Missing::Balance(key))))
    }

    /// Notes a movement in the history of a key, when its history is loaded.
    pub(in crate::ledger) fn note(&mut self, key: Key, at: Instant, qty: i64) {
        if let Some(history) = self.history.get_mut(&key) {
            history.add(at, qty);
            self.undo.push(Undo::History(key, at, qty));
        }
    }
}
