//! Events and their feed (I-19, I-20).

use super::findings::Findings;
use super::ground::{Ground, LaneEnd, posting};
use super::values::CHUNK;
use db::{Conn, DbError, Statement};
use domain::PostingId;
use rustc_hash::FxHashMap;
use std::time::Duration;

const GAPS: Statement = Statement::new(
    "verify.events.gaps",
    "select aggregate_type, aggregate_id, count(*), min(aggregate_seq), max(aggregate_seq)
     from ck_event
     group by aggregate_type, aggregate_id",
);

const LANES: Statement = Statement::new(
    "verify.events.lanes",
    "select lane, count(*), min(event_number), max(event_number) from ck_event group by lane order by lane",
);

const PAYLOADS: Statement = Statement::new(
    "verify.events.payloads",
    "select aggregate_seq, payload
     from ck_event
     where aggregate_type = 'stock' and aggregate_id = ?1 and aggregate_seq > ?2 and aggregate_seq <= ?3",
);

const IDS: Statement = Statement::new(
    "verify.events.ids",
    "select seq, posting_id from ck_posting where lane = ?1 and seq > ?2 and seq <= ?3",
);

const RUNS: Statement = Statement::new(
    "verify.events.runs",
    "select position_from, lane, number_from, number_to from ck_feed order by position_from",
);

const ORDERED: Statement = Statement::new(
    "verify.events.ordered",
    "select aggregate_type, aggregate_id, aggregate_seq, position
     from ck_event
     where aggregate_type <> 'stock'
     order by aggregate_type, aggregate_id, aggregate_seq",
);

/// Whether the last events may still wait for a position: on one engine it is given in the commit
/// itself, on the other a moment after it.
const MAY_WAIT: Statement = Statement::per_engine("verify.events.may_wait", "select 0", "select 1");

/// The first and the last instant of what waits in a lane behind an event.
const WAITING: Statement = Statement::new(
    "verify.events.waiting",
    "select min(recorded_at), max(recorded_at) from ck_event where lane = ?1 and event_number > ?2",
);

/// A lane in which events have waited for longer has nobody who gives positions: half a second is
/// long for one.
const WAITING_MAX: Duration = Duration::from_mins(1);

/// I-19: the events of each thing are numbered from one without gaps, and so are those of a lane.
pub(super) fn aggregates(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    conn.for_each(&GAPS, &[], |row| {
        let (of, id) = (row.text(0)?, row.text(1)?);
        let (count, first, last) = (row.int(2)?, row.int(3)?, row.int(4)?);
        findings.rows = findings.rows.saturating_add(u64::try_from(count).unwrap_or(0));
        findings.hold(first == 1 && last == count, || {
            format!("{of} {id} has {count} events, numbered {first} to {last}")
        });
        Ok(())
    })?;
    let mut ends: FxHashMap<i64, i64> = FxHashMap::default();
    conn.for_each(&LANES, &[], |row| {
        let (lane, count, first, last) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        findings.hold(first == 1 && last == count, || {
            format!("lane {lane} has {count} events, numbered {first} to {last}")
        });
        ends.insert(lane, last);
        Ok(())
    })?;
    for LaneEnd { lane, event_number, .. } in &ground.lanes {
        let last = ends.remove(lane).unwrap_or(0);
        findings.hold(last == *event_number, || {
            format!("lane {lane} says its last event is {event_number}, and it is {last}")
        });
    }
    for lane in ends.into_keys() {
        findings.add(|| format!("there are events of lane {lane}, which is not there"));
    }
    Ok(())
}

/// I-19: every posting has its event: as many events as postings, each under the number of its
/// posting; deep, it names the posting.
pub(super) fn postings(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut ends: FxHashMap<String, i64> = FxHashMap::default();
    conn.for_each(&GAPS, &[], |row| {
        if row.text(0)? == "stock" {
            ends.insert(row.text(1)?.to_owned(), row.int(4)?);
        }
        Ok(())
    })?;
    for LaneEnd { lane, number, .. } in &ground.lanes {
        let last = ends.remove(&lane.to_string()).unwrap_or(0);
        findings.hold(last == *number, || {
            format!("lane {lane} ends with posting {number}, its postings' events with {last}")
        });
        if ground.deep {
            named(conn, *lane, *number, findings)?;
        }
    }
    for lane in ends.into_keys() {
        findings.add(|| format!("there are events of postings of lane {lane}, which is not there"));
    }
    Ok(())
}

/// Whether each event of a lane's postings names the posting of its number.
fn named(conn: &mut Conn<'_>, lane: i64, number: i64, findings: &mut Findings) -> Result<(), DbError> {
    let (name, mut from) = (lane.to_string(), 0);
    while from < number {
        let to = from.saturating_add(CHUNK);
        let ids: FxHashMap<i64, PostingId> = conn
            .query(&IDS, &[lane.into(), from.into(), to.into()], |row| {
                Ok((row.int(0)?, PostingId::from_bytes(row.id16(1)?)))
            })?
            .into_iter()
            .collect();
        conn.for_each(&PAYLOADS, &[(&name).into(), from.into(), to.into()], |row| {
            let seq = row.int(0)?;
            let payload = row.text(1)?;
            let fits = ids.get(&seq).is_some_and(|id| payload.contains(&id.to_string()));
            findings.hold(fits, || format!("the event of {} does not name it", posting(lane, seq)));
            Ok(())
        })?;
        from = to;
    }
    Ok(())
}

/// A stretch of the feed: consecutive events of a lane at consecutive positions.
struct Run {
    position: i64,
    lane: i64,
    from: i64,
    to: i64,
}

fn runs(conn: &mut Conn<'_>, mut each: impl FnMut(Run)) -> Result<(), DbError> {
    conn.for_each(&RUNS, &[], |row| {
        each(Run { position: row.int(0)?, lane: row.int(1)?, from: row.int(2)?, to: row.int(3)? });
        Ok(())
    })
}

/// The lane of a stretch that stands for a restore: one position and no event, and a hole before it.
const RESTORES: i64 = 0;

/// I-20: positions are dense from one: no hole but before a restore, no two events at one.
pub(super) fn positions(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut next = 1_i64;
    runs(conn, |run| {
        findings.row();
        let Run { position, lane, from, to } = run;
        let follows = position == next || (lane == RESTORES && position > next);
        findings.hold(follows && from <= to, || {
            let what = if position < next { "overlaps the one before" } else { "leaves a hole" };
            format!("the run of lane {lane} at position {position} {what}; position {next} should follow")
        });
        next = position.saturating_add(to.saturating_sub(from)).saturating_add(1);
    })
}

/// I-20: in each lane every event has one position, given in order and without gaps; the last ones
/// may still wait for theirs where positions are given after the commit, but not for long.
pub(super) fn covered(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut ends: FxHashMap<i64, i64> = FxHashMap::default();
    runs(conn, |Run { position, lane, from, to }| {
        if lane == RESTORES {
            findings.hold(to == 0, || format!("the restore at position {position} is told as an event"));
            return;
        }
        let end = ends.entry(lane).or_insert(0);
        let expected = end.saturating_add(1);
        findings.hold(from == expected, || {
            format!("at position {position} lane {lane} goes on with event {from}, not with event {expected}")
        });
        *end = to;
    })?;
    let may_wait = conn.query_one(&MAY_WAIT, &[], |row| row.bool(0))?;
    for LaneEnd { lane, event_number: last, .. } in &ground.lanes {
        let end = ends.remove(lane).unwrap_or(0);
        let fits = end == *last || (may_wait && end < *last && is_recent(conn, *lane, end)?);
        findings.hold(fits, || format!("lane {lane} has positions up to event {end} and {last} events"));
    }
    for lane in ends.into_keys() {
        findings.add(|| format!("there are positions of lane {lane}, which is not there"));
    }
    Ok(())
}

/// Whether what waits in a lane behind an event was recorded within a short time. Only instants of
/// the lane are compared, which are those of one clock: a copy of the database that was taken between
/// a commit and its positions is sound however old it is.
fn is_recent(conn: &mut Conn<'_>, lane: i64, end: i64) -> Result<bool, DbError> {
    let span = conn.query_one(&WAITING, &[lane.into(), end.into()], |row| {
        Ok(row.opt_int(1)?.unwrap_or(0).saturating_sub(row.opt_int(0)?.unwrap_or(0)))
    })?;
    Ok(u128::try_from(span).is_ok_and(|span| span <= WAITING_MAX.as_micros()))
}

/// I-20: the feed has the events of each thing in their order. Those of postings follow their lane.
pub(super) fn in_order(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut before: Option<(String, String, Option<i64>)> = None;
    conn.for_each(&ORDERED, &[], |row| {
        findings.row();
        let (of, id, seq, position) = (row.text(0)?, row.text(1)?, row.int(2)?, row.opt_int(3)?);
        if let Some((kind, thing, last)) = &before
            && (kind.as_str(), thing.as_str()) == (of, id)
        {
            // what has no position yet comes later
            let rises = last.is_some_and(|last| position.is_none_or(|position| position > last));
            findings.hold(rises || (last.is_none() && position.is_none()), || {
                format!("event {seq} of {of} {id} comes before the one before it")
            });
        }
        before = Some((of.to_owned(), id.to_owned(), position));
        Ok(())
    })
}
