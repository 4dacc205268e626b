//! One API key: whose it is, what it may do, from where, and until when.

use super::Key;
use crate::cx::{Clock, Cx, Html};
use crate::kit::{Button, Frame, Icon, Kind, Section, Shell, breadcrumbs, card, facts, shell};
use crate::people::permissions;
use domain::Permission;
use jiff::Timestamp;
use maud::{Markup, html};
use web::{Failure, Path};

pub(super) async fn read(cx: &Cx, id: i64) -> Result<Key, Failure> {
    cx.desk.get(&format!("/api/v1/keys/{id}")).await
}

pub(super) async fn show(cx: Cx, Path(id): Path<i64>) -> Html {
    let key = read(&cx, id).await?;
    let clock = cx.clock().await?;
    let now = Timestamp::from_microsecond(cx.desk.app.now().0).unwrap_or_default();
    let writes = cx.desk.may(Permission::AccessWrite) && key.revoked_at.is_none();
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("keys-title").into_owned(), "/keys".to_owned())], &key.name))
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::Key.draw()) }
                div { div class="row" { h1 { (key.name) } (key.state(&cx, now)) } p { code { (key.prefix) "…" } } }
            }
            @if writes { (Button::new(&cx.t("key-revoke")).kind(Kind::Danger).icon(Icon::Ban).link(&format!("/keys/{id}/revoke"))) }
        }
        div class="grid wide" {
            (card(&cx.t("key-may"), None, may(&cx, &key)))
            (card(&cx.t("key-facts"), None, about(&cx, &clock, &key)))
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &key.name, section: Section::Keys, body })))
}

fn may(cx: &Cx, key: &Key) -> Markup {
    html! {
        @if let Some(held) = &key.permissions { (permissions::list(cx, held)) }
        @else { p { (cx.t("key-may-all")) } }
    }
}

fn about(cx: &Cx, clock: &Clock, key: &Key) -> Markup {
    let listed = |list: &Option<Vec<String>>, none: &str| {
        list.as_ref().map_or_else(|| cx.t(none).into_owned(), |list| list.join(", "))
    };
    let per_minute = key
        .per_minute
        .map_or_else(|| cx.t("key-unlimited").into_owned(), |count| cx.number(&count.to_string()));
    let mut known = vec![
        (
            cx.t("key-owner").into_owned(),
            html! { (key.owner.clone().unwrap_or_else(|| cx.t("key-machine").into_owned())) },
        ),
        (cx.t("key-places").into_owned(), html! { (listed(&key.within, "everywhere")) }),
        (cx.t("key-networks").into_owned(), html! { (listed(&key.networks, "key-networks-any")) }),
        (cx.t("key-per-minute").into_owned(), html! { (per_minute) }),
        (cx.t("since").into_owned(), html! { (clock.at(&key.created_at)) }),
        (cx.t("key-until").into_owned(), html! { (clock.at(&key.expires_at)) }),
        (cx.t("last-used").into_owned(), html! { (clock.at_most(key.last_used_at.as_deref())) }),
        (cx.t("principal").into_owned(), html! { (key.id) }),
    ];
    if let Some(revoked) = &key.revoked_at {
        known.push((cx.t("key-revoked").into_owned(), html! { (clock.at(revoked)) }));
    }
    facts(&known)
}
