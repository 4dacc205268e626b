//! Sessions: what somebody has who signed in. The browser holds a secret of 256 bits, the server its
//! hash. A session ends half an hour after its last request, twelve hours after its beginning, and
//! whenever the password, the grants or the account of its user change.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::authority::By;
use crate::grants;
use crate::keys::PER_MINUTE;
use crate::second_factor::Demand;
use crate::store_factors;
use crate::store_sessions::{self, SessionRow};
use crate::token;
use db::{Conn, Db, DbError, Tx};
use domain::{Ctx, Instant, PrincipalId, Problem};
use serde_json::json;
use std::fmt;
use web::{Failure, Grant, Principal, PrincipalKind, Stage};

/// How long a session goes on without a request: 30 minutes.
pub(crate) const IDLE_SECONDS: i64 = 30 * 60;
/// How long a session goes on at all: 12 hours.
const WHOLE_SECONDS: i64 = 12 * 3_600;
/// How long a session waits for the code of the second factor: 5 minutes.
const HALF_SECONDS: i64 = 5 * 60;
/// How long after a sign-in by the identity provider nobody is asked again who they are: 5 minutes.
const JUST_SECONDS: i64 = 5 * 60;
/// How long it is kept from where somebody signed in: 90 days.
pub(crate) const KEPT_SECONDS: i64 = 90 * 86_400;
/// Letters and digits of a secret: more than 256 bits.
const SECRET_LEN: usize = 43;

/// Why a session was ended, as it is stored and shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    /// By who has it.
    SignOut,
    /// The same browser signed in again.
    Replaced,
    /// From another session, or by somebody who may.
    Revoked,
    /// The password was changed.
    Password,
    /// What the user may was changed.
    Grants,
    /// The account was ended.
    Account,
    /// The code that it waited for was given, and another goes on.
    Answered,
    /// The second factor was set up or taken away.
    SecondFactor,
    /// What the identity provider calls the user was changed by somebody else.
    Identity,
}

impl Why {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Why::SignOut => "sign_out",
            Why::Replaced => "replaced",
            Why::Revoked => "revoked",
            Why::Password => "password",
            Why::Grants => "grants",
            Why::Account => "account",
            Why::Answered => "answered",
            Why::SecondFactor => "second_factor",
            Why::Identity => "identity",
        }
    }
}

/// The secret of a session, as the cookie holds it.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// A fresh one.
    pub(crate) fn new() -> Result<Secret, Failure> {
        let text = token::base62(SECRET_LEN);
        text.map(Secret).map_err(|error| Failure::fault(format!("no random source: {error}")))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be the secret of a session.
pub(crate) fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// From where somebody signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct From {
    /// As far as one party has it in its hands.
    pub(crate) network: Option<String>,
    /// What the browser says of itself.
    pub(crate) agent: String,
}

/// By what somebody signs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct How<'a> {
    /// The word for it.
    method: &'a str,
    /// Whether the code of the second factor is to come.
    half: bool,
}

impl How<'static> {
    /// By a password alone.
    pub(crate) const PASSWORD: How<'static> = How { method: "password", half: false };
    /// By a password, of whoever has a second factor.
    pub(crate) const HALF: How<'static> = How { method: "password", half: true };
    /// By a password and the code of an authenticator.
    pub(crate) const CODE: How<'static> = How { method: "password+code", half: false };
    /// By a password and a recovery code.
    pub(crate) const RECOVERY_CODE: How<'static> = How { method: "password+recovery_code", half: false };
    /// By the identity provider.
    pub(crate) const IDENTITY: How<'static> = How { method: "identity", half: false };
    /// By the identity provider, of whoever has a second factor here that it has not asked for.
    pub(crate) const HALF_IDENTITY: How<'static> = How { method: "identity", half: true };
    /// By the identity provider, which has asked for a second factor.
    pub(crate) const IDENTITY_AND_FACTOR: How<'static> = How { method: "identity+factor", half: false };

    /// By a password and a passkey.
    pub(crate) const PASSKEY: How<'static> = How { method: "password+passkey", half: false };
    /// By a passkey that has made sure who used it.
    pub(crate) const PASSKEY_ALONE: How<'static> = How { method: "passkey", half: false };

    /// By what a session was begun, and a second factor after it.
    pub(crate) fn both(first: &str, second: How<'static>) -> How<'static> {
        let by_identity = first.starts_with(How::IDENTITY.method);
        let method = match second.method {
            "password+code" if by_identity => "identity+code",
            "password+recovery_code" if by_identity => "identity+recovery_code",
            "password+passkey" if by_identity => "identity+passkey",
            method => method,
        };
        How { method, half: false }
    }
}

/// Whether a session was begun by two factors of which none has to be kept here.
fn brings_factor(method: &str) -> bool {
    [How::IDENTITY_AND_FACTOR.method, How::PASSKEY_ALONE.method].contains(&method)
}

/// Whether the identity provider has said who it is, just now: that says it as well as a password does.
pub(crate) fn has_just_come(session: &SessionRow, now: Instant) -> bool {
    session.method.starts_with(How::IDENTITY.method) && now < session.begun_at.plus_seconds(JUST_SECONDS)
}

impl<'a> How<'a> {
    /// As in a session that this one follows.
    pub(crate) const fn as_before(method: &'a str) -> How<'a> {
        How { method, half: false }
    }
}

/// By what and from where a session was begun, for one that follows it.
pub(crate) fn of(conn: &mut Conn<'_>, id: i64) -> Result<(String, From), DbError> {
    let found = store_sessions::by_id(conn, id)?;
    let nothing = || (How::PASSWORD.method.to_owned(), From { network: None, agent: String::new() });
    Ok(found.map_or_else(nothing, |session| {
        (session.method, From { network: session.network, agent: session.agent })
    }))
}

/// Whether the user of a session has signed in to the end from where it was begun.
pub(crate) fn is_familiar(conn: &mut Conn<'_>, session: &SessionRow, now: Instant) -> Result<bool, DbError> {
    let Some(network) = &session.network else { return Ok(false) };
    let since = now.plus_seconds(-KEPT_SECONDS);
    store_sessions::is_familiar(conn, session.principal, network, since)
}

/// Begins a session of a user, who is held or has just been made sure of.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (principal, login): (PrincipalId, &str),
    (how, from): (How<'_>, &From),
    secret: &Secret,
) -> Result<SessionRow, Failure> {
    let How { method, half } = how;
    let session = SessionRow {
        id: db::ids::take(tx, "access_session", 1)?,
        principal,
        login: login.to_owned(),
        method: method.to_owned(),
        network: from.network.clone(),
        agent: from.agent.clone(),
        begun_at: ctx.now,
        seen_at: ctx.now,
        expires_at: ctx.now.plus_seconds(if half { HALF_SECONDS } else { WHOLE_SECONDS }),
        ended_at: None,
        ended_why: None,
        half,
    };
    store_sessions::insert(tx, &session, &token::hash(secret.reveal()))?;
    // from where is personal data, and stands in the session alone
    let details = json!({ "session": session.id, "method": method });
    let action = if half { "access.session.await_code" } else { "access.session.begin" };
    web::audit(tx, ctx, action, format_args!("user:{login}"), &details);
    Ok(session)
}

/// The session that a browser comes with when it signs in again.
pub(crate) fn replace(tx: &mut Tx<'_>, ctx: &Ctx, secret: &str) -> Result<(), DbError> {
    match store_sessions::by_secret(tx, &token::hash(secret))? {
        Some(session) => end_one(tx, ctx, &session, Why::Replaced),
        None => Ok(()),
    }
}

/// Ends a session; ending it twice changes nothing.
pub(crate) fn end_one(tx: &mut Tx<'_>, ctx: &Ctx, session: &SessionRow, why: Why) -> Result<(), DbError> {
    if store_sessions::end(tx, session.id, ctx.now, why.word())? {
        let details = json!({ "session": session.id, "why": why.word() });
        web::audit(tx, ctx, "access.session.end", format_args!("user:{}", session.login), &details);
    }
    Ok(())
}

/// Ends all sessions of a user, because something of theirs has changed that has an audit row already.
pub(crate) fn end_all(tx: &mut Tx<'_>, ctx: &Ctx, of: PrincipalId, why: Why) -> Result<(), DbError> {
    store_sessions::end_all(tx, of, ctx.now, why.word()).map(drop)
}

/// Ends a session of one's own.
///
/// # Errors
/// `not_found`, also for somebody else's.
pub(crate) fn end_own(tx: &mut Tx<'_>, ctx: &Ctx, id: i64, why: Why) -> Result<SessionRow, Failure> {
    let found = store_sessions::by_id(tx, id)?.filter(|session| session.principal == ctx.actor.id);
    ended(tx, ctx, found, (id, why))
}

/// Ends the session of somebody.
///
/// # Errors
/// `not_found`; `forbidden` when they hold more than the caller.
pub fn end_session(tx: &mut Tx<'_>, by: &By<'_>, id: i64) -> Result<SessionRow, Failure> {
    let found = store_sessions::by_id(tx, id)?;
    if let Some(session) = &found {
        let held = grants::load(tx, session.principal)?;
        by.may_change(tx, &held)?;
    }
    ended(tx, by.ctx, found, (id, Why::Revoked))
}

fn ended(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    found: Option<SessionRow>,
    (id, why): (i64, Why),
) -> Result<SessionRow, Failure> {
    let session = found.ok_or_else(|| Problem::not_found("session", id))?;
    end_one(tx, ctx, &session, why)?;
    Ok(store_sessions::by_id(tx, id)?.ok_or_else(|| Problem::not_found("session", id))?)
}

/// Sessions after one, in the order of their numbers.
///
/// # Errors
/// Failures of the store.
pub fn list_sessions(
    conn: &mut Conn<'_>,
    after: i64,
    (login, ended): (Option<&str>, Option<bool>),
    now: Instant,
    limit: i64,
) -> Result<Vec<SessionRow>, DbError> {
    let idle = now.plus_seconds(-IDLE_SECONDS);
    store_sessions::list(conn, after, (login, ended), (now, idle), limit)
}

/// Who has signed in.
pub(crate) struct SignedIn {
    pub(crate) principal: Principal,
    pub(crate) session: SessionRow,
}

/// The principal behind the secret of a session; `Err` says why there is none, for the audit log.
pub(crate) fn authenticate(
    conn: &mut Conn<'_>,
    text: &str,
    (now, seen): (Instant, Option<Instant>),
    demand: Demand,
) -> Result<Result<SignedIn, String>, DbError> {
    let Some(mut session) = store_sessions::by_secret(conn, &token::hash(text))? else {
        return Ok(Err("nobody has this session".to_owned()));
    };
    session.seen_at = seen.map_or(session.seen_at, |seen| seen.max(session.seen_at));
    if let Some(why) = past(&session, now) {
        return Ok(Err(format!("session {} of `{}` {why}", session.id, session.login)));
    }
    let grants = grants::load(conn, session.principal)?;
    let stage = stage_of(conn, &session, &grants, demand)?;
    // whoever has not signed in to the end may nothing
    let grants = if stage == Stage::Whole { grants } else { Vec::new() };
    let user = PrincipalKind::User;
    let principal = Principal::new(session.principal, &session.login, user, grants, Some(PER_MINUTE));
    Ok(Ok(SignedIn { principal: principal.in_session(session.id, stage), session }))
}

/// How far somebody has signed in.
pub(crate) fn stage(conn: &mut Conn<'_>, session: &SessionRow, demand: Demand) -> Result<Stage, DbError> {
    let grants = grants::load(conn, session.principal)?;
    stage_of(conn, session, &grants, demand)
}

fn stage_of(
    conn: &mut Conn<'_>,
    session: &SessionRow,
    grants: &[Grant],
    demand: Demand,
) -> Result<Stage, DbError> {
    if session.half {
        return Ok(Stage::AwaitsCode);
    }
    let brings = brings_factor(&session.method);
    let lacks = demand.is_of(grants) && !brings && !store_factors::is_set(conn, session.principal)?;
    Ok(if lacks { Stage::AwaitsFactor } else { Stage::Whole })
}

/// Why a session does not go on.
pub(crate) fn past(session: &SessionRow, now: Instant) -> Option<String> {
    if let Some(why) = &session.ended_why {
        return Some(format!("was ended ({why})"));
    }
    if session.expires_at <= now {
        let limit = if session.half { "five minutes, and no code came" } else { "twelve hours" };
        return Some(format!("is older than {limit}"));
    }
    (is_idle(session.seen_at, now)).then(|| "was without a request for half an hour".to_owned())
}

/// Whether a session that was last seen then has ended by itself.
pub(crate) fn is_idle(seen: Instant, now: Instant) -> bool {
    seen.plus_seconds(IDLE_SECONDS) <= now
}

/// Forgets from where people signed in, ninety days after their sessions.
///
/// # Errors
/// Failures of the store.
pub fn forget_old_sessions(db: &Db, now: Instant) -> Result<u64, DbError> {
    let before = now.plus_seconds(-KEPT_SECONDS);
    if !db.read_blocking(|conn| store_sessions::any_old(conn, before))? {
        return Ok(0);
    }
    db.write_blocking(move |tx| store_sessions::forget(tx, before))
}
