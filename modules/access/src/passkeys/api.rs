//! The door of passkeys: one's own, and signing in with them. What a browser is asked, and what it answers, is written as
//! browsers themselves write it (`PublicKeyCredential.toJSON`), so that a page hands it through.

use super::decide::{self, ALGORITHMS, Asked};
use super::{PASSKEYS_MAX, Signed, Site};
use crate::Access;
use crate::second_factor::RecoveryCodes;
use crate::second_factor::api::StillYou;
use crate::sessions::api::SessionView;
use crate::sessions::{self, From, How, Secret, Why};
use crate::sign_in::api::{SessionBegun, next};
use crate::store_passkeys::{self, PasskeyRow};
use crate::ticket::{GOOD_SECONDS, Purpose, Ticket};
use crate::users;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Actor, Code, Ctx, Instant, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Caller, Command, Failure, IfMatch, Json, Path, SessionCookie, Visitor};

/// Milliseconds that a browser waits for a device.
const PATIENCE_MS: i64 = 300_000;

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyView {
    /// Its number.
    id: i64,
    /// What you call it.
    name: String,
    /// Whether it made sure who used it when it was made, so that it can stand in place of a password.
    verified: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// The last sign-in with it.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
    /// Counts its changes; the `ETag`.
    version: i64,
}

impl PasskeyView {
    fn of(row: PasskeyRow) -> PasskeyView {
        PasskeyView {
            id: row.id,
            name: row.name,
            verified: row.verified,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            version: row.version,
        }
    }
}

/// One's own passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Passkeys {
    /// The oldest first, twenty at most.
    items: Vec<PasskeyView>,
}

/// What a device is asked to make, as `navigator.credentials.create` takes it from
/// `PublicKeyCredential.parseCreationOptionsFromJSON`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyWanted {
    /// To be sent back as it is.
    ticket: String,
    /// The options.
    #[schema(value_type = Object)]
    public_key: serde_json::Value,
}

/// What a device is asked to sign, as `navigator.credentials.get` takes it from
/// `PublicKeyCredential.parseRequestOptionsFromJSON`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignatureWanted {
    /// To be sent back as it is.
    ticket: String,
    /// The options.
    #[schema(value_type = Object)]
    public_key: serde_json::Value,
}

/// What a browser says of a passkey that was made. What else it says is not looked at.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MadeResponse {
    /// What the browser has shown.
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    /// What the device has made.
    attestation_object: String,
}

/// A passkey as a browser hands it over.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MadeCredential {
    /// What was made.
    response: MadeResponse,
}

/// A passkey to add. Texts of bytes are in base 64 for addresses, as browsers write them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPasskey {
    /// The ticket of `GET /api/v1/me/passkey-options`.
    ticket: String,
    /// What you call it.
    name: String,
    /// Your password. It may be left out for five minutes after a sign-in by the identity provider.
    #[serde(default)]
    password: Option<String>,
    /// In its place a code, once you have a second factor.
    #[serde(default)]
    code: Option<String>,
    /// What the browser answers.
    credential: MadeCredential,
}

/// A passkey that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAdded {
    /// The passkey.
    passkey: PasskeyView,
    /// Ten codes to recover by, with the first second factor. They are in the first answer only, not in a repeated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// The session that goes on, when all have ended because this is the first second factor.
    session: Option<SessionView>,
    /// What every write in it carries as `X-CSRF-Token`. It is in the first answer only.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenamePasskey {
    /// What you call it.
    name: String,
}

/// What a browser says of a signature. What else it says is not looked at.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedResponse {
    /// What the browser has shown.
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    /// What the device says of its use.
    authenticator_data: String,
    /// The signature over both.
    signature: String,
    /// Whose the device says that it is.
    #[serde(default)]
    user_handle: Option<String>,
}

/// A signature as a browser hands it over.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedCredential {
    /// The name by which the device knows the passkey.
    raw_id: String,
    /// What was signed.
    response: SignedResponse,
}

/// A signature of a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivePasskey {
    /// The ticket that came with what was asked.
    ticket: String,
    /// What the browser answers.
    credential: SignedCredential,
}

/// One's own passkeys.
#[utoipa::path(get, path = "/api/v1/me/passkeys", responses((status = 200, body = Passkeys)))]
pub(crate) async fn list_passkeys(app: App, caller: Caller) -> web::Result {
    let of = caller.principal.id();
    let found = app.db().read(move |conn| Ok::<_, Failure>(store_passkeys::of(conn, of, PASSKEYS_MAX)?));
    Answer::ok(&Passkeys { items: found.await?.into_iter().map(PasskeyView::of).collect() })
}

/// One of one's own passkeys.
#[utoipa::path(get, path = "/api/v1/me/passkeys/{id}", params(("id" = i64, Path)), responses((status = 200, body = PasskeyView)))]
pub(crate) async fn get_passkey(app: App, caller: Caller, Path(id): Path<i64>) -> web::Result {
    let of = caller.principal.id();
    let found = app.db().read(move |conn| Ok::<_, Failure>(store_passkeys::by_id(conn, id, of)?));
    let view = PasskeyView::of(found.await?.ok_or_else(|| Problem::not_found("passkey", id))?);
    Ok(Answer::ok(&view)?.version(view.version))
}

/// What a device is asked for a new passkey.
#[utoipa::path(get, path = "/api/v1/me/passkey-options", responses((status = 200, body = PasskeyWanted)))]
pub(crate) async fn passkey_options(State(access): State<Access>, app: App, caller: Caller) -> web::Result {
    let site = access.site()?;
    let of = caller.principal.id();
    let known = app.db().read(move |conn| super::credentials(conn, of)).await?;
    let ticket = Ticket::new(Purpose::NewPasskey, Some(of), caller.ctx.now)?;
    let login = caller.principal.name();
    let kinds: Vec<_> =
        ALGORITHMS.iter().map(|alg| serde_json::json!({ "type": "public-key", "alg": alg })).collect();
    let public_key = serde_json::json!({
        "rp": { "id": site.name, "name": "Stockwell" },
        "user": { "id": coded(&super::handle(of)), "name": login, "displayName": login },
        "challenge": challenge(&ticket),
        "pubKeyCredParams": kinds,
        "timeout": PATIENCE_MS,
        "excludeCredentials": listed(&known),
        "authenticatorSelection": { "residentKey": "preferred", "userVerification": "preferred" },
        "attestation": "none",
    });
    Answer::ok(&PasskeyWanted { ticket: ticket.seal(access.master_key())?, public_key })
}

/// Adds a passkey. With your first second factor you get ten recovery codes, all your sessions end, and this browser goes on in
/// a new one.
#[utoipa::path(post, path = "/api/v1/me/passkeys", request_body = AddPasskey, responses((status = 201, body = PasskeyAdded)))]
pub(crate) async fn add_passkey(
    State(access): State<Access>,
    app: App,
    cookie: SessionCookie,
    command: Command<AddPasskey>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    let (body, caller) = (&command.body, &command.caller);
    let (of, now) = (caller.principal.id(), caller.ctx.now);
    let name = super::name(&body.name)?;
    let purpose = (Purpose::NewPasskey, Some(of));
    let ticket = Ticket::open(access.master_key(), Some(&body.ticket), purpose, now)?;
    let still = StillYou { password: body.password.clone(), code: body.code.clone() };
    let typed = access.still(&app, caller, &still).await?;
    let response = &body.credential.response;
    let client_data = bytes(&response.client_data, "clientDataJSON")?;
    let attestation = bytes(&response.attestation_object, "attestationObject")?;
    let asked = challenge(&ticket);
    let asked = asking(access.site()?, &asked, false);
    let made = decide::made(&client_data, &attestation, asked).map_err(super::refused)?;
    let (codes, secret) = (RecoveryCodes::new()?, Secret::new()?);
    let (desk, login) = (access.clone(), caller.principal.name().to_owned());
    let answer = command.run(&app, move |tx, command| {
        let (ctx, login) = (&command.caller.ctx, command.caller.principal.name());
        let user = users::lock_own(tx, login)?;
        desk.use_typed(tx, &user, typed.as_ref(), ctx.now)?;
        let before = command.caller.principal.session().unwrap_or_default();
        let (method, from) = sessions::of(tx, before)?;
        let (row, is_first) = super::add(tx, ctx, (&user, &ticket), (&made, &name), &codes)?;
        let location = format!("/api/v1/me/passkeys/{}", row.id);
        let passkey = PasskeyView::of(row);
        if !is_first {
            let added = PasskeyAdded { passkey, recovery_codes: None, session: None, csrf: None };
            return Answer::created(location, &added);
        }
        let how = How::both(&method, How::PASSKEY);
        let session = sessions::begin(tx, ctx, (user.row.id, login), (how, &from), &secret)?;
        let id = session.id;
        let added = PasskeyAdded {
            passkey,
            recovery_codes: Some(codes.reveal().to_vec()),
            session: Some(SessionView::of(session, Some(id))),
            csrf: Some(web::csrf_token(secret.reveal())),
        };
        let answer = Answer::created(location, &added)?.once_with(cookie.given(secret.reveal()));
        answer.keep(&PasskeyAdded { recovery_codes: None, csrf: None, ..added })
    });
    let answer = answer.await?;
    access.was_right(&login, &answer);
    access.after(Ok(answer)).await
}

/// Gives one of one's own passkeys another name.
#[utoipa::path(patch, path = "/api/v1/me/passkeys/{id}", params(("id" = i64, Path)), request_body = RenamePasskey, responses((status = 200, body = PasskeyView)))]
pub(crate) async fn rename_passkey(
    State(access): State<Access>,
    app: App,
    Path(id): Path<i64>,
    version: IfMatch,
    command: Command<RenamePasskey>,
) -> web::Result {
    let name = super::name(&command.body.name)?;
    let answer = command.run(&app, move |tx, command| {
        let user = users::lock_own(tx, command.caller.principal.name())?;
        let row = super::lock(tx, &user, id, version)?;
        let row = super::rename(tx, &command.caller.ctx, (&user, row), &name)?;
        let view = PasskeyView::of(row);
        Ok(Answer::ok(&view)?.version(view.version))
    });
    access.after(answer.await).await
}

/// Removes one of one's own passkeys, such as one of a device that was lost.
#[utoipa::path(post, path = "/api/v1/me/passkeys/{id}/remove", params(("id" = i64, Path)), request_body = StillYou, responses((status = 204)))]
pub(crate) async fn remove_passkey(
    State(access): State<Access>,
    app: App,
    Path(id): Path<i64>,
    version: IfMatch,
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
        let row = super::lock(tx, &user, id, version)?;
        desk.use_typed(tx, &user, typed.as_ref(), ctx.now)?;
        super::remove(tx, ctx, &user, &row)?;
        Ok(Answer::nothing())
    });
    let answer = answer.await?;
    access.was_right(&login, &answer);
    access.after(Ok(answer)).await
}

/// What a device is asked to sign in with a passkey alone: whichever it has for this site.
#[utoipa::path(get, path = "/api/v1/sessions/passkey", responses((status = 200, body = SignatureWanted)))]
pub(crate) async fn passkey_sign_in_options(State(access): State<Access>, app: App) -> web::Result {
    wanted(&access, (Purpose::Passkey, None), &[], app.now())
}

/// Signs in with a passkey alone, which has to make sure who uses it. It takes no `Idempotency-Key`: a signature counts once.
#[utoipa::path(post, path = "/api/v1/sessions/passkey", request_body = GivePasskey, responses((status = 201, body = SessionBegun)))]
pub(crate) async fn sign_in_by_passkey(
    State(access): State<Access>,
    app: App,
    visitor: Visitor<GivePasskey>,
) -> web::Result {
    let Visitor { ctx, network, agent, cookie, session: before, errand: _, body } = visitor;
    access.tries().take_stranger(network, ctx.now)?;
    let ticket = Ticket::open(access.master_key(), Some(&body.ticket), (Purpose::Passkey, None), ctx.now)?;
    let signed = signed(&body.credential)?;
    // whoever names nobody has to be named by the device
    if signed.handle.is_none() {
        return Err(super::unknown().into());
    }
    let from = From { network: network.map(|network| network.to_string()), agent };
    let secret = Secret::new()?;
    let (desk, begun, given) = (access.clone(), secret.clone(), signed.clone());
    let noted = ctx.clone();
    let done = app.db().write(move |tx| {
        let asked = challenge(&ticket);
        let asked = asking(desk.site()?, &asked, true);
        let user = super::accept(tx, &ctx, &given, (&ticket, asked))?;
        let (id, login) = (user.row.id, user.row.login);
        let ctx = Ctx { actor: Actor { id, name: login.clone() }, ..ctx.clone() };
        if let Some(before) = &before {
            sessions::replace(tx, &ctx, before)?;
        }
        let session = sessions::begin(tx, &ctx, (id, &login), (How::PASSKEY_ALONE, &from), &begun)?;
        let stage = sessions::stage(tx, &session, desk.demand())?;
        Ok::<_, Failure>((session, stage))
    });
    let (session, stage) = told(&app, &noted, &signed, done.await).await?;
    access.tries().was_no_guess(network);
    whole(&access, cookie, (session, stage), &secret).await
}

/// What a device is asked in place of the code that a session waits for.
#[utoipa::path(get, path = "/api/v1/me/session/passkey", responses((status = 200, body = SignatureWanted)))]
pub(crate) async fn passkey_factor_options(
    State(access): State<Access>,
    app: App,
    caller: Caller,
) -> web::Result {
    let of = caller.principal.id();
    let known = app.db().read(move |conn| super::credentials(conn, of)).await?;
    if known.is_empty() {
        return Err(Problem::not_found("passkey of", caller.principal.name()).into());
    }
    wanted(&access, (Purpose::Factor, Some(of)), &known, caller.ctx.now)
}

/// Gives a passkey in place of the code that a session waits for: it ends, and one to the end begins with a new cookie. It takes
/// no `Idempotency-Key`: a signature counts once.
#[utoipa::path(post, path = "/api/v1/me/session/passkey", request_body = GivePasskey, responses((status = 201, body = SessionBegun)))]
pub(crate) async fn give_passkey(
    State(access): State<Access>,
    app: App,
    caller: Caller,
    cookie: SessionCookie,
    Json(body): Json<GivePasskey>,
) -> web::Result {
    let (id, of, ctx) = (caller.principal.session().unwrap_or_default(), caller.principal.id(), caller.ctx);
    let purpose = (Purpose::Factor, Some(of));
    let ticket = Ticket::open(access.master_key(), Some(&body.ticket), purpose, ctx.now)?;
    let signed = signed(&body.credential)?;
    let secret = Secret::new()?;
    let (desk, begun, given, noted) = (access.clone(), secret.clone(), signed.clone(), ctx.clone());
    let done = app.db().write(move |tx| {
        let asked = challenge(&ticket);
        let asked = asking(desk.site()?, &asked, false);
        let user = super::accept(tx, &ctx, &given, (&ticket, asked))?;
        if user.row.id != of {
            return Err(super::unknown().into());
        }
        let session = crate::second_factor::waiting(tx, id, ctx.now)?;
        let how = How::both(&session.method, How::PASSKEY);
        sessions::end_one(tx, &ctx, &session, Why::Answered)?;
        let from = From { network: session.network.clone(), agent: session.agent.clone() };
        let session = sessions::begin(tx, &ctx, (of, &session.login), (how, &from), &begun)?;
        let stage = sessions::stage(tx, &session, desk.demand())?;
        Ok::<_, Failure>((session, stage))
    });
    let begun = told(&app, &noted, &signed, done.await).await?;
    whole(&access, cookie, begun, &secret).await
}

/// The session that a passkey has begun.
async fn whole(
    access: &Access,
    cookie: SessionCookie,
    (session, stage): (crate::SessionRow, web::Stage),
    secret: &Secret,
) -> web::Result {
    let id = session.id;
    let begun = SessionBegun {
        session: SessionView::of(session, Some(id)),
        csrf: Some(web::csrf_token(secret.reveal())),
        next: next(stage),
    };
    let answer = Answer::created("/api/v1/me/session", &begun)?.once_with(cookie.given(secret.reveal()));
    access.after(Ok(answer)).await
}

/// What came of a signature; of one that does not hold the audit log is told.
async fn told<T>(app: &App, ctx: &Ctx, signed: &Signed, done: Result<T, Failure>) -> Result<T, Failure> {
    if let Err(failure) = &done {
        let problem = failure.problem().into_owned();
        if problem.code == Code::PasskeyRefused {
            tracing::warn!(why = %problem.detail, "a passkey does not hold");
            let (ctx, signed) = (ctx.clone(), signed.clone());
            app.db().write(move |tx| super::note(tx, &ctx, &signed, &problem)).await?;
        }
    }
    done
}

fn wanted(
    access: &Access,
    purpose: (Purpose, Option<PrincipalId>),
    known: &[Vec<u8>],
    now: Instant,
) -> web::Result {
    let site = access.site()?;
    let (purpose, of) = purpose;
    let ticket = Ticket::new(purpose, of, now)?;
    // alone it is two factors, beside a password one
    let verification = if of.is_some() { "preferred" } else { "required" };
    let public_key = serde_json::json!({
        "challenge": challenge(&ticket),
        "rpId": site.name,
        "timeout": PATIENCE_MS,
        "allowCredentials": listed(known),
        "userVerification": verification,
    });
    Answer::ok(&SignatureWanted { ticket: ticket.seal(access.master_key())?, public_key })
}

fn asking<'a>(site: &'a Site, challenge: &'a str, verified: bool) -> Asked<'a> {
    Asked { challenge, origin: &site.origin, site: &site.name, verified }
}

/// What a device has to sign, as browsers write it.
fn challenge(ticket: &Ticket) -> String {
    coded(ticket.challenge.as_bytes())
}

fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn listed(known: &[Vec<u8>]) -> Vec<serde_json::Value> {
    known.iter().map(|id| serde_json::json!({ "type": "public-key", "id": coded(id) })).collect()
}

fn bytes(text: &str, name: &str) -> Result<Vec<u8>, Problem> {
    // some write the marks at the end that others leave out
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| {
        let pointer = format!("/credential/response/{name}");
        Problem::at(Code::InvalidValue, pointer, "this is not base 64 as browsers write it")
    })
}

fn signed(credential: &SignedCredential) -> Result<Signed, Problem> {
    let response = &credential.response;
    Ok(Signed {
        id: bytes(&credential.raw_id, "rawId")?,
        client_data: bytes(&response.client_data, "clientDataJSON")?,
        authenticator_data: bytes(&response.authenticator_data, "authenticatorData")?,
        signature: bytes(&response.signature, "signature")?,
        handle: response.user_handle.as_deref().map(|text| bytes(text, "userHandle")).transpose()?,
    })
}

const _: () = assert!(PATIENCE_MS < GOOD_SECONDS * 1_000, "whoever is waited for is not too late");
