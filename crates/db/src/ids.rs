//! Ids of master data, handed out by the application in blocks: the same on both engines.

use crate::conn::Conn;
use crate::error::DbError;
use crate::statement::Statement;
use crate::tx::Tx;

const TAKE: Statement = Statement::new(
    "db.block.take",
    "insert into db_block (name, next)
     values (?1, 1 + ?2)
     on conflict (name) do update
     set next = db_block.next + excluded.next - 1
     returning next",
);

const NEXT: Statement = Statement::new("db.block.next", "select next from db_block where name = ?1");

const RAISE: Statement = Statement::per_engine(
    "db.block.raise",
    "insert into db_block (name, next)
     values (?1, ?2)
     on conflict (name) do update
     set next = max(db_block.next, excluded.next)",
    "insert into db_block (name, next)
     values (?1, ?2)
     on conflict (name) do update
     set next = greatest(db_block.next, excluded.next)",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[TAKE, NEXT, RAISE];

/// Takes `count` consecutive ids of a sequence and returns the first. Ids begin with 1; those of
/// a transaction that is rolled back are given out again.
pub fn take(tx: &mut Tx<'_>, name: &str, count: i64) -> Result<i64, DbError> {
    let next = tx.query_one(&TAKE, &[name.into(), count.into()], |row| row.int(0))?;
    Ok(next.saturating_sub(count))
}

/// The id that comes next: how many were taken so far, and one.
pub fn next(conn: &mut Conn<'_>, name: &str) -> Result<i64, DbError> {
    Ok(conn.query_opt(&NEXT, &[name.into()], |row| row.int(0))?.unwrap_or(1))
}

/// Sees to it that ids below `next` are never handed out, for ids that were fixed elsewhere.
pub fn reserve_below(tx: &mut Tx<'_>, name: &str, next: i64) -> Result<(), DbError> {
    tx.execute(&RAISE, &[name.into(), next.into()]).map(|_| ())
}
