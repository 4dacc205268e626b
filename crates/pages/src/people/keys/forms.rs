//! Making an API key, of which the secret is shown once, and revoking one.

use super::Key;
use super::show::read;
use crate::cx::{Clock, Cx, Html};
use crate::forms::{Outcome, Told, body};
use crate::kit::{
    Button, Field, FormPage, Frame, Icon, Kind, Section, Sent, Shell, Tone, breadcrumbs, notice, shell,
};
use crate::people::{choices, permissions};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::html;
use serde_json::Value;
use web::{Form, Path, Posted};

/// Fields of one entry a line.
const LISTS: [&str; 2] = ["/within", "/networks"];

pub(super) async fn new(cx: Cx) -> Html {
    draw_new(&cx, &Sent::default()).await
}

async fn draw_new(cx: &Cx, sent: &Sent) -> Html {
    let roles = choices::roles(cx, &cx.t("key-role-none")).await?;
    let users = choices::users(cx).await?;
    let title = cx.t("key-make");
    let fields = html! {
        (Field::new("/name", &cx.t("key-name")).hint(&cx.t("key-name-hint")).required().autofocus().text(sent))
        (Field::new("/owner", &cx.t("key-owner")).hint(&cx.t("key-owner-hint")).suggest(sent, &users))
        (Field::new("/role", &cx.t("key-role")).hint(&cx.t("key-role-hint")).select(sent, &roles))
        details class="more-of" {
            summary { (cx.t("key-permissions")) }
            div class="stack" { (permissions::ticks(cx, sent, &[])) }
        }
        (Field::new("/within", &cx.t("key-places")).hint(&cx.t("key-places-hint")).area(sent))
        (Field::new("/networks", &cx.t("key-networks")).hint(&cx.t("key-networks-hint")).area(sent))
        div class="pair" {
            (Field::new("/expires_at", &cx.t("key-until")).hint(&cx.t("key-until-hint")).date(sent))
            (Field::new("/per_minute#int", &cx.t("key-per-minute")).hint(&cx.t("key-per-minute-hint")).number().text(sent))
        }
    };
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("key-make-why")),
        above: &[(cx.t("keys-title").into_owned(), "/keys".to_owned())],
        section: Section::Keys,
        fields,
        submit: Button::primary(&title),
        back: "/keys",
        version: None,
    };
    Ok(page.draw(cx, sent))
}

/// What the form says: lines are entries, and a day is its end where the books are kept.
fn said(form: &Form, clock: &Clock) -> Value {
    let mut said = body(form);
    let Value::Object(map) = &mut said else { return said };
    for name in LISTS {
        let Some(Value::String(text)) = map.get_mut(name.trim_start_matches('/')) else { continue };
        let entries = text.split(['\n', ',']).map(str::trim).filter(|entry| !entry.is_empty());
        let entries: Value = entries.map(Value::from).collect();
        map.insert(name.trim_start_matches('/').to_owned(), entries);
    }
    if let Some(Value::String(text)) = map.get_mut("expires_at")
        && let Some(end) = end_of(text, clock)
    {
        *text = end;
    }
    said
}

/// The instant at which a day is over.
fn end_of(day: &str, clock: &Clock) -> Option<String> {
    let next = day.parse::<Date>().ok()?.checked_add(1.day()).ok()?;
    Some(next.to_zoned(clock.zone().clone()).ok()?.timestamp().to_string())
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let said = said(&form, &cx.clock().await?);
    match cx.save_as(Method::POST, "/api/v1/keys", form, Some(said)).await? {
        Outcome::Done(reply) => Ok(made(&cx, &reply.read()?)),
        Outcome::Waiting(_) => Ok(Told::new(cx.t("told-waiting")).go("/keys")),
        Outcome::Again(mut sent) => {
            for fault in sent.problem.iter_mut().flat_map(|problem| &mut problem.errors) {
                // an entry of a list is told at the field of the list
                if let Some(name) = LISTS.iter().find(|name| fault.pointer.starts_with(*name)) {
                    fault.pointer = (*name).into();
                }
            }
            draw_new(&cx, &sent).await
        }
    }
}

/// The key, whole, this once.
fn made(cx: &Cx, key: &Key) -> Response {
    let (title, own) = (cx.t("key-made"), format!("/keys/{}", key.id));
    let body = html! {
        (breadcrumbs(&cx.t("you-are-here"), &[(cx.t("keys-title").into_owned(), "/keys".to_owned())], &key.name))
        header class="head" { h1 { (title) } }
        section class="card narrow" { div class="body stack" {
            @match &key.secret {
                Some(secret) => {
                    (notice(Tone::Low, html! { p { (cx.t("key-made-why")) } }))
                    p { code class="secret" { (secret) } }
                }
                None => (notice(Tone::Hold, html! { p { (cx.t("key-made-shown")) } })),
            }
            div class="row" { (Button::primary(&cx.t("key-kept")).icon(Icon::Check).link(&own)) }
        } }
    };
    let mut page = cx.show(shell(&Frame::of(cx), Shell { title: &title, section: Section::Keys, body }));
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

pub(super) async fn ask(cx: Cx, Path(id): Path<i64>) -> Html {
    draw_revoke(&cx, id, &Sent::default()).await
}

async fn draw_revoke(cx: &Cx, id: i64, sent: &Sent) -> Html {
    let key = read(cx, id).await?;
    let (title, back) = (cx.t("key-revoke"), format!("/keys/{id}"));
    let above = [(cx.t("keys-title").into_owned(), "/keys".to_owned()), (key.name.clone(), back.clone())];
    let page = FormPage {
        title: &title,
        about: Some(&cx.tell("key-revoke-why", &[("name", key.name.as_str().into())])),
        above: &above,
        section: Section::Keys,
        fields: html! {},
        submit: Button::new(&title).kind(Kind::Danger),
        back: &back,
        version: Some(key.version),
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn revoke(cx: Cx, Path(id): Path<i64>, Posted(form): Posted) -> Html {
    let outcome = cx.save_as(Method::POST, &format!("/api/v1/keys/{id}/revoke"), form, None).await?;
    match outcome.settle(&cx, &cx.t("key-revoke-done"), &format!("/keys/{id}")) {
        Ok(response) => Ok(response),
        Err(sent) => draw_revoke(&cx, id, &sent).await,
    }
}
