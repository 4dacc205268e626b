//! What other modules ask of items inside their own transactions: facts, factors and codes, many
//! at a time. Not here: the whole record, which is for people and doors.

use crate::{code, store, store_categories, store_codes};
use db::{Conn, DbError, Question, Value};
use domain::unit::UnitCode;
use domain::{CategoryId, ExpiryRule, ItemId, Ratio, Tracking};

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
    /// The other units that it has, beside the base unit.
    pub packagings: Vec<String>,
    /// How its units are told apart.
    pub tracking: Tracking,
    /// Where the expiry date of a lot comes from.
    pub expiry: ExpiryRule,
    /// False for services, which have no stock.
    pub stocked: bool,
    /// Kept for its history only.
    pub archived: bool,
    /// The third party whose goods these are; none for our own.
    pub owner: Option<String>,
}

/// SKUs as the catalogue looks them up; none for what cannot be one.
pub fn sku_keys(skus: &[&str]) -> Vec<Option<String>> {
    skus.iter().map(|sku| code::sku_key(sku)).collect()
}

/// The items of these keys, as a question; see [`sku_keys`].
pub fn items_of(keys: &[Option<String>]) -> Question<'_, ItemFacts> {
    let keys = keys.iter().map(|key| Some([Value::from(key.as_ref()?)]));
    Question::new(&store::FACTS_BY_SKU, keys, store::facts)
}

/// The items of these SKUs, in the order asked; capital and small letters do not differ.
pub fn facts_by_sku(conn: &mut Conn<'_>, skus: &[&str]) -> Result<Vec<Option<ItemFacts>>, DbError> {
    conn.answers(items_of(&sku_keys(skus)))
}

/// The items of these ids, in the order asked.
pub fn facts_by_id(conn: &mut Conn<'_>, ids: &[ItemId]) -> Result<Vec<Option<ItemFacts>>, DbError> {
    let keys = ids.iter().map(|id| Some([id.get().into()]));
    conn.answers(Question::new(&store::FACTS_BY_ID, keys, store::facts))
}

/// The categories of items, each from its own upwards.
///
/// # Errors
/// When the store fails.
pub fn category_lines(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, CategoryId)>, DbError> {
    store_categories::lines_of_items(conn, items)
}

/// How many base units one of each unit is, in the order asked; the base unit itself is one.
pub fn unit_factors(conn: &mut Conn<'_>, keys: &[(ItemId, &str)]) -> Result<Vec<Option<Ratio>>, DbError> {
    let keys = keys
        .iter()
        .map(|(item, unit)| UnitCode::parse(unit).is_ok().then_some([item.get().into(), Value::Text(unit)]));
    conn.answers(Question::new(&store_codes::FACTORS, keys, store_codes::factor))
}

/// The item and unit that a barcode names.
pub fn item_by_barcode(conn: &mut Conn<'_>, code: &str) -> Result<Option<(ItemId, UnitCode)>, DbError> {
    let Some(key) = code::barcode_key(code) else { return Ok(None) };
    conn.query_opt(&store_codes::ITEM_BY_BARCODE, &[(&key).into()], |row| {
        Ok((ItemId(row.int(0)?), store_codes::unit(row, 1)?))
    })
}
