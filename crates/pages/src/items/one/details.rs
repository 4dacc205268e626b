//! What is known of an item: its kind, how it is kept, units with their sizes, and its attributes.

use super::{Head, Part, Unit};
use crate::cx::{Cx, Html, step};
use crate::format;
use crate::kit::{Column, Fact, Role, Table, card, facts};
use maud::html;
use serde::Deserialize;
use serde_json::Value;
use web::Path;

#[derive(Deserialize)]
struct Attributes {
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    unit: Option<String>,
    value: Value,
}

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let attributes: Attributes = cx.desk.get(&format!("/api/v1/items/{}/attributes", step(&sku))).await?;
    let clock = cx.clock().await?;
    let item = &head.item;
    let made = clock.at(&item.created_at);
    let text = |key: &str, value: &str| -> Fact { (cx.t(key).into_owned(), html! { (value) }) };
    let mut known = vec![
        text("category", if item.category.is_empty() { format::NONE } else { &item.category }),
        text("class", &cx.word("class-", &item.class)),
        text("expiry-rule", &cx.word("expiry-rule-", &item.expiry)),
        text("created", &made),
    ];
    known.extend(
        item.storage_class.as_deref().map(|class| text("storage-class", &cx.word("storage-", class))),
    );
    known.extend(
        item.shelf_life_days.map(|days| text("shelf-life", &cx.tell("days", &[("days", days.into())]))),
    );
    known.extend(item.family.as_deref().map(|family| text("family", family)));
    known.extend(item.owner.as_deref().map(|owner| text("owner", owner)));
    let told: Vec<Fact> =
        attributes.attributes.iter().filter(|one| !one.value.is_null()).map(|one| fact(&cx, one)).collect();
    let body = html! {
        div class="grid" {
            (card(&cx.t("details"), None, facts(&known)))
            (card(&cx.t("attributes"), None, html! {
                @if told.is_empty() { p class="muted" { (cx.t("attributes-none")) } } @else { (facts(&told)) }
            }))
        }
        section class="card tight" { header { h2 { (cx.t("units")) } } div class="scroll" { (units(&cx, &head).draw(&item.units)) } }
    };
    Ok(cx.show(head.page(&cx, Part::Details, body)))
}

fn fact(cx: &Cx, attribute: &Attribute) -> Fact {
    let name = attribute.name.clone().unwrap_or_else(|| attribute.key.clone());
    let value = match &attribute.value {
        Value::Bool(true) => cx.t("yes").into_owned(),
        Value::Bool(false) => cx.t("no").into_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => cx.number(&number.to_string()),
        other => other.to_string(),
    };
    (name, html! { (value) @if let Some(unit) = &attribute.unit { " " (unit) } })
}

fn units<'a>(cx: &'a Cx, head: &'a Head) -> Table<'a, Unit> {
    let size = |unit: &Unit| match (unit.length_mm, unit.width_mm, unit.height_mm) {
        (Some(length), Some(width), Some(height)) => format!("{length} × {width} × {height}"),
        _ => format::NONE.to_owned(),
    };
    let codes = |unit: &Unit| -> Vec<&str> {
        head.item
            .barcodes
            .iter()
            .filter(|code| code.unit == unit.unit)
            .map(|code| code.code.as_str())
            .collect()
    };
    Table {
        caption: "units",
        columns: vec![
            Column::text(cx.t("unit"), |unit: &Unit| html! { strong { (unit.unit) } @if let Some(level) = &unit.level { small { (cx.word("level-", level)) } } }).role(Role::Title),
            Column::number(cx.t("unit-holds"), |unit: &Unit| html! { (cx.number(&unit.factor)) " " (head.item.base_unit) }).role(Role::Side),
            Column::text(cx.t("barcodes"), move |unit: &Unit| html! { @for code in codes(unit) { code { (code) } " " } }),
            Column::text(cx.t("size-mm"), move |unit: &Unit| html! { (size(unit)) }).priority(2),
            Column::number(cx.t("weight-g"), |unit: &Unit| html! { (unit.weight_g.as_deref().map_or_else(|| format::NONE.to_owned(), |weight| cx.number(weight))) }).priority(2),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "units",
        key: Box::new(|unit| unit.unit.clone()),
    }
}
