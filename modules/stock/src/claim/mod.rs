//! Claims through the door: reserve at a site, allocate a bin, release, find again.

pub(crate) mod api;
pub(crate) mod find_api;
pub(crate) mod list;
pub(crate) mod store;
#[cfg(test)]
mod tests;
