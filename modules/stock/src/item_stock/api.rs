//! The route of the stock of one item.

use super::{ItemStock, read};
use domain::Problem;
use web::{Answer, App, Caller, Path};

/// The stock of one item now: per site, and where it is.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/stock",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = ItemStock))
)]
pub(crate) async fn get_item_stock(app: App, caller: Caller, Path(sku): Path<String>) -> web::Result {
    let now = caller.ctx.now;
    let found = app.db().read_blocking(|conn| read(conn, &caller.scope, &sku, now))?;
    let stock = found.ok_or_else(|| Problem::not_found("item", &sku))?;
    Answer::ok(&stock)
}
