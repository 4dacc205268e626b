//! `GET /api/v1/locations/{code}/blocks`.

use super::BlockShown;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, List, Page, Path};

web::sorts! {
    /// The order of the blocks of a location.
    pub(crate) enum BlockSort { Newest = "-version" }
}

/// No filter.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlockFilter {}

/// Lists when a location was blocked and opened, by whom and why, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/locations/{code}/blocks",
    params(("code" = String, Path, description = "the code of the location"), List<BlockFilter, BlockSort>),
    responses((status = 200, body = Page<BlockShown>))
)]
pub(crate) async fn list_location_blocks(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    list: List<BlockFilter, BlockSort>,
) -> web::Result {
    let (below, limit) = (list.after::<i64>()?, list.fetch());
    let shown = app.db().read(move |conn| super::blocks(conn, &caller.scope, &code, below, limit)).await?;
    Answer::ok(&list.page(shown, |block| block.version)?)
}
