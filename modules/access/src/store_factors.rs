//! The statements of second factors.

use db::{Conn, DbError, Statement, Tx};
use domain::{Instant, PrincipalId};

/// A second factor, with its secret sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FactorRow {
    pub(crate) secret: Vec<u8>,
    /// The last half minute of which a code was used.
    pub(crate) step: i64,
    /// `None` until a first code was right.
    pub(crate) confirmed_at: Option<Instant>,
}

const FIND: Statement = Statement::new(
    "access.factor.find",
    "select f.secret, f.step, f.confirmed_at from access_factor f where f.principal_id = ?1",
);

/// An authenticator or a passkey.
const IS_SET: Statement = Statement::new(
    "access.factor.is_set",
    "select 1 from access_factor f where f.principal_id = ?1 and f.confirmed_at is not null
     union all
     select 1 from access_passkey k where k.principal_id = ?1
     limit 1",
);

const HAS_AUTHENTICATOR: Statement = Statement::new(
    "access.factor.has_authenticator",
    "select 1 from access_factor f where f.principal_id = ?1 and f.confirmed_at is not null",
);

const BEGIN: Statement = Statement::new(
    "access.factor.begin",
    "insert into access_factor (principal_id, secret, key_name, step, begun_at, confirmed_at)
     values (?1, ?2, ?3, 0, ?4, null)
     on conflict (principal_id) do update
     set secret = excluded.secret, key_name = excluded.key_name, step = 0, begun_at = excluded.begun_at,
       confirmed_at = null",
);

const CONFIRM: Statement = Statement::new(
    "access.factor.confirm",
    "update access_factor
     set confirmed_at = ?2, step = ?3
     where principal_id = ?1",
);

const USE_STEP: Statement =
    Statement::new("access.factor.use_step", "update access_factor set step = ?2 where principal_id = ?1");

const REMOVE: Statement =
    Statement::new("access.factor.remove", "delete from access_factor where principal_id = ?1");

const UNREADABLE: Statement =
    Statement::new("access.factor.unreadable", "select count(*) from access_factor f where f.key_name <> ?1");

const ADD_CODE: Statement = Statement::new(
    "access.recovery.add",
    "insert into access_recovery (principal_id, code_hash, used_at) values (?1, ?2, null)",
);

const USE_CODE: Statement = Statement::new(
    "access.recovery.use",
    "update access_recovery
     set used_at = ?3
     where principal_id = ?1 and code_hash = ?2 and used_at is null",
);

const REMOVE_CODES: Statement =
    Statement::new("access.recovery.remove", "delete from access_recovery where principal_id = ?1");

const CODES_LEFT: Statement = Statement::new(
    "access.recovery.left",
    "select count(*) from access_recovery r where r.principal_id = ?1 and r.used_at is null",
);

pub(crate) fn find(conn: &mut Conn<'_>, of: PrincipalId) -> Result<Option<FactorRow>, DbError> {
    conn.query_opt(&FIND, &[of.get().into()], |row| {
        Ok(FactorRow {
            secret: row.blob(0)?.to_vec(),
            step: row.int(1)?,
            confirmed_at: row.opt_int(2)?.map(Instant),
        })
    })
}

/// Whether somebody has a second factor.
pub(crate) fn is_set(conn: &mut Conn<'_>, of: PrincipalId) -> Result<bool, DbError> {
    Ok(conn.query_opt(&IS_SET, &[of.get().into()], |_| Ok(()))?.is_some())
}

/// Whether somebody has an authenticator.
pub(crate) fn has_authenticator(conn: &mut Conn<'_>, of: PrincipalId) -> Result<bool, DbError> {
    Ok(conn.query_opt(&HAS_AUTHENTICATOR, &[of.get().into()], |_| Ok(()))?.is_some())
}

/// Begins one, in place of one that was only begun.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    of: PrincipalId,
    (secret, key_name): (&[u8], &[u8]),
    at: Instant,
) -> Result<(), DbError> {
    tx.execute(&BEGIN, &[of.get().into(), secret.into(), key_name.into(), at.0.into()]).map(drop)
}

pub(crate) fn confirm(tx: &mut Tx<'_>, of: PrincipalId, at: Instant, step: i64) -> Result<(), DbError> {
    tx.execute(&CONFIRM, &[of.get().into(), at.0.into(), step.into()]).map(drop)
}

/// From here on only codes of later half minutes count.
pub(crate) fn use_step(tx: &mut Tx<'_>, of: PrincipalId, step: i64) -> Result<(), DbError> {
    tx.execute(&USE_STEP, &[of.get().into(), step.into()]).map(drop)
}

/// Removes an authenticator, and the recovery codes when nothing else is left; whether there was one.
pub(crate) fn remove(tx: &mut Tx<'_>, of: PrincipalId) -> Result<bool, DbError> {
    let removed = tx.execute(&REMOVE, &[of.get().into()])? > 0;
    if !is_set(tx, of)? {
        tx.execute(&REMOVE_CODES, &[of.get().into()])?;
    }
    Ok(removed)
}

/// How many were sealed under another key than the one of this name.
pub(crate) fn unreadable(conn: &mut Conn<'_>, key_name: &[u8]) -> Result<i64, DbError> {
    conn.query_one(&UNREADABLE, &[key_name.into()], |row| row.int(0))
}

/// These recovery codes, in place of all others.
pub(crate) fn set_codes(tx: &mut Tx<'_>, of: PrincipalId, hashes: &[[u8; 32]]) -> Result<(), DbError> {
    tx.execute(&REMOVE_CODES, &[of.get().into()])?;
    for hash in hashes {
        tx.execute(&ADD_CODE, &[of.get().into(), hash.into()])?;
    }
    Ok(())
}

/// Uses a recovery code up; whether there was one.
pub(crate) fn use_code(
    tx: &mut Tx<'_>,
    of: PrincipalId,
    hash: &[u8; 32],
    at: Instant,
) -> Result<bool, DbError> {
    Ok(tx.execute(&USE_CODE, &[of.get().into(), hash.into(), at.0.into()])? > 0)
}

/// How many recovery codes are left.
pub(crate) fn codes_left(conn: &mut Conn<'_>, of: PrincipalId) -> Result<i64, DbError> {
    conn.query_one(&CODES_LEFT, &[of.get().into()], |row| row.int(0))
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &FIND,
    &IS_SET,
    &HAS_AUTHENTICATOR,
    &BEGIN,
    &CONFIRM,
    &USE_STEP,
    &REMOVE,
    &UNREADABLE,
    &ADD_CODE,
    &USE_CODE,
    &REMOVE_CODES,
    &CODES_LEFT,
];
