//! Changing locations: what differs, what stays, and what is refused.

use super::*;
use crate::testing::{new, on_both_engines, seen, world};
use db::Engine;
use domain::Role;
use serde_json::{Value, json};

fn read(change: Value) -> ChangeLocation {
    serde_json::from_value(change).unwrap()
}

#[test]
fn only_known_fields_change() {
    for field in ["kind", "parent", "sellable", "blocked", "zone", "version", "site"] {
        assert!(serde_json::from_value::<ChangeLocation>(json!({ field: null })).is_err(), "{field}");
    }
}

on_both_engines!(
    a_change_is_stored_with_its_trace,
    refused_changes_name_their_field,
    a_handling_unit_takes_over_what_its_place_has,
);

fn a_change_is_stored_with_its_trace(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A zone below L"]);
    let run = |code: &'static str, version: i64, change: Value| {
        world.run(move |tx, ctx| {
            change_location(tx, ctx, Reached::All, code, IfMatch::Version(version), &read(change.clone()))
        })
    };
    let after = run("a", 1, json!({ "name": "Ambient", "role": "staging" })).unwrap();
    assert_eq!((after.version, after.role, after.open_to_allocation), (2, Some(Role::Staging), true));
    assert_eq!(world.get("A"), after);
    let same = run("A", 2, json!({ "name": "Ambient" })).unwrap();
    assert_eq!(same, after, "a change that changes nothing leaves no trace");
    let case = run("A", 2, json!({ "code": "a" })).unwrap();
    assert_eq!((case.code.as_str(), case.version), ("a", 3));
    let site = run("L", 1, json!({ "code": "LON" })).unwrap();
    assert_eq!(site.site.as_deref(), Some("LON"));
    assert_eq!(world.get("a").site.as_deref(), Some("LON"));
    assert_eq!(world.events().len(), 5);
}

fn refused_changes_name_their_field(engine: Engine) {
    let world = world(engine);
    let made = world.make(&["L site", "A zone below L", "B zone below L"]);
    let roots = [made[2].id];
    let run = |code: &'static str, version: i64, change: Value| {
        world.refused(move |tx, ctx| {
            change_location(tx, ctx, Reached::All, code, IfMatch::Version(version), &read(change.clone()))
        })
    };
    let cases = [
        ("A", 1, json!({ "code": null }), Code::InvalidValue, "/code"),
        ("A", 1, json!({ "code": "b" }), Code::CodeTaken, "/code"),
        ("A", 1, json!({ "code": "a/b" }), Code::InvalidValue, "/code"),
        ("A", 1, json!({ "name": "" }), Code::InvalidValue, "/name"),
        ("A", 1, json!({ "name": null }), Code::InvalidValue, "/name"),
        ("A", 1, json!({ "role": "shop" }), Code::InvalidValue, "/role"),
        ("A", 1, json!({ "open_to_allocation": null }), Code::InvalidValue, "/open_to_allocation"),
        ("A", 2, json!({ "name": "x" }), Code::Stale, ""),
        ("X", 1, json!({ "name": "x" }), Code::NotFound, ""),
        ("~loss", 1, json!({ "name": "x" }), Code::WrongLocationKind, ""),
    ];
    for (code, version, change, expected, pointer) in cases {
        assert_eq!(run(code, version, change.clone()), (expected, pointer.to_owned()), "{code} {change}");
    }
    let outside = world.refused(move |tx, ctx| {
        let change = read(json!({ "name": "x" }));
        change_location(tx, ctx, Reached::Within(&roots), "A", IfMatch::Version(1), &change)
    });
    assert_eq!(outside.0, Code::NotFound);
    assert_eq!(world.audits(), 3);
}

fn a_handling_unit_takes_over_what_its_place_has(engine: Engine) {
    let world = world(engine);
    world.create(new("L site"));
    let bin = world.create(new("A bin below L")).id;
    world
        .run(move |tx, ctx| {
            let unit = crate::NewHandlingUnit { code: "U", name: Some("Tote"), parent: bin };
            crate::create_handling_unit(tx, ctx, &unit)
        })
        .unwrap();
    let close = || read(json!({ "open_to_allocation": false }));
    world
        .run(move |tx, ctx| change_location(tx, ctx, Reached::All, "A", IfMatch::Version(1), &close()))
        .unwrap();
    assert!(!world.get("U").open_to_allocation);
    let refused = world
        .run(move |tx, ctx| change_location(tx, ctx, Reached::All, "U", IfMatch::Version(1), &close()))
        .unwrap_err();
    let Failure::Refused(problem) = refused else { panic!("{refused}") };
    assert_eq!(seen(&problem), (Code::WrongLocationKind, "/open_to_allocation".to_owned()));
    let renamed = read(json!({ "name": "Crate" }));
    let unit = world
        .run(move |tx, ctx| change_location(tx, ctx, Reached::All, "U", IfMatch::Version(1), &renamed))
        .unwrap();
    assert_eq!((unit.name.as_str(), unit.open_to_allocation), ("Crate", false));
}
