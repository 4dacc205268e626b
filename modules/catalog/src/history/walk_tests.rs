//! Every field that an item shows, by its own JSON: each is told when it changes, with what it was and what it
//! became, by whom and when. A field that is shown from now on and is not named here makes this fail.

use super::*;
use crate::item::Item;
use crate::testing::{new_barcode, new_cased, new_item, new_unit, on_both_engines};
use crate::variants::tests::shop;
use crate::{Adopt, ChangeItem, ChangeUnit};
use db::{Engine, Tx};
use domain::{Actor, Ctx, PrincipalId, Tracking};
use serde_json::json;
use std::collections::BTreeSet;
use web::IfMatch::Any;

on_both_engines!(every_field_that_an_item_shows_is_told_in_its_history);

/// What is said once, when the item is made; and what counts and dates the changes themselves.
const NEVER: [&str; 6] = ["sku", "base_unit", "whole", "created_at", "changed_at", "version"];

const SKU: &str = "LAMP";

type Change = Box<dyn Fn(&mut Tx<'_>, &Ctx) -> Result<Item, Failure> + Send>;

fn patch(change: Value) -> Change {
    let change: ChangeItem = serde_json::from_value(change).unwrap();
    Box::new(move |tx, ctx| crate::change_item(tx, ctx, SKU, Any, &change))
}

fn body(change: Value) -> Change {
    let change: ChangeUnit = serde_json::from_value(change).unwrap();
    Box::new(move |tx, ctx| crate::change_unit(tx, ctx, (SKU, Any), "case", &change))
}

fn add_unit(unit: &str, factor: &str) -> Change {
    let unit = new_unit(unit, factor);
    Box::new(move |tx, ctx| crate::add_unit(tx, ctx, (SKU, Any), &unit))
}

fn add_barcode(code: &str, unit: &str) -> Change {
    let code = new_barcode(code, unit);
    Box::new(move |tx, ctx| crate::add_barcode(tx, ctx, (SKU, Any), &code))
}

fn id(tx: &mut Tx<'_>, sku: &str) -> domain::ItemId {
    find::item(tx, sku).unwrap().unwrap().id
}

fn adopt() -> Change {
    let adopt: Adopt =
        serde_json::from_value(json!({ "family": "SHIRT", "options": { "colour": "RED", "size": "S" } }))
            .unwrap();
    Box::new(move |tx, ctx| crate::adopt_variant(tx, ctx, (SKU, Any), &adopt).map(|(item, _)| item))
}

fn archive() -> Change {
    Box::new(|tx, ctx| {
        let id = id(tx, SKU);
        crate::set_archived(tx, ctx, id, true)
    })
}

fn merge() -> Change {
    Box::new(|tx, ctx| {
        let (gone, kept) = (id(tx, SKU), id(tx, "TWIN"));
        crate::merge_item(tx, ctx, (gone, kept), &serde_json::Map::new())
    })
}

/// How each field is changed, in an order in which each can be.
fn changes() -> Vec<(&'static str, Change)> {
    let tracked: Change = Box::new(|tx, ctx| {
        let id = id(tx, SKU);
        crate::set_tracking(tx, ctx, id, Tracking::Lot)
    });
    let owned: Change = Box::new(|tx, ctx| {
        let id = id(tx, SKU);
        crate::set_owner(tx, ctx, id, Some("A friend"))
    });
    let hazard = |class, un_number, group| {
        patch(json!({ "hazard": { "class": class, "un_number": un_number, "packing_group": group } }))
    };
    vec![
        ("name", patch(json!({ "name": "Pot" }))),
        ("tracking", tracked),
        ("class", patch(json!({ "class": "raw_material" }))),
        ("category", patch(json!({ "category": "b" }))),
        ("storage_class", patch(json!({ "storage_class": "flammables" }))),
        ("temperature", patch(json!({ "temperature": "cool" }))),
        ("hazard.class", hazard("4.1", 1263, "II")),
        ("hazard.un_number", hazard("4.1", 1325, "II")),
        ("hazard.packing_group", hazard("4.1", 1325, "III")),
        ("attributes.colour", patch(json!({ "attributes": { "colour": "blue" } }))),
        ("owner", owned),
        ("expiry", patch(json!({ "expiry": "shelf_life", "shelf_life_days": 30 }))),
        ("shelf_life_days", patch(json!({ "shelf_life_days": 60 }))),
        ("family", adopt()),
        ("units[].unit", add_unit("layer", "48")),
        ("units[].factor", add_unit("pallet", "480")),
        ("units[].level", body(json!({ "level": "case" }))),
        ("units[].length_mm", body(json!({ "length_mm": 400 }))),
        ("units[].width_mm", body(json!({ "width_mm": 300 }))),
        ("units[].height_mm", body(json!({ "height_mm": 200 }))),
        ("units[].weight_g", body(json!({ "weight_g": "12.5" }))),
        ("barcodes[].code", add_barcode("C-2", "case")),
        ("barcodes[].symbology", add_barcode("4006381333931", "case")),
        ("barcodes[].unit", add_barcode("C-3", "layer")),
        ("archived", archive()),
        ("merged_into", merge()),
    ]
}

/// A field with the values that it has: of every unit and every barcode, and of each part of what has parts.
fn shown(item: &Map<String, Value>) -> Vec<(String, Vec<Value>)> {
    let mut fields = Vec::new();
    for (key, value) in item {
        match value {
            Value::Object(parts) => {
                fields
                    .extend(parts.iter().map(|(part, value)| (format!("{key}.{part}"), vec![value.clone()])));
            }
            Value::Array(rows) => {
                let parts: BTreeSet<&String> =
                    rows.iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
                let all = |part| rows.iter().map(|row| row[part].clone()).collect();
                fields.extend(parts.into_iter().map(|part| (format!("{key}[].{part}"), all(part))));
            }
            value => fields.push((key.clone(), vec![value.clone()])),
        }
    }
    fields
}

fn object(item: &Item) -> Map<String, Value> {
    serde_json::to_value(item).unwrap().as_object().unwrap().clone()
}

/// How the history names a field, and where its value stands.
fn told_as(field: &str) -> (String, String) {
    let name = field.split("[]").next().unwrap();
    (name.to_owned(), format!("/{}", name.replace('.', "/")))
}

fn every_field_that_an_item_shows_is_told_in_its_history(engine: Engine) {
    let world = shop(engine);
    for category in ["a", "b"] {
        crate::categories::tests::make(&world, category);
    }
    let mut new = new_cased(SKU, "C-1");
    new.category = Some("a".to_owned());
    new.attributes = Some(json!({ "colour": "red" }).as_object().unwrap().clone());
    new.hazard =
        serde_json::from_value(json!({ "class": "3", "un_number": 1263, "packing_group": "II" })).unwrap();
    world.create(new);
    let twin = crate::NewItem { owner: Some("A friend".to_owned()), ..new_item("TWIN") };
    world.create(twin);
    let now = |world: &crate::testing::World| object(&world.read(|conn| find::item(conn, SKU)).unwrap());
    let mut seen: BTreeSet<String> = shown(&now(&world)).into_iter().map(|(field, _)| field).collect();
    let mut covered: BTreeSet<String> = NEVER.into_iter().map(str::to_owned).collect();
    for (minutes, (field, change)) in (1..).zip(changes()) {
        let before = now(&world);
        let actor = Actor { id: PrincipalId(100 + minutes), name: format!("who changes {field}") };
        let ctx = Ctx { actor, now: world.ctx.now.plus_seconds(60 * minutes), ..world.ctx.clone() };
        let by = ctx.clone();
        world
            .db
            .write_blocking(move |tx| change(tx, &by))
            .unwrap_or_else(|error| panic!("{field}: {error:?}"));
        let after = now(&world);
        let value = |item| shown(item).into_iter().find(|(name, _)| name == field).map(|(_, values)| values);
        assert_ne!(value(&before), value(&after), "{field} is another");
        let latest = world.db.read_blocking(|conn| changes_of(conn, SKU, None, 1)).unwrap().remove(0);
        assert_eq!((latest.at, latest.version), (ctx.now, after["version"].as_i64().unwrap()), "{field}");
        assert_eq!(latest.actor, ChangedBy { id: ctx.actor.id.get(), name: ctx.actor.name }, "{field}");
        let (name, pointer) = told_as(field);
        let told = latest.changes.iter().find(|change| change.field == name);
        let at = |item: &Map<String, Value>| Value::Object(item.clone()).pointer(&pointer).cloned().unwrap();
        let expected = FieldChange { field: name, before: at(&before), after: at(&after) };
        assert_eq!(told, Some(&expected), "{field}");
        seen.extend(shown(&after).into_iter().map(|(field, _)| field));
        assert!(covered.insert(field.to_owned()), "{field} is here twice");
    }
    assert_eq!(covered, seen, "what an item shows, and what is walked over here");
}
