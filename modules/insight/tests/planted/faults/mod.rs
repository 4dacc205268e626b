//! The faults, each with the invariant that it breaks. Postings are named by the notes that `World`
//! gives them.

use db::Statement;

macro_rules! fault {
    ($breaks:literal, $name:literal, [$($also:literal),*], $($text:literal),+ $(,)?) => {
        Fault {
            name: $name,
            breaks: $breaks,
            also: &[$($also),*],
            plant: &[$(Statement::new($name, $text)),+],
        }
    };
}

mod folds;
mod records;
mod references;
mod returns;
mod said;
mod stock;

/// A fault.
pub(crate) struct Fault {
    /// What is wrong, in words.
    pub(crate) name: &'static str,
    /// The invariant that it breaks.
    pub(crate) breaks: &'static str,
    /// Those that are broken with it: a hash covers what it was changed in, or two of them say the
    /// same of it.
    pub(crate) also: &'static [&'static str],
    /// How it is planted, with the guards of the tables out of the way.
    pub(crate) plant: &'static [Statement],
}

/// What keeps faults out: taken away in a transaction that is thrown away afterwards.
pub(crate) const GUARDS: &[Statement] = &[
    guard("drop trigger stock_movement_never_updated", "alter table stock_movement disable trigger user"),
    guard("drop trigger stock_movement_never_deleted", "select 1"),
    guard("drop trigger stock_posting_never_updated", "alter table stock_posting disable trigger user"),
    guard("drop trigger stock_posting_never_deleted", "select 1"),
    guard("drop trigger stock_layer_use_never_updated", "alter table stock_layer_use disable trigger user"),
    guard("drop trigger stock_layer_use_never_deleted", "select 1"),
    guard("drop trigger stock_return_never_updated", "alter table stock_return disable trigger user"),
    guard("drop trigger stock_return_never_deleted", "select 1"),
    guard("drop trigger stock_digest_never_updated", "alter table stock_digest disable trigger user"),
    guard("drop trigger stock_digest_never_deleted", "select 1"),
    guard(
        "drop trigger stock_period_digest_never_updated",
        "alter table stock_period_digest disable trigger user",
    ),
    guard("drop trigger stock_period_digest_never_deleted", "select 1"),
    guard(
        "drop trigger places_site_state_never_updated",
        "alter table places_site_state disable trigger user",
    ),
    guard("drop trigger places_site_state_never_deleted", "select 1"),
    guard("drop trigger places_block_never_updated", "alter table places_block disable trigger user"),
    guard("drop trigger places_block_never_deleted", "select 1"),
    guard("drop trigger db_outbox_no_update", "alter table db_outbox disable trigger user"),
    guard("drop trigger db_outbox_no_delete", "select 1"),
    guard("drop trigger db_audit_no_update", "alter table db_audit disable trigger user"),
    guard("drop trigger db_audit_no_delete", "select 1"),
    guard(
        "pragma ignore_check_constraints = on",
        "alter table stock_balance drop constraint stock_balance_on_hand,
           drop constraint stock_balance_allocated",
    ),
    guard(
        "select 1",
        "alter table stock_site drop constraint stock_site_guard, drop constraint stock_site_backordered",
    ),
];

/// What SQLite does not undo with a transaction.
pub(crate) const CHECKS_AGAIN: Statement = guard("pragma ignore_check_constraints = off", "select 1");

const fn guard(sqlite: &'static str, postgres: &'static str) -> Statement {
    Statement::per_engine("test.guard", sqlite, postgres)
}

/// All of them.
pub(crate) fn faults() -> impl Iterator<Item = &'static Fault> {
    let kept = stock::FAULTS.iter().chain(records::FAULTS).chain(references::FAULTS).chain(returns::FAULTS);
    kept.chain(folds::FAULTS).chain(said::FAULTS)
}
