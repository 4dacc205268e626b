//! The route of the stock of one item.

use super::{ItemStock, read};
use crate::as_of::Moment;
use db::Conn;
use domain::Problem;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, Path, Query};

/// When the stock of an item is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StockMoment {
    /// As it was at this instant, such as `2026-03-01T09:30:00Z`.
    as_of: Option<String>,
    /// As the ledger knew it at this instant.
    as_recorded: Option<String>,
}

/// The stock of one item, per site and where it is: now, or what was on hand at a moment.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/stock",
    params(("sku" = String, Path, description = "the SKU"), StockMoment),
    responses((status = 200, body = ItemStock))
)]
pub(crate) async fn get_item_stock(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    Query(asked): Query<StockMoment>,
) -> web::Result {
    let now = caller.ctx.now;
    let is_past = asked.as_of.is_some() || asked.as_recorded.is_some();
    let look = move |conn: &mut Conn<'_>| {
        let moment = Moment::read(conn, now, asked.as_of.as_deref(), asked.as_recorded.as_deref())?;
        let item = catalog::facts_by_sku(conn, &[&sku])?.pop().flatten();
        let item = item.ok_or_else(|| Problem::not_found("item", &sku))?;
        Ok::<_, Failure>(read(conn, &caller.scope, &item, now, moment.as_ref())?)
    };
    // now is a point read: handing it to another thread would cost more than it does; the past is
    // added up from months of the ledger, and must not hold up the thread that answers others
    let stock = if is_past { app.db().read(look).await? } else { app.db().read_blocking(look)? };
    Answer::ok(&stock)
}
