//! What is undone: a savepoint, a dry run, and a run that has to be repeated.

use super::common::{self, INSERT, add, all, world};
use db::{DbError, Engine};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::on_both_engines;

on_both_engines!(
    a_failure_that_was_ignored_is_not_kept,
    a_savepoint_is_undone_alone,
    a_savepoint_inside_a_savepoint_is_undone_alone,
    a_dry_run_answers_and_leaves_nothing,
    a_closure_that_asks_for_another_run_gets_it,
    what_was_asked_for_in_a_savepoint_is_not_forgotten_with_it,
);

fn a_failure_that_was_ignored_is_not_kept(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let failed: Result<(), DbError> = db.write_blocking(|tx| {
        add(tx, 1, 1)?;
        drop(tx.execute(&INSERT, &[2_i64.into(), (-1_i64).into()]));
        Ok(())
    });
    assert!(failed.unwrap_err().is_check("shop_account_floor"));
    assert_eq!(all(db), []);
}

fn a_savepoint_is_undone_alone(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    db.write_blocking(|tx| {
        add(tx, 1, 1)?;
        common::emit(tx, "kept", 1, 1);
        let refused: Result<(), DbError> = tx.savepoint(|tx| {
            add(tx, 2, 1)?;
            common::emit(tx, "lost", 1, 1);
            tx.execute(&INSERT, &[1_i64.into(), 1_i64.into()])?;
            Ok(())
        });
        assert!(matches!(refused, Err(DbError::Unique(_))));
        tx.savepoint(|tx| add(tx, 3, 1))
    })
    .unwrap();
    assert_eq!(all(db), [(1, 1), (3, 1)]);
    common::wait_for_position(db, 1);
    let events = db.read_blocking(|conn| db::feed::read(conn, 0, 10)).unwrap();
    assert_eq!(events.iter().map(|event| event.aggregate_id.as_str()).collect::<Vec<_>>(), ["kept"]);
}

fn a_savepoint_inside_a_savepoint_is_undone_alone(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    db.write_blocking(|tx| {
        tx.savepoint(|tx| {
            add(tx, 1, 1)?;
            let inner: Result<(), DbError> = tx.savepoint(|tx| {
                add(tx, 2, 1)?;
                Err(DbError::Busy)
            });
            assert!(matches!(inner, Err(DbError::Busy)));
            add(tx, 3, 1)
        })
    })
    .unwrap();
    assert_eq!(all(db), [(1, 1), (3, 1)]);
}

fn a_dry_run_answers_and_leaves_nothing(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let seen = runtime
        .block_on(db.dry_run(|tx| {
            add(tx, 1, 7)?;
            common::emit(tx, "a", 1, 1);
            tx.query_one(&common::ONE, &[1_i64.into()], |row| row.int(0))
        }))
        .unwrap();
    assert_eq!(seen, 7);
    assert_eq!(all(db), []);
    // the event's number was given back as well
    db.write_blocking(|tx| {
        common::emit(tx, "a", 1, 1);
        Ok::<(), DbError>(())
    })
    .unwrap();
    common::wait_for_position(db, 1);
}

/// How often a closure asks to be run again, and what it makes of that.
fn asks(
    times: u32,
    swallows: bool,
) -> (Arc<AtomicU32>, impl FnMut(&mut db::Tx<'_>) -> Result<u32, Mine> + Send) {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let closure = move |tx: &mut db::Tx<'_>| {
        let run = counted.fetch_add(1, Ordering::SeqCst) + 1;
        add(tx, 1, 1)?;
        if run <= times {
            let error = tx.again("a test asks for it");
            if !swallows {
                return Err(Mine(error));
            }
        }
        Ok(run)
    };
    (runs, closure)
}

/// An error of a module, in which the writer cannot see what the store said.
#[derive(Debug)]
struct Mine(DbError);

impl From<DbError> for Mine {
    fn from(error: DbError) -> Mine {
        Mine(error)
    }
}

/// As a door does it: what a command refuses is kept as its answer, after the command was undone.
fn what_was_asked_for_in_a_savepoint_is_not_forgotten_with_it(engine: Engine) {
    let world = world(engine);
    for (id, times, kept) in [(1, 1, "accepted"), (2, 1_000, "none")] {
        let runs = AtomicU32::new(0);
        let answer = world.db.write_blocking(move |tx| {
            let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
            let decided: Result<(), DbError> = tx.savepoint(|tx| {
                add(tx, id, 1)?;
                if run > times { Ok(()) } else { Err(tx.again("a test asks for it")) }
            });
            let answer = if decided.is_ok() { "accepted" } else { "refused" };
            add(tx, id + 10, 1)?;
            Ok::<_, DbError>(answer)
        });
        assert_eq!(answer.unwrap_or("none"), kept, "a refusal of a run that was given up is no answer");
    }
    assert_eq!(all(&world.db), [(1, 1), (11, 1)]);
}

fn a_closure_that_asks_for_another_run_gets_it(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for swallows in [false, true] {
        assert_eq!(db.write_blocking(asks(2, swallows).1).unwrap(), 3);
        assert_eq!(runtime.block_on(db.dry_run(asks(2, swallows).1)).unwrap(), 3);
    }
    assert_eq!(all(db), [(1, 2)], "of all these runs only the last of each write is kept");
    let (runs, closure) = asks(u32::MAX, false);
    assert!(matches!(db.write_blocking(closure), Err(Mine(DbError::Contention))));
    assert_eq!(runs.load(Ordering::SeqCst), 5, "not for ever");
    // the same in a front
    let runs = AtomicU32::new(0);
    let front = db.front(move |tx, commands: &[i64]| {
        for amount in commands {
            add(tx, 2, *amount)?;
        }
        let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
        if run <= 2 { Err(tx.again("a test asks for it")) } else { Ok(vec![run; commands.len()]) }
    });
    assert_eq!(front.submit_blocking(7).unwrap(), 3);
    assert_eq!(all(db), [(1, 2), (2, 7)]);
}
