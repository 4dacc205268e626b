//! The product seen from outside: a real server on a socket, on both engines.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]

#[path = "access.rs"]
mod access_routes;
mod approvals;
mod as_of;
mod authenticator;
mod bad_input;
mod browser;
mod counts;
mod denied;
mod device;
mod door;
mod events;
mod exported;
mod false_provider;
mod files;
mod identities;
mod identity_provider;
mod imported;
mod imports;
mod keys;
mod makes_catalog;
mod matrix;
mod metrics;
mod pages;
mod pages_lots;
mod pages_people;
mod pages_places;
mod passkeys;
mod personal;
mod proxies;
mod rights_by_category;
mod rights_walk;
mod rotation;
mod scope;
mod scope_postings;
mod scope_walk;
mod second_factors;
mod sessions;
mod set_up;
mod site_states;
mod sites;
mod trace;
mod versions;
mod walk;
mod walk_writes;
mod world;
