//! The statements of what somebody holds of lots on hold for a reason of its own.

use super::kept::Spot;
use crate::load;
use db::{Conn, DbError, Rows, Statement, Tx};
use domain::ledger::Place;
use domain::{LocationId, LotId};
use std::collections::BTreeMap;

const READ: Statement = Statement::per_engine(
    "stock.kept.read",
    "select lot, location, status, qty from stock_kept where lot = ?1",
    "select s.lot, s.location, s.status, s.qty
     from unnest(?1::bigint[]) as k (lot)
     join stock_kept s on s.lot = k.lot",
);

const STORE: Statement = Statement::per_engine(
    "stock.kept.store",
    "insert into stock_kept (lot, location, status, qty) values (?1, ?2, ?3, ?4)
     on conflict (lot, location, status) do update set qty = excluded.qty",
    "insert into stock_kept (lot, location, status, qty)
     select * from unnest(?1::bigint[], ?2::bigint[], ?3::smallint[], ?4::bigint[])
     on conflict (lot, location, status) do update set qty = excluded.qty",
);

const REMOVE: Statement = Statement::per_engine(
    "stock.kept.remove",
    "delete from stock_kept where lot = ?1 and location = ?2 and status = ?3",
    "delete from stock_kept s
     using unnest(?1::bigint[], ?2::bigint[], ?3::smallint[]) as k (lot, location, status)
     where s.lot = k.lot and s.location = k.location and s.status = k.status",
);

/// What stands on hold of a lot and of the serials made in it, as far as nothing holds them as a whole.
const BEGIN: Statement = Statement::new(
    "stock.kept.begin",
    "insert into stock_kept (lot, location, status, qty)
     select b.lot, b.location, b.status, b.on_hand
     from stock_lot l
     left join stock_lot p on p.id = l.parent
     join stock_balance b on b.item = l.item and b.lot = l.id and b.lot <> 0 and b.location > 0
       and b.status = 2 and b.on_hand > 0
     where l.id in (select ?1 union all select c.id from stock_lot c where c.parent = ?1)
       and not l.on_hold and not coalesce(p.on_hold, false)",
);

/// What places outside have taken may come back later, so their bounds stay.
const END: Statement = Statement::new(
    "stock.kept.end",
    "delete from stock_kept
     where location > 0 and lot in (
       select l.id
       from stock_lot l
       left join stock_lot p on p.id = l.parent
       where l.id in (select ?1 union all select c.id from stock_lot c where c.parent = ?1)
         and not l.on_hold and not coalesce(p.on_hold, false))",
);

/// How far each key in status `hold` has come, of the same lots.
const BEGIN_HELD: Statement = Statement::new(
    "stock.held.begin",
    "insert into stock_held (lot, location, ver)
     select b.lot, b.location, b.ver
     from stock_lot l
     left join stock_lot p on p.id = l.parent
     join stock_balance b on b.item = l.item and b.lot = l.id and b.lot <> 0 and b.location > 0
       and b.status = 2 and b.ver > 0
     where l.id in (select ?1 union all select c.id from stock_lot c where c.parent = ?1)
       and not l.on_hold and not coalesce(p.on_hold, false)",
);

const END_HELD: Statement = Statement::new(
    "stock.held.end",
    "delete from stock_held
     where lot in (
       select l.id
       from stock_lot l
       left join stock_lot p on p.id = l.parent
       where l.id in (select ?1 union all select c.id from stock_lot c where c.parent = ?1)
         and not l.on_hold and not coalesce(p.on_hold, false))",
);

/// The same of open lots that become serials of parents, as far as these are on hold. There is nothing of them.
const BEGIN_HELD_UNDER: Statement = Statement::per_engine(
    "stock.held.begin_under",
    "insert into stock_held (lot, location, ver)
     select b.lot, b.location, b.ver
     from stock_lot l
     join stock_lot p on p.id = ?2 and p.on_hold
     join stock_balance b on b.item = l.item and b.lot = l.id and b.lot <> 0 and b.location > 0
       and b.status = 2 and b.ver > 0
     where l.id = ?1 and not l.on_hold",
    "insert into stock_held (lot, location, ver)
     select b.lot, b.location, b.ver
     from unnest(?1::bigint[], ?2::bigint[]) as k (lot, parent)
     join stock_lot l on l.id = k.lot and not l.on_hold
     join stock_lot p on p.id = k.parent and p.on_hold
     join stock_balance b on b.item = l.item and b.lot = l.id and b.lot <> 0 and b.location > 0
       and b.status = 2 and b.ver > 0",
);

/// How far each key in status `hold` came from when the hold of the same lots began, as far as nothing holds
/// them any more.
const OVER: Statement = Statement::new(
    "stock.released.over",
    "insert into stock_released (lot, location, from_ver, to_ver)
     select b.lot, b.location, coalesce(h.ver, 0), b.ver
     from stock_lot l
     left join stock_lot p on p.id = l.parent
     join stock_balance b on b.item = l.item and b.lot = l.id and b.lot <> 0 and b.location > 0
       and b.status = 2
     left join stock_held h on h.lot = b.lot and h.location = b.location
     where l.id in (select ?1 union all select c.id from stock_lot c where c.parent = ?1)
       and not l.on_hold and not coalesce(p.on_hold, false) and b.ver > coalesce(h.ver, 0)",
);

const READ_OVER: Statement = Statement::per_engine(
    "stock.released.read",
    "select lot, location, from_ver, to_ver from stock_released where lot = ?1",
    "select s.lot, s.location, s.from_ver, s.to_ver
     from unnest(?1::bigint[]) as k (lot)
     join stock_released s on s.lot = k.lot",
);

const READ_HELD: Statement = Statement::per_engine(
    "stock.held.read",
    "select lot, location, ver from stock_held where lot = ?1",
    "select s.lot, s.location, s.ver
     from unnest(?1::bigint[]) as k (lot)
     join stock_held s on s.lot = k.lot",
);

/// A lot at a place, and how far its key in status `hold` had come.
type Beginning = ((LotId, LocationId), i64);

/// How far the keys of these lots had come in status `hold` when the lots were put on hold as a whole.
pub(super) fn begun(conn: &mut Conn<'_>, lots: &[LotId]) -> Result<Vec<Beginning>, DbError> {
    let mut rows = Rows::with_capacity(1, lots.len());
    for lot in lots {
        rows.push(&[lot.get().into()]);
    }
    conn.query_many(&READ_HELD, &rows, |row| Ok(((LotId(row.int(0)?), LocationId(row.int(1)?)), row.int(2)?)))
}

/// A lot at a place, and which movements of its key in status `hold` a hold saw: after one version, up to another.
type Seen = ((LotId, LocationId), (i64, i64));

/// Which movements of keys in status `hold` were made while these lots were on hold as a whole, of holds that
/// are over.
pub(super) fn over(conn: &mut Conn<'_>, lots: &[LotId]) -> Result<Vec<Seen>, DbError> {
    let mut rows = Rows::with_capacity(1, lots.len());
    for lot in lots {
        rows.push(&[lot.get().into()]);
    }
    conn.query_many(&READ_OVER, &rows, |row| {
        Ok(((LotId(row.int(0)?), LocationId(row.int(1)?)), (row.int(2)?, row.int(3)?)))
    })
}

/// The bounds of these lots.
pub(super) fn kept(conn: &mut Conn<'_>, lots: &[LotId]) -> Result<Vec<(Spot, i64)>, DbError> {
    let mut rows = Rows::with_capacity(1, lots.len());
    for lot in lots {
        rows.push(&[lot.get().into()]);
    }
    conn.query_many(&READ, &rows, |row| {
        let place = Place { location: LocationId(row.int(1)?), status: load::status(row, 2)? };
        Ok(((LotId(row.int(0)?), place), row.int(3)?))
    })
}

/// Stores bounds, and removes those that are zero.
pub(super) fn keep(tx: &mut Tx<'_>, bounds: &BTreeMap<Spot, i64>) -> Result<(), DbError> {
    let (mut kept, mut gone) = (Rows::new(4), Rows::new(3));
    for ((lot, place), qty) in bounds {
        let [lot, location] = [lot.get().into(), place.location.get().into()];
        let status = place.status.number().into();
        if *qty > 0 {
            kept.push(&[lot, location, status, (*qty).into()]);
        } else {
            gone.push(&[lot, location, status]);
        }
    }
    for (statement, rows) in [(&STORE, kept), (&REMOVE, gone)] {
        if !rows.is_empty() {
            tx.execute_many(statement, &rows)?;
        }
    }
    Ok(())
}

/// Notes what stands on hold of a lot and its serials, which are put on hold as a whole from now on: before
/// they are. Those that are so already keep their bounds.
pub(super) fn begin(tx: &mut Tx<'_>, lot: LotId) -> Result<(), DbError> {
    tx.execute(&BEGIN, &[lot.get().into()])?;
    tx.execute(&BEGIN_HELD, &[lot.get().into()]).map(|_| ())
}

/// Notes how far open lots have come that become serials of parents, whose holds are theirs from now on: before
/// they are, and before anything is stored of what moves them.
pub(crate) fn begin_under(tx: &mut Tx<'_>, lots: &[(LotId, LotId)]) -> Result<(), DbError> {
    if lots.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::with_capacity(2, lots.len());
    for (lot, parent) in lots {
        rows.push(&[lot.get().into(), parent.get().into()]);
    }
    tx.execute_many(&BEGIN_HELD_UNDER, &rows).map(|_| ())
}

/// Notes what moved of a lot and its serials while they were on hold as a whole, as far as nothing holds them any
/// more: before anything is given back.
pub(super) fn note_over(tx: &mut Tx<'_>, lot: LotId) -> Result<(), DbError> {
    tx.execute(&OVER, &[lot.get().into()]).map(|_| ())
}

/// Forgets the bounds of a lot and its serials, as far as nothing holds them as a whole any more.
pub(super) fn end(tx: &mut Tx<'_>, lot: LotId) -> Result<(), DbError> {
    tx.execute(&END, &[lot.get().into()])?;
    tx.execute(&END_HELD, &[lot.get().into()]).map(|_| ())
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &READ,
    &STORE,
    &REMOVE,
    &BEGIN,
    &END,
    &READ_HELD,
    &BEGIN_HELD,
    &BEGIN_HELD_UNDER,
    &END_HELD,
    &OVER,
    &READ_OVER,
];
