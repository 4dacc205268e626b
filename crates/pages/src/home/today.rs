//! The first page: what needs me now. Each card is a short list with the way to the whole of it, and is there only for
//! whoever may see it.

use crate::cx::{Clock, Cx, Html, address, step};
use crate::format;
use crate::kit::Tone;
use crate::kit::{Frame, Icon, Section, Shell, card, chip, empty, shell};
use domain::Permission;
use jiff::ToSpan as _;

use maud::{Markup, html};
use serde::Deserialize;
use web::Failure;

/// Lines of a card.
const LINES: &str = "6";
/// How many days ahead lots are told that expire.
const AHEAD_DAYS: i64 = 30;

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Lacking {
    sku: String,
    unit: String,
    sites: Vec<Site>,
}

#[derive(Deserialize)]
struct Site {
    site: String,
    available: String,
    lack: String,
}

#[derive(Deserialize)]
struct Lot {
    sku: String,
    lot: String,
    unit: String,
    on_hand: String,
    #[serde(default)]
    expiry_on: Option<String>,
}

#[derive(Deserialize)]
struct Transfer {
    number: String,
    from_site: String,
    to_site: String,
    #[serde(default)]
    expected_on: Option<String>,
}

#[derive(Deserialize)]
struct Movement {
    kind: String,
    sku: String,
    qty: String,
    unit: String,
    effective_at: String,
}

pub(super) async fn show(cx: Cx) -> Html {
    let title = cx.t("nav-today");
    let clock = cx.clock().await?;
    let now = jiff::Timestamp::from_microsecond(cx.desk.app.now().0)
        .unwrap_or_default()
        .to_zoned(clock.zone().clone());
    let stock = cx.desk.may(Permission::StockRead);
    let cards = if stock {
        html! {
            (lacking(&cx).await?)
            (expiring(&cx, now.date()).await?)
            (under_way(&cx).await?)
            (lately(&cx, &clock).await?)
        }
    } else {
        html! { section class="card" { (empty(Icon::Home, &cx.t("today-nothing"), &cx.t("today-nothing-why"), None)) } }
    };
    let day = format::day(cx.look.locale, &now.date().to_string());
    let body = html! {
        header class="head" { div { h1 { (title) } p { (day) } } }
        div class="grid two" { (cards) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Today, body })))
}

fn item_link(sku: &str) -> Markup {
    html! { a class="link" href=(format!("/items/{}", step(sku))) { (sku) } }
}

/// What there is too little of, by the least that a site is to have or by what goes out.
async fn lacking(cx: &Cx) -> Result<Markup, Failure> {
    let target = address("/api/v1/balance", &[("lacking", Some("true")), ("limit", Some(LINES))]);
    let page: Page<Lacking> = cx.desk.get(&target).await?;
    let rows = page
        .items
        .iter()
        .flat_map(|item| item.sites.iter().filter(|site| site.lack != "0").map(move |site| (item, site)));
    let lines: Vec<Markup> = rows
        .map(|(item, site)| html! {
            li { (item_link(&item.sku)) span class="muted" { (site.site) } (chip(Tone::Low, &cx.tell("lacks", &[("qty", format!("{} {}", cx.number(&site.lack), item.unit).into())])))
                span class="push num muted" { (cx.tell("has", &[("qty", cx.number(&site.available).into())])) } }
        })
        .collect();
    Ok(listed(cx, "today-lacking", "today-lacking-none", lines))
}

/// Lots whose last day comes soon.
async fn expiring(cx: &Cx, today: jiff::civil::Date) -> Result<Markup, Failure> {
    let until = today.checked_add(AHEAD_DAYS.days()).unwrap_or(today);
    let target = address(
        "/api/v1/lots",
        &[
            ("held", Some("true")),
            ("expires_from", Some(&today.to_string())),
            ("expires_until", Some(&until.to_string())),
            ("sort", Some("expiry_on")),
            ("limit", Some(LINES)),
        ],
    );
    let page: Page<Lot> = cx.desk.get(&target).await?;
    let line = |lot: &Lot| {
        let day = lot.expiry_on.as_deref().map(|day| format::day(cx.look.locale, day)).unwrap_or_default();
        html! { li { (item_link(&lot.sku)) span class="muted" { (lot.lot) } (chip(Tone::Low, &day)) span class="push num muted" { (cx.number(&lot.on_hand)) " " (lot.unit) } } }
    };
    Ok(listed(cx, "today-expiring", "today-expiring-none", page.items.iter().map(line).collect()))
}

/// What is on its way between sites.
async fn under_way(cx: &Cx) -> Result<Markup, Failure> {
    let target = address("/api/v1/transfers", &[("state", Some("shipped")), ("limit", Some(LINES))]);
    let page: Page<Transfer> = cx.desk.get(&target).await?;
    let line = |one: &Transfer| {
        let day = one.expected_on.as_deref().map(|day| format::day(cx.look.locale, day)).unwrap_or_default();
        html! { li { strong { (one.number) } span class="muted" { (one.from_site) " → " (one.to_site) } span class="push num muted" { (day) } } }
    };
    Ok(listed(cx, "today-under-way", "today-under-way-none", page.items.iter().map(line).collect()))
}

/// What happened last.
async fn lately(cx: &Cx, clock: &Clock) -> Result<Markup, Failure> {
    let page: Page<Movement> = cx.desk.get(&address("/api/v1/ledger", &[("limit", Some(LINES))])).await?;
    let line = |one: &Movement| {
        html! {
            li { (item_link(&one.sku)) span class="muted" { (cx.t(crate::items::kind_word(&one.kind))) } span class="push num" { (cx.number(&one.qty)) " " (one.unit) }
                span class="num muted" { (clock.at(&one.effective_at)) } }
        }
    };
    Ok(listed(cx, "today-lately", "ledger-none", page.items.iter().map(line).collect()))
}

fn listed(cx: &Cx, title: &str, none: &str, lines: Vec<Markup>) -> Markup {
    let body = html! {
        @if lines.is_empty() { p class="muted" { (cx.t(none)) } }
        @else { ul class="lines" { @for line in &lines { (line) } } }
    };
    card(&cx.t(title), None, body)
}
