//! The demo: it loads once, shows its key, and goes on where it was cut off.

use super::{Ended, LINES, PATIENCE, Shell, slice};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use testkit::http::Actor;

/// A demo that was started.
struct Shown {
    child: Child,
    address: SocketAddr,
    key: String,
    told: String,
}

impl Shown {
    fn start(shell: &Shell, year: &Path) -> Shown {
        let year = year.to_str().unwrap();
        let mut command = shell.command(&["demo", "--listen", "127.0.0.1:0", "--file", year]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut told = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = None;
        let mut key = None;
        while let Some(Ok(line)) = lines.next() {
            if let Some((_, rest)) = line.split_once("answers at http://") {
                address = rest.split(',').next().and_then(|address| address.parse().ok());
            }
            if let Some((_, rest)) = line.split_once("Bearer ") {
                key = rest.strip_suffix('\'').map(str::to_owned);
            }
            told.push_str(&line);
            told.push('\n');
            if line.contains("demo-key") {
                break;
            }
        }
        // it must find somebody who listens, whatever else it says
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.unwrap_or_else(|| panic!("it says where it listens: {told}"));
        Shown { child, address, key: key.expect("it shows a key"), told }
    }

    /// Ends it as Ctrl-C does.
    fn interrupt(mut self) {
        send(&self.child, "INT");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

/// Sends a signal to a process that we have started.
fn send(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
}

impl Drop for Shown {
    fn drop(&mut self) {
        // it may have ended by itself
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

testkit::on_both_engines!(the_demo_loads_once_answers_with_the_key_it_shows_and_ends_cleanly);

fn the_demo_loads_once_answers_with_the_key_it_shows_and_ends_cleanly(engine: db::Engine) {
    let shell = Shell::new(engine);
    let year = shell.write("year.csv", &slice(1_500));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let refused = shell.run(&["demo", "--listen", &port, "--file", year.to_str().unwrap()]);
    assert_eq!(refused.code, 4);
    assert!(refused.err.contains("another program listens there"), "{}", refused.err);
    assert!(!shell.path("data").exists(), "it says so before it loads anything");

    let first = Shown::start(&shell, &year);
    assert!(first.told.contains("every line is counted once"), "{}", first.told);
    let actor = Actor::with_key(first.address, &first.key);
    let stock = actor.get("/api/v1/items/85123A/stock");
    assert_eq!(stock.status, 200);
    let soup = actor.get("/api/v1/ledger?sku=DEMO-SOUP");
    assert_eq!(soup.status, 200);
    let bins = actor.get("/api/v1/locations?limit=5");
    assert_eq!(bins.status, 200);
    let before = stock.bytes;
    let (key, told) = (first.key.clone(), first.told.clone());
    // a person signs in with what is told, and needs no authenticator for a look
    let password = std::fs::read_to_string(shell.path("data").join("demo-password")).unwrap();
    assert!(told.contains(&format!("sign in as `demo` with the password {}", password.trim())), "{told}");
    let person = Actor::stranger(first.address).sign_in("demo", password.trim()).unwrap();
    assert_eq!(person.get("/api/v1/users").status, 200);
    for line in told.lines().filter(|line| line.contains("curl -H \"$key\"")) {
        let (_, path) = line.split_once(&first.address.to_string()).unwrap();
        assert_eq!(actor.get(path.trim_end_matches('\'')).status, 200, "{line}");
    }
    first.interrupt();
    let kept = std::fs::read_to_string(shell.path("data").join("demo-key")).unwrap();
    assert_eq!(kept.trim(), key);

    let second = Shown::start(&shell, &year);
    assert_eq!(second.key, key, "the same key");
    assert!(!second.told.contains("every line is counted once"), "nothing is loaded again");
    assert_eq!(Actor::with_key(second.address, &key).get("/api/v1/items/85123A/stock").bytes, before);
    assert_eq!(Actor::stranger(second.address).get("/api/v1/items/85123A/stock").status, 401);
    second.interrupt();
    shell.run(&["verify"]).good();
}

#[test]
fn a_folder_that_a_demo_refuses_is_not_said_to_be_loaded() {
    let shell = Shell::new(db::Engine::Sqlite);
    let year = shell.write("year.csv", &slice(200));
    shell.run(&["init", "--currency", "EUR", "--zone", "Europe/Berlin"]).good();
    let refused = shell.run(&["demo", "--listen", "127.0.0.1:0", "--file", year.to_str().unwrap()]);
    assert_eq!(
        (refused.code, refused.err.contains("the books are kept in EUR")),
        (1, true),
        "{}",
        refused.err
    );
    assert!(!refused.err.contains("loads a real year"), "{}", refused.err);
}

#[test]
fn a_demo_whose_key_opens_nothing_makes_another_one() {
    let shell = Shell::new(db::Engine::Sqlite);
    let year = shell.write("year.csv", &slice(1_500));
    let first = Shown::start(&shell, &year);
    let (actor, key) = (Actor::with_key(first.address, &first.key), first.key.clone());
    let id = actor.get("/api/v1/me").json()["id"].clone();
    actor.act(format!("/api/v1/keys/{id}/revoke"), &serde_json::Value::Null).good();
    first.interrupt();

    let second = Shown::start(&shell, &year);
    assert_ne!(second.key, key);
    assert_eq!(Actor::with_key(second.address, &second.key).get("/api/v1/items/85123A/stock").status, 200);
    assert!(second.told.contains("the year was loaded before"), "nothing is loaded twice: {}", second.told);
    second.interrupt();

    for name in ["stockwell.db", "stockwell.db-wal"] {
        drop(std::fs::remove_file(shell.path("data").join(name)));
    }
    let third = Shown::start(&shell, &year);
    assert_eq!(Actor::with_key(third.address, &third.key).get("/api/v1/items/85123A/stock").status, 200);
    third.interrupt();
}

#[test]
fn a_demo_that_was_killed_while_it_loaded_goes_on() {
    let shell = Shell::new(db::Engine::Sqlite);
    let year = shell.write("year.csv", &slice(LINES));
    shell.kill_after_more_than(0, &year).expect("it was killed in the middle");
    let shown = Shown::start(&shell, &year);
    assert!(shown.told.contains("an earlier import had done"), "{}", shown.told);
    shown.interrupt();
    let mut whole = Vec::new();
    let _read =
        std::fs::File::open(shell.path("data").join("demo-key")).unwrap().read_to_end(&mut whole).unwrap();
    assert!(whole.starts_with(b"swk_"));
}

/// Starts a command, asks it to end as soon as it has loaded something, and says how it ended.
fn interrupted(shell: &Shell, arguments: &[&str], signal: &str) -> Ended {
    let before = shell.documents_done();
    let mut command = shell.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while shell.documents_done() == before {
        assert_eq!(child.try_wait().unwrap(), None, "it was faster than that");
        assert!(begun.elapsed() < PATIENCE, "the import stands still");
    }
    send(&child, signal);
    child.wait_with_output().unwrap().into()
}

#[test]
fn asked_to_end_while_it_loads_the_demo_stops_behind_a_commit_and_goes_on_later() {
    let shell = Shell::new(db::Engine::Sqlite);
    let year = shell.write("year.csv", &slice(LINES));
    let file = year.to_str().unwrap();
    let demo = ["demo", "--listen", "127.0.0.1:0", "--file", file];
    let import = ["--json", "import", "online-retail", file];
    for (arguments, signal) in [(&demo[..], "INT"), (&import[..], "TERM")] {
        let ended = interrupted(&shell, arguments, signal);
        assert_eq!((ended.code, ended.out.as_str()), (130, ""), "{ended:?}");
        let done = shell.documents_done().to_string();
        let done = exchange::online_retail::grouped(&done);
        assert!(ended.err.contains(&format!("stopped behind a commit: {done} of ")), "{done}: {}", ended.err);
        assert!(ended.err.contains("start the same command again"), "{}", ended.err);
        let left = std::fs::read_dir(shell.path("data")).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!left.into_iter().any(|name| name == "stockwell.db-wal"), "the file holds everything");
    }
    let shown = Shown::start(&shell, &year);
    assert!(shown.told.contains("an earlier import had done"), "{}", shown.told);
    shown.interrupt();
    shell.run(&["verify"]).good();
    let whole = Shell::new(db::Engine::Sqlite);
    whole.import(&whole.write("year.csv", &slice(LINES))).good();
    assert!(shell.canonical_year() == whole.canonical_year(), "the ledgers differ");
}
