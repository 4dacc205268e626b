//! The statements that take personal texts of users away.

use crate::sign_in::NOBODY;
use db::{DbError, Statement, Tx};
use domain::PrincipalId;

const ACCOUNT: Statement = Statement::new(
    "access.privacy.account",
    "update access_user set login = ?2, password = ?3, password_by = null where principal_id = ?1",
);

const SESSIONS: Statement = Statement::new(
    "access.privacy.sessions",
    "update access_session set network = null, agent = '' where principal_id = ?1",
);

const KEY: Statement =
    Statement::new("access.privacy.key", "update access_key set networks = null where principal_id = ?1");

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&ACCOUNT, &SESSIONS, &KEY];

/// Takes the login and the password of a user away.
pub(crate) fn account(tx: &mut Tx<'_>, id: PrincipalId, login: &str) -> Result<(), DbError> {
    tx.execute(&ACCOUNT, &[id.get().into(), login.into(), NOBODY.into()]).map(drop)
}

/// Takes from where a user signed in away, and with what.
pub(crate) fn sessions(tx: &mut Tx<'_>, id: PrincipalId) -> Result<(), DbError> {
    tx.execute(&SESSIONS, &[id.get().into()]).map(drop)
}

/// Takes the networks of a key away.
pub(crate) fn key(tx: &mut Tx<'_>, id: PrincipalId) -> Result<(), DbError> {
    tx.execute(&KEY, &[id.get().into()]).map(drop)
}
