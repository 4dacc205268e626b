//! Create items: one by the API, thousands at a time for imports, all of a call or none.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::item::{Item, NewItem};
use crate::rulebook::Rulebook;
use crate::rules::Indexed;
use crate::{code, record, search, store, store_codes, store_values};
use db::{DbError, Tx};
use domain::{Code, Ctx, ItemId, Problem};
use rustc_hash::FxHashMap;
use web::Failure;

/// The most items of one call.
pub const ITEMS_PER_CALL_MAX: usize = 10_000;

/// Creates one item. Pointers of a refusal begin at the item.
pub fn create_item(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewItem) -> Result<Item, Failure> {
    let items = create(tx, ctx, std::slice::from_ref(command), |_| String::new())?;
    items.into_iter().next().ok_or_else(|| Failure::fault("an item was created and is not there"))
}

/// Creates many items, all or none, with a few statements for all of them. Pointers of a refusal
/// begin with the index of the item: `/17/sku`.
pub fn create_items(tx: &mut Tx<'_>, ctx: &Ctx, commands: &[NewItem]) -> Result<Vec<Item>, Failure> {
    if commands.len() > ITEMS_PER_CALL_MAX {
        let detail = format!("one call creates at most {ITEMS_PER_CALL_MAX} items, not {}", commands.len());
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    create(tx, ctx, commands, |index| format!("/{index}"))
}

fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    commands: &[NewItem],
    place: impl Fn(usize) -> String,
) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::with_capacity(commands.len());
    for (index, command) in commands.iter().enumerate() {
        let item = decide::plan(command, ctx.now).map_err(|problem| problem.under(&place(index)))?;
        items.push(item);
    }
    let book = Rulebook::open(tx, items.iter())?;
    for (index, item) in items.iter_mut().enumerate() {
        let at = |problem: Problem| problem.under(&place(index));
        item.category_id = book.category(item).map_err(at)?;
        book.check(&item.attributes, item.category_id, "/attributes").map_err(at)?;
    }
    refuse_taken(tx, commands, &items, &place)?;
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let first = db::ids::take(tx, "catalog.item", count)?;
    for (id, item) in (first..).zip(&mut items) {
        item.id = ItemId(id);
    }
    store::insert(tx, &items).map_err(taken_meanwhile)?;
    let units = items.iter().flat_map(|item| item.units.iter().map(|unit| (item.id, unit)));
    store_codes::insert_units(tx, units)?;
    let barcodes = items.iter().flat_map(|item| item.barcodes.iter().map(|barcode| (item.id, barcode)));
    store_codes::insert_barcodes(tx, barcodes).map_err(taken_meanwhile)?;
    let values: Vec<(ItemId, Indexed)> = items
        .iter()
        .flat_map(|item| {
            book.indexed(&item.attributes, item.category_id).into_iter().map(|value| (item.id, value))
        })
        .collect();
    store_values::insert(tx, values.iter())?;
    search::learn(tx, items.iter())?;
    let created =
        record::Change { action: "catalog.item.create", event: "catalog.item_created", fields: &[] };
    for item in &items {
        record::change(tx, ctx, item, &created)?;
    }
    Ok(items)
}

/// Refuses SKUs and barcodes that exist, or stand twice in the call.
fn refuse_taken(
    tx: &mut Tx<'_>,
    commands: &[NewItem],
    items: &[Item],
    place: &impl Fn(usize) -> String,
) -> Result<(), Failure> {
    let mut skus = FxHashMap::default();
    for (index, item) in items.iter().enumerate() {
        if skus.insert(code::sku_key(&item.sku), index).is_some() {
            let detail = format!("the SKU `{}` stands twice in the call", item.sku);
            return Err(Problem::at(Code::CodeTaken, format!("{}/sku", place(index)), detail).into());
        }
    }
    let folded: Vec<&str> = items.iter().map(|item| item.sku.as_str()).collect();
    for (index, found) in crate::facts_by_sku(tx, &folded)?.into_iter().enumerate() {
        if let Some(other) = found {
            let detail = format!("the SKU `{}` exists already; choose another one", other.sku);
            return Err(Problem::at(Code::CodeTaken, format!("{}/sku", place(index)), detail).into());
        }
    }
    let mut keys = FxHashMap::default();
    for (index, command) in commands.iter().enumerate() {
        for (barcode, new) in command.barcodes.iter().enumerate() {
            let pointer = format!("{}/barcodes/{barcode}/code", place(index));
            let Some(key) = code::barcode_key(&new.code) else { continue };
            if keys.contains_key(&key) {
                let detail = format!("the barcode `{}` stands twice in the call", new.code);
                return Err(Problem::at(Code::CodeTaken, pointer, detail).into());
            }
            keys.insert(key, pointer);
        }
    }
    match store_codes::owners(tx, keys.keys().map(String::as_str))?.first() {
        Some((key, owner)) => {
            let pointer = keys.remove(key).unwrap_or_default();
            Err(barcode_taken(owner, pointer).into())
        }
        None => Ok(()),
    }
}

/// A barcode that another item has, or this one.
pub(crate) fn barcode_taken(owner: &store_codes::Owner, pointer: String) -> Problem {
    let store_codes::Owner { code, sku } = owner;
    let detail = format!("the barcode `{code}` belongs to the item `{sku}`; remove it there first");
    Problem::at(Code::CodeTaken, pointer, detail)
}

/// Somebody else took the SKU or the barcode between the question and the insert.
pub(crate) fn taken_meanwhile(error: DbError) -> Failure {
    if error.is_unique(store::SKU_INDEX) {
        Problem::new(Code::CodeTaken, "the SKU was taken a moment ago; read the item again").into()
    } else if error.is_unique(store_codes::BARCODE_KEY) {
        Problem::new(Code::CodeTaken, "the barcode was taken a moment ago; look it up again").into()
    } else {
        error.into()
    }
}
