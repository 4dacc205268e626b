//! What happened with an item: every movement, the latest first, with what it left at each end.

use super::{Head, Part};
use crate::cx::{Clock, Cx, Html, address, step};
use crate::kit::{Button, Icon, Tab, card, empty, tabs};

use maud::{Markup, html};
use serde::Deserialize;
use web::Path;

#[derive(Deserialize)]
struct Page {
    items: Vec<Movement>,
    next: Option<String>,
}

/// A movement.
#[derive(Deserialize)]
pub(crate) struct Movement {
    kind: String,
    effective_at: String,
    qty: String,
    unit: String,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    document: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    reversed_by: Option<String>,
    from: End,
    to: End,
    actor: Actor,
}

/// Where goods came from, or went.
#[derive(Deserialize)]
struct End {
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    on_hand: Option<String>,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(default)]
    name: Option<String>,
}

/// What the list can be narrowed to.
const KINDS: [&str; 5] = ["receive", "issue", "move", "adjust", "return"];

pub(super) async fn show(cx: Cx, Path(sku): Path<String>) -> Html {
    let head = Head::of(&cx, &sku).await?;
    let kind = cx.query("kind").filter(|kind| KINDS.contains(&kind.as_str()));
    let (asked, cursor) = (kind.as_deref(), cx.query("cursor"));
    let target =
        address("/api/v1/ledger", &[("sku", Some(&sku)), ("kind", asked), ("cursor", cursor.as_deref())]);
    let page: Page = cx.desk.get(&target).await?;
    let clock = cx.clock().await?;
    let own = format!("/items/{}/ledger", step(&sku));
    let tab = |label: String, kind: Option<&str>| Tab {
        label,
        tone: None,
        count: None,
        href: address(&own, &[("kind", kind)]),
        is_current: asked == kind,
        key: None,
    };
    let kinds = KINDS.map(|kind| tab(cx.t(kind_word(kind)).into_owned(), Some(kind)));
    let all: Vec<Tab<'_>> = std::iter::once(tab(cx.t("kind-all").into_owned(), None)).chain(kinds).collect();
    let body = html! {
        (tabs(&cx.t("ledger-kinds"), &all))
        (card(&cx.t("ledger"), None, html! {
            (movements(&cx, &page.items, &clock))
            @if let Some(next) = &page.next {
                div class="more" { (Button::new(&cx.t("load-older")).link(&address(&own, &[("kind", asked), ("cursor", Some(next))]))) }
            }
        }))
    };
    Ok(cx.show(head.page(&cx, Part::Ledger, body)))
}

/// The message of a kind of posting.
pub(crate) fn kind_word(kind: &str) -> &'static str {
    match kind {
        "opening" => "kind-opening",
        "receive" => "kind-receive",
        "return" => "kind-return",
        "produce" => "kind-produce",
        "issue" => "kind-issue",
        "consume" => "kind-consume",
        "move" => "kind-move",
        "set_status" => "kind-set-status",
        "adjust" => "kind-adjust",
        "ship" => "kind-ship",
        "arrive" => "kind-arrive",
        "shortage" => "kind-shortage",
        "expire" => "kind-expire",
        "relocate" => "kind-relocate",
        _ => "kind-reverse",
    }
}

/// A place in words: those that are no shelf have names of their own.
fn place(cx: &Cx, end: &End) -> String {
    let code = end.location.as_deref().unwrap_or_default();
    let key = match code {
        "~supplier" => "place-supplier",
        "~customer" => "place-customer",
        "~production" => "place-production",
        "~loss" => "place-loss",
        "~adjustment" => "place-adjustment",
        "~opening" => "place-opening",
        "" => "place-elsewhere",
        _ => return code.to_owned(),
    };
    cx.t(key).into_owned()
}

fn is_real(end: &End) -> bool {
    end.location.as_deref().is_some_and(|code| !code.starts_with('~'))
}

/// Movements as a timeline. What comes in is a plus, what goes out a minus, and what moves is neither.
pub(crate) fn movements(cx: &Cx, all: &[Movement], clock: &Clock) -> Markup {
    if all.is_empty() {
        return empty(Icon::History, &cx.t("ledger-none"), &cx.t("ledger-none-why"), None);
    }
    html! { ol class="timeline" { @for movement in all { (one(cx, movement, clock)) } } }
}

fn one(cx: &Cx, movement: &Movement, clock: &Clock) -> Markup {
    let (from, to) = (is_real(&movement.from), is_real(&movement.to));
    let (mark, icon, sign) = match (from, to) {
        (false, true) => ("mark ok", Icon::Receive, "+"),
        (true, false) => ("mark accent", Icon::Up, "−"),
        _ => ("mark", Icon::Move, ""),
    };
    let left = if to { &movement.to } else { &movement.from };
    let texts = [movement.reason.as_deref(), movement.note.as_deref(), movement.lot.as_deref()];
    html! {
        li {
            span class=(mark) { (icon.small()) }
            div {
                strong { (cx.t(kind_word(&movement.kind))) }
                @if let Some(document) = &movement.document { " " (document) }
                @if movement.reversed_by.is_some() { " " span class="quiet" { (cx.t("reversed")) } }
                p class="quiet" {
                    (place(cx, &movement.from)) " → " (place(cx, &movement.to))
                    @if let Some(name) = &movement.actor.name { " · " (name) }
                    @for text in texts.into_iter().flatten() { " · " (text) }
                }
            }
            span class="num strong" { (sign) (cx.number(&movement.qty)) " " (movement.unit) }
            span class="num muted after" {
                @if let Some(on_hand) = left.on_hand.as_ref().filter(|_| from || to) { (cx.tell("left-there", &[("qty", cx.number(on_hand).into())])) }
            }
            time class="num muted" datetime=(movement.effective_at) { (clock.at(&movement.effective_at)) }
        }
    }
}
