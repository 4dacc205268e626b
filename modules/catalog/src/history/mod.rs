//! What was changed of an item, by whom and when: read from the audit log, which holds the whole item after
//! each change. Invariant: nothing is kept a second time, so the history cannot disagree with the log.
//!
//! An item shows the path of its category, which changes without it; the rows say whether it was moved.

pub(crate) mod api;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk_tests;

use crate::find;
use db::Conn;
use db::audit::Entry;
use domain::{Instant, Problem};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use web::{Failure, FieldChange, differences};

/// How actions that change items begin. Those of categories may be of something of the same name.
const OF_ITEM: [&str; 4] = ["catalog.item.", "catalog.unit.", "catalog.barcode.", "catalog.item."];
/// The same, and those of what hangs on an item: its files, whose rows are written by the module above.
const ACTIONS: [&str; 4] = ["catalog.item.", "catalog.unit.", "catalog.barcode.", FILES];
const FILES: &str = "files.file.";
const FILE_REMOVED: &str = "files.file.remove";

/// What every change changes.
const LEFT_OUT: [&str; 2] = ["version", "changed_at"];

/// Who changed something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ChangedBy {
    /// The principal.
    pub id: i64,
    /// The name at the time.
    pub name: String,
}

/// A change of an item.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct ItemChange {
    /// The row of the audit log.
    pub n: i64,
    /// The version that the item had after it.
    pub version: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who.
    pub actor: ChangedBy,
    /// What was done, such as `catalog.item.change`.
    pub action: String,
    /// Each field with what it was and what it became; none for the creation.
    pub changes: Vec<FieldChange>,
}

/// The changes of an item, the latest first, before a row of the log.
pub fn changes_of(
    conn: &mut Conn<'_>,
    sku: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<ItemChange>, Failure> {
    let item = find::item(conn, sku)?.ok_or_else(|| Problem::not_found("item", sku))?;
    // one more, to know what the oldest of them began with
    let rows = db::audit::of_record(conn, &item.sku, ACTIONS, before, limit.saturating_add(1))?;
    let states = rows.iter().map(State::read).collect::<Result<Vec<_>, _>>()?;
    let count = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut was = match (rows.get(count), states.get(count)) {
        (Some(row), Some(State { item: None, .. })) => state_before(conn, &item.sku, row.n)?,
        (_, state) => state.and_then(|state| state.item.clone()),
    };
    let mut changes = Vec::with_capacity(count.min(rows.len()));
    // the oldest first, for each begins with what the one before it left
    for (row, state) in rows.iter().zip(states).take(count).rev() {
        let State { item: is, category, part } = state;
        let mut told = match (&was, &is) {
            (Some(was), Some(is)) => told(was.clone(), is, &category),
            _ => Vec::new(),
        };
        told.extend(part);
        was = is.or(was);
        changes.push(ItemChange {
            n: row.n,
            version: was.as_ref().and_then(|item| item.get("version")).and_then(Value::as_i64).unwrap_or(0),
            at: Instant(row.at),
            actor: ChangedBy { id: row.actor_id, name: row.actor_name.clone() },
            action: row.action.clone(),
            changes: told,
        });
    }
    changes.reverse();
    Ok(changes)
}

/// The item as the last row before this one left it, where rows of its files lie between.
fn state_before(conn: &mut Conn<'_>, sku: &str, n: i64) -> Result<Option<Map<String, Value>>, Failure> {
    let row = db::audit::of_record(conn, sku, OF_ITEM, Some(n), 1)?.pop();
    Ok(row.as_ref().map(State::read).transpose()?.and_then(|state| state.item))
}

/// What a change made different.
fn told(mut was: Map<String, Value>, is: &Map<String, Value>, category: &Category) -> Vec<FieldChange> {
    match category {
        // it bears another name, which whoever named it anew has to answer for, and not who came next
        Category::Stayed => was.insert(CATEGORY.to_owned(), is.get(CATEGORY).cloned().unwrap_or_default()),
        Category::MovedFrom(category) => was.insert(CATEGORY.to_owned(), category.clone()),
        Category::Moved => None,
    };
    differences(&was, is, &LEFT_OUT)
}

/// What a row of the log holds: the item, and a part that its record does not show where that has changed.
struct State {
    /// None in a row of something that hangs on it.
    item: Option<Map<String, Value>>,
    category: Category,
    part: Option<FieldChange>,
}

/// Where the item stands, by a row.
enum Category {
    Stayed,
    MovedFrom(Value),
    /// In a row of a build that did not say from where.
    Moved,
}

const CATEGORY: &str = "category";

/// The parts of an item that have changes of their own.
const PARTS: [&str; 5] = [BOM, "supply", PRICE, "merged", "variant"];
/// The part that names other items.
const BOM: &str = "bom";
/// The part whose amounts not everybody is told.
const PRICE: &str = "price";

impl State {
    fn read(row: &Entry) -> Result<State, Failure> {
        let mut details: Value = serde_json::from_str(&row.details)?;
        let mut take = |pointer: &str| details.pointer_mut(pointer).map(Value::take).unwrap_or_default();
        if row.action.starts_with(FILES) {
            let after = if row.action == FILE_REMOVED { Value::Null } else { take("/file") };
            let part = FieldChange { field: "file".to_owned(), before: take("/before"), after };
            return Ok(State { item: None, category: Category::Stayed, part: Some(part) });
        }
        let (changed, from) = (take("/changed"), take("/before/category"));
        let moved = changed.as_array().is_some_and(|fields| fields.iter().any(|of| of == CATEGORY));
        let category = match from {
            _ if !moved => Category::Stayed,
            Value::Null => Category::Moved,
            from => Category::MovedFrom(from),
        };
        let named = PARTS.into_iter().find(|name| details.get(name).is_some());
        let part = named.and_then(|name| {
            details.get_mut(name).map(|part| FieldChange {
                field: name.to_owned(),
                before: part["before"].take(),
                after: part["after"].take(),
            })
        });
        match details.get_mut("item").map(Value::take) {
            Some(Value::Object(item)) => Ok(State { item: Some(item), category, part }),
            _ => Err(Failure::fault(format!("row {} of the audit log holds no item", row.n))),
        }
    }
}
