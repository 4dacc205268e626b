//! Bills of materials: what is accepted, circles of every kind, and what is needed in the end.

use super::explode::explode;
use super::*;
use crate::NewItem;
use crate::testing::{World, new_cased, new_item, on_both_engines, world};
use db::Engine;
use serde_json::{Value, json};
use web::IfMatch::{Any, Version};

on_both_engines!(
    a_bill_is_set_changed_and_removed,
    each_refusal_names_its_line,
    nothing_consists_of_itself,
    bills_stand_only_so_deep,
    an_item_is_taken_apart,
    what_passes_through_a_phantom_is_rounded_where_it_is_taken,
    what_goes_into_another_item_stays_in_use,
    two_who_close_a_circle_at_once_do_not_both_succeed,
    what_goes_out_of_use_meanwhile_goes_into_nothing,
);

fn read(body: &Value) -> NewBom {
    serde_json::from_value(body.clone()).unwrap()
}

fn made_of(lines: &[(&str, &str)]) -> Value {
    let lines: Vec<Value> = lines.iter().map(|(sku, qty)| json!({ "sku": sku, "qty": qty })).collect();
    json!({ "kind": "made", "lines": lines })
}

fn set(world: &World, sku: &'static str, body: Value) -> Result<(Item, Bom), Failure> {
    world.run(move |tx, ctx| set_bom(tx, ctx, (sku, Any), &read(&body)))
}

fn refused(world: &World, sku: &'static str, body: Value) -> (Code, String) {
    world.refused(move |tx, ctx| set_bom(tx, ctx, (sku, Any), &read(&body)))
}

fn shop(engine: Engine) -> World {
    let world = world(engine);
    for sku in ["BIKE", "WHEEL", "SPOKE", "TYRE", "FRAME", "KIT"] {
        world.create(new_item(sku));
    }
    world.create(NewItem { base_unit: "kg".to_owned(), ..new_item("STEEL") });
    world.create(new_cased("SCREW", "C-1"));
    world
}

fn a_bill_is_set_changed_and_removed(engine: Engine) {
    let world = shop(engine);
    let body = json!({ "kind": "made", "yield": "2", "note": "by hand", "lines": [
        { "sku": "spoke", "qty": "64", "scrap_percent": "2.5" },
        { "sku": "SCREW", "qty": "1", "unit": "case",
          "alternatives": [{ "sku": "STEEL", "qty": "0.25" }, { "sku": "TYRE", "qty": "1" }] },
    ] });
    let (item, bom) = set(&world, "WHEEL", body.clone()).unwrap();
    assert_eq!((item.version, bom.lines.len(), bom.yielded), (2, 2, Qty::units(2).unwrap()));
    let screws = &bom.lines[1];
    assert_eq!((screws.component.base_qty, screws.alternatives.len()), (Qty::units(12).unwrap(), 2));
    assert_eq!(world.read(|conn| super::bom(conn, "wheel")).unwrap(), (item.clone(), bom.clone()));
    let shown = serde_json::to_value(&bom).unwrap();
    assert_eq!((&shown["yield"], &shown["lines"][0]["scrap_percent"]), (&json!("2"), &json!("2.5")));
    assert_eq!(set(&world, "WHEEL", body).unwrap().0.version, 2, "what is said already changes nothing");
    let stale =
        world.refused(|tx, ctx| set_bom(tx, ctx, ("WHEEL", Version(1)), &read(&made_of(&[("TYRE", "1")]))));
    assert_eq!(stale.0, Code::Stale);
    let (item, _) = set(&world, "WHEEL", made_of(&[("TYRE", "1")])).unwrap();
    assert_eq!(item.version, 3);
    let used = world.read(|conn| {
        let item = find::item(conn, "TYRE")?.unwrap();
        store_bom::used_in(conn, item.id, "", 10)
    });
    assert_eq!(
        used.iter().map(|one| (one.sku.as_str(), one.alternative)).collect::<Vec<_>>(),
        [("WHEEL", false)]
    );
    world.run(|tx, ctx| remove_bom(tx, ctx, ("WHEEL", Version(3)))).unwrap();
    assert_eq!(world.read(|conn| super::bom(conn, "WHEEL")), None);
    assert_eq!(world.refused(|tx, ctx| remove_bom(tx, ctx, ("WHEEL", Any))).0, Code::NotFound);
    let history = world.db.read_blocking(|conn| crate::changes_of(conn, "WHEEL", None, 10)).unwrap();
    assert_eq!(history[0].action, "catalog.item.remove_bom");
    assert_eq!(history[0].changes[0].field, "bom");
    assert!(history[0].changes[0].after.is_null() && history[1].changes[0].after.is_object());
}

fn each_refusal_names_its_line(engine: Engine) {
    let world = shop(engine);
    let line = |line: Value| json!({ "kind": "kit", "lines": [{ "sku": "TYRE", "qty": "1" }, line] });
    let with = |field: &str, value: &str| {
        let mut body = made_of(&[("TYRE", "1")]);
        body[field] = json!(value);
        body
    };
    let many =
        |count: usize| json!({ "kind": "kit", "lines": vec![json!({ "sku": "TYRE", "qty": "1" }); count] });
    let others = |count: usize| {
        line(json!({
            "sku": "SPOKE", "qty": "1", "alternatives": vec![json!({ "sku": "STEEL", "qty": "1" }); count]
        }))
    };
    let cases = [
        (with("kind", "set"), Code::InvalidValue, "/kind"),
        (with("yield", "0"), Code::InvalidQuantity, "/yield"),
        (with("yield", "1.5"), Code::FractionRefused, "/yield"),
        (with("yield", "x"), Code::InvalidQuantity, "/yield"),
        (json!({ "kind": "kit", "lines": [] }), Code::InvalidValue, "/lines"),
        (many(BOM_LINES_MAX + 1), Code::TooMany, "/lines"),
        (many(2), Code::InvalidValue, "/lines/1/sku"),
        (others(BOM_ALTERNATIVES_MAX + 1), Code::TooMany, "/lines/1/alternatives"),
        (others(2), Code::InvalidValue, "/lines/1/alternatives/1/sku"),
        (line(json!({ "sku": "NONE", "qty": "1" })), Code::UnknownItem, "/lines/1/sku"),
        (line(json!({ "sku": "BIKE", "qty": "1" })), Code::TreeCycle, "/lines/1/sku"),
        (line(json!({ "sku": "SPOKE", "qty": "0" })), Code::InvalidQuantity, "/lines/1/qty"),
        (line(json!({ "sku": "SPOKE", "qty": "-1" })), Code::InvalidQuantity, "/lines/1/qty"),
        (line(json!({ "sku": "SPOKE", "qty": "0.5" })), Code::FractionRefused, "/lines/1/qty"),
        (line(json!({ "sku": "SCREW", "qty": "1", "unit": "pallet" })), Code::UnknownUnit, "/lines/1/unit"),
        (
            line(json!({ "sku": "SPOKE", "qty": "1", "scrap_percent": "101" })),
            Code::InvalidValue,
            "/lines/1/scrap_percent",
        ),
        (
            line(json!({ "sku": "SPOKE", "qty": "1", "alternatives": [{ "sku": "SPOKE", "qty": "1" }] })),
            Code::InvalidValue,
            "/lines/1/alternatives/0/sku",
        ),
    ];
    for (body, code, pointer) in cases {
        assert_eq!(refused(&world, "BIKE", body.clone()), (code, pointer.to_owned()), "{body}");
    }
    let id = world.read(|conn| crate::item(conn, "SPOKE")).unwrap().id;
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, true)).unwrap();
    let archived = refused(&world, "BIKE", line(json!({ "sku": "SPOKE", "qty": "1" })));
    assert_eq!(archived, (Code::InvalidValue, "/lines/1/sku".to_owned()));
    assert_eq!(refused(&world, "NONE", made_of(&[("TYRE", "1")])).0, Code::NotFound);
    assert_eq!(world.read(|conn| super::bom(conn, "BIKE")), None);
}

fn nothing_consists_of_itself(engine: Engine) {
    let world = shop(engine);
    set(&world, "BIKE", made_of(&[("WHEEL", "2"), ("FRAME", "1")])).unwrap();
    let body = json!({ "kind": "made", "lines": [
        { "sku": "TYRE", "qty": "1", "alternatives": [{ "sku": "SPOKE", "qty": "1" }] }] });
    set(&world, "WHEEL", body).unwrap();
    let circle = set(&world, "SPOKE", made_of(&[("BIKE", "1")])).unwrap_err().problem().into_owned();
    assert_eq!((circle.code, circle.errors[0].pointer.as_str()), (Code::TreeCycle, "/lines"));
    assert_eq!(
        circle.detail, "an item cannot consist of itself: `SPOKE` → `BIKE` → `WHEEL` → `SPOKE`",
        "also by way of what only stands in"
    );
    // the same part by two ways is no circle
    set(&world, "FRAME", made_of(&[("TYRE", "1")])).unwrap();
    assert_eq!(world.read(|conn| super::bom(conn, "SPOKE")), None);
}

fn bills_stand_only_so_deep(engine: Engine) {
    let world = world(engine);
    let skus: Vec<&'static str> = (0..=BOM_DEPTH_MAX + 1).map(|n| &*format!("L{n:02}").leak()).collect();
    for sku in &skus {
        world.create(new_item(sku));
    }
    let over = |upper: usize| set(&world, skus[upper], made_of(&[(skus[upper + 1], "1")]));
    // from the bottom and from the top, to meet in the middle
    for upper in (9..BOM_DEPTH_MAX).rev().chain(0..8) {
        over(upper).unwrap();
    }
    over(8).unwrap();
    let below = over(BOM_DEPTH_MAX).unwrap_err().problem().into_owned();
    assert_eq!((below.code, below.errors[0].pointer.as_str()), (Code::LimitExceeded, "/lines"));
    let above = set(&world, skus[BOM_DEPTH_MAX + 1], made_of(&[(skus[0], "1")])).unwrap_err();
    assert_eq!(above.problem().code, Code::LimitExceeded);
}

fn an_item_is_taken_apart(engine: Engine) {
    let world = shop(engine);
    let wheel = json!({ "kind": "phantom", "lines": [
        { "sku": "SPOKE", "qty": "32", "scrap_percent": "5" }, { "sku": "TYRE", "qty": "1" }] });
    set(&world, "WHEEL", wheel).unwrap();
    let frame = json!({ "kind": "made", "yield": "4", "lines": [{ "sku": "STEEL", "qty": "9" }, { "sku": "SCREW", "qty": "6" }] });
    set(&world, "FRAME", frame).unwrap();
    set(&world, "BIKE", made_of(&[("WHEEL", "2"), ("FRAME", "1"), ("SCREW", "4")])).unwrap();
    let bike = world.read(|conn| crate::item(conn, "BIKE")).unwrap().id;
    let bills = world.db.read_blocking(|conn| plain_tree(conn, bike)).unwrap();
    let taken = explode(bike, Qty::units(3).unwrap(), &bills).unwrap();
    let steps: Vec<(usize, &str, String)> =
        taken.steps.iter().map(|step| (step.level, step.sku.as_str(), step.qty.to_string())).collect();
    let step = |level, sku, qty: &str| (level, sku, qty.to_owned());
    let expected = [
        step(1, "WHEEL", "6"),
        // 6 · 32 · 1.05 = 201.6
        step(2, "SPOKE", "202"),
        step(2, "TYRE", "6"),
        step(1, "FRAME", "3"),
        step(2, "STEEL", "6.75"),
        // 3 · 6 / 4 = 4.5
        step(2, "SCREW", "5"),
        step(1, "SCREW", "12"),
    ];
    assert_eq!(steps, expected);
    let totals: Vec<(&str, String)> =
        taken.totals.iter().map(|total| (total.sku.as_str(), total.qty.to_string())).collect();
    let total = |sku, qty: &str| (sku, qty.to_owned());
    assert_eq!(
        totals,
        [total("SCREW", "17"), total("SPOKE", "202"), total("STEEL", "6.75"), total("TYRE", "6")]
    );
    let much = explode(bike, Qty::MAX, &bills).unwrap_err();
    assert_eq!((much.code, much.errors[0].pointer.as_str()), (Code::InvalidQuantity, "?qty"));
}

fn what_passes_through_a_phantom_is_rounded_where_it_is_taken(engine: Engine) {
    let world = world(engine);
    for sku in ["KA", "KB", "KC"] {
        world.create(new_item(sku));
    }
    let upper = json!({ "kind": "made", "lines": [{ "sku": "KB", "qty": "2", "scrap_percent": "10" }] });
    set(&world, "KA", upper).unwrap();
    let upper = world.read(|conn| crate::item(conn, "KA")).unwrap().id;
    // 7 · 2 · 1.1 = 15.4, of which 7.5 each go in
    for (kind, middle, parts) in [("phantom", "15.4", "116"), ("made", "16", "120"), ("kit", "16", "120")] {
        let lower = json!({ "kind": kind, "yield": "2", "lines": [{ "sku": "KC", "qty": "15" }] });
        set(&world, "KB", lower).unwrap();
        let bills = world.db.read_blocking(|conn| plain_tree(conn, upper)).unwrap();
        let taken = explode(upper, Qty::units(7).unwrap(), &bills).unwrap();
        let seen: Vec<String> = taken.steps.iter().map(|step| step.qty.to_string()).collect();
        assert_eq!(seen, [middle, parts], "{kind}");
        assert_eq!(taken.totals[0].qty.to_string(), parts, "{kind}");
    }
}

fn what_goes_into_another_item_stays_in_use(engine: Engine) {
    let world = shop(engine);
    let body = json!({ "kind": "kit", "lines": [
        { "sku": "TYRE", "qty": "1", "alternatives": [{ "sku": "SPOKE", "qty": "1" }] }] });
    set(&world, "KIT", body).unwrap();
    let archive = |sku: &'static str| {
        let id = world.read(|conn| crate::item(conn, sku)).unwrap().id;
        world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, true))
    };
    for part in ["TYRE", "SPOKE"] {
        assert_eq!(archive(part).unwrap_err().problem().code, Code::InUse, "{part}");
    }
    archive("KIT").unwrap();
    archive("TYRE").unwrap();
    archive("SPOKE").unwrap();
    let restore = |sku: &'static str| {
        let id = world.read(|conn| crate::item(conn, sku)).unwrap().id;
        world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, false))
    };
    for part in ["TYRE", "SPOKE"] {
        assert_eq!(restore("KIT").unwrap_err().problem().code, Code::InUse, "nor does it come back without");
        restore(part).unwrap();
    }
    restore("KIT").unwrap();
}

fn two_who_close_a_circle_at_once_do_not_both_succeed(engine: Engine) {
    let world = shop(engine);
    for _ in 0..8 {
        let halves = [("WHEEL", "TYRE"), ("TYRE", "WHEEL")];
        let done: Vec<bool> = std::thread::scope(|scope| {
            let asked: Vec<_> = halves
                .iter()
                .map(|(sku, part)| scope.spawn(|| set(&world, sku, made_of(&[(part, "1")])).is_ok()))
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1);
        let won = if done[0] { "WHEEL" } else { "TYRE" };
        world.run(move |tx, ctx| remove_bom(tx, ctx, (won, Any))).unwrap();
    }
}

fn what_goes_out_of_use_meanwhile_goes_into_nothing(engine: Engine) {
    let world = shop(engine);
    let id = world.read(|conn| crate::item(conn, "TYRE")).unwrap().id;
    let archive = |archived| world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, archived));
    let stands_in = json!({ "kind": "kit", "lines": [
        { "sku": "SPOKE", "qty": "1", "alternatives": [{ "sku": "TYRE", "qty": "1" }] }] });
    let bills = [made_of(&[("TYRE", "1")]), stands_in];
    for (round, bill) in bills.iter().cycle().take(12).enumerate() {
        let (made, archived) = std::thread::scope(|scope| {
            let made = scope.spawn(|| set(&world, "KIT", bill.clone()).is_ok());
            let archived = scope.spawn(|| archive(true).is_ok());
            (made.join().unwrap(), archived.join().unwrap())
        });
        assert!(made != archived, "{round}: one of them, and not both: {made} {archived}");
        if made {
            world.run(|tx, ctx| remove_bom(tx, ctx, ("KIT", Any))).unwrap();
        } else {
            archive(false).unwrap();
        }
    }
}
