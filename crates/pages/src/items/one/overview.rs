//! What there is of an item and where, how it moved in the last year, and what happened last.

use super::ledger::{Movement, movements};
use super::{Head, Part};
use crate::cx::{Cx, Html, address, step};
use crate::format;
use crate::kit::{Column, Figure, Icon, Role, Table, card, empty, facts, figures};
use domain::{Delta, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use web::Path;

/// Movements that the overview shows.
const LAST: &str = "8";

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
    #[serde(default)]
    expiry_on: Option<String>,
    status: String,
    on_hand: String,
}

#[derive(Deserialize)]
struct Ledger {
    items: Vec<Movement>,
}

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    if !cx.desk.may(Permission::StockRead) {
        let body = card(&cx.t("units-and-barcodes"), None, units(&cx, &head));
        return Ok(cx.show(head.page(&cx, Part::Overview, body)));
    }
    let stock: Stock = cx.desk.get(&format!("/api/v1/items/{}/stock?limit=100", step(&sku))).await?;
    let last = address("/api/v1/ledger", &[("sku", Some(&sku)), ("limit", Some(LAST))]);
    let ledger: Ledger = cx.desk.get(&last).await?;
    let clock = cx.clock().await?;
    let all = format!("/items/{}/ledger", step(&sku));
    let more = html! { a class="link" href=(all) { (cx.t("ledger-all")) } };
    let body = html! {
        (strip(&cx, &head, &stock))
        div class="grid wide" {
            (card(&cx.t("stock-by-location"), None, places(&cx, &stock)))
            (card(&cx.t("units-and-barcodes"), None, units(&cx, &head)))
        }
        (card(&cx.t("ledger-last"), Some(more), movements(&cx, &ledger.items, &clock)))
    };
    Ok(cx.show(head.page(&cx, Part::Overview, body)))
}

/// What quantities come to; one that cannot be read counts for nothing.
fn sum(values: impl Iterator<Item = String>) -> String {
    let read = values.filter_map(|value| Delta::parse(&value).ok());
    read.fold(Delta::ZERO, |total, value| total.checked_add(value).unwrap_or(total)).to_string()
}

fn strip(cx: &Cx, head: &Head, stock: &Stock) -> Markup {
    let of = |pick: fn(&Site) -> Option<String>| sum(stock.sites.iter().filter_map(pick));
    let unit = &head.item.base_unit;
    let figure = |label: &str, value: String| Figure {
        label: cx.t(label).into_owned(),
        value: cx.number(&value),
        note: unit.clone(),
        href: None,
    };
    figures(&[
        figure("on-hand", of(|site| Some(site.on_hand.clone()))),
        figure("allocated", of(|site| site.allocated.clone())),
        figure("available", of(|site| site.available.clone())),
        figure("in-transit", stock.in_transit.clone()),
    ])
}

/// A balance with its site.
type Row<'a> = (&'a Site, &'a Balance);

fn places(cx: &Cx, stock: &Stock) -> Markup {
    let rows: Vec<(&Site, &Balance)> = stock
        .sites
        .iter()
        .flat_map(|site| site.balances.iter().map(move |balance| (site, balance)))
        .collect();
    if rows.is_empty() {
        return empty(Icon::Pin, &cx.t("no-stock"), &cx.t("no-stock-why"), None);
    }
    let mut columns = vec![
        Column::text(
            cx.t("location"),
            |(site, balance): &Row<'_>| html! { (balance.location) small { (site.code) } },
        )
        .role(Role::Title),
        Column::text(cx.t("status"), |(_, balance): &Row<'_>| status(cx, &balance.status)).role(Role::Side),
    ];
    if rows.iter().any(|(_, balance)| balance.lot.is_some()) {
        columns.push(Column::text(
            cx.t("lot"),
            |(_, balance): &Row<'_>| html! { (balance.lot.as_deref().unwrap_or(format::NONE)) },
        ));
        columns.push(Column::text(cx.t("expiry"), |(_, balance): &Row<'_>| {
            html! { (balance.expiry_on.as_deref().map_or_else(|| format::NONE.to_owned(), |day| format::day(cx.look.locale, day))) }
        }).role(Role::Fold));
    }
    columns.push(
        Column::number(cx.t("on-hand"), |(_, balance): &Row<'_>| html! { (cx.number(&balance.on_hand)) })
            .role(Role::Big),
    );
    let table = Table {
        caption: &cx.t("stock-by-location"),
        columns,
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "places",
        key: Box::new(|(_, balance)| balance.location.clone()),
    };
    html! { div class="scroll" { (table.draw(&rows)) } }
}

/// The status of goods in a word.
pub(crate) fn status(cx: &Cx, word: &str) -> Markup {
    use crate::kit::{Tone, chip};
    let (tone, key) = match word {
        "good" => (Tone::Ok, "status-good"),
        "hold" => (Tone::Hold, "status-hold"),
        "quarantined" => (Tone::Low, "status-quarantined"),
        "damaged" => (Tone::Out, "status-damaged"),
        "expired" => (Tone::Out, "status-expired"),
        "suspect" => (Tone::Low, "status-suspect"),
        other => return chip(Tone::Hold, other),
    };
    chip(tone, &cx.t(key))
}

fn units(cx: &Cx, head: &Head) -> Markup {
    let item = &head.item;
    let mut all = vec![(cx.t("base-unit").into_owned(), html! { (item.base_unit) })];
    let packs = item.units.iter().filter(|unit| unit.unit != item.base_unit);
    all.extend(
        packs.map(|unit| (unit.unit.clone(), html! { (cx.number(&unit.factor)) " " (item.base_unit) })),
    );
    all.extend(item.barcodes.iter().map(|code| {
        (code.symbology.to_uppercase(), html! { code { (code.code) } " " span class="quiet" { (code.unit) } })
    }));
    facts(&all)
}
