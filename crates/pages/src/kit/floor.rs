//! A floor drawn by the server: each place a link, and what stands there by colour and by pattern.

use maud::{Markup, html};

/// What stands in a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    /// It is not known.
    Unknown,
    /// Nothing.
    Empty,
    /// One item.
    One,
    /// Several.
    Many,
    /// More, or others, than its rules take.
    Broken,
    /// It is blocked.
    Blocked,
}

impl Fill {
    const fn class(self) -> &'static str {
        match self {
            Fill::Unknown => "spot",
            Fill::Empty => "spot empty",
            Fill::One => "spot one",
            Fill::Many => "spot many",
            Fill::Broken => "spot broken",
            Fill::Blocked => "spot blocked",
        }
    }

    /// The pattern over its colour.
    const fn pattern(self) -> Option<&'static str> {
        match self {
            Fill::Blocked => Some("url(#spot-hatch)"),
            Fill::Broken => Some("url(#spot-dots)"),
            _ => None,
        }
    }
}

/// A place on the floor.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Its page.
    pub href: String,
    /// What is written on it.
    pub label: String,
    /// What it is, in words.
    pub says: String,
    /// What stands there.
    pub fill: Fill,
    /// Where it is drawn, from the left and from the top.
    pub at: (usize, usize),
}

/// What is written on the floor.
#[derive(Clone, Debug)]
pub struct Word {
    /// It.
    pub text: String,
    /// Where it begins, on its line.
    pub at: (usize, usize),
    /// Whether a whole row is called so.
    pub is_head: bool,
}

/// How wide and how high a place is drawn, with the gap to the next.
pub const SPOT: (usize, usize) = (44, 28);
const GAP: usize = 4;

/// A floor of this size, with what is written on it.
pub fn floor(label: &str, (width, height): (usize, usize), words: &[Word], spots: &[Spot]) -> Markup {
    let (wide, high) = (SPOT.0 - GAP, SPOT.1 - GAP);
    html! {
        div class="scroll" {
            svg class="floor" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="group" aria-label=(label) {
                (patterns())
                @for word in words { text class=(if word.is_head { "word" } else { "quiet" }) x=(word.at.0) y=(word.at.1) { (word.text) } }
                @for spot in spots {
                    @let (x, y) = spot.at;
                    a href=(spot.href) aria-label=(spot.says) {
                        rect class=(spot.fill.class()) x=(x) y=(y) width=(wide) height=(high) rx="4" { title { (spot.says) } }
                        @if let Some(pattern) = spot.fill.pattern() {
                            rect class="over" x=(x) y=(y) width=(wide) height=(high) rx="4" fill=(pattern) {}
                        }
                        @if !spot.label.is_empty() {
                            text class=(if spot.fill == Fill::Many { "label many" } else { "label" }) x=(x + wide / 2) y=(y + high / 2 + 4) text-anchor="middle" { (spot.label) }
                        }
                    }
                }
            }
        }
    }
}

fn patterns() -> Markup {
    html! {
        defs {
            pattern id="spot-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                line class="ink" x1="0" y1="0" x2="0" y2="6" {}
            }
            pattern id="spot-dots" width="6" height="6" patternUnits="userSpaceOnUse" { circle class="ink" cx="3" cy="3" r="1" {} }
        }
    }
}

/// What the colours and patterns mean, in words.
pub fn floor_legend(entries: &[(Fill, String)]) -> Markup {
    html! {
        ul class="legend swatches-of" {
            @for (fill, word) in entries {
                li {
                    svg class="floor key" width="22" height="16" aria-hidden="true" {
                        rect class=(fill.class()) x="1" y="1" width="20" height="14" rx="3" {}
                        @if let Some(pattern) = fill.pattern() { rect class="over" x="1" y="1" width="20" height="14" rx="3" fill=(pattern) {} }
                    }
                    (word)
                }
            }
        }
    }
}
