//! What `/metrics` says about the store and the machine, read when somebody asks.

use db::{Db, Health};
use domain::Instant;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seconds; the last bucket is everything above.
const BUCKETS: [f64; 9] = [0.01, 0.1, 1.0, 5.0, 30.0, 120.0, 600.0, 3_600.0, 14_400.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

/// What was done by itself since the process began.
#[derive(Debug)]
pub(crate) struct Upkept {
    claims_set_aside: AtomicU64,
    runs: Family<KindLabels, Counter>,
    failures: Family<KindLabels, Counter>,
    durations: Family<KindLabels, Histogram, fn() -> Histogram>,
}

impl Default for Upkept {
    fn default() -> Upkept {
        Upkept {
            claims_set_aside: AtomicU64::default(),
            runs: Family::default(),
            failures: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl Upkept {
    /// Counts one round of upkeep.
    pub(crate) fn count(&self, report: &stock::UpkeepReport) {
        let aside = u64::try_from(report.claims_set_aside).unwrap_or(u64::MAX);
        self.claims_set_aside.fetch_add(aside, Ordering::Relaxed);
        report.jobs.iter().for_each(|run| self.ran(*run));
    }

    /// Counts one run of a job.
    pub(crate) fn ran(&self, run: stock::JobRun) {
        let stock::JobRun { kind, took, failed } = run;
        let labels = KindLabels { kind };
        self.runs.get_or_create(&labels).inc();
        // a kind that never failed is there too, so that the first failure is seen as one more
        self.failures.get_or_create(&labels).inc_by(failed.into());
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
    }

    fn encode(&self, encoder: &mut DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let Upkept { claims_set_aside, runs, failures, durations } = self;
        let aside = ConstCounter::new(claims_set_aside.load(Ordering::Relaxed));
        let about = "Claims past their time that could not be released";
        aside.encode(encoder.encode_descriptor(
            "upkeep_claims_set_aside",
            about,
            None,
            MetricType::Counter,
        )?)?;
        runs.encode(encoder.encode_descriptor("job_runs", "Runs of jobs", None, MetricType::Counter)?)?;
        let about = "Runs of jobs that failed";
        failures.encode(encoder.encode_descriptor("job_failures", about, None, MetricType::Counter)?)?;
        let about = "How long runs of jobs took";
        durations.encode(encoder.encode_descriptor(
            "job_duration_seconds",
            about,
            None,
            MetricType::Histogram,
        )?)
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
        self.upkept.encode(&mut encoder)?;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        build.encode(encoder.encode_descriptor("build", "The program", None, MetricType::Info)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::{DbError, Engine};
    use prometheus_client::registry::Registry;
    use std::sync::mpsc;
    use std::time::Duration;
    use stock::JobRun;

    /// What the gauges of a database say.
    fn told(gauges: Gauges) -> String {
        let mut registry = Registry::with_prefix("stockwell");
        registry.register_collector(Box::new(gauges));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    fn what_waits_to_be_written_is_told_up_to_a_full_queue(engine: Engine) {
        let store = testkit::Store::with(engine, &crate::wiring::MIGRATIONS, |settings| {
            settings.writers = 1;
            settings.queue_max = 2;
        })
        .unwrap();
        let queued = || {
            let (upkept, verified) = (Arc::default(), Arc::default());
            let text = told(Gauges { db: store.db.clone(), file: None, upkept, verified });
            let line = text.lines().find_map(|line| line.strip_prefix("stockwell_store_queued "));
            line.unwrap().parse::<usize>().unwrap()
        };
        let nothing = |_: &mut db::Tx<'_>| Ok::<(), DbError>(());
        assert_eq!(queued(), 0);
        let ((running, is_running), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
        std::thread::scope(|scope| {
            let hold = move |_: &mut db::Tx<'_>| {
                running.send(()).unwrap();
                released.recv().unwrap();
                Ok::<(), DbError>(())
            };
            let mut all = vec![scope.spawn(|| store.db.write_blocking(hold))];
            is_running.recv().unwrap();
            for waiting in 1..=2 {
                all.push(scope.spawn(|| store.db.write_blocking(nothing)));
                while queued() < waiting {
                    std::thread::yield_now();
                }
            }
            assert!(matches!(store.db.write_blocking(nothing), Err(DbError::Busy)), "one more is refused");
            assert_eq!(queued(), 2);
            release.send(()).unwrap();
            for write in all {
                write.join().unwrap().unwrap();
            }
        });
        assert_eq!(queued(), 0);
    }

    testkit::on_both_engines!(what_waits_to_be_written_is_told_up_to_a_full_queue);

    #[test]
    fn runs_of_jobs_are_counted_by_their_kind() {
        let store = testkit::Store::new(db::Engine::Sqlite, &crate::wiring::MIGRATIONS).unwrap();
        let upkept = Arc::new(Upkept::default());
        let run = |kind, millis, failed| JobRun { kind, took: Duration::from_millis(millis), failed };
        let jobs = vec![run("stock.expiry", 2, false), run("stock.expiry", 700, true)];
        upkept.count(&stock::UpkeepReport { jobs, claims_set_aside: 3, ..stock::UpkeepReport::default() });
        upkept.ran(run("stockwell.verify", 90_000, false));
        let (db, verified) = (store.db.clone(), Arc::new(Verified::default()));
        let text = told(Gauges { db, file: None, upkept, verified });
        for line in [
            "stockwell_job_runs_total{kind=\"stock.expiry\"} 2",
            "stockwell_job_runs_total{kind=\"stockwell.verify\"} 1",
            "stockwell_job_failures_total{kind=\"stock.expiry\"} 1",
            "stockwell_job_failures_total{kind=\"stockwell.verify\"} 0",
            "stockwell_job_duration_seconds_bucket{le=\"0.01\",kind=\"stock.expiry\"} 1",
            "stockwell_job_duration_seconds_bucket{le=\"1.0\",kind=\"stock.expiry\"} 2",
            "stockwell_job_duration_seconds_count{kind=\"stockwell.verify\"} 1",
            "stockwell_upkeep_claims_set_aside_total 3",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
    }
}
