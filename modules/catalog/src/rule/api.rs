//! `/api/v1/categories/{path}/attributes` and `/api/v1/items/{sku}/attributes`.

use super::decide::NewRule;
use super::{CategoryAttribute, ItemAttribute, drop_rule as drop, set_rule as set};
use crate::categories::Category;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, App, Command, IfMatch, Path};

/// What a category asks for.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct CategoryAttributes {
    /// The category.
    category: Category,
    /// Its attributes in the order in which they are shown.
    attributes: Vec<CategoryAttribute>,
}

/// What an item has.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct ItemAttributes {
    /// Those that its category asks for, then the others.
    attributes: Vec<ItemAttribute>,
}

/// Shows what a category asks of its items, with what it inherits.
#[utoipa::path(
    get,
    path = "/api/v1/categories/{path}/attributes",
    params(("path" = String, Path, description = "the path, with `%2F` between its steps")),
    responses((status = 200, body = CategoryAttributes))
)]
pub(crate) async fn get_category_attributes(app: App, Path(path): Path<String>) -> web::Result {
    let (category, attributes) = app.db().read(move |conn| super::rules_of(conn, &path)).await?;
    let version = category.version;
    Ok(Answer::ok(&CategoryAttributes { category, attributes })?.version(version))
}

/// Says what a category asks of an attribute, in place of what it said. Items that would break it hold it
/// back.
#[utoipa::path(
    put,
    path = "/api/v1/categories/{path}/attributes/{key}",
    params(
        ("path" = String, Path, description = "the path, with `%2F` between its steps"),
        ("key" = String, Path, description = "the key of the attribute"),
    ),
    request_body = NewRule,
    responses((status = 200, body = Category))
)]
pub(crate) async fn set_category_attribute(
    app: App,
    Path((path, key)): Path<(String, String)>,
    version: IfMatch,
    command: Command<NewRule>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let category = set(tx, &command.caller.ctx, (&path, &key), version, &command.body)?;
            Ok(Answer::ok(&category)?.version(category.version))
        })
        .await
}

/// Says nothing more of an attribute in a category: what the one above says holds.
#[utoipa::path(
    delete,
    path = "/api/v1/categories/{path}/attributes/{key}",
    params(
        ("path" = String, Path, description = "the path, with `%2F` between its steps"),
        ("key" = String, Path, description = "the key of the attribute"),
    ),
    responses((status = 200, body = Category))
)]
pub(crate) async fn drop_category_attribute(
    app: App,
    Path((path, key)): Path<(String, String)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let category = drop(tx, &command.caller.ctx, (&path, &key), version)?;
            Ok(Answer::ok(&category)?.version(category.version))
        })
        .await
}

/// Shows the attributes of an item with those that its category gives it.
#[utoipa::path(
    get,
    path = "/api/v1/items/{sku}/attributes",
    params(("sku" = String, Path, description = "the SKU")),
    responses((status = 200, body = ItemAttributes))
)]
pub(crate) async fn get_item_attributes(app: App, Path(sku): Path<String>) -> web::Result {
    let attributes = app.db().read(move |conn| super::attributes_of(conn, &sku)).await?;
    Answer::ok(&ItemAttributes { attributes })
}
