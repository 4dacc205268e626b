//! A caller of this module's routes over HTTP, without a socket: what the whole door does, from the
//! address to the problem answer.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::permission::Permissions;
use domain::{Ids, Instant, LocationId, PrincipalId, Problem};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower_service::Service as _;
use web::{
    App, AppParts, Authenticator, Clock, Failure, Grant, Limits, Principal, PrincipalKind, Routes, Within,
};

/// Knows two callers: `all` may everything everywhere, any number everything below that location.
struct Doorman;

impl Doorman {
    fn find(token: &str) -> Arc<Principal> {
        let within = token.parse().map_or(Within::All, |root| Within::Subtree(LocationId(root)));
        let grant = Grant { permissions: Permissions::all(), within };
        Arc::new(Principal::new(PrincipalId(7), token, PrincipalKind::User, vec![grant], None))
    }
}

impl Authenticator for Doorman {
    fn remembered(&self, token: &str, _: Instant) -> Option<Result<Arc<Principal>, Problem>> {
        Some(Ok(Doorman::find(token)))
    }

    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        _: Instant,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        Box::pin(async move { Ok(Doorman::find(token)) })
    }

    fn is_current(&self, _: &Arc<Principal>, _: Instant) -> bool {
        true
    }
}

struct Stopped(Instant);

impl Clock for Stopped {
    fn now(&self) -> Instant {
        self.0
    }
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    /// Null when there is none.
    pub(crate) body: Value,
}

impl Seen {
    /// The status, and the code and first pointer of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str, &str) {
        let pointer = self.body["errors"][0]["pointer"].as_str();
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or(""), pointer.unwrap_or(""))
    }
}

/// A caller.
pub(crate) struct Client {
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    keys: AtomicU64,
}

impl Client {
    pub(crate) fn new(routes: Routes<()>, db: &db::Db, now: Instant, ids: Arc<dyn Ids>) -> Client {
        let app = App::new(AppParts {
            db: db.clone(),
            clock: Arc::new(Stopped(now)),
            ids,
            authenticator: Arc::new(Doorman),
            limits: Limits::default(),
            readiness: Vec::new(),
            description: Vec::new().into(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Client { router: routes.router(&app, ()), runtime, keys: AtomicU64::new(0) }
    }

    /// Asks as whoever has the token. `version` becomes `If-Match`; a write gets a fresh key.
    pub(crate) fn ask(
        &self,
        token: &str,
        method: &Method,
        path: &str,
        version: Option<i64>,
        body: Option<&Value>,
    ) -> Seen {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if *method != Method::GET {
            let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
            request = request.header("idempotency-key", key).header("content-type", "application/json");
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let request = request.body(body).unwrap();
        self.runtime.block_on(async {
            let response = self.router.clone().call(request).await.unwrap();
            let header =
                |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            let (status, etag, location) = (response.status(), header("etag"), header("location"));
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
            Seen { status, etag, location, body }
        })
    }

    pub(crate) fn get(&self, path: &str) -> Seen {
        self.ask("all", &Method::GET, path, None, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Seen {
        self.ask("all", &Method::POST, path, None, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, version: i64, body: &Value) -> Seen {
        self.ask("all", &Method::PATCH, path, Some(version), Some(body))
    }
}
