//! The route of what can be sold and promised of an item.

use super::{Asked, ItemAvailability, read};
use crate::{asked, reach};
use db::Conn;
use domain::{Code, Problem, SiteId};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, Path, Query, Scope};

/// What of the availability of an item is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvailabilityFilter {
    /// Only this site.
    site: Option<String>,
    /// The day to promise for, such as `2026-03-01`; days after it are not listed, though they count.
    until: Option<String>,
}

/// What of an item is available now, and what can be promised for each day from now on.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/availability",
    params(("sku" = String, Path, description = "the SKU"), AvailabilityFilter),
    responses((status = 200, body = ItemAvailability))
)]
pub(crate) async fn get_item_availability(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    Query(wanted): Query<AvailabilityFilter>,
) -> web::Result {
    let until = asked::date(wanted.until.as_deref(), "?until")?;
    let answer = app
        .db()
        .read(move |conn| {
            let item = catalog::facts_by_sku(conn, &[&sku])?.pop().flatten();
            let item = item.ok_or_else(|| Problem::not_found("item", &sku))?;
            let site = asked_site(conn, &caller.scope, wanted.site.as_deref())?;
            reach::some_site(conn, &caller.scope)?;
            let asked = Asked { site, until };
            read(conn, &caller.scope, &item, caller.ctx.now, asked)
        })
        .await?;
    Answer::ok(&answer)
}

/// The site that is asked for by its code. Its numbers are those of all of it, so all of it is within reach.
pub(super) fn asked_site(
    conn: &mut Conn<'_>,
    scope: &Scope,
    named: Option<&str>,
) -> Result<Option<SiteId>, Failure> {
    let site = asked::site(conn, scope, named)?.map(|site| site.id);
    if let Some(site) = site
        && !reach::site(scope, site)
    {
        let detail = "only part of the site is within reach, and its numbers are those of all of it";
        return Err(Problem::at(Code::UnknownLocation, "?site", detail).into());
    }
    Ok(site)
}
