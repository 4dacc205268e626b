//! Lists that were written are sent on: each is `PUT` under its name. Invariant: what was sent to the end is not sent
//! again, and what was not is begun anew from its first list, so that whoever gets them may count on the whole set.

use super::{LAST, Scheduled};
use exchange::export::What;
use outbound::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use outbound::{Method, Outbound, OutboundError, Request};
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::time::Duration;

/// Holds the instant of what was sent last, and the lock of whoever sends.
pub(super) const SENT: &str = ".last-sent";
/// How long one list takes at most.
const TIME_MAX: Duration = Duration::from_mins(10);
/// Tells which lists are of one snapshot.
const EXPORTED_AT: HeaderName = HeaderName::from_static("stockwell-exported-at");

/// Where lists are sent.
#[derive(Clone)]
pub(crate) struct Target {
    /// The address to which a slash and the name of the file are added.
    pub(crate) url: String,
    /// What proves who sends.
    pub(crate) token: Option<HeaderValue>,
    pub(crate) outbound: Outbound,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // without the token
        f.debug_struct("Target").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Target {
    /// Whether anybody answers there, whatever they say: nothing is sent, and no token shown.
    pub(super) async fn check(&self) -> Result<(), OutboundError> {
        self.outbound.send(Request::new(Method::HEAD, self.url.clone())).await.map(drop)
    }
}

/// Why a list was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSent {
    /// A file cannot be read, or it cannot be noted that it was sent.
    #[error(transparent)]
    File(#[from] io::Error),
    /// There was no answer.
    #[error("`{name}`: {why}")]
    NoAnswer { name: String, why: OutboundError },
    /// Whoever answers did not take it.
    #[error("`{name}` was answered with {status}")]
    NotTaken { name: String, status: u16 },
}

/// Sends the lists of the folder unless these were sent; how many were.
pub(super) async fn send_due(scheduled: &Scheduled, target: &Target) -> Result<usize, NotSent> {
    let folder = &scheduled.folder;
    let Ok(written) = std::fs::read_to_string(folder.join(LAST)) else { return Ok(0) };
    let path = folder.join(SENT);
    let mut lock = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
    if written.is_empty() || lock.try_lock().is_err() || std::fs::read_to_string(&path)? == written {
        return Ok(0);
    }
    for what in &scheduled.lists {
        send_list(scheduled, target, *what, &written).await?;
    }
    lock.set_len(0)?;
    lock.write_all(written.as_bytes())?;
    lock.sync_all()?;
    Ok(scheduled.lists.len())
}

async fn send_list(scheduled: &Scheduled, target: &Target, what: What, written: &str) -> Result<(), NotSent> {
    let name = scheduled.file_name(what);
    // an open file stays the one it is, whatever is written meanwhile
    let file = File::open(scheduled.folder.join(&name))?;
    let bytes = file.metadata()?.len();
    let mut request = Request::new(Method::PUT, format!("{}/{name}", target.url))
        .header(CONTENT_TYPE, HeaderValue::from_static(scheduled.format.media_type()))
        .header(EXPORTED_AT, HeaderValue::from_str(written).map_err(io::Error::other)?)
        .streamed(bytes, web::file_stream(file, bytes))
        .time_max(TIME_MAX);
    if let Some(token) = &target.token {
        request = request.header(AUTHORIZATION, token.clone());
    }
    match target.outbound.send(request).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(NotSent::NotTaken { name, status: answer.status.as_u16() }),
        Err(why) => Err(NotSent::NoAnswer { name, why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::{Path, State};
    use axum::http::{HeaderMap, StatusCode};
    use exchange::export::Format;
    use outbound::{Origin, Settings};
    use std::sync::{Arc, Mutex};

    /// What came, and what is answered to a list.
    #[derive(Default)]
    struct Received {
        files: Vec<(String, String, String, String)>,
        busy: Option<&'static str>,
    }

    type Shared = Arc<Mutex<Received>>;

    async fn take(
        State(received): State<Shared>,
        Path(name): Path<String>,
        headers: HeaderMap,
        body: String,
    ) -> StatusCode {
        let mut received = received.lock().unwrap();
        if received.busy == Some(&name) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let said = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
        let token = format!("{} {}", said("authorization"), said("content-type"));
        received.files.push((name, body, token, said("stockwell-exported-at")));
        StatusCode::CREATED
    }

    #[tokio::test]
    async fn lists_are_sent_once_and_begun_anew_when_one_was_not_taken() {
        let received = Shared::default();
        let routes = Router::new().route("/in/{name}", axum::routing::put(take)).with_state(received.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let client = |origins: &[&str]| {
            let origins = origins.iter().map(|text| Origin::parse(text).unwrap()).collect();
            Outbound::new(Settings { origins, ca_file: None }).unwrap()
        };
        let token = Some(HeaderValue::from_static("Bearer s3cr3t"));
        let target = Target { url: format!("{url}/in"), token, outbound: client(&[&url]) };
        let scheduled = Scheduled {
            lists: vec![What::Items, What::Reasons],
            format: Format::CSV,
            folder: folder.path().to_owned(),
            every_hours: 1,
            target: None,
        };
        assert!(!format!("{target:?}").contains("s3cr3t"));
        assert_eq!(send_due(&scheduled, &target).await.unwrap(), 0, "nothing was written");
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        put(LAST, "2026-11-22T10:00:00Z");
        put("items.csv", "a,b\r\n");
        put("reasons.csv", "c\r\n");
        received.lock().unwrap().busy = Some("reasons.csv");
        let refused = send_due(&scheduled, &target).await.unwrap_err();
        assert_eq!(refused.to_string(), "`reasons.csv` was answered with 503");
        received.lock().unwrap().busy = None;
        assert_eq!(send_due(&scheduled, &target).await.unwrap(), 2);
        assert_eq!(send_due(&scheduled, &target).await.unwrap(), 0, "they were sent");
        let files = std::mem::take(&mut received.lock().unwrap().files);
        let row = |name: &str, text: &str| {
            let token = "Bearer s3cr3t text/csv; charset=utf-8".to_owned();
            (name.to_owned(), text.to_owned(), token, "2026-11-22T10:00:00Z".to_owned())
        };
        let items = row("items.csv", "a,b\r\n");
        assert_eq!(files, [items.clone(), items, row("reasons.csv", "c\r\n")]);
        // the next ones
        put(LAST, "2026-11-22T11:00:00Z");
        assert_eq!(send_due(&scheduled, &target).await.unwrap(), 2);
        // one that the host did not list, and one that is away
        put(LAST, "2026-11-22T12:00:00Z");
        let unlisted = Target { outbound: client(&[]), ..target.clone() };
        assert!(matches!(send_due(&scheduled, &unlisted).await, Err(NotSent::NoAnswer { .. })));
        // somebody else sends
        let lock = File::options().write(true).open(folder.path().join(SENT)).unwrap();
        lock.lock().unwrap();
        assert_eq!(send_due(&scheduled, &target).await.unwrap(), 0);
    }
}
