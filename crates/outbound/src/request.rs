//! What is asked, and within which limits.

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use hyper::body::Frame;
use hyper::{HeaderMap, Method, header};
use std::fmt;
use std::io;
use std::time::Duration;

/// How long a whole request takes at most, unless it says otherwise.
pub const TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of an answer at most, unless the request says otherwise.
pub const ANSWER_BYTES_MAX: u64 = 65_536;

/// What is sent along.
pub(crate) type Sent = UnsyncBoxBody<Bytes, io::Error>;

/// A request to somebody else.
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Sent,
    pub(crate) time_max: Duration,
    pub(crate) answer_bytes_max: u64,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // neither the query nor the headers nor the body: they may hold secrets
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Request {
    /// One without a body.
    pub fn new(method: Method, url: impl Into<String>) -> Request {
        Request {
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Empty::new().map_err(|never| match never {}).boxed_unsync(),
            time_max: TIME_MAX,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new(Method::GET, url)
    }

    /// With a header. `Host` and `Content-Length` are set by the client.
    pub fn header(mut self, name: header::HeaderName, value: header::HeaderValue) -> Request {
        self.headers.append(name, value);
        self
    }

    /// With a body that is in memory.
    pub fn bytes(mut self, body: impl Into<Bytes>) -> Request {
        self.body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
        self
    }

    /// With a body of so many bytes that is read piece by piece as it is sent.
    pub fn streamed<S>(mut self, length: u64, pieces: S) -> Request
    where
        S: Stream<Item = Result<Bytes, io::Error>> + Send + 'static,
    {
        self.headers.insert(header::CONTENT_LENGTH, length.into());
        self.body = StreamBody::new(pieces.map_ok(Frame::data)).boxed_unsync();
        self
    }

    /// With another time for all of it.
    pub fn time_max(mut self, time: Duration) -> Request {
        self.time_max = time;
        self
    }

    /// With another limit for the body of the answer.
    pub fn answer_bytes_max(mut self, bytes: u64) -> Request {
        self.answer_bytes_max = bytes;
        self
    }
}
