//! What was changed of an item, by whom and when: read from the audit log, which holds the whole item after
//! each change. Invariant: nothing is kept a second time, so the history cannot disagree with the log.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::find;
use db::Conn;
use db::audit::Entry;
use domain::{Instant, Problem};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use web::{Failure, FieldChange, differences};

/// How actions that change items begin. Those of categories may be of something of the same name.
const ACTIONS: [&str; 3] = ["catalog.item.", "catalog.unit.", "catalog.barcode."];

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
    let changes = rows.iter().zip(&states).enumerate().take(count).map(|(place, (row, after))| {
        let was = states.get(place + 1);
        let mut changes = was.map_or_else(Vec::new, |was| differences(&was.item, &after.item, &LEFT_OUT));
        changes.extend(after.part.clone());
        ItemChange {
            n: row.n,
            version: after.item.get("version").and_then(Value::as_i64).unwrap_or_default(),
            at: Instant(row.at),
            actor: ChangedBy { id: row.actor_id, name: row.actor_name.clone() },
            action: row.action.clone(),
            changes,
        }
    });
    Ok(changes.collect())
}

/// What a row of the log holds: the item, and a part that its record does not show where that has changed.
struct State {
    item: Map<String, Value>,
    part: Option<FieldChange>,
}

/// The parts of an item that have changes of their own.
const PARTS: [&str; 5] = ["bom", "supply", PRICE, "merged", "variant"];
/// The part whose amounts not everybody is told.
const PRICE: &str = "price";

impl State {
    fn read(row: &Entry) -> Result<State, Failure> {
        let mut details: Value = serde_json::from_str(&row.details)?;
        let named = PARTS.into_iter().find(|name| details.get(name).is_some());
        let part = named.and_then(|name| {
            details.get_mut(name).map(|part| FieldChange {
                field: name.to_owned(),
                before: part["before"].take(),
                after: part["after"].take(),
            })
        });
        match details.get_mut("item").map(Value::take) {
            Some(Value::Object(item)) => Ok(State { item, part }),
            _ => Err(Failure::fault(format!("row {} of the audit log holds no item", row.n))),
        }
    }
}
