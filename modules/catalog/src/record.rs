//! The trace of a change: its audit row and its event, in the transaction of the change.

use crate::categories::Category;
use crate::item::Item;
use db::Tx;
use domain::Ctx;
use serde::Serialize;
use serde_json::{Value, json};
use web::{Failure, RecordChange};

/// The event of an item of which a field or a part has changed.
pub(crate) const ITEM_CHANGED: &str = "catalog.item_changed";

/// What happened to an item.
pub(crate) struct Change<'a> {
    /// The audited action, such as `catalog.item.create`.
    pub(crate) action: &'a str,
    /// The event, such as `catalog.item_created`.
    pub(crate) event: &'a str,
    /// Which fields are not what they were; empty for a new item.
    pub(crate) fields: &'a [&'a str],
    /// Where it stood, by the name of then, when it stands elsewhere now. What the row before shows may be older
    /// than the name.
    pub(crate) moved_from: Option<&'a str>,
}

/// Writes the audit row and the event of a change that left the item as it is now. Both carry the
/// whole record, so that a follower needs no second question.
pub(crate) fn change(tx: &mut Tx<'_>, ctx: &Ctx, item: &Item, change: &Change<'_>) -> Result<(), Failure> {
    let Change { action, event, fields, moved_from } = change;
    let mut body = json!({ "item": serde_json::to_value(item)?, "changed": fields });
    if let (Some(category), Some(body)) = (moved_from, body.as_object_mut()) {
        body.insert("before".to_owned(), json!({ "category": category }));
    }
    let change = RecordChange {
        action,
        event,
        target: &item.sku,
        aggregate_type: "item",
        aggregate_id: &item.id.to_string(),
        version: item.version,
        at: item.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
    Ok(())
}

/// Writes the audit row and the event of a change of a part of an item that its record does not show, such as what
/// it consists of: with what was said before and what is said now.
pub(crate) fn part<T: Serialize>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    item: &Item,
    action: &str,
    name: &str,
    (before, after): (&T, &T),
) -> Result<(), Failure> {
    let said = json!({ "before": serde_json::to_value(before)?, "after": serde_json::to_value(after)? });
    let body = json!({ "item": serde_json::to_value(item)?, name: said, "changed": [name] });
    let change = RecordChange {
        action,
        event: ITEM_CHANGED,
        target: &item.sku,
        aggregate_type: "item",
        aggregate_id: &item.id.to_string(),
        version: item.version,
        at: item.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
    Ok(())
}

/// Writes the audit row and the event of a change of a category.
pub(crate) fn category(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    category: &Category,
    action: &str,
    event: &str,
    body: &Value,
) {
    let change = RecordChange {
        action,
        event,
        target: &format!("category:{}", category.path),
        aggregate_type: "category",
        aggregate_id: &category.id.to_string(),
        version: category.version,
        at: category.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, body);
}
