//! The audit log: one chain of hashes over every action that is not a posting of a lane. Invariant:
//! numbers are dense from 1, and each row's hash covers its own fields and the hash before it.
//!
//! What it covers says [`form`]; how personal texts are taken away, [`erase`].

pub mod erase;
mod form;
pub(crate) mod list;

pub use form::{Salt, Stored};
pub use list::{Entry, Filter, Order, list, of_record};

use crate::conn::Conn;
use crate::error::DbError;
use crate::outbox::ROWS_AT_ONCE;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::{Rows, Value};
use form::{Part, canonical, stored, text_digest};

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
    concat!(
        "insert into db_audit (",
        stored!(),
        ")
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    ),
    concat!(
        "insert into db_audit (",
        stored!(),
        ")
         select *
         from unnest(?1::bigint[], ?2::timestamptz[], ?3::bigint[], ?4::text[], ?5::text[], ?6::text[], ?7::uuid[],
                     ?8::text[], ?9::text[], ?10::bytea[], ?11::bytea[], ?12::bytea[], ?13::smallint[], ?14::bytea[],
                     ?15::bytea[], ?16::bytea[], ?17::bytea[], ?18::bytea[])"
    ),
);

/// Chains the entries that wait. The head is locked from here to the commit.
pub(crate) fn flush(tx: &mut Tx<'_>) -> Result<(), DbError> {
    if tx.work.audits.is_empty() {
        return Ok(());
    }
    let mut entries = std::mem::take(&mut tx.work.audits).into_iter();
    let (mut last, mut hash) = tx.query_one(&HEAD, &[], |row| Ok((row.int(0)?, row.hash(1)?)))?;
    while entries.len() > 0 {
        let part: Vec<Buffered> = entries.by_ref().take(ROWS_AT_ONCE).collect();
        let mut random = vec![0; part.len() * SALTS];
        getrandom::fill(&mut random)
            .map_err(|error| DbError::internal(format!("no random salts: {error}")))?;
        let mut chained = Vec::with_capacity(part.len());
        for (entry, random) in part.into_iter().zip(random.chunks(SALTS)) {
            last = last.saturating_add(1);
            let row = chain(entry, (last, hash), random);
            hash = row.hash;
            chained.push(row);
        }
        let rows = rows(&chained);
        if entries.len() > 0 {
            tx.execute_many(&INSERT, &rows)?;
            continue;
        }
        let mut head = Rows::new(2);
        head.push(&[last.into(), (&hash).into()]);
        tx.execute_all(&[(&INSERT, &rows), (&MOVE_HEAD, &head)])?;
    }
    Ok(())
}

/// Rows of the log as they are stored.
fn rows(chained: &[Stored]) -> Rows<'_> {
    let mut rows = Rows::with_capacity(18, chained.len());
    for row in chained {
        let [actor_digest, target_digest] =
            row.digests.as_ref().map_or([None; 2], |both| both.each_ref().map(Some));
        let [actor_salt, target_salt, details_salt] = row.salts.each_ref().map(Option::as_ref);
        rows.push(&[
            row.n.into(),
            row.at.into(),
            row.actor_id.into(),
            Value::Text(&row.actor_name),
            Value::Text(&row.action),
            Value::Text(&row.target),
            (&row.request_id).into(),
            Value::Text(&row.outcome),
            Value::Text(&row.details),
            (&row.payload_hash).into(),
            (&row.prev_hash).into(),
            (&row.hash).into(),
            row.form.into(),
            actor_digest.into(),
            target_digest.into(),
            actor_salt.into(),
            target_salt.into(),
            details_salt.into(),
        ]);
    }
    rows
}

/// Random bytes of a row.
const SALTS: usize = 3 * size_of::<Salt>();

/// The row of an entry, at its number, behind the hash before it.
fn chain(entry: Buffered, (n, prev_hash): (i64, [u8; 32]), random: &[u8]) -> Stored {
    let Buffered { at, actor_id, actor_name, action, target, request_id, outcome, details } = entry;
    let mut salts = [[0; 16]; 3];
    for (salt, bytes) in salts.iter_mut().zip(random.chunks(size_of::<Salt>())) {
        salt.copy_from_slice(bytes);
    }
    let [actor_salt, target_salt, details_salt] = &salts;
    let digests =
        [text_digest(Part::Actor, actor_salt, &actor_name), text_digest(Part::Target, target_salt, &target)];
    let payload_hash = text_digest(Part::Details, details_salt, &details);
    let mut row = Stored {
        n,
        at,
        actor_id,
        actor_name: actor_name.into(),
        action: action.into(),
        target: target.into(),
        request_id,
        outcome: outcome.into(),
        details,
        payload_hash,
        prev_hash,
        hash: [0; 32],
        form: 2,
        digests: Some(digests),
        salts: salts.map(Some),
    };
    row.hash = canonical(&row, Some(&digests));
    row
}

const PAGE: Statement = Statement::new(
    "db.audit.page",
    concat!("select ", stored!(), " from db_audit where n > ?1 order by n limit ?2"),
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
    let rows = conn.query(&PAGE, &[from.n.into(), limit.into()], Stored::read)?;
    let mut state = from;
    for row in rows {
        let expected = state.n.saturating_add(1);
        if row.n != expected || row.prev_hash != state.hash || !erase::is_right(conn, &row)? {
            return Ok(Err(expected));
        }
        state = Verified { n: row.n, hash: row.hash };
    }
    Ok(Ok(state))
}

const READ_HEAD: Statement =
    Statement::new("db.audit.read_head", "select n, hash from db_audit_head where id = 1");

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[HEAD, MOVE_HEAD, INSERT, PAGE, READ_HEAD];

/// The head that the chain must end in.
pub fn head(conn: &mut Conn<'_>) -> Result<Verified, DbError> {
    conn.query_one(&READ_HEAD, &[], |row| Ok(Verified { n: row.int(0)?, hash: row.hash(1)? }))
}
