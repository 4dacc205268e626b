//! A caller that keeps its connection open and notices when the server goes away.

use serde_json::Value;
use std::borrow::Cow;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A write with its idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) path: Cow<'static, str>,
    pub(crate) key: String,
    pub(crate) body: Value,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// It was given before.
    pub(crate) replayed: bool,
    /// Seconds to wait before asking again.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status and, of a refusal, its code.
    pub(crate) fn outcome(&self) -> String {
        match self.status {
            200..=299 => self.status.to_string(),
            status => format!("{status} {}", self.json()["code"].as_str().unwrap()),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, token: &str) -> Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client { stream: BufReader::new(stream), token: token.to_owned() })
    }

    /// Sends and does not wait.
    pub(crate) fn send(&mut self, post: &Post) -> Result<()> {
        self.write("POST", "", post)
    }

    /// Sets a record that was never set, and waits for the answer.
    pub(crate) fn put(&mut self, put: &Post) -> Result<Reply> {
        self.write("PUT", "if-match: \"0\"\r\n", put)?;
        self.reply()
    }

    /// Takes a record a step further, from the version that it has, and waits for the answer.
    pub(crate) fn step(&mut self, post: &Post, version: usize) -> Result<Reply> {
        self.write("POST", &format!("if-match: \"{version}\"\r\n"), post)?;
        self.reply()
    }

    fn write(&mut self, method: &str, more: &str, post: &Post) -> Result<()> {
        let Post { path, key, body } = post;
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nidempotency-key: {key}\r\n{more}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all((head + &body).as_bytes())
    }

    /// Sends and waits for the answer.
    pub(crate) fn post(&mut self, post: &Post) -> Result<Reply> {
        self.send(post)?;
        self.reply()
    }

    fn reply(&mut self) -> Result<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
        let mut reply = Reply {
            status: status.ok_or_else(|| Error::other(first))?,
            replayed: false,
            retry_after: None,
            body: String::new(),
        };
        let mut length = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().map_err(Error::other)?,
                Some(("idempotency-replayed", value)) => reply.replayed = value == "true",
                Some(("retry-after", value)) => reply.retry_after = value.parse().ok(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        reply.body = String::from_utf8(body).map_err(Error::other)?;
        Ok(reply)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}
