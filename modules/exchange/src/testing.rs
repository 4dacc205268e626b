//! The world of this module's tests: a fresh database of either engine, and slices of the real file.

use db::{Db, Engine, MigrationSet, Settings};
use domain::{Actor, Ctx, Ids, Instant, PrincipalId};
use flate2::read::MultiGzDecoder;
use std::io::{BufRead, BufReader, Cursor};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

const SETS: &[MigrationSet] =
    &[catalog::MIGRATIONS, places::MIGRATIONS, stock::MIGRATIONS, crate::MIGRATIONS];
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/online-retail/online-retail.csv.gz");

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

/// A fresh world of an engine, with nothing in it.
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
    let now = ctx.now.0;
    db.write_blocking(move |tx| db::partitions::ensure(tx, "stock_movement", now, 6)).unwrap();
    World { db, ctx, _dir: dir, _database: database }
}

/// The first lines of the real file, with the row that names the columns.
pub(crate) fn first_lines(lines: usize) -> Vec<u8> {
    let mut text = BufReader::new(MultiGzDecoder::new(std::fs::File::open(FILE).unwrap()));
    let mut slice = Vec::new();
    for _ in 0..=lines {
        text.read_until(b'\n', &mut slice).unwrap();
    }
    slice
}

/// The year of the first lines of the real file.
pub(crate) fn slice(lines: usize) -> crate::online_retail::Year {
    crate::online_retail::plan(Cursor::new(first_lines(lines))).unwrap()
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
