//! The statements of handling units.

use super::show::ContentShown;
use crate::load;
use db::{Conn, DbError, Rows, Statement, Tx};
use domain::ledger::Key;
use domain::{Delta, Instant, ItemId, LocationId, LotId, PostingId};
use serde::Serialize;
use utoipa::ToSchema;

/// What stands in a location came there by a movement, and movements are found by their destination.
const CONTENTS: Statement = Statement::per_engine(
    "stock.unit.contents",
    "select b.item, b.location, b.lot, b.status, b.on_hand, b.allocated
     from (select distinct m.item, m.lot, m.to_status from stock_movement m
           where m.to_location = ?1 and m.to_location > 0) as k
     join stock_balance b
       on b.item = k.item and b.location = ?1 and b.lot = k.lot and b.status = k.to_status
     where b.on_hand > 0",
    "select b.item, b.location, b.lot, b.status, b.on_hand, b.allocated
     from (select distinct m.to_location, m.item, m.lot, m.to_status
           from unnest(?1::bigint[]) as u (location)
           join stock_movement m on m.to_location = u.location and m.to_location > 0) as k
     join stock_balance b
       on b.item = k.item and b.location = k.to_location and b.lot = k.lot and b.status = k.to_status
     where b.on_hand > 0",
);

/// The units inside of a unit are few and in the order of their ids, and so is what stands in each.
const CONTENTS_PAGE: Statement = Statement::new(
    "stock.unit.contents_page",
    "select t.descendant, b.item, b.lot, b.status, b.on_hand, b.allocated,
       (select p.code from stock_known_place p where p.id = t.descendant), i.sku, l.code
     from stock_within t
     join stock_balance b on b.location = t.descendant
     join stock_known_item i on i.id = b.item
     left join stock_lot l on l.id = b.lot
     where t.ancestor = ?1 and t.descendant >= ?2
       and (t.descendant > ?2 or (b.item, b.lot, b.status) > (?3, ?4, ?5))
       and b.on_hand > 0
     order by t.descendant, b.item, b.lot, b.status
     limit ?6",
);

/// Where a page of contents ends: location, item, lot and status.
pub(crate) type After = (i64, i64, i64, i64);

const ADD_MOVE: Statement = Statement::new(
    "stock.unit.add_move",
    "insert into stock_unit_move (unit, seq, posting, from_parent, to_parent, at)
     select cast(?1 as bigint), coalesce(max(m.seq), 0) + 1, ?2, ?3, ?4, ?5 from stock_unit_move m where m.unit = ?1
     returning seq",
);

const MOVES: Statement = Statement::new(
    "stock.unit.moves",
    "select seq, posting, from_parent, to_parent, at from stock_unit_move
     where unit = ?1 and seq < ?2
     order by seq desc
     limit ?3",
);

/// Stock in a unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Content {
    pub(crate) key: Key,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
}

/// One move of a unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnitMove {
    /// Its number, from 1.
    pub(crate) seq: i64,
    /// The posting that chains it.
    #[schema(value_type = String)]
    pub(crate) posting: PostingId,
    /// What it stood in.
    pub(crate) from: String,
    /// What it stands in since.
    pub(crate) to: String,
    /// When it was moved.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Instant,
    #[serde(skip)]
    pub(crate) from_parent: LocationId,
    #[serde(skip)]
    pub(crate) to_parent: LocationId,
}

pub(crate) fn contents(conn: &mut Conn<'_>, units: &[LocationId]) -> Result<Vec<Content>, DbError> {
    let mut rows = Rows::with_capacity(1, units.len());
    for unit in units {
        rows.push(&[unit.get().into()]);
    }
    let mut found = conn.query_many(&CONTENTS, &rows, |row| {
        let (item, location) = (ItemId(row.int(0)?), LocationId(row.int(1)?));
        let (lot, status) = (LotId(row.int(2)?), load::status(row, 3)?);
        Ok(Content { key: Key { item, location, lot, status }, on_hand: row.int(4)?, allocated: row.int(5)? })
    })?;
    found.sort_unstable_by_key(|there| there.key);
    Ok(found)
}

/// The next contents of a unit and of the units inside of it.
pub(crate) fn contents_page(
    conn: &mut Conn<'_>,
    unit: LocationId,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<ContentShown>, DbError> {
    let (location, item, lot, status) = after.copied().unwrap_or_default();
    let params = [unit.get().into(), location.into(), item.into(), lot.into(), status.into(), limit.into()];
    conn.query(&CONTENTS_PAGE, &params, |row| {
        Ok(ContentShown {
            unit: row.text(6)?.to_owned(),
            sku: row.text(7)?.to_owned(),
            lot: row.opt_text(8)?.map(str::to_owned),
            status: load::status(row, 3)?,
            on_hand: Delta(row.int(4)?),
            allocated: Delta(row.int(5)?),
            after: (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?),
        })
    })
}

/// Adds a move to the history of a unit, whose record is held; its number.
pub(crate) fn add_move(
    tx: &mut Tx<'_>,
    unit: LocationId,
    posting: PostingId,
    from: LocationId,
    to: LocationId,
    at: Instant,
) -> Result<i64, DbError> {
    let params = [unit.get().into(), posting.bytes().into(), from.get().into(), to.get().into(), at.0.into()];
    tx.query_one(&ADD_MOVE, &params, |row| row.int(0))
}

pub(crate) fn moves(
    conn: &mut Conn<'_>,
    unit: LocationId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<UnitMove>, DbError> {
    conn.query(&MOVES, &[unit.get().into(), before.unwrap_or(i64::MAX).into(), limit.into()], |row| {
        Ok(UnitMove {
            seq: row.int(0)?,
            posting: PostingId::from_bytes(row.id16(1)?),
            from: String::new(),
            to: String::new(),
            at: Instant(row.int(4)?),
            from_parent: LocationId(row.int(2)?),
            to_parent: LocationId(row.int(3)?),
        })
    })
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&CONTENTS, &CONTENTS_PAGE, &ADD_MOVE, &MOVES];
