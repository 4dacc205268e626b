//! Answers that were given, so that a repeated request gets the same one. Stored in the
//! transaction of the write they answer; one row for (principal, key).

use crate::conn::Conn;
use crate::error::DbError;
use crate::question::Question;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::{Rows, Value};

/// How long an answer is kept: 7 days, in microseconds.
pub const KEPT_MICROS: i64 = 7 * 24 * 3_600 * 1_000_000;

/// What names a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key<'a> {
    /// Who asked.
    pub principal: i64,
    /// The key the client chose.
    pub key: &'a str,
}

/// An answer to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewAnswer<'a> {
    /// What it answers.
    pub key: Key<'a>,
    /// The fingerprint of the request's body.
    pub fingerprint: &'a [u8; 32],
    /// The status of the answer.
    pub status: i64,
    /// Headers or a location, when there are any.
    pub headers: Option<&'a str>,
    /// The body of the answer.
    pub body: &'a [u8],
    /// When it was given, in microseconds.
    pub created_at: i64,
    /// Until when it is kept.
    pub expires_at: i64,
    /// When the answer was given that it takes the place of, which must still be there.
    pub replaces: Option<i64>,
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The fingerprint of the request's body: another one is a refusal.
    pub fingerprint: [u8; 32],
    /// The status of the answer.
    pub status: i64,
    /// Headers or a location.
    pub headers: Option<String>,
    /// The body of the answer.
    pub body: Vec<u8>,
    /// When it was given.
    pub created_at: i64,
}

const LOAD: Statement = Statement::per_engine(
    "db.idempotency.load",
    "select ?4, fingerprint, status, headers, body, created_at
     from db_idempotency
     where principal = ?1 and key = ?2 and expires_at > ?3",
    "select k.place, i.fingerprint, i.status, i.headers, i.body, i.created_at
     from unnest(?1::bigint[], ?2::text[], ?3::timestamptz[], ?4::bigint[]) as k (principal, key, now, place)
     join db_idempotency i on i.principal = k.principal and i.key = k.key and i.expires_at > k.now",
)
.hot();

const STORE: Statement = Statement::per_engine(
    "db.idempotency.store",
    "insert into db_idempotency (principal, key, fingerprint, status, headers, body, created_at, expires_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     on conflict (principal, key) do update
     set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
         body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
     where db_idempotency.expires_at <= excluded.created_at",
    "insert into db_idempotency (principal, key, fingerprint, status, headers, body, created_at, expires_at)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::bytea[], ?4::smallint[], ?5::text[], ?6::bytea[],
                 ?7::timestamptz[], ?8::timestamptz[])
     order by 1, 2
     on conflict (principal, key) do update
     set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
         body = excluded.body, created_at = excluded.created_at, expires_at = excluded.expires_at
     where db_idempotency.expires_at <= excluded.created_at",
)
.hot();

/// An answer is told from the one in its place by when it was given, which rises.
const REPLACE: Statement = Statement::per_engine(
    "db.idempotency.replace",
    "update db_idempotency
     set fingerprint = ?3, status = ?4, headers = ?5, body = ?6, created_at = ?7, expires_at = ?8
     where principal = ?1 and key = ?2 and created_at = ?9 and ?9 < ?7",
    "update db_idempotency i
     set fingerprint = k.fingerprint, status = k.status, headers = k.headers, body = k.body,
         created_at = k.created_at, expires_at = k.expires_at
     from unnest(?1::bigint[], ?2::text[], ?3::bytea[], ?4::smallint[], ?5::text[], ?6::bytea[],
                 ?7::timestamptz[], ?8::timestamptz[], ?9::timestamptz[])
       as k (principal, key, fingerprint, status, headers, body, created_at, expires_at, replaces)
     where i.principal = k.principal and i.key = k.key and i.created_at = k.replaces
       and k.replaces < k.created_at",
)
.hot();

const PURGE: Statement = Statement::new(
    "db.idempotency.purge",
    "delete from db_idempotency
     where (principal, key) in (
       select principal, key
       from db_idempotency
       where expires_at <= ?1
       order by expires_at
       limit ?2)",
);

/// Answers to somebody, and those in which some bytes stand.
const WITH: Statement = Statement::per_engine(
    "db.idempotency.with",
    "select principal, key, headers, body
     from db_idempotency
     where principal = ?1 or instr(body, ?2) > 0
     order by principal, key",
    "select principal, key, headers, body
     from db_idempotency
     where principal = ?1 or position(?2::bytea in body) > 0
     order by principal, key",
);

const REWRITE: Statement = Statement::new(
    "db.idempotency.rewrite",
    "update db_idempotency set headers = ?3, body = ?4 where principal = ?1 and key = ?2",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[LOAD, STORE, REPLACE, PURGE, WITH, REWRITE];

/// The answer kept for a key, if any.
pub fn load(conn: &mut Conn<'_>, key: Key<'_>, now: i64) -> Result<Option<Answer>, DbError> {
    Ok(load_many(conn, &[key], now)?.pop().flatten())
}

/// The answers kept for many keys, as a question.
pub fn kept<'k>(keys: &[Key<'k>], now: i64) -> Question<'k, Answer> {
    let keys = keys.iter().map(|key| Some([key.principal.into(), key.key.into(), now.into()]));
    Question::new(&LOAD, keys, |row| {
        Ok(Answer {
            fingerprint: row.hash(1)?,
            status: row.int(2)?,
            headers: row.opt_text(3)?.map(str::to_owned),
            body: row.blob(4)?.to_vec(),
            created_at: row.int(5)?,
        })
    })
}

/// The answers kept for many keys, in the order of the keys.
pub fn load_many(conn: &mut Conn<'_>, keys: &[Key<'_>], now: i64) -> Result<Vec<Option<Answer>>, DbError> {
    conn.answers(kept(keys, now))
}

/// Keeps an answer.
pub fn store(tx: &mut Tx<'_>, answer: &NewAnswer<'_>) -> Result<(), DbError> {
    store_many(tx, std::slice::from_ref(answer))
}

/// Keeps many answers; their keys must differ. When somebody else has answered one of the keys
/// meanwhile, this is [`DbError::Retry`]: the transaction runs again and then finds that answer.
pub fn store_many(tx: &mut Tx<'_>, answers: &[NewAnswer<'_>]) -> Result<(), DbError> {
    for (statement, rows) in keeping(answers) {
        let stored = tx.execute_many(statement, &rows)?;
        if usize::try_from(stored) != Ok(rows.len()) {
            return Err(tx.again("the idempotency key was answered meanwhile"));
        }
    }
    Ok(())
}

/// What [`store_many`] runs, to be sent together with other statements. A row that one of them does not
/// touch belongs to a key that somebody else has answered meanwhile: run again then.
pub fn keeping<'a>(answers: &[NewAnswer<'a>]) -> [(&'static Statement, Rows<'a>); 2] {
    let (mut new, mut replacing) = (Rows::with_capacity(8, answers.len()), Rows::new(9));
    for answer in answers {
        let row = [
            answer.key.principal.into(),
            answer.key.key.into(),
            answer.fingerprint.into(),
            answer.status.into(),
            answer.headers.into(),
            Value::Blob(answer.body),
            answer.created_at.into(),
            answer.expires_at.into(),
        ];
        match answer.replaces {
            None => new.push(&row),
            Some(replaces) => {
                let [principal, key, fingerprint, status, headers, body, created_at, expires_at] = row;
                let replaces = replaces.into();
                replacing.push(&[
                    principal,
                    key,
                    fingerprint,
                    status,
                    headers,
                    body,
                    created_at,
                    expires_at,
                    replaces,
                ]);
            }
        }
    }
    [(&STORE, new), (&REPLACE, replacing)]
}

/// Forgets expired answers, at most so many; how many they were.
pub fn purge(tx: &mut Tx<'_>, now: i64, limit: i64) -> Result<u64, DbError> {
    tx.execute(&PURGE, &[now.into(), limit.into()])
}

/// Headers and body of an answer.
pub type Said = (Option<String>, Vec<u8>);

/// Goes through the answers to somebody and those in which some bytes stand, and puts others in the place of those
/// that `choose` names something for. How many they were.
pub fn rewrite(
    tx: &mut Tx<'_>,
    principal: i64,
    bytes: &[u8],
    mut choose: impl FnMut(Option<&str>, &[u8]) -> Option<Said>,
) -> Result<u64, DbError> {
    let chosen = tx.query(&WITH, &[principal.into(), bytes.into()], |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned(), choose(row.opt_text(2)?, row.blob(3)?)))
    })?;
    let mut rewritten = 0_u64;
    for (principal, key, said) in &chosen {
        if let Some((headers, body)) = said {
            let params = [(*principal).into(), key.into(), headers.as_deref().into(), Value::Blob(body)];
            rewritten += tx.execute(&REWRITE, &params)?;
        }
    }
    Ok(rewritten)
}
