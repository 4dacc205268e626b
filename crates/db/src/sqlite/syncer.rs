//! Brings the commits of SQLite's writer onto the disk and answers for them. Invariant: in the order
//! of the commits, and nobody before his is on the disk.
//!
//! The engine itself syncs its log only before it copies it and when it begins anew (`synchronous =
//! normal`); the sync after each commit is made here, by the same call on the same file, so that
//! the writer can decide the next transaction meanwhile.

use crate::durable::Durable;
use crate::error::DbError;
use crate::task::{HotCall, Task};
use crate::wake::Wake;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// How many commits may wait for the one that is being synced. More would only make their callers
/// wait: all that wait are synced together.
const AHEAD_MAX: usize = 1;

/// Before anybody reads: what the last process has committed is shown, so it is brought onto the disk.
pub(crate) fn catch_up(sync: &mut Sync) -> Result<(), DbError> {
    match sync() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DbError::refused(format!("cannot sync the log of the last process: {error}")))
        }
        _ => Ok(()),
    }
}

/// Something that was run and waits for the disk.
pub(crate) enum Done {
    Cold(Box<dyn Task>, Result<(), DbError>),
    Hot(Box<dyn HotCall>),
}

impl Done {
    fn finish(self, end: &Result<(), DbError>) {
        match self {
            Done::Cold(task, own) => task.finish(end.clone().and(own)),
            Done::Hot(call) => call.finish(end.clone()),
        }
    }
}

/// One transaction of the writer, committed or undone.
pub(crate) struct Batch {
    pub(crate) done: Vec<Done>,
    pub(crate) end: Result<(), DbError>,
    /// Whether it has queued a job.
    pub(crate) enqueued: bool,
    /// Where the feed is after it, when it has grown.
    pub(crate) position: Option<i64>,
}

/// Brings everything that was committed onto the disk.
pub(crate) type Sync = Box<dyn FnMut() -> io::Result<()> + Send>;

/// What is synced, and who is told.
struct Disk {
    sync: Sync,
    durable: Arc<Durable>,
    wake: Arc<Wake>,
}

/// The sync of the log beside the database at `path`. The engine makes that file with the first
/// transaction, and it stays the same for as long as a connection is open.
pub(crate) fn of_log(path: &Path) -> Sync {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let mut file = None;
    Box::new(move || {
        let log = match file.take() {
            Some(log) => log,
            None => File::open(&name)?,
        };
        file.insert(log).sync_data()
    })
}

impl Disk {
    /// One sync for all of them, then their answers.
    fn settle(&mut self, batches: Vec<(u64, Batch)>) {
        if batches.iter().any(|(_, batch)| batch.end.is_ok())
            && let Err(error) = (self.sync)()
        {
            lost(&error);
        }
        for (number, Batch { done, end, enqueued, position }) in batches {
            self.durable.reached(number);
            if end.is_ok() {
                self.wake.after_commit(enqueued);
                if let Some(position) = position {
                    self.wake.positioned(position);
                }
            }
            for one in done {
                one.finish(&end);
            }
        }
    }
}

/// The disk has failed to keep what readers could already see. Nobody was told of it. What the
/// engine's log really holds is only known when it is read anew: the process ends here, and the next
/// start takes in what is whole.
fn lost(error: &io::Error) -> ! {
    tracing::error!(%error, "the disk has failed to sync the log: the process ends; start it again");
    std::process::abort();
}

/// The writer's side.
pub(crate) struct Syncer {
    number: u64,
    durable: Arc<Durable>,
    /// Commits that were handed over and are not yet answered for.
    pending: Arc<AtomicUsize>,
    disk: Arc<Mutex<Disk>>,
    sender: SyncSender<(u64, Batch)>,
    thread: JoinHandle<()>,
}

impl Syncer {
    /// `start` starts a thread.
    pub(crate) fn start(
        sync: Sync,
        (durable, wake): (Arc<Durable>, Arc<Wake>),
        start: impl FnOnce(Box<dyn FnOnce() + Send>) -> Result<JoinHandle<()>, DbError>,
    ) -> Result<Syncer, DbError> {
        let disk = Arc::new(Mutex::new(Disk { sync, durable: Arc::clone(&durable), wake }));
        let pending = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = mpsc::sync_channel(AHEAD_MAX);
        let work = {
            let (disk, pending) = (Arc::clone(&disk), Arc::clone(&pending));
            move || work(&receiver, &disk, &pending)
        };
        let thread = start(Box::new(work))?;
        Ok(Syncer { number: 0, durable, pending, disk, sender, thread })
    }

    /// Just before a transaction is committed: from now on it may be seen.
    pub(crate) fn show(&mut self) {
        self.number = self.number.saturating_add(1);
        self.durable.show(self.number);
    }

    /// Answers for a transaction, committed or undone, when it is on the disk: before this returns, or, where more work
    /// waits for the writer, beside it.
    pub(crate) fn settle(&mut self, batch: Batch, more: bool) {
        if !more && self.pending.load(Ordering::SeqCst) == 0 {
            lock(&self.disk).settle(vec![(self.number, batch)]);
            return;
        }
        self.pending.fetch_add(1, Ordering::SeqCst);
        if let Err(mpsc::SendError(batch)) = self.sender.send((self.number, batch)) {
            // its thread has panicked: what it held is lost to its callers, not to the disk
            lock(&self.disk).settle(vec![batch]);
        }
    }

    /// Answers for everything that was handed over.
    pub(crate) fn end(self) {
        drop(self.sender);
        if self.thread.join().is_err() {
            tracing::error!("the thread that syncs has panicked");
        }
    }
}

fn work(batches: &Receiver<(u64, Batch)>, disk: &Mutex<Disk>, pending: &AtomicUsize) {
    while let Ok(first) = batches.recv() {
        let together: Vec<_> = std::iter::once(first).chain(batches.try_iter().take(AHEAD_MAX)).collect();
        let count = together.len();
        lock(disk).settle(together);
        pending.fetch_sub(count, Ordering::SeqCst);
    }
}

fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Closure;
    use std::process::Command;
    use std::sync::mpsc::Sender;
    use std::time::Duration;
    use tokio::sync::oneshot;

    const CHILD: &str = "STOCKWELL_TEST_DISK_FAILS";
    const LONG: Duration = Duration::from_mins(1);

    /// A batch that has one caller.
    fn batch() -> (Batch, oneshot::Receiver<Result<(), DbError>>) {
        let (reply, waiting) = oneshot::channel();
        let task = Closure::new(|_: &mut crate::Tx<'_>| Ok::<_, DbError>(()), false, reply);
        let done = vec![Done::Cold(Box::new(task), Ok(()))];
        (Batch { done, end: Ok(()), enqueued: false, position: None }, waiting)
    }

    fn syncer(sync: Sync, durable: &Arc<Durable>) -> Syncer {
        let told = (Arc::clone(durable), Arc::new(Wake::new()));
        Syncer::start(sync, told, |work| Ok(std::thread::spawn(work))).unwrap()
    }

    /// A sync that says that it has begun, and ends when it is told to.
    fn held() -> (Sync, Receiver<()>, Sender<()>) {
        let (begun, begins) = mpsc::channel();
        let (end, ends) = mpsc::channel();
        let sync = move || {
            begun.send(()).map_err(io::Error::other)?;
            ends.recv_timeout(LONG).map_err(io::Error::other)
        };
        (Box::new(sync), begins, end)
    }

    #[test]
    fn who_wrote_and_who_saw_it_wait_for_the_disk() {
        let durable = Arc::new(Durable::new());
        let (sync, begins, end) = held();
        let mut syncer = syncer(sync, &durable);
        let mut commit = || {
            let (batch, waiting) = batch();
            syncer.show();
            syncer.settle(batch, true);
            waiting
        };
        let first = commit();
        begins.recv_timeout(LONG).unwrap();
        // the writer goes on meanwhile
        let mut callers = vec![first, commit()];
        let seen = durable.seen();
        assert_eq!(seen, 2);
        let reader = {
            let durable = Arc::clone(&durable);
            std::thread::spawn(move || durable.until_blocking(seen))
        };
        for caller in &mut callers {
            assert!(caller.try_recv().is_err(), "nobody is answered before the sync");
        }
        assert!(!reader.is_finished());
        end.send(()).unwrap();
        begins.recv_timeout(LONG).unwrap();
        assert!(callers.remove(0).blocking_recv().is_ok(), "the first is on the disk");
        assert!(callers[0].try_recv().is_err(), "the second is not");
        assert!(!reader.is_finished(), "and who saw it waits on");
        end.send(()).unwrap();
        reader.join().unwrap();
        assert!(callers.remove(0).blocking_recv().is_ok());
        syncer.end();
    }

    #[test]
    fn what_the_last_process_left_is_synced_before_anybody_reads() {
        let ends = |kind: Option<io::ErrorKind>| {
            let mut count = 0;
            let (sent, said) = mpsc::channel();
            let mut sync: Sync = Box::new(move || {
                count += 1;
                sent.send(count).map_err(io::Error::other)?;
                kind.map_or(Ok(()), |kind| Err(kind.into()))
            });
            let done = catch_up(&mut sync);
            assert_eq!(said.try_recv(), Ok(1));
            done
        };
        assert!(ends(None).is_ok());
        assert!(ends(Some(io::ErrorKind::NotFound)).is_ok(), "without a log there is nothing to sync");
        let refused = ends(Some(io::ErrorKind::StorageFull)).unwrap_err();
        assert!(refused.to_string().contains("the log of the last process"), "{refused}");
    }

    #[test]
    fn what_was_undone_is_answered_in_its_turn_without_a_sync() {
        let durable = Arc::new(Durable::new());
        let mut syncer = syncer(Box::new(|| Err(io::Error::other("nothing is to be synced"))), &durable);
        let (batch, waiting) = batch();
        syncer.show();
        syncer.settle(Batch { end: Err(DbError::StorageFull), ..batch }, false);
        assert!(matches!(waiting.blocking_recv(), Ok(Err(DbError::StorageFull))));
        durable.until_blocking(1);
        syncer.end();
    }

    #[test]
    fn a_disk_that_cannot_sync_ends_the_process_and_answers_nobody() {
        if std::env::var_os(CHILD).is_some() {
            let mut syncer =
                syncer(Box::new(|| Err(io::Error::other("worn out"))), &Arc::new(Durable::new()));
            let (batch, waiting) = batch();
            syncer.show();
            syncer.settle(batch, true);
            println!("answered {:?}", waiting.blocking_recv());
            return;
        }
        let name = "sqlite::syncer::tests::a_disk_that_cannot_sync_ends_the_process_and_answers_nobody";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(said.contains("running 1 test"), "{said}");
        assert!(!child.status.success());
        assert_eq!(child.status.code(), None, "it was ended by a signal: {:?}", child.status);
        assert!(!said.contains("answered"), "{said}");
    }
}
