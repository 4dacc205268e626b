//! The door of signing in, and of one's own password.

use crate::Access;
use crate::sessions::api::SessionView;
use crate::sessions::{self, From, How, Secret};
use crate::store;
use crate::store_factors;
use crate::users;
use axum::extract::State;
use domain::{Actor, Ctx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Command, Failure, SessionCookie, Stage, Visitor};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The login.
    login: String,
    /// The password.
    password: String,
}

/// A new password of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The password until now.
    current: String,
    /// 12 to 256 characters.
    password: String,
}

/// A session that has begun. The answer gives its cookie as well.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBegun {
    /// The session.
    pub(crate) session: SessionView,
    /// What every write in it carries as `X-CSRF-Token`. It is in the first answer only, not in a repeated
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) csrf: Option<String>,
    /// What is to come before it may do anything else: `code`, the code of the second factor, or
    /// `second_factor`, which has to be set up; null for nothing.
    pub(crate) next: Option<&'static str>,
}

/// What is to come after a stage.
pub(crate) fn next(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::AwaitsCode => Some("code"),
        Stage::AwaitsFactor => Some("second_factor"),
        Stage::Whole => None,
    }
}

/// Signs in: begins a session and gives its cookie. Of whoever has a second factor, the session waits for its
/// code. It takes no `Idempotency-Key`, because its answer is a
/// secret that is not kept; asked twice, there are two sessions. Only a page of this server may ask.
#[utoipa::path(post, path = "/api/v1/sessions", request_body = SignIn, responses((status = 201, body = SessionBegun)))]
pub(crate) async fn sign_in(State(access): State<Access>, app: App, visitor: Visitor<SignIn>) -> web::Result {
    let Visitor { ctx, network, agent, cookie, session: before, errand: _, body } = visitor;
    let SignIn { login, password } = body;
    let (account, login) = access.recognise(app.db(), (&login, password), (network, ctx.now)).await?;
    let secret = Secret::new()?;
    let (begun, demand) = (secret.clone(), access.demand());
    let from = From { network: network.map(|network| network.to_string()), agent };
    let is_familiar = account.is_familiar;
    let session = app.db().write(move |tx| {
        let ctx = Ctx { actor: Actor { id: account.id, name: login.clone() }, ..ctx.clone() };
        let user = users::lock_own(tx, &login)?;
        let kept = store::password(tx, &login)?;
        if user.row.id != account.id || kept.is_none_or(|kept| kept.0 != account.password.0) {
            return Err(super::refused(format!("the account of `{login}` was changed meanwhile")));
        }
        if let Some(before) = &before {
            sessions::replace(tx, &ctx, before)?;
        }
        let how = if store_factors::is_set(tx, account.id)? { How::HALF } else { How::PASSWORD };
        let session = sessions::begin(tx, &ctx, (account.id, &login), (how, &from), &begun)?;
        let stage = sessions::stage(tx, &session, demand)?;
        Ok((session, stage))
    });
    let (session, stage) = session.await?;
    if !session.half && !is_familiar {
        access.tries().was_no_guess(network);
    }
    let id = session.id;
    let begun = SessionBegun {
        session: SessionView::of(session, Some(id)),
        csrf: Some(web::csrf_token(secret.reveal())),
        next: next(stage),
    };
    let answer = Answer::created("/api/v1/me/session", &begun)?.once_with(cookie.given(secret.reveal()));
    access.after(Ok(answer)).await
}

/// Changes one's own password. All sessions of the user end, and this browser goes on in a new one.
#[utoipa::path(post, path = "/api/v1/me/password", request_body = ChangePassword, responses((status = 200, body = SessionBegun)))]
pub(crate) async fn change_own_password(
    State(access): State<Access>,
    app: App,
    cookie: SessionCookie,
    command: Command<ChangePassword>,
) -> web::Result {
    if let Some(answer) = command.earlier(&app).await? {
        return Ok(answer);
    }
    let (ctx, login) = (&command.caller.ctx, command.caller.principal.name().to_owned());
    let asked = login.clone();
    let kept = app.db().read(move |conn| Ok::<_, Failure>(store::password(conn, &asked)?)).await?;
    let kept = kept.ok_or_else(|| super::wrong_password("/current"))?;
    let current = command.body.current.clone();
    access.know_again(&login, (current, kept.clone()), ("/current", ctx.now)).await?;
    let password = access.password(app.db(), (&command.body.password, &login), None).await?;
    let secret = Secret::new()?;
    let answer = command.run(&app, move |tx, command| {
        let ctx = &command.caller.ctx;
        let user = users::change_own_password(tx, ctx, &login, (&kept, &password))?;
        let before = command.caller.principal.session().unwrap_or_default();
        let (method, from) = sessions::of(tx, before)?;
        let how = How::as_before(&method);
        let session = sessions::begin(tx, ctx, (user.row.id, &login), (how, &from), &secret)?;
        let id = session.id;
        let csrf = Some(web::csrf_token(secret.reveal()));
        let begun = SessionBegun { session: SessionView::of(session, Some(id)), csrf, next: None };
        let answer = Answer::ok(&begun)?.once_with(cookie.given(secret.reveal()));
        answer.keep(&SessionBegun { csrf: None, ..begun })
    });
    access.after(answer.await).await
}
