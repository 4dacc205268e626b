//! `POST /api/v1/items`.

use crate::item::{Item, NewItem};
use crate::limits::{self, Told};
use web::{Answer, App, Command};

/// Creates an item with its units and barcodes.
#[utoipa::path(post, path = "/api/v1/items", request_body = NewItem, responses((status = 201, body = Item)))]
pub(crate) async fn create_item(app: App, command: Command<NewItem>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let told = Told::to(&command.caller);
            let item = super::create_told(tx, &command.caller.ctx, told, &command.body)?;
            limits::may_put(tx, &command.caller, item.category_id)?;
            Ok(Answer::created(crate::find::api::address(&item.sku), &item)?.version(item.version))
        })
        .await
}
