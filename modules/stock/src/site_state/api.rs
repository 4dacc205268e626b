//! The routes that take a site into use.

use super::{GoOn, Readiness, go_on as on, readiness, set_back as back};
use crate::service::Vault;
use axum::extract::State;
use domain::{AsProblem, SiteState};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Answer, App, Caller, Command, Failure, IfMatch, Path};

/// Where a site is to go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteStateBody {
    /// `pilot` or `live`.
    state: String,
    /// Why, for whoever reads it later.
    reason: String,
    /// The points of its readiness that lack and that it does without: `places`, `opening_stock`, `placed`,
    /// `people`.
    #[serde(default)]
    despite: Vec<String>,
}

/// Why a site goes back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetBackBody {
    /// Why, for whoever reads it later.
    reason: String,
}

fn answer(shown: &Readiness) -> web::Result {
    Ok(Answer::ok(shown)?.version(shown.version))
}

/// Shows what a site needs before it goes on.
#[utoipa::path(
    get, path = "/api/v1/sites/{code}/readiness",
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = Readiness))
)]
pub(crate) async fn get_site_readiness(
    app: App,
    State(vault): State<Vault>,
    caller: Caller,
    Path(code): Path<String>,
) -> web::Result {
    let staff = vault.staff();
    let shown = app.db().read(move |conn| readiness(conn, caller.scope.reached(), &code, staff)).await?;
    answer(&shown)
}

/// Takes a site on: from its set-up into a pilot or into use, or from the pilot into use.
#[utoipa::path(
    post, path = "/api/v1/sites/{code}/state", request_body = SiteStateBody,
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = Readiness))
)]
pub(crate) async fn set_site_state(
    app: App,
    State(vault): State<Vault>,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<SiteStateBody>,
) -> web::Result {
    let staff = vault.staff();
    command
        .run(&app, move |tx, command| {
            let SiteStateBody { state, reason, despite } = &command.body;
            let to = SiteState::parse(state).map_err(|error| Failure::from(error.problem("/state")))?;
            let wanted = GoOn { to, reason: reason.clone(), despite: despite.clone() };
            answer(&on(tx, &command.caller, (&code, version), (&wanted, staff))?)
        })
        .await
}

/// Sets a site that is tried out back to its set-up, while nothing is promised there or on its way.
#[utoipa::path(
    post, path = "/api/v1/sites/{code}/set-back", request_body = SetBackBody,
    params(("code" = String, Path, description = "the code of the site")),
    responses((status = 200, body = Readiness))
)]
pub(crate) async fn set_site_back(
    app: App,
    State(vault): State<Vault>,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<SetBackBody>,
) -> web::Result {
    let staff = vault.staff();
    command
        .run(&app, move |tx, command| {
            let reason = command.body.reason.as_str();
            answer(&back(tx, &command.caller, (&code, version), (reason, staff))?)
        })
        .await
}
