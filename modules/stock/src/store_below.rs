//! The places below some roots, as far as they are few.

use db::{Conn, DbError, Statement};
use domain::LocationId;

pub(crate) const PLACES_BELOW: Statement = Statement::per_engine(
    "stock.places_below",
    "select distinct t.descendant
     from json_each(?1) r
     join stock_within t on t.ancestor = r.value
     limit ?2",
    "select distinct t.descendant
     from json_array_elements_text(?1::json) as r (value)
     join stock_within t on t.ancestor = r.value::bigint
     limit ?2",
);

/// The places below the roots, at most `most` of them.
pub(crate) fn places(conn: &mut Conn<'_>, roots: &str, most: i64) -> Result<Vec<LocationId>, DbError> {
    conn.query(&PLACES_BELOW, &[roots.into(), most.into()], |row| Ok(LocationId(row.int(0)?)))
}
