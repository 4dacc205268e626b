//! The statements of commands on lots.

use crate::load;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::when::Date;
use domain::{ItemId, LocationId, LotId, Status};

const LOCK: Statement = Statement::per_engine(
    "stock.lot.lock",
    "select id, item, code, expiry_on, made_on, version, on_hold from stock_lot where item = ?1 and code_folded = ?2",
    "select id, item, code, expiry_on, made_on, version, on_hold from stock_lot where item = ?1 and code_folded = ?2
     for update",
);

const SET_EXPIRY: Statement =
    Statement::new("stock.lot.set_expiry", "update stock_lot set expiry_on = ?2, version = ?3 where id = ?1");

const SET_HOLD: Statement =
    Statement::new("stock.lot.set_hold", "update stock_lot set on_hold = ?2, version = ?3 where id = ?1");

const STANDING: Statement = Statement::new(
    "stock.lot.standing",
    "select location, status, on_hand from stock_balance
     where item = ?1 and lot = ?2 and location > 0 and on_hand > 0
     order by location, status",
)
.hot();

/// A lot as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LotRow {
    pub(crate) id: LotId,
    pub(crate) item: ItemId,
    pub(crate) code: String,
    pub(crate) expiry_on: Option<Date>,
    pub(crate) made_on: Option<Date>,
    pub(crate) version: i64,
    pub(crate) on_hold: bool,
}

/// Stock of a lot at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) location: LocationId,
    pub(crate) status: Status,
    pub(crate) on_hand: i64,
}

pub(crate) fn lock(tx: &mut Tx<'_>, item: ItemId, folded: &str) -> Result<Option<LotRow>, DbError> {
    tx.query_opt(&LOCK, &[item.get().into(), folded.into()], lot)
}

fn lot(row: &Row<'_>) -> Result<LotRow, DbError> {
    Ok(LotRow {
        id: LotId(row.int(0)?),
        item: ItemId(row.int(1)?),
        code: row.text(2)?.to_owned(),
        expiry_on: row.opt_date(3)?,
        made_on: row.opt_date(4)?,
        version: row.int(5)?,
        on_hold: row.bool(6)?,
    })
}

pub(crate) fn set_expiry(tx: &mut Tx<'_>, lot: &LotRow) -> Result<(), DbError> {
    tx.execute(&SET_EXPIRY, &[lot.id.get().into(), lot.expiry_on.into(), lot.version.into()]).map(|_| ())
}

pub(crate) fn set_hold(tx: &mut Tx<'_>, lot: &LotRow) -> Result<(), DbError> {
    tx.execute(&SET_HOLD, &[lot.id.get().into(), lot.on_hold.into(), lot.version.into()]).map(|_| ())
}

pub(crate) fn standing(conn: &mut Conn<'_>, lot: &LotRow) -> Result<Vec<Standing>, DbError> {
    conn.query(&STANDING, &[lot.item.get().into(), lot.id.get().into()], |row| {
        Ok(Standing {
            location: LocationId(row.int(0)?),
            status: load::status(row, 1)?,
            on_hand: row.int(2)?,
        })
    })
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LOCK, &SET_EXPIRY, &SET_HOLD, &STANDING];
