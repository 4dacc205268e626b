//! Bodies: [`Json`], the `Idempotency-Key`, and [`Command`], which is what every write takes.

use crate::failure::Failure;
use crate::guard::Seen;
use crate::held::Held;
use crate::json;
use crate::params;
use crate::principal::Caller;
use crate::routes::Kept;
use crate::second::{self, Replay, Second, Sent};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use bytes::{Bytes, BytesMut};
use domain::{Code, Problem};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::any::TypeId;
use std::sync::Arc;

/// For what a print of the master key stands here.
const PRINT_OF: &str = "idempotency";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What is read from the JSON of a body. Every type that `serde` reads is: strictly, and named by its
/// pointer where it is wrong.
pub trait FromJson: Sized + 'static {
    /// Reads a body. An empty one is right only for a command that takes none.
    ///
    /// # Errors
    /// `malformed_body`.
    fn from_json(bytes: &[u8]) -> Result<Self, Problem>;
}

impl<T: DeserializeOwned + 'static> FromJson for T {
    fn from_json(bytes: &[u8]) -> Result<T, Problem> {
        let none = |why: &'static str| {
            serde_json::from_str("null").map_err(|_| Problem::new(Code::MalformedBody, why))
        };
        if bytes.is_empty() {
            return none("the body is empty, and this route takes a JSON object");
        }
        if TypeId::of::<T>() != TypeId::of::<()>() {
            return json::read(bytes);
        }
        let why = "this route takes no body: send none, or `{}`";
        json::read::<Empty>(bytes).map_err(|_| Problem::new(Code::MalformedBody, why))?;
        none(why)
    }
}

/// A JSON body, read strictly. For reads that need a body; a write takes a [`Command`].
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// The `Idempotency-Key` of a write: 1 to 64 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// The longest key.
    pub const LEN_MAX: usize = 64;

    /// Reads a key.
    ///
    /// # Errors
    /// `malformed_header` when it is empty, longer, or holds anything but visible ASCII.
    pub fn parse(text: &str) -> Result<IdempotencyKey, Problem> {
        if text.is_empty() || text.len() > Self::LEN_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic())
        {
            let detail = "an `Idempotency-Key` is 1 to 64 visible ASCII characters, such as a fresh UUID";
            return Err(Problem::new(Code::MalformedHeader, detail));
        }
        Ok(IdempotencyKey(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        idempotency_key(&parts.headers)
    }
}

pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Failure> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let value = values.next().ok_or_else(|| {
        let detail = "send a fresh `Idempotency-Key` with every write, and the same one when you repeat it";
        Problem::new(Code::IdempotencyKeyRequired, detail)
    })?;
    if values.next().is_some() {
        return Err(Problem::new(Code::MalformedHeader, "`Idempotency-Key` stands more than once").into());
    }
    Ok(IdempotencyKey::parse(value.to_str().unwrap_or_default())?)
}

/// A write as the door hands it over: who, with which key, the body, and what the key is bound to.
#[derive(Debug)]
pub struct Command<T> {
    /// Who asks, where they may, and the context.
    pub caller: Caller,
    /// The key under which the answer is kept.
    pub key: IdempotencyKey,
    /// SHA-256 over method, path with query, `If-Match` and body: the same key with another one
    /// is refused. Of a body that holds a secret it is bound to the master key besides.
    pub fingerprint: [u8; 32],
    /// `?dry_run=true`: do everything, then undo it.
    pub dry_run: bool,
    /// The body. `()` takes none, which may also be written `{}`.
    pub body: T,
    /// Its place in memory, which is to be kept as long as what was read from it.
    pub held: Held,
    /// What is done when it needs a second person.
    pub second: Second,
}

impl<S: Send + Sync, T: FromJson> FromRequest<S> for Command<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        Command::read(caller, &parts, body).await
    }
}

/// A write of a public route: a [`Command`] of somebody whom nobody knows, so many a minute from one
/// address.
#[derive(Debug)]
pub struct StrangerCommand<T>(pub Command<T>);

impl<S: Send + Sync, T: FromJson> FromRequest<S> for StrangerCommand<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let caller = Caller::stranger(&parts)?;
        Command::read(caller, &parts, body).await.map(StrangerCommand)
    }
}

impl<T: FromJson> Command<T> {
    async fn read(caller: Caller, parts: &Parts, body: Body) -> Result<Command<T>, Failure> {
        let key = idempotency_key(&parts.headers)?;
        let dry_run = params::read::<DryRun>(parts.uri.query().unwrap_or_default())?.dry_run;
        let (bytes, held) = bytes(parts, body).await?;
        let body = read(&parts.headers, &bytes)?;
        if let Some(Replay { second, fingerprint, .. }) = parts.extensions.get() {
            let (second, fingerprint) = (second.clone(), *fingerprint);
            let dry_run = matches!(second, Second::Trial);
            return Ok(Command { caller, key, fingerprint, dry_run, body, held, second });
        }
        let fingerprint = fingerprint(parts, &bytes)?;
        let second = second_of(&caller, parts, (&key, fingerprint, dry_run), &bytes)?;
        Ok(Command { caller, key, fingerprint, dry_run, body, held, second })
    }
}

/// The largest body that is kept for a second person.
const KEPT_BYTES_MAX: usize = 2 << 20;

/// What is kept of a request, when its caller may need a second person.
fn second_of(
    caller: &Caller,
    parts: &Parts,
    (key, fingerprint, dry_run): (&IdempotencyKey, [u8; 32], bool),
    body: &Bytes,
) -> Result<Second, Failure> {
    let seen = Seen::of(&parts.extensions)?;
    if !caller.principal.has_conditions() || !seen.route.is_kept() || body.len() > KEPT_BYTES_MAX {
        return Ok(Second::Cannot);
    }
    let sealed = seen.route.kept == Kept::Bound;
    let body = if sealed {
        let sealed = seen.app.master_key().seal(&second::place_of(&fingerprint), body);
        sealed.map_err(|error| Failure::fault(format!("a body cannot be sealed: {error}")))?
    } else {
        body.to_vec()
    };
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let sent = db::held::Sent {
        method: parts.method.as_str().to_owned(),
        target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        if_match: parts.headers.get(header::IF_MATCH).and_then(text),
        body,
        sealed,
    };
    let wait_seconds = i64::try_from(seen.app.limits().approval_time_max.as_secs()).unwrap_or(i64::MAX);
    let (key, via) = (key.as_str().into(), caller.principal.via());
    Ok(Second::Keep(Arc::new(Sent { request: sent, key, fingerprint, via, wait_seconds, dry_run })))
}

impl<S: Send + Sync, T: FromJson> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        json(&parts, body).await.map(Json)
    }
}

/// A JSON body of a request.
pub(crate) async fn json<T: FromJson>(parts: &Parts, body: Body) -> Result<T, Failure> {
    let (bytes, _held) = bytes(parts, body).await?;
    Ok(read(&parts.headers, &bytes)?)
}

/// The parameter that every write takes.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DryRun {
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// What an idempotency key is bound to. The parts are separated by a byte that none of them holds.
///
/// It is kept for days, and longer in backups. A fast hash of a body with a password, of which everything
/// else is known, would be a faster way to guess at it than the slow hash of the password itself.
fn fingerprint(parts: &Parts, body: &[u8]) -> Result<[u8; 32], Failure> {
    let mut hash = fingerprint_of_head(parts);
    hash.update(body);
    let hash: [u8; 32] = hash.finalize().into();
    let seen = Seen::of(&parts.extensions)?;
    Ok(if seen.route.kept == Kept::Bound { seen.app.master_key().print(PRINT_OF, &hash) } else { hash })
}

/// The same without the body, which is to follow.
pub(crate) fn fingerprint_of_head(parts: &Parts) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(parts.method.as_str());
    hash.update([0]);
    hash.update(parts.uri.path_and_query().map_or("", axum::http::uri::PathAndQuery::as_str));
    hash.update([0]);
    if let Some(version) = parts.headers.get(header::IF_MATCH) {
        hash.update(version.as_bytes());
    }
    hash.update([0]);
    hash
}

/// The whole body, when it is not larger than the route takes and there is room for it.
pub(crate) async fn bytes(parts: &Parts, mut body: Body) -> Result<(Bytes, Held), Failure> {
    let seen = Seen::of(&parts.extensions)?;
    let limits = seen.app.limits();
    let most = if seen.route.bulk { limits.bulk_bytes_max } else { limits.body_bytes_max };
    let too_large = || {
        let detail = format!("the body is larger than the {most} bytes that this route takes");
        Failure::from(Problem::new(Code::BodyTooLarge, detail))
    };
    let cut_off = |_| Failure::from(Problem::new(Code::MalformedBody, "the body ended before its end"));
    let told = usize::try_from(http_body::Body::size_hint(&body).lower()).unwrap_or(usize::MAX);
    if told > most {
        return Err(too_large());
    }
    let mut held = Held::new(seen.app.meter().held.clone());
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(cut_off)?.into_data() else { continue };
        let length = first.len().max(whole.len()) + data.len();
        if length > most {
            return Err(too_large());
        }
        held.grow(length, limits.large_bytes_max)?;
        if length == data.len() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            // memory that nothing was written to yet is not taken
            whole.reserve(told.max(length));
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    let bytes = if whole.is_empty() { first } else { whole.freeze() };
    Ok((bytes, held))
}

/// An object without fields.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// The body as its type.
fn read<T: FromJson>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if !bytes.is_empty() {
        require_json(headers)?;
    }
    T::from_json(bytes)
}

/// Only JSON in UTF-8 is taken.
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let refuse = |given: &str| {
        let detail = format!("the content type is `{given}`, send `application/json`");
        Err(Problem::new(Code::UnsupportedMediaType, detail))
    };
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return refuse("") };
    if value.as_bytes() == b"application/json" {
        return Ok(());
    }
    let text = value.to_str().unwrap_or_default();
    let (kind, rest) = text.split_once(';').unwrap_or((text, ""));
    let utf8 = rest.trim().is_empty() || rest.trim().trim_matches('"').eq_ignore_ascii_case("charset=utf-8");
    if kind.trim().eq_ignore_ascii_case("application/json") && utf8 { Ok(()) } else { refuse(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_command_without_a_body_takes_none_or_an_empty_object() {
        let json =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        assert!(read::<()>(&HeaderMap::new(), b"").is_ok());
        for good in ["{}", " { }\n", "\u{feff}{}"] {
            assert!(read::<()>(&json, good.as_bytes()).is_ok(), "{good}");
        }
        for wrong in ["null", "[]", "0", "\"\"", "{\"a\":1}", "{", "{} {}"] {
            let problem = read::<()>(&json, wrong.as_bytes()).unwrap_err();
            assert_eq!(problem.code, Code::MalformedBody, "{wrong}");
            assert_eq!(problem.detail, "this route takes no body: send none, or `{}`", "{wrong}");
        }
        assert_eq!(read::<()>(&HeaderMap::new(), b"{}").unwrap_err().code, Code::UnsupportedMediaType);
        assert_eq!(read::<Empty>(&json, b"").map(|_| ()).unwrap_err().code, Code::MalformedBody);
    }
}
