//! Monthly partitions of PostgreSQL tables, named `<table>_yyyymm`. Nothing to do on SQLite.

use crate::conn::Inner;
use crate::error::DbError;
use crate::tx::Tx;
use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};

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
        // two processes may do this at once; the second one waits and finds it done
        tx.conn.script(&format!(
            "select pg_advisory_xact_lock(7305795870240103);
             create table if not exists {partition} partition of {table}
             for values from ('{first} 00:00:00+00') to ('{next} 00:00:00+00')"
        ))?;
        first = next;
    }
    Ok(())
}
