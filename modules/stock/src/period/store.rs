//! The statements of periods.

use super::{Closing, PeriodShown};
use db::{Conn, DbError, Row, Statement, Tx};
use domain::ledger::Digested;
use domain::{Instant, Period, PrincipalId, hex};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select p.period, p.state, p.changed_at, p.version, d.version, d.closed_at, d.postings, d.movements, d.hash
             from stock_period p
             left join stock_period_digest d
               on d.period = p.period and d.version = p.version and p.state = 2 and d.hash is not null ",
            $rest
        )
    };
}

const LIST: Statement = Statement::new(
    "stock.period.list",
    select!(
        "where p.period < ?1
         order by p.period desc
         limit ?2"
    ),
);

const FIND: Statement = Statement::new("stock.period.find", select!("where p.period = ?1"));

/// The closings of a month, the latest first.
const CLOSINGS: Statement = Statement::new(
    "stock.period.closings",
    "select version, closed_at, postings, movements, hash from stock_period_digest
     where period = ?1 and version < ?2 and hash is not null
     order by version desc
     limit ?3",
);

const KEEP: Statement = Statement::new(
    "stock.period.keep",
    "insert into stock_period_digest (period, version, closed_at, postings, movements, hash)
     values (?1, ?2, ?3, ?4, ?5, ?6)",
);

const LOCK: Statement = Statement::per_engine(
    "stock.period.lock",
    "select period, state, version from stock_period where period = ?1",
    "select period, state, version from stock_period where period = ?1 for update",
);

const SAVE: Statement = Statement::new(
    "stock.period.save",
    "insert into stock_period (period, state, changed_at, changed_by, version) values (?1, ?2, ?3, ?4, ?5)
     on conflict (period) do update set state = excluded.state, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by, version = excluded.version",
);

/// The last month that is closed.
const LAST_CLOSED: Statement =
    Statement::new("stock.period.last_closed", "select max(period) from stock_period where state = 2");

/// The first month between two in which something is posted.
const FIRST_POSTED: Statement = Statement::new(
    "stock.period.first_posted",
    "select min(m.period) from stock_month m where m.period > ?1 and m.period < ?2",
);

const LAST_RECORDED: Statement =
    Statement::new("stock.period.last_recorded", "select max(recorded_at) from stock_posting");

/// A month as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PeriodRow {
    pub(crate) period: Period,
    pub(crate) closed: bool,
    pub(crate) changed_at: Instant,
    pub(crate) version: i64,
    /// What was posted into it, while it is closed.
    pub(crate) digest: Option<Closing>,
}

impl PeriodRow {
    pub(crate) fn shown(&self) -> PeriodShown {
        PeriodShown {
            period: self.period.to_string(),
            state: if self.closed { "closed" } else { "open" },
            changed_at: Some(self.changed_at),
            version: self.version,
            digest: self.digest.clone(),
        }
    }
}

fn named(row: &Row<'_>) -> Result<Period, DbError> {
    let number = i32::try_from(row.int(0)?).ok().and_then(Period::from_number);
    number.ok_or(DbError::Column { column: 0, wanted: "a period" })
}

fn period(row: &Row<'_>) -> Result<PeriodRow, DbError> {
    let digest = row.opt_int(4)?.map(|_| closing(row, 4)).transpose()?;
    Ok(PeriodRow {
        period: named(row)?,
        closed: row.int(1)? == 2,
        changed_at: Instant(row.int(2)?),
        version: row.int(3)?,
        digest,
    })
}

fn closing(row: &Row<'_>, column: usize) -> Result<Closing, DbError> {
    Ok(Closing {
        version: row.int(column)?,
        closed_at: Instant(row.int(column + 1)?),
        postings: row.int(column + 2)?,
        movements: row.int(column + 3)?,
        digest: hex::digits(&row.hash(column + 4)?),
    })
}

/// Keeps the digest of a month that is closed, for good.
pub(crate) fn keep(tx: &mut Tx<'_>, row: &PeriodRow, digested: &Digested) -> Result<(), DbError> {
    let Digested { postings, movements, hash } = digested;
    let params = [
        row.period.number().into(),
        row.version.into(),
        row.changed_at.0.into(),
        (*postings).into(),
        (*movements).into(),
        hash.as_slice().into(),
    ];
    tx.execute(&KEEP, &params).map(|_| ())
}

/// The closings of a month below a version, the latest first.
pub(crate) fn closings(
    conn: &mut Conn<'_>,
    period: Period,
    below: i64,
    limit: i64,
) -> Result<Vec<Closing>, DbError> {
    let params = [period.number().into(), below.into(), limit.into()];
    conn.query(&CLOSINGS, &params, |row| closing(row, 0))
}

/// The latest months first.
pub(crate) fn list(conn: &mut Conn<'_>, before: Option<i32>, limit: i64) -> Result<Vec<PeriodRow>, DbError> {
    conn.query(&LIST, &[before.unwrap_or(i32::MAX).into(), limit.into()], period)
}

/// A month; none when it was never closed.
pub(crate) fn find(conn: &mut Conn<'_>, wanted: Period) -> Result<Option<PeriodRow>, DbError> {
    conn.query_opt(&FIND, &[wanted.number().into()], period)
}

/// Whether a month is closed, and its version, held until the transaction ends; none when it was never closed.
pub(crate) fn lock(tx: &mut Tx<'_>, wanted: Period) -> Result<Option<(bool, i64)>, DbError> {
    tx.query_opt(&LOCK, &[wanted.number().into()], |row| Ok((row.int(1)? == 2, row.int(2)?)))
}

/// The last month that is closed.
pub(crate) fn last_closed(conn: &mut Conn<'_>) -> Result<Option<Period>, DbError> {
    month(conn, &LAST_CLOSED, &[])
}

/// The first month before one in which something is posted, and which is open.
pub(crate) fn first_open(conn: &mut Conn<'_>, before: Period) -> Result<Option<Period>, DbError> {
    let closed_to = last_closed(conn)?.map_or(0, Period::number);
    month(conn, &FIRST_POSTED, &[closed_to.into(), before.number().into()])
}

fn month(
    conn: &mut Conn<'_>,
    statement: &Statement,
    params: &[db::Value<'_>],
) -> Result<Option<Period>, DbError> {
    conn.query_one(statement, params, |row| row.opt_int(0)?.map(|_| named(row)).transpose())
}

/// When the last posting was recorded.
pub(crate) fn last_recorded(tx: &mut Tx<'_>) -> Result<Option<Instant>, DbError> {
    Ok(tx.query_one(&LAST_RECORDED, &[], |row| row.opt_int(0))?.map(Instant))
}

pub(crate) fn save(tx: &mut Tx<'_>, row: &PeriodRow, by: PrincipalId) -> Result<(), DbError> {
    let PeriodRow { period, closed, changed_at, version, digest: _ } = row;
    let state: i64 = if *closed { 2 } else { 1 };
    let params =
        [period.number().into(), state.into(), changed_at.0.into(), by.get().into(), (*version).into()];
    tx.execute(&SAVE, &params).map(|_| ())
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&LIST, &FIND, &CLOSINGS, &KEEP, &LOCK, &SAVE, &LAST_CLOSED, &FIRST_POSTED, &LAST_RECORDED];
