//! `/api/v1/attributes`.

use super::decide::{ChangeAttribute, NewAttribute};
use super::{Attribute, change_attribute as change, create_attribute as create, remove_attribute as remove};
use crate::store_attributes;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path};

/// No filter.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttributeFilter {}

web::sorts! {
    /// The orders of the list of attributes.
    pub(crate) enum AttributeSort { Key = "key" }
}

/// Lists the attributes that are defined.
#[utoipa::path(
    get,
    path = "/api/v1/attributes",
    params(List<AttributeFilter, AttributeSort>),
    responses((status = 200, body = Page<Attribute>))
)]
pub(crate) async fn list_attributes(app: App, list: List<AttributeFilter, AttributeSort>) -> web::Result {
    let (after, fetch) = (list.after::<String>()?.unwrap_or_default(), list.fetch());
    let found =
        app.db().read(move |conn| Ok::<_, Failure>(store_attributes::list(conn, &after, fetch)?)).await?;
    Answer::ok(&list.page(found, |attribute| attribute.key.as_str().to_owned())?)
}

/// Shows the definition of an attribute.
#[utoipa::path(
    get,
    path = "/api/v1/attributes/{key}",
    params(("key" = String, Path, description = "the key")),
    responses((status = 200, body = Attribute))
)]
pub(crate) async fn get_attribute(app: App, Path(key): Path<String>) -> web::Result {
    let attribute = app.db().read(move |conn| super::addressed(conn, &key)).await?;
    Ok(Answer::ok(&attribute)?.version(attribute.version))
}

/// Defines an attribute.
#[utoipa::path(
    post,
    path = "/api/v1/attributes",
    request_body = NewAttribute,
    responses((status = 201, body = Attribute))
)]
pub(crate) async fn create_attribute(app: App, command: Command<NewAttribute>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let made = create(tx, &command.caller.ctx, &command.body)?;
            let address = format!("/api/v1/attributes/{}", made.key);
            Ok(Answer::created(address, &made)?.version(made.version))
        })
        .await
}

/// Changes the definition of an attribute. Its kind changes only while no item has a value.
#[utoipa::path(
    patch,
    path = "/api/v1/attributes/{key}",
    params(("key" = String, Path, description = "the key")),
    request_body = ChangeAttribute,
    responses((status = 200, body = Attribute))
)]
pub(crate) async fn change_attribute(
    app: App,
    Path(key): Path<String>,
    version: IfMatch,
    command: Command<ChangeAttribute>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let changed = change(tx, &command.caller.ctx, &key, version, &command.body)?;
            Ok(Answer::ok(&changed)?.version(changed.version))
        })
        .await
}

/// Forgets a definition that nothing uses.
#[utoipa::path(
    delete,
    path = "/api/v1/attributes/{key}",
    params(("key" = String, Path, description = "the key")),
    responses((status = 204))
)]
pub(crate) async fn remove_attribute(
    app: App,
    Path(key): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            remove(tx, &command.caller.ctx, &key, version)?;
            Ok(Answer::nothing())
        })
        .await
}
