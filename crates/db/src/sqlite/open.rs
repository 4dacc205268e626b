//! Opening SQLite's file. Invariant: one process writes it, and a connection syncs every commit unless
//! its caller says that he does.

use crate::error::DbError;
use crate::settings::Settings;
use crate::sqlite::error::name;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Older libraries can corrupt a WAL that is checkpointed and written at the same time.
const VERSION_MIN: i32 = 3_051_003;
const STATEMENTS_CACHED: usize = 512;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of a reading connection, in kibibytes.
const READER_CACHE_KIB: u32 = 2_048;

/// Refuses a library that is too old.
pub(crate) fn check_version() -> Result<(), DbError> {
    if rusqlite::version_number() < VERSION_MIN {
        return Err(DbError::refused(format!(
            "SQLite {} is too old: 3.51.3 or newer is needed",
            rusqlite::version()
        )));
    }
    Ok(())
}

/// The file that a path names, behind links: the engine names its log after that. A file that is not
/// there yet is named by its folder.
pub(crate) fn real(path: &Path) -> PathBuf {
    let there = std::fs::canonicalize(path);
    there
        .or_else(|error| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let name = path.file_name().ok_or(error)?;
            std::fs::canonicalize(folder.unwrap_or(Path::new("."))).map(|folder| folder.join(name))
        })
        .unwrap_or_else(|_| path.to_owned())
}

/// Takes the lock that keeps a second process from writing. It lasts as long as the file is open.
pub(crate) fn lock(path: &Path) -> Result<File, DbError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let refuse = |error: &dyn std::fmt::Display| {
        DbError::refused(format!("cannot lock `{}`: {error}", name.to_string_lossy()))
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|error| refuse(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DbError::refused(format!(
            "another process already uses `{}`: stop it first, or choose PostgreSQL to run several",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(refuse(&error)),
    }
}

/// Opens the one connection that writes.
pub(crate) fn writer(path: &Path, settings: &Settings) -> Result<Connection, DbError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, &error))?;
    let mode = prepare(&conn, settings.cache_kib)
        .and_then(|()| {
            // the log keeps a gibibyte when it begins anew, which is as long as it gets but behind a long read: so it
            // is written in place; what a smaller file never needs it never has, and idle it has none
            conn.execute_batch(
                "pragma synchronous = full;
                 pragma journal_size_limit = 1073741824;
                 pragma temp_store = memory;",
            )
        })
        .and_then(|()| log_ahead(&conn))
        .map_err(|error| cannot_open(path, &error))?;
    if mode != "wal" {
        return Err(DbError::refused(format!(
            "`{}` cannot be written through a log beside it (its journal stays `{mode}`): put the data \
             folder on a disk of this machine",
            path.display()
        )));
    }
    Ok(conn)
}

/// Writes through a log from now on, where the file system can; the journal that there is.
fn log_ahead(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("pragma journal_mode = wal", [], |row| row.get(0))
}

/// From now on the log of this connection's commits is synced by its caller; the engine goes on to
/// sync what it copies and what it begins anew.
pub(crate) fn leave_sync(conn: &Connection) -> Result<(), DbError> {
    conn.execute_batch("pragma synchronous = normal;").map_err(|error| name(&error, "open", None))
}

/// Opens a connection that reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|error| cannot_open(path, &error))?;
    prepare(&conn, READER_CACHE_KIB)
        .and_then(|()| {
            // the last one reads the file, so that one that is no database is refused here
            conn.execute_batch("pragma query_only = on; pragma temp_store = memory; pragma schema_version;")
        })
        .map_err(|error| cannot_open(path, &error))?;
    Ok(conn)
}

fn prepare(conn: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // a plan holds whatever is bound: otherwise a statement that compares a range is prepared anew
    // at every execution with other values
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch(&format!(
        "pragma foreign_keys = on;
         pragma trusted_schema = off;
         pragma cell_size_check = on;
         pragma cache_size = -{cache_kib};"
    ))
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> DbError {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
        return DbError::refused(format!(
            "`{}` is no database: another program wrote it, or it is damaged; restore a backup into a new folder",
            path.display()
        ));
    }
    match name(error, "open", None) {
        full @ DbError::StorageFull => full,
        other => DbError::refused(format!("cannot open `{}`: {other}", path.display())),
    }
}

/// When a read snapshot is interrupted, so that it does not pin the log for ever. Belongs to one
/// connection, set anew for each snapshot.
#[derive(Debug)]
pub(crate) struct Deadline {
    start: Instant,
    /// Milliseconds after `start`.
    until: Arc<AtomicU64>,
}

impl Deadline {
    /// Watches a connection.
    pub(crate) fn watch(conn: &mut Connection) -> Result<Deadline, DbError> {
        let start = Instant::now();
        let until = Arc::new(AtomicU64::new(u64::MAX));
        let shared = Arc::clone(&until);
        conn.progress_handler(
            20_000,
            Some(move || start.elapsed().as_millis() > u128::from(shared.load(Ordering::Relaxed))),
        )
        .map_err(|error| name(&error, "open", None))?;
        Ok(Deadline { start, until })
    }

    /// From now on so long.
    pub(crate) fn set(&self, timeout: Duration) {
        let until = self.start.elapsed().saturating_add(timeout).as_millis();
        self.until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether the time has passed, also between two statements.
    pub(crate) fn passed(&self) -> bool {
        self.start.elapsed().as_millis() > u128::from(self.until.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_takes_no_log_says_so() {
        let conn = Connection::open_in_memory().unwrap();
        assert_eq!(log_ahead(&conn).unwrap(), "memory");
        let settings = Settings::new("sqlite:unused");
        let refused = writer(Path::new(":memory:"), &settings).unwrap_err();
        assert!(refused.to_string().contains("its journal stays `memory`"), "{refused}");
    }
}
