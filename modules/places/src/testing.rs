//! The world of this module's tests: a fresh database of either engine, a clock that stands still.

use crate::location::{Location, NewLocation};
use crate::{create_location, store};
use db::{Conn, Db, DbError, Engine, MigrationSet, Settings, Tx};
use domain::{Actor, Code, Ctx, Ids, Instant, LocationId, PrincipalId, Problem};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use web::{Failure, Reached};

const SETS: &[MigrationSet] = &[crate::MIGRATIONS];

/// A database with its place, which goes away after it.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) ctx: Ctx,
    _dir: Option<tempfile::TempDir>,
    _database: Option<testkit::pg::Database>,
}

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A fresh world of an engine.
pub(crate) fn world(engine: Engine) -> World {
    let (settings, dir, database) = match engine {
        Engine::Sqlite => {
            let dir = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", dir.path().join("t.db").display());
            (Settings::new(url), Some(dir), None)
        }
        Engine::Postgres => {
            let database = testkit::pg::Database::new(SETS).unwrap();
            (Settings::new(&database.url), None, Some(database))
        }
    };
    let db = Db::open(&settings, SETS).unwrap();
    db.migrate().unwrap();
    let ctx = Ctx {
        actor: Actor { id: PrincipalId(1), name: "ann".to_owned() },
        now: Instant::parse("2026-03-01T09:30:00Z").unwrap(),
        ids: Arc::new(Counted(AtomicU64::new(1))),
        request_id: Uuid::from_u128(1),
    };
    World { db, ctx, _dir: dir, _database: database }
}

impl World {
    /// Runs a command in a transaction of its own.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        mut command: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let ctx = self.ctx.clone();
        self.db.write_blocking(move |tx| command(tx, &ctx))
    }

    /// The same, where it is refused.
    pub(crate) fn refused<T: Send + std::fmt::Debug + 'static>(
        &self,
        command: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<T, Failure> + Send + 'static,
    ) -> (Code, String) {
        match self.run(command) {
            Err(Failure::Refused(problem)) => seen(&problem),
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut Conn<'_>) -> Result<T, DbError>) -> T {
        self.db.read_blocking(read).unwrap()
    }

    /// Creates `A site`, or `B zone below A`, one after the other.
    pub(crate) fn make(&self, texts: &[&str]) -> Vec<Location> {
        texts.iter().map(|text| self.create(new(text))).collect()
    }

    pub(crate) fn create(&self, command: NewLocation) -> Location {
        self.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &command)).unwrap()
    }

    /// The location of a code.
    pub(crate) fn get(&self, code: &str) -> Location {
        self.read(|conn| crate::location(conn, Reached::All, code)).unwrap()
    }

    pub(crate) fn id(&self, code: &str) -> LocationId {
        self.get(code).id
    }

    /// The codes of ids, in their order.
    pub(crate) fn codes(&self, ids: &[LocationId]) -> Vec<String> {
        let code = |id: &LocationId| self.read(|conn| store::by_id(conn, *id)).unwrap().code;
        ids.iter().map(code).collect()
    }

    /// The kinds and numbers of all events; each has its audit row.
    pub(crate) fn events(&self) -> Vec<(String, i64)> {
        let mut events = Vec::new();
        for _ in 0..200 {
            events = self.read(|conn| db::feed::read(conn, 0, 20_000));
            if events.len() == self.audits() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        events.into_iter().map(|event| (event.kind, event.aggregate_seq)).collect()
    }

    /// How many audit rows there are.
    pub(crate) fn audits(&self) -> usize {
        usize::try_from(self.read(db::audit::head).n).unwrap()
    }

    /// Asserts that the closure table is the closure of the parents, and that sites follow it.
    pub(crate) fn assert_tree(&self) {
        let found = self.read(crate::store_tests::closure);
        let parents = self.read(crate::store_tests::parents);
        let mut expected = Vec::new();
        for (id, _, _) in &parents {
            let (mut above, mut depth) = (Some(*id), 0);
            while let Some(at) = above {
                expected.push((at, *id, depth));
                above = parents.iter().find(|(other, ..)| *other == at).and_then(|(_, parent, _)| *parent);
                depth += 1;
            }
            let (root, ..) = *expected.last().unwrap();
            let site = parents.iter().find(|(other, ..)| other == id).unwrap().2;
            let is_site = parents.iter().any(|(other, _, site)| *other == root && *site == root);
            assert_eq!(site, if is_site { root } else { 0 }, "the site of {id}");
        }
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

/// The code of a problem and the pointer of its first field.
pub(crate) fn seen(problem: &Problem) -> (Code, String) {
    (problem.code, problem.errors.first().map_or(String::new(), |error| error.pointer.clone()))
}

/// Reads `A site` or `B zone below A`.
pub(crate) fn new(text: &str) -> NewLocation {
    let words: Vec<&str> = text.split(' ').collect();
    NewLocation {
        code: words[0].to_owned(),
        kind: words[1].to_owned(),
        parent: words.get(3).map(|&parent| parent.to_owned()),
        ..NewLocation::default()
    }
}

/// Runs tests on both engines.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(db::Engine::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(db::Engine::Postgres); })*
        }
    };
}
pub(crate) use on_both_engines;
