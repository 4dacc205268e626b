//! Opening PostgreSQL: how each kind of connection is set up, and what is refused.

use crate::conn::Conn;
use crate::error::DbError;
use crate::pg::connection::Connection;
use crate::pg::driver::Connector;
use crate::pg::tls::Address;
use crate::settings::Settings;
use crate::statement::Statement;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// The oldest server: row locks, `merge` and JSON as we use them.
const VERSION_MIN: i64 = 140_000;

const CHECK: Statement = Statement::per_engine(
    "db.open.check",
    "",
    "select current_setting('server_version_num')::bigint,
            current_setting('fsync'),
            current_setting('synchronous_commit'),
            current_setting('full_page_writes')",
);

/// All of them, for the test that prepares each.
pub(crate) const STATEMENTS: &[Statement] = &[CHECK];

/// Reads the URL.
pub(crate) fn address(settings: &Settings) -> Result<Address, DbError> {
    Address::parse(&settings.url, |config| {
        if config.get_application_name().is_none() {
            config.application_name("stockwell");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config.keepalives_idle(Duration::from_secs(30));
        config.tcp_user_timeout(Duration::from_secs(30));
    })
}

/// How much longer an answer is waited for than the server lets a statement take.
const MARGIN: Duration = Duration::from_secs(5);

/// How long the server lets things take, and what else is set; zero is for ever.
fn connector(
    address: &Address,
    lock: Duration,
    statement: Duration,
    idle: Duration,
    more: &str,
) -> Connector {
    let setup = format!(
        "set lock_timeout = {}; set statement_timeout = {}; set idle_in_transaction_session_timeout = {};
         set timezone = 'UTC'; set jit = off; set client_min_messages = warning; {more}",
        lock.as_millis(),
        statement.as_millis(),
        idle.as_millis()
    );
    let patience = (!statement.is_zero()).then(|| statement.saturating_add(MARGIN));
    Connector { address: address.clone(), setup, patience }
}

/// Writers find their rows by key. A prepared statement keeps the plan that was right when its
/// table was empty, so plans that read a whole table are out of the question from the start.
const BY_KEY: &str = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";

/// How closures connect.
pub(crate) fn pool(address: &Address, settings: &Settings) -> Connector {
    connector(address, settings.lock_timeout, Duration::from_secs(10), Duration::from_secs(15), BY_KEY)
}

/// How a front connects.
pub(crate) fn front(address: &Address, settings: &Settings) -> Connector {
    connector(address, settings.front_lock_timeout, Duration::from_secs(10), Duration::from_secs(15), BY_KEY)
}

/// How the sequencer connects: it waits for its turn, and looks again when another process takes long.
pub(crate) fn sequencer(address: &Address) -> Connector {
    connector(address, Duration::from_secs(2), Duration::from_secs(20), Duration::from_secs(15), "")
}

/// How readers connect.
pub(crate) fn reader(address: &Address, settings: &Settings) -> Connector {
    let timeout = settings.read_timeout;
    connector(address, timeout, timeout, timeout, "set default_transaction_read_only = on")
}

/// How migrations connect: they may take as long as they need, but not wait for ever.
pub(crate) fn migration(address: &Address) -> Connector {
    connector(address, Duration::from_mins(2), Duration::ZERO, Duration::ZERO, "")
}

/// The runtime that moves the bytes of shared connections. Dropping it is allowed everywhere.
#[derive(Debug)]
pub(crate) struct Background(Option<Runtime>);

impl Background {
    /// Starts it: one thread.
    pub(crate) fn start() -> Result<Background, DbError> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("db-io")
            .enable_all()
            .build()
            .map(|runtime| Background(Some(runtime)))
            .map_err(|error| DbError::refused(format!("cannot start a thread: {error}")))
    }

    /// Where connections are spawned.
    pub(crate) fn handle(&self) -> Result<&Handle, DbError> {
        self.0.as_ref().map(Runtime::handle).ok_or(DbError::Closed)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Refuses a server that is too old, or that may forget what it has committed.
pub(crate) fn check(conn: &mut Connection, settings: &Settings) -> Result<(), DbError> {
    let found = Conn::postgres(conn).query_one(&CHECK, &[], |row| {
        Ok((row.int(0)?, [row.text(1)?.to_owned(), row.text(2)?.to_owned(), row.text(3)?.to_owned()]))
    })?;
    let (version, durable) = found;
    if version < VERSION_MIN {
        return Err(DbError::refused(format!(
            "PostgreSQL {} is too old: 14 or newer is needed",
            version / 10_000
        )));
    }
    let names = ["fsync", "synchronous_commit", "full_page_writes"];
    for (name, value) in names.into_iter().zip(durable) {
        if value == "off" && !settings.allow_unsafe {
            return Err(DbError::refused(format!(
                "the PostgreSQL server runs with `{name} = off` and may forget what it has committed: switch it on"
            )));
        }
    }
    Ok(())
}
