//! The statements of periods.

use super::PeriodShown;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::{Instant, Period, PrincipalId};

const LIST: Statement = Statement::new(
    "stock.period.list",
    "select period, state, changed_at, version from stock_period
     where period < ?1
     order by period desc
     limit ?2",
);

const FIND: Statement = Statement::new(
    "stock.period.find",
    "select period, state, changed_at, version from stock_period where period = ?1",
);

const LOCK: Statement = Statement::per_engine(
    "stock.period.lock",
    "select period, state, changed_at, version from stock_period where period = ?1",
    "select period, state, changed_at, version from stock_period where period = ?1 for update",
);

const SAVE: Statement = Statement::new(
    "stock.period.save",
    "insert into stock_period (period, state, changed_at, changed_by, version) values (?1, ?2, ?3, ?4, ?5)
     on conflict (period) do update set state = excluded.state, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by, version = excluded.version",
);

const LAST_RECORDED: Statement =
    Statement::new("stock.period.last_recorded", "select max(recorded_at) from stock_posting");

/// A month as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PeriodRow {
    pub(crate) period: Period,
    pub(crate) closed: bool,
    pub(crate) changed_at: Instant,
    pub(crate) version: i64,
}

impl PeriodRow {
    pub(crate) fn shown(&self) -> PeriodShown {
        PeriodShown {
            period: self.period.to_string(),
            state: if self.closed { "closed" } else { "open" },
            changed_at: Some(self.changed_at),
            version: self.version,
        }
    }
}

fn period(row: &Row<'_>) -> Result<PeriodRow, DbError> {
    let number = i32::try_from(row.int(0)?).ok().and_then(Period::from_number);
    Ok(PeriodRow {
        period: number.ok_or(DbError::Column { column: 0, wanted: "a period" })?,
        closed: row.int(1)? == 2,
        changed_at: Instant(row.int(2)?),
        version: row.int(3)?,
    })
}

/// The latest months first.
pub(crate) fn list(conn: &mut Conn<'_>, before: Option<i32>, limit: i64) -> Result<Vec<PeriodRow>, DbError> {
    conn.query(&LIST, &[before.unwrap_or(i32::MAX).into(), limit.into()], period)
}

/// A month; none when it was never closed.
pub(crate) fn find(conn: &mut Conn<'_>, wanted: Period) -> Result<Option<PeriodRow>, DbError> {
    conn.query_opt(&FIND, &[wanted.number().into()], period)
}

/// A month, held until the transaction ends; none when it was never closed.
pub(crate) fn lock(tx: &mut Tx<'_>, wanted: Period) -> Result<Option<PeriodRow>, DbError> {
    tx.query_opt(&LOCK, &[wanted.number().into()], period)
}

/// When the last posting was recorded.
pub(crate) fn last_recorded(tx: &mut Tx<'_>) -> Result<Option<Instant>, DbError> {
    Ok(tx.query_one(&LAST_RECORDED, &[], |row| row.opt_int(0))?.map(Instant))
}

pub(crate) fn save(tx: &mut Tx<'_>, row: &PeriodRow, by: PrincipalId) -> Result<(), DbError> {
    let PeriodRow { period, closed, changed_at, version } = row;
    let state: i64 = if *closed { 2 } else { 1 };
    let params =
        [period.number().into(), state.into(), changed_at.0.into(), by.get().into(), (*version).into()];
    tx.execute(&SAVE, &params).map(|_| ())
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LIST, &FIND, &LOCK, &SAVE, &LAST_RECORDED];
