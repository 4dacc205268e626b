//! How stock lies across the sites: where it piles up, where it is missing, and what could move.

use super::sites::page_of;
use crate::cx::{Cx, Html, address, step};
use crate::format;
use crate::kit::{
    Button, Column, Field, Frame, Icon, Role, Section, Sent, Shell, Tab, Table, empty, more, shell, tabs,
};
use maud::{Markup, html};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    items: Vec<Across>,
    #[serde(default)]
    next: Option<String>,
}

/// An item across the sites.
#[derive(Deserialize)]
struct Across {
    sku: String,
    unit: String,
    complete: bool,
    sites: Vec<At>,
    moves: Vec<Move>,
}

#[derive(Deserialize)]
struct At {
    site: String,
    available: String,
    needs: String,
    surplus: String,
    lack: String,
    #[serde(default)]
    lasts_days: Option<i64>,
}

#[derive(Deserialize)]
struct Move {
    from: String,
    to: String,
    qty: String,
}

/// What was asked for.
struct Asked {
    show: Option<String>,
    days: Option<String>,
    cover: Option<String>,
    cursor: Option<String>,
}

/// Which items are shown, with their messages.
const SHOWN: [(Option<&str>, &str); 3] =
    [(None, "balance-movable"), (Some("lacking"), "balance-lacking"), (Some("all"), "balance-all")];

impl Asked {
    fn of(cx: &Cx) -> Asked {
        let show =
            cx.query("show").filter(|word| SHOWN.iter().any(|(known, _)| *known == Some(word.as_str())));
        Asked { show, days: cx.query("days"), cover: cx.query("cover"), cursor: cx.query("cursor") }
    }

    fn address(&self, show: Option<&str>, cursor: Option<&str>) -> String {
        let pairs = [
            ("show", show),
            ("days", self.days.as_deref()),
            ("cover", self.cover.as_deref()),
            ("cursor", cursor),
        ];
        address("/balance", &pairs)
    }

    fn target(&self) -> String {
        let flag = match self.show.as_deref() {
            None => ("movable", Some("true")),
            Some("lacking") => ("lacking", Some("true")),
            Some(_) => ("lacking", None),
        };
        let pairs = [
            flag,
            ("days", self.days.as_deref()),
            ("cover", self.cover.as_deref()),
            ("cursor", self.cursor.as_deref()),
        ];
        address("/api/v1/balance", &pairs)
    }
}

pub(super) async fn show(cx: Cx) -> Html {
    let asked = Asked::of(&cx);
    let page: Page = cx.desk.get(&asked.target()).await?;
    let title = cx.t("balance-title");
    let tab = |(word, key): (Option<&str>, &str)| Tab {
        label: cx.t(key).into_owned(),
        tone: None,
        count: None,
        href: asked.address(word, None),
        is_current: word == asked.show.as_deref(),
        key: None,
    };
    let next = page.next.as_deref().map(|next| asked.address(asked.show.as_deref(), Some(next)));
    let body = html! {
        header class="head" { div { h1 { (title) } p { (cx.t("balance-about")) } } }
        div class="filters" { (tabs(&cx.t("balance-shown"), &SHOWN.map(tab))) }
        section class="card" { div class="body" { (weighed(&cx, &asked)) } }
        @if page.items.is_empty() {
            section class="card" { (empty(Icon::Transfer, &cx.t("balance-none"), &cx.t("balance-none-why"), None)) (more(&cx.t("load-more"), next.as_deref())) }
        } @else {
            section class="card tight" { (table(&cx, &title).draw(&page.items)) (more(&cx.t("load-more"), next.as_deref())) }
            @if page.items.iter().any(|item| !item.complete) { p class="quiet" { (cx.t("balance-partly")) } }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Balance, body })))
}

/// Over how long it is looked back, and for how long it has to last.
fn weighed(cx: &Cx, asked: &Asked) -> Markup {
    let (days, cover) = (cx.t("balance-days"), cx.t("balance-cover"));
    let none = Sent::default();
    html! {
        form class="form" action="/balance" {
            @if let Some(show) = &asked.show { input type="hidden" name="show" value=(show); }
            div class="pair" {
                (Field::new("days", &days).value(asked.days.as_deref().unwrap_or("30")).number().text(&none))
                (Field::new("cover", &cover).value(asked.cover.as_deref().unwrap_or("14")).number().text(&none))
            }
            footer { (Button::new(&cx.t("balance-weigh")).submit()) }
        }
    }
}

fn is_some(text: &str) -> bool {
    text.bytes().any(|digit| (b'1'..=b'9').contains(&digit))
}

fn table<'a>(cx: &'a Cx, caption: &'a str) -> Table<'a, Across> {
    let item = Column::text(cx.t("item"), |row: &Across| {
        html! { a class="cell" href=(format!("/items/{}", step(&row.sku))) { (row.sku) } small { (row.unit) } }
    });
    let piles = Column::text(cx.t("balance-piles"), |row: &Across| {
        each(row.sites.iter().filter(|at| is_some(&at.surplus)), |at| amount(cx, at, &at.surplus))
    });
    let lacks = Column::text(cx.t("balance-lacks"), |row: &Across| {
        each(row.sites.iter().filter(|at| is_some(&at.lack)), |at| amount(cx, at, &at.lack))
    });
    let moves = Column::text(cx.t("balance-moves"), |row: &Across| {
        each(
            row.moves.iter(),
            |one| html! { div { strong { (cx.number(&one.qty)) } " · " (one.from) " → " (one.to) } },
        )
    });
    let columns = vec![item.role(Role::Title), piles, lacks, moves.role(Role::Side)];
    let sorted = Box::new(|_: &str| String::new());
    Table { caption, columns, sort: "", sorted, id: "rows", key: Box::new(|row| row.sku.clone()) }
}

/// All of them, below each other; a dash for none.
fn each<T>(rows: impl Iterator<Item = T>, one: impl Fn(T) -> Markup) -> Markup {
    let all: Vec<Markup> = rows.map(one).collect();
    html! { @if all.is_empty() { span class="muted" { (format::NONE) } } @for one in all { (one) } }
}

/// So much at a site, with what is there and what it needs.
fn amount(cx: &Cx, at: &At, qty: &str) -> Markup {
    let has = [("available", cx.number(&at.available).into()), ("needs", cx.number(&at.needs).into())];
    html! {
        div {
            strong { (cx.number(qty)) } " " a class="link" href=(page_of(&at.site)) { (at.site) }
            small { (cx.tell("balance-has", &has)) @if let Some(days) = at.lasts_days { " · " (cx.tell("balance-lasts", &[("days", days.into())])) } }
        }
    }
}
