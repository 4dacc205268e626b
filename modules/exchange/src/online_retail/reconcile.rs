//! The reconciliation: every line of the file counted exactly once, by reason and in total.
//!
//! Two counts are made apart from each other: one while the file is read, one by reason after the
//! rules have spoken. They must be the same to the line, the unit and the thousandth of a pound;
//! [`Reconciliation::balances`] says so.

use super::classify::{Classified, Reason};
use super::document::{Doc, DocKind, Effect};
use super::floor::Floor;
use super::invoice::Invoice;
use super::items::Item;
use super::line::{Line, Table, Totals};
use super::lots::Lots;
use super::price::Amount;
use super::returns::Match;
use domain::Instant;
use std::collections::BTreeMap;

/// What became of the lines of the file.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Reconciliation {
    /// All lines, counted while they were read.
    pub file: Totals,
    /// Each reason that occurs, in the order in which reasons are shown.
    pub reasons: Vec<ReasonTotals>,
    /// The sum of the reasons.
    pub total: Totals,
    /// Whether both counts are the same.
    pub balances: bool,
    /// Lines that repeat an earlier line of their invoice in everything; they are kept.
    pub repeats: u64,
    /// How many different things the file speaks of.
    pub masters: Masters,
    /// Units that came back, and where they come from.
    pub returns: ReturnedUnits,
    /// Giant orders that were cancelled the same day.
    pub mistakes: Vec<MistakeHandled>,
    /// What the documents come to, by kind.
    pub documents: Vec<DocumentTotals>,
    /// What was simulated.
    pub simulated: Simulated,
}

/// The lines of one reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ReasonTotals {
    /// The reason.
    pub reason: Reason,
    /// What it means.
    pub meaning: &'static str,
    /// Lines, units and money.
    #[serde(flatten)]
    pub totals: Totals,
}

/// How many different things the file speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Masters {
    /// Codes as they are written.
    pub codes: usize,
    /// Items: codes in capitals.
    pub items: usize,
    /// Items that are services.
    pub services: usize,
    /// Customers with a number.
    pub customers: usize,
    /// Countries.
    pub countries: usize,
    /// Invoices.
    pub invoices: usize,
}

/// Units that came back, and where they come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct ReturnedUnits {
    /// Units found in earlier sales.
    pub matched: i64,
    /// Pairs of a returned line and a sold line.
    pub pairs: usize,
    /// Units not found in the sales of the customer.
    pub unmatched: i64,
    /// Units from nobody known.
    pub no_customer: i64,
}

/// A giant order, entered and cancelled the same day: neither line moves stock.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct MistakeHandled {
    /// The code of the item.
    pub sku: String,
    /// The customer.
    pub customer: Option<u32>,
    /// Units ordered and cancelled.
    pub units: i64,
    /// Units on hand when the order came; an order for more is refused.
    pub on_hand: i64,
    /// The invoice of the order.
    pub order: String,
    /// Its row.
    pub order_row: u32,
    /// When it came.
    pub ordered_at: Instant,
    /// The invoice of the cancellation.
    pub cancellation: String,
    /// Its row.
    pub cancellation_row: u32,
    /// When it came.
    pub cancelled_at: Instant,
}

/// Documents of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct DocumentTotals {
    /// The kind.
    pub kind: DocKind,
    /// How many.
    pub documents: u64,
    /// Their lines.
    pub lines: u64,
    /// Units that came into stock.
    pub units_in: i64,
    /// Units that left stock.
    pub units_out: i64,
}

/// What was simulated, and what it leaves at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Simulated {
    /// The seed.
    pub seed: u64,
    /// What opening stock cost.
    pub opening_cost: Amount,
    /// What receipts cost.
    pub receipts_cost: Amount,
    /// Units on hand after the last document.
    pub on_hand: i64,
    /// Items with stock after the last document.
    pub items_on_hand: usize,
    /// Items that are kept by lot.
    pub items_by_lot: usize,
    /// Their lots.
    pub lots: usize,
}

/// All that is counted.
pub(super) struct Counted<'y> {
    pub(super) table: &'y Table,
    pub(super) invoices: &'y [Invoice],
    pub(super) classified: &'y Classified,
    pub(super) items: &'y [Item],
    pub(super) docs: &'y [Doc],
    pub(super) customers: usize,
    pub(super) floor: &'y Floor,
    pub(super) lots: &'y Lots,
    pub(super) seed: u64,
}

impl Counted<'_> {
    /// Counts.
    pub(super) fn reconcile(&self) -> Reconciliation {
        let reasons = self.reasons();
        let mut total = Totals::default();
        for row in &reasons {
            total.add(&row.totals);
        }
        Reconciliation {
            file: self.table.total,
            balances: total == self.table.total,
            returns: returned_units(&self.classified.matches, &reasons),
            reasons,
            total,
            repeats: self.invoices.iter().map(|invoice| invoice.repeats(self.table)).sum(),
            masters: self.masters(),
            mistakes: self.mistakes(),
            documents: documents(self.docs),
            simulated: self.simulated(),
        }
    }

    fn reasons(&self) -> Vec<ReasonTotals> {
        let mut by_reason: BTreeMap<Reason, Totals> = BTreeMap::new();
        for (line, reason) in self.table.lines.iter().zip(&self.classified.reasons) {
            by_reason.entry(*reason).or_default().count(line);
        }
        Reason::all()
            .filter_map(|reason| {
                let totals = *by_reason.get(&reason)?;
                Some(ReasonTotals { reason, meaning: reason.meaning(), totals })
            })
            .collect()
    }

    fn masters(&self) -> Masters {
        Masters {
            codes: self.table.codes_written,
            items: self.items.len(),
            services: self.items.iter().filter(|item| !item.class.stockable()).count(),
            customers: self.customers,
            countries: self.table.countries.len(),
            invoices: self.table.invoices.len(),
        }
    }

    fn mistakes(&self) -> Vec<MistakeHandled> {
        let at_row = |row: u32| -> Option<&Line> {
            // rows rise along the file
            let place = self.table.lines.binary_search_by_key(&row, |line| line.row).ok()?;
            self.table.lines.get(place)
        };
        let handled = self.classified.mistakes.iter().filter_map(|(order_row, cancellation_row)| {
            let (order, undone) = (at_row(*order_row)?, at_row(*cancellation_row)?);
            Some(MistakeHandled {
                sku: self.table.items.text(order.item).to_owned(),
                customer: order.customer,
                units: order.quantity,
                on_hand: self.floor.before_mistake.get(order_row).copied().unwrap_or(0),
                order: self.table.invoices.text(order.invoice).to_owned(),
                order_row: *order_row,
                ordered_at: order.at,
                cancellation: self.table.invoices.text(undone.invoice).to_owned(),
                cancellation_row: *cancellation_row,
                cancelled_at: undone.at,
            })
        });
        handled.collect()
    }

    fn simulated(&self) -> Simulated {
        let cost = |kind: DocKind| {
            let docs = self.docs.iter().filter(|doc| doc.kind == kind);
            docs.flat_map(|doc| &doc.lines).map(super::document::DocLine::amount).sum()
        };
        Simulated {
            seed: self.seed,
            opening_cost: cost(DocKind::OpeningStock),
            receipts_cost: cost(DocKind::Receipt),
            on_hand: self.floor.on_hand.iter().sum(),
            items_on_hand: self.floor.on_hand.iter().filter(|units| **units > 0).count(),
            items_by_lot: self.items.iter().filter(|item| item.by_lot).count(),
            lots: self.lots.all.len(),
        }
    }
}

fn returned_units(matches: &[Match], reasons: &[ReasonTotals]) -> ReturnedUnits {
    let found: i64 = matches.iter().map(|found| found.units).sum();
    let of = |wanted: &dyn Fn(Reason) -> bool| -> i64 {
        reasons.iter().filter(|row| wanted(row.reason)).map(|row| -row.totals.quantity).sum()
    };
    let no_customer = of(&|reason| reason == Reason::ReturnNoCustomer);
    let all = of(&Reason::is_return);
    ReturnedUnits { matched: found, pairs: matches.len(), unmatched: all - no_customer - found, no_customer }
}

fn documents(docs: &[Doc]) -> Vec<DocumentTotals> {
    let mut by_kind: BTreeMap<DocKind, DocumentTotals> = BTreeMap::new();
    for doc in docs {
        let empty = DocumentTotals { kind: doc.kind, documents: 0, lines: 0, units_in: 0, units_out: 0 };
        let totals = by_kind.entry(doc.kind).or_insert(empty);
        totals.documents += 1;
        for line in &doc.lines {
            totals.lines += 1;
            match line.effect {
                Effect::In => totals.units_in += line.units(),
                Effect::Out => totals.units_out += line.units(),
                Effect::None => {}
            }
        }
    }
    DocKind::all().filter_map(|kind| by_kind.get(&kind).copied()).collect()
}
