//! Bad transfers and handling units, and bad commands on lots.

use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_wrong_transfer_is_refused,
    a_wrong_step_of_a_transfer_is_refused,
    a_wrong_line_of_any_step_is_refused,
    what_cannot_be_shipped_or_arrive_is_refused,
    a_day_that_there_is_not_is_not_expected,
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

/// A transfer as it is shown.
fn shown(stage: &Stage<'_>, number: &str) -> Value {
    stage.admin.get(format!("/api/v1/transfers/{number}")).good().json()
}

/// The faults of one line of any step about ten bolts (line 1), two drills (2), five milk (3) and two
/// kilograms of sand (4), which leave `A1` or arrive there, whichever it is.
fn faults_of_a_line(location: &str) -> Vec<(Value, &'static str)> {
    let with = |fields: Value| {
        let mut line = json!({ "line": 1, "location": location, "qty": "1", "unit": "each" });
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        line
    };
    let texts = [
        "0",
        "0.0",
        "-1",
        "NaN",
        "Infinity",
        "1e3",
        "0.0000001",
        "1.0000000",
        "1000000000.000001",
        "",
        "1,5",
        " 1",
    ];
    let mut faults: Vec<(Value, &str)> =
        texts.iter().map(|text| (json!({ "qty": text }), "422 invalid_quantity /qty")).collect();
    faults.extend([
        (json!({ "qty": format!("1{}", "0".repeat(30)) }), "422 invalid_quantity /qty"),
        (json!({ "qty": "0.5" }), "422 fraction_refused /qty"),
        (json!({ "qty": "1.000001" }), "422 fraction_refused /qty"),
        (json!({ "qty": "0.1", "unit": "case" }), "422 fraction_refused /qty"),
        (json!({ "qty": 1 }), "400 malformed_body /qty"),
        (json!({ "qty": ["1"] }), "400 malformed_body /qty"),
        (json!({ "unit": "pallet" }), "422 unknown_unit /unit"),
        (json!({ "unit": "" }), "422 unknown_unit /unit"),
        (json!({ "unit": null }), "422 unit_required /unit"),
        (json!({ "unit": 7 }), "400 malformed_body /unit"),
        (json!({ "unit": long(65) }), "422 unknown_unit /unit"),
        (json!({ "line": 4, "unit": "scoop" }), "422 inexact_conversion /qty"),
        (json!({ "line": 0 }), "422 invalid_value /line"),
        (json!({ "line": -1 }), "422 invalid_value /line"),
        (json!({ "line": 1.5 }), "400 malformed_body /line"),
        (json!({ "line": null }), "400 malformed_body /line"),
        (json!({ "location": "NOPE" }), "422 unknown_location /location"),
        (json!({ "location": "" }), "422 unknown_location /location"),
        (json!({ "location": long(65) }), "422 unknown_location /location"),
        (json!({ "location": null }), "400 malformed_body /location"),
        (json!({ "location": "~customer" }), "422 wrong_location_kind /location"),
        (json!({ "lot": "GOOD" }), "422 lot_not_allowed /lot"),
        (json!({ "line": 3, "lot": "NEW" }), "422 unknown_lot /lot"),
        (json!({ "line": 3, "lot": long(65) }), "422 unknown_lot /lot"),
        (json!({ "line": 3, "lot": 7 }), "400 malformed_body /lot"),
        (json!({ "line": 2, "qty": null, "serials": ["S1", long(65)] }), "422 unknown_lot /serials/1"),
        (json!({ "line": 2, "qty": null, "serials": "S1" }), "400 malformed_body /serials"),
        (json!({ "status": "shiny" }), "400 malformed_body /status"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ]);
    faults.into_iter().map(|(fields, expected)| (with(fields), expected)).collect()
}

fn a_wrong_line_of_any_step_is_refused(world: &World) {
    let stage = Stage::new(world);
    let lines = json!([
        { "sku": "BOLT", "qty": "10", "unit": "each" }, { "sku": "DRILL", "qty": "2" },
        { "sku": "MILK", "qty": "5" }, { "sku": "SAND", "qty": "2", "unit": "kg" },
    ]);
    let new = json!({ "from_site": "LON", "to_site": "PAR", "lines": lines });
    let number = text(&stage.make("/api/v1/transfers", &new)["number"]);
    // a right line stands before the wrong one
    let refuse = |name: &str, right: Value, location: &str| {
        let before = shown(&stage, &number);
        for (wrong, expected) in faults_of_a_line(location) {
            let (refusal, field) = expected.rsplit_once(' ').unwrap();
            let body = json!({ "lines": [right, wrong] });
            let asked = post(format!("transfers/{number}/{name}"), body);
            stage.refuses(name, &asked, &format!("{refusal} /lines/1{field}"));
        }
        assert_eq!(shown(&stage, &number), before, "{name}");
    };
    let bolts = |location: &str| json!({ "line": 1, "location": location, "qty": "1", "unit": "each" });
    refuse("allocate", bolts("A1"), "A1");
    refuse("ship", bolts("A1"), "A1");
    let ship = json!({ "lines": [
        { "line": 1, "location": "A1", "qty": "10", "unit": "each" },
        { "line": 2, "location": "A1", "serials": ["S1", "S2"] },
        { "line": 3, "location": "A1", "lot": "GOOD" },
        { "line": 4, "location": "A1", "qty": "2", "unit": "kg" },
    ] });
    stage.admin.act(format!("/api/v1/transfers/{number}/ship"), &ship).good();
    refuse("receive", bolts("P1"), "P1");
}

fn what_cannot_be_shipped_or_arrive_is_refused(world: &World) {
    let stage = Stage::new(world);
    for bin in ["P2", "P3"] {
        stage.make("/api/v1/locations", &json!({ "code": bin, "kind": "bin", "parent": "PAR" }));
    }
    stage.admin.act("/api/v1/locations/P2/block", &json!({ "reason": "damaged" })).good();
    stage.admin.act("/api/v1/locations/P3/archive", &Value::Null).good();
    let lines = json!([{ "sku": "BOLT", "qty": "10", "unit": "each" }, { "sku": "MILK", "qty": "5" }]);
    let new = json!({ "from_site": "LON", "to_site": "PAR", "lines": lines });
    let number = text(&stage.make("/api/v1/transfers", &new)["number"]);
    let refuse = |name: &str, lines: &[(Value, &str)]| {
        let before = shown(&stage, &number);
        for (line, expected) in lines {
            let asked = post(format!("transfers/{number}/{name}"), json!({ "lines": [line] }));
            stage.refuses(name, &asked, expected);
        }
        assert_eq!(shown(&stage, &number), before, "{name}");
    };
    let old =
        |status: Value| json!({ "line": 2, "location": "A1", "lot": "OLD", "qty": "1", "status": status });
    refuse("allocate", &[(old(Value::Null), "409 lot_expired /lines/0/lot")]);
    refuse(
        "ship",
        &[
            // what has expired is not good any more, and none that is good is left
            (old(Value::Null), "409 insufficient_stock /lines/0/qty"),
            (old(json!("good")), "409 insufficient_stock /lines/0/qty"),
            (
                json!({ "line": 1, "location": "C1", "qty": "6", "unit": "each" }),
                "409 insufficient_stock /lines/0/qty",
            ),
            (
                json!({ "line": 1, "location": "A1", "qty": "1", "unit": "each", "status": "hold" }),
                "409 insufficient_stock /lines/0/qty",
            ),
        ],
    );
    let ship = json!({ "lines": [
        { "line": 1, "location": "A1", "qty": "10", "unit": "each" },
        { "line": 2, "location": "A1", "lot": "GOOD", "qty": "5" },
    ] });
    stage.admin.act(format!("/api/v1/transfers/{number}/ship"), &ship).good();
    let bolts = |location: &str| json!({ "line": 1, "location": location, "qty": "1", "unit": "each" });
    refuse(
        "receive",
        &[
            (bolts("P2"), "409 location_blocked /lines/0/location"),
            (bolts("P3"), "409 location_archived /lines/0/location"),
            (bolts("A1"), "422 wrong_location_kind /lines/0/location"),
            (
                json!({ "line": 2, "location": "P1", "lot": "OLD", "qty": "1" }),
                "409 insufficient_stock /lines/0/qty",
            ),
        ],
    );
    stage.admin.act(format!("/api/v1/transfers/{number}/receive"), &json!({ "lines": [bolts("P1")] })).good();
}

fn a_day_that_there_is_not_is_not_expected(world: &World) {
    let stage = Stage::new(world);
    let new = |day: &Value| {
        let line = json!({ "sku": "BOLT", "qty": "1", "unit": "each" });
        json!({ "from_site": "LON", "to_site": "PAR", "lines": [line], "expected_on": day })
    };
    let made = stage.make("/api/v1/transfers", &new(&json!("2026-04-01")));
    let number = text(&made["number"]);
    for (day, expected) in [
        (json!("2026-02-30"), "422 invalid_value /expected_on"),
        (json!("2026-13-01"), "422 invalid_value /expected_on"),
        (json!("2026-00-10"), "422 invalid_value /expected_on"),
        (json!("soon"), "422 invalid_value /expected_on"),
        (json!(""), "422 invalid_value /expected_on"),
        (json!("2026-4-1"), "422 invalid_value /expected_on"),
        (json!("01/04/2026"), "422 invalid_value /expected_on"),
        (json!("2026-04-01T00:00:00Z"), "422 invalid_value /expected_on"),
        (json!(" 2026-04-01"), "422 invalid_value /expected_on"),
        (long(10_000), "422 invalid_value /expected_on"),
        (json!(20_260_401), "400 malformed_body /expected_on"),
        (json!(["2026-04-01"]), "400 malformed_body /expected_on"),
    ] {
        stage.refuses("create", &post("transfers", new(&day)), expected);
        let expect = json!({ "expected_on": day });
        stage.refuses("expect", &post(format!("transfers/{number}/expect"), expect), expected);
    }
    let other = post(format!("transfers/{number}/expect"), json!({ "expected_on": null, "note": "x" }));
    stage.refuses("expect", &other, "400 malformed_body /note");
    assert_eq!(shown(&stage, &number), made);
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
