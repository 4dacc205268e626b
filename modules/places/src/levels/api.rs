//! `GET` and `PUT /api/v1/location-levels/{of}`.

use super::decide::LevelsBody;
use super::{Levels, levels, set_levels as set};
use web::{Answer, App, Caller, Command, IfMatch, Path};

/// Shows which kinds of places a site, or the organisation, says to stand below which.
#[utoipa::path(
    get, path = "/api/v1/location-levels/{of}",
    params(("of" = String, Path, description = "the code of a site, or `~organisation`")),
    responses((status = 200, body = Levels))
)]
pub(crate) async fn get_levels(app: App, caller: Caller, Path(of): Path<String>) -> web::Result {
    let shown = app.db().read(move |conn| levels(conn, caller.scope.reached(), &of)).await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}

/// Says which kinds of places stand below which, at a site or in the organisation.
#[utoipa::path(
    put, path = "/api/v1/location-levels/{of}", request_body = LevelsBody,
    params(("of" = String, Path, description = "the code of a site, or `~organisation`")),
    responses((status = 200, body = Levels))
)]
pub(crate) async fn set_levels(
    app: App,
    Path(of): Path<String>,
    version: IfMatch,
    command: Command<LevelsBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let shown = set(tx, &caller.ctx, caller.scope.reached(), (&of, version), &command.body)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}
