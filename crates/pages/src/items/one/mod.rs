//! One item, in its parts: overview, ledger, lots, details, files, changes. Each part is a page of its own with the
//! same head.

mod changes;
mod details;
mod files;
mod ledger;
mod lots;
mod overview;

pub(crate) use ledger::{Movement, kind_word, movements};
pub(crate) use overview::status;

use super::list::tracking_word;
use crate::cx::{Cx, step};
use crate::kit::{Frame, Icon, Section, Shell, Tab, Tone, breadcrumbs, chip, shell, subtabs};
use axum::routing::get;
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Bound, Failure, PageRoute, Reach, Routes, State};

/// The head of each part says what the item is.
const BESIDE: &[Permission] = &[Permission::CatalogRead];

/// The pages of an item.
pub(super) fn routes<S: State>() -> Routes<S> {
    let (reads, stock) = (Permission::CatalogRead, Permission::StockRead);
    let page = |path, summary| PageRoute::get(path, summary).bound(Bound::Item);
    Routes::new("items")
        .page(reads, page("/items/{sku}", "One item."), get(overview::show))
        .page(
            stock,
            page("/items/{sku}/ledger", "What happened with an item.").reach(Reach::Filtered).beside(BESIDE),
            get(ledger::show),
        )
        .page(
            stock,
            page("/items/{sku}/lots", "The lots of an item.").reach(Reach::Filtered).beside(BESIDE),
            get(lots::show),
        )
        .page(reads, page("/items/{sku}/details", "What is known of an item."), get(details::show))
        .page(reads, page("/items/{sku}/files", "Images and documents of an item."), get(files::show))
        .page(reads, page("/items/{sku}/changes", "What was changed of an item."), get(changes::show))
}

/// What every part shows of it.
#[derive(Deserialize)]
struct Item {
    sku: String,
    name: String,
    category: String,
    class: String,
    base_unit: String,
    tracking: String,
    expiry: String,
    archived: bool,
    created_at: String,
    #[serde(default)]
    storage_class: Option<String>,
    #[serde(default)]
    shelf_life_days: Option<i64>,
    #[serde(default)]
    family: Option<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    merged_into: Option<String>,
    #[serde(default)]
    units: Vec<Unit>,
    #[serde(default)]
    barcodes: Vec<Barcode>,
}

#[derive(Deserialize)]
struct Unit {
    unit: String,
    factor: String,
    #[serde(default)]
    level: Option<String>,
    #[serde(default)]
    length_mm: Option<i64>,
    #[serde(default)]
    width_mm: Option<i64>,
    #[serde(default)]
    height_mm: Option<i64>,
    #[serde(default)]
    weight_g: Option<String>,
}

#[derive(Deserialize)]
struct Barcode {
    code: String,
    symbology: String,
    unit: String,
}

#[derive(Deserialize)]
struct Files {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    id: i64,
    name: String,
    kind: String,
    caption: String,
    bytes: u64,
    media_type: String,
    added_at: String,
    thumbnails: Vec<Thumbnail>,
}

#[derive(Deserialize)]
struct Thumbnail {
    side: i64,
}

impl File {
    /// The address of its smallest picture that is not smaller than so many pixels.
    fn thumbnail(&self, sku: &str, least: i64) -> Option<String> {
        let fits = self.thumbnails.iter().map(|one| one.side).filter(|side| *side >= least).min();
        let side = fits.or_else(|| self.thumbnails.iter().map(|one| one.side).max())?;
        Some(format!("{}/thumbnails/{side}", self.address(sku)))
    }

    fn address(&self, sku: &str) -> String {
        format!("/api/v1/items/{}/files/{}", step(sku), self.id)
    }
}

/// A part of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Overview,
    Ledger,
    Lots,
    Details,
    Files,
    Changes,
}

/// What a part is shown within.
struct Head {
    item: Item,
    files: Vec<File>,
}

impl Head {
    async fn of(cx: &Cx, sku: &str) -> Result<Head, Failure> {
        let at = format!("/api/v1/items/{}", step(sku));
        let item: Item = cx.desk.get(&at).await?;
        let files: Files = cx.desk.get(&format!("{at}/files")).await?;
        Ok(Head { item, files: files.files })
    }

    /// The whole page of a part.
    fn page(&self, cx: &Cx, part: Part, body: Markup) -> Markup {
        let Head { item, files } = self;
        let body = html! {
            (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("items-title").into_owned(), "/items".to_owned())], &item.sku))
            header class="head" {
                div class="who" {
                    span class="tile" { (picture(item, files)) }
                    div {
                        div class="row" {
                            h1 { (item.name) }
                            @if item.archived { (chip(Tone::Hold, &cx.t("archived"))) }
                        }
                        p { (item.sku) @if !item.category.is_empty() { " · " (item.category) } " · " (cx.t(tracking_word(&item.tracking))) }
                    }
                }
            }
            @if let Some(into) = &item.merged_into {
                p { (cx.t("item-merged-into")) " " a class="link" href=(format!("/items/{}", step(into))) { (into) } }
            }
            (subtabs(&cx.t("item-parts"), &self.tabs(cx, part)))
            (body)
        };
        shell(&Frame::of(cx), Shell { title: &item.name, section: Section::Items, body })
    }

    fn tabs(&self, cx: &Cx, part: Part) -> Vec<Tab<'static>> {
        let base = format!("/items/{}", step(&self.item.sku));
        let stock = cx.desk.may(Permission::StockRead);
        let all = [
            (Part::Overview, "part-overview", "", true),
            (Part::Ledger, "part-ledger", "/ledger", stock),
            (Part::Lots, "part-lots", "/lots", stock && self.item.tracking != "none"),
            (Part::Details, "part-details", "/details", true),
            (Part::Files, "part-files", "/files", true),
            (Part::Changes, "part-changes", "/changes", true),
        ];
        let tab = |(one, label, path, _): (Part, &str, &str, bool)| Tab {
            label: cx.t(label).into_owned(),
            tone: None,
            count: (one == Part::Files && !self.files.is_empty()).then(|| self.files.len().to_string()),
            href: format!("{base}{path}"),
            is_current: one == part,
            key: None,
        };
        all.into_iter().filter(|(.., shown)| *shown).map(tab).collect()
    }
}

fn picture(item: &Item, files: &[File]) -> Markup {
    let first = files.iter().find(|file| file.kind == "image").and_then(|file| file.thumbnail(&item.sku, 96));
    html! {
        @match first {
            Some(address) => img src=(address) alt="" width="52" height="52";,
            None => (Icon::Box.draw()),
        }
    }
}
