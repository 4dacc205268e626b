//! The list of lots: by the beginning of the code, held, on hold, or by the day on which they expire.

use super::{Lot, day, state};
use crate::cx::{Cx, Html, address, step};
use crate::kit::{Button, Column, Frame, Icon, Role, Section, Shell, Tab, Table, empty, shell, tabs};
use maud::{Markup, html};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    items: Vec<Lot>,
    next: Option<String>,
}

/// A tab: its word in the address, its message, and what it asks for.
type State = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const STATES: [State; 4] = [
    ("", "lots-in-stock", &[("held", "true")]),
    ("hold", "lots-on-hold", &[("on_hold", "true")]),
    (
        "expiring",
        "lots-by-expiry",
        &[("held", "true"), ("expires_from", "0001-01-01"), ("sort", "expiry_on")],
    ),
    ("all", "lots-all", &[]),
];

pub(super) async fn show(cx: Cx) -> Html {
    let asked = cx.query("state").unwrap_or_default();
    let (state, _, filters) = STATES.into_iter().find(|(state, ..)| *state == asked).unwrap_or(STATES[0]);
    let (words, cursor) = (cx.query("q"), cx.query("cursor"));
    let mut parameters: Vec<(&str, Option<&str>)> =
        filters.iter().map(|(name, value)| (*name, Some(*value))).collect();
    parameters.extend([("q", words.as_deref()), ("cursor", cursor.as_deref())]);
    let page: Page = cx.desk.get(&address("/api/v1/lots", &parameters)).await?;
    let own = |state: &str, cursor: Option<&str>| {
        address("/lots", &[("state", Some(state)), ("q", words.as_deref()), ("cursor", cursor)])
    };
    let results =
        results(&cx, &page, words.as_deref(), page.next.as_deref().map(|next| own(state, Some(next))));
    if cx.wants("results") {
        return Ok(cx.show(results));
    }
    let title = cx.t("lots-title");
    let all = STATES.map(|(word, label, _)| Tab {
        label: cx.t(label).into_owned(),
        tone: None,
        count: None,
        href: own(word, None),
        is_current: word == state,
        key: None,
    });
    let body = html! {
        header class="head" { div { h1 { (title) } p { (cx.t("lots-about")) } } }
        div class="filters" {
            (tabs(&cx.t("lots-states"), &all))
            span class="grow" {}
            (filter(&cx, state, words.as_deref()))
        }
        div id="results" { (results) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Lots, body })))
}

fn filter(cx: &Cx, state: &str, words: Option<&str>) -> Markup {
    html! {
        form action="/lots" hx-get="/lots" hx-target="#results" hx-push-url="true" hx-trigger="submit, input delay:60ms from:#filter" hx-sync="this:replace" {
            @if !state.is_empty() { input type="hidden" name="state" value=(state); }
            label class="search" {
                span class="visually-hidden" { (cx.t("lots-filter")) }
                (Icon::Search.draw())
                input class="input" id="filter" type="search" name="q" value=[words] placeholder=(cx.t("lots-filter")) autocomplete="off" data-filter;
                span class="kbd" aria-hidden="true" { "/" }
            }
        }
    }
}

fn results(cx: &Cx, page: &Page, words: Option<&str>, more: Option<String>) -> Markup {
    html! {
        section class="card tight" {
            @if page.items.is_empty() {
                @match words {
                    Some(words) => (empty(Icon::Search, &cx.t("lots-no-match"), &cx.tell("lots-no-match-why", &[("words", words.into())]), Some(Button::new(&cx.t("clear-filter")).link("/lots")))),
                    None => (empty(Icon::Barcode, &cx.t("lots-none-here"), &cx.t("lots-none-here-why"), None)),
                }
            } @else { (table(cx).draw(&page.items)) }
            @if let Some(href) = more { div class="more" { (Button::new(&cx.t("load-more")).link(&href)) } }
        }
    }
}

fn table(cx: &Cx) -> Table<'_, Lot> {
    Table {
        caption: "lots",
        columns: vec![
            Column::text(cx.t("lot"), |lot: &Lot| html! { a class="cell" href=(lot.address()) { (lot.lot) } @if let Some(parent) = &lot.parent { small { (parent) } } }).role(Role::Title),
            Column::text(cx.t("sku"), |lot: &Lot| html! { a class="cell" href=(format!("/items/{}", step(&lot.sku))) { (lot.sku) } }),
            Column::text(cx.t("state"), |lot: &Lot| state(cx, lot)).role(Role::Side),
            Column::text(cx.t("made-on"), |lot: &Lot| html! { (day(cx, lot.made_on.as_ref())) }).role(Role::Fold).priority(2),
            Column::text(cx.t("expiry"), |lot: &Lot| html! { (day(cx, lot.expiry_on.as_ref())) }),
            Column::number(cx.t("on-hand"), |lot: &Lot| html! { (cx.number(&lot.on_hand)) " " (lot.unit) }).role(Role::Big),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "rows",
        key: Box::new(|lot| format!("{}/{}", lot.sku, lot.lot)),
    }
}
