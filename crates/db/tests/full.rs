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
