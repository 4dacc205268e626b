//! The statements of prices. A row is added, ended, or withdrawn before it began; nothing else of it changes.

use crate::prices::{Price, PriceAsked};
use db::{Conn, DbError, Row, Statement, Tx, Value};
use domain::when::Date;
use domain::{Currency, Instant, ItemId, PriceId, PriceKind, Qty, SupplyId, UnitCode, UnitCost};

macro_rules! record {
    () => {
        "select p.id, p.item_id, p.kind, p.list, p.supply_id,
                (select s.code
                 from catalog_supply y
                 join catalog_supplier s on s.id = y.supplier_id
                 where y.id = p.supply_id),
                (select y.code from catalog_supply y where y.id = p.supply_id),
                p.unit, p.currency, p.least, p.amount, p.valid_from, p.valid_until, p.withdrawn, p.created_at
         from catalog_price p
         where "
    };
}

const BY_ID: Statement =
    Statement::new("catalog.price.by_id", concat!(record!(), "p.id = ?2 and p.item_id = ?1"));

const LIST: Statement = Statement::new(
    "catalog.price.list",
    concat!(
        record!(),
        "p.item_id = ?1
           and p.id < ?2
           and (p.kind = ?3 or ?3 is null)
           and (p.list = ?4 or ?4 is null)
           and ((p.valid_from <= ?5 and (p.valid_until >= ?5 or p.valid_until is null) and not p.withdrawn)
                or ?5 is null)
         order by p.id desc
         limit ?6"
    ),
);

/// Those of one kind, list, unit, currency and quantity.
const ALIKE: Statement = Statement::new(
    "catalog.price.alike",
    concat!(
        record!(),
        "p.item_id = ?1 and p.kind = ?2 and p.list = ?3 and p.unit = ?4 and p.currency = ?5 and p.least = ?6
           and not p.withdrawn
           and (p.supply_id = ?7 or (p.supply_id is null and ?7 is null))
         order by p.valid_from"
    ),
);

const AT: Statement = Statement::new(
    "catalog.price.at",
    concat!(
        record!(),
        "p.item_id = ?1 and p.kind = ?2 and p.list = ?3
           and (p.supply_id = ?4 or ?4 is null)
           and (p.unit = ?5 or ?5 is null)
           and p.currency = ?6
           and p.least <= ?7
           and p.valid_from <= ?8
           and (p.valid_until >= ?8 or p.valid_until is null)
           and not p.withdrawn
           and not exists (select 1 from catalog_supply y where y.id = p.supply_id and y.removed)
         order by
           coalesce((select y.rank from catalog_supply y where y.id = p.supply_id), 0),
           p.supply_id,
           p.least desc,
           p.unit
         limit 1"
    ),
);

const COUNT: Statement =
    Statement::new("catalog.price.count", "select count(*) from catalog_price p where p.item_id = ?1");

/// Whether a price in a unit of the item, and not of a supplier, holds on a day or later.
const HOLDS_IN: Statement = Statement::new(
    "catalog.price.holds_in",
    "select 1 from catalog_price p
     where p.item_id = ?1 and p.unit = ?2 and p.supply_id is null and not p.withdrawn
       and (p.valid_until is null or p.valid_until >= ?3)
     limit 1",
);

const INSERT: Statement = Statement::new(
    "catalog.price.insert",
    "insert into catalog_price
       (id, item_id, kind, list, supply_id, unit, currency, least, amount, valid_from, valid_until, withdrawn,
        created_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, false, ?12)",
);

const END: Statement =
    Statement::new("catalog.price.end", "update catalog_price set valid_until = ?2 where id = ?1");

const WITHDRAW: Statement =
    Statement::new("catalog.price.withdraw", "update catalog_price set withdrawn = true where id = ?1");

fn record(row: &Row<'_>) -> Result<Price, DbError> {
    let wanted = |column, wanted| move || DbError::Column { column, wanted };
    Ok(Price {
        id: PriceId(row.int(0)?),
        item: ItemId(row.int(1)?),
        kind: PriceKind::from_number(row.int(2)?).ok_or_else(wanted(2, "a kind of price"))?,
        list: row.text(3)?.to_owned(),
        supply: row.opt_int(4)?.map(SupplyId),
        supplier: row.opt_text(5)?.map(str::to_owned),
        supplier_sku: row.opt_text(6)?.map(str::to_owned),
        unit: crate::store_codes::unit(row, 7)?,
        currency: Currency::parse(row.text(8)?).ok().ok_or_else(wanted(8, "a currency"))?,
        least: Qty::from_millionths(row.int(9)?).ok_or_else(wanted(9, "a quantity"))?,
        amount: UnitCost::from_millionths(row.int(10)?).ok_or_else(wanted(10, "a cost"))?,
        valid_from: row.date(11)?,
        valid_until: row.opt_date(12)?,
        withdrawn: row.bool(13)?,
        created_at: Instant(row.int(14)?),
    })
}

/// Which prices of an item a list shows.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// Before this number.
    pub(crate) before: i64,
    pub(crate) kind: Option<PriceKind>,
    pub(crate) list: Option<String>,
    pub(crate) on: Option<Date>,
    pub(crate) limit: i64,
}

/// A price of an item.
pub(crate) fn by_id(conn: &mut Conn<'_>, item: ItemId, id: PriceId) -> Result<Option<Price>, DbError> {
    conn.query_opt(&BY_ID, &[item.get().into(), id.get().into()], record)
}

/// One page, the latest written first.
pub(crate) fn list(conn: &mut Conn<'_>, item: ItemId, filter: &Filter) -> Result<Vec<Price>, DbError> {
    let Filter { before, kind, list, on, limit } = filter;
    let params = [
        item.get().into(),
        (*before).into(),
        kind.map(PriceKind::number).into(),
        list.as_deref().into(),
        on.map_or(Value::Null, Value::Date),
        (*limit).into(),
    ];
    conn.query(&LIST, &params, record)
}

/// The prices that have no day in common with this one, nor with each other.
pub(crate) fn alike(conn: &mut Conn<'_>, price: &Price) -> Result<Vec<Price>, DbError> {
    let params = [
        price.item.get().into(),
        price.kind.number().into(),
        (&price.list).into(),
        price.unit.as_str().into(),
        price.currency.code().into(),
        price.least.millionths().into(),
        price.supply.map(SupplyId::get).into(),
    ];
    conn.query(&ALIKE, &params, record)
}

/// The price that holds: of the first supply by rank, of the largest quantity that is reached.
pub(crate) fn at(conn: &mut Conn<'_>, item: ItemId, asked: &PriceAsked) -> Result<Option<Price>, DbError> {
    let PriceAsked { kind, list, supply, unit, currency, qty, on } = asked;
    let params = [
        item.get().into(),
        kind.number().into(),
        list.into(),
        supply.map(SupplyId::get).into(),
        unit.as_deref().into(),
        currency.code().into(),
        qty.millionths().into(),
        Value::Date(*on),
    ];
    conn.query_opt(&AT, &params, record)
}

/// How many prices an item has had.
pub(crate) fn count(conn: &mut Conn<'_>, item: ItemId) -> Result<i64, DbError> {
    conn.query_one(&COUNT, &[item.get().into()], |row| row.int(0))
}

/// Stores a new price.
pub(crate) fn insert(tx: &mut Tx<'_>, price: &Price) -> Result<(), DbError> {
    let params = [
        price.id.get().into(),
        price.item.get().into(),
        price.kind.number().into(),
        (&price.list).into(),
        price.supply.map(SupplyId::get).into(),
        price.unit.as_str().into(),
        price.currency.code().into(),
        price.least.millionths().into(),
        price.amount.millionths().into(),
        Value::Date(price.valid_from),
        price.valid_until.map_or(Value::Null, Value::Date),
        price.created_at.0.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Stores the last day of a price.
/// Whether a price in a unit of an item holds on a day or later.
pub(crate) fn holds_in(
    conn: &mut Conn<'_>,
    item: ItemId,
    unit: &UnitCode,
    day: Date,
) -> Result<bool, DbError> {
    let params = [item.get().into(), unit.as_str().into(), Value::Date(day)];
    Ok(conn.query_opt(&HOLDS_IN, &params, |row| row.int(0))?.is_some())
}

pub(crate) fn end(tx: &mut Tx<'_>, price: &Price) -> Result<(), DbError> {
    let until = price.valid_until.map_or(Value::Null, Value::Date);
    tx.execute(&END, &[price.id.get().into(), until]).map(|_| ())
}

/// Takes a price back.
pub(crate) fn withdraw(tx: &mut Tx<'_>, price: PriceId) -> Result<(), DbError> {
    tx.execute(&WITHDRAW, &[price.get().into()]).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&BY_ID, &LIST, &ALIKE, &AT, &COUNT, &HOLDS_IN, &INSERT, &END, &WITHDRAW];
