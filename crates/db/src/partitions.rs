//! Monthly partitions of PostgreSQL tables, named `<table>_yyyymm`. Nothing to do on SQLite.

use crate::conn::{Conn, Inner};
use crate::error::DbError;
use crate::statement::Statement;
use crate::tx::Tx;
use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};

const KNOWN: Statement =
    Statement::per_engine("db.partition.known", "", "select to_regclass(?1::text) is not null");

/// Asked again under the lock: another process may have been faster.
const ATTACHED: Statement = Statement::per_engine(
    "db.partition.attached",
    "",
    "select relispartition from pg_class where oid = to_regclass(?1::text)",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[KNOWN, ATTACHED];

/// Sees to it that the partition of the month of `at` (microseconds) exists, in this transaction. What was
/// found once is not asked for again on a connection, so this costs a query a month. That partitions are
/// made ahead of time is [`ensure`]'s; this is for a clock that has jumped further.
pub fn ready(tx: &mut Tx<'_>, table: &'static str, at: i64) -> Result<(), DbError> {
    let Inner::Postgres(connection) = &mut tx.conn.inner else { return Ok(()) };
    let partition = of(table, at)?.name;
    if connection.ready.contains(&partition) {
        return Ok(());
    }
    let found = tx.conn.query_one(&KNOWN, &[partition.as_str().into()], |row| row.bool(0))?;
    if !found {
        // it is gone again if the transaction is, so it is not remembered yet
        return ensure(tx, table, at, 0);
    }
    if let Inner::Postgres(connection) = &mut tx.conn.inner {
        connection.ready.insert(partition);
    }
    Ok(())
}

fn name(table: &str, first: Date) -> String {
    format!("{table}_{:04}{:02}", first.year(), first.month())
}

fn no_month(at: i64, error: &jiff::Error) -> DbError {
    DbError::internal(format!("no month of {at}: {error}"))
}

/// Sees to it that the partitions of the month of `from` (microseconds) and of the next `months`
/// exist. The table is partitioned by range of a `timestamptz` column. Its name must be a plain
/// identifier of our own.
pub fn ensure(tx: &mut Tx<'_>, table: &'static str, from: i64, months: u32) -> Result<(), DbError> {
    if matches!(tx.conn.inner, Inner::Sqlite { .. }) {
        return Ok(());
    }
    let mut partition = of(table, from)?;
    for _ in 0..=months {
        make(&mut tx.conn, &partition)?;
        partition = partition.next()?;
    }
    Ok(())
}

/// The partition of a month.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    table: String,
    first: Date,
    /// Its own name.
    pub(crate) name: String,
}

/// The partition of a table for the month of `at` (microseconds). The name of the table must be a plain
/// identifier of our own.
pub(crate) fn of(table: &str, at: i64) -> Result<Partition, DbError> {
    if !table.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(DbError::internal(format!("`{table}` is not a plain table name")));
    }
    let stamp = Timestamp::from_microsecond(at).map_err(|error| no_month(at, &error))?;
    let first = TimeZone::UTC.to_datetime(stamp).date().first_of_month();
    Ok(Partition { table: table.to_owned(), first, name: name(table, first) })
}

impl Partition {
    fn next(&self) -> Result<Partition, DbError> {
        let next = self.first.checked_add(Span::new().months(1));
        let first =
            next.map_err(|error| DbError::internal(format!("no month after {}: {error}", self.name)))?;
        Ok(Partition { table: self.table.clone(), first, name: name(&self.table, first) })
    }
}

/// Sees to it that a partition exists.
pub(crate) fn make(conn: &mut Conn<'_>, partition: &Partition) -> Result<(), DbError> {
    let Partition { table, first, name } = partition;
    let known = [name.as_str().into()];
    if conn.query_one(&KNOWN, &known, |row| row.bool(0))? {
        return Ok(());
    }
    // attaching, unlike creating in place, lets the writers of the table go on
    conn.script(&format!(
        "select pg_advisory_xact_lock(7305795870240103);
         create table if not exists {name} (like {table} including defaults including constraints);"
    ))?;
    if !conn.query_one(&ATTACHED, &known, |row| row.bool(0))? {
        let next = partition.next()?.first;
        conn.script(&format!(
            "alter table {table} attach partition {name}
             for values from ('{first} 00:00:00+00') to ('{next} 00:00:00+00')"
        ))?;
        conn.script(&refusals(table, name))?;
    }
    Ok(())
}

/// Gives a partition the triggers by which its table refuses to be emptied. Those of rows come with it when
/// it is attached, those of statements do not.
fn refusals(table: &str, partition: &str) -> String {
    // 32: of `truncate`
    format!(
        "do $$
         declare
           guard record;
         begin
           for guard in
             select tgname, tgfoid::regprocedure as refuse
             from pg_trigger
             where tgrelid = '{table}'::regclass and tgtype & 32 <> 0 and not tgisinternal
             order by tgname
           loop
             execute format('create trigger %I before truncate on {partition} for each statement execute function %s',
               guard.tgname, guard.refuse);
           end loop;
         end $$"
    )
}
