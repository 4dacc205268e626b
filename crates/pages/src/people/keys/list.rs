//! The list of API keys.

use super::Key;
use crate::cx::{Clock, Cx, Html, address};
use crate::kit::{Button, Column, Frame, Icon, Role, Section, Shell, Tab, Table, empty, more, shell, tabs};
use domain::Permission;
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    items: Vec<Key>,
    #[serde(default)]
    next: Option<String>,
}

pub(super) async fn show(cx: Cx) -> Html {
    let is_revoked = cx.query("state").as_deref() == Some("revoked");
    let (state, cursor) = (is_revoked.then_some("revoked"), cx.query("cursor"));
    let revoked = if is_revoked { "true" } else { "false" };
    let target = address("/api/v1/keys", &[("revoked", Some(revoked)), ("cursor", cursor.as_deref())]);
    let page: Page = cx.desk.get(&target).await?;
    let clock = cx.clock().await?;
    let next = page.next.as_deref().map(|next| address("/keys", &[("state", state), ("cursor", Some(next))]));
    let title = cx.t("keys-title");
    let tab = |key: &str, is_current, href: &str| Tab {
        label: cx.t(key).into_owned(),
        tone: None,
        count: None,
        href: href.to_owned(),
        is_current,
        key: None,
    };
    let body = html! {
        header class="head" {
            div { h1 { (title) } p { (cx.t("keys-about")) } }
            @if cx.desk.may(Permission::AccessWrite) { (Button::primary(&cx.t("key-make")).icon(Icon::Plus).link("/keys/new")) }
        }
        div class="filters" {
            (tabs(&cx.t("keys-states"), &[tab("in-use", !is_revoked, "/keys"), tab("keys-revoked", is_revoked, "/keys?state=revoked")]))
        }
        section class="card tight" {
            @if page.items.is_empty() { (empty(Icon::Key, &cx.t("keys-none"), &cx.t("keys-none-why"), None)) }
            @else { (table(&cx, &clock).draw(&page.items)) (more(&cx.t("load-more"), next.as_deref())) }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Keys, body })))
}

fn table<'a>(cx: &'a Cx, clock: &'a Clock) -> Table<'a, Key> {
    let now = Timestamp::from_microsecond(cx.desk.app.now().0).unwrap_or_default();
    let name = Column::text(
        cx.t("key-name"),
        |key: &Key| html! { a class="cell" href=(format!("/keys/{}", key.id)) { (key.name) } small { code { (key.prefix) "…" } } },
    );
    let owner = Column::text(
        cx.t("key-owner"),
        |key: &Key| html! { (key.owner.clone().unwrap_or_else(|| cx.t("key-machine").into_owned())) },
    );
    let used = Column::text(
        cx.t("last-used"),
        |key: &Key| html! { span class="nowrap" { (clock.at_most(key.last_used_at.as_deref())) } },
    );
    let until = Column::text(
        cx.t("key-until"),
        |key: &Key| html! { span class="nowrap" { (clock.at(&key.expires_at)) } },
    );
    let state = Column::text(cx.t("state"), move |key: &Key| key.state(cx, now));
    Table {
        caption: "keys",
        columns: vec![
            name.role(Role::Title),
            owner,
            used.priority(2).role(Role::Fold),
            until,
            state.role(Role::Side),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|key| key.id.to_string()),
    }
}
