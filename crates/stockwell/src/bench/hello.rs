//! The floor of what is read: the same HTTP stack that answers a fixed sentence, and the same client.

use super::client::request;
use super::load::{Ask, Tally, count};
use anyhow::Result;
use axum::Router;
use axum::routing::get;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What it answers.
const ANSWER: &str = "{\"hello\":\"world\"}";

/// A server on threads of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hello {
    runtime: Option<Runtime>,
    pub(crate) address: SocketAddr,
}

impl Hello {
    /// Starts it.
    pub(crate) fn start() -> Result<Hello> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener)?;
            axum::serve(listener, Router::new().route("/", get(|| async { ANSWER }))).await
        });
        Ok(Hello { runtime: Some(runtime), address })
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        // it may be dropped within another runtime, where nothing may wait
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Asks for the sentence.
#[derive(Debug)]
pub(crate) struct Greet;

impl Ask for Greet {
    fn next(&mut self, out: &mut Vec<u8>) {
        request(out, "GET", "/", "", None, "");
    }

    fn answered(&mut self, status: u16, body: &[u8], tally: &mut Tally) {
        count(status, body, tally);
    }
}
