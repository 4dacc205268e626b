//! A whole database in another place: carried over to another engine, killed on the way, and gone on with there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where it fails"
)]

#[expect(dead_code, reason = "the crowd and its books are for the races")]
mod support;
#[path = "carried/training.rs"]
mod training;

use db::{Db, Engine, Settings};
use serde_json::Value;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stockwell::wiring;
use support::client::{Post, Reply};
use support::site::{Served, Site, issue, receive, reserve};
use testkit::pg::Database;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

/// Writes something, the same each time; what was answered.
fn written(server: &Served) -> Vec<Reply> {
    let mut client = server.client();
    let posts = [
        receive("first", "BOLT", 7),
        issue("second", &[("BOLT", 3)]),
        issue("too-many", &[("BOLT", 3_000)]),
        reserve("third", "BOLT"),
    ];
    posts.iter().map(|post| client.post(post).unwrap()).collect()
}

/// The last position of the feed.
fn position(url: &str) -> i64 {
    let db = Db::open(&Settings { read_only: true, ..Settings::new(url) }, &wiring::MIGRATIONS).unwrap();
    let last = db.read_blocking(db::feed::last).unwrap();
    db.close();
    last
}

/// A site in a file, where something was written, and what was answered.
fn traded() -> (Site, Vec<Reply>) {
    let site = Site::new(Engine::Sqlite);
    let server = site.serve();
    server.stocked("BOLT", 10);
    let answers = written(&server);
    let outcomes: Vec<String> = answers.iter().map(Reply::outcome).collect();
    assert_eq!(outcomes, ["201", "201", "409 insufficient_stock", "201"]);
    server.stop();
    (site, answers)
}

#[test]
fn a_site_goes_on_in_the_database_that_it_was_brought_into() {
    let (site, answers) = traded();
    let target = Database::empty().unwrap();
    let before = std::fs::read(site.url.strip_prefix("sqlite:").unwrap()).unwrap();

    let looked = site.run(&["--json", "migrate-store", "--to", &target.url, "--dry-run"]);
    let looked: Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert!(looked["rows"].as_u64().unwrap() > 50, "{looked}");
    let secret = site.path("target.url");
    std::fs::write(&secret, format!("{}\n", target.url)).unwrap();
    let told = site.run(&["--json", "migrate-store", "--to", &format!("@{}", secret.display())]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    for kind in ["tables", "views"] {
        let all = told[kind].as_array().unwrap();
        assert!(all.len() > 40 && all.iter().all(|one| one["is_same"] == true), "{kind}: {told}");
    }
    let rows: u64 =
        told["tables"].as_array().unwrap().iter().map(|table| table["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, looked["rows"].as_u64().unwrap());
    let after = std::fs::read(site.url.strip_prefix("sqlite:").unwrap()).unwrap();
    assert!(before == after, "the source is never written");

    let refused = site.command(&["migrate-store", "--to", &target.url, "--again"]).output().unwrap();
    assert_eq!((code(&refused), said(&refused).contains("is not empty")), (4, true), "{refused:?}");

    let there = site.elsewhere(target.url.clone());
    let told_before = position(&target.url);
    assert_eq!(told_before, position(&site.url));
    let server = there.serve();
    let again = written(&server);
    assert!(again.iter().all(|reply| reply.replayed), "{again:?}");
    let bodies = |replies: &[Reply]| -> Vec<(u16, String)> {
        replies.iter().map(|reply| (reply.status, reply.body.clone())).collect()
    };
    assert_eq!(bodies(&again), bodies(&answers), "what was answered there is answered here");
    let more = server.client().post(&receive("only-here", "BOLT", 5)).unwrap();
    assert_eq!(more.outcome(), "201");
    server.stocked("NUT", 3);
    server.stop();
    there.verify();
    let now = position(&target.url);
    assert!(now > told_before && now < told_before + 100, "the feed goes on: {told_before}, then {now}");
}

#[test]
fn a_source_in_use_is_not_left_and_a_target_is_never_written_over() {
    let (site, _) = traded();
    let target = Database::empty().unwrap();
    let run = |arguments: &[&str]| site.command(&[&["migrate-store"], arguments].concat()).output().unwrap();
    let server = site.serve();
    let refused = run(&["--to", &target.url]);
    assert_eq!(
        (code(&refused), said(&refused).contains("another process already uses")),
        (4, true),
        "{refused:?}"
    );
    server.stop();

    let file = site.path("there.db");
    std::fs::write(&file, "theirs").unwrap();
    let into = format!("sqlite:{}", file.display());
    for more in [&["--dry-run"][..], &[]] {
        let refused = run(&[&["--to", &into][..], more].concat());
        assert_eq!((code(&refused), said(&refused).contains("is there already")), (4, true), "{refused:?}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"theirs");

    let copy = format!("sqlite:{}", site.path("copy.db").display());
    assert_eq!(code(&run(&["--to", &copy])), 0);
    site.elsewhere(copy).verify();
    for (url, why) in [("mysql://x", "must begin with"), ("@nowhere", "cannot read `nowhere`")] {
        let refused = run(&["--to", url]);
        assert_eq!((code(&refused), said(&refused).contains(why)), (4, true), "{refused:?}");
    }
}

#[test]
fn a_source_that_holds_no_truth_is_not_passed_on() {
    let (site, _) = traded();
    let source = rusqlite::Connection::open(site.url.strip_prefix("sqlite:").unwrap()).unwrap();
    source.execute_batch("update stock_balance set on_hand = on_hand + 1 where location > 0").unwrap();
    drop(source);
    let target = Database::empty().unwrap();
    let refused = site.command(&["migrate-store", "--to", &target.url]).output().unwrap();
    assert_eq!(code(&refused), 3, "{refused:?}");
    assert!(said(&refused).contains("the source does not hold every invariant"), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stdout).contains("I-01"), "{refused:?}");
    let there = site.elsewhere(target.url.clone());
    let closed = there.command(&["serve"]).output().unwrap();
    assert!(said(&closed).contains("has not ended"), "the target stays closed: {closed:?}");
    // into a file: there is none then
    let copy = site.path("copy.db");
    let refused =
        site.command(&["migrate-store", "--to", &format!("sqlite:{}", copy.display())]).output().unwrap();
    assert_eq!((code(&refused), copy.exists()), (3, false), "{refused:?}");
}

#[test]
fn killed_at_any_time_it_is_begun_again() {
    let (site, _) = traded();
    let mut ends = std::collections::BTreeSet::new();
    for wait in [0, 150, 400, 800] {
        let target = Database::empty().unwrap();
        let mut command = site.command(&["migrate-store", "--to", &target.url]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        // a server that has heard nothing yet goes on to hold the transaction of the dead one for a moment
        let retry = |arguments: &[&str]| {
            let arguments = [&["migrate-store", "--to", &target.url], arguments].concat();
            site.command(&arguments).output().unwrap()
        };
        let plain = retry(&[]);
        let end = match (code(&plain), said(&plain)) {
            (0, _) => "nothing was left",
            (4, text) if text.contains("has not ended") => {
                let again = retry(&["--again"]);
                assert_eq!(code(&again), 0, "{again:?}");
                "something was left, and taken away"
            }
            (4, text) if text.contains("is not empty") => "it was done",
            other => panic!("{other:?}"),
        };
        ends.insert(end);
        site.elsewhere(target.url.clone()).verify();
    }
    assert!(ends.contains("nothing was left"), "{ends:?}");
}

/// What was answered, and when.
struct Answered {
    post: Post,
    body: String,
    at: Instant,
}

/// Writers trade as fast as they are answered, until they are told to stop.
fn trade(server: &Served, writer: usize, stop: &AtomicBool) -> Vec<Answered> {
    let mut client = server.client();
    let mut answered = Vec::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let key = format!("writer-{writer}-{number}");
        let post = match number % 3 {
            0 => receive(&key, "BOLT", 3),
            1 => issue(&key, &[("BOLT", 1)]),
            _ => reserve(&key, "BOLT"),
        };
        let reply = client.post(&post).unwrap();
        assert_eq!(reply.status, 201, "{reply:?}");
        answered.push(Answered { post, body: reply.body, at: Instant::now() });
    }
    answered
}

fn nothing_answered_before_a_backup_is_lost(engine: Engine) {
    const BACKUPS: usize = 3;
    let site = Site::new(engine);
    let server = site.serve();
    server.stocked("BOLT", 1_000);
    let stop = AtomicBool::new(false);
    let (begun, answered) = std::thread::scope(|scope| {
        let (server, stop) = (&server, &stop);
        let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || trade(server, writer, stop))).collect();
        let begun: Vec<Instant> = (0..BACKUPS)
            .map(|number| {
                std::thread::sleep(Duration::from_millis(300));
                let begun = Instant::now();
                site.run(&["backup", "create", &format!("{number}.backup")]);
                begun
            })
            .collect();
        stop.store(true, Ordering::Relaxed);
        let answered: Vec<Answered> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        (begun, answered)
    });
    server.stop();
    let last = answered.iter().map(|answered| answered.at).max().unwrap();
    assert!(begun.iter().all(|begun| *begun < last), "writers went on beside every backup");
    for (number, begun) in begun.into_iter().enumerate() {
        let backup = format!("{number}.backup");
        site.run(&["backup", "verify", &backup]);
        let folder = format!("restored-{number}");
        let empty = Database::empty().unwrap();
        let restored = match engine {
            Engine::Sqlite => {
                site.run(&["restore", &backup, "--into", &folder]);
                site.elsewhere(format!("sqlite:{}", site.path(&folder).join("stockwell.db").display()))
            }
            Engine::Postgres => {
                site.run(&["--database", &empty.url, "restore", &backup]);
                site.elsewhere(empty.url.clone())
            }
        };
        restored.verify();
        let before: Vec<&Answered> = answered.iter().filter(|answered| answered.at < begun).collect();
        assert!(before.len() > 10, "only {} were answered before", before.len());
        let server = restored.serve();
        let mut client = server.client();
        for answered in before {
            let again = client.post(&answered.post).unwrap();
            assert!(again.replayed, "{} is lost", answered.post.key);
            assert_eq!(again.body, answered.body);
        }
        server.stop();
        restored.verify();
    }
}

#[test]
fn nothing_answered_before_a_backup_is_lost_on_sqlite() {
    nothing_answered_before_a_backup_is_lost(Engine::Sqlite);
}

#[test]
fn nothing_answered_before_a_backup_is_lost_on_postgres() {
    nothing_answered_before_a_backup_is_lost(Engine::Postgres);
}
