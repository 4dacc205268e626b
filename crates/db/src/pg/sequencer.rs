//! Gives events of PostgreSQL their positions in the feed, after their commit. Several processes
//! may try; one at a time does, and tells the others. Invariant: the order of each lane and of each
//! aggregate is kept.

use crate::conn::Conn;
use crate::error::DbError;
use crate::feed;
use crate::health::{Health, Latch};
use crate::pg::connection::Connection;
use crate::pg::driver::Connector;
use crate::pg::error::LOCK_TIMEOUT;
use crate::pg::listener::TELL;
use crate::row::Row;
use crate::statement::Statement;
use crate::value::Rows;
use crate::wake::Wake;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many events of one lane are positioned in one step.
const LANE_LIMIT: usize = 5_000;

/// How long a full disk is left alone before it is looked whether there is space again.
const PROBE_PAUSE: Duration = Duration::from_secs(1);

/// Another process may hold it: a step is short.
pub(crate) const LOCK: Statement =
    Statement::per_engine("db.sequencer.lock", "", "select count(pg_advisory_xact_lock(7305795870240102))");

const POLL: Statement = Statement::per_engine(
    "db.sequencer.poll",
    "",
    "select exists (
              select 1
              from db_lane l
              where l.event_number > coalesce((
                select f.number_to
                from db_feed f
                where f.lane = l.lane
                order by f.number_from desc
                limit 1), 0)),
            coalesce((
              select position_from + number_to - number_from
              from db_feed
              order by position_from desc
              limit 1), 0)",
);

const NEW: Statement = Statement::per_engine(
    "db.sequencer.new",
    "",
    "select o.lane, o.event_number, o.recorded_at, o.aggregate, o.aggregate_seq
     from db_lane l
     cross join lateral (
       select coalesce((
         select f.number_to
         from db_feed f
         where f.lane = l.lane
         order by f.number_from desc
         limit 1), 0) as number) done
     cross join lateral (
       select lane, event_number, recorded_at, aggregate_seq,
              hashtextextended(aggregate_id, hashtextextended(aggregate_type, 0)) as aggregate
       from db_outbox
       where lane = l.lane and event_number > done.number
       order by event_number
       limit ?1) o
     where l.event_number > done.number
     order by o.lane, o.event_number",
);

/// Some events, each with the one before it of the same aggregate.
const BEFORE: Statement = Statement::per_engine(
    "db.sequencer.before",
    "",
    "select o.lane, o.event_number, p.lane, p.event_number
     from unnest(?1::bigint[], ?2::bigint[]) as k (lane, number)
     join db_outbox o on o.lane = k.lane and o.event_number = k.number
     join db_outbox p
       on p.aggregate_type = o.aggregate_type and p.aggregate_id = o.aggregate_id
         and p.aggregate_seq = o.aggregate_seq - 1",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[LOCK, POLL, NEW, BEFORE];

/// Tells the sequencer that there is something to do, or that it is over.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Signal {
    pub(crate) fn raise(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
        self.changed.notify_one();
    }

    pub(crate) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.changed.notify_one();
    }

    /// Waits; (raised, closed).
    fn wait(&self, patience: Duration) -> (bool, bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, patience, |(raised, closed)| !*raised && !*closed)
            .unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut state.0), state.1)
    }
}

/// The sequencer's thread, until the signal is closed. It notices as well when the server goes away
/// and comes back.
pub(crate) fn work(connector: &Connector, signal: &Signal, wake: &Wake, latch: &Latch, pause: Duration) {
    let (mut conn, mut full_since, mut untold) = (None, None, false);
    loop {
        let (raised, closed) = signal.wait(pause);
        let ended = round(connector, &mut conn, raised || closed, (wake, &mut untold), latch);
        latch.answered();
        match ended {
            Ok(()) => match latch.get() {
                Health::ReadOnly(DbError::Unavailable(_)) => latch.set(Health::Good),
                // who is not ready is sent nothing to write, and would never learn that there is space again
                Health::ReadOnly(error) if error.is_storage() => {
                    let since = *full_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= PROBE_PAUSE {
                        full_since = None;
                        if conn.as_mut().is_some_and(|conn| probe(conn).is_ok()) {
                            latch.set(Health::Good);
                        }
                    }
                }
                Health::ReadOnly(_) | Health::Good => full_since = None,
            },
            Err(error) => {
                tracing::debug!(%error, "the sequencer tries again");
                conn = None;
                if let DbError::Unavailable(_) = error {
                    latch.set(Health::ReadOnly(error));
                }
            }
        }
        if closed {
            return;
        }
    }
}

/// Tries whether the server's disk takes half a mebibyte, of which nothing stays. Who may make no temporary
/// tables cannot look: then whoever writes next is told.
fn probe(conn: &mut Connection) -> Result<(), DbError> {
    const REFUSED: &str = "42501";
    let tried = conn.batch(
        "create temporary table db_probe on commit drop as
         select md5(n::text) as filler from generate_series(1, 8192) n",
    );
    match tried {
        Err(DbError::Engine { code, .. }) if &*code == REFUSED => Ok(()),
        other => other,
    }
}

fn round(
    connector: &Connector,
    conn: &mut Option<Connection>,
    raised: bool,
    (wake, untold): (&Wake, &mut bool),
    latch: &Latch,
) -> Result<(), DbError> {
    latch.asks();
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(Connection::own(connector)?),
    };
    let mut todo = raised;
    if !raised {
        conn.run(&POLL, &[], |row| {
            todo = row.bool(0)?;
            wake.positioned(row.int(1)?);
            Ok(())
        })?;
    }
    let before = wake.position();
    while todo {
        latch.asks();
        let stepped = step(conn, LANE_LIMIT).inspect_err(|_| conn.rollback());
        let (end, more) = match stepped {
            // another process takes long with its turn: the next look finds what is left
            Err(DbError::Retry(LOCK_TIMEOUT)) => break,
            stepped => stepped?,
        };
        wake.positioned(end);
        todo = more;
    }
    // what it is asked from here on waits for others, who may be slow
    latch.answered();
    if *untold || wake.position() > before {
        *untold = !tell(conn, wake.position());
    }
    Ok(())
}

/// Tells the other processes how far the feed has grown. They would see it a little later anyway, so whatever
/// keeps it from being told, as a queue of notifications that is full because somebody listens and does not
/// go on, takes nothing back, and neither a disk nor another's commit is waited for. Whether they were told.
fn tell(conn: &mut Connection, end: i64) -> bool {
    conn.begin("begin; set local synchronous_commit = off; set local lock_timeout = '200ms'");
    if let Err(error) = conn.commit_with(None, &TELL, &[end.into()]) {
        tracing::debug!(%error, "the other processes were not told of what is new, and will look for it");
        conn.rollback();
        return false;
    }
    true
}

/// One step over so many events of each lane at most; the last position, and whether there is certainly
/// more to do.
fn step(pg: &mut Connection, most: usize) -> Result<(i64, bool), DbError> {
    pg.begin("begin");
    pg.run(&LOCK, &[], |_| Ok(()))?;
    let mut lanes = Lanes::new();
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    pg.run(&NEW, &[limit.into()], |row| {
        let (lane, new) = new(row)?;
        lanes.entry(lane).or_default().push_back(new);
        Ok(())
    })?;
    let more = lanes.values().any(|lane| lane.len() >= most);
    let held = if more { held(pg, &lanes)? } else { FxHashSet::default() };
    let runs = merge(lanes, most, &held);
    let end = feed::append(&mut Conn::postgres(pg), &runs)?;
    pg.commit()?;
    Ok((end, more))
}

/// What has no position yet, as runs of lane, first and last number, in the order in which it would be given one.
pub(crate) fn waiting(conn: &mut Conn<'_>) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let mut lanes = Lanes::new();
    conn.for_each(&NEW, &[i64::MAX.into()], |row| {
        let (lane, new) = new(row)?;
        lanes.entry(lane).or_default().push_back(new);
        Ok(())
    })?;
    Ok(merge(lanes, usize::MAX, &FxHashSet::default()))
}

fn new(row: &Row<'_>) -> Result<(i64, New), DbError> {
    let new = New {
        number: row.int(1)?,
        recorded_at: row.int(2)?,
        aggregate: row.int(3)?,
        aggregate_seq: row.int(4)?,
    };
    Ok((row.int(0)?, new))
}

/// What is new in each lane.
type Lanes = BTreeMap<i64, VecDeque<New>>;

/// An event by its lane and number.
type Event = (i64, i64);

/// The events that cannot have their turn yet, because one before them of the same aggregate is in the part
/// of a full lane that was not read: the clock of its process ran ahead, so its time says nothing.
fn held(pg: &mut Connection, lanes: &Lanes) -> Result<FxHashSet<Event>, DbError> {
    let all = || lanes.iter().flat_map(|(lane, events)| events.iter().map(move |new| (*lane, new)));
    let seen: FxHashSet<(i64, i64)> = all().map(|(_, new)| (new.aggregate, new.aggregate_seq)).collect();
    let mut rows = Rows::new(2);
    for (lane, new) in all() {
        if new.aggregate_seq > 1 && !seen.contains(&(new.aggregate, new.aggregate_seq - 1)) {
            rows.push(&[lane.into(), new.number.into()]);
        }
    }
    if lanes.len() < 2 || rows.is_empty() {
        return Ok(FxHashSet::default());
    }
    let before = Conn::postgres(pg)
        .query_many(&BEFORE, &rows, |row| Ok(((row.int(0)?, row.int(1)?), (row.int(2)?, row.int(3)?))))?;
    let unread = |(lane, number): Event| {
        lanes.get(&lane).and_then(VecDeque::back).is_some_and(|last| number > last.number)
    };
    Ok(before.into_iter().filter(|(_, before)| unread(*before)).map(|(event, _)| event).collect())
}

#[derive(Clone, Copy, Debug)]
struct New {
    number: i64,
    recorded_at: i64,
    aggregate: i64,
    aggregate_seq: i64,
}

/// Merges lanes into runs: by time, but never before an earlier event of the same lane or of the
/// same aggregate. A lane with `limit` events may have more, so the merge ends where it ends; and a lane
/// ends at an event that is held, as one before it has not been read yet.
///
/// There is always something to merge: what was committed first of all that is new stands first in its
/// lane, and all that is before it in its aggregate has its position.
fn merge(mut lanes: Lanes, limit: usize, held: &FxHashSet<Event>) -> Vec<(i64, i64, i64)> {
    let mut waiting: FxHashMap<i64, BinaryHeap<Reverse<i64>>> = FxHashMap::default();
    let alone = lanes.len() == 1;
    if !alone {
        for new in lanes.values().flatten() {
            waiting.entry(new.aggregate).or_default().push(Reverse(new.aggregate_seq));
        }
    }
    let full: Vec<i64> =
        lanes.iter().filter(|(_, events)| events.len() >= limit).map(|(lane, _)| *lane).collect();
    let mut runs: Vec<(i64, i64, i64)> = Vec::new();
    while let Some(lane) = choose(&lanes, &waiting, held) {
        let Some(events) = lanes.get_mut(&lane) else { break };
        let Some(new) = events.pop_front() else { break };
        match runs.last_mut() {
            Some((last, _, to)) if *last == lane && to.saturating_add(1) == new.number => {
                *to = new.number;
            }
            _ => runs.push((lane, new.number, new.number)),
        }
        if let Some(seqs) = waiting.get_mut(&new.aggregate) {
            if seqs.peek() == Some(&Reverse(new.aggregate_seq)) {
                seqs.pop();
            } else {
                seqs.retain(|seq| *seq != Reverse(new.aggregate_seq));
            }
        }
        if events.is_empty() {
            lanes.remove(&lane);
            if !alone && full.contains(&lane) {
                break;
            }
        }
    }
    runs
}

/// The lane whose next event is the earliest among those that nothing earlier waits for.
fn choose(
    lanes: &Lanes,
    waiting: &FxHashMap<i64, BinaryHeap<Reverse<i64>>>,
    held: &FxHashSet<Event>,
) -> Option<i64> {
    let blocked = |new: &New| {
        waiting
            .get(&new.aggregate)
            .and_then(BinaryHeap::peek)
            .is_some_and(|Reverse(first)| *first < new.aggregate_seq)
    };
    lanes
        .iter()
        .filter_map(|(lane, events)| events.front().map(|new| (*lane, new)))
        .filter(|(lane, new)| !held.contains(&(*lane, new.number)))
        .map(|(lane, new)| (blocked(new), new.recorded_at, lane))
        .min()
        // what waits for one that is held waits for the next step
        .filter(|(blocked, ..)| held.is_empty() || !*blocked)
        .map(|(_, _, lane)| lane)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(events: &[(i64, i64, i64, i64, i64)]) -> Lanes {
        let mut lanes = Lanes::new();
        for (lane, number, recorded_at, aggregate, aggregate_seq) in events.iter().copied() {
            lanes.entry(lane).or_default().push_back(New { number, recorded_at, aggregate, aggregate_seq });
        }
        lanes
    }

    #[test]
    fn lanes_are_merged_by_time_in_runs() {
        let merged = merge(
            lanes(&[
                (1, 5, 10, 1, 1),
                (1, 6, 11, 2, 1),
                (1, 7, 30, 3, 1),
                (2, 1, 20, 4, 1),
                (2, 2, 40, 5, 1),
            ]),
            100,
            &FxHashSet::default(),
        );
        assert_eq!(merged, [(1, 5, 6), (2, 1, 1), (1, 7, 7), (2, 2, 2)]);
    }

    #[test]
    fn an_aggregate_keeps_its_order_where_clocks_do_not() {
        // the second event of aggregate 7 carries the same time and comes from the lower lane
        let merged = merge(lanes(&[(1, 1, 10, 7, 2), (2, 1, 10, 7, 1)]), 100, &FxHashSet::default());
        assert_eq!(merged, [(2, 1, 1), (1, 1, 1)]);
    }

    #[test]
    fn the_merge_ends_where_a_full_lane_ends() {
        let full = lanes(&[(1, 1, 10, 1, 1), (1, 2, 11, 1, 2), (2, 1, 50, 2, 1)]);
        assert_eq!(merge(full, 2, &FxHashSet::default()), [(1, 1, 2)]);
    }

    #[test]
    fn a_lane_waits_at_an_event_that_is_held_and_so_does_what_follows_it() {
        // the first event of aggregate 9 stands in lane 1, behind what was read; lanes 2 and 3 have the
        // second and the third
        let full = || {
            lanes(&[
                (1, 1, 90, 1, 1),
                (1, 2, 91, 1, 2),
                (1, 3, 92, 1, 3),
                (2, 1, 10, 2, 1),
                (2, 2, 11, 9, 2),
                (3, 1, 13, 9, 3),
            ])
        };
        let held = FxHashSet::from_iter([(2, 2)]);
        assert_eq!(merge(full(), 3, &held), [(2, 1, 1), (1, 1, 3)]);
        assert_eq!(merge(full(), 3, &FxHashSet::default()), [(2, 1, 2), (3, 1, 1), (1, 1, 3)]);
    }
}
