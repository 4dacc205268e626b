//! One's own second factor: fresh recovery codes, and doing without it.

use super::{ACCOUNT, above, still_you};
use crate::cx::{Cx, Html};
use crate::forms::Outcome;
use crate::kit::{Button, FormPage, Kind, Section, Sent};
use crate::sign_in::codes_page;
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use web::{Failure, Posted};

#[derive(Deserialize)]
struct Fresh {
    #[serde(default)]
    recovery_codes: Option<Vec<String>>,
}

pub(super) async fn ask_codes(cx: Cx) -> Html {
    Ok(draw_codes(&cx, &Sent::default()))
}

fn draw_codes(cx: &Cx, sent: &Sent) -> Response {
    let title = cx.t("fresh-codes");
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("fresh-codes-why")),
        above: &above(cx),
        section: Section::Account,
        fields: still_you(cx, sent),
        submit: Button::primary(&title),
        back: ACCOUNT,
        version: None,
    };
    page.draw(cx, sent)
}

pub(super) async fn new_codes(cx: Cx, Posted(form): Posted) -> Html {
    match cx.save(Method::POST, "/api/v1/me/second-factor/recovery-codes", form).await? {
        Outcome::Done(reply) => {
            let fresh: Fresh = reply.read()?;
            let codes =
                fresh.recovery_codes.ok_or_else(|| Failure::fault("fresh codes were asked for twice"))?;
            Ok(cx.show(codes_page(&cx, &codes, ACCOUNT)))
        }
        Outcome::Waiting(_) => Err(Failure::fault("nobody else is asked about a second factor")),
        Outcome::Again(sent) => Ok(draw_codes(&cx, &sent)),
    }
}

pub(super) async fn ask(cx: Cx) -> Html {
    Ok(draw(&cx, &Sent::default()))
}

fn draw(cx: &Cx, sent: &Sent) -> Response {
    let title = cx.t("factor-remove");
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("factor-remove-why")),
        above: &above(cx),
        section: Section::Account,
        fields: still_you(cx, sent),
        submit: Button::new(&title).kind(Kind::Danger),
        back: ACCOUNT,
        version: None,
    };
    page.draw(cx, sent)
}

pub(super) async fn remove(cx: Cx, Posted(form): Posted) -> Html {
    let outcome = cx.save(Method::POST, "/api/v1/me/second-factor/remove", form).await?;
    match outcome.settle(&cx, &cx.t("factor-removed"), ACCOUNT) {
        Ok(response) => Ok(response),
        Err(sent) => Ok(draw(&cx, &sent)),
    }
}
