//! The headers that the guard reads, and those that every answer of the API wears.

use crate::session::{self, Credential};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{Code, Problem};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The id that the caller gave, when it has our form or is a bare UUID.
pub(super) fn request_id(headers: &HeaderMap) -> Option<Uuid> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    Uuid::try_parse(text.strip_prefix("req_").unwrap_or(text)).ok()
}

/// By what a request says who asks: the one of the two that it comes with.
pub(super) fn credential(headers: &HeaderMap) -> Result<Credential<'_>, Problem> {
    match (headers.contains_key(header::AUTHORIZATION), session::presented(headers)?) {
        (true, Some(_)) => {
            let detail = "the request comes with a key and with the cookie of a session, send one of them";
            Err(Problem::new(Code::MalformedHeader, detail))
        }
        (false, Some(secret)) => Ok(Credential::Session(secret)),
        (_, None) => bearer(headers).map(Credential::Key),
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let refuse = |text: &'static str| Problem::new(Code::Unauthenticated, text);
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value =
        values.next().ok_or_else(|| refuse("sign in, or send a key as `Authorization: Bearer swk_…`"))?;
    if values.next().is_some() {
        return Err(refuse("the header `Authorization` stands more than once"));
    }
    let text = value.to_str().map_err(|_| refuse("the header `Authorization` is not plain text"))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => Ok(token),
        _ => Err(refuse("the header `Authorization` is not of the form `Bearer swk_…`")),
    }
}

/// The headers of every API answer.
pub(super) fn dress(headers: &mut HeaderMap, request_id: Uuid) {
    let mut text = [b'_'; 36];
    if let Some((prefix, digits)) = text.split_first_chunk_mut::<4>() {
        prefix.copy_from_slice(b"req_");
        if let Some(digits) = digits.get_mut(..32) {
            request_id.simple().encode_lower(digits);
        }
    }
    if let Ok(value) = HeaderValue::from_bytes(&text) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    // a file that is handed out has a stricter one
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
}
