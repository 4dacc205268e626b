//! Types of locations: a name such as `PALLET-BAY` for places of one kind, with what a new one of them is
//! unless somebody says otherwise. Invariant: a location has the kind of its type; what else the type
//! says was taken over when the location was made, and is its own since.

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
mod tests;

use crate::{code, store_type};
use db::{Conn, DbError, Tx};
use decide::{ChangeLocationType, NewLocationType};
use domain::{Code, Ctx, Instant, LocationId, LocationKind, Problem, Role};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use web::{Failure, IfMatch, RecordChange};

/// A type of locations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LocationType {
    /// Its id, for the store.
    #[serde(skip)]
    pub id: i64,
    /// Its code as written; capital and small letters do not differ.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What its locations are.
    #[schema(value_type = String)]
    pub kind: LocationKind,
    /// What they are used for.
    #[schema(value_type = String)]
    pub role: Role,
    /// Good stock in them counts as sellable.
    pub sellable: bool,
    /// New allocations may choose them.
    pub open_to_allocation: bool,
    /// No more of them are made.
    pub archived: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// The type of a code.
pub(crate) fn find(conn: &mut Conn<'_>, code: &str) -> Result<LocationType, Failure> {
    let missing = || Problem::not_found("location type", code);
    let key = code::key(code).ok_or_else(missing)?;
    Ok(store_type::by_code(conn, &key)?.ok_or_else(missing)?)
}

/// The type of a code, when there is one.
///
/// # Errors
/// When the store cannot be read.
pub fn location_type(conn: &mut Conn<'_>, code: &str) -> Result<Option<LocationType>, DbError> {
    let Some(key) = code::key(code) else { return Ok(None) };
    store_type::by_code(conn, &key)
}

/// The id and the code, as it is written, of the type of a code.
///
/// # Errors
/// When the store cannot be read.
pub fn location_type_of(conn: &mut Conn<'_>, code: &str) -> Result<Option<(i64, String)>, DbError> {
    let Some(key) = code::key(code) else { return Ok(None) };
    Ok(store_type::by_code(conn, &key)?.map(|found| (found.id, found.code)))
}

/// The type of a location, by its id.
///
/// # Errors
/// When the store cannot be read.
pub fn type_of(conn: &mut Conn<'_>, location: LocationId) -> Result<Option<i64>, DbError> {
    store_type::of_location(conn, location)
}

/// The type that a field of a body names, of which locations are made.
pub(crate) fn named(conn: &mut Conn<'_>, code: &str, pointer: &str) -> Result<LocationType, Failure> {
    let found = any(conn, code, pointer)?;
    if found.archived {
        let detail = format!("the location type `{}` is archived; choose another one", found.code);
        return Err(Problem::at(Code::InvalidValue, pointer, detail).into());
    }
    Ok(found)
}

/// The type that a field of a list names, in use or not.
pub(crate) fn any(conn: &mut Conn<'_>, code: &str, pointer: &str) -> Result<LocationType, Failure> {
    let known = code::key(code).map(|key| store_type::by_code(conn, &key)).transpose()?.flatten();
    Ok(known.ok_or_else(|| {
        let detail = format!("there is no location type `{code}`");
        Problem::at(Code::InvalidValue, pointer, detail)
    })?)
}

/// Makes a type.
///
/// # Errors
/// `invalid_value`, `wrong_location_kind` and `code_taken`.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewLocationType) -> Result<LocationType, Failure> {
    let mut made = decide::plan(command, ctx.now)?;
    if store_type::by_code(tx, &code::key(&made.code).unwrap_or_default())?.is_some() {
        let detail = format!("the code `{}` exists already; choose another one", made.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail).into());
    }
    made.id = db::ids::take(tx, "places.location_type", 1)?.saturating_add(1);
    store_type::insert(tx, &made).map_err(|error| {
        if error.is_unique(store_type::CODE_INDEX) {
            let detail = "the code was taken a moment ago; choose another one";
            return Problem::at(Code::CodeTaken, "/code", detail).into();
        }
        Failure::from(error)
    })?;
    trace(tx, ctx, &made, ("places.location_type.create", "places.location_type_created"))?;
    Ok(made)
}

/// Changes what new locations of a type are. Those that are there stay as they are.
///
/// # Errors
/// `invalid_value`, `not_found`, and a version that is not the one that is there.
pub fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (code, version): (&str, IfMatch),
    change: &ChangeLocationType,
) -> Result<LocationType, Failure> {
    let missing = || Problem::not_found("location type", code);
    let found = find(tx, code)?;
    let before = store_type::lock(tx, found.id)?.ok_or_else(missing)?;
    version.check(before.version)?;
    let mut after = decide::change(&before, change)?;
    if after == before {
        return Ok(after);
    }
    after.version = before.version.saturating_add(1);
    after.changed_at = before.changed_at.max(ctx.now);
    store_type::update(tx, &after)?;
    trace(tx, ctx, &after, ("places.location_type.change", "places.location_type_changed"))?;
    Ok(after)
}

fn trace(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    location_type: &LocationType,
    (action, event): (&str, &str),
) -> Result<(), Failure> {
    let change = RecordChange {
        action,
        event,
        target: &location_type.code,
        aggregate_type: "location_type",
        aggregate_id: &location_type.id.to_string(),
        version: location_type.version,
        at: location_type.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &json!({ "location_type": serde_json::to_value(location_type)? }));
    Ok(())
}
