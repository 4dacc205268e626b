//! The feed: events in the order in which everybody sees them. Positions are given after commit
//! and stored as runs: `position = position_from + (event_number - number_from)`. Invariant:
//! positions are dense from 1, and one that a reader has passed never gets an event again; only a
//! restore leaves a gap, for what was told since the backup.

use crate::conn::Conn;
use crate::error::DbError;
use crate::outbox::split;
use crate::pg::sequencer;
use crate::settings::Engine;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::Rows;

/// An event with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its position in the feed.
    pub position: i64,
    /// Its id.
    pub id: [u8; 16],
    /// What happened.
    pub kind: String,
    /// The kind of thing it happened to.
    pub aggregate_type: String,
    /// The thing it happened to.
    pub aggregate_id: String,
    /// Counts the events of the thing, without gaps.
    pub aggregate_seq: i64,
    /// When, in microseconds.
    pub recorded_at: i64,
    /// The sites it concerns.
    pub sites: Vec<i64>,
    /// The body, a JSON text.
    pub payload: String,
}

/// Consecutive events of one lane at consecutive positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) position_from: i64,
    pub(crate) lane: i64,
    pub(crate) number_from: i64,
    pub(crate) number_to: i64,
}

impl Run {
    pub(crate) fn position_to(&self) -> i64 {
        self.position_from.saturating_add(self.number_to.saturating_sub(self.number_from))
    }
}

/// The lane of the runs that stand for a restore: one position each, and no event.
pub(crate) const RESTORES: i64 = 0;

const ALL: Statement = Statement::new(
    "db.feed.all",
    "select position_from, lane, number_from, number_to from db_feed order by position_from",
);

const RUNS: Statement = Statement::new(
    "db.feed.runs",
    "select position_from, lane, number_from, number_to
     from db_feed
     where position_from >= coalesce((select max(position_from) from db_feed where position_from <= ?1), 0)
       and lane <> 0
     order by position_from
     limit ?2",
)
.hot();

const EVENTS: Statement = Statement::per_engine(
    "db.feed.events",
    "select ?1 + event_number - ?3,
            event_id, kind, aggregate_type, aggregate_id, aggregate_seq, recorded_at, sites, payload
     from db_outbox
     where lane = ?2 and event_number between ?3 and ?4
     order by event_number",
    "select r.position_from + o.event_number - r.number_from,
            o.event_id, o.kind, o.aggregate_type, o.aggregate_id, o.aggregate_seq, o.recorded_at, o.sites, o.payload
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[])
       as r (position_from, lane, number_from, number_to)
     join db_outbox o on o.lane = r.lane and o.event_number between r.number_from and r.number_to
     order by 1",
)
.hot();

const LAST: Statement = Statement::new(
    "db.feed.last",
    "select position_from, lane, number_from, number_to
     from db_feed
     where position_from = (select max(position_from) from db_feed)",
)
.hot();

const AT: Statement = Statement::new(
    "db.feed.at",
    "select position_from, lane, number_from, number_to
     from db_feed
     where position_from = (select max(position_from) from db_feed where position_from <= ?1)",
)
.hot();

/// The events after a position, in order, at most so many.
pub fn read(conn: &mut Conn<'_>, after: i64, limit: i64) -> Result<Vec<Event>, DbError> {
    let first = after.saturating_add(1);
    let mut left = limit.max(0);
    let mut rows = Rows::new(4);
    let runs = conn.query(&RUNS, &[first.into(), limit.saturating_add(1).into()], run)?;
    for run in runs {
        let skip = first.saturating_sub(run.position_from).max(0);
        let number_from = run.number_from.saturating_add(skip);
        let number_to = run.number_to.min(number_from.saturating_add(left).saturating_sub(1));
        if number_from > number_to {
            continue;
        }
        left = left.saturating_sub(number_to.saturating_sub(number_from).saturating_add(1));
        let position = run.position_from.saturating_add(skip);
        rows.push(&[position.into(), run.lane.into(), number_from.into(), number_to.into()]);
    }
    conn.query_many(&EVENTS, &rows, |row| {
        Ok(Event {
            position: row.int(0)?,
            id: row.id16(1)?,
            kind: row.text(2)?.to_owned(),
            aggregate_type: row.text(3)?.to_owned(),
            aggregate_id: row.text(4)?.to_owned(),
            aggregate_seq: row.int(5)?,
            recorded_at: row.int(6)?,
            sites: split(row.text(7)?),
            payload: row.text(8)?.to_owned(),
        })
    })
}

/// The last position that was given; 0 before the first.
pub fn last(conn: &mut Conn<'_>) -> Result<i64, DbError> {
    Ok(last_run(conn)?.map_or(0, |run| run.position_to()))
}

/// Whether a reader may stand at a position: it is 0, or was given. A position of the gap that a restore
/// leaves was given by what came after the backup, if at all, and means nothing any more.
pub fn is_given(conn: &mut Conn<'_>, position: i64) -> Result<bool, DbError> {
    let at = conn.query_opt(&AT, &[position.into()], run)?;
    Ok(position == 0 || at.is_some_and(|run| run.position_to() >= position))
}

/// Lets the feed of a restored database go on at the microsecond `now`, a number beyond all positions that
/// were ever given, as nobody tells a million events a second: so what is told from here on is never taken
/// for what was told after the backup.
///
/// # Errors
/// When the store fails.
pub fn restored(tx: &mut Tx<'_>, now: i64) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        tx.query_opt(&sequencer::LOCK, &[], |_| Ok(()))?;
    }
    let position = now.max(last(tx)?.saturating_add(1));
    let mut rows = Rows::new(4);
    rows.push(&[position.into(), RESTORES.into(), 0_i64.into(), 0_i64.into()]);
    tx.execute_many(&INSERT, &rows).map(|_| ())
}

/// All runs, in the order of their positions.
pub(crate) fn runs(conn: &mut Conn<'_>) -> Result<Vec<Run>, DbError> {
    conn.query(&ALL, &[], run)
}

pub(crate) fn last_run(conn: &mut Conn<'_>) -> Result<Option<Run>, DbError> {
    conn.query_opt(&LAST, &[], run)
}

fn run(row: &crate::row::Row<'_>) -> Result<Run, DbError> {
    Ok(Run {
        position_from: row.int(0)?,
        lane: row.int(1)?,
        number_from: row.int(2)?,
        number_to: row.int(3)?,
    })
}

const INSERT: Statement = Statement::per_engine(
    "db.feed.insert",
    "insert into db_feed (position_from, lane, number_from, number_to)
     values (?1, ?2, ?3, ?4)",
    "insert into db_feed (position_from, lane, number_from, number_to)
     select *
     from unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[])",
);

const EXTEND: Statement = Statement::new(
    "db.feed.extend",
    "update db_feed
     set number_to = ?2
     where position_from = ?1",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[ALL, RUNS, AT, EVENTS, LAST, INSERT, EXTEND];

/// Adds runs of (lane, first number, last number) behind the last one; the new last position. A
/// run that continues the last one only extends it.
pub(crate) fn append(conn: &mut Conn<'_>, runs: &[(i64, i64, i64)]) -> Result<i64, DbError> {
    let last = last_run(conn)?;
    let mut end = last.map_or(0, |run| run.position_to());
    let mut rows = Rows::with_capacity(4, runs.len());
    for (index, (lane, number_from, number_to)) in runs.iter().enumerate() {
        let count = number_to.saturating_sub(*number_from).saturating_add(1);
        match last {
            Some(run)
                if index == 0 && run.lane == *lane && run.number_to.saturating_add(1) == *number_from =>
            {
                conn.run(&EXTEND, &[run.position_from.into(), (*number_to).into()], |_| Ok(()))?;
            }
            _ => rows.push(&[
                end.saturating_add(1).into(),
                (*lane).into(),
                (*number_from).into(),
                (*number_to).into(),
            ]),
        }
        end = end.saturating_add(count);
    }
    conn.run_many(&INSERT, &rows, |_| Ok(()))?;
    Ok(end)
}
