//! The pages of API keys.

mod forms;
mod list;
mod show;

use crate::cx::Cx;
use crate::kit::{Tone, chip};
use axum::routing::{get, post};
use domain::Permission;
use jiff::Timestamp;
use maud::Markup;
use serde::Deserialize;
use web::{PageRoute, Routes, State};

/// What is shown of a key.
#[derive(Deserialize)]
struct Key {
    id: i64,
    name: String,
    prefix: String,
    #[serde(default)]
    owner: Option<String>,
    created_at: String,
    expires_at: String,
    #[serde(default)]
    last_used_at: Option<String>,
    #[serde(default)]
    revoked_at: Option<String>,
    #[serde(default)]
    networks: Option<Vec<String>>,
    #[serde(default)]
    per_minute: Option<i64>,
    #[serde(default)]
    permissions: Option<Vec<String>>,
    #[serde(default)]
    within: Option<Vec<String>>,
    version: i64,
    /// Only where it was made, once.
    #[serde(default)]
    secret: Option<String>,
}

impl Key {
    /// Whether it works, in a word.
    fn state(&self, cx: &Cx, now: Timestamp) -> Markup {
        let is_over = self.expires_at.parse::<Timestamp>().is_ok_and(|until| until <= now);
        if self.revoked_at.is_some() {
            chip(Tone::Hold, &cx.t("key-revoked"))
        } else if is_over {
            chip(Tone::Low, &cx.t("key-expired"))
        } else {
            chip(Tone::Ok, &cx.t("in-use"))
        }
    }
}

/// The pages of keys.
pub(super) fn routes<S: State>() -> Routes<S> {
    let (reads, writes) = (Permission::AccessRead, Permission::AccessWrite);
    // what is changed is shown first
    let about = |route: PageRoute| route.beside(&[Permission::AccessRead]);
    let (page, form) = (PageRoute::get, PageRoute::post);
    Routes::new("keys")
        .page(reads, page("/keys", "The list of API keys."), get(list::show))
        .page(writes, page("/keys/new", "Where an API key is made."), get(forms::new))
        .page(writes, form("/keys/new", "Makes an API key, and shows its secret once."), post(forms::make))
        .page(reads, page("/keys/{id}", "One API key."), get(show::show))
        .page(writes, about(page("/keys/{id}/revoke", "Where an API key is revoked.")), get(forms::ask))
        .page(writes, about(form("/keys/{id}/revoke", "Revokes an API key.")), post(forms::revoke))
}
