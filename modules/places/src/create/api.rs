//! `POST /api/v1/locations`.

use super::create_location as create;
use crate::location::{Location, NewLocation};
use std::fmt::Write as _;
use web::{Answer, App, Command};

/// Creates a site, or a location below another.
#[utoipa::path(
    post,
    path = "/api/v1/locations",
    request_body = NewLocation,
    responses((status = 201, body = Location))
)]
pub(crate) async fn create_location(app: App, command: Command<NewLocation>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let caller = &command.caller;
            let location = create(tx, &caller.ctx, caller.scope.reached(), &command.body)?;
            Ok(Answer::created(address(&location.code), &location)?.version(location.version))
        })
        .await
}

/// Where a location is.
pub(crate) fn address(code: &str) -> String {
    escaped("/api/v1/locations/", code)
}

/// An address that ends with a code.
pub(crate) fn escaped(folder: &str, code: &str) -> String {
    let mut address = folder.to_owned();
    for byte in code.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // writing to a string never fails
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}
