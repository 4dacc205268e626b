//! Reads: snapshots that never pass the writer's queue. Connections are kept in a free list, used
//! by reader threads and, for what is short, by the calling thread.

use crate::conn::Conn;
use crate::error::DbError;
use crate::pg::connection::Connection;
use crate::sqlite::open::Deadline;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A connection that reads.
pub(crate) enum Reader {
    Sqlite(rusqlite::Connection, Deadline),
    Postgres(Connection),
}

/// Opens one more reader.
pub(crate) type Opener = Box<dyn Fn() -> Result<Reader, DbError> + Send + Sync>;

/// What a reader thread runs.
pub(crate) type Job = Box<dyn FnOnce(&ReadPool) + Send>;

#[derive(Default)]
struct Free {
    readers: Vec<Reader>,
    /// How many exist, in use or not.
    open: usize,
    /// Those in use are not kept when they come back, and there are no new ones.
    closed: bool,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    closed: bool,
}

/// The readers of a database.
pub(crate) struct ReadPool {
    free: Mutex<Free>,
    returned: Condvar,
    jobs: Mutex<Jobs>,
    filled: Condvar,
    opener: Opener,
    readers_max: usize,
    jobs_max: usize,
    timeout: Duration,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReadPool {
    pub(crate) fn new(opener: Opener, readers_max: usize, jobs_max: usize, timeout: Duration) -> ReadPool {
        ReadPool {
            free: Mutex::default(),
            returned: Condvar::new(),
            jobs: Mutex::default(),
            filled: Condvar::new(),
            opener,
            readers_max: readers_max.max(1),
            jobs_max,
            timeout,
        }
    }

    fn checkout(&self) -> Result<Reader, DbError> {
        let mut free = lock(&self.free);
        loop {
            if free.closed {
                return Err(DbError::Closed);
            }
            while let Some(reader) = free.readers.pop() {
                if !reader.is_closed() {
                    return Ok(reader);
                }
                free.open = free.open.saturating_sub(1);
            }
            if free.open < self.readers_max {
                break;
            }
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        free.open = free.open.saturating_add(1);
        drop(free);
        (self.opener)().inspect_err(|_| self.gone())
    }

    fn gone(&self) {
        let mut free = lock(&self.free);
        free.open = free.open.saturating_sub(1);
        drop(free);
        self.returned.notify_one();
    }

    fn give_back(&self, reader: Reader) {
        let mut free = lock(&self.free);
        if free.closed || reader.is_closed() {
            drop(free);
            drop(reader);
            return self.gone();
        }
        free.readers.push(reader);
        drop(free);
        self.returned.notify_one();
    }

    /// Runs a closure on a reader, on this thread.
    pub(crate) fn with<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut reader = self.checkout()?;
        let done = catch_unwind(AssertUnwindSafe(|| reader.run(self.timeout, f)));
        reader.end();
        self.give_back(reader);
        done.unwrap_or_else(|payload| Err(E::from(DbError::panic(payload.as_ref()))))
    }

    /// Queues a job for the reader threads.
    pub(crate) fn push(&self, job: Job) -> Result<(), DbError> {
        let mut jobs = lock(&self.jobs);
        if jobs.closed {
            return Err(DbError::Closed);
        }
        if jobs.waiting.len() >= self.jobs_max {
            return Err(DbError::Busy);
        }
        jobs.waiting.push_back(job);
        drop(jobs);
        self.filled.notify_one();
        Ok(())
    }

    /// What a reader thread does, until the pool is closed.
    pub(crate) fn work(self: &Arc<Self>) {
        loop {
            let jobs = lock(&self.jobs);
            let mut jobs = self
                .filled
                .wait_while(jobs, |jobs| jobs.waiting.is_empty() && !jobs.closed)
                .unwrap_or_else(PoisonError::into_inner);
            let Some(job) = jobs.waiting.pop_front() else { return };
            drop(jobs);
            job(self);
        }
    }

    /// Lets nothing more in.
    pub(crate) fn close(&self) {
        lock(&self.jobs).closed = true;
        self.filled.notify_all();
    }

    /// Closes the connections, when the threads have ended; one that a caller is just using closes
    /// behind that caller.
    pub(crate) fn end(&self) {
        let mut free = lock(&self.free);
        free.closed = true;
        let readers = std::mem::take(&mut free.readers);
        free.open = free.open.saturating_sub(readers.len());
        drop(free);
        drop(readers);
        self.returned.notify_all();
    }
}

impl Reader {
    fn is_closed(&self) -> bool {
        match self {
            Reader::Sqlite(conn, _) => !conn.is_autocommit(),
            Reader::Postgres(conn) => conn.is_closed(),
        }
    }

    fn run<T, E: From<DbError>>(
        &mut self,
        timeout: Duration,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Reader::Sqlite(conn, deadline) => {
                deadline.set(timeout);
                let mut conn = Conn::sqlite(conn, Some(deadline));
                conn.batch("begin")?;
                f(&mut conn)
            }
            Reader::Postgres(conn) => {
                conn.begin("begin isolation level repeatable read read only");
                f(&mut Conn::postgres(conn))
            }
        }
    }

    fn end(&mut self) {
        match self {
            Reader::Sqlite(conn, _) => {
                if !conn.is_autocommit() {
                    drop(Conn::sqlite(conn, None).batch("rollback"));
                }
            }
            Reader::Postgres(conn) => conn.end_snapshot(),
        }
    }
}
