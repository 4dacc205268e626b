//! The ledger's tests: decision tables in text, and laws over random histories.

mod ages;
mod around;
mod backorder;
mod claims;
mod counts;
mod holds;
mod laws;
mod lots;
mod open_since;
mod owners;
mod parents;
mod random;
mod refusals;
mod reversals;
mod sales;
mod serials;
mod stage;
mod tables;
mod world;
