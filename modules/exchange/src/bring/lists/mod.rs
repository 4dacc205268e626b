//! The lists that are imported, each with its fields and what becomes of its rows.

mod also;
mod attributes;
mod backorders;
mod barcodes;
mod boms;
mod capacities;
mod categories;
mod families;
mod homes;
mod items;
mod levels;
mod location_types;
mod locations;
mod minimums;
mod options;
mod postings;
mod prices;
mod reasons;
mod rules;
mod sites;
mod suppliers;
mod supplies;
mod units;
mod variants;

pub(super) use items::ATTRIBUTE;

use super::field::Field;
use super::row::Row;
use super::run::Bring;
use super::{Taken, Who};
use db::{Conn, Tx};
use domain::code::fold;
use domain::{Barcode, Code, Permission, Problem};
use web::Failure;

/// A list that is imported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum List {
    /// What attributes mean.
    Attributes,
    /// The tree of categories.
    Categories,
    /// What categories ask of attributes.
    CategoryAttributes,
    /// Items.
    Items,
    /// Their packagings.
    Units,
    /// Their barcodes.
    Barcodes,
    /// Options that tell variants apart.
    OptionSets,
    /// Families of variants.
    Families,
    /// Items that are variants.
    Variants,
    /// What items consist of.
    Boms,
    /// Suppliers.
    Suppliers,
    /// What they sell of items.
    Supplies,
    /// Prices.
    Prices,
    /// Reason codes.
    Reasons,
    /// Types of locations.
    LocationTypes,
    /// Sites and what stands in them.
    Locations,
    /// Addresses and hours of sites.
    Sites,
    /// Days of sites that are different.
    SiteDays,
    /// Which kinds of places stand below which.
    Levels,
    /// How much places take, and of what.
    Capacities,
    /// The least that sites are to have of items.
    Minimums,
    /// Where items are kept.
    Homes,
    /// Rules of demand beyond stock.
    BackorderRules,
    /// What was there when the books were opened.
    OpeningStock,
    /// What was counted.
    Counts,
    /// Receipts, issues, moves and all else that moves stock.
    Movements,
}

impl List {
    /// All lists, in the order in which one builds on the others.
    pub const ALL: [List; 26] = [
        List::Attributes,
        List::Categories,
        List::CategoryAttributes,
        List::Items,
        List::Units,
        List::Barcodes,
        List::OptionSets,
        List::Families,
        List::Variants,
        List::Boms,
        List::Suppliers,
        List::Supplies,
        List::Prices,
        List::Reasons,
        List::LocationTypes,
        List::Locations,
        List::Sites,
        List::SiteDays,
        List::Levels,
        List::Capacities,
        List::Minimums,
        List::Homes,
        List::BackorderRules,
        List::OpeningStock,
        List::Counts,
        List::Movements,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            List::Attributes => "attributes",
            List::Categories => "categories",
            List::CategoryAttributes => "category-attributes",
            List::Items => "items",
            List::Units => "units",
            List::Barcodes => "barcodes",
            List::OptionSets => "option-sets",
            List::Families => "families",
            List::Variants => "variants",
            List::Boms => "boms",
            List::Suppliers => "suppliers",
            List::Supplies => "supplies",
            List::Prices => "prices",
            List::LocationTypes => "location-types",
            List::Locations => "locations",
            List::Sites => "sites",
            List::SiteDays => "site-days",
            List::Levels => "location-levels",
            List::Capacities => "capacities",
            List::Minimums => "minimums",
            List::Homes => "homes",
            List::BackorderRules => "backorder-rules",
            List::Reasons => "reasons",
            List::OpeningStock => "opening-stock",
            List::Counts => "counts",
            List::Movements => "movements",
        }
    }

    /// The list of a word.
    pub fn parse(word: &str) -> Option<List> {
        List::ALL.into_iter().find(|list| list.word() == word)
    }

    /// What whoever imports it must be allowed to do.
    pub const fn permission(self) -> Permission {
        match self {
            List::Attributes
            | List::Categories
            | List::CategoryAttributes
            | List::Items
            | List::Units
            | List::Barcodes
            | List::OptionSets
            | List::Families
            | List::Variants
            | List::Boms
            | List::Suppliers
            | List::Supplies
            | List::Prices => Permission::CatalogWrite,
            List::LocationTypes
            | List::Locations
            | List::Sites
            | List::SiteDays
            | List::Levels
            | List::Capacities
            | List::Minimums
            | List::Homes
            | List::BackorderRules => Permission::PlacesWrite,
            List::Reasons => Permission::SystemWrite,
            List::OpeningStock | List::Counts => Permission::StockAdjust,
            // the vault asks for the permission of each kind of posting
            List::Movements => Permission::StockRead,
        }
    }

    /// Whether its rows move stock, so that a file is not to be imported twice.
    pub const fn is_of_stock(self) -> bool {
        matches!(self, List::OpeningStock | List::Counts | List::Movements)
    }

    /// Whether its records belong to no place, so that a right at some places is not enough.
    pub(super) const fn is_of_everything(self) -> bool {
        let is_of_places = matches!(
            self,
            List::Locations
                | List::Sites
                | List::SiteDays
                | List::Levels
                | List::Capacities
                | List::Minimums
                | List::Homes
                | List::BackorderRules
        );
        !is_of_places && !self.is_of_stock()
    }

    /// The fields that say which record a row is about; none where every row is one of its own.
    pub(super) const fn key(self) -> &'static [&'static str] {
        match self {
            List::Attributes => &["key"],
            List::Categories => &["path"],
            List::CategoryAttributes => &["category", "attribute"],
            List::Items | List::Variants => &["sku"],
            List::Sites => &["site"],
            List::SiteDays => &["site", "on"],
            List::Levels => &["of"],
            List::Capacities => &["rule", "location_type", "location"],
            List::Units => &["sku", "unit"],
            List::OptionSets => &["set", "value"],
            List::Minimums | List::BackorderRules => &["site", "sku"],
            List::Homes => &["sku", "location"],
            List::Boms => &["sku", "instead_of", "component"],
            List::Supplies => &["sku", "supplier", "supplier_sku"],
            List::Barcodes
            | List::Families
            | List::Suppliers
            | List::Reasons
            | List::LocationTypes
            | List::Locations => &["code"],
            List::Prices | List::OpeningStock | List::Counts | List::Movements => &[],
        }
    }

    /// A part of the key as the records compare it, so that only one of two rows about one record is refused.
    pub(super) fn compared(self, name: &str, text: &str) -> String {
        match (self, name) {
            // the only codes whose case tells them apart
            (List::Barcodes, "code") => {
                Barcode::scanned(text).map_or_else(|_| text.to_owned(), |code| code.key())
            }
            (List::Categories | List::CategoryAttributes, _) => text.to_lowercase(),
            _ => fold(text),
        }
    }

    /// Columns of the product's own exports that say nothing to an import, and the one of its own refusals.
    pub(super) const fn left_out(self) -> &'static [&'static str] {
        match self {
            List::Locations | List::Homes => &["error", "version", "site"],
            // a merge is a command, and not what a row says
            List::Items => &["error", "version", "createdat", "changedat", "mergedinto"],
            List::Minimums | List::BackorderRules => &["error", "version", "unit"],
            _ => &["error", "version", "createdat", "changedat"],
        }
    }

    /// All fields; those of items depend on the attributes that the titles name.
    pub(super) fn fields(self, conn: &mut Conn<'_>, titles: &[String]) -> Result<Vec<Field>, Failure> {
        if self == List::Items { items::fields(conn, titles) } else { Ok(self.own_fields().to_vec()) }
    }

    /// The fields that every file of this list may have.
    const fn own_fields(self) -> &'static [Field] {
        match self {
            List::Attributes => &attributes::FIELDS,
            List::Categories => &categories::FIELDS,
            List::CategoryAttributes => &rules::FIELDS,
            List::Items => &items::FIELDS,
            List::Units => &units::FIELDS,
            List::Barcodes => &barcodes::FIELDS,
            List::OptionSets => &options::FIELDS,
            List::Families => &families::FIELDS,
            List::Variants => &variants::FIELDS,
            List::Boms => &boms::FIELDS,
            List::Suppliers => &suppliers::FIELDS,
            List::Supplies => &supplies::FIELDS,
            List::Prices => &prices::FIELDS,
            List::LocationTypes => &location_types::FIELDS,
            List::Locations => &locations::FIELDS,
            List::Sites => &sites::FIELDS,
            List::SiteDays => &sites::DAY_FIELDS,
            List::Levels => &levels::FIELDS,
            List::Capacities => &capacities::FIELDS,
            List::Minimums => &minimums::FIELDS,
            List::Homes => &homes::FIELDS,
            List::BackorderRules => &backorders::FIELDS,
            List::Reasons => &reasons::FIELDS,
            List::OpeningStock => &postings::OPENING_FIELDS,
            List::Counts => &postings::COUNT_FIELDS,
            List::Movements => &postings::MOVEMENT_FIELDS,
        }
    }

    /// The names of these fields, and whether every row needs them, for a help text.
    pub fn field_names(self) -> Vec<(&'static str, bool)> {
        let name = |field: &'static Field| (field.name.as_ref(), field.needed);
        self.own_fields().iter().map(name).collect()
    }

    /// Makes records of rows; what becomes of each.
    pub(super) fn take(
        self,
        tx: &mut Tx<'_>,
        who: &Who,
        bring: &Bring,
        rows: &[Row],
    ) -> Result<Vec<Taken>, Failure> {
        match self {
            List::Attributes => one_by_one(tx, rows, |tx, row| attributes::take(tx, who, row)),
            List::Categories => one_by_one(tx, rows, |tx, row| categories::take(tx, who, row)),
            List::CategoryAttributes => one_by_one(tx, rows, |tx, row| rules::take(tx, who, row)),
            List::Items => items::take(tx, who, rows),
            List::Units => one_by_one(tx, rows, |tx, row| units::take(tx, who, row)),
            List::Barcodes => one_by_one(tx, rows, |tx, row| barcodes::take(tx, who, row)),
            List::OptionSets => one_by_one(tx, rows, |tx, row| options::take(tx, who, row)),
            List::Families => one_by_one(tx, rows, |tx, row| families::take(tx, who, row)),
            List::Variants => one_by_one(tx, rows, |tx, row| variants::take(tx, who, row)),
            List::Boms => one_by_one(tx, rows, |tx, row| boms::take(tx, who, row)),
            List::Suppliers => one_by_one(tx, rows, |tx, row| suppliers::take(tx, who, row)),
            List::Supplies => one_by_one(tx, rows, |tx, row| supplies::take(tx, who, row)),
            List::Prices => one_by_one(tx, rows, |tx, row| prices::take(tx, who, row)),
            List::LocationTypes => one_by_one(tx, rows, |tx, row| location_types::take(tx, who, row)),
            List::Locations => one_by_one(tx, rows, |tx, row| locations::take(tx, who, row)),
            List::Sites => one_by_one(tx, rows, |tx, row| sites::take(tx, who, row)),
            List::SiteDays => one_by_one(tx, rows, |tx, row| sites::take_day(tx, who, row)),
            List::Levels => one_by_one(tx, rows, |tx, row| levels::take(tx, who, row)),
            List::Capacities => one_by_one(tx, rows, |tx, row| capacities::take(tx, who, row)),
            List::Minimums => one_by_one(tx, rows, |tx, row| minimums::take(tx, who, row)),
            List::Homes => one_by_one(tx, rows, |tx, row| homes::take(tx, who, row)),
            List::BackorderRules => one_by_one(tx, rows, |tx, row| backorders::take(tx, who, row)),
            List::Reasons => one_by_one(tx, rows, |tx, row| reasons::take(tx, who, row)),
            List::OpeningStock | List::Counts | List::Movements => postings::take(tx, who, bring, rows),
        }
    }

    /// Whether a row was refused only because its parent is not there yet.
    pub(super) fn may_wait(self, problem: &Problem) -> bool {
        let is_of_parent = problem.errors.first().is_some_and(|error| error.pointer == "/parent");
        match self {
            List::Categories => is_of_parent && problem.code == Code::UnknownCategory,
            List::Locations => is_of_parent && problem.code == Code::UnknownLocation,
            _ => false,
        }
    }

    /// What a row stands below.
    pub(super) fn parent(self, row: &Row) -> &str {
        if self == List::Locations {
            row.text("parent")
        } else {
            row.text("path").rsplit_once('/').map_or("", |(parent, _)| parent)
        }
    }

    /// The refusal of a row whose parent did not come, with the row of the file that has the parent.
    pub(super) fn parentless(self, row: &Row, at: Option<u64>) -> Problem {
        let (code, thing, pointer) = if self == List::Locations {
            (Code::UnknownLocation, "location", "/parent")
        } else {
            (Code::UnknownCategory, "category", "/path")
        };
        let parent = self.parent(row);
        let detail = match at {
            None => format!("there is no {thing} `{parent}`, neither here nor in the file"),
            Some(at) => {
                format!("the {thing} `{parent}` is in row {at}, which is refused; mend that one first")
            }
        };
        Problem::at(code, pointer, detail)
    }
}

/// Makes a record of each row; a row that is refused is undone alone.
fn one_by_one(
    tx: &mut Tx<'_>,
    rows: &[Row],
    mut take: impl FnMut(&mut Tx<'_>, &Row) -> Result<Taken, Failure>,
) -> Result<Vec<Taken>, Failure> {
    rows.iter().map(|row| alone(tx, |tx| take(tx, row))).collect()
}

/// Takes a row in a part of the transaction that is undone when it is refused.
fn alone(
    tx: &mut Tx<'_>,
    take: impl FnOnce(&mut Tx<'_>) -> Result<Taken, Failure>,
) -> Result<Taken, Failure> {
    match tx.savepoint(take) {
        Err(Failure::Refused(problem)) => Ok(Taken::Refused(*problem)),
        done => done,
    }
}
