//! What can be wrong with one line, in every kind of posting, alone and in a bulk.

use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_wrong_line_is_refused_in_every_kind_of_posting,
    a_wrong_line_is_refused_in_every_kind_of_bulk,
);

/// Every kind that is posted by hand, with its path.
pub(super) const KINDS: [(&str, &str); 9] = [
    ("receive", "receive"),
    ("issue", "issue"),
    ("move", "move"),
    ("set_status", "set-status"),
    ("adjust", "adjust"),
    ("return", "return"),
    ("opening", "opening"),
    ("produce", "produce"),
    ("consume", "consume"),
];

/// A line that is right for a kind.
pub(super) fn right(kind: &str) -> Value {
    match kind {
        "move" => json!({ "sku": "BOLT", "qty": "1", "unit": "each", "location": "A1", "to_location": "A2" }),
        "set_status" => {
            json!({ "sku": "BOLT", "qty": "1", "unit": "each", "location": "A1", "to_status": "hold" })
        }
        "adjust" => json!({ "sku": "BOLT", "counted": "99", "unit": "each", "location": "A1" }),
        _ => json!({ "sku": "BOLT", "qty": "1", "unit": "each", "location": "A1" }),
    }
}

/// A posting of a kind with these lines.
pub(super) fn posting(kind: &str, lines: &[Value]) -> Value {
    let mut body = json!({ "lines": lines });
    match kind {
        "adjust" => body["reason"] = "count".into(),
        "set_status" => body["reason"] = "inspection".into(),
        _ => {}
    }
    body
}

/// A right line of a kind with these fields instead; null takes a field away.
pub(super) fn with(kind: &str, fields: &Value) -> Value {
    let mut line = right(kind);
    for (name, value) in fields.as_object().unwrap() {
        let name = if name == "QTY" { quantity(kind) } else { name };
        line[name] = value.clone();
    }
    line.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    line
}

fn quantity(kind: &str) -> &'static str {
    if kind == "adjust" { "counted" } else { "qty" }
}

/// What is wrong, and what is said of it: the field stands for `/lines/1/…`. `QTY` is the field of
/// the quantity.
fn faults() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "sku": "NOPE" }), "422 unknown_item /sku"),
        (json!({ "sku": "" }), "422 unknown_item /sku"),
        (json!({ "sku": long(64) }), "422 unknown_item /sku"),
        (json!({ "sku": long(65) }), "422 limit_exceeded /sku"),
        (json!({ "sku": "BOLT' or '1'='1" }), "422 unknown_item /sku"),
        (json!({ "sku": "GONE" }), "409 in_use /sku"),
        (json!({ "sku": "SERVICE" }), "422 not_stockable /sku"),
        (json!({ "sku": 7 }), "400 malformed_body /sku"),
        (json!({ "sku": null }), "400 malformed_body /sku"),
        (json!({ "location": "NOPE" }), "422 unknown_location /location"),
        (json!({ "location": long(65) }), "422 limit_exceeded /location"),
        (json!({ "unit": "pallet" }), "422 unknown_unit /unit"),
        (json!({ "unit": null }), "422 unit_required /unit"),
        (json!({ "unit": long(65) }), "422 limit_exceeded /unit"),
        (json!({ "sku": "SAND", "unit": "scoop", "QTY": "1" }), "422 inexact_conversion QTY"),
        (json!({ "QTY": "1.5" }), "422 fraction_refused QTY"),
        (json!({ "QTY": "-1" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "NaN" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "Infinity" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "1e3" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": format!("1{}", "0".repeat(30)) }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "1000000000.000001" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "0.0000001" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": " 1" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "+1" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "1,5" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": "\u{663}" }), "422 invalid_quantity QTY"),
        (json!({ "QTY": 1 }), "400 malformed_body QTY"),
        (json!({ "QTY": null }), "422 invalid_quantity QTY"),
        (json!({ "lot": "L" }), "422 lot_not_allowed /lot"),
        (json!({ "sku": "MILK" }), "422 lot_required /lot"),
        (json!({ "sku": "MILK", "lot": "" }), "422 invalid_value /lot"),
        (json!({ "sku": "MILK", "lot": long(65) }), "422 limit_exceeded /lot"),
        (json!({ "sku": "MILK", "lot": "GOOD", "expiry_on": "2026-02-30" }), "422 invalid_value /expiry_on"),
        (json!({ "sku": "MILK", "lot": "GOOD", "expiry_on": "2027-01-01" }), "422 invalid_expiry /expiry_on"),
        (json!({ "expiry_on": "2026-12-31" }), "422 lot_required /lot"),
        (json!({ "sku": "DRILL" }), "422 serial_required /serials"),
        (json!({ "serials": ["X"] }), "422 lot_not_allowed /serials"),
        (json!({ "sku": "DRILL", "QTY": "2", "serials": ["S1"] }), "422 serial_not_one QTY"),
        (json!({ "sku": "DRILL", "serials": ["S1", long(65)], "QTY": "2" }), "422 limit_exceeded /serials/1"),
        (json!({ "status": "shiny" }), "400 malformed_body /status"),
        (json!({ "claim": "nonsense" }), "400 malformed_body /claim"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ]
}

/// Where a fault of the second line stands.
fn told(expected: &str, kind: &str) -> String {
    let (refusal, field) = expected.rsplit_once(' ').unwrap();
    let field = if field == "QTY" { format!("/{}", quantity(kind)) } else { field.to_owned() };
    format!("{refusal} /lines/1{field}")
}

/// A wrong line behind a right one, which is not posted either.
fn cases(kind: &str) -> Vec<(Value, String)> {
    let mut cases: Vec<(Value, String)> = faults()
        .into_iter()
        .map(|(fields, expected)| (posting(kind, &[right(kind), with(kind, &fields)]), told(expected, kind)))
        .collect();
    let mut more = |fields: Value, expected: &str| {
        cases.push((posting(kind, &[right(kind), with(kind, &fields)]), told(expected, kind)));
    };
    more(json!({ "location": "D1" }), "409 location_archived /location");
    if !["adjust", "set_status", "opening"].contains(&kind) {
        // what is blocked is told and counted all the same, and set aside
        more(json!({ "location": "B1" }), "409 location_blocked /location");
    }
    if kind != "adjust" {
        more(json!({ "qty": "0" }), "422 invalid_quantity /qty");
        more(json!({ "counted": "1" }), "422 invalid_value /counted");
    }
    if kind != "move" {
        more(json!({ "to_location": "A2" }), "422 invalid_value /to_location");
    }
    // only what takes goods out fulfils a claim, or carries it along
    let takes_claims = ["issue", "consume", "move"].contains(&kind);
    let of_claim = if takes_claims { "422 unknown_claim /claim" } else { "422 invalid_value /claim" };
    more(json!({ "claim": "clm_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e" }), of_claim);
    if kind != "set_status" {
        more(json!({ "to_status": "hold" }), "422 invalid_value /to_status");
    }
    if ["receive", "return", "opening", "produce", "adjust"].contains(&kind) {
        for cost in ["-1", "NaN", "1.0000001", "1e3", ""] {
            more(json!({ "unit_cost": cost }), "422 invalid_value /unit_cost");
        }
        more(json!({ "unit_cost": "1000000000000.000001" }), "422 limit_exceeded /unit_cost");
    } else {
        more(json!({ "unit_cost": "1" }), "422 invalid_value /unit_cost");
    }
    cases
}

fn a_wrong_line_is_refused_in_every_kind_of_posting(world: &World) {
    let stage = Stage::new(world);
    for (kind, path) in KINDS {
        for (body, expected) in cases(kind) {
            let asked: Asked = ("POST", format!("/api/v1/postings/{path}"), body);
            stage.refuses(kind, &asked, &expected);
        }
    }
}

fn a_wrong_line_is_refused_in_every_kind_of_bulk(world: &World) {
    let stage = Stage::new(world);
    for (kind, _) in KINDS {
        for (body, expected) in cases(kind) {
            stage.bulk_refuses(kind, body, &expected);
        }
    }
}
