//! Somebody at a public route who wants to become known: what they send, and from where.

use crate::body::{self, FromJson};
use crate::failure::Failure;
use crate::guard::Seen;
use crate::principal::Caller;
use crate::session::{self, SessionCookie};
use crate::strangers::{Peer, network};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use domain::Ctx;
use std::net::IpAddr;

/// Characters of what a browser says of itself that are kept.
const AGENT_CHARS_MAX: usize = 200;

/// A request that begins a session. It comes from a page of this server.
#[derive(Debug)]
pub struct Visitor<T> {
    /// The context; nobody acts yet.
    pub ctx: Ctx,
    /// Where it comes from, as far as one party has it in its hands; in tests there is none.
    pub network: Option<IpAddr>,
    /// What the browser says of itself, cut.
    pub agent: String,
    /// Which cookie it is given.
    pub cookie: SessionCookie,
    /// The secret of the session that it has already.
    pub session: Option<String>,
    /// What it carries while somebody is signing in elsewhere.
    pub errand: Option<String>,
    /// The body.
    pub body: T,
}

impl<S: Send + Sync, T: FromJson> FromRequest<S> for Visitor<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        session::check_origin(&parts.headers)?;
        let cookie = SessionCookie::from_request_parts(&mut parts, state).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Visitor {
            ctx: Caller::unknown(Seen::of(&parts.extensions)?).ctx,
            network: parts.extensions.get::<Peer>().map(|Peer(address)| network(*address)),
            agent: agent.unwrap_or_default().chars().take(AGENT_CHARS_MAX).collect(),
            cookie,
            session: session::presented(&parts.headers)?.map(str::to_owned),
            errand: session::errand(&parts.headers)?.map(str::to_owned),
            body: body::json(&parts, body).await?,
        })
    }
}
