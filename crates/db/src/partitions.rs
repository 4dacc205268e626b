//! Monthly partitions of PostgreSQL tables, named `<table>_yyyymm`. Nothing to do on SQLite.

use crate::conn::Inner;
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

/// Sees to it that the partitions of the month of `from` (microseconds) and of the next `months`
/// exist. The table is partitioned by range of a `timestamptz` column. Its name must be a plain
/// identifier of our own.
pub fn ensure(tx: &mut Tx<'_>, table: &'static str, from: i64, months: u32) -> Result<(), DbError> {
    if matches!(tx.conn.inner, Inner::Sqlite { .. }) {
        return Ok(());
    }
    if !table.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(DbError::internal(format!("`{table}` is not a plain table name")));
    }
    let late = |error: jiff::Error| DbError::internal(format!("no month of {from}: {error}"));
    let stamp = Timestamp::from_microsecond(from).map_err(late)?;
    let mut first: Date = TimeZone::UTC.to_datetime(stamp).date().first_of_month();
    for _ in 0..=months {
        let next = first.checked_add(Span::new().months(1)).map_err(late)?;
        let partition = format!("{table}_{:04}{:02}", first.year(), first.month());
        let known = [partition.as_str().into()];
        if !tx.conn.query_one(&KNOWN, &known, |row| row.bool(0))? {
            // attaching, unlike creating in place, lets the writers of the table go on
            tx.conn.script(&format!(
                "select pg_advisory_xact_lock(7305795870240103);
                 create table if not exists {partition} (like {table} including defaults including constraints);"
            ))?;
            if !tx.conn.query_one(&ATTACHED, &known, |row| row.bool(0))? {
                tx.conn.script(&format!(
                    "alter table {table} attach partition {partition}
                     for values from ('{first} 00:00:00+00') to ('{next} 00:00:00+00')"
                ))?;
            }
        }
        first = next;
    }
    Ok(())
}
