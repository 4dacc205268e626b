//! The route that sums stock.

use super::{StockSum, page};
use crate::level::api::StockFilter;
use crate::level::store::{After, Order};
use crate::walk::Part;
use web::{Answer, App, Caller, Failure, List, Page};

web::sorts! {
    /// The orders of the sums of stock.
    pub(crate) enum SumSort { Sku = "sku", SkuDown = "-sku" }
}

/// Sums up what there is of each item, now or at a moment. A page of a moment may be short, or even empty, and
/// still have a `next`: it looks at so many keys at most, and then at the rest of the item it is at, since
/// each item is summed up as a whole.
#[utoipa::path(
    get, path = "/api/v1/stock/sums", params(List<StockFilter, SumSort>),
    responses((status = 200, body = Page<StockSum>))
)]
pub(crate) async fn list_stock_sums(
    app: App,
    caller: Caller,
    list: List<StockFilter, SumSort>,
) -> web::Result {
    let (asked, after) = (list.filter.clone(), list.after::<After>()?);
    let limit = i64::try_from(list.limit).unwrap_or(i64::MAX);
    let order = match list.sort {
        SumSort::Sku => Order::Sku,
        SumSort::SkuDown => Order::SkuDown,
    };
    let Part { rows, next } = app
        .db()
        .read(move |conn| {
            let (filter, moment) = asked.resolve(conn, &caller, (order, after, limit))?;
            Ok::<_, Failure>(page(conn, filter, moment.as_ref(), caller.scope.is_all())?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}
