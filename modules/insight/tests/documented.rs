//! The reference of the checks says what the product does: the same checks under the same titles,
//! and the views as they are.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use db::{Db, Engine, MigrationSet, Settings, Statement};
use domain::Instant;
use insight::verify::{self, Options, Status};
use std::collections::BTreeMap;

const SETS: &[MigrationSet] = &[
    access::MIGRATIONS,
    catalog::MIGRATIONS,
    places::MIGRATIONS,
    stock::MIGRATIONS,
    files::MIGRATIONS,
    exchange::MIGRATIONS,
];

const DOCUMENT: &str = include_str!("../../../docs/reference/checks.md");

const COLUMNS: Statement = Statement::per_engine(
    "test.columns",
    "select v.name, c.name
     from sqlite_master v
     join pragma_table_info(v.name) c
     where v.type = 'view' and v.name like 'ck!_%' escape '!'
     order by v.name, c.cid",
    "select cast(c.table_name as text), cast(c.column_name as text)
     from information_schema.columns c
     where c.table_schema = current_schema() and c.table_name like 'ck!_%' escape '!'
     order by c.table_name, c.ordinal_position",
);

fn fresh() -> (Db, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::new(format!("sqlite:{}", dir.path().join("t.db").display()));
    let db = Db::open(&settings, SETS).unwrap();
    db.migrate().unwrap();
    let now = Instant::parse("2026-03-01T09:30:00Z").unwrap();
    db.write_blocking(move |tx| stock::prepare(tx, now)).unwrap();
    (db, dir)
}

/// The chapters of the checks: heading and text.
fn chapters() -> Vec<(&'static str, &'static str)> {
    let checks = DOCUMENT.split("\n## The checks\n").nth(1).unwrap().split("\n## ").next().unwrap();
    checks.split("\n### ").skip(1).map(|chapter| chapter.split_once('\n').unwrap()).collect()
}

testkit::on_both_engines!(every_view_is_described_with_its_columns_and_read);

#[test]
fn every_check_has_its_chapter_with_what_to_do() {
    let (db, _dir) = fresh();
    let now = Instant::parse("2026-03-01T10:00:00Z").unwrap();
    let report =
        verify::run(&db, &Options { only: Vec::new(), deep: true, now, keys_max: Options::KEYS_MAX })
            .unwrap();
    let titles: Vec<String> =
        report.records.iter().map(|record| format!("{} {}", record.id, record.title)).collect();
    let chapters = chapters();
    assert_eq!(chapters.iter().map(|(heading, _)| *heading).collect::<Vec<_>>(), titles);
    for (record, (heading, text)) in report.records.iter().zip(chapters) {
        if record.status == Status::Skipped {
            let reason = record.reason.unwrap();
            assert!(text.contains(&format!("*Skipped:* {reason}.")), "{heading}: {reason}");
        } else {
            for part in ["*Reads:* `ck_", "*A finding* ", "*Do:* "] {
                assert!(text.contains(part), "{heading}: {part}");
            }
        }
    }
}

fn every_view_is_described_with_its_columns_and_read(engine: Engine) {
    let store = testkit::Store::new(engine, SETS).unwrap();
    let db = &store.db;
    let mut views: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let columns = db
        .read_blocking(|conn| {
            conn.query(&COLUMNS, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
        })
        .unwrap();
    for (view, column) in columns {
        views.entry(view).or_default().push(column);
    }
    assert!(views.len() > 30, "{views:?}");
    let described: BTreeMap<String, Vec<String>> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `ck_"))
        .map(|line| {
            let mut cells = line.split(" | ");
            let name = format!("ck_{}", cells.next().unwrap().trim_end_matches('`'));
            let columns = cells.last().unwrap().trim_end_matches(" |");
            (name, columns.split(", ").map(|column| column.trim_matches('`').to_owned()).collect())
        })
        .collect();
    assert_eq!(described, views);
    let chapters = chapters();
    let read = |view: &str| chapters.iter().any(|(_, text)| text.contains(&format!("`{view}`")));
    let unread: Vec<&String> = views.keys().filter(|view| !read(view)).collect();
    assert_eq!(unread, Vec::<&String>::new());
    let unknown = chapters
        .iter()
        .flat_map(|(_, text)| text.split('`'))
        .filter(|word| word.starts_with("ck_") && !views.contains_key(*word));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&str>::new());
}
