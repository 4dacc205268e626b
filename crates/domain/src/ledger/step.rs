//! One movement while it is decided: a line whose ends and quantity are known.

use super::checks::check_quantity;
use super::command::{Amount, Line};
use super::facts::{ItemFacts, LocationFacts};
use super::key::{Key, Place};
use super::refusal::Refusal;
use super::vault::Vault;
use crate::{Instant, ItemId, LotId};

/// So much of an item's lot from one end to the other.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) item: ItemId,
    pub(super) lot: LotId,
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) qty: i64,
    pub(super) source: LocationFacts,
    pub(super) destination: LocationFacts,
}

impl Step {
    /// What a line moves; `None` when a count agrees with the books of the instant it was made.
    pub(super) fn of(
        vault: &Vault,
        line: &Line,
        item: ItemFacts,
        counted_at: Instant,
    ) -> Result<Option<Step>, Refusal> {
        let Some((from, to, qty)) = ends(vault, line, item, counted_at)? else { return Ok(None) };
        let (source, destination) = (vault.location(from.location)?, vault.location(to.location)?);
        Ok(Some(Step { item: line.item, lot: line.lot, from, to, qty, source, destination }))
    }

    /// The balance that gives.
    pub(super) const fn source_key(&self) -> Key {
        Key::at(self.item, self.lot, self.from)
    }

    /// The balance that gets.
    pub(super) const fn destination_key(&self) -> Key {
        Key::at(self.item, self.lot, self.to)
    }
}

/// The two ends and the quantity of a line; `None` when a count agrees with the books.
fn ends(
    vault: &Vault,
    line: &Line,
    item: ItemFacts,
    counted_at: Instant,
) -> Result<Option<(Place, Place, i64)>, Refusal> {
    match line.amount {
        Amount::Move(qty) => {
            check_quantity(item, qty).map_err(Refusal::of)?;
            Ok(Some((line.from, line.to, qty)))
        }
        Amount::CountTo(counted) => {
            if counted != 0 {
                check_quantity(item, counted).map_err(Refusal::of)?;
            }
            let on_hand = vault.on_hand_at(Key::at(line.item, line.lot, line.from), counted_at)?;
            Ok(match counted - on_hand {
                0 => None,
                more if more > 0 => Some((line.to, line.from, more)),
                less => Some((line.from, line.to, -less)),
            })
        }
    }
}
