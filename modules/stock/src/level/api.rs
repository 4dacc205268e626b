//! The route that lists stock.

use super::store::{After, Filter, Order};
use super::{StockRow, page};
use crate::as_of::Moment;
use crate::asked::{self, Below};
use crate::walk::Part;
use db::Conn;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page};

web::sorts! {
    /// The orders of the list of stock.
    pub(crate) enum StockSort { Sku = "sku", SkuDown = "-sku", Place = "location", PlaceDown = "-location" }
}

/// The filters of the list of stock.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StockFilter {
    /// Only this item.
    sku: Option<String>,
    /// Only this lot or serial, or the serials that were made in this lot; with `sku`.
    lot: Option<String>,
    /// Only this status.
    status: Option<String>,
    /// Only this site.
    site: Option<String>,
    /// Only this location and what stands below it.
    within: Option<String>,
    /// As it was at this instant, such as `2026-03-01T09:30:00Z`.
    as_of: Option<String>,
    /// As the ledger knew it at this instant.
    as_recorded: Option<String>,
}

impl StockFilter {
    /// What it names, within reach, and the moment it asks for.
    pub(crate) fn resolve(
        &self,
        conn: &mut Conn<'_>,
        caller: &Caller,
        (order, after, limit): (Order, Option<After>, i64),
    ) -> Result<(Filter, Option<Moment>), Failure> {
        let StockFilter { sku, lot, status, site, within, as_of, as_recorded } = self;
        let status = asked::status(status.as_deref())?;
        let item = asked::item(conn, &caller.scope, sku.as_deref())?;
        let lot = asked::lot(conn, item.as_ref(), lot.as_deref())?.map(|lot| lot.id);
        let site = asked::site(conn, &caller.scope, site.as_deref())?.map(|site| site.id);
        let place = asked::place(conn, &caller.scope, within.as_deref(), "?within")?;
        let item = item.map(|item| item.id);
        let moment = Moment::read(conn, caller.ctx.now, as_of.as_deref(), as_recorded.as_deref())?;
        let below = match moment {
            None => Below::read(conn, &caller.scope, place)?,
            Some(_) => Below::read_past(conn, &caller.scope, place)?,
        };
        Ok((Filter { order, after, then: None, item, site, status, lot, below, limit }, moment))
    }
}

/// Lists what each location holds, now or at a moment.
#[utoipa::path(
    get, path = "/api/v1/stock", params(List<StockFilter, StockSort>),
    responses((status = 200, body = Page<StockRow>))
)]
pub(crate) async fn list_stock(app: App, caller: Caller, list: List<StockFilter, StockSort>) -> web::Result {
    let (asked, after) = (list.filter.clone(), list.after::<After>()?);
    let limit = i64::try_from(list.limit).unwrap_or(i64::MAX);
    let order = match list.sort {
        StockSort::Sku => Order::Sku,
        StockSort::SkuDown => Order::SkuDown,
        StockSort::Place => Order::Place,
        StockSort::PlaceDown => Order::PlaceDown,
    };
    let Part { rows, next } = app
        .db()
        .read(move |conn| {
            let (filter, moment) = asked.resolve(conn, &caller, (order, after, limit))?;
            Ok::<_, Failure>(page(conn, filter, moment.as_ref())?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}
