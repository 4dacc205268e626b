//! What can be wrong with a posting as a whole, and what only some kinds can be asked.

use super::lines::{KINDS, posting, right, with};
use super::{Asked, Stage, long};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_wrong_posting_is_refused_in_every_kind,
    what_is_not_there_is_not_posted,
    serials_are_held_to_what_they_are,
    lots_are_held_to_what_they_are,
    a_move_and_a_change_of_status_say_where_they_end,
    a_reversal_is_refused_for_what_is_wrong_with_it,
);

fn ask(path: &str, body: Value) -> Asked {
    ("POST", format!("/api/v1/postings/{path}"), body)
}

fn a_wrong_posting_is_refused_in_every_kind(world: &World) {
    let stage = Stage::new(world);
    stage.admin.act("/api/v1/periods/2026-01/close", &Value::Null).good();
    for (kind, path) in KINDS {
        let good = || posting(kind, &[right(kind)]);
        for (field, value, expected) in [
            ("lines", json!([]), "422 invalid_value /lines"),
            ("lines", json!({}), "400 malformed_body /lines"),
            ("lines", json!([7]), "400 malformed_body /lines/0"),
            ("lines", Value::Null, "400 malformed_body /lines"),
            ("effective_at", json!("2026-03-20T00:00:00Z"), "422 effective_in_future /effective_at"),
            ("effective_at", json!("2026-01-05T00:00:00Z"), "409 period_closed /effective_at"),
            ("effective_at", json!("yesterday"), "400 malformed_body /effective_at"),
            ("effective_at", json!("2026-03-01"), "400 malformed_body /effective_at"),
            ("effective_at", json!("2026-02-30T00:00:00Z"), "400 malformed_body /effective_at"),
            ("effective_at", json!(1_772_000_000), "400 malformed_body /effective_at"),
            ("post_late", json!("yes"), "400 malformed_body /post_late"),
            ("document", json!(""), "422 invalid_value /document"),
            ("document", json!(" INV-1"), "422 invalid_value /document"),
            ("document", json!("INV\n1"), "422 invalid_value /document"),
            ("document", long(65), "422 limit_exceeded /document"),
            ("reason", long(65), "422 limit_exceeded /reason"),
            ("reason", json!("nope"), "422 unknown_reason /reason"),
            ("note", long(20_001), "422 limit_exceeded /note"),
            ("note", json!(7), "400 malformed_body /note"),
            ("colour", json!("red"), "400 malformed_body /colour"),
        ] {
            let mut body = good();
            body[field] = value;
            stage.refuses(kind, &ask(path, body), expected);
        }
        let mut body = good();
        body.as_object_mut().unwrap().remove("lines");
        stage.refuses(kind, &ask(path, body), "400 malformed_body /lines");
    }
    for (kind, path) in [("adjust", "adjust"), ("set_status", "set-status")] {
        let mut body = posting(kind, &[right(kind)]);
        body["reason"] = "because".into();
        stage.refuses(kind, &ask(path, body.clone()), "422 unknown_reason /reason");
        body.as_object_mut().unwrap().remove("reason");
        stage.refuses(kind, &ask(path, body), "422 unknown_reason /reason");
    }
    let same = json!({ "sku": "BOLT", "counted": "100", "unit": "each", "location": "A1" });
    stage.refuses("no difference", &ask("adjust", posting("adjust", &[same])), "422 invalid_quantity /lines");
}

/// The lines of a request on one key count together.
fn what_is_not_there_is_not_posted(world: &World) {
    let stage = Stage::new(world);
    for (kind, path) in
        [("issue", "issue"), ("consume", "consume"), ("move", "move"), ("set_status", "set-status")]
    {
        let sixty = with(kind, &json!({ "qty": "60" }));
        let twice = posting(kind, &[sixty.clone(), sixty]);
        stage.refuses("sixty twice", &ask(path, twice), "409 insufficient_stock /lines/1/qty");
        for (qty, unit) in [("101", "each"), ("9", "case"), ("1000000000", "each")] {
            let line = with(kind, &json!({ "qty": qty, "unit": unit }));
            let body = posting(kind, &[line]);
            stage.refuses("too much", &ask(path, body), "409 insufficient_stock /lines/0/qty");
        }
        let damaged = with(kind, &json!({ "status": "damaged", "to_status": null }));
        let mut damaged = damaged;
        if kind == "set_status" {
            damaged["to_status"] = "good".into();
        }
        let body = posting(kind, &[damaged]);
        let expected = match kind {
            "issue" | "consume" => "422 status_not_good /lines/0/status",
            _ => "409 insufficient_stock /lines/0/qty",
        };
        stage.refuses("none is damaged", &ask(path, body), expected);
        // before it was there
        let mut early = posting(kind, &[right(kind)]);
        early["effective_at"] = "2026-02-28T12:00:00Z".into();
        stage.refuses("too early", &ask(path, early), "409 insufficient_stock /lines/0/qty");
        let more = with(kind, &json!({ "qty": "1000000000", "unit": "case" }));
        let body = posting(kind, &[more]);
        stage.refuses(
            "above the limit in the base unit",
            &ask(path, body),
            "422 invalid_quantity /lines/0/qty",
        );
    }
    // the stock is there, and somebody else has it
    let claim = json!({ "sku": "BOLT", "location": "A1", "qty": "90", "unit": "each", "owner": "order" });
    let claim = stage.make("/api/v1/allocations", &claim)["id"].clone();
    for (kind, path) in [("issue", "issue"), ("move", "move")] {
        let line = with(kind, &json!({ "qty": "20" }));
        stage.refuses("claimed", &ask(path, posting(kind, &[line])), "409 stock_claimed /lines/0/qty");
        let line = with(kind, &json!({ "qty": "91", "claim": claim }));
        stage.refuses(
            "more than claimed",
            &ask(path, posting(kind, &[line])),
            "409 stock_claimed /lines/0/claim",
        );
        let line = with(kind, &json!({ "sku": "SAND", "unit": "kg", "claim": claim }));
        stage.refuses(
            "of another item",
            &ask(path, posting(kind, &[line])),
            "422 unknown_claim /lines/0/claim",
        );
    }
}

#[expect(clippy::too_many_lines, reason = "a table, line by line")]
fn serials_are_held_to_what_they_are(world: &World) {
    let stage = Stage::new(world);
    let drill = |fields: Value| {
        let mut line = json!({ "sku": "DRILL", "location": "A1" });
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        line
    };
    for (what, path, lines, expected) in [
        (
            "in one line",
            "receive",
            vec![drill(json!({ "serials": ["N", "N"] }))],
            "422 serial_twice /lines/0/serials/1",
        ),
        (
            "whatever the case",
            "receive",
            vec![drill(json!({ "serials": ["N", "n"] }))],
            "422 serial_twice /lines/0/serials/1",
        ),
        (
            "in two lines",
            "receive",
            vec![drill(json!({ "serials": ["N"] })), drill(json!({ "serials": ["M", "N"] }))],
            "422 serial_twice /lines/1/serials/1",
        ),
        (
            "issued twice",
            "issue",
            vec![drill(json!({ "serials": ["S1", "S1"] }))],
            "422 serial_twice /lines/0/serials/1",
        ),
        (
            "here already",
            "receive",
            vec![drill(json!({ "serials": ["N", "S1"] }))],
            "409 serial_in_stock /lines/0/serials/1",
        ),
        (
            "named as a lot",
            "receive",
            vec![drill(json!({ "qty": "1", "lot": "S1" }))],
            "409 serial_in_stock /lines/0/lot",
        ),
        (
            "more than one",
            "receive",
            vec![drill(json!({ "qty": "2", "lot": "N" }))],
            "422 serial_not_one /lines/0/qty",
        ),
        (
            "half of one",
            "receive",
            vec![drill(json!({ "qty": "0.5", "lot": "N" }))],
            "422 fraction_refused /lines/0/qty",
        ),
        (
            "elsewhere",
            "issue",
            vec![drill(json!({ "serials": ["S1"], "location": "A2" }))],
            "409 serial_not_here /lines/0/serials/0",
        ),
        (
            "never seen",
            "issue",
            vec![drill(json!({ "serials": ["N"] }))],
            "422 unknown_lot /lines/0/serials/0",
        ),
        (
            "made in a lot that is not there",
            "issue",
            vec![drill(json!({ "lot": "R-77", "serials": ["S1"] }))],
            "422 unknown_lot /lines/0/lot",
        ),
        (
            "made in a lot, and was made in none",
            "receive",
            vec![drill(json!({ "lot": "R-77", "serials": ["N", "S1"] }))],
            "422 parent_mismatch /lines/0/serials/1",
        ),
        (
            "made in a serial",
            "receive",
            vec![drill(json!({ "lot": "S1", "serials": ["N"] }))],
            "422 not_a_parent /lines/0/lot",
        ),
        (
            "made in itself",
            "receive",
            vec![drill(json!({ "lot": "N", "serials": ["n"] }))],
            "422 lot_is_parent /lines/0/serials/0",
        ),
        ("no text", "issue", vec![drill(json!({ "serials": [7] }))], "400 malformed_body /lines/0/serials/0"),
        (
            "an empty text",
            "receive",
            vec![drill(json!({ "serials": [""] }))],
            "422 invalid_value /lines/0/serials/0",
        ),
        (
            "fewer than said",
            "issue",
            vec![drill(json!({ "serials": ["S1"], "qty": "2" }))],
            "422 serial_not_one /lines/0/qty",
        ),
    ] {
        stage.refuses(what, &ask(path, json!({ "lines": lines })), expected);
    }
}

fn lots_are_held_to_what_they_are(world: &World) {
    let stage = Stage::new(world);
    let milk = |lot: &str, qty: &str| json!({ "sku": "MILK", "lot": lot, "qty": qty, "location": "A1" });
    for (what, path, lines, expected) in [
        ("never seen", "issue", vec![milk("NEW", "1")], "422 unknown_lot /lines/0/lot"),
        ("expired", "issue", vec![milk("OLD", "1")], "409 lot_expired /lines/0/lot"),
        ("expired", "consume", vec![milk("OLD", "1")], "409 lot_expired /lines/0/lot"),
        ("without its day", "receive", vec![milk("NEW", "1")], "422 invalid_expiry /lines/0/expiry_on"),
        ("good", "issue", vec![milk("GOOD", "11")], "409 insufficient_stock /lines/0/qty"),
        (
            "together",
            "issue",
            vec![milk("GOOD", "6"), milk("good", "5")],
            "409 insufficient_stock /lines/1/qty",
        ),
    ] {
        stage.refuses(what, &ask(path, json!({ "lines": lines })), expected);
    }
    // as what it is, it does not go out either; it is thrown away
    let old = |field: &str, qty: &str| json!({ "sku": "MILK", "lot": "OLD", field: qty, "location": "A1", "status": "expired" });
    for kind in ["issue", "consume"] {
        let lines = json!({ "lines": [old("qty", "1")] });
        stage.refuses("expired", &ask(kind, lines), "422 status_not_good /lines/0/status");
    }
    stage.make("/api/v1/postings/adjust", &json!({ "lines": [old("counted", "9")], "reason": "count" }));
}

fn a_move_and_a_change_of_status_say_where_they_end(world: &World) {
    let stage = Stage::new(world);
    for (fields, expected) in [
        (json!({ "to_location": null }), "422 invalid_value /lines/0/to_location"),
        (json!({ "to_location": "A1" }), "422 same_place /lines/0/to_location"),
        (json!({ "to_location": "NOPE" }), "422 unknown_location /lines/0/to_location"),
        (json!({ "to_location": long(65) }), "422 limit_exceeded /lines/0/to_location"),
        (json!({ "to_location": "P1" }), "422 wrong_location_kind /lines/0/to_location"),
        (json!({ "to_location": "B1" }), "409 location_blocked /lines/0/to_location"),
        (json!({ "to_location": "D1" }), "409 location_archived /lines/0/to_location"),
        (json!({ "to_location": "~customer" }), "422 wrong_location_kind /lines/0/to_location"),
        (json!({ "location": "~supplier" }), "422 wrong_location_kind /lines/0/location"),
    ] {
        let line = with("move", &fields);
        stage.refuses("move", &ask("move", posting("move", &[line])), expected);
    }
    for (fields, expected) in [
        (json!({ "to_status": null }), "422 invalid_value /lines/0/to_status"),
        (json!({ "to_status": "good" }), "422 same_place /lines/0/to_status"),
        (json!({ "to_status": "shiny" }), "400 malformed_body /lines/0/to_status"),
        (json!({ "to_status": "expired" }), "422 status_change_refused /lines/0/to_status"),
        (
            json!({ "sku": "MILK", "lot": "GOOD", "to_status": "expired" }),
            "422 status_change_refused /lines/0/to_status",
        ),
    ] {
        let line = with("set_status", &fields);
        stage.refuses("status", &ask("set-status", posting("set_status", &[line])), expected);
    }
}

fn a_reversal_is_refused_for_what_is_wrong_with_it(world: &World) {
    let stage = Stage::new(world);
    let made = stage.make("/api/v1/postings/receive", &posting("receive", &[right("receive")]));
    let id = made["id"].as_str().unwrap();
    let reverse = |id: &str, body: Value| ask(&format!("{id}/reverse"), body);
    for (field, value, expected) in [
        ("effective_at", json!("2027-01-01T00:00:00Z"), "422 effective_in_future /effective_at"),
        ("effective_at", json!("soon"), "400 malformed_body /effective_at"),
        ("reason", long(65), "422 limit_exceeded /reason"),
        ("reason", json!("nonsense"), "422 unknown_reason /reason"),
        ("note", long(20_001), "422 limit_exceeded /note"),
        ("lines", json!([]), "400 malformed_body /lines"),
    ] {
        stage.refuses("reverse", &reverse(id, json!({ field: value })), expected);
    }
    for unknown in ["pst_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e", "7", "nonsense", "%00", "..%2F"] {
        stage.refuses("unknown", &reverse(unknown, json!({})), "404 not_found");
    }
    stage.make(&format!("/api/v1/postings/{id}/reverse"), &json!({}));
    stage.refuses("twice", &reverse(id, json!({})), "409 already_reversed");
    let line = json!({ "sku": "BOLT", "qty": "100", "unit": "each", "location": "A1" });
    stage.make("/api/v1/postings/issue", &json!({ "lines": [line] }));
    let ledger = stage.admin.get("/api/v1/ledger?sku=SAND").good().json();
    let first = ledger["items"][0]["posting"].as_str().unwrap();
    stage.refuses("gone meanwhile", &reverse(first, json!({})), "409 insufficient_stock");
}
