//! Opening and migrating: what is refused, and what several processes may do at once.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{SETS, put, world};
use db::{Db, DbError, Engine, Health, Migration, MigrationSet, Settings, Statement};
use testkit::on_both_engines;

on_both_engines!(
    a_second_migration_finds_nothing_to_do,
    each_step_is_told_before_it_begins,
    a_changed_migration_is_refused,
    a_newer_schema_is_refused,
    a_migration_in_the_past_is_refused,
    a_failing_migration_leaves_nothing_behind,
    a_schema_is_checked_without_changing_it,
    a_reader_opens_beside_the_writer_and_cannot_write,
    data_survives_closing_and_opening,
    partitions_are_there_when_they_are_needed,
);

const FIRST: Migration =
    Migration { number: 1, name: "first", text: "create table more_a (id @id) @strict;" };
const SECOND: Migration =
    Migration { number: 2, name: "second", text: "create table more_b (id @id) @strict;" };
const THIRD: Migration =
    Migration { number: 3, name: "third", text: "create table more_c (id @id) @strict;" };
const CHANGED: Migration =
    Migration { number: 1, name: "first", text: "create table more_z (id @id) @strict;" };
const BROKEN: Migration =
    Migration { number: 4, name: "broken", text: "create table more_d (id @id) @strict; create tible x;" };

/// Migrates with these migrations of a module `more`.
fn migrate(settings: &Settings, migrations: &'static [Migration]) -> Result<usize, DbError> {
    let db = Db::open(settings, &[SETS, &[MigrationSet { name: "more", migrations }]].concat())?;
    let done = db.migrate().and_then(|count| db.check_schema().map(|()| count));
    db.close();
    done
}

fn refusal(done: Result<usize, DbError>) -> String {
    match done {
        Err(DbError::Refused(text)) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

fn a_second_migration_finds_nothing_to_do(engine: Engine) {
    let world = world(engine);
    assert_eq!(world.db.migrate().unwrap(), 0);
    world.db.close();
    let world_settings = world.closed();
    assert_eq!(migrate(&world_settings, &[FIRST]).unwrap(), 1);
    assert_eq!(migrate(&world_settings, &[FIRST, SECOND, THIRD]).unwrap(), 2);
    assert_eq!(migrate(&world_settings, &[FIRST, SECOND, THIRD]).unwrap(), 0);
}

fn each_step_is_told_before_it_begins(engine: Engine) {
    const STEPS: &[Migration] = &[FIRST, SECOND, THIRD];
    let world = world(engine);
    let settings = world.closed();
    migrate(&settings, &[FIRST]).unwrap();
    let sets = [SETS, &[MigrationSet { name: "more", migrations: STEPS }]].concat();
    let db = Db::open(&settings, &sets).unwrap();
    let mut told = Vec::new();
    let watch = |step: db::Step<'_>| {
        let db::Step { set, name, applied, pending } = step;
        told.push((set.to_owned(), name.to_owned(), applied, pending));
    };
    assert_eq!(db.migrate_watched(watch).unwrap(), 2);
    db.close();
    let more = |name: &str, applied| ("more".to_owned(), name.to_owned(), applied, 2);
    assert_eq!(told, [more("second", 0), more("third", 1)]);
}

fn a_changed_migration_is_refused(engine: Engine) {
    let world = world(engine);
    let settings = world.closed();
    migrate(&settings, &[FIRST]).unwrap();
    assert!(refusal(migrate(&settings, &[CHANGED])).contains("must never be changed"));
}

fn a_newer_schema_is_refused(engine: Engine) {
    let world = world(engine);
    let settings = world.closed();
    migrate(&settings, &[FIRST, SECOND]).unwrap();
    assert!(refusal(migrate(&settings, &[FIRST])).contains("newer program (more 0002 `second`)"));
    assert!(refusal(migrate(&settings, &[])).contains("newer program"));
}

fn a_migration_in_the_past_is_refused(engine: Engine) {
    let world = world(engine);
    let settings = world.closed();
    migrate(&settings, &[FIRST, THIRD]).unwrap();
    assert!(refusal(migrate(&settings, &[FIRST, SECOND, THIRD])).contains("higher number"));
}

fn a_failing_migration_leaves_nothing_behind(engine: Engine) {
    const GOOD: Migration =
        Migration { number: 5, name: "good", text: "create table more_d (id @id) @strict;" };
    let world = world(engine);
    let settings = world.closed();
    let text = refusal(migrate(&settings, &[FIRST, BROKEN]));
    assert!(text.contains("more 0004 `broken`"), "{text}");
    // the first one stays, the table of the broken one does not
    assert_eq!(migrate(&settings, &[FIRST, GOOD]).unwrap(), 1);
}

fn a_schema_is_checked_without_changing_it(engine: Engine) {
    let world = world(engine);
    let settings = world.closed();
    let sets = [SETS, &[MigrationSet { name: "more", migrations: &[FIRST] }]].concat();
    let db = Db::open(&settings, &sets).unwrap();
    assert!(db.check_schema().unwrap_err().to_string().contains("lacks migration more 0001 `first`"));
    db.migrate().unwrap();
    db.check_schema().unwrap();
}

fn a_reader_opens_beside_the_writer_and_cannot_write(engine: Engine) {
    let world = world(engine);
    put(&world.db, 1, 5).unwrap();
    let mut settings = world.settings.clone();
    settings.read_only = true;
    let reader = Db::open(&settings, SETS).unwrap();
    assert_eq!(common::all(&reader), [(1, 5)]);
    assert!(matches!(put(&reader, 1, 1), Err(DbError::ReadOnly)));
    assert!(matches!(reader.migrate(), Err(DbError::ReadOnly)));
    assert!(matches!(reader.health(), Health::ReadOnly(DbError::ReadOnly)));
    reader.check_schema().unwrap();
    put(&world.db, 1, 1).unwrap();
    assert_eq!(common::all(&reader), [(1, 6)]);
}

fn data_survives_closing_and_opening(engine: Engine) {
    let world = world(engine);
    for seq in 1..=3 {
        world
            .db
            .write_blocking(move |tx| {
                common::emit(tx, "bolt", seq, seq);
                let head = tx.lane()?;
                tx.advance_lane(head.number + 1, [5; 32]);
                common::add(tx, 1, 1)
            })
            .unwrap();
    }
    let settings = world.closed();
    let db = Db::open(&settings, SETS).unwrap();
    assert_eq!(common::all(&db), [(1, 3)]);
    db.write_blocking(|tx| {
        common::emit(tx, "bolt", 4, 4);
        Ok::<(), DbError>(())
    })
    .unwrap();
    common::wait_for_position(&db, 4);
    let events = db.read_blocking(|conn| db::feed::read(conn, 0, 10)).unwrap();
    assert_eq!(events.iter().map(|event| event.aggregate_seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

fn partitions_are_there_when_they_are_needed(engine: Engine) {
    const TABLE: Migration = Migration {
        number: 1,
        name: "partitioned",
        text: "create table more_history (at @instant not null, id @id not null
               -- only sqlite
               ) strict;
               -- end
               -- only postgres
               ) partition by range (at);
               create index more_history_id on more_history (id);
               -- end
               ",
    };
    const PUT: Statement = Statement::new("more.put", "insert into more_history (at, id) values (?1, ?2)");
    const DAY: i64 = 24 * 3_600 * 1_000_000;
    let world = world(engine);
    let settings = world.closed();
    let sets = [SETS, &[MigrationSet { name: "more", migrations: &[TABLE] }]].concat();
    let db = Db::open(&settings, &sets).unwrap();
    db.migrate().unwrap();
    let now = 1_764_547_200_000_000; // 2025-12-01
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                db.write_blocking(move |tx| db::partitions::ensure(tx, "more_history", now, 2)).unwrap();
            });
        }
    });
    let put = |at: i64| db.write_blocking(move |tx| tx.execute(&PUT, &[at.into(), 1_i64.into()]));
    for at in [now, now + 89 * DAY] {
        assert_eq!(put(at).unwrap(), 1);
    }
    if engine == Engine::Postgres {
        assert!(put(now + 90 * DAY).is_err(), "no partition for March");
        assert!(put(now - 1).is_err(), "no partition for November");
    }
    db.write_blocking(move |tx| db::partitions::ensure(tx, "more_history", now + 20 * DAY, 3)).unwrap();
    assert_eq!(put(now + 90 * DAY).unwrap(), 1);
}

#[test]
fn a_second_process_on_the_same_file_is_refused() {
    let world = world(Engine::Sqlite);
    // the lock belongs to the open file, so a second handle stands for a second process
    let refused = Db::open(&world.settings, SETS).unwrap_err();
    assert!(refused.to_string().contains("another process already uses"), "{refused}");
    let settings = world.closed();
    Db::open(&settings, SETS).unwrap();
}

#[test]
fn several_processes_migrate_one_server_at_once() {
    const EMPTY: &[MigrationSet] = &[];
    let database = testkit::pg::Database::new(EMPTY).unwrap();
    let counts: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    let sets = [SETS, &[MigrationSet { name: "more", migrations: &[FIRST, SECOND, THIRD] }]];
                    let db = Db::open(&Settings::new(&database.url), &sets.concat()).unwrap();
                    db.migrate().unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(counts.iter().sum::<usize>(), 4, "{counts:?}");
}

#[test]
fn a_url_that_cannot_be_is_refused_with_an_example() {
    for url in ["", "sqlite:", "sqlite::memory:", "mysql://x", "postgres://["] {
        let refused = Db::open(&Settings::new(url), SETS).unwrap_err();
        assert!(matches!(refused, DbError::Refused(_)), "{url}: {refused}");
    }
    let nobody = Db::open(&Settings::new("postgres://x@127.0.0.1:1/x"), SETS).unwrap_err();
    assert!(matches!(nobody, DbError::Unavailable(_)), "{nobody}");
    let nowhere = Db::open(&Settings::new("sqlite:/nowhere/at/all/x.db"), SETS).unwrap_err();
    assert!(nowhere.to_string().contains("/nowhere/at/all/x.db"), "{nowhere}");
}

#[test]
fn a_server_that_may_forget_is_refused() {
    let database = testkit::pg::Database::new(SETS).unwrap();
    let name = database.url.rsplit('/').next().unwrap();
    database.server().execute(&format!("alter database {name} set synchronous_commit = off")).unwrap();
    let mut settings = Settings::new(&database.url);
    let refused = Db::open(&settings, SETS).unwrap_err();
    assert!(refused.to_string().contains("synchronous_commit = off"), "{refused}");
    settings.allow_unsafe = true;
    Db::open(&settings, SETS).unwrap();
}
