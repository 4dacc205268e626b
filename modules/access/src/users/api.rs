//! The door of users.

use super::{NewUser, User};
use crate::Access;
use crate::grants::api::{GrantBody, GrantView, new_grants};
use axum::extract::State;
use domain::{Instant, PrincipalId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Answer, App, Command, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of users.
    pub(crate) enum UserSort { Login = "login" }
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// The principal, as in the audit log.
    #[schema(value_type = i64)]
    pub(crate) id: PrincipalId,
    /// The login, by which others name the user.
    pub(crate) login: String,
    /// The name of the person.
    pub(crate) name: String,
    /// What the user may do, and where.
    pub(crate) grants: Vec<GrantView>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
    /// Null while the account is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended_at: Option<Instant>,
    /// Since when the user has a second factor; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) second_factor_at: Option<Instant>,
    /// Counts its changes; the `ETag`.
    pub(crate) version: i64,
}

/// A user to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUser {
    /// The login, by which others name the user.
    login: String,
    /// The login when not given.
    name: Option<String>,
    /// 12 to 256 characters.
    password: String,
    /// What the user may do, and where; nothing when not given.
    #[serde(default)]
    grants: Vec<GrantBody>,
}

/// What can be changed of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeUser {
    /// The name of the person.
    name: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPassword {
    /// 12 to 256 characters.
    password: String,
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserFilter {
    /// Only accounts that were ended, or only open ones.
    ended: Option<bool>,
}

/// Users.
#[utoipa::path(get, path = "/api/v1/users", params(List<UserFilter, UserSort>), responses((status = 200, body = Page<UserView>)))]
pub(crate) async fn list_users(
    State(access): State<Access>,
    app: App,
    list: List<UserFilter, UserSort>,
) -> web::Result {
    let after: Option<String> = list.after()?;
    let (ended, fetch) = (list.filter.ended, list.fetch());
    let views = app
        .db()
        .read(move |conn| {
            let users = super::list(conn, after.as_deref(), ended, fetch)?;
            users
                .into_iter()
                .map(|user| access.user_view(conn, user))
                .collect::<Result<Vec<_>, web::Failure>>()
        })
        .await?;
    Answer::ok(&list.page(views, |user| user.login.clone())?)
}

/// One user.
#[utoipa::path(get, path = "/api/v1/users/{login}", params(("login" = String, Path)), responses((status = 200, body = UserView)))]
pub(crate) async fn get_user(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
) -> web::Result {
    let view = app.db().read(move |conn| {
        let user = super::find(conn, &login)?;
        access.user_view(conn, user)
    });
    shown(&view.await?)
}

/// Creates a user.
#[utoipa::path(post, path = "/api/v1/users", request_body = CreateUser, responses((status = 201, body = UserView)))]
pub(crate) async fn create_user(
    State(access): State<Access>,
    app: App,
    command: Command<CreateUser>,
) -> web::Result {
    let login = super::login(&command.body.login)?;
    let name = super::name(command.body.name.as_deref().unwrap_or(&login))?;
    let password = access.password(app.db(), (&command.body.password, &login), None).await?;
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let by = desk.by(&command.caller);
        let grants = new_grants(tx, &by, &command.body.grants)?;
        let new = NewUser { login: login.clone(), name: name.clone(), password: password.clone(), grants };
        let user = super::create(tx, &by, &new)?;
        let view = desk.user_view(tx, user)?;
        Ok(Answer::created(format!("/api/v1/users/{login}"), &view)?.version(view.version))
    });
    access.after(answer.await).await
}

/// Changes the name of a user.
#[utoipa::path(patch, path = "/api/v1/users/{login}", params(("login" = String, Path)), request_body = ChangeUser, responses((status = 200, body = UserView)))]
pub(crate) async fn change_user(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<ChangeUser>,
) -> web::Result {
    let name = super::name(&command.body.name)?;
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let user = super::rename(tx, &desk.by(&command.caller), (&login, version), &name)?;
        shown(&desk.user_view(tx, user)?)
    });
    access.after(answer.await).await
}

/// Ends an account, and with it its keys and sessions.
#[utoipa::path(post, path = "/api/v1/users/{login}/end", params(("login" = String, Path)), responses((status = 200, body = UserView)))]
pub(crate) async fn end_user(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let user = super::end(tx, &desk.by(&command.caller), &login, version)?;
        shown(&desk.user_view(tx, user)?)
    });
    access.after(answer.await).await
}

/// Sets the password of a user, and ends their sessions.
#[utoipa::path(post, path = "/api/v1/users/{login}/password", params(("login" = String, Path)), request_body = SetPassword, responses((status = 200, body = UserView)))]
pub(crate) async fn set_password(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<SetPassword>,
) -> web::Result {
    let password = access.password(app.db(), (&command.body.password, &login), None).await?;
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let user = super::set_password(tx, &desk.by(&command.caller), (&login, version), &password)?;
        shown(&desk.user_view(tx, user)?)
    });
    access.after(answer.await).await
}

fn shown(view: &UserView) -> web::Result {
    Ok(Answer::ok(view)?.version(view.version))
}

impl Access {
    /// A user as the API shows them.
    pub(crate) fn user_view(&self, conn: &mut db::Conn<'_>, user: User) -> Result<UserView, web::Failure> {
        let User { row, grants } = user;
        Ok(UserView {
            id: row.id,
            login: row.login,
            name: row.name,
            grants: self.grant_views(conn, grants)?,
            created_at: row.created_at,
            ended_at: row.ended_at,
            second_factor_at: row.second_factor_at,
            version: row.version,
        })
    }
}
