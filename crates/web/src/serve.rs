//! The accept loop: bounded connections, bounded heads, and an end that cuts nobody off.

use crate::app::App;
use crate::denied;
use crate::patient::{Patient, Turns};
use crate::strangers::Peer;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How long a client may take to send the head of a request.
pub(crate) const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection may rest between two requests: longer than clients and proxies commonly keep
/// theirs, so that it is they who close it and no request meets a closed door.
const REST_TIME_MAX: Duration = Duration::from_secs(75);
/// Headers of a request at most.
const HEADERS_MAX: usize = 64;
/// Bytes of the head of a request at most.
const HEAD_BYTES_MAX: usize = 128 << 10;
/// How long to wait after the system had no room for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How the doors close.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    /// Between "not ready" and the end of accepting, so that a load balancer can notice.
    pub delay: Duration,
    /// How long running requests may take after that.
    pub patience: Duration,
}

/// Serves until `stop` is ready and everything that was begun is answered. Whatever was refused
/// meanwhile is then in the audit log.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    app: &App,
    stop: impl Future<Output = ()>,
    closing: Closing,
) {
    tokio::select! {
        () = accept_all(listener, router, app, stop, closing) => {}
        () = denied::watch(app) => {}
    }
    denied::tell_all(app).await;
}

async fn accept_all(
    listener: TcpListener,
    router: Router,
    app: &App,
    stop: impl Future<Output = ()>,
    closing: Closing,
) {
    let places = Arc::new(Semaphore::new(app.limits().connections_max));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(async {
        stop.await;
        app.drain();
        tokio::time::sleep(closing.delay).await;
    });
    loop {
        while connections.try_join_next().is_some() {}
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut stop => break,
            (place, accepted) = accept => match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(stream, Peer(peer.ip()), router.clone(), app.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    app.close_connections();
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(closing.patience, ended).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

async fn connection(stream: TcpStream, peer: Peer, router: Router, app: App) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection went away at once");
        return;
    }
    let mut closing = app.closing();
    let closed = async move {
        // an error means that the sender is gone, and with it the server
        drop(closing.wait_for(|closing| *closing).await);
    };
    let turns = Arc::new(Turns::default());
    let stream = Patient::new(stream, Arc::clone(&turns), HEAD_TIME_MAX);
    let router = TowerToHyperService::new(router);
    let proxies = app.proxies().clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let turn = Turns::begin(&turns);
        let origin = proxies.origin(peer, request.headers());
        request.extensions_mut().insert(origin);
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            drop(turn);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REST_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = closed => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
