//! The list of users.

use super::User;
use crate::cx::{Cx, Html, address, step};
use crate::kit::{
    Button, Column, Frame, Icon, Role, Section, Shell, Tab, Table, Tone, chip, empty, more, shell, tabs,
};
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    items: Vec<User>,
    #[serde(default)]
    next: Option<String>,
}

pub(super) async fn show(cx: Cx) -> Html {
    let is_ended = cx.query("state").as_deref() == Some("ended");
    let (state, cursor) = (is_ended.then_some("ended"), cx.query("cursor"));
    let ended = if is_ended { "true" } else { "false" };
    let page: Page = cx
        .desk
        .get(&address("/api/v1/users", &[("ended", Some(ended)), ("cursor", cursor.as_deref())]))
        .await?;
    let next =
        page.next.as_deref().map(|next| address("/users", &[("state", state), ("cursor", Some(next))]));
    let title = cx.t("users-title");
    let body = html! {
        header class="head" {
            div { h1 { (title) } p { (cx.t("users-about")) } }
            @if cx.desk.may(Permission::AccessWrite) { (Button::primary(&cx.t("user-add")).icon(Icon::Plus).link("/users/new")) }
        }
        div class="filters" {
            (tabs(&cx.t("users-states"), &[tab(&cx, "users-open", !is_ended, "/users"), tab(&cx, "users-ended", is_ended, "/users?state=ended")]))
        }
        section class="card tight" {
            @if page.items.is_empty() { (empty(Icon::Users, &cx.t("users-none"), &cx.t("users-none-why"), None)) }
            @else { (table(&cx, is_ended).draw(&page.items)) (more(&cx.t("load-more"), next.as_deref())) }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Users, body })))
}

fn tab<'a>(cx: &Cx, key: &str, is_current: bool, href: &str) -> Tab<'a> {
    Tab {
        label: cx.t(key).into_owned(),
        tone: None,
        count: None,
        href: href.to_owned(),
        is_current,
        key: None,
    }
}

fn table(cx: &Cx, is_ended: bool) -> Table<'_, User> {
    let login = Column::text(
        cx.t("login"),
        |user: &User| html! { a class="cell" href=(format!("/users/{}", step(&user.login))) { (user.login) } },
    );
    let name = Column::text(cx.t("user-name"), |user: &User| html! { (user.name) });
    let roles = Column::text(cx.t("roles"), |user: &User| roles(cx, user));
    let factor = Column::text(cx.t("second-factor"), move |user: &User| match &user.second_factor_at {
        Some(_) => chip(Tone::Ok, &cx.t("factor-has")),
        None if is_ended => chip(Tone::Hold, &cx.t("users-ended")),
        None => chip(Tone::Low, &cx.t("factor-lacks")),
    });
    Table {
        caption: "users",
        columns: vec![login, name.role(Role::Title), roles, factor.role(Role::Side)],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|user| user.login.clone()),
    }
}

/// What somebody may do, and where.
fn roles(cx: &Cx, user: &User) -> Markup {
    html! {
        @if user.grants.is_empty() { span class="muted" { (cx.t("roles-none")) } }
        @for (index, grant) in user.grants.iter().enumerate() {
            @if index > 0 { ", " }
            (grant.role) @if let Some(within) = &grant.within { " " span class="muted" { (within) } }
        }
    }
}
