//! The threads that write PostgreSQL: a pool that runs closures, each in its own transaction, and
//! one thread for each front that runs batches of commands.

use crate::error::DbError;
use crate::health::{Health, Latch};
use crate::pg::driver::Connector;
use crate::pg::error::LOCK_TIMEOUT;
use crate::pg::sequencer::Signal;
use crate::pg::session::{Begin, Effects, Session};
use crate::queue::{Entry, Queue, Taken};
use crate::task::{HotCall, Ran, Task};
use crate::wake::Wake;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a transaction is run at most.
const RUNS_MAX: u32 = 5;
/// Pause before commands that were set aside are tried again.
const ASIDE_PAUSE: Duration = Duration::from_millis(25);
const IDLE: Duration = Duration::from_hours(1);

/// What all writing threads share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) connector: Connector,
    pub(crate) latch: Arc<Latch>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) sequencer: Arc<Signal>,
}

impl Shared {
    fn committed(&self, effects: Effects) {
        if effects.emitted {
            self.sequencer.raise();
        }
        self.wake.after_commit(effects.enqueued);
        self.latch.heard();
        if self.latch.is_bad() {
            self.latch.set(Health::Good);
        }
    }

    fn failed(&self, error: &DbError) {
        if error.is_storage() || matches!(error, DbError::Unavailable(_)) {
            self.latch.set(Health::ReadOnly(error.clone()));
        }
    }
}

/// A pause that grows with each attempt and differs between competitors.
fn pause(attempt: u32) {
    let mut random = [0; 1];
    // without randomness the pause is only less fair
    getrandom::fill(&mut random).unwrap_or_default();
    let [random] = random;
    let base = 4_u64 << attempt.min(8);
    let jitter = base.saturating_mul(random.into()) / 256;
    std::thread::sleep(Duration::from_millis(base.saturating_add(jitter) / 2));
}

/// Whether running the transaction again may help.
fn transient(error: &DbError) -> bool {
    error.is_retryable() || matches!(error, DbError::Unavailable(_))
}

/// What the caller is told in the end.
fn outward(error: DbError) -> DbError {
    if let DbError::Retry(_) = error { DbError::Contention } else { error }
}

/// A thread of the pool.
pub(crate) fn pool(queue: &Queue, shared: &Shared) {
    let mut session = Session::new(shared.connector.clone());
    loop {
        match queue.take(1, IDLE) {
            Taken::Some(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Cold(task, _) => cold(task, &mut session, shared),
                        Entry::Hot { front, count, .. } => {
                            front.take(count).finish(Err(DbError::internal("a front in the pool")));
                        }
                    }
                }
            }
            Taken::Idle => {}
            Taken::Closed => break,
        }
    }
    session.release();
}

fn cold(mut task: Box<dyn Task>, session: &mut Session, shared: &Shared) {
    for attempt in 1_u32.. {
        let (ran, effects) = session.transaction(Begin::Long, |tx| task.run(tx));
        match ran {
            Ran::Keep => {
                shared.committed(effects);
                return task.finish(Ok(()));
            }
            Ran::Discard => return task.finish(Ok(())),
            Ran::Failed(error) if transient(&error) && attempt < RUNS_MAX => {
                tracing::debug!(%error, attempt, "a transaction is run again");
                pause(attempt);
            }
            Ran::Failed(error) => {
                shared.failed(&error);
                return task.finish(Err(outward(error)));
            }
        }
    }
}

/// The thread of a front.
pub(crate) struct FrontThread {
    pub(crate) queue: Arc<Queue>,
    pub(crate) shared: Shared,
    pub(crate) session: Session,
    pub(crate) patience: Duration,
    pub(crate) aside: Vec<Aside>,
}

/// Commands whose rows others hold.
pub(crate) struct Aside {
    call: Box<dyn HotCall>,
    until: Instant,
}

impl FrontThread {
    /// Works until the queue is closed and empty.
    pub(crate) fn work(mut self) {
        loop {
            let patience = if self.aside.is_empty() { IDLE } else { ASIDE_PAUSE };
            match self.queue.take(1, patience) {
                Taken::Some(entries) => {
                    for entry in entries {
                        match entry {
                            Entry::Hot { front, count, .. } => {
                                let until = Instant::now() + self.patience;
                                self.run(front.take(count), until, Begin::Short);
                            }
                            Entry::Cold(task, _) => {
                                task.finish(Err(DbError::internal("a closure in a front")));
                            }
                        }
                    }
                }
                Taken::Idle => {}
                Taken::Closed if self.aside.is_empty() => break,
                Taken::Closed => std::thread::sleep(ASIDE_PAUSE),
            }
            for aside in std::mem::take(&mut self.aside) {
                self.run(aside.call, aside.until, Begin::Impatient);
            }
        }
        self.session.release();
    }

    /// Runs all commands of a call, in one transaction if that works, and answers those that were
    /// not set aside.
    fn run(&mut self, mut call: Box<dyn HotCall>, until: Instant, begin: Begin) {
        let mut blocked: Vec<usize> = Vec::new();
        let mut todo: Vec<(Range<usize>, u32, Begin)> = vec![(0..call.len(), 1, begin)];
        while let Some((range, attempt, begin)) = todo.pop().filter(|(range, ..)| !range.is_empty()) {
            let (ran, effects) = self.session.transaction(begin, |tx| match call.run(tx, range.clone()) {
                Ok(()) => Ran::Keep,
                Err(error) => Ran::Failed(tx.conn.retry.take().unwrap_or(error)),
            });
            let error = match ran {
                Ran::Failed(error) => error,
                Ran::Keep | Ran::Discard => {
                    self.shared.committed(effects);
                    continue;
                }
            };
            self.shared.failed(&error);
            let locked = matches!(error, DbError::Retry(LOCK_TIMEOUT));
            if !locked && transient(&error) && attempt < RUNS_MAX {
                pause(attempt);
                todo.push((range, attempt.saturating_add(1), begin));
            } else if spoils_all(&error) {
                range.for_each(|index| call.fail(index, outward(error.clone())));
            } else if range.len() > 1 {
                let begin = if locked { Begin::Impatient } else { begin };
                let middle = range.start.midpoint(range.end);
                todo.push((middle..range.end, 1, begin));
                todo.push((range.start..middle, 1, begin));
            } else if locked {
                blocked.push(range.start);
            } else {
                call.fail(range.start, outward(error));
            }
        }
        self.answer(call, blocked, until);
    }

    fn answer(&mut self, mut call: Box<dyn HotCall>, mut blocked: Vec<usize>, until: Instant) {
        blocked.sort_unstable();
        if Instant::now() >= until {
            for index in blocked.drain(..) {
                call.fail(index, DbError::Contention);
            }
        }
        if !blocked.is_empty() {
            let later = call.split(&blocked);
            self.aside.push(Aside { call: later, until });
        }
        call.finish(Ok(()));
    }
}

/// Whether an error concerns the server and not a command, so that narrowing down is of no use.
fn spoils_all(error: &DbError) -> bool {
    error.is_storage() || matches!(error, DbError::Unavailable(_) | DbError::CommitUnknown | DbError::Closed)
}
