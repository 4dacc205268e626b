//! Families: what is accepted, what is held back, and what reaches their variants.

use super::*;
use crate::ChangeItem;
use crate::testing::{World, on_both_engines, seen};
use crate::variants::tests::{make, shop};
use db::Engine;
use serde_json::{Value, json};
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_family_is_stored_changed_and_removed,
    each_refusal_names_its_field,
    variants_follow_what_they_do_not_say,
    a_value_that_is_named_anew_names_its_variants,
    what_variants_would_break_holds_a_change_back,
    a_category_of_a_family_stays,
);

fn create(world: &World, body: &Value) -> Result<Family, Failure> {
    let new: NewFamily = serde_json::from_value(body.clone()).unwrap();
    world.run(move |tx, ctx| create_family(tx, ctx, &new))
}

fn change(world: &World, body: &Value) -> Result<Family, Failure> {
    let change: ChangeFamily = serde_json::from_value(body.clone()).unwrap();
    world.run(move |tx, ctx| change_family(tx, ctx, ("SHIRT", Any), &change))
}

fn problem<T: std::fmt::Debug>(result: Result<T, Failure>) -> (Code, String) {
    match result {
        Err(Failure::Refused(problem)) => seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

fn a_family_is_stored_changed_and_removed(engine: Engine) {
    let world = shop(engine);
    let made = world.read(|conn| family_of(conn, "shirt")).unwrap();
    assert_eq!(made.sku_pattern.as_str(), "{family}-{colour}-{size}");
    assert_eq!(made.name_pattern.as_str(), "{family}, {colour}, {size}");
    let body = json!({ "name": "T-shirt", "configurable": true, "excluded": [{ "colour": ["red"], "size": ["l"] }],
        "defaults": { "class": "raw_material", "attributes": { "fabric": "cotton" } } });
    let changed = change(&world, &body).unwrap();
    assert_eq!((changed.version, changed.configurable), (2, true));
    assert_eq!(changed.excluded[0]["colour"], ["RED"], "as the option set has it");
    assert_eq!(world.read(|conn| family_of(conn, "SHIRT")), Some(changed.clone()));
    assert_eq!(change(&world, &body).unwrap(), changed, "the same again is no change");
    let stale: ChangeFamily = serde_json::from_value(json!({ "name": "x" })).unwrap();
    let stale = world.refused(move |tx, ctx| change_family(tx, ctx, ("SHIRT", Version(1)), &stale));
    assert_eq!(stale.0, Code::Stale);
    let turned = change(&world, &json!({ "options": ["size", "colour"] })).unwrap();
    assert_eq!(turned.options[0].code.as_str(), "size");
    world.run(|tx, ctx| remove_family(tx, ctx, ("SHIRT", Any))).unwrap();
    assert_eq!(world.read(|conn| family_of(conn, "SHIRT")), None);
    let last = world.events().pop().unwrap();
    assert_eq!(last, ("catalog.family_removed".to_owned(), 4));
}

fn each_refusal_names_its_field(engine: Engine) {
    let world = shop(engine);
    let with = |field: &str, value: Value| {
        let mut body = json!({ "code": "CAP", "name": "Cap", "options": ["colour", "size"],
            "defaults": { "base_unit": "each" } });
        body[field] = value;
        body
    };
    let cases = [
        (with("code", json!("shirt")), Code::CodeTaken, "/code"),
        (with("code", json!("=1")), Code::InvalidValue, "/code"),
        (with("name", json!("")), Code::InvalidValue, "/name"),
        (with("options", json!([])), Code::InvalidValue, "/options"),
        (with("options", json!(["colour", "colour"])), Code::InvalidValue, "/options"),
        (with("options", json!(["colour", "width"])), Code::InvalidValue, "/options/1"),
        (with("options", json!(vec!["colour"; FAMILY_OPTIONS_MAX + 1])), Code::LimitExceeded, "/options"),
        (with("sku_pattern", json!("{family}-{colour}")), Code::InvalidValue, "/sku_pattern"),
        (with("sku_pattern", json!("{colour}-{size}-{width}")), Code::InvalidValue, "/sku_pattern"),
        (with("sku_pattern", json!("={colour}{size}")), Code::InvalidValue, "/sku_pattern"),
        (with("name_pattern", json!("{family")), Code::InvalidValue, "/name_pattern"),
        (with("excluded", json!([{}])), Code::InvalidValue, "/excluded/0"),
        (with("excluded", json!([{ "width": ["1"] }])), Code::InvalidValue, "/excluded/0"),
        (with("excluded", json!([{ "size": ["XXL"] }])), Code::InvalidValue, "/excluded/0"),
        (with("excluded", json!([{ "size": [] }])), Code::InvalidValue, "/excluded/0"),
        (with("excluded", json!(vec![json!({ "size": ["S"] }); 201])), Code::LimitExceeded, "/excluded"),
        (with("defaults", json!({ "base_unit": "a b" })), Code::InvalidValue, "/defaults/base_unit"),
        (
            with("defaults", json!({ "base_unit": "each", "category": "none" })),
            Code::UnknownCategory,
            "/defaults/category",
        ),
        (
            with("defaults", json!({ "base_unit": "each", "expiry": "named" })),
            Code::Expiry,
            "/defaults/expiry",
        ),
    ];
    for (body, code, pointer) in cases {
        assert_eq!(problem(create(&world, &body)), (code, pointer.to_owned()), "{body}");
    }
    create(&world, &with("excluded", json!(vec![json!({ "size": ["S"] }); 200]))).unwrap();
    for (body, pointer) in [
        (json!({ "name": null }), "/name"),
        (json!({ "sku_pattern": "{family}" }), "/sku_pattern"),
        (json!({ "defaults": { "colour": "red" } }), "/defaults"),
        (json!({ "defaults": { "base_unit": null } }), "/defaults"),
    ] {
        assert_eq!(problem(change(&world, &body)), (Code::InvalidValue, pointer.to_owned()), "{body}");
    }
}

fn names(world: &World) -> Vec<String> {
    let filter = crate::store_variants::Filter { limit: 100, ..Default::default() };
    world.read(|conn| crate::variants::list(conn, &filter)).into_iter().map(|one| one.name).collect()
}

fn variants_follow_what_they_do_not_say(engine: Engine) {
    let world = shop(engine);
    crate::categories::tests::make(&world, "clothes");
    make(&world, json!({ "options": { "colour": ["RED"] } })).unwrap();
    let own: ChangeItem = serde_json::from_value(
        json!({ "name": "The red one", "temperature": "cool", "attributes": { "fabric": "silk" } }),
    )
    .unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "SHIRT-RED-M", Any, &own)).unwrap();
    let body = json!({ "name": "Blouse", "defaults": { "category": "clothes", "temperature": "ambient",
        "attributes": { "fabric": "wool", "made_in": "PT" } } });
    change(&world, &body).unwrap();
    assert_eq!(names(&world), ["Blouse, red, s", "The red one", "Blouse, red, l"]);
    let item = |sku: &str| world.read(|conn| crate::item(conn, sku)).unwrap();
    let (follows, own) = (item("SHIRT-RED-S"), item("SHIRT-RED-M"));
    assert_eq!((follows.version, own.version), (2, 3));
    assert_eq!((follows.category.as_str(), own.category.as_str()), ("clothes", "clothes"));
    assert_eq!(own.temperature.map(|word| word.to_string()).as_deref(), Some("cool"));
    assert_eq!(serde_json::Value::from(follows.attributes), json!({ "fabric": "wool", "made_in": "PT" }));
    assert_eq!(serde_json::Value::from(own.attributes), json!({ "fabric": "silk", "made_in": "PT" }));
    let fields = world.db.read_blocking(|conn| crate::variant_of(conn, "SHIRT-RED-M")).unwrap().unwrap();
    assert_eq!(fields.own, ["name", "temperature", "attributes.fabric"]);
    assert_eq!(
        fields.follows,
        ["class", "category", "storage_class", "hazard", "expiry", "attributes.made_in"]
    );
    // taken away again: from those that follow
    change(&world, &json!({ "defaults": { "attributes": { "fabric": null } } })).unwrap();
    assert_eq!(serde_json::Value::from(item("SHIRT-RED-S").attributes), json!({ "made_in": "PT" }));
    assert_eq!(item("SHIRT-RED-M").attributes["fabric"], "silk");
    // what nothing of them follows leaves them as they are
    change(&world, &json!({ "sku_pattern": "{size}{colour}", "configurable": true })).unwrap();
    assert_eq!(item("SHIRT-RED-S").version, 3);
    let found = world.read(|conn| crate::search(conn, "blouse", None));
    assert_eq!(found.items.len(), 2, "the words follow as well");
}

fn a_value_that_is_named_anew_names_its_variants(engine: Engine) {
    let world = shop(engine);
    make(&world, json!({ "options": { "size": ["S"] } })).unwrap();
    let crimson: crate::ChangeOptionValue = serde_json::from_value(json!({ "name": "Crimson" })).unwrap();
    world.run(move |tx, ctx| crate::change_option_value(tx, ctx, ("colour", Any), "RED", &crimson)).unwrap();
    assert_eq!(names(&world), ["Shirt, Crimson, s", "Shirt, blue, s"]);
}

fn what_variants_would_break_holds_a_change_back(engine: Engine) {
    let world = shop(engine);
    make(&world, json!({ "options": { "colour": ["RED"], "size": ["S"] } })).unwrap();
    let held = problem(change(
        &world,
        &json!({ "options": ["colour"], "sku_pattern": "{colour}", "name_pattern": "{colour}" }),
    ));
    assert_eq!(held, (Code::InUse, "/options".to_owned()));
    let service = problem(change(&world, &json!({ "defaults": { "class": "service" } })));
    assert_eq!(service, (Code::InvalidValue, "/defaults/class".to_owned()));
    let removed = world.refused(|tx, ctx| remove_family(tx, ctx, ("SHIRT", Any)));
    assert_eq!(removed.0, Code::InUse);
    // a category that asks for what only the defaults could say
    crate::categories::tests::make(&world, "strict");
    let attribute: crate::NewAttribute =
        serde_json::from_value(json!({ "key": "fabric", "kind": "choice", "choices": ["wool"] })).unwrap();
    world.run(move |tx, ctx| crate::create_attribute(tx, ctx, &attribute)).unwrap();
    let rule: crate::NewRule = serde_json::from_value(json!({ "required": true })).unwrap();
    world.run(move |tx, ctx| crate::set_rule(tx, ctx, ("strict", "fabric"), Any, &rule)).unwrap();
    let lacking = problem(change(&world, &json!({ "defaults": { "category": "strict" } })));
    assert_eq!(lacking, (Code::AttributeRefused, "/defaults/attributes/fabric".to_owned()));
    let body = json!({ "defaults": { "category": "strict", "attributes": { "fabric": "wool" } } });
    change(&world, &body).unwrap();
    // a variant that has moved elsewhere may lack it, and then holds it back when it follows
    let family = world.read(|conn| family_of(conn, "SHIRT")).unwrap();
    assert_eq!(family.version, 2);
}

fn a_category_of_a_family_stays(engine: Engine) {
    let world = shop(engine);
    crate::categories::tests::make(&world, "clothes");
    change(&world, &json!({ "defaults": { "category": "Clothes" } })).unwrap();
    let held = world.refused(|tx, ctx| crate::remove_category(tx, ctx, "clothes", Any));
    assert_eq!(held.0, Code::InUse);
    let renamed: crate::ChangeCategory = serde_json::from_value(json!({ "name": "Wear" })).unwrap();
    world.run(move |tx, ctx| crate::change_category(tx, ctx, "clothes", Any, &renamed)).unwrap();
    let family = world.read(|conn| family_of(conn, "SHIRT")).unwrap();
    assert_eq!(family.defaults.category.as_deref(), Some("wear"), "it is the same category");
}
