//! The statements of tickets that were used up.

use db::{DbError, Statement, Tx};
use domain::Instant;

const SPEND: Statement = Statement::new(
    "access.ticket.spend",
    "insert into access_spent (hash, until) values (?1, ?2) on conflict (hash) do nothing",
);

const FORGET: Statement =
    Statement::new("access.ticket.forget", "delete from access_spent where until <= ?1");

/// Notes that a ticket was used; whether it was the first time.
pub(crate) fn spend(tx: &mut Tx<'_>, hash: &[u8; 32], until: Instant) -> Result<bool, DbError> {
    Ok(tx.execute(&SPEND, &[hash.into(), until.0.into()])? > 0)
}

/// Forgets those that are too old by now to be used at all.
pub(crate) fn forget(tx: &mut Tx<'_>, now: Instant) -> Result<(), DbError> {
    tx.execute(&FORGET, &[now.0.into()]).map(drop)
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&SPEND, &FORGET];
