//! Items that become variants and stop being one, on both engines.

use super::tests::{make, shop};
use super::*;
use crate::testing::{World, new_item, on_both_engines, seen};
use db::Engine;
use serde_json::json;
use web::IfMatch::{Any, Version};

on_both_engines!(
    an_item_becomes_a_variant_and_follows_where_it_says_the_same,
    what_cannot_be_a_variant_is_refused,
    an_item_leaves_its_family_and_stays,
    one_that_is_merged_away_leaves_its_place_to_the_other,
    many_who_adopt_into_one_place_have_one,
);

fn adopt(
    world: &World,
    sku: &str,
    options: &serde_json::Value,
) -> Result<(crate::Item, VariantFields), Failure> {
    let command: Adopt = serde_json::from_value(json!({ "family": "shirt", "options": options })).unwrap();
    let sku = sku.to_owned();
    world.run(move |tx, ctx| adopt_variant(tx, ctx, (&sku, Any), &command))
}

fn item(world: &World, sku: &str, unit: &str) {
    let new = crate::NewItem { base_unit: unit.to_owned(), ..new_item(sku) };
    world.run(move |tx, ctx| crate::create_item(tx, ctx, &new)).unwrap();
}

fn an_item_becomes_a_variant_and_follows_where_it_says_the_same(engine: Engine) {
    let world = shop(engine);
    item(&world, "OLD-1", "each");
    let (after, fields) = adopt(&world, "OLD-1", &json!({ "colour": "red", "size": "S" })).unwrap();
    assert_eq!((after.version, after.family.as_deref()), (2, Some("SHIRT")));
    assert_eq!(fields.variant.options["colour"], "RED");
    assert!(fields.own.contains(&"name".to_owned()), "{:?}", fields.own);
    assert!(fields.follows.contains(&"class".to_owned()), "{:?}", fields.follows);
    let told = world.db.read_blocking(|conn| crate::changes_of(conn, "OLD-1", None, 1)).unwrap();
    let part = told[0].changes.iter().find(|change| change.field == "variant").unwrap();
    assert_eq!((&part.before, &part.after["options"]["colour"]), (&json!(null), &json!("RED")));
    // the same again changes nothing
    let (again, _) = adopt(&world, "old-1", &json!({ "colour": "RED", "size": "s" })).unwrap();
    assert_eq!(again.version, 2);
    // what the family gives from now on reaches it where it said the same
    let change: crate::ChangeFamily =
        serde_json::from_value(json!({ "defaults": { "storage_class": "rail" } })).unwrap();
    world.run(move |tx, ctx| crate::change_family(tx, ctx, ("SHIRT", Any), &change)).unwrap();
    let now = world.read(|conn| crate::item(conn, "OLD-1")).unwrap();
    assert_eq!(now.storage_class.map(|class| class.to_string()).as_deref(), Some("rail"));
    // and it stands where a new one would
    let made = make(&world, json!({ "options": { "colour": ["RED"], "size": ["S", "M"] } })).unwrap();
    assert_eq!((made.made.len(), made.present), (1, 1));
}

fn one_that_is_merged_away_leaves_its_place_to_the_other(engine: Engine) {
    let world = shop(engine);
    item(&world, "OLD-1", "each");
    item(&world, "OLD-2", "each");
    let red_s = json!({ "colour": "RED", "size": "S" });
    adopt(&world, "OLD-1", &red_s).unwrap();
    let gone = world
        .run(|tx, ctx| {
            let (gone, kept) = crate::hold_merge(tx, ("OLD-1", Any), "OLD-2")?;
            crate::merge_item(tx, ctx, (gone, kept), &serde_json::Map::new())
        })
        .unwrap();
    assert_eq!((gone.family.as_deref(), gone.merged_into.as_deref()), (None, Some("OLD-2")));
    let (kept, _) = adopt(&world, "OLD-2", &red_s).unwrap();
    assert_eq!(kept.family.as_deref(), Some("SHIRT"));
    let told = world.db.read_blocking(|conn| crate::changes_of(conn, "OLD-1", None, 1)).unwrap();
    let fields: Vec<&str> = told[0].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["archived", "family", "merged_into"]);
}

fn what_cannot_be_a_variant_is_refused(engine: Engine) {
    let world = shop(engine);
    make(&world, json!({ "options": { "colour": ["RED"], "size": ["S"] } })).unwrap();
    item(&world, "OLD-1", "each");
    item(&world, "OLD-2", "kg");
    let red_m = json!({ "colour": "RED", "size": "M" });
    adopt(&world, "OLD-1", &red_m).unwrap();
    let rows = [
        ("NONE", json!({ "colour": "RED", "size": "L" }), Code::NotFound, ""),
        ("OLD-2", json!({ "colour": "RED", "size": "L" }), Code::InvalidValue, "/family"),
        ("OLD-1", json!({ "colour": "RED", "size": "L" }), Code::InUse, ""),
        ("OLD-2", json!({ "colour": "RED" }), Code::InvalidValue, "/options"),
        ("OLD-2", json!({ "colour": "PINK", "size": "L" }), Code::InvalidValue, "/options/colour"),
    ];
    for (sku, options, code, pointer) in rows {
        let Err(Failure::Refused(problem)) = adopt(&world, sku, &options) else {
            panic!("{sku} {options} is not refused")
        };
        assert_eq!(seen(&problem), (code, pointer.to_owned()), "{sku} {options}");
    }
    item(&world, "OLD-3", "each");
    for taken in [red_m, json!({ "colour": "RED", "size": "S" })] {
        let Err(Failure::Refused(problem)) = adopt(&world, "OLD-3", &taken) else { panic!("not refused") };
        assert_eq!(seen(&problem), (Code::CodeTaken, "/options".to_owned()));
    }
    let stale: Adopt =
        serde_json::from_value(json!({ "family": "SHIRT", "options": { "colour": "RED", "size": "L" } }))
            .unwrap();
    let refused = world.run(move |tx, ctx| adopt_variant(tx, ctx, ("OLD-3", Version(7)), &stale));
    assert!(matches!(refused, Err(Failure::Refused(problem)) if problem.code == Code::Stale));
}

fn an_item_leaves_its_family_and_stays(engine: Engine) {
    let world = shop(engine);
    make(&world, json!({ "options": { "colour": ["RED"], "size": ["S"] } })).unwrap();
    let before = world.read(|conn| crate::item(conn, "SHIRT-RED-S")).unwrap();
    let after = world.run(move |tx, ctx| leave_family(tx, ctx, ("SHIRT-RED-S", Any))).unwrap();
    assert_eq!((after.version, after.family, after.name), (before.version + 1, None, before.name));
    let again = world.run(move |tx, ctx| leave_family(tx, ctx, ("SHIRT-RED-S", Any)));
    assert!(matches!(again, Err(Failure::Refused(problem)) if problem.code == Code::NotFound));
    // its place is free, and its history says both
    let made = make(
        &world,
        json!({ "combinations": [
        { "options": { "colour": "RED", "size": "S" }, "sku": "NEW-S" }
    ] }),
    );
    assert_eq!(made.unwrap().made.len(), 1);
}

fn many_who_adopt_into_one_place_have_one(engine: Engine) {
    let world = shop(engine);
    for number in 0..8 {
        item(&world, &format!("OLD-{number}"), "each");
    }
    let results: Vec<bool> = std::thread::scope(|scope| {
        let world = &world;
        let all: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn(move || {
                    adopt(world, &format!("OLD-{number}"), &json!({ "colour": "BLUE", "size": "L" })).is_ok()
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|adopted| **adopted).count(), 1, "{results:?}");
}
