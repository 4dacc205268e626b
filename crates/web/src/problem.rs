//! The wire form of a [`Problem`]: RFC 9457, and the one place where a code becomes a status.

use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use domain::{Code, Kind, Problem};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// The content type of every refusal.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The HTTP status of a code.
pub const fn status(code: Code) -> StatusCode {
    match code.kind() {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        // The protocol has a status of its own for a method; the kind is the same.
        Kind::Unsupported => match code {
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::RangeNotThere => StatusCode::RANGE_NOT_SATISFIABLE,
            _ => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        },
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Kind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

/// The text form of a request id.
pub fn request_id_text(id: Uuid) -> String {
    format!("req_{}", id.simple())
}

/// The body of a refusal.
pub(crate) fn body(problem: &Problem, request_id: Uuid) -> Bytes {
    serde_json::to_vec(&Wire { problem, request_id }).map_or_else(|_| Bytes::new(), Bytes::from)
}

/// The whole answer of a refusal, without the headers that every answer gets.
pub(crate) fn response<B: From<Bytes>>(
    problem: &Problem,
    request_id: Uuid,
    wait: Option<i64>,
) -> Response<B> {
    let mut response = Response::new(B::from(body(problem, request_id)));
    *response.status_mut() = status(problem.code);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    match problem.kind() {
        Kind::Busy | Kind::Throttled => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.unwrap_or(1)));
        }
        Kind::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    response
}

/// A problem as a value inside of another answer, for the lines of a bulk.
pub fn problem_value(problem: &Problem, request_id: Uuid) -> impl Serialize + '_ {
    Wire { problem, request_id }
}

/// What is read again of a refusal.
#[derive(Deserialize)]
struct Read {
    code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<ReadFault>,
}

#[derive(Deserialize)]
struct ReadFault {
    pointer: String,
    code: String,
    detail: String,
}

/// The problem of a body that [`body`] has written; none of anything else.
pub(crate) fn read(body: &[u8]) -> Option<Problem> {
    let known = |word: &str| Code::ALL.iter().copied().find(|code| code.word() == word);
    let Read { code, detail, errors } = serde_json::from_slice(body).ok()?;
    let fault = |ReadFault { pointer, code, detail }| {
        Some(domain::FieldError { pointer, code: known(&code)?, detail })
    };
    let errors = errors.into_iter().filter_map(fault).collect();
    Some(Problem { code: known(&code)?, detail: detail.into(), errors })
}

/// A problem on its way out. Used for bodies, for stored answers and for the lines of a bulk answer.
#[derive(Debug)]
pub(crate) struct Wire<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) request_id: Uuid,
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Problem { code, detail, errors } = self.problem;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("/docs/problems/{code}"))?;
        map.serialize_entry("title", code.title())?;
        map.serialize_entry("status", &status(*code).as_u16())?;
        map.serialize_entry("detail", detail)?;
        map.serialize_entry("instance", &request_id_text(self.request_id))?;
        map.serialize_entry("code", code.word())?;
        if !errors.is_empty() {
            map.serialize_entry("errors", &Errors(errors))?;
        }
        map.end()
    }
}

struct Errors<'a>(&'a [domain::FieldError]);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Entry<'a> {
            pointer: &'a str,
            code: &'static str,
            detail: &'a str,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for domain::FieldError { pointer, code, detail } in self.0 {
            list.serialize_element(&Entry { pointer, code: code.word(), detail })?;
        }
        list.end()
    }
}
