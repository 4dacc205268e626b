//! Sessions, of whomever: where somebody is signed in, since when, and by what.

use crate::cx::{Clock, Cx};
use crate::format;
use crate::kit::{Button, Column, Icon, Role, Table, Tone, chip, empty, hidden};
use maud::{Markup, html};
use serde::Deserialize;

/// What is shown of a session.
#[derive(Deserialize)]
pub(crate) struct Session {
    id: i64,
    method: String,
    agent: String,
    #[serde(default)]
    network: Option<String>,
    begun_at: String,
    seen_at: String,
    current: bool,
}

#[derive(Deserialize)]
pub(crate) struct Sessions {
    pub(crate) items: Vec<Session>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// The sessions that go on, each with what ends it where `end` gives the address of that.
pub(crate) fn table(
    cx: &Cx,
    clock: &Clock,
    sessions: &Sessions,
    end: Option<&dyn Fn(i64) -> String>,
) -> Markup {
    if sessions.items.is_empty() {
        return empty(Icon::Lock, &cx.t("sessions-none"), &cx.t("sessions-none-why"), None);
    }
    let browser = Column::text(cx.t("session-browser"), |session: &Session| {
        html! {
            (browser(&session.agent)) small { (session.network.as_deref().unwrap_or(format::NONE)) }
        }
    });
    let method =
        Column::text(cx.t("session-method"), |session: &Session| html! { (method(cx, &session.method)) });
    let seen = Column::text(cx.t("session-seen"), |session: &Session| {
        html! { span class="nowrap" { (clock.at(&session.seen_at)) } small { (cx.tell("session-since", &[("when", clock.at(&session.begun_at).into())])) } }
    });
    let ends = Column::action(cx.t("session-end"), |session: &Session| {
        html! {
            @if session.current { (chip(Tone::Ok, &cx.t("session-this"))) }
            @else if let Some(end) = end {
                form method="post" action=(end(session.id)) {
                    (hidden(cx, Some(&cx.fresh_key()), None))
                    (Button::new(&cx.t("session-end")).small().submit())
                }
            }
        }
    });
    let table = Table {
        caption: &cx.t("sessions"),
        columns: vec![browser.role(Role::Title), method, seen, ends],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "sessions",
        key: Box::new(|session| session.id.to_string()),
    };
    html! { div class="scroll" { (table.draw(&sessions.items)) } }
}

/// By what somebody has signed in.
fn method(cx: &Cx, word: &str) -> String {
    let part = |part: &str| match part {
        "password" => cx.t("method-password"),
        "identity" => cx.t("method-identity"),
        "code" => cx.t("method-code"),
        "recovery_code" => cx.t("method-recovery-code"),
        "passkey" => cx.t("method-passkey"),
        "factor" => cx.t("method-factor"),
        other => other.to_owned().into(),
    };
    let parts: Vec<_> = word.split('+').map(part).collect();
    parts.join(" + ")
}

/// A browser and its system in two words, of what it says of itself; what is not known stays as it is.
fn browser(agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // the order counts: each of them names those below as well
    let program = find(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} · {system}"),
        (Some(program), None) => program.to_owned(),
        _ if agent.is_empty() => format::NONE.to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_in_two_words() {
        let rows = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Edge · Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari · iPhone",
            ),
            ("curl/8.14.1", "curl/8.14.1"),
            ("", "–"),
        ];
        for (agent, expected) in rows {
            assert_eq!(browser(agent), expected);
        }
    }
}
