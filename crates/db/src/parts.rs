//! What a database is made of: its threads, queues and connections, how they begin and how they
//! end. Invariant: what was accepted is done before the threads end.

use crate::durable::Durable;
use crate::error::DbError;
use crate::health::{Health, Latch};
use crate::migrate::{self, MigrationSet};
use crate::pg;
use crate::pg::connection::Connection;
use crate::pg::driver::Connector;
use crate::pg::open::Background;
use crate::pg::sequencer::Signal;
use crate::pg::session::Session;
use crate::pg::writer::{FrontThread, Shared};
use crate::queue::Queue;
use crate::reads::{ReadPool, Reader};
use crate::settings::Settings;
use crate::sqlite::checkpoint::{self, Log};
use crate::sqlite::open;
use crate::sqlite::syncer::{self, Syncer};
use crate::sqlite::writer::{Rest, Writer};
use crate::wake::Wake;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::task::AbortHandle;

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) sets: Vec<MigrationSet>,
    pub(crate) backend: Backend,
    pub(crate) latch: Arc<Latch>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) durable: Arc<Durable>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) reads: Arc<ReadPool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// PostgreSQL: the queue of each front.
    fronts: Mutex<Vec<Arc<Queue>>>,
    pub(crate) closed: AtomicBool,
}

pub(crate) enum Backend {
    Sqlite { path: PathBuf, writer: Mutex<Option<JoinHandle<Rest>>> },
    Postgres(Box<Server>),
}

pub(crate) struct Server {
    front: Connector,
    pub(crate) migration: Connector,
    shared: Shared,
    pub(crate) runtime: Background,
    sequencer: Mutex<Option<JoinHandle<()>>>,
    /// Hears of other processes; none where only reads are.
    listener: Option<AbortHandle>,
}

/// How many closures may wait for a reader.
const READS_MAX: usize = 20_000;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join<T>(thread: JoinHandle<T>) -> Option<T> {
    // the last handle may be dropped by a closure, on a thread of ours
    if thread.thread().id() == std::thread::current().id() {
        return None;
    }
    thread.join().inspect_err(|_| tracing::error!("a database thread has panicked")).ok()
}

fn join_all(threads: &Mutex<Vec<JoinHandle<()>>>) {
    let threads: Vec<_> = lock(threads).drain(..).collect();
    for thread in threads {
        join(thread);
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, DbError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| DbError::refused(format!("cannot start a thread: {error}")))
}

pub(crate) fn open_sqlite(
    settings: &Settings,
    migrations: &[MigrationSet],
    path: PathBuf,
) -> Result<Inner, DbError> {
    open::check_version()?;
    let queue = Arc::new(Queue::new(settings.queue_max, settings.queue_patience));
    let latch = Arc::new(Latch::new(true));
    let wake = Arc::new(Wake::new());
    let durable = Arc::new(Durable::new());
    let mut threads = Vec::new();
    let mut thread = None;
    if settings.read_only {
        latch.set_quietly(Health::ReadOnly(DbError::ReadOnly));
    } else {
        let lock = open::lock(&open::real(&path))?;
        let mut conn = open::writer(&path, settings)?;
        open::leave_sync(&conn)?;
        let mut sync = syncer::of_log(&open::real(&path));
        syncer::catch_up(&mut sync)?;
        let log = Log::watch(&mut conn)?;
        let told = (Arc::clone(&durable), Arc::clone(&wake));
        let syncer = Syncer::start(sync, told, |work| spawn("db-sync", work))?;
        threads.push(spawn("db-checkpoint", log.copier(&path, settings)?)?);
        let writer = Writer {
            lock,
            conn,
            log,
            queue: Arc::clone(&queue),
            latch: Arc::clone(&latch),
            syncer,
            batch_max: settings.batch_max,
            head: None,
        };
        thread = Some(spawn("db-writer", move || writer.work())?);
    }
    let from = path.clone();
    let opener = Box::new(move || {
        let mut conn = open::reader(&from)?;
        let deadline = open::Deadline::watch(&mut conn)?;
        Ok(Reader::Sqlite(conn, deadline))
    });
    let backend = Backend::Sqlite { path, writer: Mutex::new(thread) };
    start(settings, migrations, backend, (latch, wake, durable, queue), opener, threads)
}

pub(crate) fn open_postgres(settings: &Settings, migrations: &[MigrationSet]) -> Result<Inner, DbError> {
    let address = pg::open::address(settings)?;
    let runtime = Background::start()?;
    let handle = runtime.handle()?.clone();
    let reader = pg::open::reader(&address, settings);
    let mut first = Connection::shared(&reader, &handle)?;
    pg::open::check(&mut first, settings)?;
    drop(first);
    let queue = Arc::new(Queue::new(settings.queue_max, settings.queue_patience));
    let latch = Arc::new(Latch::new(settings.read_only));
    let wake = Arc::new(Wake::new());
    let shared = Shared {
        connector: pg::open::pool(&address, settings),
        latch: Arc::clone(&latch),
        wake: Arc::clone(&wake),
        sequencer: Arc::new(Signal::default()),
    };
    let mut threads = Vec::new();
    let (mut sequencer, mut listener) = (None, None);
    if settings.read_only {
        latch.set_quietly(Health::ReadOnly(DbError::ReadOnly));
    } else {
        for _ in 0..settings.writers.max(1) {
            let (queue, shared) = (Arc::clone(&queue), shared.clone());
            threads.push(spawn("db-writer", move || pg::writer::pool(&queue, &shared))?);
        }
        let connector = pg::open::sequencer(&address);
        let (signal, wake) = (Arc::clone(&shared.sequencer), Arc::clone(&wake));
        let latch = Arc::clone(&latch);
        let pause = settings.sequencer_pause;
        sequencer = Some(spawn("db-sequencer", move || {
            pg::sequencer::work(&connector, &signal, &wake, &latch, pause);
        })?);
        let listens = pg::listener::listen(address.clone(), Arc::clone(&shared.wake));
        listener = Some(handle.spawn(listens).abort_handle());
    }
    let backend = Backend::Postgres(Box::new(Server {
        front: pg::open::front(&address, settings),
        migration: pg::open::migration(&address),
        shared,
        runtime,
        sequencer: Mutex::new(sequencer),
        listener,
    }));
    let opener = Box::new(move || Connection::shared(&reader, &handle).map(Reader::Postgres));
    let durable = Arc::new(Durable::new());
    start(settings, migrations, backend, (latch, wake, durable, queue), opener, threads)
}

fn start(
    settings: &Settings,
    migrations: &[MigrationSet],
    backend: Backend,
    (latch, wake, durable, queue): (Arc<Latch>, Arc<Wake>, Arc<Durable>, Arc<Queue>),
    opener: crate::reads::Opener,
    mut threads: Vec<JoinHandle<()>>,
) -> Result<Inner, DbError> {
    let readers = settings.readers.max(1);
    let connections = readers.saturating_mul(2);
    let reads = Arc::new(ReadPool::new(opener, connections, READS_MAX, settings.read_timeout));
    for _ in 0..readers {
        let pool = Arc::clone(&reads);
        threads.push(spawn("db-reader", move || pool.work())?);
    }
    let mut sets = vec![migrate::OWN];
    sets.extend_from_slice(migrations);
    Ok(Inner {
        settings: settings.clone(),
        sets,
        backend,
        latch,
        wake,
        durable,
        queue,
        reads,
        threads: Mutex::new(threads),
        fronts: Mutex::default(),
        closed: AtomicBool::new(false),
    })
}

impl Inner {
    pub(crate) fn queued(&self) -> usize {
        let fronts = lock(&self.fronts);
        fronts.iter().map(|front| front.weight()).fold(self.queue.weight(), usize::saturating_add)
    }

    /// A front on PostgreSQL has a queue, a thread and a connection of its own.
    pub(crate) fn start_front(&self, server: &Server) -> Arc<Queue> {
        let queue = Arc::new(Queue::new(self.settings.queue_max, self.settings.queue_patience));
        let mut fronts = lock(&self.fronts);
        if self.closed.load(Ordering::SeqCst) {
            queue.close();
            return queue;
        }
        let thread = FrontThread {
            queue: Arc::clone(&queue),
            shared: server.shared.clone(),
            session: Session::new(server.front.clone()),
            patience: self.settings.front_patience,
            aside: Vec::new(),
        };
        match spawn("db-front", move || thread.work()) {
            Ok(thread) => {
                lock(&self.threads).push(thread);
                fronts.push(Arc::clone(&queue));
            }
            Err(error) => {
                tracing::error!(%error, "a front cannot start");
                queue.close();
            }
        }
        queue
    }

    /// See [`Db::close`](crate::Db::close).
    pub(crate) fn close(&self) {
        let was_open = !self.closed.swap(true, Ordering::SeqCst);
        self.queue.close();
        self.reads.close();
        for queue in lock(&self.fronts).drain(..) {
            queue.close();
        }
        match &self.backend {
            Backend::Sqlite { path, writer } => {
                let thread = lock(writer).take();
                let rest = thread.and_then(join);
                join_all(&self.threads);
                // readers first: whoever closes the file last copies the log back into it
                self.reads.end();
                drop(rest);
                if was_open && self.settings.read_only {
                    checkpoint::tidy(path);
                }
            }
            Backend::Postgres(server) => {
                join_all(&self.threads);
                self.reads.end();
                if let Some(listener) = &server.listener {
                    listener.abort();
                }
                server.shared.sequencer.close();
                let sequencer = lock(&server.sequencer).take();
                sequencer.and_then(join);
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
