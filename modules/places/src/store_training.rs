//! The statements of the mark of a training copy.

use crate::training::Training;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::Instant;

const LOAD: Statement = Statement::new(
    "places.training.load",
    "select t.made_at, t.organisation, t.sites from places_training t where t.id = 1",
);

const INSERT: Statement = Statement::new(
    "places.training.insert",
    "insert into places_training (id, made_at, organisation, sites) values (1, ?1, ?2, ?3)",
);

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LOAD, &INSERT];

/// The mark; none on what is no copy.
pub(crate) fn load(conn: &mut Conn<'_>) -> Result<Option<Training>, DbError> {
    Ok(conn.query_opt(&LOAD, &[], |row| read(row, 0))?.flatten())
}

/// The mark in three columns of a row.
pub(crate) fn read(row: &Row<'_>, at: usize) -> Result<Option<Training>, DbError> {
    let Some(made_at) = row.opt_int(at)?.map(Instant) else { return Ok(None) };
    let organisation = row.opt_text(at + 1)?.filter(|name| !name.is_empty()).map(str::to_owned);
    // what cannot be read leaves the mark a mark
    let sites = row.opt_text(at + 2)?.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    Ok(Some(Training { made_at, organisation, sites }))
}

/// Stores the mark.
pub(crate) fn insert(tx: &mut Tx<'_>, training: &Training) -> Result<(), DbError> {
    let sites = serde_json::Value::from(training.sites.clone()).to_string();
    let name = training.organisation.as_deref().unwrap_or_default();
    tx.execute(&INSERT, &[training.made_at.0.into(), name.into(), (&sites).into()]).map(|_| ())
}
