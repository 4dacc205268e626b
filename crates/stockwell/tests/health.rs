//! Whether the process lives and whether it is ready, as a load balancer asks, while its database
//! is made ready, goes away and comes back.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected fails the test")]

use db::cluster::TemporaryCluster;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use testkit::http::Actor;

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program on a database, with its log.
struct Program {
    child: Child,
    log: mpsc::Receiver<String>,
    folder: tempfile::TempDir,
}

/// The program with its arguments, on a database and a folder.
fn command(url: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockwell"));
    command.args(arguments).env_clear();
    command.env("STOCKWELL_DATA", folder).env("STOCKWELL_DATABASE", url);
    command
}

impl Program {
    fn start(url: &str) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(url, folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
        // so that whoever is not answered, or told, need not be waited for so long
        command.env("STOCKWELL_LIMITS_REQUEST_SECONDS", "3").env("STOCKWELL_SHUTDOWN_DELAY_SECONDS", "0");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (told, log) = mpsc::channel();
        // whoever does not read along blocks the writer in the end
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(told.send(line))));
        Program { child, log, folder }
    }

    /// The address in the next line of the log that has this field.
    fn told(&mut self, field: &str) -> SocketAddr {
        loop {
            let line = self.log.recv().expect("the program goes on");
            let value: Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = value.get(field).and_then(Value::as_str) {
                return address.parse().unwrap();
            }
        }
    }

    /// Tells it to end.
    fn terminate(&self) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// How it has ended, which it does within `patience`.
    fn ended(mut self, patience: Duration) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < patience, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // it may have ended by itself
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until a path answers with a status.
fn wait_for(stranger: &Actor, path: &str, status: u16) {
    let begun = Instant::now();
    loop {
        let reply = stranger.get(path);
        if reply.status == status {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{path} still answers {}", reply.status);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn while_the_schema_is_made_it_lives_and_is_not_ready() {
    let cluster = TemporaryCluster::start().unwrap();
    cluster.execute("create database stockwell").unwrap();
    let url = cluster.url_of("stockwell");
    // another process migrates, so this one has to wait
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (begun, holds) = std::sync::mpsc::channel();
    let other = url.clone();
    let holder = std::thread::spawn(move || {
        let server = db::cluster::Server::at(other);
        server
            .while_locked(7_305_795_870_240_101, || {
                begun.send(()).unwrap();
                held.recv().unwrap();
            })
            .unwrap();
    });
    holds.recv().unwrap();
    let mut program = Program::start(&url);
    let stranger = Actor::stranger(program.told("door"));
    assert_eq!(stranger.get("/livez").status, 200);
    let refused = stranger.get("/readyz");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert_eq!(stranger.get("/api/v1/items").status, 503);
    release.send(()).unwrap();
    holder.join().unwrap();
    assert_eq!(stranger.get("/livez").status, 200);
    wait_for(&stranger, "/readyz", 200);
}

#[test]
fn it_is_not_ready_while_its_database_is_gone() {
    let cluster = TemporaryCluster::start().unwrap();
    cluster.execute("create database stockwell").unwrap();
    let mut program = Program::start(&cluster.url_of("stockwell"));
    let stranger = Actor::stranger(program.told("address"));
    assert_eq!(stranger.get("/readyz").status, 200);
    cluster.crash().unwrap();
    wait_for(&stranger, "/readyz", 503);
    assert_eq!(stranger.get("/livez").status, 200);
    cluster.restart().unwrap();
    wait_for(&stranger, "/readyz", 200);
}

/// A server all of whose processes stand still, as on a machine that swaps or a disk that does not answer,
/// until it is dropped.
struct Frozen(Vec<Pid>);

impl Frozen {
    fn new(cluster: &TemporaryCluster) -> Frozen {
        let file = std::fs::read_to_string(cluster.directory().join("data/postmaster.pid")).unwrap();
        let first: i32 = file.lines().next().unwrap().parse().unwrap();
        let first = Pid::from_raw(first).unwrap();
        let mut frozen = Frozen(vec![first]);
        // who stands still makes no more children
        kill_process(first, Signal::STOP).unwrap();
        for entry in std::fs::read_dir("/proc").unwrap() {
            let entry = entry.unwrap();
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // it may have ended meanwhile
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
            if parent == Some(first.as_raw_nonzero().get()) {
                let pid = Pid::from_raw(pid).unwrap();
                frozen.0.push(pid);
                kill_process(pid, Signal::STOP).unwrap();
            }
        }
        frozen
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in &self.0 {
            // it may have been ended
            kill_process(*pid, Signal::CONT).unwrap_or_default();
        }
    }
}

#[test]
fn it_lives_and_is_not_ready_while_its_database_stands_still() {
    let cluster = TemporaryCluster::start().unwrap();
    cluster.execute("create database stockwell").unwrap();
    let url = cluster.url_of("stockwell");
    let mut program = Program::start(&url);
    let stranger = Actor::stranger(program.told("address"));
    let key = ["--json", "key", "add", "shop", "--role", "administrator", "--unlimited"];
    let made = command(&url, program.folder.path(), &key).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let shop = &Actor::with_key(stranger.address(), made.get("secret").unwrap().as_str().unwrap());
    let add = &|sku: &str| {
        let item = json!({ "sku": sku, "name": sku, "base_unit": "each" });
        shop.ask("POST", "/api/v1/items").idempotency_key(sku).json(&item).send()
    };
    assert_eq!(add("BOLT").status, 201);
    let frozen = Frozen::new(&cluster);
    std::thread::scope(|scope| {
        // more than there are threads to answer with
        let asked: Vec<_> = (0..24)
            .map(|number| {
                scope.spawn(move || match number % 4 {
                    0 => shop.get("/api/v1/items"),
                    1 => shop.get("/api/v1/items/BOLT/stock"),
                    2 => shop.get("/api/v1/availability"),
                    _ => add(&format!("NUT-{number}")),
                })
            })
            .collect();
        for _ in 0..20 {
            assert_eq!(stranger.get("/livez").status, 200);
        }
        wait_for(&stranger, "/readyz", 503);
        for asked in asked {
            let reply = asked.join().unwrap();
            assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")), "{reply:?}");
            assert_eq!(reply.json().get("code"), Some(&json!("busy")));
        }
    });
    assert_eq!(stranger.get("/livez").status, 200);
    assert_eq!(stranger.get("/readyz").status, 503);
    drop(frozen);
    wait_for(&stranger, "/readyz", 200);
    assert_eq!(shop.get("/api/v1/items/BOLT/stock").status, 200);
    // whoever asks again with the same key learns what became of it
    for number in (3..24).step_by(4) {
        let reply = add(&format!("NUT-{number}"));
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    assert_eq!(
        shop.get("/api/v1/items").json().get("items").and_then(Value::as_array).map(Vec::len),
        Some(7)
    );
}

#[test]
fn it_ends_while_its_database_stands_still() {
    let cluster = TemporaryCluster::start().unwrap();
    cluster.execute("create database stockwell").unwrap();
    let url = cluster.url_of("stockwell");
    let mut programs = [Program::start(&url), Program::start(&url)];
    let addresses = programs.each_mut().map(|program| program.told("address"));
    let frozen = Frozen::new(&cluster);
    for address in addresses {
        wait_for(&Actor::stranger(address), "/readyz", 503);
    }
    let [patient, hurried] = programs;
    patient.terminate();
    hurried.terminate();
    while !hurried.log.recv().unwrap().contains(r#""msg":"stopped""#) {}
    // it waits for answers that do not come, and is told again
    hurried.terminate();
    assert_eq!(hurried.ended(Duration::from_secs(5)), Some(130));
    assert_eq!(patient.ended(PATIENCE), Some(0));
    drop(frozen);
}
