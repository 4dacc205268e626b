//! A site to trade in, and the processes that serve it.

use super::client::{Client, Post, Reply};
use db::Engine;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use stockwell::wiring;

const PROGRAM: &str = env!("CARGO_BIN_EXE_stockwell");
const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A database with a site that has two bins, and a machine's key that may everything.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) token: String,
    folder: tempfile::TempDir,
    _database: Option<testkit::pg::Database>,
}

/// A running server, killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl Site {
    pub(crate) fn new(engine: Engine) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(testkit::pg::Database::new(&wiring::MIGRATIONS).unwrap()),
        };
        let url = match &database {
            Some(database) => database.url.clone(),
            None => format!("sqlite:{}", folder.path().join("stockwell.db").display()),
        };
        Site::made(Site { url, token: String::new(), folder, _database: database })
    }

    /// In a database that is there and empty.
    pub(crate) fn at(url: String) -> Site {
        Site::made(Site { url, token: String::new(), folder: tempfile::tempdir().unwrap(), _database: None })
    }

    /// The same site, as far as its keys go, in another database.
    pub(crate) fn elsewhere(&self, url: String) -> Site {
        let folder = tempfile::tempdir().unwrap();
        Site { url, token: self.token.clone(), folder, _database: None }
    }

    fn made(mut site: Site) -> Site {
        site.run(&["init"]);
        let key = ["--json", "key", "add", "crowd", "--role", "administrator", "--unlimited"];
        let made: Value = serde_json::from_slice(&site.run(&key).stdout).unwrap();
        made["secret"].as_str().unwrap().clone_into(&mut site.token);
        let server = site.serve();
        let mut client = server.client();
        let places = [
            json!({ "code": "LON", "name": "London", "kind": "site", "zone": "Europe/London" }),
            json!({ "code": "LON-1", "kind": "bin", "parent": "LON" }),
            json!({ "code": "LON-2", "kind": "bin", "parent": "LON" }),
        ];
        for (number, body) in places.into_iter().enumerate() {
            let post = Post { path: "/api/v1/locations".into(), key: format!("place-{number}"), body };
            good(&client.post(&post).unwrap());
        }
        server.stop();
        site
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        self.settings(&mut command);
        command
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self, command: &mut Command) {
        command.env_clear().current_dir(self.folder.path());
        command.env("STOCKWELL_DATA", self.folder.path()).env("STOCKWELL_DATABASE", &self.url);
        command.env("STOCKWELL_LOG_LEVEL", "warn").env("STOCKWELL_SHUTDOWN_DELAY_SECONDS", "0");
    }

    /// Runs a command, which must go well.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    /// Has the program check its books, as thoroughly as it can.
    pub(crate) fn verify(&self) {
        self.run(&["verify", "--deep"]);
    }

    /// Starts a process that serves the site and waits until it listens.
    pub(crate) fn serve(&self) -> Served {
        self.started(self.command(&SERVE))
    }

    /// The same, with more said to it.
    pub(crate) fn serve_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Served {
        let mut command = self.command(&[&SERVE, arguments].concat());
        command.envs(variables.iter().copied());
        self.started(command)
    }

    /// The same, with what it writes and syncs written down in a file. The tracer stands aside, so that
    /// the process is our child as ever.
    pub(crate) fn traced(&self, calls: &Path) -> Served {
        let mut command = Command::new("strace");
        let traced = "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync";
        command.args(["-D", "-f", "-y", "-xx", "-s", "8192", "-e", traced, "-e", "signal=none", "-o"]);
        command.arg(calls).arg(PROGRAM).args(SERVE);
        self.settings(&mut command);
        // that it is found by
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        assert!(
            Command::new("strace").arg("--version").stdout(Stdio::null()).status().is_ok(),
            "the order of system calls is read with strace; run `apt-get install strace` as root"
        );
        self.started(command)
    }

    fn started(&self, mut command: Command) -> Served {
        // its log goes to the output of the test, to be seen when it fails
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it does not listen: {said:?}")).unwrap();
            if let Some((_, address)) = line.split_once("listening on http://") {
                break address.trim().parse().unwrap();
            }
            said.push(line);
        };
        // whoever does not read along blocks the writer in the end
        std::thread::spawn(move || lines.for_each(drop));
        Served { child, address, token: self.token.clone() }
    }
}

impl Served {
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address, &self.token).unwrap()
    }

    /// Makes an item and puts so many of it into the first bin.
    pub(crate) fn stocked(&self, sku: &str, units: u32) {
        let mut client = self.client();
        let body = json!({ "sku": sku, "name": sku, "base_unit": "each" });
        let item = Post { path: "/api/v1/items".into(), key: format!("item-{sku}"), body };
        good(&client.post(&item).unwrap());
        if units > 0 {
            good(&client.post(&receive(&format!("open-{sku}"), sku, units)).unwrap());
        }
    }

    /// Kills the process, which gets no chance to tidy up.
    pub(crate) fn kill(&self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    }

    /// Asks the process to stop and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // it may have ended by itself
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn good(reply: &Reply) {
    assert!((200..300).contains(&reply.status), "{reply:?}");
}

/// So many of an item come into the first bin.
pub(crate) fn receive(key: &str, sku: &str, units: u32) -> Post {
    let line = json!({ "sku": sku, "qty": units.to_string(), "location": "LON-1", "unit_cost": "2.50" });
    Post { path: "/api/v1/postings/receive".into(), key: key.to_owned(), body: json!({ "lines": [line] }) }
}

/// Items leave the first bin together, or none of them.
pub(crate) fn issue(key: &str, lines: &[(&str, u64)]) -> Post {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(sku, units)| json!({ "sku": sku, "qty": units.to_string(), "location": "LON-1" }))
        .collect();
    Post { path: "/api/v1/postings/issue".into(), key: key.to_owned(), body: json!({ "lines": lines }) }
}

/// So many units of several items are promised, all or none.
pub(crate) fn reserve_together(key: &str, lines: &[(&str, u64)]) -> Post {
    let owner = format!("order {key}");
    let one = |(sku, units): &(&str, u64)| json!({ "sku": sku, "site": "LON", "qty": units.to_string(), "owner": owner });
    let reservations: Vec<Value> = lines.iter().map(one).collect();
    let body = json!({ "reservations": reservations });
    Post { path: "/api/v1/reservations/together".into(), key: key.to_owned(), body }
}

/// One unit is promised.
pub(crate) fn reserve(key: &str, sku: &str) -> Post {
    let body = json!({ "sku": sku, "site": "LON", "qty": "1", "owner": format!("order {key}") });
    Post { path: "/api/v1/reservations".into(), key: key.to_owned(), body }
}
