//! Units and barcodes come and go; factors stay.

use super::*;
use crate::NewItem;
use crate::testing::{new_barcode, new_cased, new_item, new_unit, on_both_engines, world};
use db::Engine;
use domain::Ratio;
use serde_json::json;

on_both_engines!(
    a_unit_is_added_and_removed,
    a_factor_never_changes,
    a_unit_in_use_stays,
    a_unit_that_a_bill_names_stays,
    a_unit_is_measured,
    a_barcode_is_added_and_removed,
);

fn a_unit_is_added_and_removed(engine: Engine) {
    let world = world(engine);
    let id = world.create(new_item("A")).id;
    let added = world.run(|tx, ctx| add_unit(tx, ctx, ("a", IfMatch::Any), &new_unit("case", "12"))).unwrap();
    assert_eq!((added.version, added.units.len()), (2, 2));
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), added);
    let removed = world.run(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case")).unwrap();
    assert_eq!((removed.version, removed.units.len()), (3, 1));
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), removed);
    assert_eq!(world.read(|conn| crate::unit_factors(conn, &[(id, "case")])), [None]);
    let refused = world.refused(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case"));
    assert_eq!(refused.0, Code::NotFound);
    assert_eq!(world.events().len(), 3);
}

fn a_factor_never_changes(engine: Engine) {
    let world = world(engine);
    let id = world.create(new_cased("A", "C-1")).id;
    let again = world.refused(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "10")));
    assert_eq!(again, (Code::CodeTaken, "/unit".to_owned()));
    world.run(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1")).unwrap();
    world.run(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case")).unwrap();
    let other = world.refused(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "10")));
    assert_eq!(other, (Code::CodeTaken, "/factor".to_owned()));
    world.run(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "24/2"))).unwrap();
    let factors = world.read(|conn| crate::unit_factors(conn, &[(id, "case")]));
    assert_eq!(factors, [Some(Ratio::parse("12").unwrap())]);
}

fn a_unit_is_measured(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "C-1"));
    let change = |unit: &'static str, body: serde_json::Value| {
        world.run(move |tx, ctx| {
            let change: ChangeUnit = serde_json::from_value(body.clone()).unwrap();
            change_unit(tx, ctx, ("A", IfMatch::Any), unit, &change)
        })
    };
    let case = json!({ "level": "case", "length_mm": 400, "width_mm": 300, "height_mm": 200 });
    assert_eq!(change("case", case.clone()).unwrap().version, 2);
    assert_eq!(change("case", case).unwrap().version, 2, "what is so already changes nothing");
    let each = change("each", json!({ "weight_g": "350" })).unwrap();
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), each);
    let shown = serde_json::to_value(&each).unwrap();
    assert_eq!(
        (&shown["units"][0]["length_mm"], &shown["units"][1]["weight_g"]),
        (&json!(400), &json!("350"))
    );
    let refused = change("case", json!({ "weight_g": "0" })).unwrap_err().problem().into_owned();
    assert_eq!(refused.errors[0].pointer, "/weight_g");
    assert_eq!(change("pallet", json!({})).unwrap_err().problem().code, Code::NotFound);
    world.run(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1")).unwrap();
    world.run(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case")).unwrap();
    let back = world.run(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "12"))).unwrap();
    assert_eq!(back.units[0].body, crate::Body::default(), "a unit comes back as it is described now");
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), back);
}

fn a_unit_in_use_stays(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "C-1"));
    for unit in ["case", "each"] {
        let refused = world.refused(move |tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), unit));
        assert_eq!(refused.0, Code::InUse, "{unit}");
    }
}

fn a_unit_that_a_bill_names_stays(engine: Engine) {
    let world = world(engine);
    for sku in ["KIT", "OTHER"] {
        world.create(new_item(sku));
    }
    world.create(NewItem { units: vec![new_unit("case", "12")], ..new_item("A") });
    let part = json!({ "sku": "A", "qty": "1", "unit": "case" });
    let bills = [
        json!({ "kind": "kit", "lines": [part] }),
        json!({ "kind": "kit", "lines": [{ "sku": "OTHER", "qty": "1", "alternatives": [part] }] }),
    ];
    let remove = || world.run(|tx, ctx| remove_unit(tx, ctx, ("A", IfMatch::Any), "case"));
    let set = |bill: &serde_json::Value| {
        let bill: crate::NewBom = serde_json::from_value(bill.clone()).unwrap();
        world.run(move |tx, ctx| crate::set_bom(tx, ctx, ("KIT", IfMatch::Any), &bill))
    };
    let kit = world.read(|conn| crate::item(conn, "KIT")).unwrap().id;
    for bill in &bills {
        set(bill).unwrap();
        // also while the whole is out of use: it may come back
        for archived in [true, false] {
            world.run(move |tx, ctx| crate::set_archived(tx, ctx, kit, archived)).unwrap();
            let refused = remove().unwrap_err().problem().into_owned();
            assert_eq!(refused.code, Code::InUse);
            assert!(refused.detail.contains("the bill of materials of `KIT`"), "{refused:?}");
        }
    }
    // one of them, and not both, whoever comes first
    for round in 0..10 {
        world.run(|tx, ctx| crate::remove_bom(tx, ctx, ("KIT", IfMatch::Any))).unwrap();
        let (made, removed) = std::thread::scope(|scope| {
            let made = scope.spawn(|| set(&bills[round % 2]).is_ok());
            let removed = scope.spawn(|| remove().is_ok());
            (made.join().unwrap(), removed.join().unwrap())
        });
        assert!(made != removed, "{round}: {made} {removed}");
        if removed {
            world.run(|tx, ctx| add_unit(tx, ctx, ("A", IfMatch::Any), &new_unit("case", "12"))).unwrap();
            set(&bills[0]).unwrap();
        }
    }
}

fn a_barcode_is_added_and_removed(engine: Engine) {
    let world = world(engine);
    world.create(new_cased("A", "C-1"));
    world.create(new_item("B"));
    let taken =
        world.refused(|tx, ctx| add_barcode(tx, ctx, ("B", IfMatch::Any), &new_barcode("C-1", "each")));
    assert_eq!(taken, (Code::CodeTaken, "/code".to_owned()));
    let twice =
        world.refused(|tx, ctx| add_barcode(tx, ctx, ("A", IfMatch::Any), &new_barcode("C-1", "each")));
    assert_eq!(twice, (Code::CodeTaken, "/code".to_owned()));
    let unit =
        world.refused(|tx, ctx| add_barcode(tx, ctx, ("B", IfMatch::Any), &new_barcode("C-2", "case")));
    assert_eq!(unit, (Code::UnknownUnit, "/unit".to_owned()));
    let added = world
        .run(|tx, ctx| add_barcode(tx, ctx, ("A", IfMatch::Any), &new_barcode("73513537", "each")))
        .unwrap();
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), added);
    let removed = world.run(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1")).unwrap();
    assert_eq!(world.read(|conn| crate::item(conn, "A")).unwrap(), removed);
    world.run(|tx, ctx| add_barcode(tx, ctx, ("B", IfMatch::Any), &new_barcode("C-1", "each"))).unwrap();
    let refused = world.refused(|tx, ctx| remove_barcode(tx, ctx, ("A", IfMatch::Any), "C-1"));
    assert_eq!(refused.0, Code::NotFound, "it is a barcode of another item now");
}
