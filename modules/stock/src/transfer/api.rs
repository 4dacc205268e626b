//! The routes of transfers.

use super::list::{self, Asked};
use super::record::{TransferListed, TransferShown};
use super::wire::{CloseBody, ExpectBody, NewTransfer, StepBody};
use crate::walk::Part;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Command, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of transfers.
    pub(crate) enum TransferSort { Down = "-number", Up = "number" }
}

/// The filters of the list of transfers.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransferFilter {
    /// Only those in this state.
    state: Option<String>,
    /// Only those that leave this site.
    from_site: Option<String>,
    /// Only those that go to this site.
    to_site: Option<String>,
}

/// Lists the transfers of the sites within reach, each without its lines. Whoever may see the stock of some
/// categories only is shown those transfers of which every line is about an item of theirs.
#[utoipa::path(
    get, path = "/api/v1/transfers", params(List<TransferFilter, TransferSort>),
    responses((status = 200, body = Page<TransferListed>))
)]
pub(crate) async fn list_transfers(
    app: App,
    caller: Caller,
    list: List<TransferFilter, TransferSort>,
) -> web::Result {
    let TransferFilter { state, from_site, to_site } = list.filter.clone();
    let (after, down, limit) = (list.after::<String>()?, list.sort == TransferSort::Down, list.limit);
    let asked = Asked { state, from_site, to_site, after, down, limit };
    let Part { rows, next } = app.db().read(move |conn| list::page(conn, &caller.scope, &asked)).await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}

/// Shows one transfer with what is in transit.
#[utoipa::path(
    get, path = "/api/v1/transfers/{number}",
    params(("number" = String, Path, description = "the number of the transfer")),
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn get_transfer(app: App, caller: Caller, Path(number): Path<String>) -> web::Result {
    let shown = app.db().read(move |conn| list::find(conn, &caller.scope, &number)).await?;
    Ok(Answer::ok(&shown)?.version(shown.listed.version))
}

/// Creates a transfer between two sites.
#[utoipa::path(
    post, path = "/api/v1/transfers", request_body = NewTransfer,
    responses((status = 201, body = TransferShown))
)]
pub(crate) async fn create_transfer(app: App, command: Command<NewTransfer>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let (number, shown) = super::create(tx, &command.caller, &command.body)?;
            Ok(Answer::created(format!("/api/v1/transfers/{number}"), &shown)?.version(shown.listed.version))
        })
        .await
}

macro_rules! step_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $body:ty, |$tx:ident, $caller:ident, $transfer:ident, $given:ident| $step:expr) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, request_body = $body,
            params(("number" = String, Path, description = "the number of the transfer")),
            responses((status = 200, body = TransferShown))
        )]
        pub(crate) async fn $name(
            app: App,
            Path(number): Path<String>,
            version: IfMatch,
            command: Command<$body>,
        ) -> web::Result {
            command
                .run(&app, move |$tx, command| {
                    let ($caller, $transfer, $given) = (&command.caller, (number.as_str(), version), &command.body);
                    let shown = $step?;
                    Ok(Answer::ok(&shown)?.version(shown.listed.version))
                })
                .await
        }
    };
}

step_route!(
    /// Binds stock of named bins to the lines of a transfer.
    allocate_transfer, "/api/v1/transfers/{number}/allocate", StepBody,
    |tx, caller, transfer, body| super::allocate(tx, caller, transfer, body)
);
step_route!(
    /// Ships goods of a transfer from named locations.
    ship_transfer, "/api/v1/transfers/{number}/ship", StepBody,
    |tx, caller, transfer, body| super::ship(tx, caller, transfer, body)
);
step_route!(
    /// Receives goods of a transfer at named locations.
    receive_transfer, "/api/v1/transfers/{number}/receive", StepBody,
    |tx, caller, transfer, body| super::receive(tx, caller, transfer, body)
);
step_route!(
    /// Says when the goods of a transfer are expected.
    expect_transfer, "/api/v1/transfers/{number}/expect", ExpectBody,
    |tx, caller, transfer, body| super::expect(tx, caller, transfer, body)
);
step_route!(
    /// Ends a transfer; what is still in transit is lost.
    close_transfer, "/api/v1/transfers/{number}/close", CloseBody,
    |tx, caller, transfer, body| super::close(tx, caller, transfer, body)
);

/// Gives up the allocations of a transfer that has not been shipped.
#[utoipa::path(
    post, path = "/api/v1/transfers/{number}/release",
    params(("number" = String, Path, description = "the number of the transfer")),
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn release_transfer(
    app: App,
    Path(number): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = super::release(tx, &command.caller, (&number, version))?;
            Ok(Answer::ok(&shown)?.version(shown.listed.version))
        })
        .await
}

/// Gives up a transfer that is a draft.
#[utoipa::path(
    post, path = "/api/v1/transfers/{number}/cancel",
    params(("number" = String, Path, description = "the number of the transfer")),
    responses((status = 200, body = TransferShown))
)]
pub(crate) async fn cancel_transfer(
    app: App,
    Path(number): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = super::cancel(tx, &command.caller, (&number, version))?;
            Ok(Answer::ok(&shown)?.version(shown.listed.version))
        })
        .await
}
