//! Writes: what is answered is committed, and who fails disturbs nobody.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod common;
#[path = "writes/undone.rs"]
mod undone;

use common::{ADD_MANY, INSERT, add, all, put, world, world_with};
use db::{Db, DbError, Engine, Rows};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;
use testkit::on_both_engines;

on_both_engines!(
    a_refused_closure_disturbs_nobody,
    a_poison_command_is_the_only_one_to_fail,
    a_panic_undoes_its_closure_and_the_thread_lives_on,
    a_panic_in_a_front_fails_only_its_command,
    a_full_queue_refuses_before_any_work,
    a_closed_database_refuses,
    a_closure_is_gone_before_its_caller_is_answered,
    what_was_accepted_is_done_before_the_end,
    constraints_have_the_same_names,
    a_caller_that_goes_away_does_not_stop_its_write,
    commands_of_a_front_are_decided_in_order,
    several_statements_travel_together,
    one_failure_among_several_statements_is_named,
);

/// Keeps a thread of the writers busy until it is let go.
fn hold(db: &Db) -> (mpsc::Sender<()>, std::thread::JoinHandle<Result<(), DbError>>) {
    let (running, is_running) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let db = db.clone();
    let thread = std::thread::spawn(move || {
        db.write_blocking(move |tx| {
            running.send(()).unwrap();
            released.recv().unwrap();
            add(tx, 1_000, 1)
        })
    });
    is_running.recv().unwrap();
    (release, thread)
}

fn a_refused_closure_disturbs_nobody(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    put(db, 1, 10).unwrap();
    let refused: Result<(), DbError> = db.write_blocking(|tx| {
        add(tx, 2, 5)?;
        add(tx, 1, -20)
    });
    assert!(refused.unwrap_err().is_check("shop_account_floor"));
    put(db, 3, 1).unwrap();
    assert_eq!(all(db), [(1, 10), (3, 1)]);
}

#[test]
fn nobody_is_answered_before_the_commit() {
    let world = world(Engine::Sqlite);
    let db = &world.db;
    let (release, held) = hold(db);
    let first = {
        let db = db.clone();
        std::thread::spawn(move || put(&db, 1, 1))
    };
    while db.queued() < 1 {
        std::thread::yield_now();
    }
    let (tell, told) = mpsc::channel();
    let second = {
        let db = db.clone();
        let reader = db.clone();
        std::thread::spawn(move || {
            db.write_blocking(move |tx| {
                // the first closure was run in this same transaction, and nobody can see it yet
                tell.send(all(&reader)).unwrap();
                add(tx, 2, 1)
            })
        })
    };
    while db.queued() < 2 {
        std::thread::yield_now();
    }
    release.send(()).unwrap();
    held.join().unwrap().unwrap();
    first.join().unwrap().unwrap();
    second.join().unwrap().unwrap();
    assert_eq!(told.recv().unwrap(), [(1_000, 1)]);
    assert_eq!(all(db), [(1, 1), (2, 1), (1_000, 1)]);
}

fn a_poison_command_is_the_only_one_to_fail(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let front = db.front(|tx, commands: &[i64]| {
        let mut rows = Rows::new(2);
        for id in commands {
            rows.push(&[(*id).into(), (if *id == 13 { -1 } else { 1_i64 }).into()]);
        }
        tx.execute_many(&ADD_MANY, &rows)?;
        Ok(commands.to_vec())
    });
    let threads: Vec<_> = (0..40)
        .map(|id| {
            let front = front.clone();
            std::thread::spawn(move || front.submit_blocking(id))
        })
        .collect();
    for (id, thread) in (0..).zip(threads) {
        let outcome = thread.join().unwrap();
        if id == 13 {
            assert!(outcome.unwrap_err().is_check("shop_account_floor"));
        } else {
            assert_eq!(outcome.unwrap(), id);
        }
    }
    assert_eq!(all(db).len(), 39);
}

fn a_panic_undoes_its_closure_and_the_thread_lives_on(engine: Engine) {
    let world = world_with(engine, |settings| settings.writers = 1);
    let db = &world.db;
    let failed: Result<(), DbError> = db.write_blocking(|tx| {
        add(tx, 1, 1)?;
        panic!("oh no");
    });
    assert!(failed.unwrap_err().to_string().contains("oh no"));
    put(db, 2, 1).unwrap();
    assert_eq!(all(db), [(2, 1)]);
    let failed: Result<(), DbError> = db.read_blocking(|_| panic!("oh dear"));
    assert!(failed.unwrap_err().to_string().contains("oh dear"));
    assert_eq!(all(db), [(2, 1)]);
}

fn a_panic_in_a_front_fails_only_its_command(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let front = db.front(|tx, commands: &[i64]| {
        for id in commands {
            add(tx, *id, 1)?;
            assert!(*id != 3, "three");
        }
        Ok(vec![(); commands.len()])
    });
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|id| {
                let front = &front;
                scope.spawn(move || front.submit_blocking(id))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1);
    assert!(outcomes[3].as_ref().unwrap_err().to_string().contains("three"));
    assert_eq!(all(db).len(), 7);
}

fn a_full_queue_refuses_before_any_work(engine: Engine) {
    let world = world_with(engine, |settings| {
        settings.queue_max = 2;
        settings.writers = 1;
    });
    let db = &world.db;
    let (release, held) = hold(db);
    let waiting: Vec<_> = (1..=2)
        .map(|id| {
            let shared = db.clone();
            let thread = std::thread::spawn(move || put(&shared, id, 1));
            while db.queued() < usize::try_from(id).unwrap() {
                std::thread::yield_now();
            }
            thread
        })
        .collect();
    assert!(matches!(put(db, 3, 1), Err(DbError::Busy)));
    release.send(()).unwrap();
    held.join().unwrap().unwrap();
    for thread in waiting {
        thread.join().unwrap().unwrap();
    }
    assert_eq!(all(db), [(1, 1), (2, 1), (1_000, 1)]);
}

fn a_closed_database_refuses(engine: Engine) {
    let world = world(engine);
    world.db.close();
    assert!(matches!(put(&world.db, 1, 1), Err(DbError::Closed)));
    let front = world.db.front(|_, commands: &[i64]| Ok(commands.to_vec()));
    assert!(matches!(front.submit_blocking(1), Err(DbError::Closed)));
}

fn what_was_accepted_is_done_before_the_end(engine: Engine) {
    let world = world_with(engine, |settings| settings.writers = 1);
    let (release, held) = hold(&world.db);
    let later = {
        let db = world.db.clone();
        std::thread::spawn(move || put(&db, 1, 1))
    };
    while world.db.queued() < 1 {
        std::thread::yield_now();
    }
    release.send(()).unwrap();
    world.db.close();
    held.join().unwrap().unwrap();
    later.join().unwrap().unwrap();
}

fn constraints_have_the_same_names(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    put(db, 1, 1).unwrap();
    let again: Result<u64, DbError> =
        db.write_blocking(|tx| tx.execute(&INSERT, &[1_i64.into(), 1_i64.into()]));
    assert!(again.unwrap_err().is_unique("shop_account_pkey"));
    let null: Result<u64, DbError> =
        db.write_blocking(|tx| tx.execute(&INSERT, &[2_i64.into(), db::Value::Null]));
    assert!(matches!(null, Err(DbError::NotNull(column)) if *column == *"amount"));
    for seq in [1, 1] {
        let done: Result<(), DbError> = db.write_blocking(move |tx| {
            common::emit(tx, "twice", seq, 1);
            Ok(())
        });
        if let Err(error) = done {
            assert!(error.is_unique("db_outbox_aggregate"), "{error}");
        }
    }
    common::wait_for_position(db, 1);
    assert_eq!(db.read_blocking(db::feed::last).unwrap(), 1);
}

fn a_caller_that_goes_away_does_not_stop_its_write(engine: Engine) {
    let world = world_with(engine, |settings| settings.writers = 1);
    let db = &world.db;
    let (release, held) = hold(db);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut write = Box::pin(db.write(|tx| add(tx, 1, 1)));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx).is_pending()));
        assert!(polled.await);
        // the future is dropped here, unanswered
    });
    release.send(()).unwrap();
    held.join().unwrap().unwrap();
    put(db, 2, 1).unwrap();
    assert_eq!(all(db), [(1, 1), (2, 1), (1_000, 1)]);
}

fn commands_of_a_front_are_decided_in_order(engine: Engine) {
    let world = world(engine);
    let db = &world.db;
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let (entered, is_entered) = mpsc::sync_channel(1);
    let go = Arc::new(Barrier::new(2));
    let gate = Arc::clone(&go);
    let front = db.front(move |tx, commands: &[i64]| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            entered.send(()).unwrap();
            gate.wait();
        }
        for id in commands {
            // each command sees all that came before
            let before = tx.query(&common::ALL, &[], |row| row.int(0))?.len();
            assert_eq!(i64::try_from(before).unwrap(), *id);
            add(tx, *id, 1)?;
        }
        Ok(commands.to_vec())
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let first = runtime.spawn({
        let front = front.clone();
        async move { front.submit(0).await }
    });
    is_entered.recv().unwrap();
    // all of these queue while the first call runs
    let mut rest: Vec<_> = (1..100).map(|id| Box::pin(front.submit(id))).collect();
    runtime.block_on(async {
        for write in &mut rest {
            let pending =
                std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx).is_pending()));
            assert!(pending.await);
        }
        go.wait();
        assert_eq!(first.await.unwrap().unwrap(), 0);
        for (id, write) in (1..).zip(rest) {
            assert_eq!(write.await.unwrap(), id);
        }
    });
    assert_eq!(calls.load(Ordering::SeqCst), 2, "one call for all that has queued");
}

fn several_statements_travel_together(engine: Engine) {
    let world = world(engine);
    let counts = world
        .db
        .write_blocking(|tx| {
            let (mut one, none, mut two) = (Rows::new(2), Rows::new(2), Rows::new(2));
            one.push(&[1_i64.into(), 1_i64.into()]);
            two.push(&[1_i64.into(), 5_i64.into()]);
            two.push(&[2_i64.into(), 5_i64.into()]);
            tx.execute_all(&[(&ADD_MANY, &one), (&ADD_MANY, &none), (&ADD_MANY, &two)])
        })
        .unwrap();
    assert_eq!(counts, [1, 0, 2]);
    assert_eq!(all(&world.db), [(1, 6), (2, 5)]);
}

fn one_failure_among_several_statements_is_named(engine: Engine) {
    let world = world(engine);
    let refused: Result<Vec<u64>, DbError> = world.db.write_blocking(|tx| {
        let (mut good, mut bad) = (Rows::new(2), Rows::new(2));
        good.push(&[1_i64.into(), 1_i64.into()]);
        bad.push(&[2_i64.into(), (-1_i64).into()]);
        tx.execute_all(&[(&ADD_MANY, &good), (&ADD_MANY, &bad), (&ADD_MANY, &good)])
    });
    assert!(refused.unwrap_err().is_check("shop_account_floor"));
    assert_eq!(all(&world.db), []);
}

/// Takes its time to go.
struct Slow(Arc<AtomicBool>);

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
        self.0.store(true, Ordering::SeqCst);
    }
}

fn a_closure_is_gone_before_its_caller_is_answered(engine: Engine) {
    let world = world(engine);
    let gone = Arc::new(AtomicBool::new(false));
    let held = Slow(Arc::clone(&gone));
    world
        .db
        .write_blocking(move |_| {
            let _held = &held;
            Ok::<(), DbError>(())
        })
        .unwrap();
    assert!(gone.load(Ordering::SeqCst));
}
