//! One item: what it is, what there is of it and where, and what happened.

use super::list::tracking_word;
use crate::cx::{Cx, Html, address, step};
use crate::format;
use crate::kit::{
    Column, Figure, Frame, Icon, Role, Section, Shell, Table, Tone, breadcrumbs, card, chip, empty, facts,
    figures, shell,
};
use domain::{Delta, Permission};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use web::Path;

#[derive(Deserialize)]
struct Item {
    sku: String,
    name: String,
    category: String,
    base_unit: String,
    tracking: String,
    archived: bool,
    #[serde(default)]
    units: Vec<Unit>,
    #[serde(default)]
    barcodes: Vec<Barcode>,
}

#[derive(Deserialize)]
struct Unit {
    unit: String,
    factor: String,
}

#[derive(Deserialize)]
struct Barcode {
    code: String,
    symbology: String,
    unit: String,
}

/// What there is of it.
#[derive(Deserialize)]
struct Stock {
    in_transit: String,
    sites: Vec<Site>,
}

#[derive(Deserialize)]
struct Site {
    #[serde(rename = "site")]
    code: String,
    on_hand: String,
    #[serde(default)]
    available: Option<String>,
    #[serde(default)]
    allocated: Option<String>,
    balances: Vec<Balance>,
}

#[derive(Deserialize)]
struct Balance {
    location: String,
    #[serde(default)]
    lot: Option<String>,
    status: String,
    on_hand: String,
}

#[derive(Deserialize)]
struct Ledger {
    items: Vec<Movement>,
}

#[derive(Deserialize)]
struct Movement {
    kind: String,
    effective_at: String,
    qty: String,
    unit: String,
    #[serde(default)]
    document: Option<String>,
    from: End,
    to: End,
    actor: Actor,
}

#[derive(Deserialize)]
struct End {
    location: String,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Organisation {
    zone: String,
}

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let item: Item = cx.desk.get(&format!("/api/v1/items/{}", step(&sku))).await?;
    let (stock, ledger): (Option<Stock>, Option<Ledger>) = if cx.desk.may(Permission::StockRead) {
        let of_item = address("/api/v1/ledger", &[("sku", Some(&sku)), ("limit", Some("12"))]);
        let stock = cx.desk.get(&format!("/api/v1/items/{}/stock?limit=100", step(&sku))).await?;
        (Some(stock), Some(cx.desk.get(&of_item).await?))
    } else {
        (None, None)
    };
    let zone = zone(&cx).await?;
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("items-title").into_owned(), "/items".to_owned())], &item.sku))
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::Box.draw()) }
                div {
                    div class="row" { h1 { (item.name) } @if item.archived { (chip(Tone::Hold, &cx.t("archived"))) } }
                    p { (item.sku) @if !item.category.is_empty() { " · " (item.category) } " · " (cx.t(tracking_word(&item.tracking))) }
                }
            }
        }
        @if let Some(stock) = &stock { (strip(&cx, &item, stock)) }
        div class="grid wide" {
            @if let Some(stock) = &stock { (card(&cx.t("stock-by-location"), None, places(&cx, stock))) }
            (card(&cx.t("units-and-barcodes"), None, units(&cx, &item)))
        }
        @if let Some(ledger) = &ledger { (card(&cx.t("ledger"), None, movements(&cx, ledger, &zone))) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &item.name, section: Section::Items, body })))
}

/// The zone of the books.
async fn zone(cx: &Cx) -> Result<TimeZone, web::Failure> {
    if !cx.desk.may(Permission::PlacesRead) {
        return Ok(TimeZone::UTC);
    }
    let organisation: Organisation = cx.desk.get("/api/v1/organisation").await?;
    Ok(TimeZone::get(&organisation.zone).unwrap_or(TimeZone::UTC))
}

/// What quantities come to; one that cannot be read counts for nothing.
fn sum(values: impl Iterator<Item = String>) -> String {
    let read = values.filter_map(|value| Delta::parse(&value).ok());
    read.fold(Delta::ZERO, |total, value| total.checked_add(value).unwrap_or(total)).to_string()
}

fn strip(cx: &Cx, item: &Item, stock: &Stock) -> Markup {
    let of = |pick: fn(&Site) -> Option<String>| sum(stock.sites.iter().filter_map(pick));
    let figure = |label: &str, value: String, note: &str| Figure {
        label: cx.t(label).into_owned(),
        value: cx.number(&value),
        note: note.to_owned(),
        href: None,
    };
    figures(&[
        figure("on-hand", of(|site| Some(site.on_hand.clone())), &item.base_unit),
        figure("allocated", of(|site| site.allocated.clone()), &item.base_unit),
        figure("available", of(|site| site.available.clone()), &item.base_unit),
        figure("in-transit", stock.in_transit.clone(), &item.base_unit),
    ])
}

fn places(cx: &Cx, stock: &Stock) -> Markup {
    let rows: Vec<(&Site, &Balance)> = stock
        .sites
        .iter()
        .flat_map(|site| site.balances.iter().map(move |balance| (site, balance)))
        .collect();
    if rows.is_empty() {
        return empty(Icon::Pin, &cx.t("no-stock"), &cx.t("no-stock-why"), None);
    }
    let table = Table {
        caption: &cx.t("stock-by-location"),
        columns: vec![
            Column::text(
                cx.t("location"),
                |(site, balance): &(&Site, &Balance)| html! { (balance.location) small { (site.code) } },
            ),
            Column::text(
                cx.t("lot"),
                |(_, balance): &(&Site, &Balance)| html! { (balance.lot.as_deref().unwrap_or(format::NONE)) },
            ),
            Column::text(cx.t("status"), |(_, balance): &(&Site, &Balance)| html! { (balance.status) }),
            Column::number(
                cx.t("on-hand"),
                |(_, balance): &(&Site, &Balance)| html! { (cx.number(&balance.on_hand)) },
            )
            .role(Role::Big),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "places",
        key: Box::new(|(_, balance)| balance.location.clone()),
    };
    html! { div class="scroll" { (table.draw(&rows)) } }
}

fn units(cx: &Cx, item: &Item) -> Markup {
    let unit = |unit: &Unit| format!("{} {}", cx.number(&unit.factor), item.base_unit);
    let mut all = vec![(cx.t("base-unit").into_owned(), html! { (item.base_unit) })];
    all.extend(item.units.iter().map(|one| (one.unit.clone(), html! { (unit(one)) })));
    all.extend(item.barcodes.iter().map(|code| {
        (code.symbology.clone(), html! { code { (code.code) } " " span class="quiet" { (code.unit) } })
    }));
    facts(&all)
}

fn movements(cx: &Cx, ledger: &Ledger, zone: &TimeZone) -> Markup {
    if ledger.items.is_empty() {
        return empty(Icon::History, &cx.t("ledger-none"), &cx.t("ledger-none-why"), None);
    }
    html! {
        ul class="timeline" {
            @for movement in &ledger.items {
                li {
                    span class="mark" { (Icon::Move.small()) }
                    div {
                        strong { (movement.kind) } " " @if let Some(document) = &movement.document { (document) }
                        p class="quiet" { @if let Some(name) = &movement.actor.name { (name) " · " } (movement.from.location) " → " (movement.to.location) }
                    }
                    span class="num strong" { (cx.number(&movement.qty)) " " (movement.unit) }
                    span class="num muted" { (format::instant(cx.look.locale, &movement.effective_at, zone)) }
                }
            }
        }
    }
}
