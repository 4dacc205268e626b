//! The gate between postings and changes of what postings rest on.
//!
//! A posting reads facts that it does not lock: where a location stands, whether it is blocked, how
//! an item is traced, when a lot expires, which periods are closed. So every batch passes the gate
//! shared, before it reads any of them, and whoever changes one of them holds the gate alone: then
//! all postings that saw the old fact have committed, and all others see the new one. The gate is
//! the first lock of a transaction, and opens when it ends. Only reservations pass beside it: they
//! rest on locked guards, and on the state of their site. Batches of them alone pass a gate of their own, which
//! only a change of that state holds. With one writer there is nothing to hold.

use crate::store_gate as sql;
use db::{DbError, Question, Tx};

/// Passing the gate together with other postings, to be asked before anything that it guards.
pub(crate) fn passage() -> Question<'static, ()> {
    Question::new(&sql::SHARE, [Some([sql::GATE.into()])].into_iter(), |_| Ok(()))
}

/// Passing the gate of reservations together with others.
pub(crate) fn side_passage() -> Question<'static, ()> {
    Question::new(&sql::SHARE, [Some([sql::SIDE_GATE.into()])].into_iter(), |_| Ok(()))
}

/// Passes the gate together with other postings.
pub(crate) fn share(tx: &mut Tx<'_>) -> Result<(), DbError> {
    tx.answers(passage()).map(|_| ())
}

/// Holds the gate alone: no posting is under way until this transaction ends.
pub(crate) fn hold(tx: &mut Tx<'_>) -> Result<(), DbError> {
    alone(tx, sql::GATE)
}

/// Holds both gates alone: neither a posting nor a reservation is under way until this transaction ends.
pub(crate) fn hold_all(tx: &mut Tx<'_>) -> Result<(), DbError> {
    hold(tx)?;
    alone(tx, sql::SIDE_GATE)
}

fn alone(tx: &mut Tx<'_>, gate: i64) -> Result<(), DbError> {
    tx.answers(Question::new(&sql::HOLD, [Some([gate.into()])].into_iter(), |_| Ok(()))).map(|_| ())
}
