//! The doors while the product is not ready yet: alive, and nothing more. A long migration is then
//! no reason for whoever watches the process to end it, nor to send it requests.

use crate::problem;
use crate::serve::HEAD_TIME_MAX;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, header};
use bytes::Bytes;
use domain::{Code, Ids, Problem};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How many may be told at the same time; others wait to be accepted.
const CONNECTIONS_MAX: usize = 64;

/// Answers at the door until `ready` is: `/livez` is well, everything else has to come again.
/// Connections are closed after their answer, so that none is kept into the time after.
pub async fn wait_at<T>(listener: &TcpListener, ids: &Arc<dyn Ids>, ready: impl Future<Output = T>) -> T {
    let mut ready = std::pin::pin!(ready);
    let mut told = JoinSet::new();
    let outcome = loop {
        while told.try_join_next().is_some() {}
        tokio::select! {
            biased;
            outcome = &mut ready => break outcome,
            Ok((stream, _)) = listener.accept(), if told.len() < CONNECTIONS_MAX => {
                told.spawn(tell(stream, Arc::clone(ids)));
            }
            Some(_) = told.join_next() => {}
        }
    };
    // whoever has asked is answered before anything else begins; a head is not waited for longer
    // than it may take
    while told.join_next().await.is_some() {}
    outcome
}

async fn tell(stream: TcpStream, ids: Arc<dyn Ids>) {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let answer = answer(request.method(), request.uri().path(), &*ids);
        async move { Ok::<_, Infallible>(answer) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn answer(method: &Method, path: &str, ids: &dyn Ids) -> Response<Body> {
    if path == "/livez" && matches!(*method, Method::GET | Method::HEAD) {
        let mut response = Response::new(Body::from(Bytes::from_static(b"{\"status\":\"live\"}")));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return response;
    }
    let detail = "the store is being made ready, come again shortly";
    problem::response(&Problem::new(Code::Busy, detail), ids.next(), Some(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicU64, Ordering};
    use uuid::Uuid;

    struct Counting(AtomicU64);

    impl Ids for Counting {
        fn next(&self) -> Uuid {
            Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
        }
    }

    /// The head and the body of an answer; it ends where the connection does.
    fn ask(address: SocketAddr, path: &str) -> (String, String) {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_ascii_lowercase(), body.to_owned())
    }

    #[test]
    fn while_it_is_not_ready_it_lives_and_takes_nothing() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (finish, finished) = tokio::sync::oneshot::channel();
        let ids: Arc<dyn Ids> = Arc::new(Counting(AtomicU64::new(1)));
        let waiting = runtime.spawn(async move {
            let outcome = wait_at(&listener, &ids, finished).await;
            (outcome, listener)
        });
        let (head, body) = ask(address, "/livez");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert_eq!(body, "{\"status\":\"live\"}");
        for path in ["/readyz", "/metrics", "/api/v1/items", "/livez2"] {
            let (head, body) = ask(address, path);
            assert!(head.starts_with("http/1.1 503"), "{path}: {head}");
            assert!(head.contains("retry-after: 1") && head.contains("application/problem+json"), "{head}");
            assert!(body.contains("\"code\":\"busy\"") && body.contains("req_"), "{body}");
        }
        finish.send("done").unwrap();
        let (outcome, listener) = runtime.block_on(waiting).unwrap();
        assert_eq!(outcome, Ok("done"));
        assert_eq!(listener.local_addr().unwrap(), address, "the door is handed on");
    }
}
