//! The server that is measured: this same binary as a process of its own.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to listen.
const START_SECONDS_MAX: u64 = 30;

/// The memory that a process holds now, in mebibytes.
fn memory_mib(process: u32) -> Option<u64> {
    status_mib(process, "VmRSS:")
}

/// The most memory that a process has held so far, in mebibytes.
pub(crate) fn memory_peak_mib(process: u32) -> Option<u64> {
    status_mib(process, "VmHWM:")
}

fn status_mib(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

/// A running server, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) start: Duration,
}

impl Server {
    /// Starts a server over a folder and a database.
    pub(crate) fn start(data: &Path, database: &str) -> Result<Server> {
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database, "--data"])
            .arg(data)
            // nobody sends it requests any more when it is told to end
            .env("STOCKWELL_SHUTDOWN_DELAY_SECONDS", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("the server does not start")?;
        let stderr = child.stderr.take().context("the server has no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        let address = loop {
            match lines.next() {
                Some(line) => {
                    let line = line?;
                    if let Some((_, address)) = line.split_once("listening on http://") {
                        break address.trim().parse()?;
                    }
                }
                None => bail!("the server ended before it listened"),
            }
            if begun.elapsed().as_secs() > START_SECONDS_MAX {
                bail!("the server does not listen");
            }
        };
        // whoever does not read along blocks the writer in the end
        std::thread::spawn(move || lines.for_each(drop));
        let start = begun.elapsed();
        Ok(Server { child, address, start })
    }

    /// The memory it holds now, in mebibytes.
    pub(crate) fn memory_mib(&self) -> Option<u64> {
        memory_mib(self.child.id())
    }

    /// The most memory it has held so far, in mebibytes.
    pub(crate) fn memory_peak_mib(&self) -> Option<u64> {
        memory_peak_mib(self.child.id())
    }

    /// The time that its threads have worked so far.
    pub(crate) fn worked(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // behind the name, which may hold anything: state, …, user and system time in ticks
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let ticks: u64 =
            fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks.saturating_mul(10))
    }

    /// Asks the server to stop and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = i32::try_from(self.child.id())?;
        if let Some(id) = rustix::process::Pid::from_raw(id) {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // after `stop` there is nothing left to end
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
