//! Stockwell's database: SQLite and PostgreSQL behind one small face. It knows no business word.
//!
//! Writes are closures over [`Tx`], reads are closures over [`Conn`]; both are synchronous. Async
//! exists only in waiting for them. A write is answered after its commit; on SQLite everything that
//! has queued shares one commit, and so do the commands of a [`Front`] on both engines.
//!
//! Invariants: events, jobs and audit rows are stored in the transaction that caused them or not at
//! all; lanes and feed positions have no gaps; SQL is never built from anything but constants.

#![warn(missing_docs)]

pub mod audit;
mod bundle;
pub mod cluster;
mod conn;
pub mod copy;
mod db;
mod durable;
mod error;
pub mod feed;
pub mod floor;
mod front;
mod health;
pub mod held;
pub mod idempotency;
pub mod ids;
pub mod jobs;
mod lane;
mod migrate;
mod outbox;
mod park;
pub mod partitions;
mod parts;
mod pg;
mod plan;
mod question;
mod queue;
mod reads;
mod row;
mod settings;
mod sqlite;
mod statement;
mod task;
mod tx;
mod value;
mod wake;

pub use audit::AuditEntry;
pub use bundle::Bundle;
pub use conn::Conn;
pub use db::Db;
pub use error::DbError;
pub use front::Front;
pub use health::Health;
pub use jobs::NewJob;
pub use lane::{LaneHead, lane_heads};
pub use migrate::{Applied, Migration, MigrationSet, Step, adapt, up_to};
pub use outbox::{NewEvent, erase_events};
pub use plan::{full_scans, whole_walks};
pub use question::{Ask, Asked, Listing, Question, Take};
pub use row::Row;
pub use settings::{Engine, Settings};
pub use statement::Statement;
pub use tx::Tx;
pub use value::{Rows, Value};

/// All statements of this crate, for the test that prepares each. One that an engine does not use
/// has an empty text there.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        audit::STATEMENTS,
        audit::erase::STATEMENTS,
        audit::list::STATEMENTS,
        copy::STATEMENTS,
        feed::STATEMENTS,
        held::STATEMENTS,
        idempotency::STATEMENTS,
        ids::STATEMENTS,
        jobs::STATEMENTS,
        lane::STATEMENTS,
        migrate::STATEMENTS,
        outbox::STATEMENTS,
        pg::settle::STATEMENTS,
        partitions::STATEMENTS,
        pg::listener::STATEMENTS,
        pg::open::STATEMENTS,
        pg::sequencer::STATEMENTS,
        pg::session::STATEMENTS,
        sqlite::writer::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
