//! One's own passkeys: added by a script that asks the device, renamed, removed.

use super::{ACCOUNT, above, going_on, still_you};
use crate::assets;
use crate::cx::{Cx, Html};
use crate::forms::{Outcome, Told};
use crate::kit::{Button, Field, FormPage, Icon, Kind, Section, Sent};
use crate::sign_in::codes_page;
use axum::http::Method;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use web::{Failure, Path, Posted};

/// What is shown of a passkey.
#[derive(Deserialize)]
pub(super) struct Passkey {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) verified: bool,
    pub(super) created_at: String,
    #[serde(default)]
    pub(super) last_used_at: Option<String>,
    version: i64,
}

#[derive(Deserialize)]
struct Added {
    #[serde(default)]
    recovery_codes: Option<Vec<String>>,
}

pub(super) async fn new(cx: Cx) -> Html {
    Ok(draw_new(&cx, &Sent::default()))
}

fn draw_new(cx: &Cx, sent: &Sent) -> Response {
    let title = cx.t("passkey-add");
    let fields = html! {
        (Field::new("/name", &cx.t("passkey-name")).hint(&cx.t("passkey-name-hint")).required().autofocus().text(sent))
        (still_you(cx, sent))
        (device(cx))
    };
    let page = FormPage {
        title: &title,
        about: Some(&cx.t("passkey-add-why")),
        above: &above(cx),
        section: Section::Account,
        fields,
        submit: Button::primary(&title).icon(Icon::Fingerprint),
        back: ACCOUNT,
        version: None,
    };
    page.draw(cx, sent)
}

/// Where the script puts what the device has made, before the form is sent.
fn device(cx: &Cx) -> Markup {
    html! {
        div data-passkey-new="/api/v1/me/passkey-options" data-failed=(cx.t("passkey-add-failed")) data-lacks=(cx.t("passkey-add-lacks")) {
            input type="hidden" name="/ticket" value="";
            input type="hidden" name="/credential/response/clientDataJSON" value="";
            input type="hidden" name="/credential/response/attestationObject" value="";
            p class="wrong" role="alert" { }
            noscript { p class="wrong" { (cx.t("passkey-add-lacks")) } }
        }
        script src=(assets::address("js/passkey.js")) type="module" {}
    }
}

pub(super) async fn add(cx: Cx, Posted(form): Posted) -> Html {
    match cx.save(Method::POST, "/api/v1/me/passkeys", form).await? {
        Outcome::Done(reply) | Outcome::Waiting(reply) => {
            let added: Added = reply.read()?;
            let page = match added.recovery_codes {
                Some(codes) => cx.show(codes_page(&cx, &codes, ACCOUNT)),
                None => Told::new(cx.t("passkey-added")).go(ACCOUNT),
            };
            Ok(going_on(page, &reply))
        }
        Outcome::Again(sent) => Ok(draw_new(&cx, &sent)),
    }
}

async fn read(cx: &Cx, id: i64) -> Result<Passkey, Failure> {
    cx.desk.get(&format!("/api/v1/me/passkeys/{id}")).await
}

pub(super) async fn edit(cx: Cx, Path(id): Path<i64>) -> Html {
    draw_edit(&cx, id, &Sent::default()).await
}

async fn draw_edit(cx: &Cx, id: i64, sent: &Sent) -> Html {
    let passkey = read(cx, id).await?;
    let title = cx.t("passkey-rename");
    let page = FormPage {
        title: &title,
        about: None,
        above: &above(cx),
        section: Section::Account,
        fields: html! { (Field::new("/name", &cx.t("passkey-name")).value(&passkey.name).required().autofocus().text(sent)) },
        submit: Button::primary(&title),
        back: ACCOUNT,
        version: Some(passkey.version),
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn rename(cx: Cx, Path(id): Path<i64>, Posted(form): Posted) -> Html {
    let outcome = cx.save(Method::PATCH, &format!("/api/v1/me/passkeys/{id}"), form).await?;
    match outcome.settle(&cx, &cx.t("passkey-renamed"), ACCOUNT) {
        Ok(response) => Ok(response),
        Err(sent) => draw_edit(&cx, id, &sent).await,
    }
}

pub(super) async fn ask(cx: Cx, Path(id): Path<i64>) -> Html {
    draw_remove(&cx, id, &Sent::default()).await
}

async fn draw_remove(cx: &Cx, id: i64, sent: &Sent) -> Html {
    let passkey = read(cx, id).await?;
    let title = cx.t("passkey-remove");
    let page = FormPage {
        title: &title,
        about: Some(&cx.tell("passkey-remove-why", &[("name", passkey.name.as_str().into())])),
        above: &above(cx),
        section: Section::Account,
        fields: still_you(cx, sent),
        submit: Button::new(&title).kind(Kind::Danger),
        back: ACCOUNT,
        version: Some(passkey.version),
    };
    Ok(page.draw(cx, sent))
}

pub(super) async fn remove(cx: Cx, Path(id): Path<i64>, Posted(form): Posted) -> Html {
    let outcome = cx.save(Method::POST, &format!("/api/v1/me/passkeys/{id}/remove"), form).await?;
    match outcome.settle(&cx, &cx.t("passkey-removed"), ACCOUNT) {
        Ok(response) => Ok(response),
        Err(sent) => draw_remove(&cx, id, &sent).await,
    }
}
