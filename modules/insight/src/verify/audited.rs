//! Every change of a record is in the audit log (I-22). A change is told by its event, and its audit
//! row carries the same body: each event must have a row of its own that does. Postings are in the
//! chain of their lane instead.

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

const COUNT: Statement = Statement::new("verify.audited.count", "select count(*) from ck_audit");

/// Their own digests are salted.
const ROWS: Statement = Statement::new("verify.audited.rows", "select details from ck_audit");

const CHANGES: Statement = Statement::new(
    "verify.audited.changes",
    "select aggregate_type, aggregate_id, aggregate_seq, payload from ck_event
     where aggregate_type not in ('stock', 'claim')",
);

/// So many rows are kept in memory together, which takes some 50 MB; a longer log is looked through
/// several times.
const ROWS_MAX: u64 = 1_000_000;

/// The hash of a body.
type Body = [u8; 32];

/// I-22: each change of a record has left its row in the audit log.
pub(super) fn changes(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let count = u64::try_from(conn.query_one(&COUNT, &[], |row| row.int(0))?).unwrap_or(0);
    let shares = count / ROWS_MAX + 1;
    for share in 0..shares {
        pass(conn, findings, |body| number(body) % shares == share)?;
    }
    Ok(())
}

/// Holds the changes with certain bodies to the rows with the same.
fn pass(
    conn: &mut Conn<'_>,
    findings: &mut Findings,
    is_wanted: impl Fn(&Body) -> bool,
) -> Result<(), DbError> {
    // several changes may have the same body, such as one block after another
    let mut rows: FxHashMap<Body, u64> = FxHashMap::default();
    conn.for_each(&ROWS, &[], |row| {
        let body: Body = Sha256::digest(row.text(0)?.as_bytes()).into();
        if is_wanted(&body) {
            let count = rows.entry(body).or_default();
            *count = count.saturating_add(1);
        }
        Ok(())
    })?;
    conn.for_each(&CHANGES, &[], |row| {
        let (of, id, seq) = (row.text(0)?, row.text(1)?, row.int(2)?);
        let body: Body = Sha256::digest(row.text(3)?.as_bytes()).into();
        if !is_wanted(&body) {
            return Ok(());
        }
        findings.row();
        let left = rows.get_mut(&body).filter(|left| **left > 0);
        findings.hold(left.is_some(), || format!("change {seq} of {of} {id} has no row in the audit log"));
        if let Some(left) = left {
            *left -= 1;
        }
        Ok(())
    })
}

fn number(body: &Body) -> u64 {
    body.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
