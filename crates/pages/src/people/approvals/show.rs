//! One command that waits for a second person: what it would do, and what became of it.

use super::Approval;
use crate::cx::{Clock, Cx, Html};
use crate::kit::{
    Button, Fact, Frame, Icon, Kind, Section, Shell, Tone, breadcrumbs, card, chip, facts, shell,
};
use crate::people::details::flat;
use crate::people::permission;
use maud::{Markup, html};
use web::{Failure, Path};

pub(super) async fn read(cx: &Cx, id: &str) -> Result<Approval, Failure> {
    cx.desk.get(&format!("/api/v1/approvals/{}", crate::cx::step(id))).await
}

pub(super) async fn show(cx: Cx, Path(id): Path<String>) -> Html {
    let one = read(&cx, &id).await?;
    let clock = cx.clock().await?;
    let title = permission(cx.reader, &one.permission);
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("approvals-title").into_owned(), "/approvals".to_owned())], &title))
        header class="head" {
            div { div class="row" { h1 { (title) } (state(&cx, &one.state)) } p { (cx.tell("approval-asks", &[("name", one.asked_by.name().into())])) } }
            @if one.state == "waiting" { div class="row" { (doing(&cx, &one)) } }
        }
        div class="grid wide" {
            (card(&cx.t("approval-command"), None, command(&cx, &one)))
            (card(&cx.t("approval-facts"), None, about(&cx, &clock, &one)))
        }
    };
    Ok(cx.show(shell(&Frame::of(&cx), Shell { title: &title, section: Section::Approvals, body })))
}

/// Its state in a word.
pub(super) fn state(cx: &Cx, word: &str) -> Markup {
    match word {
        "waiting" => chip(Tone::Low, &cx.t("approval-waiting")),
        "agreed" => chip(Tone::Ok, &cx.t("approval-agreed")),
        "refused" => chip(Tone::Out, &cx.t("approval-refused")),
        "withdrawn" => chip(Tone::Hold, &cx.t("approval-withdrawn")),
        _ => chip(Tone::Hold, &cx.t("approval-expired")),
    }
}

/// What its reader can do: who asked takes it back, and anybody else decides.
fn doing(cx: &Cx, one: &Approval) -> Markup {
    let own = format!("/approvals/{}", one.id);
    let asked_it = cx.desk.caller.as_ref().is_some_and(|caller| caller.whole.id().0 == one.asked_by.id);
    html! {
        @if asked_it { (Button::new(&cx.t("approval-withdraw")).icon(Icon::Undo).link(&format!("{own}/withdraw"))) }
        @else {
            (Button::new(&cx.t("approval-refuse")).kind(Kind::Danger).icon(Icon::Close).link(&format!("{own}/refuse")))
            (Button::primary(&cx.t("approval-agree")).icon(Icon::Check).link(&format!("{own}/agree")))
        }
    }
}

/// What was sent, name by name.
pub(super) fn command(cx: &Cx, one: &Approval) -> Markup {
    let mut known: Vec<Fact> =
        vec![(cx.t("approval-request").into_owned(), html! { code { (one.method) " " (one.path) } })];
    match &one.body {
        Some(body) => flat(body, "", &mut known),
        None => known.push((
            cx.t("approval-body").into_owned(),
            html! { span class="muted" { (cx.t("approval-body-none")) } },
        )),
    }
    facts(&known)
}

fn about(cx: &Cx, clock: &Clock, one: &Approval) -> Markup {
    let why = if one.why == "above_limit" { "approval-why-limit" } else { "approval-why-always" };
    let mut known = vec![
        (cx.t("approval-by").into_owned(), html! { (one.asked_by.name()) }),
        (cx.t("approval-asked").into_owned(), html! { (clock.at(&one.asked_at)) }),
        (cx.t("approval-until").into_owned(), html! { (clock.at(&one.expires_at)) }),
        (cx.t("approval-why").into_owned(), html! { (cx.t(why)) }),
    ];
    if let Some(by) = &one.decided_by {
        known.push((cx.t("approval-decided-by").into_owned(), html! { (by.name()) }));
        known.push((
            cx.t("approval-decided").into_owned(),
            html! { (clock.at_most(one.decided_at.as_deref())) },
        ));
    }
    if let Some(note) = &one.note {
        known.push((cx.t("approval-note").into_owned(), html! { (note) }));
    }
    facts(&known)
}
