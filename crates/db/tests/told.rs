//! What one process puts into the feed is heard by the others at once, without their looking for it.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{SETS, World, emit, wait_for_position, world, world_with};
use db::{Db, DbError, Engine, Statement, feed};
use std::time::Duration;

/// Who listens, and is cut off.
const CUT: Statement = Statement::per_engine(
    "test.told.cut",
    "",
    "select count(pg_terminate_backend(pid)) from pg_stat_activity
     where datname = current_database() and query like '%listen%' and pid <> pg_backend_pid()",
);

/// Two processes on one database, which look for events of each other once a day.
fn two() -> (World, Db) {
    let world = world_with(Engine::Postgres, |settings| settings.sequencer_pause = Duration::from_hours(24));
    let other = Db::open(&world.settings, SETS).unwrap();
    (world, other)
}

fn event(db: &Db, seq: i64) {
    db.write_blocking(move |tx| {
        emit(tx, "bolt", seq, seq);
        Ok::<(), DbError>(())
    })
    .unwrap();
}

/// Emits events until the other process hears of one; how many that were. Whoever begins to listen does not
/// hear what was told before.
fn until_heard(from: &Db, to: &Db, mut seq: i64) -> i64 {
    let mut positions = to.feed_position();
    positions.mark_unchanged();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for _ in 0..600 {
            seq += 1;
            let db = from.clone();
            tokio::task::spawn_blocking(move || event(&db, seq)).await.unwrap();
            if tokio::time::timeout(Duration::from_millis(100), positions.changed()).await.is_ok() {
                return seq;
            }
        }
        panic!("nothing was heard of {seq} events");
    })
}

#[test]
fn a_process_hears_at_once_what_another_has_committed() {
    let (world, other) = two();
    let seq = until_heard(&world.db, &other, 0);
    // from here on it hears each
    for seq in seq + 1..seq + 20 {
        event(&world.db, seq);
        wait_for_position(&other, seq);
        let events = other.read_blocking(|conn| feed::read(conn, seq - 1, 10)).unwrap();
        assert_eq!(events.iter().map(|event| event.aggregate_seq).collect::<Vec<_>>(), [seq]);
    }
    other.close();
}

#[test]
fn whoever_was_cut_off_listens_again() {
    let (world, other) = two();
    let seq = until_heard(&world.db, &other, 0);
    let cut = world.db.write_blocking(|tx| tx.query_one(&CUT, &[], |row| row.int(0))).unwrap();
    assert!(cut >= 1, "{cut}");
    let seq = until_heard(&world.db, &other, seq);
    event(&world.db, seq + 1);
    wait_for_position(&other, seq + 1);
    other.close();
}

/// What is told is refused at the commit, as by a server whose queue of notifications is full. (That queue
/// takes gibibytes, and no setting of every version makes it smaller.)
const FULL: [Statement; 5] = [
    Statement::new("test.told.queue", "create table told_queue (id int)"),
    Statement::new(
        "test.told.raise",
        "create function told_full() returns trigger language plpgsql as
         $$ begin raise exception using errcode = '54000', message = 'too many notifications in the NOTIFY queue'; end $$",
    ),
    Statement::new(
        "test.told.refuse",
        "create constraint trigger told_full after insert on told_queue deferrable initially deferred
         for each row execute function told_full()",
    ),
    // a function of the server's own is called by its number, whatever replaces its text
    Statement::new(
        "test.told.away",
        "alter function pg_catalog.pg_notify(text, text) rename to told_away",
    ),
    Statement::new(
        "test.told.replace",
        "create function pg_catalog.pg_notify(text, text) returns void language sql volatile as
         $$ insert into public.told_queue values (1) $$",
    ),
];

/// There is space again, and what the server would have told is counted.
const SPACE: Statement = Statement::new("test.told.space", "drop trigger told_full on told_queue");

const TOLD: Statement = Statement::new("test.told.count", "select count(*) from told_queue");

#[test]
fn the_feed_goes_on_while_nobody_can_be_told() {
    let world = world(Engine::Postgres);
    let other = Db::open(&world.settings, SETS).unwrap();
    world
        .db
        .write_blocking(|tx| FULL.iter().try_for_each(|statement| tx.execute(statement, &[]).map(|_| ())))
        .unwrap();
    for seq in 1..=3 {
        event(&world.db, seq);
        wait_for_position(&world.db, seq);
        wait_for_position(&other, seq);
    }
    let told = || world.db.read_blocking(|conn| conn.query_one(&TOLD, &[], |row| row.int(0))).unwrap();
    assert_eq!(
        (told(), matches!(world.db.health(), db::Health::Good)),
        (0, true),
        "it was refused, and nobody suffers"
    );
    world.db.write_blocking(|tx| tx.execute(&SPACE, &[])).unwrap();
    let until = std::time::Instant::now() + Duration::from_mins(1);
    let mut seq = 3;
    while told() == 0 {
        assert!(std::time::Instant::now() < until, "nothing is told any more");
        seq += 1;
        event(&world.db, seq);
        wait_for_position(&world.db, seq);
    }
    other.close();
}
