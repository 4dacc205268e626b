//! The pages of roles.

mod forms;
mod list;
mod show;

use axum::routing::{get, post};
use domain::Permission;
use serde::Deserialize;
use web::{PageRoute, Routes, State};

/// What is shown of a role.
#[derive(Deserialize)]
struct Role {
    name: String,
    about: String,
    built_in: bool,
    permissions: Vec<String>,
    second_person: Vec<SecondPerson>,
    version: i64,
}

/// A permission that asks for somebody else, always or above an amount.
#[derive(Deserialize)]
struct SecondPerson {
    permission: String,
    #[serde(default)]
    above: Option<String>,
}

/// The pages of roles.
pub(super) fn routes<S: State>() -> Routes<S> {
    let (reads, writes) = (Permission::AccessRead, Permission::AccessWrite);
    // what is changed is shown first
    let about = |route: PageRoute| route.beside(&[Permission::AccessRead]);
    let (page, form) = (PageRoute::get, PageRoute::post);
    Routes::new("roles")
        .page(reads, page("/roles", "The list of roles."), get(list::show))
        .page(writes, page("/roles/new", "Where a role is made."), get(forms::new))
        .page(writes, form("/roles/new", "Makes a role."), post(forms::make))
        .page(reads, page("/roles/{name}", "One role."), get(show::show))
        .page(writes, about(page("/roles/{name}/edit", "Where a role is changed.")), get(forms::edit))
        .page(writes, about(form("/roles/{name}/edit", "Changes a role.")), post(forms::change))
        .page(writes, about(page("/roles/{name}/remove", "Where a role is removed.")), get(forms::ask))
        .page(writes, about(form("/roles/{name}/remove", "Removes a role.")), post(forms::remove))
}
