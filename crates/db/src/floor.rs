//! What the engine itself can do: the floor that the product's own benchmark compares with.
//!
//! Nothing of the product runs here, only the driver: the smallest transaction that could reserve
//! one unit of one item, durable before the next one begins.

use crate::error::DbError;
use crate::pg::tls::Address;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many durable commits there were, and how long they took.
#[derive(Clone, Copy, Debug)]
pub struct Commits {
    /// How many.
    pub count: u32,
    /// In all.
    pub elapsed: Duration,
}

/// One thread, one durable transaction after another, each with one update and one insert, for
/// at least `span`. The file is made when it is missing.
///
/// # Errors
/// When the file cannot be opened or written.
pub fn sqlite(file: &Path, span: Duration) -> Result<Commits, DbError> {
    let fault = |error: rusqlite::Error| DbError::Unavailable(error.to_string().into());
    let mut conn = rusqlite::Connection::open(file).map_err(fault)?;
    conn.pragma_update(None, "journal_mode", "wal").map_err(fault)?;
    conn.pragma_update(None, "synchronous", "full").map_err(fault)?;
    conn.execute_batch(
        "create table if not exists db_floor_stock (id integer primary key, reserved integer not null) strict;
         create table if not exists db_floor_claim (id integer primary key, qty integer not null) strict;
         insert or ignore into db_floor_stock values (1, 0);",
    )
    .map_err(fault)?;
    let begun = Instant::now();
    let mut commits = 0_u32;
    while begun.elapsed() < span {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(fault)?;
        tx.prepare_cached("update db_floor_stock set reserved = reserved + 1 where id = 1")
            .and_then(|mut statement| statement.execute([]))
            .map_err(fault)?;
        tx.prepare_cached("insert into db_floor_claim (qty) values (1)")
            .and_then(|mut statement| statement.execute([]))
            .map_err(fault)?;
        tx.commit().map_err(fault)?;
        commits += 1;
    }
    Ok(Commits { count: commits, elapsed: begun.elapsed() })
}

/// So many connections that all reserve from one hot row: lock it, check it, insert a claim,
/// update it, commit; for at least `span`. The tables are made when they
/// are missing.
///
/// # Errors
/// When the server cannot be reached.
pub fn postgres(url: &str, connections: usize, span: Duration) -> Result<Commits, DbError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| DbError::Unavailable(error.to_string().into()))?;
    let address = Address::parse(url, |_| {})?;
    runtime
        .block_on(reserve_on_all(&address, connections, span))
        .map_err(|error| DbError::Unavailable(error.to_string().into()))
}

async fn reserve_on_all(
    address: &Address,
    connections: usize,
    span: Duration,
) -> Result<Commits, tokio_postgres::Error> {
    let (client, _) = address.connect().await?;
    client
        .batch_execute(
            "create table if not exists db_floor_stock (id bigint primary key, reserved bigint not null);
             create table if not exists db_floor_claim (id bigint generated always as identity, qty bigint not null);
             insert into db_floor_stock values (1, 0) on conflict do nothing;",
        )
        .await?;
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(address.connect().await?.0);
    }
    let mut ready = Vec::with_capacity(connections);
    for client in clients {
        ready.push(Ready::new(client).await?);
    }
    let begun = Instant::now();
    let tasks: Vec<_> =
        ready.into_iter().map(|ready| tokio::spawn(reserve_until(ready, begun, span))).collect();
    let mut commits = 0_u32;
    for task in tasks {
        if let Ok(done) = task.await {
            commits += done?;
        }
    }
    Ok(Commits { count: commits, elapsed: begun.elapsed() })
}

/// A connection that has prepared what it will ask.
struct Ready {
    client: tokio_postgres::Client,
    lock: tokio_postgres::Statement,
    insert: tokio_postgres::Statement,
    update: tokio_postgres::Statement,
}

impl Ready {
    async fn new(client: tokio_postgres::Client) -> Result<Ready, tokio_postgres::Error> {
        let lock = client.prepare("select reserved from db_floor_stock where id = 1 for update").await?;
        let insert = client.prepare("insert into db_floor_claim (qty) values (1)").await?;
        let update = client.prepare("update db_floor_stock set reserved = reserved + 1 where id = 1").await?;
        Ok(Ready { client, lock, insert, update })
    }
}

async fn reserve_until(ready: Ready, begun: Instant, span: Duration) -> Result<u32, tokio_postgres::Error> {
    let Ready { mut client, lock, insert, update } = ready;
    let mut commits = 0_u32;
    while begun.elapsed() < span {
        let tx = client.transaction().await?;
        let reserved: i64 = tx.query_one(&lock, &[]).await?.get(0);
        if reserved < i64::MAX {
            tx.execute(&insert, &[]).await?;
            tx.execute(&update, &[]).await?;
        }
        tx.commit().await?;
        commits += 1;
    }
    Ok(commits)
}
