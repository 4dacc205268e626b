//! The route of what goes out first.

use super::{After, RotationRow, Wanted, page};
use crate::asked::{self, Below};
use domain::{AsProblem, Code, Problem, Qty};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Failure, List, Page, Path};

web::sorts! {
    /// The order of what may be picked.
    pub(crate) enum RotationSort { Since = "since" }
}

/// What is to be picked, and where.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RotationFilter {
    /// The site to pick at; it must be named.
    site: Option<String>,
    /// How much is wanted, in the item's base unit: the list ends where it is reached, and each row
    /// says what to take. When there is less, all of it is listed.
    qty: Option<String>,
    /// Only this location and what stands below it.
    within: Option<String>,
}

/// Lists what may be picked of an item at a site, the oldest first: good, in locations that are open
/// to allocation, in lots that are neither on hold nor past their last sellable day, bound to no owner.
#[utoipa::path(
    get, path = "/api/v1/items/{sku}/rotation",
    params(("sku" = String, Path, description = "the SKU"), List<RotationFilter, RotationSort>),
    responses((status = 200, body = Page<RotationRow>))
)]
pub(crate) async fn list_rotation(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    list: List<RotationFilter, RotationSort>,
) -> web::Result {
    let (asked, after, limit) = (
        list.filter.clone(),
        list.after_if::<After>(|after| domain::Instant(after.since).is_in_range())?,
        list.limit,
    );
    let qty = asked.qty.as_deref().map(quantity).transpose()?;
    let (rows, next) = app
        .db()
        .read(move |conn| {
            let item = catalog::facts_by_sku(conn, &[&sku])?.pop().flatten();
            let item = item.ok_or_else(|| Problem::not_found("item", &sku))?;
            let site = asked::site(conn, &caller.scope, asked.site.as_deref())?.ok_or_else(no_site)?;
            let place = asked::place(conn, &caller.scope, asked.within.as_deref(), "?within")?;
            let below = Below::read(conn, &caller.scope, place)?.roots;
            let (item, today) = (item.id, site.zone.date(caller.ctx.now));
            let wanted = Wanted { item, site: site.id, today, below, qty, limit };
            Ok::<_, Failure>(page(conn, &wanted, after.as_ref())?)
        })
        .await?;
    Answer::ok(&list.part(rows, next.as_ref())?)
}

fn no_site() -> Problem {
    let detail = "goods are picked at one site; name it as `site`";
    Problem::at(Code::MalformedParameter, "?site", detail)
}

/// A quantity above zero, in millionths.
fn quantity(text: &str) -> Result<i64, Problem> {
    let qty = Qty::parse(text).map_err(|error| error.problem("?qty"))?;
    if qty.is_zero() {
        return Err(Problem::at(
            Code::InvalidQuantity,
            "?qty",
            "nothing needs no place; ask for more than zero",
        ));
    }
    Ok(qty.millionths())
}
