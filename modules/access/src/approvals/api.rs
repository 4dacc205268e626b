//! The door of approvals.

use super::{Sides, Wanted};
use crate::Access;
use crate::text::check_length;
use axum::extract::State as Shared;
use db::Conn;
use db::held::{Held, State};
use domain::{ApprovalId, Code, Instant, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use web::{AgreedTo, Agreement, Answer, App, Caller, Command, Doors, Failure, List, Page, Path, Second};

web::sorts! {
    /// The orders of the list of approvals.
    pub(crate) enum ApprovalSort { Oldest = "asked_at" }
}

/// Characters of what is said to an approval at most.
const NOTE_CHARS_MAX: usize = 500;

/// Somebody, by id and name.
#[derive(Debug, Serialize, ToSchema)]
struct Somebody {
    /// The principal.
    #[schema(value_type = i64)]
    id: PrincipalId,
    /// The login, or the name of a key.
    name: Option<String>,
}

/// A command that waits for a second person, or did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalView {
    /// Its id.
    #[schema(value_type = String)]
    id: ApprovalId,
    /// `waiting`, `agreed`, `refused`, `withdrawn` or `expired`.
    state: &'static str,
    /// Who asked.
    asked_by: Somebody,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Instant,
    /// When it is too late to agree.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// The permission that asks for a second person.
    permission: String,
    /// `second_person` when it always does, `above_limit` when it does for so much.
    why: String,
    /// The method of the request.
    method: String,
    /// Its address.
    path: String,
    /// Its body as it was sent; null for none, and for one that holds a secret.
    #[schema(value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
    /// Who has decided; null while it waits.
    decided_by: Option<Somebody>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Instant>,
    /// What they said.
    note: Option<String>,
    /// The status of the answer of the request, when it was agreed to.
    status: Option<i64>,
    /// Where what it made is.
    location: Option<String>,
    /// 1 while it waits, 2 afterwards.
    version: i64,
}

/// Which approvals.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalFilter {
    /// Only those in this state: `waiting`, `agreed`, `refused`, `withdrawn` or `expired`.
    state: Option<String>,
    /// Only those that I have asked for.
    #[serde(default)]
    mine: bool,
}

/// Agreeing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agree {
    /// What there is to say; 1 to 500 characters.
    note: Option<String>,
}

/// Refusing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refuse {
    /// Why; 1 to 500 characters.
    reason: String,
}

const fn word(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Agreed => "agreed",
        State::Refused => "refused",
        State::Withdrawn => "withdrawn",
        State::Expired => "expired",
    }
}

fn state(text: &str) -> Result<State, Problem> {
    State::ALL.into_iter().find(|state| word(*state) == text).ok_or_else(|| {
        let words = State::ALL.map(|state| format!("`{}`", word(state))).join(", ");
        Problem::at(Code::MalformedParameter, "?state", format!("the state is one of {words}"))
    })
}

fn note(pointer: &'static str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    check_length(pointer, "what is said", text, NOTE_CHARS_MAX)?;
    if text.is_empty() || text.contains('\0') {
        let detail = format!("say something, in at most {NOTE_CHARS_MAX} characters");
        return Err(Problem::at(Code::InvalidValue, pointer, detail));
    }
    Ok(text.to_owned())
}

fn id(text: &str) -> Result<ApprovalId, Problem> {
    ApprovalId::parse(text).map_err(|_| Problem::not_found("approval", text))
}

fn view(app: &App, conn: &mut Conn<'_>, held: Held) -> Result<ApprovalView, Failure> {
    let (asked_by, decided_by) = (PrincipalId(held.asked_by), held.decided_by.map(PrincipalId));
    let ids: Vec<PrincipalId> = std::iter::once(asked_by).chain(decided_by).collect();
    let names = app.names(conn, &ids)?;
    let somebody = |id: PrincipalId| Somebody { id, name: names.get(&id).cloned() };
    let body = if held.sent.sealed { None } else { String::from_utf8(held.sent.body).ok() };
    Ok(ApprovalView {
        id: ApprovalId::from_bytes(held.id),
        state: word(held.state),
        asked_by: somebody(asked_by),
        asked_at: Instant(held.asked_at),
        expires_at: Instant(held.expires_at),
        permission: held.permission,
        why: held.why,
        method: held.sent.method,
        path: held.sent.target,
        body: body.and_then(|text| RawValue::from_string(text).ok()),
        decided_by: decided_by.map(somebody),
        decided_at: held.decided_at.map(Instant),
        note: held.note,
        status: held.status,
        location: held.location,
        version: held.version,
    })
}

fn shown(app: &App, conn: &mut Conn<'_>, held: Held) -> web::Result {
    let view = view(app, conn, held)?;
    Ok(Answer::ok(&view)?.version(view.version))
}

/// What waits for a second person: what I have asked for, and what I may decide. The oldest comes first.
#[utoipa::path(get, path = "/api/v1/approvals", params(List<ApprovalFilter, ApprovalSort>), responses((status = 200, body = Page<ApprovalView>)))]
pub(crate) async fn list_approvals(
    Shared(access): Shared<Access>,
    app: App,
    caller: Caller,
    list: List<ApprovalFilter, ApprovalSort>,
) -> web::Result {
    let wanted =
        Wanted { state: list.filter.state.as_deref().map(state).transpose()?, mine: list.filter.mine };
    let place = (list.after()?, list.limit);
    let names = app.clone();
    let page = app.db().read(move |conn| {
        let (found, next) = super::list(conn, access.bounds(), &caller.principal, wanted, place)?;
        let views = found.into_iter().map(|held| view(&names, conn, held)).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Failure>((views, next))
    });
    let (views, next) = page.await?;
    Answer::ok(&list.part(views, next.as_ref())?)
}

/// One approval.
#[utoipa::path(get, path = "/api/v1/approvals/{id}", params(("id" = String, Path)), responses((status = 200, body = ApprovalView)))]
pub(crate) async fn get_approval(
    Shared(access): Shared<Access>,
    app: App,
    caller: Caller,
    Path(text): Path<String>,
) -> web::Result {
    let (id, names) = (id(&text)?, app.clone());
    let read = app.db().read(move |conn| {
        let held = super::find(conn, access.bounds(), &caller.principal, id)?;
        shown(&names, conn, held)
    });
    read.await
}

/// Agrees to a command of somebody else, which is carried out at once as who asked, with the rights that
/// they hold now. What it is refused for is answered, and it goes on waiting.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/agree", params(("id" = String, Path)), request_body = Agree, responses((status = 200, body = AgreedTo)))]
pub(crate) async fn agree(
    Shared(access): Shared<Access>,
    app: App,
    doors: Doors,
    Path(text): Path<String>,
    command: Command<Agree>,
) -> web::Result {
    if !command.dry_run
        && let Some(answer) = command.earlier(&app).await?
    {
        return Ok(answer);
    }
    let id = id(&text)?;
    let note = command.body.note.as_deref().map(|text| note("/note", text)).transpose()?;
    let Command { caller, key, fingerprint, dry_run, .. } = command;
    let (principal, now) = (Arc::clone(&caller.principal), caller.ctx.now);
    let sides = app.db().read(move |conn| access.sides(conn, (&principal, now), id)).await?;
    let Sides { held, asker, second } = sides;
    let request_id = caller.ctx.request_id;
    // whoever agrees could do it alone: the same doors say so
    if let Err(failure) = doors.send(&app, &held, (Arc::clone(&second), Second::Trial), request_id).await {
        // somebody may have been faster, and what they did is in the way
        let held = app.db().read(move |conn| db::held::by_id(conn, id.bytes())).await?;
        let closed = held.and_then(|held| web::closed(&held, now));
        return Err(closed.map_or(failure, Failure::from));
    }
    let agreement = Agreement { approval: id, second, ctx: caller.ctx, key, fingerprint, note };
    if dry_run {
        let mut answer = agreement.told(200, None)?;
        answer.dry_run = true;
        return Ok(answer);
    }
    doors.send(&app, &held, (asker, Second::Agreed(Arc::new(agreement))), request_id).await
}

/// Refuses a command of somebody else, for a reason.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/refuse", params(("id" = String, Path)), request_body = Refuse, responses((status = 200, body = ApprovalView)))]
pub(crate) async fn refuse(
    Shared(access): Shared<Access>,
    app: App,
    Path(text): Path<String>,
    command: Command<Refuse>,
) -> web::Result {
    let (id, reason) = (id(&text)?, note("/reason", &command.body.reason)?);
    let names = app.clone();
    command
        .run(&app, move |tx, command| {
            let by = (&*command.caller.principal, &command.caller.ctx);
            let held = super::refuse(tx, &access, by, id, &reason)?;
            shown(&names, tx, held)
        })
        .await
}

/// Takes back what I have asked for.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/withdraw", params(("id" = String, Path)), responses((status = 200, body = ApprovalView)))]
pub(crate) async fn withdraw(
    Shared(access): Shared<Access>,
    app: App,
    Path(text): Path<String>,
    command: Command<()>,
) -> web::Result {
    let (id, names) = (id(&text)?, app.clone());
    command
        .run(&app, move |tx, command| {
            let by = (&*command.caller.principal, &command.caller.ctx);
            let held = super::withdraw(tx, &access, by, id)?;
            shown(&names, tx, held)
        })
        .await
}
