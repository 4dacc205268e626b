//! What stands in a place, how much of it there may be, and what moved there last.

use super::place::{Place, href};
use crate::cx::{Clock, Cx, address, step};
use crate::format;
use crate::kit::{Column, Figure, Icon, Role, Table, Tone, card, chip, empty, facts, figures, more, notice};
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use web::Failure;

/// All that is asked about the stock of a place; nothing for whoever may not see stock.
pub(super) struct Holds {
    stock: Stock,
    /// None for whoever sees the stock of some items only.
    capacity: Option<Capacity>,
    ledger: Ledger,
}

#[derive(Deserialize)]
struct Stock {
    items: Vec<Balance>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Balance {
    sku: String,
    location: String,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    expiry_on: Option<String>,
    status: String,
    on_hand: String,
    #[serde(default)]
    allocated: Option<String>,
    unit: String,
}

#[derive(Deserialize)]
struct Capacity {
    effective: Rules,
    load: Load,
    broken: Vec<String>,
}

#[derive(Deserialize)]
struct Rules {
    #[serde(default)]
    volume: Option<Limit>,
    #[serde(default)]
    weight: Option<Limit>,
    #[serde(default)]
    units: Option<Limit>,
    #[serde(default)]
    items: Option<Limit>,
    #[serde(default)]
    lots: Option<Limit>,
    #[serde(default)]
    owners: Option<Limit>,
    #[serde(default)]
    temperature: Option<Only>,
    #[serde(default)]
    hazard_class: Option<Only>,
    #[serde(default)]
    storage_class: Option<Only>,
}

#[derive(Deserialize)]
struct Limit {
    max: String,
    #[serde(default)]
    breach: Option<String>,
}

#[derive(Deserialize)]
struct Only {
    of: Vec<String>,
}

#[derive(Deserialize)]
struct Load {
    items: i64,
    lots: i64,
    owners: i64,
    units: String,
    volume: String,
    weight: String,
}

#[derive(Deserialize)]
struct Ledger {
    items: Vec<Movement>,
}

#[derive(Deserialize)]
struct Movement {
    kind: String,
    effective_at: String,
    sku: String,
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
    /// None for what is beyond the reader's reach.
    #[serde(default)]
    location: Option<String>,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(default)]
    name: Option<String>,
}

/// Moves that are shown of a place.
const MOVES: &str = "10";

impl Holds {
    pub(super) async fn of(cx: &Cx, place: &Place) -> Result<Option<Holds>, Failure> {
        if !cx.desk.may(Permission::StockRead) {
            return Ok(None);
        }
        let (code, cursor) = (Some(place.code.as_str()), cx.query("cursor"));
        let stock = address("/api/v1/stock", &[("within", code), ("cursor", cursor.as_deref())]);
        let ledger = address("/api/v1/ledger", &[("within", code), ("limit", Some(MOVES))]);
        let capacity = format!("/api/v1/capacities/{}", step(&place.code));
        Ok(Some(Holds {
            stock: cx.desk.get(&stock).await?,
            capacity: if super::place::sees_all_stock(cx) {
                Some(cx.desk.get(&capacity).await?)
            } else {
                None
            },
            ledger: cx.desk.get(&ledger).await?,
        }))
    }

    /// What stands there, in figures.
    pub(super) fn strip(&self, cx: &Cx) -> Markup {
        let Some(capacity) = &self.capacity else { return html! {} };
        let Load { items, lots, units, volume, weight, .. } = &capacity.load;
        let figure = |label: &str, value: &str, limit: Option<&Limit>| Figure {
            label: cx.t(label).into_owned(),
            value: cx.number(value),
            note: limit.map_or_else(
                || cx.t("load-no-limit").into_owned(),
                |limit| cx.tell("load-of", &[("max", cx.number(&limit.max).into())]).into_owned(),
            ),
            href: None,
        };
        let Rules {
            items: of_items,
            lots: of_lots,
            units: of_units,
            volume: of_volume,
            weight: of_weight,
            ..
        } = &capacity.effective;
        figures(&[
            figure("load-items", &items.to_string(), of_items.as_ref()),
            figure("load-lots", &lots.to_string(), of_lots.as_ref()),
            figure("load-units", units, of_units.as_ref()),
            figure("load-volume", volume, of_volume.as_ref()),
            figure("load-weight", weight, of_weight.as_ref()),
        ])
    }

    /// What breaks the rules of the place.
    pub(super) fn broken(&self) -> Markup {
        let broken = self.capacity.iter().flat_map(|capacity| &capacity.broken);
        let broken: Vec<&String> = broken.collect();
        html! {
            @if !broken.is_empty() { (notice(Tone::Low, html! { @for says in broken { p { (says) } } })) }
        }
    }

    /// What is in it, row by row.
    pub(super) fn contents(&self, cx: &Cx, place: &Place) -> Markup {
        let title = cx.t("place-contents");
        if self.stock.items.is_empty() {
            let nothing = empty(Icon::Box, &cx.t("place-empty"), &cx.t("place-empty-why"), None);
            return card(&title, None, nothing);
        }
        let next = self.stock.next.as_deref();
        let next = next.map(|next| address(&href(&place.code), &[("cursor", Some(next))]));
        html! {
            section class="card tight" {
                header { h2 { (title) } }
                div class="scroll" { (table(cx, place, &title).draw(&self.stock.items)) }
                (more(&cx.t("load-more"), next.as_deref()))
            }
        }
    }

    /// How much it takes, and of what.
    pub(super) fn capacity(&self, cx: &Cx) -> Markup {
        let Some(capacity) = &self.capacity else { return html! {} };
        let (rules, load) = (&capacity.effective, &capacity.load);
        let limits = [
            ("load-volume", &rules.volume, load.volume.clone()),
            ("load-weight", &rules.weight, load.weight.clone()),
            ("load-units", &rules.units, load.units.clone()),
            ("load-items", &rules.items, load.items.to_string()),
            ("load-lots", &rules.lots, load.lots.to_string()),
            ("load-owners", &rules.owners, load.owners.to_string()),
        ];
        let mut known: Vec<_> = limits
            .iter()
            .filter_map(|(key, limit, load)| Some((cx.t(key).into_owned(), fill(cx, limit.as_ref()?, load))))
            .collect();
        let only = [
            ("only-temperature", &rules.temperature),
            ("only-hazard", &rules.hazard_class),
            ("only-storage", &rules.storage_class),
        ];
        known.extend(only.iter().filter_map(|(key, only)| {
            Some((cx.t(key).into_owned(), html! { (only.as_ref()?.of.join(", ")) }))
        }));
        let body = if known.is_empty() {
            html! { p class="muted" { (cx.t("capacity-none")) } }
        } else {
            facts(&known)
        };
        card(&cx.t("capacity"), None, body)
    }

    /// What moved there last.
    pub(super) fn moves(&self, cx: &Cx, place: &Place, clock: &Clock) -> Markup {
        let title = cx.t("place-moves");
        if self.ledger.items.is_empty() {
            let nothing = empty(Icon::History, &cx.t("ledger-none"), &cx.t("place-moves-none-why"), None);
            return card(&title, None, nothing);
        }
        let rows = self.ledger.items.iter();
        card(
            &title,
            None,
            html! { ul class="timeline" { @for row in rows { (movement(cx, place, row, clock)) } } },
        )
    }
}

/// How full it is, by one of its limits.
fn fill(cx: &Cx, limit: &Limit, load: &str) -> Markup {
    let words = [("load", cx.number(load).into()), ("max", cx.number(&limit.max).into())];
    let says = if limit.breach.as_deref() == Some("warn") { "load-warned" } else { "load-refused" };
    html! {
        div class="stack s" {
            span { (cx.tell("load-fill", &words)) " " span class="quiet" { (cx.t(says)) } }
            meter min="0" max=(limit.max) high=(limit.max) value=(load) aria-label=(cx.tell("load-fill", &words)) { }
        }
    }
}

fn table<'a>(cx: &'a Cx, place: &'a Place, caption: &'a str) -> Table<'a, Balance> {
    let sku = Column::text(
        cx.t("item"),
        |row: &Balance| html! { a class="cell" href=(format!("/items/{}", step(&row.sku))) { (row.sku) } },
    );
    let location = Column::text(
        cx.t("location"),
        |row: &Balance| html! { a class="cell" href=(href(&row.location)) { (row.location) } },
    );
    let lot = Column::text(cx.t("lot"), |row: &Balance| {
        let expiry = row.expiry_on.as_deref().map(|day| format::day(cx.look.locale, day));
        html! { (row.lot.as_deref().unwrap_or(format::NONE)) @if let Some(day) = expiry { small { (cx.tell("expires-on", &[("day", day.into())])) } } }
    });
    let status = Column::text(cx.t("status"), |row: &Balance| status(cx, &row.status));
    let allocated = Column::number(cx.t("allocated"), |row: &Balance| {
        html! { (row.allocated.as_deref().map_or_else(|| format::NONE.to_owned(), |text| cx.number(text))) }
    });
    let on_hand = Column::number(
        cx.t("on-hand"),
        |row: &Balance| html! { (cx.number(&row.on_hand)) " " span class="quiet" { (row.unit) } },
    );
    let mut columns = vec![sku.role(Role::Title)];
    if place.may_hold_places() {
        columns.push(location);
    }
    columns.extend([lot, status.role(Role::Side), allocated.priority(2), on_hand.role(Role::Big)]);
    Table {
        caption,
        columns,
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "contents",
        key: Box::new(|row| row.sku.clone()),
    }
}

/// The status of stock in a chip.
fn status(cx: &Cx, word: &str) -> Markup {
    let (tone, key) = match word {
        "good" => (Tone::Ok, "stock-good"),
        "hold" => (Tone::Hold, "stock-hold"),
        "quarantined" => (Tone::Low, "stock-quarantined"),
        "damaged" => (Tone::Out, "stock-damaged"),
        "expired" => (Tone::Out, "stock-expired"),
        "suspect" => (Tone::Low, "stock-suspect"),
        other => return chip(Tone::Hold, other),
    };
    chip(tone, &cx.t(key))
}

fn movement(cx: &Cx, place: &Place, row: &Movement, clock: &Clock) -> Markup {
    let here = |end: &End| end.location.as_deref() == Some(place.code.as_str());
    let sign = match (here(&row.from), here(&row.to)) {
        (true, false) => "-",
        _ => "",
    };
    let qty = format!("{sign}{}", row.qty);
    let qty =
        if here(&row.from) == here(&row.to) { cx.number(&qty) } else { format::change(cx.look.locale, &qty) };
    let icon = match (here(&row.from), here(&row.to)) {
        (true, false) => Icon::Up,
        (false, true) => Icon::Down,
        _ => Icon::Move,
    };
    html! {
        li {
            span class="mark" { (icon.small()) }
            div {
                strong { (cx.t(moved(&row.kind))) } " " a class="link" href=(format!("/items/{}", step(&row.sku))) { (row.sku) } @if let Some(document) = &row.document { " · " (document) }
                p class="quiet" { @if let Some(name) = &row.actor.name { (name) " · " } (end(cx, &row.from)) " → " (end(cx, &row.to)) }
            }
            span class="num strong" { (qty) " " (row.unit) }
            span class="num muted" { (clock.at(&row.effective_at)) }
        }
    }
}

/// One end of a movement: a place, or the world outside.
fn end(cx: &Cx, end: &End) -> Markup {
    let Some(code) = &end.location else { return html! { (cx.t("end-beyond")) } };
    let outside = match code.as_str() {
        "~supplier" => "end-supplier",
        "~customer" => "end-customer",
        "~production" => "end-production",
        "~loss" => "end-loss",
        "~adjustment" => "end-adjustment",
        "~opening" => "end-opening",
        _ => return html! { (code) },
    };
    html! { (cx.t(outside)) }
}

/// The message of a kind of posting.
fn moved(kind: &str) -> &'static str {
    match kind {
        "opening" => "moved-opening",
        "receive" => "moved-receive",
        "return" => "moved-return",
        "produce" => "moved-produce",
        "issue" => "moved-issue",
        "consume" => "moved-consume",
        "set_status" => "moved-set-status",
        "adjust" => "moved-adjust",
        "ship" => "moved-ship",
        "arrive" => "moved-arrive",
        "shortage" => "moved-shortage",
        "expire" => "moved-expire",
        "reverse" => "moved-reverse",
        _ => "moved-move",
    }
}
