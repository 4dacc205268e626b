//! Copies the log back into the file, beside the writer. Invariant: the log is bounded, whatever
//! the load: beyond a size the writer itself copies it, between two commits and after its callers
//! are answered.

use crate::error::DbError;
use crate::settings::Settings;
use crate::sqlite::error::name;
use crate::sqlite::open;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Pages (16 mebibytes) by which the log grows before it is copied beside the writer.
const STEP_PAGES: i32 = 4_096;
/// Pages (64 mebibytes) from which on the writer copies it, so that it begins anew.
const PAGES_MAX: i32 = 16_384;

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
    /// Pages in the log when it was last copied.
    copied: i32,
    signal: Arc<Signal>,
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
        Ok(Log { pages, copied: 0, signal })
    }

    /// The thread that copies beside the writer.
    pub(crate) fn copier(
        &self,
        path: &Path,
        settings: &Settings,
    ) -> Result<impl FnOnce() + Send + 'static, DbError> {
        let conn = open::writer(path, settings)?;
        let signal = Arc::clone(&self.signal);
        Ok(move || {
            while signal.wait() == Wanted::Copy {
                copy(&conn, PASSIVE);
            }
        })
    }

    /// After each commit, when the callers are answered.
    pub(crate) fn after_commit(&mut self, conn: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.copied {
            // the log has begun anew
            self.copied = 0;
        }
        if pages >= PAGES_MAX {
            copy(conn, PASSIVE);
        } else if pages.saturating_sub(self.copied) >= STEP_PAGES {
            self.copied = pages;
            self.signal.set(Wanted::Copy);
        }
    }

    /// When there is nothing to do: gives the log's disk space back.
    pub(crate) fn idle(&mut self, conn: &Connection) {
        if self.pages.swap(0, Ordering::Relaxed) > 0 {
            self.copied = 0;
            copy(conn, TRUNCATE);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.signal.set(Wanted::End);
    }
}

/// When nothing will be written any more: the file holds everything, and the log is empty. Where
/// another process reads on, the log stays beside the file, and the next start takes it in.
pub(crate) fn end(conn: &Connection) {
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

/// A reader or another copy may be in the way: then the next one copies more.
fn copy(conn: &Connection, statement: &'static str) {
    let copied = conn.prepare_cached(statement).and_then(|mut statement| {
        statement
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
    });
    match copied {
        Ok((_, pages, copied)) => tracing::trace!(pages, copied, "the log was copied back"),
        Err(error) => tracing::warn!(%error, "the log could not be copied back"),
    }
}
