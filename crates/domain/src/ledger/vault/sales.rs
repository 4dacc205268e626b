//! The lines of sales in a vault.

use super::{Slot, Undo, Vault};
use crate::ledger::refusal::{Missing, Refusal, Why};
use crate::ledger::sale::{Sale, SaleLine};

impl Vault {
    /// A line of a sale.
    pub(in crate::ledger) fn sale(&self, line: SaleLine) -> Result<Sale, Refusal> {
        let sale = self.sales.get(&line).and_then(|slot| slot.now);
        sale.ok_or(Refusal::of(Why::NotLoaded(Missing::Sale(line))))
    }

    pub(in crate::ledger) fn set_sale(&mut self, line: SaleLine, sale: Sale) {
        if let Some(slot) = self.sales.get_mut(&line) {
            self.undo.push(Undo::Sale(line, slot.now.replace(sale)));
        }
    }

    /// Whether anything of this batch is about sales.
    pub(in crate::ledger) fn awaits_sales(&self) -> bool {
        !self.sales.is_empty()
    }

    /// Whether a line is still to be shipped by this batch.
    pub(in crate::ledger) fn awaits(&self, line: SaleLine) -> bool {
        self.sales.get(&line).is_some_and(|slot| slot.now.is_none())
    }

    /// The lines of sales that something came back of, or not any more, in order.
    pub(super) fn touched_sales(&self) -> Vec<(SaleLine, Sale)> {
        let back = |sale: Option<Sale>| sale.map(|sale| sale.back).unwrap_or_default();
        let changed = |slot: &&Slot<Option<Sale>>| back(slot.was) != back(slot.now);
        let found = self.sales.iter().filter(|(_, slot)| changed(slot));
        let mut sales: Vec<_> = found.filter_map(|(line, slot)| Some((*line, slot.now?))).collect();
        sales.sort_unstable_by_key(|(line, _)| *line);
        sales
    }

    /// Says that a line will be shipped.
    #[cfg(test)]
    pub(in crate::ledger) fn await_sale(&mut self, line: SaleLine) {
        self.sales.insert(line, Slot::loaded(None));
    }
}
