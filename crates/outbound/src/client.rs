//! The client.

use crate::origin::{self, Origin};
use crate::request::{Request, Sent};
use crate::{OutboundError, address, tls};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// How long it takes at most until a connection stands.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// What an operator says about requests to other machines.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where else requests may go: to private addresses, to other ports, over plain HTTP.
    pub origins: Vec<Origin>,
    /// A file with certificates of authorities that are believed beside those of the machine.
    pub ca_file: Option<std::path::PathBuf>,
}

/// The client, cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    listed: Vec<Origin>,
    own_authorities: Vec<CertificateDer<'static>>,
    tls: OnceCell<Arc<ClientConfig>>,
    names: Names,
}

/// Who tells to which addresses a name leads.
pub(crate) enum Names {
    /// The machine.
    Machine,
    /// A test.
    #[cfg(test)]
    Told(std::collections::BTreeMap<String, Vec<SocketAddr>>),
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("listed", &self.0.listed).finish_non_exhaustive()
    }
}

/// An answer that has been read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status; never one that leads elsewhere.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Outbound {
    /// With what the operator says.
    ///
    /// # Errors
    /// [`OutboundError::Authorities`] for a file that cannot be read.
    pub fn new(settings: Settings) -> Result<Outbound, OutboundError> {
        Outbound::with_names(settings, Names::Machine)
    }

    pub(crate) fn with_names(settings: Settings, names: Names) -> Result<Outbound, OutboundError> {
        let Settings { origins, ca_file } = settings;
        let own = ca_file.as_deref().map(|file: &Path| tls::authorities(file)).transpose()?;
        Ok(Outbound(Arc::new(Inner {
            listed: origins,
            own_authorities: own.unwrap_or_default(),
            tls: OnceCell::new(),
            names,
        })))
    }

    /// Asks, and reads the answer to its end.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        let mut incoming = self.open(request).await?;
        let mut body = BytesMut::new();
        while let Some(chunk) = incoming.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        let Incoming { status, headers, .. } = incoming;
        Ok(Answer { status, headers, body: body.freeze() })
    }

    /// Asks, and leaves the body of the answer to be read piece by piece, within the same limits.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn open(&self, request: Request) -> Result<Incoming, OutboundError> {
        let Request { method, url, headers, body, time_max, answer_bytes_max } = request;
        let (origin, uri) = origin::read(&url)?;
        let is_listed = self.0.listed.contains(&origin);
        if !is_listed && !origin.is_usual() {
            return Err(OutboundError::Unlisted(origin));
        }
        let limits =
            Limits { origin, time_max, deadline: Instant::now() + time_max, bytes: answer_bytes_max };
        let stream = self.connect(&limits, is_listed).await?;
        let asked = asked(&limits.origin, &uri, (method, headers, body))?;
        if limits.origin.is_tls() {
            let stream = self.speak_tls(&limits, stream).await?;
            exchange(limits, stream, asked).await
        } else {
            exchange(limits, stream, asked).await
        }
    }

    /// A connection to an address that was looked at.
    async fn connect(&self, limits: &Limits, is_listed: bool) -> Result<TcpStream, OutboundError> {
        let origin = &limits.origin;
        let until = limits.deadline.min(Instant::now() + CONNECT_TIME_MAX);
        let slow = || OutboundError::TooSlow(origin.clone(), limits.time_max.min(CONNECT_TIME_MAX));
        let found = timeout_at(until, self.0.names.addresses(origin)).await.map_err(|_| slow())?;
        let found = found.map_err(|_| OutboundError::Unknown(origin.clone()))?;
        if found.is_empty() {
            return Err(OutboundError::Unknown(origin.clone()));
        }
        // one that is not public among public ones is a trap
        if !is_listed && !found.iter().all(|found| address::is_public(found.ip())) {
            return Err(OutboundError::Private(origin.clone()));
        }
        let connected = timeout_at(until, TcpStream::connect(found.as_slice())).await.map_err(|_| slow())?;
        let stream =
            connected.map_err(|error| OutboundError::Unreachable(origin.clone(), error.to_string()))?;
        // whoever asks waits for the answer anyway
        drop(stream.set_nodelay(true));
        Ok(stream)
    }

    async fn speak_tls(
        &self,
        limits: &Limits,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, OutboundError> {
        let origin = &limits.origin;
        let config = self.0.tls.get_or_try_init(|| async {
            let inner = Arc::clone(&self.0);
            let read = tokio::task::spawn_blocking(move || tls::client(&inner.own_authorities)).await;
            read.unwrap_or_else(|error| Err(OutboundError::Broken(error.to_string())))
        });
        let connector = TlsConnector::from(Arc::clone(config.await?));
        let unbelieved = |why: String| OutboundError::Unbelieved(origin.clone(), why);
        let name =
            ServerName::try_from(origin.host().to_owned()).map_err(|error| unbelieved(error.to_string()))?;
        let until = limits.deadline.min(Instant::now() + CONNECT_TIME_MAX);
        let slow = || OutboundError::TooSlow(origin.clone(), limits.time_max.min(CONNECT_TIME_MAX));
        let done = timeout_at(until, connector.connect(name, stream)).await.map_err(|_| slow())?;
        done.map_err(|error| unbelieved(error.to_string()))
    }
}

impl Names {
    /// The addresses of a host, which may be an address itself.
    async fn addresses(&self, origin: &Origin) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            Names::Machine => Ok(tokio::net::lookup_host((origin.host(), origin.port())).await?.collect()),
            #[cfg(test)]
            Names::Told(table) => Ok(table.get(origin.host()).cloned().unwrap_or_default()),
        }
    }
}

/// How far one exchange may go.
#[derive(Debug)]
struct Limits {
    origin: Origin,
    time_max: Duration,
    deadline: Instant,
    bytes: u64,
}

impl Limits {
    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, OutboundError> {
        let slow = |_| OutboundError::TooSlow(self.origin.clone(), self.time_max);
        timeout_at(self.deadline, future).await.map_err(slow)
    }
}

/// The request as it goes over the line.
fn asked(
    origin: &Origin,
    uri: &Uri,
    (method, headers, body): (hyper::Method, HeaderMap, Sent),
) -> Result<hyper::Request<Sent>, OutboundError> {
    let broken = |error: &dyn fmt::Display| OutboundError::Broken(error.to_string());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path: Uri = if path.is_empty() { "/" } else { path }.parse().map_err(|error| broken(&error))?;
    let mut request = hyper::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = path;
    *request.headers_mut() = headers;
    let host = HeaderValue::try_from(origin.authority()).map_err(|error| broken(&error))?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    request.headers_mut().entry(header::USER_AGENT).or_insert(HeaderValue::from_static("stockwell"));
    Ok(request)
}

async fn exchange<S>(
    limits: Limits,
    stream: S,
    asked: hyper::Request<Sent>,
) -> Result<Incoming, OutboundError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| OutboundError::Broken(error.to_string());
    let shaken = limits.in_time(http1::handshake(TokioIo::new(stream))).await?;
    let (mut sender, connection) = shaken.map_err(broken)?;
    let line = Line(tokio::spawn(async move { drop(connection.await) }).abort_handle());
    let response = limits.in_time(sender.send_request(asked)).await?.map_err(broken)?;
    let (head, body) = response.into_parts();
    if head.status.is_redirection() {
        return Err(OutboundError::Redirected(limits.origin, head.status));
    }
    let left = limits.bytes;
    Ok(Incoming { status: head.status, headers: head.headers, body, limits, left, _line: line })
}

/// What moves the bytes of a connection; with it the connection ends.
#[derive(Debug)]
struct Line(AbortHandle);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Incoming {
    /// Its status; never one that leads elsewhere.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: hyper::body::Incoming,
    limits: Limits,
    left: u64,
    _line: Line,
}

impl Incoming {
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`OutboundError::TooSlow`], [`OutboundError::TooLong`], [`OutboundError::Broken`] when it ends early.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        while let Some(frame) = self.limits.in_time(self.body.frame()).await? {
            let frame = frame.map_err(|error| OutboundError::Broken(error.to_string()))?;
            // what comes after a body is of no use here
            let Ok(data) = frame.into_data() else { continue };
            let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
            let too_long = || OutboundError::TooLong(self.limits.origin.clone(), self.limits.bytes);
            self.left = self.left.checked_sub(length).ok_or_else(too_long)?;
            return Ok(Some(data));
        }
        Ok(None)
    }
}
