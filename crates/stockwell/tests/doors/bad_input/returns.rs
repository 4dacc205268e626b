//! What can be wrong with the sale that a return names; and what is told of one that is right.

use super::{Asked, Stage};
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_sale_is_held_to_what_it_was,
    only_a_return_names_a_sale,
    what_came_back_is_told_with_the_sale_and_with_the_return,
);

fn ask(path: &str, body: Value) -> Asked {
    ("POST", format!("/api/v1/postings/{path}"), body)
}

fn bolts(qty: &str, sale: &Value) -> Value {
    json!({ "sku": "BOLT", "qty": qty, "unit": "each", "location": "A1", "sale": sale })
}

/// Sells ten bolts, one lot and both drills.
fn sell(stage: &Stage<'_>) -> Value {
    let lines = json!([
        { "sku": "BOLT", "qty": "10", "unit": "each", "location": "A1" },
        { "sku": "MILK", "qty": "1", "lot": "GOOD", "location": "A1" },
        { "sku": "DRILL", "serials": ["S1", "S2"], "location": "A1" },
    ]);
    stage.make("/api/v1/postings/issue", &json!({ "lines": lines }))["id"].clone()
}

fn a_sale_is_held_to_what_it_was(world: &World) {
    let stage = Stage::new(world);
    let sale = sell(&stage);
    let of = |line: i64| json!({ "posting": sale, "line": line });
    let received =
        stage.admin.get("/api/v1/ledger?kind=receive").good().json()["items"][0]["posting"].clone();
    let unknown = "pst_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e";
    let milk = |lot: &str, line: i64| json!({ "sku": "MILK", "qty": "1", "lot": lot, "location": "A1", "sale": of(line) });
    let drills = |serials: Value| json!({ "sku": "DRILL", "serials": serials, "location": "A1", "sale": { "posting": sale } });
    for (what, line, expected) in [
        ("no object", bolts("1", &sale), "400 malformed_body /lines/0/sale"),
        ("an array", bolts("1", &json!([sale, 0])), "400 malformed_body /lines/0/sale"),
        ("no posting", bolts("1", &json!({ "line": 0 })), "400 malformed_body /lines/0/sale/posting"),
        ("no id", bolts("1", &json!({ "posting": "7" })), "400 malformed_body /lines/0/sale/posting"),
        (
            "another field",
            bolts("1", &json!({ "posting": sale, "lot": "A" })),
            "400 malformed_body /lines/0/sale/lot",
        ),
        ("a line below zero", bolts("1", &of(-1)), "400 malformed_body /lines/0/sale/line"),
        ("unknown", bolts("1", &json!({ "posting": unknown })), "422 unknown_sale /lines/0/sale/posting"),
        ("no such line", bolts("1", &of(4)), "422 unknown_sale /lines/0/sale/line"),
        ("no line at all", bolts("1", &of(4_294_967_295)), "422 unknown_sale /lines/0/sale/line"),
        ("another item", bolts("1", &of(1)), "422 sale_mismatch /lines/0/sku"),
        ("another lot", milk("OLD", 1), "422 sale_mismatch /lines/0/lot"),
        ("another serial", drills(json!(["S2", "S9"])), "422 sale_mismatch /lines/0/serials/1"),
        ("too much", bolts("11", &of(0)), "409 return_exceeds_sale /lines/0/qty"),
        (
            "no sale",
            json!({ "sku": "BOLT", "qty": "1", "unit": "each", "location": "A1", "sale": { "posting": received } }),
            "422 not_a_sale /lines/0/sale/posting",
        ),
    ] {
        stage.refuses(what, &ask("return", json!({ "lines": [line] })), expected);
    }
    let twice = json!({ "lines": [bolts("6", &of(0)), bolts("5", &json!({ "posting": sale }))] });
    stage.refuses("together too much", &ask("return", twice), "409 return_exceeds_sale /lines/1/qty");
    let mut early = json!({ "lines": [bolts("1", &of(0))] });
    early["effective_at"] = "2026-02-28T12:00:00Z".into();
    stage.refuses("before it was sold", &ask("return", early), "422 return_before_sale /effective_at");
    let back = stage.make("/api/v1/postings/return", &json!({ "lines": [bolts("1", &of(0))] }));
    let reverse = |id: &Value| ask(&format!("{}/reverse", id.as_str().unwrap()), json!({}));
    stage.refuses("a sale with returns", &reverse(&sale), "409 sale_returned");
    for id in [&back["id"], &sale] {
        stage.make(&format!("/api/v1/postings/{}/reverse", id.as_str().unwrap()), &json!({}));
    }
    let late = json!({ "lines": [bolts("1", &of(0))] });
    stage.refuses("a reversed sale", &ask("return", late), "409 sale_reversed /lines/0/sale");
}

fn only_a_return_names_a_sale(world: &World) {
    let stage = Stage::new(world);
    let sale = sell(&stage);
    for path in ["receive", "issue", "opening", "produce", "consume", "move", "set-status", "adjust"] {
        let body = json!({ "lines": [bolts("1", &json!({ "posting": sale }))] });
        stage.refuses(path, &ask(path, body), "422 invalid_value /lines/0/sale");
    }
}

fn what_came_back_is_told_with_the_sale_and_with_the_return(world: &World) {
    let stage = Stage::new(world);
    let sale = sell(&stage);
    let named = json!({ "posting": sale });
    let drills = json!({ "sku": "DRILL", "serials": ["S2"], "location": "P1", "sale": named });
    let body = json!({ "lines": [bolts("3", &named), drills, bolts("1", &json!(null))] });
    let shown =
        |id: &Value| stage.admin.get(format!("/api/v1/postings/{}", id.as_str().unwrap())).good().json();
    let field = |id: &Value, field: &str| -> Vec<Value> {
        shown(id)["items"].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
    };
    let tried = stage.admin.post("/api/v1/postings/return?dry_run=true", &body).good().json();
    assert_eq!(tried["movements"][1]["sales"], json!([{ "posting": sale, "line": 3, "qty": "1" }]));
    assert_eq!(field(&sale, "returned"), [Value::Null, Value::Null, Value::Null, Value::Null]);
    let back = stage.make("/api/v1/postings/return", &body)["id"].clone();
    assert_eq!(field(&sale, "returned"), [json!("3"), Value::Null, Value::Null, json!("1")]);
    let taken = |line: u32, qty: &str| json!([{ "posting": sale, "line": line, "qty": qty }]);
    assert_eq!(field(&back, "sales"), [taken(0, "3"), taken(3, "1"), Value::Null]);
    let ledger = stage.admin.get("/api/v1/ledger?sku=BOLT&kind=issue").good().json();
    assert_eq!(ledger["items"][0]["returned"], "3");
    stage.make(&format!("/api/v1/postings/{}/reverse", back.as_str().unwrap()), &json!({}));
    assert_eq!(field(&sale, "returned"), [Value::Null, Value::Null, Value::Null, Value::Null]);
    assert_eq!(field(&back, "sales"), [taken(0, "3"), taken(3, "1"), Value::Null]);
}
