//! The queue in front of the writers: a crowd waits its turn, up to a weight.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{add, all, world_with};
use db::{DbError, Engine, Front};
use std::sync::{Mutex, mpsc};
use std::thread::{JoinHandle, yield_now};
use testkit::on_both_engines;

on_both_engines!(
    heavy_commands_wait_their_turn_up_to_the_weight_of_the_queue,
    one_command_is_let_in_however_heavy_it_is,
);

/// An account to add one to, and what that weighs.
type Command = (i64, usize);

/// The account whose command keeps the writer until it is let go.
const HOLDER: i64 = 1_000;

/// A front whose writer is busy, with the way to let it go.
struct Busy {
    front: Front<Command, ()>,
    release: mpsc::Sender<()>,
    holder: JoinHandle<Result<(), DbError>>,
}

fn busy(db: &db::Db) -> Busy {
    let (running, is_running) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (running, released) = (Mutex::new(running), Mutex::new(released));
    let front = db.front_weighted(
        move |tx, commands: &[Command]| {
            for (account, _) in commands {
                if *account == HOLDER {
                    running.lock().unwrap().send(()).unwrap();
                    released.lock().unwrap().recv().unwrap();
                }
                add(tx, *account, 1)?;
            }
            Ok(vec![(); commands.len()])
        },
        |(_, weight)| *weight,
    );
    let first = front.clone();
    let holder = std::thread::spawn(move || first.submit_blocking((HOLDER, 1)));
    is_running.recv().unwrap();
    Busy { front, release, holder }
}

impl Busy {
    /// Submits a command and comes back when it waits.
    fn waiting(&self, command: Command) -> JoinHandle<Result<(), DbError>> {
        let (front, after) = (self.front.clone(), self.front.queued() + command.1);
        let thread = std::thread::spawn(move || front.submit_blocking(command));
        while self.front.queued() < after {
            yield_now();
        }
        thread
    }

    fn let_go(self) {
        self.release.send(()).unwrap();
        self.holder.join().unwrap().unwrap();
    }
}

fn heavy_commands_wait_their_turn_up_to_the_weight_of_the_queue(engine: Engine) {
    let world = world_with(engine, |settings| settings.queue_max = 3_000);
    let busy = busy(&world.db);
    let crowd: Vec<_> = (1..=3).map(|account| busy.waiting((account, 1_000))).collect();
    assert_eq!(busy.front.queued(), 3_000, "at the limit all of them wait");
    assert!(matches!(busy.front.submit_blocking((4, 1)), Err(DbError::Busy)), "one beyond does not");
    busy.let_go();
    for waiting in crowd {
        waiting.join().unwrap().unwrap();
    }
    assert_eq!(all(&world.db), [(1, 1), (2, 1), (3, 1), (HOLDER, 1)]);
}

fn one_command_is_let_in_however_heavy_it_is(engine: Engine) {
    let world = world_with(engine, |settings| settings.queue_max = 10);
    let busy = busy(&world.db);
    let heavy = busy.waiting((1, 1_000));
    assert!(matches!(busy.front.submit_blocking((2, 1)), Err(DbError::Busy)));
    busy.let_go();
    heavy.join().unwrap().unwrap();
    assert_eq!(all(&world.db), [(1, 1), (HOLDER, 1)]);
}
