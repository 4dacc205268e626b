//! What every route shares: the database, the clock, ids, the authenticator, the limits.

use crate::denied::Denials;
use crate::desk::Refusals;
use crate::failure::Failure;
use crate::guard::Seen;
use crate::limiter::Limiter;
use crate::master_key::MasterKey;
use crate::meter::Meter;
use crate::principal::{Authenticator, Principal};
use crate::proxies::Proxies;
use crate::strangers::{COMMANDS_PER_MINUTE, Strangers};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use bytes::Bytes;
use db::{Conn, DbError};
use domain::{CategoryId, Code, Ids, Instant, LocationId, PrincipalId, Problem};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Refusals that the log tells of in a minute at the usual level. Whoever is refused a thousand times a
/// second fills no disk, and whoever asks about one refusal finds it.
const REFUSALS_TOLD_PER_MINUTE: u32 = 600;

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
    /// Bytes that large bodies take in memory together.
    pub large_bytes_max: usize,
    /// How long a request may take until its answer begins.
    pub request_time_max: Duration,
    /// How long it may be for one whose body is a file.
    pub upload_time_max: Duration,
    /// Connections at the same time.
    pub connections_max: usize,
    /// Event streams at the same time for one principal.
    pub streams_max: usize,
    /// How long a command may wait for a second person; no longer than its answer is kept.
    pub approval_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_bytes_max: 2 << 20,
            bulk_bytes_max: 20 << 20,
            large_bytes_max: 256 << 20,
            request_time_max: Duration::from_secs(30),
            upload_time_max: Duration::from_mins(10),
            connections_max: 4096,
            streams_max: 10,
            approval_time_max: Duration::from_hours(72),
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
    /// The key that stands outside of the database.
    pub master_key: MasterKey,
    /// The limits.
    pub limits: Limits,
    /// Who is believed where a request comes from.
    pub proxies: Proxies,
    /// What else must be in order before requests are sent here, besides the store.
    pub readiness: Vec<Readiness>,
    /// The OpenAPI description, as JSON.
    pub description: Bytes,
    /// What there is to listen to.
    pub feed: Feed,
    /// What is asked about categories.
    pub categories: Categories,
    /// Whether the database is a copy to practise in.
    pub training: bool,
    /// What people see in place of what was refused; `None` where there are no pages.
    pub refusals: Option<Arc<dyn Refusals>>,
}

/// The category of an item and those above it, from its own upwards.
pub type CategoryLine = Option<Vec<CategoryId>>;

/// What modules that do not know each other ask about categories.
#[derive(Clone, Copy, Debug)]
pub struct Categories {
    /// The category of an item by its SKU and those above it, none for an item without one; `None` for no item.
    pub of: fn(&mut Conn<'_>, &str) -> Result<CategoryLine, DbError>,
    /// The login of somebody who has rights for the items of a category.
    pub granted: fn(&mut Conn<'_>, CategoryId) -> Result<Option<String>, DbError>,
}

/// What the modules say about the feed of events.
#[derive(Clone, Debug)]
pub struct Feed {
    /// All kinds of events, in the order of the alphabet.
    pub kinds: Vec<&'static str>,
    /// Whether one of these places is a site: events are of whole sites, and who reaches none hears
    /// nothing.
    pub any_site: fn(&mut Conn<'_>, &[LocationId]) -> Result<bool, DbError>,
    /// The body of an event of a kind without what only those are told who may see costs; `None` when there is
    /// nothing of that in it.
    pub without_costs: fn(kind: &str, body: &str) -> Option<String>,
}

/// A part that must be in order, with the sentence that says why it is not.
pub type Readiness = (&'static str, Box<dyn Fn() -> Result<(), String> + Send + Sync>);

/// The shared part of every request: an extractor, and cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: AppParts,
    meter: Meter,
    /// Not ready for new requests any more.
    draining: watch::Sender<bool>,
    /// Connections end after the request they are at.
    closing: watch::Sender<bool>,
    /// What those have used up whom nobody knows.
    strangers: Strangers,
    /// What was refused to whom and is in no row of the audit log yet.
    denials: Denials,
    /// How many refusals the log tells of.
    told: Limiter,
    /// Open event streams.
    streams: Mutex<HashMap<PrincipalId, usize>>,
}

/// One open event stream of a principal.
pub(crate) struct Streaming {
    app: App,
    principal: PrincipalId,
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let mut streams = self.app.streams();
        if let Some(open) = streams.get_mut(&self.principal) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.principal);
            }
        }
    }
}

impl App {
    /// From its parts.
    pub fn new(parts: AppParts) -> App {
        App(Arc::new(Inner {
            parts,
            meter: Meter::new(),
            draining: watch::Sender::new(false),
            closing: watch::Sender::new(false),
            strangers: Strangers::per_minute(COMMANDS_PER_MINUTE),
            denials: Denials::new(),
            told: Limiter::per_minute(REFUSALS_TOLD_PER_MINUTE),
            streams: Mutex::default(),
        }))
    }

    /// The database.
    pub fn db(&self) -> &db::Db {
        &self.0.parts.db
    }

    /// The time now. A command uses `ctx.now`, the time at the door.
    pub fn now(&self) -> Instant {
        self.0.parts.clock.now()
    }

    /// Whether the database is a copy to practise in.
    pub fn is_training(&self) -> bool {
        self.0.parts.training
    }

    /// What people see in place of what was refused.
    pub(crate) fn refusals(&self) -> Option<&dyn Refusals> {
        self.0.parts.refusals.as_deref()
    }

    /// Where new ids come from.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.0.parts.ids
    }

    /// The key that stands outside of the database.
    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.0.parts.master_key
    }

    /// Who is believed where a request comes from.
    pub(crate) fn proxies(&self) -> &Proxies {
        &self.0.parts.proxies
    }

    /// How to ask about categories.
    pub fn categories(&self) -> Categories {
        self.0.parts.categories
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.parts.limits
    }

    /// Adds what another part of the product measures to `/metrics`.
    pub fn measure(&self, collector: Box<dyn prometheus_client::collector::Collector>) {
        self.0.meter.add(collector);
    }

    /// From now on `/readyz` says no, and event streams end.
    pub(crate) fn drain(&self) {
        self.0.draining.send_replace(true);
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.0.draining.borrow()
    }

    pub(crate) fn draining(&self) -> watch::Receiver<bool> {
        self.0.draining.subscribe()
    }

    pub(crate) fn close_connections(&self) {
        self.0.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// The parts and whether they are in order.
    pub(crate) fn readiness(&self) -> impl Iterator<Item = (&'static str, Result<(), String>)> {
        let store = match self.db().health() {
            db::Health::Good => Ok(()),
            db::Health::ReadOnly(error) => Err(error.to_string()),
        };
        let others = self.0.parts.readiness.iter().map(|(name, check)| (*name, check()));
        std::iter::once(("store", store)).chain(others)
    }

    pub(crate) fn description(&self) -> &Bytes {
        &self.0.parts.description
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.0.parts.feed
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<PrincipalId, usize>> {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more stream of a principal, until it is dropped.
    pub(crate) fn streaming(&self, principal: &Principal) -> Result<Streaming, Problem> {
        let most = self.limits().streams_max;
        let mut streams = self.streams();
        let open = streams.entry(principal.id()).or_default();
        if *open >= most {
            let detail = format!("this key has {most} event streams open already, close one");
            return Err(Problem::new(Code::Throttled, detail));
        }
        *open += 1;
        drop(streams);
        Ok(Streaming { app: self.clone(), principal: principal.id() })
    }

    pub(crate) fn strangers(&self) -> &Strangers {
        &self.0.strangers
    }

    pub(crate) fn denials(&self) -> &Denials {
        &self.0.denials
    }

    /// Whether the log tells of one more refusal at the usual level.
    pub(crate) fn tells(&self, now: Instant) -> bool {
        self.0.told.take(now).is_ok()
    }

    /// The names of those who did something, for people.
    ///
    /// # Errors
    /// When the store fails.
    pub fn names(
        &self,
        conn: &mut Conn<'_>,
        ids: &[PrincipalId],
    ) -> Result<BTreeMap<PrincipalId, String>, DbError> {
        self.authenticator().names(conn, ids)
    }

    /// Notes that a stored answer was given again, for whoever answers past [`crate::Command::run`].
    pub fn count_replay(&self) {
        self.0.meter.replays.inc();
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
