//! The door of one's own second factor, and of taking somebody's away.

use super::totp;
use super::typed::{RecoveryCodes, Typed, random};
use crate::Access;
use crate::passkeys::PASSKEYS_MAX;
use crate::sessions::api::SessionView;
use crate::sessions::{self, How, Secret};
use crate::sign_in::api::{SessionBegun, next};
use crate::store;
use crate::store_factors;
use crate::store_passkeys;
use crate::store_sessions;
use crate::users::{self, User, api::UserView};
use axum::extract::State;
use db::Tx;
use domain::{Code, Instant, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Caller, Command, Failure, IfMatch, Json, Path, SessionCookie};

/// One's own second factor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactorView {
    /// `authenticator`, or `passkey` for passkeys alone; null without one.
    kind: Option<&'static str>,
    /// Since when there is the authenticator; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    set_at: Option<Instant>,
    /// How many passkeys there are.
    passkeys: usize,
    /// How many recovery codes are left.
    recovery_codes: i64,
}

/// Begins to set a second factor up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginSecondFactor {
    /// Your password. It may be left out for five minutes after a sign-in by the identity provider.
    #[serde(default)]
    password: Option<String>,
}

/// What an authenticator is set up with. It is in the first answer only, not in a repeated one.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactorBegun {
    /// What to type into the authenticator, in base 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The same as a link, for a square of dots that it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveCode {
    /// The six digits that the authenticator shows, or a recovery code.
    code: String,
}

/// The first code of an authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmSecondFactor {
    /// The six digits that the authenticator shows.
    code: String,
}

/// A second factor that is set up. All sessions have ended, and this browser goes on in a new one.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactorSet {
    /// Ten codes to recover by, each good once. They are in the first answer only, not in a repeated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
    /// The session that goes on.
    session: SessionView,
    /// What every write in it carries as `X-CSRF-Token`. It is in the first answer only.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

/// That it is still you: a password or a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StillYou {
    /// Your password. It may be left out for five minutes after a sign-in by the identity provider.
    pub(crate) password: Option<String>,
    /// In its place, the six digits that the authenticator shows, or a recovery code.
    pub(crate) code: Option<String>,
}

/// Fresh recovery codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewRecoveryCodes {
    /// Ten codes, each good once. They are in the first answer only, not in a repeated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// One's own second factor.
#[utoipa::path(get, path = "/api/v1/me/second-factor", responses((status = 200, body = SecondFactorView)))]
pub(crate) async fn get_second_factor(app: App, caller: Caller) -> web::Result {
    let id = caller.principal.id();
    let view = app.db().read(move |conn| {
        let set_at = store_factors::find(conn, id)?.and_then(|factor| factor.confirmed_at);
        let recovery_codes = store_factors::codes_left(conn, id)?;
        let passkeys = store_passkeys::of(conn, id, PASSKEYS_MAX)?.len();
        let kind = set_at.map(|_| "authenticator").or((passkeys > 0).then_some("passkey"));
        Ok::<_, Failure>(SecondFactorView { kind, set_at, passkeys, recovery_codes })
    });
    Answer::ok(&view.await?)
}

/// Begins to set a second factor up, and gives what an authenticator is set up with. It is asked of nobody
/// until a first code was right.
#[utoipa::path(post, path = "/api/v1/me/second-factor", request_body = BeginSecondFactor, responses((status = 201, body = SecondFactorBegun)))]
pub(crate) async fn begin_second_factor(
    State(access): State<Access>,
    app: App,
    command: Command<BeginSecondFactor>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    match &command.body.password {
        Some(password) => access.knows_password(&app, &command.caller, password.clone()).await?,
        None => access.has_just_come(&app, &command.caller).await?,
    }
    let secret = random::<{ totp::SECRET_LEN }>()?;
    let answer = command.run(&app, move |tx, command| {
        let login = command.caller.principal.name();
        super::begin(tx, &command.caller.ctx, access.master_key(), login, &secret)?;
        let begun =
            SecondFactorBegun { secret: Some(totp::base32(&secret)), uri: Some(totp::uri(login, &secret)) };
        let answer = Answer::created("/api/v1/me/second-factor", &begun)?;
        answer.keep(&SecondFactorBegun { secret: None, uri: None })
    });
    answer.await
}

/// Finishes setting a second factor up by a first code, and gives ten recovery codes. All sessions of the
/// user end, and this browser goes on in a new one.
#[utoipa::path(post, path = "/api/v1/me/second-factor/confirm", request_body = ConfirmSecondFactor, responses((status = 200, body = SecondFactorSet)))]
pub(crate) async fn confirm_second_factor(
    State(access): State<Access>,
    app: App,
    cookie: SessionCookie,
    command: Command<ConfirmSecondFactor>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    let typed = access.own_code(&command.caller, &command.body.code)?;
    let (codes, secret) = (RecoveryCodes::new()?, Secret::new()?);
    let (desk, login) = (access.clone(), command.caller.principal.name().to_owned());
    let answer = command.run(&app, move |tx, command| {
        let (ctx, login) = (&command.caller.ctx, command.caller.principal.name());
        let before = command.caller.principal.session().unwrap_or_default();
        let (method, from) = sessions::of(tx, before)?;
        let user = super::confirm(tx, ctx, desk.master_key(), (login, &typed), &codes)?;
        let session =
            sessions::begin(tx, ctx, (user.row.id, login), (How::both(&method, How::CODE), &from), &secret)?;
        let id = session.id;
        let set = SecondFactorSet {
            recovery_codes: Some(codes.reveal().to_vec()),
            session: SessionView::of(session, Some(id)),
            csrf: Some(web::csrf_token(secret.reveal())),
        };
        let answer = Answer::ok(&set)?.once_with(cookie.given(secret.reveal()));
        answer.keep(&SecondFactorSet { recovery_codes: None, csrf: None, ..set })
    });
    let answer = answer.await?;
    access.was_right(&login, &answer);
    access.after(Ok(answer)).await
}

/// Gives ten fresh recovery codes; those before count no more.
#[utoipa::path(post, path = "/api/v1/me/second-factor/recovery-codes", request_body = StillYou, responses((status = 200, body = NewRecoveryCodes)))]
pub(crate) async fn new_recovery_codes(
    State(access): State<Access>,
    app: App,
    command: Command<StillYou>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    let typed = access.still(&app, &command.caller, &command.body).await?;
    let codes = RecoveryCodes::new()?;
    let (desk, login) = (access.clone(), command.caller.principal.name().to_owned());
    let answer = command.run(&app, move |tx, command| {
        let ctx = &command.caller.ctx;
        let user = users::lock_own(tx, command.caller.principal.name())?;
        desk.use_typed(tx, &user, typed.as_ref(), ctx.now)?;
        super::new_codes(tx, ctx, &user, &codes)?;
        let answer = Answer::ok(&NewRecoveryCodes { recovery_codes: Some(codes.reveal().to_vec()) })?;
        answer.keep(&NewRecoveryCodes { recovery_codes: None })
    });
    let answer = answer.await?;
    access.was_right(&login, &answer);
    access.after(Ok(answer)).await
}

/// Removes one's own second factor.
#[utoipa::path(post, path = "/api/v1/me/second-factor/remove", request_body = StillYou, responses((status = 204)))]
pub(crate) async fn remove_own_second_factor(
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
        super::remove_own(tx, ctx, &user)?;
        Ok(Answer::nothing())
    });
    let answer = answer.await?;
    access.was_right(&login, &answer);
    access.after(Ok(answer)).await
}

/// Gives the code that a session waits for after the password: it ends, and one to the end begins with a new
/// cookie. It takes no `Idempotency-Key`, because its answer is a secret that is not kept, and a code counts
/// once.
#[utoipa::path(post, path = "/api/v1/me/session/second-factor", request_body = GiveCode, responses((status = 201, body = SessionBegun)))]
pub(crate) async fn give_code(
    State(access): State<Access>,
    app: App,
    caller: Caller,
    cookie: SessionCookie,
    Json(body): Json<GiveCode>,
) -> web::Result {
    let (id, now) = (caller.principal.session().unwrap_or_default(), caller.ctx.now);
    let waiting = app.db().read(move |conn| {
        let session = super::waiting(conn, id, now)?;
        let is_familiar = sessions::is_familiar(conn, &session, now)?;
        Ok::<_, Failure>((session, is_familiar))
    });
    let (session, is_familiar) = waiting.await?;
    let tries = access.tries();
    let address = session.network.as_deref().and_then(|network| network.parse().ok());
    let whose = tries.take_code((&session.login, session.network.clone()), (is_familiar, address), now)?;
    let secret = Secret::new()?;
    let (desk, ctx, begun) = (access.clone(), caller.ctx.clone(), secret.clone());
    let typed = Typed::read(&body.code);
    let answered = app.db().write(move |tx| {
        let typed = typed.as_ref().ok_or_else(super::wrong_code)?;
        let session = super::answer(tx, &ctx, desk.master_key(), (&session, typed), &begun)?;
        let stage = sessions::stage(tx, &session, desk.demand())?;
        Ok::<_, Failure>((session, stage))
    });
    let (session, stage) = match answered.await {
        Ok(answered) => answered,
        Err(failure) => {
            if failure.problem().code == Code::WrongCode {
                note_wrong(&app, caller, id).await?;
            }
            return Err(failure);
        }
    };
    tries.code_was_right(&whose, address);
    let id = session.id;
    let begun = SessionBegun {
        session: SessionView::of(session, Some(id)),
        csrf: Some(web::csrf_token(secret.reveal())),
        next: next(stage),
    };
    let answer = Answer::created("/api/v1/me/session", &begun)?.once_with(cookie.given(secret.reveal()));
    access.after(Ok(answer)).await
}

/// Whoever had the password and not the code stands in the audit log. There are few of them: each waits.
async fn note_wrong(app: &App, caller: Caller, session: i64) -> Result<(), Failure> {
    let noted = app.db().write(move |tx| {
        let target = format!("user:{}", caller.principal.name());
        let details = serde_json::json!({ "session": session });
        web::audit(tx, &caller.ctx, "access.second_factor_refused", target, &details);
        Ok::<_, Failure>(())
    });
    noted.await
}

/// Takes the second factor of somebody away, because they have lost it, and ends their sessions.
#[utoipa::path(delete, path = "/api/v1/users/{login}/second-factor", params(("login" = String, Path)), responses((status = 200, body = UserView)))]
pub(crate) async fn remove_second_factor(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let user = super::remove_second_factor(tx, &desk.by(&command.caller), &login, version)?;
        let view = desk.user_view(tx, user)?;
        Ok(Answer::ok(&view)?.version(view.version))
    });
    access.after(answer.await).await
}

impl Access {
    /// Refuses whoever has signed in and does not know their password.
    pub(crate) async fn knows_password(
        &self,
        app: &App,
        caller: &Caller,
        password: String,
    ) -> Result<(), Failure> {
        let login = caller.principal.name().to_owned();
        let asked = login.clone();
        let kept = app.db().read(move |conn| Ok::<_, Failure>(store::password(conn, &asked)?)).await?;
        let wrong = || crate::sign_in::wrong_password("/password");
        let kept = kept.ok_or_else(wrong)?;
        self.know_again(&login, (password, kept), ("/password", caller.ctx.now)).await
    }

    /// A code of whoever has signed in, counted before it is looked at.
    fn own_code(&self, caller: &Caller, code: &str) -> Result<Typed, Failure> {
        self.tries().take_own_code(caller.principal.name(), caller.ctx.now)?;
        Typed::read(code).ok_or_else(|| super::wrong_code().into())
    }

    /// Makes sure that it is still the same person: by the password now, or by a code that is to be used in
    /// the transaction.
    pub(crate) async fn still(
        &self,
        app: &App,
        caller: &Caller,
        you: &StillYou,
    ) -> Result<Option<Typed>, Failure> {
        match (&you.password, &you.code) {
            (Some(password), None) => {
                self.knows_password(app, caller, password.clone()).await?;
                Ok(None)
            }
            (None, Some(code)) => self.own_code(caller, code).map(Some),
            (None, None) => {
                self.has_just_come(app, caller).await?;
                Ok(None)
            }
            (Some(_), Some(_)) => {
                let detail = "send either your `password` or a `code`";
                Err(Problem::at(Code::InvalidValue, "/password", detail).into())
            }
        }
    }

    /// Refuses whoever the identity provider has not just let in, and who gives no password either.
    async fn has_just_come(&self, app: &App, caller: &Caller) -> Result<(), Failure> {
        let (id, now) = (caller.principal.session().unwrap_or_default(), caller.ctx.now);
        let found = app.db().read(move |conn| Ok::<_, Failure>(store_sessions::by_id(conn, id)?)).await?;
        if found.is_some_and(|session| sessions::has_just_come(&session, now)) {
            return Ok(());
        }
        let detail = "send your `password`, or sign in by the identity provider again";
        Err(Problem::at(Code::InvalidValue, "/password", detail).into())
    }

    /// Uses a code up that was given in place of the password, in the transaction of what it was given for.
    pub(crate) fn use_typed(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        typed: Option<&Typed>,
        now: Instant,
    ) -> Result<(), Failure> {
        match typed {
            Some(typed) => super::use_code(tx, self.master_key(), user, typed, now).map(drop),
            None => Ok(()),
        }
    }

    /// After a command that took a code: the tries before it are forgotten when it was right.
    pub(crate) fn was_right(&self, login: &str, answer: &Answer) {
        if answer.status.is_success() {
            self.tries().own_code_was_right(login);
        }
    }
}
