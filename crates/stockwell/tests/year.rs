//! The real year, as the shell sees it: loaded, cut off by kill -9 and taken up again, exported, and
//! shown by the demo. A slice of the file stands for all of it; the whole year is a long test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not as expected fails the test"
)]

#[path = "year/bad_files.rs"]
mod bad_files;
#[path = "year/demo.rs"]
mod demo;
#[path = "support/ended.rs"]
mod ended;

use db::{Db, Settings, Statement};
use ended::Ended;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use stockwell::wiring;
use testkit::pg::Database;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/online-retail/online-retail.csv.gz");
const LINES: usize = 7_000;
const PATIENCE: Duration = Duration::from_mins(2);

/// How many documents are done.
const DONE: Statement = Statement::new("test.import_done", "select documents_done from exchange_import");

/// The first lines of the real file.
fn slice(lines: usize) -> Vec<u8> {
    let mut text = BufReader::new(MultiGzDecoder::new(std::fs::File::open(FILE).unwrap()));
    let mut slice = Vec::new();
    for _ in 0..=lines {
        text.read_until(b'\n', &mut slice).unwrap();
    }
    slice
}

/// A folder to work in, with the program and a database of either engine.
struct Shell {
    folder: tempfile::TempDir,
    server: Option<Database>,
}

impl Shell {
    fn new(engine: db::Engine) -> Shell {
        let server = match engine {
            db::Engine::Sqlite => None,
            db::Engine::Postgres => Some(Database::new(&wiring::MIGRATIONS).unwrap()),
        };
        Shell { folder: tempfile::tempdir().unwrap(), server }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockwell"));
        command.args(arguments).env_clear().env("STOCKWELL_DATA", self.path("data"));
        if let Some(server) = &self.server {
            command.env("STOCKWELL_DATABASE", &server.url);
        }
        command.env("PATH", "/usr/bin:/bin").current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    fn import(&self, file: &Path) -> Ended {
        self.run(&["--json", "import", "online-retail", file.to_str().unwrap()])
    }

    /// The ledger as one text.
    fn canonical(&self) -> String {
        self.run(&["export", "--canonical"]).good().out
    }

    /// The records of a list, without when they were made and changed, and how often.
    fn records(&self, list: &str) -> BTreeSet<String> {
        let told = self.run(&["export", "--what", list]).good().out;
        let without = |line: &str| {
            let mut record: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
            for field in ["version", "created_at", "changed_at"] {
                record.remove(field);
            }
            Value::from(record).to_string()
        };
        told.lines().map(without).collect()
    }

    /// The same without the two items that show today, and so differ from one day to the next.
    fn canonical_year(&self) -> String {
        let all = self.canonical();
        let (today, year): (Vec<&str>, Vec<&str>) =
            all.lines().partition(|line| line.contains("\"DEMO-") || line.contains("\"SIM-DEMO\""));
        assert!(today.len() > 10 && year.len() > 1_000);
        year.join("\n")
    }

    /// How far the import is; 0 when there is nothing to ask yet.
    fn documents_done(&self) -> i64 {
        let file = format!("sqlite:{}", self.path("data").join("stockwell.db").display());
        if self.server.is_none() && !self.path("data").join("stockwell.db").exists() {
            return 0;
        }
        let mut settings = Settings::new(self.server.as_ref().map_or(file, |server| server.url.clone()));
        settings.read_only = true;
        let Ok(db) = Db::open(&settings, &wiring::MIGRATIONS) else { return 0 };
        // before the schema is made there is nothing to read
        let done = db.read_blocking(|conn| conn.query_opt(&DONE, &[], |row| row.int(0)));
        db.close();
        done.ok().flatten().unwrap_or(0)
    }

    /// Kills an import with -9 as soon as more documents are done than before; how many were. `None`
    /// when it was faster than that and ended by itself.
    fn kill_after_more_than(&self, documents: i64, file: &Path) -> Option<i64> {
        let mut command = self.command(&["--json", "import", "online-retail", file.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        loop {
            let done = self.documents_done();
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return None;
            }
            if done > documents {
                child.kill().unwrap();
                child.wait().unwrap();
                return Some(done);
            }
            assert!(begun.elapsed() < PATIENCE, "the import stands still at {done} documents");
        }
    }
}

fn killed_at_several_points_it_ends_with_the_same_ledger(engine: db::Engine, file: &[u8], every: i64) {
    let whole = Shell::new(engine);
    let expected = whole.import(&whole.write("year.csv", file)).good().json();
    assert_eq!(expected["course"], "whole");
    let shell = Shell::new(engine);
    let year = shell.write("year.csv", file);
    let mut killed = Vec::new();
    let mut next = 0;
    while let Some(done) = shell.kill_after_more_than(next, &year) {
        killed.push(done);
        next = done + every;
    }
    assert!(killed.len() >= 2, "it was killed after {killed:?} documents");
    let again = shell.import(&year).good().json();
    assert_eq!(again["course"], "unchanged");
    for part in ["loaded", "reconciliation"] {
        assert_eq!(again[part], expected[part]);
    }
    assert!(shell.canonical_year() == whole.canonical_year(), "the ledgers differ");
    shell.run(&["verify"]).good();
}

#[test]
fn killed_on_sqlite_it_ends_with_the_same_ledger() {
    killed_at_several_points_it_ends_with_the_same_ledger(db::Engine::Sqlite, &slice(LINES), 0);
}

#[test]
fn killed_on_postgres_it_ends_with_the_same_ledger() {
    killed_at_several_points_it_ends_with_the_same_ledger(db::Engine::Postgres, &slice(LINES), 0);
}

#[test]
#[ignore = "long: the whole year, killed every five thousand documents"]
fn the_whole_year_on_sqlite() {
    killed_at_several_points_it_ends_with_the_same_ledger(db::Engine::Sqlite, &slice(541_909), 5_000);
}

#[test]
#[ignore = "long: the whole year, killed every five thousand documents"]
fn the_whole_year_on_postgres() {
    killed_at_several_points_it_ends_with_the_same_ledger(db::Engine::Postgres, &slice(541_909), 5_000);
}

/// What the catalogue and the places of the year are, in the order in which one list builds on another.
const CATALOGUE: [&str; 9] = [
    "attributes",
    "categories",
    "category-attributes",
    "items",
    "units",
    "barcodes",
    "reasons",
    "location-types",
    "locations",
];

/// Every list of the year goes out of one store, into an empty one, and out of that as it was.
fn its_catalogue_goes_into_an_empty_store_and_is_equal(engine: db::Engine) {
    let first = Shell::new(engine);
    first.import(&first.write("year.csv", &slice(541_909))).good();
    let second = Shell::new(engine);
    second.run(&["init"]).good();
    for list in CATALOGUE {
        let file = first.path(&format!("{list}.csv"));
        first.run(&["export", "--what", list, "--format", "csv", "--out", file.to_str().unwrap()]).good();
        second.run(&["import", "list", list, file.to_str().unwrap()]).good();
        let [given, kept] = [&first, &second].map(|shell| shell.records(list));
        assert!(given == kept, "{list}: {} records, {} after it", given.len(), kept.len());
        assert!(list != "items" || given.len() > 3_900, "{}", given.len());
    }
    second.run(&["verify"]).good();
}

#[test]
#[ignore = "long: the whole year, loaded once more on each engine"]
fn its_whole_catalogue_goes_in_again_on_sqlite() {
    its_catalogue_goes_into_an_empty_store_and_is_equal(db::Engine::Sqlite);
}

#[test]
#[ignore = "long: the whole year, loaded once more on each engine"]
fn its_whole_catalogue_goes_in_again_on_postgres() {
    its_catalogue_goes_into_an_empty_store_and_is_equal(db::Engine::Postgres);
}

#[test]
fn every_line_is_counted_once_and_nothing_is_drawn_where_no_terminal_watches() {
    let shell = Shell::new(db::Engine::Sqlite);
    let year = shell.write("year.csv", &slice(3_000));
    let told = shell.run(&["import", "online-retail", year.to_str().unwrap()]).good();
    assert_eq!(told.err, "", "no bar");
    assert!(told.out.contains("file as read                 3,000"), "{}", told.out);
    assert!(
        told.out.contains("every line is counted once") && told.out.contains("simulated"),
        "{}",
        told.out
    );
    let again = shell.import(&year).good().json();
    let counted = &again["reconciliation"];
    assert_eq!((&counted["balances"], &counted["total"]), (&json!(true), &counted["file"]));
    let sum = |field: &str| -> i64 {
        let reasons = counted["reasons"].as_array().unwrap().iter();
        reasons.map(|reason| reason[field].as_i64().unwrap()).sum()
    };
    assert_eq!((sum("lines"), counted["file"]["lines"].as_i64()), (3_000, Some(3_000)));
    assert_eq!(Some(sum("quantity")), counted["file"]["quantity"].as_i64());
    let other = shell.write("other.csv", &slice(2_999));
    let refused = shell.import(&other);
    assert_eq!((refused.code, refused.err.contains("in_use")), (1, true), "{refused:?}");
    let before = shell.canonical();
    assert!(shell.canonical() == before);
}

#[test]
fn an_export_never_writes_over_a_file_and_leaves_no_half_one() {
    let shell = Shell::new(db::Engine::Sqlite);
    assert_eq!(shell.run(&["export", "--what", "stock"]).code, 4, "there is no database yet");
    shell.import(&shell.write("year.csv", &slice(500))).good();
    for wrong in [
        &["export"][..],
        &["export", "--what", "everything"],
        &["export", "--what", "stock", "--format", "xml"],
        &["export", "--what", "stock", "--as-of", "yesterday"],
        &["export", "--what", "items", "--as-of", "2011-01-01T00:00:00Z"],
        &["export", "--what", "stock", "--canonical"],
        &["export", "--what", "stock", "--force"],
    ] {
        assert_eq!(shell.run(wrong).code, 2, "{wrong:?}");
    }
    let export = ["--json", "export", "--what", "stock", "--format", "csv", "--out", "stock.csv"];
    let written = shell.run(&export).good().json();
    let text = std::fs::read_to_string(shell.path("stock.csv")).unwrap();
    assert_eq!(written["bytes"].as_u64(), u64::try_from(text.len()).ok());
    assert_eq!(written["rows"].as_u64(), u64::try_from(text.lines().count() - 1).ok());
    assert_eq!(shell.run(&["export", "--what", "stock", "--format", "csv"]).good().out, text);
    let refused = shell.run(&export);
    assert_eq!((refused.code, refused.err.contains("--force")), (4, true), "{refused:?}");
    shell.run(&[&export[..], &["--force"]].concat()).good();
    assert_eq!(shell.run(&["export", "--what", "items", "--out", "no/such/folder"]).code, 4);
    let left: Vec<_> =
        std::fs::read_dir(shell.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.extension().is_none_or(|end| end != "part")), "{left:?}");
    let to_then = shell.run(&["export", "--what", "movements", "--as-of", "2010-12-01T08:30:00Z"]).good().out;
    let all = shell.run(&["export", "--what", "movements"]).good().out;
    assert!(!to_then.is_empty() && all.starts_with(&to_then) && all.len() > to_then.len());
}
