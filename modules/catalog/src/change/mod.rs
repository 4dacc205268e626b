//! Change an item: the fields that need to know nothing of stock. Tracking, owner and archiving do; they
//! are commands of `stock`, which calls [`set_tracking`], [`set_owner`] and [`set_archived`].

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::item::Item;
use crate::rulebook::Rulebook;
use crate::{bom, code, find, merge, recheck, record, search, store, store_rules, text};
use db::Tx;
use decide::ChangeItem;
use domain::{AsProblem, Ctx, ItemId, Problem, Tracking};
use web::{Failure, IfMatch};

/// Changes the given fields of an item whose version is the one that the caller read.
pub fn change_item(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku: &str,
    version: IfMatch,
    change: &ChangeItem,
) -> Result<Item, Failure> {
    // before the item is held: whoever changes the rules holds them, and then looks at items
    store_rules::share(tx)?;
    let before = lock_at(tx, sku, version)?;
    let (mut after, fields) = decide::plan(&before, change, ctx.now)?;
    if fields.contains(&"category") || fields.contains(&"attributes") {
        let book = Rulebook::open(tx, std::iter::once(&after))?;
        after.category_id = book.category(&after)?;
        book.check(&after.attributes, after.category_id, "/attributes")?;
        let values = book.indexed(&after.attributes, after.category_id);
        let values: Vec<_> = values.into_iter().map(|value| (after.id, value)).collect();
        recheck::rewrite(tx, std::iter::once(after.id), &values)?;
    }
    if !fields.is_empty() {
        store::update(tx, &after)?;
        if fields.contains(&"name") || fields.contains(&"attributes") {
            search::learn_again(tx, &after)?;
        }
        changed_from(tx, ctx, (&before, &after), "catalog.item.change", &fields)?;
    }
    Ok(after)
}

/// Sets how the units of an item are told apart. Whether its stock allows that is for the caller to
/// know; refused is only an item that expires and would have no lots.
pub fn set_tracking(tx: &mut Tx<'_>, ctx: &Ctx, item: ItemId, tracking: Tracking) -> Result<Item, Failure> {
    let mut item = lock_id(tx, item)?;
    item.expiry.suits(tracking).map_err(|error| error.problem("/tracking"))?;
    if item.tracking != tracking {
        item.tracking = tracking;
        decide::touch(&mut item, ctx.now);
        store::update(tx, &item)?;
        changed(tx, ctx, &item, "catalog.item.set_tracking", &["tracking"])?;
    }
    Ok(item)
}

/// Sets the third party whose goods these are, or makes them our own. Whether its stock allows that is for
/// the caller to know.
pub fn set_owner(tx: &mut Tx<'_>, ctx: &Ctx, item: ItemId, owner: Option<&str>) -> Result<Item, Failure> {
    let owner = read_owner(owner)?;
    let mut item = lock_id(tx, item)?;
    if item.owner != owner {
        item.owner = owner;
        decide::touch(&mut item, ctx.now);
        store::update(tx, &item)?;
        search::learn_again(tx, &item)?;
        changed(tx, ctx, &item, "catalog.item.set_owner", &["owner"])?;
    }
    Ok(item)
}

/// The name of an owner as it is kept.
pub fn read_owner(owner: Option<&str>) -> Result<Option<String>, Problem> {
    owner.map(|owner| text::name(owner, "/owner")).transpose()
}

/// Archives an item, or takes it back into use. Whether its stock allows that is for the caller to
/// know.
pub fn set_archived(tx: &mut Tx<'_>, ctx: &Ctx, item: ItemId, archived: bool) -> Result<Item, Failure> {
    let mut item = lock_id(tx, item)?;
    if item.archived != archived {
        if archived {
            bom::refuse_needed(tx, &item)?;
        } else {
            merge::refuse_merged(&item)?;
            bom::refuse_lacking(tx, &item)?;
        }
        item.archived = archived;
        decide::touch(&mut item, ctx.now);
        store::update(tx, &item)?;
        search::learn_again(tx, &item)?;
        let action = if archived { "catalog.item.archive" } else { "catalog.item.restore" };
        changed(tx, ctx, &item, action, &["archived"])?;
    }
    Ok(item)
}

/// Holds an item until the transaction ends, at the version that the caller read.
pub fn hold_item(tx: &mut Tx<'_>, item: ItemId, version: IfMatch) -> Result<(), Failure> {
    Ok(version.check(lock_id(tx, item)?.version)?)
}

/// The whole item at the version that the caller read, held until the transaction ends.
pub(crate) fn lock_at(tx: &mut Tx<'_>, sku: &str, version: IfMatch) -> Result<Item, Failure> {
    let item = lock(tx, sku)?;
    version.check(item.version)?;
    Ok(item)
}

/// The whole item, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, sku: &str) -> Result<Item, Failure> {
    let found = match code::sku_key(sku) {
        Some(key) => store::lock_by_sku(tx, &key)?,
        None => None,
    };
    let item = found.ok_or_else(|| Problem::not_found("item", sku))?;
    Ok(find::complete(tx, item)?)
}

fn lock_id(tx: &mut Tx<'_>, id: ItemId) -> Result<Item, Failure> {
    let item = store::lock_by_id(tx, id)?.ok_or_else(|| Problem::not_found("item", id))?;
    Ok(find::complete(tx, item)?)
}

/// The trace of a change.
pub(crate) fn changed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: &Item,
    action: &str,
    fields: &[&str],
) -> Result<(), Failure> {
    let change = record::Change { action, event: record::ITEM_CHANGED, fields, moved_from: None };
    record::change(tx, ctx, item, &change)
}

/// The trace of a change that may have moved the item to another category.
pub(crate) fn changed_from(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (before, after): (&Item, &Item),
    action: &str,
    fields: &[&str],
) -> Result<(), Failure> {
    let moved_from = fields.contains(&"category").then_some(before.category.as_str());
    let change = record::Change { action, event: record::ITEM_CHANGED, fields, moved_from };
    record::change(tx, ctx, after, &change)
}
