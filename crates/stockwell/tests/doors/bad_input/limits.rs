//! Limits: at the limit it is taken, one past it is refused.

use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    texts_have_their_length_and_no_more,
    a_quantity_has_its_size_and_no_more,
    a_posting_has_ten_thousand_lines_and_no_more,
);

fn post(path: &str, body: Value) -> Asked {
    ("POST", format!("/api/v1/{path}"), body)
}

fn texts_have_their_length_and_no_more(world: &World) {
    let stage = Stage::new(world);
    let line = json!([{ "sku": "BOLT", "qty": "1", "unit": "each", "location": "A1" }]);
    let reserve =
        |owner: Value| json!({ "sku": "BOLT", "site": "LON", "qty": "1", "unit": "each", "owner": owner });
    let item = |sku: Value, name: Value| json!({ "sku": sku, "name": name, "base_unit": "each" });
    let lot = |lot: Value| {
        let line =
            json!({ "sku": "MILK", "qty": "1", "location": "A1", "lot": lot, "expiry_on": "2026-12-01" });
        json!({ "lines": [line] })
    };
    let serial =
        |serial: Value| json!({ "lines": [{ "sku": "DRILL", "location": "A1", "serials": [serial] }] });
    let unit = |code: Value| json!({ "code": code, "parent": "A1" });
    let bin =
        |code: Value, name: Value| json!({ "code": code, "name": name, "kind": "bin", "parent": "LON" });
    // letters of two bytes count once
    let wide = |count: usize| Value::from("é".repeat(count));
    for (path, at, past, expected) in [
        (
            "postings/receive",
            json!({ "lines": line, "document": long(64) }),
            json!({ "lines": line, "document": long(65) }),
            "/document",
        ),
        (
            "postings/receive",
            json!({ "lines": line, "document": wide(64) }),
            json!({ "lines": line, "document": wide(65) }),
            "/document",
        ),
        (
            "postings/receive",
            json!({ "lines": line, "note": long(20_000) }),
            json!({ "lines": line, "note": long(20_001) }),
            "/note",
        ),
        (
            "postings/receive",
            json!({ "lines": line, "note": wide(20_000) }),
            json!({ "lines": line, "note": wide(20_001) }),
            "/note",
        ),
        ("postings/receive", lot(long(64)), lot(long(65)), "/lines/0/lot"),
        ("postings/receive", lot(wide(64)), lot(wide(65)), "/lines/0/lot"),
        ("postings/receive", serial(long(64)), serial(long(65)), "/lines/0/serials/0"),
        ("reservations", reserve(long(64)), reserve(long(65)), "/owner"),
        ("items", item(long(64), long(200)), item(long(65), long(200)), "/sku"),
        ("items", item(json!("N"), wide(200)), item(json!("M"), wide(201)), "/name"),
        ("locations", bin(long(64), long(200)), bin(long(65), long(200)), "/code"),
        ("locations", bin(json!("N"), wide(200)), bin(json!("M"), wide(201)), "/name"),
        ("units", unit(wide(64)), unit(wide(65)), "/code"),
    ] {
        stage.refuses("one past", &post(path, past), &format!("422 limit_exceeded {expected}"));
        stage.make(&format!("/api/v1/{path}"), &at);
    }
}

fn a_quantity_has_its_size_and_no_more(world: &World) {
    let stage = Stage::new(world);
    let receive = |sku: &str, qty: &str| {
        let unit = if sku == "SAND" { "kg" } else { "each" };
        json!({ "lines": [{ "sku": sku, "qty": qty, "unit": unit, "location": "A2" }] })
    };
    let path = "postings/receive";
    stage.make("/api/v1/postings/receive", &receive("SAND", "1000000000"));
    stage.make("/api/v1/postings/receive", &receive("SAND", "0.000001"));
    for (qty, sku) in
        [("1000000000.000001", "SAND"), ("1000000001", "BOLT"), ("0.0000001", "SAND"), ("0.000000", "SAND")]
    {
        stage.refuses("qty", &post(path, receive(sku, qty)), "422 invalid_quantity /lines/0/qty");
    }
    // a balance holds what nine full lines and a bit bring, and not what ten do
    let lines: Vec<Value> = (0..9_200)
        .map(|_| json!({ "sku": "SAND", "qty": "1000000000", "unit": "kg", "location": "C1" }))
        .collect();
    let lines = [&lines[..], &lines[..100]].concat();
    let past = json!({ "lines": lines });
    stage.refuses("balance", &post(path, past), "422 limit_exceeded /lines/9222/qty");
}

fn a_posting_has_ten_thousand_lines_and_no_more(world: &World) {
    let stage = Stage::new(world);
    let line = json!({ "sku": "BOLT", "qty": "1", "unit": "each", "location": "A1" });
    let lines = |count: usize| json!({ "lines": vec![line.clone(); count] });
    stage.refuses("lines", &post("postings/receive", lines(10_001)), "413 too_many /lines");
    let done = stage.make("/api/v1/postings/receive", &lines(10_000));
    assert_eq!(done["movements"].as_array().unwrap().len(), 10_000);
    let serials: Vec<String> = (0..10_001).map(|number| format!("N{number}")).collect();
    let serials = json!({ "lines": [{ "sku": "DRILL", "location": "A1", "serials": serials }] });
    stage.refuses("serials", &post("postings/receive", serials), "413 too_many /lines");
}
