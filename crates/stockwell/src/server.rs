//! A server in this process: the parts put together, from an open database to an answering socket.

use crate::gauges::Gauges;
use crate::wiring::{self, Stockwell};
use axum::Router;
use bytes::Bytes;
use db::Db;
use domain::Ids;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use stock::Vault;
use tokio::net::TcpListener;
use web::{App, AppParts, Clock, Closing, Limits, Readiness};

/// What a server is made of.
#[expect(missing_debug_implementations, reason = "made of trait objects")]
pub struct ServerParts {
    /// The database, migrated.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The limits.
    pub limits: Limits,
    /// What must be in order besides the store.
    pub readiness: Vec<Readiness>,
}

/// A server that is ready to run.
#[derive(Debug)]
pub struct Server {
    state: Stockwell,
    router: Router,
}

impl Server {
    /// Puts the parts together.
    pub fn new(parts: ServerParts) -> Server {
        let ServerParts { db, clock, ids, limits, readiness } = parts;
        let access = wiring::access(&db);
        let vault = Vault::open(&db);
        let authenticator = access.authenticator();
        let file = db.settings().url.strip_prefix("sqlite:").map(PathBuf::from);
        let gauges = Gauges { db: db.clone(), file };
        let description = Bytes::from(description());
        let app = App::new(AppParts { db, clock, ids, authenticator, limits, readiness, description });
        app.measure(Box::new(gauges));
        let state = Stockwell { app: app.clone(), access, vault };
        let router = wiring::routes().router(&app, state.clone());
        Server { state, router }
    }

    /// What the handlers share.
    pub fn state(&self) -> &Stockwell {
        &self.state
    }

    /// Answers until `stop` is ready and everything that was begun is answered.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>, closing: Closing) {
        let Server { state, router } = self;
        tokio::select! {
            () = web::serve(listener, router, &state.app, stop, closing) => {}
            () = state.access.watch() => {}
            () = crate::worker::work(state.app.clone()) => {}
        }
    }
}

/// The OpenAPI description as JSON, on many lines.
pub fn description() -> String {
    let openapi = web::openapi(wiring::routes().table(), env!("CARGO_PKG_VERSION"));
    let value = serde_json::to_value(&openapi).map(sorted).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

/// The same with the names of every object in order: extensions come in any, and the description
/// is committed.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields: BTreeMap<String, Value> =
                map.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}
