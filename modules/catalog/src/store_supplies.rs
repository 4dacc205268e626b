//! The statements of what suppliers sell of items. What is removed keeps its row, for the prices that it had.

use crate::store_list::among;
use crate::store_search::among_json;
use crate::supplies::Supply;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::{CategoryId, ItemId, Qty, Ratio, SupplierCode, SupplierId, SupplierSku, SupplyId};

/// The unique index of a supplier's SKUs.
pub(crate) const CODE_INDEX: &str = "catalog_supply_code";

macro_rules! record {
    () => {
        "select p.id, p.item_id, (select i.sku from catalog_item i where i.id = p.item_id), p.supplier_id,
                (select s.code from catalog_supplier s where s.id = p.supplier_id), p.code, p.name, p.unit, p.num,
                p.den, p.least, p.multiple, p.lead_time_days, p.rank
         from catalog_supply p
         where "
    };
}

macro_rules! sold_by_among {
    ($among:expr) => {
        concat!(
            record!(),
            "p.supplier_id = ?1 and p.code_folded > ?2 and not p.removed
             and exists (select 1 from catalog_item i where i.id = p.item_id and ",
            $among,
            ") order by p.code_folded limit ?3"
        )
    };
}

const OF_ITEM: Statement = Statement::new(
    "catalog.supply.of_item",
    concat!(record!(), "p.item_id = ?1 and not p.removed order by p.rank, p.id"),
);

const BY_CODE: Statement = Statement::new(
    "catalog.supply.by_code",
    concat!(record!(), "p.code_folded = ?1 and not p.removed order by p.rank, p.id"),
);

const SOLD_BY: Statement = Statement::new(
    "catalog.supply.sold_by",
    concat!(
        record!(),
        "p.supplier_id = ?1 and p.code_folded > ?2 and not p.removed order by p.code_folded limit ?3"
    ),
);

/// The same among the items of some categories and those below.
const SOLD_BY_AMONG: Statement = Statement::per_engine(
    "catalog.supply.sold_by_among",
    sold_by_among!(among!(sqlite "?4")),
    sold_by_among!(among!(postgres "?4")),
);

const INSERT: Statement = Statement::new(
    "catalog.supply.insert",
    "insert into catalog_supply
       (id, item_id, supplier_id, code, code_folded, name, unit, num, den, least, multiple, lead_time_days, rank,
        removed)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, false)",
);

const UPDATE: Statement = Statement::new(
    "catalog.supply.update",
    "update catalog_supply
     set name = ?2, least = ?3, multiple = ?4, lead_time_days = ?5, rank = ?6
     where id = ?1",
);

const REMOVE: Statement =
    Statement::new("catalog.supply.remove", "update catalog_supply set removed = true where id = ?1");

fn record(row: &Row<'_>) -> Result<Supply, DbError> {
    let qty = |column: usize| {
        let read =
            |number| Qty::from_millionths(number).ok_or(DbError::Column { column, wanted: "a quantity" });
        row.opt_int(column)?.map(read).transpose()
    };
    Ok(Supply {
        id: SupplyId(row.int(0)?),
        item: ItemId(row.int(1)?),
        sku: row.text(2)?.to_owned(),
        supplier_id: SupplierId(row.int(3)?),
        supplier: SupplierCode::parse(row.text(4)?)
            .map_err(|_| DbError::Column { column: 4, wanted: "the code of a supplier" })?,
        supplier_sku: SupplierSku::parse(row.text(5)?)
            .map_err(|_| DbError::Column { column: 5, wanted: "the SKU of a supplier" })?,
        name: row.opt_text(6)?.map(str::to_owned),
        unit: crate::store_codes::unit(row, 7)?,
        factor: Ratio::new(row.int(8)?, row.int(9)?)
            .map_err(|_| DbError::Column { column: 8, wanted: "a factor above zero" })?,
        least: qty(10)?,
        multiple: qty(11)?,
        lead_time_days: row.opt_int(12)?,
        rank: row.int(13)?,
    })
}

/// What is sold of an item, by rank.
pub(crate) fn of_item(conn: &mut Conn<'_>, item: ItemId) -> Result<Vec<Supply>, DbError> {
    conn.query(&OF_ITEM, &[item.get().into()], record)
}

/// What is sold under a folded SKU, by rank.
pub(crate) fn by_code(conn: &mut Conn<'_>, folded: &str) -> Result<Vec<Supply>, DbError> {
    conn.query(&BY_CODE, &[folded.into()], record)
}

/// One page of what a supplier sells, of all items or those of some categories, by folded SKU.
pub(crate) fn sold_by(
    conn: &mut Conn<'_>,
    supplier: SupplierId,
    among: Option<&[CategoryId]>,
    (after, limit): (&str, i64),
) -> Result<Vec<Supply>, DbError> {
    let (supplier, after, limit) = (supplier.get().into(), after.into(), limit.into());
    match among.map(among_json) {
        None => conn.query(&SOLD_BY, &[supplier, after, limit], record),
        Some(among) => conn.query(&SOLD_BY_AMONG, &[supplier, after, limit, (&among).into()], record),
    }
}

/// Stores a new supply; [`CODE_INDEX`] refuses a SKU that the supplier has already.
pub(crate) fn insert(tx: &mut Tx<'_>, supply: &Supply) -> Result<(), DbError> {
    let Supply {
        id,
        item,
        sku: _,
        supplier_id,
        supplier: _,
        supplier_sku,
        name,
        unit,
        factor,
        least,
        multiple,
        lead_time_days,
        rank,
    } = supply;
    let folded = supplier_sku.folded();
    let params = [
        id.get().into(),
        item.get().into(),
        supplier_id.get().into(),
        supplier_sku.as_str().into(),
        (&folded).into(),
        name.as_deref().into(),
        unit.as_str().into(),
        factor.num().into(),
        factor.den().into(),
        least.map(Qty::millionths).into(),
        multiple.map(Qty::millionths).into(),
        (*lead_time_days).into(),
        (*rank).into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Stores what changed of a supply.
pub(crate) fn update(tx: &mut Tx<'_>, supply: &Supply) -> Result<(), DbError> {
    let params = [
        supply.id.get().into(),
        supply.name.as_deref().into(),
        supply.least.map(Qty::millionths).into(),
        supply.multiple.map(Qty::millionths).into(),
        supply.lead_time_days.into(),
        supply.rank.into(),
    ];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// Takes a supply away.
pub(crate) fn remove(tx: &mut Tx<'_>, supply: SupplyId) -> Result<(), DbError> {
    tx.execute(&REMOVE, &[supply.get().into()]).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&OF_ITEM, &BY_CODE, &SOLD_BY, &SOLD_BY_AMONG, &INSERT, &UPDATE, &REMOVE];
