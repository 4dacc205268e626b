//! The statements of identities: what the identity provider calls a user.

use db::{Conn, DbError, Row, Statement, Tx};
use domain::{Instant, PrincipalId};

/// The unique index of identities.
pub(crate) const SUBJECT_INDEX: &str = "access_identity_subject";

/// An identity of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct IdentityRow {
    pub(crate) of: PrincipalId,
    /// The login of the user.
    pub(crate) login: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// Whether roles follow the groups of the provider.
    pub(crate) follows_groups: bool,
    pub(crate) linked_at: Instant,
    pub(crate) last_used_at: Option<Instant>,
}

macro_rules! identity {
    () => {
        "select i.principal_id, u.login, i.issuer, i.subject, i.follows_groups, i.linked_at, i.last_used_at
         from access_identity i
         join access_user u on u.principal_id = i.principal_id"
    };
}

const BY_SUBJECT: Statement = Statement::new(
    "access.identity.by_subject",
    concat!(identity!(), " where i.issuer = ?1 and i.subject = ?2"),
);

const OF: Statement =
    Statement::new("access.identity.of", concat!(identity!(), " where i.principal_id = ?1"));

const INSERT: Statement = Statement::new(
    "access.identity.insert",
    "insert into access_identity (principal_id, issuer, subject, follows_groups, linked_at, last_used_at)
     values (?1, ?2, ?3, ?4, ?5, null)",
);

const REMOVE: Statement =
    Statement::new("access.identity.remove", "delete from access_identity where principal_id = ?1");

const USED: Statement = Statement::new(
    "access.identity.used",
    "update access_identity set last_used_at = ?2 where principal_id = ?1",
);

fn read(row: &Row<'_>) -> Result<IdentityRow, DbError> {
    Ok(IdentityRow {
        of: PrincipalId(row.int(0)?),
        login: row.text(1)?.to_owned(),
        issuer: row.text(2)?.to_owned(),
        subject: row.text(3)?.to_owned(),
        follows_groups: row.bool(4)?,
        linked_at: Instant(row.int(5)?),
        last_used_at: row.opt_int(6)?.map(Instant),
    })
}

/// Who is called that.
pub(crate) fn by_subject(
    conn: &mut Conn<'_>,
    issuer: &str,
    subject: &str,
) -> Result<Option<IdentityRow>, DbError> {
    conn.query_opt(&BY_SUBJECT, &[issuer.into(), subject.into()], read)
}

/// What somebody is called.
pub(crate) fn of(conn: &mut Conn<'_>, of: PrincipalId) -> Result<Option<IdentityRow>, DbError> {
    conn.query_opt(&OF, &[of.get().into()], read)
}

/// Notes what somebody is called.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    of: PrincipalId,
    (issuer, subject, follows_groups): (&str, &str, bool),
    at: Instant,
) -> Result<(), DbError> {
    let params = [of.get().into(), issuer.into(), subject.into(), follows_groups.into(), at.0.into()];
    tx.execute(&INSERT, &params).map(drop)
}

/// Forgets what somebody is called; whether there was anything.
pub(crate) fn remove(tx: &mut Tx<'_>, of: PrincipalId) -> Result<bool, DbError> {
    Ok(tx.execute(&REMOVE, &[of.get().into()])? > 0)
}

/// Notes a sign-in.
pub(crate) fn used(tx: &mut Tx<'_>, of: PrincipalId, at: Instant) -> Result<(), DbError> {
    tx.execute(&USED, &[of.get().into(), at.0.into()]).map(drop)
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&BY_SUBJECT, &OF, &INSERT, &REMOVE, &USED];
