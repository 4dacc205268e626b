//! Changing items: what differs, what stays, and what is refused.

use super::*;
use crate::item::NewItem;
use crate::testing::{new_item, on_both_engines, seen, world};
use db::Engine;
use domain::{Code, ExpiryRule, Instant};
use serde_json::{Value, json};

fn item() -> Item {
    let attributes = json!({ "colour": "red", "size": { "w": 1, "h": 2 } });
    let new = NewItem {
        tracking: Some("lot".to_owned()),
        category: Some("garden".to_owned()),
        owner: Some("A friend".to_owned()),
        expiry: Some("shelf_life".to_owned()),
        shelf_life_days: Some(30),
        attributes: attributes.as_object().cloned(),
        ..new_item("A")
    };
    crate::create::decide::plan(&new, Instant(5)).unwrap()
}

fn read(change: Value) -> ChangeItem {
    serde_json::from_value(change).unwrap()
}

#[test]
fn changes_and_the_fields_that_differ() {
    let cases: Vec<(Value, &[&str])> = vec![
        (json!({}), &[]),
        (json!({ "name": "Item A" }), &[]),
        (json!({ "name": " Pot " }), &["name"]),
        (json!({ "category": "Garden" }), &[]),
        (json!({ "category": null }), &["category"]),
        (json!({ "class": "packaging" }), &["class"]),
        (json!({ "attributes": { "colour": "red" } }), &[]),
        (json!({ "attributes": { "colour": null } }), &["attributes"]),
        (json!({ "attributes": null }), &["attributes"]),
        (json!({ "expiry": "shelf_life" }), &[]),
        (json!({ "shelf_life_days": 30 }), &[]),
        (json!({ "shelf_life_days": 31 }), &["expiry"]),
        (json!({ "expiry": "never" }), &["expiry"]),
        (json!({ "expiry": "named", "shelf_life_days": null, "name": "B" }), &["name", "expiry"]),
    ];
    for (change, expected) in cases {
        let (after, fields) = decide::plan(&item(), &read(change.clone()), Instant(9)).unwrap();
        assert_eq!(fields, expected, "{change}");
        let counted = if expected.is_empty() { (1, Instant(5)) } else { (2, Instant(9)) };
        assert_eq!((after.version, after.changed_at), counted, "{change}");
    }
}

#[test]
fn refused_changes_name_their_field() {
    let cases = [
        (json!({ "name": null }), Code::InvalidValue, "/name"),
        (json!({ "name": "" }), Code::InvalidValue, "/name"),
        (json!({ "class": null }), Code::InvalidValue, "/class"),
        (json!({ "class": "service" }), Code::InvalidValue, "/class"),
        (json!({ "class": "toy" }), Code::InvalidValue, "/class"),
        (json!({ "category": "/" }), Code::InvalidValue, "/category"),
        (json!({ "expiry": null }), Code::InvalidValue, "/expiry"),
        (json!({ "expiry": "named", "shelf_life_days": 3 }), Code::Expiry, "/shelf_life_days"),
        (json!({ "shelf_life_days": null }), Code::Expiry, "/shelf_life_days"),
        (json!({ "shelf_life_days": 0 }), Code::Expiry, "/shelf_life_days"),
        (json!({ "attributes": { "a": "x".repeat(20_000) } }), Code::InvalidValue, "/attributes"),
    ];
    for (change, code, pointer) in cases {
        let problem = decide::plan(&item(), &read(change.clone()), Instant(9)).unwrap_err();
        assert_eq!(seen(&problem), (code, pointer.to_owned()), "{change}");
    }
}

#[test]
fn keys_and_what_stock_must_know_of_are_no_fields_of_a_change() {
    for field in ["sku", "base_unit", "tracking", "archived", "whole", "version", "units", "id", "owner"] {
        assert!(serde_json::from_value::<ChangeItem>(json!({ field: null })).is_err(), "{field}");
    }
}

#[test]
fn the_time_of_a_change_never_runs_back() {
    let (after, _) = decide::plan(&item(), &read(json!({ "name": "B" })), Instant(1)).unwrap();
    assert_eq!(after.changed_at, Instant(5));
}

on_both_engines!(
    a_change_is_stored_with_its_trace,
    a_stale_change_is_refused,
    an_unknown_sku_is_not_found,
    tracking_and_archiving_are_set_by_others,
);

fn a_change_is_stored_with_its_trace(engine: Engine) {
    let world = world(engine);
    world.create(new_item("A"));
    crate::categories::tests::make(&world, "x");
    let change = json!({ "name": "Pot", "attributes": { "a": 1 }, "category": "x" });
    let after = world
        .run(move |tx, ctx| change_item(tx, ctx, "a", IfMatch::Version(1), &read(change.clone())))
        .unwrap();
    assert_eq!((after.version, after.name.as_str()), (2, "Pot"));
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), after);
    world
        .run(|tx, ctx| change_item(tx, ctx, "A", IfMatch::Version(2), &read(json!({ "name": "Pot" }))))
        .unwrap();
    let expected = [
        ("catalog.item_created".to_owned(), 1),
        ("catalog.category_created".to_owned(), 1),
        ("catalog.item_changed".to_owned(), 2),
    ];
    assert_eq!(world.events(), expected, "a change that changes nothing leaves no trace");
}

fn a_stale_change_is_refused(engine: Engine) {
    let world = world(engine);
    world.create(new_item("A"));
    let refused = world
        .refused(|tx, ctx| change_item(tx, ctx, "A", IfMatch::Version(2), &read(json!({ "name": "B" }))));
    assert_eq!(refused.0, Code::Stale);
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap().name, "Item A");
}

fn an_unknown_sku_is_not_found(engine: Engine) {
    let world = world(engine);
    for sku in ["none", "", "a\0b"] {
        let refused = world
            .refused(move |tx, ctx| change_item(tx, ctx, sku, IfMatch::Version(1), &ChangeItem::default()));
        assert_eq!(refused.0, Code::NotFound, "{sku}");
    }
}

fn tracking_and_archiving_are_set_by_others(engine: Engine) {
    let world = world(engine);
    let id = world.create(new_item("A")).id;
    let item = world.run(move |tx, ctx| set_tracking(tx, ctx, id, Tracking::Lot)).unwrap();
    assert_eq!((item.tracking, item.version), (Tracking::Lot, 2));
    let change = json!({ "expiry": "named" });
    world.run(move |tx, ctx| change_item(tx, ctx, "A", IfMatch::Version(2), &read(change.clone()))).unwrap();
    let refused = world.refused(move |tx, ctx| set_tracking(tx, ctx, id, Tracking::None));
    assert_eq!(refused, (Code::Expiry, "/tracking".to_owned()));
    for archived in [true, true, false] {
        let item = world.run(move |tx, ctx| set_archived(tx, ctx, id, archived)).unwrap();
        assert_eq!(item.archived, archived);
    }
    let item = world.read(|conn| crate::item(conn, "A")).unwrap();
    assert_eq!((item.version, item.expiry), (5, ExpiryRule::Named));
    assert_eq!(world.events().len(), 5);
    let refused = world.refused(|tx, ctx| set_archived(tx, ctx, ItemId(99), true));
    assert_eq!(refused.0, Code::NotFound);
}
