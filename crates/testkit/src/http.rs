//! Actors: callers of a real server over a real socket, one connection for each request, blocking.
//! They know nothing of the product but HTTP, so what they see is what a stranger's program sees.

#![expect(clippy::expect_used, reason = "an actor that cannot act fails the test")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long an answer may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes idempotency keys that no other request of the process has.
static FRESH: AtomicU64 = AtomicU64::new(1);

/// A caller with a key or in a session, or a stranger.
#[derive(Clone, Debug)]
pub struct Actor {
    address: SocketAddr,
    key: Option<String>,
    session: Option<Session>,
    /// Name and value of a cookie, which is all that is sent along.
    cookie: Option<String>,
}

/// What the browser of somebody who signed in holds.
#[derive(Clone, Debug)]
pub struct Session {
    /// Name and value of the cookie.
    pub cookie: String,
    /// What its pages send with every write.
    pub csrf: String,
}

/// The origin of a page of the server, as a browser would send it.
const ORIGIN: &str = "https://test";

/// A request that is being put together.
#[derive(Clone, Debug)]
pub struct Ask {
    actor: Actor,
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Names in small letters, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Actor {
    /// Somebody who holds this key.
    pub fn with_key(address: SocketAddr, key: impl Into<String>) -> Actor {
        Actor { address, key: Some(key.into()), session: None, cookie: None }
    }

    /// Somebody without a key.
    pub fn stranger(address: SocketAddr) -> Actor {
        Actor { address, key: None, session: None, cookie: None }
    }

    /// Somebody who signs in with a password, in the browser of this actor.
    pub fn sign_in(&self, login: &str, password: &str) -> Result<Actor, Reply> {
        let body = serde_json::json!({ "login": login, "password": password });
        let ask = self.ask("POST", "/api/v1/sessions").header("origin", ORIGIN).json(&body);
        self.with_session_of(ask.send())
    }

    /// Whoever goes on in the session that an answer gave.
    pub fn with_session_of(&self, reply: Reply) -> Result<Actor, Reply> {
        let cookie = reply.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let (Some(cookie), Some(csrf)) =
            (cookie, reply.json().get("csrf").and_then(Value::as_str).map(str::to_owned))
        else {
            return Err(reply);
        };
        let session = Session { cookie: cookie.to_owned(), csrf };
        Ok(Actor { session: Some(session), ..Actor::stranger(self.address) })
    }

    /// Whoever comes with this cookie, and sends nothing else by itself: a browser with pages alone.
    #[must_use]
    pub fn with_cookie(&self, cookie: String) -> Actor {
        Actor { cookie: Some(cookie), ..Actor::stranger(self.address) }
    }

    /// The same at another server.
    pub fn at(&self, address: SocketAddr) -> Actor {
        Actor { address, ..self.clone() }
    }

    /// What the browser holds.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Where it asks.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Any request, as it is.
    pub fn ask(&self, method: &'static str, path: impl Into<String>) -> Ask {
        Ask { actor: self.clone(), method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Reads.
    pub fn get(&self, path: impl Into<String>) -> Reply {
        self.ask("GET", path).send()
    }

    /// Writes a JSON body with a fresh idempotency key.
    pub fn post(&self, path: impl Into<String>, body: &Value) -> Reply {
        self.ask("POST", path).fresh().json(body).send()
    }

    /// Writes without a body, with a fresh idempotency key.
    pub fn post_nothing(&self, path: impl Into<String>) -> Reply {
        self.ask("POST", path).fresh().send()
    }

    /// Changes what is at a version.
    pub fn patch(&self, path: impl Into<String>, version: i64, body: &Value) -> Reply {
        self.ask("PATCH", path).fresh().if_match(version).json(body).send()
    }

    /// Does what stands at the end of an address to the record above it, at the version that the
    /// record shows now. Null is no body.
    pub fn act(&self, path: impl AsRef<str>, body: &Value) -> Reply {
        let path = path.as_ref();
        let record = path.rsplit_once('/').map_or(path, |(record, _)| record);
        let ask = self.ask("POST", path).fresh().as_shown_at(record);
        if body.is_null() { ask.send() } else { ask.json(body).send() }
    }

    /// Removes a record, or a part of it, at the version that the record shows now.
    pub fn remove(&self, path: impl Into<String>, record: &str) -> Reply {
        self.ask("DELETE", path).fresh().as_shown_at(record).send()
    }

    /// Removes.
    pub fn delete(&self, path: impl Into<String>) -> Reply {
        self.ask("DELETE", path).fresh().send()
    }

    /// Listens to server-sent events after a position.
    pub fn listen(&self, path: &str, after: Option<i64>) -> Result<Stream, Reply> {
        let mut ask = self.ask("GET", path);
        if let Some(position) = after {
            ask = ask.header("last-event-id", &position.to_string());
        }
        let mut reader = ask.open();
        let reply = head(&mut reader);
        if reply.status == 200 { Ok(Stream { reader }) } else { Err(rest(reply, reader)) }
    }
}

impl Ask {
    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Ask {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &str) -> Ask {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// With this idempotency key.
    pub fn idempotency_key(self, key: &str) -> Ask {
        self.header("idempotency-key", key)
    }

    /// With an idempotency key that nobody has used.
    pub fn fresh(self) -> Ask {
        let key = format!("test-{}", FRESH.fetch_add(1, Ordering::Relaxed));
        self.idempotency_key(&key)
    }

    /// From this version.
    pub fn if_match(self, version: i64) -> Ask {
        self.header("if-match", &format!("\"{version}\""))
    }

    /// From the version that a record shows now; from version 0 when it shows none.
    #[must_use]
    pub fn as_shown_at(self, record: &str) -> Ask {
        let shown = self.actor.get(record);
        let version = shown.header("etag").unwrap_or("\"0\"");
        self.header("if-match", version)
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Ask {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    /// With a body of any bytes.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Ask {
        self.body = body.into();
        self
    }

    /// Sends it and waits for the answer.
    pub fn send(self) -> Reply {
        let mut reader = self.open();
        let reply = head(&mut reader);
        rest(reply, reader)
    }

    fn open(self) -> BufReader<TcpStream> {
        let Ask { actor, method, path, headers, body } = self;
        let mut stream = TcpStream::connect(actor.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
        let mut lines =
            vec![format!("{method} {path} HTTP/1.1"), "host: test".into(), "connection: close".into()];
        lines.extend(actor.key.map(|key| format!("authorization: Bearer {key}")));
        if let Some(Session { cookie, csrf }) = actor.session {
            lines.push(format!("cookie: {cookie}"));
            if method != "GET" {
                lines.extend([format!("origin: {ORIGIN}"), format!("x-csrf-token: {csrf}")]);
            }
        }
        lines.extend(actor.cookie.map(|cookie| format!("cookie: {cookie}")));
        lines.extend(headers.into_iter().map(|(name, value)| format!("{name}: {value}")));
        if !body.is_empty() || method != "GET" {
            lines.push(format!("content-length: {}", body.len()));
        }
        let head = format!("{}\r\n\r\n", lines.join("\r\n"));
        stream.write_all(head.as_bytes()).expect("the server reads the head");
        // a server that refuses a long body closes before it has read all of it
        drop(stream.write_all(&body));
        BufReader::new(stream)
    }
}

fn head(reader: &mut BufReader<TcpStream>) -> Reply {
    let mut lines = reader.lines().map(|line| line.expect("the server answers in time"));
    let first = lines.next().expect("an answer has a first line");
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        })
        .collect();
    Reply { status, headers, bytes: Vec::new() }
}

fn rest(reply: Reply, mut reader: BufReader<TcpStream>) -> Reply {
    let mut bytes = Vec::new();
    let length = reply.header("content-length").and_then(|length| length.parse::<u64>().ok());
    let read = match length {
        Some(length) => reader.take(length).read_to_end(&mut bytes),
        None => reader.read_to_end(&mut bytes),
    };
    read.expect("the server sends the whole answer");
    Reply { bytes, ..reply }
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when there is none.
    ///
    /// # Panics
    /// When it is no JSON.
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The code of a refusal; empty when it is none.
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Status, code and pointers of a refusal, in one line.
    pub fn refusal(&self) -> String {
        let body = self.json();
        let code = body.get("code").and_then(Value::as_str).unwrap_or("-");
        let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
        let pointers = errors.filter_map(|error| error.get("pointer").and_then(Value::as_str));
        let words: Vec<&str> = std::iter::once(code).chain(pointers).collect();
        format!("{} {}", self.status, words.join(" "))
    }

    /// The same answer, when it is one of success.
    ///
    /// # Panics
    /// When it is a refusal, with its text.
    pub fn good(self) -> Reply {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        self
    }
}

/// An open stream of server-sent events.
#[derive(Debug)]
pub struct Stream {
    reader: BufReader<TcpStream>,
}

/// One event of a stream.
#[derive(Clone, PartialEq, Debug)]
pub struct Heard {
    /// Its position.
    pub id: i64,
    /// Its kind.
    pub event: String,
    /// Its data.
    pub data: Value,
}

impl Stream {
    /// The next event; `None` when the stream has ended.
    ///
    /// # Panics
    /// When none comes in time.
    pub fn event(&mut self) -> Option<Heard> {
        let (mut id, mut event) = (0, String::new());
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).expect("an event comes in time") == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", text)) => id = text.parse().expect("a position"),
                Some(("event", text)) => text.clone_into(&mut event),
                Some(("data", text)) => {
                    let data = serde_json::from_str(text).expect("data is JSON");
                    return Some(Heard { id, event, data });
                }
                // lengths of chunks, signs of life, and what separates events
                _ => {}
            }
        }
    }
}
