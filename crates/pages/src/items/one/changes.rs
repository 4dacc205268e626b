//! What was changed of an item: each field, before and after, by whom.

use super::{Head, Part};
use crate::cx::{Clock, Cx, Html, address, step};
use crate::format;
use crate::kit::{Button, Icon, card, empty};

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use web::Path;

#[derive(Deserialize)]
struct Page {
    items: Vec<Change>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    action: String,
    at: String,
    actor: Actor,
    changes: Vec<Field>,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Field {
    field: String,
    before: Value,
    after: Value,
}

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let (own, cursor) = (format!("/items/{}/changes", step(&sku)), cx.query("cursor"));
    let page: Page =
        cx.desk.get(&address(&format!("/api/v1{own}"), &[("cursor", cursor.as_deref())])).await?;
    let clock = cx.clock().await?;
    let list = html! {
        @if page.items.is_empty() { (empty(Icon::History, &cx.t("changes-none"), &cx.t("changes-none-why"), None)) }
        ol class="timeline" { @for change in &page.items { (one(change, &clock)) } }
        @if let Some(next) = &page.next {
            div class="more" { (Button::new(&cx.t("load-older")).link(&address(&own, &[("cursor", Some(next))]))) }
        }
    };
    Ok(cx.show(head.page(&cx, Part::Changes, card(&cx.t("part-changes"), None, list))))
}

fn one(change: &Change, clock: &Clock) -> Markup {
    html! {
        li {
            span class="mark" { (Icon::Edit.small()) }
            div {
                strong { (change.action) }
                @if let Some(name) = &change.actor.name { span class="quiet" { " · " (name) } }
                ul class="diff" {
                    @for field in &change.changes {
                        li { code { (field.field) } " " del { (told(&field.before)) } " → " ins { (told(&field.after)) } }
                    }
                }
            }
            time class="num muted" datetime=(change.at) { (clock.at(&change.at)) }
        }
    }
}

/// A value as people read it.
fn told(value: &Value) -> String {
    match value {
        Value::Null => format::NONE.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
