//! The routes of the balance across sites, and of minimums.

use super::minimum::{self, Minimum};
use super::{Asked, BalanceAcross, DAYS_MAX, Weighed, page};
use domain::{Code, Problem};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path};

/// Days that are looked back, and for which it has to last, when nobody says otherwise.
const DAYS: i64 = 30;
const COVER: i64 = 14;

web::sorts! {
    /// The order of the balance across sites.
    pub(crate) enum AcrossSort { Sku = "sku" }
}

/// What is weighed.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AcrossFilter {
    /// Over how many days it is looked at what went out: 1 to 366, 30 when left out.
    days: Option<i64>,
    /// For how many days each site is to have enough: 0 to 366, 14 when left out.
    cover: Option<i64>,
    /// Only items that lack at a site.
    lacking: Option<bool>,
    /// Only items of which something could move.
    movable: Option<bool>,
}

fn within(number: Option<i64>, usual: i64, least: i64, pointer: &str) -> Result<i64, Problem> {
    let number = number.unwrap_or(usual);
    if (least..=DAYS_MAX).contains(&number) {
        return Ok(number);
    }
    let detail = format!("days are {least} to {DAYS_MAX}, `{number}` is not");
    Err(Problem::at(Code::MalformedParameter, pointer, detail))
}

/// Lists the items across the sites: where stock piles up, where it is missing, and what could move.
#[utoipa::path(
    get, path = "/api/v1/balance", params(List<AcrossFilter, AcrossSort>),
    responses((status = 200, body = Page<BalanceAcross>))
)]
pub(crate) async fn list_balance(
    app: App,
    caller: Caller,
    list: List<AcrossFilter, AcrossSort>,
) -> web::Result {
    let AcrossFilter { days, cover, lacking, movable } = list.filter;
    let asked = Asked {
        days: within(days, DAYS, 1, "?days")?,
        cover: within(cover, COVER, 0, "?cover")?,
        lacking: lacking.unwrap_or(false),
        movable: movable.unwrap_or(false),
        now: caller.ctx.now,
    };
    let (after, limit) = (list.after::<String>()?, list.limit);
    let part = app
        .db()
        .read(move |conn| {
            let weighed = Weighed::read(conn, &caller.scope)?;
            Ok::<_, Failure>(page(conn, &weighed, &asked, after, limit)?)
        })
        .await?;
    Answer::ok(&list.part(part.rows, part.next.as_ref())?)
}

/// The least that a site is to have of an item.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinimumBody {
    /// How much, in the base unit, as a decimal string; null for no minimum.
    least: Option<String>,
}

/// Shows the least that a site is to have of an item.
#[utoipa::path(
    get, path = "/api/v1/minimums/{site}/{sku}",
    params(
        ("site" = String, Path, description = "the code of the site"),
        ("sku" = String, Path, description = "the SKU of the item")
    ),
    responses((status = 200, body = Minimum))
)]
pub(crate) async fn get_minimum(
    app: App,
    caller: Caller,
    Path((site, sku)): Path<(String, String)>,
) -> web::Result {
    let shown = app.db().read(move |conn| minimum::get(conn, &caller.scope, &site, &sku)).await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}

/// Sets the least that a site is to have of an item.
#[utoipa::path(
    put, path = "/api/v1/minimums/{site}/{sku}", request_body = MinimumBody,
    params(
        ("site" = String, Path, description = "the code of the site"),
        ("sku" = String, Path, description = "the SKU of the item")
    ),
    responses((status = 200, body = Minimum))
)]
pub(crate) async fn set_minimum(
    app: App,
    Path((site, sku)): Path<(String, String)>,
    version: IfMatch,
    command: Command<MinimumBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let wanted = command.body.least.as_deref();
            let shown = minimum::set(tx, &command.caller, (&site, &sku), version, wanted)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}
