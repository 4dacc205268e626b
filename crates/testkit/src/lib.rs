//! What tests of the whole product share: a PostgreSQL for each run of the tests, fresh databases
//! of either engine, worlds to test in, and callers with and without a socket. It knows no module.

#![expect(clippy::missing_panics_doc, reason = "what is not as expected fails the test")]

pub mod bucket;
pub mod client;
pub mod damage;
pub mod http;
pub mod pg;
pub mod plans;
pub mod store;
pub mod world;

pub use client::{Client, Seen};
pub use damage::Damage;
pub use plans::pages_go_on_where_they_ended;
pub use store::Store;
pub use world::{World, seen};
