//! The routes of reasons.

use super::{ChangeReason, NewReason, Reason, change, create, store};
use domain::Problem;
use domain::code::fold;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The order of the list of reasons.
    pub(crate) enum ReasonSort { Code = "code" }
}

/// The filters of the list of reasons.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReasonFilter {
    /// Only those in use, or only the others.
    active: Option<bool>,
}

/// Lists the reasons that adjustments and changes of status may carry.
#[utoipa::path(
    get, path = "/api/v1/reasons", params(List<ReasonFilter, ReasonSort>),
    responses((status = 200, body = Page<Reason>))
)]
pub(crate) async fn list_reasons(app: App, list: List<ReasonFilter, ReasonSort>) -> web::Result {
    let (after, active, limit) = (list.after::<String>()?, list.filter.active, list.fetch());
    let rows = app
        .db()
        .read(move |conn| Ok::<_, Failure>(store::list(conn, after.as_deref(), active, limit)?))
        .await?;
    Answer::ok(&list.page(rows, |reason| reason.code.clone())?)
}

/// Shows a reason.
#[utoipa::path(
    get, path = "/api/v1/reasons/{code}",
    params(("code" = String, Path, description = "the code of the reason")),
    responses((status = 200, body = Reason))
)]
pub(crate) async fn get_reason(app: App, Path(code): Path<String>) -> web::Result {
    let folded = fold(&code);
    let found = app.db().read(move |conn| Ok::<_, Failure>(store::one(conn, &folded)?)).await?;
    let reason = found.ok_or_else(|| Problem::not_found("reason", &code))?;
    Ok(Answer::ok(&reason)?.version(reason.version))
}

/// Creates a reason.
#[utoipa::path(
    post, path = "/api/v1/reasons", request_body = NewReason,
    responses((status = 201, body = Reason))
)]
pub(crate) async fn create_reason(app: App, command: Command<NewReason>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let reason = create(tx, &command.caller.ctx, &command.body)?;
            Ok(Answer::created(format!("/api/v1/reasons/{}", reason.code), &reason)?.version(reason.version))
        })
        .await
}

/// Renames a reason, retires it or takes it back into use.
#[utoipa::path(
    patch, path = "/api/v1/reasons/{code}", request_body = ChangeReason,
    params(("code" = String, Path, description = "the code of the reason")),
    responses((status = 200, body = Reason))
)]
pub(crate) async fn change_reason(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeReason>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let reason = change(tx, &command.caller.ctx, &code, version, &command.body)?;
            Ok(Answer::ok(&reason)?.version(reason.version))
        })
        .await
}
