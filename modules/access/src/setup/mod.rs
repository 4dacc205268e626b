//! The first user. There is no default account: while nobody exists, a one-time token that the
//! server shows at its start makes the first administrator, and the answer holds their first key.

pub(crate) mod api;

use crate::authority::{Bounds, By};
use crate::grants::NewGrant;
use crate::keys::{self, NewKey, PER_MINUTE};
use crate::password::PasswordPhc;
use crate::role::ADMINISTRATOR;
use crate::store;
use crate::token::{self, Token};
use crate::users::{self, NewUser, User};
use db::{Conn, Tx};
use domain::{Code, Ctx, Instant, Problem};
use web::{Failure, OrganisationSetUp, Principal, Within};

/// How long a token is good: 30 minutes, in seconds.
const GOOD_SECONDS: i64 = 30 * 60;

/// The first administrator.
#[derive(Clone, Debug)]
pub struct FirstUser {
    /// The login.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// The hashed password.
    pub password: PasswordPhc,
}

/// Sets the organisation up inside of the transaction; handed over by the wiring, since this module
/// knows no books.
pub type Organise = fn(&mut Tx<'_>, &Ctx, &OrganisationSetUp) -> Result<(), Failure>;

/// A fresh token, when nobody exists yet. An earlier one is good no more.
///
/// # Errors
/// Failures of the store.
pub fn offer(tx: &mut Tx<'_>, ctx: &Ctx, token: &str) -> Result<bool, Failure> {
    if store::any_user(tx)? {
        return Ok(false);
    }
    store::offer_setup(tx, &token::hash(token), ctx.now.plus_seconds(GOOD_SECONDS))?;
    Ok(true)
}

/// A text for [`offer`].
///
/// # Errors
/// When the system has no random source.
pub fn new_token() -> Result<String, getrandom::Error> {
    Ok(format!("sws_{}", token::base62(43)?))
}

/// Whether a token would make the first user now. It is asked before anything that costs time: the
/// door is open to everybody, for ever.
///
/// # Errors
/// As [`first_user`].
pub(crate) fn may(conn: &mut Conn<'_>, setup_token: &str, now: Instant) -> Result<(), Failure> {
    let offered = store::setup(conn)?;
    Ok(check(offered, store::any_user(conn)?, setup_token, now)?)
}

/// Refuses when somebody exists, and a token that was not offered or is no longer good.
fn check(
    offered: Option<([u8; 32], Instant)>,
    anybody: bool,
    setup_token: &str,
    now: Instant,
) -> Result<(), Problem> {
    if anybody {
        let detail = "somebody exists already, ask an administrator for an account";
        return Err(Problem::new(Code::AlreadySetUp, detail));
    }
    if offered.is_some_and(|(hash, until)| hash == token::hash(setup_token) && now < until) {
        return Ok(());
    }
    let detail = "the set-up token is wrong or older than 30 minutes, restart the server for a fresh one";
    Err(Problem::new(Code::Unauthenticated, detail))
}

/// Makes the first administrator and their first key.
///
/// # Errors
/// `already_set_up`; `unauthenticated` for a wrong or expired token.
pub fn first_user(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    bounds: &Bounds,
    (setup_token, key_token): (&str, &Token),
    first: &FirstUser,
) -> Result<User, Failure> {
    let offered = store::lock_setup(tx)?;
    check(offered, store::any_user(tx)?, setup_token, ctx.now)?;
    store::close_setup(tx)?;
    let system = Principal::system();
    let by = By { ctx, principal: &system, bounds };
    let grants = vec![NewGrant { role: ADMINISTRATOR.to_owned(), within: Within::All, category: None }];
    let FirstUser { login, name, password } = first.clone();
    let user = users::create(tx, &by, &NewUser { login, name, password, grants })?;
    let key = NewKey {
        name: "first key".to_owned(),
        owner: Some(user.row.login.clone()),
        permissions: None,
        locations: None,
        networks: None,
        per_minute: Some(PER_MINUTE),
        expires_at: None,
    };
    keys::create(tx, &by, &key, key_token)?;
    Ok(user)
}
