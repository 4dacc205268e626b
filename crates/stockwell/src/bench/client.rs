//! The smallest HTTP client that keeps a connection open: it writes a request, reads the answer,
//! and knows its status. The benchmark shares its machine with the server, so what the client
//! does not do is time for the server.

use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that was idle for longer is replaced: the server may be about to close it.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: TcpStream,
    used: Instant,
    buffer: Vec<u8>,
}

/// The status and the body of an answer.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Client> {
        let (stream, used) = (stream(address).await?, Instant::now());
        Ok(Client { address, stream, used, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        if self.used.elapsed() > IDLE_MAX {
            self.stream = stream(self.address).await?;
        }
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
        };
        let (status, length) = read_head(self.buffer.get(..head).unwrap_or_default())?;
        while self.buffer.len() < head + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the answer was cut off");
            }
        }
        self.used = Instant::now();
        Ok(Reply { status, body: self.buffer.get(head..head + length).unwrap_or_default() })
    }
}

async fn stream(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await.context("the server does not answer")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn read_head(head: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(head).context("an answer that is not text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
    });
    Ok((status.context("an answer without a status")?, length.unwrap_or(0)))
}

/// The text of a request with a JSON body; `key` is the idempotency key of a write.
pub(crate) fn request(
    out: &mut Vec<u8>,
    method: &str,
    path: &str,
    token: &str,
    key: Option<&str>,
    body: &str,
) {
    use std::io::Write as _;
    out.clear();
    let written =
        write!(out, "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n")
            .and_then(|()| match key {
                Some(key) => write!(out, "idempotency-key: {key}\r\ncontent-type: application/json\r\n"),
                None => Ok(()),
            })
            .and_then(|()| write!(out, "content-length: {}\r\n\r\n{body}", body.len()));
    debug_assert!(written.is_ok(), "writing to memory never fails");
}
