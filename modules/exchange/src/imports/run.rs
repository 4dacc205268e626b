//! An import on a thread of its own. Invariant: what came of it is noted by whoever began it, and only while
//! nobody else has begun it since.

use super::store::{self, Kind};
use super::{Import, Run, State, decide, upload};
use crate::bring::{self, Bring, Brought, Watch, Who};
use crate::table::Table;
use domain::{Code, Problem};
use rustc_hash::FxHashMap;
use std::io::{Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::{App, Failure};

/// Imports that run at the same time in a process.
const RUNS_MAX: usize = 2;
/// Files that are received at the same time.
const UPLOADS_MAX: usize = 4;
/// How often it is noted that an import is on its way.
const BEAT: Duration = Duration::from_secs(5);

/// The imports of this process: cheap to clone.
#[derive(Clone, Debug)]
pub struct Imports(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Mutex<FxHashMap<i64, Arc<Live>>>,
    runs: Arc<Semaphore>,
    uploads: Semaphore,
}

/// How far an import is, and whether it is to stop.
#[derive(Debug, Default)]
struct Live {
    rows: AtomicU64,
    stop: AtomicBool,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports(Arc::new(Inner {
            live: Mutex::default(),
            runs: Arc::new(Semaphore::new(RUNS_MAX)),
            uploads: Semaphore::new(UPLOADS_MAX),
        }))
    }
}

impl Imports {
    fn live(&self) -> std::sync::MutexGuard<'_, FxHashMap<i64, Arc<Live>>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows that are behind an import which this process runs.
    pub(super) fn rows(&self, import: i64) -> Option<u64> {
        self.live().get(&import).map(|live| live.rows.load(Ordering::Relaxed))
    }

    /// Stops an import if this process runs it.
    pub(super) fn stop(&self, import: i64) {
        if let Some(live) = self.live().get(&import) {
            live.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Stops all imports that this process runs: it is about to end.
    pub fn stop_all(&self) {
        for live in self.live().values() {
            live.stop.store(true, Ordering::Relaxed);
        }
    }

    /// A place among those who send a file.
    pub(super) fn upload(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        let busy = |_| Problem::new(Code::Busy, "several files are being received, come again shortly");
        self.0.uploads.try_acquire().map_err(busy)
    }

    /// A place among those that run.
    pub(super) fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let busy = |_| {
            let detail = format!("{RUNS_MAX} imports are on their way, come again when one has ended");
            Problem::new(Code::Busy, detail)
        };
        Arc::clone(&self.0.runs).try_acquire_owned().map_err(busy)
    }

    /// Runs an import that was begun.
    pub(super) fn start(&self, app: App, who: Who, import: Import, turn: OwnedSemaphorePermit) {
        let live = Arc::new(Live::default());
        self.live().insert(import.id, Arc::clone(&live));
        let at = (import.id, import.version);
        let beating = tokio::spawn(beat(app.clone(), at, Arc::clone(&live)));
        let under_way = UnderWay { imports: self.clone(), import: import.id, beating, _turn: turn };
        tokio::task::spawn_blocking(move || {
            let (list, name) = (import.list.word(), import.name.clone());
            match run(&app, &who, import, &live) {
                Ok(state) => tracing::info!(list, name, state = state.word(), "an import has ended"),
                Err(failure) => tracing::error!(list, name, ?failure, "an import was not brought to its end"),
            }
            drop(under_way);
        });
    }
}

/// What an import has as long as it runs, however it ends.
struct UnderWay {
    imports: Imports,
    import: i64,
    beating: tokio::task::JoinHandle<()>,
    _turn: OwnedSemaphorePermit,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.beating.abort();
        self.imports.live().remove(&self.import);
    }
}

/// Notes every few seconds that an import is on its way, and hears whether it is to stop.
async fn beat(app: App, at: (i64, i64), live: Arc<Live>) {
    loop {
        tokio::time::sleep(BEAT).await;
        let rows = i64::try_from(live.rows.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let now = app.now();
        match app.db().write(move |tx| store::beat(tx, at, rows, now)).await {
            // somebody has asked it to stop, or has begun it since
            Ok(Some(true) | None) => live.stop.store(true, Ordering::Relaxed),
            Ok(Some(false)) => {}
            Err(error) => tracing::warn!(%error, "an import could not tell that it is on its way"),
        }
    }
}

/// Runs an import to its end and notes what came of it.
fn run(app: &App, who: &Who, import: Import, live: &Arc<Live>) -> Result<State, Failure> {
    let at = (import.id, import.version);
    let asked = import.run.clone().unwrap_or_default();
    let (state, run, refused) = match take(app, who, &import, live) {
        Ok((brought, refused)) => {
            let (run, state) = asked.ended(&brought);
            (state, run, refused)
        }
        Err(failure) => (State::Failed, asked.failed(&problem_of(failure)), Vec::new()),
    };
    let spent = decide::is_spent(&Import { state, run: Some(run.clone()), ..import });
    let now = app.now();
    app.db().write_blocking(move |tx| {
        if store::end(tx, at, (state, &run), now)? {
            store::put_parts(tx, at.0, Kind::Refused, &refused)?;
            if spent {
                store::remove_parts(tx, at.0, Kind::Sent)?;
            }
        }
        Ok::<_, Failure>(())
    })?;
    Ok(state)
}

/// What is told of a failure. One of ours goes to the log.
fn problem_of(failure: Failure) -> Problem {
    match failure {
        Failure::Refused(problem) | Failure::Later(problem, _) | Failure::Masked(problem, _) => *problem,
        Failure::Store(_) | Failure::Fault(_) => {
            tracing::error!(?failure, "an import failed");
            Problem::new(
                Code::Internal,
                "the import failed for a reason of ours, which the log of the server has",
            )
        }
    }
}

/// Takes the rows; what came of them, and the packed file of those that were refused.
fn take(app: &App, who: &Who, import: &Import, live: &Arc<Live>) -> Result<(Brought, Vec<Vec<u8>>), Failure> {
    let file = app.db().read_blocking(|conn| upload::take_out(conn, import.id, Kind::Sent))?;
    let (file, _) = file.ok_or_else(|| Failure::fault("an import has no file"))?;
    let table = Arc::new(Table::of(file, import.look.read_as())?);
    let run = import.run.clone().unwrap_or_default();
    let bring = Bring {
        list: import.list,
        said: import.said.clone(),
        each: run.each,
        dry_run: run.dry_run,
        again: run.again,
        file: import.name.clone(),
        digest: import.digest,
        run: 0,
    };
    let heard = Arc::clone(live);
    let watch: Watch = Arc::new(move |rows| {
        heard.rows.store(rows, Ordering::Relaxed);
        if heard.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let brought = bring::bring(app.db(), who, &table, &bring, &watch)?;
    let refused = if brought.refused.is_empty() { Vec::new() } else { refused_file(&table, &brought)? };
    Ok((brought, refused))
}

/// The file again with what is wrong, packed.
fn refused_file(table: &Table, brought: &Brought) -> Result<Vec<Vec<u8>>, Failure> {
    let mut file = tempfile::tempfile().map_err(upload::unkept)?;
    bring::write_refused(table, brought, &mut file)?;
    file.seek(SeekFrom::Start(0)).map_err(upload::unkept)?;
    upload::pack(&mut file).map_err(upload::unkept)
}

/// What an import is asked for.
impl Run {
    pub(super) fn new(each: bool, dry_run: bool, again: bool) -> Run {
        Run { each, dry_run, again, ..Run::default() }
    }
}
