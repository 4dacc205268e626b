//! The embedded engine: how its connections are opened, how its errors are named, the one thread
//! that writes, and the one that syncs.

pub(crate) mod checkpoint;
pub(crate) mod copy;
pub(crate) mod error;
pub(crate) mod open;
pub(crate) mod syncer;
pub(crate) mod writer;
