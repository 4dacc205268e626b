//! The list of roles.

use super::Role;
use crate::cx::{Cx, Html, address, step};
use crate::kit::{self, Button, Column, Frame, Icon, Section, Shell, Table, Tone, chip, more, shell};
use domain::Permission;
use maud::html;
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    items: Vec<Role>,
    #[serde(default)]
    next: Option<String>,
}

pub(super) async fn show(cx: Cx) -> Html {
    let cursor = cx.query("cursor");
    let page: Page = cx.desk.get(&address("/api/v1/roles", &[("cursor", cursor.as_deref())])).await?;
    let next = page.next.as_deref().map(|next| address("/roles", &[("cursor", Some(next))]));
    let title = cx.t("roles");
    let body = html! {
        header class="head" {
            div { h1 { (title) } p { (cx.t("roles-about")) } }
            @if cx.desk.may(Permission::AccessWrite) { (Button::primary(&cx.t("role-make")).icon(Icon::Plus).link("/roles/new")) }
        }
        // there is always one: some come with the product
        section class="card tight" { (table(&cx).draw(&page.items)) (more(&cx.t("load-more"), next.as_deref())) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Roles, body })))
}

fn table(cx: &Cx) -> Table<'_, Role> {
    let name = Column::text(cx.t("role"), |role: &Role| {
        html! { a class="cell" href=(format!("/roles/{}", step(&role.name))) { (role.name) } }
    });
    let about = Column::text(cx.t("role-about"), |role: &Role| html! { (role.about) });
    let count = Column::number(cx.t("permissions"), |role: &Role| html! { (role.permissions.len()) });
    let second = Column::text(cx.t("second-person"), |role: &Role| {
        html! { @if role.second_person.is_empty() { span class="muted" { (cx.t("second-person-never")) } } @else { (cx.tell("second-person-count", &[("count", role.second_person.len().into())])) } }
    });
    let kind = Column::text(cx.t("role-kind"), |role: &Role| {
        if role.built_in {
            chip(Tone::Hold, &cx.t("role-built-in"))
        } else {
            chip(Tone::Ok, &cx.t("role-own"))
        }
    });
    Table {
        caption: "roles",
        columns: vec![
            name.role(kit::Role::Title),
            about,
            count,
            second.priority(2).role(kit::Role::Fold),
            kind.role(kit::Role::Side),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|role| role.name.clone()),
    }
}
