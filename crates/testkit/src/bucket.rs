//! A store that speaks S3 and that others wrote (`moto`), as a program beside the test: with one bucket, and with
//! faults on demand.

#![expect(clippy::expect_used, reason = "a store that does not answer fails the test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// The bucket that there is.
pub const BUCKET: &str = "stockwell";
/// Its region.
pub const REGION: &str = "eu-central-1";
/// Who may do everything in it.
pub const ACCESS_KEY: &str = "AKIASTOCKWELL";
/// What proves that.
pub const SECRET: &str = "a secret of the tests/+=";

/// The program. It ends with this.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    lines: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    /// Where it answers, such as `http://127.0.0.1:40123`.
    pub address: String,
}

impl Peer {
    /// Starts it.
    ///
    /// # Panics
    /// When it is not there; the text says how to bring it.
    pub fn start() -> Peer {
        const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let python = Path::new(ROOT).join("target/peers/python/bin/python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/bucket.py");
        let started = Command::new(&python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let missing = "`moto` is not there: run `.ci/peers` at the root of the repository";
        let mut child = started.unwrap_or_else(|error| panic!("{missing} ({error})"));
        let mut told = BufReader::new(child.stdout.take().expect("its output is ours"));
        let mut address = String::new();
        told.read_line(&mut address).expect("it can be read");
        if !address.starts_with("http://127.0.0.1:") {
            let said =
                child.wait_with_output().map(|ended| String::from_utf8_lossy(&ended.stderr).into_owned());
            panic!("{missing}: {}", said.unwrap_or_default());
        }
        // nobody reads what it remarks from here on, and it must not wait for that
        if let Some(mut remarks) = child.stderr.take() {
            std::thread::spawn(move || std::io::copy(&mut remarks, &mut std::io::sink()));
        }
        let lines = Mutex::new((child.stdin.take().expect("its input is ours"), told));
        Peer { child, lines, address: address.trim().to_owned() }
    }

    fn tell(&self, line: &str) -> String {
        let mut lines = self.lines.lock().expect("nobody has panicked");
        writeln!(lines.0, "{line}").expect("it listens");
        let mut answer = String::new();
        assert!(lines.1.read_line(&mut answer).expect("it answers") > 0, "the store ended");
        answer.trim().to_owned()
    }

    /// The next so many requests are answered with a status.
    pub fn refuse(&self, count: usize, status: u16) {
        self.tell(&format!("refuse {count} {status}"));
    }

    /// The next so many requests of a method are answered with a status.
    pub fn refuse_only(&self, method: &str, count: usize, status: u16) {
        self.tell(&format!("refuse {count} {status} {method}"));
    }

    /// The next so many answers with bytes of a file break off in their middle.
    pub fn cut(&self, count: usize) {
        self.tell(&format!("cut {count}"));
    }

    /// An object is there with this text, whatever was.
    pub fn put(&self, key: &str, text: &str) {
        self.tell(&format!("put {key} {text}"));
    }

    /// There is no object any more.
    pub fn empty(&self) {
        self.tell("empty");
    }

    /// How many objects there are.
    pub fn keys(&self) -> usize {
        self.tell("keys").parse().expect("a number")
    }

    /// It ends; nobody answers at its address any more.
    pub fn stop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
    }
}
