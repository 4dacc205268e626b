//! The places below some roots, as far as they are few, and what some places are below.

use db::{Conn, DbError, Rows, Statement};
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

/// With those that were put elsewhere since.
pub(crate) const PLACES_EVER_BELOW: Statement = Statement::per_engine(
    "stock.places_ever_below",
    "select t.descendant
     from json_each(?1) r
     join stock_within t on t.ancestor = r.value
     union
     select h.place
     from json_each(?1) r
     join stock_stood h on h.above = r.value
     limit ?2",
    "select t.descendant
     from json_array_elements_text(?1::json) as r (value)
     join stock_within t on t.ancestor = r.value::bigint
     union
     select h.place
     from json_array_elements_text(?1::json) as r (value)
     join stock_stood h on h.above = r.value::bigint
     limit ?2",
);

/// The places that stand below the roots or ever did, at most `most` of them.
pub(crate) fn places_ever(conn: &mut Conn<'_>, roots: &str, most: i64) -> Result<Vec<LocationId>, DbError> {
    conn.query(&PLACES_EVER_BELOW, &[roots.into(), most.into()], |row| Ok(LocationId(row.int(0)?)))
}

/// The places below the roots, at most `most` of them.
pub(crate) fn places(conn: &mut Conn<'_>, roots: &str, most: i64) -> Result<Vec<LocationId>, DbError> {
    conn.query(&PLACES_BELOW, &[roots.into(), most.into()], |row| Ok(LocationId(row.int(0)?)))
}

pub(crate) const PLACES_ABOVE: Statement = Statement::per_engine(
    "stock.places_above",
    "select t.descendant, t.ancestor from stock_within t where t.descendant = ?1",
    "select t.descendant, t.ancestor
     from unnest(?1::bigint[]) as k (location)
     join stock_within t on t.descendant = k.location",
)
.hot();

/// The places with what is above them, themselves included: pairs of place and ancestor.
pub(crate) fn above(
    conn: &mut Conn<'_>,
    places: &[LocationId],
) -> Result<Vec<(LocationId, LocationId)>, DbError> {
    let mut rows = Rows::with_capacity(1, places.len());
    for place in places {
        rows.push(&[place.get().into()]);
    }
    conn.query_many(&PLACES_ABOVE, &rows, |row| Ok((LocationId(row.int(0)?), LocationId(row.int(1)?))))
}
