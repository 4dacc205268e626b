//! A write whose body is a file: it is handed on piece by piece as it comes, and never held whole.
//! Invariant: no more than the limit is read, whatever the head says about its length.

use crate::app::App;
use crate::body::{Command, DryRun, IdempotencyKey, fingerprint_of_head, idempotency_key};
use crate::failure::Failure;
use crate::held::Held;
use crate::params;
use crate::principal::Caller;
use crate::second::Second;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use bytes::Bytes;
use domain::{Code, Problem};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// A write as the door hands it over while its body is still on its way. `Q` are the parameters of the
/// address.
#[derive(Debug)]
pub struct Upload<Q> {
    /// Who asks, where they may, and the context.
    pub caller: Caller,
    /// What the address says beside the path.
    pub query: Q,
    /// `?dry_run=true`: do everything, then undo it.
    pub dry_run: bool,
    /// What the caller calls the body.
    pub content_type: Option<String>,
    key: IdempotencyKey,
    head: Sha256,
    app: App,
    body: Body,
    read: u64,
}

impl<S: Send + Sync, Q: DeserializeOwned> FromRequest<S> for Upload<Q> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        let app = App::from_request_parts(&mut parts, state).await?;
        let key = idempotency_key(&parts.headers)?;
        let query = parts.uri.query().unwrap_or_default();
        let (ours, theirs): (Vec<&str>, Vec<&str>) =
            query.split('&').partition(|pair| pair.split('=').next() == Some("dry_run"));
        let dry_run = params::read::<DryRun>(&ours.join("&"))?.dry_run;
        let query = params::read(&theirs.join("&"))?;
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut head = fingerprint_of_head(&parts);
        head.update(content_type.as_deref().unwrap_or_default());
        head.update([0]);
        Ok(Upload { caller, query, dry_run, content_type, key, head, app, body, read: 0 })
    }
}

impl<Q> Upload<Q> {
    /// The next piece of the body; `None` behind the last one.
    ///
    /// # Errors
    /// `body_too_large` as soon as more than `most` bytes are announced or have come, and
    /// `malformed_body` when the connection ends before the body does.
    pub async fn next(&mut self, most: u64) -> Result<Option<Bytes>, Failure> {
        let too_large = || {
            let detail = format!("the file is larger than the {most} bytes that are taken");
            Failure::from(Problem::new(Code::BodyTooLarge, detail))
        };
        if self.read.saturating_add(http_body::Body::size_hint(&self.body).lower()) > most {
            return Err(too_large());
        }
        while let Some(frame) = self.body.frame().await {
            let cut_off = |_| Problem::new(Code::MalformedBody, "the body ended before its end");
            let Ok(data) = frame.map_err(cut_off)?.into_data() else { continue };
            self.read = self.read.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            return if self.read > most { Err(too_large()) } else { Ok(Some(data)) };
        }
        Ok(None)
    }

    /// The command that the upload becomes once its body was read and made into `body`. Its key is bound
    /// to the hash of the bytes that came.
    pub fn command<T>(self, hash: &[u8; 32], body: T) -> Command<T> {
        let Upload { caller, key, mut head, dry_run, app, .. } = self;
        head.update(hash);
        let held = Held::new(app.meter().held.clone());
        Command {
            caller,
            key,
            fingerprint: head.finalize().into(),
            dry_run,
            body,
            held,
            second: Second::Cannot,
        }
    }
}
