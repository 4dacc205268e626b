//! PostgreSQL: connections, value encoding, writers, fronts and the sequencer of the feed.

pub(crate) mod connection;
pub(crate) mod copy;
pub(crate) mod decode;
pub(crate) mod driver;
pub(crate) mod encode;
pub(crate) mod error;
pub(crate) mod listener;
pub(crate) mod open;
pub(crate) mod sent;
pub(crate) mod sequencer;
pub(crate) mod session;
pub(crate) mod settle;
pub(crate) mod tls;
pub(crate) mod writer;
