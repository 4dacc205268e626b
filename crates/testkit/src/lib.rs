//! What tests stand on.

pub mod pg;
