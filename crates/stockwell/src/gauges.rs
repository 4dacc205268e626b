//! What `/metrics` says about the store and the machine, read when somebody asks.

use db::{Db, Health};
use domain::Instant;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What upkeep could not do since the process began.
#[derive(Debug, Default)]
pub(crate) struct Upkept {
    claims_set_aside: AtomicU64,
    jobs_failed: AtomicU64,
}

impl Upkept {
    /// Counts what one round could not do.
    pub(crate) fn count(&self, report: &stock::UpkeepReport) {
        let add = |counter: &AtomicU64, more: usize| {
            counter.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        add(&self.claims_set_aside, report.claims_set_aside);
        add(&self.jobs_failed, report.jobs_failed);
    }
}

/// What the last verification found.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    faults: AtomicU64,
    /// When it ended, in seconds since 1970; 0 before the first.
    ended_at: AtomicU64,
}

impl Verified {
    /// Keeps what a verification found that ended now.
    pub(crate) fn set(&self, faults: u64, now: Instant) {
        self.faults.store(faults, Ordering::Relaxed);
        self.ended_at.store(u64::try_from(now.0 / 1_000_000).unwrap_or_default(), Ordering::Relaxed);
    }

    /// How much was wrong, and when the last one ended.
    pub(crate) fn get(&self) -> (u64, u64) {
        (self.faults.load(Ordering::Relaxed), self.ended_at.load(Ordering::Relaxed))
    }
}

/// The store and the disk under it.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// The database.
    pub(crate) db: Db,
    /// The file of the embedded engine.
    pub(crate) file: Option<PathBuf>,
    /// What the worker tells.
    pub(crate) upkept: Arc<Upkept>,
    /// What is found at night.
    pub(crate) verified: Arc<Verified>,
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let mut gauge = |name, help, value: u64| {
            let value = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            value.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
        };
        let queued = u64::try_from(self.db.queued()).unwrap_or(u64::MAX);
        gauge("store_queued", "How much waits to be written", queued)?;
        let read_only = matches!(self.db.health(), Health::ReadOnly(_));
        gauge("store_read_only", "Whether the store takes no writes", read_only.into())?;
        let position = u64::try_from(*self.db.feed_position().borrow()).unwrap_or_default();
        gauge("feed_position", "The last position that was given to an event", position)?;
        let (faults, ended_at) = self.verified.get();
        gauge("verify_faults", "What the last verification found wrong", faults)?;
        gauge("verify_last_run_timestamp_seconds", "When the last verification ended", ended_at)?;
        if let Some(file) = &self.file {
            let mut log = file.as_os_str().to_owned();
            log.push("-wal");
            let bytes = std::fs::metadata(log).map_or(0, |log| log.len());
            gauge("wal_bytes", "Length of the log of the embedded database", bytes)?;
            let folder = file.parent().unwrap_or(file);
            if let Ok(stat) = rustix::fs::statvfs(folder) {
                let free = stat.f_bavail.saturating_mul(stat.f_frsize);
                gauge("disk_free_bytes", "Free space of the disk of the data", free)?;
            }
        }
        let mut counter = |name, help, count: &AtomicU64| {
            let count = ConstCounter::new(count.load(Ordering::Relaxed));
            count.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
        };
        let Upkept { claims_set_aside, jobs_failed } = self.upkept.as_ref();
        counter(
            "upkeep_claims_set_aside",
            "Claims past their time that could not be released",
            claims_set_aside,
        )?;
        counter("upkeep_jobs_failed", "Jobs of upkeep that failed", jobs_failed)?;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        build.encode(encoder.encode_descriptor("build", "The program", None, MetricType::Info)?)
    }
}
