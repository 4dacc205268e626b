//! The routes of values.

use super::store::{After, Filter};
use super::{ValuationRow, ValuationTotals, groups_within, page, totals};
use crate::as_of::Moment;
use crate::asked;
use crate::walk::Part;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Query};

web::sorts! {
    /// The orders of the list of values.
    pub(crate) enum ValuationSort { Sku = "sku", SkuDown = "-sku" }
}

/// The filters of values.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValuationFilter {
    /// Only this item.
    sku: Option<String>,
    /// Only this valuation group: a site, or `organisation` where all sites are valued together.
    group: Option<String>,
    /// As it was at this instant, such as `2026-03-01T09:30:00Z`.
    as_of: Option<String>,
    /// As the ledger knew it at this instant.
    as_recorded: Option<String>,
}

/// Lists what each item is worth in each valuation group, now or at a moment.
#[utoipa::path(
    get, path = "/api/v1/valuation", params(List<ValuationFilter, ValuationSort>),
    responses((status = 200, body = Page<ValuationRow>))
)]
pub(crate) async fn list_valuation(
    app: App,
    caller: Caller,
    list: List<ValuationFilter, ValuationSort>,
) -> web::Result {
    let (asked, after, limit) = (list.filter.clone(), list.after::<After>()?, list.limit);
    let down = list.sort == ValuationSort::SkuDown;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let Part { rows, next } = app
        .db()
        .read(move |conn| {
            let ValuationFilter { sku, group, as_of, as_recorded } = asked;
            let item = asked::item(conn, &caller.scope, sku.as_deref())?.map(|item| item.id);
            let groups = groups_within(conn, &caller.scope, group.as_deref())?;
            let moment = Moment::read(conn, caller.ctx.now, as_of.as_deref(), as_recorded.as_deref())?;
            let by_item = caller.scope.is_limited().then(|| caller.scope.clone());
            let filter = Filter { down, after, with_zeros: false, item, groups, by_item, limit };
            Ok::<_, Failure>(page(conn, filter, moment.as_ref())?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}

/// What stock is worth in all, and in each valuation group: now or at a moment.
#[utoipa::path(
    get, path = "/api/v1/valuation/totals", params(ValuationFilter),
    responses((status = 200, body = ValuationTotals))
)]
pub(crate) async fn get_valuation_totals(
    app: App,
    caller: Caller,
    Query(asked): Query<ValuationFilter>,
) -> web::Result {
    let answer = app
        .db()
        .read(move |conn| {
            let ValuationFilter { sku, group, as_of, as_recorded } = asked;
            let item = asked::item(conn, &caller.scope, sku.as_deref())?.map(|item| item.id);
            let groups = groups_within(conn, &caller.scope, group.as_deref())?;
            let moment = Moment::read(conn, caller.ctx.now, as_of.as_deref(), as_recorded.as_deref())?;
            totals(conn, item, groups.as_deref(), moment.as_ref())
        })
        .await?;
    Answer::ok(&answer)
}
