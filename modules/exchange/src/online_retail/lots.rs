//! Lots that the file does not have: simulated like its receipts, for goods that are made in batches.
//!
//! **Items.** One whose name has a word of [`MADE_IN_BATCHES`] and none of [`NOT_ITSELF`] is kept by
//! lot: candles and incense are, a holder for candles is not.
//!
//! **Lots.** Each arrival of such an item is a lot of its own. Its code is the arrival's week and the
//! letter of one of four makers, drawn from seed, SKU and week (`2011-W07-C`); opening stock is
//! `OPENING-` and a letter. It was made 7 to 60 days before it came, drawn in the same way.
//!
//! **Which lot.** What goes out is taken from the lot that came first of those with units left. What
//! comes back from a sale goes into the lots that the sale took, the last one first. What comes back
//! or is found without a sale goes into the lot that came last; before the first arrival there is
//! none, and its lot is [`UNKNOWN`]. So every unit that left is in one lot, and a recall finds the
//! document, and by its note the customer.

use super::document::{Doc, DocKind, DocLine, Effect};
use super::items::Item;
use super::names::Ix;
use super::returns::Match;
use super::supply::drawn;
use domain::Zone;
use domain::when::{Date, plus_days};
use rustc_hash::{FxHashMap, FxHashSet};

/// A word of these in its name makes an item one that is kept by lot …
pub const MADE_IN_BATCHES: [&str; 4] = ["CANDLE", "CANDLES", "INCENSE", "BALM"];
/// … unless it has one of these as well, which only belong to such goods.
pub const NOT_ITSELF: [&str; 6] = ["HOLDER", "HOLDERS", "STICK", "PLATE", "LANTERN", "STAND"];
/// The lot of goods that came in before any arrival.
pub const UNKNOWN: &str = "UNKNOWN";

/// Whether an item of this name is kept by lot.
pub(super) fn is_kept_by_lot(name: &str) -> bool {
    let has = |words: &[&str]| name.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word));
    has(&MADE_IN_BATCHES) && !has(&NOT_ITSELF)
}

/// A lot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lot {
    /// The item.
    pub item: Ix,
    /// Its code.
    pub code: String,
    /// When it was made; unknown for goods from nowhere.
    pub made_on: Option<Date>,
}

/// Units of one lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// The lot: its position in [`Lots::all`].
    pub lot: usize,
    /// Units, more than zero.
    pub units: i64,
}

/// The lots of a year, and which of them each line moves.
#[derive(Debug, Default)]
pub struct Lots {
    /// All lots in the order in which they came.
    pub all: Vec<Lot>,
    /// By the positions of document and line.
    shares: FxHashMap<(usize, usize), Vec<Share>>,
    /// By the row of a return, which lots of which sales it took back.
    origins: FxHashMap<u32, Vec<Origin>>,
}

/// Units that came back into a lot of the sale that they were part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The row of the sale.
    pub sale_row: u32,
    /// The units.
    pub share: Share,
}

impl Lots {
    /// What a line moves of which lots; nothing for an item that is not kept by lot.
    pub fn of(&self, doc: usize, line: usize) -> &[Share] {
        self.shares.get(&(doc, line)).map_or(&[], Vec::as_slice)
    }

    /// The lots of sales that a returned row took back; nothing for an item that is not kept by lot.
    pub fn origins(&self, row: u32) -> &[Origin] {
        self.origins.get(&row).map_or(&[], Vec::as_slice)
    }
}

/// Simulates the lots of documents in effective order.
pub(super) fn simulate(docs: &[Doc], items: &[Item], matches: &[Match], zone: &Zone, seed: u64) -> Lots {
    let sold = matches.iter().map(|found| found.sale_row).collect();
    let mut keeper = Keeper {
        items,
        matches,
        zone,
        seed,
        sold,
        lots: Lots::default(),
        shelves: FxHashMap::default(),
        taken: FxHashMap::default(),
    };
    for (at, doc) in docs.iter().enumerate() {
        for (number, line) in doc.lines.iter().enumerate() {
            let kept = items.get(line.item.index()).is_some_and(|item| item.by_lot);
            if kept && line.effect != Effect::None {
                let shares = keeper.shares(doc, line);
                keeper.lots.shares.insert((at, number), shares);
            }
        }
    }
    keeper.lots
}

/// Knows what is in which lot while the year goes by.
struct Keeper<'y> {
    items: &'y [Item],
    matches: &'y [Match],
    zone: &'y Zone,
    seed: u64,
    lots: Lots,
    /// The lots of each item in the order in which they came, with what is left.
    shelves: FxHashMap<Ix, Vec<Share>>,
    /// The rows of sales that something comes back from.
    sold: FxHashSet<u32>,
    /// What they took and was not given back yet.
    taken: FxHashMap<u32, Vec<Share>>,
}

impl Keeper<'_> {
    fn shares(&mut self, doc: &Doc, line: &DocLine) -> Vec<Share> {
        let row = line.source.map(|(_, row)| row);
        match line.effect {
            Effect::Out => {
                let shares = self.take(line);
                if let Some(row) = row.filter(|row| self.sold.contains(row)) {
                    self.taken.insert(row, shares.clone());
                }
                shares
            }
            _ if doc.kind.is_simulated() => {
                let lot = self.arrival(doc, line.item);
                self.put(line.item, Share { lot, units: line.units() });
                vec![Share { lot, units: line.units() }]
            }
            _ => {
                let shares = self.take_back(line, row);
                for share in &shares {
                    self.put(line.item, *share);
                }
                shares
            }
        }
    }

    /// A new lot.
    fn arrival(&mut self, doc: &Doc, item: Ix) -> usize {
        let sku = self.items.get(item.index()).map_or("", |item| item.sku.as_str());
        let (week, salt) = match doc.kind {
            DocKind::OpeningStock => ("OPENING", "opening".to_owned()),
            _ => (doc.number.trim_start_matches("SIM-"), doc.number.to_string()),
        };
        let maker = match drawn(self.seed, sku, &format!("maker {salt}"), 0, 3) {
            0 => 'A',
            1 => 'B',
            2 => 'C',
            _ => 'D',
        };
        let age = drawn(self.seed, sku, &format!("age {salt}"), 7, 60);
        let made_on = plus_days(self.zone.date(doc.at), -i32::try_from(age).unwrap_or(0));
        self.new_lot(Lot { item, code: format!("{week}-{maker}"), made_on })
    }

    fn new_lot(&mut self, lot: Lot) -> usize {
        self.lots.all.push(lot);
        self.lots.all.len() - 1
    }

    /// Puts units into a lot.
    fn put(&mut self, item: Ix, share: Share) {
        add(self.shelves.entry(item).or_default(), share);
    }

    /// Takes the units of a line, the lot that came first first.
    fn take(&mut self, line: &DocLine) -> Vec<Share> {
        let mut missing = line.units();
        let mut shares = Vec::new();
        for held in self.shelves.entry(line.item).or_default() {
            let units = held.units.min(missing);
            if units > 0 {
                shares.push(Share { lot: held.lot, units });
                held.units -= units;
                missing -= units;
            }
        }
        debug_assert_eq!(missing, 0, "stock is never below zero, so its lots have what is taken");
        shares
    }

    /// Finds the lots that the units of a line come back into: those of their sales, then the last.
    fn take_back(&mut self, line: &DocLine, row: Option<u32>) -> Vec<Share> {
        let mut shares: Vec<Share> = Vec::new();
        let mut origins = Vec::new();
        for found in row.map_or(&[][..], |row| matches_of(self.matches, row)) {
            let mut missing = found.units;
            let Some(taken) = self.taken.get_mut(&found.sale_row) else { continue };
            while missing > 0
                && let Some(last) = taken.last_mut()
            {
                let units = missing.min(last.units);
                let share = Share { lot: last.lot, units };
                add(&mut shares, share);
                origins.push(Origin { sale_row: found.sale_row, share });
                last.units -= units;
                missing -= units;
                if last.units == 0 {
                    taken.pop();
                }
            }
        }
        if let Some(row) = row.filter(|_| !origins.is_empty()) {
            self.lots.origins.insert(row, origins);
        }
        let rest = line.units() - shares.iter().map(|share| share.units).sum::<i64>();
        if rest > 0 {
            let last = self.shelves.get(&line.item).and_then(|shelf| shelf.last()).map(|held| held.lot);
            let lot = last.unwrap_or_else(|| {
                self.new_lot(Lot { item: line.item, code: UNKNOWN.to_owned(), made_on: None })
            });
            add(&mut shares, Share { lot, units: rest });
        }
        shares
    }
}

/// The matches of a returned row.
pub(super) fn matches_of(matches: &[Match], row: u32) -> &[Match] {
    let start = matches.partition_point(|found| found.return_row < row);
    let end = matches.partition_point(|found| found.return_row <= row);
    matches.get(start..end).unwrap_or_default()
}

fn add(shares: &mut Vec<Share>, share: Share) {
    match shares.iter_mut().find(|known| known.lot == share.lot) {
        Some(known) => known.units += share.units,
        None => shares.push(share),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::year;
    use super::*;

    #[test]
    fn a_word_of_the_name_decides_and_what_only_belongs_to_such_goods_is_none() {
        for (name, expected) in [
            ("SET/10 RED POLKADOT PARTY CANDLES", true),
            ("ORIGAMI ROSE INCENSE/CANDLE SET", true),
            ("ESSENTIAL BALM 3.5g TIN IN ENVELOPE", true),
            ("FLUTED ANTIQUE CANDLE HOLDER", false),
            ("ZINC WILLIE WINKIE CANDLE STICK", false),
            ("CANDLEHOLDER PINK HANGING HEART", false),
            ("REGENCY CAKESTAND 3 TIER", false),
        ] {
            assert_eq!(is_kept_by_lot(name), expected, "{name}");
        }
    }

    /// The lots of each line of a document, as code and units.
    fn lots_of(year: &super::super::Year, number: &str) -> Vec<(String, i64)> {
        let (at, doc) = year.docs.iter().enumerate().find(|(_, doc)| &*doc.number == number).unwrap();
        let shares = (0..doc.lines.len()).flat_map(|line| year.lots.of(at, line));
        shares.map(|share| (year.lots.all[share.lot].code.clone(), share.units)).collect()
    }

    #[test]
    fn the_first_lot_goes_first_and_what_comes_back_goes_where_it_was() {
        let year = year(
            "1,A,ROSE CANDLE,5,2011-01-03 10:00:00,2.0,1,UK\n\
             2,A,ROSE CANDLE,900,2011-02-03 10:00:00,2.0,7,UK\n\
             C3,A,ROSE CANDLE,-4,2011-02-04 10:00:00,2.0,1,UK\n\
             4,A,ROSE CANDLE,700,2011-04-06 10:00:00,2.0,7,UK\n\
             C5,A,ROSE CANDLE,-3,2011-04-07 10:00:00,2.0,9,UK\n\
             6,B,PLAIN THING,3,2011-04-07 10:00:00,2.0,9,UK\n",
        );
        let opening = lots_of(&year, "SIM-OPENING");
        let [(first, _)] = &opening[..] else { panic!("{opening:?}") };
        assert!(first.starts_with("OPENING-"), "{first}");
        assert_eq!(lots_of(&year, "1"), [(first.clone(), 5)]);
        assert_eq!(lots_of(&year, "C3"), [(first.clone(), 4)], "into the lot of the sale");
        let last = year.lots.all.last().unwrap().code.clone();
        assert!(last.starts_with("2011-W"), "{last}");
        assert_eq!(lots_of(&year, "C5"), [(last, 3)], "no sale: into the lot that came last");
        assert_eq!(lots_of(&year, "6"), []);
        assert!(year.lots.all.iter().all(|lot| lot.made_on.is_some()));
        assert_eq!(year.items.iter().map(|item| item.by_lot).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn goods_that_come_back_before_anything_came_are_of_an_unknown_lot() {
        let year = year(
            "C1,A,ROSE CANDLE,-2,2011-01-03 10:00:00,2.0,1,UK\n\
             2,A,ROSE CANDLE,1,2011-01-04 10:00:00,2.0,1,UK\n",
        );
        assert_eq!(lots_of(&year, "C1"), [(UNKNOWN.to_owned(), 2)]);
        assert_eq!(lots_of(&year, "2"), [(UNKNOWN.to_owned(), 1)]);
        assert_eq!(year.lots.all[0].made_on, None);
    }
}
