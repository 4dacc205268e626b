//! The pages of users.

mod forms;
mod grants;
mod list;
mod show;

use axum::routing::{get, post};
use domain::Permission;
use serde::Deserialize;
use web::{PageRoute, Routes, State};

/// What is shown of a user.
#[derive(Deserialize)]
struct User {
    id: i64,
    login: String,
    name: String,
    grants: Vec<Grant>,
    created_at: String,
    #[serde(default)]
    ended_at: Option<String>,
    #[serde(default)]
    second_factor_at: Option<String>,
    version: i64,
}

/// A role that somebody holds, and where.
#[derive(Deserialize)]
struct Grant {
    id: i64,
    role: String,
    #[serde(default)]
    within: Option<String>,
    #[serde(default)]
    category: Option<String>,
    created_at: String,
}

/// The pages of users.
pub(super) fn routes<S: State>() -> Routes<S> {
    let (reads, writes) = (Permission::AccessRead, Permission::AccessWrite);
    // what is changed is shown first
    let about = |route: PageRoute| route.beside(&[Permission::AccessRead]);
    let page = PageRoute::get;
    let form = PageRoute::post;
    Routes::new("people")
        .page(reads, page("/users", "The list of users."), get(list::show))
        .page(writes, page("/users/new", "Where a user is made."), get(forms::new))
        .page(writes, form("/users/new", "Makes a user."), post(forms::make))
        .page(reads, page("/users/{login}", "One user."), get(show::show))
        .page(writes, about(page("/users/{login}/edit", "Where a user is renamed.")), get(forms::edit))
        .page(writes, about(form("/users/{login}/edit", "Renames a user.")), post(forms::rename))
        .page(
            writes,
            about(page("/users/{login}/password", "Where a password is set.")),
            get(forms::password),
        )
        .page(writes, about(form("/users/{login}/password", "Sets a password.")), post(forms::set_password))
        .page(
            writes,
            about(page("/users/{login}/second-factor", "Where a second factor is taken away.")),
            get(forms::factor),
        )
        .page(
            writes,
            about(form("/users/{login}/second-factor", "Takes a second factor away.")),
            post(forms::remove_factor),
        )
        .page(writes, about(page("/users/{login}/end", "Where an account is ended.")), get(forms::end))
        .page(writes, about(form("/users/{login}/end", "Ends an account.")), post(forms::end_account))
        .page(writes, about(page("/users/{login}/roles/new", "Where a role is given.")), get(grants::new))
        .page(writes, about(form("/users/{login}/roles/new", "Gives a role.")), post(grants::give))
        .page(
            writes,
            about(page("/users/{login}/roles/{id}", "Where a role is taken away.")),
            get(grants::leave),
        )
        .page(writes, about(form("/users/{login}/roles/{id}", "Takes a role away.")), post(grants::take))
        .page(
            writes,
            about(page("/users/{login}/sessions/{id}", "Where a session is ended.")),
            get(forms::session),
        )
        .page(
            writes,
            about(form("/users/{login}/sessions/{id}", "Ends a session.")),
            post(forms::end_session),
        )
}
