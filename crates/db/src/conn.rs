//! What a write transaction and a read snapshot can both do: run named statements.

use crate::error::DbError;
use crate::pg::connection::Connection as PgConnection;
use crate::question::{Ask, Asked, Params, Question};
use crate::row::{self, Row};
use crate::settings::Engine;
use crate::sqlite::error::name;
use crate::sqlite::open::Deadline;
use crate::statement::Statement;
use crate::value::{Rows, Value};

/// A database in one transaction or snapshot.
#[derive(Debug)]
pub struct Conn<'a> {
    pub(crate) inner: Inner<'a>,
    /// The first failure of a statement since the last savepoint that was rolled back: after it a
    /// transaction cannot be kept.
    pub(crate) failed: Option<DbError>,
    /// The first failure that running again may help, which a savepoint that is rolled back does not
    /// undo: whatever was decided after it was not decided on what is there.
    pub(crate) retry: Option<DbError>,
}

#[derive(Debug)]
pub(crate) enum Inner<'a> {
    Sqlite { conn: &'a rusqlite::Connection, deadline: Option<&'a Deadline> },
    Postgres(&'a mut PgConnection),
}

impl<'a> Conn<'a> {
    pub(crate) fn sqlite(conn: &'a rusqlite::Connection, deadline: Option<&'a Deadline>) -> Conn<'a> {
        Conn { inner: Inner::Sqlite { conn, deadline }, failed: None, retry: None }
    }

    pub(crate) fn postgres(conn: &'a mut PgConnection) -> Conn<'a> {
        Conn { inner: Inner::Postgres(conn), failed: None, retry: None }
    }

    /// Which engine this is, for stores whose statements differ in more than their text.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite { .. } => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows, mapped.
    pub fn query<T>(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.run(statement, params, |row| {
            found.push(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The first row, mapped, or none.
    pub fn query_opt<T>(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut found = None;
        self.run(statement, params, |row| {
            if found.is_none() {
                found = Some(map(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The first row, mapped; [`DbError::NoRow`] when there is none.
    pub fn query_one<T>(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.query_opt(statement, params, map)?.ok_or(DbError::NoRow(statement.name))
    }

    /// Calls for each row as it arrives, in constant memory.
    pub fn for_each(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.run(statement, params, each).map(|_| ())
    }

    /// Set-based: on SQLite one execution for each row of parameters, on PostgreSQL one execution
    /// with parameter `?k` an array of the k-th column (`unnest(?1::bigint[], ?2::uuid[])`).
    /// The order of the results is that of the rows on SQLite only: map a key as well.
    pub fn query_many<T>(
        &mut self,
        statement: &Statement,
        rows: &Rows<'_>,
        mut map: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::with_capacity(rows.len());
        self.run_many(statement, rows, |row| {
            found.push(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Asks questions that do not rest on each other's answers. They are answered in order; on
    /// PostgreSQL they travel together, in one round trip.
    pub fn ask(&mut self, questions: &mut [&mut dyn Ask]) -> Result<(), DbError> {
        if let Inner::Postgres(conn) = &mut self.inner {
            let done = conn.ask(questions);
            return self.note(done);
        }
        for question in questions {
            let (Asked { statement, params }, taker) = question.parts();
            match params {
                Params::Once(params) => self.run(statement, params, |row| taker.take(row))?,
                Params::Each(rows) => self.run_many(statement, rows, |row| taker.take(row))?,
            };
        }
        Ok(())
    }

    /// Asks one question alone.
    pub fn answers<T>(&mut self, mut question: Question<'_, T>) -> Result<Vec<Option<T>>, DbError> {
        self.ask(&mut [&mut question])?;
        Ok(question.answers())
    }

    pub(crate) fn run(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        let done = match &mut self.inner {
            Inner::Sqlite { conn, deadline } => ready(conn, *deadline, statement)
                .and_then(|mut ready| step((conn, *deadline), &mut ready, statement, params, &mut each)),
            Inner::Postgres(conn) => conn.run(statement, params, each),
        };
        self.note(done)
    }

    pub(crate) fn run_many(
        &mut self,
        statement: &Statement,
        rows: &Rows<'_>,
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        if rows.is_empty() {
            return Ok(0);
        }
        if statement.text(self.engine()).is_empty() {
            return Ok(0);
        }
        let done = match &mut self.inner {
            Inner::Sqlite { conn, deadline } => ready(conn, *deadline, statement).and_then(|mut ready| {
                let mut sum = 0_u64;
                for params in rows.iter() {
                    let count = step((conn, *deadline), &mut ready, statement, params, &mut each)?;
                    sum = sum.saturating_add(count);
                }
                Ok(sum)
            }),
            Inner::Postgres(conn) => conn.run_many(statement, rows, each),
        };
        self.note(done)
    }

    pub(crate) fn run_all(&mut self, all: &[(&Statement, &Rows<'_>)]) -> Result<Vec<u64>, DbError> {
        if let Inner::Postgres(conn) = &mut self.inner {
            let done = conn.run_all(all);
            return self.note(done);
        }
        all.iter().map(|(statement, rows)| self.run_many(statement, rows, |_| Ok(()))).collect()
    }

    /// Runs a text without parameters or results that is not a [`Statement`]: savepoints only.
    pub(crate) fn batch(&mut self, text: &str) -> Result<(), DbError> {
        let done = match &mut self.inner {
            Inner::Sqlite { conn, .. } => conn
                .prepare_cached(text)
                .and_then(|mut statement| statement.raw_execute())
                .map(|_| ())
                .map_err(|error| name(&error, "batch", Some(conn))),
            Inner::Postgres(conn) => conn.batch(text),
        };
        self.note(done)
    }

    /// Runs a text of several statements: migrations only.
    pub(crate) fn script(&mut self, text: &str) -> Result<(), DbError> {
        match &mut self.inner {
            Inner::Sqlite { conn, .. } => {
                conn.execute_batch(text).map_err(|error| name(&error, "migration", Some(conn)))
            }
            Inner::Postgres(conn) => conn.batch(text),
        }
    }

    pub(crate) fn note<T>(&mut self, done: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &done {
            let again = error.is_retryable() || matches!(error, DbError::Unavailable(_));
            if again && self.retry.is_none() {
                self.retry = Some(error.clone());
            }
            if self.failed.is_none() {
                self.failed = Some(error.clone());
            }
        }
        done
    }
}

fn ready<'c>(
    conn: &'c rusqlite::Connection,
    deadline: Option<&Deadline>,
    statement: &Statement,
) -> Result<rusqlite::CachedStatement<'c>, DbError> {
    if deadline.is_some_and(Deadline::passed) {
        return Err(DbError::Timeout(statement.name));
    }
    conn.prepare_cached(statement.sqlite).map_err(|error| name(&error, statement.name, Some(conn)))
}

fn step(
    (conn, deadline): (&rusqlite::Connection, Option<&Deadline>),
    ready: &mut rusqlite::CachedStatement<'_>,
    statement: &Statement,
    params: &[Value<'_>],
    each: &mut impl FnMut(&Row<'_>) -> Result<(), DbError>,
) -> Result<u64, DbError> {
    let fail = |error| name(&error, statement.name, Some(conn));
    if ready.parameter_count() != params.len() {
        return Err(DbError::Engine {
            statement: statement.name,
            code: "client".into(),
            message: format!("{} parameters, given {}", ready.parameter_count(), params.len()).into(),
        });
    }
    for (index, value) in (1_usize..).zip(params) {
        ready.raw_bind_parameter(index, value).map_err(fail)?;
    }
    let mut rows = ready.raw_query();
    loop {
        match rows.next() {
            Ok(Some(found)) => {
                each(&Row(row::Inner::Sqlite(found)))?;
                // the engine looks at the clock only once in many steps, which may be slow ones
                if deadline.is_some_and(Deadline::passed) {
                    return Err(DbError::Timeout(statement.name));
                }
            }
            Ok(None) => break,
            Err(error) => return Err(fail(error)),
        }
    }
    drop(rows);
    Ok(conn.changes())
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
        Ok(match *self {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Int(v) => ToSqlOutput::Borrowed(ValueRef::Integer(v)),
            Value::Text(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Value::Blob(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v)),
            Value::Date(v) => ToSqlOutput::Owned(Owned::Text(v.to_string())),
            Value::Bool(v) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(v))),
        })
    }
}
