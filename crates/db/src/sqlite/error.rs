//! Names of SQLite's failures, so that both engines refuse in the same words.

use crate::error::DbError;
use rusqlite::{Connection, Error, ErrorCode, ffi};

/// Names a failure. The connection is asked for the name of a unique index.
pub(crate) fn name(error: &Error, statement: &'static str, conn: Option<&Connection>) -> DbError {
    let Error::SqliteFailure(code, message) = error else {
        return DbError::Engine { statement, code: "client".into(), message: error.to_string().into() };
    };
    let message = message.as_deref().unwrap_or_default();
    let subject = message.split_once(": ").map_or("", |(_, subject)| subject);
    match (code.code, code.extended_code) {
        (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            let name = conn.and_then(|conn| unique_name(conn, subject));
            DbError::Unique(name.unwrap_or_else(|| default_name(code.extended_code, subject)).into())
        }
        (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => DbError::ForeignKey("".into()),
        (_, ffi::SQLITE_CONSTRAINT_CHECK) => DbError::Check(subject.into()),
        (_, ffi::SQLITE_CONSTRAINT_NOTNULL) => {
            DbError::NotNull(subject.rsplit('.').next().unwrap_or_default().into())
        }
        // a sum of integers that does not fit becomes a real number, which the column refuses
        (_, ffi::SQLITE_CONSTRAINT_DATATYPE) if message.contains("REAL value in INTEGER column") => {
            DbError::OutOfRange(statement)
        }
        (ErrorCode::Unknown, _) if message == "integer overflow" => DbError::OutOfRange(statement),
        (_, ffi::SQLITE_CONSTRAINT_TRIGGER) => DbError::Raised(message.into()),
        (ErrorCode::DiskFull, _) => DbError::StorageFull,
        (
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly,
            _,
        ) => DbError::Io(format!("{message} ({})", code.extended_code).into()),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => DbError::Contention,
        (ErrorCode::OperationInterrupted, _) => DbError::Timeout(statement),
        _ => DbError::Engine {
            statement,
            code: code.extended_code.to_string().into(),
            message: message.into(),
        },
    }
}

/// `table.column, table.column` → the name of the unique index over these columns.
fn unique_name(conn: &Connection, subject: &str) -> Option<String> {
    if let Some(index) = subject.strip_prefix("index '") {
        return Some(index.trim_end_matches('\'').to_owned());
    }
    let columns: Vec<&str> = subject.split(", ").filter_map(|part| Some(part.split_once('.')?.1)).collect();
    let table = subject.split_once('.')?.0;
    let mut statement = conn
        .prepare_cached(
            "select l.name from pragma_index_list(?1) l
             where l.\"unique\" and l.origin = 'c'
               and (select group_concat(i.name, ', ') from pragma_index_info(l.name) i) = ?2",
        )
        .ok()?;
    statement.query_row([table, &columns.join(", ")], |row| row.get(0)).ok()
}

/// The name that PostgreSQL gives to a constraint that was not named.
fn default_name(extended_code: i32, subject: &str) -> String {
    let table = subject.split_once('.').map_or(subject, |(table, _)| table);
    if extended_code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY {
        return format!("{table}_pkey");
    }
    let mut name = table.to_owned();
    for (_, column) in subject.split(", ").filter_map(|part| part.split_once('.')) {
        name.push('_');
        name.push_str(column);
    }
    name.push_str("_key");
    name
}
