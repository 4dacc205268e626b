//! The lots and serials of an item: what there is of each, until when, and whether it is held back.

use super::{Head, Part};
use crate::cx::{Cx, Html, address, step};
use crate::format;
use crate::kit::{Button, Column, Icon, Role, Table, Tone, chip, empty};
use maud::{Markup, html};
use serde::Deserialize;
use web::Path;

#[derive(Deserialize)]
struct Page {
    items: Vec<Lot>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Lot {
    lot: String,
    on_hand: String,
    #[serde(default)]
    expiry_on: Option<String>,
    #[serde(default)]
    made_on: Option<String>,
    on_hold: bool,
    #[serde(default)]
    parent_on_hold: bool,
    #[serde(default)]
    parent: Option<String>,
}

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let cursor = cx.query("cursor");
    let target = address("/api/v1/lots", &[("sku", Some(&sku)), ("cursor", cursor.as_deref())]);
    let page: Page = cx.desk.get(&target).await?;
    let own = format!("/items/{}/lots", step(&sku));
    let body = html! {
        section class="card tight" {
            @if page.items.is_empty() { (empty(Icon::Barcode, &cx.t("lots-none"), &cx.t("lots-none-why"), None)) }
            @else { (table(&cx).draw(&page.items)) }
            @if let Some(next) = &page.next {
                div class="more" { (Button::new(&cx.t("load-more")).link(&address(&own, &[("cursor", Some(next))]))) }
            }
        }
    };
    Ok(cx.show(head.page(&cx, Part::Lots, body)))
}

fn table(cx: &Cx) -> Table<'_, Lot> {
    let day = |day: &Option<String>| {
        day.as_deref().map_or_else(|| format::NONE.to_owned(), |day| format::day(cx.look.locale, day))
    };
    Table {
        caption: "lots",
        columns: vec![
            Column::text(cx.t("lot"), |lot: &Lot| html! { strong { (lot.lot) } @if let Some(parent) = &lot.parent { small { (parent) } } }).role(Role::Title),
            Column::text(cx.t("state"), |lot: &Lot| state(cx, lot)).role(Role::Side),
            Column::text(cx.t("made-on"), move |lot: &Lot| html! { (day(&lot.made_on)) }).role(Role::Fold).priority(2),
            Column::text(cx.t("expiry"), move |lot: &Lot| html! { (day(&lot.expiry_on)) }),
            Column::number(cx.t("on-hand"), |lot: &Lot| html! { (cx.number(&lot.on_hand)) }).role(Role::Big),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "lots",
        key: Box::new(|lot| lot.lot.clone()),
    }
}

fn state(cx: &Cx, lot: &Lot) -> Markup {
    if lot.on_hold || lot.parent_on_hold {
        return chip(Tone::Hold, &cx.t("status-hold"));
    }
    if lot.on_hand == "0" {
        chip(Tone::Hold, &cx.t("lot-used-up"))
    } else {
        chip(Tone::Ok, &cx.t("lot-there"))
    }
}
