//! How a database is opened. The defaults suit one process on a small machine.

use crate::error::DbError;
use std::path::PathBuf;
use std::time::Duration;

/// Which engine stores the data. Business code never asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded engine: one file, one writing process.
    Sqlite,
    /// A server, chosen by URL; several application processes may share it.
    Postgres,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://user:password@host:port/database`.
    pub url: String,
    /// How many closures read at the same time; as many connections again serve reads on the calling thread.
    pub readers: usize,
    /// PostgreSQL: how many closures write at the same time.
    pub writers: usize,
    /// How much may wait in a queue (closures count one, hot commands their weight) before
    /// callers are told [`DbError::Busy`].
    pub queue_max: usize,
    /// How long anything may wait in a queue before it is given up, undone, with
    /// [`DbError::Busy`].
    pub queue_patience: Duration,
    /// How much one commit takes at most.
    pub batch_max: usize,
    /// Open for reading only: no lock, no migration, beside a running process.
    pub read_only: bool,
    /// Accept a PostgreSQL that does not sync its commits. Never for data that matters.
    pub allow_unsafe: bool,
    /// How long a read snapshot may live.
    pub read_timeout: Duration,
    /// PostgreSQL: how long a front waits for a row before it sets the command aside.
    pub front_lock_timeout: Duration,
    /// PostgreSQL: how long a command of a front may be set aside in all.
    pub front_patience: Duration,
    /// PostgreSQL: how long a closure waits for a row.
    pub lock_timeout: Duration,
    /// PostgreSQL: how often the sequencer looks for events of other processes.
    pub sequencer_pause: Duration,
    /// SQLite: page cache of the writing connection, in kibibytes.
    pub cache_kib: u32,
}

impl Settings {
    /// The defaults for a URL.
    pub fn new(url: impl Into<String>) -> Settings {
        Settings {
            url: url.into(),
            readers: 4,
            writers: 4,
            // 65 of the largest bulks: with their texts about as many mebibytes
            queue_max: 65_536,
            queue_patience: Duration::from_secs(25),
            batch_max: 4_096,
            read_only: false,
            allow_unsafe: false,
            read_timeout: Duration::from_secs(30),
            front_lock_timeout: Duration::from_millis(200),
            front_patience: Duration::from_secs(2),
            lock_timeout: Duration::from_secs(2),
            sequencer_pause: Duration::from_millis(250),
            cache_kib: 16_384,
        }
    }

    pub(crate) fn target(&self) -> Result<Target, DbError> {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err(DbError::refused("the database URL needs a path, such as `sqlite:stockwell.db`"));
            }
            return Ok(Target::Sqlite(PathBuf::from(path)));
        }
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return Ok(Target::Postgres);
        }
        Err(DbError::refused(
            "the database URL must begin with `sqlite:` or `postgres://`, such as `sqlite:stockwell.db`",
        ))
    }
}

pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres,
}
