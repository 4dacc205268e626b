//! What goods cost that come in without a price of their own.
//!
//! **Back from a sale**: their share of what the sale took out of stock. Of a sale of *n* units that
//! took *v*, the units that come back after *k* others are worth *v(k+u)/n − vk/n*, each rounded
//! down: all that ever comes back of a sale is worth no penny more or less than what left.
//!
//! The lines of the sales are named besides, so that the ledger counts what came back of each; it would
//! come to the same worth, but a return that a sale explains in part only has one worth as a whole.
//!
//! **Back, or found, without a sale**: the simulated cost of the item.

use crate::online_retail::{DocKind, DocLine, Effect, Year};
use domain::PostingId;
use domain::ledger::SaleLine;
use rustc_hash::FxHashMap;

/// The worth of sales that something comes back from.
#[derive(Debug, Default)]
pub(super) struct Sales {
    /// By row: the units sold.
    units: FxHashMap<u32, i64>,
    /// By position of the match: how many units of its sale come back before.
    before: Vec<i64>,
    /// By row: what they were worth, in minor units, once they have left.
    values: FxHashMap<u32, i64>,
    /// By row: the document and the line of it.
    places: FxHashMap<u32, Place>,
    /// By row: the posting, once they have left.
    postings: FxHashMap<u32, PostingId>,
}

/// Where a sale stands in the plan, and in its posting.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The positions of document and line.
    at: (usize, usize),
    /// The first line of the posting that is of this one.
    first: usize,
}

impl Sales {
    /// Prepares for the sales of a year.
    pub(super) fn of(year: &Year) -> Sales {
        let mut back: FxHashMap<u32, i64> = FxHashMap::default();
        let mut before = Vec::with_capacity(year.matches.len());
        for found in &year.matches {
            let units = back.entry(found.sale_row).or_default();
            before.push(*units);
            *units += found.units;
        }
        let mut sales = Sales { before, ..Sales::default() };
        for (at, doc) in year.docs.iter().enumerate() {
            let mut first = 0;
            for (number, line, count) in moving(year, at) {
                if let Some((_, row)) = line.source.filter(|(_, row)| back.contains_key(row)) {
                    sales.units.insert(row, line.units());
                    if doc.kind.is_sent() {
                        sales.places.insert(row, Place { at: (at, number), first });
                    }
                }
                first += count;
            }
        }
        sales
    }

    /// Notes the posting of a sale.
    pub(super) fn posted(&mut self, row: u32, posting: PostingId) {
        self.postings.insert(row, posting);
    }

    /// The posting of a sale.
    pub(super) fn posting(&self, row: u32) -> Option<PostingId> {
        self.postings.get(&row).copied()
    }

    /// The line of its posting that took a lot, or all, of what was sold in a row out of stock. There is
    /// none where an import began before sales were named.
    pub(super) fn line(&self, year: &Year, row: u32, lot: Option<usize>) -> Option<SaleLine> {
        let Place { at: (doc, line), first } = *self.places.get(&row)?;
        let shares = year.lots.of(doc, line);
        let of_lot = lot.map_or(Some(0), |lot| shares.iter().position(|share| share.lot == lot))?;
        Some(SaleLine { posting: self.posting(row)?, line: first + of_lot })
    }

    /// Whether something comes back from the sale in a row.
    pub(super) fn expects(&self, row: u32) -> bool {
        self.units.contains_key(&row)
    }

    /// Notes what a sale took out of stock.
    pub(super) fn left(&mut self, row: u32, value: i64) {
        self.values.insert(row, value);
    }

    /// What a line that brings goods in is worth, in minor units of two digits.
    pub(super) fn worth(&self, year: &Year, line: &DocLine) -> i64 {
        let matches = year.matches(line);
        let first = matches
            .first()
            .map_or(0, |first| year.matches.partition_point(|found| found.return_row < first.return_row));
        let mut worth = 0;
        let mut rest = line.units();
        for (found, before) in matches.iter().zip(self.before.iter().skip(first)) {
            let sold = self.units.get(&found.sale_row).copied().unwrap_or(found.units);
            let value = self.values.get(&found.sale_row).copied().unwrap_or(0);
            worth += share(value, sold, before + found.units) - share(value, sold, *before);
            rest -= found.units;
        }
        let each = year.item(line).map_or(0, |item| item.unit_cost.millionths());
        worth + pence(each, rest)
    }
}

/// The lines of a document that move stock, with the number of movements that each becomes.
pub(super) fn moving(year: &Year, at: usize) -> impl Iterator<Item = (usize, &DocLine, usize)> {
    let lines = year.docs.get(at).into_iter().flat_map(|doc| doc.lines.iter().enumerate());
    lines
        .filter(|(_, line)| line.effect != Effect::None)
        .map(move |(number, line)| (number, line, year.lots.of(at, number).len().max(1)))
}

/// Whether a line brings goods in that the file names no cost for.
pub(super) fn comes_in(kind: DocKind, line: &DocLine) -> bool {
    line.effect == Effect::In && !kind.is_simulated()
}

/// What so many of `sold` units are worth when all are worth `value`, rounded down.
pub(super) fn share(value: i64, sold: i64, units: i64) -> i64 {
    let part = i128::from(value) * i128::from(units) / i128::from(sold.max(1));
    i64::try_from(part).unwrap_or(i64::MAX)
}

/// Units at millionths of a pound each, in pence; half up.
fn pence(each: i64, units: i64) -> i64 {
    let exact = i128::from(each) * i128::from(units);
    i64::try_from((exact + 5_000) / 10_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_in_parts_is_worth_what_left() {
        for (value, sold, parts) in [(1_000, 7, &[1, 2, 3, 1][..]), (0, 3, &[3]), (1, 3, &[1, 1, 1])] {
            let mut before = 0;
            let mut worth = 0;
            for part in parts {
                worth += share(value, sold, before + part) - share(value, sold, before);
                before += part;
            }
            assert_eq!(worth, value);
        }
        assert_eq!(share(i64::MAX, 1_000_000, 1_000_000), i64::MAX);
    }

    #[test]
    fn pence_are_rounded_half_up() {
        assert_eq!([pence(1_147_500, 1), pence(5_000, 1), pence(4_900, 1)], [115, 1, 0]);
    }
}
