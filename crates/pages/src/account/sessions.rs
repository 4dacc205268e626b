//! Ending a session of one's own.

use super::{ACCOUNT, above};
use crate::cx::{Cx, Html};
use crate::kit::{Button, FormPage, Section, Sent};
use axum::http::Method;
use axum::response::Response;
use maud::html;
use web::{Path, Posted};

pub(super) async fn ask(cx: Cx) -> Html {
    Ok(draw(&cx, &Sent::default()))
}

fn draw(cx: &Cx, sent: &Sent) -> Response {
    let (title, submit) = (cx.t("session-end-title"), cx.t("session-end"));
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("own-session-end-why")),
        above: &above(cx),
        section: Section::Account,
        fields: html! {},
        submit: Button::primary(&submit),
        back: ACCOUNT,
        version: None,
    };
    page.draw(cx, sent)
}

pub(super) async fn end(cx: Cx, Path(id): Path<i64>, Posted(form): Posted) -> Html {
    let target = format!("/api/v1/me/sessions/{id}/end");
    let outcome = cx.save_as(Method::POST, &target, form, None).await?;
    match outcome.settle(&cx, &cx.t("session-ended"), ACCOUNT) {
        Ok(response) => Ok(response),
        Err(sent) => Ok(draw(&cx, &sent)),
    }
}
