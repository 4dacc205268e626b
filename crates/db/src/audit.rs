//! The audit log: one chain of hashes over every action that is not a posting of a lane. Invariant:
//! numbers are dense from 1, and each row's hash covers its own fields and the hash before it.
//!
//! The canonical form of a row is `stockwell.audit.v1` and its fields in the order of
//! [`Canonical`], each as a 4-byte big-endian length and its bytes; numbers are 8 bytes, big-endian.
//! The details are covered by their SHA-256.

pub(crate) mod list;

pub use list::{Entry, Filter, Order, list, of_record};

use crate::conn::Conn;
use crate::error::DbError;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::{Rows, Value};
use sha2::{Digest as _, Sha256};

/// What is to be remembered about an action.
#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    /// When, in microseconds.
    pub at: i64,
    /// Who.
    pub actor_id: i64,
    /// Who, by name at the time.
    pub actor_name: &'a str,
    /// What, such as `catalog.item.archive`.
    pub action: &'a str,
    /// Of what.
    pub target: &'a str,
    /// The request it belongs to.
    pub request_id: [u8; 16],
    /// How it ended, such as `done` or the code of a refusal.
    pub outcome: &'a str,
    /// More, a JSON text.
    pub details: String,
}

/// An entry that waits for the end of its closure.
#[derive(Debug)]
pub(crate) struct Buffered {
    at: i64,
    actor_id: i64,
    actor_name: Box<str>,
    action: Box<str>,
    target: Box<str>,
    request_id: [u8; 16],
    outcome: Box<str>,
    details: String,
}

impl From<AuditEntry<'_>> for Buffered {
    fn from(entry: AuditEntry<'_>) -> Buffered {
        Buffered {
            at: entry.at,
            actor_id: entry.actor_id,
            actor_name: entry.actor_name.into(),
            action: entry.action.into(),
            target: entry.target.into(),
            request_id: entry.request_id,
            outcome: entry.outcome.into(),
            details: entry.details,
        }
    }
}

/// The fields of a row that its hash covers, in order.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a> {
    /// Its number in the log.
    pub n: i64,
    /// When, in microseconds.
    pub at: i64,
    /// Who.
    pub actor_id: i64,
    /// Who, by name.
    pub actor_name: &'a str,
    /// What.
    pub action: &'a str,
    /// Of what.
    pub target: &'a str,
    /// The request.
    pub request_id: &'a [u8],
    /// How it ended.
    pub outcome: &'a str,
    /// SHA-256 of the details.
    pub payload_hash: &'a [u8; 32],
    /// The hash of row `n - 1`; zeros for the first.
    pub prev_hash: &'a [u8; 32],
}

impl Canonical<'_> {
    /// The canonical bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"stockwell.audit.v1".to_vec();
        let mut field = |bytes: &[u8]| {
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(bytes);
        };
        field(&self.n.to_be_bytes());
        field(&self.at.to_be_bytes());
        field(&self.actor_id.to_be_bytes());
        field(self.actor_name.as_bytes());
        field(self.action.as_bytes());
        field(self.target.as_bytes());
        field(self.request_id);
        field(self.outcome.as_bytes());
        field(self.payload_hash);
        field(self.prev_hash);
        out
    }

    /// The hash of the row.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }
}

const HEAD: Statement = Statement::per_engine(
    "db.audit.head",
    "select n, hash from db_audit_head where id = 1",
    "select n, hash from db_audit_head where id = 1 for update",
);

const MOVE_HEAD: Statement = Statement::per_engine(
    "db.audit.move_head",
    "update db_audit_head
     set n = ?1, hash = ?2
     where id = 1",
    "update db_audit_head
     set n = (?1::bigint[])[1], hash = (?2::bytea[])[1]
     where id = 1",
);

const INSERT: Statement = Statement::per_engine(
    "db.audit.insert",
    "insert into db_audit
       (n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    "insert into db_audit
       (n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash)
     select *
     from unnest(?1::bigint[], ?2::timestamptz[], ?3::bigint[], ?4::text[], ?5::text[], ?6::text[], ?7::uuid[],
                 ?8::text[], ?9::text[], ?10::bytea[], ?11::bytea[], ?12::bytea[])",
);

/// Chains the entries that wait. The head is locked from here to the commit.
pub(crate) fn flush(tx: &mut Tx<'_>) -> Result<(), DbError> {
    if tx.work.audits.is_empty() {
        return Ok(());
    }
    let entries = std::mem::take(&mut tx.work.audits);
    let (first, mut hash) = tx.query_one(&HEAD, &[], |row| Ok((row.int(0)?, row.hash(1)?)))?;
    let mut last = first;
    let mut hashes = Vec::with_capacity(entries.len());
    for entry in &entries {
        last = last.saturating_add(1);
        let payload_hash: [u8; 32] = Sha256::digest(entry.details.as_bytes()).into();
        let next = Canonical {
            n: last,
            at: entry.at,
            actor_id: entry.actor_id,
            actor_name: &entry.actor_name,
            action: &entry.action,
            target: &entry.target,
            request_id: &entry.request_id,
            outcome: &entry.outcome,
            payload_hash: &payload_hash,
            prev_hash: &hash,
        }
        .hash();
        hashes.push((last, payload_hash, hash, next));
        hash = next;
    }
    let mut rows = Rows::with_capacity(12, entries.len());
    for (entry, (n, payload_hash, prev_hash, hash)) in entries.iter().zip(&hashes) {
        rows.push(&[
            (*n).into(),
            entry.at.into(),
            entry.actor_id.into(),
            Value::Text(&entry.actor_name),
            Value::Text(&entry.action),
            Value::Text(&entry.target),
            (&entry.request_id).into(),
            Value::Text(&entry.outcome),
            Value::Text(&entry.details),
            payload_hash.into(),
            prev_hash.into(),
            hash.into(),
        ]);
    }
    let mut head = Rows::new(2);
    head.push(&[last.into(), (&hash).into()]);
    tx.execute_all(&[(&INSERT, &rows), (&MOVE_HEAD, &head)]).map(|_| ())
}

const PAGE: Statement = Statement::new(
    "db.audit.page",
    "select n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash
     from db_audit
     where n > ?1
     order by n
     limit ?2",
);

/// Where the chain stands after some rows were found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last row looked at.
    pub n: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// The state before the first row.
pub const START: Verified = Verified { n: 0, hash: [0; 32] };

/// Checks the next rows of the chain. `Ok(Err(n))` names the first row that is wrong; when the
/// state comes back unchanged the end is reached, to be compared with [`head`].
pub fn verify_chain(
    conn: &mut Conn<'_>,
    from: Verified,
    limit: i64,
) -> Result<Result<Verified, i64>, DbError> {
    let mut state = from;
    let mut wrong = None;
    conn.for_each(&PAGE, &[from.n.into(), limit.into()], |row| {
        let payload_hash: [u8; 32] = Sha256::digest(row.text(8)?.as_bytes()).into();
        let expected = Canonical {
            n: state.n.saturating_add(1),
            at: row.int(1)?,
            actor_id: row.int(2)?,
            actor_name: row.text(3)?,
            action: row.text(4)?,
            target: row.text(5)?,
            request_id: row.blob(6)?,
            outcome: row.text(7)?,
            payload_hash: &payload_hash,
            prev_hash: &state.hash,
        };
        let (n, hash) = (row.int(0)?, row.hash(11)?);
        let right = n == expected.n
            && row.hash(9)? == payload_hash
            && row.hash(10)? == state.hash
            && hash == expected.hash();
        if !right && wrong.is_none() {
            wrong = Some(expected.n);
        }
        state = Verified { n, hash };
        Ok(())
    })?;
    Ok(wrong.map_or(Ok(state), Err))
}

const READ_HEAD: Statement =
    Statement::new("db.audit.read_head", "select n, hash from db_audit_head where id = 1");

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[HEAD, MOVE_HEAD, INSERT, PAGE, READ_HEAD];

/// The head that the chain must end in.
pub fn head(conn: &mut Conn<'_>) -> Result<Verified, DbError> {
    conn.query_one(&READ_HEAD, &[], |row| Ok(Verified { n: row.int(0)?, hash: row.hash(1)? }))
}
