//! The door of roles, and the list of permissions that they are made of.

use super::{Changes, NewRole, words};
use crate::Access;
use crate::condition::{self, SecondPerson};
use crate::role::{Role, parse_permissions};
use axum::extract::State;
use domain::Permission;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Command, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of roles.
    pub(crate) enum RoleSort { Name = "name" }
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleView {
    /// Its name.
    name: String,
    /// What it is for.
    about: String,
    /// It comes with the product and cannot be changed.
    built_in: bool,
    /// What it allows.
    permissions: Vec<&'static str>,
    /// Which of that asks for a second person, always or above a limit.
    second_person: Vec<SecondPerson>,
    /// Counts its changes; the `ETag`.
    version: i64,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        let Role { id: _, name, about, built_in, permissions, conditions, version } = role;
        let second_person = condition::views(&conditions);
        RoleView { name, about, built_in, permissions: words(permissions), second_person, version }
    }
}

/// A role to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRole {
    /// Its name, which grants name.
    name: String,
    /// What it is for.
    #[serde(default)]
    about: String,
    /// What it allows; see `/api/v1/permissions`.
    permissions: Vec<String>,
    /// Which of that asks for a second person; none when left out.
    #[serde(default)]
    second_person: Vec<SecondPerson>,
}

/// What can be changed of a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    /// What it is for.
    about: Option<String>,
    /// What it allows, in place of what it did.
    permissions: Option<Vec<String>>,
    /// Which of that asks for a second person, in place of what did.
    second_person: Option<Vec<SecondPerson>>,
}

/// No filter.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoleFilter {}

/// What can be allowed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionView {
    /// Its name.
    permission: &'static str,
    /// What it allows.
    about: &'static str,
}

/// All permissions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionList {
    /// All of them.
    items: Vec<PermissionView>,
}

/// The permissions that roles are made of.
#[utoipa::path(get, path = "/api/v1/permissions", responses((status = 200, body = PermissionList)))]
pub(crate) async fn list_permissions() -> web::Result {
    let view =
        |permission: &Permission| PermissionView { permission: permission.word(), about: permission.about() };
    Answer::ok(&PermissionList { items: Permission::ALL.iter().map(view).collect() })
}

/// Roles.
#[utoipa::path(get, path = "/api/v1/roles", params(List<RoleFilter, RoleSort>), responses((status = 200, body = Page<RoleView>)))]
pub(crate) async fn list_roles(app: App, list: List<RoleFilter, RoleSort>) -> web::Result {
    let RoleFilter {} = list.filter;
    let after: Option<String> = list.after()?;
    let fetch = list.fetch();
    let roles = app.db().read(move |conn| super::list(conn, after.as_deref(), fetch)).await?;
    let views = roles.into_iter().map(RoleView::from).collect();
    Answer::ok(&list.page(views, |role| role.name.clone())?)
}

/// One role.
#[utoipa::path(get, path = "/api/v1/roles/{name}", params(("name" = String, Path)), responses((status = 200, body = RoleView)))]
pub(crate) async fn get_role(app: App, Path(name): Path<String>) -> web::Result {
    shown(app.db().read(move |conn| super::find(conn, &name)).await?)
}

/// Makes a role.
#[utoipa::path(post, path = "/api/v1/roles", request_body = CreateRole, responses((status = 201, body = RoleView)))]
pub(crate) async fn create_role(
    State(access): State<Access>,
    app: App,
    command: Command<CreateRole>,
) -> web::Result {
    let permissions = parse_permissions(&command.body.permissions)?;
    let new = NewRole {
        name: super::name(&command.body.name)?,
        about: super::about(&command.body.about)?,
        permissions,
        conditions: condition::parse(&command.body.second_person, permissions)?,
    };
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let view = RoleView::from(super::create(tx, &desk.by(&command.caller), &new)?);
        Ok(Answer::created(format!("/api/v1/roles/{}", view.name), &view)?.version(view.version))
    });
    access.after(answer.await).await
}

/// Changes what a role is for and what it allows, for everybody who holds it.
#[utoipa::path(patch, path = "/api/v1/roles/{name}", params(("name" = String, Path)), request_body = ChangeRole, responses((status = 200, body = RoleView)))]
pub(crate) async fn change_role(
    State(access): State<Access>,
    app: App,
    Path(name): Path<String>,
    version: IfMatch,
    command: Command<ChangeRole>,
) -> web::Result {
    let about = command.body.about.as_deref().map(super::about).transpose()?;
    let permissions = command.body.permissions.as_deref().map(parse_permissions).transpose()?;
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let by = desk.by(&command.caller);
        let second_person = command.body.second_person.as_deref();
        let what = Changes { about: about.as_deref(), permissions, second_person };
        shown(super::change(tx, &by, (&name, version), what)?)
    });
    access.after(answer.await).await
}

/// Removes a role that nobody holds.
#[utoipa::path(delete, path = "/api/v1/roles/{name}", params(("name" = String, Path)), responses((status = 204)))]
pub(crate) async fn remove_role(
    State(access): State<Access>,
    app: App,
    Path(name): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        super::remove(tx, &desk.by(&command.caller), &name, version)?;
        Ok(Answer::nothing())
    });
    access.after(answer.await).await
}

fn shown(role: Role) -> web::Result {
    let view = RoleView::from(role);
    Ok(Answer::ok(&view)?.version(view.version))
}
