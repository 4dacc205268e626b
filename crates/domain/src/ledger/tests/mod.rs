//! The ledger's tests: decision tables in text, and laws over random histories.

mod laws;
mod tables;
mod world;
