//! Signing in by the identity provider: there by a link, and back to the same address with what it says.
//!
//! Where to go on afterwards is in a cookie meanwhile. What comes back is believed by the cookie of the errand, which
//! the doors have given to this browser.

use super::Onward;
use super::{Ways, arrived, cookies, send};
use crate::cx::{Cx, Html, go, next_path};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The cookie of where to go on. It is no secret.
const NEXT: &str = "next";
/// How long it is kept, in seconds.
const NEXT_SECONDS: u32 = 600;
/// What a provider says when it sends a browser back; what else it says is not looked at.
const BROUGHT: [&str; 4] = ["state", "code", "iss", "error"];

#[derive(Deserialize)]
struct There {
    authorize: String,
}

pub(super) async fn show(cx: Cx) -> Html {
    if cx.query("state").is_some() {
        return back(cx).await;
    }
    match cx.query("next") {
        Some(next) => there(cx, &next).await,
        // nobody has chosen this way
        None => Ok(go("/sign-in", HeaderMap::new())),
    }
}

async fn there(cx: Cx, next: &str) -> Html {
    // whoever is led here by a page of somebody else arrives as themselves
    let cx = Cx { desk: cx.desk.as_own_page(), ..cx };
    let reply = send(&cx, Method::POST, "/api/v1/sessions/identity", &json!({}), None).await?;
    let there: There = reply.read()?;
    let mut headers = cookies(&reply);
    let next = next_path(Some(next)).to_owned();
    headers.extend(next_cookie(&next, NEXT_SECONDS));
    Ok(go(&there.authorize, headers))
}

async fn back(cx: Cx) -> Html {
    let brought: Map<String, Value> =
        BROUGHT.iter().filter_map(|name| Some(((*name).to_owned(), cx.query(name)?.into()))).collect();
    let cx = Cx { desk: cx.desk.as_own_page(), ..cx };
    let target = "/api/v1/sessions/identity/finish";
    let reply = send(&cx, Method::POST, target, &Value::Object(brought), None).await?;
    let ways: Ways = cx.desk.get("/api/v1/sign-in").await?;
    let onward = Onward { next: kept_next(&cx.desk.headers), typed: Vec::new() };
    let mut response = arrived(&cx, &reply, &onward, &ways)?;
    response.headers_mut().extend(next_cookie("", 0));
    Ok(response)
}

fn next_cookie(next: &str, seconds: u32) -> Option<(header::HeaderName, HeaderValue)> {
    let kept = crate::cx::step(next);
    let text = format!("{NEXT}={kept}; Path=/sign-in; Max-Age={seconds}; SameSite=Lax; HttpOnly");
    Some((header::SET_COOKIE, HeaderValue::try_from(text).ok()?))
}

/// Where to go on, as the cookie says.
fn kept_next(headers: &HeaderMap) -> String {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let kept = pairs.find(|(name, _)| *name == NEXT).map_or("", |(_, text)| text);
    let text =
        form_urlencoded::parse(format!("x={kept}").as_bytes()).next().map(|(_, text)| text.into_owned());
    next_path(text.as_deref()).to_owned()
}
