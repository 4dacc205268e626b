//! Copies on the embedded engine: reading rows of any table, and a new file that takes them. The file is not durable
//! until it is committed: whoever ends before throws it away.

use crate::conn::Conn;
use crate::copy::{Relation, Shape};
use crate::error::DbError;
use crate::migrate;
use crate::sqlite::error::name;
use crate::sqlite::open::Deadline;
use crate::value::Value;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Page cache of the connection that takes rows in, in kibibytes.
const CACHE_KIB: u32 = 65_536;

/// Calls for each row of a statement that has so many columns.
pub(crate) fn rows(
    conn: &Connection,
    deadline: Option<&Deadline>,
    (text, width): (&str, usize),
    each: &mut dyn FnMut(&[Value<'_>]) -> Result<(), DbError>,
) -> Result<u64, DbError> {
    let fail = |error| name(&error, "copy.rows", Some(conn));
    let mut statement = conn.prepare(text).map_err(fail)?;
    let mut found = statement.query([]).map_err(fail)?;
    let mut count = 0_u64;
    while let Some(row) = found.next().map_err(fail)? {
        let mut cells = Vec::with_capacity(width);
        for column in 0..width {
            cells.push(value(row.get_ref(column).map_err(fail)?, column)?);
        }
        each(&cells)?;
        count = count.saturating_add(1);
        if deadline.is_some_and(Deadline::passed) {
            return Err(DbError::Timeout("copy.rows"));
        }
    }
    Ok(count)
}

fn value(found: ValueRef<'_>, column: usize) -> Result<Value<'_>, DbError> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Blob(bytes) => Value::Blob(bytes),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text);
            Value::Text(text.map_err(|_| DbError::Column { column, wanted: "a text" })?)
        }
        ValueRef::Real(_) => return Err(DbError::Column { column, wanted: "exact" }),
    })
}

/// A file that takes rows in.
#[derive(Debug)]
pub(crate) struct Load {
    conn: Connection,
    /// What makes the indexes that hold no constraint.
    indexes: Vec<String>,
    insert: String,
}

fn fail(error: &rusqlite::Error, conn: &Connection) -> DbError {
    name(error, "copy.load", Some(conn))
}

impl Load {
    /// Begins in a file that is empty or not there.
    pub(crate) fn begin(path: &Path) -> Result<Load, DbError> {
        if path.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(DbError::refused(format!(
                "`{}` is there already, and nothing is ever written over",
                path.display()
            )));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let conn = Connection::open_with_flags(path, flags)?;
            conn.execute_batch(&format!(
                "pragma journal_mode = off; pragma synchronous = off; pragma temp_store = memory;
                 pragma foreign_keys = off; pragma trusted_schema = off; pragma cache_size = -{CACHE_KIB};
                 begin"
            ))?;
            Ok::<Connection, rusqlite::Error>(conn)
        };
        let conn = open().map_err(|error| name(&error, "copy.begin", None))?;
        Ok(Load { conn, indexes: Vec::new(), insert: String::new() })
    }

    pub(crate) fn conn(&mut self) -> Conn<'_> {
        Conn::sqlite(&self.conn, None)
    }

    /// Empties what the schema has filled, and takes the indexes away for now.
    pub(crate) fn prepare(&mut self, shape: &Shape) -> Result<(), DbError> {
        let Load { conn, indexes, .. } = self;
        let wrong = |error: &rusqlite::Error| fail(error, conn);
        let mut found = conn
            .prepare(
                "select name, sql from sqlite_schema where type = 'index' and sql is not null order by name",
            )
            .map_err(|error| wrong(&error))?;
        let found: Result<Vec<(String, String)>, _> =
            found.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).and_then(Iterator::collect);
        for (name, text) in found.map_err(|error| wrong(&error))? {
            conn.execute_batch(&format!("drop index \"{name}\"")).map_err(|error| wrong(&error))?;
            indexes.push(text);
        }
        for table in shape.tables.iter().rev() {
            conn.execute_batch(&format!("delete from \"{}\"", table.name)).map_err(|error| wrong(&error))?;
        }
        Ok(())
    }

    /// From now on rows are of this table.
    pub(crate) fn table(&mut self, table: &Relation) {
        let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
        self.insert =
            format!("insert into \"{}\" ({}) values ({})", table.name, table.list(), places.join(", "));
    }

    pub(crate) fn row(&mut self, cells: &[Value<'_>]) -> Result<(), DbError> {
        let Load { conn, insert, .. } = self;
        let run = || {
            let mut ready = conn.prepare_cached(insert)?;
            for (place, value) in (1_usize..).zip(cells) {
                ready.raw_bind_parameter(place, value)?;
            }
            ready.raw_execute()
        };
        run().map(|_| ()).map_err(|error| fail(&error, conn))
    }

    /// Makes the indexes, holds the references and makes all of it durable.
    pub(crate) fn commit(self) -> Result<(), DbError> {
        let Load { conn, indexes, .. } = self;
        let run = || {
            for text in &indexes {
                conn.execute_batch(text)?;
            }
            let mut broken = conn.prepare("pragma foreign_key_check")?;
            let broken: Vec<String> = broken.query_map([], |row| row.get(0)).and_then(Iterator::collect)?;
            conn.execute_batch("commit")?;
            Ok::<_, rusqlite::Error>(broken)
        };
        let broken = run().map_err(|error| fail(&error, &conn))?;
        if let Some(table) = broken.first() {
            return Err(DbError::ForeignKey(table.as_str().into()));
        }
        conn.close().map_err(|(conn, error)| fail(&error, &conn))
    }
}

/// Takes the mark of a copy away.
pub(crate) fn unmark(path: &Path) -> Result<(), DbError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|error| name(&error, "copy.end", None))?;
    migrate::unmark(&mut Conn::sqlite(&conn, None))?;
    conn.close().map_err(|(conn, error)| fail(&error, &conn))
}
