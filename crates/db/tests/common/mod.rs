//! The world of the tests: a fresh database of either engine, with one table of accounts.

use db::{Db, DbError, Migration, MigrationSet, Settings, Statement, Tx};

pub const SETS: &[MigrationSet] = &[MigrationSet {
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

pub const ADD: Statement = Statement::new(
    "shop.add",
    "insert into shop_account (id, amount)
     values (?1, ?2)
     on conflict (id) do update set amount = shop_account.amount + excluded.amount",
);

pub const INSERT: Statement =
    Statement::new("shop.insert", "insert into shop_account (id, amount) values (?1, ?2)");

pub const ALL: Statement = Statement::new("shop.all", "select id, amount from shop_account order by id");

pub const ONE: Statement = Statement::new("shop.one", "select amount from shop_account where id = ?1");

/// A database with its place, which goes away with it.
pub struct World {
    pub db: Db,
    pub settings: Settings,
    _dir: Option<tempfile::TempDir>,
}

pub fn sqlite() -> World {
    sqlite_with(|_| {})
}

pub fn sqlite_with(change: impl FnOnce(&mut Settings)) -> World {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(format!("sqlite:{}", dir.path().join("t.db").display()));
    change(&mut settings);
    let db = Db::open(&settings, SETS).unwrap();
    db.migrate().unwrap();
    World { db, settings, _dir: Some(dir) }
}

pub fn add(tx: &mut Tx<'_>, id: i64, amount: i64) -> Result<(), DbError> {
    tx.execute(&ADD, &[id.into(), amount.into()]).map(|_| ())
}

pub fn all(db: &Db) -> Vec<(i64, i64)> {
    db.read_blocking(|conn| conn.query(&ALL, &[], |row| Ok((row.int(0)?, row.int(1)?)))).unwrap()
}
