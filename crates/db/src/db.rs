//! A database: the doors to its writer, its fronts and its readers.

use crate::conn::Conn;
use crate::error::DbError;
use crate::feed;
use crate::front::{Front, Weight};
use crate::health::Health;
use crate::migrate::{self, MigrationSet, Step};
use crate::parts::{self, Backend, Inner};
use crate::pg::{self, connection::Connection};
use crate::plan;
use crate::settings::{Engine, Settings, Target};
use crate::sqlite::open;
use crate::statement::Statement;
use crate::task::{Closure, Hot, Run, Task, answer, answer_blocking};
use crate::tx::Tx;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{oneshot, watch};

/// A database. Cheap to clone; closed when the last clone is dropped, after everything that was
/// accepted is done.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens a database. Migrates nothing: see [`Db::migrate`].
    pub fn open(settings: &Settings, migrations: &[MigrationSet]) -> Result<Db, DbError> {
        match settings.target()? {
            Target::Sqlite(path) => parts::open_sqlite(settings, migrations, path),
            Target::Postgres => parts::open_postgres(settings, migrations),
        }
        .map(|inner| {
            let db = Db { inner: Arc::new(inner) };
            db.look_at_feed();
            db
        })
    }

    /// Which engine this is. For messages; business code never asks.
    pub fn engine(&self) -> Engine {
        match self.inner.backend {
            Backend::Sqlite { .. } => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Whether the data is at hand: a point read then waits for nobody, and may be done on any thread.
    pub fn is_at_hand(&self) -> bool {
        matches!(self.inner.backend, Backend::Sqlite { .. })
    }

    /// Applies the migrations that are missing; how many. Several processes may do so at once.
    pub fn migrate(&self) -> Result<usize, DbError> {
        self.migrate_watched(|_| {})
    }

    /// The same, telling of each step before it begins.
    pub fn migrate_watched(&self, mut watch: impl FnMut(Step<'_>)) -> Result<usize, DbError> {
        if self.inner.settings.read_only {
            return Err(DbError::ReadOnly);
        }
        if self.inner.closed.load(Ordering::SeqCst) {
            return Err(DbError::Closed);
        }
        match &self.inner.backend {
            Backend::Sqlite { path, .. } => {
                let conn = open::writer(path, &self.inner.settings)?;
                migrate::migrate(&mut Conn::sqlite(&conn, None), &self.inner.sets, &mut watch)
            }
            Backend::Postgres(server) => {
                let mut conn = Connection::shared(&server.migration, server.runtime.handle()?)?;
                migrate::migrate(&mut Conn::postgres(&mut conn), &self.inner.sets, &mut watch)
            }
        }
    }

    /// Where the feed stands now. Before the first migration there is none.
    fn look_at_feed(&self) {
        if let Ok(position) = self.inner.reads.with(feed::last) {
            self.inner.wake.positioned(position);
        }
    }

    /// How the engine would run a statement, line by line; an error when it cannot be prepared. For
    /// tests: see [`full_scans`](crate::full_scans).
    pub fn plan(&self, statement: &Statement) -> Result<Vec<String>, DbError> {
        self.inner.reads.with(|conn| plan::lines(conn, statement))
    }

    /// Refuses a database whose schema is not exactly that of this program.
    pub fn check_schema(&self) -> Result<(), DbError> {
        self.read_blocking(|conn| migrate::check(conn, &self.inner.sets))
    }

    /// How many steps of its schema a database lacks. Refuses one that has no schema, and one that a
    /// newer program has migrated.
    pub fn steps_behind(&self) -> Result<usize, DbError> {
        self.read_blocking(|conn| migrate::behind(conn, &self.inner.sets))
    }

    /// Runs a closure in a write transaction and answers after its commit. It may run again after
    /// everything it did was undone, so it borrows what it needs.
    pub async fn write<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        answer(self.push(f, false)).await
    }

    /// [`Db::write`], waiting on this thread.
    pub fn write_blocking<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        answer_blocking(self.push(f, false))
    }

    /// The same as [`Db::write`], always rolled back.
    pub async fn dry_run<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        answer(self.push(f, true)).await
    }

    fn push<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        dry: bool,
    ) -> oneshot::Receiver<Result<T, E>>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, waiting) = oneshot::channel();
        let task: Box<dyn Task> = Box::new(Closure::new(f, dry, reply));
        if let Some(error) = self.inner.latch.refusal() {
            task.finish(Err(error));
        } else if let Err((error, task)) = self.inner.queue.push(task) {
            task.finish(Err(error));
        }
        waiting
    }

    /// Runs a closure on a snapshot, on a reader thread.
    pub async fn read<T, E>(
        &self,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, waiting) = oneshot::channel();
        let durable = Arc::clone(&self.inner.durable);
        self.inner.reads.push(Box::new(move |pool| {
            let done = pool.with(f);
            // a caller that is gone needs no answer
            drop(reply.send(Ok::<_, E>((done, durable.seen()))));
        }))?;
        let (done, seen) = answer(waiting).await?;
        self.inner.durable.until(seen).await;
        done
    }

    /// [`Db::read`] on this thread, where the data is at hand (see [`Db::is_at_hand`]): for what
    /// takes less time than it would take to hand it over.
    pub async fn read_here<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.inner.reads.with(f);
        self.inner.durable.until(self.inner.durable.seen()).await;
        done
    }

    /// Runs a closure on a snapshot, on this thread.
    pub fn read_blocking<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.inner.reads.with(f);
        self.inner.durable.until_blocking(self.inner.durable.seen());
        done
    }

    /// A front over `run`, which decides many commands in one call, in order, and gives one outcome
    /// for each. A refusal is an outcome; an error undoes the call and is narrowed down to the
    /// command that causes it.
    pub fn front<C: Send + 'static, O: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, &[C]) -> Result<Vec<O>, DbError> + Send + Sync + 'static,
    ) -> Front<C, O> {
        self.front_weighted(run, |_| 1)
    }

    /// A front whose commands differ in weight: one with a thousand lines weighs a thousand.
    pub fn front_weighted<C: Send + 'static, O: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>, &[C]) -> Result<Vec<O>, DbError> + Send + Sync + 'static,
        weight: impl Fn(&C) -> usize + Send + Sync + 'static,
    ) -> Front<C, O> {
        let run: Run<C, O> = Arc::new(run);
        let weight: Weight<C> = Arc::new(weight);
        let hot = Arc::new(Hot::new(run));
        let queue = match &self.inner.backend {
            Backend::Sqlite { .. } => Arc::clone(&self.inner.queue),
            Backend::Postgres(server) => self.inner.start_front(server),
        };
        Front { hot, queue, latch: Arc::clone(&self.inner.latch), weight }
    }

    /// The last position of the feed; changes wake listeners.
    pub fn feed_position(&self) -> watch::Receiver<i64> {
        self.inner.wake.positions()
    }

    /// Changes whenever this process has committed a job.
    pub fn job_signal(&self) -> watch::Receiver<u64> {
        self.inner.wake.jobs()
    }

    /// Whether writes are possible.
    pub fn health(&self) -> Health {
        self.inner.latch.get()
    }

    /// After very many writes: lets the server look again at what it holds, so that what reads them is fast at once and
    /// not only when it has found the time. How many tables that concerned. Changes nothing that is stored.
    ///
    /// # Errors
    /// When the server fails; what was written stays.
    pub fn settle(&self) -> Result<usize, DbError> {
        match &self.inner.backend {
            Backend::Postgres(server) if !self.inner.settings.read_only => {
                pg::settle::settle(&mut Connection::shared(&server.migration, server.runtime.handle()?)?)
            }
            Backend::Postgres(_) | Backend::Sqlite { .. } => Ok(0),
        }
    }

    /// How much waits to be written, in the queue of closures and in those of the fronts.
    pub fn queued(&self) -> usize {
        self.inner.queued()
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Lets nothing more in, finishes what was accepted and ends the threads. Also done by dropping
    /// the last clone.
    pub fn close(&self) {
        self.inner.close();
    }
}
