//! What pages show of a place, and the words for it.

use crate::cx::{Cx, step};
use crate::kit::{Choice, Tone, chip};
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;

/// A location.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are what the API tells, and do not hang together")]
pub(super) struct Place {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) version: i64,
    pub(super) sellable: bool,
    pub(super) open_to_allocation: bool,
    pub(super) blocked: bool,
    pub(super) archived: bool,
    #[serde(default)]
    pub(super) role: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) of_type: Option<String>,
    #[serde(default)]
    pub(super) parent: Option<String>,
    #[serde(default)]
    pub(super) site: Option<String>,
    #[serde(default)]
    pub(super) zone: Option<String>,
    #[serde(default)]
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) position: Option<Position>,
    #[serde(default)]
    pub(super) walk: Option<i64>,
    #[serde(default)]
    pub(super) block_reason: Option<String>,
    #[serde(default)]
    pub(super) archived_at: Option<String>,
}

/// Where it is, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API calls them so")]
pub(super) struct Position {
    pub(super) x_mm: i64,
    pub(super) y_mm: i64,
    pub(super) z_mm: i64,
}

/// A page of them.
#[derive(Debug, Deserialize)]
pub(super) struct Places {
    pub(super) items: Vec<Place>,
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// A type of locations.
#[derive(Debug, Deserialize)]
pub(super) struct Types {
    pub(super) items: Vec<Type>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Type {
    code: String,
    name: String,
}

/// The kinds that somebody makes in a site, from the largest to the smallest.
pub(super) const KINDS: [&str; 5] = ["zone", "aisle", "rack", "shelf", "bin"];
/// What places are used for.
pub(super) const ROLES: [&str; 7] =
    ["storage", "receiving", "staging", "pick_face", "reserve", "quarantine", "production"];

/// The pages that stand where a location of that code would stand: codes do not differ by the case of their letters.
const TAKEN: [&str; 3] = ["new", "make", "map"];

/// The page of a location.
pub(super) fn href(code: &str) -> String {
    let code = if TAKEN.contains(&code) { code.to_uppercase() } else { code.to_owned() };
    format!("/locations/{}", step(&code))
}

/// Where the doors know it.
pub(super) fn door(code: &str) -> String {
    format!("/api/v1/locations/{}", step(code))
}

/// The message of a kind.
pub(super) fn kind_word(kind: &str) -> &'static str {
    match kind {
        "site" => "kind-site",
        "zone" => "kind-zone",
        "aisle" => "kind-aisle",
        "rack" => "kind-rack",
        "shelf" => "kind-shelf",
        "bin" => "kind-bin",
        "handling_unit" => "kind-handling-unit",
        "transit" => "kind-transit",
        _ => "kind-virtual",
    }
}

/// The message of a role.
pub(super) fn role_word(role: &str) -> &'static str {
    match role {
        "receiving" => "role-receiving",
        "staging" => "role-staging",
        "pick_face" => "role-pick-face",
        "reserve" => "role-reserve",
        "quarantine" => "role-quarantine",
        "production" => "role-production",
        _ => "role-storage",
    }
}

/// The message of a state of a site, and its colour.
pub(super) fn site_state(state: &str) -> (&'static str, Tone) {
    match state {
        "set_up" => ("site-set-up", Tone::Low),
        "pilot" => ("site-pilot", Tone::Over),
        _ => ("site-live", Tone::Ok),
    }
}

impl Place {
    /// Its state in a chip.
    pub(super) fn chip(&self, cx: &Cx) -> Markup {
        if self.archived {
            return chip(Tone::Hold, &cx.t("archived"));
        }
        if self.blocked {
            return chip(Tone::Out, &cx.t("place-blocked"));
        }
        match self.state.as_deref().filter(|state| *state != "live") {
            Some(state) => chip(site_state(state).1, &cx.t(site_state(state).0)),
            None => chip(Tone::Ok, &cx.t("in-use")),
        }
    }

    /// Whether others may stand below it.
    pub(super) fn may_hold_places(&self) -> bool {
        self.kind != "bin" && self.kind != "handling_unit"
    }

    /// Its kind and what it is used for.
    pub(super) fn described(&self, cx: &Cx) -> Markup {
        html! { (cx.t(kind_word(&self.kind))) @if let Some(role) = &self.role { " · " (cx.t(role_word(role))) } }
    }
}

/// Whether the reader sees the stock of all items somewhere, and not that of some categories alone.
pub(super) fn sees_all_stock(cx: &Cx) -> bool {
    cx.desk.caller.as_ref().is_some_and(|caller| {
        caller.whole.scope(Permission::StockRead).is_some() && !caller.whole.has_categories()
    })
}

/// What to choose a kind from; nothing chosen stands first.
pub(super) fn kinds(cx: &Cx, nothing: &str) -> Vec<Choice> {
    words(cx, nothing, &KINDS, kind_word)
}

/// What to choose a role from; the same.
pub(super) fn roles(cx: &Cx, nothing: &str) -> Vec<Choice> {
    words(cx, nothing, &ROLES, role_word)
}

/// What to choose a type from; the same.
pub(super) fn types(nothing: &str, types: &Types) -> Vec<Choice> {
    let each = types.items.iter().map(|one| {
        let label =
            if one.name == one.code { one.code.clone() } else { format!("{} · {}", one.code, one.name) };
        (one.code.clone(), label)
    });
    std::iter::once((String::new(), nothing.to_owned())).chain(each).collect()
}

fn words(cx: &Cx, nothing: &str, words: &[&str], key: fn(&str) -> &'static str) -> Vec<Choice> {
    let each = words.iter().map(|word| ((*word).to_owned(), cx.t(key(word)).into_owned()));
    let nothing = Some((String::new(), nothing.to_owned())).filter(|(_, label)| !label.is_empty());
    nothing.into_iter().chain(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_hides_a_location() {
        assert_eq!(href("LON-A/1"), "/locations/LON-A%2F1");
        assert_eq!(
            [href("map"), href("Map"), href("new-1")],
            ["/locations/MAP", "/locations/Map", "/locations/new-1"]
        );
    }
}
