//! Events, stored in the transaction that caused them.

use crate::error::DbError;
use crate::lane::Head;
use crate::statement::Statement;
use crate::tx::Tx;
use crate::value::{Rows, Value};
use std::fmt::Write as _;

/// An event to emit.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// Its id, made by the application.
    pub id: [u8; 16],
    /// What happened, such as `stock.posted`.
    pub kind: &'a str,
    /// The kind of thing it happened to.
    pub aggregate_type: &'a str,
    /// The thing it happened to.
    pub aggregate_id: &'a str,
    /// Counts the events of the thing, without gaps, from 1.
    pub aggregate_seq: i64,
    /// When, in microseconds; never before an earlier event of the same thing.
    pub recorded_at: i64,
    /// The sites it concerns; empty when it concerns none in particular.
    pub sites: &'a [i64],
    /// The body, a JSON text.
    pub payload: String,
}

/// An event that waits for the end of its closure.
#[derive(Debug)]
pub(crate) struct Buffered {
    id: [u8; 16],
    kind: Box<str>,
    aggregate_type: Box<str>,
    aggregate_id: Box<str>,
    aggregate_seq: i64,
    recorded_at: i64,
    sites: String,
    payload: String,
}

impl From<NewEvent<'_>> for Buffered {
    fn from(event: NewEvent<'_>) -> Buffered {
        Buffered {
            id: event.id,
            kind: event.kind.into(),
            aggregate_type: event.aggregate_type.into(),
            aggregate_id: event.aggregate_id.into(),
            aggregate_seq: event.aggregate_seq,
            recorded_at: event.recorded_at,
            sites: join(event.sites),
            payload: event.payload,
        }
    }
}

/// Sites as they are stored: `,3,17,` or nothing.
fn join(sites: &[i64]) -> String {
    let mut text = String::new();
    for site in sites {
        let comma = if text.is_empty() { "," } else { "" };
        write!(text, "{comma}{site},").unwrap_or_default();
    }
    text
}

/// Reads what [`join`] wrote.
pub(crate) fn split(sites: &str) -> Vec<i64> {
    sites.split(',').filter_map(|site| site.parse().ok()).collect()
}

pub(crate) const INSERT: Statement = Statement::per_engine(
    "db.outbox.insert",
    "insert into db_outbox
       (lane, event_number, event_id, kind, aggregate_type, aggregate_id, aggregate_seq, recorded_at, sites, payload)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    "insert into db_outbox
       (lane, event_number, event_id, kind, aggregate_type, aggregate_id, aggregate_seq, recorded_at, sites, payload)
     select *
     from unnest(?1::bigint[], ?2::bigint[], ?3::uuid[], ?4::text[], ?5::text[], ?6::text[], ?7::bigint[],
                 ?8::timestamptz[], ?9::text[], ?10::text[])",
)
.hot();

/// Events of some kinds after one; there is one lane where a number alone names an event.
const PAGE: Statement = Statement::per_engine(
    "db.outbox.erase.page",
    "select lane, event_number, aggregate_type, aggregate_id, payload
     from db_outbox
     where lane >= ?1 and event_number > ?2 and substr(kind, 1, length(?3)) = ?3
     order by event_number
     limit ?4",
    "select lane, event_number, aggregate_type, aggregate_id, payload
     from db_outbox
     where (lane, event_number) > (?1, ?2) and substr(kind, 1, length(?3)) = ?3
     order by lane, event_number
     limit ?4",
);

const REWRITE: Statement = Statement::new(
    "db.outbox.erase.rewrite",
    "update db_outbox set payload = ?3 where lane = ?1 and event_number = ?2",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[INSERT, PAGE, REWRITE];

/// Events that are looked at together.
const PAGE_ROWS: i64 = 1_000;

/// Goes through the events whose kind begins so, and puts another body in the place of those that `choose` names one
/// for, given the type and id of what they happened to and the body. How many they were.
pub fn erase_events(
    tx: &mut Tx<'_>,
    kinds: &str,
    mut choose: impl FnMut(&str, &str, &str) -> Option<String>,
) -> Result<u64, DbError> {
    let (mut lane, mut number, mut erased) = (0, 0, 0_u64);
    loop {
        let params = [lane.into(), number.into(), kinds.into(), PAGE_ROWS.into()];
        let rows = tx.query(&PAGE, &params, |row| {
            Ok((row.int(0)?, row.int(1)?, choose(row.text(2)?, row.text(3)?, row.text(4)?)))
        })?;
        let Some(last) = rows.last() else { return Ok(erased) };
        (lane, number) = (last.0, last.1);
        for (lane, number, payload) in &rows {
            if let Some(payload) = payload {
                erased += tx.execute(&REWRITE, &[(*lane).into(), (*number).into(), Value::Text(payload)])?;
            }
        }
    }
}

/// Asks for a lane when one is needed that is not there.
pub(crate) fn check_lane(tx: &mut Tx<'_>) -> Result<(), DbError> {
    if tx.work.needs_lane || !tx.work.events.is_empty() {
        tx.lane()?;
    }
    Ok(())
}

/// Stores the events that wait.
pub(crate) fn flush(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let mut events = std::mem::take(&mut tx.work.events).into_iter();
    let Some(mut head) = tx.work.head.clone() else { return Ok(()) };
    while events.len() > 0 {
        let part: Vec<Buffered> = events.by_ref().take(ROWS_AT_ONCE).collect();
        tx.execute_many(&INSERT, &rows(&part, &mut head))?;
    }
    tx.work.head = Some(head);
    Ok(())
}

/// Rows that are handed to the store at once, as events or as lines of the audit log: a transaction of a whole catalogue
/// has them in memory only once.
pub(crate) const ROWS_AT_ONCE: usize = 2_000;

/// The rows of events, numbered densely behind a head, which moves.
pub(crate) fn rows<'e>(events: &'e [Buffered], head: &mut Head) -> Rows<'e> {
    let mut rows = Rows::with_capacity(10, events.len());
    for event in events {
        head.event_number = head.event_number.saturating_add(1);
        rows.push(&[
            head.lane.into(),
            head.event_number.into(),
            (&event.id).into(),
            Value::Text(&event.kind),
            Value::Text(&event.aggregate_type),
            Value::Text(&event.aggregate_id),
            event.aggregate_seq.into(),
            event.recorded_at.into(),
            Value::Text(&event.sites),
            Value::Text(&event.payload),
        ]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_read_back_what_was_stored() {
        for sites in [vec![], vec![3], vec![3, 17, 20]] {
            assert_eq!(split(&join(&sites)), sites);
        }
        assert_eq!(join(&[3, 17]), ",3,17,");
    }
}
