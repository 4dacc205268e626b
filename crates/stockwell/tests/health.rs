//! Whether the process lives and whether it is ready, as a load balancer asks, while its database
//! is made ready, goes away and comes back.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected fails the test")]

use db::cluster::TemporaryCluster;
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use testkit::http::Actor;

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program on a database, with its log.
struct Program {
    child: Child,
    log: Lines<BufReader<ChildStdout>>,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(url: &str) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockwell"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).env_clear();
        command.env("STOCKWELL_DATA", folder.path()).env("STOCKWELL_DATABASE", url);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let log = BufReader::new(child.stdout.take().unwrap()).lines();
        Program { child, log, _folder: folder }
    }

    /// The address in the next line of the log that has this field.
    fn told(&mut self, field: &str) -> SocketAddr {
        loop {
            let line = self.log.next().expect("the program goes on").unwrap();
            let value: Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = value.get(field).and_then(Value::as_str) {
                return address.parse().unwrap();
            }
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
