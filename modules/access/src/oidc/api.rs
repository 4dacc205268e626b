//! The door of signing in by the identity provider, and of what it calls a user.

use super::Person;
use super::provider::{Brought, shown};
use crate::Access;
use crate::second_factor::api::StillYou;
use crate::sessions::api::SessionView;
use crate::sessions::{self, From, Secret};
use crate::sign_in::api::{SessionBegun, next};
use crate::store_identities::{self, IdentityRow};
use crate::ticket::{GOOD_SECONDS, Purpose, Ticket};
use crate::users;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Actor, Code, Ctx, Instant, Problem};
use ring::digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Caller, Command, Errand, Failure, IfMatch, Json, Path, SessionCookie, Visitor};

/// Characters of what a browser brings back, of each part.
const BROUGHT_CHARS_MAX: usize = 4_096;

/// In which ways people sign in here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaysToSignIn {
    /// With a login and a password: always.
    password: bool,
    /// The name of the identity provider; null when there is none.
    identity_provider: Option<String>,
    /// Whether passkeys can be used.
    passkey: bool,
}

/// Nothing has to be said to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginAtProvider {}

/// Where the browser goes. The answer gives a cookie as well, without which what it brings back counts for nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AtProvider {
    /// The address at the identity provider.
    authorize: String,
}

/// What the browser brought back in its address from the identity provider, as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BroughtBack {
    /// What was sent along.
    state: String,
    /// The code.
    #[serde(default)]
    code: Option<String>,
    /// Who answers, where it says so.
    #[serde(default)]
    iss: Option<String>,
    /// Why there is no code.
    #[serde(default)]
    error: Option<String>,
}

/// Where the browser goes to sign out at the identity provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignOutThere {
    /// The address; null when the provider has none for that, or does not answer.
    address: Option<String>,
}

/// That it is still you, to link an identity.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkIdentity {
    /// Your password.
    password: String,
}

/// What the identity provider calls somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentityView {
    /// The provider.
    issuer: String,
    /// What it calls the person (`sub`).
    subject: String,
    /// Whether roles follow the groups of the provider at each sign-in.
    follows_groups: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    linked_at: Instant,
    /// The last sign-in by it.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
}

/// What the identity provider calls somebody, as an administrator knows it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetIdentity {
    /// What it calls the person (`sub`).
    subject: String,
    /// Whether roles follow the groups of the provider at each sign-in; they do not when nothing is said.
    #[serde(default)]
    follows_groups: bool,
}

impl IdentityView {
    fn of(row: IdentityRow) -> IdentityView {
        let IdentityRow { of: _, login: _, issuer, subject, follows_groups, linked_at, last_used_at } = row;
        IdentityView { issuer, subject, follows_groups, linked_at, last_used_at }
    }
}

/// In which ways people sign in here.
#[utoipa::path(get, path = "/api/v1/sign-in", responses((status = 200, body = WaysToSignIn)))]
pub(crate) async fn ways_to_sign_in(State(access): State<Access>) -> web::Result {
    let identity_provider = access.provider().ok().map(|provider| provider.oidc.name.clone());
    Answer::ok(&WaysToSignIn { password: true, identity_provider, passkey: access.site().is_ok() })
}

/// Begins to sign in by the identity provider: gives the address to which the browser goes, and a cookie that it brings
/// back with what it is told there. It takes no `Idempotency-Key`; asked twice, the second counts.
#[utoipa::path(post, path = "/api/v1/sessions/identity", request_body = BeginAtProvider, responses((status = 200, body = AtProvider)))]
pub(crate) async fn begin_at_provider(
    State(access): State<Access>,
    visitor: Visitor<BeginAtProvider>,
) -> web::Result {
    access.provider()?;
    access.tries().take_stranger(visitor.network, visitor.ctx.now)?;
    let ticket = Ticket::new(Purpose::Identity, None, visitor.ctx.now)?;
    let authorize = access.authorize(&ticket, visitor.ctx.now).await?;
    let sealed = ticket.seal(access.master_key())?;
    access.tries().was_no_guess(visitor.network);
    let answer = Answer::ok(&AtProvider { authorize })?;
    Ok(answer.once_with(visitor.cookie.errand(&sealed, GOOD_SECONDS)))
}

/// Signs in by what the browser brought back from the identity provider. It takes no `Idempotency-Key`: what it
/// brought counts once.
#[utoipa::path(post, path = "/api/v1/sessions/identity/finish", request_body = BroughtBack, responses((status = 201, body = SessionBegun)))]
pub(crate) async fn sign_in_by_identity(
    State(access): State<Access>,
    app: App,
    visitor: Visitor<BroughtBack>,
) -> web::Result {
    let Visitor { ctx, network, agent, cookie, session: before, errand, body } = visitor;
    access.tries().take_stranger(network, ctx.now)?;
    let (ticket, person) =
        access.person(errand.as_deref(), (Purpose::Identity, None), &body, ctx.now).await?;
    let secret = Secret::new()?;
    let (desk, begun) = (access.clone(), secret.clone());
    let from = From { network: network.map(|network| network.to_string()), agent };
    let session = app.db().write(move |tx| {
        let provider = desk.provider()?;
        ticket.spend(tx, ctx.now)?;
        let user = super::arrive(tx, &ctx, (&provider.oidc, desk.bounds()), &person)?;
        let (id, login) = (user.row.id, user.row.login.clone());
        let ctx = Ctx { actor: Actor { id, name: login.clone() }, ..ctx.clone() };
        if let Some(before) = &before {
            sessions::replace(tx, &ctx, before)?;
        }
        let how = super::how(tx, &provider.oidc, (&user, &person))?;
        let session = sessions::begin(tx, &ctx, (id, &login), (how, &from), &begun)?;
        let stage = sessions::stage(tx, &session, desk.demand())?;
        Ok::<_, Failure>((session, stage))
    });
    let (session, stage) = session.await?;
    access.tries().was_no_guess(network);
    let id = session.id;
    let begun = SessionBegun {
        session: SessionView::of(session, Some(id)),
        csrf: Some(web::csrf_token(secret.reveal())),
        next: next(stage),
    };
    let headers = [cookie.given(secret.reveal()), cookie.errand_done()].concat();
    access.after(Ok(Answer::created("/api/v1/me/session", &begun)?.once_with(headers))).await
}

/// What the identity provider calls you.
#[utoipa::path(get, path = "/api/v1/me/identity", responses((status = 200, body = IdentityView)))]
pub(crate) async fn get_own_identity(app: App, caller: Caller) -> web::Result {
    let (id, login) = (caller.principal.id(), caller.principal.name().to_owned());
    let found = app.db().read(move |conn| Ok::<_, Failure>(store_identities::of(conn, id)?)).await?;
    let row = found.ok_or_else(|| Problem::not_found("identity of", login))?;
    Answer::ok(&IdentityView::of(row))
}

/// Begins to link an identity to your account: gives the address to which the browser goes, and a cookie that it
/// brings back. It takes no `Idempotency-Key`; asked twice, the second counts.
#[utoipa::path(post, path = "/api/v1/me/identity", request_body = LinkIdentity, responses((status = 200, body = AtProvider)))]
pub(crate) async fn begin_link(
    State(access): State<Access>,
    app: App,
    caller: Caller,
    cookie: SessionCookie,
    Json(body): Json<LinkIdentity>,
) -> web::Result {
    access.provider()?;
    access.knows_password(&app, &caller, body.password).await?;
    let (of, now) = (caller.principal.id(), caller.ctx.now);
    app.db().read(move |conn| not_linked(conn, of)).await?;
    let ticket = Ticket::new(Purpose::Link, Some(of), now)?;
    let authorize = access.authorize(&ticket, now).await?;
    let sealed = ticket.seal(access.master_key())?;
    Ok(Answer::ok(&AtProvider { authorize })?.once_with(cookie.errand(&sealed, GOOD_SECONDS)))
}

/// Links the identity of whom the browser brought word of to your account. You sign in by it from here on; your
/// password stays. It takes no `Idempotency-Key`: what it brought counts once.
#[utoipa::path(post, path = "/api/v1/me/identity/finish", request_body = BroughtBack, responses((status = 201, body = IdentityView)))]
pub(crate) async fn finish_link(
    State(access): State<Access>,
    app: App,
    caller: Caller,
    cookie: SessionCookie,
    errand: Errand,
    Json(body): Json<BroughtBack>,
) -> web::Result {
    let ticket = (Purpose::Link, Some(caller.principal.id()));
    let (ticket, person) = access.person(errand.0.as_deref(), ticket, &body, caller.ctx.now).await?;
    let linked = app.db().write(move |tx| {
        ticket.spend(tx, caller.ctx.now)?;
        let user = users::lock_own(tx, caller.principal.name())?;
        not_linked(tx, user.row.id)?;
        super::link(tx, &caller.ctx, &user, (&person.issuer, &person.subject, false))
    });
    let view = IdentityView::of(linked.await?);
    let answer = Answer::created("/api/v1/me/identity", &view)?.once_with(cookie.errand_done());
    access.after(Ok(answer)).await
}

/// Where the browser goes to sign out at the identity provider as well, after it has signed out here.
#[utoipa::path(get, path = "/api/v1/me/identity/sign-out", responses((status = 200, body = SignOutThere)))]
pub(crate) async fn sign_out_there(State(access): State<Access>, caller: Caller) -> web::Result {
    Answer::ok(&SignOutThere { address: access.provider()?.sign_out(caller.ctx.now).await })
}

/// Takes the identity from your account. It has to have a password.
#[utoipa::path(post, path = "/api/v1/me/identity/remove", request_body = StillYou, responses((status = 204)))]
pub(crate) async fn remove_own_identity(
    State(access): State<Access>,
    app: App,
    command: Command<StillYou>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    let typed = access.still(&app, &command.caller, &command.body).await?;
    let (desk, login) = (access.clone(), command.caller.principal.name().to_owned());
    let answer = command.run(&app, move |tx, command| {
        let ctx = &command.caller.ctx;
        let user = users::lock_own(tx, command.caller.principal.name())?;
        desk.use_typed(tx, &user, typed.as_ref(), ctx.now)?;
        if super::has_no_password(tx, &user.row.login)? {
            let detail = "your account has no password, so you could not sign in any more: ask an administrator for one";
            return Err(Problem::new(Code::InUse, detail).into());
        }
        super::unlink(tx, ctx, &user)?;
        Ok(Answer::nothing())
    });
    let answer = answer.await?;
    access.was_right(&login, &answer);
    access.after(Ok(answer)).await
}

/// What the identity provider calls a user.
#[utoipa::path(get, path = "/api/v1/users/{login}/identity", params(("login" = String, Path)), responses((status = 200, body = IdentityView)))]
pub(crate) async fn get_identity(app: App, Path(login): Path<String>) -> web::Result {
    let found = app.db().read(move |conn| {
        let user = users::find(conn, &login)?;
        let row = store_identities::of(conn, user.row.id)?;
        row.ok_or_else(|| Failure::from(Problem::not_found("identity of", &login)))
    });
    Answer::ok(&IdentityView::of(found.await?))
}

/// Says what the identity provider calls a user, and ends their sessions.
#[utoipa::path(put, path = "/api/v1/users/{login}/identity", params(("login" = String, Path)), request_body = SetIdentity, responses((status = 200, body = IdentityView)))]
pub(crate) async fn set_identity(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<SetIdentity>,
) -> web::Result {
    let issuer = access.provider()?.oidc.issuer.clone();
    let subject = command.body.subject.clone();
    if subject.is_empty() || subject.len() > 255 || subject.chars().any(char::is_control) {
        let detail = "what a provider calls somebody has 1 to 255 characters on one line";
        return Err(Problem::at(Code::InvalidValue, "/subject", detail).into());
    }
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let identity = (issuer.as_str(), subject.as_str(), command.body.follows_groups);
        let (user, row) = super::link_of(tx, &desk.by(&command.caller), (&login, version), identity)?;
        Ok(Answer::ok(&IdentityView::of(row))?.version(user.row.version))
    });
    access.after(answer.await).await
}

/// Takes the identity of a user away, and ends their sessions.
#[utoipa::path(delete, path = "/api/v1/users/{login}/identity", params(("login" = String, Path)), responses((status = 204)))]
pub(crate) async fn remove_identity(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        super::unlink_of(tx, &desk.by(&command.caller), &login, version)?;
        Ok(Answer::nothing())
    });
    access.after(answer.await).await
}

fn not_linked(conn: &mut db::Conn<'_>, of: domain::PrincipalId) -> Result<(), Failure> {
    if store_identities::of(conn, of)?.is_none() {
        return Ok(());
    }
    let detail = "your account has an identity already: remove it by `POST /api/v1/me/identity/remove` first";
    Err(Problem::new(Code::InUse, detail).into())
}

impl Access {
    /// Where the browser goes with a ticket.
    async fn authorize(&self, ticket: &Ticket, now: Instant) -> Result<String, Failure> {
        let hash = digest::digest(&digest::SHA256, ticket.verifier.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(hash);
        Ok(self.provider()?.authorize((&ticket.challenge, &ticket.nonce, &challenge), now).await?)
    }

    /// Of whom the browser brought word.
    async fn person(
        &self,
        errand: Option<&str>,
        purpose: (Purpose, Option<domain::PrincipalId>),
        brought: &BroughtBack,
        now: Instant,
    ) -> Result<(Ticket, Person), Failure> {
        let provider = self.provider()?;
        let ticket = Ticket::open(self.master_key(), errand, purpose, now)?;
        if brought.state != ticket.challenge {
            let detail = "this answer belongs to another sign-in than the one that this browser began last: begin again";
            return Err(Problem::at(Code::SignInExpired, "/state", detail).into());
        }
        if let Some(error) = &brought.error {
            return Err(super::refused(format!("the identity provider lets nobody in: {}", shown(error))));
        }
        let code = brought.code.as_deref().filter(|code| !code.is_empty() && code.len() <= BROUGHT_CHARS_MAX);
        let code = code.ok_or_else(|| {
            Problem::at(Code::InvalidValue, "/code", "send the `code` that the identity provider gave")
        })?;
        let issuer = brought.iss.as_deref();
        let asked = Brought { code, issuer, verifier: &ticket.verifier, nonce: &ticket.nonce };
        let (subject, claims) = provider.claims(asked, now).await?;
        let issuer = provider.oidc.issuer.clone();
        Ok((ticket, Person { issuer, subject, claims }))
    }
}
