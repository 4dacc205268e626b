//! `stockwell verify` as the shell sees it, and the digest that every backup holds.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where it fails"
)]

#[expect(dead_code, reason = "the crowd and its books are for the races")]
mod support;

use db::{Db, Engine, Settings, Statement};
use rusqlite::Connection;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use stockwell::wiring;
use support::site::{Site, receive};

fn stockwell(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockwell"));
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// A site where something was posted, and the file that holds it.
fn traded() -> (Site, PathBuf) {
    let site = Site::new(Engine::Sqlite);
    let server = site.serve();
    server.stocked("BOLT", 10);
    for number in 0..3 {
        let reply = server.client().post(&receive(&format!("more-{number}"), "BOLT", 2)).unwrap();
        assert_eq!(reply.status, 201);
    }
    server.stop();
    let file = PathBuf::from(site.url.strip_prefix("sqlite:").unwrap());
    (site, file)
}

/// Changes a file past the product.
fn tamper(file: &Path, statements: &str) {
    Connection::open(file).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn the_exit_code_says_whether_everything_holds() {
    let (site, file) = traded();
    let verify = |more: &[&str]| {
        let arguments = [&["--database", &site.url, "verify"], more].concat();
        stockwell(&arguments)
    };
    let sound = verify(&["--deep"]);
    assert_eq!(code(&sound), 0, "{sound:?}");
    let told = String::from_utf8(sound.stdout).unwrap();
    assert!(told.starts_with("check"), "{told}");
    assert!(told.lines().last().unwrap().contains(" hold, 5 skipped (deep, "), "{told}");

    tamper(&file, "update stock_site set sellable = sellable + 1000000");
    let broken = verify(&[]);
    assert_eq!(code(&broken), 3, "{broken:?}");
    let told = String::from_utf8(broken.stdout).unwrap();
    assert!(told.contains("\nI-30 The log folds to what is stored: 1 wrong\n  `BOLT` at `LON`: "), "{told}");
    assert!(told.contains("17 sellable"), "{told}");
    assert!(broken.stderr.is_empty(), "what is wrong is said once");

    let others = verify(&["--json", "--check", "I-05", "--check", "i-09"]);
    assert_eq!(code(&others), 0, "only what is asked for counts");
    let ids: Vec<Value> =
        json(&others)["records"].as_array().unwrap().iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids, ["I-05", "I-09"]);
    let guilty = verify(&["--json", "--check", "I-30"]);
    assert_eq!((code(&guilty), json(&guilty)["records"][0]["violations"].as_u64()), (3, Some(1)));
}

/// More is said to be sellable than there is.
const MORE: Statement =
    Statement::new("test.verify.more", "update stock_site set sellable = sellable + 1000000");

#[test]
fn a_planted_row_is_found_on_postgres_beside_a_running_server() {
    let site = Site::new(Engine::Postgres);
    let server = site.serve();
    server.stocked("BOLT", 10);
    let verify = || stockwell(&["--database", &site.url, "verify"]);
    let sound = verify();
    assert_eq!(code(&sound), 0, "{sound:?}");
    let db = Db::open(&Settings::new(&site.url), &wiring::MIGRATIONS).unwrap();
    db.write_blocking(|tx| tx.execute(&MORE, &[])).unwrap();
    db.close();
    let broken = verify();
    assert_eq!(code(&broken), 3, "{broken:?}");
    let told = String::from_utf8(broken.stdout).unwrap();
    assert!(told.contains("\nI-30 The log folds to what is stored: 1 wrong\n  `BOLT` at `LON`: "), "{told}");
    // and the server was not in its way, nor it in the server's
    assert_eq!(server.client().post(&receive("more", "BOLT", 2)).unwrap().status, 201);
    server.stop();
}

#[test]
fn what_cannot_run_is_told_apart_from_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert_eq!(code(&stockwell(&["--data", data, "verify"])), 4, "there is no database");
    let unknown = stockwell(&["--data", data, "verify", "--check", "I-32"]);
    assert_eq!(code(&unknown), 2);
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        said.contains("`I-32` is no invariant: they are named by `I-` and a number, from `I-01` to `I-31`"),
        "{said}"
    );
}

#[test]
fn a_backup_holds_a_digest_and_remembers_what_was() {
    let (site, file) = traded();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("copy.backup");
    let server = site.serve();
    let made = stockwell(&["--database", &site.url, "--json", "backup", "create", backup.to_str().unwrap()]);
    assert_eq!(code(&made), 0, "beside a running server: {made:?}");
    server.stop();
    let made = json(&made);
    assert_eq!(made["postings"].as_i64(), Some(4));
    assert_eq!(made["state_hash"].as_str().map(str::len), Some(64));
    let beside: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["copy.backup"], "one file, and nothing beside it");
    let restored = folder.path().join("restored");
    let into = restored.to_str().unwrap();
    assert_eq!(code(&stockwell(&["restore", backup.to_str().unwrap(), "--into", into])), 0);
    let copy = restored.join("stockwell.db");

    let digests = |file: &Path| -> i64 {
        Connection::open(file)
            .unwrap()
            .query_row("select count(*) from stock_digest", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((digests(&copy), digests(&file)), (1, 0), "the original is the server's");
    let url = format!("sqlite:{}", copy.display());
    let verify = || stockwell(&["--database", &url, "--json", "verify", "--deep"]);
    assert_eq!(code(&verify()), 0);

    // what was said of a posting is changed
    tamper(
        &copy,
        "drop trigger stock_posting_never_updated;
         update stock_posting set note = 'never happened' where number = 4;",
    );
    let report = json(&verify());
    let broken: Vec<&Value> =
        report["records"].as_array().unwrap().iter().filter(|record| record["status"] == "fail").collect();
    assert_eq!(broken.len(), 1, "{report}");
    assert_eq!(broken[0]["id"], "I-15");
}
