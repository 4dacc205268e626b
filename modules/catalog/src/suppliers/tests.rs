//! Suppliers: what is accepted, and what holds one.

use super::*;
use crate::testing::{World, new_item, on_both_engines, world};
use db::Engine;
use serde_json::json;
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_supplier_is_stored_changed_and_removed,
    each_refusal_names_its_field,
    a_supplier_that_sells_something_stays,
);

/// A supplier of this code.
pub(crate) fn make(world: &World, code: &'static str) -> Supplier {
    let new = NewSupplier { code: code.to_owned(), name: format!("{code} Ltd") };
    world.run(move |tx, ctx| create_supplier(tx, ctx, &new)).unwrap()
}

fn change(world: &World, version: IfMatch, body: &serde_json::Value) -> Result<Supplier, Failure> {
    let change: ChangeSupplier = serde_json::from_value(body.clone()).unwrap();
    world.run(move |tx, ctx| change_supplier(tx, ctx, ("acme", version), &change))
}

fn a_supplier_is_stored_changed_and_removed(engine: Engine) {
    let world = world(engine);
    let made = make(&world, "ACME");
    assert_eq!(world.read(|conn| supplier_of(conn, "acme")), Some(made));
    let changed = change(&world, Version(1), &json!({ "name": "Acme", "archived": true })).unwrap();
    assert_eq!((changed.version, changed.archived), (2, true));
    assert_eq!(world.read(|conn| supplier_of(conn, "ACME")), Some(changed.clone()));
    assert_eq!(change(&world, Any, &json!({ "archived": true })).unwrap(), changed);
    let stale = change(&world, Version(1), &json!({ "name": "x" })).unwrap_err();
    assert_eq!(stale.problem().code, Code::Stale);
    world.run(|tx, ctx| remove_supplier(tx, ctx, ("ACME", Any))).unwrap();
    assert_eq!(world.read(|conn| supplier_of(conn, "ACME")), None);
    let kinds: Vec<(String, i64)> = world.events();
    let kinds: Vec<(&str, i64)> = kinds.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    let expected =
        [("catalog.supplier_created", 1), ("catalog.supplier_changed", 2), ("catalog.supplier_removed", 3)];
    assert_eq!(kinds, expected);
}

fn each_refusal_names_its_field(engine: Engine) {
    let world = world(engine);
    make(&world, "ACME");
    for (code, name, refused, pointer) in [
        ("acme", "x", Code::CodeTaken, "/code"),
        ("a/b", "x", Code::InvalidValue, "/code"),
        ("=1", "x", Code::InvalidValue, "/code"),
        ("B", "", Code::InvalidValue, "/name"),
    ] {
        let new = NewSupplier { code: code.to_owned(), name: name.to_owned() };
        let seen = world.refused(move |tx, ctx| create_supplier(tx, ctx, &new));
        assert_eq!(seen, (refused, pointer.to_owned()), "{code}");
    }
    let null = change(&world, Any, &json!({ "name": null })).unwrap_err();
    assert_eq!(null.problem().code, Code::InvalidValue);
    let missing = ChangeSupplier::default();
    let missing = world.refused(move |tx, ctx| change_supplier(tx, ctx, ("none", Any), &missing));
    assert_eq!(missing.0, Code::NotFound);
}

fn a_supplier_that_sells_something_stays(engine: Engine) {
    let world = world(engine);
    make(&world, "ACME");
    world.create(new_item("A"));
    let supply: crate::NewSupply = serde_json::from_value(json!({ "supplier": "acme" })).unwrap();
    world.run(move |tx, ctx| crate::add_supply(tx, ctx, ("A", Any), &supply)).unwrap();
    assert_eq!(world.refused(|tx, ctx| remove_supplier(tx, ctx, ("ACME", Any))).0, Code::InUse);
    world.run(|tx, ctx| crate::remove_supply(tx, ctx, ("A", Any), ("ACME", "A"))).unwrap();
    let once = world.refused(|tx, ctx| remove_supplier(tx, ctx, ("ACME", Any)));
    assert_eq!(once.0, Code::InUse, "its prices may be asked for");
}
