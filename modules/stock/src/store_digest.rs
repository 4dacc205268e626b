//! The statements of digests.

use crate::digest::{Anchor, Head};
use db::{Conn, DbError, Statement, Tx};
use domain::Instant;

const LAST: Statement = Statement::new(
    "stock.digest.last",
    "select n, heads, movements from stock_digest order by n desc limit 1",
);

const MOVEMENTS: Statement = Statement::new(
    "stock.digest.movements",
    "select count(*) from stock_movement where lane = ?1 and number > ?2 and number <= ?3",
);

/// Only behind the digest that it was read after, and what says more than that: processes of one server may
/// make digests at the same moment.
const INSERT: Statement = Statement::new(
    "stock.digest.insert",
    "insert into stock_digest (n, made_at, heads, postings, movements, state_hash)
     select coalesce(max(d.n), 0) + 1, ?1, ?2, ?3, ?4, ?5
     from stock_digest d
     having coalesce(max(d.n), 0) + 1 = ?7
       and (coalesce(max(d.postings), 0) < ?3
         or coalesce(max(d.postings), 0) = ?3
           and coalesce(max(case when length(d.state_hash) > 0 then d.postings else 0 end), 0) < ?6)
     on conflict (n) do nothing",
);

/// The last digest.
pub(super) struct Last {
    pub(super) n: i64,
    /// As it has them.
    pub(super) heads: String,
    pub(super) movements: i64,
}

/// The last digest, if there is one.
pub(super) fn last(conn: &mut Conn<'_>) -> Result<Option<Last>, DbError> {
    conn.query_opt(&LAST, &[], |row| {
        Ok(Last { n: row.int(0)?, heads: row.text(1)?.to_owned(), movements: row.int(2)? })
    })
}

/// How many movements a lane has after a posting, up to its head.
pub(super) fn movements(conn: &mut Conn<'_>, head: &Head, after: i64) -> Result<i64, DbError> {
    let counted =
        conn.query_opt(&MOVEMENTS, &[head.lane.into(), after.into(), head.number.into()], |row| row.int(0))?;
    Ok(counted.unwrap_or_default())
}

/// Writes a digest down, unless one that counts as many postings is there, with a hash of the state where
/// this one has it. Whether it was written.
pub(super) fn insert(tx: &mut Tx<'_>, now: Instant, anchor: &Anchor) -> Result<bool, DbError> {
    let Anchor { heads, postings, movements, state_hash, n } = anchor;
    // how many postings it tells the state of
    let hashed = if state_hash.is_some() { *postings } else { 0 };
    let state_hash: &[u8] = state_hash.as_ref().map_or(&[], |hash| hash);
    let params = [
        now.0.into(),
        heads.into(),
        (*postings).into(),
        (*movements).into(),
        state_hash.into(),
        hashed.into(),
        (*n).into(),
    ];
    Ok(tx.execute(&INSERT, &params)? > 0)
}
