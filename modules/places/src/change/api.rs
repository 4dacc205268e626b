//! `PATCH /api/v1/locations/{code}`.

use super::change_location as change;
use super::decide::ChangeLocation;
use crate::location::Location;
use web::{Answer, App, Command, IfMatch, Path};

/// Changes the given fields of a location.
#[utoipa::path(
    patch,
    path = "/api/v1/locations/{code}",
    params(("code" = String, Path, description = "the code of the location")),
    request_body = ChangeLocation,
    responses((status = 200, body = Location))
)]
pub(crate) async fn change_location(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeLocation>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let location = change(tx, &caller.ctx, caller.scope.reached(), &code, version, &command.body)?;
            Ok(Answer::ok(&location)?.version(location.version))
        })
        .await
}
