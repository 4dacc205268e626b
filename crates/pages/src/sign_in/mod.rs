//! Signing in: the password, then the second factor where there is one, and setting one up where it is asked for.
//!
//! The page to sign in at is shown in place of whatever was asked for, and leads back there; what was typed into a
//! form when the session had ended comes back as well.

mod factor;
mod identity;
mod welcome;

pub(crate) use factor::codes_page;

use crate::assets;
use crate::cx::{Cx, Html, Reader, address, go, next_path};
use crate::kit::{AGAIN_FIELD, Button, Field, Icon, Sent, alone, form_errors};
use crate::refusals::status_of;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use domain::Kind;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use web::{
    Access, Asked, CSRF_FIELD, Failure, Form, PageRoute, Posted, PublicReason, Reply, Routes, Stage, State,
    Write,
};

/// The routes of signing in.
pub(crate) fn routes<S: State>() -> Routes<S> {
    use axum::routing::{get, post};
    let open = Access::Public(PublicReason::SignIn);
    let begun = Access::Session(Stage::AwaitsCode);
    let enrols = Access::Session(Stage::AwaitsFactor);
    let set_up = Access::Public(PublicReason::SetUp);
    Routes::new("sign-in")
        .page(open, PageRoute::get("/sign-in", "The page to sign in at."), get(show))
        .page(open, PageRoute::post("/sign-in", "Signs in."), post(sign_in))
        .page(
            open,
            PageRoute::get("/sign-in/identity", "To the identity provider, and back."),
            get(identity::show),
        )
        .page(
            begun,
            PageRoute::post("/sign-in/code", "Gives the code of the second factor."),
            post(give_code),
        )
        .page(begun, PageRoute::post("/sign-out", "Signs out."), post(sign_out))
        .page(
            enrols,
            PageRoute::get("/sign-in/factor", "Where a second factor is set up."),
            get(factor::show),
        )
        .page(enrols, PageRoute::post("/sign-in/factor", "Begins to set one up."), post(factor::begin))
        .page(
            enrols,
            PageRoute::post("/sign-in/factor/confirm", "Finishes setting one up."),
            post(factor::confirm),
        )
        .page(set_up, PageRoute::get("/welcome", "The first page: who administers this."), get(welcome::show))
        .page(set_up, PageRoute::post("/welcome", "Makes the first administrator."), post(welcome::make))
}

/// What the doors say of a session that has begun.
#[derive(Deserialize)]
struct Begun {
    next: Option<String>,
    /// The token of the session: its cookie is not in the request yet.
    #[serde(default)]
    csrf: Option<String>,
}

/// Where to go on, and what was typed when a session ended.
#[derive(Clone, Debug, Default)]
struct Onward {
    next: String,
    /// What was typed, and at which address.
    typed: Vec<(String, String)>,
}

/// What stands before the name of a field that is carried over a sign-in.
const CARRIED: &str = "carried:";

impl Onward {
    fn of(asked: &Asked) -> Onward {
        let path = asked.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
        // what is typed as it is, is a secret
        let is_secret = |name: &str| {
            name.ends_with("#raw")
                || ["password", "secret"].iter().any(|word| name.contains(word))
                || ["/code", CSRF_FIELD].contains(&name)
        };
        let form = asked.form.iter().flat_map(Form::iter);
        let typed = form
            .filter(|(name, _)| !is_secret(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Onward { next: next_path(Some(path)).to_owned(), typed: typed.collect() }
    }

    fn read(form: &Form) -> Onward {
        let carried = form.iter().filter_map(|(name, value)| Some((name.strip_prefix(CARRIED)?, value)));
        let typed = carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Onward { next: next_path(form.get("next")).to_owned(), typed }
    }

    fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="next" value=(self.next);
            @for (name, value) in &self.typed { input type="hidden" name=(format!("{CARRIED}{name}")) value=(value); }
        }
    }

    /// On to where somebody wanted to go; with what they had typed, as a form that they only have to send.
    fn go(&self, cx: &Cx, cookies: HeaderMap) -> Response {
        if self.typed.is_empty() {
            return go(&self.next, cookies);
        }
        let body = html! {
            h1 { (cx.t("signed-in-again")) }
            section class="card" { div class="body" {
                form class="form" method="post" action=(self.next) {
                    p { (cx.t("signed-in-again-typed")) }
                    @for (name, value) in &self.typed { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name=(AGAIN_FIELD) value="yes";
                    footer { (Button::primary(&cx.t("show-form-again")).submit()) }
                }
            } }
        };
        let mut response = cx.show(alone(cx.reader, &cx.t("signed-in-again"), false, body));
        response.headers_mut().extend(cookies);
        response
    }
}

/// In which ways people sign in, besides the password.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ways {
    /// The name of the identity provider, where there is one.
    pub identity_provider: Option<String>,
    /// Whether passkeys can be used.
    pub passkey: bool,
}

/// What a page of signing in is drawn from.
#[derive(Clone, Copy)]
struct Drawn<'a> {
    reader: Reader,
    /// What was sent and refused; nothing of a page that stands in place of another.
    refused: Option<(&'a Cx, &'a Sent)>,
    onward: &'a Onward,
    ways: &'a Ways,
    /// The token of a session that has begun.
    token: Option<&'a str>,
}

impl Drawn<'_> {
    fn errors(&self) -> Markup {
        html! { @if let Some((cx, sent)) = self.refused { (form_errors(cx, sent)) } }
    }

    fn sent(&self) -> Sent {
        self.refused.map(|(_, sent)| sent.clone()).unwrap_or_default()
    }

    fn token(&self) -> Markup {
        html! { @if let Some(token) = self.token { input type="hidden" name=(CSRF_FIELD) value=(token); } }
    }
}

/// The page, by itself.
async fn show(cx: Cx) -> Html {
    let ways: Ways = cx.desk.get("/api/v1/sign-in").await?;
    let onward = Onward { next: next_path(cx.query("next").as_deref()).to_owned(), typed: Vec::new() };
    Ok(cx.show(page(Drawn { reader: cx.reader, refused: None, onward: &onward, ways: &ways, token: None })))
}

/// The page in place of one that nobody may see.
pub(crate) fn page_in_place(asked: &Asked, reader: Reader, ways: &Ways) -> Markup {
    page(Drawn { reader, refused: None, onward: &Onward::of(asked), ways, token: None })
}

fn page(drawn: Drawn<'_>) -> Markup {
    let Drawn { reader, onward, ways, .. } = drawn;
    let (title, sent) = (reader.t("sign-in"), drawn.sent());
    let (login, password) = (reader.t("login"), reader.t("password"));
    let login = Field::new("/login", &login).required().autocomplete("username webauthn").autofocus();
    let password = Field::new("/password", &password).required().autocomplete("current-password");
    let body = html! {
        section class="card" { div class="body stack" {
            h1 { (title) }
            (drawn.errors())
            @if !onward.typed.is_empty() { p class="muted" { (reader.t("session-ended-typed")) } }
            form class="form" method="post" action="/sign-in" {
                (onward.fields())
                (login.text(&sent)) (password.password(&sent))
                footer { (Button::primary(&title).submit()) }
            }
            (other_ways(reader, onward, ways))
        } }
    };
    alone(reader, &title, false, body)
}

fn other_ways(reader: Reader, onward: &Onward, ways: &Ways) -> Markup {
    html! {
        @if ways.passkey || ways.identity_provider.is_some() {
            div class="or" { (reader.t("or")) }
            div class="stack s" {
                @if ways.passkey { (passkey(reader, "/api/v1/sessions/passkey", onward)) }
                @if let Some(name) = &ways.identity_provider {
                    (Button::new(&reader.tell("sign-in-by", &[("name", name.as_str().into())])).icon(Icon::Key)
                        .link(&address("/sign-in/identity", &[("next", Some(&onward.next))])))
                }
            }
        }
    }
}

/// The button that asks the device for a passkey. Where there is no script, or no device, it is not shown.
fn passkey(reader: Reader, target: &str, onward: &Onward) -> Markup {
    html! {
        div hidden data-passkey=(target) data-next=(onward.next) data-failed=(reader.t("passkey-failed")) {
            (Button::new(&reader.t("sign-in-by-passkey")).icon(Icon::Fingerprint).script("passkey"))
            p class="wrong" role="alert" {}
        }
        script src=(assets::address("js/passkey.js")) type="module" {}
    }
}

async fn sign_in(cx: Cx, Posted(form): Posted) -> Html {
    let onward = Onward::read(&form);
    let ways: Ways = cx.desk.get("/api/v1/sign-in").await?;
    let body = json!({ "login": form.get("/login").unwrap_or_default(), "password": form.raw("/password").unwrap_or_default() });
    match send(&cx, Method::POST, "/api/v1/sessions", &body, None).await {
        Ok(reply) => arrived(&cx, &reply, &onward, &ways),
        Err(failure) => {
            let sent = again(form, failure)?;
            let drawn = Drawn {
                reader: cx.reader,
                refused: Some((&cx, &sent)),
                onward: &onward,
                ways: &ways,
                token: None,
            };
            Ok(cx.show_as(status(&sent), page(drawn)))
        }
    }
}

/// On from a session that has begun: to its code, to where a second factor is set up, or to the end.
fn arrived(cx: &Cx, reply: &Reply, onward: &Onward, ways: &Ways) -> Html {
    let begun: Begun = reply.read()?;
    Ok(match begun.next.as_deref() {
        Some("code") => {
            let drawn =
                Drawn { reader: cx.reader, refused: None, onward, ways, token: begun.csrf.as_deref() };
            with(cookies(reply), cx.show(code_page(drawn)))
        }
        Some(_) => go("/sign-in/factor", cookies(reply)),
        None => onward.go(cx, cookies(reply)),
    })
}

/// The code in place of the page that somebody wanted to see.
pub(crate) fn code_in_place(asked: &Asked, reader: Reader, ways: &Ways) -> Markup {
    let (onward, token) = (Onward::of(asked), asked.csrf());
    code_page(Drawn { reader, refused: None, onward: &onward, ways, token: token.as_deref() })
}

fn code_page(drawn: Drawn<'_>) -> Markup {
    let Drawn { reader, onward, ways, .. } = drawn;
    let (title, sent) = (reader.t("code-title"), drawn.sent());
    let (code, hint) = (reader.t("code"), reader.t("code-hint"));
    let code = Field::new("/code", &code).hint(&hint).required().autofocus().autocomplete("one-time-code");
    let body = html! {
        section class="card" { div class="body stack" {
            h1 { (title) }
            (drawn.errors())
            form class="form" method="post" action="/sign-in/code" {
                (drawn.token()) (onward.fields())
                (code.text(&sent))
                footer { (Button::primary(&reader.t("go-on")).submit()) }
            }
            @if ways.passkey {
                div class="or" { (reader.t("or")) }
                (passkey(reader, "/api/v1/me/session/passkey", onward))
            }
            form method="post" action="/sign-out" {
                (drawn.token())
                (Button::new(&reader.t("sign-in-as-other")).kind(crate::kit::Kind::Plain).submit())
            }
        } }
    };
    alone(reader, &title, false, body)
}

async fn give_code(cx: Cx, Posted(form): Posted) -> Html {
    let onward = Onward::read(&form);
    let body = json!({ "code": form.get("/code").unwrap_or_default() });
    match send(&cx, Method::POST, "/api/v1/me/session/second-factor", &body, None).await {
        Ok(reply) => Ok(onward.go(&cx, cookies(&reply))),
        Err(failure) => {
            let (sent, token) = (again(form, failure)?, cx.desk.csrf());
            let ways: Ways = cx.desk.get("/api/v1/sign-in").await?;
            let drawn = Drawn {
                reader: cx.reader,
                refused: Some((&cx, &sent)),
                onward: &onward,
                ways: &ways,
                token: token.as_deref(),
            };
            Ok(cx.show_as(status(&sent), code_page(drawn)))
        }
    }
}

/// In place of what needs a second factor that is not set up yet.
pub(crate) fn factor_in_place(asked: &Asked, reader: Reader) -> Markup {
    factor::page(reader, &Sent::default(), asked.csrf().as_deref(), None)
}

async fn sign_out(cx: Cx, Posted(_): Posted) -> Html {
    let reply = send(&cx, Method::POST, "/api/v1/me/sign-out", &json!({}), Some(&fresh_key(&cx))).await?;
    let mut headers = cookies(&reply);
    for value in reply.headers.get_all("clear-site-data") {
        headers.append("clear-site-data", value.clone());
    }
    Ok(go("/sign-in", headers))
}

/// A key for what is sent without a form that has one.
pub(crate) fn fresh_key(cx: &Cx) -> String {
    cx.desk.request_id()
}

pub(crate) async fn send(
    cx: &Cx,
    method: Method,
    target: &str,
    body: &serde_json::Value,
    key: Option<&str>,
) -> Result<Reply, Failure> {
    let body = Some(Bytes::from(body.to_string()));
    cx.desk.send(Write { method, target, body, key, version: None }).await
}

/// The cookies of an answer, on their way to the browser.
pub(crate) fn cookies(reply: &Reply) -> HeaderMap {
    let given = reply.headers.get_all(header::SET_COOKIE).iter().cloned();
    given.map(|value| (header::SET_COOKIE, value)).collect()
}

fn with(headers: HeaderMap, mut response: Response) -> Response {
    response.headers_mut().extend(headers);
    response
}

/// What a form is shown again with: a refusal that whoever typed can act on. Any other is no answer to a form.
pub(crate) fn again(form: Form, failure: Failure) -> Result<Sent, Failure> {
    let problem = failure.problem().into_owned();
    match problem.kind() {
        Kind::Internal | Kind::StorageFull => Err(failure),
        _ => Ok(Sent { form, problem: Some(problem) }),
    }
}

pub(crate) fn status(sent: &Sent) -> StatusCode {
    sent.problem.as_ref().map_or(StatusCode::OK, status_of)
}
