//! `POST /api/v1/organisation`.

use super::set_up_organisation as set_up;
use places::{Organisation, SetUp};
use web::{Answer, App, Command};

/// Sets the organisation up, once, before the first posting.
#[utoipa::path(
    post, path = "/api/v1/organisation", request_body = SetUp,
    responses((status = 201, body = Organisation))
)]
pub(crate) async fn set_up_organisation(app: App, command: Command<SetUp>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let organisation = set_up(tx, &command.caller.ctx, &command.body)?;
            let version = organisation.version;
            Ok(Answer::created("/api/v1/organisation".to_owned(), &organisation)?.version(version))
        })
        .await
}
