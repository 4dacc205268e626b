//! Documents: what an importer posts, one per invoice and kind, in the order in which they happened.
//!
//! **Order.** By instant; at the same instant opening stock first, then receipts, then what the
//! file says, in the order of the file. A return therefore never comes before its sale, and stock
//! is at no point of this order below zero (proved by [`floor`](super::floor)).
//!
//! **Identity.** Kind and number together name a document. The lines of one invoice fall into several
//! documents where they are of different kinds: goods that were sent without charge stand apart from those
//! that were sold, and say why.

use super::classify::{Classified, Reason};
use super::invoice::Invoice;
use super::line::{Line, Table};
use super::names::Ix;
use super::note::Cause;
use super::price::{Amount, Price};
use domain::{Instant, Qty};
use std::fmt;
use std::sync::Arc;

/// What a document is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DocKind {
    /// Stock on the first day; simulated.
    OpeningStock,
    /// Goods received; simulated.
    Receipt,
    /// Goods and services sold.
    Sale,
    /// Goods sent to a customer without charge.
    Gift,
    /// Goods sent without charge, customer unknown.
    SentFree,
    /// Goods taken back, services credited.
    Return,
    /// Stock corrected.
    Adjustment(Cause),
    /// A giant mistake or its cancellation: to be kept, and to be kept out of stock.
    Mistake,
    /// A bad debt: money only.
    BadDebt,
}

impl DocKind {
    /// All kinds in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = DocKind> {
        let simulated = [DocKind::OpeningStock, DocKind::Receipt];
        let out = [DocKind::Sale, DocKind::Gift, DocKind::SentFree];
        simulated
            .into_iter()
            .chain(out)
            .chain([DocKind::Return, DocKind::Mistake, DocKind::BadDebt])
            .chain(Cause::ALL.map(DocKind::Adjustment))
    }

    /// Whether the document is not from the file.
    pub const fn is_simulated(self) -> bool {
        matches!(self, DocKind::OpeningStock | DocKind::Receipt)
    }

    /// Whether its goods went to a customer, for money or not.
    pub const fn is_sent(self) -> bool {
        matches!(self, DocKind::Sale | DocKind::Gift | DocKind::SentFree)
    }

    /// Its place among documents of the same instant.
    const fn rank(self) -> u8 {
        match self {
            DocKind::OpeningStock => 0,
            DocKind::Receipt => 1,
            _ => 2,
        }
    }

    fn of(reason: Reason, line: &Line) -> DocKind {
        match reason {
            Reason::ReturnMatched
            | Reason::ReturnPartlyMatched
            | Reason::ReturnUnmatched
            | Reason::ReturnNoCustomer
            | Reason::ServiceCredit => DocKind::Return,
            Reason::ServiceFree if line.quantity < 0 => DocKind::Return,
            Reason::Sale | Reason::ServiceCharge | Reason::ServiceFree => DocKind::Sale,
            Reason::Gift => DocKind::Gift,
            Reason::SentFree => DocKind::SentFree,
            Reason::Mistake | Reason::MistakeUndone => DocKind::Mistake,
            Reason::Adjusted(cause) => DocKind::Adjustment(cause),
            Reason::BadDebt => DocKind::BadDebt,
        }
    }
}

/// The word used everywhere: `sale`, `adjustment_damaged`.
impl fmt::Display for DocKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DocKind::OpeningStock => "opening_stock",
            DocKind::Receipt => "receipt",
            DocKind::Sale => "sale",
            DocKind::Gift => "gift",
            DocKind::SentFree => "sent_free",
            DocKind::Return => "return",
            DocKind::Adjustment(cause) => return write!(f, "adjustment_{cause}"),
            DocKind::Mistake => "mistake",
            DocKind::BadDebt => "bad_debt",
        })
    }
}

impl serde::Serialize for DocKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a line does to stock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// More stock.
    In,
    /// Less stock.
    Out,
    /// None: a service, a bad debt, a mistake.
    None,
}

/// A document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doc {
    /// What it is about.
    pub kind: DocKind,
    /// The invoice number, or a number that begins with `SIM-`.
    pub number: Arc<str>,
    /// When it took effect.
    pub at: Instant,
    /// The customer, where one is known.
    pub customer: Option<u32>,
    /// The country of the customer; none for simulated documents.
    pub country: Option<Arc<str>>,
    /// Its lines in the order of the file, each for one line of the file.
    pub lines: Vec<DocLine>,
}

/// A line of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DocLine {
    /// The item: its position in [`Year::items`](super::Year::items).
    pub item: Ix,
    /// Units, more than zero.
    pub quantity: Qty,
    /// What the line does to stock.
    pub effect: Effect,
    /// Pounds a unit: the price in documents of the file, the cost in simulated ones.
    pub price: Price,
    /// Why, and in which row of the file; none in simulated documents.
    pub source: Option<(Reason, u32)>,
}

impl DocLine {
    /// Whole units.
    pub fn units(&self) -> i64 {
        self.quantity.millionths() / domain::qty::SCALE
    }

    /// Whole units with the sign of what they do to stock.
    pub fn stock_units(&self) -> i64 {
        match self.effect {
            Effect::In => self.units(),
            Effect::Out => -self.units(),
            Effect::None => 0,
        }
    }

    /// Price or cost of all its units, without sign.
    pub fn amount(&self) -> Amount {
        self.price.times(self.units())
    }
}

/// Turns invoices into documents, in the same order.
pub(super) fn of_invoices(table: &Table, invoices: &[Invoice], classified: &Classified) -> Vec<Doc> {
    let mut docs = Vec::with_capacity(invoices.len());
    for invoice in invoices {
        let first = docs.len();
        for (position, line) in invoice.lines(table) {
            let Some(reason) = classified.reasons.get(position).copied() else { continue };
            let kind = DocKind::of(reason, line);
            // an invoice has one kind as a rule, so the search ends at once
            let place = docs.iter().skip(first).position(|doc: &Doc| doc.kind == kind);
            let place = first + place.unwrap_or(docs.len() - first);
            if place == docs.len() {
                docs.push(Doc {
                    kind,
                    number: table.invoices.shared(invoice.name),
                    at: invoice.at,
                    customer: line.customer,
                    country: Some(table.countries.shared(line.country)),
                    lines: Vec::with_capacity(invoice.lines.len()),
                });
            }
            if let Some(doc) = docs.get_mut(place) {
                doc.lines.push(doc_line(line, reason));
            }
        }
    }
    docs
}

fn doc_line(line: &Line, reason: Reason) -> DocLine {
    let units = u32::try_from(line.quantity.unsigned_abs()).ok().and_then(Qty::units);
    DocLine {
        item: line.item,
        // the reader takes no line of more than a million units
        quantity: units.unwrap_or(Qty::MAX),
        effect: match reason {
            _ if !reason.moves_stock() => Effect::None,
            Reason::Adjusted(_) if line.quantity > 0 => Effect::In,
            _ if reason.is_return() => Effect::In,
            _ => Effect::Out,
        },
        price: line.price,
        source: Some((reason, line.row)),
    }
}

/// Puts simulated documents and those of the file into one order.
pub(super) fn merge(mut simulated: Vec<Doc>, from_file: Vec<Doc>) -> Vec<Doc> {
    simulated.extend(from_file);
    simulated.sort_by_key(|doc| (doc.at, doc.kind.rank()));
    simulated
}
