//! What belongs to no part of the business alone: the first page, the search over everything, the look, the files that
//! pages are made of.

mod help;
mod search;
mod today;

use crate::assets;
use crate::cx::{Cx, Html, go, next_path};
use crate::kit_page;
use crate::look::{Density, KEYS_OFF, Look, Theme};
use crate::words::Locale;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use web::{Access, PageRoute, Posted, PublicReason, Routes, State};

/// Their routes.
pub(crate) fn routes<S: State>() -> Routes<S> {
    let open = Access::Public(PublicReason::Assets);
    Routes::new("pages")
        .page(
            open,
            PageRoute::get("/assets/{file}", "A file that pages are made of."),
            get(assets::get_asset),
        )
        .page(open, PageRoute::post("/look", "How somebody wants to see pages."), post(set_look))
        .page(Access::SignedIn, PageRoute::get("/", "What needs me now."), get(today::show))
        .page(
            Access::SignedIn,
            PageRoute::get("/help", "Shortcuts, and what others have given."),
            get(help::show),
        )
        .page(Access::SignedIn, PageRoute::get("/search", "Finds by words and codes."), get(search::show))
        .page(
            Access::SignedIn,
            PageRoute::get("/dev/kit", "Every component in every state."),
            get(kit_page::show),
        )
}

async fn set_look(cx: Cx, Posted(form): Posted) -> Html {
    let now = cx.look;
    let look = Look {
        locale: form.get("locale").and_then(Locale::parse).unwrap_or(now.locale),
        theme: form.get("theme").map_or(now.theme, Theme::parse),
        density: form.get("density").map_or(now.density, Density::parse),
        without_keys: form.get("keys").map_or(now.without_keys, |word| word == KEYS_OFF),
    };
    Ok(go(next_path(form.get("next")), look.cookie().into_iter().collect::<HeaderMap>()))
}
