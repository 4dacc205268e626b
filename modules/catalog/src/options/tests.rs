//! Option sets: what is accepted, and what variants hold back.

use super::*;
use crate::testing::{World, on_both_engines, seen, world};
use db::Engine;
use serde_json::{Value, json};
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_set_is_stored_changed_and_removed,
    a_value_comes_changes_and_goes,
    what_a_family_names_stays,
);

fn read_new(body: &Value) -> NewOptionSet {
    serde_json::from_value(body.clone()).unwrap()
}

fn read_change(body: &Value) -> ChangeOptionSet {
    serde_json::from_value(body.clone()).unwrap()
}

/// An option set with values whose names are their codes in small letters.
pub(crate) fn make(world: &World, code: &'static str, values: &[&'static str]) -> OptionSet {
    let values: Vec<Value> =
        values.iter().map(|value| json!({ "code": value, "name": value.to_lowercase() })).collect();
    let body = json!({ "code": code, "name": code.to_uppercase(), "values": values });
    world.run(move |tx, ctx| create_option_set(tx, ctx, &read_new(&body))).unwrap()
}

#[test]
fn each_refusal_names_its_field() {
    let many: Vec<Value> = (0..=OPTION_VALUES_MAX).map(|n| json!({ "code": n.to_string() })).collect();
    let cases = [
        (json!({ "code": "Colour", "values": [{ "code": "R" }] }), Code::InvalidValue, "/code"),
        (json!({ "code": "family", "values": [{ "code": "R" }] }), Code::InvalidValue, "/code"),
        (json!({ "code": "c", "values": [] }), Code::InvalidValue, "/values"),
        (json!({ "code": "c", "name": " ", "values": [{ "code": "R" }] }), Code::InvalidValue, "/name"),
        (json!({ "code": "c", "values": [{ "code": "a b" }] }), Code::InvalidValue, "/values/0/code"),
        (
            json!({ "code": "c", "values": [{ "code": "R" }, { "code": "r" }] }),
            Code::CodeTaken,
            "/values/1/code",
        ),
        (
            json!({ "code": "c", "values": [{ "code": "x".repeat(17) }] }),
            Code::LimitExceeded,
            "/values/0/code",
        ),
        (
            json!({ "code": "c", "values": [{ "code": "R", "name": "" }] }),
            Code::InvalidValue,
            "/values/0/name",
        ),
        (json!({ "code": "c", "values": many }), Code::LimitExceeded, "/values/500/code"),
    ];
    for (body, code, pointer) in cases {
        let problem = decide::plan_new(&read_new(&body), Instant(0)).unwrap_err();
        assert_eq!(seen(&problem), (code, pointer.to_owned()), "{body}");
    }
    let set = decide::plan_new(
        &read_new(&json!({ "code": "size", "values": [{ "code": "S" }, { "code": "M" }] })),
        Instant(0),
    )
    .unwrap();
    let refused = [
        (json!({ "order": ["S"] }), "/order"),
        (json!({ "order": ["S", "S"] }), "/order/1"),
        (json!({ "order": ["S", "L"] }), "/order/1"),
        (json!({ "order": null }), "/order"),
        (json!({ "name": null }), "/name"),
    ];
    for (body, pointer) in refused {
        let problem = decide::plan_change(&set, &read_change(&body)).unwrap_err();
        assert_eq!(seen(&problem), (Code::InvalidValue, pointer.to_owned()), "{body}");
    }
    let (turned, fields) = decide::plan_change(&set, &read_change(&json!({ "order": ["m", "s"] }))).unwrap();
    assert_eq!((turned.values[0].code.as_str(), fields), ("M", vec!["values"]));
    assert_eq!(decide::plan_change(&set, &read_change(&json!({ "order": ["s", "m"] }))).unwrap().1, [""; 0]);
}

fn a_set_is_stored_changed_and_removed(engine: Engine) {
    let world = world(engine);
    let made = make(&world, "size", &["S", "M", "L"]);
    assert_eq!(world.read(|conn| store_options::by_code(conn, "size")), Some(made));
    let again = read_new(&json!({ "code": "size", "values": [{ "code": "S" }] }));
    let taken = world.refused(move |tx, ctx| create_option_set(tx, ctx, &again));
    assert_eq!(taken, (Code::CodeTaken, "/code".to_owned()));
    let order = read_change(&json!({ "name": "Size", "order": ["L", "M", "S"] }));
    let stale = {
        let order = order.clone();
        world.refused(move |tx, ctx| change_option_set(tx, ctx, ("size", Version(2)), &order))
    };
    assert_eq!(stale.0, Code::Stale);
    let changed = world.run(move |tx, ctx| change_option_set(tx, ctx, ("size", Version(1)), &order)).unwrap();
    assert_eq!((changed.version, changed.values[0].code.as_str()), (2, "L"));
    assert_eq!(world.read(|conn| store_options::by_code(conn, "size")), Some(changed));
    world.run(|tx, ctx| remove_option_set(tx, ctx, ("size", Any))).unwrap();
    assert_eq!(world.read(|conn| store_options::by_code(conn, "size")), None);
    let kinds: Vec<(String, i64)> = world.events();
    let kinds: Vec<(&str, i64)> = kinds.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    let expected = [
        ("catalog.option_set_created", 1),
        ("catalog.option_set_changed", 2),
        ("catalog.option_set_removed", 3),
    ];
    assert_eq!(kinds, expected);
}

fn a_value_comes_changes_and_goes(engine: Engine) {
    let world = world(engine);
    make(&world, "colour", &["RED"]);
    let new = |code: &str| NewOptionValue { code: code.to_owned(), name: None };
    let blue = new("BLUE");
    let set = world.run(move |tx, ctx| add_option_value(tx, ctx, ("colour", Any), &blue)).unwrap();
    assert_eq!((set.version, set.values.len()), (2, 2));
    let again = new("blue");
    let taken = world.refused(move |tx, ctx| add_option_value(tx, ctx, ("colour", Any), &again));
    assert_eq!(taken, (Code::CodeTaken, "/code".to_owned()));
    let change: ChangeOptionValue =
        serde_json::from_value(json!({ "name": "Sky blue", "archived": true })).unwrap();
    let set =
        world.run(move |tx, ctx| change_option_value(tx, ctx, ("colour", Any), "blue", &change)).unwrap();
    assert_eq!((set.values[1].name.as_str(), set.values[1].archived), ("Sky blue", true));
    assert_eq!(world.read(|conn| store_options::by_code(conn, "colour")), Some(set));
    let missing = world
        .refused(|tx, ctx| change_option_value(tx, ctx, ("colour", Any), "x", &ChangeOptionValue::default()));
    assert_eq!(missing.0, Code::NotFound);
    world.run(|tx, ctx| remove_option_value(tx, ctx, ("colour", Any), "Blue")).unwrap();
    let last = world.refused(|tx, ctx| remove_option_value(tx, ctx, ("colour", Any), "RED"));
    assert_eq!(last.0, Code::InUse);
}

fn what_a_family_names_stays(engine: Engine) {
    let world = crate::variants::tests::shop(engine);
    let refused = world.refused(|tx, ctx| remove_option_set(tx, ctx, ("size", Any)));
    assert_eq!(refused.0, Code::InUse);
    crate::variants::tests::make(&world, json!({ "options": { "colour": ["RED"], "size": ["S"] } })).unwrap();
    let used = world.refused(|tx, ctx| remove_option_value(tx, ctx, ("size", Any), "S"));
    assert_eq!(used.0, Code::InUse, "it is archived instead");
    world.run(|tx, ctx| remove_option_value(tx, ctx, ("size", Any), "L")).unwrap();
}
