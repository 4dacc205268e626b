//! Texts are taken away from the log, and the log tells so. Invariant: what was left of a row is written
//! down in `db_audit_erased`, once for each time, and the row of the log that tells of an erasure holds the
//! digest of all that it has written down; so nobody can put something else in the place of what was erased.

use super::form::{Stored, stored};
use crate::conn::Conn;
use crate::error::DbError;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::Value;
use sha2::{Digest as _, Sha256};

/// The action of the rows that tell of an erasure. Their details say under `rows` how many rows it has changed, and
/// under `digest` the digest of what was written down of them.
pub const ACTION: &str = "privacy.erase";

/// What stands in every text that took the place of one that was erased; the schema lets no other be put there.
pub const MARK: &str = "erased:";

/// Rows that are looked at together.
const PAGE_ROWS: i64 = 1_000;

const PAGE: Statement = Statement::new(
    "db.audit.erase.page",
    concat!("select ", stored!(), " from db_audit where n > ?1 order by n limit ?2"),
);

const REWRITE: Statement = Statement::new(
    "db.audit.erase.rewrite",
    "update db_audit
     set actor_name = ?2, target = ?3, details = ?4, actor_salt = ?5, target_salt = ?6, details_salt = ?7
     where n = ?1",
);

const TIMES: Statement =
    Statement::new("db.audit.erase.times", "select count(*) from db_audit_erased where n = ?1");

const NOTE: Statement = Statement::new(
    "db.audit.erase.note",
    "insert into db_audit_erased (n, time, request_id, remains) values (?1, ?2, ?3, ?4)",
);

const LAST: Statement = Statement::new(
    "db.audit.erase.last",
    "select remains from db_audit_erased where n = ?1 order by time desc limit 1",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[PAGE, REWRITE, TIMES, NOTE, LAST];

/// What takes the place of texts of a row; `None` for those that stay.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    /// Of the name of the actor.
    pub actor_name: Option<String>,
    /// Of the target.
    pub target: Option<String>,
    /// Of the details.
    pub details: Option<String>,
}

/// What an erasure has written down.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    rows: i64,
    hasher: Sha256,
}

impl Erased {
    /// Adds a row; they come in the order of their numbers.
    pub fn add(&mut self, n: i64, time: i64, remains: &[u8; 32]) {
        self.rows = self.rows.saturating_add(1);
        self.hasher.update(n.to_be_bytes());
        self.hasher.update(time.to_be_bytes());
        self.hasher.update(remains);
    }

    /// How many rows.
    pub const fn rows(&self) -> i64 {
        self.rows
    }

    /// The digest of what was written down of them.
    pub fn digest(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }
}

/// Goes through the log and takes away what `choose` names something in place of. Whoever calls has to leave a row
/// of [`ACTION`] under the same request in the same transaction, with what comes back.
pub fn erase(
    tx: &mut Tx<'_>,
    request_id: &[u8; 16],
    mut choose: impl FnMut(&Stored) -> Option<Texts>,
) -> Result<Erased, DbError> {
    let (mut after, mut erased) = (0, Erased::default());
    loop {
        let rows = tx.query(&PAGE, &[after.into(), PAGE_ROWS.into()], Stored::read)?;
        let Some(last) = rows.last() else { return Ok(erased) };
        after = last.n;
        for row in rows {
            if let Some(row) = choose(&row).and_then(|texts| rewritten(row, texts)) {
                store(tx, request_id, &row, &mut erased)?;
            }
        }
    }
}

/// The row with other texts; `None` when nothing of it changes.
fn rewritten(mut row: Stored, texts: Texts) -> Option<Stored> {
    let Texts { actor_name, target, details } = texts;
    let [actor_salt, target_salt, details_salt] = &mut row.salts;
    let mut changes = false;
    for (text, new, salt) in [
        (&mut row.actor_name, actor_name, actor_salt),
        (&mut row.target, target, target_salt),
        (&mut row.details, details, details_salt),
    ] {
        if let Some(new) = new.filter(|new| new != text) {
            (*text, *salt, changes) = (new, None, true);
        }
    }
    changes.then_some(row)
}

fn store(tx: &mut Tx<'_>, request_id: &[u8; 16], row: &Stored, erased: &mut Erased) -> Result<(), DbError> {
    let [actor_salt, target_salt, details_salt] = row.salts.each_ref().map(|salt| Value::from(salt.as_ref()));
    let params = [
        row.n.into(),
        Value::Text(&row.actor_name),
        Value::Text(&row.target),
        Value::Text(&row.details),
        actor_salt,
        target_salt,
        details_salt,
    ];
    tx.execute(&REWRITE, &params)?;
    let times = tx.query_one(&TIMES, &[row.n.into()], |row| row.int(0))?;
    let (time, remains) = (times.saturating_add(1), row.remains());
    tx.execute(&NOTE, &[row.n.into(), time.into(), request_id.into(), (&remains).into()])?;
    erased.add(row.n, time, &remains);
    Ok(())
}

/// Whether a row is what it was, or what an erasure has left of it. Only of what is not what it was is asked whether
/// it was erased: most rows never were.
pub fn is_right(conn: &mut Conn<'_>, row: &Stored) -> Result<bool, DbError> {
    Ok(row.is_right(None) || row.is_right(last_of(conn, row.n)?.as_ref()))
}

/// What the last erasure of a row has written down of it.
pub fn last_of(conn: &mut Conn<'_>, n: i64) -> Result<Option<[u8; 32]>, DbError> {
    conn.query_opt(&LAST, &[n.into()], |row| row.hash(0))
}
