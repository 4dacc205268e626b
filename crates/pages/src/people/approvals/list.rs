//! What waits for a second person, and what became of it.

use super::Approval;
use super::show::state;
use crate::cx::{Clock, Cx, Html, address};
use crate::kit::{Column, Frame, Icon, Role, Section, Shell, Tab, Table, empty, more, shell, tabs};
use crate::people::permission;
use maud::{Markup, html};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    items: Vec<Approval>,
    #[serde(default)]
    next: Option<String>,
}

/// The tabs: the word in the address, its label, and what the doors are asked.
const TABS: [(&str, &str, [Option<&str>; 2]); 4] = [
    ("", "approvals-waiting", [Some("waiting"), None]),
    ("mine", "approvals-mine", [None, Some("true")]),
    ("agreed", "approvals-agreed", [Some("agreed"), None]),
    ("refused", "approvals-refused", [Some("refused"), None]),
];

pub(super) async fn show(cx: Cx) -> Html {
    let (wanted, cursor) = (cx.query("show").unwrap_or_default(), cx.query("cursor"));
    let (word, _, [state, mine]) =
        TABS.into_iter().find(|(word, ..)| *word == wanted).unwrap_or(("", "", [Some("waiting"), None]));
    let target =
        address("/api/v1/approvals", &[("state", state), ("mine", mine), ("cursor", cursor.as_deref())]);
    let page: Page = cx.desk.get(&target).await?;
    let clock = cx.clock().await?;
    let here =
        |word: &str, cursor: Option<&str>| address("/approvals", &[("show", Some(word)), ("cursor", cursor)]);
    let all = TABS.map(|(own, label, _)| Tab {
        label: cx.t(label).into_owned(),
        tone: None,
        count: None,
        href: here(own, None),
        is_current: own == word,
        key: None,
    });
    let title = cx.t("approvals-title");
    let next = page.next.as_deref().map(|next| here(word, Some(next)));
    let body = html! {
        header class="head" { div { h1 { (title) } p { (cx.t("approvals-about")) } } }
        div class="filters" { (tabs(&cx.t("approvals-states"), &all)) }
        section class="card tight" {
            @if page.items.is_empty() { (nothing(&cx, word)) }
            @else { (table(&cx, &clock).draw(&page.items)) (more(&cx.t("load-more"), next.as_deref())) }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Approvals, body })))
}

fn nothing(cx: &Cx, word: &str) -> Markup {
    let title = if word.is_empty() { "approvals-none-waiting" } else { "approvals-none" };
    empty(Icon::Circle, &cx.t(title), &cx.t("approvals-none-why"), None)
}

fn table<'a>(cx: &'a Cx, clock: &'a Clock) -> Table<'a, Approval> {
    let what = Column::text(cx.t("approval-what"), |one: &Approval| {
        html! { a class="cell" href=(format!("/approvals/{}", one.id)) { (permission(cx.reader, &one.permission)) } small { (one.method) " " (one.path) } }
    });
    let who = Column::text(cx.t("approval-by"), |one: &Approval| html! { (one.asked_by.name()) });
    let when = Column::text(
        cx.t("approval-asked"),
        |one: &Approval| html! { span class="nowrap" { (clock.at(&one.asked_at)) } },
    );
    let until = Column::text(
        cx.t("approval-until"),
        |one: &Approval| html! { span class="nowrap" { (clock.at(&one.expires_at)) } },
    );
    let status = Column::text(cx.t("state"), |one: &Approval| state(cx, &one.state));
    Table {
        caption: "approvals",
        columns: vec![
            what.role(Role::Title),
            who,
            when,
            until.priority(2).role(Role::Fold),
            status.role(Role::Side),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|one| one.id.clone()),
    }
}
