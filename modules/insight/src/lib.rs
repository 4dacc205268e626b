//! Insight: what can be told about the data without changing it.
//!
//! [`verify`] holds the invariants of the product against a live database; [`digest`] writes down
//! what the chains have led to, so that a later look can prove that nothing before it was changed.
//! Both read the frozen `ck_*` views only, which `docs/reference/checks.md` describes.

#![warn(missing_docs)]

pub mod digest;
mod store_digest;
pub mod verify;
