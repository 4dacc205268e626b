//! The door of grants.

use super::NewGrant;
use crate::Access;
use crate::authority::By;
use crate::store_roles::GrantRow;
use crate::users::api::UserView;
use axum::extract::State;
use db::{Conn, Tx};
use domain::{CategoryId, Instant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Command, Failure, IfMatch, Path, Within};

/// A role for somebody, somewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantBody {
    /// The name of the role.
    role: String,
    /// The code of a location: there and below. Everywhere when not given.
    within: Option<String>,
    /// The path of a category: only for its items, and those of the categories below. For everything when not given.
    category: Option<String>,
}

/// A grant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantView {
    /// Its id.
    id: i64,
    /// The name of the role.
    role: String,
    /// The code of a location; null for everywhere.
    within: Option<String>,
    /// The path of a category whose items it is for; null for everything.
    category: Option<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// The grants of a request, with their locations found.
pub(crate) fn new_grants(
    tx: &mut Tx<'_>,
    by: &By<'_>,
    bodies: &[GrantBody],
) -> Result<Vec<NewGrant>, Failure> {
    bodies
        .iter()
        .enumerate()
        .map(|(place, body)| new_grant(tx, by, body, &format!("/grants/{place}")))
        .collect()
}

fn new_grant(tx: &mut Tx<'_>, by: &By<'_>, body: &GrantBody, above: &str) -> Result<NewGrant, Failure> {
    let within = by.place(tx, body.within.as_deref(), || format!("{above}/within"))?;
    let category = by.category(tx, body.category.as_deref(), || format!("{above}/category"))?;
    Ok(NewGrant { role: body.role.clone(), within, category })
}

/// Gives a user a role.
#[utoipa::path(post, path = "/api/v1/users/{login}/grants", params(("login" = String, Path)), request_body = GrantBody, responses((status = 201, body = UserView)))]
pub(crate) async fn make_grant(
    State(access): State<Access>,
    app: App,
    Path(login): Path<String>,
    version: IfMatch,
    command: Command<GrantBody>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let by = desk.by(&command.caller);
        let grant = new_grant(tx, &by, &command.body, "")?;
        let user = super::make(tx, &by, (&login, version), &grant)?;
        let view = desk.user_view(tx, user)?;
        Ok(Answer::created(format!("/api/v1/users/{login}"), &view)?.version(view.version))
    });
    access.after(answer.await).await
}

/// Takes a role away from a user.
#[utoipa::path(delete, path = "/api/v1/users/{login}/grants/{id}", params(("login" = String, Path), ("id" = i64, Path)), responses((status = 200, body = UserView)))]
pub(crate) async fn revoke_grant(
    State(access): State<Access>,
    app: App,
    Path((login, id)): Path<(String, i64)>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    let desk = access.clone();
    let answer = command.run(&app, move |tx, command| {
        let user = super::revoke(tx, &desk.by(&command.caller), (&login, version), id)?;
        let view = desk.user_view(tx, user)?;
        Ok(Answer::ok(&view)?.version(view.version))
    });
    access.after(answer.await).await
}

impl Access {
    /// Grants as the API shows them.
    pub(crate) fn grant_views(
        &self,
        conn: &mut Conn<'_>,
        grants: Vec<GrantRow>,
    ) -> Result<Vec<GrantView>, Failure> {
        grants
            .into_iter()
            .map(|GrantRow { id, role, within, category, created_at, .. }| {
                let within = self.place_code(conn, within)?;
                let category = self.category_path(conn, category)?;
                Ok(GrantView { id, role, within, category, created_at })
            })
            .collect()
    }

    /// The path of a category; `None` for none.
    pub(crate) fn category_path(
        &self,
        conn: &mut Conn<'_>,
        category: Option<CategoryId>,
    ) -> Result<Option<String>, Failure> {
        let Some(category) = category else { return Ok(None) };
        let path = (self.bounds().category_path)(conn, category)?;
        Ok(Some(path.unwrap_or_else(|| category.to_string())))
    }

    /// The code of a place; `None` for everywhere.
    pub(crate) fn place_code(&self, conn: &mut Conn<'_>, within: Within) -> Result<Option<String>, Failure> {
        match within {
            Within::All => Ok(None),
            Within::Subtree(location) => {
                let code = (self.bounds().code)(conn, location)?;
                Ok(Some(code.unwrap_or_else(|| location.to_string())))
            }
        }
    }
}
