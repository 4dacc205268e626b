//! The routes of types of locations.

use super::decide::{ChangeLocationType, NewLocationType};
use super::{LocationType, change, create, find};
use crate::code;
use crate::create::api::escaped;
use crate::store_type;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The order of the list of types.
    pub(crate) enum TypeSort { Code = "code" }
}

/// The filters of the list of types.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TypeFilter {
    /// Only those that are archived, or only those that are not.
    archived: Option<bool>,
}

/// Lists the types of locations by code.
#[utoipa::path(
    get, path = "/api/v1/location-types", params(List<TypeFilter, TypeSort>),
    responses((status = 200, body = Page<LocationType>))
)]
pub(crate) async fn list_location_types(app: App, asked: List<TypeFilter, TypeSort>) -> web::Result {
    let (after, archived, limit) = (asked.after::<String>()?, asked.filter.archived, asked.fetch());
    let found = app.db().read(move |conn| {
        Ok::<_, Failure>(store_type::list(conn, after.as_deref().unwrap_or_default(), archived, limit)?)
    });
    Answer::ok(&asked.page(found.await?, |one| code::key(&one.code))?)
}

/// Shows one type of locations.
#[utoipa::path(
    get, path = "/api/v1/location-types/{code}",
    params(("code" = String, Path, description = "the code of the type")),
    responses((status = 200, body = LocationType))
)]
pub(crate) async fn get_location_type(app: App, Path(code): Path<String>) -> web::Result {
    let found = app.db().read(move |conn| find(conn, &code)).await?;
    Ok(Answer::ok(&found)?.version(found.version))
}

/// Makes a type of locations.
#[utoipa::path(
    post, path = "/api/v1/location-types", request_body = NewLocationType,
    responses((status = 201, body = LocationType))
)]
pub(crate) async fn create_location_type(app: App, command: Command<NewLocationType>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let made = create(tx, &command.caller.ctx, &command.body)?;
            let address = escaped("/api/v1/location-types/", &made.code);
            Ok(Answer::created(address, &made)?.version(made.version))
        })
        .await
}

/// Changes what new locations of a type are.
#[utoipa::path(
    patch, path = "/api/v1/location-types/{code}", request_body = ChangeLocationType,
    params(("code" = String, Path, description = "the code of the type")),
    responses((status = 200, body = LocationType))
)]
pub(crate) async fn change_location_type(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeLocationType>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let changed = change(tx, &command.caller.ctx, (&code, version), &command.body)?;
            Ok(Answer::ok(&changed)?.version(changed.version))
        })
        .await
}
