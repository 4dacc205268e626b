//! A connection that may rest between requests but not dawdle in the head of one.
//!
//! The engine below has one patience for both: from the end of an answer to the end of the next head.
//! So it is given the long one, and the short one is kept here: it begins with the connection, and
//! later with the first bytes that come while no request is being answered.

use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// What a connection and its requests know of each other.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// How many heads have come whole.
    heads: AtomicU64,
    /// Whether a request is being answered.
    busy: AtomicBool,
}

impl Turns {
    /// A head has come; the request is being answered until the value is dropped.
    pub(crate) fn begin(turns: &Arc<Turns>) -> Turn {
        turns.heads.fetch_add(1, Ordering::Relaxed);
        turns.busy.store(true, Ordering::Relaxed);
        Turn(Arc::clone(turns))
    }
}

/// A request being answered.
#[derive(Debug)]
pub(crate) struct Turn(Arc<Turns>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Relaxed);
    }
}

/// A stream on which a head has so long to come, once it has begun.
#[derive(Debug)]
pub(crate) struct Patient<S> {
    stream: S,
    turns: Arc<Turns>,
    patience: Duration,
    /// The end of patience, with how many heads had come before.
    ends: Option<(u64, Pin<Box<Sleep>>)>,
}

impl<S> Patient<S> {
    /// The first head has to come at once.
    pub(crate) fn new(stream: S, turns: Arc<Turns>, patience: Duration) -> Patient<S> {
        let ends = Some((0, Box::pin(tokio::time::sleep(patience))));
        Patient { stream, turns, patience, ends }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        let heads = this.turns.heads.load(Ordering::Relaxed);
        if this.ends.as_ref().is_some_and(|(waited_for, _)| *waited_for < heads) {
            this.ends = None;
        }
        if this.turns.busy.load(Ordering::Relaxed) {
            return read;
        }
        match (read, &mut this.ends) {
            (Poll::Pending, Some((_, sleep))) => {
                std::task::ready!(sleep.as_mut().poll(cx));
                Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the head of a request took too long")))
            }
            (Poll::Ready(Ok(())), ends @ None) if buf.filled().len() > before => {
                *ends = Some((heads, Box::pin(tokio::time::sleep(this.patience))));
                Poll::Ready(Ok(()))
            }
            (read, _) => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::runtime::Builder;

    /// Time to pass for whoever waits for none, and then some bytes.
    async fn later(theirs: &mut DuplexStream, bytes: &[u8]) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        theirs.write_all(bytes).await.unwrap();
    }

    /// Runs with a stream that has no patience at all: what waits for a head ends at once.
    fn without_patience(test: impl AsyncFnOnce(Patient<DuplexStream>, DuplexStream, Arc<Turns>)) {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let ((ours, theirs), turns) = (duplex(64), Arc::new(Turns::default()));
            test(Patient::new(ours, Arc::clone(&turns), Duration::ZERO), theirs, turns).await;
        });
    }

    fn kind(read: std::io::Result<usize>) -> ErrorKind {
        read.unwrap_err().kind()
    }

    #[test]
    fn the_first_head_has_to_come_at_once() {
        without_patience(async |mut ours, mut theirs, _| {
            let mut buf = [0; 64];
            assert_eq!(kind(ours.read(&mut buf).await), ErrorKind::TimedOut);
            theirs.write_all(b"GET").await.unwrap();
            assert_eq!(ours.read(&mut buf).await.unwrap(), 3, "what is there is read");
            assert_eq!(kind(ours.read(&mut buf).await), ErrorKind::TimedOut, "and the rest is missing");
        });
    }

    #[test]
    fn a_body_and_the_rest_between_two_requests_take_their_time() {
        without_patience(async |mut ours, mut theirs, turns| {
            let mut buf = [0; 64];
            theirs.write_all(b"head").await.unwrap();
            assert_eq!(ours.read(&mut buf).await.unwrap(), 4);
            let turn = Turns::begin(&turns);
            let (read, ()) = tokio::join!(ours.read(&mut buf), later(&mut theirs, b"body"));
            assert_eq!(read.unwrap(), 4, "its body comes slowly");
            drop(turn);
            let (read, ()) = tokio::join!(ours.read(&mut buf), later(&mut theirs, b"he"));
            assert_eq!(read.unwrap(), 2, "nothing came for a while");
            assert_eq!(
                kind(ours.read(&mut buf).await),
                ErrorKind::TimedOut,
                "a head that has begun has to end"
            );
        });
    }

    #[test]
    fn a_connection_that_ends_is_no_fault() {
        without_patience(async |mut ours, theirs, turns| {
            drop(Turns::begin(&turns));
            drop(theirs);
            assert_eq!(ours.read(&mut [0; 64]).await.unwrap(), 0);
        });
    }
}
