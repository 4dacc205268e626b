//! A database that has seen something of everything says the same in every copy of it, and holds as much.

use crate::world::{SETS, World, broken};
use db::copy::{self, Digest, How, Relation, Target};
use db::{Db, DbError, Engine, Settings};
use insight::verify;
use testkit::pg::Database;

/// Reads a database into a new one, as far as the transaction goes.
fn carried(source: &Db, settings: &Settings) -> Result<Vec<(Relation, Digest)>, DbError> {
    let mut target = Target::begin(settings, SETS, How::default())?;
    source.read_blocking(|conn| {
        let shape = copy::shape(conn)?;
        copy::parts(conn, &shape, &mut |part| target.take(&part))
    })?;
    target.commit()
}

/// What the frozen views say.
fn said(db: &Db, like: &Db) -> Vec<(String, Digest)> {
    let like = like.read_blocking(copy::shape).unwrap();
    db.read_blocking(|conn| {
        let views = copy::shape(conn)?.views.into_iter().zip(&like.views);
        views.map(|(view, other)| Ok((view.name.clone(), copy::digest(conn, &view, other)?))).collect()
    })
    .map_err(|error: DbError| error)
    .unwrap()
}

fn a_copy_says_the_same(from: Engine, settings: &Settings) {
    let world = World::filled(from);
    let given = carried(&world.db, settings).unwrap();
    let filled = given.iter().filter(|(_, digest)| digest.rows > 0).count();
    assert!(filled > 35, "{filled} of {} tables hold something", given.len());

    let refused = Db::open(settings, SETS).unwrap().check_schema().unwrap_err();
    assert!(refused.to_string().contains("has not ended"), "{refused}");
    let again = Target::begin(settings, SETS, How::default()).unwrap_err();
    let words = ["has not ended", "is there already"];
    assert!(words.iter().any(|words| again.to_string().contains(words)), "{again}");
    Target::end(settings).unwrap();

    let copied = Db::open(settings, SETS).unwrap();
    copied.check_schema().unwrap();
    for (table, digest) in &given {
        let found = copied.read_blocking(|conn| copy::digest(conn, table, table)).unwrap();
        assert_eq!(found, *digest, "{}", table.name);
    }
    let (theirs, ours) = (said(&world.db, &copied), said(&copied, &world.db));
    assert!(theirs.len() > 40);
    assert_eq!(theirs, ours);
    let report = verify::run(&copied, &world.options(true)).unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    copied.close();
    assert!(
        Target::begin(settings, SETS, How { again: true, steps: None }).is_err(),
        "what is released is never emptied"
    );
}

fn file(folder: &tempfile::TempDir) -> Settings {
    Settings::new(format!("sqlite:{}", folder.path().join("copy.db").display()))
}

#[test]
fn a_copy_from_sqlite_to_postgres_says_the_same() {
    let target = Database::empty().unwrap();
    a_copy_says_the_same(Engine::Sqlite, &Settings::new(&target.url));
}

#[test]
fn a_copy_from_postgres_to_postgres_says_the_same() {
    let target = Database::empty().unwrap();
    a_copy_says_the_same(Engine::Postgres, &Settings::new(&target.url));
}

#[test]
fn a_copy_from_sqlite_to_sqlite_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    a_copy_says_the_same(Engine::Sqlite, &file(&folder));
}

#[test]
fn triggers_keys_and_references_are_in_force_in_a_copy() {
    let world = World::filled(Engine::Sqlite);
    let target = Database::empty().unwrap();
    let settings = Settings::new(&target.url);
    carried(&world.db, &settings).unwrap();
    Target::end(&settings).unwrap();
    let fresh = Database::new(SETS).unwrap();
    let made = Settings::new(&fresh.url);
    let definitions = |settings: &Settings| -> Vec<String> {
        let db = Db::open(settings, SETS).unwrap();
        let found = db.read_blocking(|conn| conn.query(&DEFINITIONS, &[], |row| Ok(row.text(0)?.to_owned())));
        db.close();
        found.unwrap()
    };
    let copied = definitions(&settings);
    assert!(copied.len() > 150, "{}", copied.len());
    assert_eq!(copied, definitions(&made), "as where no copy was made");
}

/// Every index, constraint and trigger, but for those of partitions, which differ by month.
const DEFINITIONS: db::Statement = db::Statement::per_engine(
    "test.definitions",
    "select 'none'",
    "select t from (
       select pg_get_indexdef(i.indexrelid) as t, i.indrelid as r from pg_index i
       union all
       select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid), conrelid from pg_constraint
       union all
       select pg_get_triggerdef(oid), tgrelid from pg_trigger where not tgisinternal) d
     join pg_class c on c.oid = d.r
     where c.relnamespace = current_schema()::regnamespace and not c.relispartition
     order by t",
);
