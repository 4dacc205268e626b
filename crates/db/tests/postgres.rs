//! What only PostgreSQL can do to us: deadlocks, lost leases, lost connections.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::proxy::{Commit, proxy};
use common::{ADD, SETS, World, add, all, emit, put, wait_for_position, world, world_with};
use db::cluster::TemporaryCluster;
use db::{Conn, Db, DbError, Engine, Settings, Statement, feed};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

fn other(world: &World) -> Db {
    Db::open(&world.settings, SETS).unwrap()
}

const PID: Statement = Statement::new("test.pid", "select pg_backend_pid()");
const KILL: Statement = Statement::new("test.kill", "select pg_terminate_backend(cast(?1 as integer))");
const STEAL: Statement = Statement::new(
    "test.steal",
    "update db_lane set holder = decode(repeat('ff', 16), 'hex'), leased_until = clock_timestamp() + interval '1 h'
     where lane = ?1",
);
const RUN_OUT: Statement =
    Statement::new("test.run_out", "update db_lane set leased_until = timestamptz 'epoch'");
const LANES: Statement = Statement::new("test.lanes", "select count(*) from db_lane");

fn kill(db: &Db, pid: i64) {
    db.write_blocking(move |tx| tx.query_one(&KILL, &[pid.into()], |_| Ok(()))).unwrap();
}

#[test]
fn a_deadlock_is_repeated_and_never_shown() {
    let world = world(Engine::Postgres);
    let db = &world.db;
    db.write_blocking(|tx| add(tx, 1, 0).and_then(|()| add(tx, 2, 0))).unwrap();
    let both = Arc::new(Barrier::new(2));
    let runs = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for (first, second) in [(1, 2), (2, 1)] {
            let both = Arc::clone(&both);
            let runs = &runs;
            scope.spawn(move || {
                let (count, counted) = mpsc::channel();
                let mut met = false;
                db.write_blocking(move |tx| {
                    count.send(()).unwrap();
                    add(tx, first, 1)?;
                    if !std::mem::replace(&mut met, true) {
                        both.wait();
                    }
                    add(tx, second, 1)
                })
                .unwrap();
                runs.fetch_add(u32::try_from(counted.iter().count()).unwrap(), Ordering::SeqCst);
            });
        }
    });
    assert_eq!(all(db), [(1, 2), (2, 2)]);
    assert!(runs.load(Ordering::SeqCst) > 2, "one of them was run again");
}

#[test]
fn a_closure_that_asks_for_repetition_is_run_again_but_not_for_ever() {
    let world = world(Engine::Postgres);
    let db = &world.db;
    let mut run = 0;
    db.write_blocking(move |tx| {
        run += 1;
        add(tx, 1, 1)?;
        // the transaction of the first three runs is undone
        if run <= 3 { tx.execute(&RAISE, &[]).map(|_| ()) } else { Ok(()) }
    })
    .unwrap();
    assert_eq!(all(db), [(1, 1)]);
    let never: Result<(), DbError> = db.write_blocking(|tx| tx.execute(&RAISE, &[]).map(|_| ()));
    assert!(matches!(never, Err(DbError::Contention)));
}

const RAISE: Statement =
    Statement::new("test.raise", "do $$ begin raise exception 'again' using errcode = '40001'; end $$");

#[test]
fn a_writer_that_lost_its_lease_repeats_in_another_lane() {
    let world = world_with(Engine::Postgres, |settings| settings.writers = 1);
    let db = &world.db;
    let thief = other(&world);
    let (tell, told) = mpsc::channel();
    let mut stolen = false;
    db.write_blocking(move |tx| {
        let lane = tx.lane()?.lane;
        emit(tx, "bolt", 1, 1);
        tx.advance_lane(1, [1; 32]);
        // before the first statement: from there on the lane is locked
        if !std::mem::replace(&mut stolen, true) {
            thief.write_blocking(move |tx| tx.execute(&STEAL, &[lane.into()])).unwrap();
        }
        add(tx, 1, 1)?;
        tell.send(lane).unwrap();
        Ok::<(), DbError>(())
    })
    .unwrap();
    let lanes: Vec<i64> = told.iter().collect();
    let [first, second] = lanes.as_slice() else { panic!("two runs: {lanes:?}") };
    assert_ne!(first, second);
    assert_eq!(all(db), [(1, 1)]);
    wait_for_position(db, 1);
    assert_eq!(db.read_blocking(|conn| feed::read(conn, 0, 10)).unwrap().len(), 1);
}

#[test]
fn nobody_takes_the_lane_of_a_long_transaction() {
    let world = world_with(Engine::Postgres, |settings| settings.writers = 1);
    let db = &world.db;
    let (tell, told) = mpsc::channel();
    let mut settings = world.settings.clone();
    settings.writers = 1;
    db.write_blocking(move |tx| {
        let own = tx.lane()?.lane;
        let other = Db::open(&settings, SETS).unwrap();
        // its lease runs out before its first statement, and while it is under way
        other.write_blocking(|tx| tx.execute(&RUN_OUT, &[]).map(drop)).unwrap();
        add(tx, 1, 1)?;
        other.close();
        let third = Db::open(&settings, SETS).unwrap();
        let taken = third.write_blocking(|tx| tx.lane().map(|head| head.lane)).unwrap();
        third.close();
        tell.send((own, taken)).unwrap();
        Ok::<(), DbError>(())
    })
    .unwrap();
    let runs: Vec<(i64, i64)> = told.iter().collect();
    let [(own, taken)] = runs.as_slice() else { panic!("one run: {runs:?}") };
    assert_ne!(own, taken);
    assert_eq!(all(db), [(1, 1)]);
}

#[test]
fn lanes_that_were_given_back_are_used_again() {
    let world = world_with(Engine::Postgres, |settings| settings.writers = 1);
    let settings = world.closed();
    for round in 0..4 {
        let db = Db::open(&settings, SETS).unwrap();
        let number = db
            .write_blocking(|tx| {
                let head = tx.lane()?;
                tx.advance_lane(head.number + 1, [3; 32]);
                add(tx, 1, 1)?;
                Ok::<i64, DbError>(head.number)
            })
            .unwrap();
        assert_eq!(number, round, "the chain goes on");
        let lanes = db.read_blocking(|conn| conn.query_one(&LANES, &[], |row| row.int(0))).unwrap();
        assert_eq!(lanes, 1);
        db.close();
    }
}

#[test]
fn a_connection_lost_before_the_commit_repeats_the_closure() {
    let world = world_with(Engine::Postgres, |settings| settings.writers = 1);
    let db = &world.db;
    let second = other(&world);
    let mut done = false;
    db.write_blocking(move |tx| {
        let pid = tx.query_one(&PID, &[], |row| row.int(0))?;
        add(tx, 1, 1)?;
        if !std::mem::replace(&mut done, true) {
            kill(&second, pid);
        }
        emit(tx, "bolt", 1, 1);
        add(tx, 2, 1)
    })
    .unwrap();
    assert_eq!(all(db), [(1, 1), (2, 1)]);
    wait_for_position(db, 1);
}

#[test]
fn a_reader_whose_connection_was_lost_is_replaced() {
    let world = world(Engine::Postgres);
    let db = &world.db;
    let pid = db.read_blocking(|conn| conn.query_one(&PID, &[], |row| row.int(0))).unwrap();
    kill(&other(&world), pid);
    // whoever meets the broken connection is told so, nobody after
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while db.read_blocking(|conn| conn.query(&common::ALL, &[], |row| row.int(0))).is_err() {
        assert!(std::time::Instant::now() < until);
    }
    assert_eq!(all(db), []);
}

/// Holds the row of an account in another process until it is let go.
fn hold(db: &Db, id: i64) -> (mpsc::Sender<()>, std::thread::JoinHandle<()>) {
    let (tell, told) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let db = db.clone();
    let thread = std::thread::spawn(move || {
        db.write_blocking(move |tx| {
            add(tx, id, 100)?;
            tell.send(()).unwrap();
            released.recv().unwrap();
            Ok::<(), DbError>(())
        })
        .unwrap();
    });
    told.recv().unwrap();
    (release, thread)
}

/// A front that adds one to accounts, one statement for each.
fn adder(db: &Db) -> db::Front<i64, i64> {
    db.front(|tx, commands: &[i64]| {
        for id in commands {
            tx.execute(&ADD, &[(*id).into(), 1_i64.into()])?;
        }
        Ok(commands.to_vec())
    })
}

#[test]
fn a_blocked_command_is_set_aside_while_the_rest_goes_on() {
    let world = world_with(Engine::Postgres, |settings| settings.front_patience = Duration::from_mins(1));
    let db = &world.db;
    put(db, 7, 0).unwrap();
    let blocker = other(&world);
    let (release, held) = hold(&blocker, 7);
    let front = adder(db);
    std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        for id in 0..20 {
            let (front, tell) = (front.clone(), tell.clone());
            scope.spawn(move || tell.send(front.submit_blocking(id).unwrap()).unwrap());
        }
        let answered: BTreeSet<i64> = told.iter().take(19).collect();
        assert!(!answered.contains(&7), "the row of 7 is still held");
        release.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), 7);
    });
    held.join().unwrap();
    let amounts = all(db);
    assert_eq!(amounts.len(), 20);
    assert_eq!(amounts.get(7), Some(&(7, 101)));
}

#[test]
fn a_command_that_is_blocked_for_too_long_fails_alone() {
    let world = world_with(Engine::Postgres, |settings| settings.front_patience = Duration::from_millis(300));
    let db = &world.db;
    put(db, 7, 0).unwrap();
    let blocker = other(&world);
    let (release, held) = hold(&blocker, 7);
    let front = adder(db);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20)
            .map(|id| {
                (
                    id,
                    scope.spawn({
                        let front = &front;
                        move || front.submit_blocking(id)
                    }),
                )
            })
            .collect();
        for (id, thread) in threads {
            let outcome = thread.join().unwrap();
            assert_eq!(matches!(outcome, Err(DbError::Contention)), id == 7, "{id}: {outcome:?}");
        }
    });
    release.send(()).unwrap();
    held.join().unwrap();
    assert_eq!(all(db).get(7), Some(&(7, 100)));
}

fn lost_in_commit(commit: Commit, runs_expected: u32) {
    let world = world(Engine::Postgres);
    let (url, broken) = proxy(&world.settings.url, commit);
    let mut settings = Settings::new(url);
    settings.writers = 1;
    let db = Db::open(&settings, SETS).unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    db.write_blocking(move |tx| {
        counted.fetch_add(1, Ordering::SeqCst);
        emit(tx, "bolt", 1, 1);
        add(tx, 1, 1)
    })
    .unwrap();
    assert_eq!(broken.load(Ordering::SeqCst), 1);
    assert_eq!(runs.load(Ordering::SeqCst), runs_expected);
    put(&db, 1, 1).unwrap();
    assert_eq!(all(&world.db), [(1, 2)]);
    wait_for_position(&world.db, 1);
    assert_eq!(world.db.read_blocking(|conn| feed::read(conn, 0, 10)).unwrap().len(), 1);
}

#[test]
fn a_commit_whose_answer_was_lost_is_found_and_not_repeated() {
    lost_in_commit(Commit::LoseTheAnswer, 1);
}

#[test]
fn a_commit_that_never_arrived_is_repeated() {
    lost_in_commit(Commit::LoseTheRequest, 2);
}

#[test]
fn what_was_answered_survives_a_crash_of_the_server_and_work_goes_on() {
    let cluster = TemporaryCluster::start().unwrap();
    cluster.execute("create database shop").unwrap();
    let db = Db::open(&Settings::new(cluster.url_of("shop")), SETS).unwrap();
    db.migrate().unwrap();
    let front = adder(&db);
    let crashed = std::sync::atomic::AtomicBool::new(false);
    let answered: i64 = std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let threads: Vec<_> = (0..8)
            .map(|id| {
                let (front, crashed, tell) = (&front, &crashed, tell.clone());
                scope.spawn(move || {
                    let mut answered = 0;
                    while !crashed.load(Ordering::SeqCst) {
                        answered += i64::from(front.submit_blocking(id).is_ok());
                        tell.send(()).unwrap_or_default();
                    }
                    answered
                })
            })
            .collect();
        assert_eq!(told.iter().take(500).count(), 500);
        cluster.crash().unwrap();
        crashed.store(true, Ordering::SeqCst);
        drop(told);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(put(&db, 1, 1).is_err(), "the server is down");
    cluster.restart().unwrap();
    let stored: i64 = all(&db).iter().map(|(_, amount)| amount).sum();
    // a command whose commit could not be looked up may be there without an answer
    assert!(stored >= answered && stored <= answered + 8, "{stored} stored, {answered} answered");
    put(&db, 100, 1).unwrap();
    assert_eq!(front.submit_blocking(200).unwrap(), 200);
}

#[test]
fn statements_are_prepared_once_for_each_connection() {
    const PREPARED: Statement = Statement::new(
        "test.prepared",
        "select count(*) from pg_prepared_statements where statement like 'select amount from shop_account where id%'",
    );
    let world = world(Engine::Postgres);
    let count = world
        .db
        .read_blocking(|conn: &mut Conn<'_>| {
            for id in 0..10_i64 {
                conn.query(&common::ONE, &[id.into()], |row| row.int(0))?;
            }
            conn.query_one(&PREPARED, &[], |row| row.int(0))
        })
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn an_event_that_cannot_be_sent_keeps_the_commit_back() {
    let world = world(Engine::Postgres);
    let db = &world.db;
    let refused: Result<(), DbError> = db.write_blocking(|tx| {
        add(tx, 1, 1)?;
        // before the first instant that the server knows
        emit(tx, "bolt", 1, i64::MIN);
        Ok(())
    });
    assert!(refused.unwrap_err().to_string().contains("db.outbox.insert"));
    assert_eq!(all(db), []);
    put(db, 2, 1).unwrap();
    assert_eq!(all(db), [(2, 1)]);
}

#[test]
fn a_table_that_has_grown_by_very_much_is_looked_at_again_at_once() {
    const FILL: Statement = Statement::new(
        "test.fill",
        "insert into shop_account (id, amount) select g, 0 from generate_series(1, 20000) g",
    );
    const SEEN: Statement = Statement::new(
        "test.seen",
        "select c.relallvisible > 0 and c.reltuples > 0 from pg_class c where c.relname = 'shop_account'",
    );
    let world = world(Engine::Postgres);
    let db = &world.db;
    assert_eq!(db.settle().unwrap(), 0, "nothing has grown");
    db.write_blocking(|tx| tx.execute(&FILL, &[]).map(drop)).unwrap();
    // a server counts what grows a moment later
    let started = Instant::now();
    while db.settle().unwrap() == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "the server never counts what has grown");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(db.read_blocking(|conn| conn.query_one(&SEEN, &[], |row| row.bool(0))).unwrap());
}
