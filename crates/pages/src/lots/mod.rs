//! Lots and serials: finding one, where it is, whom it went to, and holding it back.

mod hold;
mod list;
mod one;

use crate::cx::{Cx, step};
use crate::format;
use crate::kit::{Tone, chip};
use axum::routing::{get, post};
use domain::Permission;
use maud::Markup;
use serde::Deserialize;
use web::{Bound, PageRoute, Reach, Routes, State};

/// The pages of lots.
pub(crate) fn routes<S: State>() -> Routes<S> {
    let (reads, holds) = (Permission::StockRead, Permission::StockStatus);
    let named = |page: PageRoute| page.reach(Reach::Named).bound(Bound::Item);
    // what is held back is shown, and why is chosen
    let form =
        |page: PageRoute| page.reach(Reach::Everywhere).bound(Bound::Item).beside(&[Permission::StockRead]);
    Routes::new("lots")
        .page(
            reads,
            PageRoute::get("/lots", "Lots and serials.").reach(Reach::Filtered).bound(Bound::Rows),
            get(list::show),
        )
        .page(
            reads,
            named(PageRoute::get("/items/{sku}/lots/{lot}", "One lot, and whom it went to.")),
            get(one::show),
        )
        .page(
            holds,
            form(PageRoute::get("/items/{sku}/lots/{lot}/hold", "Why a lot is held back.")),
            get(hold::show),
        )
        .page(
            holds,
            form(PageRoute::post("/items/{sku}/lots/{lot}/hold", "Holds a lot back.")),
            post(hold::hold),
        )
        .page(
            holds,
            form(PageRoute::get("/items/{sku}/lots/{lot}/release", "Why a lot is released.")),
            get(hold::show_release),
        )
        .page(
            holds,
            form(PageRoute::post("/items/{sku}/lots/{lot}/release", "Releases a lot.")),
            post(hold::release),
        )
}

/// What is shown of a lot everywhere.
#[derive(Deserialize)]
pub(crate) struct Lot {
    pub(crate) sku: String,
    pub(crate) lot: String,
    pub(crate) unit: String,
    pub(crate) on_hand: String,
    #[serde(default)]
    pub(crate) expiry_on: Option<String>,
    #[serde(default)]
    pub(crate) made_on: Option<String>,
    pub(crate) on_hold: bool,
    #[serde(default)]
    pub(crate) parent_on_hold: bool,
    #[serde(default)]
    pub(crate) parent: Option<String>,
    #[serde(default)]
    pub(crate) places: Vec<Place>,
    #[serde(default)]
    pub(crate) places_left_out: Option<i64>,
}

/// Where some of it is.
#[derive(Deserialize)]
pub(crate) struct Place {
    pub(crate) location: String,
    pub(crate) status: String,
    pub(crate) on_hand: String,
}

impl Lot {
    /// The address of its page.
    pub(crate) fn address(&self) -> String {
        format!("/items/{}/lots/{}", step(&self.sku), step(&self.lot))
    }

    fn is_held(&self) -> bool {
        self.on_hold || self.parent_on_hold
    }
}

/// A day, or the dash of what has none.
pub(crate) fn day(cx: &Cx, day: Option<&String>) -> String {
    day.map_or_else(|| format::NONE.to_owned(), |day| format::day(cx.look.locale, day))
}

/// The state of a lot in a word.
pub(crate) fn state(cx: &Cx, lot: &Lot) -> Markup {
    if lot.is_held() {
        return chip(Tone::Hold, &cx.t("status-hold"));
    }
    if lot.on_hand == "0" {
        chip(Tone::Hold, &cx.t("lot-used-up"))
    } else {
        chip(Tone::Ok, &cx.t("lot-there"))
    }
}
