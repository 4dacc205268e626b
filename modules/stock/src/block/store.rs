//! What stands in a set of locations.

use crate::load;
use db::{Conn, DbError, Statement};
use domain::ledger::Key;
use domain::when::Date;
use domain::{ItemId, LocationId, LotId};

const STANDING: Statement = Statement::per_engine(
    "stock.block.standing",
    "select b.item, b.location, b.lot, b.status, b.on_hand
     from stock_balance b
     where b.location in (select value from json_each(?1)) and b.on_hand <> 0
     order by b.item, b.location, b.lot, b.status",
    "select b.item, b.location, b.lot, b.status, b.on_hand
     from stock_balance b
     where b.location in (select v::bigint from json_array_elements_text(?1::json) as r (v)) and b.on_hand <> 0
     order by b.item, b.location, b.lot, b.status",
)
.hot();

/// Items of which good stock in a set of locations is past its last sellable day: what stands there is
/// looked at, not what ever expired.
const PAST: Statement = Statement::per_engine(
    "stock.block.past",
    "select distinct b.item
     from stock_balance b
     cross join stock_lot l on l.id = b.lot
     where b.location in (select value from json_each(?1)) and b.status = 1 and b.on_hand > 0 and l.expiry_on < ?2
     order by b.item",
    "select distinct b.item
     from stock_balance b
     cross join lateral (select l.expiry_on from stock_lot l where l.id = b.lot offset 0) l
     where b.location in (select v::bigint from json_array_elements_text(?1::json) as r (v))
       and b.status = 1 and b.on_hand > 0 and l.expiry_on < ?2
     order by b.item",
)
.hot();

/// Stock on a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) key: Key,
    pub(crate) on_hand: i64,
}

pub(crate) fn standing(conn: &mut Conn<'_>, locations: &[LocationId]) -> Result<Vec<Standing>, DbError> {
    let list = list(locations);
    conn.query(&STANDING, &[(&list).into()], |row| {
        let (item, location) = (ItemId(row.int(0)?), LocationId(row.int(1)?));
        let (lot, status) = (LotId(row.int(2)?), load::status(row, 3)?);
        Ok(Standing { key: Key { item, location, lot, status }, on_hand: row.int(4)? })
    })
}

/// The items that have to be swept before a set of locations changes.
pub(crate) fn past(
    conn: &mut Conn<'_>,
    locations: &[LocationId],
    today: Date,
) -> Result<Vec<ItemId>, DbError> {
    let list = list(locations);
    conn.query(&PAST, &[(&list).into(), today.into()], |row| Ok(ItemId(row.int(0)?)))
}

fn list(locations: &[LocationId]) -> String {
    let ids: Vec<String> = locations.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(","))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&STANDING, &PAST];
