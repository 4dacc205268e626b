//! Holding a lot back, and releasing it: both with a reason.

use super::Lot;
use crate::cx::{Cx, Html, step};
use crate::forms::{Outcome, Told};
use crate::kit::{
    Button, Choice, Field, Frame, Kind, Section, Sent, Shell, breadcrumbs, form_errors, hidden, shell,
};
use crate::refusals::status_of;
use axum::http::{Method, StatusCode};
use maud::{Markup, html};
use serde::Deserialize;
use web::{Failure, Form, Path, Posted};

#[derive(Deserialize)]
struct Reasons {
    items: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    name: String,
}

/// Which of the two.
#[derive(Clone, Copy)]
struct Step {
    path: &'static str,
    title: &'static str,
    about: &'static str,
    done: &'static str,
}

const HOLD: Step = Step { path: "hold", title: "lot-hold", about: "lot-hold-about", done: "lot-held" };
const RELEASE: Step =
    Step { path: "release", title: "lot-release", about: "lot-release-about", done: "lot-released" };

/// The item and the lot of an address.
type Named = Path<(String, String)>;

pub(super) async fn show(cx: Cx, Path((sku, lot)): Named) -> Html {
    let page = page(&cx, (&sku, &lot), HOLD, &Sent::default()).await?;
    Ok(cx.show(page))
}

pub(super) async fn show_release(cx: Cx, Path((sku, lot)): Named) -> Html {
    let page = page(&cx, (&sku, &lot), RELEASE, &Sent::default()).await?;
    Ok(cx.show(page))
}

pub(super) async fn hold(cx: Cx, Path(named): Named, Posted(form): Posted) -> Html {
    send(cx, named, HOLD, form).await
}

pub(super) async fn release(cx: Cx, Path(named): Named, Posted(form): Posted) -> Html {
    send(cx, named, RELEASE, form).await
}

fn api(sku: &str, lot: &str) -> String {
    format!("/api/v1/items/{}/lots/{}", step(sku), step(lot))
}

async fn page(cx: &Cx, (sku, lot): (&str, &str), doing: Step, sent: &Sent) -> Result<Markup, Failure> {
    let reply = cx.desk.reply(&api(sku, lot)).await?;
    let found: Lot = reply.read()?;
    let reasons: Reasons = cx.desk.get("/api/v1/reasons?active=true&limit=500").await?;
    let choices: Vec<Choice> = reasons.items.into_iter().map(|one| (one.code, one.name)).collect();
    let (title, reason, note, hint) = (cx.t(doing.title), cx.t("reason"), cx.t("note"), cx.t("note-hint"));
    let own = found.address();
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(sku.to_owned(), format!("/items/{}", step(sku))), (found.lot.clone(), own.clone())], &title))
        header class="head" { div { h1 { (title) } p { (cx.tell(doing.about, &[("lot", found.lot.as_str().into()), ("sku", sku.into())])) } } }
        section class="card narrow" { div class="body" {
            form class="form" method="post" action=(format!("{own}/{}", doing.path)) {
                (form_errors(cx, sent))
                (hidden(cx, Some(&cx.fresh_key()), reply.version()))
                (Field::new("/reason", &reason).required().select(sent, &choices))
                (Field::new("/note", &note).hint(&hint).area(sent))
                footer {
                    (Button::primary(&title).submit())
                    (Button::new(&cx.t("cancel")).kind(Kind::Plain).link(&own))
                }
            }
        } }
    };
    Ok(shell(&Frame::of(cx), Shell { title: &title, section: Section::Lots, body }))
}

async fn send(cx: Cx, (sku, lot): (String, String), doing: Step, form: Form) -> Html {
    let target = format!("{}/{}", api(&sku, &lot), doing.path);
    let own = format!("/items/{}/lots/{}", step(&sku), step(&lot));
    match cx.save(Method::POST, &target, form).await? {
        Outcome::Done(_) => Ok(Told::new(cx.tell(doing.done, &[("lot", lot.as_str().into())])).go(&own)),
        Outcome::Waiting(_) => Ok(Told::new(cx.t("waits-for-second")).go(&own)),
        Outcome::Again(sent) => {
            let status = sent.problem.as_ref().map_or(StatusCode::OK, status_of);
            let page = page(&cx, (&sku, &lot), doing, &sent).await?;
            Ok(cx.show_as(status, page))
        }
    }
}
