//! `GET /api/v1/sites/{code}/states`.

use super::StateShown;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, List, Page, Path};

web::sorts! {
    /// The order of the states of a site.
    pub(crate) enum StateSort { Newest = "-version" }
}

/// No filter.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StateFilter {}

/// Lists the states that a site went into: who took it there, when, why and despite what; the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/sites/{code}/states",
    params(("code" = String, Path, description = "the code of the site"), List<StateFilter, StateSort>),
    responses((status = 200, body = Page<StateShown>))
)]
pub(crate) async fn list_site_states(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    list: List<StateFilter, StateSort>,
) -> web::Result {
    let (below, limit) = (list.after::<i64>()?, list.fetch());
    let shown =
        app.db().read(move |conn| super::states(conn, caller.scope.reached(), &code, below, limit)).await?;
    Answer::ok(&list.page(shown, |state| state.version)?)
}
