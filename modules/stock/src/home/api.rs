//! The routes of homes.

use super::store::Among;
use super::{Home, Homes, Which, get, list, set};
use crate::asked;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The order of the list of homes: by site, item and rank.
    pub(crate) enum HomeSort { Site = "site" }
}

/// The filters of the list of homes.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HomeFilter {
    /// Only those at this site.
    site: Option<String>,
    /// Only those of this item.
    sku: Option<String>,
    /// Only what is kept in this place itself, not below it.
    location: Option<String>,
}

/// Lists where items are kept.
#[utoipa::path(
    get, path = "/api/v1/homes", params(List<HomeFilter, HomeSort>),
    responses((status = 200, body = Page<Home>))
)]
pub(crate) async fn list_homes(app: App, caller: Caller, list_of: List<HomeFilter, HomeSort>) -> web::Result {
    let (after, limit, filter) = (list_of.after::<Among>()?, list_of.limit, list_of.filter.clone());
    let part = app
        .db()
        .read(move |conn| {
            let which = Which {
                site: asked::site(conn, &caller.scope, filter.site.as_deref())?.map(|site| site.id),
                item: asked::item(conn, &caller.scope, filter.sku.as_deref())?.map(|item| item.id),
                location: asked::place(conn, &caller.scope, filter.location.as_deref(), "?location")?,
            };
            Ok::<_, Failure>(list(conn, &caller.scope, which, after, limit)?)
        })
        .await?;
    Answer::ok(&list_of.part(part.rows, part.next.as_ref())?)
}

/// Where an item is kept at a site.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HomesBody {
    /// The codes of the places, the first sought first; at most 16, and none takes them away.
    locations: Vec<String>,
}

/// Shows where an item is kept at a site.
#[utoipa::path(
    get, path = "/api/v1/homes/{site}/{sku}",
    params(
        ("site" = String, Path, description = "the code of the site"),
        ("sku" = String, Path, description = "the SKU of the item")
    ),
    responses((status = 200, body = Homes))
)]
pub(crate) async fn get_homes(
    app: App,
    caller: Caller,
    Path((site, sku)): Path<(String, String)>,
) -> web::Result {
    let shown = app.db().read(move |conn| get(conn, &caller.scope, &site, &sku)).await?;
    Ok(Answer::ok(&shown)?.version(shown.version))
}

/// Says where an item is kept at a site.
#[utoipa::path(
    put, path = "/api/v1/homes/{site}/{sku}", request_body = HomesBody,
    params(
        ("site" = String, Path, description = "the code of the site"),
        ("sku" = String, Path, description = "the SKU of the item")
    ),
    responses((status = 200, body = Homes))
)]
pub(crate) async fn set_homes(
    app: App,
    Path((site, sku)): Path<(String, String)>,
    version: IfMatch,
    command: Command<HomesBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let shown = set(tx, &command.caller, (&site, &sku), version, &command.body.locations)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}
