//! What every module's tests begin with: a fresh database, an actor, and a clock that stands
//! still. A module puts its own words around it.

#![expect(clippy::expect_used, clippy::panic, reason = "a world that cannot be had fails the test")]

use crate::store::Store;
use db::{Conn, Db, DbError, Engine, MigrationSet, Tx};
use domain::{Actor, Code, Ctx, Ids, Instant, PrincipalId, Problem};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;
use web::Failure;

/// Ids that count up, the same in each run.
struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A database with its place, which goes away after it, and who acts on it when.
pub struct World {
    /// The database.
    pub db: Db,
    /// `ann`, at half past nine on 1 March 2026, UTC.
    pub ctx: Ctx,
    _store: Store,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.ctx.now).finish_non_exhaustive()
    }
}

impl World {
    /// A fresh world with the tables of these modules.
    pub fn new(engine: Engine, sets: &[MigrationSet]) -> World {
        let store = Store::new(engine, sets).expect("a database for the test");
        let ctx = Ctx {
            actor: Actor { id: PrincipalId(1), name: "ann".to_owned() },
            now: Instant::parse("2026-03-01T09:30:00Z").expect("an instant"),
            ids: Arc::new(Counted(AtomicU64::new(1))),
            request_id: Uuid::from_u128(1),
        };
        World { db: store.db.clone(), ctx, _store: store }
    }

    /// Runs a command in a transaction of its own.
    ///
    /// # Errors
    /// What the command refuses.
    pub fn run<T: Send + 'static>(
        &self,
        mut command: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let ctx = self.ctx.clone();
        self.db.write_blocking(move |tx| command(tx, &ctx))
    }

    /// The same, where it is refused: the code, and the pointer of the first field.
    pub fn refused<T: Send + std::fmt::Debug + 'static>(
        &self,
        command: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<T, Failure> + Send + 'static,
    ) -> (Code, String) {
        match self.run(command) {
            Err(Failure::Refused(problem)) => seen(&problem),
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Reads.
    pub fn read<T>(&self, read: impl FnOnce(&mut Conn<'_>) -> Result<T, DbError>) -> T {
        self.db.read_blocking(read).expect("the database can be read")
    }

    /// The kinds and numbers of all events, once each audit row has its own.
    pub fn events(&self) -> Vec<(String, i64)> {
        let mut events = Vec::new();
        // a position in the feed is given after the commit
        for _ in 0..200 {
            events = self.read(|conn| db::feed::read(conn, 0, 20_000));
            if events.len() == self.audits() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        events.into_iter().map(|event| (event.kind, event.aggregate_seq)).collect()
    }

    /// How many audit rows there are.
    pub fn audits(&self) -> usize {
        usize::try_from(self.read(db::audit::head).n).expect("a count")
    }
}

/// The code of a problem and the pointer of its first field.
pub fn seen(problem: &Problem) -> (Code, String) {
    (problem.code, problem.errors.first().map_or(String::new(), |error| error.pointer.clone()))
}
