//! The product seen from outside: a real server on a socket, on both engines.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]

#[path = "access.rs"]
mod access_routes;
mod as_of;
mod authenticator;
mod bad_input;
mod counts;
mod denied;
mod door;
mod events;
mod exported;
mod files;
mod imported;
mod keys;
mod makes_catalog;
mod matrix;
mod metrics;
mod proxies;
mod rotation;
mod scope;
mod scope_postings;
mod scope_walk;
mod second_factors;
mod sessions;
mod set_up;
mod sites;
mod trace;
mod versions;
mod walk;
mod walk_writes;
mod world;
