//! Every field that changed is told with what it was, page by page.

use super::*;
use crate::testing::{new_cased, new_item, on_both_engines, world};
use crate::{ChangeItem, NewUnit};
use db::Engine;
use domain::Code;
use serde_json::json;
use web::IfMatch::Any;

on_both_engines!(
    each_change_is_told_by_field,
    pages_go_on_where_they_ended,
    a_category_with_another_name_is_nobody_s_change_of_its_items,
);

fn each_change_is_told_by_field(engine: Engine) {
    let world = world(engine);
    let id = world.create(new_cased("A", "C-1")).id;
    world.create(new_item("B"));
    // something else of the same name
    crate::categories::tests::make(&world, "A");
    let change: ChangeItem =
        serde_json::from_value(json!({ "name": "Pot", "attributes": { "colour": "red" } })).unwrap();
    world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Any, &change)).unwrap();
    world
        .run(|tx, ctx| {
            let layer = NewUnit { unit: "layer".to_owned(), factor: "48".to_owned(), ..NewUnit::default() };
            crate::add_unit(tx, ctx, ("A", Any), &layer)
        })
        .unwrap();
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, id, true)).unwrap();
    let changes = world.db.read_blocking(|conn| changes_of(conn, "a", None, 10)).unwrap();
    let seen: Vec<(i64, &str, Vec<&str>)> = changes
        .iter()
        .map(|change| {
            let fields = change.changes.iter().map(|field| field.field.as_str()).collect();
            (change.version, change.action.as_str(), fields)
        })
        .collect();
    let expected = [
        (4, "catalog.item.archive", vec!["archived"]),
        (3, "catalog.unit.add", vec!["units"]),
        (2, "catalog.item.change", vec!["attributes.colour", "name"]),
        (1, "catalog.item.create", vec![]),
    ];
    assert_eq!(seen, expected);
    let name = &changes[2].changes[1];
    assert_eq!((&name.before, &name.after), (&json!("Item A"), &json!("Pot")));
    assert_eq!(changes[0].actor, ChangedBy { id: 1, name: "ann".to_owned() });
    let missing = world.db.read_blocking(|conn| changes_of(conn, "none", None, 10)).unwrap_err();
    assert_eq!(missing.problem().code, Code::NotFound);
}

fn pages_go_on_where_they_ended(engine: Engine) {
    let world = world(engine);
    world.create(new_item("A"));
    for n in 0..5 {
        let change: ChangeItem = serde_json::from_value(json!({ "name": format!("Name {n}") })).unwrap();
        world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Any, &change)).unwrap();
    }
    let all = world.db.read_blocking(|conn| changes_of(conn, "A", None, 10)).unwrap();
    assert_eq!(all.len(), 6);
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = world.db.read_blocking(|conn| changes_of(conn, "A", before, 2)).unwrap();
        let Some(end) = page.last() else { break };
        before = Some(end.n);
        seen.extend(page);
    }
    assert_eq!(seen, all, "the last of a page knows what it began with");
}

/// Who saves an item after its category has another name has not moved it.
fn a_category_with_another_name_is_nobody_s_change_of_its_items(engine: Engine) {
    let world = world(engine);
    for path in ["pots", "lamps"] {
        crate::categories::tests::make(&world, path);
    }
    world.create(crate::NewItem { category: Some("pots".to_owned()), ..new_item("A") });
    let rename = |from: &'static str, to: &str| {
        let change = serde_json::from_value(json!({ "name": to })).unwrap();
        world.run(move |tx, ctx| crate::change_category(tx, ctx, from, Any, &change)).unwrap();
    };
    let save = |change: Value| {
        let change: ChangeItem = serde_json::from_value(change).unwrap();
        world.run(move |tx, ctx| crate::change_item(tx, ctx, "A", Any, &change)).unwrap();
    };
    let latest = || {
        let change = world.db.read_blocking(|conn| changes_of(conn, "A", None, 1)).unwrap().remove(0);
        let told = change.changes.into_iter().map(|told| (told.field, told.before, told.after));
        told.collect::<Vec<_>>()
    };
    rename("pots", "vessels");
    save(json!({ "name": "Pot" }));
    assert_eq!(latest(), [("name".to_owned(), json!("Item A"), json!("Pot"))]);
    // back under the name that an earlier row shows, and from one that none does
    rename("vessels", "jugs");
    rename("lamps", "vessels");
    save(json!({ "category": "vessels" }));
    assert_eq!(latest(), [("category".to_owned(), json!("jugs"), json!("vessels"))]);
}
