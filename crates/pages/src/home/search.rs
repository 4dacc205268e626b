//! The search over everything: what was typed may be a code that a scanner reads, words, or a place. The palette shows
//! the same as a list that arrow keys walk.

use crate::cx::{Cx, Html, address, go, step};
use crate::kit::{Frame, Icon, Section, Shell, card, empty, shell};
use axum::http::HeaderMap;
use domain::{Kind, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use web::Failure;

/// How many of each are shown in the palette.
const SHOWN_MAX: usize = 8;

#[derive(Deserialize, Default)]
struct Matches {
    matches: Vec<Match>,
}

#[derive(Deserialize)]
struct Match {
    item: Item,
}

#[derive(Deserialize, Default)]
struct Found {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    sku: String,
    name: String,
}

#[derive(Deserialize)]
struct Location {
    code: String,
    name: String,
    kind: String,
}

/// One thing that was found.
struct Hit {
    icon: Icon,
    name: String,
    code: String,
    href: String,
    /// The code that was typed is its own.
    is_exact: bool,
}

pub(super) async fn show(cx: Cx) -> Html {
    let words = cx.query("q").unwrap_or_default();
    let hits = if words.is_empty() { Vec::new() } else { find(&cx, &words).await? };
    if cx.wants("found") {
        return Ok(cx.show(options(&hits)));
    }
    // a code that was scanned opens what it is on
    if let [hit] = hits.iter().filter(|hit| hit.is_exact).collect::<Vec<_>>().as_slice() {
        return Ok(go(&hit.href, HeaderMap::new()));
    }
    let title = cx.t("search-title");
    let body = html! {
        header class="head" { div { h1 { (title) } @if !words.is_empty() { p { (cx.tell("search-for", &[("words", words.as_str().into())])) } } } }
        @if hits.is_empty() { section class="card" { (empty(Icon::Search, &cx.t("search-none"), &cx.t("search-none-why"), None)) } }
        @else { (card(&cx.t("search-found"), None, list(&hits))) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::None, body })))
}

async fn find(cx: &Cx, words: &str) -> Result<Vec<Hit>, Failure> {
    let mut hits: Vec<Hit> = Vec::new();
    if cx.desk.may(Permission::CatalogRead) {
        let exact: Matches = or_none(cx, &format!("/api/v1/codes/{}", step(words))).await?;
        hits.extend(exact.matches.into_iter().map(|one| item(one.item, true)));
    }
    if cx.desk.may(Permission::PlacesRead) {
        let place: Option<Location> = or_none(cx, &format!("/api/v1/locations/{}", step(words))).await?;
        hits.extend(place.map(|place| Hit {
            icon: Icon::Pin,
            name: if place.name.is_empty() { place.kind } else { place.name },
            href: format!("/locations/{}", step(&place.code)),
            code: place.code,
            is_exact: true,
        }));
    }
    if cx.desk.may(Permission::CatalogRead) {
        let found: Found = or_none(cx, &address("/api/v1/search/items", &[("q", Some(words))])).await?;
        let new = found.items.into_iter().map(|one| item(one, false));
        let new: Vec<Hit> = new.filter(|hit| hits.iter().all(|known| known.href != hit.href)).collect();
        hits.extend(new);
    }
    Ok(hits)
}

/// What the doors find; nothing where nothing is, or where what was typed cannot be looked for.
async fn or_none<T: DeserializeOwned + Default>(cx: &Cx, target: &str) -> Result<T, Failure> {
    match cx.desk.get(target).await {
        Ok(found) => Ok(found),
        Err(failure)
            if matches!(failure.problem().kind(), Kind::NotFound | Kind::Malformed | Kind::Invalid) =>
        {
            Ok(T::default())
        }
        Err(failure) => Err(failure),
    }
}

fn item(item: Item, is_exact: bool) -> Hit {
    Hit {
        icon: Icon::Box,
        href: format!("/items/{}", step(&item.sku)),
        name: item.name,
        code: item.sku,
        is_exact,
    }
}

fn list(hits: &[Hit]) -> Markup {
    html! {
        ul class="hits" {
            @for hit in hits { li { a href=(hit.href) { (hit.icon.draw()) span { (hit.name) } span class="muted" { (hit.code) } } } }
        }
    }
}

/// The same for the palette.
fn options(hits: &[Hit]) -> Markup {
    html! {
        @for (index, hit) in hits.iter().take(SHOWN_MAX).enumerate() {
            li id=(format!("hit-{index}")) role="option" aria-selected=(if index == 0 { "true" } else { "false" }) data-href=(hit.href) {
                (hit.icon.draw()) span { (hit.name) } span { (hit.code) }
            }
        }
    }
}
