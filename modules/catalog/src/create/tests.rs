//! Creating items: what is accepted, and every way to be refused.

use super::*;
use crate::testing::{new_barcode, new_cased, new_item, new_unit, on_both_engines, seen, world};
use db::Engine;
use domain::unit::UnitCode;
use domain::{ExpiryRule, Instant, ItemClass, Tracking};
use serde_json::json;

fn plan(new: &NewItem) -> Result<Item, Problem> {
    decide::plan(new, Instant(0))
}

#[expect(clippy::unnecessary_wraps, reason = "the fields are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn what_is_left_out_has_its_default() {
    let item = plan(&new_item("85123A")).unwrap();
    assert_eq!(
        (item.tracking, item.class, item.expiry),
        (Tracking::None, ItemClass::FinishedGood, ExpiryRule::Never)
    );
    assert_eq!((item.whole, item.archived, item.version, &*item.category), (true, false, 1, ""));
    assert_eq!(item.units.len(), 1);
    let flour = plan(&NewItem { base_unit: "kg".to_owned(), ..new_item("F") }).unwrap();
    assert!(!flour.whole);
    let halves = plan(&NewItem { whole: Some(false), ..new_item("F") }).unwrap();
    assert!(!halves.whole);
}

#[test]
fn each_refusal_names_its_field() {
    let base = || new_item("A");
    let long = "x".repeat(201);
    let cases: Vec<(NewItem, Code, &str)> = vec![
        (NewItem { sku: String::new(), ..base() }, Code::InvalidValue, "/sku"),
        (NewItem { sku: "x".repeat(65), ..base() }, Code::LimitExceeded, "/sku"),
        (NewItem { sku: "=A".to_owned(), ..base() }, Code::InvalidValue, "/sku"),
        (NewItem { name: " ".to_owned(), ..base() }, Code::InvalidValue, "/name"),
        (NewItem { name: long.clone(), ..base() }, Code::LimitExceeded, "/name"),
        (NewItem { base_unit: "Each".to_owned(), ..base() }, Code::InvalidValue, "/base_unit"),
        (NewItem { tracking: some("batch"), ..base() }, Code::InvalidValue, "/tracking"),
        (NewItem { class: some("toy"), ..base() }, Code::InvalidValue, "/class"),
        (NewItem { category: some("a//b"), ..base() }, Code::InvalidValue, "/category"),
        (NewItem { owner: some(&long), ..base() }, Code::LimitExceeded, "/owner"),
        (NewItem { expiry: some("named"), ..base() }, Code::Expiry, "/expiry"),
        (NewItem { shelf_life_days: Some(3), ..base() }, Code::Expiry, "/shelf_life_days"),
        (NewItem { units: vec![new_unit("case", "0")], ..base() }, Code::InvalidValue, "/units/0/factor"),
        (NewItem { units: vec![new_unit("case", "-1")], ..base() }, Code::InvalidValue, "/units/0/factor"),
        (NewItem { units: vec![new_unit("case", "NaN")], ..base() }, Code::InvalidValue, "/units/0/factor"),
        (NewItem { units: vec![new_unit("case", "1e30")], ..base() }, Code::InvalidValue, "/units/0/factor"),
        (
            NewItem { units: vec![new_unit("case", "0.0000000000000000001")], ..base() },
            Code::LimitExceeded,
            "/units/0/factor",
        ),
        // seven decimals are exact, but an item in whole units has no part of one
        (
            NewItem { units: vec![new_unit("bit", "0.1234567")], ..base() },
            Code::InvalidValue,
            "/units/0/factor",
        ),
        (NewItem { units: vec![new_unit("each", "1")], ..base() }, Code::CodeTaken, "/units/0/unit"),
        (
            NewItem { units: vec![new_unit("case", "6"), new_unit("case", "12")], ..base() },
            Code::CodeTaken,
            "/units/1/unit",
        ),
        (
            NewItem { units: (0..33).map(|n| new_unit(&format!("u{n}"), "2")).collect(), ..base() },
            Code::TooMany,
            "/units/32/unit",
        ),
        (
            NewItem { barcodes: vec![new_barcode("", "each")], ..base() },
            Code::InvalidValue,
            "/barcodes/0/code",
        ),
        (
            NewItem { barcodes: vec![new_barcode("4006381333932", "each")], ..base() },
            Code::InvalidValue,
            "/barcodes/0/code",
        ),
        (
            NewItem { barcodes: vec![new_barcode("C1", "case")], ..base() },
            Code::UnknownUnit,
            "/barcodes/0/unit",
        ),
        (
            NewItem {
                barcodes: vec![new_barcode("012345678905", "each"), new_barcode("0012345678905", "each")],
                ..base()
            },
            Code::CodeTaken,
            "/barcodes/1/code",
        ),
    ];
    for (new, code, pointer) in cases {
        let problem = plan(&new).unwrap_err();
        assert_eq!(seen(&problem), (code, pointer.to_owned()), "{}", problem.detail);
    }
}

#[test]
fn an_unknown_field_is_refused_when_it_is_read() {
    let read = |value: serde_json::Value| serde_json::from_value::<NewItem>(value);
    assert!(read(json!({ "sku": "A", "name": "A", "base_unit": "each" })).is_ok());
    assert!(read(json!({ "sku": "A", "name": "A", "base_unit": "each", "colour": 1 })).is_err());
    assert!(
        read(json!({ "sku": "A", "name": "A", "base_unit": "each", "units": [{ "unit": "x" }] })).is_err()
    );
}

#[test]
fn an_item_is_shown_with_its_rule_and_codes() {
    let new = NewItem {
        tracking: some("lot"),
        expiry: some("shelf_life"),
        shelf_life_days: Some(30),
        ..new_cased("A", "4006381333931")
    };
    let shown = serde_json::to_value(plan(&new).unwrap()).unwrap();
    let unmeasured =
        json!({ "level": null, "length_mm": null, "width_mm": null, "height_mm": null, "weight_g": null });
    let unit = |name: &str, factor: &str| {
        let mut unit = unmeasured.clone();
        unit["unit"] = json!(name);
        unit["factor"] = json!(factor);
        unit
    };
    assert_eq!(
        shown,
        json!({
            "sku": "A", "name": "Item A", "base_unit": "each", "whole": true, "tracking": "lot",
            "class": "finished_good", "category": "", "attributes": {}, "owner": null,
            "family": null, "merged_into": null, "expiry": "shelf_life", "shelf_life_days": 30, "archived": false, "version": 1,
            "created_at": "1970-01-01T00:00:00Z", "changed_at": "1970-01-01T00:00:00Z",
            "storage_class": null, "temperature": null, "hazard": null,
            "units": [unit("case", "12"), unit("each", "1")],
            "barcodes": [{ "code": "4006381333931", "symbology": "ean_13", "unit": "case" }]
        })
    );
}

on_both_engines!(
    a_new_item_reads_back_as_it_was_made,
    a_sku_that_differs_in_case_alone_is_taken,
    a_barcode_of_another_item_is_taken,
    many_items_are_made_all_or_none,
    a_call_has_a_limit,
    of_many_who_want_a_sku_at_once_one_gets_it,
);

fn a_new_item_reads_back_as_it_was_made(engine: Engine) {
    let world = world(engine);
    crate::categories::tests::make(&world, "garden");
    crate::categories::tests::make(&world, "garden/pots");
    let attributes = json!({ "colour": "red", "sizes": [1, 2.5, { "wide": null }], "é": "ü" });
    let hazard = json!({ "class": "3", "un_number": 1263, "packing_group": "II" });
    let made = world.create(NewItem {
        category: some("Garden/Pots"),
        storage_class: some("flammables"),
        temperature: some("cool"),
        hazard: serde_json::from_value(hazard).unwrap(),
        attributes: attributes.as_object().cloned(),
        owner: some("A friend"),
        tracking: some("serial"),
        base_unit: "kg".to_owned(),
        units: vec![new_unit("lb", "0.45359237"), new_unit("third", "1/3")],
        barcodes: vec![new_barcode("C-9", "third"), new_barcode("4006381333931", "kg")],
        ..new_item("Straße 1")
    });
    let found = world.read(|conn| crate::item(conn, "STRASSE 1")).unwrap();
    assert_eq!(found, made);
    assert_eq!(found.category, "garden/pots");
    assert_eq!(found.units[2].unit, UnitCode::parse("third").unwrap());
    assert_eq!(found.hazard.and_then(|hazard| hazard.un_number), Some(1263));
    assert_eq!(world.events().last(), Some(&("catalog.item_created".to_owned(), 1)));
}

fn a_sku_that_differs_in_case_alone_is_taken(engine: Engine) {
    let world = world(engine);
    world.create(new_item("abc"));
    let refused = world.refused(|tx, ctx| create_item(tx, ctx, &new_item("ABC")));
    assert_eq!(refused, (Code::CodeTaken, "/sku".to_owned()));
    let twice =
        world.refused(|tx, ctx| create_items(tx, ctx, &[new_item("x"), new_item("y"), new_item("X")]));
    assert_eq!(twice, (Code::CodeTaken, "/2/sku".to_owned()));
    assert_eq!(world.audits(), 1, "a refusal leaves nothing behind");
}

fn a_barcode_of_another_item_is_taken(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "012345678905"));
    let refused = world.refused(|tx, ctx| create_item(tx, ctx, &new_cased("B", "0012345678905")));
    assert_eq!(refused, (Code::CodeTaken, "/barcodes/0/code".to_owned()));
    let twice = world
        .run(|tx, ctx| {
            create_items(tx, ctx, &[new_cased("B", "4006381333931"), new_cased("C", "4006381333931")])
        })
        .unwrap_err();
    let twice = twice.problem();
    assert_eq!(seen(&twice), (Code::CodeTaken, "/1/barcodes/0/code".to_owned()));
    assert_eq!(twice.detail, "the barcode `4006381333931` stands twice: the item `B` comes with it too");
}

fn many_items_are_made_all_or_none(engine: Engine) {
    let world = world(engine);
    let made = world
        .run(|tx, ctx| {
            let new: Vec<NewItem> =
                (0..3_000).map(|n| new_cased(&format!("S{n}"), &format!("C-{n}"))).collect();
            create_items(tx, ctx, &new)
        })
        .unwrap();
    assert_eq!(made.len(), 3_000);
    let found = world.read(|conn| crate::item(conn, "s2999")).unwrap();
    assert_eq!(found, made[2_999]);
    assert_eq!(world.audits(), 3_000);
    let refused = world.refused(|tx, ctx| create_items(tx, ctx, &[new_item("NEW"), new_item("s7")]));
    assert_eq!(refused, (Code::CodeTaken, "/1/sku".to_owned()));
    assert_eq!(world.read(|conn| crate::item(conn, "NEW")), None);
    let bad = world.refused(|tx, ctx| create_items(tx, ctx, &[new_item("NEW"), NewItem::default()]));
    assert_eq!(bad, (Code::InvalidValue, "/1/sku".to_owned()));
    assert!(world.run(|tx, ctx| create_items(tx, ctx, &[])).unwrap().is_empty());
}

fn a_call_has_a_limit(engine: Engine) {
    let world = world(engine);
    let refused =
        world.refused(|tx, ctx| create_items(tx, ctx, &vec![NewItem::default(); ITEMS_PER_CALL_MAX + 1]));
    assert_eq!(refused.0, Code::TooMany);
}

fn of_many_who_want_a_sku_at_once_one_gets_it(engine: Engine) {
    let world = world(engine);
    let outcomes: Vec<Result<Item, Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (world, sku) = (&world, if n % 2 == 0 { "abc" } else { "ABC" });
                scope.spawn(move || world.run(move |tx, ctx| create_item(tx, ctx, &new_item(sku))))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(outcome.problem().code, Code::CodeTaken, "{outcome}");
    }
    assert_eq!(world.events().len(), 1);
}
