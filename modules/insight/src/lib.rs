//! Insight: what can be told about the data without changing it.
//!
//! [`verify`] holds the invariants of the product against a live database; [`digest`] writes down
//! what the chains have led to, so that a later look can prove that nothing before it was changed.
//! Both read the frozen `ck_*` views only, which `docs/reference/checks.md` describes.

#![warn(missing_docs)]

/// A statement that reads every movement. SQLite is told to follow the table: left alone it follows an
/// index and looks each row up, which takes several times as long. PostgreSQL would sort.
macro_rules! whole_log {
    ($name:literal, $text:literal) => {
        db::Statement::per_engine($name, concat!($text, " order by lane, seq, line_no"), $text)
    };
}

pub mod audit_log;
pub mod digest;
mod store_audit;
mod store_digest;
pub mod verify;
