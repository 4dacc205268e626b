//! Help: the keys that do something everywhere, where to read on, and the licences of what others have given.

use crate::cx::{Cx, Html};
use crate::kit::{Button, Frame, Section, Shell, card, facts, hidden, shell};
use crate::look::KEYS_OFF;
use maud::{Markup, html};

/// What stands in the program and was made by others, with its licence.
const GIVEN: [(&str, &str); 3] = [
    ("htmx", include_str!("../../licences/htmx.txt")),
    ("Inter", include_str!("../../licences/inter.txt")),
    ("Tabler Icons", include_str!("../../licences/tabler-icons.txt")),
];

pub(super) async fn show(cx: Cx) -> Html {
    let title = cx.t("help-title");
    let body = html! {
        header class="head" { div { h1 { (title) } p { (cx.t("help-about")) } } }
        div class="grid two" {
            (card(&cx.t("help-keys"), None, keys(&cx)))
            (card(&cx.t("help-read"), None, html! {
                div class="prose" {
                    p { (cx.t("help-problems")) }
                    p { a href="/api/openapi.json" { (cx.t("help-api")) } }
                }
            }))
        }
        (card(&cx.t("help-licences"), None, html! {
            div class="prose" { p { (cx.t("help-licences-about")) } }
            @for (name, text) in GIVEN { details class="more-of" { summary { (name) } pre class="licence" { (text) } } }
        }))
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::None, body })))
}

fn keys(cx: &Cx) -> Markup {
    let key = |keys: &[&str]| html! { @for key in keys { span class="kbd" { (key) } " " } };
    let all = [
        (key(&["Ctrl", "K"]), "help-key-palette"),
        (key(&["/"]), "help-key-filter"),
        (key(&["g", "t"]), "nav-today"),
        (key(&["g", "c"]), "nav-items"),
        (key(&["g", "l"]), "nav-lots"),
        (key(&["?"]), "help-title"),
        (key(&["Esc"]), "help-key-close"),
    ];
    let off = cx.look.without_keys;
    let (word, label) = if off { ("on", "help-keys-on") } else { (KEYS_OFF, "help-keys-off") };
    html! {
        div class="stack" {
            (facts(&all.map(|(keys, label)| (cx.t(label).into_owned(), keys))))
            p class="quiet" { (cx.t("help-keys-why")) }
            form method="post" action="/look" {
                (hidden(cx, None, None))
                input type="hidden" name="next" value="/help";
                (Button::new(&cx.t(label)).submit_as("keys", word))
            }
        }
    }
}
