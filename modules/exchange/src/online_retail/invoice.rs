//! Lines gathered into invoices, in effective order.
//!
//! An invoice happens at its earliest line (43 of the real year span two minutes); invoices of the
//! same instant follow each other as in the file. An exact repeat of an earlier line of its
//! invoice is a real second line, because nothing tells the two apart; repeats are counted.

use super::line::{Line, Table};
use super::names::{Ix, PerName};
use domain::Instant;

/// One invoice of the file.
#[derive(Debug)]
pub(super) struct Invoice {
    pub(super) name: Ix,
    /// The instant of its earliest line.
    pub(super) at: Instant,
    /// Positions of its lines in [`Table::lines`], in the order of the file.
    pub(super) lines: Vec<u32>,
}

/// All invoices in effective order.
pub(super) fn gather(table: &Table) -> Vec<Invoice> {
    let mut of_name: PerName<Option<Invoice>> = PerName::unset(&table.invoices);
    for (position, line) in (0_u32..).zip(&table.lines) {
        let invoice = of_name[line.invoice].get_or_insert_with(|| Invoice {
            name: line.invoice,
            at: line.at,
            lines: Vec::new(),
        });
        invoice.at = invoice.at.min(line.at);
        invoice.lines.push(position);
    }
    // numbers are given in the order of the file, and the sort is stable
    let mut invoices: Vec<Invoice> = of_name.into_values().into_iter().flatten().collect();
    invoices.sort_by_key(|invoice| invoice.at);
    invoices
}

impl Invoice {
    /// Its lines with their positions.
    pub(super) fn lines<'t>(&self, table: &'t Table) -> impl Iterator<Item = (usize, &'t Line)> {
        self.lines.iter().filter_map(|position| {
            let position = usize::try_from(*position).ok()?;
            table.lines.get(position).map(|line| (position, line))
        })
    }

    /// How many of its lines repeat an earlier one in everything.
    pub(super) fn repeats(&self, table: &Table) -> u64 {
        let mut keys: Vec<_> = self
            .lines(table)
            // customer and country are those of the invoice
            .map(|(_, line)| (line.item, line.description, line.quantity, line.at, line.price))
            .collect();
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        u64::try_from(all - keys.len()).unwrap_or(u64::MAX)
    }
}
