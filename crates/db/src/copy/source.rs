//! What has to be so of a source that is left for good: nobody writes to it meanwhile, for what they would write is lost.

use crate::conn::Conn;
use crate::db::Db;
use crate::error::DbError;
use crate::settings::{Settings, Target};
use crate::sqlite::open;
use crate::statement::Statement;
use std::fs::File;

/// How many lanes a process holds at this moment.
pub(super) const LEASED: Statement = Statement::per_engine(
    "db.copy.leased",
    "select 0",
    "select count(*)
     from db_lane
     where leased_until > clock_timestamp()",
);

/// How many lanes beside the first hold events, which the embedded engine numbers in one. (It has postings of others in
/// a training copy of a server.)
pub(super) const LANES: Statement = Statement::new(
    "db.copy.lanes",
    "select count(*)
     from db_lane
     where lane <> 1 and event_number > 0",
);

/// As long as it lives, no process of ours begins to write to the file. (On a server nobody can be kept out; who
/// writes there all the same is found when both sides are compared.)
#[derive(Debug)]
pub struct Alone {
    _file: Option<File>,
}

impl Alone {
    /// Refuses a database that a process of ours writes to.
    ///
    /// # Errors
    /// When there is one.
    pub fn with(settings: &Settings, db: &Db) -> Result<Alone, DbError> {
        if let Target::Sqlite(path) = settings.target()? {
            return open::lock(&open::real(&path)).map(|file| Alone { _file: Some(file) });
        }
        match db.read_blocking(|conn| conn.query_one(&LEASED, &[], |row| row.int(0)))? {
            0 => Ok(Alone { _file: None }),
            lanes => Err(DbError::refused(format!(
                "a server of ours uses the source ({lanes} lanes are held): stop it first, for what it still takes in \
                 would be lost; one that was killed lets go after half a minute"
            ))),
        }
    }
}

/// How many lanes hold events beside the first, the only one that the embedded engine writes in.
///
/// # Errors
/// When they cannot be read.
pub fn lanes_besides(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    conn.query_one(&LANES, &[], |row| row.int(0))
}
