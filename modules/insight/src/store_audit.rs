//! The statements of a stretch of the audit log.

use crate::audit_log::Written;
use db::audit::Stored;
use db::{Conn, DbError, Statement};

const ENDS: Statement = Statement::new(
    "insight.audit.ends",
    "select
       (select min(a.n) from ck_audit a where cast(?1 as timestamptz) is null or a.at >= ?1),
       (select max(a.n) from ck_audit a where cast(?2 as timestamptz) is null or a.at < ?2)",
);

const END: Statement = Statement::new("insight.audit.end", "select h.n from ck_audit_head h");

const HASH_AT: Statement =
    Statement::new("insight.audit.hash_at", "select a.hash from ck_audit a where a.n = ?1");

const ROWS: Statement = Statement::new(
    "insight.audit.rows",
    "select n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash,
       form, actor_digest, target_digest, actor_salt, target_salt, details_salt
     from ck_audit
     where n > ?1 and n <= ?2
     order by n
     limit ?3",
);

const WRITTEN: Statement = Statement::new(
    "insight.audit.written",
    "select n, time, request_id, remains from ck_audit_erased where n > ?1 and n <= ?2 order by n, time",
);

/// The first row not before one instant, and the last before another.
pub(crate) fn ends(
    conn: &mut Conn<'_>,
    from: Option<i64>,
    until: Option<i64>,
) -> Result<(Option<i64>, Option<i64>), DbError> {
    conn.query_one(&ENDS, &[from.into(), until.into()], |row| Ok((row.opt_int(0)?, row.opt_int(1)?)))
}

/// Where the log ends.
pub(crate) fn end(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&END, &[], |row| row.int(0))
}

/// The hash of a row.
pub(crate) fn hash_at(conn: &mut Conn<'_>, n: i64) -> Result<[u8; 32], DbError> {
    conn.query_one(&HASH_AT, &[n.into()], |row| row.hash(0))
}

/// Rows behind one, up to another.
pub(crate) fn rows(conn: &mut Conn<'_>, after: i64, last: i64, limit: i64) -> Result<Vec<Stored>, DbError> {
    conn.query(&ROWS, &[after.into(), last.into(), limit.into()], Stored::read)
}

/// What erasures have written down of rows behind one, up to another.
pub(crate) fn written(conn: &mut Conn<'_>, after: i64, last: i64) -> Result<Vec<Written>, DbError> {
    conn.query(&WRITTEN, &[after.into(), last.into()], |row| {
        Ok(Written { n: row.int(0)?, time: row.int(1)?, request_id: row.id16(2)?, remains: row.hash(3)? })
    })
}
