//! The disk of a server is full. (That of a file is in `sqlite.rs`.)

mod common;
use common::{ADD, SETS, all, put, world};
use db::{Db, DbError, Engine, Health, Statement};
use std::time::{Duration, Instant};

/// What the server says when a table cannot grow.
const FULL: [Statement; 2] = [
    Statement::per_engine(
        "test.full",
        "",
        "create function test_full() returns trigger language plpgsql as $$
         begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$",
    ),
    Statement::per_engine(
        "test.full_account",
        "",
        "create trigger test_full before insert or update on shop_account
         for each row execute function test_full()",
    ),
];
/// And when there is no space for the half mebibyte that it is looked for with either. How often that was is
/// counted by a sequence, which no rollback takes back.
const NO_SPACE_AT_ALL: [Statement; 3] = [
    Statement::per_engine("test.looks", "", "create sequence test_looks"),
    Statement::per_engine(
        "test.full_look",
        "",
        "create function test_full_look() returns event_trigger language plpgsql as $$
         begin
           perform nextval('test_looks');
           raise exception 'could not extend file' using errcode = 'disk_full';
         end $$",
    ),
    Statement::per_engine(
        "test.full_everything",
        "",
        "create event trigger test_full_look on ddl_command_start when tag in ('CREATE TABLE AS')
         execute function test_full_look()",
    ),
];
const LOOKS: Statement = Statement::per_engine(
    "test.looked",
    "",
    "select last_value + cast(is_called as int) - 1 from test_looks",
);
const SPACE_TO_LOOK: Statement =
    Statement::per_engine("test.space_to_look", "", "drop event trigger test_full_look");
const SPACE: Statement = Statement::per_engine("test.space", "", "drop function test_full cascade");

#[test]
fn a_full_disk_of_the_server_is_told_and_writes_resume_without_one_that_tries() {
    let world = world(Engine::Postgres);
    let (db, operator) = (&world.db, Db::open(&world.settings, SETS).unwrap());
    put(db, 1, 1).unwrap();
    let run = |statements: &'static [Statement]| {
        let run = move |tx: &mut db::Tx<'_>| {
            statements.iter().try_for_each(|statement| tx.execute(statement, &[]).map(|_| ()))
        };
        operator.write_blocking(run).unwrap();
    };
    run(&FULL);
    let front = db.front(|tx, commands: &[i64]| {
        for id in commands {
            tx.execute(&ADD, &[(*id).into(), 1_i64.into()])?;
        }
        Ok(commands.to_vec())
    });
    // the server is asked each time; in between it may be looked whether there is space again
    let is_told = |_: &i32| {
        assert!(matches!(put(db, 2, 2), Err(DbError::StorageFull)));
        matches!(db.health(), Health::ReadOnly(DbError::StorageFull))
    };
    assert!((0..100).any(|time| is_told(&time)));
    assert!(matches!(front.submit_blocking(1), Err(DbError::StorageFull)));
    assert_eq!(all(db), [(1, 1)], "reads go on, and nothing is half done");
    let until = Instant::now() + Duration::from_mins(1);
    run(&NO_SPACE_AT_ALL);
    let looks = || db.read_blocking(|conn| conn.query_one(&LOOKS, &[], |row| row.int(0))).unwrap();
    let refused = || assert!(matches!(put(db, 2, 2), Err(DbError::StorageFull)));
    // one that began before may have found space; they come one after the other
    while looks() < 1 {
        assert!(Instant::now() < until, "it is looked whether there is space");
        refused();
    }
    refused();
    while looks() < 3 {
        assert!(Instant::now() < until, "it is looked again and again");
        assert!(matches!(db.health(), Health::ReadOnly(DbError::StorageFull)), "and no look finds space");
        std::thread::yield_now();
    }
    run(std::slice::from_ref(&SPACE_TO_LOOK));
    run(std::slice::from_ref(&SPACE));
    // nobody writes: whoever is not ready is sent nothing
    let until = Instant::now() + Duration::from_secs(20);
    while !matches!(db.health(), Health::Good) {
        assert!(Instant::now() < until, "it is ready again by itself");
        std::thread::yield_now();
    }
    put(db, 2, 2).unwrap();
    front.submit_blocking(1).unwrap();
    assert_eq!(all(db), [(1, 2), (2, 2)]);
}
