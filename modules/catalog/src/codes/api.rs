//! Units and barcodes of an item: `/api/v1/items/{sku}/units` and `/barcodes`.

use super::ChangeUnit;
use crate::item::{Item, NewBarcode, NewUnit};
use crate::limits::Told;
use domain::Ctx;
use web::{Answer, App, Command, Failure, IfMatch, Path};

/// Adds a packaging unit to an item.
#[utoipa::path(
    post,
    path = "/api/v1/items/{sku}/units",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = NewUnit,
    responses((status = 201, body = Item))
)]
pub(crate) async fn add_item_unit(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<NewUnit>,
) -> web::Result {
    run(app, command, made, move |tx, ctx, unit| super::add_unit(tx, ctx, (&sku, version), unit)).await
}

/// Says what a unit of an item is as a thing: its level, sides and weight.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{sku}/units/{unit}",
    params(("sku" = String, Path, description = "the SKU"), ("unit" = String, Path, description = "the unit")),
    request_body = ChangeUnit,
    responses((status = 200, body = Item))
)]
pub(crate) async fn change_item_unit(
    app: App,
    Path((sku, unit)): Path<(String, String)>,
    version: IfMatch,
    command: Command<ChangeUnit>,
) -> web::Result {
    let change = move |tx: &mut db::Tx<'_>, ctx: &Ctx, change: &ChangeUnit| {
        super::change_unit(tx, ctx, (&sku, version), &unit, change)
    };
    run(app, command, shown, change).await
}

/// Removes a packaging unit that no barcode hangs on.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/units/{unit}",
    params(("sku" = String, Path, description = "the SKU"), ("unit" = String, Path, description = "the unit")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn remove_item_unit(
    app: App,
    Path((sku, unit)): Path<(String, String)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    run(app, command, shown, move |tx, ctx, ()| super::remove_unit(tx, ctx, (&sku, version), &unit)).await
}

/// Adds a barcode to a unit of an item.
#[utoipa::path(
    post,
    path = "/api/v1/items/{sku}/barcodes",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = NewBarcode,
    responses((status = 201, body = Item))
)]
pub(crate) async fn add_item_barcode(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<NewBarcode>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let (ctx, told) = (&command.caller.ctx, Told::to(&command.caller));
            made(&super::add_barcode_told(tx, ctx, told, (&sku, version), &command.body)?)
        })
        .await
}

/// Removes a barcode of an item.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/barcodes/{code}",
    params(("sku" = String, Path, description = "the SKU"), ("code" = String, Path, description = "the barcode")),
    responses((status = 200, body = Item))
)]
pub(crate) async fn remove_item_barcode(
    app: App,
    Path((sku, code)): Path<(String, String)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    run(app, command, shown, move |tx, ctx, ()| super::remove_barcode(tx, ctx, (&sku, version), &code)).await
}

/// The answer where the item has something new.
fn made(item: &Item) -> web::Result {
    Ok(Answer::created(crate::find::api::address(&item.sku), item)?.version(item.version))
}

/// The answer where it has something no more.
fn shown(item: &Item) -> web::Result {
    Ok(Answer::ok(item)?.version(item.version))
}

async fn run<T: Send + 'static>(
    app: App,
    command: Command<T>,
    answer: fn(&Item) -> web::Result,
    mut change: impl FnMut(&mut db::Tx<'_>, &Ctx, &T) -> Result<Item, Failure> + Send + 'static,
) -> web::Result {
    command.run(&app, move |tx, command| answer(&change(tx, &command.caller.ctx, &command.body)?)).await
}
