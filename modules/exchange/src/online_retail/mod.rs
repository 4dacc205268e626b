//! A real year of trade: the file of an online gift shop becomes items, documents and a count.
//!
//! [`plan`] is pure: bytes in, a [`Year`] out. It knows no database; somebody else turns the
//! documents into postings, one after the other in the order in which they stand.
//!
//! ```text
//! rows       bytes → rows of eight texts               (the only file that reads)
//! field      a text → a value, or a refusal
//! read       rows → typed lines, with what must hold between cells
//! invoice    lines → invoices in effective order
//! items      the item master: class, name, prices      (customers: the same for them)
//! classify   every line exactly one reason   ← note (causes), returns (matching, mistakes)
//! document   invoices → documents
//! supply     simulated opening stock and receipts      ← weeks
//! lots       simulated lots of goods made in batches
//! floor      the proof that stock is never below zero
//! reconcile  every line counted once                   ← report (as text)
//! ```
//!
//! A file with one wrong cell yields one [`Problem`] that names row and column, and nothing else.

mod classify;
mod customers;
mod document;
mod field;
mod floor;
mod invoice;
mod items;
mod line;
mod lots;
mod names;
mod note;
mod price;
mod read;
mod reconcile;
mod report;
mod returns;
mod rows;
mod supply;
mod weeks;

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod real_year;
#[cfg(test)]
mod tests;

pub use classify::Reason;
pub use customers::Customer;
pub use document::{Doc, DocKind, DocLine, Effect};
pub use field::QUANTITY_MAX;
pub use items::{Item, Prices, SERVICES, VOUCHER};
pub use line::Totals;
pub use lots::{Lot, Lots, MADE_IN_BATCHES, NOT_ITSELF, Origin, Share, UNKNOWN};
pub use names::Ix;
pub use note::Cause;
pub use price::{Amount, BadPrice, Price};
pub use read::LINES_MAX;
pub use reconcile::{
    DocumentTotals, Masters, MistakeHandled, ReasonTotals, Reconciliation, ReturnedUnits, Simulated,
};
pub use report::grouped;
pub use returns::{MISTAKE_UNITS_MIN, Match};
pub use supply::{CARTONS, PRICE_UNKNOWN, RECEIVING_HOUR};

use domain::{Code, Problem, Zone};
use std::io::Read;

/// The zone of the times in the file.
pub const ZONE: &str = "Europe/London";

/// The seed of what is simulated when nobody gives another.
pub const SEED: u64 = 2011;

/// Everything the file says, and what was simulated for it.
#[derive(Debug)]
pub struct Year {
    /// The items; a line of a document names one by its position.
    pub items: Vec<Item>,
    /// The customers by number.
    pub customers: Vec<Customer>,
    /// The documents in effective order.
    pub docs: Vec<Doc>,
    /// Which sales the returned units come from, by row of the return.
    pub matches: Vec<Match>,
    /// The lots of the items that are kept by lot, and which line moves which.
    pub lots: Lots,
    /// Every line of the file counted once.
    pub reconciliation: Reconciliation,
}

impl Year {
    /// The item of a line.
    pub fn item(&self, line: &DocLine) -> Option<&Item> {
        self.items.get(line.item.index())
    }

    /// The sales that the units of a returned line come from; none for other lines.
    pub fn matches(&self, line: &DocLine) -> &[Match] {
        let Some((_, row)) = line.source else { return &[] };
        lots::matches_of(&self.matches, row)
    }
}

/// Reads the file, packed with gzip or not, and plans its year with the usual [`SEED`].
///
/// # Errors
/// The first thing that is wrong with the file, with one pointer of the form `row 123` or
/// `row 123/UnitPrice`; see `read`.
pub fn plan(file: impl Read) -> Result<Year, Problem> {
    plan_seeded(file, SEED)
}

/// The same with another seed for what is simulated.
///
/// # Errors
/// As [`plan`].
pub fn plan_seeded(file: impl Read, seed: u64) -> Result<Year, Problem> {
    let zone = Zone::parse(ZONE).map_err(|bad| Problem::new(Code::Internal, bad.to_string()))?;
    of_table(&read::read(file, &zone)?, seed)
}

/// Plans the year of a file that was read.
fn of_table(table: &line::Table, seed: u64) -> Result<Year, Problem> {
    let invoices = invoice::gather(table);
    let names = items::Descriptions::of(table);
    let classified = classify::classify(table, &invoices, &names);
    let items = items::build(table, &classified.reasons, &names, seed);
    let from_file = document::of_invoices(table, &invoices, &classified);
    let simulated = supply::simulate(&from_file, &items, table, seed)?;
    let docs = document::merge(simulated, from_file);
    let floor = floor::walk(&docs, &table.items)?;
    let lots = lots::simulate(&docs, &items, &classified.matches, &table.zone, seed);
    let customers = customers::build(table, &invoices);
    let counted = reconcile::Counted {
        table,
        invoices: &invoices,
        classified: &classified,
        items: &items,
        docs: &docs,
        customers: customers.len(),
        floor: &floor,
        lots: &lots,
        seed,
    };
    let reconciliation = counted.reconcile();
    Ok(Year { items, customers, docs, matches: classified.matches, lots, reconciliation })
}
