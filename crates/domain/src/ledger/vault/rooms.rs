//! What a batch puts where there are rules of how much a place takes, and of what.

use super::{Undo, Vault};
use crate::ledger::key::Key;
use crate::ledger::kind::Kind;
use crate::ledger::refusal::{Refusal, Why};
use crate::ledger::room::{Breach, Lacks};
use crate::ledger::step::Step;

impl Vault {
    /// Notes that a key has so much more, or less.
    pub(in crate::ledger) fn put_into_rooms(&mut self, key: Key, qty: i64) {
        if self.rooms.of.contains_key(&key.location) {
            self.rooms.put((key.item, key.lot, qty), key.location);
            self.undo.push(Undo::Put(key, qty));
        }
    }

    /// Refuses what the rules of the destination refuse, and notes what they only warn of.
    pub(in crate::ledger) fn check_rooms(
        &mut self,
        kind: Kind,
        line: usize,
        step: &Step,
    ) -> Result<(), Refusal> {
        if self.rooms.of.is_empty() || !kind.needs_room() {
            return Ok(());
        }
        let coming = (step.item, step.lot, step.qty);
        for lacks in self.rooms.lacks(coming, step.from.location, step.to.location) {
            match lacks.breach {
                Breach::Refuse => return Err(Refusal::of(Why::NoRoom(Box::new(lacks)))),
                Breach::Warn => {
                    self.warned.push((line, lacks));
                    self.undo.push(Undo::Warned);
                }
            }
        }
        Ok(())
    }

    /// What was warned of since this was asked last, each with its line.
    pub fn take_warned(&mut self) -> Vec<(usize, Lacks)> {
        std::mem::take(&mut self.warned)
    }
}
