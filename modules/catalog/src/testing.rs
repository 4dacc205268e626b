//! The world of this module's tests: a fresh database of either engine, a clock that stands still.

use crate::item::{Item, NewBarcode, NewItem, NewUnit};
use db::{Conn, Db, DbError, Engine, MigrationSet, Settings, Tx};
use domain::{Actor, Code, Ctx, Ids, Instant, PrincipalId, Problem};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use web::Failure;

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

    /// Creates an item.
    pub(crate) fn create(&self, new: NewItem) -> Item {
        self.run(move |tx, ctx| crate::create_item(tx, ctx, &new)).unwrap()
    }

    /// How many events there are, and whether each follows the one before of the same item.
    pub(crate) fn events(&self) -> Vec<(String, i64)> {
        let mut events = Vec::new();
        for _ in 0..200 {
            events = self.read(|conn| db::feed::read(conn, 0, 10_000));
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
}

/// The code of a problem and the pointer of its first field.
pub(crate) fn seen(problem: &Problem) -> (Code, String) {
    (problem.code, problem.errors.first().map_or(String::new(), |error| error.pointer.clone()))
}

/// A plain item.
pub(crate) fn new_item(sku: &str) -> NewItem {
    NewItem {
        sku: sku.to_owned(),
        name: format!("Item {sku}"),
        base_unit: "each".to_owned(),
        ..NewItem::default()
    }
}

/// An item with a case of twelve and a barcode on it.
pub(crate) fn new_cased(sku: &str, code: &str) -> NewItem {
    NewItem {
        units: vec![new_unit("case", "12")],
        barcodes: vec![new_barcode(code, "case")],
        ..new_item(sku)
    }
}

pub(crate) fn new_unit(unit: &str, factor: &str) -> NewUnit {
    NewUnit { unit: unit.to_owned(), factor: factor.to_owned() }
}

pub(crate) fn new_barcode(code: &str, unit: &str) -> NewBarcode {
    NewBarcode { code: code.to_owned(), unit: Some(unit.to_owned()), symbology: None }
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
