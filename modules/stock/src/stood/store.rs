//! The statements of what places stood below.

use crate::store_below;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::{Instant, LocationId, SiteId};

/// What ends and was never written down has held from the beginning.
const END_UNKNOWN: Statement = Statement::per_engine(
    "stock.stood.end_unknown",
    "insert into stock_stood (place, above, since, until, is_site)
     select ?1, ?2, ?3, ?4, ?5
     where not exists (select 1 from stock_stood o where o.place = ?1 and o.above = ?2 and o.until = ?6)",
    "insert into stock_stood (place, above, since, until, is_site)
     select k.place, k.above, k.since, k.until, k.is_site
     from unnest(?1::bigint[], ?2::bigint[], ?3::timestamptz[], ?4::timestamptz[], ?5::boolean[],
                 ?6::timestamptz[]) as k (place, above, since, until, is_site, last)
     where not exists (
       select 1 from stock_stood o where o.place = k.place and o.above = k.above and o.until = k.last)",
);

const END: Statement = Statement::per_engine(
    "stock.stood.end",
    "update stock_stood set until = ?3 where place = ?1 and above = ?2 and until = ?4",
    "update stock_stood set until = k.until
     from unnest(?1::bigint[], ?2::bigint[], ?3::timestamptz[], ?4::timestamptz[])
       as k (place, above, until, last)
     where stock_stood.place = k.place and stock_stood.above = k.above and stock_stood.until = k.last",
);

const BEGIN: Statement = Statement::per_engine(
    "stock.stood.begin",
    "insert into stock_stood (place, above, since, until, is_site) values (?1, ?2, ?3, ?4, ?5)",
    "insert into stock_stood (place, above, since, until, is_site)
     select *
     from unnest(?1::bigint[], ?2::bigint[], ?3::timestamptz[], ?4::timestamptz[], ?5::boolean[])",
);

const SETTLE: Statement =
    Statement::new("stock.stood.settle", "update stock_settled set at = ?1 where at < ?1");

macro_rules! of_places {
    ($name:literal, $before:literal, $column:literal, $after:literal) => {
        Statement::per_engine(
            $name,
            concat!($before, $column, " in (select value from json_each(?1))", $after),
            concat!(
                $before,
                $column,
                " in (select v::bigint from json_array_elements_text(?1::json) as r (v))",
                $after
            ),
        )
    };
}

/// When any of some places was last put elsewhere.
const LAST_TURN: Statement = of_places!(
    "stock.stood.last_turn",
    "select max(case when s.until = ?2 then s.since else s.until end) from stock_stood s where ",
    "s.place",
    ""
);

/// When anything last happened in some places: when it was recorded, and for when.
const LAST_SEEN: Statement = of_places!(
    "stock.stood.last_seen",
    "select max(b.at), max(b.latest) from stock_balance b where ",
    "b.location",
    ""
);

const SITES_THEN: Statement = of_places!(
    "stock.stood.sites_then",
    "select s.place, s.above from stock_stood s where ",
    "s.place",
    " and s.is_site and s.since <= ?2 and s.until > ?2"
)
.hot();

/// What is written down of what a place stood below, and whether it did at an instant.
const ABOVE_THEN: Statement = Statement::new(
    "stock.stood.above_then",
    "select s.above, s.since <= ?2 and s.until > ?2 from stock_stood s where s.place = ?1",
)
.hot();

/// Since when places stand at their sites.
const SINCE: Statement = of_places!(
    "stock.stood.since",
    "select s.place, s.since from stock_stood s where ",
    "s.place",
    " and s.is_site and s.until = ?2"
)
.hot();

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&END_UNKNOWN, &END, &BEGIN, &SETTLE, &LAST_TURN, &LAST_SEEN, &SITES_THEN, &ABOVE_THEN, &SINCE];

fn list(places: &[LocationId]) -> String {
    let ids: Vec<String> = places.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(","))
}

/// What a place stands below now, itself left out.
pub(super) fn above(conn: &mut Conn<'_>, place: LocationId) -> Result<Vec<LocationId>, DbError> {
    let above = store_below::above(conn, &[place])?.into_iter().map(|(_, above)| above);
    Ok(above.filter(|above| *above != place).collect())
}

/// Every place with each of what it stands, or stood, below.
fn pairs<'a>(
    places: &'a [LocationId],
    above: &'a [LocationId],
) -> impl Iterator<Item = (LocationId, LocationId)> + 'a {
    places.iter().flat_map(move |place| above.iter().map(move |above| (*place, *above)))
}

/// Ends, for all of some places, that they stand below others, one of which may be their site.
pub(super) fn end(
    tx: &mut Tx<'_>,
    places: &[LocationId],
    above: &[LocationId],
    site: SiteId,
    at: Instant,
) -> Result<(), DbError> {
    let (first, last) = (Instant::MIN.0, Instant::MAX.0);
    let count = places.len().saturating_mul(above.len());
    let (mut unknown, mut known) = (Rows::with_capacity(6, count), Rows::with_capacity(4, count));
    for (place, above) in pairs(places, above) {
        let (place, is_site, above): (Value<'_>, _, Value<'_>) =
            (place.get().into(), above == site.root(), above.get().into());
        unknown.push(&[place, above, first.into(), at.0.into(), is_site.into(), last.into()]);
        known.push(&[place, above, at.0.into(), last.into()]);
    }
    if known.is_empty() {
        return Ok(());
    }
    tx.execute_many(&END_UNKNOWN, &unknown)?;
    tx.execute_many(&END, &known).map(|_| ())
}

/// Begins, for all of some places, that they stand below others, one of which may be their site.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    places: &[LocationId],
    above: &[LocationId],
    site: SiteId,
    at: Instant,
) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(5, places.len().saturating_mul(above.len()));
    for (place, above) in pairs(places, above) {
        let is_site = above == site.root();
        let last = Instant::MAX.0;
        rows.push(&[place.get().into(), above.get().into(), at.0.into(), last.into(), is_site.into()]);
    }
    if rows.is_empty() { Ok(()) } else { tx.execute_many(&BEGIN, &rows).map(|_| ()) }
}

/// Lets no posting be of before an instant unless it says so.
pub(super) fn settle(tx: &mut Tx<'_>, at: Instant) -> Result<(), DbError> {
    tx.execute(&SETTLE, &[at.0.into()]).map(|_| ())
}

/// When any of some places was last put elsewhere.
pub(super) fn last_turn(conn: &mut Conn<'_>, places: &[LocationId]) -> Result<Option<Instant>, DbError> {
    let list = list(places);
    let params = [(&list).into(), Instant::MAX.0.into()];
    Ok(conn.query_one(&LAST_TURN, &params, |row| row.opt_int(0))?.map(Instant))
}

/// The last instant of anything that happened in some places.
pub(super) fn last_seen(conn: &mut Conn<'_>, places: &[LocationId]) -> Result<Option<Instant>, DbError> {
    conn.query_one(&LAST_SEEN, &[(&list(places)).into()], |row| {
        Ok(row.opt_int(0)?.max(row.opt_int(1)?).map(Instant))
    })
}

/// The sites of an instant, of those places that stood, or stand, where they were put.
pub(super) fn sites_then(
    conn: &mut Conn<'_>,
    places: &[LocationId],
    at: Instant,
) -> Result<Vec<(LocationId, SiteId)>, DbError> {
    conn.query(&SITES_THEN, &[(&list(places)).into(), at.0.into()], |row: &Row<'_>| {
        Ok((LocationId(row.int(0)?), SiteId(row.int(1)?)))
    })
}

/// The places that one is known to have stood below, and whether at an instant; not all that it stands below.
pub(super) fn above_then(
    conn: &mut Conn<'_>,
    place: LocationId,
    at: Instant,
) -> Result<Vec<(LocationId, bool)>, DbError> {
    conn.query(&ABOVE_THEN, &[place.get().into(), at.0.into()], |row| {
        Ok((LocationId(row.int(0)?), row.bool(1)?))
    })
}

/// Since when places stand at their sites, of those that came to them.
pub(crate) fn since(
    conn: &mut Conn<'_>,
    places: &[LocationId],
) -> Result<Vec<(LocationId, Instant)>, DbError> {
    conn.query(&SINCE, &[(&list(places)).into(), Instant::MAX.0.into()], |row| {
        Ok((LocationId(row.int(0)?), Instant(row.int(1)?)))
    })
}
