//! The catalogue: items with their units and barcodes.
//!
//! Not here: stock. What must know about stock (a change of tracking, archiving, the base unit) is
//! a command of `stock`, which calls the primitives of this module. Invariants: a SKU names one
//! item whatever the case of its letters; a barcode names one item in one unit; a factor never
//! changes; every change counts the item's version up and has its event and audit row.

mod code;
mod facts;
mod item;
mod store;
mod store_codes;
mod symbology;

pub use facts::{ItemFacts, facts_by_id, facts_by_sku, item_by_barcode, unit_factors};
pub use item::{Attributes, Barcode, Item, NewBarcode, NewItem, NewUnit, Unit};
pub use symbology::{BARCODE_CHARS_MAX, Symbology};

/// The tables of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "catalog",
    migrations: &[db::Migration { number: 1, name: "first", text: include_str!("../migrations/0001_first.sql") }],
};
