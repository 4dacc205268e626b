//! What is in the way of a place going out of use.

use db::{Conn, DbError, Statement};
use domain::{ItemId, LocationId, SiteId};

const FIRST_IN: Statement = Statement::per_engine(
    "stock.place_guard.first_in",
    "select b.item, b.location, b.on_hand
     from stock_balance b
     where b.location in (select value from json_each(?1)) and b.on_hand <> 0
     order by b.location, b.item, b.lot, b.status
     limit 1",
    "select b.item, b.location, b.on_hand
     from stock_balance b
     where b.location in (select v::bigint from json_array_elements_text(?1::json) as r (v)) and b.on_hand <> 0
     order by b.location, b.item, b.lot, b.status
     limit 1",
)
.hot();

const CLAIMED: Statement = Statement::new(
    "stock.place_guard.claimed",
    "select owner from stock_claim
     where item = ?1 and site = ?2 and state = 1 and (location = ?3 or ?3 is null)
     order by id
     limit 1",
)
.hot();

/// A claim that waits needs no stock to be open.
const WAITING: Statement = Statement::new(
    "stock.place_guard.waiting",
    "select item, owner from stock_claim
     where site = ?1 and state = 1 and backordered > 0
     order by item, id
     limit 1",
);

/// Stock that stands somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stock {
    pub(crate) item: ItemId,
    pub(crate) location: LocationId,
    /// Millionths.
    pub(crate) on_hand: i64,
}

/// The first stock of any status in these locations.
pub(crate) fn first_in(conn: &mut Conn<'_>, locations: &[LocationId]) -> Result<Option<Stock>, DbError> {
    let ids: Vec<String> = locations.iter().map(ToString::to_string).collect();
    let list = format!("[{}]", ids.join(","));
    conn.query_opt(&FIRST_IN, &[(&list).into()], |row| {
        Ok(Stock { item: ItemId(row.int(0)?), location: LocationId(row.int(1)?), on_hand: row.int(2)? })
    })
}

/// The owner of an open claim on an item at a site: of one bound to a location, or of any when none
/// is named.
pub(crate) fn claimed(
    conn: &mut Conn<'_>,
    item: ItemId,
    site: SiteId,
    location: Option<LocationId>,
) -> Result<Option<String>, DbError> {
    let params = [item.get().into(), site.get().into(), location.map(LocationId::get).into()];
    conn.query_opt(&CLAIMED, &params, |row| Ok(row.text(0)?.to_owned()))
}

/// A claim that waits for an item at a site, and its owner.
pub(crate) fn waiting(conn: &mut Conn<'_>, site: SiteId) -> Result<Option<(ItemId, String)>, DbError> {
    conn.query_opt(&WAITING, &[site.get().into()], |row| Ok((ItemId(row.int(0)?), row.text(1)?.to_owned())))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&FIRST_IN, &CLAIMED, &WAITING];
