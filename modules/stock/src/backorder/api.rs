//! The routes of the rules of demand beyond stock.

use super::{BackorderRule, get, list, set};
use crate::asked;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The order of the list of rules: by site, that of the site first.
    pub(crate) enum RuleSort { Site = "site" }
}

/// The filters of the list of rules.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RuleFilter {
    /// Only those of this site.
    site: Option<String>,
}

/// How much may wait.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    /// `none`: what is not there is refused. `cap`: up to `cap` of each item may wait. `as_site`, of an
    /// item: as the rule of the site says.
    accepts: String,
    /// How much, in the base unit, as a decimal string; with `0`, nothing is accepted beyond stock, and
    /// what a loss takes waits.
    cap: Option<String>,
}

/// Lists the rules that were ever set.
#[utoipa::path(
    get, path = "/api/v1/backorder-rules", params(List<RuleFilter, RuleSort>),
    responses((status = 200, body = Page<BackorderRule>))
)]
pub(crate) async fn list_backorder_rules(
    app: App,
    caller: Caller,
    list_of: List<RuleFilter, RuleSort>,
) -> web::Result {
    let (after, limit, site) = (list_of.after::<(i64, i64)>()?, list_of.limit, list_of.filter.site.clone());
    let part = app
        .db()
        .read(move |conn| {
            let site = asked::site(conn, &caller.scope, site.as_deref())?.map(|site| site.id);
            Ok::<_, Failure>(list(conn, &caller.scope, site, after, limit)?)
        })
        .await?;
    Answer::ok(&list_of.part(part.rows, part.next.as_ref())?)
}

/// Shows the rule of a site: how much of each item may wait there.
#[utoipa::path(
    get, path = "/api/v1/backorder-rules/{site}",
    params(("site" = String, Path, description = "the code of the site")),
    responses((status = 200, body = BackorderRule))
)]
pub(crate) async fn get_site_backorder_rule(
    app: App,
    caller: Caller,
    Path(site): Path<String>,
) -> web::Result {
    shown(app, caller, site, None).await
}

/// Shows the rule of an item at a site; without one of its own, that of the site holds.
#[utoipa::path(
    get, path = "/api/v1/backorder-rules/{site}/{sku}",
    params(
        ("site" = String, Path, description = "the code of the site"),
        ("sku" = String, Path, description = "the SKU of the item")
    ),
    responses((status = 200, body = BackorderRule))
)]
pub(crate) async fn get_item_backorder_rule(
    app: App,
    caller: Caller,
    Path((site, sku)): Path<(String, String)>,
) -> web::Result {
    shown(app, caller, site, Some(sku)).await
}

async fn shown(app: App, caller: Caller, site: String, sku: Option<String>) -> web::Result {
    let rule = app.db().read(move |conn| get(conn, &caller.scope, (&site, sku.as_deref()))).await?;
    Ok(Answer::ok(&rule)?.version(rule.version))
}

/// Sets the rule of a site.
#[utoipa::path(
    put, path = "/api/v1/backorder-rules/{site}", request_body = RuleBody,
    params(("site" = String, Path, description = "the code of the site")),
    responses((status = 200, body = BackorderRule))
)]
pub(crate) async fn set_site_backorder_rule(
    app: App,
    Path(site): Path<String>,
    version: IfMatch,
    command: Command<RuleBody>,
) -> web::Result {
    settle(app, (site, None), version, command).await
}

/// Sets the rule of an item at a site, which beats that of the site.
#[utoipa::path(
    put, path = "/api/v1/backorder-rules/{site}/{sku}", request_body = RuleBody,
    params(
        ("site" = String, Path, description = "the code of the site"),
        ("sku" = String, Path, description = "the SKU of the item")
    ),
    responses((status = 200, body = BackorderRule))
)]
pub(crate) async fn set_item_backorder_rule(
    app: App,
    Path((site, sku)): Path<(String, String)>,
    version: IfMatch,
    command: Command<RuleBody>,
) -> web::Result {
    settle(app, (site, Some(sku)), version, command).await
}

async fn settle(
    app: App,
    (site, sku): (String, Option<String>),
    version: IfMatch,
    command: Command<RuleBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let RuleBody { accepts, cap } = &command.body;
            let said = (accepts.as_str(), cap.as_deref());
            let rule = set(tx, &command.caller, (&site, sku.as_deref()), version, said)?;
            Ok(Answer::ok(&rule)?.version(rule.version))
        })
        .await
}
