//! Benchmarks: where they measure, what they say of it, and that each of them runs on both engines.

use super::Shell;
use serde_json::Value;
use std::io::Read as _;
use testkit::pg::Database;

#[test]
fn a_benchmark_measures_where_the_command_line_says_and_nowhere_else() {
    let shell = Shell::ready();
    let before = std::fs::read(shell.path("data").join("stockwell.db")).unwrap();
    let small = ["--seconds", "1", "--items", "20", "--bins", "2", "--clients", "2"];
    let bench =
        |arguments: &[&str]| shell.run(&[&["--json", "bench", "post-bulk"], arguments, &small].concat());
    let figures = bench(&["--data", "measured"]).good().json();
    assert_eq!(figures["engine"], "sqlite");
    assert_eq!(figures["refused"], 0);
    assert_eq!(
        figures["accepted"].as_u64().map(|count| count > 0 && count % 1_000 == 0),
        Some(true),
        "{figures}"
    );
    assert!(shell.path("measured").join("stockwell.db").exists());
    assert_eq!(bench(&["--data", "measured"]).code, 4, "never into what is there already");
    assert_eq!(bench(&["--engine", "postgres", "--database", "sqlite:other.db"]).code, 2);
    assert!(!shell.path("other.db").exists());
    bench(&["--database", "sqlite:named.db"]).good();
    assert!(shell.path("named.db").exists());
    let after = std::fs::read(shell.path("data").join("stockwell.db")).unwrap();
    assert!(before == after, "the database of the environment is left alone");
}

/// The first lines of the real year.
pub(super) fn some_lines(count: usize) -> String {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/online-retail/online-retail.csv.gz");
    let mut text = String::new();
    let packed = std::fs::File::open(FILE).unwrap();
    flate2::read::GzDecoder::new(packed).take(1 << 20).read_to_string(&mut text).unwrap();
    text.split_inclusive('\n').take(count + 1).collect()
}

const NAMES: [&str; 13] = [
    "reserve-hot",
    "reserve-uniform",
    "post-single",
    "post-bulk",
    "stock-read",
    "ledger-page",
    "report-scan",
    "cold-start",
    "import-year",
    "import-list",
    "post-grown",
    "make-bins",
    "migrate-store",
];

/// Every benchmark, in a small world.
fn each_says_what_it_measured(engine: &str) {
    let shell = Shell::new();
    let year = shell.path("lines.csv");
    std::fs::write(&year, some_lines(300)).unwrap();
    let year = year.to_str().unwrap();
    for name in NAMES {
        let size =
            ["--seconds", "1", "--items", "30", "--bins", "3", "--clients", "2", "--movements", "1500"];
        let file: &[&str] = if name == "import-year" { &["--file", year] } else { &[] };
        // one of them starts a server of its own; the others measure in that of the tests
        let given = (engine == "postgres" && name != NAMES[0]).then(|| Database::empty().unwrap());
        let place = given.as_ref().map(|given| ["--database", given.url.as_str()]);
        let place = place.as_ref().map_or(&[][..], |words| &words[..]);
        let call = [&["--json", "bench", name, "--engine", engine], &size[..], file, place].concat();
        let told = shell.run(&call).good().out;
        let figures: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        let word = |field: &str| figures.get(field).and_then(Value::as_str);
        let count = |field: &str| figures.get(field).and_then(Value::as_u64);
        let is_measured =
            |field: &str| figures.get(field).and_then(Value::as_f64).is_some_and(|figure| figure > 0.0);
        assert_eq!((word("name"), word("engine")), (Some(name), Some(engine)));
        for field in
            ["per_s", "p50_ms", "p99_ms", "floor_commits_per_s", "ratio", "memory_load_mib", "accepted"]
        {
            assert!(is_measured(field), "{name} {field}: {figures}");
        }
        assert_eq!((count("refused"), count("other")), (Some(0), Some(0)), "{figures}");
        let more: &[&str] = match name {
            "reserve-hot" => &["hot_over_uniform"],
            "stock-read" | "ledger-page" => &["hello_per_s", "hello_ratio"],
            "report-scan" => &["scans_per_s"],
            "import-list" => &["search_p99_ms", "lookup_p99_ms"],
            "post-grown" => &["rate_against_empty", "against_empty"],
            _ => &[],
        };
        for field in more {
            assert!(is_measured(field), "{name} {field}: {figures}");
        }
    }
}

#[test]
fn each_says_what_it_measured_on_sqlite() {
    each_says_what_it_measured("sqlite");
}

#[test]
fn each_says_what_it_measured_on_postgres() {
    each_says_what_it_measured("postgres");
}

#[test]
fn a_world_is_measured_in_again() {
    let shell = Shell::new();
    let size = ["--seconds", "1", "--items", "30", "--bins", "3", "--clients", "2", "--data", "world"];
    let bench = |name: &str, more: &[&str]| {
        shell.run(&[&["--json", "bench", name, "--movements", "1500"], &size[..], more].concat())
    };
    assert_eq!(bench("report-scan", &["--again"]).code, 4, "there is none yet");
    bench("report-scan", &[]).good();
    assert_eq!(bench("report-scan", &[]).code, 4, "not into what is there unless asked for");
    bench("stock-read", &["--again"]).good();
    let other =
        ["--json", "bench", "stock-read", "--data", "world", "--again", "--seconds", "1", "--items", "31"];
    assert_eq!(shell.run(&other).code, 4, "another world than it is said to be");
}

#[test]
fn a_world_that_cannot_be_made_is_refused() {
    let shell = Shell::new();
    for (flag, text) in [
        ("--items", "0"),
        ("--items", "1000001"),
        ("--bins", "0"),
        ("--bins", "1000"),
        ("--clients", "0"),
        ("--clients", "4097"),
        ("--seconds", "0"),
    ] {
        let refused = shell.run(&["bench", "post-bulk", flag, text]);
        assert_eq!((refused.code, refused.err.contains(flag)), (2, true), "{flag} {text}: {refused:?}");
    }
}
