//! Find items: by SKU, by any code that a scanner reads, or page by page.

pub(crate) mod api;
pub(crate) mod terms;
#[cfg(test)]
mod tests;

use crate::item::Item;
use crate::{code, limits, merge, store, store_codes, store_list, supplies};
use db::{Conn, DbError};
use domain::unit::UnitCode;
use domain::{CategoryId, ItemId};
use rustc_hash::FxHashMap;
use serde::Serialize;
use utoipa::ToSchema;

/// The most supplies that a code is looked up as: those of the first ranks.
const SUPPLIES_SHOWN_MAX: usize = 20;

/// What a code was found as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundAs {
    /// It is printed on a unit of the item.
    Barcode,
    /// It is the item's SKU.
    Sku,
    /// A supplier sells the item under it.
    SupplierSku,
    /// It is the SKU of an item that was merged into this one.
    Merged,
}

/// An item that a code names.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct CodeMatch {
    /// What the code is.
    pub found_as: FoundAs,
    /// The unit that was scanned; the base unit for a SKU; what the supplier sells for one of a supplier.
    #[schema(value_type = String)]
    pub unit: UnitCode,
    /// Of a SKU of a supplier: whose it is.
    pub supplier: Option<String>,
    /// The item.
    pub item: Item,
}

/// The item of a SKU, with its units and barcodes.
pub fn item(conn: &mut Conn<'_>, sku: &str) -> Result<Option<Item>, DbError> {
    let Some(key) = code::sku_key(sku) else { return Ok(None) };
    store::by_sku(conn, &key)?.map(|item| complete(conn, item)).transpose()
}

/// The items of these SKUs, with their units and barcodes, in the order asked.
pub fn items(conn: &mut Conn<'_>, skus: &[&str]) -> Result<Vec<Option<Item>>, DbError> {
    let facts = crate::facts_by_sku(conn, skus)?;
    let ids: Vec<ItemId> = facts.iter().flatten().map(|facts| facts.id).collect();
    let mut found = store::by_ids(conn, &ids)?;
    fill(conn, &mut found)?;
    let found: FxHashMap<ItemId, Item> = found.into_iter().map(|item| (item.id, item)).collect();
    // a SKU that is asked for twice is answered twice
    Ok(facts.iter().map(|facts| found.get(&facts.as_ref()?.id).cloned()).collect())
}

/// What a code names among the items of these categories: first the barcode, then the SKU that is written the
/// same, with what it was merged into, then those of suppliers.
pub(crate) fn by_code(
    conn: &mut Conn<'_>,
    code: &str,
    among: Option<&[CategoryId]>,
) -> Result<Vec<CodeMatch>, DbError> {
    let mut found = Vec::new();
    for one in all_by_code(conn, code)? {
        if limits::has(conn, among, one.item.category_id)? {
            found.push(one);
        }
    }
    Ok(found)
}

fn all_by_code(conn: &mut Conn<'_>, code: &str) -> Result<Vec<CodeMatch>, DbError> {
    let mut found = Vec::new();
    if let Some((id, unit)) = crate::item_by_barcode(conn, code)?
        && let Some(item) = store::by_id(conn, id)?
    {
        let item = complete(conn, item)?;
        found.push(CodeMatch { found_as: FoundAs::Barcode, unit, supplier: None, item });
    }
    if let Some(item) = item(conn, code)? {
        let end = merge::end_of(conn, &item)?;
        let whole =
            |found_as, item: Item| CodeMatch { found_as, unit: item.base_unit.clone(), supplier: None, item };
        found.push(whole(FoundAs::Sku, item));
        found.extend(end.map(|end| whole(FoundAs::Merged, end)));
    }
    for supply in supplies::by_code(conn, code)?.into_iter().take(SUPPLIES_SHOWN_MAX) {
        // a supplier that sells it under our SKU tells nothing new
        if found.iter().all(|other| other.item.id != supply.item)
            && let Some(item) = store::by_id(conn, supply.item)?
        {
            found.push(CodeMatch {
                found_as: FoundAs::SupplierSku,
                unit: supply.unit,
                supplier: Some(supply.supplier.as_str().to_owned()),
                item: complete(conn, item)?,
            });
        }
    }
    Ok(found)
}

/// The items of these ids, in their order.
pub(crate) fn by_ids(conn: &mut Conn<'_>, ids: &[ItemId]) -> Result<Vec<Item>, DbError> {
    let mut items = store::by_ids(conn, ids)?;
    fill(conn, &mut items)?;
    let place = |item: &Item| ids.iter().position(|id| *id == item.id);
    items.sort_by_key(place);
    Ok(items)
}

/// One page.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &store_list::Filter) -> Result<Vec<Item>, DbError> {
    let mut items = store_list::list(conn, filter)?;
    fill(conn, &mut items)?;
    Ok(items)
}

/// A record with its units and barcodes.
pub(crate) fn complete(conn: &mut Conn<'_>, mut item: Item) -> Result<Item, DbError> {
    fill(conn, std::slice::from_mut(&mut item))?;
    Ok(item)
}

fn fill(conn: &mut Conn<'_>, items: &mut [Item]) -> Result<(), DbError> {
    let ids: Vec<ItemId> = items.iter().map(|item| item.id).collect();
    let mut places: FxHashMap<ItemId, &mut Item> = items.iter_mut().map(|item| (item.id, item)).collect();
    for (id, unit) in store_codes::units(conn, &ids)? {
        if let Some(item) = places.get_mut(&id) {
            item.units.push(unit);
        }
    }
    for (id, barcode) in store_codes::barcodes(conn, &ids)? {
        if let Some(item) = places.get_mut(&id) {
            item.barcodes.push(barcode);
        }
    }
    Ok(())
}
