//! Insight: what can be told about the data without changing it.
//!
//! [`verify`] holds the invariants of the product against a live database. It reads the frozen
//! `ck_*` views only.

#![warn(missing_docs)]

pub mod verify;
