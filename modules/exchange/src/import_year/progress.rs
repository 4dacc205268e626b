//! How far an import is, and by what it is known to be the same one.

use crate::online_retail::{Doc, Year};
use domain::{Code, Instant, Problem};
use sha2::{Digest, Sha256};

/// Changes with every rule that turns a plan into postings, so that a program with other rules
/// does not go on with what this one has begun.
const RULES: &str = "online-retail 3";

/// What the database says of an import.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) plan: [u8; 32],
    pub(super) lines: i64,
    pub(super) documents_done: usize,
    pub(super) begun_at: Instant,
    pub(super) finished: bool,
}

impl Progress {
    /// Refuses another year than the one that was begun.
    pub(super) fn check(&self, plan: &[u8; 32], year: &Year) -> Result<(), Problem> {
        if self.plan == *plan {
            return Ok(());
        }
        let Progress { lines, begun_at, .. } = self;
        let detail = format!(
            "another year stands here already: one of {lines} lines, begun at {begun_at}, by another file or other \
             rules than these {} lines; name a fresh folder with `--data`, or import the file that it came from \
             with the program that began it",
            year.reconciliation.file.lines
        );
        Err(Problem::new(Code::InUse, detail))
    }
}

/// A digest of everything that is going to be done.
pub(super) fn digest(year: &Year) -> [u8; 32] {
    let mut bytes = Bytes(Sha256::new());
    bytes.text(RULES);
    for item in &year.items {
        bytes.text(&item.sku);
        bytes.text(&item.name);
        bytes.text(item.class.word());
        bytes.number(i64::from(item.by_lot));
        bytes.number(item.unit_cost.millionths());
    }
    for lot in &year.lots.all {
        bytes.text(&lot.code);
        bytes.position(lot.item.index());
    }
    for (at, doc) in year.docs.iter().enumerate() {
        bytes.document(year, at, doc);
    }
    bytes.0.finalize().into()
}

/// Feeds a hash so that no two different years are fed the same.
struct Bytes(Sha256);

impl Bytes {
    fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    fn position(&mut self, position: usize) {
        self.number(i64::try_from(position).unwrap_or(i64::MAX));
    }

    fn text(&mut self, text: &str) {
        self.position(text.len());
        self.0.update(text);
    }

    fn document(&mut self, year: &Year, at: usize, doc: &Doc) {
        self.text(&doc.kind.to_string());
        self.text(&doc.number);
        self.number(doc.at.0);
        self.number(doc.customer.map_or(-1, i64::from));
        self.text(doc.country.as_deref().unwrap_or_default());
        self.position(doc.lines.len());
        for (number, line) in doc.lines.iter().enumerate() {
            self.position(line.item.index());
            self.number(line.stock_units());
            self.number(line.price.millionths());
            self.number(line.source.map_or(-1, |(_, row)| i64::from(row)));
            for found in year.matches(line) {
                self.number(i64::from(found.sale_row));
                self.number(found.units);
            }
            for share in year.lots.of(at, number) {
                self.position(share.lot);
                self.number(share.units);
            }
        }
    }
}
