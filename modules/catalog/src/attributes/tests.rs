//! Definitions: what is accepted, and what data holds back.

use super::*;
use crate::testing::{World, new_item, on_both_engines, seen, world};
use crate::{ChangeItem, NewItem};
use db::Engine;
use serde_json::{Value, json};
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_definition_is_stored_and_changed,
    the_kind_stays_while_items_have_values,
    a_choice_in_use_stays,
    a_definition_fits_what_items_have,
    a_definition_in_use_stays,
    values_are_what_their_attribute_says,
);

fn read_new(body: &Value) -> NewAttribute {
    serde_json::from_value(body.clone()).unwrap()
}

fn read_change(body: &Value) -> ChangeAttribute {
    serde_json::from_value(body.clone()).unwrap()
}

#[test]
fn each_refusal_names_its_field() {
    let many: Vec<String> = (0..501).map(|n| n.to_string()).collect();
    let cases = [
        (json!({ "key": "Colour", "kind": "text" }), Code::InvalidValue, "/key"),
        (json!({ "key": "x".repeat(49), "kind": "text" }), Code::LimitExceeded, "/key"),
        (json!({ "key": "a", "kind": "colour" }), Code::InvalidValue, "/kind"),
        (json!({ "key": "a", "kind": "text", "name": "" }), Code::InvalidValue, "/name"),
        (json!({ "key": "a", "kind": "text", "unit": "V" }), Code::InvalidValue, "/unit"),
        (json!({ "key": "a", "kind": "number", "unit": "x".repeat(17) }), Code::LimitExceeded, "/unit"),
        (json!({ "key": "a", "kind": "text", "least": "1" }), Code::InvalidValue, "/least"),
        (json!({ "key": "a", "kind": "number", "most": "1e3" }), Code::InvalidValue, "/most"),
        (json!({ "key": "a", "kind": "number", "least": "2", "most": "1" }), Code::InvalidValue, "/most"),
        (json!({ "key": "a", "kind": "choice" }), Code::InvalidValue, "/choices"),
        (json!({ "key": "a", "kind": "choice", "choices": [] }), Code::InvalidValue, "/choices"),
        (json!({ "key": "a", "kind": "text", "choices": ["x"] }), Code::InvalidValue, "/choices"),
        (json!({ "key": "a", "kind": "choices", "choices": ["x", "x"] }), Code::InvalidValue, "/choices/1"),
        (json!({ "key": "a", "kind": "choices", "choices": ["x", " "] }), Code::InvalidValue, "/choices/1"),
        (json!({ "key": "a", "kind": "choices", "choices": many }), Code::LimitExceeded, "/choices"),
    ];
    for (body, code, pointer) in cases {
        let problem = decide::plan_new(&read_new(&body), Instant(0)).unwrap_err();
        assert_eq!(seen(&problem), (code, pointer.to_owned()), "{body}");
    }
    let at_the_limit: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let body = json!({ "key": "a", "kind": "choice", "choices": at_the_limit });
    assert_eq!(decide::plan_new(&read_new(&body), Instant(0)).unwrap().choices.len(), 500);
}

#[test]
fn a_kind_takes_along_what_only_it_has() {
    let body = json!({ "key": "a", "kind": "number", "unit": "V", "least": "0", "most": "9.5" });
    let number = decide::plan_new(&read_new(&body), Instant(0)).unwrap();
    let (text, fields) =
        decide::plan_change(&number, &read_change(&json!({ "kind": "text" })), Instant(1)).unwrap();
    assert_eq!((text.unit, text.least, text.most), (None, None, None));
    assert_eq!(fields, ["kind", "least", "most", "unit"]);
    let to_choice = read_change(&json!({ "kind": "choice" }));
    let refused = decide::plan_change(&number, &to_choice, Instant(1)).unwrap_err();
    assert_eq!(seen(&refused), (Code::InvalidValue, "/choices".to_owned()));
    let null = read_change(&json!({ "kind": null }));
    assert!(decide::plan_change(&number, &null, Instant(1)).is_err());
}

fn define(world: &World, body: Value) -> Attribute {
    world.run(move |tx, ctx| create_attribute(tx, ctx, &read_new(&body))).unwrap()
}

fn have(world: &World, sku: &str, attributes: Value) {
    let Value::Object(attributes) = attributes else { panic!("no object") };
    world.create(NewItem { attributes: Some(attributes), ..new_item(sku) });
}

fn refused_change(world: &World, key: &'static str, body: Value) -> (Code, String) {
    world.refused(move |tx, ctx| change_attribute(tx, ctx, key, Any, &read_change(&body)))
}

fn a_definition_is_stored_and_changed(engine: Engine) {
    let world = world(engine);
    let made = define(
        &world,
        json!({ "key": "load", "kind": "number", "unit": "kg", "least": "0", "most": "10.5" }),
    );
    assert_eq!((&*made.name, made.least, made.most), ("load", Some(0), Some(10_500_000)));
    let shown = serde_json::to_value(&made).unwrap();
    assert_eq!((&shown["least"], &shown["most"]), (&json!("0"), &json!("10.5")));
    let changed = world
        .run(|tx, ctx| {
            let change = read_change(&json!({ "name": "Last", "most": null }));
            change_attribute(tx, ctx, "load", Version(1), &change)
        })
        .unwrap();
    assert_eq!((&*changed.name, changed.most, changed.version), ("Last", None, 2));
    assert_eq!(world.read(|conn| attribute(conn, "load")), Some(changed));
    let taken = world
        .refused(|tx, ctx| create_attribute(tx, ctx, &read_new(&json!({ "key": "load", "kind": "text" }))));
    assert_eq!(taken, (Code::CodeTaken, "/key".to_owned()));
    assert_eq!(refused_change(&world, "lod", json!({})).0, Code::NotFound);
    let stale = world.refused(|tx, ctx| {
        change_attribute(tx, ctx, "load", Version(1), &read_change(&json!({ "name": "x" })))
    });
    assert_eq!(stale.0, Code::Stale);
    assert_eq!(world.events().len(), 2);
}

fn the_kind_stays_while_items_have_values(engine: Engine) {
    let world = world(engine);
    define(&world, json!({ "key": "load", "kind": "number" }));
    have(&world, "A", json!({ "load": 3 }));
    assert_eq!(refused_change(&world, "load", json!({ "kind": "text" })), (Code::InUse, "/kind".to_owned()));
    let unit = |unit: &str| read_change(&json!({ "unit": unit }));
    let kg = unit("kg");
    world.run(move |tx, ctx| change_attribute(tx, ctx, "load", Any, &kg)).unwrap();
    assert_eq!(refused_change(&world, "load", json!({ "unit": "g" })), (Code::InUse, "/unit".to_owned()));
    let none: ChangeItem = serde_json::from_value(json!({ "attributes": { "load": null } })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Version(1), &none)).unwrap();
    world
        .run(|tx, ctx| change_attribute(tx, ctx, "load", Any, &read_change(&json!({ "kind": "text" }))))
        .unwrap();
}

fn a_choice_in_use_stays(engine: Engine) {
    let world = world(engine);
    define(&world, json!({ "key": "colour", "kind": "choice", "choices": ["red", "blue"] }));
    define(&world, json!({ "key": "load", "kind": "number" }));
    have(&world, "A", json!({ "colour": "red", "load": 7 }));
    assert_eq!(
        refused_change(&world, "colour", json!({ "choices": ["blue"] })),
        (Code::RulesBroken, "/choices".to_owned())
    );
    assert_eq!(
        refused_change(&world, "load", json!({ "most": "6.999999" })),
        (Code::RulesBroken, "/most".to_owned())
    );
    world
        .run(|tx, ctx| {
            change_attribute(tx, ctx, "load", Any, &read_change(&json!({ "most": "7" })))?;
            change_attribute(tx, ctx, "colour", Any, &read_change(&json!({ "choices": ["red", "green"] })))
        })
        .unwrap();
}

fn a_definition_fits_what_items_have(engine: Engine) {
    let world = world(engine);
    have(&world, "A", json!({ "load": "heavy" }));
    let refused = world
        .refused(|tx, ctx| create_attribute(tx, ctx, &read_new(&json!({ "key": "load", "kind": "number" }))));
    assert_eq!(refused, (Code::RulesBroken, "/kind".to_owned()));
    define(&world, json!({ "key": "load", "kind": "text" }));
}

fn a_definition_in_use_stays(engine: Engine) {
    let world = world(engine);
    define(&world, json!({ "key": "load", "kind": "number" }));
    crate::categories::tests::make(&world, "a");
    let rule = crate::NewRule::default();
    world.run(move |tx, ctx| crate::set_rule(tx, ctx, ("a", "load"), Any, &rule)).unwrap();
    assert_eq!(world.refused(|tx, ctx| remove_attribute(tx, ctx, "load", Any)).0, Code::InUse);
    world.run(|tx, ctx| crate::drop_rule(tx, ctx, ("a", "load"), Any)).unwrap();
    have(&world, "A", json!({ "load": 1 }));
    assert_eq!(world.refused(|tx, ctx| remove_attribute(tx, ctx, "load", Any)).0, Code::InUse);
    let none: ChangeItem = serde_json::from_value(json!({ "attributes": null })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Version(1), &none)).unwrap();
    world.run(|tx, ctx| remove_attribute(tx, ctx, "load", Any)).unwrap();
    assert_eq!(world.read(|conn| attribute(conn, "load")), None);
}

fn values_are_what_their_attribute_says(engine: Engine) {
    let world = world(engine);
    define(&world, json!({ "key": "load", "kind": "number", "least": "0" }));
    let create = |attributes: Value| {
        let Value::Object(attributes) = attributes else { panic!("no object") };
        let new = NewItem { attributes: Some(attributes), ..new_item("A") };
        world.refused(move |tx, ctx| crate::create_item(tx, ctx, &new))
    };
    assert_eq!(create(json!({ "load": -1 })), (Code::AttributeRefused, "/attributes/load".to_owned()));
    assert_eq!(create(json!({ "Load": 1 })), (Code::UnknownAttribute, "/attributes/Load".to_owned()));
    have(&world, "A", json!({ "load": 0, "anything/else": { "a": 1 } }));
    let bad: ChangeItem = serde_json::from_value(json!({ "attributes": { "load": "x" } })).unwrap();
    let refused = world.refused(move |tx, ctx| crate::change_item(tx, ctx, "A", Version(1), &bad));
    assert_eq!(refused, (Code::AttributeRefused, "/attributes/load".to_owned()));
}
