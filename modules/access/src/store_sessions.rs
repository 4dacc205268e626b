//! The statements of sessions.

use crate::password::PasswordPhc;
use crate::store::choice;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::{Instant, PrincipalId};

/// A session without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub principal: PrincipalId,
    /// Their login.
    pub login: String,
    /// By what they signed in.
    pub method: String,
    /// From where, as far as one party has it in its hands.
    pub network: Option<String>,
    /// What the browser said of itself.
    pub agent: String,
    /// When they signed in.
    pub begun_at: Instant,
    /// The last request, to the minute.
    pub seen_at: Instant,
    /// When it ends, however busy it is.
    pub expires_at: Instant,
    /// When it was ended.
    pub ended_at: Option<Instant>,
    /// By what.
    pub ended_why: Option<String>,
    /// The password was right, and the code of the second factor is to come.
    pub half: bool,
}

/// What somebody who signs in is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: PrincipalId,
    pub(crate) password: PasswordPhc,
    /// Whether they have signed in from there of late.
    pub(crate) is_familiar: bool,
}

macro_rules! session {
    () => {
        "s.id, s.principal_id, u.login, s.method, s.network, s.agent, s.begun_at, s.seen_at, s.expires_at, \
         s.ended_at, s.ended_why, s.half"
    };
}

macro_rules! from {
    () => {
        " from access_session s join access_user u on u.principal_id = s.principal_id"
    };
}

const INSERT: Statement = Statement::new(
    "access.session.insert",
    "insert into access_session
       (id, secret_hash, principal_id, method, network, agent, begun_at, seen_at, expires_at, ended_at, ended_why,
        half)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, null, null, ?9)",
);

const BY_SECRET: Statement = Statement::new(
    "access.session.by_secret",
    concat!("select ", session!(), from!(), " where s.secret_hash = ?1"),
)
.hot();

const BY_ID: Statement =
    Statement::new("access.session.by_id", concat!("select ", session!(), from!(), " where s.id = ?1"));

const LIST: Statement = Statement::new(
    "access.session.list",
    concat!(
        "select ",
        session!(),
        from!(),
        " where s.id > ?1
            and (cast(?2 as text) is null or u.login = ?2)
            and (?3 = 0
              or (?3 = 1 and s.ended_at is null and s.expires_at > ?4 and s.seen_at > ?5)
              or (?3 = 2 and (s.ended_at is not null or s.expires_at <= ?4 or s.seen_at <= ?5)))
          order by s.id
          limit ?6"
    ),
);

const END: Statement = Statement::new(
    "access.session.end",
    "update access_session
     set ended_at = ?2, ended_why = ?3
     where id = ?1 and ended_at is null",
);

const END_ALL: Statement = Statement::new(
    "access.session.end_all",
    "update access_session
     set ended_at = ?2, ended_why = ?3
     where principal_id = ?1 and ended_at is null",
);

const ENDED: Statement = Statement::per_engine(
    "access.session.ended",
    "select s.id from access_session s
     where s.id in (select r.value from json_each(?1) r) and s.ended_at is not null
     order by s.id",
    "select s.id from access_session s
     where s.id in (select r.value::bigint from json_array_elements_text(cast(cast(?1 as text) as json)) r (value))
       and s.ended_at is not null
     order by s.id",
);

const SEEN: Statement = Statement::per_engine(
    "access.session.seen",
    "update access_session set seen_at = ?2 where id = ?1 and seen_at < ?2",
    "update access_session
     set seen_at = n.at
     from (select * from unnest(?1::bigint[], ?2::timestamptz[]) as n (id, at) order by 1) n
     where access_session.id = n.id and access_session.seen_at < n.at",
);

const OLD: Statement = Statement::new(
    "access.session.old",
    "select s.id from access_session s where s.expires_at <= ?1 order by s.expires_at limit 1",
);

const FORGET: Statement =
    Statement::new("access.session.forget", "delete from access_session where expires_at <= ?1");

const ACCOUNT: Statement = Statement::new(
    "access.session.account",
    "select u.principal_id, u.password,
       exists (select 1 from access_session s
               where s.principal_id = u.principal_id and s.network = ?2 and s.begun_at > ?3 and not s.half)
     from access_user u
     join access_principal p on p.id = u.principal_id
     where u.login = ?1 and p.ended_at is null",
);

/// Whoever knew the password alone is familiar with nothing.
const FAMILIAR: Statement = Statement::new(
    "access.session.familiar",
    "select 1 from access_session s
     where s.principal_id = ?1 and s.network = ?2 and s.begun_at > ?3 and not s.half
     limit 1",
);

fn read(row: &Row<'_>) -> Result<SessionRow, DbError> {
    Ok(SessionRow {
        id: row.int(0)?,
        principal: PrincipalId(row.int(1)?),
        login: row.text(2)?.to_owned(),
        method: row.text(3)?.to_owned(),
        network: row.opt_text(4)?.map(str::to_owned),
        agent: row.text(5)?.to_owned(),
        begun_at: Instant(row.int(6)?),
        seen_at: Instant(row.int(7)?),
        expires_at: Instant(row.int(8)?),
        ended_at: row.opt_int(9)?.map(Instant),
        ended_why: row.opt_text(10)?.map(str::to_owned),
        half: row.bool(11)?,
    })
}

pub(crate) fn insert(tx: &mut Tx<'_>, session: &SessionRow, hash: &[u8; 32]) -> Result<(), DbError> {
    let params = [
        session.id.into(),
        hash.into(),
        session.principal.get().into(),
        Value::Text(&session.method),
        session.network.as_deref().into(),
        Value::Text(&session.agent),
        session.begun_at.0.into(),
        session.expires_at.0.into(),
        session.half.into(),
    ];
    tx.execute(&INSERT, &params).map(drop)
}

pub(crate) fn by_secret(conn: &mut Conn<'_>, hash: &[u8; 32]) -> Result<Option<SessionRow>, DbError> {
    conn.query_opt(&BY_SECRET, &[hash.into()], read)
}

pub(crate) fn by_id(conn: &mut Conn<'_>, id: i64) -> Result<Option<SessionRow>, DbError> {
    conn.query_opt(&BY_ID, &[id.into()], read)
}

/// Sessions after one, in the order of their numbers; those that have ended by themselves have ended.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: i64,
    (login, ended): (Option<&str>, Option<bool>),
    (now, idle): (Instant, Instant),
    limit: i64,
) -> Result<Vec<SessionRow>, DbError> {
    let params =
        [after.into(), login.into(), choice(ended).into(), now.0.into(), idle.0.into(), limit.into()];
    conn.query(&LIST, &params, read)
}

/// Ends a session that has not ended; whether it did.
pub(crate) fn end(tx: &mut Tx<'_>, id: i64, at: Instant, why: &str) -> Result<bool, DbError> {
    Ok(tx.execute(&END, &[id.into(), at.0.into(), why.into()])? > 0)
}

/// Ends all sessions of somebody; how many.
pub(crate) fn end_all(tx: &mut Tx<'_>, of: PrincipalId, at: Instant, why: &str) -> Result<u64, DbError> {
    tx.execute(&END_ALL, &[of.get().into(), at.0.into(), why.into()])
}

/// Which of these were ended.
pub(crate) fn ended(conn: &mut Conn<'_>, ids: &[i64]) -> Result<Vec<i64>, DbError> {
    let ids = serde_json::to_string(ids).unwrap_or_else(|_| "[]".into());
    conn.query(&ENDED, &[Value::Text(&ids)], |row| row.int(0))
}

/// Notes when sessions were last seen.
pub(crate) fn seen(tx: &mut Tx<'_>, seen: &[(i64, Instant)]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(2, seen.len());
    for (id, at) in seen {
        rows.push(&[(*id).into(), at.0.into()]);
    }
    tx.execute_many(&SEEN, &rows).map(drop)
}

/// Whether there is a session that ended before an instant.
pub(crate) fn any_old(conn: &mut Conn<'_>, before: Instant) -> Result<bool, DbError> {
    Ok(conn.query_opt(&OLD, &[before.0.into()], |_| Ok(()))?.is_some())
}

/// Forgets sessions that ended before an instant.
pub(crate) fn forget(tx: &mut Tx<'_>, before: Instant) -> Result<u64, DbError> {
    tx.execute(&FORGET, &[before.0.into()])
}

/// The open account of a login; somebody is familiar who has signed in from the network since.
pub(crate) fn account(
    conn: &mut Conn<'_>,
    login: &str,
    network: Option<&str>,
    since: Instant,
) -> Result<Option<Account>, DbError> {
    conn.query_opt(&ACCOUNT, &[login.into(), network.into(), since.0.into()], |row| {
        Ok(Account {
            id: PrincipalId(row.int(0)?),
            password: PasswordPhc(row.text(1)?.to_owned()),
            is_familiar: row.bool(2)?,
        })
    })
}

/// Whether somebody has signed in to the end from a network since.
pub(crate) fn is_familiar(
    conn: &mut Conn<'_>,
    of: PrincipalId,
    network: &str,
    since: Instant,
) -> Result<bool, DbError> {
    let params = [of.get().into(), network.into(), since.0.into()];
    Ok(conn.query_opt(&FAMILIAR, &params, |_| Ok(()))?.is_some())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&INSERT, &BY_SECRET, &BY_ID, &LIST, &END, &END_ALL, &ENDED, &SEEN, &OLD, &FORGET, &ACCOUNT, &FAMILIAR];
