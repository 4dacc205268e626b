//! One's own account on one page.

use super::passkeys::Passkey;
use crate::cx::{Clock, Cx, Html, address};
use crate::kit::{
    Button, Choice, Column, Field, Frame, Icon, Role, Section, Sent, Shell, Table, Tone, card, chip, empty,
    facts, hidden, more, shell,
};
use crate::look::{Density, Theme};
use crate::people::permission;
use crate::people::sessions::{self, Sessions};
use crate::sign_in::Ways;
use crate::words::Locale;
use maud::{Markup, html};
use serde::Deserialize;

#[derive(Deserialize)]
struct Me {
    name: String,
    grants: Vec<Held>,
}

/// What one may do somewhere.
#[derive(Deserialize)]
struct Held {
    #[serde(default)]
    within: Option<String>,
    #[serde(default)]
    category: Option<String>,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
struct Factor {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    set_at: Option<String>,
    recovery_codes: i64,
}

#[derive(Deserialize)]
struct Passkeys {
    items: Vec<Passkey>,
}

pub(super) async fn show(cx: Cx) -> Html {
    let me: Me = cx.desk.get("/api/v1/me").await?;
    let factor: Factor = cx.desk.get("/api/v1/me/second-factor").await?;
    let passkeys: Passkeys = cx.desk.get("/api/v1/me/passkeys").await?;
    let ways: Ways = cx.desk.get("/api/v1/sign-in").await?;
    let cursor = cx.query("cursor");
    let open = [("ended", Some("false")), ("cursor", cursor.as_deref())];
    let sessions: Sessions = cx.desk.get(&address("/api/v1/me/sessions", &open)).await?;
    let clock = cx.clock().await?;
    let (title, end) = (cx.t("account-title"), |id: i64| format!("/account/sessions/{id}"));
    let next = sessions.next.as_deref().map(|next| address("/account", &[("cursor", Some(next))]));
    let add = Button::new(&cx.t("passkey-add")).icon(Icon::Plus).small().link("/account/passkeys/new");
    let body = html! {
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::User.draw()) }
                div { h1 { (title) } p { (me.name) } }
            }
        }
        div class="grid wide" {
            div class="stack" {
                (card(&cx.t("sessions"), None, sessions::table(&cx, &clock, &sessions, Some(&end))))
                (more(&cx.t("load-more"), next.as_deref()))
                @if ways.passkey || !passkeys.items.is_empty() {
                    (card(&cx.t("passkeys"), ways.passkey.then_some(add), keys(&cx, &clock, &passkeys.items)))
                }
                (card(&cx.t("own-rights"), None, rights(&cx, &me.grants)))
            }
            div class="stack" {
                (card(&cx.t("look"), None, look(&cx)))
                (card(&cx.t("password"), None, html! { (Button::new(&cx.t("own-password")).icon(Icon::Key).link("/account/password")) }))
                (card(&cx.t("second-factor"), None, second(&cx, &clock, &factor)))
            }
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Account, body })))
}

/// How pages look, by the same form as the buttons of the frame send.
fn look(cx: &Cx) -> Markup {
    let none = Sent::default();
    let choice = |word: &str, key: &str| -> Choice { (word.to_owned(), cx.t(key).into_owned()) };
    let languages: Vec<Choice> =
        Locale::ALL.into_iter().map(|(locale, name)| (locale.word().to_owned(), name.to_owned())).collect();
    let themes =
        [choice("system", "theme-system"), choice("light", "theme-light"), choice("dark", "theme-dark")];
    let densities = [
        choice("normal", "density-normal"),
        choice("compact", "density-compact"),
        choice("comfortable", "density-comfortable"),
    ];
    let theme = cx.look.theme.word().unwrap_or("system");
    let density = cx.look.density.word().unwrap_or("normal");
    debug_assert_eq!((Theme::parse(theme), Density::parse(density)), (cx.look.theme, cx.look.density));
    html! {
        form class="form" method="post" action="/look" {
            (hidden(cx, None, None))
            input type="hidden" name="next" value="/account";
            (Field::new("locale", &cx.t("language")).value(cx.look.locale.word()).select(&none, &languages))
            div class="pair" {
                (Field::new("theme", &cx.t("theme")).value(theme).select(&none, &themes))
                (Field::new("density", &cx.t("density")).value(density).select(&none, &densities))
            }
            footer { (Button::new(&cx.t("look-save")).submit()) }
        }
    }
}

fn second(cx: &Cx, clock: &Clock, factor: &Factor) -> Markup {
    let kind = match factor.kind.as_deref() {
        Some("passkey") => chip(Tone::Ok, &cx.t("factor-by-passkey")),
        Some(_) => chip(Tone::Ok, &cx.t("factor-by-authenticator")),
        None => chip(Tone::Low, &cx.t("factor-lacks")),
    };
    let mut known = vec![(cx.t("state").into_owned(), kind)];
    if let Some(since) = &factor.set_at {
        known.push((cx.t("since").into_owned(), html! { (clock.at(since)) }));
    }
    if factor.kind.is_some() {
        known.push((cx.t("recovery-codes-left").into_owned(), html! { (factor.recovery_codes) }));
    }
    html! {
        div class="stack" {
            (facts(&known))
            div class="row" {
                @if factor.set_at.is_none() { (Button::new(&cx.t("factor-title")).icon(Icon::Mobile).link("/sign-in/factor")) }
                @if factor.kind.is_some() {
                    (Button::new(&cx.t("fresh-codes")).link("/account/recovery-codes"))
                    (Button::new(&cx.t("factor-remove")).kind(crate::kit::Kind::Danger).link("/account/second-factor"))
                }
            }
        }
    }
}

fn keys(cx: &Cx, clock: &Clock, passkeys: &[Passkey]) -> Markup {
    if passkeys.is_empty() {
        return empty(Icon::Fingerprint, &cx.t("passkeys-none"), &cx.t("passkeys-none-why"), None);
    }
    let name = Column::text(cx.t("passkey-name"), |passkey: &Passkey| {
        html! {
            a class="cell" href=(format!("/account/passkeys/{}", passkey.id)) { (passkey.name) }
            @if passkey.verified { small { (cx.t("passkey-verified")) } }
        }
    });
    let since = Column::text(cx.t("since"), |passkey: &Passkey| html! { (clock.at(&passkey.created_at)) });
    let used = Column::text(
        cx.t("last-used"),
        |passkey: &Passkey| html! { (clock.at_most(passkey.last_used_at.as_deref())) },
    );
    let gone = Column::action(cx.t("passkey-remove"), |passkey: &Passkey| {
        Button::new(&cx.t("passkey-remove")).small().link(&format!("/account/passkeys/{}/remove", passkey.id))
    });
    let table = Table {
        caption: &cx.t("passkeys"),
        columns: vec![name.role(Role::Title), since.priority(2), used, gone],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "passkeys",
        key: Box::new(|passkey| passkey.id.to_string()),
    };
    html! { div class="scroll" { (table.draw(passkeys)) } }
}

/// What one may do, and where, in words.
fn rights(cx: &Cx, grants: &[Held]) -> Markup {
    if grants.is_empty() {
        return empty(Icon::Shield, &cx.t("own-rights-none"), &cx.t("own-rights-none-why"), None);
    }
    html! {
        div class="stack" {
            @for held in grants {
                details class="more-of" {
                    summary {
                        strong { (held.within.as_deref().map_or_else(|| cx.t("everywhere"), |code| code.to_owned().into())) }
                        @if let Some(category) = &held.category { " · " (category) }
                        " · " (cx.tell("permissions-count", &[("count", held.permissions.len().into())]))
                    }
                    ul class="list" { @for word in &held.permissions { li { (permission(cx.reader, word)) } } }
                }
            }
        }
    }
}
