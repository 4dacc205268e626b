//! Which sales the returned units come from, and the giant orders that were mistakes.
//!
//! **Returns.** Invoices are taken in effective order. A returned line looks for sales of the same
//! item to the same customer with units left, the latest first, and takes units from one after the
//! other until all are found or no sale is left. The line has one reason: all, some or none of its
//! units found. A line without a customer looks for nothing. The price does not matter: a return
//! may credit less than was paid.
//!
//! **Giant mistakes.** An order of [`MISTAKE_UNITS_MIN`] units or more that the same customer has
//! cancelled in full (same item, quantity and price) on the same civil day never left the shop. The
//! stock for it never existed and never will, so the ledger would refuse it. Both lines are counted
//! under reasons of their own, where they cancel out, and neither moves stock.

use super::classify::Reason;
use super::invoice::Invoice;
use super::line::{InvoiceKind, Line, Table};
use super::names::Ix;
use super::price::Price;
use domain::Date;
use rustc_hash::FxHashMap;

/// Fewest units of an order that is taken for a mistake when it is cancelled the same day.
pub const MISTAKE_UNITS_MIN: i64 = 10_000;

/// Units that came back, and the sale they were part of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
pub struct Match {
    /// The row of the return.
    pub return_row: u32,
    /// The row of the sale.
    pub sale_row: u32,
    /// Units.
    pub units: i64,
}

/// Sales that units may still come back from.
#[derive(Debug)]
pub(super) struct Returns {
    open: FxHashMap<(u32, Ix), Vec<Open>>,
    matches: Vec<Match>,
}

#[derive(Debug)]
struct Open {
    row: u32,
    left: i64,
}

impl Returns {
    /// Prepares for these returns; sales that none of them can come from are not kept.
    pub(super) fn expecting<'l>(returns: impl Iterator<Item = &'l Line>) -> Returns {
        let keys = returns.filter_map(|line| line.customer.map(|customer| (customer, line.item)));
        Returns { open: keys.map(|key| (key, Vec::new())).collect(), matches: Vec::new() }
    }

    /// A sale that units may come back from later.
    pub(super) fn offer(&mut self, line: &Line) {
        let Some(customer) = line.customer else { return };
        if let Some(sales) = self.open.get_mut(&(customer, line.item)) {
            sales.push(Open { row: line.row, left: line.quantity });
        }
    }

    /// Finds the sales of a returned line.
    pub(super) fn take_back(&mut self, line: &Line) -> Reason {
        let Some(customer) = line.customer else { return Reason::ReturnNoCustomer };
        let wanted = -line.quantity;
        let mut missing = wanted;
        if let Some(sales) = self.open.get_mut(&(customer, line.item)) {
            while missing > 0
                && let Some(latest) = sales.last_mut()
            {
                let units = missing.min(latest.left);
                self.matches.push(Match { return_row: line.row, sale_row: latest.row, units });
                missing -= units;
                latest.left -= units;
                if latest.left == 0 {
                    sales.pop();
                }
            }
        }
        if missing == 0 {
            Reason::ReturnMatched
        } else if missing < wanted {
            Reason::ReturnPartlyMatched
        } else {
            Reason::ReturnUnmatched
        }
    }
}

/// All matches by row of the return.
pub(super) fn by_row(returns: Returns) -> Vec<Match> {
    let mut matches = returns.matches;
    // stable: the sales of one return stay in the order in which they were found
    matches.sort_by_key(|found| found.return_row);
    matches
}

/// The giant mistakes of a file.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    reasons: FxHashMap<u32, Reason>,
    /// The rows of each order and of its cancellation.
    pub(super) pairs: Vec<(u32, u32)>,
}

/// What a giant order and its cancellation have in common.
type Key = (u32, Ix, i64, Price, Date);

impl Mistakes {
    pub(super) fn find(table: &Table, invoices: &[Invoice], goods: impl Fn(&Line) -> bool) -> Mistakes {
        let mut orders: FxHashMap<Key, Vec<u32>> = FxHashMap::default();
        let mut found = Mistakes::default();
        let lines = invoices.iter().flat_map(|invoice| invoice.lines(table));
        for (_, line) in lines.filter(|(_, line)| line.quantity.abs() >= MISTAKE_UNITS_MIN && goods(line)) {
            let Some(customer) = line.customer.filter(|_| !line.price.is_zero()) else { continue };
            let key = (customer, line.item, line.quantity.abs(), line.price, table.zone.date(line.at));
            if line.quantity > 0 {
                orders.entry(key).or_default().push(line.row);
            } else if line.kind == InvoiceKind::Cancellation
                && let Some(order) = orders.get_mut(&key).and_then(Vec::pop)
            {
                found.reasons.insert(order, Reason::Mistake);
                found.reasons.insert(line.row, Reason::MistakeUndone);
                found.pairs.push((order, line.row));
            }
        }
        found
    }

    /// The reason of a line that is part of a mistake.
    pub(super) fn reason(&self, line: &Line) -> Option<Reason> {
        self.reasons.get(&line.row).copied()
    }
}
