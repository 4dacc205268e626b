//! One lot: what there is of it and where, whom it went to, and every movement: the answer to a recall.

use super::{Lot, Place, day, state};
use crate::cx::{Clock, Cx, Html, address, step};
use crate::items::{Movement, movements, status};
use crate::kit::{
    Button, Column, Figure, Frame, Icon, Kind, Role, Section, Shell, Table, Tone, breadcrumbs, card, empty,
    figures, notice, shell,
};
use domain::Permission;

use maud::{Markup, html};
use serde::Deserialize;
use web::Path;

/// Movements of a page.
const MOVEMENTS: &str = "20";
/// Customers that are shown; a recall takes all of them from the export.
const CUSTOMERS: &str = "12";

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    #[serde(default)]
    next: Option<String>,
}

/// Somebody who got some of it.
#[derive(Deserialize)]
struct Customer {
    number: i64,
    country: String,
    invoices: i64,
    first_at: String,
    last_at: String,
}

pub(super) async fn show(cx: Cx, Path((sku, lot)): Path<(String, String)>) -> Html {
    let found: Lot = cx.desk.get(&format!("/api/v1/items/{}/lots/{}", step(&sku), step(&lot))).await?;
    let cursor = cx.query("cursor");
    let of_lot = |limit, cursor| {
        [("sku", Some(sku.as_str())), ("lot", Some(lot.as_str())), ("limit", Some(limit)), ("cursor", cursor)]
    };
    let (moved, got) = (of_lot(MOVEMENTS, cursor.as_deref()), of_lot(CUSTOMERS, None));
    let ledger: Page<Movement> = cx.desk.get(&address("/api/v1/ledger", &moved)).await?;
    let customers: Page<Customer> = cx.desk.get(&address("/api/v1/customers", &got)).await?;
    let clock = cx.clock().await?;
    let own = found.address();
    let more = ledger.next.as_deref().map(|next| address(&own, &[("cursor", Some(next))]));
    let list = format!("/items/{}/lots", step(&sku));
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("items-title").into_owned(), "/items".into()), (sku.clone(), format!("/items/{}", step(&sku))), (cx.t("part-lots").into_owned(), list)], &found.lot))
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::Barcode.draw()) }
                div { div class="row" { h1 { (found.lot) } (state(&cx, &found)) } p { (sku) } }
            }
            @if cx.desk.may(Permission::StockStatus) { (actions(&cx, &found)) }
        }
        @if found.parent_on_hold { (notice(Tone::Low, html! { p { (cx.t("lot-parent-on-hold")) } })) }
        (strip(&cx, &found))
        div class="grid two" {
            (card(&cx.t("stock-by-location"), None, places(&cx, &found)))
            (card(&cx.t("lot-customers"), None, who(&cx, &customers, &clock)))
        }
        (card(&cx.t("ledger"), None, html! {
            (movements(&cx, &ledger.items, &clock))
            @if let Some(href) = more { div class="more" { (Button::new(&cx.t("load-older")).link(&href)) } }
        }))
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &found.lot, section: Section::Lots, body })))
}

fn actions(cx: &Cx, lot: &Lot) -> Markup {
    let own = lot.address();
    html! {
        div class="row" {
            @if lot.on_hold { (Button::primary(&cx.t("lot-release")).icon(Icon::Check).link(&format!("{own}/release"))) }
            @else { (Button::new(&cx.t("lot-hold")).icon(Icon::Ban).kind(Kind::Danger).link(&format!("{own}/hold"))) }
        }
    }
}

fn strip(cx: &Cx, lot: &Lot) -> Markup {
    let figure = |label: &str, value: String, note: &str| Figure {
        label: cx.t(label).into_owned(),
        value,
        note: note.to_owned(),
        href: None,
    };
    figures(&[
        figure("on-hand", cx.number(&lot.on_hand), &lot.unit),
        figure("made-on", day(cx, lot.made_on.as_ref()), ""),
        figure("expiry", day(cx, lot.expiry_on.as_ref()), &cx.t("last-sellable-day")),
    ])
}

fn places(cx: &Cx, lot: &Lot) -> Markup {
    if lot.places.is_empty() {
        return empty(Icon::Pin, &cx.t("no-stock"), &cx.t("no-stock-why"), None);
    }
    let table = Table {
        caption: &cx.t("stock-by-location"),
        columns: vec![
            Column::text(cx.t("location"), |place: &Place| html! { (place.location) }).role(Role::Title),
            Column::text(cx.t("status"), |place: &Place| status(cx, &place.status)).role(Role::Side),
            Column::number(cx.t("on-hand"), |place: &Place| html! { (cx.number(&place.on_hand)) })
                .role(Role::Big),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "places",
        key: Box::new(|place| place.location.clone()),
    };
    html! {
        div class="scroll" { (table.draw(&lot.places)) }
        @if let Some(count) = lot.places_left_out { p class="quiet" { (cx.tell("places-left-out", &[("count", count.into())])) } }
    }
}

fn who(cx: &Cx, customers: &Page<Customer>, clock: &Clock) -> Markup {
    if customers.items.is_empty() {
        return empty(Icon::Users, &cx.t("lot-customers-none"), &cx.t("lot-customers-none-why"), None);
    }
    let instant = |text: &str| clock.at(text);
    let table = Table {
        caption: &cx.t("lot-customers"),
        columns: vec![
            Column::text(
                cx.t("customer"),
                |one: &Customer| html! { strong { (one.number) } small { (one.country) } },
            )
            .role(Role::Title),
            Column::number(cx.t("invoices"), |one: &Customer| html! { (one.invoices) }).role(Role::Side),
            Column::text(cx.t("first-time"), move |one: &Customer| html! { (instant(&one.first_at)) })
                .role(Role::Fold)
                .priority(2),
            Column::text(cx.t("last-time"), move |one: &Customer| html! { (instant(&one.last_at)) }),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "customers",
        key: Box::new(|one| one.number.to_string()),
    };
    html! {
        div class="scroll" { (table.draw(&customers.items)) }
        @if customers.next.is_some() { p class="quiet" { (cx.t("lot-customers-more")) } }
    }
}
