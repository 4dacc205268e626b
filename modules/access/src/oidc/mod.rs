//! Signing in by the identity provider of the organisation (OIDC): the browser goes there, comes back with a code,
//! and the server gives the code for what the provider says of whoever brought it.
//!
//! Invariants: nobody is known by anything but what the provider calls them (`sub`), so that neither a name nor an
//! e-mail address that it lets people choose leads to an account; nothing that it says is believed before all
//! of it was checked; accounts that were ended stay so; and who has a password here can sign in without it.

pub(crate) mod api;
mod decide;
mod jws;
mod provider;

pub use decide::{Factor, GroupRole};

use crate::Access;
use crate::authority::{Bounds, By, Extent};
use crate::grants::{self, NewGrant};
use crate::password::PasswordPhc;
use crate::sessions::{self, How, Why};
use crate::sign_in::NOBODY;
use crate::store;
use crate::store_factors;
use crate::store_identities::{self, IdentityRow, SUBJECT_INDEX};
use crate::store_roles;
use crate::users::{self, NewUser, User};
use db::{Conn, DbError, Tx};
use decide::Held;
use domain::word::echo;
use domain::{Actor, Code, Ctx, Instant, Problem};
use jws::Unsigned;
use outbound::Outbound;
use provider::Provider;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;
use web::{Failure, IfMatch, Principal};

/// Seconds after which whoever could not be told by the provider comes again.
const AGAIN_SECONDS: i64 = 5;

/// What a provider knows this server by.
#[derive(Clone)]
pub struct ClientSecret(String);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(***)")
    }
}

impl ClientSecret {
    /// From its text.
    pub fn new(text: impl Into<String>) -> ClientSecret {
        ClientSecret(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// How people sign in by an identity provider.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// Who the provider is; what it says of itself stands below that address.
    pub issuer: String,
    /// How it is called on the page.
    pub name: String,
    /// What it calls this server.
    pub client_id: String,
    /// What it knows this server by; `None` for a server that keeps no secret.
    pub client_secret: Option<ClientSecret>,
    /// The page to which the browser comes back.
    pub redirect_uri: String,
    /// What is asked for.
    pub scopes: String,
    /// The claim that becomes the login of a new user.
    pub login_claim: String,
    /// The claim with the groups.
    pub groups_claim: String,
    /// Which roles the groups have.
    pub roles: Vec<GroupRole>,
    /// Whether whoever is not known here is made a user.
    pub creates_users: bool,
    /// In which words the provider says that it has asked for a second factor.
    pub second_factor: Vec<Factor>,
}

/// The identity provider, cheap to clone.
#[derive(Clone, Debug)]
pub struct IdentityProvider(Arc<Provider>);

impl IdentityProvider {
    /// With what an operator has set.
    pub fn new(oidc: Oidc, outbound: Outbound) -> IdentityProvider {
        IdentityProvider(Arc::new(Provider::new(oidc, outbound)))
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.0.oidc.name
    }

    /// Whether it answers as it should.
    ///
    /// # Errors
    /// Why it does not, for the operator.
    pub async fn check(&self, now: Instant) -> Result<(), String> {
        self.0.metadata(now).await.map(drop).map_err(|error| error.to_string())
    }
}

/// Why the provider leads to nobody.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// It does not answer, or not as it should; the text is for the log.
    #[error("{0}")]
    Down(String),
    /// The answer is of another provider.
    #[error("the answer comes from another identity provider than `oidc.issuer`")]
    Mixed,
    /// The code is not good.
    #[error(
        "the identity provider refuses the code: it was used before, is too old, or belongs to another sign-in"
    )]
    Code,
    /// Its signature does not hold.
    #[error("what the identity provider says is not believed: {0}")]
    Unsigned(#[from] Unsigned),
    /// It does not fit.
    #[error("what the identity provider says is not believed: {0}")]
    Unbelieved(#[from] decide::Unbelieved),
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        if let Unanswered::Down(why) = &unanswered {
            tracing::warn!(error = %why, "the identity provider does not answer as it should");
            let detail = "the identity provider does not answer as it should: come again, or sign in with a password; \
                          the log and `stockwell doctor` say what it is";
            let problem = Problem::new(Code::IdentityProviderUnavailable, detail);
            return Failure::Later(Box::new(problem), AGAIN_SECONDS);
        }
        refused(unanswered.to_string())
    }
}

/// Somebody does not come in, and is told why: they are known elsewhere.
fn refused(why: String) -> Failure {
    Problem::new(Code::IdentityRefused, why).into()
}

fn unknown(why: String) -> Failure {
    Problem::new(Code::IdentityUnknown, why).into()
}

/// Somebody of whom the provider has said who they are.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    issuer: String,
    subject: String,
    claims: Map<String, Value>,
}

impl Access {
    /// The provider.
    ///
    /// # Errors
    /// `sign_in_not_offered` when there is none.
    pub(crate) fn provider(&self) -> Result<&Provider, Problem> {
        self.identity_provider().map(|provider| &*provider.0).ok_or_else(|| {
            let detail = "this server has no identity provider: `oidc.issuer` in its settings names one";
            Problem::new(Code::SignInNotOffered, detail)
        })
    }
}

/// The user of a person, who is made when that is wanted, with the roles of their groups.
fn arrive(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (oidc, bounds): (&Oidc, &Bounds),
    person: &Person,
) -> Result<User, Failure> {
    let system = Principal::system();
    let actor = Actor { id: system.id(), name: system.name().to_owned() };
    let ctx = Ctx { actor, ..ctx.clone() };
    let by = By { ctx: &ctx, principal: &system, bounds };
    let known = store_identities::by_subject(tx, &person.issuer, &person.subject)?;
    let identity = match known {
        Some(identity) => identity,
        None if oidc.creates_users => make(tx, &by, oidc, person)?,
        None => {
            let subject = echo(&person.subject);
            return Err(unknown(format!(
                "nobody here is known as `{subject}` of the identity provider: sign in with your password and link it by \
                 `POST /api/v1/me/identity`, or ask an administrator"
            )));
        }
    };
    let user = users::lock_own(tx, &identity.login)?;
    if user.row.ended_at.is_some() {
        return Err(refused("your account here has been ended, ask an administrator".to_owned()));
    }
    // somebody may have taken the identity away meanwhile
    if store_identities::of(tx, user.row.id)?.is_none_or(|now| now.subject != identity.subject) {
        return Err(refused("your identity was taken from your account meanwhile".to_owned()));
    }
    store_identities::used(tx, user.row.id, ctx.now)?;
    if identity.follows_groups { follow_groups(tx, &by, oidc, (user, person)) } else { Ok(user) }
}

/// A new user, who has no password.
fn make(tx: &mut Tx<'_>, by: &By<'_>, oidc: &Oidc, person: &Person) -> Result<IdentityRow, Failure> {
    let told = |claim: &str| person.claims.get(claim).and_then(Value::as_str);
    let login = told(&oidc.login_claim).and_then(|text| users::login(text).ok()).ok_or_else(|| {
        let claim = &oidc.login_claim;
        unknown(format!("the identity provider says no `{claim}` that can be a login here: `oidc.login_claim` names another claim"))
    })?;
    // a name that a provider lets people choose leads to no account that is there already
    if store::user_by_login(tx, &login)?.is_some() {
        // unless it was made since for the same person, who comes in another window at the same moment
        if let Some(identity) = store_identities::by_subject(tx, &person.issuer, &person.subject)? {
            return Ok(identity);
        }
        let detail = format!(
            "the login `{login}` is somebody's here already: if it is yours, sign in with your password and link it by `POST /api/v1/me/identity`"
        );
        return Err(unknown(detail));
    }
    let name = told("name").and_then(|name| users::name(name).ok()).unwrap_or_else(|| login.clone());
    let password = PasswordPhc(NOBODY.to_owned());
    let user = users::create(tx, by, &NewUser { login, name, password, grants: Vec::new() });
    let user = user.map_err(|failure| match failure.problem().code {
        // made since: the next run finds out for whom
        Code::CodeTaken => tx.again("a user of this login was made meanwhile").into(),
        _ => failure,
    })?;
    link(tx, by.ctx, &user, (&person.issuer, &person.subject, true))
}

/// Notes what the provider calls a user.
fn link(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &User,
    (issuer, subject, follows_groups): (&str, &str, bool),
) -> Result<IdentityRow, Failure> {
    match store_identities::insert(tx, user.row.id, (issuer, subject, follows_groups), ctx.now) {
        Err(error) if error.is_unique(SUBJECT_INDEX) => {
            let detail = "this identity is linked to another account, where it has to be taken away first";
            return Err(Problem::new(Code::InUse, detail).into());
        }
        done => done?,
    }
    let what =
        json!({ "identity": { "issuer": issuer, "subject": subject, "follows_groups": follows_groups } });
    changed(tx, ctx, user, ("access.user.link_identity", &what))?;
    let linked = store_identities::of(tx, user.row.id)?;
    linked.ok_or_else(|| Failure::fault("an identity that was linked is not there"))
}

/// Takes away what the provider calls a user.
fn unlink(tx: &mut Tx<'_>, ctx: &Ctx, user: &User) -> Result<(), Failure> {
    if !store_identities::remove(tx, user.row.id)? {
        return Err(Problem::not_found("identity of", &user.row.login).into());
    }
    changed(tx, ctx, user, ("access.user.unlink_identity", &json!({ "identity": null }))).map(drop)
}

fn changed(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, (action, what): (&str, &Value)) -> Result<User, Failure> {
    store::count_up(tx, user.row.id)?;
    let after = users::find(tx, &user.row.login)?;
    users::change_of(&after.row, action, "access.user_changed").record(tx, ctx, what)?;
    Ok(after)
}

/// Gives somebody the roles of their groups, and takes those of groups in which they are no more.
fn follow_groups(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    oidc: &Oidc,
    (user, person): (User, &Person),
) -> Result<User, Failure> {
    let mut map = Vec::new();
    for GroupRole { group, role, place } in &oidc.roles {
        let within = by.place(tx, place.as_deref(), String::new);
        match (within, store_roles::by_name(tx, role)?) {
            (Ok(within), Some(_)) => {
                map.push((group.clone(), role.clone(), Extent { within, category: None }));
            }
            // it gives nobody anything, and keeps nobody out
            _ => {
                tracing::error!(%group, %role, place, "`oidc.roles` names a role or a place that is not there");
            }
        }
    }
    let held: Vec<Held<Extent>> = user
        .grants
        .iter()
        .map(|grant| Held { id: grant.id, role: grant.role.clone(), place: grant.extent() })
        .collect();
    let groups = decide::groups(&person.claims, &oidc.groups_claim);
    let (mut taken, given) = decide::follow(&held, &map, &groups);
    // the last who may do everything keeps that: nobody else could give it back
    let mut kept = None;
    for id in &taken {
        match grants::keep_an_administrator(tx, &user, Some(*id)) {
            Err(Failure::Refused(_)) => kept = Some(*id),
            done => done?,
        }
    }
    taken.retain(|id| Some(*id) != kept);
    if taken.is_empty() && given.is_empty() {
        return Ok(user);
    }
    for id in &taken {
        store_roles::delete_grant(tx, user.row.id, *id)?;
    }
    for (role, extent) in &given {
        grants::give(
            tx,
            by,
            user.row.id,
            &NewGrant { role: role.clone(), within: extent.within, category: extent.category },
        )?;
    }
    sessions::end_all(tx, by.ctx, user.row.id, Why::Grants)?;
    let after = users::find(tx, &user.row.login)?;
    let what = json!({ "grants": grants::details(&after.grants), "taken": taken, "kept": kept });
    changed(tx, by.ctx, &user, ("access.user.follow_groups", &what))
}

/// By what somebody signs in whom the provider knows: to the end, when it has asked for a second factor or when they
/// have none here.
fn how(conn: &mut Conn<'_>, oidc: &Oidc, (user, person): (&User, &Person)) -> Result<How<'static>, Failure> {
    if decide::has_second_factor(&person.claims, &oidc.second_factor) {
        return Ok(How::IDENTITY_AND_FACTOR);
    }
    let has_own = store_factors::is_set(conn, user.row.id)?;
    Ok(if has_own { How::HALF_IDENTITY } else { How::IDENTITY })
}

/// Links an identity to the account of somebody, by whoever may change it. What was linked before goes.
fn link_of(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    (login, version): (&str, IfMatch),
    (issuer, subject, follows_groups): (&str, &str, bool),
) -> Result<(User, IdentityRow), Failure> {
    let user = users::lock_at(tx, by, login, version)?;
    by.not_oneself(user.row.id, "POST /api/v1/me/identity")?;
    store_identities::remove(tx, user.row.id)?;
    sessions::end_all(tx, by.ctx, user.row.id, Why::Identity)?;
    let identity = link(tx, by.ctx, &user, (issuer, subject, follows_groups))?;
    Ok((users::find(tx, login)?, identity))
}

/// Whether somebody signs in by their identity alone.
pub(crate) fn has_no_password(conn: &mut Conn<'_>, login: &str) -> Result<bool, DbError> {
    Ok(store::password(conn, login)?.is_none_or(|kept| kept.0 == NOBODY))
}

/// Takes the identity of somebody away, and ends their sessions.
fn unlink_of(tx: &mut Tx<'_>, by: &By<'_>, login: &str, version: IfMatch) -> Result<User, Failure> {
    let user = users::lock_at(tx, by, login, version)?;
    by.not_oneself(user.row.id, "POST /api/v1/me/identity/remove")?;
    if has_no_password(tx, login)? {
        // nobody could let the last one in again
        grants::keep_an_administrator(tx, &user, None)?;
    }
    unlink(tx, by.ctx, &user)?;
    sessions::end_all(tx, by.ctx, user.row.id, Why::Identity)?;
    users::find(tx, login)
}
