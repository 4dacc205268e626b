//! Merging: what moves, what holds it back, and that both can still be read.

use super::*;
use crate::supplies::tests::add as add_supply;
use crate::testing::{World, new_barcode, new_cased, new_item, new_unit, on_both_engines, seen, world};
use crate::{FoundAs, NewItem};
use db::Engine;
use serde_json::json;
use web::IfMatch::{Any, Version};

on_both_engines!(
    codes_move_and_the_other_says_where_it_went,
    each_refusal_says_what_to_do,
    what_goes_into_something_is_taken_out_first,
    units_of_one_name_must_be_one,
    merges_follow_one_another,
    two_who_merge_each_into_the_other_do_not_both_succeed,
);

fn shop(engine: Engine) -> World {
    let world = world(engine);
    crate::suppliers::tests::make(&world, "ACME");
    world.create(new_item("A"));
    world.create(new_cased("B", "4006381333931"));
    world
}

/// As the command of the ledger does it, without looking at stock.
fn merge(world: &World, from: &'static str, into: &'static str) -> Result<Item, Failure> {
    world.run(move |tx, ctx| {
        let (gone, kept) = hold_merge(tx, (from, Any), into)?;
        merge_item(tx, ctx, (gone, kept), &serde_json::Map::new())
    })
}

fn problem<T: std::fmt::Debug>(result: Result<T, Failure>) -> (Code, String) {
    match result {
        Err(Failure::Refused(problem)) => seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

fn codes_move_and_the_other_says_where_it_went(engine: Engine) {
    let world = shop(engine);
    add_supply(&world, "B", &json!({ "supplier": "ACME", "supplier_sku": "X-1", "unit": "case" })).unwrap();
    let price: crate::NewPrice = serde_json::from_value(json!({ "kind": "purchase", "supplier": "ACME",
        "currency": "EUR", "amount": "60", "valid_from": "2026-01-01" }))
    .unwrap();
    world.run(move |tx, ctx| crate::add_price(tx, ctx, ("B", Any), &price)).unwrap();
    let stale = world.refused(|tx, _| hold_merge(tx, ("B", Version(1)), "A"));
    assert_eq!(stale.0, Code::Stale);
    let gone = merge(&world, "b", "a").unwrap();
    assert_eq!((gone.archived, gone.merged_into.as_deref(), gone.barcodes.len()), (true, Some("A"), 0));
    assert_eq!(world.read(|conn| crate::item(conn, "B")), Some(gone.clone()));
    let kept = world.read(|conn| crate::item(conn, "A")).unwrap();
    assert_eq!((kept.units.len(), kept.barcodes[0].unit.as_str()), (2, "case"));
    let found = |code: &'static str| {
        let found = world.read(|conn| find::by_code(conn, code, None));
        found.into_iter().map(|one| (one.found_as, one.item.sku)).collect::<Vec<_>>()
    };
    assert_eq!(found("4006381333931"), [(FoundAs::Barcode, "A".to_owned())]);
    assert_eq!(found("X-1"), [(FoundAs::SupplierSku, "A".to_owned())]);
    assert_eq!(found("B"), [(FoundAs::Sku, "B".to_owned()), (FoundAs::Merged, "A".to_owned())]);
    let sold = world.read(|conn| crate::supplies_of(conn, "A")).unwrap();
    assert_eq!(sold.supplies.len(), 1);
    let filter = crate::store_prices::Filter { before: i64::MAX, kind: None, list: None, on: None, limit: 9 };
    assert_eq!(world.read(|conn| crate::store_prices::list(conn, kept.id, &filter)).len(), 1);
    // both histories go on from what they were
    let told = |sku: &'static str| {
        let changes = world.db.read_blocking(|conn| crate::changes_of(conn, sku, None, 10)).unwrap();
        changes.into_iter().map(|change| change.action).collect::<Vec<_>>()
    };
    assert_eq!(told("A"), ["catalog.item.absorb", "catalog.item.create"]);
    assert_eq!(
        told("B"),
        ["catalog.item.merge", "catalog.item.add_price", "catalog.item.add_supply", "catalog.item.create"]
    );
    let changes = world.db.read_blocking(|conn| crate::changes_of(conn, "A", None, 1)).unwrap();
    let absorbed = changes[0].changes.iter().find(|change| change.field == "merged").unwrap();
    assert_eq!(absorbed.after["sku"], "B");
    let restored = world.refused(move |tx, ctx| crate::set_archived(tx, ctx, gone.id, false));
    assert_eq!(restored.0, Code::InUse, "its codes are elsewhere");
}

fn each_refusal_says_what_to_do(engine: Engine) {
    let world = shop(engine);
    world.create(NewItem { owner: Some("Smith".to_owned()), ..new_item("THEIRS") });
    world.create(NewItem { class: Some("service".to_owned()), ..new_item("SERVICE") });
    world.create(NewItem { base_unit: "kg".to_owned(), ..new_item("LOOSE") });
    let old = world.create(new_item("OLD")).id;
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, old, true)).unwrap();
    let at_into = |code| (code, "/into".to_owned());
    for (into, code) in [
        ("none", Code::UnknownItem),
        ("B", Code::InvalidValue),
        ("THEIRS", Code::InvalidValue),
        ("SERVICE", Code::InvalidValue),
        ("LOOSE", Code::InvalidValue),
        ("OLD", Code::InvalidValue),
    ] {
        assert_eq!(problem(merge(&world, "B", into)), at_into(code), "{into}");
    }
    assert_eq!(problem(merge(&world, "none", "A")).0, Code::NotFound);
    // nothing of it moves, so the unit does not matter
    merge(&world, "LOOSE", "A").unwrap();
    assert_eq!(problem(merge(&world, "LOOSE", "A")).0, Code::InUse, "it went already");
    assert_eq!(problem(merge(&world, "B", "LOOSE")), at_into(Code::InvalidValue));
}

fn what_goes_into_something_is_taken_out_first(engine: Engine) {
    let world = shop(engine);
    world.create(new_item("KIT"));
    world.create(new_item("C"));
    let part = json!({ "sku": "B", "qty": "1" });
    for line in [part.clone(), json!({ "sku": "C", "qty": "1", "alternatives": [part] })] {
        let bom: crate::NewBom = serde_json::from_value(json!({ "kind": "kit", "lines": [line] })).unwrap();
        world.run(move |tx, ctx| crate::set_bom(tx, ctx, ("KIT", Any), &bom)).unwrap();
        assert_eq!(problem(merge(&world, "B", "A")).0, Code::InUse);
    }
    world.run(|tx, ctx| crate::remove_bom(tx, ctx, ("KIT", Any))).unwrap();
    merge(&world, "B", "A").unwrap();
}

fn units_of_one_name_must_be_one(engine: Engine) {
    let world = shop(engine);
    world.run(|tx, ctx| crate::add_unit(tx, ctx, ("A", Any), &new_unit("case", "10"))).unwrap();
    let other = (Code::InvalidValue, "/into".to_owned());
    assert_eq!(problem(merge(&world, "B", "A")), other);
    world.run(|tx, ctx| crate::remove_unit(tx, ctx, ("A", Any), "case")).unwrap();
    assert_eq!(problem(merge(&world, "B", "A")), other, "a factor never changes, though the unit is gone");
    world.create(new_cased("C", "C-9"));
    world.run(|tx, ctx| crate::remove_barcode(tx, ctx, ("C", Any), "C-9")).unwrap();
    world.run(|tx, ctx| crate::remove_unit(tx, ctx, ("C", Any), "case")).unwrap();
    let merged = merge(&world, "B", "C").unwrap();
    assert_eq!(merged.merged_into.as_deref(), Some("C"));
    let kept = world.read(|conn| crate::item(conn, "C")).unwrap();
    assert_eq!((kept.units.len(), kept.barcodes.len()), (2, 1), "the unit is back");
    // as many barcodes on a unit as it takes, and not one more
    let many = |sku: &str, count: usize| NewItem {
        barcodes: (0..count).map(|n| new_barcode(&format!("{sku}-{n}"), "each")).collect(),
        ..new_item(sku)
    };
    let max = domain::unit::BARCODES_PER_UNIT_MAX;
    world.create(many("M1", max - 1));
    world.create(many("M2", 1));
    world.create(many("M3", 1));
    merge(&world, "M2", "M1").unwrap();
    assert_eq!(problem(merge(&world, "M3", "M1")), (Code::LimitExceeded, "/into".to_owned()));
}

fn merges_follow_one_another(engine: Engine) {
    let world = shop(engine);
    world.create(new_item("C"));
    merge(&world, "B", "A").unwrap();
    merge(&world, "A", "C").unwrap();
    let found = world.read(|conn| find::by_code(conn, "B", None));
    let last = found.last().map(|one| (one.found_as, one.item.sku.as_str()));
    assert_eq!((found.len(), last), (2, Some((FoundAs::Merged, "C"))));
    assert_eq!(world.read(|conn| crate::item(conn, "C")).unwrap().barcodes.len(), 1);
}

fn two_who_merge_each_into_the_other_do_not_both_succeed(engine: Engine) {
    let world = world(engine);
    for round in 0..6 {
        let pair: [&'static str; 2] = [format!("A{round}").leak(), format!("B{round}").leak()];
        for sku in pair {
            world.create(new_item(sku));
        }
        let done: Vec<bool> = std::thread::scope(|scope| {
            let asked: Vec<_> = [(pair[0], pair[1]), (pair[1], pair[0])]
                .map(|(from, into)| {
                    let world = &world;
                    scope.spawn(move || merge(world, from, into).is_ok())
                })
                .into();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{round}");
    }
}
