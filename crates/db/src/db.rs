//! A database: the doors to its writer, its fronts and its readers.

use crate::conn::Conn;
use crate::error::DbError;
use crate::front::{Front, Weight};
use crate::health::{Health, Latch};
use crate::migrate::{self, MigrationSet};
use crate::pg;
use crate::pg::connection::Connection;
use crate::pg::sequencer::Signal;
use crate::pg::session::{Connector, Session};
use crate::pg::writer::{FrontThread, Shared};
use crate::queue::Queue;
use crate::reads::{ReadPool, Reader, View};
use crate::settings::{Engine, Settings, Target};
use crate::sqlite::{open, writer::Writer};
use crate::task::{Closure, Hot, Run, Task, answer, answer_blocking};
use crate::tx::Tx;
use crate::wake::Wake;
use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// A database. Cheap to clone; closed when the last clone is dropped, after everything that was
/// accepted is done.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    sets: Vec<MigrationSet>,
    backend: Backend,
    latch: Arc<Latch>,
    wake: Arc<Wake>,
    queue: Arc<Queue>,
    reads: Arc<ReadPool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// PostgreSQL: the queue of each front.
    fronts: Mutex<Vec<Arc<Queue>>>,
    closed: AtomicBool,
}

enum Backend {
    Sqlite { path: PathBuf, _lock: Option<File> },
    Postgres(Box<Server>),
}

struct Server {
    front: Connector,
    migration: Connector,
    shared: Shared,
    runtime: Option<tokio::runtime::Runtime>,
    sequencer: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join(thread: JoinHandle<()>) {
    // the last handle may be dropped by a closure, on a thread of ours
    if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
        tracing::error!("a database thread has panicked");
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DbError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| DbError::refused(format!("cannot start a thread: {error}")))
}

impl Db {
    /// Opens a database. Migrates nothing: see [`Db::migrate`].
    pub fn open(settings: &Settings, migrations: &[MigrationSet]) -> Result<Db, DbError> {
        match settings.target()? {
            Target::Sqlite(path) => Db::open_sqlite(settings, migrations, path),
            Target::Postgres => Db::open_postgres(settings, migrations),
        }
    }

    fn open_sqlite(settings: &Settings, migrations: &[MigrationSet], path: PathBuf) -> Result<Db, DbError> {
        open::check_version()?;
        let queue = Arc::new(Queue::new(settings.queue_max));
        let latch = Arc::new(Latch::new(true));
        let wake = Arc::new(Wake::new());
        let mut threads = Vec::new();
        let lock = if settings.read_only {
            latch.set_quietly(Health::ReadOnly(DbError::ReadOnly));
            None
        } else {
            let lock = open::lock(&path)?;
            let writer = Writer {
                conn: open::writer(&path, settings)?,
                queue: Arc::clone(&queue),
                latch: Arc::clone(&latch),
                wake: Arc::clone(&wake),
                batch_max: settings.batch_max,
                head: None,
            };
            threads.push(spawn("db-writer", move || writer.work())?);
            Some(lock)
        };
        let from = path.clone();
        let opener = Box::new(move || {
            let mut conn = open::reader(&from)?;
            let deadline = open::Deadline::watch(&mut conn)?;
            Ok(Reader::Sqlite(conn, deadline))
        });
        let backend = Backend::Sqlite { path, _lock: lock };
        Db::start(settings, migrations, backend, (latch, wake, queue), opener, threads)
    }

    fn open_postgres(settings: &Settings, migrations: &[MigrationSet]) -> Result<Db, DbError> {
        let config = pg::open::config(settings)?;
        let runtime = pg::open::runtime()?;
        let handle = runtime.handle().clone();
        let reader = pg::open::reader(&config, settings);
        let mut first = Connection::shared(&reader.config, &reader.setup, &handle)?;
        pg::open::check(&mut first, settings)?;
        drop(first);
        let queue = Arc::new(Queue::new(settings.queue_max));
        let latch = Arc::new(Latch::new(settings.read_only));
        let wake = Arc::new(Wake::new());
        let shared = Shared {
            connector: pg::open::pool(&config, settings),
            latch: Arc::clone(&latch),
            wake: Arc::clone(&wake),
            sequencer: Arc::new(Signal::default()),
        };
        let mut threads = Vec::new();
        let mut sequencer = None;
        if settings.read_only {
            latch.set_quietly(Health::ReadOnly(DbError::ReadOnly));
        } else {
            for _ in 0..settings.writers.max(1) {
                let (queue, shared) = (Arc::clone(&queue), shared.clone());
                threads.push(spawn("db-writer", move || pg::writer::pool(&queue, &shared))?);
            }
            let connector = pg::open::sequencer(&config);
            let (signal, wake) = (Arc::clone(&shared.sequencer), Arc::clone(&wake));
            let pause = settings.sequencer_pause;
            sequencer = Some(spawn("db-sequencer", move || {
                pg::sequencer::work(&connector, &signal, &wake, pause);
            })?);
        }
        let backend = Backend::Postgres(Box::new(Server {
            front: pg::open::front(&config, settings),
            migration: pg::open::migration(&config),
            shared,
            runtime: Some(runtime),
            sequencer: Mutex::new(sequencer),
        }));
        let opener = Box::new(move || {
            Connection::shared(&reader.config, &reader.setup, &handle).map(Reader::Postgres)
        });
        Db::start(settings, migrations, backend, (latch, wake, queue), opener, threads)
    }

    fn start(
        settings: &Settings,
        migrations: &[MigrationSet],
        backend: Backend,
        (latch, wake, queue): (Arc<Latch>, Arc<Wake>, Arc<Queue>),
        opener: crate::reads::Opener,
        mut threads: Vec<JoinHandle<()>>,
    ) -> Result<Db, DbError> {
        let readers = settings.readers.max(1);
        let connections = readers.saturating_mul(2);
        let reads = Arc::new(ReadPool::new(opener, connections, settings.queue_max, settings.read_timeout));
        for _ in 0..readers {
            let pool = Arc::clone(&reads);
            threads.push(spawn("db-reader", move || pool.work())?);
        }
        let mut sets = vec![migrate::OWN];
        sets.extend_from_slice(migrations);
        let inner = Inner {
            settings: settings.clone(),
            sets,
            backend,
            latch,
            wake,
            queue,
            reads,
            threads: Mutex::new(threads),
            fronts: Mutex::default(),
            closed: AtomicBool::new(false),
        };
        Ok(Db { inner: Arc::new(inner) })
    }

    /// Which engine this is. For messages; business code never asks.
    pub fn engine(&self) -> Engine {
        match self.inner.backend {
            Backend::Sqlite { .. } => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Applies the migrations that are missing; how many. Several processes may do so at once.
    pub fn migrate(&self) -> Result<usize, DbError> {
        if self.inner.settings.read_only {
            return Err(DbError::ReadOnly);
        }
        match &self.inner.backend {
            Backend::Sqlite { path, .. } => {
                let conn = open::writer(path, &self.inner.settings)?;
                migrate::migrate(&mut Conn::sqlite(&conn, None), &self.inner.sets)
            }
            Backend::Postgres(server) => {
                let Some(runtime) = &server.runtime else { return Err(DbError::Closed) };
                let Connector { config, setup } = &server.migration;
                let mut conn = Connection::shared(config, setup, runtime.handle())?;
                migrate::migrate(&mut Conn::postgres(&mut conn), &self.inner.sets)
            }
        }
    }

    /// Refuses a database whose schema is not exactly that of this program.
    pub fn check_schema(&self) -> Result<(), DbError> {
        self.read_blocking(|conn| migrate::check(conn, &self.inner.sets))
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
        self.inner.reads.push(Box::new(move |pool| {
            // a caller that is gone needs no answer
            drop(reply.send(pool.with(View::Snapshot, f)));
        }))?;
        answer(waiting).await
    }

    /// Runs a closure on a snapshot, on this thread.
    pub fn read_blocking<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.reads.with(View::Snapshot, f)
    }

    /// Runs a short point read on this thread, without a snapshot: each statement sees the latest
    /// state. For the hot path; a closure that takes longer belongs into [`Db::read`].
    pub fn read_now<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.reads.with(View::Latest, f)
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
            Backend::Postgres(server) => self.start_front(server),
        };
        Front { hot, queue, latch: Arc::clone(&self.inner.latch), weight }
    }

    /// A front on PostgreSQL has a queue, a thread and a connection of its own.
    fn start_front(&self, server: &Server) -> Arc<Queue> {
        let queue = Arc::new(Queue::new(self.inner.settings.queue_max));
        let mut fronts = lock(&self.inner.fronts);
        if self.inner.closed.load(Ordering::SeqCst) {
            queue.close();
            return queue;
        }
        let thread = FrontThread {
            queue: Arc::clone(&queue),
            shared: server.shared.clone(),
            session: Session::new(server.front.clone()),
            patience: self.inner.settings.front_patience,
            aside: Vec::new(),
        };
        match spawn("db-front", move || thread.work()) {
            Ok(thread) => {
                lock(&self.inner.threads).push(thread);
                fronts.push(Arc::clone(&queue));
            }
            Err(error) => {
                tracing::error!(%error, "a front cannot start");
                queue.close();
            }
        }
        queue
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

    /// How much waits to be written.
    pub fn queued(&self) -> usize {
        self.inner.queue.weight()
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

impl Inner {
    fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.queue.close();
        self.reads.close();
        for queue in lock(&self.fronts).drain(..) {
            queue.close();
        }
        let threads: Vec<_> = lock(&self.threads).drain(..).collect();
        threads.into_iter().for_each(join);
        if let Backend::Postgres(server) = &self.backend {
            server.shared.sequencer.close();
            let sequencer = lock(&server.sequencer).take();
            sequencer.into_iter().for_each(join);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
