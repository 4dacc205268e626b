//! `GET /api/v1/search/items`.

use super::Found;
use crate::text;
use domain::{Code, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Query};

/// What is looked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words of the name, of a code or of an attribute, in any order; the last one may be begun only.
    q: String,
}

/// Finds items in use by words, which may be mistyped, or by any code: the fifty that fit best.
#[utoipa::path(
    get,
    path = "/api/v1/search/items",
    params(SearchQuery),
    responses((status = 200, body = Found))
)]
pub(crate) async fn search_items(app: App, caller: Caller, Query(query): Query<SearchQuery>) -> web::Result {
    let text = query.q.trim().to_owned();
    if text.is_empty() {
        let detail = "say what is looked for, such as `?q=red+lamp`";
        return Err(Problem::at(Code::MalformedParameter, "?q", detail).into());
    }
    text::name(&text.split_whitespace().collect::<Vec<_>>().join(" "), "?q")?;
    let found = app.db().read(move |conn| super::search(conn, &text, caller.categories.as_deref())).await?;
    Answer::ok(&found)
}
