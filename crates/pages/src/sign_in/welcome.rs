//! The first page of a new store, behind the link that the server shows at its start: who administers it, and whose
//! books it keeps.

use super::{again, fresh_key, send, status};
use crate::cx::{Cx, Html, go};
use crate::kit::{Button, Field, Sent, alone, form_errors};
use axum::http::{HeaderMap, Method};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use web::Posted;

pub(super) async fn show(cx: Cx) -> Html {
    let token = cx.query("token").unwrap_or_default();
    Ok(cx.show(page(&cx, &Sent::default(), &token)))
}

fn page(cx: &Cx, sent: &Sent, token: &str) -> Markup {
    let title = cx.t("welcome-title");
    let text = |name: &'static str, key: &str| (name, cx.t(key));
    let (login, password) = (text("/login", "login"), text("/password", "password-new"));
    let (organisation, currency, zone) = (
        text("/organisation/name", "organisation"),
        text("/organisation/currency", "currency"),
        text("/organisation/zone", "zone"),
    );
    let body = html! {
        section class="card" { div class="body stack" {
            h1 { (title) }
            p class="muted" { (cx.t("welcome-why")) }
            (form_errors(cx, sent))
            form class="form" method="post" action="/welcome" {
                (Field::new("/token", &cx.t("welcome-token")).hint(&cx.t("welcome-token-hint")).value(token).required().text(sent))
                (Field::new(organisation.0, &organisation.1).required().autocomplete("organization").autofocus().text(sent))
                div class="pair" {
                    (Field::new(currency.0, &currency.1).value("EUR").required().text(sent))
                    (Field::new(zone.0, &zone.1).value("Europe/Berlin").required().hint(&cx.t("zone-hint")).text(sent))
                }
                (Field::new(login.0, &login.1).required().autocomplete("username").hint(&cx.t("login-hint")).text(sent))
                (Field::new(password.0, &password.1).required().autocomplete("new-password").hint(&cx.t("password-hint")).password(sent))
                footer { (Button::primary(&cx.t("welcome-make")).submit()) }
            }
        } }
    };
    alone(cx.reader, &title, true, body)
}

pub(super) async fn make(cx: Cx, Posted(form): Posted) -> Html {
    let text = |name: &str| Value::from(form.get(name).unwrap_or_default());
    let mut organisation = Map::new();
    for (field, name) in [
        ("name", "/organisation/name"),
        ("currency", "/organisation/currency"),
        ("zone", "/organisation/zone"),
    ] {
        organisation.insert(field.to_owned(), text(name));
    }
    let body = json!({
        "token": text("/token"),
        "login": text("/login"),
        "password": form.raw("/password").unwrap_or_default(),
        "organisation": organisation,
    });
    match send(&cx, Method::POST, "/api/v1/setup", &body, Some(&fresh_key(&cx))).await {
        Ok(_) => Ok(go("/sign-in", HeaderMap::new())),
        Err(failure) => {
            let token = form.get("/token").unwrap_or_default().to_owned();
            let sent = again(form, failure)?;
            Ok(cx.show_as(status(&sent), page(&cx, &sent, &token)))
        }
    }
}
