//! What tests stand on.

pub mod http;
pub mod pg;
