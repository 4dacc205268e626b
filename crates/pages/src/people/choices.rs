//! What forms about people offer to choose from, as far as whoever fills them in may see it.

use crate::cx::Cx;
use crate::kit::Choice;
use domain::Permission;
use serde::Deserialize;
use web::Failure;

/// A list of the doors, as far as it is offered.
#[derive(Deserialize)]
struct Listed<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct User {
    login: String,
    name: String,
}

#[derive(Deserialize)]
struct Site {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct Category {
    path: String,
}

/// All roles, after one that stands for none.
pub(super) async fn roles(cx: &Cx, none: &str) -> Result<Vec<Choice>, Failure> {
    let mut choices = vec![(String::new(), none.to_owned())];
    if cx.desk.may(Permission::AccessRead) {
        let listed: Listed<Role> = cx.desk.get("/api/v1/roles?limit=500").await?;
        choices.extend(listed.items.into_iter().map(|role| (role.name.clone(), role.name)));
    }
    Ok(choices)
}

/// Those who may sign in, for a field in which one can be named.
pub(super) async fn users(cx: &Cx) -> Result<Vec<Choice>, Failure> {
    if !cx.desk.may(Permission::AccessRead) {
        return Ok(Vec::new());
    }
    let listed: Listed<User> = cx.desk.get("/api/v1/users?ended=false&limit=500").await?;
    Ok(listed.items.into_iter().map(|user| (user.login, user.name)).collect())
}

/// The sites, for a field in which any place can be named.
pub(super) async fn sites(cx: &Cx) -> Result<Vec<Choice>, Failure> {
    if !cx.desk.may(Permission::PlacesRead) {
        return Ok(Vec::new());
    }
    let listed: Listed<Site> = cx.desk.get("/api/v1/sites?limit=500").await?;
    Ok(listed.items.into_iter().map(|site| (site.code, site.name)).collect())
}

/// The categories, for a field in which one can be named.
pub(super) async fn categories(cx: &Cx) -> Result<Vec<Choice>, Failure> {
    if !cx.desk.may(Permission::CatalogRead) {
        return Ok(Vec::new());
    }
    let listed: Listed<Category> = cx.desk.get("/api/v1/categories?limit=500").await?;
    Ok(listed.items.into_iter().map(|category| (category.path.clone(), category.path)).collect())
}
