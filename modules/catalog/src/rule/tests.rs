//! Rules are inherited downwards, can be said otherwise below, and hold for the items that are there.

use super::*;
use crate::categories::tests::make;
use crate::find::terms::Terms;
use crate::item::Attributes;
use crate::store_list::Filter;
use crate::testing::{World, new_item, on_both_engines, seen, world};
use crate::{ChangeItem, NewAttribute, NewItem};
use db::Engine;
use domain::AttributeId;
use serde_json::json;
use web::IfMatch::{Any, Version};

on_both_engines!(
    what_is_required_above_is_required_below,
    a_rule_is_held_back_by_items_that_lack_it,
    a_default_is_found_without_being_written,
    what_stands_deeper_is_found_by_its_path,
    a_rule_below_says_otherwise,
    a_default_must_be_allowed_where_it_holds,
    a_move_brings_no_default_to_where_it_is_not_allowed,
    what_cannot_be_looked_up_counts_all_the_same,
    items_are_found_by_their_attributes,
    an_item_made_while_a_rule_is_set_does_not_escape_it,
    a_category_is_not_removed_under_an_item_that_is_made,
);

#[test]
fn each_refusal_names_its_field() {
    let choice = crate::rules::Definition {
        id: AttributeId(1),
        key: "colour".to_owned(),
        kind: AttributeKind::Choice,
        choices: vec!["red".to_owned(), "blue".to_owned()],
        least: None,
        most: None,
    };
    let text = crate::rules::Definition { kind: AttributeKind::Text, choices: Vec::new(), ..choice.clone() };
    let cases = [
        (json!({ "allowed": [] }), &choice, "/allowed"),
        (json!({ "allowed": ["green"] }), &choice, "/allowed/0"),
        (json!({ "allowed": ["red", "red"] }), &choice, "/allowed/1"),
        (json!({ "allowed": ["red"] }), &text, "/allowed"),
        (json!({ "default": "green" }), &choice, "/default"),
        (json!({ "default": 1 }), &text, "/default"),
        (json!({ "position": -1 }), &text, "/position"),
        (json!({ "position": decide::POSITION_MAX + 1 }), &text, "/position"),
    ];
    for (body, definition, pointer) in cases {
        let problem = decide::plan(&read(&body), definition).unwrap_err();
        assert_eq!(seen(&problem), (Code::InvalidValue, pointer.to_owned()), "{body}");
    }
    let most = decide::plan(&read(&json!({ "position": decide::POSITION_MAX })), &text).unwrap();
    assert_eq!((most.position, most.required, most.standard, most.allowed), (Some(10_000), None, None, None));
    assert_eq!(decide::plan(&read(&json!({ "default": null })), &text).unwrap().standard, Some(Value::Null));
}

fn read(body: &Value) -> NewRule {
    serde_json::from_value(body.clone()).unwrap()
}

fn define(world: &World, body: Value) {
    let new: NewAttribute = serde_json::from_value(body).unwrap();
    world.run(move |tx, ctx| crate::create_attribute(tx, ctx, &new)).unwrap();
}

fn rule(world: &World, path: &'static str, key: &'static str, body: Value) {
    world.run(move |tx, ctx| set_rule(tx, ctx, (path, key), Any, &read(&body))).unwrap();
}

fn refused_rule(world: &World, path: &'static str, key: &'static str, body: Value) -> (Code, String) {
    world.refused(move |tx, ctx| set_rule(tx, ctx, (path, key), Any, &read(&body)))
}

fn new(sku: &str, category: &str, attributes: Value) -> NewItem {
    let Value::Object(attributes) = attributes else { panic!("no object") };
    NewItem { category: Some(category.to_owned()), attributes: Some(attributes), ..new_item(sku) }
}

/// Lamps with a voltage, and below them lamps for outside.
fn lamps(engine: Engine) -> World {
    let world = world(engine);
    define(&world, json!({ "key": "voltage", "kind": "number", "unit": "V" }));
    define(&world, json!({ "key": "colour", "kind": "choice", "choices": ["red", "blue", "white"] }));
    make(&world, "lamps");
    make(&world, "lamps/outside");
    world
}

fn what_is_required_above_is_required_below(engine: Engine) {
    let world = lamps(engine);
    rule(&world, "lamps", "voltage", json!({ "required": true }));
    let create = |new: NewItem| world.refused(move |tx, ctx| crate::create_item(tx, ctx, &new));
    let lacking = (Code::AttributeRefused, "/attributes/voltage".to_owned());
    assert_eq!(create(new("A", "lamps", json!({}))), lacking);
    assert_eq!(create(new("A", "lamps/outside", json!({ "colour": "red" }))), lacking);
    world.create(new("A", "lamps/outside", json!({ "voltage": 12 })));
    let gone: ChangeItem = serde_json::from_value(json!({ "attributes": { "voltage": null } })).unwrap();
    let refused = world.refused(move |tx, ctx| crate::change_item(tx, ctx, "A", Version(1), &gone));
    assert_eq!(refused, lacking);
    world.create(new_item("B"));
    let into: ChangeItem = serde_json::from_value(json!({ "category": "lamps" })).unwrap();
    let refused = world.refused(move |tx, ctx| crate::change_item(tx, ctx, "B", Version(1), &into));
    assert_eq!(refused, lacking, "also for who comes in later");
    rule(&world, "lamps/outside", "voltage", json!({ "required": false }));
    world.create(new("C", "lamps/outside", json!({})));
}

fn a_rule_is_held_back_by_items_that_lack_it(engine: Engine) {
    let world = lamps(engine);
    for n in 0..25 {
        world.create(new(&format!("L-{n:02}"), "lamps/outside", json!({ "colour": "red" })));
    }
    let body = json!({ "required": true });
    let problem = world
        .run(move |tx, ctx| set_rule(tx, ctx, ("lamps", "voltage"), Any, &read(&body)))
        .unwrap_err()
        .problem()
        .into_owned();
    assert_eq!((problem.code, problem.errors.len()), (Code::RulesBroken, 20));
    assert!(problem.detail.starts_with("25 items would not be as asked, first `L-00`"), "{}", problem.detail);
    assert_eq!(refused_rule(&world, "lamps", "colour", json!({ "allowed": ["blue"] })).0, Code::RulesBroken);
    rule(&world, "lamps", "voltage", json!({ "required": true, "default": 230 }));
    rule(&world, "lamps", "colour", json!({ "allowed": ["red", "blue"] }));
    let refused = world
        .refused(|tx, ctx| crate::create_item(tx, ctx, &new("W", "lamps", json!({ "colour": "white" }))));
    assert_eq!(refused, (Code::AttributeRefused, "/attributes/colour".to_owned()));
}

fn found(world: &World, terms: &str) -> Vec<String> {
    let terms = Terms::read(terms, "?attributes").unwrap();
    let mut seen = Vec::new();
    for down in [false, true] {
        let filter = Filter { terms: terms.clone(), limit: 100, down, ..Filter::default() };
        let mut skus: Vec<String> = world
            .read(|conn| crate::store_list::list(conn, &filter))
            .into_iter()
            .map(|item| item.sku)
            .collect();
        if down {
            skus.reverse();
            assert_eq!(skus, seen, "both orders find the same");
        }
        seen = skus;
    }
    seen
}

fn what_stands_deeper_is_found_by_its_path(engine: Engine) {
    let world = world(engine);
    let make = |sku: &str, attributes: Value| world.create(new(sku, "", attributes));
    make(
        "A",
        json!({ "size": { "height": 9, "unit": "MM" }, "ports": [{ "kind": "usb" }, { "kind": "HDMI" }] }),
    );
    make(
        "B",
        json!({ "size": { "height": 12.5, "inner": { "height": 1 } }, "ports": { "kind": ["usb", "vga"] } }),
    );
    make("C", json!({ "size": 12, "height": 12, "/size/height": 12, "a.b": 1, "size/height": "x" }));
    make("D", json!({ "size": { "height": null }, "ports": [], "a": { "b": 2, "c/d": true } }));
    let cases: [(&str, &[&str]); 17] = [
        ("/size/height", &["A", "B", "D"]),
        ("/size/height>=9", &["A", "B"]),
        ("/size/height=12.50", &["B"]),
        ("/size/height=9;/size/unit=mm", &["A"]),
        ("/size/inner/height<2", &["B"]),
        ("/size/unit!=mm;size", &["B", "C", "D"]),
        ("!/size/height", &["C"]),
        ("/ports/kind=usb", &["A", "B"]),
        ("/ports/kind=hdmi", &["A"]),
        ("/ports/kind=usb;/ports/kind=vga", &["B"]),
        ("ports", &["A", "B", "D"]),
        // a key is never taken for a path, nor the other way round
        ("/~1size~1height=12", &["C"]),
        ("size/height=x", &["C"]),
        ("/size~1height=x", &["C"]),
        ("a.b=1", &["C"]),
        ("/a/b", &["D"]),
        ("/a/c~1d=true", &["D"]),
    ];
    for (terms, expected) in cases {
        assert_eq!(found(&world, terms), expected, "{terms}");
    }
    // it follows what is changed
    let change: ChangeItem =
        serde_json::from_value(json!({ "attributes": { "size": { "height": 10, "unit": null } } })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Any, &change)).unwrap();
    assert_eq!((found(&world, "/size/height=10").len(), found(&world, "/size/unit").len()), (1, 0));
    // what is as deep and as long as can be is stored and found on both engines
    let key = "𝄞".repeat(crate::ATTRIBUTE_FREE_KEY_CHARS_MAX);
    let inner = "k".repeat(crate::ATTRIBUTE_PATH_BYTES_MAX - key.len() - 2);
    make("LONG", json!({ &key: { &inner: "𝄞".repeat(300) } }));
    assert_eq!(found(&world, &format!("/{key}/{inner}={}", "𝄞".repeat(300))), ["LONG"]);
    let steps = crate::ATTRIBUTES_DEPTH_MAX;
    make("DEEP", (0..steps).fold(json!(7), |value, _| json!({ "d": value })));
    assert_eq!(found(&world, &format!("{}=7", "/d".repeat(steps))), ["DEEP"]);
}

fn a_default_is_found_without_being_written(engine: Engine) {
    let world = lamps(engine);
    let own: Attributes = json!({ "voltage": 12 }).as_object().unwrap().clone();
    world.create(new("OWN", "lamps", Value::Object(own.clone())));
    world.create(new("BARE", "lamps/outside", json!({})));
    rule(&world, "lamps", "voltage", json!({ "default": 230 }));
    world.create(new("LATER", "lamps", json!({})));
    assert_eq!(found(&world, "voltage=230"), ["BARE", "LATER"]);
    assert_eq!(found(&world, "voltage=12.0"), ["OWN"]);
    let attributes = world.db.read_blocking(|conn| attributes_of(conn, "bare")).unwrap();
    let expected = ItemAttribute {
        key: "voltage".to_owned(),
        name: Some("voltage".to_owned()),
        unit: Some("V".to_owned()),
        kind: Some(AttributeKind::Number),
        value: json!(230),
        inherited: true,
    };
    assert_eq!(attributes, [expected]);
    assert!(world.read(|conn| crate::item(conn, "BARE")).unwrap().attributes.is_empty());
    rule(&world, "lamps", "voltage", json!({ "default": 110 }));
    assert_eq!((found(&world, "voltage=230"), found(&world, "voltage=110").len()), (Vec::new(), 2));
    world.run(|tx, ctx| drop_rule(tx, ctx, ("lamps", "voltage"), Any)).unwrap();
    assert_eq!(found(&world, "voltage"), ["OWN"]);
    let nothing = world.refused(|tx, ctx| drop_rule(tx, ctx, ("lamps", "voltage"), Any));
    assert_eq!(nothing.0, Code::NotFound);
}

fn a_rule_below_says_otherwise(engine: Engine) {
    let world = lamps(engine);
    rule(&world, "lamps", "voltage", json!({ "required": true, "default": 230, "position": 2 }));
    rule(&world, "lamps", "colour", json!({ "position": 1 }));
    rule(&world, "lamps/outside", "voltage", json!({ "default": null }));
    let (category, rules) = world.db.read_blocking(|conn| rules_of(conn, "Lamps/Outside")).unwrap();
    assert_eq!((&*category.path, category.version), ("lamps/outside", 2));
    let seen: Vec<(&str, bool, Option<&Value>, &str)> = rules
        .iter()
        .map(|rule| (rule.key.as_str(), rule.required, rule.default.as_ref(), rule.from.as_str()))
        .collect();
    // where it is shown is said above, and nothing else here
    assert_eq!(seen, [("colour", false, None, "lamps"), ("voltage", true, None, "lamps")]);
    assert_eq!((rules[0].own.clone(), rules[0].allowed.len()), (None, 3));
    let own = rules[1].own.as_ref().unwrap();
    assert_eq!((own.default.clone(), own.position), (Some(Value::Null), None));
    let create = new("A", "lamps/outside", json!({}));
    let refused = world.refused(move |tx, ctx| crate::create_item(tx, ctx, &create));
    assert_eq!(refused.1, "/attributes/voltage", "no default is left to stand in");
    let same = world
        .run(|tx, ctx| {
            set_rule(tx, ctx, ("lamps/outside", "voltage"), Version(2), &read(&json!({ "default": null })))
        })
        .unwrap();
    assert_eq!(same.version, 2, "what is said already changes nothing");
    let stale = world
        .refused(|tx, ctx| set_rule(tx, ctx, ("lamps/outside", "voltage"), Version(1), &read(&json!({}))));
    assert_eq!(stale.0, Code::Stale);
    assert_eq!(refused_rule(&world, "lamps", "volts", json!({})).0, Code::NotFound);
    assert_eq!(refused_rule(&world, "lights", "voltage", json!({})).0, Code::NotFound);
}

fn a_default_must_be_allowed_where_it_holds(engine: Engine) {
    let world = lamps(engine);
    rule(&world, "lamps/outside", "colour", json!({ "allowed": ["white"] }));
    let refused = refused_rule(&world, "lamps", "colour", json!({ "default": "red" }));
    assert_eq!(refused, (Code::RulesBroken, "/default".to_owned()));
    rule(&world, "lamps", "colour", json!({ "default": "white" }));
    let refused = refused_rule(&world, "lamps/outside", "colour", json!({ "allowed": ["red"] }));
    assert_eq!(refused, (Code::RulesBroken, "/default".to_owned()));
}

fn a_move_brings_no_default_to_where_it_is_not_allowed(engine: Engine) {
    let world = lamps(engine);
    make(&world, "furniture");
    rule(&world, "furniture", "colour", json!({ "default": "red" }));
    rule(&world, "lamps/outside", "colour", json!({ "allowed": ["white"] }));
    world.create(new("A", "lamps/outside", json!({})));
    let into = |path: &'static str| crate::ChangeCategory { name: None, parent: Some(Some(path.to_owned())) };
    for moved in ["lamps", "lamps/outside"] {
        let change = into("furniture");
        let refused = world.refused(move |tx, ctx| crate::change_category(tx, ctx, moved, Any, &change));
        assert_eq!(refused, (Code::RulesBroken, "/parent".to_owned()), "{moved}");
    }
    rule(&world, "furniture", "colour", json!({ "default": "white" }));
    world.run(move |tx, ctx| crate::change_category(tx, ctx, "lamps", Any, &into("furniture"))).unwrap();
    assert_eq!(found(&world, "colour=white"), ["A"]);
}

fn what_cannot_be_looked_up_counts_all_the_same(engine: Engine) {
    let world = world(engine);
    world.create(NewItem {
        attributes: json!({ "load": { "x": 1 }, "none": null, "empty": [], "deep": [{ "x": 1 }] })
            .as_object()
            .cloned(),
        ..new_item("A")
    });
    for key in ["load", "none", "empty", "deep"] {
        let body = json!({ "key": key, "kind": "number" });
        let refused = world.refused(move |tx, ctx| {
            crate::create_attribute(tx, ctx, &serde_json::from_value(body.clone()).unwrap())
        });
        assert_eq!(refused, (Code::RulesBroken, "/kind".to_owned()), "{key}");
        assert_eq!(found(&world, key), ["A"], "{key}");
        assert!(found(&world, &format!("{key}<5")).is_empty(), "{key}");
    }
}

fn items_are_found_by_their_attributes(engine: Engine) {
    let world = lamps(engine);
    world.create(new("A", "lamps", json!({ "voltage": 12, "colour": "red", "tags": ["New", "Sale"] })));
    world.create(new("B", "lamps", json!({ "voltage": 230, "colour": "blue", "made": "2026-03-01" })));
    world.create(new("C", "lamps", json!({ "voltage": 9.5, "Own Key": true, "deep": { "x": 1 } })));
    world.create(new_item("D"));
    let cases: [(&str, &[&str]); 17] = [
        ("voltage>=12", &["A", "B"]),
        ("voltage>12", &["B"]),
        ("voltage<12", &["C"]),
        ("voltage<=12", &["A", "C"]),
        ("voltage=12", &["A"]),
        ("colour=RED", &["A"]),
        ("colour!=red", &["B", "C", "D"]),
        ("!colour", &["C", "D"]),
        ("colour", &["A", "B"]),
        ("tags=sale", &["A"]),
        ("tags=new;tags=sale", &["A"]),
        ("tags=new;colour=blue", &[]),
        ("Own Key=true", &["C"]),
        ("made>=2026-01-01;made<2026-12-31", &["B"]),
        ("deep", &["C"]),
        ("voltage>=9;voltage<100;!made", &["A", "C"]),
        ("none=1", &[]),
    ];
    for (terms, expected) in cases {
        assert_eq!(found(&world, terms), expected, "{terms}");
    }
    let change: ChangeItem = serde_json::from_value(json!({ "attributes": { "colour": "white" } })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Version(1), &change)).unwrap();
    assert_eq!((found(&world, "colour=red").len(), found(&world, "colour=white")), (0, vec!["A".to_owned()]));
}

fn an_item_made_while_a_rule_is_set_does_not_escape_it(engine: Engine) {
    let world = lamps(engine);
    for round in 0..8 {
        let path: &'static str = format!("raced{round}").leak();
        make(&world, path);
        let (set, made) = std::thread::scope(|scope| {
            let world = &world;
            let set = scope.spawn(move || {
                let required = read(&json!({ "required": true }));
                world.run(move |tx, ctx| set_rule(tx, ctx, (path, "voltage"), Any, &required)).is_ok()
            });
            let made = scope.spawn(move || {
                let item = new(&format!("R{round}"), path, json!({}));
                world.run(move |tx, ctx| crate::create_item(tx, ctx, &item)).is_ok()
            });
            (set.join().unwrap(), made.join().unwrap())
        });
        assert!(set != made, "{round}: an item without it, or the rule: {set} {made}");
    }
}

fn a_category_is_not_removed_under_an_item_that_is_made(engine: Engine) {
    let world = lamps(engine);
    for round in 0..8 {
        let path: &'static str = format!("raced{round}").leak();
        make(&world, path);
        let (removed, made) = std::thread::scope(|scope| {
            let world = &world;
            let removed =
                scope.spawn(move || world.run(|tx, ctx| crate::remove_category(tx, ctx, path, Any)).is_ok());
            let made = scope.spawn(move || {
                let item = new(&format!("R{round}"), path, json!({}));
                world.run(move |tx, ctx| crate::create_item(tx, ctx, &item)).is_ok()
            });
            (removed.join().unwrap(), made.join().unwrap())
        });
        assert!(removed != made, "{round}: one of them, and not both: {removed} {made}");
    }
}
