//! A throw-away PostgreSQL for tests and benchmarks. Invariant: it is as durable as a real one
//! (`fsync` stays on), reachable only by its owner, and gone when it is dropped.

use crate::conn::Conn;
use crate::error::DbError;
use crate::pg::connection::Connection;
use crate::pg::driver::Connector;
use crate::pg::open::Background;
use crate::pg::tls::Address;
use crate::statement::Statement;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What the directories of clusters are called, before the process id of their owner.
const PREFIX: &str = "stockwell-pg-";
const KNOWN: Statement = Statement::new("db.cluster.known", "select 1 from pg_database where datname = ?1");
/// The room that the data and the log of a shared server may take.
const SHARED_BYTES: u64 = 6 << 30;
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A PostgreSQL server on which databases can be made.
#[derive(Clone, Debug)]
pub struct Server {
    /// The URL of its maintenance database, with `/postgres` at the end of the path.
    url: String,
}

/// A server that runs in a temporary directory until it is dropped.
#[derive(Debug)]
pub struct TemporaryCluster {
    server: Server,
    dir: PathBuf,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
}

/// Who a server says it is, to be reached by TCP with TLS too. Both parts are PEM.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The certificate, and those between it and an authority.
    pub certificate: &'a str,
    /// Its private key.
    pub key: &'a str,
}

fn failed(what: &str, why: &dyn std::fmt::Display) -> DbError {
    DbError::refused(format!("cannot {what}: {why}"))
}

/// Where `initdb` and `pg_ctl` are.
fn binaries() -> Result<PathBuf, DbError> {
    let mut places: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|found| found.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    versions.reverse();
    places.extend(versions);
    places
        .into_iter()
        .find(|place| place.join("initdb").is_file() && place.join("pg_ctl").is_file())
        .ok_or_else(|| {
            DbError::refused(
                "PostgreSQL is not installed: `apt-get install postgresql`, or put `initdb` in the PATH",
            )
        })
}

/// The user to drop to when we are root, which PostgreSQL refuses to run as.
fn unprivileged(dir: &Path) -> Result<Option<(u32, u32)>, DbError> {
    let owner = std::fs::metadata(dir).map_err(|error| failed("look at the directory", &error))?.uid();
    if owner != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(|error| failed("read /etc/passwd", &error))?;
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .map(Some)
        .ok_or_else(|| DbError::refused("there is no user `postgres` or `nobody` to run PostgreSQL as"))
}

impl TemporaryCluster {
    /// Starts a server.
    pub fn start() -> Result<TemporaryCluster, DbError> {
        TemporaryCluster::start_as(None)
    }

    /// Starts a server that also listens on the loopback addresses, with TLS.
    pub fn start_with_tls(identity: Identity<'_>) -> Result<TemporaryCluster, DbError> {
        TemporaryCluster::start_as(Some(identity))
    }

    fn start_as(identity: Option<Identity<'_>>) -> Result<TemporaryCluster, DbError> {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let owner = std::process::id();
        let dir = std::env::temp_dir().join(format!("{PREFIX}{owner}-{count}"));
        TemporaryCluster::start_in(dir, owner, identity, "")
    }

    fn start_in(
        dir: PathBuf,
        owner: u32,
        identity: Option<Identity<'_>>,
        more: &str,
    ) -> Result<TemporaryCluster, DbError> {
        let binaries = binaries()?;
        std::fs::create_dir_all(&dir).map_err(|error| failed("make a directory", &error))?;
        let user = unprivileged(&dir)?;
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700))
            .and_then(|()| std::os::unix::fs::chown(&dir, user.map(|u| u.0), user.map(|u| u.1)))
            .map_err(|error| failed("prepare the directory", &error))?;
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| failed("find a free port", &error))?
            .port();
        let path = dir.to_string_lossy().replace('/', "%2F");
        let server = Server { url: format!("postgres://stockwell@{path}:{port}/postgres") };
        let cluster = TemporaryCluster { server, dir, binaries, user };
        cluster.run(
            "initdb",
            &["-D", "data", "-U", "stockwell", "-k", "-E", "UTF8", "--locale=C", "--no-sync"],
        )?;
        cluster.reap(owner)?;
        let doors = match identity {
            None => "-c listen_addresses=",
            Some(identity) => {
                cluster.write("server.crt", identity.certificate)?;
                cluster.write("server.key", identity.key)?;
                "-c listen_addresses=127.0.0.1 -c ssl=on"
            }
        };
        let options = format!(
            "-k {} -p {port} {doors} -c max_connections=200 -c shared_buffers=128MB \
             -c max_wal_size=2GB -c unix_socket_permissions=0700 {more}",
            cluster.dir.display()
        );
        cluster.run("pg_ctl", &["start", "-w", "-t", "60", "-D", "data", "-l", "log", "-o", &options])?;
        Ok(cluster)
    }

    /// Writes a file among the data, for the server's eyes only.
    fn write(&self, name: &str, text: &str) -> Result<(), DbError> {
        let path = self.dir.join("data").join(name);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)))
            .and_then(|()| std::os::unix::fs::chown(&path, self.user.map(|u| u.0), self.user.map(|u| u.1)))
            .map_err(|error| failed(&format!("write {name}"), &error))
    }

    /// A command in the cluster's directory, as its user.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Starts the process that removes the cluster when its owner is gone, however that ends.
    fn reap(&self, owner: u32) -> Result<(), DbError> {
        const REAPER: &str = r#"
            while [ -d "$2" ] && { [ -d "/proc/$1" ] || kill -0 "$1" 2>/dev/null; }; do sleep 1; done
            [ -d "$2" ] || exit 0
            "$3" stop -m immediate -D "$2/data"
            cd / && rm -rf "$2""#;
        self.command(Path::new("/bin/sh"))
            .args(["-c", REAPER, "reaper", &owner.to_string()])
            .arg(&self.dir)
            .arg(self.binaries.join("pg_ctl"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(|_| ())
            .map_err(|error| failed("start the reaper", &error))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), DbError> {
        let mut command = self.command(&self.binaries.join(program));
        command.args(arguments);
        // the server inherits what pg_ctl has, so output goes to a file: nobody waits for a pipe
        let output = self.dir.join("output");
        let file = std::fs::File::create(&output).map_err(|error| failed("make a file", &error))?;
        let copy = file.try_clone().map_err(|error| failed("make a file", &error))?;
        let status = command
            .stdout(file)
            .stderr(copy)
            .status()
            .map_err(|error| failed(&format!("run {program}"), &error))?;
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(output).unwrap_or_default();
        let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        Err(failed(&format!("run {program}"), &format!("{said}\n{log}")))
    }

    /// Where its data and its log are.
    pub fn directory(&self) -> &Path {
        &self.dir
    }

    /// Kills all its processes at once, as a power cut would.
    pub fn crash(&self) -> Result<(), DbError> {
        self.run("pg_ctl", &["stop", "-m", "immediate", "-w", "-t", "30", "-D", "data"])
    }

    /// Starts it again after [`TemporaryCluster::crash`], with the same options.
    pub fn restart(&self) -> Result<(), DbError> {
        self.run("pg_ctl", &["restart", "-m", "immediate", "-w", "-t", "60", "-D", "data", "-l", "log"])
    }
}

impl std::ops::Deref for TemporaryCluster {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Drop for TemporaryCluster {
    fn drop(&mut self) {
        if let Err(error) = self.crash() {
            tracing::debug!(%error, "the cluster was not running");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, dir = %self.dir.display(), "the cluster's directory stays");
        }
    }
}

/// Where files lie in memory, if there is room for a server: a thousand tests copy and drop a database each,
/// which on a disk waits for the sync of every file of all others. None of them may crash a server that it
/// shares, so nothing is lost.
fn roomy_memory() -> Option<PathBuf> {
    const MEMORY: &str = "/dev/shm";
    let room = rustix::fs::statvfs(MEMORY).ok()?;
    (room.f_bavail.saturating_mul(room.f_frsize) >= SHARED_BYTES).then(|| PathBuf::from(MEMORY))
}

/// For a server of small tables that several processes ask at once: starting helpers for a statement takes longer than
/// the statement.
const FOR_MANY: &str = "-c max_parallel_workers_per_gather=0";

/// The server that all test processes of one run share: it is started by the first of them and
/// goes away with the process `owner`, which runs the tests.
pub fn shared(owner: u32) -> Result<Server, DbError> {
    let dir = roomy_memory().unwrap_or_else(std::env::temp_dir).join(format!("{PREFIX}{owner}-shared"));
    std::fs::create_dir_all(&dir).map_err(|error| failed("make a directory", &error))?;
    let lock = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))
        .map_err(|error| failed("make a lock file", &error))?;
    lock.lock().map_err(|error| failed("lock the lock file", &error))?;
    let ready = dir.join("url");
    if let Ok(url) = std::fs::read_to_string(&ready) {
        return Ok(Server { url });
    }
    let cluster = TemporaryCluster::start_in(dir, owner, None, FOR_MANY)?;
    let server = cluster.server.clone();
    std::fs::write(ready, server.url()).map_err(|error| failed("write the URL", &error))?;
    // the reaper ends it
    std::mem::forget(cluster);
    Ok(server)
}

impl Server {
    /// A server that runs already; the URL names its maintenance database.
    pub fn at(url: impl Into<String>) -> Server {
        Server { url: url.into() }
    }

    /// The URL of the maintenance database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of another database of the server.
    pub fn url_of(&self, database: &str) -> String {
        let end = self.url.rfind('/').unwrap_or(self.url.len());
        format!("{}/{database}", self.url.split_at(end).0)
    }

    /// The same server by the name of a host, for one that was started with TLS.
    pub fn url_by(&self, host: &str) -> String {
        let end = self.url.rfind(':').unwrap_or(self.url.len());
        format!("postgres://stockwell@{host}{}", self.url.split_at(end).1)
    }

    /// Runs a text on the maintenance database, outside of a transaction.
    pub fn execute(&self, text: &str) -> Result<(), DbError> {
        Session::open(&self.url)?.conn.batch(text)
    }

    /// Holds an advisory lock of the database while something else happens, as another process may.
    pub fn while_locked(&self, lock: i64, meanwhile: impl FnOnce()) -> Result<(), DbError> {
        let mut session = Session::open(&self.url)?;
        session.conn.batch(&format!("select pg_advisory_lock({lock})"))?;
        meanwhile();
        session.conn.batch(&format!("select pg_advisory_unlock({lock})"))
    }

    /// Sees to it that a template database exists, made once by whoever comes first.
    pub fn template(
        &self,
        name: &str,
        fill: impl FnOnce(&str) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut session = Session::open(&self.url)?;
        session.conn.batch("select pg_advisory_lock(7305795870240104)")?;
        let known = Conn::postgres(&mut session.conn).query_opt(&KNOWN, &[name.into()], |_| Ok(()))?;
        if known.is_some() {
            return Ok(());
        }
        let draft = format!("{name}_draft");
        session.conn.batch(&format!("drop database if exists {draft} with (force)"))?;
        session.conn.batch(&format!("create database {draft}"))?;
        fill(&self.url_of(&draft))?;
        session.conn.batch(&format!("alter database {draft} rename to {name}"))
    }

    /// A new database that is a copy of a template; its URL.
    pub fn database_from(&self, template: &str) -> Result<String, DbError> {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{template}_{}_{count}", std::process::id());
        self.execute(&format!("drop database if exists {name} with (force)"))?;
        self.execute(&format!("create database {name} template {template}"))?;
        Ok(self.url_of(&name))
    }

    /// Removes a database that [`Server::database_from`] has made, by its URL.
    pub fn drop_database(&self, url: &str) -> Result<(), DbError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.execute(&format!("drop database if exists {name} with (force)"))
    }
}

struct Session {
    conn: Connection,
    /// Moves its bytes.
    _runtime: Background,
}

impl Session {
    fn open(url: &str) -> Result<Session, DbError> {
        let address = Address::parse(url, |_| {})?;
        let runtime = Background::start()?;
        let setup = "set client_min_messages = error".to_owned();
        let conn = Connection::shared(&Connector { address, setup, patience: None }, runtime.handle()?)?;
        Ok(Session { conn, _runtime: runtime })
    }
}
