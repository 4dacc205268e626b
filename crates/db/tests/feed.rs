//! Events: dense in their lanes, positioned once, skipped by nobody.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{SETS, World, add, emit, wait_for_position, world};
use db::{Db, DbError, Engine, Statement, feed};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::on_both_engines;

on_both_engines!(
    an_event_reads_back_as_it_was_emitted,
    the_feed_is_read_in_pages,
    very_many_events_of_one_closure_are_all_told,
    a_restored_feed_goes_on_where_nobody_has_been,
    an_event_of_a_refused_closure_never_was,
    a_front_emits_for_each_of_its_commands,
    a_lane_is_advanced_with_its_postings,
    a_lane_is_advanced_without_any_statement,
    stored_events_cannot_be_changed,
);

fn event(db: &Db, thing: &'static str, seq: i64, at: i64) {
    db.write_blocking(move |tx| {
        emit(tx, thing, seq, at);
        Ok::<(), DbError>(())
    })
    .unwrap();
}

fn an_event_reads_back_as_it_was_emitted(engine: Engine) {
    let world = world(engine);
    event(&world.db, "bolt", 1, 1_700_000_000_123_456);
    wait_for_position(&world.db, 1);
    let events = world.db.read_blocking(|conn| feed::read(conn, 0, 10)).unwrap();
    let [event] = events.as_slice() else { panic!("one event") };
    assert_eq!(event.position, 1);
    assert_eq!(&event.id[8..12], b"bolt");
    assert_eq!(event.kind, "shop.changed");
    assert_eq!(event.aggregate_type, "account");
    assert_eq!(event.aggregate_id, "bolt");
    assert_eq!(event.aggregate_seq, 1);
    assert_eq!(event.recorded_at, 1_700_000_000_123_456);
    assert_eq!(event.sites, [1, 22]);
    assert_eq!(event.payload, "{\"seq\":1}");
}

/// Around the number of rows that are stored at once, and twice that.
fn very_many_events_of_one_closure_are_all_told(engine: Engine) {
    let world = world(engine);
    let mut told = 0;
    for many in [1_999, 2_000, 2_001, 4_000] {
        let from = told;
        world
            .db
            .write_blocking(move |tx| {
                for seq in from + 1..=from + many {
                    emit(tx, "bolt", seq, seq);
                }
                Ok::<(), DbError>(())
            })
            .unwrap();
        told += many;
        wait_for_position(&world.db, told);
    }
    let events = world.db.read_blocking(|conn| feed::read(conn, 0, 20_000)).unwrap();
    let seqs: Vec<i64> = events.iter().map(|event| event.aggregate_seq).collect();
    assert_eq!(seqs, (1..=10_000).collect::<Vec<_>>());
}

fn the_feed_is_read_in_pages(engine: Engine) {
    let world = world(engine);
    for seq in 1..=10 {
        event(&world.db, "bolt", seq, seq);
    }
    wait_for_position(&world.db, 10);
    for (after, limit, expected) in
        [(0, 3, 1..=3), (3, 4, 4..=7), (7, 100, 8..=10), (9, 1, 10..=10), (0, 10, 1..=10)]
    {
        let page = world.db.read_blocking(|conn| feed::read(conn, after, limit)).unwrap();
        let seqs: Vec<i64> = page.iter().map(|event| event.aggregate_seq).collect();
        let positions: Vec<i64> = page.iter().map(|event| event.position).collect();
        assert_eq!(positions, expected.clone().collect::<Vec<_>>(), "after {after}, limit {limit}");
        assert_eq!(seqs, expected.collect::<Vec<_>>(), "after {after}, limit {limit}");
    }
    for (after, limit) in [(10, 5), (11, 5), (1_000, 5), (0, 0)] {
        assert_eq!(world.db.read_blocking(|conn| feed::read(conn, after, limit)).unwrap(), []);
    }
}

fn a_restored_feed_goes_on_where_nobody_has_been(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let restored = |now: i64| db.write_blocking(move |tx| feed::restored(tx, now)).unwrap();
    (1..=3).for_each(|seq| event(db, "bolt", seq, seq));
    wait_for_position(db, 3);
    restored(1_000_000);
    assert_eq!(db.read_blocking(feed::last).unwrap(), 1_000_000);
    (4..=5).for_each(|seq| event(db, "bolt", seq, seq));
    wait_for_position(db, 1_000_002);
    // the clock went back, and nothing was told in between
    restored(7);
    restored(7);
    event(db, "bolt", 6, 6);
    wait_for_position(db, 1_000_005);
    let all = [1, 2, 3, 1_000_001, 1_000_002, 1_000_005];
    for limit in 1..=7 {
        for after in [0, 1, 2, 3, 4, 999_999, 1_000_000, 1_000_001, 1_000_002, 1_000_004, 1_000_005] {
            let page = db.read_blocking(|conn| feed::read(conn, after, limit)).unwrap();
            let positions: Vec<i64> = page.iter().map(|event| event.position).collect();
            let next = all.into_iter().filter(|position| *position > after);
            let expected: Vec<i64> = next.take(usize::try_from(limit).unwrap()).collect();
            assert_eq!(positions, expected, "after {after}, limit {limit}");
        }
    }
    let given = |position: &i64| db.read_blocking(|conn| feed::is_given(conn, *position)).unwrap();
    let asked = [-1, 0, 1, 3, 4, 999_999, 1_000_000, 1_000_001, 1_000_003, 1_000_005, 1_000_006];
    let known: Vec<i64> = asked.into_iter().filter(given).collect();
    assert_eq!(known, [0, 1, 3, 1_000_000, 1_000_001, 1_000_003, 1_000_005]);
}

fn an_event_of_a_refused_closure_never_was(engine: Engine) {
    let world = world(engine);
    event(&world.db, "bolt", 1, 1);
    let refused: Result<(), DbError> = world.db.write_blocking(|tx| {
        emit(tx, "bolt", 2, 2);
        Err(DbError::Contention)
    });
    assert!(refused.is_err());
    event(&world.db, "bolt", 2, 3);
    wait_for_position(&world.db, 2);
    let events = world.db.read_blocking(|conn| feed::read(conn, 0, 10)).unwrap();
    assert_eq!(events.iter().map(|event| event.recorded_at).collect::<Vec<_>>(), [1, 3]);
}

fn a_front_emits_for_each_of_its_commands(engine: Engine) {
    let world = world(engine);
    let front = world.db.front(|tx, commands: &[i64]| {
        for seq in commands {
            emit(tx, &format!("thing {seq}"), 1, *seq);
        }
        Ok(commands.to_vec())
    });
    std::thread::scope(|scope| {
        for seq in 0..50 {
            let front = &front;
            scope.spawn(move || front.submit_blocking(seq).unwrap());
        }
    });
    wait_for_position(&world.db, 50);
    let events = world.db.read_blocking(|conn| feed::read(conn, 0, 100)).unwrap();
    assert_eq!(events.len(), 50);
    dense_lanes(&world.db);
}

fn a_lane_is_advanced_with_its_postings(engine: Engine) {
    const SUM: Statement = Statement::new("test.sum", "select sum(number) from db_lane");
    let world = world(engine);
    for round in 1..=3_u8 {
        // each of the writers has a lane of its own
        world
            .db
            .write_blocking(move |tx| {
                let head = tx.lane()?;
                let expected =
                    if head.number == 0 { [0; 32] } else { [u8::try_from(head.number).unwrap(); 32] };
                assert_eq!(head.hash, expected);
                let number = head.number + 1;
                tx.advance_lane(number, [u8::try_from(number).unwrap(); 32]);
                assert_eq!(tx.lane()?.number, number);
                let refused: Result<(), DbError> = tx.savepoint(|tx| {
                    tx.advance_lane(number + 1, [99; 32]);
                    Err(DbError::Contention)
                });
                assert!(refused.is_err());
                assert_eq!(tx.lane()?.number, number);
                add(tx, i64::from(round), 1)
            })
            .unwrap();
    }
    assert_eq!(world.db.read_blocking(|conn| conn.query_one(&SUM, &[], |row| row.int(0))).unwrap(), 3);
}

fn a_lane_is_advanced_without_any_statement(engine: Engine) {
    const SUM: Statement = Statement::new("test.sum", "select sum(number) from db_lane");
    let world = world(engine);
    world
        .db
        .write_blocking(|tx| {
            let head = tx.lane()?;
            tx.advance_lane(head.number + 1, [1; 32]);
            Ok::<(), DbError>(())
        })
        .unwrap();
    assert_eq!(world.db.read_blocking(|conn| conn.query_one(&SUM, &[], |row| row.int(0))).unwrap(), 1);
}

fn stored_events_cannot_be_changed(engine: Engine) {
    const UPDATE: Statement = Statement::new("test.update", "update db_outbox set payload = '{}'");
    const DELETE: Statement = Statement::new("test.delete", "delete from db_outbox");
    let world = world(engine);
    event(&world.db, "bolt", 1, 1);
    for statement in [&UPDATE, &DELETE] {
        let statement = *statement;
        let refused: Result<u64, DbError> = world.db.write_blocking(move |tx| tx.execute(&statement, &[]));
        assert!(matches!(refused, Err(DbError::Raised(_))), "{refused:?}");
    }
}

/// Event numbers have no gap in any lane, and each lane's head is its last event.
fn dense_lanes(db: &Db) {
    const LANES: Statement = Statement::new(
        "test.lanes",
        "select l.lane, l.event_number, count(o.event_number), coalesce(max(o.event_number), 0)
         from db_lane l
         left join db_outbox o on o.lane = l.lane
         group by l.lane, l.event_number
         order by l.lane",
    );
    let lanes = db
        .read_blocking(|conn| {
            conn.query(&LANES, &[], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?)))
        })
        .unwrap();
    for (lane, head, count, last) in lanes {
        assert_eq!((head, head), (count, last), "lane {lane}");
    }
}

/// A small source of randomness with a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

const NEXT: Statement =
    Statement::new("test.next", "update shop_account set amount = amount + 1 where id = ?1 returning amount");

/// Emits the next event of a thing; the row lock on the thing orders its events. Now and then the
/// transaction stays open for a while, or is refused.
fn emit_next(db: &Db, thing: i64, wait: u64, refuse: bool) {
    let done: Result<(), DbError> = db.write_blocking(move |tx| {
        let seq = tx.query_one(&NEXT, &[thing.into()], |row| row.int(0))?;
        emit(tx, &format!("thing {thing}"), seq, 1_000 + seq);
        for _ in 0..wait {
            tx.query_one(&common::ONE, &[thing.into()], |row| row.int(0))?;
        }
        if refuse { Err(DbError::Busy) } else { Ok(()) }
    });
    assert_eq!(done.is_err(), refuse, "{done:?}");
}

#[test]
fn a_reader_that_follows_positions_skips_nothing_of_two_processes() {
    const THINGS: i64 = 5;
    const WRITERS: u64 = 4;
    const ROUNDS: u64 = 60;
    let World { db: one, settings, .. } = &world(Engine::Postgres);
    let two = Db::open(settings, SETS).unwrap();
    one.write_blocking(|tx| (0..THINGS).try_for_each(|thing| add(tx, thing, 0))).unwrap();
    let finished = AtomicBool::new(false);
    let followed = std::thread::scope(|scope| {
        let follower = scope.spawn(|| {
            let mut seen = Vec::new();
            loop {
                let last = finished.load(Ordering::SeqCst);
                let page = two
                    .read_blocking(|conn| feed::read(conn, i64::try_from(seen.len()).unwrap(), 7))
                    .unwrap();
                let full = page.len() == 7;
                seen.extend(page);
                if last && !full {
                    return seen;
                }
            }
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let db = if writer % 2 == 0 { one } else { &two };
                scope.spawn(move || {
                    let mut dice = Dice(writer + 77);
                    let mut emitted = 0_i64;
                    for _ in 0..ROUNDS {
                        let thing = i64::try_from(dice.roll(THINGS.unsigned_abs())).unwrap();
                        let refuse = dice.roll(5) == 0;
                        emit_next(db, thing, dice.roll(20), refuse);
                        emitted += i64::from(!refuse);
                    }
                    emitted
                })
            })
            .collect();
        let emitted: i64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        wait_for_position(one, emitted);
        finished.store(true, Ordering::SeqCst);
        let seen = follower.join().unwrap();
        assert_eq!(i64::try_from(seen.len()).unwrap(), emitted);
        seen
    });
    let mut seqs: BTreeMap<&str, i64> = BTreeMap::new();
    for (position, event) in (1..).zip(&followed) {
        assert_eq!(event.position, position, "positions are dense, and read once");
        let seq = seqs.entry(&event.aggregate_id).or_default();
        *seq += 1;
        assert_eq!(event.aggregate_seq, *seq, "{} is in order", event.aggregate_id);
    }
    dense_lanes(one);
}

/// The clock of one process runs ahead, and it has more to tell than one step reads: what another process
/// did to the same thing afterwards, and dates earlier, is told afterwards.
#[test]
fn what_came_first_is_told_first_whatever_the_clocks_say() {
    const LANES: Statement = Statement::new(
        "test.two_lanes",
        "insert into db_lane (lane, holder, leased_until, number, hash, event_number, commits)
         select k.lane, decode(repeat('ff', 16), 'hex'), clock_timestamp() + interval '1 h', 0,
           decode(repeat('00', 32), 'hex'), k.events, 0
         from (values (71, 5003), (72, 3)) as k (lane, events)",
    );
    const AHEAD: Statement = Statement::new(
        "test.ahead",
        "insert into db_outbox (lane, event_number, event_id, kind, aggregate_type, aggregate_id, aggregate_seq,
           recorded_at, sites, payload)
         select 71, g, gen_random_uuid(), 'test', 'thing', case when g > 5000 then 'shared' else 'own' end,
           case when g > 5000 then g - 5000 else g end, timestamptz '2026-03-02 00:00Z' + g * interval '1 ms', '[]', '{}'
         from generate_series(1, 5003) g",
    );
    const BEHIND: Statement = Statement::new(
        "test.behind",
        "insert into db_outbox (lane, event_number, event_id, kind, aggregate_type, aggregate_id, aggregate_seq,
           recorded_at, sites, payload)
         select 72, g, gen_random_uuid(), 'test', 'thing', case when g = 2 then 'shared' else 'alone' end,
           case g when 2 then 4 when 3 then 2 else 1 end, timestamptz '2026-03-01 00:00Z' + g * interval '1 ms', '[]', '{}'
         from generate_series(1, 3) g",
    );
    let world = world(Engine::Postgres);
    world
        .db
        .write_blocking(|tx| {
            [&LANES, &AHEAD, &BEHIND].into_iter().try_for_each(|text| tx.execute(text, &[]).map(|_| ()))
        })
        .unwrap();
    wait_for_position(&world.db, 5_006);
    let mut seqs: BTreeMap<String, i64> = BTreeMap::new();
    let (mut seen, mut after) = (0, 0);
    while seen < 5_006 {
        for event in world.db.read_blocking(|conn| feed::read(conn, after, 1_000)).unwrap() {
            let seq = seqs.entry(event.aggregate_id.clone()).or_default();
            *seq += 1;
            assert_eq!(event.aggregate_seq, *seq, "{} at {}", event.aggregate_id, event.position);
            (seen, after) = (seen + 1, event.position);
        }
    }
    assert_eq!(
        seqs,
        BTreeMap::from([("alone".to_owned(), 2), ("own".to_owned(), 5_000), ("shared".to_owned(), 4)])
    );
}
