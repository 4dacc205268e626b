//! The item master that the file implies: one item for each code in capitals.
//!
//! **Class.** A service is never stocked: postage, carriage, fees, charges, commissions, discounts,
//! manual entries, samples sent on account, bad debts, vouchers and pads, by the closed list
//! [`SERVICES`]. Everything else is a finished good, whatever form its code has.
//!
//! **Name.** The description that stands most often on the item's priced lines, of those without
//! small letters if there are such; the earlier one in the file wins a draw. Notes ("damaged",
//! "check") stand only on lines without a price, so they never become names. An item without a
//! priced line takes a description that is [well formed](is_well_formed), else `Item` and its code.
//!
//! **Prices** are those of its sales, the median with one vote a line (the lower of two middles).

use super::classify::Reason;
use super::line::{Line, Table};
use super::lots;
use super::names::{Ix, PerName};
use super::price::Price;
use super::supply;
use domain::{Instant, ItemClass};
use rustc_hash::FxHashMap;

/// Codes that are services; vouchers are those that begin with [`VOUCHER`].
pub const SERVICES: [&str; 14] = [
    "POST",
    "DOT",
    "M",
    "C2",
    "D",
    "S",
    "BANK CHARGES",
    "AMAZONFEE",
    "CRUK",
    "PADS",
    "B",
    // next-day carriage, a picture file, and the voucher of 100 pounds: services under a product's code
    "23444",
    "23702",
    "22016",
];
/// How the codes of the other vouchers begin.
pub const VOUCHER: &str = "GIFT_0001_";

/// The class of a code in capitals.
pub(super) fn class_of(sku: &str) -> ItemClass {
    if SERVICES.contains(&sku) || sku.starts_with(VOUCHER) {
        ItemClass::Service
    } else {
        ItemClass::FinishedGood
    }
}

/// The prices an item was sold at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Prices {
    /// The lowest.
    pub lowest: Price,
    /// The one in the middle of all lines.
    pub median: Price,
    /// The highest.
    pub highest: Price,
    /// The one of the latest line.
    pub last: Price,
}

/// An item of the shop.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Item {
    /// Its code in capitals.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub class: ItemClass,
    /// Whether its stock is kept by lot (see [`lots`](super::lots)).
    pub by_lot: bool,
    /// What it was sold at; none if it never was.
    pub prices: Option<Prices>,
    /// When it was sold first.
    pub first_sold: Option<Instant>,
    /// When it was sold last.
    pub last_sold: Option<Instant>,
    /// Units sold, returns not taken off.
    pub units_sold: i64,
    /// What a unit costs, simulated (see [`supply`]); zero for a service.
    pub unit_cost: Price,
}

/// Which descriptions stand on priced lines of which item, and how often.
#[derive(Debug)]
pub(super) struct Descriptions(FxHashMap<(Ix, Ix), u32>);

impl Descriptions {
    pub(super) fn of(table: &Table) -> Descriptions {
        let mut counts = FxHashMap::default();
        for line in table.lines.iter().filter(|line| !line.price.is_zero()) {
            *counts.entry((line.item, line.description)).or_default() += 1;
        }
        Descriptions(counts)
    }

    /// Whether a line names its item, as against a note or nothing.
    pub(super) fn name_it(&self, line: &Line, table: &Table) -> bool {
        self.0.contains_key(&(line.item, line.description))
            || is_well_formed(table.descriptions.text(line.description))
    }

    /// The name of each item.
    fn names(&self, table: &Table) -> PerName<Option<Ix>> {
        let mut best: PerName<Option<((bool, u32), Ix)>> = PerName::unset(&table.items);
        let mut offer = |item: Ix, count: u32, description: Ix| {
            let text = table.descriptions.text(description);
            let rank = (!text.chars().any(char::is_lowercase), count);
            let better = match best[item] {
                _ if text.is_empty() => false,
                None => true,
                // numbers of descriptions are given in the order of the file
                Some((other, first)) => rank > other || (rank == other && description < first),
            };
            if better {
                best[item] = Some((rank, description));
            }
        };
        for ((item, description), count) in &self.0 {
            offer(*item, *count, *description);
        }
        let mut names: PerName<Option<Ix>> = PerName::unset(&table.items);
        for (item, _) in table.items.iter() {
            names[item] = best[item].map(|(_, description)| description);
        }
        for line in table.lines.iter().filter(|line| line.price.is_zero()) {
            if names[line.item].is_none() && is_well_formed(table.descriptions.text(line.description)) {
                names[line.item] = Some(line.description);
            }
        }
        names
    }
}

/// Whether a text reads like a product's name: three words with letters or more, no small letter,
/// no question mark.
fn is_well_formed(text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.chars().any(char::is_alphabetic)).count();
    words >= 3 && !text.contains('?') && !text.chars().any(char::is_lowercase)
}

/// All items, by their numbers in [`Table::items`].
pub(super) fn build(table: &Table, reasons: &[Reason], names: &Descriptions, seed: u64) -> Vec<Item> {
    let names = names.names(table);
    let mut sales: PerName<Sales> = PerName::filled(&table.items, &Sales::default());
    for (line, _) in table.lines.iter().zip(reasons).filter(|(_, reason)| reason.is_sale()) {
        sales[line.item].count(line);
    }
    let sold = sales.into_values();
    table
        .items
        .iter()
        .zip(sold)
        .map(|((ix, sku), sales)| {
            let class = class_of(sku);
            let prices = sales.prices();
            let name = match names[ix] {
                Some(name) => table.descriptions.text(name).to_owned(),
                None => format!("Item {sku}"),
            };
            Item {
                sku: sku.to_owned(),
                by_lot: class.stockable() && lots::is_kept_by_lot(&name),
                name,
                class,
                prices,
                first_sold: sales.first,
                last_sold: sales.last.map(|(at, _)| at),
                units_sold: sales.units,
                unit_cost: if class.stockable() {
                    supply::unit_cost(sku, prices.map(|prices| prices.median), seed)
                } else {
                    Price::ZERO
                },
            }
        })
        .collect()
}

/// What an item was sold at and when.
#[derive(Clone, Default)]
struct Sales {
    prices: Vec<Price>,
    units: i64,
    first: Option<Instant>,
    last: Option<(Instant, Price)>,
}

impl Sales {
    fn count(&mut self, line: &Line) {
        self.prices.push(line.price);
        self.units += line.quantity;
        self.first = Some(self.first.map_or(line.at, |first| first.min(line.at)));
        if self.last.is_none_or(|(at, _)| at <= line.at) {
            self.last = Some((line.at, line.price));
        }
    }

    fn prices(&self) -> Option<Prices> {
        let mut sorted = self.prices.clone();
        sorted.sort_unstable();
        Some(Prices {
            lowest: *sorted.first()?,
            median: *sorted.get((sorted.len() - 1) / 2)?,
            highest: *sorted.last()?,
            last: self.last?.1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::year;
    use super::*;

    fn item<'y>(items: &'y [Item], sku: &str) -> &'y Item {
        items.iter().find(|item| item.sku == sku).unwrap()
    }

    #[test]
    fn a_product_name_has_three_words_in_capitals() {
        for (text, expected) in [
            ("TRAVEL CARD WALLET DOTCOMGIFTSHOP", true),
            ("SPOTTY BUNTING", false),
            ("POSSIBLE DAMAGES OR LOST?", false),
            ("thrown away and lost", false),
            ("", false),
        ] {
            assert_eq!(is_well_formed(text), expected, "{text}");
        }
    }

    #[test]
    fn the_most_frequent_description_of_priced_lines_is_the_name() {
        let year = year(
            "1,85123a,CREAM HEART,1,2011-01-03 10:00:00,2.0,1,UK\n\
             2,85123A, WHITE  HEART ,1,2011-01-03 10:01:00,2.0,1,UK\n\
             3,85123A,WHITE HEART,1,2011-01-03 10:02:00,2.0,1,UK\n\
             4,85123A,damaged,-1,2011-01-03 10:03:00,0.0,,UK\n\
             5,85123A,damaged,-1,2011-01-03 10:03:00,0.0,,UK\n\
             6,85123A,damaged,-1,2011-01-03 10:03:00,0.0,,UK\n\
             7,46000M,PAD 45x45cm,1,2011-01-03 10:04:00,1.0,1,UK\n\
             8,23001,TRAVEL CARD WALLET,5,2011-01-03 10:05:00,0.0,,UK\n\
             9,23059,Thrown away-rusty,-5,2011-01-03 10:06:00,0.0,,UK\n\
             10,22001,B FIRST,1,2011-01-03 10:07:00,1.0,1,UK\n\
             11,22001,A SECOND,1,2011-01-03 10:08:00,1.0,1,UK\n",
        );
        for (sku, name) in [
            ("85123A", "WHITE HEART"),
            ("46000M", "PAD 45x45cm"),
            ("23001", "TRAVEL CARD WALLET"),
            ("23059", "Item 23059"),
            ("22001", "B FIRST"),
        ] {
            assert_eq!(item(&year.items, sku).name, name);
        }
        assert_eq!(year.items.len(), 5);
    }

    #[test]
    fn prices_are_those_of_the_sales() {
        let year = year(
            "1,A,THE THING,1,2011-01-03 10:00:00,4.0,1,UK\n\
             2,A,THE THING,7,2011-01-04 10:00:00,1.0,1,UK\n\
             C3,A,THE THING,-7,2011-01-05 10:00:00,9.0,1,UK\n\
             4,A,THE THING,1,2011-01-06 10:00:00,2.0,1,UK\n\
             5,A,THE THING,1,2011-01-07 10:00:00,0.0,1,UK\n\
             5,POST,POSTAGE,1,2011-01-07 10:00:00,18.0,1,UK\n",
        );
        let thing = item(&year.items, "A");
        let show = |price: Price| price.to_string();
        let prices = thing.prices.unwrap();
        assert_eq!(
            [prices.lowest, prices.median, prices.highest, prices.last].map(show),
            ["1.00", "2.00", "4.00", "2.00"]
        );
        assert_eq!(thing.units_sold, 9);
        assert_eq!(thing.first_sold.unwrap().to_string(), "2011-01-03T10:00:00Z");
        assert_eq!(thing.last_sold.unwrap().to_string(), "2011-01-06T10:00:00Z");
        let postage = item(&year.items, "POST");
        assert_eq!(
            (postage.class, postage.unit_cost, postage.prices),
            (ItemClass::Service, Price::ZERO, None)
        );
    }
}
