//! Bad reservations, allocations and releases.

use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};
use std::time::Duration;

on_both_engines!(
    a_wrong_reservation_is_refused,
    what_is_promised_together_is_counted_together,
    a_wrong_allocation_is_refused,
    a_wrong_release_is_refused,
);

const TOGETHER: &str = "/api/v1/reservations/together";

/// The faults of a quantity of `BOLT`, in both kinds of claim.
fn quantities() -> Vec<(Value, &'static str)> {
    let texts = ["0", "-1", "NaN", "1e3", "0.0000001", "1000000000.000001", "", "1,5"];
    let mut faults: Vec<(Value, &str)> =
        texts.iter().map(|text| (json!({ "qty": text }), "422 invalid_quantity /qty")).collect();
    faults.extend([
        (json!({ "qty": format!("1{}", "0".repeat(30)) }), "422 invalid_quantity /qty"),
        (json!({ "qty": "1.5" }), "422 fraction_refused /qty"),
        (json!({ "qty": 1 }), "400 malformed_body /qty"),
        (json!({ "qty": null }), "400 malformed_body /qty"),
        (json!({ "unit": "pallet" }), "422 unknown_unit /unit"),
        (json!({ "unit": null }), "422 unit_required /unit"),
        (json!({ "unit": long(65) }), "422 limit_exceeded /unit"),
        (json!({ "sku": "SAND", "unit": "scoop" }), "422 inexact_conversion /qty"),
        (json!({ "sku": "NOPE" }), "422 unknown_item /sku"),
        (json!({ "sku": long(65) }), "422 limit_exceeded /sku"),
        (json!({ "sku": "GONE" }), "409 in_use /sku"),
        (json!({ "sku": "SERVICE" }), "422 not_stockable /sku"),
        (json!({ "owner": "" }), "422 invalid_value /owner"),
        (json!({ "owner": "T-000001/1" }), "422 invalid_value /owner"),
        (json!({ "owner": " a" }), "422 invalid_value /owner"),
        (json!({ "owner": "a\tb" }), "422 invalid_value /owner"),
        (json!({ "owner": long(65) }), "422 limit_exceeded /owner"),
        (json!({ "priority": 1.5 }), "400 malformed_body /priority"),
        (json!({ "priority": 2_147_483_648_i64 }), "400 malformed_body /priority"),
        (json!({ "backorder": "yes" }), "400 malformed_body /backorder"),
        (json!({ "backorder": 1 }), "400 malformed_body /backorder"),
        (json!({ "colour": "red" }), "400 malformed_body /colour"),
    ]);
    faults
}

fn changed(mut body: Value, fields: &Value) -> Value {
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn a_wrong_reservation_is_refused(world: &World) {
    let stage = Stage::new(world);
    let good = || json!({ "sku": "BOLT", "site": "LON", "qty": "1", "unit": "each", "owner": "order-1" });
    let more = [
        (json!({ "qty": "106" }), "409 insufficient_available /qty"),
        (json!({ "qty": "9", "unit": "case" }), "409 insufficient_available /qty"),
        (json!({ "site": "PAR" }), "409 insufficient_available /qty"),
        (json!({ "site": "NOPE" }), "422 unknown_location /site"),
        (json!({ "site": "A1" }), "422 unknown_location /site"),
        (json!({ "site": "~customer" }), "422 unknown_location /site"),
        (json!({ "site": long(65) }), "422 limit_exceeded /site"),
        (json!({ "expires_at": "2026-03-01T00:00:00Z" }), "409 claim_expired /expires_at"),
        (json!({ "expires_at": "soon" }), "400 malformed_body /expires_at"),
        (json!({ "owner": null }), "400 malformed_body /owner"),
        (json!({ "lot": "GOOD" }), "400 malformed_body /lot"),
    ];
    for (fields, expected) in quantities().into_iter().chain(more) {
        let asked: Asked = ("POST", "/api/v1/reservations".to_owned(), changed(good(), &fields));
        stage.refuses("reserve", &asked, expected);
        // one of several: all are refused, and it is named
        let at = |field: &str| format!("/reservations/1{field}");
        let (what, field) = expected.rsplit_once(' ').unwrap();
        let together = json!({ "reservations": [good(), changed(good(), &fields), good()] });
        let asked: Asked = ("POST", TOGETHER.to_owned(), together);
        stage.refuses("together", &asked, &format!("{what} {}", at(field)));
    }
    // exactly what is available is reserved, and not one more
    let all = stage.make("/api/v1/reservations", &changed(good(), &json!({ "qty": "105" })));
    assert_eq!(all["available"], "0");
    let asked: Asked = ("POST", "/api/v1/reservations".to_owned(), good());
    stage.refuses("one more", &asked, "409 insufficient_available /qty");
}

/// Each has what those before it leave; all or none.
fn what_is_promised_together_is_counted_together(world: &World) {
    let stage = Stage::new(world);
    let one = |sku: &str, qty: &str| {
        let unit = if sku == "SAND" { "kg" } else { "each" };
        json!({ "sku": sku, "site": "LON", "qty": qty, "unit": unit, "owner": "order-1" })
    };
    let together = |all: Vec<Value>| json!({ "reservations": all });
    let count = |count: usize| together((0..count).map(|_| one("SAND", "0.000001")).collect());
    for (what, body, expected) in [
        ("none", together(vec![]), "422 invalid_value /reservations"),
        ("1,001", count(1_001), "413 too_many /reservations"),
        ("no list", json!({ "reservations": one("BOLT", "1") }), "400 malformed_body /reservations"),
        ("no field", json!({}), "400 malformed_body /reservations"),
        ("unknown", json!({ "reservations": [], "atomic": true }), "400 malformed_body /atomic"),
        (
            "more by two lines",
            together(vec![one("BOLT", "60"), one("SAND", "1"), one("BOLT", "46")]),
            "409 insufficient_available /reservations/2/qty",
        ),
    ] {
        stage.refuses(what, &("POST", TOGETHER.to_owned(), body), expected);
    }
    let most = stage.make(TOGETHER, &count(1_000));
    assert_eq!(most["reservations"].as_array().unwrap().len(), 1_000);
    // exactly what is available, by two lines; each is a reservation of its own
    let body = together(vec![one("BOLT", "60"), one("BOLT", "45")]);
    let ask = stage.admin.ask("POST", TOGETHER).idempotency_key("together").json(&body);
    let (first, again) = (ask.clone().send().good(), ask.send().good());
    assert_eq!((&first.bytes, again.header("idempotency-replayed")), (&again.bytes, Some("true")));
    let made = first.json();
    let made = made["reservations"].as_array().unwrap();
    let left: Vec<&Value> = made.iter().map(|claim| &claim["available"]).collect();
    assert_eq!(left, [&json!("45"), &json!("0")]);
    for claim in made {
        let id = claim["id"].as_str().unwrap();
        let found = stage.admin.get(format!("/api/v1/reservations/{id}")).good().json();
        assert_eq!((&found["qty"], &found["state"]), (&claim["qty"], &json!("open")));
    }
    let asked: Asked = ("POST", TOGETHER.to_owned(), together(vec![one("BOLT", "1")]));
    stage.refuses("one more", &asked, "409 insufficient_available /reservations/0/qty");
}

fn a_wrong_allocation_is_refused(world: &World) {
    let stage = Stage::new(world);
    let good = || json!({ "sku": "BOLT", "location": "A1", "qty": "1", "unit": "each", "owner": "order-1" });
    let reserve = json!({ "sku": "BOLT", "site": "LON", "qty": "2", "unit": "each", "owner": "o" });
    let reservation = stage.make("/api/v1/reservations", &reserve)["id"].clone();
    let expiring = json!({ "sku": "BOLT", "site": "LON", "qty": "2", "unit": "each", "owner": "o", "expires_at": "2026-03-12T00:00:00Z" });
    let expired = stage.make("/api/v1/reservations", &expiring)["id"].clone();
    world.pass(Duration::from_hours(24));
    let more = [
        (json!({ "qty": "101" }), "409 insufficient_stock /qty"),
        (json!({ "location": "A2" }), "409 insufficient_stock /qty"),
        (json!({ "location": "B1" }), "409 location_blocked /location"),
        (json!({ "location": "D1" }), "409 location_archived /location"),
        (json!({ "location": "C1" }), "422 wrong_location_kind /location"),
        (json!({ "location": "NOPE" }), "422 unknown_location /location"),
        (json!({ "location": "~loss" }), "422 wrong_location_kind /location"),
        (json!({ "location": long(65) }), "422 limit_exceeded /location"),
        (json!({ "lot": "L" }), "422 unknown_lot /lot"),
        (json!({ "sku": "MILK" }), "422 lot_required /lot"),
        (json!({ "sku": "MILK", "lot": "NEW" }), "422 unknown_lot /lot"),
        (json!({ "sku": "MILK", "lot": long(65) }), "422 limit_exceeded /lot"),
        (json!({ "sku": "MILK", "lot": "OLD" }), "409 lot_expired /lot"),
        (json!({ "sku": "DRILL" }), "422 serial_required /lot"),
        (json!({ "owner": null }), "422 invalid_value /owner"),
        (json!({ "reservation": "nonsense" }), "400 malformed_body /reservation"),
        (json!({ "reservation": "clm_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e" }), "422 unknown_claim /reservation"),
        (json!({ "reservation": reservation, "qty": "3" }), "409 stock_claimed /reservation"),
        (
            json!({ "reservation": reservation, "sku": "SAND", "unit": "kg" }),
            "422 unknown_claim /reservation",
        ),
        (json!({ "reservation": expired }), "409 claim_expired /reservation"),
    ];
    for (fields, expected) in quantities().into_iter().chain(more) {
        let asked: Asked = ("POST", "/api/v1/allocations".to_owned(), changed(good(), &fields));
        stage.refuses("allocate", &asked, expected);
    }
}

fn a_wrong_release_is_refused(world: &World) {
    let stage = Stage::new(world);
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let reserve = json!({ "sku": "BOLT", "site": "LON", "qty": "5", "unit": "each", "owner": "o" });
    let allocate = json!({ "sku": "BOLT", "location": "A1", "qty": "5", "unit": "each", "owner": "o" });
    let reserved = id(&stage.make("/api/v1/reservations", &reserve));
    let allocated = id(&stage.make("/api/v1/allocations", &allocate));
    for (kind, claim, other) in
        [("reservations", &reserved, &allocated), ("allocations", &allocated, &reserved)]
    {
        let release =
            |claim: &str, body: Value| -> Asked { ("POST", format!("/api/v1/{kind}/{claim}/release"), body) };
        for (body, expected) in [
            (json!({ "qty": "6" }), "409 stock_claimed /qty"),
            (json!({ "qty": "0" }), "422 invalid_quantity /qty"),
            (json!({ "qty": "-1" }), "422 invalid_quantity /qty"),
            (json!({ "qty": "NaN" }), "422 invalid_quantity /qty"),
            (json!({ "qty": "0.5" }), "422 fraction_refused /qty"),
            (json!({ "qty": 1 }), "400 malformed_body /qty"),
            (json!({ "unit": "case" }), "400 malformed_body /unit"),
        ] {
            stage.refuses("release", &release(claim, body), expected);
        }
        for unknown in ["clm_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e", "7", "%00", other.as_str()] {
            stage.refuses("unknown", &release(unknown, json!({})), "404 not_found");
        }
        stage.make(&format!("/api/v1/{kind}/{claim}/release"), &json!({ "qty": "5" }));
        stage.refuses("closed", &release(claim, json!({})), "409 claim_closed");
    }
}
