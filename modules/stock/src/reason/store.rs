//! The statements of reasons.

use super::Reason;
use db::{Conn, DbError, Row, Statement, Tx};

pub(crate) const ACTIVE: Statement =
    Statement::new("stock.reason.active", "select code from stock_reason where active = 1 order by code");

const LIST: Statement = Statement::per_engine(
    "stock.reason.list",
    "select code, name, active, version from stock_reason
     where code > ?1 and (active = ?2 or ?2 is null)
     order by code
     limit ?3",
    "select code, name, active, version from stock_reason
     where code collate \"C\" > ?1 and (active = ?2 or ?2 is null)
     order by code collate \"C\"
     limit ?3",
);

const ONE: Statement = Statement::new(
    "stock.reason.one",
    "select code, name, active, version from stock_reason where code = ?1",
);

const LOCK: Statement = Statement::per_engine(
    "stock.reason.lock",
    "select code, name, active, version from stock_reason where code = ?1",
    "select code, name, active, version from stock_reason where code = ?1 for update",
);

const INSERT: Statement = Statement::new(
    "stock.reason.insert",
    "insert into stock_reason (code, name, active, version) values (?1, ?2, ?3, ?4)
     on conflict (code) do nothing",
);

const UPDATE: Statement = Statement::new(
    "stock.reason.update",
    "update stock_reason set name = ?2, active = ?3, version = ?4 where code = ?1",
);

fn reason(row: &Row<'_>) -> Result<Reason, DbError> {
    Ok(Reason {
        code: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        active: row.int(2)? == 1,
        version: row.int(3)?,
    })
}

/// The codes that postings may carry.
pub(crate) fn active(conn: &mut Conn<'_>) -> Result<Vec<String>, DbError> {
    conn.query(&ACTIVE, &[], |row| Ok(row.text(0)?.to_owned()))
}

pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: Option<&str>,
    active: Option<bool>,
    limit: i64,
) -> Result<Vec<Reason>, DbError> {
    conn.query(&LIST, &[after.unwrap_or_default().into(), active.map(i64::from).into(), limit.into()], reason)
}

pub(crate) fn one(conn: &mut Conn<'_>, code: &str) -> Result<Option<Reason>, DbError> {
    conn.query_opt(&ONE, &[code.into()], reason)
}

/// A reason, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, code: &str) -> Result<Option<Reason>, DbError> {
    tx.query_opt(&LOCK, &[code.into()], reason)
}

/// Stores a new reason; `false` when its code is taken.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &Reason) -> Result<bool, DbError> {
    let Reason { code, name, active, version } = new;
    let params = [code.into(), name.into(), i64::from(*active).into(), (*version).into()];
    Ok(tx.execute(&INSERT, &params)? == 1)
}

pub(crate) fn update(tx: &mut Tx<'_>, changed: &Reason) -> Result<(), DbError> {
    let Reason { code, name, active, version } = changed;
    let params = [code.into(), name.into(), i64::from(*active).into(), (*version).into()];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&ACTIVE, &LIST, &ONE, &LOCK, &INSERT, &UPDATE];
