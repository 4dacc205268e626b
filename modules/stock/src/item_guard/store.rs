//! Where an item is in use.

use db::{Conn, DbError, Statement, Tx};
use domain::{ItemId, LocationId, SiteId};

const SOMEWHERE: Statement = Statement::new(
    "stock.item_guard.somewhere",
    "select location, on_hand from stock_balance
     where item = ?1 and location > 0 and on_hand <> 0
     order by location
     limit 1",
)
.hot();

const CLAIMED: Statement = Statement::new(
    "stock.item_guard.claimed",
    "select owner, site from stock_claim where item = ?1 and state = 1 order by id limit 1",
)
.hot();

const FORGET_ORDER: Statement = Statement::new(
    "stock.item_guard.forget_order",
    "update stock_serial set latest = null where lot in (select l.id from stock_lot l where l.item = ?1)",
);

/// When the serials of an item moved last is what their balances say, from now on: as a lot a code moves
/// without its row.
pub(crate) fn forget_order(tx: &mut Tx<'_>, item: ItemId) -> Result<(), DbError> {
    tx.execute(&FORGET_ORDER, &[item.get().into()]).map(drop)
}

/// A real location that has some.
pub(crate) fn somewhere(conn: &mut Conn<'_>, item: ItemId) -> Result<Option<(LocationId, i64)>, DbError> {
    conn.query_opt(&SOMEWHERE, &[item.get().into()], |row| Ok((LocationId(row.int(0)?), row.int(1)?)))
}

/// The owner of an open claim, and its site.
pub(crate) fn claimed(conn: &mut Conn<'_>, item: ItemId) -> Result<Option<(String, SiteId)>, DbError> {
    conn.query_opt(&CLAIMED, &[item.get().into()], |row| Ok((row.text(0)?.to_owned(), SiteId(row.int(1)?))))
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&SOMEWHERE, &CLAIMED, &FORGET_ORDER];
