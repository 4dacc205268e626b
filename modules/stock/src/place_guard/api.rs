//! The routes by which places go out of use and come back.

use places::Location;
use web::{Answer, App, Command, IfMatch, Path};

macro_rules! archive_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $archived:literal) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path,
            params(("code" = String, Path, description = "the code of the location")),
            responses((status = 200, body = Location))
        )]
        pub(crate) async fn $name(
            app: App,
            Path(code): Path<String>,
            version: IfMatch,
            command: Command<()>,
        ) -> web::Result {
            command
                .run(&app, move |tx, command| {
                    let shown = super::set_archived(tx, &command.caller, (&code, version), $archived)?;
                    Ok(Answer::ok(&shown)?.version(shown.version))
                })
                .await
        }
    };
}

archive_route!(
    /// Archives a location with everything below it; refused while stock, handling units or open
    /// transfers are in the way.
    archive_location, "/api/v1/locations/{code}/archive", true
);
archive_route!(
    /// Takes an archived location back into use; what was archived by itself below it stays so.
    restore_location, "/api/v1/locations/{code}/restore", false
);
