//! Changing one's own password.

use super::{ACCOUNT, above, going_on};
use crate::cx::{Cx, Html};
use crate::forms::{Outcome, Told};
use crate::kit::{Button, Field, FormPage, Section, Sent};
use axum::http::Method;
use axum::response::Response;
use maud::html;
use web::Posted;

pub(super) async fn show(cx: Cx) -> Html {
    Ok(draw(&cx, &Sent::default()))
}

fn draw(cx: &Cx, sent: &Sent) -> Response {
    let title = cx.t("own-password");
    let fields = html! {
        (Field::new("/current#raw", &cx.t("password-now")).required().autofocus().autocomplete("current-password").password(sent))
        (Field::new("/password#raw", &cx.t("password-new")).hint(&cx.t("password-hint")).required().autocomplete("new-password").password(sent))
    };
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("own-password-why")),
        above: &above(cx),
        section: Section::Account,
        fields,
        submit: Button::primary(&title),
        back: ACCOUNT,
        version: None,
    };
    page.draw(cx, sent)
}

pub(super) async fn change(cx: Cx, Posted(form): Posted) -> Html {
    let told = Told::new(cx.t("own-password-changed"));
    match cx.save(Method::POST, "/api/v1/me/password", form).await? {
        Outcome::Done(reply) | Outcome::Waiting(reply) => Ok(going_on(told.go(ACCOUNT), &reply)),
        Outcome::Again(sent) => Ok(draw(&cx, &sent)),
    }
}
