//! The world of this module's tests: a fresh database of either engine, a clock that stands still.

use crate::item::{Item, NewBarcode, NewItem, NewUnit};
use db::{Engine, MigrationSet};

const SETS: &[MigrationSet] = &[crate::MIGRATIONS];

/// The world that all modules begin with, with the words of this one.
pub(crate) struct World(testkit::World);

impl std::ops::Deref for World {
    type Target = testkit::World;

    fn deref(&self) -> &testkit::World {
        &self.0
    }
}

/// A fresh world of an engine.
pub(crate) fn world(engine: Engine) -> World {
    World(testkit::World::new(engine, SETS))
}

impl World {
    /// Creates an item.
    pub(crate) fn create(&self, new: NewItem) -> Item {
        self.run(move |tx, ctx| crate::create_item(tx, ctx, &new)).unwrap()
    }
}

/// A plain item.
pub(crate) fn new_item(sku: &str) -> NewItem {
    NewItem {
        sku: sku.to_owned(),
        name: format!("Item {sku}"),
        base_unit: "each".to_owned(),
        ..NewItem::default()
    }
}

/// An item with a case of twelve and a barcode on it.
pub(crate) fn new_cased(sku: &str, code: &str) -> NewItem {
    NewItem {
        units: vec![new_unit("case", "12")],
        barcodes: vec![new_barcode(code, "case")],
        ..new_item(sku)
    }
}

pub(crate) fn new_unit(unit: &str, factor: &str) -> NewUnit {
    NewUnit { unit: unit.to_owned(), factor: factor.to_owned(), ..NewUnit::default() }
}

pub(crate) fn new_barcode(code: &str, unit: &str) -> NewBarcode {
    NewBarcode { code: code.to_owned(), unit: Some(unit.to_owned()), symbology: None }
}

pub(crate) use testkit::{on_both_engines, seen};
