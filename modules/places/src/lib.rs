//! The places: the organisation, its sites, and the tree of locations below them.
//!
//! Not here: stock. What must know about stock (blocking, moving a subtree, handling units, what
//! counts as sellable) is a command of `stock`, which calls the primitives of this module.
//! Invariants: a code names one location whatever the case of its letters; `places_tree` is the
//! closure of the parents at every commit; every change counts the location's version up and has
//! its event and audit row.

mod code;
mod facts;
mod location;
mod store;
mod store_tree;
mod virtuals;

pub use facts::{
    LocationFacts, SiteFacts, facts_by_code, facts_by_id, site_facts_by_code, site_facts_by_id, sites, subtree,
    within,
};
pub use location::{Location, NewLocation};
pub use virtuals::{ADJUSTMENT, CUSTOMER, LOSS, OPENING, PRODUCTION, SUPPLIER, virtual_location};

/// The tables of this module.
pub const MIGRATIONS: db::MigrationSet = db::MigrationSet {
    name: "places",
    migrations: &[db::Migration { number: 1, name: "first", text: include_str!("../migrations/0001_first.sql") }],
};
