//! A write transaction: statements, events, audit rows, jobs and the lane head. Invariant: what is
//! emitted or audited is stored in the same transaction or not at all.

use crate::audit::AuditEntry;
use crate::conn::{Conn, Inner};
use crate::error::DbError;
use crate::jobs::{self, NewJob};
use crate::lane::{Head, LaneHead};
use crate::outbox::{self, NewEvent, ROWS_AT_ONCE};
use crate::statement::Statement;
use crate::value::{Rows, Value};
use std::ops::{Deref, DerefMut};

/// A write transaction. What its closure returns is answered only after the commit.
#[derive(Debug)]
pub struct Tx<'a> {
    pub(crate) conn: Conn<'a>,
    pub(crate) work: &'a mut Work,
}

/// What a transaction has gathered beside its statements.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) events: Vec<outbox::Buffered>,
    pub(crate) audits: Vec<crate::audit::Buffered>,
    /// The lane as this transaction leaves it; none while no lane is held.
    pub(crate) head: Option<Head>,
    /// Somebody asked for a lane that was not there.
    pub(crate) needs_lane: bool,
    pub(crate) enqueued: bool,
    pub(crate) depth: u32,
    /// SQLite: the transaction holds something that is kept.
    pub(crate) begun: bool,
}

/// What a savepoint returns to.
pub(crate) struct Mark {
    events: usize,
    audits: usize,
    head: Option<Head>,
}

impl Work {
    pub(crate) fn mark(&self) -> Mark {
        Mark { events: self.events.len(), audits: self.audits.len(), head: self.head.clone() }
    }

    /// Forgets what only concerns the closure before.
    pub(crate) fn restart(&mut self) {
        self.needs_lane = false;
        self.depth = 0;
    }

    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.events.truncate(mark.events);
        self.audits.truncate(mark.audits);
        self.head = mark.head;
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Conn<'a>;

    fn deref(&self) -> &Conn<'a> {
        &self.conn
    }
}

impl<'a> DerefMut for Tx<'a> {
    fn deref_mut(&mut self) -> &mut Conn<'a> {
        &mut self.conn
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: Conn<'a>, work: &'a mut Work) -> Tx<'a> {
        Tx { conn, work }
    }

    /// Runs a statement; how many rows it touched.
    pub fn execute(&mut self, statement: &Statement, params: &[Value<'_>]) -> Result<u64, DbError> {
        self.conn.run(statement, params, |_| Ok(()))
    }

    /// Runs a statement set-based, see [`Conn::query_many`]; how many rows it touched.
    pub fn execute_many(&mut self, statement: &Statement, rows: &Rows<'_>) -> Result<u64, DbError> {
        self.conn.run_many(statement, rows, |_| Ok(()))
    }

    /// Runs several set-based statements that do not depend on each other's results, in order; how
    /// many rows each touched. On PostgreSQL they travel together, in one round trip.
    pub fn execute_all(&mut self, all: &[(&Statement, &Rows<'_>)]) -> Result<Vec<u64>, DbError> {
        self.conn.run_all(all)
    }

    /// Emits an event. It is stored when the closure ends, and positioned in the feed after commit.
    pub fn emit(&mut self, event: NewEvent<'_>) {
        self.work.events.push(outbox::Buffered::from(event));
    }

    /// Enqueues a job. It runs after the commit, at least once.
    pub fn enqueue(&mut self, job: NewJob<'_>) -> Result<(), DbError> {
        self.work.enqueued = true;
        jobs::enqueue(self, job)
    }

    /// Adds a row to the audit log. It is chained when the closure ends.
    pub fn audit(&mut self, entry: AuditEntry<'_>) {
        self.work.audits.push(crate::audit::Buffered::from(entry));
    }

    /// The lane that this connection holds, as this transaction sees it.
    pub fn lane(&mut self) -> Result<LaneHead, DbError> {
        if let Some(head) = &self.work.head {
            Ok(head.public())
        } else {
            self.work.needs_lane = true;
            Err(self.again("a lane is needed"))
        }
    }

    /// Moves the lane's head; stored at commit, fenced against a holder that lost its lease.
    pub fn advance_lane(&mut self, number: i64, hash: [u8; 32]) {
        if let Some(head) = &mut self.work.head {
            head.advance(number, hash);
        } else {
            self.work.needs_lane = true;
        }
    }

    /// Asks for this transaction to be run again from its beginning, because what it was decided on
    /// has changed meanwhile. The closure returns the error, in whatever it makes of it; everything
    /// is undone even if it does not.
    #[must_use = "the closure has to end with this error"]
    pub fn again(&mut self, why: &'static str) -> DbError {
        let error = DbError::Retry(why);
        self.conn.retry = Some(error.clone());
        self.conn.failed = Some(error.clone());
        error
    }

    /// Runs a part that is undone alone when it fails; the transaction goes on.
    pub fn savepoint<T, E: From<DbError>>(
        &mut self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mark = self.work.mark();
        self.work.depth = self.work.depth.saturating_add(1);
        let depth = self.work.depth;
        let done = self.inside_savepoint(depth, mark, f);
        self.work.depth = depth.saturating_sub(1);
        done
    }

    fn inside_savepoint<T, E: From<DbError>>(
        &mut self,
        depth: u32,
        mark: Mark,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.conn.batch(&format!("savepoint s{depth}"))?;
        let failed_before = self.conn.failed.take();
        let done = f(self);
        let done = match (done, self.conn.failed.clone()) {
            (Ok(value), None) => {
                let released = self.conn.batch(&format!("release savepoint s{depth}"));
                released.map(|()| value).map_err(E::from)
            }
            (Ok(_), Some(ignored)) => Err(E::from(ignored)),
            (Err(error), _) => Err(error),
        };
        if done.is_err() {
            self.work.back_to(mark);
            self.conn.failed = None;
            self.conn.batch(&format!("rollback to savepoint s{depth}"))?;
            self.conn.batch(&format!("release savepoint s{depth}"))?;
        }
        if self.conn.failed.is_none() {
            self.conn.failed = failed_before;
        }
        done
    }

    /// Stores what was gathered, when the closure has ended and no savepoint is open. On PostgreSQL
    /// the events are left to travel with the commit, unless there are very many.
    pub(crate) fn flush(&mut self) -> Result<(), DbError> {
        crate::audit::flush(self)?;
        outbox::check_lane(self)?;
        match self.conn.inner {
            Inner::Sqlite { .. } => outbox::flush(self),
            Inner::Postgres(_) if self.work.events.len() > ROWS_AT_ONCE => outbox::flush(self),
            Inner::Postgres(_) => Ok(()),
        }
    }

    /// Stores all that was gathered, although it will be undone: a dry run refuses what a real one
    /// would.
    pub(crate) fn flush_dry(&mut self) -> Result<(), DbError> {
        self.flush()?;
        outbox::flush(self)
    }
}
