//! Behind a page: whoever makes one asks the same doors as every program, in the name of whoever looks at it.
//!
//! Invariant: a page knows nothing, and does nothing, that its reader could not ask for and do over the API. No rule
//! is written twice, and no page can forget one.

use crate::app::App;
use crate::body::bytes;
use crate::doors::Doors;
use crate::failure::Failure;
use crate::guard::Seen;
use crate::principal::{Caller, Principal};
use crate::problem;
use crate::session;
use crate::strangers::Peer;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use bytes::Bytes;
use domain::{Code, Permission, Problem};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use uuid::Uuid;

/// What a browser sends that the doors must know as well: who asks, from where, and from which page.
const HANDED_ON: [HeaderName; 7] = [
    header::HOST,
    header::ORIGIN,
    header::COOKIE,
    header::AUTHORIZATION,
    header::USER_AGENT,
    header::ACCEPT_LANGUAGE,
    HeaderName::from_static("sec-fetch-site"),
];

/// The field of a form that holds the token of its page.
pub const CSRF_FIELD: &str = "_csrf";

/// A request of a page to the doors: who asks is known already.
#[derive(Clone, Debug)]
pub(crate) struct Inside(pub(crate) Option<Arc<Principal>>);

/// Whoever makes a page: an extractor of the handlers of pages.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The shared part of every request.
    pub app: App,
    /// Who looks at it; nobody at a public page.
    pub caller: Option<Caller>,
    /// The address that was asked for.
    pub uri: Uri,
    /// How.
    pub method: Method,
    /// What the browser sent beside.
    pub headers: HeaderMap,
    request_id: Uuid,
    peer: Option<Peer>,
    doors: Doors,
}

impl<S: Send + Sync> FromRequestParts<S> for Desk {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let doors = Doors::from_request_parts(parts, state).await?;
        let seen = Seen::of(&parts.extensions)?;
        let caller = match &seen.caller {
            Some(_) => Some(Caller::of(seen)?),
            None => None,
        };
        Ok(Desk {
            app: seen.app.clone(),
            caller,
            uri: parts.uri.clone(),
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            request_id: seen.request_id,
            peer: parts.extensions.get::<Peer>().copied(),
            doors,
        })
    }
}

/// What the doors answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, cookies among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body as what it is.
    ///
    /// # Errors
    /// A fault of ours: the page expects something else than the API gives.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::fault(format!("a page cannot read what the API answers: {error}")))
    }

    /// The version of the record in it.
    pub fn version(&self) -> Option<i64> {
        let tag = self.headers.get(header::ETAG)?.to_str().ok()?;
        tag.trim_matches('"').parse().ok()
    }
}

/// A write to be sent.
#[derive(Clone, Debug)]
pub struct Write<'a> {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: Method,
    /// Path and query.
    pub target: &'a str,
    /// The JSON; `None` for no body.
    pub body: Option<Bytes>,
    /// The idempotency key; `None` for routes that take none.
    pub key: Option<&'a str>,
    /// The version that is changed.
    pub version: Option<i64>,
}

impl Desk {
    /// Who looks at the page.
    ///
    /// # Errors
    /// A fault of ours at a public page.
    pub fn caller(&self) -> Result<&Caller, Failure> {
        self.caller.as_ref().ok_or_else(|| Failure::fault("a public page asked for its caller"))
    }

    /// Whether whoever looks holds a permission anywhere, so that it is no mistake to ask for what needs it.
    pub fn may(&self, permission: Permission) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.whole.holds(permission))
    }

    /// The same for what a browser brings back from another server, as if a page of ours had asked. Only for what
    /// proves by itself that it was begun here.
    #[must_use]
    pub fn as_own_page(mut self) -> Desk {
        self.headers.remove(header::ORIGIN);
        self.headers
            .insert(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin"));
        self
    }

    /// The id of the request, for whoever asks about it.
    pub fn request_id(&self) -> String {
        problem::request_id_text(self.request_id)
    }

    /// The token that the forms of the page carry; `None` without a session. It looks different each time, so that
    /// its length in a compressed page tells nothing.
    pub fn csrf(&self) -> Option<String> {
        csrf(&self.headers)
    }

    /// Reads from the doors.
    ///
    /// # Errors
    /// What the doors refuse.
    pub async fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, Failure> {
        self.reply(target).await?.read()
    }

    /// The same with its headers.
    ///
    /// # Errors
    /// What the doors refuse.
    pub async fn reply(&self, target: &str) -> Result<Reply, Failure> {
        let write = Write { method: Method::GET, target, body: None, key: None, version: None };
        self.send(write).await
    }

    /// Sends a write through the doors.
    ///
    /// # Errors
    /// What the doors refuse.
    pub async fn send(&self, write: Write<'_>) -> Result<Reply, Failure> {
        let Write { method, target, body, key, version } = write;
        let mut request = Request::new(Body::from(body.clone().unwrap_or_default()));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().map_err(|_| Problem::not_found("thing at", target))?;
        let mut wear = |name: HeaderName, value: String| {
            // a header that cannot be written is one that the doors refuse to do without
            if let Ok(value) = HeaderValue::try_from(value) {
                request.headers_mut().insert(name, value);
            }
        };
        wear(HeaderName::from_static("x-request-id"), self.request_id());
        if body.is_some() {
            wear(header::CONTENT_TYPE, "application/json".to_owned());
        }
        if let Some(key) = key {
            wear(HeaderName::from_static("idempotency-key"), key.to_owned());
        }
        if let Some(version) = version {
            wear(header::IF_MATCH, format!("\"{version}\""));
        }
        self.pass(request).await
    }

    /// Sends a request with whatever body it has.
    ///
    /// # Errors
    /// What the doors refuse.
    pub async fn pass(&self, mut request: Request) -> Result<Reply, Failure> {
        for name in HANDED_ON {
            for value in self.headers.get_all(&name) {
                request.headers_mut().append(name.clone(), value.clone());
            }
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let whole = self.caller.as_ref().map(|caller| Arc::clone(&caller.whole));
        request.extensions_mut().insert(Inside(whole));
        let (parts, body) = self.doors.call(request).await.into_parts();
        let body =
            body.collect().await.map_err(|error| Failure::fault(format!("an answer broke off: {error}")))?;
        let reply = Reply { status: parts.status, headers: parts.headers, body: body.to_bytes() };
        if reply.status.is_success() {
            return Ok(reply);
        }
        let wait = reply.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        match (problem::read(&reply.body), wait) {
            (Some(problem), Some(seconds)) => Err(Failure::Later(Box::new(problem), seconds)),
            (Some(problem), None) => Err(problem.into()),
            (None, _) => Err(Failure::fault(format!("the doors answered {} without a reason", reply.status))),
        }
    }
}

/// The fields of a form that a page has sent, in their order.
#[derive(Clone, Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads the text of a form.
    pub fn parse(text: &[u8]) -> Form {
        Form { fields: form_urlencoded::parse(text).into_owned().collect() }
    }

    /// The first value of a field, without space around it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The value of a field exactly as it was typed, such as a password.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A form: an extractor. Only a page of this server may send one; in a session it carries the token of the session.
#[derive(Clone, Debug)]
pub struct Posted(pub Form);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        session::check_origin(&parts.headers)?;
        require_form(&parts.headers)?;
        let (text, _held) = bytes(&parts, body).await?;
        let form = Form::parse(&text);
        if let (Some(secret), true) =
            (session::presented(&parts.headers)?, Seen::of(&parts.extensions)?.caller.is_some())
        {
            session::check_token(form.get(CSRF_FIELD).unwrap_or_default(), secret)?;
        }
        Ok(Posted(form))
    }
}

fn require_form(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    let detail =
        format!("the content type is `{given}`, and a form of a page is `application/x-www-form-urlencoded`");
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

/// A request for a page, as far as its refusal must know it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The shared part of every request.
    pub app: App,
    /// Who asked, where that is known.
    pub principal: Option<Arc<Principal>>,
    /// The address.
    pub uri: Uri,
    /// How.
    pub method: Method,
    /// What the browser sent.
    pub headers: HeaderMap,
    /// What was typed into the form of whoever is not signed in any more.
    pub form: Option<Form>,
    /// The id of the request.
    pub request_id: Uuid,
}

impl Asked {
    /// The token that the forms of the page carry; `None` without a session.
    pub fn csrf(&self) -> Option<String> {
        csrf(&self.headers)
    }
}

fn csrf(headers: &HeaderMap) -> Option<String> {
    session::masked_csrf(session::presented(headers).ok().flatten()?)
}

/// What people see in place of what was refused.
pub trait Refusals: Send + Sync {
    /// The page of a refusal, with the seconds after which to come again.
    fn show(&self, asked: &Asked, problem: &Problem, wait: Option<i64>) -> axum::response::Response;

    /// The headers that every page wears.
    fn dress(&self, headers: &mut HeaderMap);
}
