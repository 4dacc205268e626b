//! Every statement is one that both engines understand, and every list goes on where it ended.

use crate::{
    store, store_factors, store_identities, store_keys, store_passkeys, store_privacy, store_roles,
    store_sessions, store_tickets,
};
use db::{Engine, Statement};
use testkit::{World, on_both_engines, pages_go_on_where_they_ended};

on_both_engines!(every_statement_is_understood_and_every_page_goes_on);

fn every_statement_is_understood_and_every_page_goes_on(engine: Engine) {
    let world = World::new(engine, &[crate::MIGRATIONS]);
    let all: Vec<&Statement> = [
        store::ALL,
        store_factors::ALL,
        store_identities::ALL,
        store_keys::ALL,
        store_passkeys::ALL,
        store_privacy::ALL,
        store_roles::ALL,
        store_sessions::ALL,
        store_tickets::ALL,
    ]
    .concat();
    for statement in &all {
        world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    }
    assert_eq!(pages_go_on_where_they_ended(&world.db, all), 5, "users, keys, roles, sessions and passkeys");
}
