//! The embedded engine: how its connections are opened, how its errors are named, and the one
//! thread that writes.

pub(crate) mod checkpoint;
pub(crate) mod error;
pub(crate) mod open;
pub(crate) mod writer;
