//! The frame of every page: the rail of what there is, the bar with the search, and the main part.

use super::{Button, Icon};
use crate::assets;
use crate::cx::{Cx, Reader};
use crate::forms::Told;
use crate::look::{KEYS_OFF, Theme};
use crate::words::Locale;
use domain::Permission;
use maud::{DOCTYPE, Markup, html};
use web::{Asked, Principal};

/// An entry of the rail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// None of them.
    None,
    /// What needs me now.
    Today,
    /// The catalogue.
    Items,
    /// Lots and serials.
    Lots,
    /// Who may sign in.
    Users,
    /// What they may do.
    Roles,
    /// What programs sign in with.
    Keys,
    /// Who did what.
    Audit,
    /// What waits for a second person.
    Approvals,
    /// One's own account.
    Account,
    /// The tree of locations.
    Locations,
    /// The sites.
    Sites,
    /// How stock lies across the sites.
    Balance,
    /// The components.
    Kit,
}

struct Entry {
    section: Section,
    icon: Icon,
    label: &'static str,
    href: &'static str,
    needs: Option<Permission>,
    /// The letter behind `g` that leads there.
    go: Option<&'static str>,
}

struct Group {
    label: Option<&'static str>,
    entries: &'static [Entry],
}

const GROUPS: &[Group] = &[
    Group {
        label: None,
        entries: &[Entry {
            section: Section::Today,
            icon: Icon::Home,
            label: "nav-today",
            href: "/",
            needs: None,
            go: Some("t"),
        }],
    },
    Group {
        label: Some("nav-inventory"),
        entries: &[
            Entry {
                section: Section::Items,
                icon: Icon::Tag,
                label: "nav-items",
                href: "/items",
                needs: Some(Permission::CatalogRead),
                go: Some("c"),
            },
            Entry {
                section: Section::Lots,
                icon: Icon::Barcode,
                label: "nav-lots",
                href: "/lots",
                needs: Some(Permission::StockRead),
                go: Some("l"),
            },
            Entry {
                section: Section::Locations,
                icon: Icon::Pin,
                label: "nav-locations",
                href: "/locations",
                needs: Some(Permission::PlacesRead),
                go: Some("o"),
            },
            Entry {
                section: Section::Balance,
                icon: Icon::Transfer,
                label: "nav-balance",
                href: "/balance",
                needs: Some(Permission::StockRead),
                go: Some("b"),
            },
        ],
    },
    Group {
        label: Some("nav-administration"),
        entries: &[
            Entry {
                section: Section::Sites,
                icon: Icon::Building,
                label: "nav-sites",
                href: "/sites",
                needs: Some(Permission::PlacesRead),
                go: None,
            },
            Entry {
                section: Section::Approvals,
                icon: Icon::Clipboard,
                label: "nav-approvals",
                href: "/approvals",
                needs: None,
                go: None,
            },
            Entry {
                section: Section::Users,
                icon: Icon::Users,
                label: "nav-users",
                href: "/users",
                needs: Some(Permission::AccessRead),
                go: None,
            },
            Entry {
                section: Section::Roles,
                icon: Icon::Shield,
                label: "roles",
                href: "/roles",
                needs: Some(Permission::AccessRead),
                go: None,
            },
            Entry {
                section: Section::Keys,
                icon: Icon::Key,
                label: "keys-title",
                href: "/keys",
                needs: Some(Permission::AccessRead),
                go: None,
            },
            Entry {
                section: Section::Audit,
                icon: Icon::History,
                label: "audit-title",
                href: "/audit",
                needs: Some(Permission::AuditRead),
                go: None,
            },
        ],
    },
];

/// Who looks at a page, and how.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    reader: Reader,
    principal: Option<&'a Principal>,
    csrf: Option<String>,
    path: &'a str,
    is_training: bool,
    told: Option<Told>,
}

impl<'a> Frame<'a> {
    /// Of a page that is shown.
    pub fn of(cx: &'a Cx) -> Frame<'a> {
        Frame {
            reader: cx.reader,
            principal: cx.desk.caller.as_ref().map(|caller| &*caller.whole),
            csrf: cx.desk.csrf(),
            path: cx.desk.uri.path(),
            is_training: cx.desk.app.is_training(),
            told: Told::of(&cx.desk.headers),
        }
    }

    /// Of a page that was refused.
    pub fn of_refused(asked: &'a Asked, reader: Reader) -> Frame<'a> {
        Frame {
            reader,
            principal: asked.principal.as_deref(),
            csrf: asked.csrf(),
            path: asked.uri.path(),
            is_training: asked.app.is_training(),
            told: None,
        }
    }
}

/// A page within the frame.
#[derive(Clone, Debug)]
pub struct Shell<'a> {
    /// What the window is called.
    pub title: &'a str,
    /// Where it stands.
    pub section: Section,
    /// What it shows.
    pub body: Markup,
}

/// A whole page in the frame.
pub fn shell(frame: &Frame<'_>, page: Shell<'_>) -> Markup {
    let reader = frame.reader;
    document(
        reader,
        page.title,
        html! {
            a class="skip" href="#main" { (reader.t("skip-to-content")) }
            div class="app" {
                (rail(frame, page.section))
                div {
                    (bar(frame))
                    @if frame.is_training { p class="training" { (reader.t("training-copy")) } }
                    main class="main" id="main" tabindex="-1" { (page.body) }
                }
            }
            (palette(reader))
            @if let Some(told) = &frame.told { (toast(frame, told)) }
        },
    )
}

/// A page without the frame, such as that of signing in.
pub fn alone(reader: Reader, title: &str, is_wide: bool, body: Markup) -> Markup {
    document(
        reader,
        title,
        html! {
            div class=(if is_wide { "alone wide" } else { "alone" }) {
                main id="main" {
                    p class="brand" { (Icon::Building.draw()) "Stockwell" }
                    (body)
                }
            }
        },
    )
}

fn document(reader: Reader, title: &str, body: Markup) -> Markup {
    let look = reader.look;
    html! {
        (DOCTYPE)
        html lang=(look.locale.word()) data-theme=[look.theme.word()] data-density=[look.density.word()] data-keys=[look.without_keys.then_some(KEYS_OFF)] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=r#"{"includeIndicatorCSS":false,"historyEnabled":true,"extensions":"desk"}"#;
                title { (title) " · Stockwell" }
                link rel="icon" href=(assets::address("mark.svg")) type="image/svg+xml";
                link rel="preload" href=(assets::address("inter-latin.woff2")) as="font" type="font/woff2" crossorigin;
                link rel="stylesheet" href=(assets::address("app.css"));
                script src=(assets::address("htmx.js")) defer {}
                script src=(assets::address("js/desk.js")) defer {}
            }
            body { (body) }
        }
    }
}

/// What Ctrl or Cmd with K opens: the search, whose results arrow keys walk. Without a script the field in the bar does.
fn palette(reader: Reader) -> Markup {
    let label = reader.t("palette-label");
    html! {
        dialog class="palette" id="palette" aria-label=(label) {
            form action="/search" {
                input class="input" type="search" name="q" autocomplete="off" placeholder=(reader.t("search-hint")) aria-label=(label)
                    role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant=""
                    hx-get="/search" hx-target="#found" hx-trigger="input delay:60ms" hx-sync="this:replace";
            }
            ul id="found" role="listbox" aria-label=(reader.t("search-found")) {}
            footer {
                span { span class="kbd" { "↑" } span class="kbd" { "↓" } " " (reader.t("palette-move")) }
                span { span class="kbd" { "↵" } " " (reader.t("palette-open")) }
                span { span class="kbd" { "esc" } " " (reader.t("palette-close")) }
            }
        }
    }
}

/// What was done, and how it is undone.
fn toast(frame: &Frame<'_>, told: &Told) -> Markup {
    html! {
        div class="toast" role="status" data-toast {
            span { (told.text) }
            @if let Some(undo) = &told.undo {
                form method="post" action=(undo) {
                    (token(frame))
                    input type="hidden" name="next" value=(frame.path);
                    (Button::new(&frame.reader.t("undo")).small().icon(Icon::Undo).submit())
                }
            }
        }
    }
}

fn rail(frame: &Frame<'_>, section: Section) -> Markup {
    let reader = frame.reader;
    let may = |entry: &&Entry| {
        entry.needs.is_none_or(|needed| frame.principal.is_some_and(|principal| principal.holds(needed)))
    };
    html! {
        nav class="rail" id="rail" popover aria-label=(reader.t("nav-label")) {
            a class="brand" href="/" { (Icon::Building.draw()) "Stockwell" }
            @for group in GROUPS {
                @let entries: Vec<&Entry> = group.entries.iter().filter(may).collect();
                @if !entries.is_empty() {
                    @if let Some(label) = group.label { h2 { (reader.t(label)) } }
                    @for entry in entries {
                        a class="go" href=(entry.href) data-go=[entry.go] aria-current=[(entry.section == section).then_some("page")] {
                            (entry.icon.draw()) span { (reader.t(entry.label)) }
                        }
                    }
                }
            }
        }
    }
}

fn bar(frame: &Frame<'_>) -> Markup {
    let reader = frame.reader;
    html! {
        header class="top" {
            div class="rail-open" { (Button::new(&reader.t("nav-open")).icon(Icon::Menu).icon_only().kind(super::Kind::Plain).opens("rail")) }
            form class="find" action="/search" role="search" {
                label class="search" {
                    span class="visually-hidden" { (reader.t("search-label")) }
                    (Icon::Search.draw())
                    input class="input" type="search" name="q" placeholder=(reader.t("search-hint")) autocomplete="off" data-palette;
                    span class="kbd" aria-hidden="true" { "Ctrl K" }
                }
            }
            span class="gap" {}
            (theme_switch(frame))
            @if let Some(principal) = frame.principal { (user_menu(frame, principal)) }
        }
    }
}

/// A button that turns the lights on or off, without a script.
fn theme_switch(frame: &Frame<'_>) -> Markup {
    let reader = frame.reader;
    let (word, label, icon) = match reader.look.theme {
        Theme::Dark => ("light", "theme-to-light", Icon::Sun),
        Theme::Light | Theme::System => ("dark", "theme-to-dark", Icon::Moon),
    };
    html! {
        form method="post" action="/look" {
            (token(frame))
            input type="hidden" name="next" value=(frame.path);
            (Button::new(&reader.t(label)).icon(icon).icon_only().kind(super::Kind::Plain).submit_as("theme", word))
        }
    }
}

fn token(frame: &Frame<'_>) -> Markup {
    html! { @if let Some(token) = &frame.csrf { input type="hidden" name=(web::CSRF_FIELD) value=(token); } }
}

fn user_menu(frame: &Frame<'_>, principal: &Principal) -> Markup {
    let (reader, name) = (frame.reader, principal.name());
    html! {
        details class="menu" {
            summary { span class="avatar" { span aria-hidden="true" { (initials(name)) } span class="visually-hidden" { (reader.t("user-menu")) } } }
            div class="panel" {
                div class="head" { strong { (name) } }
                a class="item" href="/account" { (Icon::User.draw()) (reader.t("account-title")) }
                form method="post" action="/look" {
                    (token(frame))
                    input type="hidden" name="next" value=(frame.path);
                    @for (locale, own_name) in Locale::ALL.into_iter().filter(|(locale, _)| *locale != reader.look.locale) {
                        button class="item" type="submit" name="locale" value=(locale.word()) lang=(locale.word()) { (Icon::Flag.draw()) (own_name) }
                    }
                }
                a class="item" href="/help" { (Icon::Help.draw()) (reader.t("help-title")) }
                form method="post" action="/sign-out" {
                    (token(frame))
                    button class="item" type="submit" { (Icon::Logout.draw()) (reader.t("sign-out")) }
                }
            }
        }
    }
}

/// Two letters that stand for a name.
fn initials(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first: Vec<char> = words.filter_map(|word| word.chars().next()).collect();
    let made: String = match first.as_slice() {
        [] => "?".to_owned(),
        [_] => name.chars().filter(|letter| letter.is_alphanumeric()).take(2).collect(),
        [one, .., last] => [*one, *last].iter().collect(),
    };
    made.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_stand_for_a_name() {
        let rows = [
            ("ann", "AN"),
            ("mary.o", "MO"),
            ("m. okafor", "MO"),
            ("x", "X"),
            ("", "?"),
            ("Äpfel & Birnen", "ÄB"),
        ];
        for (name, expected) in rows {
            assert_eq!(initials(name), expected);
        }
    }
}
