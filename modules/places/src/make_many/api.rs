//! `POST /api/v1/locations/bulk`.

use super::decide::{MadeLocations, MakeLocations};
use super::make_locations as make;
use crate::create::api::address;
use web::{Answer, App, Command};

/// Makes many locations from a pattern, all or none; a dry run shows the list.
#[utoipa::path(
    post,
    path = "/api/v1/locations/bulk",
    request_body = MakeLocations,
    responses((status = 201, body = MadeLocations))
)]
pub(crate) async fn make_locations(app: App, command: Command<MakeLocations>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let (caller, body) = (&command.caller, &command.body);
            let made = make(tx, &caller.ctx, caller.scope.reached(), body)?;
            Answer::created(address(&body.parent), &made)
        })
        .await
}
