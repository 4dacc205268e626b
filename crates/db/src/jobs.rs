//! Jobs: what may become true a second later. Enqueued in the transaction that caused them, run at
//! least once. Invariant: only the holder of the latest attempt ends a job.

use crate::error::DbError;
use crate::row::Row;
use crate::statement::Statement;
use crate::tx::Tx;

/// A job to enqueue.
#[derive(Clone, Copy, Debug)]
pub struct NewJob<'a> {
    /// Its id, made by the application.
    pub id: [u8; 16],
    /// Which handler runs it. No commas.
    pub kind: &'a str,
    /// What the handler is given, a JSON text.
    pub payload: &'a str,
    /// Not before, in microseconds.
    pub run_at: i64,
    /// While a job of this kind and key waits, another one is not added.
    pub dedupe: Option<&'a str>,
}

/// A job that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: [u8; 16],
    /// Which handler runs it.
    pub kind: String,
    /// What the handler is given.
    pub payload: String,
    /// The how-manieth attempt this is, from 1; the proof of being its holder.
    pub attempt: i64,
}

/// After so many attempts a job is put aside for a person.
pub const ATTEMPTS_MAX: i64 = 12;
const BACKOFF_MICROS: i64 = 1_000_000;
const BACKOFF_MICROS_MAX: i64 = 3_600_000_000;

const ENQUEUE: Statement = Statement::new(
    "db.job.enqueue",
    "insert into db_job (id, kind, payload, dedupe, run_at, attempts, state)
     values (?1, ?2, ?3, ?4, ?5, 0, 0)
     on conflict (kind, dedupe) where state = 0 do nothing",
);

const CLAIM: Statement = Statement::per_engine(
    "db.job.claim",
    "update db_job
     set state = 1, attempts = attempts + 1, run_at = ?2
     where id in (
       select id
       from db_job
       where state < 2 and run_at <= ?1 and instr(?3, ',' || kind || ',') > 0
       order by run_at, id
       limit ?4)
     returning id, kind, payload, attempts",
    "update db_job
     set state = 1, attempts = attempts + 1, run_at = ?2
     where id = any(array(
       select id
       from db_job
       where state < 2 and run_at <= ?1 and strpos(?3, ',' || kind || ',') > 0
       order by run_at, id
       limit ?4
       for update skip locked))
     returning id, kind, payload, attempts",
);

const CLAIM_WAITING: Statement = Statement::new(
    "db.job.claim_waiting",
    "update db_job
     set state = 1, attempts = attempts + 1, run_at = ?2
     where kind = ?3 and dedupe = ?4 and state = 0 and run_at <= ?1
     returning id, kind, payload, attempts",
);

const MOVE_WAITING: Statement = Statement::new(
    "db.job.move_waiting",
    "update db_job
     set run_at = ?4
     where kind = ?2 and dedupe = ?3 and state = 0 and run_at > ?1",
);

const DONE: Statement = Statement::new(
    "db.job.done",
    "delete from db_job
     where id = ?1 and attempts = ?2 and state = 1",
);

const FAILED: Statement = Statement::new(
    "db.job.failed",
    "update db_job
     set state = ?3, run_at = ?4, last_error = ?5, dedupe = null
     where id = ?1 and attempts = ?2 and state = 1",
);

const REVIVE: Statement = Statement::new(
    "db.job.revive",
    "update db_job
     set state = 1, attempts = 0, run_at = ?2
     where id = ?1 and state = 2",
);

const COUNTS: Statement = Statement::new(
    "db.job.counts",
    "select kind,
            cast(sum(case when state < 2 then 1 else 0 end) as bigint),
            cast(sum(case when state = 2 then 1 else 0 end) as bigint),
            min(case when state < 2 then run_at end)
     from db_job
     group by kind
     order by kind",
);

const WAITING: Statement = Statement::new(
    "db.job.waiting",
    "select dedupe, run_at
     from db_job
     where kind = ?1 and state = 0 and dedupe is not null
     order by dedupe",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] =
    &[ENQUEUE, CLAIM, CLAIM_WAITING, MOVE_WAITING, DONE, FAILED, REVIVE, COUNTS, WAITING];

pub(crate) fn enqueue(tx: &mut Tx<'_>, job: NewJob<'_>) -> Result<(), DbError> {
    let params =
        [(&job.id).into(), job.kind.into(), job.payload.into(), job.dedupe.into(), job.run_at.into()];
    tx.execute(&ENQUEUE, &params)?;
    Ok(())
}

/// Claims jobs that are due, until `lease_until`: after it, others may claim them again.
pub fn claim(
    tx: &mut Tx<'_>,
    kinds: &[&str],
    now: i64,
    lease_until: i64,
    limit: i64,
) -> Result<Vec<Job>, DbError> {
    let kinds = format!(",{},", kinds.join(","));
    let params = [now.into(), lease_until.into(), kinds.as_str().into(), limit.into()];
    tx.query(&CLAIM, &params, job)
}

/// Claims the job of this kind and key that waits, when it is due, until `lease_until`.
pub fn claim_waiting(
    tx: &mut Tx<'_>,
    kind: &str,
    key: &str,
    now: i64,
    lease_until: i64,
) -> Result<Option<Job>, DbError> {
    tx.query_opt(&CLAIM_WAITING, &[now.into(), lease_until.into(), kind.into(), key.into()], job)
}

/// Lets the job of this kind and key wait for another time, unless it is due; whether it does.
pub fn move_waiting(tx: &mut Tx<'_>, kind: &str, key: &str, now: i64, run_at: i64) -> Result<bool, DbError> {
    Ok(tx.execute(&MOVE_WAITING, &[now.into(), kind.into(), key.into(), run_at.into()])? == 1)
}

fn job(row: &Row<'_>) -> Result<Job, DbError> {
    Ok(Job {
        id: row.id16(0)?,
        kind: row.text(1)?.to_owned(),
        payload: row.text(2)?.to_owned(),
        attempt: row.int(3)?,
    })
}

/// Ends a job that succeeded; `false` when somebody else has claimed it since.
pub fn done(tx: &mut Tx<'_>, job: &Job) -> Result<bool, DbError> {
    Ok(tx.execute(&DONE, &[(&job.id).into(), job.attempt.into()])? == 1)
}

/// Notes that a job failed: it is due again after a pause that doubles, or put aside after
/// [`ATTEMPTS_MAX`] attempts. `false` when somebody else has claimed it since.
pub fn failed(tx: &mut Tx<'_>, job: &Job, now: i64, error: &str) -> Result<bool, DbError> {
    let exponent = u32::try_from(job.attempt.clamp(1, 32)).unwrap_or(32).saturating_sub(1);
    let pause = BACKOFF_MICROS.saturating_mul(1_i64 << exponent).min(BACKOFF_MICROS_MAX);
    let state: i64 = if job.attempt >= ATTEMPTS_MAX { 2 } else { 1 };
    let params =
        [(&job.id).into(), job.attempt.into(), state.into(), now.saturating_add(pause).into(), error.into()];
    Ok(tx.execute(&FAILED, &params)? == 1)
}

/// Makes a job that was put aside due again; `false` when there is none.
pub fn revive(tx: &mut Tx<'_>, id: &[u8; 16], now: i64) -> Result<bool, DbError> {
    Ok(tx.execute(&REVIVE, &[id.into(), now.into()])? == 1)
}

/// A job that waits for its first attempt: while it does, another of its key is not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its key.
    pub key: String,
    /// When it is or was due, in microseconds.
    pub run_at: i64,
}

/// The jobs of a kind that wait for their first attempt and have a key.
pub fn waiting(conn: &mut crate::conn::Conn<'_>, kind: &str) -> Result<Vec<Waiting>, DbError> {
    conn.query(&WAITING, &[kind.into()], |row| {
        Ok(Waiting { key: row.text(0)?.to_owned(), run_at: row.int(1)? })
    })
}

/// How many jobs of a kind there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The kind.
    pub kind: String,
    /// Waiting or running.
    pub open: i64,
    /// Put aside for a person.
    pub dead: i64,
    /// When the oldest open one is or was due.
    pub oldest_run_at: Option<i64>,
}

/// Counts the jobs by kind.
pub fn counts(conn: &mut crate::conn::Conn<'_>) -> Result<Vec<Count>, DbError> {
    conn.query(&COUNTS, &[], |row| {
        Ok(Count {
            kind: row.text(0)?.to_owned(),
            open: row.int(1)?,
            dead: row.int(2)?,
            oldest_run_at: row.opt_int(3)?,
        })
    })
}
