//! `/api/v1/items/{sku}/supplies`.

use super::decide::{ChangeSupply, NewSupply};
use super::{
    ItemSupplies, Supply, add_supply_told as add, change_supply as change, remove_supply as remove,
    supplies_of,
};
use crate::item::Item;
use crate::limits::Told;
use domain::Problem;
use web::{Answer, App, Command, Failure, IfMatch, Path};

/// Shows what suppliers sell of an item, by rank.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/supplies",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = ItemSupplies))
)]
pub(crate) async fn get_item_supplies(app: App, Path(sku): Path<String>) -> web::Result {
    let supplies = app
        .db()
        .read(move |conn| {
            let found = supplies_of(conn, &sku)?;
            found.ok_or_else(|| Failure::from(Problem::not_found("item", &sku)))
        })
        .await?;
    Ok(Answer::ok(&supplies)?.version(supplies.version))
}

/// Adds what a supplier sells of an item.
#[utoipa::path(
    post,
    path = "/api/v1/items/{sku}/supplies",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = NewSupply,
    responses((status = 201, body = Supply))
)]
pub(crate) async fn add_item_supply(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<NewSupply>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let (ctx, told) = (&command.caller.ctx, Told::to(&command.caller));
            let (item, supply) = add(tx, ctx, told, (&sku, version), &command.body)?;
            Ok(Answer::created(address(&item), &supply)?.version(item.version))
        })
        .await
}

/// Changes what is said of something that a supplier sells.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{sku}/supplies/{supplier}/{code}",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("supplier" = String, Path, description = "the supplier"),
        ("code" = String, Path, description = "what the supplier calls it")
    ),
    request_body = ChangeSupply,
    responses((status = 200, body = Supply))
)]
pub(crate) async fn change_item_supply(
    app: App,
    Path((sku, supplier, code)): Path<(String, String, String)>,
    version: IfMatch,
    command: Command<ChangeSupply>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let named = (supplier.as_str(), code.as_str());
            let (item, supply) = change(tx, &command.caller.ctx, (&sku, version), named, &command.body)?;
            Ok(Answer::ok(&supply)?.version(item.version))
        })
        .await
}

/// Says that a supplier sells it no more.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/supplies/{supplier}/{code}",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("supplier" = String, Path, description = "the supplier"),
        ("code" = String, Path, description = "what the supplier calls it")
    ),
    responses((status = 200, body = Item))
)]
pub(crate) async fn remove_item_supply(
    app: App,
    Path((sku, supplier, code)): Path<(String, String, String)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let named = (supplier.as_str(), code.as_str());
            let item = remove(tx, &command.caller.ctx, (&sku, version), named)?;
            Ok(Answer::ok(&item)?.version(item.version))
        })
        .await
}

fn address(item: &Item) -> String {
    format!("{}/supplies", crate::find::api::address(&item.sku))
}
