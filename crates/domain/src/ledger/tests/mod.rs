//! The ledger's tests: decision tables in text, and laws over random histories.

mod ages;
mod around;
mod claims;
mod counts;
mod holds;
mod laws;
mod refusals;
mod sales;
mod tables;
mod world;
