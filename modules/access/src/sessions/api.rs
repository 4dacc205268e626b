//! The door of sessions: one's own, and those of others.

use super::Why;
use crate::Access;
use crate::sign_in::api::next;
use crate::store_sessions::{self, SessionRow};
use axum::extract::State;
use domain::{Instant, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, List, Page, Path, SessionCookie};

web::sorts! {
    /// The orders of the lists of sessions.
    pub(crate) enum SessionSort { Id = "id" }
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// Its number.
    id: i64,
    /// Whose it is.
    user: String,
    /// By what they signed in: `password` or `identity` (the identity provider), each alone or with `+code`, `+recovery_code` or
    /// `+passkey`; `identity+factor` when the provider has asked for a second factor; `passkey` when nothing else was asked for.
    method: String,
    /// From where: an address, or a network of the newer protocol; null without one.
    network: Option<String>,
    /// What the browser said of itself.
    agent: String,
    /// When they signed in.
    #[schema(value_type = String, format = DateTime)]
    begun_at: Instant,
    /// The last request, to half a minute.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Instant,
    /// When it ends, however busy it is; half an hour after the last request it ends before.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// When it was ended; null while it goes on, and when it ended by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Instant>,
    /// By what: `sign_out`, `replaced`, `revoked`, `password`, `grants`, `account`, `answered` (the code came,
    /// and another session goes on), `second_factor` (it was set up or taken away) or `identity` (the same, of what the
    /// identity provider calls the user).
    ended_why: Option<String>,
    /// Whether it waits for the code of the second factor, for five minutes, and may do nothing else.
    awaits_code: bool,
    /// Whether this request came in it.
    current: bool,
}

impl SessionView {
    pub(crate) fn of(row: SessionRow, current: Option<i64>) -> SessionView {
        SessionView {
            id: row.id,
            user: row.login,
            method: row.method,
            network: row.network,
            agent: row.agent,
            begun_at: row.begun_at,
            seen_at: row.seen_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            ended_why: row.ended_why,
            awaits_code: row.half,
            current: current == Some(row.id),
        }
    }
}

/// The session of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurrentSession {
    /// The session.
    session: SessionView,
    /// What every write in it carries as `X-CSRF-Token`.
    csrf: String,
    /// What is to come before it may do anything else: `code`, the code of the second factor, or
    /// `second_factor`, which has to be set up; null for nothing.
    next: Option<&'static str>,
}

/// Which of one's own sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnFilter {
    /// Only those that have ended, or only those that go on.
    ended: Option<bool>,
}

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionFilter {
    /// Only of the user with this login.
    user: Option<String>,
    /// Only those that have ended, or only those that go on.
    ended: Option<bool>,
}

/// The session of this request, with the token that its writes carry.
#[utoipa::path(get, path = "/api/v1/me/session", responses((status = 200, body = CurrentSession)))]
pub(crate) async fn get_session(app: App, caller: Caller, secret: web::SessionSecret) -> web::Result {
    let id = caller.principal.session().unwrap_or_default();
    let found = app.db().read(move |conn| Ok::<_, Failure>(store_sessions::by_id(conn, id)?));
    let row = found.await?.ok_or_else(|| Problem::not_found("session", id))?;
    let csrf = web::csrf_token(secret.reveal());
    Answer::ok(&CurrentSession {
        session: SessionView::of(row, Some(id)),
        csrf,
        next: next(caller.principal.stage()),
    })
}

/// One's own sessions, those that have ended included, as long as they are kept.
#[utoipa::path(get, path = "/api/v1/me/sessions", params(List<OwnFilter, SessionSort>), responses((status = 200, body = Page<SessionView>)))]
pub(crate) async fn list_own_sessions(
    app: App,
    caller: Caller,
    list: List<OwnFilter, SessionSort>,
) -> web::Result {
    let login = caller.principal.name().to_owned();
    page(&app, &caller, (Some(login), list.filter.ended), &list).await
}

/// Sessions, those that have ended included, as long as they are kept.
#[utoipa::path(get, path = "/api/v1/sessions", params(List<SessionFilter, SessionSort>), responses((status = 200, body = Page<SessionView>)))]
pub(crate) async fn list_sessions(
    app: App,
    caller: Caller,
    list: List<SessionFilter, SessionSort>,
) -> web::Result {
    let (user, ended) = (list.filter.user.clone(), list.filter.ended);
    page(&app, &caller, (user, ended), &list).await
}

async fn page<F>(
    app: &App,
    caller: &Caller,
    (user, ended): (Option<String>, Option<bool>),
    list: &List<F, SessionSort>,
) -> web::Result {
    let after: Option<i64> = list.after()?;
    let (now, fetch) = (caller.ctx.now, list.fetch());
    let rows = app.db().read(move |conn| {
        let filter = (user.as_deref(), ended);
        super::list_sessions(conn, after.unwrap_or_default(), filter, now, fetch)
    });
    let current = caller.principal.session();
    let views: Vec<SessionView> = rows.await?.into_iter().map(|row| SessionView::of(row, current)).collect();
    Answer::ok(&list.page(views, |view| view.id)?)
}

/// Ends a session of one's own, such as one that was left open elsewhere.
#[utoipa::path(post, path = "/api/v1/me/sessions/{id}/end", params(("id" = i64, Path)), responses((status = 200, body = SessionView)))]
pub(crate) async fn end_own_session(
    State(access): State<Access>,
    app: App,
    Path(id): Path<i64>,
    command: Command<()>,
) -> web::Result {
    let answer = command.run(&app, move |tx, command| {
        let current = command.caller.principal.session();
        let row = super::end_own(tx, &command.caller.ctx, id, Why::Revoked)?;
        Answer::ok(&SessionView::of(row, current))
    });
    access.after(answer.await).await
}

/// Ends the session of somebody.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/end", params(("id" = i64, Path)), responses((status = 200, body = SessionView)))]
pub(crate) async fn end_session(
    State(access): State<Access>,
    app: App,
    Path(id): Path<i64>,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let row = super::end_session(tx, &desk.by(&command.caller), id)?;
        Answer::ok(&SessionView::of(row, command.caller.principal.session()))
    });
    access.after(answer.await).await
}

/// Signs out: ends the session of this request.
#[utoipa::path(post, path = "/api/v1/me/sign-out", responses((status = 204)))]
pub(crate) async fn sign_out(
    State(access): State<Access>,
    app: App,
    cookie: SessionCookie,
    command: Command<()>,
) -> web::Result {
    let answer = command.run(&app, move |tx, command| {
        let id = command.caller.principal.session().unwrap_or_default();
        super::end_own(tx, &command.caller.ctx, id, Why::SignOut)?;
        Ok(Answer::nothing().once_with(cookie.taken()))
    });
    access.after(answer.await).await
}
