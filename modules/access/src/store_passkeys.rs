//! The statements of passkeys.

use db::{Conn, DbError, Row, Statement, Tx};
use domain::{Instant, PrincipalId};

/// The unique index of the names by which devices know them.
pub(crate) const CREDENTIAL_INDEX: &str = "access_passkey_credential";

/// A passkey.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PasskeyRow {
    pub(crate) id: i64,
    pub(crate) of: PrincipalId,
    /// The login of the user.
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) count: i64,
    pub(crate) verified: bool,
    pub(crate) version: i64,
    pub(crate) created_at: Instant,
    pub(crate) last_used_at: Option<Instant>,
}

macro_rules! passkey {
    () => {
        "select k.id, k.principal_id, u.login, k.name, k.credential_id, k.public_key, k.sign_count, k.verified,
           k.version, k.created_at, k.last_used_at
         from access_passkey k
         join access_user u on u.principal_id = k.principal_id"
    };
}

const OF: Statement = Statement::new(
    "access.passkey.of",
    concat!(passkey!(), " where k.principal_id = ?1 order by k.id limit ?2"),
);

const BY_CREDENTIAL: Statement =
    Statement::new("access.passkey.by_credential", concat!(passkey!(), " where k.credential_id = ?1"));

const BY_ID: Statement =
    Statement::new("access.passkey.by_id", concat!(passkey!(), " where k.id = ?1 and k.principal_id = ?2"));

const INSERT: Statement = Statement::new(
    "access.passkey.insert",
    "insert into access_passkey
       (id, principal_id, name, credential_id, public_key, sign_count, verified, version, created_at, last_used_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, null)",
);

const USED: Statement = Statement::new(
    "access.passkey.used",
    "update access_passkey set sign_count = ?2, last_used_at = ?3 where id = ?1",
);

const RENAME: Statement = Statement::new(
    "access.passkey.rename",
    "update access_passkey set name = ?2, version = version + 1 where id = ?1",
);

const REMOVE: Statement = Statement::new("access.passkey.remove", "delete from access_passkey where id = ?1");

const REMOVE_ALL: Statement =
    Statement::new("access.passkey.remove_all", "delete from access_passkey where principal_id = ?1");

fn read(row: &Row<'_>) -> Result<PasskeyRow, DbError> {
    Ok(PasskeyRow {
        id: row.int(0)?,
        of: PrincipalId(row.int(1)?),
        login: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        credential_id: row.blob(4)?.to_vec(),
        public_key: row.blob(5)?.to_vec(),
        count: row.int(6)?,
        verified: row.bool(7)?,
        version: row.int(8)?,
        created_at: Instant(row.int(9)?),
        last_used_at: row.opt_int(10)?.map(Instant),
    })
}

/// The passkeys of somebody.
pub(crate) fn of(conn: &mut Conn<'_>, of: PrincipalId, limit: i64) -> Result<Vec<PasskeyRow>, DbError> {
    conn.query(&OF, &[of.get().into(), limit.into()], read)
}

/// The one that a device calls so.
pub(crate) fn by_credential(conn: &mut Conn<'_>, id: &[u8]) -> Result<Option<PasskeyRow>, DbError> {
    conn.query_opt(&BY_CREDENTIAL, &[id.into()], read)
}

/// One of somebody.
pub(crate) fn by_id(conn: &mut Conn<'_>, id: i64, of: PrincipalId) -> Result<Option<PasskeyRow>, DbError> {
    conn.query_opt(&BY_ID, &[id.into(), of.get().into()], read)
}

/// Adds one; its id and version are given to it.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &PasskeyRow) -> Result<i64, DbError> {
    let id = db::ids::take(tx, "access_passkey", 1)?;
    let params = [
        id.into(),
        new.of.get().into(),
        new.name.as_str().into(),
        new.credential_id.as_slice().into(),
        new.public_key.as_slice().into(),
        new.count.into(),
        new.verified.into(),
        new.created_at.0.into(),
    ];
    tx.execute(&INSERT, &params)?;
    Ok(id)
}

/// Notes a signature.
pub(crate) fn used(tx: &mut Tx<'_>, id: i64, count: u32, at: Instant) -> Result<(), DbError> {
    tx.execute(&USED, &[id.into(), i64::from(count).into(), at.0.into()]).map(drop)
}

pub(crate) fn rename(tx: &mut Tx<'_>, id: i64, name: &str) -> Result<(), DbError> {
    tx.execute(&RENAME, &[id.into(), name.into()]).map(drop)
}

pub(crate) fn remove(tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute(&REMOVE, &[id.into()]).map(drop)
}

/// Removes all of somebody; how many.
pub(crate) fn remove_all(tx: &mut Tx<'_>, of: PrincipalId) -> Result<u64, DbError> {
    tx.execute(&REMOVE_ALL, &[of.get().into()])
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&OF, &BY_CREDENTIAL, &BY_ID, &INSERT, &USED, &RENAME, &REMOVE, &REMOVE_ALL];
