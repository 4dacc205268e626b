//! The statements of packaging units and barcodes. Invariant: every item has a row for its base
//! unit with the factor 1, so that a barcode always hangs on a unit that is there; a unit that was
//! removed keeps its row and with it its factor.

use crate::item::{Barcode, Body, Unit};
use db::{Conn, DbError, Row, Rows, Statement, Tx};
use domain::unit::UnitCode;
use domain::{ItemId, PackLevel, Ratio};

/// The primary key of barcodes.
pub(crate) const BARCODE_KEY: &str = "catalog_barcode_pkey";

pub(crate) const FACTORS: Statement = Statement::per_engine(
    "catalog.unit.factors",
    "select ?3, u.num, u.den from catalog_unit u where u.item_id = ?1 and u.unit = ?2 and not u.removed",
    "select k.position, u.num, u.den
     from unnest(?1::bigint[], ?2::text[], ?3::bigint[]) as k (item_id, unit, position)
     join catalog_unit u on u.item_id = k.item_id and u.unit = k.unit and not u.removed",
)
.hot();

pub(crate) const ITEM_BY_BARCODE: Statement = Statement::new(
    "catalog.barcode.item",
    "select b.item_id, b.unit from catalog_barcode b where b.code_key = ?1",
)
.hot();

const UNITS: Statement = Statement::per_engine(
    "catalog.unit.of_items",
    "select u.item_id, u.unit, u.num, u.den, u.level, u.length_mm, u.width_mm, u.height_mm, u.weight_mg
     from catalog_unit u
     where u.item_id = ?1 and not u.removed
     order by u.unit",
    "select u.item_id, u.unit, u.num, u.den, u.level, u.length_mm, u.width_mm, u.height_mm, u.weight_mg
     from catalog_unit u
     where u.item_id = any(?1::bigint[]) and not u.removed
     order by u.item_id, u.unit",
);

const BARCODES: Statement = Statement::per_engine(
    "catalog.barcode.of_items",
    "select b.item_id, b.code, b.unit from catalog_barcode b where b.item_id = ?1 order by b.code_key",
    "select b.item_id, b.code, b.unit
     from catalog_barcode b
     where b.item_id = any(?1::bigint[])
     order by b.item_id, b.code_key",
);

const OWNERS: Statement = Statement::per_engine(
    "catalog.barcode.owners",
    "select b.code_key, b.code, i.sku
     from catalog_barcode b
     join catalog_item i on i.id = b.item_id
     where b.code_key = ?1",
    "select b.code_key, b.code, i.sku
     from unnest(?1::text[]) as k (code_key)
     join catalog_barcode b on b.code_key = k.code_key
     join catalog_item i on i.id = b.item_id",
);

const INSERT_UNITS: Statement = Statement::per_engine(
    "catalog.unit.insert",
    "insert into catalog_unit
       (item_id, unit, num, den, removed, level, length_mm, width_mm, height_mm, weight_mg)
     values (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?9)",
    "insert into catalog_unit
       (item_id, unit, num, den, removed, level, length_mm, width_mm, height_mm, weight_mg)
     select k.item_id, k.unit, k.num, k.den, false, k.level, k.length_mm, k.width_mm, k.height_mm, k.weight_mg
     from unnest(?1::bigint[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::smallint[], ?6::bigint[], ?7::bigint[],
                 ?8::bigint[], ?9::bigint[])
       as k (item_id, unit, num, den, level, length_mm, width_mm, height_mm, weight_mg)",
);

const INSERT_BARCODES: Statement = Statement::per_engine(
    "catalog.barcode.insert",
    "insert into catalog_barcode (code_key, code, item_id, unit, symbology)
     values (?1, ?2, ?3, ?4, ?5)",
    "insert into catalog_barcode (code_key, code, item_id, unit, symbology)
     select *
     from unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::text[], ?5::smallint[])",
);

const REMOVED: Statement = Statement::new(
    "catalog.unit.removed",
    "select u.item_id, u.num, u.den from catalog_unit u where u.item_id = ?1 and u.unit = ?2 and u.removed",
);

const SET_BODY: Statement = Statement::new(
    "catalog.unit.set_body",
    "update catalog_unit
     set level = ?3, length_mm = ?4, width_mm = ?5, height_mm = ?6, weight_mg = ?7
     where item_id = ?1 and unit = ?2",
);

const SET_REMOVED: Statement = Statement::new(
    "catalog.unit.set_removed",
    "update catalog_unit set removed = ?3 where item_id = ?1 and unit = ?2",
);

const DELETE_BARCODE: Statement = Statement::new(
    "catalog.barcode.delete",
    "delete from catalog_barcode where code_key = ?1 and item_id = ?2",
);

/// A factor, from the second column on.
pub(crate) fn factor(row: &Row<'_>) -> Result<Ratio, DbError> {
    ratio(row, 1)
}

fn ratio(row: &Row<'_>, column: usize) -> Result<Ratio, DbError> {
    Ratio::new(row.int(column)?, row.int(column + 1)?)
        .map_err(|_| DbError::Column { column, wanted: "a factor above zero" })
}

pub(crate) fn unit(row: &Row<'_>, column: usize) -> Result<UnitCode, DbError> {
    UnitCode::parse(row.text(column)?).map_err(|_| DbError::Column { column, wanted: "a unit" })
}

/// The units of items, each list in the order of its names.
pub(crate) fn units(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, Unit)>, DbError> {
    conn.query_many(&UNITS, &ids(items), |row| {
        let unit = Unit { unit: unit(row, 1)?, factor: ratio(row, 2)?, body: body(row)? };
        Ok((ItemId(row.int(0)?), unit))
    })
}

/// The barcodes of items, each list in the order of its codes.
pub(crate) fn barcodes(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, Barcode)>, DbError> {
    conn.query_many(&BARCODES, &ids(items), |row| {
        let code = domain::Barcode::scanned(row.text(1)?)
            .map_err(|_| DbError::Column { column: 1, wanted: "a barcode" })?;
        let barcode = Barcode { symbology: code.symbology(), code, unit: unit(row, 2)? };
        Ok((ItemId(row.int(0)?), barcode))
    })
}

fn body(row: &Row<'_>) -> Result<Body, DbError> {
    let known = |number: i64| {
        PackLevel::from_number(number).ok_or(DbError::Column { column: 4, wanted: "a packaging level" })
    };
    Ok(Body {
        level: row.opt_int(4)?.map(known).transpose()?,
        length_mm: row.opt_int(5)?,
        width_mm: row.opt_int(6)?,
        height_mm: row.opt_int(7)?,
        weight_mg: row.opt_int(8)?,
    })
}

fn ids(items: &[ItemId]) -> Rows<'static> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[item.get().into()]);
    }
    rows
}

/// A barcode that exists, and the item that it belongs to.
#[derive(Debug)]
pub(crate) struct Owner {
    /// The barcode as written.
    pub(crate) code: String,
    /// The item's SKU.
    pub(crate) sku: String,
}

/// Which of these barcode keys exist, each with what it belongs to.
pub(crate) fn owners<'c>(
    conn: &mut Conn<'_>,
    keys: impl Iterator<Item = &'c str>,
) -> Result<Vec<(String, Owner)>, DbError> {
    let mut rows = Rows::new(1);
    keys.for_each(|key| rows.push(&[key.into()]));
    conn.query_many(&OWNERS, &rows, |row| {
        let owner = Owner { code: row.text(1)?.to_owned(), sku: row.text(2)?.to_owned() };
        Ok((row.text(0)?.to_owned(), owner))
    })
}

/// Stores units; the item and the name are not there yet.
pub(crate) fn insert_units<'u>(
    tx: &mut Tx<'_>,
    units: impl Iterator<Item = (ItemId, &'u Unit)>,
) -> Result<(), DbError> {
    let mut rows = Rows::new(9);
    for (item, Unit { unit, factor, body }) in units {
        let Body { level, length_mm, width_mm, height_mm, weight_mg } = *body;
        rows.push(&[
            item.get().into(),
            unit.as_str().into(),
            factor.num().into(),
            factor.den().into(),
            level.map(PackLevel::number).into(),
            length_mm.into(),
            width_mm.into(),
            height_mm.into(),
            weight_mg.into(),
        ]);
    }
    tx.execute_many(&INSERT_UNITS, &rows).map(|_| ())
}

/// Stores barcodes; [`BARCODE_KEY`] refuses one that is there.
pub(crate) fn insert_barcodes<'b>(
    tx: &mut Tx<'_>,
    barcodes: impl Iterator<Item = (ItemId, &'b Barcode)>,
) -> Result<(), DbError> {
    let barcodes: Vec<(String, ItemId, &Barcode)> =
        barcodes.map(|(item, barcode)| (barcode.code.key(), item, barcode)).collect();
    let mut rows = Rows::with_capacity(5, barcodes.len());
    for (key, item, Barcode { code, symbology, unit }) in &barcodes {
        rows.push(&[
            key.into(),
            code.as_str().into(),
            item.get().into(),
            unit.as_str().into(),
            symbology.number().into(),
        ]);
    }
    tx.execute_many(&INSERT_BARCODES, &rows).map(|_| ())
}

/// The factor of a unit that was removed.
pub(crate) fn removed_factor(
    conn: &mut Conn<'_>,
    item: ItemId,
    unit: &UnitCode,
) -> Result<Option<Ratio>, DbError> {
    conn.query_opt(&REMOVED, &[item.get().into(), unit.as_str().into()], factor)
}

/// Says what a unit is as a thing.
pub(crate) fn set_body(tx: &mut Tx<'_>, item: ItemId, unit: &Unit) -> Result<(), DbError> {
    let Body { level, length_mm, width_mm, height_mm, weight_mg } = unit.body;
    let params = [
        item.get().into(),
        unit.unit.as_str().into(),
        level.map(PackLevel::number).into(),
        length_mm.into(),
        width_mm.into(),
        height_mm.into(),
        weight_mg.into(),
    ];
    tx.execute(&SET_BODY, &params).map(|_| ())
}

/// Takes a unit out of use, or back into it.
pub(crate) fn set_removed(
    tx: &mut Tx<'_>,
    item: ItemId,
    unit: &UnitCode,
    removed: bool,
) -> Result<(), DbError> {
    tx.execute(&SET_REMOVED, &[item.get().into(), unit.as_str().into(), removed.into()]).map(|_| ())
}

/// Removes a barcode of an item.
pub(crate) fn delete_barcode(tx: &mut Tx<'_>, item: ItemId, key: &str) -> Result<u64, DbError> {
    tx.execute(&DELETE_BARCODE, &[key.into(), item.get().into()])
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
    &REMOVED,
    &SET_BODY,
    &SET_REMOVED,
    &DELETE_BARCODE,
];
