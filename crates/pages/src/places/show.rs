//! One location: what it is, what is in it, what moved there last, and what can be done with it.

use super::acts::Act;
use super::holds::Holds;
use super::place::{Place, Places, door, href, role_word};
use crate::cx::{Clock, Cx, Html, address};
use crate::format;
use crate::kit::{
    Button, Column, Fact, Frame, Icon, Role, Section, Shell, Table, Tone, breadcrumbs, card, facts, menu,
    more, notice, shell,
};
use domain::Permission;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Failure, Path};

/// Places below that are shown.
const BELOW: &str = "24";
/// Blocks that are shown.
const BLOCKS: &str = "5";

#[derive(Deserialize)]
struct Blocks {
    items: Vec<Block>,
}

/// A block, or its end.
#[derive(Deserialize)]
struct Block {
    state: String,
    #[serde(default)]
    reason: Option<String>,
    actor: Actor,
    at: String,
}

#[derive(Deserialize)]
struct Actor {
    name: String,
}

pub(super) async fn show(cx: Cx, Path(code): Path<String>) -> Html {
    let place: Place = cx.desk.get(&door(&code)).await?;
    let holds = Holds::of(&cx, &place).await?;
    let (below, blocks) = around(&cx, &place).await?;
    let clock = cx.clock().await?;
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &above(&cx, &place), &place.code))
        (head(&cx, &place))
        (standing(&cx, &place, &clock))
        @if let Some(holds) = &holds { (holds.broken()) (holds.strip(&cx)) }
        div class="grid wide" {
            div class="stack" {
                @if let Some(holds) = &holds { (holds.contents(&cx, &place)) }
                @if !below.items.is_empty() || place.may_hold_places() { (places_below(&cx, &place, &below)) }
            }
            div class="stack" {
                (card(&cx.t("place-facts"), None, facts(&known(&cx, &place))))
                @if let Some(holds) = &holds { (holds.capacity(&cx)) }
                @if !blocks.items.is_empty() { (card(&cx.t("place-blocks"), None, told(&cx, &blocks, &clock))) }
            }
        }
        @if let Some(holds) = &holds { (holds.moves(&cx, &place, &clock)) }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &place.code, section: Section::Locations, body })))
}

/// What stands directly below, and when it was blocked.
async fn around(cx: &Cx, place: &Place) -> Result<(Places, Blocks), Failure> {
    let below = [("parent", Some(place.code.as_str())), ("limit", Some(BELOW))];
    let blocks = format!("{}/blocks?limit={BLOCKS}", door(&place.code));
    Ok((cx.desk.get(&address("/api/v1/locations", &below)).await?, cx.desk.get(&blocks).await?))
}

/// The pages above that of a place.
pub(super) fn above(cx: &Cx, place: &Place) -> Vec<(String, String)> {
    let mut above = vec![(cx.t("places-title").into_owned(), "/locations".to_owned())];
    let (site, parent) = (place.site.as_ref(), place.parent.as_ref());
    let site = site.filter(|site| **site != place.code && Some(*site) != parent);
    above.extend(site.into_iter().chain(parent).map(|code| (code.clone(), href(code))));
    above
}

fn head(cx: &Cx, place: &Place) -> Markup {
    let is_named = place.name != place.code;
    html! {
        header class="head" {
            div class="who" {
                span class="tile" { (Icon::Pin.draw()) }
                div {
                    div class="row" { h1 { (place.code) } (place.chip(cx)) }
                    p { @if is_named { (place.name) " · " } (place.described(cx)) }
                }
            }
            @if cx.desk.may(Permission::PlacesWrite) { (actions(cx, place)) }
        }
    }
}

fn actions(cx: &Cx, place: &Place) -> Markup {
    let page = href(&place.code);
    let edit = format!("{page}/edit");
    let (first, rest): (Vec<Act>, Vec<Act>) =
        Act::ALL.into_iter().filter(|act| act.fits(place)).partition(|act| act.is_first());
    let to = |act: &Act| (act.icon(), cx.t(act.verb()).into_owned(), format!("{page}/{}", act.word()));
    html! {
        div class="row" {
            (menu(&cx.t("more-actions"), &rest.iter().map(to).collect::<Vec<_>>()))
            @for (icon, label, href) in first.iter().map(to) { (Button::new(&label).icon(icon).link(&href)) }
            @if !place.archived { (Button::primary(&cx.t("place-edit")).icon(Icon::Edit).key("e").link(&edit)) }
        }
    }
}

/// What is not as usual, with what stands above it that is the cause.
fn standing(cx: &Cx, place: &Place, clock: &Clock) -> Markup {
    let since = place.archived_at.as_deref().map(|at| clock.at(at));
    html! {
        @if place.archived {
            (notice(Tone::Hold, html! { p { @match since {
                Some(since) => (cx.tell("place-archived-since", &[("since", since.into())])),
                None => (cx.t("place-archived-above")),
            } } }))
        }
        @if place.blocked {
            (notice(Tone::Out, html! { p { @match &place.block_reason {
                Some(reason) => (cx.tell("place-blocked-why", &[("reason", reason.as_str().into())])),
                None => (cx.t("place-blocked-above")),
            } } }))
        }
    }
}

fn known(cx: &Cx, place: &Place) -> Vec<Fact> {
    let none = || html! { (format::NONE) };
    let yes = |is: bool| html! { (cx.t(if is { "yes" } else { "no" })) };
    let mut known: Vec<(&str, Markup)> = vec![
        ("place-kind", html! { (cx.t(super::place::kind_word(&place.kind))) }),
        ("place-role", place.role.as_deref().map_or_else(none, |role| html! { (cx.t(role_word(role))) })),
        ("place-type", place.of_type.as_deref().map_or_else(none, |code| html! { (code) })),
        ("place-walk", place.walk.map_or_else(none, |walk| html! { (cx.number(&walk.to_string())) })),
        ("place-position", place.position.map_or_else(none, |at| {
            html! { (cx.tell("place-position-of", &[("x", metres(cx, at.x_mm).into()), ("y", metres(cx, at.y_mm).into()), ("z", metres(cx, at.z_mm).into())])) }
        })),
        ("place-sells", yes(place.sellable)),
        ("place-allocates", yes(place.open_to_allocation)),
    ];
    if let Some(zone) = &place.zone {
        known.push(("place-zone", html! { (zone) }));
    }
    known.into_iter().map(|(key, value)| (cx.t(key).into_owned(), value)).collect()
}

/// Millimetres in metres, to the centimetre where that is exact.
pub(super) fn metres(cx: &Cx, millimetres: i64) -> String {
    let (sign, size) =
        if millimetres < 0 { ("-", millimetres.unsigned_abs()) } else { ("", millimetres.unsigned_abs()) };
    let text = format!("{sign}{}.{:03}", size / 1_000, size % 1_000);
    let text = text.strip_suffix('0').map_or(text.as_str(), |text| text);
    cx.number(text)
}

fn places_below(cx: &Cx, place: &Place, below: &Places) -> Markup {
    let title = cx.t("places-below");
    let rest = below.next.is_some().then(|| address("/locations", &[("under", Some(&place.code))]));
    let make = address("/locations/new", &[("parent", Some(&place.code))]);
    let makes = cx.desk.may(Permission::PlacesWrite) && place.may_hold_places() && !place.archived;
    html! {
        section class="card tight" {
            header {
                h2 { (title) }
                @if makes { div class="row" { (Button::new(&cx.t("place-new")).icon(Icon::Plus).small().link(&make)) } }
            }
            @if below.items.is_empty() { p class="muted body" { (cx.t("places-below-none")) } }
            @else { (table(cx, &title).draw(&below.items)) (more(&cx.t("places-below-all"), rest.as_deref())) }
        }
    }
}

fn table<'a>(cx: &'a Cx, caption: &'a str) -> Table<'a, Place> {
    let code = Column::text(
        cx.t("location"),
        |row: &Place| html! { a class="cell" href=(href(&row.code)) { (row.code) } @if row.name != row.code { small { (row.name) } } },
    );
    let kind = Column::text(cx.t("place-kind"), |row: &Place| row.described(cx));
    let state = Column::text(cx.t("state"), |row: &Place| row.chip(cx));
    Table {
        caption,
        columns: vec![code.role(Role::Title), kind, state.role(Role::Side)],
        sort: "",
        sorted: Box::new(|_| String::new()),
        id: "below",
        key: Box::new(|row| row.code.clone()),
    }
}

fn told(cx: &Cx, blocks: &Blocks, clock: &Clock) -> Markup {
    html! {
        ul class="timeline" {
            @for block in &blocks.items {
                @let (key, icon) = if block.state == "blocked" { ("place-was-blocked", Icon::Ban) } else { ("place-was-opened", Icon::Circle) };
                li {
                    span class="mark" { (icon.small()) }
                    div { strong { (cx.t(key)) } @if let Some(reason) = &block.reason { " · " (reason) } p class="quiet" { (block.actor.name) " · " (clock.at(&block.at)) } }
                }
            }
        }
    }
}
