//! `PATCH` and `DELETE /api/v1/items/{sku}/files/{file}`.

use super::decide::ChangeFile;
use crate::file::File;
use crate::show;
use web::{Answer, App, Command, IfMatch, Path};

/// Changes the name, the caption or the place of a file.
#[utoipa::path(
    patch,
    path = "/api/v1/items/{sku}/files/{file}",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("file" = i64, Path, description = "the number of the file"),
    ),
    request_body = ChangeFile,
    responses((status = 200, body = File))
)]
pub(crate) async fn change_item_file(
    app: App,
    Path((sku, file)): Path<(String, i64)>,
    version: IfMatch,
    command: Command<ChangeFile>,
) -> web::Result {
    let item = show::item(&app, &sku).await?;
    command
        .run(&app, move |tx, command| {
            let at = (item.record(), domain::FileId(file), version);
            let file = super::change(tx, &command.caller.ctx, at, &command.body)?;
            Ok(Answer::ok(&file)?.version(file.version))
        })
        .await
}

/// Removes a file from an item. It stays in the history of the item; its bytes are taken away a day later.
#[utoipa::path(
    delete,
    path = "/api/v1/items/{sku}/files/{file}",
    params(
        ("sku" = String, Path, description = "the SKU"),
        ("file" = i64, Path, description = "the number of the file"),
    ),
    responses((status = 204))
)]
pub(crate) async fn remove_item_file(
    app: App,
    Path((sku, file)): Path<(String, i64)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let item = show::item(&app, &sku).await?;
    command
        .run(&app, move |tx, command| {
            super::remove(tx, &command.caller.ctx, (item.record(), domain::FileId(file), version))?;
            Ok(Answer::nothing())
        })
        .await
}
