//! The statements of digests.

use crate::digest::{Anchor, Head};
use db::{Conn, DbError, Statement, Tx};
use domain::Instant;

/// The digests of heads alone are never further apart than a lane may go on, so counting on from them stays
/// cheap; that of a backup may be of a moment long before it was written.
const LAST: Statement = Statement::new(
    "stock.digest.last",
    "select coalesce((select max(n) from stock_digest), 0),
            coalesce((
              select heads
              from stock_digest
              where length(state_hash) = 0
              order by n desc
              limit 1), '[]'),
            coalesce((
              select movements
              from stock_digest
              where length(state_hash) = 0
              order by n desc
              limit 1), 0)",
);

const LAST_OF_STATE: Statement = Statement::new(
    "stock.digest.last_of_state",
    "select n, heads, postings, movements, state_hash
     from stock_digest
     where length(state_hash) > 0
     order by n desc
     limit 1",
);

const MOVEMENTS: Statement = Statement::new(
    "stock.digest.movements",
    "select count(*) from stock_movement where lane = ?1 and number > ?2 and number <= ?3",
);

/// What names heads alone only behind the digest that it was read after, and when it says more than that:
/// processes of one server may make digests at the same moment. What tells a state behind every other that
/// does, whatever lanes have written while it was hashed.
const INSERT: Statement = Statement::new(
    "stock.digest.insert",
    "insert into stock_digest (n, made_at, heads, postings, movements, state_hash)
     select coalesce(max(d.n), 0) + 1, ?1, ?2, ?3, ?4, ?5
     from stock_digest d
     having cast(?6 as bigint) = 0 and coalesce(max(d.n), 0) + 1 = ?7 and coalesce(max(d.postings), 0) < ?3
       or cast(?6 as bigint) = 1
         and coalesce(max(case when length(d.state_hash) > 0 then d.postings else 0 end), 0) < ?3
     on conflict (n) do nothing",
);

/// Behind what a digest comes.
pub(super) struct Last {
    /// The number of the last digest; 0 before the first.
    pub(super) n: i64,
    /// The heads of the last that names heads alone, as it has them.
    pub(super) heads: String,
    /// The movements up to these heads.
    pub(super) movements: i64,
}

/// The last digest.
pub(super) fn last(conn: &mut Conn<'_>) -> Result<Last, DbError> {
    conn.query_one(&LAST, &[], |row| {
        Ok(Last { n: row.int(0)?, heads: row.text(1)?.to_owned(), movements: row.int(2)? })
    })
}

/// The last digest that tells a state, if there is one.
pub(super) fn last_of_state(conn: &mut Conn<'_>) -> Result<Option<Anchor>, DbError> {
    conn.query_opt(&LAST_OF_STATE, &[], |row| {
        Ok(Anchor {
            n: row.int(0)?,
            heads: row.text(1)?.to_owned(),
            postings: row.int(2)?,
            movements: row.int(3)?,
            state_hash: Some(row.hash(4)?),
        })
    })
}

/// How many movements a lane has after a posting, up to its head.
pub(super) fn movements(conn: &mut Conn<'_>, head: &Head, after: i64) -> Result<i64, DbError> {
    let counted =
        conn.query_opt(&MOVEMENTS, &[head.lane.into(), after.into(), head.number.into()], |row| row.int(0))?;
    Ok(counted.unwrap_or_default())
}

/// Writes a digest down where it has its turn. Whether it was written.
pub(super) fn insert(tx: &mut Tx<'_>, now: Instant, anchor: &Anchor) -> Result<bool, DbError> {
    let Anchor { heads, postings, movements, state_hash, n } = anchor;
    let has_state = i64::from(state_hash.is_some());
    let state_hash: &[u8] = state_hash.as_ref().map_or(&[], |hash| hash);
    let params = [
        now.0.into(),
        heads.into(),
        (*postings).into(),
        (*movements).into(),
        state_hash.into(),
        has_state.into(),
        (*n).into(),
    ];
    Ok(tx.execute(&INSERT, &params)? > 0)
}
