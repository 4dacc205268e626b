//! The chain of the audit log: dense numbers, and each hash over its row and the one before (I-15); what was taken
//! away from it is written down, and told by a row of its own (I-15); its head (I-22).

use super::findings::Findings;
use super::ground::Ground;
use crate::audit_log::Told;
use db::audit::{Stored, erase};
use db::{Conn, DbError, Statement};
use rustc_hash::FxHashMap;

const ROWS: Statement = Statement::new(
    "verify.chain.audit",
    "select n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash,
       form, actor_digest, target_digest, actor_salt, target_salt, details_salt
     from ck_audit
     order by n",
);

const ERASED: Statement = Statement::new(
    "verify.chain.erased",
    "select n, time, request_id, remains from ck_audit_erased order by n, time",
);

const AUDIT_HEAD: Statement = Statement::new(
    "verify.chain.audit_head",
    "select h.n, h.hash, a.hash, (select max(l.n) from ck_audit l)
     from ck_audit_head h
     left join ck_audit a on a.n = h.n",
);

/// What erasures have written down. There are as many entries as rows that were ever erased: some of the log of
/// those who have left.
#[derive(Default)]
struct Written {
    /// Of each row, the last.
    last: FxHashMap<i64, (i64, [u8; 32])>,
    /// Of each erasure, all.
    by: FxHashMap<[u8; 16], erase::Erased>,
}

impl Written {
    fn read(conn: &mut Conn<'_>, findings: &mut Findings) -> Result<Written, DbError> {
        let mut written = Written::default();
        conn.for_each(&ERASED, &[], |row| {
            findings.row();
            let (n, time, request_id, remains) = (row.int(0)?, row.int(1)?, row.id16(2)?, row.hash(3)?);
            let before = written.last.insert(n, (time, remains)).map_or(0, |(time, _)| time);
            findings.hold(time == before.saturating_add(1), || {
                format!("what was erased of audit row {n} the {time}th time follows the {before}th")
            });
            written.by.entry(request_id).or_default().add(n, time, &remains);
            Ok(())
        })?;
        Ok(written)
    }
}

/// The rows of the audit log are dense and each names the hash before it, and what erasures have written down is
/// what their rows tell. Deep, each hash is that of its row.
pub(super) fn audit(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut written = Written::read(conn, findings)?;
    let (mut last, mut before) = (0_i64, [0; 32]);
    conn.for_each(&ROWS, &[], |row| {
        findings.row();
        let row = Stored::read(row)?;
        let (n, expected) = (row.n, last.saturating_add(1));
        findings.hold(n == expected, || format!("audit row {n} stands where row {expected} should"));
        findings.hold(row.prev_hash == before, || {
            format!("audit row {n} does not name the hash of the row before it")
        });
        let remains = written.last.remove(&n).map(|(_, remains)| remains);
        // what was erased is held by nothing but what was written down of it
        let is_whole = row.form == 1 || row.salts.iter().all(Option::is_some);
        if ground.deep || remains.is_some() || !is_whole {
            let right = row.is_right(remains.as_ref());
            findings.hold(right, || format!("the hash of audit row {n} is not that of what it says"));
        }
        if row.action == erase::ACTION {
            let found = written.by.remove(&row.request_id).unwrap_or_default();
            let right = Told::read(&row.details).is_some_and(|told| told.is_of(&found));
            findings.hold(right, || format!("audit row {n} tells of another erasure than was written down"));
        }
        (last, before) = (n, row.hash);
        Ok(())
    })?;
    for n in written.last.into_keys() {
        findings.add(|| format!("something was erased of audit row {n}, which is not there"));
    }
    for erased in written.by.into_values() {
        findings.add(|| format!("no audit row tells of an erasure of {} rows", erased.rows()));
    }
    Ok(())
}

/// I-22: the audit log ends where its head says.
pub(super) fn audit_head(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut heads = 0;
    conn.for_each(&AUDIT_HEAD, &[], |row| {
        heads += 1;
        let (n, last) = (row.int(0)?, row.opt_int(3)?.unwrap_or(0));
        findings.hold(n == last, || format!("the audit log should end at row {n} and ends at row {last}"));
        let same = n == 0 || row.opt_hash(2)? == Some(row.hash(1)?);
        findings.hold(same, || format!("the hash of audit row {n} is not the one of the log's head"));
        Ok(())
    })?;
    findings.hold(heads == 1, || format!("the audit log has {heads} heads"));
    Ok(())
}
