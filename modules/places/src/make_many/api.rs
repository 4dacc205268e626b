//! `POST /api/v1/locations/bulk`.

use super::decide::{MadeLocations, MakeLocations};
use super::make_locations as make;
use web::{Answer, App, Command};

/// Makes many locations from a pattern, all or none; a dry run shows the list.
#[utoipa::path(
    post,
    path = "/api/v1/locations/bulk",
    request_body = MakeLocations,
    responses((status = 200, body = MadeLocations))
)]
pub(crate) async fn make_locations(app: App, command: Command<MakeLocations>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let caller = &command.caller;
            Answer::ok(&make(tx, &caller.ctx, caller.scope.reached(), &command.body)?)
        })
        .await
}
