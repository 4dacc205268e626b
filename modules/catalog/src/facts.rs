//! What other modules ask of items inside their own transactions: facts, factors and codes, many
//! at a time. Not here: the whole record, which is for people and doors.

use crate::{code, store, store_codes};
use db::{Conn, DbError, Row, Rows, Statement, Value};
use domain::unit::UnitCode;
use domain::{ExpiryRule, ItemId, Ratio, Tracking};

/// What the ledger must know of an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemFacts {
    /// Its id.
    pub id: ItemId,
    /// Its SKU as written.
    pub sku: String,
    /// The base unit refuses fractions.
    pub whole: bool,
    /// The unit that all its stock is kept in.
    pub base_unit: String,
    /// How its units are told apart.
    pub tracking: Tracking,
    /// Where the expiry date of a lot comes from.
    pub expiry: ExpiryRule,
    /// False for services, which have no stock.
    pub stocked: bool,
    /// Kept for its history only.
    pub archived: bool,
}

/// The items of these SKUs, in the order asked; capital and small letters do not differ.
pub fn facts_by_sku(conn: &mut Conn<'_>, skus: &[&str]) -> Result<Vec<Option<ItemFacts>>, DbError> {
    let keys: Vec<Option<String>> = skus.iter().map(|sku| code::sku_key(sku)).collect();
    let rows = (0_i64..)
        .zip(&keys)
        .filter_map(|(position, key)| Some([Value::from(key.as_ref()?), position.into()]));
    in_order(conn, &store::FACTS_BY_SKU, keys.len(), rows, store::facts)
}

/// The items of these ids, in the order asked.
pub fn facts_by_id(conn: &mut Conn<'_>, ids: &[ItemId]) -> Result<Vec<Option<ItemFacts>>, DbError> {
    let rows = (0_i64..).zip(ids).map(|(position, id)| [id.get().into(), position.into()]);
    in_order(conn, &store::FACTS_BY_ID, ids.len(), rows, store::facts)
}

/// How many base units one of each unit is, in the order asked; the base unit itself is one.
pub fn unit_factors(conn: &mut Conn<'_>, keys: &[(ItemId, &str)]) -> Result<Vec<Option<Ratio>>, DbError> {
    let rows = (0_i64..)
        .zip(keys)
        .filter(|(_, (_, unit))| UnitCode::parse(unit).is_ok())
        .map(|(position, (item, unit))| [item.get().into(), Value::Text(unit), position.into()]);
    in_order(conn, &store_codes::FACTORS, keys.len(), rows, store_codes::factor)
}

/// The item and unit that a barcode names.
pub fn item_by_barcode(conn: &mut Conn<'_>, code: &str) -> Result<Option<(ItemId, UnitCode)>, DbError> {
    let Some(key) = code::barcode_key(code) else { return Ok(None) };
    conn.query_opt(&store_codes::ITEM_BY_BARCODE, &[(&key).into()], |row| {
        Ok((ItemId(row.int(0)?), store_codes::unit(row, 1)?))
    })
}

/// Asks for many keys at once and puts the answers in the order of the keys. A row ends with the
/// position of its key, which the statement gives back as its first column.
fn in_order<'v, T, const N: usize>(
    conn: &mut Conn<'_>,
    statement: &Statement,
    asked: usize,
    keys: impl Iterator<Item = [Value<'v>; N]>,
    map: fn(&Row<'_>) -> Result<T, DbError>,
) -> Result<Vec<Option<T>>, DbError> {
    let mut found: Vec<Option<T>> = Vec::new();
    found.resize_with(asked, || None);
    let mut rows = Rows::with_capacity(N, asked);
    keys.for_each(|key| rows.push(&key));
    for (position, answer) in conn.query_many(statement, &rows, |row| Ok((row.int(0)?, map(row)?)))? {
        if let Some(slot) = usize::try_from(position).ok().and_then(|position| found.get_mut(position)) {
            *slot = Some(answer);
        }
    }
    Ok(found)
}
