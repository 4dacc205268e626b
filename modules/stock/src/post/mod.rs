//! Posting stock through the door: receive, issue, move, change of status, adjustment, and their
//! reversal. One route for each kind, because each has its own permission; a bulk takes them mixed.

pub(crate) mod api;
mod bulk;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use api::submit;
pub use bulk::read_posting;
