//! `/api/v1/option-sets`.

use super::decide::{ChangeOptionSet, ChangeOptionValue, NewOptionSet, NewOptionValue};
use super::{
    OptionSet, add_option_value as add_value, change_option_set as change,
    change_option_value as change_value, create_option_set as create, remove_option_set as remove,
    remove_option_value as remove_value,
};
use crate::store_options;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path};

/// No filter.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OptionSetFilter {}

web::sorts! {
    /// The orders of the list of option sets.
    pub(crate) enum OptionSetSort { Code = "code" }
}

/// Lists the option sets with their values.
#[utoipa::path(
    get,
    path = "/api/v1/option-sets",
    params(List<OptionSetFilter, OptionSetSort>),
    responses((status = 200, body = Page<OptionSet>))
)]
pub(crate) async fn list_option_sets(app: App, list: List<OptionSetFilter, OptionSetSort>) -> web::Result {
    let (after, fetch) = (list.after::<String>()?.unwrap_or_default(), list.fetch());
    let found =
        app.db().read(move |conn| Ok::<_, Failure>(store_options::list(conn, &after, fetch)?)).await?;
    Answer::ok(&list.page(found, |set| set.code.as_str().to_owned())?)
}

/// Shows an option set with its values.
#[utoipa::path(
    get,
    path = "/api/v1/option-sets/{code}",
    params(("code" = String, Path, description = "the code")),
    responses((status = 200, body = OptionSet))
)]
pub(crate) async fn get_option_set(app: App, Path(code): Path<String>) -> web::Result {
    let set = app.db().read(move |conn| super::addressed(conn, &code)).await?;
    shown(&set)
}

/// Creates an option set with its values.
#[utoipa::path(
    post,
    path = "/api/v1/option-sets",
    request_body = NewOptionSet,
    responses((status = 201, body = OptionSet))
)]
pub(crate) async fn create_option_set(app: App, command: Command<NewOptionSet>) -> web::Result {
    command.run(&app, |tx, command| made(&create(tx, &command.caller.ctx, &command.body)?)).await
}

/// Changes the name of an option set, or the order of its values.
#[utoipa::path(
    patch,
    path = "/api/v1/option-sets/{code}",
    params(("code" = String, Path, description = "the code")),
    request_body = ChangeOptionSet,
    responses((status = 200, body = OptionSet))
)]
pub(crate) async fn change_option_set(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeOptionSet>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            shown(&change(tx, &command.caller.ctx, (&code, version), &command.body)?)
        })
        .await
}

/// Removes an option set that no family names.
#[utoipa::path(
    delete,
    path = "/api/v1/option-sets/{code}",
    params(("code" = String, Path, description = "the code")),
    responses((status = 204))
)]
pub(crate) async fn remove_option_set(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            remove(tx, &command.caller.ctx, (&code, version))?;
            Ok(Answer::nothing())
        })
        .await
}

/// Adds a value to an option set, behind the others.
#[utoipa::path(
    post,
    path = "/api/v1/option-sets/{code}/values",
    params(("code" = String, Path, description = "the code")),
    request_body = NewOptionValue,
    responses((status = 201, body = OptionSet))
)]
pub(crate) async fn add_option_value(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<NewOptionValue>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            made(&add_value(tx, &command.caller.ctx, (&code, version), &command.body)?)
        })
        .await
}

/// Changes the name of a value, or takes it out of use, or back into it.
#[utoipa::path(
    patch,
    path = "/api/v1/option-sets/{code}/values/{value}",
    params(("code" = String, Path, description = "the code"), ("value" = String, Path, description = "the code of the value")),
    request_body = ChangeOptionValue,
    responses((status = 200, body = OptionSet))
)]
pub(crate) async fn change_option_value(
    app: App,
    Path((code, value)): Path<(String, String)>,
    version: IfMatch,
    command: Command<ChangeOptionValue>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            shown(&change_value(tx, &command.caller.ctx, (&code, version), &value, &command.body)?)
        })
        .await
}

/// Removes a value that no variant has.
#[utoipa::path(
    delete,
    path = "/api/v1/option-sets/{code}/values/{value}",
    params(("code" = String, Path, description = "the code"), ("value" = String, Path, description = "the code of the value")),
    responses((status = 204))
)]
pub(crate) async fn remove_option_value(
    app: App,
    Path((code, value)): Path<(String, String)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            remove_value(tx, &command.caller.ctx, (&code, version), &value)?;
            Ok(Answer::nothing())
        })
        .await
}

fn made(set: &OptionSet) -> web::Result {
    let address = format!("/api/v1/option-sets/{}", set.code);
    Ok(Answer::created(address, set)?.version(set.version))
}

fn shown(set: &OptionSet) -> web::Result {
    Ok(Answer::ok(set)?.version(set.version))
}
