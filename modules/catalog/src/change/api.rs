//! `PATCH /api/v1/items/{sku}`.

use super::change_item as change;
use super::decide::ChangeItem;
use crate::item::Item;
use crate::limits;
use web::{Answer, App, Command, IfMatch, Path};

/// Changes the given fields of an item.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{sku}",
    params(("sku" = String, Path, description = "the SKU")),
    request_body = ChangeItem,
    responses((status = 200, body = Item))
)]
pub(crate) async fn change_item(
    app: App,
    Path(sku): Path<String>,
    version: IfMatch,
    command: Command<ChangeItem>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let before = limits::category_now(tx, &command.caller, &sku)?;
            let item = change(tx, &command.caller.ctx, &sku, version, &command.body)?;
            limits::may_move(tx, &command.caller, (before, item.category_id))?;
            Ok(Answer::ok(&item)?.version(item.version))
        })
        .await
}
