//! The smaller parts: chips, tabs, cards, figures, facts, notices, empty places.

use super::{Button, Icon};
use maud::{Markup, html};

/// What a colour means. A shape and a word say the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tone {
    /// Fine.
    Ok,
    /// Wants attention.
    Low,
    /// Stopped.
    Out,
    /// More than there should be.
    Over,
    /// At rest.
    #[default]
    Hold,
}

impl Tone {
    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Low => "low",
            Tone::Out => "out",
            Tone::Over => "over",
            Tone::Hold => "hold",
        }
    }
}

/// The status of something in a word.
pub fn chip(tone: Tone, word: &str) -> Markup {
    html! { span class=(format!("chip {}", tone.class())) { (word) } }
}

/// One of the tabs above a list.
#[derive(Clone, Debug)]
pub struct Tab<'a> {
    /// What it shows.
    pub label: String,
    /// Its colour, when it is a status.
    pub tone: Option<Tone>,
    /// How many there are.
    pub count: Option<String>,
    /// Where it leads.
    pub href: String,
    /// Whether it is the one that is shown.
    pub is_current: bool,
    /// The key after `g` or alone.
    pub key: Option<&'a str>,
}

/// The tabs above a list: the same list, filtered.
pub fn tabs(label: &str, tabs: &[Tab<'_>]) -> Markup {
    html! {
        nav class="tabs" aria-label=(label) {
            @for tab in tabs {
                a href=(tab.href) aria-current=[tab.is_current.then_some("page")] data-key=[tab.key] {
                    @if let Some(tone) = tab.tone { span class=(format!("dot {}", tone.class())) aria-hidden="true" {} }
                    span { (tab.label) }
                    @if let Some(count) = &tab.count { span { (count) } }
                }
            }
        }
    }
}

/// The parts of one record, each a page of its own.
pub fn subtabs(label: &str, tabs: &[Tab<'_>]) -> Markup {
    html! {
        nav class="subtabs" aria-label=(label) {
            @for tab in tabs {
                a href=(tab.href) aria-current=[tab.is_current.then_some("page")] data-key=[tab.key] {
                    (tab.label)
                    @if let Some(count) = &tab.count { " " span class="muted" { (count) } }
                }
            }
        }
    }
}

/// Where a page stands: the pages above it, and its own name.
pub fn breadcrumbs(label: &str, above: &[(String, String)], own: &str) -> Markup {
    html! {
        nav class="crumbs" aria-label=(label) {
            @for (name, href) in above { a href=(href) { (name) } span aria-hidden="true" { "/" } }
            span aria-current="page" { (own) }
        }
    }
}

/// A card with a title, and what can be done there.
pub fn card(title: &str, actions: Option<Markup>, body: Markup) -> Markup {
    html! {
        section class="card" {
            header { h2 { (title) } @if let Some(actions) = actions { div class="row" { (actions) } } }
            div class="body" { (body) }
        }
    }
}

/// One large figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// How much.
    pub value: String,
    /// What to know beside.
    pub note: String,
    /// The list that proves it.
    pub href: Option<String>,
}

/// A strip of figures.
pub fn figures(figures: &[Figure]) -> Markup {
    html! {
        dl class="figures" {
            @for figure in figures {
                div {
                    dt { (figure.label) }
                    dd { @if let Some(href) = &figure.href { a class="cell" href=(href) { (figure.value) } } @else { (figure.value) } }
                    dd { (figure.note) }
                }
            }
        }
    }
}

/// One thing to know.
pub type Fact = (String, Markup);

/// What there is to know, each with its name.
pub fn facts(facts: &[Fact]) -> Markup {
    html! { dl class="facts" { @for (name, value) in facts { dt { (name) } dd { (value) } } } }
}

/// Something that has to be said above the rest.
pub fn notice(tone: Tone, body: Markup) -> Markup {
    let icon = match tone {
        Tone::Ok => Icon::Circle,
        Tone::Low => Icon::Alert,
        Tone::Out => Icon::Stop,
        Tone::Over | Tone::Hold => Icon::Info,
    };
    html! {
        div class=(format!("notice {}", tone.class())) role=[matches!(tone, Tone::Out | Tone::Low).then_some("alert")] {
            (icon.draw()) div class="stack s" { (body) }
        }
    }
}

/// The next of a list: a link to the page that goes on with it.
pub fn more(label: &str, href: Option<&str>) -> Markup {
    html! { @if let Some(href) = href { div class="more" { (Button::new(label).link(href)) } } }
}

/// What is done less often, behind one button: icon, label and address of each.
pub fn menu(label: &str, entries: &[(Icon, String, String)]) -> Markup {
    html! {
        @if !entries.is_empty() {
            details class="menu" {
                summary class="button" { (label) (Icon::ChevronDown.small()) }
                div class="panel" { @for (icon, label, href) in entries { a class="item" href=(href) { (icon.draw()) (label) } } }
            }
        }
    }
}

/// Where nothing is to be shown: why, and what to do.
pub fn empty(icon: Icon, title: &str, why: &str, action: Option<Markup>) -> Markup {
    html! {
        div class="empty" {
            (icon.draw())
            h2 { (title) }
            p { (why) }
            @if let Some(action) = action { div class="row" { (action) } }
        }
    }
}
