//! The route that lists what is available.

use super::api::asked_site;
use super::list::{After, AvailabilityRow, Wanted, page};
use crate::walk::Part;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page};

/// What the list of availability is narrowed to.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvailabilityListFilter {
    /// Only this site.
    site: Option<String>,
}

web::sorts! {
    /// The orders of what is available.
    pub(crate) enum AvailabilitySort { Sku = "sku", SkuDown = "-sku" }
}

/// Lists what is available now of each item at each site. Sites of which the caller reaches only a
/// part are not listed. A page may be short, or even empty, and still have a `next`: it looks at so many
/// items at most, however few of them the sites have.
#[utoipa::path(
    get, path = "/api/v1/availability", params(List<AvailabilityListFilter, AvailabilitySort>),
    responses((status = 200, body = Page<AvailabilityRow>))
)]
pub(crate) async fn list_availability(
    app: App,
    caller: Caller,
    list: List<AvailabilityListFilter, AvailabilitySort>,
) -> web::Result {
    let (site, after, limit) = (list.filter.site.clone(), list.after::<After>()?, list.limit);
    let down = list.sort == AvailabilitySort::SkuDown;
    let Part { rows, next } = app
        .db()
        .read(move |conn| {
            let site = asked_site(conn, &caller.scope, site.as_deref())?;
            let wanted = Wanted::read(&caller.scope, site, down);
            Ok::<_, Failure>(page(conn, &wanted, after, limit, caller.ctx.now)?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}
