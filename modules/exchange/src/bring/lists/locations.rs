//! Sites and what stands in them. What a location stands below may stand anywhere in the file.
//!
//! A new one is made as the row has it, blocked, archived or a handling unit: nothing stands in it yet that this
//! could take from somebody. Of one that is there, none of this is changed.

use super::also;
use crate::bring::field::Field;
use crate::bring::row::{Row, command, differing};
use crate::bring::{Taken, Who};
use crate::table::Holds;
use db::Tx;
use domain::{Code, LocationKind, Permission, Problem};
use places::{ChangeLocation, Kept, Location, NewLocation};
use serde_json::Value;
use web::{Failure, IfMatch, Reached};

pub(super) static FIELDS: [Field; 18] = [
    Field::new("code", "/code", Holds::Code).needed().also(&["location", "bin", "lagerplatz"]),
    Field::new("name", "/name", Holds::Text).also(&also::NAME),
    Field::new("kind", "/kind", Holds::Text),
    Field::new("type", "/type", Holds::Text),
    Field::new("parent", "/parent", Holds::Code),
    Field::new("role", "/role", Holds::Text),
    Field::new("zone", "/zone", Holds::Text),
    Field::new("state", "/state", Holds::Text),
    Field::new("sellable", "/sellable", Holds::Truth),
    Field::new("open_to_allocation", "/open_to_allocation", Holds::Truth),
    Field::new("walk", "/walk", Holds::Whole),
    Field::new("x_mm", "/position/x_mm", Holds::Whole),
    Field::new("y_mm", "/position/y_mm", Holds::Whole),
    Field::new("z_mm", "/position/z_mm", Holds::Whole),
    Field::new("blocked", "/blocked", Holds::Truth),
    Field::new("block_reason", "/block_reason", Holds::Text),
    Field::new("archived", "/archived", Holds::Truth),
    Field::new("archived_at", "/archived_at", Holds::Instant),
];

pub(super) fn take(tx: &mut Tx<'_>, who: &Who, row: &Row) -> Result<Taken, Failure> {
    let caller = who.caller(Permission::PlacesWrite)?;
    let reached = caller.scope.reached();
    let code = &row.text("code").to_owned();
    let mut row = row.clone();
    let archived_at = row.body.remove("archived_at");
    if let Some(Value::String(reason)) = row.body.get_mut("block_reason") {
        *reason = stock::reason_of_list(tx, reason, "/block_reason")?;
    }
    let Some(there) = places::location(tx, reached, code)? else {
        make(tx, who, reached, row, archived_at.is_some())?;
        return Ok(Taken::Created);
    };
    // codes are the same whatever the size of their letters
    row.body.remove("code");
    let is_there =
        there.parent.as_ref().is_some_and(|parent| parent.eq_ignore_ascii_case(row.text("parent")));
    if is_there {
        row.body.remove("parent");
    }
    let changed = ["name", "type", "position", "walk", "role", "open_to_allocation"];
    let change = differing(&row, &there, ("location", &changed))?;
    if change.is_empty() {
        return Ok(Taken::Unchanged);
    }
    let change: ChangeLocation = command(change)?;
    let after = places::change_location(tx, &who.ctx, reached, code, IfMatch::Any, &change)?;
    Ok(if after.version == there.version { Taken::Unchanged } else { Taken::Changed })
}

/// Makes a location. Archived by itself is one that says since when, and one below what is in use.
fn make(
    tx: &mut Tx<'_>,
    who: &Who,
    reached: Reached<'_>,
    mut row: Row,
    archived_itself: bool,
) -> Result<(), Failure> {
    if row.text("kind") == LocationKind::HandlingUnit.word() {
        who.caller(Permission::StockMove)?;
        stock::check_unit_code(row.text("code"))?;
    }
    let reason = row.body.remove("block_reason");
    let [blocked, archived] =
        ["blocked", "archived"].map(|name| row.body.remove(name).as_ref().and_then(Value::as_bool));
    let kept = Kept {
        block_reason: reason.as_ref().and_then(Value::as_str),
        archived: archived == Some(true),
        archived_itself,
    };
    let made = places::bring_location(tx, &who.ctx, reached, &row.command::<NewLocation>()?, &kept)?;
    check(&made, "blocked", (blocked, made.blocked), "`block_reason` says why it is blocked itself")?;
    check(&made, "archived", (archived, made.archived), "what stands above it is archived")
}

/// Refuses a row that says otherwise of a new location than follows from what it stands below.
fn check(made: &Location, field: &str, (said, is): (Option<bool>, bool), why: &str) -> Result<(), Failure> {
    if said.is_none_or(|said| said == is) {
        return Ok(());
    }
    let state = if is { field.to_owned() } else { format!("not {field}") };
    let detail = format!("`{}` would be {state} where it stands; {why}", made.code);
    Err(Problem::at(Code::InvalidValue, format!("/{field}"), detail).into())
}
