//! The metrics of the doors, as Prometheus reads them. Counters are found once and then kept, so
//! that a request costs a few atomic additions.

use crate::routes::RouteInfo;
use axum::http::StatusCode;
use domain::Code;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// Seconds; the last bucket is everything above.
const BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The statuses that the doors answer; any other counts under 0.
const STATUSES: [u16; 24] = [
    0, 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 416, 422, 428, 429, 500,
    503, 504, 507,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
    method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

/// Why a caller is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unknown {
    /// No key came, or something that is none.
    Missing,
    /// A key that is unknown, revoked or expired.
    Refused,
}

type Durations = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// All metrics of one server.
pub(crate) struct Meter {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Durations,
    denied: Family<RouteLabels, Counter>,
    unknown: Family<ReasonLabels, Counter>,
    /// By code, of which there is a closed list.
    refusals: Family<CodeLabels, Counter>,
    in_flight: Gauge,
    /// Bytes of large bodies in memory.
    pub(crate) held: Gauge,
    panics: Counter,
    pub(crate) replays: Counter,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        let meter = Meter {
            registry: Mutex::new(Registry::with_prefix("stockwell")),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            denied: Family::default(),
            unknown: Family::default(),
            refusals: Family::default(),
            in_flight: Gauge::default(),
            held: Gauge::default(),
            panics: Counter::default(),
            replays: Counter::default(),
        };
        meter.with_registry(|registry| {
            registry.register("http_requests", "Requests by route template", meter.requests.clone());
            registry.register(
                "http_request_duration_seconds",
                "Until the answer begins",
                meter.durations.clone(),
            );
            registry.register("http_in_flight", "Requests being answered", meter.in_flight.clone());
            registry.register("http_large_body_bytes", "Bytes of large bodies in memory", meter.held.clone());
            registry.register("authz_denied", "Refusals for want of a permission", meter.denied.clone());
            registry.register("refusals", "Refusals by the code of their problem", meter.refusals.clone());
            registry.register("auth_failures", "Callers that nobody knows", meter.unknown.clone());
            registry.register("idempotent_replays", "Stored answers given again", meter.replays.clone());
            registry.register("panics", "Panics caught at the door", meter.panics.clone());
        });
        meter
    }

    fn with_registry<T>(&self, f: impl FnOnce(&mut Registry) -> T) -> T {
        f(&mut self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Adds what another part of the product measures.
    pub(crate) fn add(&self, collector: Box<dyn Collector>) {
        self.with_registry(|registry| registry.register_collector(collector));
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::with_capacity(16 << 10);
        self.with_registry(|registry| prometheus_client::encoding::text::encode(&mut text, registry))?;
        Ok(text)
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    /// A caller that nobody knows.
    pub(crate) fn unknown(&self, why: Unknown) {
        let reason = match why {
            Unknown::Missing => "missing",
            Unknown::Refused => "refused",
        };
        self.unknown.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// So many refusals.
    pub(crate) fn refused(&self, code: Code, times: u64) {
        self.refusals.get_or_create(&CodeLabels { code: code.word() }).inc_by(times);
    }

    /// A request that no route took.
    pub(crate) fn outside(&self, status: StatusCode, code: Code) {
        self.refused(code, 1);
        let labels = RequestLabels { route: "none".into(), method: "any".into(), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
    }

    pub(crate) fn route(&self, route: &RouteInfo) -> RouteMeter {
        let labels = RouteLabels { route: route.path.clone(), method: route.method.to_string() };
        RouteMeter {
            statuses: [const { OnceLock::new() }; STATUSES.len()],
            requests: self.requests.clone(),
            duration: self.durations.get_or_create(&labels).clone(),
            denied: self.denied.get_or_create(&labels).clone(),
            in_flight: self.in_flight.clone(),
            labels,
        }
    }
}

/// The metrics of one route.
#[derive(Debug)]
pub(crate) struct RouteMeter {
    statuses: [OnceLock<Counter>; STATUSES.len()],
    requests: Family<RequestLabels, Counter>,
    duration: Histogram,
    denied: Counter,
    in_flight: Gauge,
    labels: RouteLabels,
}

impl RouteMeter {
    /// Counted until the answer is ready; also when the caller goes away before that.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    pub(crate) fn denied(&self, times: usize) {
        self.denied.inc_by(u64::try_from(times).unwrap_or(u64::MAX));
    }

    pub(crate) fn end(&self, status: StatusCode, took: Duration) {
        self.duration.observe(took.as_secs_f64());
        let number = status.as_u16();
        let place = STATUSES.iter().position(|known| *known == number).unwrap_or(0);
        if let Some(counter) = self.statuses.get(place) {
            counter.get_or_init(|| self.counter(number)).inc();
        }
    }

    fn counter(&self, status: u16) -> Counter {
        let RouteLabels { route, method } = self.labels.clone();
        self.requests.get_or_create(&RequestLabels { route, method, status }).clone()
    }
}

/// One request being answered.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
