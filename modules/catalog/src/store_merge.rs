//! The statements of merges: what names an item moves to another.

use db::{DbError, Statement, Tx};
use domain::ItemId;

const MOVE_BARCODES: Statement =
    Statement::new("catalog.merge.barcodes", "update catalog_barcode set item_id = ?2 where item_id = ?1");

const MOVE_PRICES: Statement = Statement::new(
    "catalog.merge.prices",
    "update catalog_price
     set item_id = ?2
     where supply_id in (select y.id from catalog_supply y where y.item_id = ?1)",
);

const MOVE_SUPPLIES: Statement =
    Statement::new("catalog.merge.supplies", "update catalog_supply set item_id = ?2 where item_id = ?1");

const SET_MERGED: Statement =
    Statement::new("catalog.merge.set", "update catalog_item set merged_into = ?2 where id = ?1");

/// Moves the barcodes, the supplies and their prices of one item to another, which has their units.
pub(crate) fn move_codes(tx: &mut Tx<'_>, from: ItemId, to: ItemId) -> Result<(), DbError> {
    for statement in [&MOVE_BARCODES, &MOVE_PRICES, &MOVE_SUPPLIES] {
        tx.execute(statement, &[from.get().into(), to.get().into()])?;
    }
    Ok(())
}

/// Writes down where an item went.
pub(crate) fn set_merged(tx: &mut Tx<'_>, from: ItemId, to: ItemId) -> Result<(), DbError> {
    tx.execute(&SET_MERGED, &[from.get().into(), to.get().into()]).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&MOVE_BARCODES, &MOVE_PRICES, &MOVE_SUPPLIES, &SET_MERGED];
