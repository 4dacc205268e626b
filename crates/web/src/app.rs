//! What every route shares: the database, the clock, ids, the authenticator, the limits.

use crate::failure::Failure;
use crate::guard::Seen;
use crate::meter::Meter;
use crate::principal::Authenticator;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{Ids, Instant};
use std::sync::Arc;
use std::time::Duration;

/// What a router's state must be. Implemented for everything that can be one.
pub trait State: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> State for T {}

/// The wall clock, or a test's.
pub trait Clock: Send + Sync {
    /// The time at the door.
    fn now(&self) -> Instant;
}

/// The limits of the doors. Each is tested at the limit and one beyond.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a JSON body.
    pub body_bytes_max: usize,
    /// Bytes of the body of a bulk route.
    pub bulk_bytes_max: usize,
    /// How long a request may take until its answer begins.
    pub request_time_max: Duration,
    /// Connections at the same time.
    pub connections_max: usize,
    /// Event streams at the same time for one principal.
    pub streams_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_bytes_max: 2 << 20,
            bulk_bytes_max: 20 << 20,
            request_time_max: Duration::from_secs(30),
            connections_max: 4096,
            streams_max: 10,
        }
    }
}

/// What an [`App`] is made of.
#[expect(missing_debug_implementations, reason = "made of trait objects")]
pub struct AppParts {
    /// The database.
    pub db: db::Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Who stands behind a key.
    pub authenticator: Arc<dyn Authenticator>,
    /// The limits.
    pub limits: Limits,
}

/// The shared part of every request: an extractor, and cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: AppParts,
    meter: Meter,
}

impl App {
    /// From its parts.
    pub fn new(parts: AppParts) -> App {
        App(Arc::new(Inner { parts, meter: Meter::new() }))
    }

    /// The database.
    pub fn db(&self) -> &db::Db {
        &self.0.parts.db
    }

    /// The time now. A command uses `ctx.now`, the time at the door.
    pub fn now(&self) -> Instant {
        self.0.parts.clock.now()
    }

    /// Where new ids come from.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.0.parts.ids
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.parts.limits
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(crate) fn authenticator(&self) -> &dyn Authenticator {
        &*self.0.parts.authenticator
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("limits", self.limits()).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for App {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Seen::of(&parts.extensions).map(|seen| seen.app.clone())
    }
}
