//! Bad items and places, reasons and periods.

use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_wrong_item_is_refused,
    a_wrong_change_of_an_item_is_refused,
    a_wrong_place_is_refused,
    a_tree_is_never_made_into_a_cycle,
    a_wrong_reason_or_period_is_refused,
    a_wrong_wish_of_a_place_is_refused,
);

fn post(path: impl AsRef<str>, body: Value) -> Asked {
    ("POST", format!("/api/v1/{}", path.as_ref()), body)
}

fn extended(mut body: Value, fields: &Value) -> Value {
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn a_wrong_item_is_refused(world: &World) {
    let stage = Stage::new(world);
    let good = || json!({ "sku": "NEW", "name": "New", "base_unit": "each" });
    let unit = |unit: &str, factor: &str| json!({ "units": [{ "unit": unit, "factor": factor }] });
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!({ "a": deep });
    }
    for (fields, expected) in [
        (json!({ "sku": "BOLT" }), "409 code_taken /sku"),
        (json!({ "sku": "bolt" }), "409 code_taken /sku"),
        (json!({ "sku": "" }), "422 invalid_value /sku"),
        (json!({ "sku": " X" }), "422 invalid_value /sku"),
        (json!({ "sku": "=X" }), "422 invalid_value /sku"),
        (json!({ "sku": "A\u{200b}B" }), "422 invalid_value /sku"),
        (json!({ "sku": long(65) }), "422 limit_exceeded /sku"),
        (json!({ "name": "" }), "422 invalid_value /name"),
        (json!({ "name": long(201) }), "422 limit_exceeded /name"),
        (json!({ "name": null }), "400 malformed_body /name"),
        (json!({ "base_unit": "" }), "422 invalid_value /base_unit"),
        (json!({ "tracking": "colour" }), "422 invalid_value /tracking"),
        (json!({ "class": "thing" }), "422 invalid_value /class"),
        (json!({ "expiry": "sometimes" }), "422 invalid_value /expiry"),
        (json!({ "expiry": "named" }), "422 invalid_expiry /expiry"),
        (json!({ "tracking": "lot", "expiry": "shelf_life" }), "422 invalid_expiry /shelf_life_days"),
        (json!({ "whole": "yes" }), "400 malformed_body /whole"),
        (json!({ "attributes": [] }), "400 malformed_body /attributes"),
        (json!({ "attributes": deep }), "422 invalid_value /attributes"),
        (unit("case", "0"), "422 invalid_value /units/0/factor"),
        (unit("case", "-1"), "422 invalid_value /units/0/factor"),
        (unit("case", "1/0"), "422 invalid_value /units/0/factor"),
        (unit("case", "NaN"), "422 invalid_value /units/0/factor"),
        (unit("each", "1"), "409 code_taken /units/0/unit"),
        (unit("case", "1/3"), "422 invalid_value /units/0/factor"),
        (json!({ "barcodes": [{ "code": "" }] }), "422 invalid_value /barcodes/0/code"),
        (json!({ "barcodes": [{ "code": "4006381333932" }] }), "422 invalid_value /barcodes/0/code"),
        (json!({ "barcodes": [{ "code": "X1", "unit": "case" }] }), "422 unknown_unit /barcodes/0/unit"),
        (json!({ "barcodes": [{ "code": "X1" }, { "code": "X1" }] }), "409 code_taken /barcodes/1/code"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ] {
        stage.refuses("item", &post("items", extended(good(), &fields)), expected);
    }
}

fn a_wrong_change_of_an_item_is_refused(world: &World) {
    let stage = Stage::new(world);
    let patch = |sku: &str, body: Value| -> Asked { ("PATCH", format!("/api/v1/items/{sku}"), body) };
    for (body, expected) in [
        (json!({ "name": null }), "422 invalid_value /name"),
        (json!({ "name": long(201) }), "422 limit_exceeded /name"),
        (json!({ "sku": "OTHER" }), "400 malformed_body /sku"),
        (json!({ "base_unit": "kg" }), "400 malformed_body /base_unit"),
        (json!({ "tracking": "lot" }), "400 malformed_body /tracking"),
        (json!({ "owner": "A friend" }), "400 malformed_body /owner"),
        (json!({ "version": 7 }), "400 malformed_body /version"),
    ] {
        stage.refuses("item", &patch("BOLT", body), expected);
    }
    stage.refuses("unknown", &patch("NOPE", json!({ "name": "x" })), "404 not_found");
    // the archived one is at its second version
    stage.refuses("stale", &patch("GONE", json!({ "name": "x" })), "412 stale");
    for (path, body, expected) in [
        ("items/BOLT/tracking", json!({ "tracking": "lot" }), "409 in_use"),
        ("items/BOLT/tracking", json!({ "tracking": "colour" }), "422 invalid_value /tracking"),
        ("items/BOLT/owner", json!({ "owner": "A friend" }), "409 in_use"),
        ("items/BOLT/owner", json!({ "owner": "\n" }), "422 invalid_value /owner"),
        ("items/BOLT/owner", json!({}), "400 malformed_body /owner"),
        ("items/BOLT/archive", Value::Null, "409 in_use"),
        ("items/NOPE/archive", Value::Null, "404 not_found"),
        ("items/BOLT/units", json!({ "unit": "case", "factor": "6" }), "409 code_taken /unit"),
        ("items/BOLT/units", json!({ "unit": "box", "factor": "0" }), "422 invalid_value /factor"),
        ("items/BOLT/barcodes", json!({ "code": "4006381333932" }), "422 invalid_value /code"),
        ("items/BOLT/barcodes", json!({ "code": "X", "unit": "box" }), "422 unknown_unit /unit"),
    ] {
        stage.refuses("item", &post(path, body), expected);
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn a_wrong_place_is_refused(world: &World) {
    let stage = Stage::new(world);
    let good = || json!({ "code": "NEW", "kind": "bin", "parent": "LON" });
    for (fields, expected) in [
        (json!({ "code": "A1" }), "409 code_taken /code"),
        (json!({ "code": "a1" }), "409 code_taken /code"),
        (json!({ "code": "" }), "422 invalid_value /code"),
        (json!({ "code": "A/1" }), "422 invalid_value /code"),
        (json!({ "code": "~mine" }), "422 invalid_value /code"),
        (json!({ "code": long(65) }), "422 limit_exceeded /code"),
        (json!({ "name": long(201) }), "422 limit_exceeded /name"),
        (json!({ "kind": "cloud" }), "422 invalid_value /kind"),
        (json!({ "kind": "supplier" }), "422 wrong_location_kind /kind"),
        (json!({ "kind": "handling_unit" }), "422 wrong_location_kind /kind"),
        (json!({ "kind": "site" }), "422 wrong_location_kind /parent"),
        (json!({ "parent": null }), "422 wrong_location_kind /parent"),
        (json!({ "parent": "NOPE" }), "422 unknown_location /parent"),
        (json!({ "parent": "A1" }), "422 wrong_location_kind /parent"),
        (json!({ "parent": "D" }), "409 location_archived /parent"),
        (json!({ "role": "shop" }), "422 invalid_value /role"),
        (json!({ "zone": "Europe/London" }), "422 invalid_value /zone"),
        (json!({ "kind": "site", "parent": null, "zone": "Mars/Base" }), "422 invalid_value /zone"),
        (json!({ "sellable": "yes" }), "400 malformed_body /sellable"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ] {
        stage.refuses("place", &post("locations", extended(good(), &fields)), expected);
    }
    let many = |pattern: &str| json!({ "parent": "LON", "pattern": pattern, "levels": [{ "kind": "bin" }] });
    for (body, expected) in [
        (many("A{1..2}"), "409 code_taken /pattern"),
        (many("N{2..1}"), "422 invalid_value /pattern"),
        (many("N{1..110001}"), "413 too_many /pattern"),
        (many("N{1"), "422 invalid_value /pattern"),
        (
            json!({ "parent": "NOPE", "pattern": "N{1..2}", "levels": [{ "kind": "bin" }] }),
            "422 unknown_location /parent",
        ),
        (json!({ "parent": "LON", "pattern": "N{1..2}", "levels": [] }), "422 invalid_value /levels"),
    ] {
        stage.refuses("bulk", &post("locations/bulk", body), expected);
    }
    for (path, body, expected) in [
        ("locations/A1/block", json!({}), "400 malformed_body /reason"),
        ("locations/A1/block", json!({ "reason": "" }), "422 unknown_reason /reason"),
        ("locations/A1/block", json!({ "reason": "wet floor" }), "422 unknown_reason /reason"),
        ("locations/A1/block", json!({ "reason": long(201) }), "422 limit_exceeded /reason"),
        ("locations/~loss/block", json!({ "reason": "damaged" }), "422 wrong_location_kind"),
        ("locations/NOPE/block", json!({ "reason": "damaged" }), "404 not_found"),
        ("locations/D1/block", json!({ "reason": "damaged" }), "409 location_archived"),
        ("locations/D1/unblock", Value::Null, "409 location_archived"),
        ("locations/B1/unblock", json!({ "reason": "NOPE" }), "422 unknown_reason /reason"),
        ("locations/B1/unblock", json!({ "why": "damaged" }), "400 malformed_body /why"),
        ("locations/B1/unblock", json!([]), "400 malformed_body"),
        ("locations/D1/sellable", json!({ "sellable": false }), "409 location_archived"),
        ("locations/D1/move", json!({ "parent": "LON" }), "409 location_archived"),
        ("locations/A2/move", json!({ "parent": "D" }), "409 location_archived /parent"),
        ("locations/A1/archive", Value::Null, "409 in_use"),
        ("locations/LON/archive", Value::Null, "409 in_use"),
        ("locations/~loss/archive", Value::Null, "422 wrong_location_kind"),
        ("locations/NOPE/archive", Value::Null, "404 not_found"),
        ("locations/A1/archive", json!({ "reason": "x" }), "400 malformed_body"),
        ("locations/D1/restore", Value::Null, "409 location_archived"),
        ("locations/D/restore", Value::Null, "412 stale"),
        ("locations/A1/sellable", json!({ "sellable": 1 }), "400 malformed_body /sellable"),
        ("locations/A1/move", json!({ "parent": "PAR" }), "409 in_use"),
        ("locations/A1/move", json!({ "parent": "NOPE" }), "422 unknown_location /parent"),
        ("locations/A1/move", json!({ "parent": "A2" }), "422 wrong_location_kind /parent"),
    ] {
        stage.refuses("place", &post(path, body), expected);
    }
    let reason = json!({ "reason": "damaged" });
    for path in ["items/GONE/restore", "periods/2026-01/close"] {
        stage.refuses("no body belongs here", &post(path, reason.clone()), "400 malformed_body");
        stage.refuses("nor an array", &post(path, json!([])), "400 malformed_body");
    }
    // blocked, the bin is at its second version
    let outdated = ("PATCH", "/api/v1/locations/B1".to_owned(), json!({ "name": "x" }));
    stage.refuses("stale", &outdated, "412 stale");
}

fn a_tree_is_never_made_into_a_cycle(world: &World) {
    let stage = Stage::new(world);
    for (code, kind, parent) in [("Z1", "zone", "LON"), ("Z2", "aisle", "Z1"), ("Z3", "rack", "Z2")] {
        stage.make("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent }));
    }
    for (code, parent) in [("Z1", "Z1"), ("Z1", "Z2"), ("Z1", "Z3"), ("Z2", "Z3"), ("z1", "z3")] {
        let asked = post(format!("locations/{code}/move"), json!({ "parent": parent }));
        stage.refuses("cycle", &asked, "409 tree_cycle /parent");
    }
}

fn a_wrong_reason_or_period_is_refused(world: &World) {
    let stage = Stage::new(world);
    for (body, expected) in [
        (json!({ "code": "count", "name": "x" }), "409 code_taken /code"),
        (json!({ "code": "", "name": "x" }), "422 invalid_value /code"),
        (json!({ "code": long(65), "name": "x" }), "422 limit_exceeded /code"),
        (json!({ "code": "n", "name": "" }), "422 invalid_value /name"),
        (json!({ "code": "n", "name": long(201) }), "422 limit_exceeded /name"),
        (json!({ "code": "n" }), "400 malformed_body /name"),
    ] {
        stage.refuses("reason", &post("reasons", body), expected);
    }
    for rule in ["LON", "LON/BOLT"] {
        let put = stage.admin.ask("PUT", format!("/api/v1/backorder-rules/{rule}")).fresh().if_match(0);
        put.json(&json!({ "accepts": "none" })).send().good();
    }
    for (rule, body, expected) in [
        ("LON", json!({}), "400 malformed_body /accepts"),
        ("LON", json!({ "accepts": 7 }), "400 malformed_body /accepts"),
        ("LON", json!({ "accepts": "all" }), "422 invalid_value /accepts"),
        ("LON", json!({ "accepts": "as_site" }), "422 invalid_value /accepts"),
        ("LON", json!({ "accepts": "cap" }), "422 invalid_value /cap"),
        ("LON", json!({ "accepts": "none", "cap": "1" }), "422 invalid_value /cap"),
        ("LON", json!({ "accepts": "cap", "cap": 1 }), "400 malformed_body /cap"),
        ("LON", json!({ "accepts": "cap", "cap": "-1" }), "422 invalid_quantity /cap"),
        ("LON", json!({ "accepts": "cap", "cap": "NaN" }), "422 invalid_quantity /cap"),
        ("LON", json!({ "accepts": "cap", "cap": "1000000001" }), "422 invalid_quantity /cap"),
        ("LON/BOLT", json!({ "accepts": "cap", "cap": "0.0000001" }), "422 invalid_quantity /cap"),
        ("LON/BOLT", json!({ "accepts": "none", "more": 1 }), "400 malformed_body /more"),
        ("NOPE", json!({ "accepts": "none" }), "404 not_found"),
        ("A1", json!({ "accepts": "none" }), "404 not_found"),
        ("LON/NOPE", json!({ "accepts": "none" }), "404 not_found"),
    ] {
        let asked: Asked = ("PUT", format!("/api/v1/backorder-rules/{rule}"), body);
        stage.refuses("rule", &asked, expected);
    }
    for (period, expected) in [
        ("2026-13", "404 not_found"),
        ("soon", "404 not_found"),
        ("202601", "404 not_found"),
        ("9999-01", "409 transition_refused"),
    ] {
        stage.refuses("period", &post(format!("periods/{period}/close"), Value::Null), expected);
    }
}

/// What is wanted of places: how much they take, how much is to be there, what is kept where.
fn a_wrong_wish_of_a_place_is_refused(world: &World) {
    let stage = Stage::new(world);
    let lenient = json!({ "units": { "max": "999999", "breach": "warn" } });
    for (path, body) in [
        ("capacities/A1", lenient),
        ("minimums/LON/BOLT", json!({ "least": "7" })),
        ("homes/LON/BOLT", json!({ "locations": ["B1", "A1"] })),
    ] {
        let put = stage.admin.ask("PUT", format!("/api/v1/{path}")).fresh().if_match(0);
        put.json(&body).send().good();
    }
    for (body, expected) in [
        (json!({ "units": {} }), "400 malformed_body /units/max"),
        (json!({ "units": { "max": 7 } }), "400 malformed_body /units/max"),
        (json!({ "units": { "max": "0" } }), "422 invalid_value /units/max"),
        (json!({ "weight": { "max": "-1" } }), "422 invalid_quantity /weight/max"),
        (json!({ "volume": { "max": "1", "unknown": "guess" } }), "422 invalid_value /volume/unknown"),
        (json!({ "hazard_class": { "of": ["17"] } }), "422 invalid_value /hazard_class/of/0"),
        (json!({ "lifted": ["colour"] }), "422 invalid_value /lifted/0"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ] {
        let asked: Asked = ("PUT", "/api/v1/capacities/A1".to_owned(), body);
        stage.refuses("capacity", &asked, expected);
    }
    for (body, expected) in [
        (json!({ "least": 7 }), "400 malformed_body /least"),
        (json!({ "least": "0" }), "422 invalid_quantity /least"),
        (json!({ "least": "1.5" }), "422 fraction_refused /least"),
        (json!({ "minimum": "1" }), "400 malformed_body /minimum"),
    ] {
        let asked: Asked = ("PUT", "/api/v1/minimums/LON/BOLT".to_owned(), body);
        stage.refuses("minimum", &asked, expected);
    }
    let too_many: Vec<String> = (0..17).map(|n| format!("A{n}")).collect();
    for (body, expected) in [
        (json!({ "locations": "A1" }), "400 malformed_body /locations"),
        (json!({ "locations": ["A1", "P1"] }), "422 unknown_location /locations/1"),
        (json!({ "locations": ["NOPE"] }), "422 unknown_location /locations/0"),
        (json!({ "locations": ["~customer"] }), "422 unknown_location /locations/0"),
        (json!({ "locations": ["LON"] }), "422 wrong_location_kind /locations/0"),
        (json!({ "locations": ["D1"] }), "409 location_archived /locations/0"),
        (json!({ "locations": ["A1", "a1"] }), "422 invalid_value /locations/1"),
        (json!({ "locations": too_many }), "413 too_many /locations"),
    ] {
        let asked: Asked = ("PUT", "/api/v1/homes/LON/BOLT".to_owned(), body);
        stage.refuses("homes", &asked, expected);
    }
}
