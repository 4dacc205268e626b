//! `GET /api/v1/items/{sku}/changes`.

use super::ItemChange;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, List, Page, Path};

web::sorts! {
    /// The orders of the changes of an item.
    pub(crate) enum ChangeSort { Newest = "-n" }
}

/// No filter.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesFilter {}

/// Lists what was changed of an item, field by field, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/changes",
    params(("sku" = String, Path, description = "the SKU"), List<ChangesFilter, ChangeSort>),
    responses((status = 200, body = Page<ItemChange>))
)]
pub(crate) async fn list_item_changes(
    app: App,
    Path(sku): Path<String>,
    list: List<ChangesFilter, ChangeSort>,
) -> web::Result {
    let (before, fetch) = (list.after::<i64>()?, list.fetch());
    let changes = app.db().read(move |conn| super::changes_of(conn, &sku, before, fetch)).await?;
    Answer::ok(&list.page(changes, |change| change.n)?)
}
