//! `/api/v1/families`.

use super::decide::{ChangeFamily, NewFamily};
use super::{Family, change_family as change, create_family as create, remove_family as remove};
use crate::store_families;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of families.
    pub(crate) enum FamilySort { Code = "code" }
}

/// Which families.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FamilyFilter {
    /// Only those in use, or only those that are not.
    archived: Option<bool>,
}

/// Lists families by code.
#[utoipa::path(
    get,
    path = "/api/v1/families",
    params(List<FamilyFilter, FamilySort>),
    responses((status = 200, body = Page<Family>))
)]
pub(crate) async fn list_families(app: App, list: List<FamilyFilter, FamilySort>) -> web::Result {
    let (after, fetch) = (list.after::<String>()?.unwrap_or_default(), list.fetch());
    let archived = list.filter.archived;
    let found = app
        .db()
        .read(move |conn| {
            let found = store_families::list(conn, &after, archived, fetch)?;
            Ok::<_, Failure>(super::complete(conn, found)?)
        })
        .await?;
    Answer::ok(&list.page(found, |family| super::folded(&family.code))?)
}

/// Shows a family.
#[utoipa::path(
    get,
    path = "/api/v1/families/{code}",
    params(("code" = String, Path, description = "the code")),
    responses((status = 200, body = Family))
)]
pub(crate) async fn get_family(app: App, Path(code): Path<String>) -> web::Result {
    let family = app.db().read(move |conn| super::addressed(conn, &code)).await?;
    Ok(Answer::ok(&family)?.version(family.version))
}

/// Creates a family.
#[utoipa::path(
    post,
    path = "/api/v1/families",
    request_body = NewFamily,
    responses((status = 201, body = Family))
)]
pub(crate) async fn create_family(app: App, command: Command<NewFamily>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let family = create(tx, &command.caller.ctx, &command.body)?;
            let address = format!("/api/v1/families/{}", crate::find::api::encoded(&family.code));
            Ok(Answer::created(address, &family)?.version(family.version))
        })
        .await
}

/// Changes a family. What its variants follow changes with it.
#[utoipa::path(
    patch,
    path = "/api/v1/families/{code}",
    params(("code" = String, Path, description = "the code")),
    request_body = ChangeFamily,
    responses((status = 200, body = Family))
)]
pub(crate) async fn change_family(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeFamily>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let family = change(tx, &command.caller.ctx, (&code, version), &command.body)?;
            Ok(Answer::ok(&family)?.version(family.version))
        })
        .await
}

/// Removes a family that has no variants.
#[utoipa::path(
    delete,
    path = "/api/v1/families/{code}",
    params(("code" = String, Path, description = "the code")),
    responses((status = 204))
)]
pub(crate) async fn remove_family(
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
