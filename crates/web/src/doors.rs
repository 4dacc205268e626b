//! The doors seen from inside: a command that was held is sent again, through the same guard and the same
//! handler, as somebody who is known already. Invariant: a route that reaches the doors is not behind them,
//! so that nobody agrees to an agreement.

use crate::answer::Answer;
use crate::app::App;
use crate::failure::Failure;
use crate::principal::Principal;
use crate::second::{self, Replay, Second};
use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use bytes::Bytes;
use db::held::Held;
use http_body_util::BodyExt;
use std::sync::Arc;
use tower_service::Service;
use uuid::Uuid;

/// All routes but those that send held commands, for these; all routes of the API, for pages.
#[derive(Clone, Debug)]
pub struct Doors(pub(crate) Router);

impl<S: Send + Sync> FromRequestParts<S> for Doors {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let found = parts.extensions.get::<Doors>().cloned();
        found.ok_or_else(|| Failure::fault("a handler that is not behind the doors asked for them"))
    }
}

impl Doors {
    /// Sends a request through them.
    pub(crate) async fn call(&self, request: Request) -> axum::response::Response {
        let Ok(response) = self.0.clone().call(request).await;
        response
    }

    /// Sends a held command again, as somebody and for a second person. Its answer when it is done;
    /// what it is refused for otherwise.
    ///
    /// # Errors
    /// What the command is refused for, and a body that cannot be opened.
    pub async fn send(
        &self,
        app: &App,
        held: &Held,
        (principal, second): (Arc<Principal>, Second),
        request_id: Uuid,
    ) -> Result<Answer, Failure> {
        let body = if held.sent.sealed {
            let opened = app.master_key().open(&second::place_of(&held.fingerprint), &held.sent.body);
            opened.map_err(|error| Failure::fault(format!("a held command cannot be opened: {error}")))?
        } else {
            held.sent.body.clone()
        };
        let replay = Replay { principal, second, fingerprint: held.fingerprint };
        let request = second::request(held, Bytes::from(body), replay, request_id);
        let request: Request = request.ok_or_else(|| Failure::fault("a held command is no request"))?;
        let (parts, body) = self.call(request).await.into_parts();
        let body =
            body.collect().await.map_err(|error| Failure::fault(format!("an answer broke off: {error}")))?;
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let answer = Answer {
            body: body.to_bytes(),
            location: text(header::LOCATION),
            version: text(header::ETAG).and_then(|tag| tag.trim_matches('"').parse().ok()),
            ..Answer::empty(parts.status)
        };
        match answer.problem() {
            Some(problem) => Err(problem.into()),
            None if answer.status.is_success() => Ok(answer),
            None => Err(Failure::fault("a held command was refused without a reason")),
        }
    }
}
