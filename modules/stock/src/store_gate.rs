//! The statements of the gate: a transaction-level lock that costs no row, see `gate.rs`.

use db::Statement;

pub(crate) const SHARE: Statement = Statement::per_engine(
    "stock.gate_share",
    "select 1",
    "select pg_advisory_xact_lock_shared(7305795870240211)",
);

pub(crate) const HOLD: Statement =
    Statement::per_engine("stock.gate_hold", "select 1", "select pg_advisory_xact_lock(7305795870240211)");

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&SHARE, &HOLD];
