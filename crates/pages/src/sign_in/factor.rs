//! Setting up an authenticator, where what somebody may do asks for a second factor.

use super::{again, cookies, fresh_key, send, status};
use crate::cx::{Cx, Html, Reader};
use crate::kit::{Button, Field, Sent, Tone, alone, form_errors, notice};
use axum::http::Method;
use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;
use serde_json::json;
use web::{CSRF_FIELD, Failure, Posted, Stage};

/// What an authenticator is set up with.
#[derive(Deserialize)]
struct Begun {
    secret: Option<String>,
    uri: Option<String>,
}

/// It is set up.
#[derive(Deserialize)]
struct Set {
    recovery_codes: Option<Vec<String>>,
}

pub(super) async fn show(cx: Cx) -> Html {
    Ok(cx.show(page(cx.reader, &Sent::default(), cx.desk.csrf().as_deref(), Some(&cx))))
}

/// What it is for, and the password once more.
pub(super) fn page(reader: Reader, sent: &Sent, token: Option<&str>, cx: Option<&Cx>) -> Markup {
    let title = reader.t("factor-title");
    let body = html! {
        section class="card" { div class="body stack" {
            h1 { (title) }
            p { (reader.t(if cx.is_some_and(is_own_wish) { "factor-why-own" } else { "factor-why" })) }
            @if let Some(cx) = cx { (form_errors(cx, sent)) }
            form class="form" method="post" action="/sign-in/factor" {
                @if let Some(token) = token { input type="hidden" name=(CSRF_FIELD) value=(token); }
                (Field::new("/password", &reader.t("password-again")).required().autofocus().autocomplete("current-password").password(sent))
                footer { (Button::primary(&reader.t("factor-begin")).submit()) }
            }
        } }
    };
    alone(reader, &title, false, body)
}

/// Whether nothing asks for it but whoever sets it up.
fn is_own_wish(cx: &Cx) -> bool {
    cx.desk.caller.as_ref().is_some_and(|caller| caller.whole.stage() == Stage::Whole)
}

pub(super) async fn begin(cx: Cx, Posted(form): Posted) -> Html {
    let body = json!({ "password": form.raw("/password").unwrap_or_default() });
    match send(&cx, Method::POST, "/api/v1/me/second-factor", &body, Some(&fresh_key(&cx))).await {
        Ok(reply) => {
            let begun: Begun = reply.read()?;
            let (Some(secret), Some(uri)) = (begun.secret, begun.uri) else {
                return Err(Failure::fault("a second factor was begun without a secret"));
            };
            Ok(cx.show(code_page(&cx, &Sent::default(), &secret, &uri)?))
        }
        Err(failure) => {
            let sent = again(form, failure)?;
            Ok(cx.show_as(status(&sent), page(cx.reader, &sent, cx.desk.csrf().as_deref(), Some(&cx))))
        }
    }
}

/// The square that an authenticator reads, and the first code.
fn code_page(cx: &Cx, sent: &Sent, secret: &str, uri: &str) -> Result<Markup, Failure> {
    let title = cx.t("factor-title");
    let square = QrCode::new(uri)
        .map_err(|error| Failure::fault(format!("no square of {} bytes: {error}", uri.len())))?;
    let drawn = square.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build();
    // the library draws a whole document
    let drawn = drawn.find("<svg").map_or("", |at| drawn.get(at..).unwrap_or_default());
    let body = html! {
        section class="card" { div class="body stack" {
            h1 { (title) }
            (form_errors(cx, sent))
            ol class="stack s" {
                li { (cx.t("factor-scan")) }
            }
            div class="square" role="img" aria-label=(cx.t("factor-square")) { (PreEscaped(drawn)) }
            details class="more-of" {
                summary { (cx.t("factor-by-hand")) }
                p { code { (secret) } }
            }
            form class="form" method="post" action="/sign-in/factor/confirm" {
                (crate::kit::hidden(cx, None, None))
                input type="hidden" name="secret" value=(secret);
                input type="hidden" name="uri" value=(uri);
                (Field::new("/code", &cx.t("factor-code")).required().autofocus().autocomplete("one-time-code").text(sent))
                footer { (Button::primary(&cx.t("factor-confirm")).submit()) }
            }
        } }
    };
    Ok(alone(cx.reader, &title, false, body))
}

pub(super) async fn confirm(cx: Cx, Posted(form): Posted) -> Html {
    let body = json!({ "code": form.get("/code").unwrap_or_default() });
    match send(&cx, Method::POST, "/api/v1/me/second-factor/confirm", &body, Some(&fresh_key(&cx))).await {
        Ok(reply) => {
            let set: Set = reply.read()?;
            let next = if is_own_wish(&cx) { "/account" } else { "/" };
            let mut response = cx.show(codes_page(&cx, &set.recovery_codes.unwrap_or_default(), next));
            response.headers_mut().extend(cookies(&reply));
            Ok(response)
        }
        Err(failure) => {
            let (secret, uri) = (
                form.get("secret").unwrap_or_default().to_owned(),
                form.get("uri").unwrap_or_default().to_owned(),
            );
            let sent = again(form, failure)?;
            Ok(cx.show_as(status(&sent), code_page(&cx, &sent, &secret, &uri)?))
        }
    }
}

/// The recovery codes, shown once.
pub(crate) fn codes_page(cx: &Cx, codes: &[String], next: &str) -> Markup {
    let title = cx.t("codes-title");
    let body = html! {
        section class="card" { div class="body stack" {
            h1 { (title) }
            (notice(Tone::Low, html! { p { (cx.t("codes-why")) } }))
            ul class="codes" { @for code in codes { li { code { (code) } } } }
            (Button::primary(&cx.t("codes-kept")).link(next))
        } }
    };
    alone(cx.reader, &title, false, body)
}
