//! Two records of one thing become one: the barcodes and supplies of the one move to the other, and it stays
//! archived, for its history, with the way to the other. Whether its stock allows that is for the caller to know:
//! it is a command of `stock`, which calls [`hold_merge`], looks, and calls [`merge_item`].

pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::change::decide::touch;
use crate::item::Item;
use crate::{
    bom, code, find, record, search, store, store_codes, store_merge, store_prices, store_supplies,
    store_variants,
};
use db::{Conn, DbError, Tx};
use domain::{Code, Ctx, ItemId, Problem};
use serde::Serialize;
use serde_json::{Map, Value};
use web::{Failure, IfMatch};

/// How many merges are followed from one item to the next.
const STEPS_MAX: usize = 64;

/// What came to an item, for its history.
#[derive(Serialize)]
struct Absorbed<'a> {
    sku: &'a str,
    barcodes: Vec<&'a str>,
    supplies: Vec<String>,
    #[serde(flatten)]
    besides: &'a Map<String, Value>,
}

/// Both items of a merge, held until the transaction ends: the one that goes, at the version that the caller read,
/// and the one that stays.
pub fn hold_merge(
    tx: &mut Tx<'_>,
    (sku, version): (&str, IfMatch),
    into: &str,
) -> Result<(ItemId, ItemId), Failure> {
    let gone = find::item(tx, sku)?.ok_or_else(|| Problem::not_found("item", sku))?.id;
    let kept = find::item(tx, into)?.ok_or_else(|| {
        let detail = format!("there is no item with the SKU `{}`", domain::word::echo(into));
        Problem::at(Code::UnknownItem, "/into", detail)
    })?;
    let kept = kept.id;
    let mut held = Vec::with_capacity(2);
    // in the order of their ids, as everybody locks items
    for id in [gone.min(kept), gone.max(kept)] {
        held.extend(store::lock_by_id(tx, id)?);
    }
    let of = |id: ItemId| held.iter().find(|item| item.id == id);
    let (Some(from), Some(to)) = (of(gone), of(kept)) else {
        return Err(Failure::fault("an item of a merge is gone"));
    };
    version.check(from.version)?;
    decide::check(from, to)?;
    Ok((gone, kept))
}

/// Merges one item into another; both are held. `besides` is what else became of what was said of the one that goes,
/// for the history of the one that stays. The one that goes, as it is then.
pub fn merge_item(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (gone, kept): (ItemId, ItemId),
    besides: &Map<String, Value>,
) -> Result<Item, Failure> {
    let mut from = whole(tx, gone)?;
    let mut to = whole(tx, kept)?;
    bom::refuse_needed(tx, &from)?;
    let sold = [store_supplies::of_item(tx, gone)?, store_supplies::of_item(tx, kept)?];
    let lacking = decide::plan(&from, &to, &sold)?;
    for unit in &lacking {
        match store_codes::removed_factor(tx, kept, &unit.unit)? {
            None => store_codes::insert_units(tx, std::iter::once((kept, unit)))?,
            Some(factor) if factor == unit.factor => {
                store_codes::set_removed(tx, kept, &unit.unit, false)?;
                store_codes::set_body(tx, kept, unit)?;
            }
            Some(factor) => return Err(decide::other_factor(&from, &to, unit, factor).into()),
        }
    }
    let prices = store_prices::count(tx, gone)?.saturating_add(store_prices::count(tx, kept)?);
    if prices > crate::prices::PRICES_PER_ITEM_MAX {
        let detail = format!("`{}` and `{}` have too many prices for one item", from.sku, to.sku);
        return Err(Problem::new(Code::TooMany, detail).into());
    }
    store_merge::move_codes(tx, gone, kept)?;
    let absorbed = Absorbed {
        sku: &from.sku,
        barcodes: from.barcodes.iter().map(|barcode| barcode.code.as_str()).collect(),
        supplies: sold
            .iter()
            .take(1)
            .flatten()
            .map(|one| format!("{} {}", one.supplier, one.supplier_sku))
            .collect(),
        besides,
    };
    let absorbed = serde_json::to_value(&absorbed)?;
    to.units.extend(lacking);
    to.units.sort_by(|a, b| a.unit.cmp(&b.unit));
    to.barcodes.append(&mut from.barcodes);
    crate::create::decide::sort_barcodes(&mut to.barcodes);
    touch(&mut to, ctx.now);
    store::update(tx, &to)?;
    record::part(tx, ctx, &to, "catalog.item.absorb", "merged", (&Value::Null, &absorbed))?;
    if from.family.take().is_some() {
        // the place in the family is free for the one that stays
        store_variants::remove(tx, gone)?;
    }
    from.archived = true;
    from.merged_into = Some(to.sku.clone());
    touch(&mut from, ctx.now);
    store::update(tx, &from)?;
    store_merge::set_merged(tx, gone, kept)?;
    search::learn_again(tx, &from)?;
    let fields = ["archived", "barcodes", "family", "merged_into"];
    crate::change::changed(tx, ctx, &from, "catalog.item.merge", &fields)?;
    Ok(from)
}

fn whole(tx: &mut Tx<'_>, id: ItemId) -> Result<Item, Failure> {
    let item = store::lock_by_id(tx, id)?.ok_or_else(|| Problem::not_found("item", id))?;
    Ok(find::complete(tx, item)?)
}

/// Where an item that was merged is now, over all merges since.
pub(crate) fn end_of(conn: &mut Conn<'_>, item: &Item) -> Result<Option<Item>, DbError> {
    let mut next = item.merged_into.clone();
    let mut end = None;
    for _ in 0..STEPS_MAX {
        let Some(key) = next.as_deref().and_then(code::sku_key) else { break };
        end = store::by_sku(conn, &key)?;
        next = end.as_ref().and_then(|item: &Item| item.merged_into.clone());
    }
    end.map(|item| find::complete(conn, item)).transpose()
}

/// Refuses to take an item back into use that was merged into another.
pub(crate) fn refuse_merged(item: &Item) -> Result<(), Problem> {
    match &item.merged_into {
        Some(into) => {
            let detail = format!(
                "`{}` was merged into `{into}`, which has its codes; use that, or create another item",
                item.sku
            );
            Err(Problem::new(Code::InUse, detail))
        }
        None => Ok(()),
    }
}
