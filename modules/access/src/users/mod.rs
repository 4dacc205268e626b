//! Users: people with a login. An account is ended, never deleted, so that history keeps its names.

pub(crate) mod api;

use crate::authority::By;
use crate::grants::{self, NewGrant};
use crate::password::PasswordPhc;
use crate::record::Change;
use crate::sessions::{self, Why};
use crate::store::{self, LOGIN_INDEX, RowKind, UserRow};
use crate::store_roles::{self, GrantRow};
use crate::text::check_length;
use db::{Conn, DbError, Tx};
use domain::word::echo;
use domain::{Code, Ctx, Problem};
use serde_json::json;
use web::{Failure, IfMatch};

/// Characters of a login at most.
pub(crate) const LOGIN_CHARS_MAX: usize = 64;
/// Characters of a name at most.
pub(crate) const NAME_CHARS_MAX: usize = 120;

/// A user with what they may.
#[derive(Clone, Debug)]
pub struct User {
    /// The account.
    pub row: UserRow,
    /// The grants.
    pub grants: Vec<GrantRow>,
}

/// A user to create.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The login, see [`login`].
    pub login: String,
    /// The name to show.
    pub name: String,
    /// The hashed password.
    pub password: PasswordPhc,
    /// What they may.
    pub grants: Vec<NewGrant>,
}

/// Reads a login: 1 to 64 small letters, digits, `.`, `_`, `-`, `@`. Capital letters are made small.
///
/// # Errors
/// `invalid_value` and `limit_exceeded` at `/login`.
pub fn login(text: &str) -> Result<String, Problem> {
    let login = text.trim().to_ascii_lowercase();
    check_length("/login", "a login", &login, LOGIN_CHARS_MAX)?;
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-@".contains(&byte);
    if login.is_empty() || !login.bytes().all(fine) {
        let text = echo(text);
        let detail =
            format!("a login is 1 to {LOGIN_CHARS_MAX} letters, digits, `.`, `_`, `-` or `@`, not `{text}`");
        return Err(Problem::at(Code::InvalidValue, "/login", detail));
    }
    Ok(login)
}

/// Reads a name to show: 1 to 120 characters, on one line.
///
/// # Errors
/// `invalid_value` and `limit_exceeded` at `/name`.
pub fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    check_length("/name", "a name", name, NAME_CHARS_MAX)?;
    if name.is_empty() || name.chars().any(char::is_control) {
        let detail = format!("a name has 1 to {NAME_CHARS_MAX} characters on one line");
        return Err(Problem::at(Code::InvalidValue, "/name", detail));
    }
    Ok(name.to_owned())
}

/// Creates a user with their grants.
///
/// # Errors
/// `code_taken`, and what [`grants::give`] refuses.
pub fn create(tx: &mut Tx<'_>, by: &By<'_>, new: &NewUser) -> Result<User, Failure> {
    if let Some(ended_at) = store::user_by_login(tx, &new.login)?.and_then(|row| row.ended_at) {
        let detail = format!(
            "the account of `{}` was ended at {}, and its login is not given again; choose another one",
            new.login,
            ended_at.to_the_second()
        );
        return Err(Problem::at(Code::CodeTaken, "/login", detail).into());
    }
    let id = store::insert_principal(tx, by.ctx, RowKind::User, &new.name)?;
    match store::insert_user(tx, id, &new.login, &new.password, by.ctx) {
        Err(error) if error.is_unique(LOGIN_INDEX) => {
            let detail = format!("the login `{}` is in use already", new.login);
            return Err(Problem::at(Code::CodeTaken, "/login", detail).into());
        }
        done => done?,
    }
    for (place, grant) in new.grants.iter().enumerate() {
        grants::give(tx, by, id, grant).map_err(|failure| under(failure, place))?;
    }
    let user = find(tx, &new.login)?;
    let change = change_of(&user.row, "access.user.create", "access.user_created");
    change.record(tx, by.ctx, &json!({ "name": new.name, "grants": grants::details(&user.grants) }))?;
    Ok(user)
}

/// Pointers of a grant inside of a list.
fn under(failure: Failure, place: usize) -> Failure {
    match failure {
        Failure::Refused(problem) => problem.under(&format!("/grants/{place}")).into(),
        other => other,
    }
}

/// Changes the name to show.
///
/// # Errors
/// `not_found`, `stale`, `forbidden` when they hold more than the caller.
pub(crate) fn rename(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (login, version): (&str, IfMatch),
    name: &str,
) -> Result<User, Failure> {
    let user = lock_at(tx, by, login, version)?;
    store::rename(tx, user.row.id, name)?;
    store::count_up(tx, user.row.id)?;
    let after = find(tx, login)?;
    let change = change_of(&after.row, "access.user.change", "access.user_changed");
    change.record(tx, by.ctx, &json!({ "name": { "before": user.row.name, "after": name } }))?;
    Ok(after)
}

/// Ends an account, and with it its keys and sessions. Ending it twice changes nothing.
///
/// # Errors
/// `not_found`; `stale`; `forbidden` when they hold more than the caller; `in_use` for the last
/// administrator.
pub fn end(tx: &mut Tx<'_>, by: &By<'_>, login: &str, version: IfMatch) -> Result<User, Failure> {
    let user = lock_at(tx, by, login, version)?;
    if user.row.ended_at.is_some() {
        return Ok(user);
    }
    grants::keep_an_administrator(tx, &user, None)?;
    store::end(tx, user.row.id, by.ctx.now)?;
    sessions::end_all(tx, by.ctx, user.row.id, Why::Account)?;
    store::count_up(tx, user.row.id)?;
    let after = find(tx, login)?;
    change_of(&after.row, "access.user.end", "access.user_ended").record(tx, by.ctx, &json!({}))?;
    Ok(after)
}

/// Sets a password, and ends all sessions of the user.
///
/// # Errors
/// `not_found`; `stale`; `forbidden` when they hold more than the caller, and for one's own.
pub fn set_password(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (login, version): (&str, IfMatch),
    password: &PasswordPhc,
) -> Result<User, Failure> {
    let user = lock_at(tx, by, login, version)?;
    by.not_oneself(user.row.id, "POST /api/v1/me/password")?;
    new_password(tx, by.ctx, &user, password)
}

/// A new password of a user who is held. Whoever knew the old one has no session any more.
fn new_password(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, password: &PasswordPhc) -> Result<User, Failure> {
    store::set_password(tx, user.row.id, password, ctx)?;
    sessions::end_all(tx, ctx, user.row.id, Why::Password)?;
    store::count_up(tx, user.row.id)?;
    let after = find(tx, &user.row.login)?;
    let change = change_of(&after.row, "access.user.set_password", "access.user_changed");
    change.record(tx, ctx, &json!({ "password": "changed" }))?;
    Ok(after)
}

/// Changes one's own password, from the one that was compared.
///
/// # Errors
/// `wrong_password` when it was changed meanwhile.
pub(crate) fn change_own_password(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    login: &str,
    (before, password): (&PasswordPhc, &PasswordPhc),
) -> Result<User, Failure> {
    let user = lock_own(tx, login)?;
    if store::password(tx, login)?.is_none_or(|kept| kept.0 != before.0) {
        let detail = "your password was changed meanwhile";
        return Err(Problem::at(Code::WrongPassword, "/current", detail).into());
    }
    new_password(tx, ctx, &user, password)
}

/// A user by login.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn<'_>, login: &str) -> Result<User, Failure> {
    match store::user_by_login(conn, login)? {
        Some(row) => Ok(with_grants(conn, row)?),
        None => Err(Problem::not_found("user", login).into()),
    }
}

/// Users after a login, in the order of their logins.
///
/// # Errors
/// Failures of the store.
pub fn list(
    conn: &mut Conn<'_>,
    after: Option<&str>,
    ended: Option<bool>,
    limit: i64,
) -> Result<Vec<User>, DbError> {
    let rows = store::users(conn, after, ended, limit)?;
    rows.into_iter().map(|row| with_grants(conn, row)).collect()
}

/// A user to be changed, held until the commit, by somebody who holds no less.
pub(crate) fn lock(tx: &mut Tx<'_>, by: &By<'_>, login: &str) -> Result<User, Failure> {
    let row = store::lock_user(tx, login)?.ok_or_else(|| Problem::not_found("user", login))?;
    let user = with_grants(tx, row)?;
    by.may_change(tx, &grants::held(&user.grants))?;
    Ok(user)
}

/// One's own account, held until the commit.
pub(crate) fn lock_own(tx: &mut Tx<'_>, login: &str) -> Result<User, Failure> {
    let row = store::lock_user(tx, login)?.ok_or_else(|| Problem::not_found("user", login))?;
    Ok(with_grants(tx, row)?)
}

/// The same, at the version that the caller read.
pub(crate) fn lock_at(tx: &mut Tx<'_>, by: &By<'_>, login: &str, version: IfMatch) -> Result<User, Failure> {
    let user = lock(tx, by, login)?;
    version.check(user.row.version)?;
    Ok(user)
}

fn with_grants(conn: &mut Conn<'_>, row: UserRow) -> Result<User, DbError> {
    let grants = store_roles::grants(conn, row.id)?;
    Ok(User { row, grants })
}

pub(crate) fn change_of<'a>(row: &'a UserRow, action: &'a str, event: &'a str) -> Change<'a> {
    Change { action, event, kind: "user", handle: &row.login, id: row.id.get(), version: row.version }
}
