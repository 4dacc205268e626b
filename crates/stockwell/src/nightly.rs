//! Once a night the books are held to their invariants, while they are written to: what is wrong is told by
//! a line of the log, and by a gauge that should be zero.

use crate::gauges::Verified;
use crate::wiring;
use db::{Db, DbError};
use domain::Instant;
use insight::verify::{self, Options, Report, Status};
use std::time::Duration;
use web::App;

/// How long it rests between two looks at the clock.
const REST: Duration = Duration::from_secs(30);

/// How long it may take: a snapshot as old as this is in everybody's way.
const PATIENCE: Duration = Duration::from_hours(12);

/// Whatever else the machine has to do comes first.
const NICE: i32 = 15;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// Verifies at an hour of each day, in UTC, until it is dropped.
pub(crate) async fn work(app: App, hour: u8, verified: &Verified) {
    let mut next = next_night(app.now(), hour);
    loop {
        tokio::time::sleep(REST).await;
        if app.now() < next {
            continue;
        }
        let (sender, ended) = tokio::sync::oneshot::channel();
        let (settings, now) = (app.db().settings().clone(), app.now());
        // a thread of its own, because its priority is low
        let begun = std::thread::Builder::new().name("verify".to_owned()).spawn(move || {
            if let Err(error) = rustix::process::setpriority_process(None, NICE) {
                tracing::warn!(%error, "the books are verified at the priority of everything else");
            }
            // nobody waits for it any more when the server has ended
            sender.send(run(settings, now)).unwrap_or_default();
        });
        match begun {
            Err(error) => tracing::warn!(%error, "the books could not be verified, and will be tomorrow"),
            Ok(_) => match ended.await {
                Ok(report) => tell(report, app.now(), verified),
                Err(error) => tracing::error!(%error, "verifying the books ended unexpectedly"),
            },
        }
        next = next_night(app.now(), hour);
    }
}

/// The first instant after `now` at which the day has that hour, in UTC.
fn next_night(now: Instant, hour: u8) -> Instant {
    let today = now.0.div_euclid(DAY).saturating_mul(DAY).saturating_add(i64::from(hour) * HOUR);
    Instant(if today > now.0 { today } else { today.saturating_add(DAY) })
}

/// Verifies a database, beside whoever serves it.
fn run(settings: db::Settings, now: Instant) -> Result<Report, DbError> {
    let settings = db::Settings { read_only: true, read_timeout: PATIENCE, readers: 1, ..settings };
    let db = Db::open(&settings, &wiring::MIGRATIONS)?;
    let options = Options { only: Vec::new(), deep: false, now, keys_max: Options::KEYS_MAX };
    let report = verify::run(&db, &options);
    db.close();
    report
}

/// Says what was found.
fn tell(report: Result<Report, DbError>, now: Instant, verified: &Verified) {
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(%error, "the books could not be verified, and will be tomorrow");
            return;
        }
    };
    let failed = report.records.iter().filter(|record| record.status == Status::Fail);
    verified.set(failed.clone().map(|record| record.violations).sum(), now);
    let checks: Vec<String> =
        failed.map(|record| format!("{} {}: {}", record.id, record.title, record.violations)).collect();
    if checks.is_empty() {
        tracing::info!(ms = report.ms, "the books were verified, and everything holds");
    } else {
        let checks = checks.join("; ");
        tracing::error!(checks, "the books are not sound: run `stockwell verify` for what is wrong");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::{Engine, Statement};
    use std::sync::{Arc, Mutex};

    #[test]
    fn the_next_night_is_the_first_one_to_come() {
        let rows = [
            ("2026-03-01T00:00:00Z", 2, "2026-03-01T02:00:00Z"),
            ("2026-03-01T01:59:59Z", 2, "2026-03-01T02:00:00Z"),
            ("2026-03-01T02:00:00Z", 2, "2026-03-02T02:00:00Z"),
            ("2026-03-01T14:00:00Z", 2, "2026-03-02T02:00:00Z"),
            ("2026-12-31T23:59:59Z", 0, "2027-01-01T00:00:00Z"),
            ("1969-12-31T22:30:00Z", 23, "1969-12-31T23:00:00Z"),
        ];
        for (now, hour, next) in rows {
            let [now, next] = [now, next].map(|text| Instant::parse(text).unwrap());
            assert_eq!(next_night(now, hour), next, "{now:?} {hour}");
        }
    }

    const OFF: Statement = Statement::new("test.nightly.off", "update db_audit_head set n = n + 7");

    /// The lines of the log that one thread writes.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn told(store: &testkit::Store, verified: &Verified, now: Instant) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        let report = run(store.settings.clone(), now);
        tracing::subscriber::with_default(log, || tell(report, now, verified));
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    fn what_is_wrong_is_counted_and_logged(engine: Engine) {
        let store = testkit::Store::new(engine, &wiring::MIGRATIONS).unwrap();
        let (verified, now) = (Verified::default(), Instant::parse("2026-03-01T02:00:00Z").unwrap());
        assert_eq!(verified.get(), (0, 0));
        let line = told(&store, &verified, now);
        assert!(line.contains(" INFO ") && line.contains("everything holds"), "{line}");
        assert_eq!(verified.get(), (0, u64::try_from(now.0 / 1_000_000).unwrap()));
        store.db.write_blocking(|tx| tx.execute(&OFF, &[])).unwrap();
        let line = told(&store, &verified, now);
        assert!(
            line.contains(" ERROR ") && line.contains("I-22 Every change is in the audit log: 2"),
            "{line}"
        );
        assert_eq!(verified.get().0, 2);
    }

    #[test]
    fn what_is_wrong_is_counted_and_logged_on_sqlite() {
        what_is_wrong_is_counted_and_logged(Engine::Sqlite);
    }

    #[test]
    fn what_is_wrong_is_counted_and_logged_on_postgres() {
        what_is_wrong_is_counted_and_logged(Engine::Postgres);
    }

    #[test]
    fn what_could_not_be_verified_counts_as_nothing() {
        let verified = Verified::default();
        verified.set(3, Instant(5_000_000));
        let settings = db::Settings::new("sqlite:/nowhere/at/all.db");
        tell(run(settings, Instant(9_000_000)), Instant(9_000_000), &verified);
        assert_eq!(verified.get(), (3, 5));
    }
}
