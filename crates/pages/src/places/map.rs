//! The map of a floor: by the positions of its places, or in rows where they have none.

use super::place::{Place, Places, href, kind_word, sees_all_stock};
use crate::cx::{Cx, Html, address};
use crate::format;
use crate::kit::{
    Column, Fill, Frame, Icon, Role, SPOT, Section, Shell, Spot, Tab, Table, Tone, Word, breadcrumbs, card,
    empty, floor, floor_legend, notice, shell, tabs,
};
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use web::Failure;

/// Places that are read for a map, in pages of 500.
const PLACE_PAGES: usize = 4;
/// Balances that are read for it.
const STOCK_PAGES: usize = 12;
/// A gap on the floor is drawn as at most so many places.
const GAP_MAX: usize = 3;
/// Room for what is written above a row.
const CAPTION: usize = 22;

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Balance {
    location: String,
    sku: String,
    on_hand: String,
}

#[derive(Deserialize)]
struct Breach {
    location: String,
}

/// What is drawn.
struct Floor {
    /// The places that stand in nothing smaller, by code.
    leaves: Vec<Place>,
    /// All of them by code.
    all: BTreeMap<String, Place>,
    /// The items in each; nothing where it is not known.
    items: Option<BTreeMap<String, BTreeSet<String>>>,
    broken: BTreeSet<String>,
    is_cut: bool,
}

/// All of a list, up to so many pages; and whether there is more.
async fn read<T: DeserializeOwned>(
    cx: &Cx,
    path: &str,
    asked: &[(&str, Option<&str>)],
    pages: usize,
) -> Result<(Vec<T>, bool), Failure> {
    let (mut rows, mut cursor): (Vec<T>, Option<String>) = (Vec::new(), None);
    for _ in 0..pages {
        let more = [("limit", Some("500")), ("cursor", cursor.as_deref())];
        let all: Vec<_> = asked.iter().copied().chain(more).collect();
        let page: Page<T> = cx.desk.get(&address(path, &all)).await?;
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok((rows, false));
        }
    }
    Ok((rows, true))
}

impl Floor {
    async fn of(cx: &Cx, root: &str) -> Result<Floor, Failure> {
        let (places, is_cut): (Vec<Place>, bool) =
            read(cx, "/api/v1/locations", &[("below", Some(root))], PLACE_PAGES).await?;
        let parents: BTreeSet<&str> = places
            .iter()
            .filter(|place| place.kind != "handling_unit")
            .filter_map(|place| place.parent.as_deref())
            .collect();
        let is_leaf = |place: &&Place| {
            place.code != root && place.kind != "handling_unit" && !parents.contains(place.code.as_str())
        };
        let leaves: Vec<Place> = places.iter().filter(is_leaf).cloned().collect();
        let all: BTreeMap<String, Place> =
            places.into_iter().map(|place| (place.code.clone(), place)).collect();
        let (items, broken) = if sees_all_stock(cx) && !is_cut {
            (held(cx, root, &all).await?, broken(cx, root).await?)
        } else {
            (None, BTreeSet::new())
        };
        Ok(Floor { leaves, all, items, broken, is_cut })
    }

    fn fill(&self, place: &Place) -> Fill {
        if place.blocked {
            return Fill::Blocked;
        }
        if self.broken.contains(&place.code) {
            return Fill::Broken;
        }
        let Some(items) = &self.items else { return Fill::Unknown };
        match items.get(&place.code).map_or(0, BTreeSet::len) {
            0 => Fill::Empty,
            1 => Fill::One,
            _ => Fill::Many,
        }
    }

    /// What is told of a place beside its colour.
    fn says(&self, cx: &Cx, place: &Place) -> String {
        let count = self.items.as_ref().and_then(|items| items.get(&place.code)).map_or(0, BTreeSet::len);
        let key = match self.fill(place) {
            Fill::Unknown => return place.code.clone(),
            Fill::Empty => "map-says-empty",
            Fill::One | Fill::Many => "map-says-items",
            Fill::Broken => "map-says-broken",
            Fill::Blocked => "map-says-blocked",
        };
        cx.tell(key, &[("code", place.code.as_str().into()), ("count", count.into())]).into_owned()
    }

    fn spot(&self, cx: &Cx, place: &Place, at: (usize, usize)) -> Spot {
        Spot {
            href: href(&place.code),
            label: label(place),
            says: self.says(cx, place),
            fill: self.fill(place),
            at,
        }
    }

    /// The row that a place stands in: an aisle, or else what stands directly in the site.
    fn row<'a>(&'a self, place: &'a Place, root: &str) -> &'a str {
        if let Some(aisle) = self.all.get(root).filter(|root| root.kind == "aisle") {
            return &aisle.code;
        }
        let mut at = place;
        while let Some(above) =
            at.parent.as_deref().filter(|code| *code != root).and_then(|code| self.all.get(code))
        {
            if above.kind == "aisle" {
                return &above.code;
            }
            at = above;
        }
        // what holds no other place stands beside its like
        if at.code == place.code { "" } else { &at.code }
    }
}

/// What of a code its parent does not say.
fn label(place: &Place) -> String {
    let marks = ['-', '.', '/', '_'];
    let parent = place.parent.as_deref().unwrap_or_default();
    let rest = place.code.strip_prefix(parent).map(|rest| rest.trim_start_matches(marks));
    let rest = rest.or_else(|| place.code.rsplit(marks).next()).unwrap_or_default();
    rest.chars().take(5).collect()
}

/// The items in each place; what stands in a handling unit stands where that is.
async fn held(
    cx: &Cx,
    root: &str,
    all: &BTreeMap<String, Place>,
) -> Result<Option<BTreeMap<String, BTreeSet<String>>>, Failure> {
    let (stock, is_cut): (Vec<Balance>, bool) =
        read(cx, "/api/v1/stock", &[("within", Some(root))], STOCK_PAGES).await?;
    if is_cut {
        return Ok(None);
    }
    let mut items: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in stock.into_iter().filter(|row| row.on_hand.bytes().any(|digit| (b'1'..=b'9').contains(&digit)))
    {
        let mut at = row.location;
        while let Some(above) =
            all.get(&at).filter(|place| place.kind == "handling_unit").and_then(|place| place.parent.clone())
        {
            at = above;
        }
        items.entry(at).or_default().insert(row.sku);
    }
    Ok(Some(items))
}

async fn broken(cx: &Cx, root: &str) -> Result<BTreeSet<String>, Failure> {
    let (rows, _): (Vec<Breach>, bool) =
        read(cx, "/api/v1/capacity-breaches", &[("within", Some(root))], 2).await?;
    Ok(rows.into_iter().map(|row| row.location).collect())
}

pub(super) async fn show(cx: Cx) -> Html {
    let sites: Places = cx.desk.get("/api/v1/locations?kind=site&limit=100").await?;
    let asked = cx.query("within").or_else(|| cx.query("site"));
    let root = asked.or_else(|| sites.items.first().map(|site| site.code.clone()));
    let title = cx.t("map-title");
    let above = [(cx.t("places-title").into_owned(), "/locations".to_owned())];
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &above, &title))
        header class="head" { div { h1 { (title) } p { (cx.t("map-about")) } } }
        @if let Some(root) = &root { (mapped(&cx, &sites, root).await?) }
        @else { section class="card" { (empty(Icon::Pin, &cx.t("places-none"), &cx.t("places-none-why"), None)) } }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Locations, body })))
}

async fn mapped(cx: &Cx, sites: &Places, root: &str) -> Result<Markup, Failure> {
    let found = Floor::of(cx, root).await?;
    let site = found.all.get(root).and_then(|place| place.site.clone()).unwrap_or_else(|| root.to_owned());
    let parts: Places = cx
        .desk
        .get(&address("/api/v1/locations", &[("parent", Some(&site)), ("limit", Some("100"))]))
        .await?;
    let tab = |label: &str, query: &str, code: &str| Tab {
        label: label.to_owned(),
        tone: None,
        count: None,
        href: address("/locations/map", &[(query, Some(code))]),
        is_current: if query == "site" { code == site } else { code == root },
        key: None,
    };
    let each: Vec<Tab<'_>> = sites.items.iter().map(|site| tab(&site.name, "site", &site.code)).collect();
    let within: Vec<Tab<'_>> = std::iter::once(tab(&cx.t("map-whole"), "within", &site))
        .chain(
            parts
                .items
                .iter()
                .filter(|part| part.may_hold_places())
                .map(|part| tab(&part.code, "within", &part.code)),
        )
        .collect();
    Ok(html! {
        div class="filters" { @if each.len() > 1 { (tabs(&cx.t("sites-title"), &each)) } (tabs(&cx.t("map-parts"), &within)) }
        @if found.is_cut { (notice(Tone::Low, html! { p { (cx.t("map-too-many")) } })) }
        @else if found.leaves.is_empty() { section class="card" { (empty(Icon::Pin, &cx.t("map-none"), &cx.t("map-none-why"), None)) } }
        @else {
            @if found.items.is_none() { (notice(Tone::Hold, html! { p { (cx.t("map-no-stock")) } })) }
            (card(&cx.tell("map-of", &[("code", root.into())]), None, html! {
                div class="stack" { (legend(cx, &found)) (drawn(cx, &found, root)) (as_table(cx, &found)) }
            }))
        }
    })
}

fn legend(cx: &Cx, floor: &Floor) -> Markup {
    let known =
        [Fill::Empty, Fill::One, Fill::Many, Fill::Broken].into_iter().filter(|_| floor.items.is_some());
    let entries: Vec<(Fill, String)> =
        known.chain([Fill::Blocked]).map(|fill| (fill, cx.t(fill_word(fill)).into_owned())).collect();
    floor_legend(&entries)
}

const fn fill_word(fill: Fill) -> &'static str {
    match fill {
        Fill::Unknown => "map-unknown",
        Fill::Empty => "map-empty",
        Fill::One => "map-one",
        Fill::Many => "map-many",
        Fill::Broken => "map-broken",
        Fill::Blocked => "place-blocked",
    }
}

/// Those with a position by it, and the others in rows below.
fn drawn(cx: &Cx, found: &Floor, root: &str) -> Markup {
    let (placed, others): (Vec<&Place>, Vec<&Place>) =
        found.leaves.iter().partition(|place| place.position.is_some());
    let by_position = by_position(cx, found, &placed);
    let in_rows = in_rows(cx, found, &others, root);
    html! {
        @if !placed.is_empty() { h3 { (cx.t("map-by-position")) } (by_position) }
        @if !others.is_empty() { @if !placed.is_empty() { h3 { (cx.t("map-in-rows")) } } (in_rows) }
    }
}

/// Where each of these numbers is drawn: gaps stay, as far as they are not too wide.
fn steps(values: impl Iterator<Item = i64>, size: impl Fn(i64) -> usize) -> BTreeMap<i64, usize> {
    let values: BTreeSet<i64> = values.collect();
    let gaps = values.iter().zip(values.iter().skip(1)).map(|(one, next)| next.saturating_sub(*one));
    let least = gaps.min().unwrap_or(1).max(1);
    let (mut at, mut before, mut drawn) = (0, None, BTreeMap::new());
    for value in values {
        if let Some(before) = before {
            let wide = usize::try_from(value.saturating_sub(before) / least).unwrap_or(GAP_MAX);
            at += size(before) + (wide.clamp(1, GAP_MAX) - 1) * SPOT.0 / 2;
        }
        drawn.insert(value, at);
        before = Some(value);
    }
    drawn
}

fn by_position(cx: &Cx, found: &Floor, places: &[&Place]) -> Markup {
    // what stands above each other is drawn above each other, the lowest at the bottom
    let mut stacks: BTreeMap<(i64, i64), Vec<&Place>> = BTreeMap::new();
    for place in places {
        let Some(at) = place.position else { continue };
        stacks.entry((at.x_mm, at.y_mm)).or_default().push(place);
    }
    for stack in stacks.values_mut() {
        stack.sort_by_key(|place| place.position.map_or(0, |at| -at.z_mm));
    }
    let levels = |y: i64| {
        stacks.iter().filter(|((_, at), _)| *at == y).map(|(_, stack)| stack.len()).max().unwrap_or(1)
    };
    let across = steps(stacks.keys().map(|(x, _)| *x), |_| SPOT.0);
    let down = steps(stacks.keys().map(|(_, y)| *y), |y| levels(y) * SPOT.1 + SPOT.1 / 2);
    let mut spots = Vec::new();
    for ((x, y), stack) in &stacks {
        let (left, top) = (across.get(x).copied().unwrap_or(0), down.get(y).copied().unwrap_or(0));
        spots.extend(
            stack
                .iter()
                .enumerate()
                .map(|(level, place)| found.spot(cx, place, (left + 1, top + level * SPOT.1 + 1))),
        );
    }
    let size = (
        spots.iter().map(|spot| spot.at.0).max().unwrap_or(0) + SPOT.0,
        spots.iter().map(|spot| spot.at.1).max().unwrap_or(0) + SPOT.1,
    );
    floor(&cx.t("map-by-position"), size, &[], &spots)
}

fn in_rows(cx: &Cx, found: &Floor, places: &[&Place], root: &str) -> Markup {
    let mut rows: BTreeMap<&str, BTreeMap<&str, Vec<&Place>>> = BTreeMap::new();
    for place in places {
        let row = found.row(place, root);
        let parent = place.parent.as_deref().unwrap_or_default();
        // what stands in a rack or on a shelf is drawn above each other, anything else side by side
        let column = if row == parent || row.is_empty() { place.code.as_str() } else { parent };
        rows.entry(row).or_default().entry(column).or_default().push(place);
    }
    let (mut spots, mut words, mut top, mut wide) = (Vec::new(), Vec::new(), 0, 0);
    for (row, columns) in &rows {
        let name = if row.is_empty() { cx.t("map-areas").into_owned() } else { (*row).to_owned() };
        words.push(Word { text: name, at: (1, top + 15), is_head: true });
        let high = columns.values().map(Vec::len).max().unwrap_or(1);
        for (at, (column, stack)) in columns.iter().enumerate() {
            let left = at * SPOT.0 + 1;
            let levels = stack.iter().rev().enumerate();
            spots.extend(levels.map(|(level, place)| {
                found.spot(cx, place, (left, top + CAPTION + (high - stack.len() + level) * SPOT.1 + 1))
            }));
            if let Some(place) = found.all.get(*column).filter(|place| place.code != stack_code(stack)) {
                let below = top + CAPTION + high * SPOT.1 + 11;
                words.push(Word { text: label(place), at: (left + 4, below), is_head: false });
            }
            wide = wide.max(left + SPOT.0);
        }
        top += CAPTION + high * SPOT.1 + 26;
    }
    floor(&cx.t("map-in-rows"), (wide.max(220), top), &words, &spots)
}

/// The place that a column is, where it is one alone.
fn stack_code<'a>(stack: &[&'a Place]) -> &'a str {
    match stack {
        [one] => &one.code,
        _ => "",
    }
}

/// The same in words.
fn as_table(cx: &Cx, found: &Floor) -> Markup {
    let caption = cx.t("map-title");
    let table = Table {
        caption: &caption,
        columns: vec![
            Column::text(
                cx.t("location"),
                |place: &Place| html! { a class="cell" href=(href(&place.code)) { (place.code) } },
            )
            .role(Role::Title),
            Column::text(cx.t("place-kind"), |place: &Place| html! { (cx.t(kind_word(&place.kind))) }),
            Column::text(
                cx.t("place-parent"),
                |place: &Place| html! { (place.parent.as_deref().unwrap_or(format::NONE)) },
            )
            .role(Role::Fold),
            Column::text(
                cx.t("place-contents"),
                |place: &Place| html! { (cx.t(fill_word(found.fill(place)))) },
            )
            .role(Role::Side),
        ],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "spots",
        key: Box::new(|place| place.code.clone()),
    };
    html! {
        details class="more-of" {
            summary { (cx.t("show-as-table")) }
            div class="scroll" { (table.draw(&found.leaves)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_kept_but_none_is_endless() {
        let drawn = steps([0, 1_000, 3_000, 90_000, 1_000].into_iter(), |_| SPOT.0);
        let at: Vec<usize> = drawn.into_values().collect();
        assert_eq!(at, [0, 44, 110, 198]);
    }
}
