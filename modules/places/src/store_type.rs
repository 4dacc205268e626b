//! The statements of types of locations.

use crate::location_type::LocationType;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::{Instant, LocationId, LocationKind, Role};

/// The unique index of their codes.
pub(crate) const CODE_INDEX: &str = "places_type_code";

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select y.id, y.code, y.name, y.kind, y.role, y.sellable, y.open_to_allocation, y.archived, y.version,
                    y.created_at, y.changed_at
             from places_type y ",
            $rest
        )
    };
}

const BY_CODE: Statement = Statement::new("places.type.by_code", select!("where y.code_folded = ?1"));

const LOCK: Statement = Statement::per_engine(
    "places.type.lock",
    select!("where y.id = ?1"),
    select!("where y.id = ?1 for update"),
);

const LIST: Statement = Statement::new(
    "places.type.list",
    select!(
        "where y.code_folded > ?1 and (y.archived = ?2 or ?2 is null)
         order by y.code_folded
         limit ?3"
    ),
);

const INSERT: Statement = Statement::new(
    "places.type.insert",
    "insert into places_type
       (id, code, code_folded, name, kind, role, sellable, open_to_allocation, archived, version, created_at,
        changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
);

/// Its code and kind stay.
const UPDATE: Statement = Statement::new(
    "places.type.update",
    "update places_type
     set name = ?2, role = ?3, sellable = ?4, open_to_allocation = ?5, archived = ?6, version = ?7, changed_at = ?8
     where id = ?1",
);

const OF_LOCATION: Statement =
    Statement::new("places.type.of_location", "select l.type_id from places_location l where l.id = ?1");

fn record(row: &Row<'_>) -> Result<LocationType, DbError> {
    let kind = LocationKind::from_number(row.int(3)?);
    let role = Role::from_number(row.int(4)?);
    Ok(LocationType {
        id: row.int(0)?,
        code: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        kind: kind.ok_or(DbError::Column { column: 3, wanted: "a location kind" })?,
        role: role.ok_or(DbError::Column { column: 4, wanted: "a role" })?,
        sellable: row.bool(5)?,
        open_to_allocation: row.bool(6)?,
        archived: row.bool(7)?,
        version: row.int(8)?,
        created_at: Instant(row.int(9)?),
        changed_at: Instant(row.int(10)?),
    })
}

/// The type of a folded code.
pub(crate) fn by_code(conn: &mut Conn<'_>, folded: &str) -> Result<Option<LocationType>, DbError> {
    conn.query_opt(&BY_CODE, &[folded.into()], record)
}

/// The type of an id, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, id: i64) -> Result<Option<LocationType>, DbError> {
    tx.query_opt(&LOCK, &[id.into()], record)
}

/// The type of a location.
pub(crate) fn of_location(conn: &mut Conn<'_>, location: LocationId) -> Result<Option<i64>, DbError> {
    Ok(conn.query_opt(&OF_LOCATION, &[location.get().into()], |row| row.opt_int(0))?.flatten())
}

/// One page in the order of the folded codes.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: &str,
    archived: Option<bool>,
    limit: i64,
) -> Result<Vec<LocationType>, DbError> {
    conn.query(&LIST, &[after.into(), archived.into(), limit.into()], record)
}

/// Stores a new type.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &LocationType) -> Result<(), DbError> {
    let LocationType {
        id,
        code,
        name,
        kind,
        role,
        sellable,
        open_to_allocation,
        archived,
        version,
        created_at,
        changed_at,
    } = new;
    let folded = crate::code::key(code).unwrap_or_default();
    let params = [
        (*id).into(),
        code.into(),
        (&folded).into(),
        name.into(),
        kind.number().into(),
        role.number().into(),
        (*sellable).into(),
        (*open_to_allocation).into(),
        (*archived).into(),
        (*version).into(),
        created_at.0.into(),
        changed_at.0.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Stores a changed type.
pub(crate) fn update(tx: &mut Tx<'_>, changed: &LocationType) -> Result<(), DbError> {
    let params = [
        changed.id.into(),
        (&changed.name).into(),
        changed.role.number().into(),
        changed.sellable.into(),
        changed.open_to_allocation.into(),
        changed.archived.into(),
        changed.version.into(),
        changed.changed_at.0.into(),
    ];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&BY_CODE, &LOCK, &LIST, &INSERT, &UPDATE, &OF_LOCATION];
