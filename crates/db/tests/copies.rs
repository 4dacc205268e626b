//! Copies of a whole database: what is refused, and what a copy that was broken off leaves behind.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod common;
use common::{SETS, all, put, world};
use db::copy::{self, Alone, How, Part, Target};
use db::{Db, DbError, Engine, Settings, Statement};
use testkit::on_both_engines;
use testkit::pg::Database;

on_both_engines!(
    a_row_that_breaks_a_rule_is_refused_by_the_name_of_the_rule,
    a_table_that_is_missing_or_different_or_twice_is_refused,
    who_ends_before_the_commit_leaves_nothing_behind,
    a_source_that_somebody_writes_to_is_not_left,
    a_table_of_somebody_else_stays_where_it_is,
);

/// An empty place of an engine.
struct Place {
    settings: Settings,
    _folder: tempfile::TempDir,
    _database: Option<Database>,
}

fn place(engine: Engine) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let (url, database) = match engine {
        Engine::Sqlite => (format!("sqlite:{}", folder.path().join("copy.db").display()), None),
        Engine::Postgres => {
            let database = Database::empty().unwrap();
            (database.url.clone(), Some(database))
        }
    };
    Place { settings: Settings::new(url), _folder: folder, _database: database }
}

fn parts(db: &Db) -> Vec<Part> {
    let mut parts = Vec::new();
    db.read_blocking(|conn| {
        let shape = copy::shape(conn)?;
        copy::parts(conn, &shape, &mut |part| {
            parts.push(part);
            Ok(())
        })
    })
    .map_err(|error: DbError| error)
    .unwrap();
    parts
}

fn take(place: &Place, parts: &[Part], again: bool) -> Result<(), DbError> {
    let mut target = Target::begin(&place.settings, SETS, How { again, steps: None })?;
    for part in parts {
        target.take(part)?;
    }
    target.commit().map(drop)
}

/// Account 7 holds less than nothing.
fn overdrawn(engine: Engine) -> Vec<Part> {
    let world = world(engine);
    put(&world.db, 7, 10).unwrap();
    let mut parts = parts(&world.db);
    let place =
        parts.iter().position(|part| matches!(part, Part::Table(table) if table.name == "shop_account"));
    if let Some(Part::Rows(chunk)) = parts.get_mut(place.unwrap() + 1) {
        // two cells of nine bytes, by name: the amount, then the id
        assert_eq!(chunk.bytes.len(), 18);
        chunk.bytes[1..9].copy_from_slice(&(-10_i64).to_le_bytes());
    }
    parts
}

fn a_row_that_breaks_a_rule_is_refused_by_the_name_of_the_rule(engine: Engine) {
    let place = place(engine);
    let refused = take(&place, &overdrawn(Engine::Sqlite), false).unwrap_err().to_string();
    assert!(refused.contains("`shop_account`") && refused.contains("shop_account_floor"), "{refused}");
}

fn a_table_that_is_missing_or_different_or_twice_is_refused(engine: Engine) {
    let world = world(Engine::Sqlite);
    let whole = || parts(&world.db);
    let table = |parts: &[Part]| {
        parts.iter().position(|part| matches!(part, Part::Table(table) if table.name == "db_job"))
    };
    let mut missing = whole();
    missing.remove(table(&missing).unwrap());
    let mut twice = whole();
    let again = parts(&world.db).remove(table(&twice).unwrap());
    twice.push(again);
    let mut other = whole();
    let at = table(&other).unwrap();
    if let Some(Part::Table(table)) = other.get_mut(at) {
        table.columns.pop();
    }
    for (parts, why) in [(missing, "may be missing"), (twice, "comes twice"), (other, "another shape here")] {
        let refused = take(&place(engine), &parts, false).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

const THEIRS: Statement = Statement::new("t.make", "create table \"Their own\" (id bigint)");
const OF_AN_EXTENSION: Statement =
    Statement::new("t.make_another", "create table spatial_ref_sys (id bigint)");

fn a_table_of_somebody_else_stays_where_it_is(engine: Engine) {
    let world = world(engine);
    put(&world.db, 1, 10).unwrap();
    let alone = parts(&world.db);
    for made in [&THEIRS, &OF_AN_EXTENSION] {
        world.db.write_blocking(move |tx| tx.execute(made, &[])).unwrap();
    }
    assert_eq!(parts(&world.db).len(), alone.len());
    take(&place(engine), &parts(&world.db), false).unwrap();
}

fn who_ends_before_the_commit_leaves_nothing_behind(engine: Engine) {
    let world = world(engine);
    put(&world.db, 1, 10).unwrap();
    let (place, parts) = (place(engine), parts(&world.db));
    let mut target = Target::begin(&place.settings, SETS, How::default()).unwrap();
    for part in &parts {
        target.take(part).unwrap();
    }
    drop(target);
    if engine == Engine::Sqlite {
        // a file is thrown away by whoever has named it
        std::fs::remove_file(place.settings.url.strip_prefix("sqlite:").unwrap()).unwrap();
    }
    take(&place, &parts, false).unwrap();
    Target::end(&place.settings).unwrap();
    let db = Db::open(&place.settings, SETS).unwrap();
    db.check_schema().unwrap();
    assert_eq!(all(&db), [(1, 10)]);
    // and it goes on as any other
    put(&db, 1, 5).unwrap();
    assert_eq!(all(&db), [(1, 15)]);
}

fn a_source_that_somebody_writes_to_is_not_left(engine: Engine) {
    let world = world(engine);
    put(&world.db, 1, 10).unwrap();
    let settings = Settings { read_only: true, ..world.settings.clone() };
    let reader = Db::open(&settings, SETS).unwrap();
    let refused = Alone::with(&settings, &reader).unwrap_err().to_string();
    assert!(refused.contains("stop it first"), "{refused}");
    world.db.close();
    Alone::with(&settings, &reader).unwrap();
}

#[test]
fn a_database_that_holds_anything_is_refused_and_never_emptied() {
    let world = world(Engine::Postgres);
    put(&world.db, 1, 10).unwrap();
    for again in [false, true] {
        let refused =
            Target::begin(&world.settings, SETS, How { again, steps: None }).unwrap_err().to_string();
        assert!(refused.contains("is not empty"), "{refused}");
    }
    assert_eq!(all(&world.db), [(1, 10)]);

    // nor one that holds a schema alone
    let theirs = Database::new(SETS).unwrap();
    let refused = Target::begin(&Settings::new(&theirs.url), SETS, How { again: true, steps: None })
        .unwrap_err()
        .to_string();
    assert!(refused.contains("is not empty"), "{refused}");
}

#[test]
fn a_copy_that_was_never_released_is_begun_anew_only_when_that_is_said() {
    let world = world(Engine::Sqlite);
    put(&world.db, 1, 10).unwrap();
    let (place, parts) = (place(Engine::Postgres), parts(&world.db));
    take(&place, &parts, false).unwrap();
    let refused = take(&place, &parts, false).unwrap_err().to_string();
    assert!(refused.contains("has not ended") && refused.contains("--again"), "{refused}");
    // neither does a server begin there, nor a migration
    let db = Db::open(&place.settings, SETS).unwrap();
    for refused in [db.check_schema().unwrap_err(), db.migrate().unwrap_err()] {
        assert!(refused.to_string().contains("has not ended"), "{refused}");
    }
    db.close();
    // one that fails leaves it as it was
    assert!(take(&place, &overdrawn(Engine::Sqlite), true).is_err());
    assert!(take(&place, &parts, false).unwrap_err().to_string().contains("has not ended"));
    take(&place, &parts, true).unwrap();
    Target::end(&place.settings).unwrap();
    assert_eq!(all(&Db::open(&place.settings, SETS).unwrap()), [(1, 10)]);
}

#[test]
fn whoever_comes_while_a_copy_is_made_waits_until_it_is() {
    let world = world(Engine::Sqlite);
    put(&world.db, 1, 10).unwrap();
    let (place, parts) = (place(Engine::Postgres), parts(&world.db));
    let mut first = Target::begin(&place.settings, SETS, How::default()).unwrap();
    for part in &parts {
        first.take(part).unwrap();
    }
    let (begins, begun) = std::sync::mpsc::channel();
    let second = std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            begins.send(()).unwrap();
            Target::begin(&place.settings, SETS, How::default()).map(drop)
        });
        begun.recv().unwrap();
        // long enough to look at the database and to wait for its lock
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(!second.is_finished(), "it looked at what was not there yet");
        first.commit().unwrap();
        second.join().unwrap()
    });
    assert!(second.unwrap_err().to_string().contains("has not ended"));
    Target::end(&place.settings).unwrap();
    assert_eq!(all(&Db::open(&place.settings, SETS).unwrap()), [(1, 10)]);
}
