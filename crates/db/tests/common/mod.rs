//! The world of the tests: a fresh database of either engine, with one table of accounts.
#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test file uses a part"
)]

pub(crate) mod proxy;

use db::{Db, DbError, Engine, Migration, MigrationSet, NewEvent, Settings, Statement, Tx};

pub(crate) const SETS: &[MigrationSet] = &[MigrationSet {
    name: "shop",
    migrations: &[Migration {
        number: 1,
        name: "accounts",
        text: "create table shop_account (
                   id @id not null primary key,
                   amount @int not null constraint shop_account_floor check (amount >= 0)
               ) @strict;",
    }],
}];

pub(crate) const ADD: Statement = Statement::new(
    "shop.add",
    "insert into shop_account (id, amount)
     values (?1, ?2)
     on conflict (id) do update set amount = shop_account.amount + excluded.amount",
);

pub(crate) const ADD_MANY: Statement = Statement::per_engine(
    "shop.add_many",
    ADD.sqlite,
    "insert into shop_account (id, amount)
     select *
     from unnest(?1::bigint[], ?2::bigint[])
     on conflict (id) do update set amount = shop_account.amount + excluded.amount",
);

pub(crate) const INSERT: Statement =
    Statement::new("shop.insert", "insert into shop_account (id, amount) values (?1, ?2)");

pub(crate) const ALL: Statement =
    Statement::new("shop.all", "select id, amount from shop_account order by id");

pub(crate) const ONE: Statement = Statement::new("shop.one", "select amount from shop_account where id = ?1");

/// A database with its place, which goes away after it.
pub(crate) type World = testkit::Store;

/// A fresh world of an engine.
pub(crate) fn world(engine: Engine) -> World {
    world_with(engine, |_| {})
}

/// A fresh world, with other settings.
pub(crate) fn world_with(engine: Engine, change: impl FnOnce(&mut Settings)) -> World {
    testkit::Store::with(engine, SETS, change).unwrap()
}

pub(crate) fn add(tx: &mut Tx<'_>, id: i64, amount: i64) -> Result<(), DbError> {
    tx.execute(&ADD, &[id.into(), amount.into()]).map(|_| ())
}

/// A write that adds to an account.
pub(crate) fn put(db: &Db, id: i64, amount: i64) -> Result<(), DbError> {
    db.write_blocking(move |tx| add(tx, id, amount))
}

/// Emits the n-th event of a thing; its id is made from both.
pub(crate) fn emit(tx: &mut Tx<'_>, thing: &str, seq: i64, recorded_at: i64) {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    for (place, byte) in thing.bytes().enumerate().take(8) {
        id[8 + place] = byte;
    }
    tx.emit(NewEvent {
        id,
        kind: "shop.changed",
        aggregate_type: "account",
        aggregate_id: thing,
        aggregate_seq: seq,
        recorded_at,
        sites: &[1, 22],
        payload: format!("{{\"seq\":{seq}}}"),
    });
}

/// Waits until the feed has grown to a position.
pub(crate) fn wait_for_position(db: &Db, position: i64) {
    let mut positions = db.feed_position();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let wait = positions.wait_for(|last| *last >= position);
        tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.unwrap().unwrap();
    });
}

/// An id for tests.
pub(crate) fn id16(number: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

pub(crate) fn all(db: &Db) -> Vec<(i64, i64)> {
    db.read_blocking(|conn| conn.query(&ALL, &[], |row| Ok((row.int(0)?, row.int(1)?)))).unwrap()
}
