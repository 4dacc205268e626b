//! The routes that change places with stock in them.

use super::PlaceChanged;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Answer, App, Command, IfMatch, Path};

/// Why a location is blocked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockBody {
    /// One of the reasons.
    reason: String,
}

/// Why a location is opened.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnblockBody {
    /// One of the reasons; may be left out.
    #[serde(default)]
    reason: Option<String>,
}

/// Whether good stock in a location counts as sellable.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SellableBody {
    /// It does.
    sellable: bool,
}

/// Where a location is to stand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParentBody {
    /// The code of the location that it will stand directly below.
    parent: String,
}

fn answer(changed: &PlaceChanged) -> web::Result {
    Ok(Answer::ok(changed)?.version(changed.location.version))
}

/// Blocks a location with everything below it.
#[utoipa::path(
    post, path = "/api/v1/locations/{code}/block", request_body = BlockBody,
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = PlaceChanged))
)]
pub(crate) async fn block_location(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<BlockBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_blocked(tx, &command.caller, (&code, version), Some(&command.body.reason))?)
        })
        .await
}

/// Opens a location that was blocked; the body, which says why, may be left out.
#[utoipa::path(
    post, path = "/api/v1/locations/{code}/unblock", request_body = Option<UnblockBody>,
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = PlaceChanged))
)]
pub(crate) async fn unblock_location(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<Option<UnblockBody>>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let why = command.body.as_ref().and_then(|body| body.reason.as_deref());
            answer(&super::open(tx, &command.caller, (&code, version), why)?)
        })
        .await
}

/// Sets whether good stock of a location counts as sellable.
#[utoipa::path(
    post, path = "/api/v1/locations/{code}/sellable", request_body = SellableBody,
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = PlaceChanged))
)]
pub(crate) async fn set_location_sellable(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<SellableBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_sellable(tx, &command.caller, (&code, version), command.body.sellable)?)
        })
        .await
}

/// Puts a location with everything below it below another one.
#[utoipa::path(
    post, path = "/api/v1/locations/{code}/move", request_body = ParentBody,
    params(("code" = String, Path, description = "the code of the location")),
    responses((status = 200, body = PlaceChanged))
)]
pub(crate) async fn move_location(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ParentBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_parent(tx, &command.caller, (&code, version), &command.body.parent)?)
        })
        .await
}
