//! `GET /api/v1/items/{sku}/changes`.

use super::{BOM, ItemChange, PRICE};
use crate::prices::hide_cost;
use domain::Permission;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use web::{Answer, App, Caller, List, Page, Path};

web::sorts! {
    /// The orders of the changes of an item.
    pub(crate) enum ChangeSort { Newest = "-n" }
}

/// No filter.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesFilter {}

/// Lists what was changed of an item, field by field, the latest first. Whoever may not see costs is told that a cost
/// or the price of a purchase has changed, and no amount; whoever has rights for some categories that a bill of
/// materials has, and not of what it is made.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/changes",
    params(("sku" = String, Path, description = "the SKU"), List<ChangesFilter, ChangeSort>),
    responses((status = 200, body = Page<ItemChange>))
)]
pub(crate) async fn list_item_changes(
    app: App,
    caller: Caller,
    Path(sku): Path<String>,
    list: List<ChangesFilter, ChangeSort>,
) -> web::Result {
    let (before, fetch) = (list.after::<i64>()?, list.fetch());
    let mut changes = app.db().read(move |conn| super::changes_of(conn, &sku, before, fetch)).await?;
    if !caller.may(Permission::CostRead) {
        let prices = changes.iter_mut().flat_map(|change| &mut change.changes).filter(|of| of.field == PRICE);
        for price in prices {
            hide_cost(&mut price.before);
            hide_cost(&mut price.after);
        }
    }
    if caller.categories.is_some() {
        // a bill may name items of others
        let bills = changes.iter_mut().flat_map(|change| &mut change.changes).filter(|of| of.field == BOM);
        for bill in bills {
            (bill.before, bill.after) = (Value::Null, Value::Null);
        }
    }
    Answer::ok(&list.page(changes, |change| change.n)?)
}
