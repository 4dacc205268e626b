//! The routes that change items with stock.

use catalog::Item;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Answer, App, Command, IfMatch, Path};

/// How the units of an item are told apart.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrackingBody {
    /// `none`, `lot` or `serial`.
    tracking: String,
}

/// Whose goods these are.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerBody {
    /// The third party; null for our own.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    owner: Option<String>,
}

/// What an item is merged into.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeBody {
    /// The SKU of the item that stays.
    into: String,
}

fn answer(item: &Item) -> web::Result {
    Ok(Answer::ok(item)?.version(item.version))
}

/// Changes how the units of an item are told apart; refused while there is stock.
#[utoipa::path(
    post, path = "/api/v1/items/{sku}/tracking", request_body = TrackingBody,
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn set_item_tracking(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<TrackingBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_tracking(tx, &command.caller, (&sku, version), &command.body.tracking)?)
        })
        .await
}

/// Says whose goods these are; refused while there is stock. What belongs to a third party is kept, counted and
/// promised like all else, and is worth nothing in the books.
#[utoipa::path(
    post, path = "/api/v1/items/{sku}/owner", request_body = OwnerBody,
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn set_item_owner(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<OwnerBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let owner = command.body.owner.as_deref();
            answer(&super::set_owner(tx, &command.caller, (&sku, version), owner)?)
        })
        .await
}

/// Archives an item; refused while there is stock, a claim or an open transfer of it.
#[utoipa::path(
    post, path = "/api/v1/items/{sku}/archive",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn archive_item(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_archived(tx, &command.caller, (&sku, version), true)?)
        })
        .await
}

/// Merges an item into another; refused while there is stock, a claim or an open transfer of it. Its barcodes and
/// supplies move there; it stays archived, with its history and the way to the other.
#[utoipa::path(
    post, path = "/api/v1/items/{sku}/merge", request_body = MergeBody,
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn merge_item(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<MergeBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::merge(tx, &command.caller, (&sku, version), &command.body.into)?)
        })
        .await
}

/// Takes an archived item back into use.
#[utoipa::path(
    post, path = "/api/v1/items/{sku}/restore",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn restore_item(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            answer(&super::set_archived(tx, &command.caller, (&sku, version), false)?)
        })
        .await
}
