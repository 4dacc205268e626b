//! The audit log: who did what to what, the newest first.

use super::details::flat;
use crate::cx::{Clock, Cx, Html, address, step};
use crate::kit::{
    Button, Column, Fact, Field, Frame, Icon, Kind, Role, Section, Sent, Shell, Table, Tone, chip, empty,
    facts, more, shell,
};
use axum::routing::get;
use domain::Permission;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use web::{PageRoute, Reach, Routes, State};

#[derive(Deserialize)]
struct Page {
    items: Vec<Row>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    n: i64,
    at: String,
    actor: Actor,
    action: String,
    target: String,
    outcome: String,
    request_id: String,
    details: Value,
    hash: String,
}

#[derive(Deserialize)]
struct Actor {
    id: i64,
    name: String,
}

/// The page of the log.
pub(super) fn routes<S: State>() -> Routes<S> {
    let page = PageRoute::get("/audit", "The audit log.").reach(Reach::Everywhere);
    Routes::new("audit").page(Permission::AuditRead, page, get(show))
}

/// What was asked for, as in the address.
struct Asked {
    action: Option<String>,
    target: Option<String>,
    actor: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Asked {
    fn of(cx: &Cx) -> Asked {
        let [action, target, actor, from, to] =
            ["action", "target", "actor", "from", "to"].map(|name| cx.query(name));
        Asked { action, target, actor, from, to }
    }

    fn is_all(&self) -> bool {
        [&self.action, &self.target, &self.actor, &self.from, &self.to].iter().all(|one| one.is_none())
    }

    /// An address with these and a place in the list.
    fn address(&self, path: &str, (from, to): (Option<&str>, Option<&str>), cursor: Option<&str>) -> String {
        let text = Option::as_deref;
        address(
            path,
            &[
                ("action", text(&self.action)),
                ("target", text(&self.target)),
                ("actor", text(&self.actor)),
                ("from", from),
                ("to", to),
                ("cursor", cursor),
            ],
        )
    }
}

/// The instant at which a day begins, so many days later; what is no day goes on as it is, and is refused.
fn begin(day: &str, later: i64, clock: &Clock) -> String {
    let found = day.parse::<Date>().ok().and_then(|date| date.checked_add(later.days()).ok());
    let zoned = found.and_then(|date| date.to_zoned(clock.zone().clone()).ok());
    zoned.map_or_else(|| day.to_owned(), |there| there.timestamp().to_string())
}

async fn show(cx: Cx) -> Html {
    let (asked, clock, cursor) = (Asked::of(&cx), cx.clock().await?, cx.query("cursor"));
    let from = asked.from.as_deref().map(|day| begin(day, 0, &clock));
    let to = asked.to.as_deref().map(|day| begin(day, 1, &clock));
    let target = asked.address("/api/v1/audit", (from.as_deref(), to.as_deref()), cursor.as_deref());
    let page: Page = cx.desk.get(&target).await?;
    let days = (asked.from.as_deref(), asked.to.as_deref());
    let next = page.next.as_deref().map(|next| asked.address("/audit", days, Some(next)));
    let title = cx.t("audit-title");
    let body = html! {
        header class="head" {
            div { h1 { (title) } p { (cx.t("audit-about")) } }
            @if cx.desk.may(Permission::ExportsRead) {
                (Button::new(&cx.t("audit-export")).icon(Icon::Download).link("/api/v1/exports/audit?format=csv"))
            }
        }
        (filters(&cx, &asked))
        section class="card tight" {
            @if page.items.is_empty() { (empty(Icon::History, &cx.t("audit-none"), &cx.t("audit-none-why"), Some(Button::new(&cx.t("clear-filter")).link("/audit")))) }
            @else { (table(&cx, &clock).draw(&page.items)) (more(&cx.t("load-more"), next.as_deref())) }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Audit, body })))
}

fn filters(cx: &Cx, asked: &Asked) -> Markup {
    let none = Sent::default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let [action, target, actor, from, to] =
        [&asked.action, &asked.target, &asked.actor, &asked.from, &asked.to].map(text);
    html! {
        section class="card" { div class="body" {
            form class="form" action="/audit" {
                div class="pair" {
                    (Field::new("action", &cx.t("audit-action")).value(&action).hint(&cx.t("audit-action-hint")).text(&none))
                    (Field::new("target", &cx.t("audit-target")).value(&target).hint(&cx.t("audit-target-hint")).text(&none))
                    (Field::new("actor", &cx.t("principal")).value(&actor).hint(&cx.t("audit-actor-hint")).text(&none))
                    (Field::new("from", &cx.t("audit-from")).value(&from).date(&none))
                    (Field::new("to", &cx.t("audit-to")).value(&to).date(&none))
                }
                footer {
                    (Button::new(&cx.t("audit-filter")).icon(Icon::Filter).submit())
                    @if !asked.is_all() { (Button::new(&cx.t("clear-filter")).kind(Kind::Plain).link("/audit")) }
                }
            }
        } }
    }
}

fn table<'a>(cx: &'a Cx, clock: &'a Clock) -> Table<'a, Row> {
    let link = |name: &'static str, value: &str| format!("/audit?{name}={}", step(value));
    let when =
        Column::text(cx.t("audit-when"), |row: &Row| html! { span class="nowrap" { (clock.at(&row.at)) } });
    let action = Column::text(
        cx.t("audit-action"),
        move |row: &Row| html! { a class="cell" href=(link("action", &row.action)) { (row.action) } small { (row.target) } },
    );
    let who = Column::text(
        cx.t("audit-who"),
        move |row: &Row| html! { a class="cell" href=(link("actor", &row.actor.id.to_string())) { (row.actor.name) } },
    );
    let outcome = Column::text(cx.t("audit-outcome"), |row: &Row| match row.outcome.as_str() {
        "done" => chip(Tone::Ok, &cx.t("audit-done")),
        "refused" | "denied" => chip(Tone::Out, &cx.t("audit-refused")),
        other => chip(Tone::Hold, other),
    });
    let details = Column::text(cx.t("audit-details"), |row: &Row| details(cx, row));
    Table {
        caption: "audit",
        columns: vec![when, who, action.role(Role::Title), outcome.role(Role::Side), details],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|row| row.n.to_string()),
    }
}

/// What belongs to a row, folded.
fn details(cx: &Cx, row: &Row) -> Markup {
    let of_target = format!("/audit?target={}", step(&row.target));
    let mut known: Vec<Fact> =
        vec![(cx.t("audit-target").into_owned(), html! { a class="link" href=(of_target) { (row.target) } })];
    flat(&row.details, "", &mut known);
    known.push((cx.t("audit-number").into_owned(), html! { (row.n) }));
    known.push((cx.t("audit-request").into_owned(), html! { code { (row.request_id) } }));
    known.push((cx.t("audit-hash").into_owned(), html! { code { (row.hash) } }));
    html! { details class="more-of" { summary { (cx.t("audit-details")) } (facts(&known)) } }
}
