//! Claims through the door: reserve at a site, allocate a bin, release.

pub(crate) mod api;
