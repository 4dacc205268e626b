//! A caller of a module's routes over HTTP, without a socket: what the whole door does, from the
//! address to the problem answer.

#![expect(clippy::expect_used, reason = "a caller that cannot call fails the test")]

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use db::{Conn, DbError};
use domain::permission::Permissions;
use domain::{Ids, Instant, LocationId, PrincipalId};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower_service::Service as _;
use web::{
    App, AppParts, Authenticator, Clock, Credential, Failure, Feed, Grant, Limits, Principal, PrincipalKind,
    Routes, Within,
};

/// Knows two callers: `all` may everything everywhere, any number everything below that location.
struct Doorman;

impl Doorman {
    fn find(credential: Credential<'_>) -> Arc<Principal> {
        let (Credential::Key(token) | Credential::Session(token)) = credential;
        let within = token.parse().map_or(Within::All, |root| Within::Subtree(LocationId(root)));
        let grant = Grant::free(Permissions::all(), within);
        Arc::new(Principal::new(PrincipalId(7), token, PrincipalKind::User, vec![grant], None))
    }
}

impl Authenticator for Doorman {
    fn remembered(
        &self,
        credential: Credential<'_>,
        _: (Option<std::net::IpAddr>, Instant),
    ) -> Option<Result<Arc<Principal>, Failure>> {
        Some(Ok(Doorman::find(credential)))
    }

    fn authenticate<'a>(
        &'a self,
        credential: Credential<'a>,
        _: (Option<std::net::IpAddr>, Instant),
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        Box::pin(async move { Ok(Doorman::find(credential)) })
    }

    fn is_current(&self, _: &Arc<Principal>, _: Instant) -> bool {
        true
    }

    fn names(&self, _: &mut Conn<'_>, _: &[PrincipalId]) -> Result<BTreeMap<PrincipalId, String>, DbError> {
        Ok(BTreeMap::new())
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
pub struct Seen {
    /// The status.
    pub status: StatusCode,
    /// The version, as `If-Match` takes it.
    pub etag: Option<String>,
    /// Where the new thing is.
    pub location: Option<String>,
    /// Null when there is none.
    pub body: Value,
}

impl Seen {
    /// The status, and the code and first pointer of a refusal.
    pub fn refusal(&self) -> (u16, &str, &str) {
        let text = |pointer| self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        (self.status.as_u16(), text("/code"), text("/errors/0/pointer"))
    }
}

/// A caller of the routes of one module.
pub struct Client {
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    keys: AtomicU64,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// Routes over a database, at an instant.
    pub fn new(routes: Routes<()>, db: &db::Db, now: Instant, ids: Arc<dyn Ids>) -> Client {
        let app = App::new(AppParts {
            db: db.clone(),
            clock: Arc::new(Stopped(now)),
            ids,
            authenticator: Arc::new(Doorman),
            master_key: web::MasterKey::new([7; 32]),
            limits: Limits::default(),
            proxies: web::Proxies::default(),
            readiness: Vec::new(),
            description: Vec::new().into(),
            feed: Feed { kinds: Vec::new(), any_site: |_, _| Ok(true), without_costs: |_, _| None },
            categories: web::Categories { of: |_, _| Ok(None), granted: |_, _| Ok(None) },
            training: false,
            refusals: None,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Client { router: routes.router(&app, ()), runtime, keys: AtomicU64::new(0) }
    }

    /// Asks as whoever has the token. `version` becomes `If-Match`; a write gets a fresh key.
    pub fn ask(
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
        let request = request.body(body).expect("a request");
        self.runtime.block_on(async {
            let response = self.router.clone().call(request).await.expect("an answer");
            let header = |name: &str| {
                response.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
            };
            let (status, etag, location) = (response.status(), header("etag"), header("location"));
            let bytes = response.into_body().collect().await.expect("a body").to_bytes();
            let body =
                if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
            Seen { status, etag, location, body }
        })
    }

    /// Reads as whoever may everything.
    pub fn get(&self, path: &str) -> Seen {
        self.ask("all", &Method::GET, path, None, None)
    }

    /// Writes as whoever may everything.
    pub fn post(&self, path: &str, body: &Value) -> Seen {
        self.ask("all", &Method::POST, path, None, Some(body))
    }

    /// Changes what is at a version, as whoever may everything.
    pub fn patch(&self, path: &str, version: i64, body: &Value) -> Seen {
        self.ask("all", &Method::PATCH, path, Some(version), Some(body))
    }

    /// Puts a record in place of the one of this version, as somebody who reaches everything.
    pub fn put(&self, path: &str, version: i64, body: &Value) -> Seen {
        self.ask("all", &Method::PUT, path, Some(version), Some(body))
    }
}
