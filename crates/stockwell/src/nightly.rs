//! Once a night the books are held to their invariants, while they are written to: what is wrong is told by
//! a line of the log, and by a gauge that should be zero.
//!
//! Of the processes of one database one does it. The night is a job of the database, and whoever takes it
//! verifies; the others see that it is taken. The job of a process that died in it is taken by nobody else
//! that night: verifying by day would be in the way of those who work.

use crate::gauges::{Upkept, Verified};
use crate::wiring;
use db::{Db, DbError, NewJob, jobs};
use domain::{Ids, Instant};
use insight::verify::{self, Options, Report, Status};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use web::App;

/// How long it rests between two looks at the clock.
const REST: Duration = Duration::from_secs(30);

/// How long it may take: a snapshot as old as this is in everybody's way.
const PATIENCE: Duration = Duration::from_hours(12);

/// Whatever else the machine has to do comes first.
const NICE: i32 = 15;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// The kind of the job.
const NIGHT: &str = "stockwell.verify";

/// For how long nobody else takes the job: longer than it may take.
const LEASE: i64 = 13 * HOUR;

/// How late a night may begin. What nobody was there to do is left for the next one.
const LATE_MAX: i64 = HOUR;

/// How many nights are left out in one transaction: more than there ever are.
const LEFT_OUT_AT_ONCE: i64 = 100;

/// Verifies at an hour of each day, in UTC, until it is dropped.
pub(crate) async fn work(app: App, hour: u8, verified: &Verified, upkept: &Upkept) {
    loop {
        tokio::time::sleep(REST).await;
        let (db, ids, now) = (app.db().clone(), Arc::clone(app.ids()), app.now());
        match spawn_blocking(move || take_due(&db, ids.as_ref(), now, hour)).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(job))) => {
                let begun = std::time::Instant::now();
                let failed = !verify_now(&app, verified).await;
                upkept.ran(stock::JobRun { kind: NIGHT, took: begun.elapsed(), failed });
                end(&app, job).await;
            }
            Ok(Err(error)) => tracing::warn!(%error, "whether the books are to be verified is not known"),
            Err(error) => tracing::error!(%error, "looking for what is to be verified ended unexpectedly"),
        }
    }
}

/// Verifies in a thread of its own, because its priority is low. Whether it could be done, whatever it found.
async fn verify_now(app: &App, verified: &Verified) -> bool {
    let (sender, ended) = tokio::sync::oneshot::channel();
    let (settings, now) = (app.db().settings().clone(), app.now());
    let begun = std::thread::Builder::new().name("verify".to_owned()).spawn(move || {
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::warn!(%error, "the books are verified at the priority of everything else");
        }
        // nobody waits for it any more when the server has ended
        sender.send(run(settings, now)).unwrap_or_default();
    });
    if let Err(error) = begun {
        tracing::warn!(%error, "the books could not be verified, and will be tomorrow");
        return false;
    }
    match ended.await {
        Ok(report) => {
            let is_done = report.is_ok();
            tell(report, app.now(), verified);
            is_done
        }
        Err(error) => {
            tracing::error!(%error, "verifying the books ended unexpectedly");
            false
        }
    }
}

/// Whatever it came to, the night is over: the next one has a job of its own.
async fn end(app: &App, job: jobs::Job) {
    if let Err(error) = app.db().write(move |tx| jobs::done(tx, &job)).await {
        tracing::warn!(%error, "the job of the night stays until it is left out");
    }
}

/// Takes the job of this hour that is due, unless another process has it, and sees to it that the next night
/// has one. Processes with another hour have nights of their own. What is late is left out, whoever it was of:
/// so an hour that no process has any more is forgotten a little after it.
fn take_due(db: &Db, ids: &dyn Ids, now: Instant, hour: u8) -> Result<Option<jobs::Job>, DbError> {
    let key = format!("{hour:02}");
    let late = now.0.saturating_sub(LATE_MAX).saturating_sub(1);
    let (waiting, counts) =
        db.read_blocking(|conn| Ok::<_, DbError>((jobs::waiting(conn, NIGHT)?, jobs::counts(conn)?)))?;
    let oldest = counts.iter().find(|count| count.kind == NIGHT).and_then(|night| night.oldest_run_at);
    let is_planned = waiting.iter().any(|job| job.key == key && job.run_at > now.0);
    if is_planned && oldest.is_none_or(|at| at > late) {
        return Ok(None);
    }
    let next = next_night(now, hour);
    let id = *ids.next().as_bytes();
    let (left_out, taken) = db.write_blocking(move |tx| {
        let lease = now.0.saturating_add(LEASE);
        let left_out = jobs::claim(tx, &[NIGHT], late, lease, LEFT_OUT_AT_ONCE)?;
        for job in &left_out {
            jobs::done(tx, job)?;
        }
        let taken = jobs::claim_waiting(tx, NIGHT, &key, now.0, lease)?;
        let payload = next.0.to_string();
        tx.enqueue(NewJob { id, kind: NIGHT, payload: &payload, run_at: next.0, dedupe: Some(&key) })?;
        Ok::<_, DbError>((left_out, taken))
    })?;
    // one that was taken before may have been verified by a process that could not say so any more
    if !left_out.is_empty() {
        tracing::info!(
            "the books may not have been verified at an hour that is over, and will be at the next one"
        );
    }
    Ok(taken)
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
    use std::sync::Mutex;

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

    /// Processes that serve one database: two of a server, one of a file.
    struct Processes {
        store: testkit::Store,
        all: Vec<Db>,
        ids: Arc<dyn Ids>,
    }

    impl Processes {
        fn new(engine: Engine) -> Processes {
            let store = testkit::Store::new(engine, &wiring::MIGRATIONS).unwrap();
            let mut all = vec![store.db.clone()];
            if engine == Engine::Postgres {
                all.push(Db::open(&store.settings, &wiring::MIGRATIONS).unwrap());
            }
            let clock: Arc<dyn web::Clock> = Arc::new(crate::clock::WallClock::default());
            Processes { store, all, ids: Arc::new(crate::ids::TimeIds::new(clock)) }
        }

        /// The jobs that were taken when all of them look at the clock at once.
        fn look(&self, now: &str, hour: u8) -> Vec<jobs::Job> {
            let now = Instant::parse(now).unwrap();
            let take = |db: &Db| take_due(db, self.ids.as_ref(), now, hour).unwrap();
            std::thread::scope(|scope| {
                let looks: Vec<_> = self.all.iter().map(|db| scope.spawn(move || take(db))).collect();
                looks.into_iter().filter_map(|look| look.join().unwrap()).collect()
            })
        }

        fn waiting(&self) -> Vec<String> {
            self.store
                .db
                .read_blocking(|conn| jobs::waiting(conn, NIGHT))
                .unwrap()
                .into_iter()
                .map(|job| job.key)
                .collect()
        }
    }

    fn one_of_many_verifies_each_night(engine: Engine) {
        let processes = Processes::new(engine);
        assert!(processes.look("2026-03-01T12:00:00Z", 2).is_empty(), "it waits for the night");
        assert!(processes.look("2026-03-02T01:59:59Z", 2).is_empty());
        for night in ["2026-03-02", "2026-03-03", "2026-03-04"] {
            let mut taken = processes.look(&format!("{night}T02:00:10Z"), 2);
            assert_eq!(taken.len(), 1, "{night}: one of them, and no other");
            assert!(processes.look(&format!("{night}T02:00:40Z"), 2).is_empty(), "{night}: it is taken");
            let job = taken.pop().unwrap();
            assert!(processes.store.db.write_blocking(move |tx| jobs::done(tx, &job)).unwrap());
            assert!(processes.look(&format!("{night}T02:59:00Z"), 2).is_empty(), "{night}: it is done");
            assert_eq!(processes.waiting(), ["02"]);
        }
    }

    fn a_night_that_nobody_was_there_for_is_left_out(engine: Engine) {
        let processes = Processes::new(engine);
        assert!(processes.look("2026-03-01T12:00:00Z", 2).is_empty());
        assert!(processes.look("2026-03-02T03:00:01Z", 2).is_empty(), "it is an hour late");
        // one that died in it has held it for longer than anybody waits
        assert_eq!(processes.look("2026-03-03T02:00:00Z", 2).len(), 1);
        assert!(processes.look("2026-03-03T15:00:01Z", 2).is_empty());
        assert_eq!(processes.look("2026-03-04T02:00:00Z", 2).len(), 1, "and the next one is as usual");
    }

    fn processes_of_two_hours_have_nights_of_their_own(engine: Engine) {
        let processes = Processes::new(engine);
        assert!(processes.look("2026-03-01T12:00:00Z", 2).is_empty());
        assert!(processes.look("2026-03-01T12:00:01Z", 14).is_empty());
        assert_eq!(processes.waiting(), ["02", "14"]);
        assert_eq!(processes.look("2026-03-01T14:00:00Z", 14).len(), 1);
        assert!(processes.look("2026-03-02T02:00:00Z", 14).is_empty(), "this is the night of the others");
        assert_eq!(processes.look("2026-03-02T02:00:20Z", 2).len(), 1);
        assert!(processes.look("2026-03-02T14:00:00Z", 2).is_empty());
        assert_eq!(processes.look("2026-03-02T14:00:10Z", 14).len(), 1);
    }

    fn a_night_of_an_hour_that_nobody_has_any_more_is_left_out(engine: Engine) {
        let processes = Processes::new(engine);
        assert!(processes.look("2026-03-01T12:00:00Z", 2).is_empty());
        // all of them are started again with another hour
        assert!(processes.look("2026-03-01T13:00:00Z", 5).is_empty());
        assert!(
            processes.look("2026-03-02T02:00:10Z", 5).is_empty(),
            "nobody verifies at the hour of before"
        );
        assert!(processes.look("2026-03-02T03:00:01Z", 5).is_empty());
        assert_eq!(processes.waiting(), ["05"], "and what waited for it is gone");
        assert_eq!(processes.look("2026-03-02T05:00:10Z", 5).len(), 1);
        // and back to an hour that is still to come on this day
        assert!(processes.look("2026-03-02T06:00:00Z", 7).is_empty());
        assert_eq!(processes.look("2026-03-02T07:00:00Z", 7).len(), 1);
        assert!(processes.look("2026-03-03T05:00:10Z", 7).is_empty());
        assert_eq!(processes.look("2026-03-03T07:00:00Z", 7).len(), 1);
        assert_eq!(processes.waiting(), ["07"]);
    }

    testkit::on_both_engines!(
        one_of_many_verifies_each_night,
        a_night_that_nobody_was_there_for_is_left_out,
        processes_of_two_hours_have_nights_of_their_own,
        a_night_of_an_hour_that_nobody_has_any_more_is_left_out,
    );

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
