//! The statements of principals and users, of the generation that tells other processes about
//! changes, and of the one-time set-up. Roles, grants and keys have stores of their own.

use crate::password::PasswordPhc;
use db::{Conn, DbError, Row, Statement, Tx, Value};
use domain::{Ctx, Instant, PrincipalId};

/// The unique index of logins.
pub(crate) const LOGIN_INDEX: &str = "access_user_login";

/// Ids below are for principals without a row, such as the operator at the host.
const FIRST_ID: i64 = 100;

/// A user without what they may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserRow {
    /// The principal.
    pub id: PrincipalId,
    /// The name to sign in with.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// Counts the changes of the user and of their grants.
    pub version: i64,
    /// When the account was made.
    pub created_at: Instant,
    /// When it was ended.
    pub ended_at: Option<Instant>,
    /// Since when there is a second factor.
    pub second_factor_at: Option<Instant>,
}

macro_rules! user {
    () => {
        "u.principal_id, u.login, p.name, p.version, p.created_at, p.ended_at, \
         coalesce((select f.confirmed_at from access_factor f where f.principal_id = u.principal_id), \
           (select min(k.created_at) from access_passkey k where k.principal_id = u.principal_id))"
    };
}

const NAME: Statement =
    Statement::new("access.principal.name", "select name from access_principal where id = ?1").hot();

const INSERT_PRINCIPAL: Statement = Statement::new(
    "access.principal.insert",
    "insert into access_principal (id, kind, name, version, created_at, created_by, ended_at)
     values (?1, ?2, ?3, 1, ?4, ?5, null)",
);

const INSERT_USER: Statement = Statement::new(
    "access.user.insert",
    "insert into access_user (principal_id, login, password, password_changed_at, password_by)
     values (?1, ?2, ?3, ?4, ?5)",
);

const USER_BY_LOGIN: Statement = Statement::new(
    "access.user.by_login",
    concat!(
        "select ",
        user!(),
        " from access_user u
          join access_principal p on p.id = u.principal_id
          where u.login = ?1"
    ),
);

const ACCOUNT: Statement = Statement::new(
    "access.user.account",
    "select u.login, u.password_by, p.ended_at
     from access_user u
     join access_principal p on p.id = u.principal_id
     where u.principal_id = ?1",
);

const MAKER: Statement =
    Statement::new("access.principal.maker", "select p.created_by from access_principal p where p.id = ?1");

const LOCK_USER: Statement = Statement::per_engine(
    "access.user.lock",
    concat!(
        "select ",
        user!(),
        " from access_user u
          join access_principal p on p.id = u.principal_id
          where u.login = ?1"
    ),
    concat!(
        "select ",
        user!(),
        " from access_user u
          join access_principal p on p.id = u.principal_id
          where u.login = ?1
          for update of p"
    ),
);

const USERS: Statement = Statement::new(
    "access.user.list",
    concat!(
        "select ",
        user!(),
        " from access_user u
          join access_principal p on p.id = u.principal_id
          where u.login > ?1
            and (?2 = 0 or (?2 = 1 and p.ended_at is null) or (?2 = 2 and p.ended_at is not null))
          order by u.login
          limit ?3"
    ),
);

const ANY_USER: Statement = Statement::new(
    "access.user.any",
    "select u.principal_id from access_user u order by u.principal_id limit 1",
);

const RENAME: Statement =
    Statement::new("access.principal.rename", "update access_principal set name = ?2 where id = ?1");

const END: Statement = Statement::new(
    "access.principal.end",
    "update access_principal
     set ended_at = ?2
     where id = ?1",
);

const COUNT_UP: Statement = Statement::new(
    "access.principal.count_up",
    "update access_principal
     set version = version + 1
     where id = ?1
     returning version",
);

const SET_PASSWORD: Statement = Statement::new(
    "access.user.set_password",
    "update access_user
     set password = ?2, password_changed_at = ?3, password_by = ?4
     where principal_id = ?1",
);

const PASSWORD: Statement = Statement::new(
    "access.user.password",
    "select u.password
     from access_user u
     join access_principal p on p.id = u.principal_id
     where u.login = ?1 and p.ended_at is null",
);

const GENERATION: Statement =
    Statement::new("access.generation.read", "select g.generation from access_generation g where g.id = 1")
        .hot();

const NEXT_GENERATION: Statement = Statement::new(
    "access.generation.next",
    "update access_generation
     set generation = generation + 1
     where id = 1",
);

const OFFER_SETUP: Statement = Statement::new(
    "access.setup.offer",
    "insert into access_setup (id, token_hash, expires_at)
     values (1, ?1, ?2)
     on conflict (id) do update
     set token_hash = excluded.token_hash, expires_at = excluded.expires_at",
);

const SETUP: Statement = Statement::new(
    "access.setup.read",
    "select s.token_hash, s.expires_at from access_setup s where s.id = 1",
);

const LOCK_SETUP: Statement = Statement::per_engine(
    "access.setup.lock",
    "select s.token_hash, s.expires_at from access_setup s where s.id = 1",
    "select s.token_hash, s.expires_at from access_setup s where s.id = 1 for update",
);

const CLOSE_SETUP: Statement = Statement::new("access.setup.close", "delete from access_setup where id = 1");

/// A choice of three as a statement takes it: any, no, yes.
pub(crate) fn choice(wanted: Option<bool>) -> i64 {
    match wanted {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    }
}

fn user(row: &Row<'_>) -> Result<UserRow, DbError> {
    Ok(UserRow {
        id: PrincipalId(row.int(0)?),
        login: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        version: row.int(3)?,
        created_at: Instant(row.int(4)?),
        ended_at: row.opt_int(5)?.map(Instant),
        second_factor_at: row.opt_int(6)?.map(Instant),
    })
}

/// What kind of principal a row is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowKind {
    User,
    Key,
}

pub(crate) fn insert_principal(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: RowKind,
    name: &str,
) -> Result<PrincipalId, DbError> {
    db::ids::reserve_below(tx, "access_principal", FIRST_ID)?;
    let id = db::ids::take(tx, "access_principal", 1)?;
    let kind = match kind {
        RowKind::User => 1_i64,
        RowKind::Key => 2,
    };
    let params = [id.into(), kind.into(), name.into(), ctx.now.0.into(), ctx.actor.id.get().into()];
    tx.execute(&INSERT_PRINCIPAL, &params)?;
    Ok(PrincipalId(id))
}

pub(crate) fn insert_user(
    tx: &mut Tx<'_>,
    id: PrincipalId,
    login: &str,
    password: &PasswordPhc,
    ctx: &Ctx,
) -> Result<(), DbError> {
    let (at, by) = (ctx.now.0.into(), ctx.actor.id.get().into());
    tx.execute(&INSERT_USER, &[id.get().into(), login.into(), Value::Text(&password.0), at, by])?;
    Ok(())
}

pub(crate) fn user_by_login(conn: &mut Conn<'_>, login: &str) -> Result<Option<UserRow>, DbError> {
    conn.query_opt(&USER_BY_LOGIN, &[login.into()], user)
}

/// The login of a user, who has set their password when somebody else has, and whether the account is open.
pub(crate) fn account(
    conn: &mut Conn<'_>,
    id: PrincipalId,
) -> Result<Option<(String, Option<PrincipalId>, bool)>, DbError> {
    conn.query_opt(&ACCOUNT, &[id.get().into()], |row| {
        Ok((row.text(0)?.to_owned(), row.opt_int(1)?.map(PrincipalId), row.opt_int(2)?.is_none()))
    })
}

/// Who has made a principal.
pub(crate) fn maker(conn: &mut Conn<'_>, id: PrincipalId) -> Result<Option<PrincipalId>, DbError> {
    conn.query_opt(&MAKER, &[id.get().into()], |row| Ok(PrincipalId(row.int(0)?)))
}

pub(crate) fn lock_user(tx: &mut Tx<'_>, login: &str) -> Result<Option<UserRow>, DbError> {
    tx.query_opt(&LOCK_USER, &[login.into()], user)
}

pub(crate) fn users(
    conn: &mut Conn<'_>,
    after: Option<&str>,
    ended: Option<bool>,
    limit: i64,
) -> Result<Vec<UserRow>, DbError> {
    let params = [after.unwrap_or_default().into(), choice(ended).into(), limit.into()];
    conn.query(&USERS, &params, user)
}

pub(crate) fn any_user(conn: &mut Conn<'_>) -> Result<bool, DbError> {
    Ok(conn.query_opt(&ANY_USER, &[], |_| Ok(()))?.is_some())
}

pub(crate) fn rename(tx: &mut Tx<'_>, id: PrincipalId, name: &str) -> Result<(), DbError> {
    tx.execute(&RENAME, &[id.get().into(), name.into()]).map(drop)
}

pub(crate) fn end(tx: &mut Tx<'_>, id: PrincipalId, at: Instant) -> Result<(), DbError> {
    tx.execute(&END, &[id.get().into(), at.0.into()]).map(drop)
}

/// Counts a change of a principal; the new version.
pub(crate) fn count_up(tx: &mut Tx<'_>, id: PrincipalId) -> Result<i64, DbError> {
    tx.query_one(&COUNT_UP, &[id.get().into()], |row| row.int(0))
}

pub(crate) fn set_password(
    tx: &mut Tx<'_>,
    id: PrincipalId,
    password: &PasswordPhc,
    ctx: &Ctx,
) -> Result<(), DbError> {
    // who has set it themselves has it for themselves
    let by = Some(ctx.actor.id).filter(|by| *by != id).map(PrincipalId::get);
    let params = [id.get().into(), Value::Text(&password.0), ctx.now.0.into(), by.into()];
    tx.execute(&SET_PASSWORD, &params).map(drop)
}

/// What is kept of the password of an open account.
pub(crate) fn password(conn: &mut Conn<'_>, login: &str) -> Result<Option<PasswordPhc>, DbError> {
    conn.query_opt(&PASSWORD, &[login.into()], |row| Ok(PasswordPhc(row.text(0)?.to_owned())))
}

/// How often anything of this module has changed.
pub(crate) fn generation(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&GENERATION, &[], |row| row.int(0))
}

/// Tells every process that something has changed. Locks the row to the end of the transaction,
/// so it is called last.
pub(crate) fn next_generation(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.execute(&NEXT_GENERATION, &[]).map(drop)
}

pub(crate) fn offer_setup(tx: &mut Tx<'_>, hash: &[u8; 32], until: Instant) -> Result<(), DbError> {
    tx.execute(&OFFER_SETUP, &[hash.into(), until.0.into()]).map(drop)
}

/// The hash of the token on offer, and until when it is good.
pub(crate) fn setup(conn: &mut Conn<'_>) -> Result<Option<([u8; 32], Instant)>, DbError> {
    conn.query_opt(&SETUP, &[], offered)
}

/// The same, held until the transaction ends.
pub(crate) fn lock_setup(tx: &mut Tx<'_>) -> Result<Option<([u8; 32], Instant)>, DbError> {
    tx.query_opt(&LOCK_SETUP, &[], offered)
}

fn offered(row: &Row<'_>) -> Result<([u8; 32], Instant), DbError> {
    Ok((row.hash(0)?, Instant(row.int(1)?)))
}

pub(crate) fn close_setup(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.execute(&CLOSE_SETUP, &[]).map(drop)
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &INSERT_PRINCIPAL,
    &ACCOUNT,
    &MAKER,
    &INSERT_USER,
    &USER_BY_LOGIN,
    &LOCK_USER,
    &USERS,
    &ANY_USER,
    &RENAME,
    &END,
    &COUNT_UP,
    &SET_PASSWORD,
    &PASSWORD,
    &GENERATION,
    &NEXT_GENERATION,
    &OFFER_SETUP,
    &SETUP,
    &LOCK_SETUP,
    &CLOSE_SETUP,
];

/// The name of a principal, ended or not.
///
/// # Errors
/// Failures of the store.
pub fn name(conn: &mut Conn<'_>, id: PrincipalId) -> Result<Option<String>, DbError> {
    conn.query_opt(&NAME, &[id.get().into()], |row| Ok(row.text(0)?.to_owned()))
}
