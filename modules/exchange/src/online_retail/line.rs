//! One line of the file after it was read: checked, typed, its texts replaced by numbers.

use super::names::{Ix, Names};
use super::price::{Amount, Price};
use domain::{Instant, Zone};

/// What the first letter of an invoice number says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum InvoiceKind {
    /// No letter: goods went out, or stock was corrected.
    Plain,
    /// `C`: goods or charges were taken back. Every quantity is negative.
    Cancellation,
    /// `A`: a bad debt was adjusted. The only lines that may have a negative price.
    BadDebt,
}

/// A line of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// Where it stands in the file; the row with the names of the columns is row 1.
    pub(super) row: u32,
    /// Its invoice, in [`Table::invoices`].
    pub(super) invoice: Ix,
    /// What the invoice number says.
    pub(super) kind: InvoiceKind,
    /// Its item, in [`Table::items`].
    pub(super) item: Ix,
    /// Its description, in [`Table::descriptions`].
    pub(super) description: Ix,
    /// Units, never zero; negative for what came back or was written off.
    pub(super) quantity: i64,
    /// When, from the civil time in London.
    pub(super) at: Instant,
    /// Pounds a unit.
    pub(super) price: Price,
    /// The number of the customer, where one is known.
    pub(super) customer: Option<u32>,
    /// Its country, in [`Table::countries`].
    pub(super) country: Ix,
}

impl Line {
    /// What the line is worth: price times quantity, exact.
    pub(super) fn revenue(&self) -> Amount {
        self.price.times(self.quantity)
    }
}

/// Lines, units and money of some lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Totals {
    /// How many lines.
    pub lines: u64,
    /// The sum of the positive quantities.
    pub quantity_plus: i64,
    /// The sum of the negative quantities.
    pub quantity_minus: i64,
    /// The sum of all quantities.
    pub quantity: i64,
    /// The sum of price times quantity.
    pub revenue: Amount,
}

impl Totals {
    /// Counts one line more.
    pub(super) fn count(&mut self, line: &Line) {
        self.lines += 1;
        self.quantity_plus += line.quantity.max(0);
        self.quantity_minus += line.quantity.min(0);
        self.quantity += line.quantity;
        self.revenue += line.revenue();
    }

    /// Counts all lines of other totals.
    pub(super) fn add(&mut self, other: &Totals) {
        let Totals { lines, quantity_plus, quantity_minus, quantity, revenue } = other;
        self.lines += lines;
        self.quantity_plus += quantity_plus;
        self.quantity_minus += quantity_minus;
        self.quantity += quantity;
        self.revenue += *revenue;
    }
}

/// The whole file.
#[derive(Debug)]
pub(super) struct Table {
    /// Its lines in the order of the file.
    pub(super) lines: Vec<Line>,
    /// Invoice numbers.
    pub(super) invoices: Names,
    /// Codes in capitals: two ways of writing a code are one item.
    pub(super) items: Names,
    /// Descriptions without outer blanks, runs of blanks made one.
    pub(super) descriptions: Names,
    /// Countries.
    pub(super) countries: Names,
    /// How many different codes there are as they are written.
    pub(super) codes_written: usize,
    /// All lines, counted while they were read.
    pub(super) total: Totals,
    /// The zone that the times of the file are in.
    pub(super) zone: Zone,
}
