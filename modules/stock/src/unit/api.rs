//! The routes of handling units.

use super::show::{ContentFilter, ContentSort, UnitShown, get};
use super::store::UnitMove;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, IfMatch, List, Page, Path};

/// A new handling unit.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUnitBody {
    /// Its code, such as an SSCC; the next free number when left out.
    code: Option<String>,
    /// What people call it; the code when left out.
    name: Option<String>,
    /// The code of what it stands in.
    parent: String,
}

/// Where a unit is to stand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveUnitBody {
    /// The code of what it will stand in.
    parent: String,
}

/// Where the contents of a unit go.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmptyUnitBody {
    /// The code of a location of the same site; what the unit stands in when left out.
    to: Option<String>,
}

web::sorts! {
    /// The order of the moves of a unit.
    pub(crate) enum MoveSort { Down = "-seq" }
}

/// The moves of a unit have no filters.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MoveFilter {}

fn answer(shown: &UnitShown) -> web::Result {
    Ok(Answer::ok(shown)?.version(shown.version))
}

/// Shows a handling unit with its contents, page by page.
#[utoipa::path(
    get, path = "/api/v1/units/{code}",
    params(("code" = String, Path, description = "the code of the unit"), List<ContentFilter, ContentSort>),
    responses((status = 200, body = UnitShown))
)]
pub(crate) async fn get_unit(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    list: List<ContentFilter, ContentSort>,
) -> web::Result {
    answer(&app.db().read(move |conn| get(conn, &caller.scope, &code, &list)).await?)
}

/// Lists the moves of a handling unit, the latest first.
#[utoipa::path(
    get, path = "/api/v1/units/{code}/moves",
    params(("code" = String, Path, description = "the code of the unit"), List<MoveFilter, MoveSort>),
    responses((status = 200, body = Page<UnitMove>))
)]
pub(crate) async fn list_unit_moves(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    list: List<MoveFilter, MoveSort>,
) -> web::Result {
    let (before, limit) = (list.after::<i64>()?, list.fetch());
    let moves = app.db().read(move |conn| super::moves(conn, &caller.scope, &code, before, limit)).await?;
    Answer::ok(&list.page(moves, |made| made.seq)?)
}

/// Creates a handling unit.
#[utoipa::path(
    post, path = "/api/v1/units", request_body = NewUnitBody,
    responses((status = 201, body = UnitShown))
)]
pub(crate) async fn create_unit(app: App, command: Command<NewUnitBody>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let NewUnitBody { code, name, parent } = &command.body;
            let shown = super::create(tx, &command.caller, code.as_deref(), name.as_deref(), parent)?;
            Ok(Answer::created(format!("/api/v1/units/{}", shown.code), &shown)?.version(shown.version))
        })
        .await
}

/// Moves a handling unit with everything in it.
#[utoipa::path(
    post, path = "/api/v1/units/{code}/move", request_body = MoveUnitBody,
    params(("code" = String, Path, description = "the code of the unit")),
    responses((status = 200, body = UnitShown))
)]
pub(crate) async fn move_unit(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<MoveUnitBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_parent(tx, &command.caller, (&code, version), &command.body.parent)?)
        })
        .await
}

/// Moves everything out of a handling unit.
#[utoipa::path(
    post, path = "/api/v1/units/{code}/empty", request_body = EmptyUnitBody,
    params(("code" = String, Path, description = "the code of the unit")),
    responses((status = 200, body = UnitShown))
)]
pub(crate) async fn empty_unit(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<EmptyUnitBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::empty(tx, &command.caller, (&code, version), command.body.to.as_deref())?)
        })
        .await
}
