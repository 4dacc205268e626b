//! A tree in a table: how deep a row stands, and the link that opens or closes what is below it.

use super::Icon;
use maud::{Markup, html};

/// Steps that are shown; what stands deeper stands beside them.
const DEPTH_MAX: usize = 6;

/// A row of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a> {
    /// How deep it stands; the roots at 0.
    pub depth: usize,
    /// What tells it from the others on the page.
    pub id: &'a str,
    /// The address with it opened or closed, whether it is open, and what the link does.
    pub turn: Option<(&'a str, bool, &'a str)>,
}

impl Branch<'_> {
    /// The row with what stands in it.
    pub fn draw(self, body: Markup) -> Markup {
        let id = format!("branch-{}", self.id);
        html! {
            span class=(format!("branch d{}", self.depth.min(DEPTH_MAX))) {
                @match self.turn {
                    Some((href, is_open, says)) => {
                        a class="twist" id=(id) href=(format!("{href}#{id}")) hx-get=(href) hx-target="#results" hx-push-url="true"
                            aria-expanded=(is_open) aria-label=(says) { (Icon::ChevronDown.small()) }
                    }
                    None => span class="twist" {},
                }
                (body)
            }
        }
    }
}
