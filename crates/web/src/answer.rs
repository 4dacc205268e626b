//! What a handler answers: a status, a JSON body, and the two headers that commands use.

use crate::denied::Denied;
use crate::failure::Failure;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Code, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// The header that marks a stored answer.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The header that marks an answer of something that was not done.
pub(crate) const DRY_RUN: HeaderName = HeaderName::from_static("dry-run");

/// An answer as it is sent, and as it is stored for replays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The JSON, empty for none.
    pub body: Bytes,
    /// The version of the thing in the body, shown as `ETag`.
    pub version: Option<i64>,
    /// Where the new thing is.
    pub location: Option<String>,
    /// This is the stored answer of an earlier request.
    pub replayed: bool,
    /// Nothing of this was done.
    pub dry_run: bool,
    /// What replays show instead of the body.
    pub(crate) kept: Option<Bytes>,
    /// What of it was refused for want of a permission, for the audit log.
    pub(crate) denied: Option<Box<Denied>>,
    /// Headers that are sent once and never kept, such as cookies.
    pub(crate) unkept: Vec<(HeaderName, HeaderValue)>,
    /// What of it was refused, by code, for the metrics; nothing of an answer that is given again.
    pub(crate) refused: Vec<(Code, u64)>,
}

/// Refusals by code, on their way to the guard, which counts them.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) Vec<(Code, u64)>);

impl Answer {
    /// The refusal that this answer is, for a caller inside of the program; none when it is not one.
    pub fn problem(&self) -> Option<Problem> {
        if self.status.is_success() { None } else { crate::problem::read(&self.body) }
    }

    fn with<T: Serialize + ?Sized>(status: StatusCode, body: &T) -> Result<Answer, Failure> {
        let mut bytes = Vec::with_capacity(256);
        serde_json::to_writer(&mut bytes, body)?;
        Ok(Answer { body: bytes.into(), ..Answer::empty(status) })
    }

    pub(crate) const fn empty(status: StatusCode) -> Answer {
        Answer {
            status,
            body: Bytes::new(),
            version: None,
            location: None,
            replayed: false,
            dry_run: false,
            kept: None,
            denied: None,
            unkept: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// 200 with a body.
    ///
    /// # Errors
    /// When the body cannot be written as JSON, which is a fault of ours.
    pub fn ok<T: Serialize + ?Sized>(body: &T) -> Result<Answer, Failure> {
        Answer::with(StatusCode::OK, body)
    }

    /// 201 with the address of the new thing and its body.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn created<T: Serialize + ?Sized>(location: impl Into<String>, body: &T) -> Result<Answer, Failure> {
        Ok(Answer { location: Some(location.into()), ..Answer::with(StatusCode::CREATED, body)? })
    }

    /// 202 with a body: what was asked for goes on after the answer.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn accepted<T: Serialize + ?Sized>(body: &T) -> Result<Answer, Failure> {
        Answer::with(StatusCode::ACCEPTED, body)
    }

    /// 202 with the address at which to look up what becomes of it.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn waiting<T: Serialize + ?Sized>(location: Option<String>, body: &T) -> Result<Answer, Failure> {
        Ok(Answer { location, ..Answer::with(StatusCode::ACCEPTED, body)? })
    }

    /// Whether it holds a secret, which is told once and never again.
    pub(crate) fn is_secret(&self) -> bool {
        self.kept.is_some() || !self.unkept.is_empty()
    }

    /// 204 without a body.
    pub const fn nothing() -> Answer {
        Answer::empty(StatusCode::NO_CONTENT)
    }

    /// With the refusals among its entries. All of them are counted, and those for want of a permission go
    /// into the audit log.
    #[must_use]
    pub fn refusing<'p>(mut self, problems: impl IntoIterator<Item = &'p Problem>) -> Answer {
        for problem in problems {
            match self.refused.iter_mut().find(|(code, _)| *code == problem.code) {
                Some((_, times)) => *times += 1,
                None => self.refused.push((problem.code, 1)),
            }
            if let Some(more) = Denied::of(problem) {
                match &mut self.denied {
                    Some(denied) => denied.times += 1,
                    none => *none = Some(Box::new(more)),
                }
            }
        }
        self
    }

    /// With headers that are for this answer alone: a repeated one has none of them.
    #[must_use]
    pub fn once_with(mut self, headers: Vec<(HeaderName, HeaderValue)>) -> Answer {
        self.unkept.extend(headers);
        self
    }

    /// With the version that a later `If-Match` names.
    pub fn version(mut self, version: i64) -> Answer {
        self.version = Some(version);
        self
    }
}

/// The body of what was not done says so first: headers are lost where answers are kept. What is no
/// object stays as it is.
fn marked(body: Bytes) -> Bytes {
    let Some(fields) = body.strip_prefix(b"{") else { return body };
    let mark: &[u8] = if fields.starts_with(b"}") { br#"{"dry_run":true"# } else { br#"{"dry_run":true,"# };
    [mark, fields].concat().into()
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Answer {
            status,
            body,
            version,
            location,
            replayed,
            dry_run,
            kept: _,
            denied,
            unkept,
            refused: codes,
        } = self;
        let has_body = !body.is_empty();
        let refused = status.is_client_error() || status.is_server_error();
        let body = if dry_run && !refused { marked(body) } else { body };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        if let Some(denied) = denied {
            response.extensions_mut().insert(*denied);
        }
        if !codes.is_empty() {
            response.extensions_mut().insert(Refused(codes));
        }
        let headers = response.headers_mut();
        headers.extend(unkept.into_iter().filter(|_| !dry_run));
        if has_body {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, if refused { crate::problem::PROBLEM_JSON } else { json });
        }
        if let Some(value) = version.and_then(|version| HeaderValue::try_from(format!("\"{version}\"")).ok())
        {
            headers.insert(header::ETAG, value);
        }
        if let Some(value) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
            headers.insert(header::LOCATION, value);
        }
        if replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        if dry_run {
            headers.insert(DRY_RUN, HeaderValue::from_static("true"));
        }
        response
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries, at most `limit` of them.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null when this is the last one.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_done_says_so_in_its_body() {
        for (body, expected) in [
            ("{\"a\":1}", "{\"dry_run\":true,\"a\":1}"),
            ("{}", "{\"dry_run\":true}"),
            ("", ""),
            ("[1]", "[1]"),
        ] {
            assert_eq!(marked(Bytes::from(body)), Bytes::from(expected));
        }
    }
}
