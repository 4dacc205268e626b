//! The second factor: an authenticator whose code is asked for beside the password, and ten recovery codes
//! for the day on which it is lost. Passkeys stand beside the authenticator, in a folder of their own.
//!
//! Invariants: what the codes are made of is sealed under the master key, and shown once; a code counts
//! once, whoever else gives it at the same moment; whoever has a second factor has no session to the end
//! without it; and nobody is asked for one before they have shown that it works.

pub(crate) mod api;
mod totp;
mod typed;

use crate::authority::By;
use crate::record::Change;
use crate::sessions::{self, From, How, Secret, Why};
use crate::store;
use crate::store_factors::{self, FactorRow};
use crate::store_passkeys;
use crate::store_sessions::{self, SessionRow};
use crate::users::{self, User};
use db::{Conn, DbError, Tx};
use domain::{Code, Ctx, Instant, Permission, PrincipalId, Problem};
use serde_json::json;
pub(crate) use typed::RecoveryCodes;
use typed::Typed;
use web::{Failure, Grant, IfMatch, MasterKey, SealError};

/// What nobody shall get by a password alone: who may act, and how the product is set.
const DEMANDING: [Permission; 2] = [Permission::AccessWrite, Permission::SystemWrite];

/// Of whom a second factor is demanded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Demand {
    /// Of nobody: who wants one has one.
    Nobody,
    /// Of whoever may change who may act, or how the product is set, wherever that is.
    #[default]
    Administrators,
    /// Of everybody who signs in.
    Everybody,
}

impl Demand {
    /// From the word of a setting.
    pub fn parse(word: &str) -> Option<Demand> {
        match word {
            "nobody" => Some(Demand::Nobody),
            "administrators" => Some(Demand::Administrators),
            "everybody" => Some(Demand::Everybody),
            _ => None,
        }
    }

    /// Whether it is demanded of whoever holds these grants.
    pub(crate) fn is_of(self, grants: &[Grant]) -> bool {
        let demanding =
            |grant: &Grant| DEMANDING.iter().any(|permission| grant.permissions.contains(*permission));
        match self {
            Demand::Nobody => false,
            Demand::Administrators => grants.iter().any(demanding),
            Demand::Everybody => true,
        }
    }
}

/// How many second factors cannot be read under a key, because they were sealed under another one. Their
/// recovery codes still count.
///
/// # Errors
/// Failures of the store.
pub fn unreadable_factors(conn: &mut Conn<'_>, key: &MasterKey) -> Result<i64, DbError> {
    store_factors::unreadable(conn, &key.name())
}

/// Where the secret of a second factor stands, to which it is bound.
fn place(of: PrincipalId) -> String {
    format!("access_factor:{of}")
}

fn wrong_code() -> Problem {
    let detail = "this is not a code that counts now: take the next one that your authenticator shows";
    Problem::at(Code::WrongCode, "/code", detail)
}

/// The half minute that a code stands for, of those that were not used yet.
fn step_of(
    key: &MasterKey,
    (of, factor): (PrincipalId, &FactorRow),
    digits: &str,
    now: Instant,
) -> Result<i64, Failure> {
    let secret = match key.open(&place(of), &factor.secret) {
        Ok(secret) => secret,
        Err(SealError::OtherKey) => {
            tracing::error!(principal.id = %of, "the second factor was sealed under another master key");
            let detail = "the server has lost the key to your second factor: send a recovery code, or ask an \
                          administrator to take the second factor away";
            return Err(Problem::at(Code::WrongCode, "/code", detail).into());
        }
        Err(error) => return Err(Failure::fault(format!("the second factor of {of}: {error}"))),
    };
    let step = totp::step_of(&secret, digits, now, factor.step);
    step.ok_or_else(|| wrong_code().into())
}

/// Uses a code up, of whoever is held; by what they signed in with it.
fn use_code(
    tx: &mut Tx<'_>,
    key: &MasterKey,
    user: &User,
    typed: &Typed,
    now: Instant,
) -> Result<How<'static>, Failure> {
    let of = user.row.id;
    if !store_factors::is_set(tx, of)? {
        return Err(none(&user.row.login).into());
    }
    match typed {
        Typed::Digits(digits) => {
            // of whoever has passkeys alone, no digits count
            let factor = store_factors::find(tx, of)?.filter(|factor| factor.confirmed_at.is_some());
            let factor = factor.ok_or_else(wrong_code)?;
            let step = step_of(key, (of, &factor), digits, now)?;
            store_factors::use_step(tx, of, step)?;
            Ok(How::CODE)
        }
        Typed::Recovery(hash) if store_factors::use_code(tx, of, hash, now)? => Ok(How::RECOVERY_CODE),
        Typed::Recovery(_) => {
            let detail = "this is not one of your recovery codes, or it was used before";
            Err(Problem::at(Code::WrongCode, "/code", detail).into())
        }
    }
}

fn none(login: &str) -> Problem {
    Problem::not_found("second factor of", login)
}

/// Begins to set one up: it is asked for when a first code was right.
fn begin(tx: &mut Tx<'_>, ctx: &Ctx, key: &MasterKey, login: &str, secret: &[u8]) -> Result<(), Failure> {
    let user = users::lock_own(tx, login)?;
    if store_factors::has_authenticator(tx, user.row.id)? {
        let detail =
            "you have an authenticator already: remove it by `POST /api/v1/me/second-factor/remove` first";
        return Err(Problem::new(Code::InUse, detail).into());
    }
    let sealed = key.seal(&place(user.row.id), secret);
    let sealed = sealed.map_err(|error| Failure::fault(format!("a second factor: {error}")))?;
    store_factors::begin(tx, user.row.id, (&sealed, &key.name()), ctx.now)?;
    web::audit(tx, ctx, "access.user.begin_second_factor", format_args!("user:{login}"), &json!({}));
    Ok(())
}

/// Finishes setting it up by a first code. All sessions end: they were begun without it.
fn confirm(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: &MasterKey,
    (login, typed): (&str, &Typed),
    codes: &RecoveryCodes,
) -> Result<User, Failure> {
    let user = users::lock_own(tx, login)?;
    let of = user.row.id;
    let Some(factor) = store_factors::find(tx, of)? else { return Err(none(login).into()) };
    if factor.confirmed_at.is_some() {
        return Err(Problem::new(Code::InUse, "your second factor is set up already").into());
    }
    let Typed::Digits(digits) = typed else { return Err(wrong_code().into()) };
    let step = step_of(key, (of, &factor), digits, ctx.now)?;
    store_factors::confirm(tx, of, ctx.now, step)?;
    store_factors::set_codes(tx, of, &codes.hashes())?;
    sessions::end_all(tx, ctx, of, Why::SecondFactor)?;
    changed(tx, ctx, &user, ("access.user.set_second_factor", "set up"))
}

/// Fresh recovery codes in place of those that are left.
fn new_codes(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, codes: &RecoveryCodes) -> Result<User, Failure> {
    if !store_factors::is_set(tx, user.row.id)? {
        return Err(none(&user.row.login).into());
    }
    store_factors::set_codes(tx, user.row.id, &codes.hashes())?;
    changed(tx, ctx, user, ("access.user.new_recovery_codes", "new recovery codes"))
}

/// Removes one's own.
fn remove_own(tx: &mut Tx<'_>, ctx: &Ctx, user: &User) -> Result<User, Failure> {
    if !store_factors::has_authenticator(tx, user.row.id)? {
        return Err(none(&user.row.login).into());
    }
    store_factors::remove(tx, user.row.id)?;
    changed(tx, ctx, user, ("access.user.remove_second_factor", "removed"))
}

/// Takes the second factor of somebody away, their passkeys included, and ends their sessions.
///
/// # Errors
/// `not_found`, also for who has none; `stale`; `forbidden` when they hold more than the caller, and for one's own.
pub fn remove_second_factor(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    login: &str,
    version: IfMatch,
) -> Result<User, Failure> {
    let user = users::lock_at(tx, by, login, version)?;
    by.not_oneself(user.row.id, "POST /api/v1/me/second-factor/remove")?;
    let passkeys = store_passkeys::remove_all(tx, user.row.id)?;
    if !store_factors::remove(tx, user.row.id)? && passkeys == 0 {
        return Err(none(login).into());
    }
    sessions::end_all(tx, by.ctx, user.row.id, Why::SecondFactor)?;
    changed(tx, by.ctx, &user, ("access.user.remove_second_factor", "removed"))
}

fn changed(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, (action, what): (&str, &str)) -> Result<User, Failure> {
    store::count_up(tx, user.row.id)?;
    let after = users::find(tx, &user.row.login)?;
    let change: Change<'_> = users::change_of(&after.row, action, "access.user_changed");
    change.record(tx, ctx, &json!({ "second_factor": what }))?;
    Ok(after)
}

/// The half session that waits for a code.
pub(crate) fn waiting(conn: &mut Conn<'_>, id: i64, now: Instant) -> Result<SessionRow, Failure> {
    let session = store_sessions::by_id(conn, id)?.filter(|session| sessions::past(session, now).is_none());
    let gone = || Problem::new(Code::Unauthenticated, "this session has ended, sign in again");
    let session = session.ok_or_else(gone)?;
    if session.half {
        return Ok(session);
    }
    Err(Problem::new(Code::TransitionRefused, "this session waits for no code: you have signed in").into())
}

/// Gives the code that a half session waits for: it ends, and one to the end begins.
fn answer(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    key: &MasterKey,
    (session, typed): (&SessionRow, &Typed),
    secret: &Secret,
) -> Result<SessionRow, Failure> {
    let user = users::lock_own(tx, &session.login)?;
    // another request may have given a code meanwhile
    let session = waiting(tx, session.id, ctx.now)?;
    let how = How::both(&session.method, use_code(tx, key, &user, typed, ctx.now)?);
    sessions::end_one(tx, ctx, &session, Why::Answered)?;
    let from = From { network: session.network.clone(), agent: session.agent.clone() };
    sessions::begin(tx, ctx, (user.row.id, &session.login), (how, &from), secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::LocationId;
    use web::Within;

    #[test]
    fn it_is_demanded_of_who_may_change_who_may_act_by_whatever_role() {
        let role =
            |name: &str| crate::role::BUILT_IN.iter().find(|role| role.name == name).unwrap().permissions();
        let held = |name: &str| vec![Grant::free(role(name), Within::All)];
        let keeper =
            |permission: Permission, within| vec![Grant::free([permission].into_iter().collect(), within)];
        let below = Within::Subtree(LocationId(7));
        let table = [
            (held("administrator"), true),
            (held("manager"), false),
            (held("auditor"), false),
            (Vec::new(), false),
            (keeper(Permission::AccessWrite, below), true),
            (keeper(Permission::SystemWrite, Within::All), true),
            (keeper(Permission::StockAdjust, Within::All), false),
        ];
        for (grants, demanded) in table {
            assert_eq!(Demand::Administrators.is_of(&grants), demanded, "{grants:?}");
            assert!(Demand::Everybody.is_of(&grants) && !Demand::Nobody.is_of(&grants));
        }
        assert_eq!(Demand::parse("administrators"), Some(Demand::default()));
        assert_eq!(Demand::parse("admins"), None);
    }
}
