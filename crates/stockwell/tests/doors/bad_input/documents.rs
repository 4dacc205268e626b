//! Bad transfers and handling units, and bad commands on lots.

use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_wrong_transfer_is_refused,
    a_wrong_step_of_a_transfer_is_refused,
    a_wrong_unit_is_refused,
    a_wrong_command_on_a_lot_is_refused,
    a_lot_on_hold_refuses_what_would_be_good_or_go_out,
);

fn post(path: impl AsRef<str>, body: Value) -> Asked {
    ("POST", format!("/api/v1/{}", path.as_ref()), body)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn a_wrong_transfer_is_refused(world: &World) {
    let stage = Stage::new(world);
    let line = json!({ "sku": "BOLT", "qty": "1", "unit": "each" });
    let good = |fields: Value| {
        let mut body = json!({ "from_site": "LON", "to_site": "PAR", "lines": [line] });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    for (fields, expected) in [
        (json!({ "from_site": "NOPE" }), "422 unknown_location /from_site"),
        (json!({ "from_site": "A1" }), "422 unknown_location /from_site"),
        (json!({ "from_site": long(65) }), "422 unknown_location /from_site"),
        (json!({ "to_site": "NOPE" }), "422 unknown_location /to_site"),
        (json!({ "to_site": "LON" }), "422 same_place /to_site"),
        (json!({ "to_site": null }), "400 malformed_body /to_site"),
        (json!({ "note": long(20_001) }), "422 limit_exceeded /note"),
        (json!({ "lines": [] }), "422 invalid_value /lines"),
        (json!({ "lines": vec![line.clone(); 1_001] }), "413 too_many /lines"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ] {
        stage.refuses("transfer", &post("transfers", good(fields)), expected);
    }
    stage.make("/api/v1/transfers", &good(json!({ "lines": vec![line.clone(); 1_000] })));
    for (fields, expected) in [
        (json!({ "sku": "NOPE" }), "422 unknown_item /sku"),
        (json!({ "sku": "GONE" }), "409 in_use /sku"),
        (json!({ "sku": "SERVICE" }), "422 not_stockable /sku"),
        (json!({ "qty": "0" }), "422 invalid_quantity /qty"),
        (json!({ "qty": "-1" }), "422 invalid_quantity /qty"),
        (json!({ "qty": "NaN" }), "422 invalid_quantity /qty"),
        (json!({ "qty": format!("1{}", "0".repeat(30)) }), "422 invalid_quantity /qty"),
        (json!({ "qty": "0.0000001" }), "422 invalid_quantity /qty"),
        (json!({ "qty": "0.5" }), "422 fraction_refused /qty"),
        (json!({ "qty": 1 }), "400 malformed_body /qty"),
        (json!({ "unit": "pallet" }), "422 unknown_unit /unit"),
        (json!({ "unit": null }), "422 unit_required /unit"),
        (json!({ "sku": "SAND", "unit": "scoop" }), "422 inexact_conversion /qty"),
        (json!({ "lot": "L" }), "422 lot_not_allowed /lot"),
        (json!({ "sku": "MILK", "lot": "NEW" }), "422 unknown_lot /lot"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ] {
        let mut wrong = line.clone();
        wrong.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (refusal, field) = expected.rsplit_once(' ').unwrap();
        let body = good(json!({ "lines": [line, wrong] }));
        stage.refuses("line", &post("transfers", body), &format!("{refusal} /lines/1{field}"));
    }
}

/// A line of a step that says how many bolts, one by one unless it says otherwise.
fn each(mut line: Value) -> Value {
    if line["line"] == 1 && line.get("qty").is_some() && line.get("unit").is_none() {
        line["unit"] = "each".into();
    }
    line
}

/// The faults of a line of a step; `LON` has what is asked, `PAR` receives.
fn a_wrong_step_of_a_transfer_is_refused(world: &World) {
    let stage = Stage::new(world);
    let lines = json!([
        { "sku": "BOLT", "qty": "10", "unit": "each" }, { "sku": "DRILL", "qty": "2" }, { "sku": "MILK", "qty": "5" },
    ]);
    let new = json!({ "from_site": "LON", "to_site": "PAR", "lines": lines });
    let number = text(&stage.make("/api/v1/transfers", &new)["number"]);
    let step = |step: &str, body: Value| post(format!("transfers/{number}/{step}"), body);
    let of = |line: Value| json!({ "lines": [each(line)] });
    for name in ["allocate", "ship"] {
        for (line, expected) in [
            (json!({ "line": 9, "location": "A1" }), "422 invalid_value /lines/0/line"),
            (json!({ "line": 1, "location": "NOPE" }), "422 unknown_location /lines/0/location"),
            (json!({ "line": 1, "location": "P1" }), "422 wrong_location_kind /lines/0/location"),
            (json!({ "line": 1, "location": "A1", "qty": "0" }), "422 invalid_quantity /lines/0/qty"),
            (json!({ "line": 1, "location": "A1", "qty": "-1" }), "422 invalid_quantity /lines/0/qty"),
            (json!({ "line": 1, "location": "A1", "qty": "1.5" }), "422 fraction_refused /lines/0/qty"),
            (json!({ "line": 1, "location": "A1", "qty": "11" }), "422 invalid_quantity /lines/0/qty"),
            (json!({ "line": 1, "location": "A1", "qty": 1 }), "400 malformed_body /lines/0/qty"),
            (json!({ "line": "1", "location": "A1" }), "400 malformed_body /lines/0/line"),
            (
                json!({ "line": 1, "location": "A1", "unit": "pallet", "qty": "1" }),
                "422 unknown_unit /lines/0/unit",
            ),
            (json!({ "line": 1, "location": "A1", "lot": "L" }), "422 lot_not_allowed /lines/0/lot"),
            (json!({ "line": 3, "location": "A1", "lot": "NEW" }), "422 unknown_lot /lines/0/lot"),
            (json!({ "line": 3, "location": "A1" }), "422 lot_required /lines/0/lot"),
            (json!({ "line": 1, "location": "A2" }), "409 insufficient_stock /lines/0/qty"),
            (json!({ "line": 1, "location": "B1", "qty": "1" }), "409 location_blocked /lines/0/location"),
            (json!({ "line": 1, "location": "D1", "qty": "1" }), "409 location_archived /lines/0/location"),
        ] {
            stage.refuses(name, &step(name, of(line)), expected);
        }
        let six = each(json!({ "line": 1, "location": "A1", "qty": "6" }));
        let twice = json!({ "lines": [six, six] });
        stage.refuses("together", &step(name, twice), "422 invalid_quantity /lines/1/qty");
        stage.refuses("none", &step(name, json!({ "lines": [] })), "422 invalid_value /lines");
    }
    for (serials, expected) in [
        (json!(["S1", "S1"]), "422 serial_twice /lines/0/serials/1"),
        (json!(["S1", "N"]), "422 unknown_lot /lines/0/serials/1"),
    ] {
        let line = json!({ "line": 2, "location": "A1", "serials": serials });
        stage.refuses("serials", &step("ship", of(line)), expected);
    }
    let elsewhere = json!({ "line": 2, "location": "A2", "serials": ["S1"] });
    stage.refuses("serials", &step("ship", of(elsewhere)), "409 serial_not_here /lines/0/serials/0");
    for name in ["receive", "close"] {
        let body = if name == "receive" { of(json!({ "line": 1, "location": "P1" })) } else { json!({}) };
        stage.refuses("not shipped yet", &step(name, body), "409 transition_refused");
    }
    let ship = of(json!({ "line": 1, "location": "A1", "qty": "10" }));
    stage.admin.act(format!("/api/v1/transfers/{number}/ship"), &ship).good();
    for (line, expected) in [
        (json!({ "line": 1, "location": "P1", "qty": "11" }), "409 insufficient_stock /lines/0/qty"),
        (json!({ "line": 1, "location": "A1", "qty": "1" }), "422 wrong_location_kind /lines/0/location"),
        (json!({ "line": 2, "location": "P1", "serials": ["S1"] }), "409 insufficient_stock /lines/0/qty"),
        (json!({ "line": 1, "location": "P1", "status": "shiny" }), "400 malformed_body /lines/0/status"),
    ] {
        stage.refuses("receive", &step("receive", of(line)), expected);
    }
    stage.refuses("shipped", &step("cancel", Value::Null), "409 transition_refused");
    stage.refuses("something is missing", &step("close", json!({})), "422 unknown_reason /reason");
    stage.refuses("why", &step("close", json!({ "reason": "because" })), "422 unknown_reason /reason");
    for unknown in ["T-999999", "%00", "x"] {
        stage.refuses("unknown", &post(format!("transfers/{unknown}/close"), json!({})), "404 not_found");
    }
}

fn a_wrong_unit_is_refused(world: &World) {
    let stage = Stage::new(world);
    stage.make("/api/v1/units", &json!({ "code": "U1", "parent": "A1" }));
    stage.make("/api/v1/units", &json!({ "code": "U2", "parent": "U1" }));
    let line = json!({ "sku": "BOLT", "qty": "3", "unit": "each", "location": "U2" });
    stage.make("/api/v1/postings/receive", &json!({ "lines": [line] }));
    for (body, expected) in [
        (json!({ "code": "U1", "parent": "A1" }), "409 code_taken /code"),
        (json!({ "code": "u1", "parent": "A1" }), "409 code_taken /code"),
        (json!({ "code": "", "parent": "A1" }), "422 invalid_value /code"),
        (json!({ "code": "a/b", "parent": "A1" }), "422 invalid_value /code"),
        (json!({ "code": long(65), "parent": "A1" }), "422 limit_exceeded /code"),
        (json!({ "code": "U3", "parent": "NOPE" }), "422 unknown_location /parent"),
        (json!({ "code": "U3", "parent": "~loss" }), "422 wrong_location_kind /parent"),
        (json!({ "code": "U3" }), "400 malformed_body /parent"),
        (json!({ "code": "U3", "parent": "A1", "name": long(201) }), "422 limit_exceeded /name"),
        (json!({ "code": "U3", "parent": "D1" }), "409 location_archived /parent"),
        (json!({ "code": "003456789012345679", "parent": "A1" }), "422 invalid_value /code"),
    ] {
        stage.refuses("unit", &post("units", body), expected);
    }
    for (parent, expected) in [
        ("NOPE", "422 unknown_location /parent"),
        ("U1", "409 tree_cycle /parent"),
        ("U2", "409 tree_cycle /parent"),
        ("B1", "409 location_blocked /parent"),
        ("D1", "409 location_archived /parent"),
        ("~customer", "422 wrong_location_kind /parent"),
    ] {
        stage.refuses("move", &post("units/U1/move", json!({ "parent": parent })), expected);
    }
    for (to, expected) in [
        ("NOPE", "422 unknown_location /to"),
        ("P1", "422 wrong_location_kind /to"),
        ("B1", "409 location_blocked /to"),
        ("D1", "409 location_archived /to"),
        ("U2", "422 same_place /to"),
    ] {
        stage.refuses("empty", &post("units/U2/empty", json!({ "to": to })), expected);
    }
    for unknown in ["U9", "A1", "%00"] {
        let asked = post(format!("units/{unknown}/move"), json!({ "parent": "A2" }));
        stage.refuses("unknown", &asked, "404 not_found");
    }
}

fn a_wrong_command_on_a_lot_is_refused(world: &World) {
    let stage = Stage::new(world);
    let lot = |rest: &str| format!("items/MILK/lots/{rest}");
    for (path, body, expected) in [
        (lot("GOOD/release"), json!({ "reason": "because" }), "422 unknown_reason /reason"),
        (
            lot("GOOD/release"),
            json!({ "reason": "inspection", "colour": "red" }),
            "400 malformed_body /colour",
        ),
        (lot("NEW/release"), json!({ "reason": "inspection" }), "404 not_found"),
        (lot("GOOD/hold"), json!({ "reason": "because" }), "422 unknown_reason /reason"),
        (lot("GOOD/hold"), json!({}), "400 malformed_body /reason"),
        (
            lot("GOOD/hold"),
            json!({ "reason": "inspection", "note": long(20_001) }),
            "422 limit_exceeded /note",
        ),
        (lot("NEW/hold"), json!({ "reason": "inspection" }), "404 not_found"),
        ("items/NOPE/lots/GOOD/hold".to_owned(), json!({ "reason": "inspection" }), "404 not_found"),
    ] {
        stage.refuses("hold", &post(path, body), expected);
    }
    let because = |parent: Value| json!({ "parent": parent, "reason": "inspection" });
    for (path, body, expected) in [
        ("DRILL/lots/S1", json!({ "parent": "R-77", "reason": "because" }), "422 unknown_reason /reason"),
        ("DRILL/lots/S1", json!({ "parent": "R-77" }), "400 malformed_body /reason"),
        ("DRILL/lots/S1", because(json!("S2")), "422 not_a_parent /parent"),
        ("DRILL/lots/S1", because(json!("")), "422 invalid_value /parent"),
        ("DRILL/lots/S1", because(json!(7)), "400 malformed_body /parent"),
        ("MILK/lots/GOOD", because(json!("R-77")), "422 invalid_value /parent"),
        ("DRILL/lots/S9", because(json!("R-77")), "404 not_found"),
    ] {
        stage.refuses("parent", &post(format!("items/{path}/parent"), body), expected);
    }
    for (body, expected) in [
        (json!({ "expiry_on": "2026-02-30" }), "422 invalid_value /expiry_on"),
        (json!({ "expiry_on": "soon" }), "422 invalid_value /expiry_on"),
        (json!({ "expiry_on": null }), "422 invalid_expiry /expiry_on"),
        (json!({ "expiry_on": 7 }), "400 malformed_body /expiry_on"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ] {
        stage.refuses("expiry", &("PATCH", format!("/api/v1/{}", lot("GOOD")), body), expected);
    }
}

fn a_lot_on_hold_refuses_what_would_be_good_or_go_out(world: &World) {
    let stage = Stage::new(world);
    let hold = |lot: &str| {
        let path = format!("/api/v1/items/{lot}/hold");
        let ask = stage.admin.ask("POST", path).fresh();
        ask.if_match(1).json(&json!({ "reason": "recall" })).send().good()
    };
    assert_eq!(hold("MILK/lots/GOOD").json()["on_hold"], json!(true));
    hold("DRILL/lots/S2");
    stage.refuses("stale", &post("items/MILK/lots/GOOD/release", json!({ "reason": "recall" })), "412 stale");
    let milk = |fields: Value| {
        let mut line = json!({ "sku": "MILK", "lot": "GOOD", "qty": "1", "location": "A1" });
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "lines": [line] })
    };
    let (good, kept) = (json!({ "status": "good" }), json!({ "status": "hold" }));
    for (path, body) in [
        ("postings/receive", milk(good.clone())),
        ("postings/return", milk(good.clone())),
        ("postings/opening", milk(good.clone())),
        ("postings/produce", milk(good)),
        ("postings/issue", milk(json!({}))),
        ("postings/issue", milk(kept.clone())),
        ("postings/consume", milk(kept)),
        ("postings/move", milk(json!({ "to_location": "A2" }))),
    ] {
        stage.refuses(path, &post(path, body), "409 lot_on_hold /lines/0/lot");
    }
    let serials = json!({ "lines": [{ "sku": "DRILL", "serials": ["S1", "S2"], "location": "A1" }] });
    stage.refuses("serial", &post("postings/issue", serials), "409 lot_on_hold /lines/0/serials/1");
    let allocate = json!({ "sku": "MILK", "lot": "GOOD", "location": "A1", "qty": "1", "owner": "o" });
    stage.refuses("allocate", &post("allocations", allocate), "409 lot_on_hold /lot");
    let came = stage.make("/api/v1/postings/receive", &milk(json!({})));
    assert_eq!(came["movements"][0]["to"]["status"], json!("hold"));
}
