//! Copies the log back into the file, beside the writer. Invariant: the log is bounded, whatever
//! the load: beyond a size the writer itself copies what is left, between two commits and after its
//! callers are answered. A reader with an old snapshot holds the copy up, and the log grows as long as
//! it reads; what has gathered then is copied beside the writer too, unless it is gibibytes.

use crate::error::DbError;
use crate::settings::Settings;
use crate::sqlite::error::name;
use crate::sqlite::open;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Pages (32 mebibytes) by which the log of a small file grows before it is copied beside the writer.
const STEP_PAGES_MIN: i32 = 8_192;
/// The same (256 mebibytes) of a large one.
const STEP_PAGES_MAX: i32 = 65_536;
/// It is one part in so many of the file between the two. A page that was written several times since the
/// last copy is copied once; the larger the file, the longer until a page is written again.
const STEPS_PER_FILE: i32 = 16;

/// From so many steps on the writer copies the rest, so that the log begins anew ...
const STEPS_MAX: i32 = 2;
/// ... when no more pages than this (64 mebibytes) are left to copy: that is soon done, and the case whenever
/// the thread has just copied.
const REST_PAGES: i32 = 16_384;
/// From so many steps on the writer copies more than that, so that a load which outruns the thread is slowed
/// down ...
const BACKLOG_STEPS: i32 = 8;
/// ... up to so many pages (256 mebibytes). More is left only behind a long read, and is the thread's.
const BACKLOG_REST_PAGES: i32 = 65_536;
/// Pages (4 gibibytes) from which on the writer copies whatever is left.
const FLOOD_PAGES: i32 = 1_048_576;
/// The step of the log of a file of so many pages.
fn step_of(file: i32) -> i32 {
    (file / STEPS_PER_FILE).clamp(STEP_PAGES_MIN, STEP_PAGES_MAX)
}

/// Pages (a mebibyte) until the writer tries again when the log did not begin anew: somebody may have
/// begun to read before the copy was done.
const RETRY_PAGES: i32 = 256;

const PAGE_COUNT: &str = "pragma page_count";
const PASSIVE: &str = "pragma wal_checkpoint(passive)";
const TRUNCATE: &str = "pragma wal_checkpoint(truncate)";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    Copy,
    End,
}

/// What the writer and the copying thread share.
pub(crate) struct Signal {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Signal {
    fn set(&self, wanted: Wanted) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        self.changed.notify_one();
    }

    fn wait(&self) -> Wanted {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted = self
            .changed
            .wait_while(wanted, |wanted| *wanted == Wanted::Nothing)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *wanted, Wanted::Nothing)
    }
}

/// The writer's side.
pub(crate) struct Log {
    /// Pages in the log after the last commit.
    pages: Arc<AtomicI32>,
    /// Pages of it that are copied back, as the last copy said.
    copied: Arc<AtomicI32>,
    /// Pages in the log when the thread was last asked to copy it.
    asked: i32,
    /// Pages in the log when the writer last copied it.
    tried: i32,
    signal: Arc<Signal>,
}

/// Who copies the log after a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Copier {
    /// It is too short.
    Nobody,
    /// The thread beside the writer.
    Thread,
    /// The writer, before it goes on.
    Writer,
}

/// A log after a commit, in pages.
#[derive(Clone, Copy, Debug)]
struct Length {
    pages: i32,
    /// So many of them are copied.
    copied: i32,
    /// It had so many when the thread was last asked to copy it.
    asked: i32,
    /// It had so many when the writer last copied and it did not begin anew.
    tried: i32,
}

/// Who copies a log whose step is so long.
const fn copier_of(step: i32, log: Length) -> Copier {
    let Length { pages, copied, asked, tried } = log;
    let most = if pages >= FLOOD_PAGES {
        i32::MAX
    } else if pages >= BACKLOG_STEPS * step {
        BACKLOG_REST_PAGES
    } else if pages >= STEPS_MAX * step {
        REST_PAGES
    } else {
        -1
    };
    if pages - copied <= most && pages - tried >= RETRY_PAGES {
        return Copier::Writer;
    }
    if pages - asked >= step { Copier::Thread } else { Copier::Nobody }
}

impl Log {
    /// Watches the writer's connection.
    pub(crate) fn watch(conn: &mut Connection) -> Result<Log, DbError> {
        let pages = Arc::new(AtomicI32::new(0));
        let count = Arc::clone(&pages);
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            count.store(pages, Ordering::Relaxed);
            Ok(())
        }))
        .map_err(|error| name(&error, "checkpoint", None))?;
        let signal = Arc::new(Signal { wanted: Mutex::new(Wanted::Nothing), changed: Condvar::new() });
        Ok(Log { pages, copied: Arc::new(AtomicI32::new(0)), asked: 0, tried: 0, signal })
    }

    /// The thread that copies beside the writer.
    pub(crate) fn copier(
        &self,
        path: &Path,
        settings: &Settings,
    ) -> Result<impl FnOnce() + Send + 'static, DbError> {
        let conn = open::writer(path, settings)?;
        let (signal, copied) = (Arc::clone(&self.signal), Arc::clone(&self.copied));
        Ok(move || {
            while signal.wait() == Wanted::Copy {
                if let Some(pages) = copy(&conn, PASSIVE) {
                    copied.store(pages, Ordering::Relaxed);
                }
            }
        })
    }

    /// After each commit, when the callers are answered.
    pub(crate) fn after_commit(&mut self, conn: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.asked.max(self.tried) {
            self.begun_anew();
        }
        if pages < STEP_PAGES_MIN {
            return;
        }
        // the thread may still tell of the log before this one
        let copied = self.copied.load(Ordering::Relaxed).min(pages);
        let log = Length { pages, copied, asked: self.asked, tried: self.tried };
        match copier_of(step_of(file_pages(conn)), log) {
            Copier::Nobody => {}
            Copier::Thread => {
                self.signal.set(Wanted::Copy);
                self.asked = pages;
            }
            Copier::Writer => {
                if let Some(pages) = copy(conn, PASSIVE) {
                    self.copied.store(pages, Ordering::Relaxed);
                }
                self.tried = pages;
            }
        }
    }

    /// When there is nothing to do: gives the log's disk space back.
    pub(crate) fn idle(&mut self, conn: &Connection) {
        if self.pages.swap(0, Ordering::Relaxed) > 0 {
            self.begun_anew();
            copy(conn, TRUNCATE);
        }
    }

    fn begun_anew(&mut self) {
        (self.asked, self.tried) = (0, 0);
        self.copied.store(0, Ordering::Relaxed);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.signal.set(Wanted::End);
    }
}

/// When nothing will be written any more: the file holds everything, and the log is empty. Where
/// another process reads on, the log stays beside the file, and the next start takes it in.
///
/// It reads first. A connection that has not read yet has no log open: told to copy one, the engine opens it by
/// a read that it keeps, and then waits for the end of that read until its patience is over.
pub(crate) fn end(conn: &Connection) {
    file_pages(conn);
    copy(conn, TRUNCATE);
}

/// Behind connections that only read: they make a log where there is none and cannot take it away
/// again. It is the engine that decides whether anybody else has the file open; what a log still holds
/// is left to the next who writes.
pub(crate) fn tidy(path: &Path) {
    let mut log = super::open::real(path).into_os_string();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() == 0) {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        // a folder that is not ours to write keeps it
        let closed = Connection::open_with_flags(path, flags)
            .and_then(|conn| conn.query_row("pragma schema_version", [], |row| row.get::<_, i64>(0)));
        if let Err(error) = closed {
            tracing::debug!(%error, "an empty log stays beside the file");
        }
    }
}

/// How many pages the file has.
fn file_pages(conn: &Connection) -> i32 {
    let counted =
        conn.prepare_cached(PAGE_COUNT).and_then(|mut statement| statement.query_row([], |row| row.get(0)));
    counted.unwrap_or_default()
}

/// How many pages of the log are in the file then; `None` when another copy is under way. A reader may be
/// in the way too: then the next one copies more.
fn copy(conn: &Connection, statement: &'static str) -> Option<i32> {
    let copied = conn.prepare_cached(statement).and_then(|mut statement| {
        statement
            .query_row([], |row| Ok((row.get::<_, i32>(0)?, row.get::<_, i32>(1)?, row.get::<_, i32>(2)?)))
    });
    match copied {
        Ok((_, pages, copied)) => {
            tracing::trace!(pages, copied, "the log was copied back");
            (copied >= 0).then_some(copied)
        }
        Err(error) => {
            tracing::warn!(%error, "the log could not be copied back");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_has_read_nothing_empties_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        let log = || std::fs::metadata(folder.path().join("t.db-wal")).unwrap().len();
        let open = || {
            let conn = Connection::open(&file).unwrap();
            conn.busy_timeout(std::time::Duration::ZERO).unwrap();
            conn
        };
        // a file that is empty has no log yet, and this one will not have looked at it when another writes
        let fresh = open();
        fresh.query_row("pragma journal_mode = wal", [], |_| Ok(())).unwrap();
        let other = open();
        other.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        other.execute_batch("create table t (a int); insert into t values (1)").unwrap();
        drop(other);
        assert!(log() > 0);
        end(&fresh);
        assert_eq!(log(), 0);
    }

    #[test]
    fn the_thread_copies_until_little_is_left_of_a_long_log() {
        use Copier::{Nobody, Thread, Writer};
        for step in [STEP_PAGES_MIN, STEP_PAGES_MAX] {
            let (most, backlog) = (STEPS_MAX * step, BACKLOG_STEPS * step);
            // pages, copied, asked, tried
            for (log, who) in [
                ((step - 1, 0, 0, 0), Nobody),
                ((step, 0, 0, 0), Thread),
                ((step + 100, 0, step, 0), Nobody),
                ((most - 1, most - 2, step, 0), Nobody),
                ((most, most - REST_PAGES, step + 1, 0), Writer),
                // the thread has just copied, and was asked not long ago
                ((most + 100, most + 50, most, 0), Writer),
                ((most + step, most + step - REST_PAGES - 1, most, 0), Thread),
                // somebody reads: it was tried just now, and is tried again a mebibyte later
                ((most + 300, most + 300, most, most + 300 - RETRY_PAGES + 1), Nobody),
                ((most + 300, most + 300, most, most + 300 - RETRY_PAGES), Writer),
                ((backlog, backlog - BACKLOG_REST_PAGES, backlog - 1, 0), Writer),
                // what a long read has held up
                ((backlog, backlog - BACKLOG_REST_PAGES - 1, backlog - step, 0), Thread),
                ((FLOOD_PAGES - 1, 0, 0, 0), Thread),
                ((FLOOD_PAGES, 0, 0, 0), Writer),
            ] {
                let (pages, copied, asked, tried) = log;
                assert_eq!(copier_of(step, Length { pages, copied, asked, tried }), who, "{step} {log:?}");
            }
        }
    }

    #[test]
    fn the_log_of_a_large_file_is_copied_less_often() {
        // pages of the file, and of a step
        for (file, step) in [
            (0, STEP_PAGES_MIN),
            (16 * STEP_PAGES_MIN + 15, STEP_PAGES_MIN),
            (16 * STEP_PAGES_MIN + 16, STEP_PAGES_MIN + 1),
            (16 * STEP_PAGES_MAX, STEP_PAGES_MAX),
            (i32::MAX, STEP_PAGES_MAX),
        ] {
            assert_eq!(step_of(file), step, "{file}");
        }
    }
}
