//! The one thread that writes SQLite's file: everything that has queued becomes one transaction.
//! Who is in it is answered when it is on the disk, which under load is waited for beside the next
//! one. Invariant: a refused closure leaves nothing behind.

use crate::conn::Conn;
use crate::error::DbError;
use crate::feed;
use crate::health::{Health, Latch};
use crate::lane::{self, Head};
use crate::queue::{Entry, Queue, Taken};
use crate::sqlite::checkpoint::{self, Log};
use crate::sqlite::syncer::{Batch, Done, Syncer};
use crate::statement::Statement;
use crate::task::{HotCall, Ran, Task};
use crate::tx::{Tx, Work};
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often one closure is run again, for instance after an idempotency race.
const RUNS_MAX: u32 = 5;
/// How long a batch may take before it is committed with what it has.
const BATCH_TIME_MAX: Duration = Duration::from_millis(50);
/// After this long without work the page cache is given back.
const IDLE: Duration = Duration::from_secs(20);
const FOREVER: Duration = Duration::from_hours(1);
const PROBE_PAUSE: Duration = Duration::from_millis(500);
const BEGIN: &str = "begin immediate";
const ROLLBACK: &str = "rollback";
const SAVEPOINT: &str = "savepoint task";
const RELEASE: &str = "release savepoint task";
const ROLLBACK_TO: &str = "rollback to savepoint task";

const PROBE: Statement = Statement::per_engine(
    "db.probe",
    "insert into db_probe (id, filler)
     values (1, zeroblob(65536))
     on conflict (id) do update
     set filler = excluded.filler",
    "",
);

const PROBE_CLEAN: Statement = Statement::per_engine("db.probe_clean", "delete from db_probe", "");

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[PROBE, PROBE_CLEAN];

/// What is left of the writer when its work is done: to be dropped when nobody reads any more, for
/// then the log is copied back into the file, which from then on holds everything by itself.
pub(crate) struct Rest {
    conn: rusqlite::Connection,
    /// Keeps other processes away until then.
    #[expect(dead_code, reason = "held, not used")]
    lock: File,
}

impl Drop for Rest {
    fn drop(&mut self) {
        checkpoint::end(&self.conn);
    }
}

/// The writer.
pub(crate) struct Writer {
    /// Keeps other processes away for as long as this one writes.
    pub(crate) lock: File,
    pub(crate) conn: rusqlite::Connection,
    pub(crate) queue: Arc<Queue>,
    pub(crate) latch: Arc<Latch>,
    pub(crate) batch_max: usize,
    pub(crate) log: Log,
    pub(crate) syncer: Syncer,
    /// The lane's head as the last commit left it; none before it is needed.
    pub(crate) head: Option<Head>,
}

impl Writer {
    /// Works until the queue is closed and empty.
    pub(crate) fn work(mut self) -> Rest {
        let mut idle = false;
        loop {
            match self.queue.take(self.batch_max, if idle { FOREVER } else { IDLE }) {
                Taken::Some(entries) => {
                    idle = false;
                    self.batch(entries);
                }
                Taken::Idle => {
                    idle = true;
                    self.log.idle(&self.conn);
                    if let Err(error) = self.conn.release_memory() {
                        tracing::debug!(%error, "cannot give memory back");
                    }
                }
                Taken::Closed => break,
            }
            while self.latch.refusal().is_some() && self.probe().is_err() {
                self.refuse_waiting();
            }
        }
        self.syncer.end();
        Rest { conn: self.conn, lock: self.lock }
    }

    fn run_text(&self, text: &'static str) -> Result<(), DbError> {
        Conn::sqlite(&self.conn, None).batch(text)
    }

    fn batch(&mut self, entries: Vec<Entry>) {
        let mut rest = entries.into_iter();
        while !rest.as_slice().is_empty() {
            self.part(&mut rest);
        }
    }

    /// One transaction: of all that is left, or of as much as can be done in reasonable time, so
    /// that nobody waits for more than one slow batch.
    fn part(&mut self, rest: &mut std::vec::IntoIter<Entry>) {
        let started = Instant::now();
        let mut done: Vec<Done> = Vec::with_capacity(rest.len());
        let mut end = self.run_text(BEGIN);
        self.load_head();
        let mut work = Work { head: self.head.clone(), ..Work::default() };
        while end.is_ok() && (done.is_empty() || started.elapsed() < BATCH_TIME_MAX) {
            let Some(entry) = rest.next() else { break };
            let (ran, still) = match entry {
                Entry::Cold(task, _) => self.cold(task, &mut work),
                Entry::Hot { front, count, .. } => self.hot(front.take(count), &mut work),
            };
            done.push(ran);
            end = still;
        }
        let mut position = None;
        if end.is_ok() {
            match self.commit(&work) {
                Ok(reached) => position = reached,
                Err(error) => end = Err(error),
            }
        }
        if end.is_err() {
            done.extend(rest.by_ref().map(|entry| match entry {
                Entry::Cold(task, _) => Done::Cold(task, Ok(())),
                Entry::Hot { front, count, .. } => Done::Hot(front.take(count)),
            }));
        }
        let kept = end.is_ok();
        if let Err(error) = &end {
            self.undo(error);
        }
        let waits = !rest.as_slice().is_empty() || self.queue.weight() > 0;
        self.syncer.settle(Batch { done, end, enqueued: work.enqueued, position }, waits);
        if kept {
            self.log.after_commit(&self.conn);
        }
    }

    /// After a failure of the disk, refuses everything that comes.
    fn undo(&mut self, error: &DbError) {
        if !self.conn.is_autocommit() {
            drop(self.run_text(ROLLBACK));
        }
        self.head = None;
        if error.is_storage() {
            self.latch.set(Health::ReadOnly(error.clone()));
        }
    }

    /// The head as of the last commit. Before the first migration there is none.
    fn load_head(&mut self) {
        if self.head.is_none() {
            self.head = lane::load(&mut Conn::sqlite(&self.conn, None), 1).ok();
        }
    }

    /// Commits; the position that the feed has reached with it.
    fn commit(&mut self, work: &Work) -> Result<Option<i64>, DbError> {
        let mut conn = Conn::sqlite(&self.conn, None);
        let mut position = None;
        if let (Some(old), Some(new)) = (&self.head, &work.head)
            && old != new
        {
            lane::store(&mut conn, old, new)?;
            if old.event_number < new.event_number {
                let run = (new.lane, old.event_number.saturating_add(1), new.event_number);
                position = Some(feed::append(&mut conn, &[run])?);
            }
        }
        self.syncer.show();
        conn.batch("commit")?;
        self.head.clone_from(&work.head);
        Ok(position)
    }

    /// Whether the transaction still stands after a failure in a closure.
    fn still_open(&self, error: &DbError) -> Result<(), DbError> {
        if error.is_storage() || self.conn.is_autocommit() { Err(error.clone()) } else { Ok(()) }
    }

    fn cold(&mut self, mut task: Box<dyn Task>, work: &mut Work) -> (Done, Result<(), DbError>) {
        for attempt in 1_u32.. {
            let ran = match self.alone(work, |tx| task.run(tx)) {
                Ok(ran) => ran,
                Err(error) => return (Done::Cold(task, Ok(())), Err(error)),
            };
            let own = match ran {
                Ran::Keep | Ran::Discard => Ok(()),
                Ran::Failed(error) if error.is_retryable() && attempt < RUNS_MAX => continue,
                Ran::Failed(DbError::Retry(_)) => Err(DbError::Contention),
                Ran::Failed(error) => Err(error),
            };
            let end = match &own {
                Err(error) => self.still_open(error),
                Ok(()) => Ok(()),
            };
            return (Done::Cold(task, own), end);
        }
        (Done::Cold(task, Err(DbError::Contention)), Ok(()))
    }

    /// Runs something that can be undone alone. The first of a transaction needs no savepoint for
    /// that, which would keep a copy of every page that it changes.
    fn alone(&self, work: &mut Work, run: impl FnOnce(&mut Tx<'_>) -> Ran) -> Result<Ran, DbError> {
        let first = !work.begun;
        if !first {
            self.run_text(SAVEPOINT)?;
        }
        let mark = work.mark();
        let enqueued = work.enqueued;
        work.restart();
        let mut tx = Tx::new(Conn::sqlite(&self.conn, None), work);
        let ran = run(&mut tx);
        if let Some(error) = tx.conn.failed.take().filter(DbError::is_storage) {
            // the closure may have made something else of it
            return Err(error);
        }
        if let Ran::Keep = ran {
            work.begun = true;
            if !first {
                self.run_text(RELEASE)?;
            }
            return Ok(ran);
        }
        work.back_to(mark);
        work.enqueued = enqueued;
        if self.conn.is_autocommit() {
            return match ran {
                Ran::Failed(error) => Err(error),
                _ => Err(DbError::Io("the engine gave the transaction up".into())),
            };
        }
        if first {
            self.run_text(ROLLBACK)?;
            self.run_text(BEGIN)?;
        } else {
            self.run_text(ROLLBACK_TO)?;
            self.run_text(RELEASE)?;
        }
        Ok(ran)
    }

    /// Runs commands of a front: all in one call, and after a failure in ever smaller ones, so that
    /// only the poison fails.
    fn hot(&mut self, mut call: Box<dyn HotCall>, work: &mut Work) -> (Done, Result<(), DbError>) {
        let mut todo: Vec<(Range<usize>, u32)> = vec![(0..call.len(), 1)];
        let mut end = Ok(());
        while let Some((range, attempt)) = todo.pop().filter(|(range, _)| !range.is_empty()) {
            let ran =
                self.alone(work, |tx| call.run(tx, range.clone()).map_or_else(Ran::Failed, |()| Ran::Keep));
            let error = match ran {
                Ok(Ran::Failed(error)) => error,
                Ok(_) => continue,
                Err(error) => {
                    end = Err(error);
                    break;
                }
            };
            end = self.still_open(&error);
            if end.is_err() {
                break;
            }
            if error.is_retryable() && attempt < RUNS_MAX {
                todo.push((range, attempt.saturating_add(1)));
            } else if range.len() <= 1 {
                call.fail(range.start, error);
            } else {
                let middle = range.start.midpoint(range.end);
                todo.push((middle..range.end, 1));
                todo.push((range.start..middle, 1));
            }
        }
        (Done::Hot(call), end)
    }

    /// Tries a write of its own after a failure of the disk.
    fn probe(&mut self) -> Result<(), DbError> {
        let mut conn = Conn::sqlite(&self.conn, None);
        let probed = conn.run(&PROBE, &[], |_| Ok(())).and_then(|_| conn.run(&PROBE_CLEAN, &[], |_| Ok(())));
        match probed {
            Ok(_) => {
                self.latch.set(Health::Good);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses what waits, for a while, until the next probe.
    fn refuse_waiting(&mut self) {
        let Some(error) = self.latch.refusal() else { return };
        match self.queue.take(usize::MAX, PROBE_PAUSE) {
            Taken::Some(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Cold(task, _) => task.finish(Err(error.clone())),
                        Entry::Hot { front, count, .. } => front.take(count).finish(Err(error.clone())),
                    }
                }
            }
            Taken::Idle => {}
            Taken::Closed => self.latch.set(Health::Good),
        }
    }
}
