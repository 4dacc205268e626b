//! The list of items: filtered by words, category and state, as the address says.

use crate::cx::{Cx, Html, address, step};
use crate::kit::{
    Button, Column, Frame, Icon, Role, Section, Shell, Tab, Table, Tone, chip, empty, shell, tabs,
};
use maud::{Markup, html};
use serde::Deserialize;

/// What the list shows of an item.
#[derive(Deserialize)]
struct Row {
    sku: String,
    name: String,
    category: String,
    base_unit: String,
    tracking: String,
    archived: bool,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Row>,
    #[serde(default)]
    next: Option<String>,
    /// What was typed and meant something else.
    #[serde(default)]
    corrected: Vec<Corrected>,
}

#[derive(Deserialize)]
struct Corrected {
    typed: String,
    meant: Vec<String>,
}

/// What was asked for.
struct Asked {
    words: Option<String>,
    archived: bool,
    sort: Option<String>,
    cursor: Option<String>,
}

impl Asked {
    fn of(cx: &Cx) -> Asked {
        Asked {
            words: cx.query("q"),
            archived: cx.query("state").as_deref() == Some("archived"),
            sort: cx.query("sort").filter(|word| word == "-sku"),
            cursor: cx.query("cursor"),
        }
    }

    /// The address of the page, with another order and from another place on.
    fn address(&self, sort: Option<&str>, cursor: Option<&str>) -> String {
        let state = self.archived.then_some("archived");
        address(
            "/items",
            &[("q", self.words.as_deref()), ("state", state), ("sort", sort), ("cursor", cursor)],
        )
    }

    /// What the doors are asked.
    fn target(&self) -> String {
        if let (Some(words), false) = (&self.words, self.archived) {
            return address("/api/v1/search/items", &[("q", Some(words))]);
        }
        let archived = if self.archived { "true" } else { "false" };
        address(
            "/api/v1/items",
            &[
                ("q", self.words.as_deref()),
                ("archived", Some(archived)),
                ("sort", self.sort.as_deref()),
                ("cursor", self.cursor.as_deref()),
            ],
        )
    }
}

pub(super) async fn show(cx: Cx) -> Html {
    let asked = Asked::of(&cx);
    let page: Page = cx.desk.get(&asked.target()).await?;
    if cx.wants("rows") {
        return Ok(cx.show(html! { (table(&cx, &asked).rows(&page.items)) (more(&cx, &asked, &page)) }));
    }
    if cx.wants("results") {
        return Ok(cx.show(results(&cx, &asked, &page)));
    }
    let title = cx.t("items-title");
    let body = html! {
        header class="head" { div { h1 { (title) } p { (cx.t("items-about")) } } }
        div class="filters" {
            (tabs(&cx.t("items-states"), &[
                tab(&cx, "items-in-use", !asked.archived, &address("/items", &[("q", asked.words.as_deref())])),
                tab(&cx, "items-archived", asked.archived, &address("/items", &[("q", asked.words.as_deref()), ("state", Some("archived"))])),
            ]))
            span class="grow" {}
            (filter(&cx, &asked))
        }
        div id="results" { (results(&cx, &asked, &page)) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Items, body })))
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

/// The field that filters while somebody types; without a script it is sent by Enter.
fn filter(cx: &Cx, asked: &Asked) -> Markup {
    html! {
        form action="/items" hx-get="/items" hx-target="#results" hx-push-url="true" hx-trigger="submit, input delay:60ms from:#filter" hx-sync="this:replace" {
            @if asked.archived { input type="hidden" name="state" value="archived"; }
            label class="search" {
                span class="visually-hidden" { (cx.t("items-filter")) }
                (Icon::Search.draw())
                input class="input" id="filter" type="search" name="q" value=[asked.words.as_deref()] placeholder=(cx.t("items-filter")) autocomplete="off" data-filter;
                span class="kbd" aria-hidden="true" { "/" }
            }
        }
    }
}

fn results(cx: &Cx, asked: &Asked, page: &Page) -> Markup {
    if page.items.is_empty() {
        return html! { section class="card" { (nothing(cx, asked)) } };
    }
    html! {
        @for corrected in &page.corrected {
            p class="muted" { (cx.tell("items-corrected", &[("typed", corrected.typed.as_str().into()), ("meant", corrected.meant.join(", ").into())])) }
        }
        section class="card tight" {
            (table(cx, asked).draw(&page.items))
            div id="more" { (more(cx, asked, page)) }
        }
    }
}

fn nothing(cx: &Cx, asked: &Asked) -> Markup {
    match &asked.words {
        Some(words) => empty(
            Icon::Search,
            &cx.t("items-no-match"),
            &cx.tell("items-no-match-why", &[("words", words.as_str().into())]),
            Some(Button::new(&cx.t("clear-filter")).link("/items")),
        ),
        None if asked.archived => {
            empty(Icon::Archive, &cx.t("items-none-archived"), &cx.t("items-none-archived-why"), None)
        }
        None => empty(Icon::Tag, &cx.t("items-none"), &cx.t("items-none-why"), None),
    }
}

/// The next rows: a link that works alone, and that a script puts in place of itself.
fn more(cx: &Cx, asked: &Asked, page: &Page) -> Markup {
    let Some(next) = &page.next else { return html! {} };
    let href = asked.address(asked.sort.as_deref(), Some(next));
    html! { div class="more" { (Button::new(&cx.t("load-more")).link(&href)) } }
}

fn table<'a>(cx: &'a Cx, asked: &'a Asked) -> Table<'a, Row> {
    let sku = Column::text(
        cx.t("sku"),
        |row: &Row| html! { a class="cell" href=(format!("/items/{}", step(&row.sku))) { (row.sku) } },
    );
    let name = Column::text(
        cx.t("item"),
        |row: &Row| html! { (row.name) @if !row.category.is_empty() { small { (row.category) } } },
    );
    let state = Column::text(cx.t("state"), |row: &Row| {
        if row.archived { chip(Tone::Hold, &cx.t("archived")) } else { chip(Tone::Ok, &cx.t("in-use")) }
    });
    let unit = Column::text(cx.t("base-unit"), |row: &Row| html! { (row.base_unit) });
    let tracking = Column::text(cx.t("tracking"), |row: &Row| html! { (cx.t(tracking_word(&row.tracking))) });
    let sku = if asked.words.is_none() || asked.archived { sku.order("sku", "-sku") } else { sku };
    Table {
        caption: "items",
        columns: vec![
            sku,
            name.role(Role::Title),
            state.role(Role::Side),
            unit.role(Role::Fold),
            tracking.role(Role::Fold).priority(2),
        ],
        sort: asked.sort.as_deref().unwrap_or("sku"),
        sorted: Box::new(|word| asked.address(Some(word).filter(|word| *word != "sku"), None)),
        id: "rows",
        key: Box::new(|row| row.sku.clone()),
    }
}

/// The message of a way to track.
pub(super) fn tracking_word(word: &str) -> &'static str {
    match word {
        "lot" => "tracking-lot",
        "serial" => "tracking-serial",
        _ => "tracking-none",
    }
}
