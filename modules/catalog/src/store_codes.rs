//! The statements of packaging units and barcodes. Invariant: every item has a row for its base
//! unit with the factor 1, so that a barcode always hangs on a unit that is there.

use crate::item::{Barcode, Unit};
use crate::symbology::Symbology;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::{ItemId, Ratio};

/// The primary key of barcodes.
pub(crate) const BARCODE_KEY: &str = "catalog_barcode_pkey";

pub(crate) const FACTORS: Statement = Statement::per_engine(
    "catalog.unit.factors",
    "select ?3, u.num, u.den from catalog_unit u where u.item_id = ?1 and u.unit = ?2",
    "select k.position, u.num, u.den
     from unnest(?1::bigint[], ?2::text[], ?3::bigint[]) as k (item_id, unit, position)
     join catalog_unit u on u.item_id = k.item_id and u.unit = k.unit",
)
.hot();

pub(crate) const ITEM_BY_BARCODE: Statement = Statement::new(
    "catalog.barcode.item",
    "select b.item_id, b.unit from catalog_barcode b where b.code = ?1",
)
.hot();

const UNITS: Statement = Statement::per_engine(
    "catalog.unit.of_items",
    "select u.item_id, u.unit, u.num, u.den from catalog_unit u where u.item_id = ?1 order by u.unit",
    "select u.item_id, u.unit, u.num, u.den
     from catalog_unit u
     where u.item_id = any(?1::bigint[])
     order by u.item_id, u.unit",
);

const BARCODES: Statement = Statement::per_engine(
    "catalog.barcode.of_items",
    "select b.item_id, b.code, b.unit, b.symbology from catalog_barcode b where b.item_id = ?1 order by b.code",
    "select b.item_id, b.code, b.unit, b.symbology
     from catalog_barcode b
     where b.item_id = any(?1::bigint[])
     order by b.item_id, b.code",
);

const OWNERS: Statement = Statement::per_engine(
    "catalog.barcode.owners",
    "select b.code, i.sku from catalog_barcode b join catalog_item i on i.id = b.item_id where b.code = ?1",
    "select b.code, i.sku
     from unnest(?1::text[]) as k (code)
     join catalog_barcode b on b.code = k.code
     join catalog_item i on i.id = b.item_id",
);

const INSERT_UNITS: Statement = Statement::per_engine(
    "catalog.unit.insert",
    "insert into catalog_unit (item_id, unit, num, den)
     values (?1, ?2, ?3, ?4)",
    "insert into catalog_unit (item_id, unit, num, den)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::bigint[], ?4::bigint[])",
);

const INSERT_BARCODES: Statement = Statement::per_engine(
    "catalog.barcode.insert",
    "insert into catalog_barcode (code, item_id, unit, symbology)
     values (?1, ?2, ?3, ?4)",
    "insert into catalog_barcode (code, item_id, unit, symbology)
     select *
     from unnest(?1::text[], ?2::bigint[], ?3::text[], ?4::smallint[])",
);

const DELETE_UNIT: Statement =
    Statement::new("catalog.unit.delete", "delete from catalog_unit where item_id = ?1 and unit = ?2");

const DELETE_BARCODE: Statement =
    Statement::new("catalog.barcode.delete", "delete from catalog_barcode where code = ?1 and item_id = ?2");

/// A factor, from the second column on.
pub(crate) fn factor(row: &Row<'_>) -> Result<Ratio, DbError> {
    ratio(row, 1)
}

fn ratio(row: &Row<'_>, column: usize) -> Result<Ratio, DbError> {
    Ratio::new(row.int(column)?, row.int(column + 1)?)
        .map_err(|_| DbError::Column { column, wanted: "a factor above zero" })
}

/// The units of items, each list in the order of its names.
pub(crate) fn units(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, Unit)>, DbError> {
    conn.query_many(&UNITS, &ids(items), |row| {
        let unit = Unit { unit: row.text(1)?.to_owned(), factor: ratio(row, 2)? };
        Ok((ItemId(row.int(0)?), unit))
    })
}

/// The barcodes of items, each list in the order of its codes.
pub(crate) fn barcodes(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, Barcode)>, DbError> {
    conn.query_many(&BARCODES, &ids(items), |row| {
        let barcode = Barcode {
            code: row.text(1)?.to_owned(),
            unit: row.text(2)?.to_owned(),
            symbology: Symbology::from_number(row.int(3)?)
                .ok_or(DbError::Column { column: 3, wanted: "a symbology" })?,
        };
        Ok((ItemId(row.int(0)?), barcode))
    })
}

fn ids(items: &[ItemId]) -> Rows<'static> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[item.get().into()]);
    }
    rows
}

/// Which of these barcodes exist, and the SKU that each belongs to.
pub(crate) fn owners<'c>(
    conn: &mut Conn<'_>,
    codes: impl Iterator<Item = &'c str>,
) -> Result<Vec<(String, String)>, DbError> {
    let mut rows = Rows::new(1);
    codes.for_each(|code| rows.push(&[code.into()]));
    conn.query_many(&OWNERS, &rows, |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
}

/// Stores units; the item and the name are not there yet.
pub(crate) fn insert_units<'u>(
    tx: &mut Tx<'_>,
    units: impl Iterator<Item = (ItemId, &'u Unit)>,
) -> Result<(), DbError> {
    let mut rows = Rows::new(4);
    for (item, Unit { unit, factor }) in units {
        rows.push(&[item.get().into(), unit.into(), factor.num().into(), factor.den().into()]);
    }
    tx.execute_many(&INSERT_UNITS, &rows).map(|_| ())
}

/// Stores barcodes; [`BARCODE_KEY`] refuses one that is there.
pub(crate) fn insert_barcodes<'b>(
    tx: &mut Tx<'_>,
    barcodes: impl Iterator<Item = (ItemId, &'b Barcode)>,
) -> Result<(), DbError> {
    let mut rows = Rows::new(4);
    for (item, Barcode { code, unit, symbology }) in barcodes {
        rows.push(&[code.into(), item.get().into(), unit.into(), symbology.number().into()]);
    }
    tx.execute_many(&INSERT_BARCODES, &rows).map(|_| ())
}

/// Removes a unit that no barcode hangs on.
pub(crate) fn delete_unit(tx: &mut Tx<'_>, item: ItemId, unit: &str) -> Result<u64, DbError> {
    tx.execute(&DELETE_UNIT, &[item.get().into(), unit.into()])
}

/// Removes a barcode of an item.
pub(crate) fn delete_barcode(tx: &mut Tx<'_>, item: ItemId, code: &str) -> Result<u64, DbError> {
    tx.execute(&DELETE_BARCODE, &[code.into(), item.get().into()])
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &FACTORS,
    &ITEM_BY_BARCODE,
    &UNITS,
    &BARCODES,
    &OWNERS,
    &INSERT_UNITS,
    &INSERT_BARCODES,
    &DELETE_UNIT,
    &DELETE_BARCODE,
];
