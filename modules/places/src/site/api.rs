//! `GET /api/v1/sites`, `GET` and `PATCH /api/v1/sites/{code}`.

use super::decide::ChangeSite;
use super::{Site, change_site as change, find};
use crate::code;
use crate::store_site::{Filter, list};
use domain::{Code, Country, Problem, SiteState};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of sites.
    pub(crate) enum SiteSort { Code = "code" }
}

/// The filters of the list of sites.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SiteFilter {
    /// Only sites in this country, by its two letters.
    country: Option<String>,
    /// Only sites in this state: `set_up`, `pilot` or `live`.
    state: Option<String>,
    /// `false` lists what is in use, and so does leaving it out; `true` lists only what is archived,
    /// `all` both.
    archived: Option<String>,
}

/// Lists sites by code.
#[utoipa::path(
    get, path = "/api/v1/sites", params(List<SiteFilter, SiteSort>),
    responses((status = 200, body = Page<Site>))
)]
pub(crate) async fn list_sites(app: App, caller: Caller, asked: List<SiteFilter, SiteSort>) -> web::Result {
    let after = asked.after::<String>()?;
    let country = asked.filter.country.as_deref().map(Country::parse).transpose();
    let country =
        country.map_err(|error| Problem::at(Code::MalformedParameter, "?country", error.to_string()))?;
    let state = asked.filter.state.as_deref().map(SiteState::parse).transpose();
    let state = state.map_err(|error| Problem::at(Code::MalformedParameter, "?state", error.to_string()))?;
    let filter = Filter {
        after,
        state,
        country: country.map(Country::code),
        archived: crate::find::api::archived(asked.filter.archived.as_deref())?,
        roots: caller.scope.roots_json(),
        limit: asked.fetch(),
    };
    let sites = app.db().read(move |conn| Ok::<_, Failure>(list(conn, &filter)?)).await?;
    Answer::ok(&asked.page(sites, |site| code::key(&site.code))?)
}

/// Shows one site with its address and whom to reach there.
#[utoipa::path(
    get, path = "/api/v1/sites/{code}",
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = Site))
)]
pub(crate) async fn get_site(app: App, caller: Caller, Path(code): Path<String>) -> web::Result {
    let site = app.db().read(move |conn| find(conn, caller.scope.reached(), &code)).await?;
    Ok(Answer::ok(&site)?.version(site.version))
}

/// Changes the address of a site, and whom to reach there.
#[utoipa::path(
    patch, path = "/api/v1/sites/{code}", request_body = ChangeSite,
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = Site))
)]
pub(crate) async fn change_site(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeSite>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let caller = &command.caller;
            let site = change(tx, &caller.ctx, caller.scope.reached(), (&code, version), &command.body)?;
            Ok(Answer::ok(&site)?.version(site.version))
        })
        .await
}
