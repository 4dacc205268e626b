//! The statements of the gate: a transaction-level lock that costs no row, see `gate.rs`.

use db::Statement;

pub(crate) const SHARE: Statement = Statement::per_engine(
    "stock.gate_share",
    "",
    "select k.place, pg_advisory_xact_lock_shared(k.gate)
     from unnest(?1::bigint[], ?2::bigint[]) as k (gate, place)",
);

pub(crate) const HOLD: Statement = Statement::per_engine(
    "stock.gate_hold",
    "",
    "select k.place, pg_advisory_xact_lock(k.gate)
     from unnest(?1::bigint[], ?2::bigint[]) as k (gate, place)",
);

/// The number of the lock.
pub(crate) const GATE: i64 = 7_305_795_870_240_211;

/// The number of that of reservations.
pub(crate) const SIDE_GATE: i64 = 7_305_795_870_240_212;

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&SHARE, &HOLD];
