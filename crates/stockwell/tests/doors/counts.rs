//! Counts and what leaves: a count is held to the books of its own instant and priced by what was
//! found, and what is not good leaves by an adjustment alone.

use crate::world::{World, on_both_engines};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::{Actor, Reply};

on_both_engines!(
    a_surplus_is_worth_what_was_found,
    serials_that_were_found_are_priced_one_by_one,
    a_dated_count_is_held_to_the_books_of_its_instant,
    counts_of_one_bulk_see_each_other,
    what_is_not_good_leaves_by_an_adjustment_alone,
);

/// `LON` with `A1` and `A2`; `BOLT` in cases of twelve, `DRILL` by serial, and whoever may everything.
fn site(world: &World) -> Actor {
    let admin = world.admin();
    for (code, kind, parent) in
        [("LON", "site", None), ("A1", "bin", Some("LON")), ("A2", "bin", Some("LON"))]
    {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent })).good();
    }
    for item in [
        json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each", "units": [{ "unit": "case", "factor": "12" }] }),
        json!({ "sku": "DRILL", "name": "Drill", "base_unit": "each", "tracking": "serial" }),
    ] {
        admin.post("/api/v1/items", &item).good();
    }
    admin
}

fn receive(admin: &Actor, line: &Value) {
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
}

/// Posts a count; `fields` are added to its line.
fn count(admin: &Actor, counted: &str, fields: &Value) -> Reply {
    count_at(admin, counted, fields, None)
}

fn count_at(admin: &Actor, counted: &str, fields: &Value, at: Option<&str>) -> Reply {
    admin.post("/api/v1/postings/adjust", &count_body(counted, fields, at))
}

fn count_body(counted: &str, fields: &Value, at: Option<&str>) -> Value {
    let mut line = json!({ "sku": "BOLT", "counted": counted, "unit": "each", "location": "A1" });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let mut body = json!({ "lines": [line], "reason": "count" });
    if let Some(at) = at {
        body["effective_at"] = at.into();
    }
    body
}

/// `100 110.00`: the quantity and the value of an item.
fn worth(admin: &Actor, sku: &str) -> String {
    let list = admin.get(format!("/api/v1/valuation?sku={sku}")).good().json();
    let row = &list["items"][0];
    format!("{} {}", row["qty"].as_str().unwrap(), row["value"].as_str().unwrap())
}

/// What a count has moved: `10 ~adjustment A1`.
fn moved(reply: Reply) -> String {
    let body = reply.good().json();
    let movement = &body["movements"][0];
    let [qty, from, to] = [&movement["qty"], &movement["from"]["location"], &movement["to"]["location"]]
        .map(|value| value.as_str().unwrap());
    format!("{qty} {from} {to}")
}

fn a_surplus_is_worth_what_was_found(world: &World) {
    let admin = site(world);
    receive(
        &admin,
        &json!({ "sku": "BOLT", "qty": "90", "unit": "each", "location": "A1", "unit_cost": "1.00" }),
    );
    assert_eq!(moved(count(&admin, "100", &json!({ "unit_cost": "2.00" }))), "10 ~adjustment A1");
    assert_eq!(worth(&admin, "BOLT"), "100 110.00");
    // nine cases are eight more: two thirds of one at 9.00
    assert_eq!(
        moved(count(&admin, "9", &json!({ "unit": "case", "unit_cost": "9.00" }))),
        "8 ~adjustment A1"
    );
    assert_eq!(worth(&admin, "BOLT"), "108 116.00");
    // what is missing is worth what it was, whatever is said of its cost
    assert_eq!(moved(count(&admin, "98", &json!({ "unit_cost": "50.00" }))), "10 A1 ~adjustment");
    assert_eq!(worth(&admin, "BOLT"), "98 106.00");
    let too_much = count(&admin, "1000000000", &json!({ "unit_cost": "999999999999" }));
    assert_eq!(too_much.refusal(), "422 limit_exceeded /lines/0/unit_cost");
    assert_eq!(
        count(&admin, "1", &json!({ "unit": "box", "unit_cost": "1" })).refusal(),
        "422 unknown_unit /lines/0/unit"
    );
    assert_eq!(worth(&admin, "BOLT"), "98 106.00");
}

fn serials_that_were_found_are_priced_one_by_one(world: &World) {
    let admin = site(world);
    receive(
        &admin,
        &json!({ "sku": "DRILL", "serials": ["S1", "S2"], "location": "A1", "unit_cost": "10.00" }),
    );
    let line = json!({ "sku": "DRILL", "serials": ["S1", "S2", "S3"], "unit_cost": "12.50" });
    assert_eq!(moved(count(&admin, "3", &line)), "1 ~adjustment A1");
    assert_eq!(worth(&admin, "DRILL"), "3 32.50");
    let gone = json!({ "sku": "DRILL", "serials": ["S1", "S3"] });
    assert_eq!(count(&admin, "1", &gone).refusal(), "422 serial_not_one /lines/0/counted");
    // none of those that are named is there
    assert_eq!(moved(count(&admin, "0", &gone)), "1 A1 ~adjustment");
    assert_eq!(worth(&admin, "DRILL").split(' ').next(), Some("1"));
    assert_eq!(count(&admin, "0", &gone).refusal(), "422 invalid_quantity /lines");
}

fn a_dated_count_is_held_to_the_books_of_its_instant(world: &World) {
    let admin = site(world);
    receive(&admin, &json!({ "sku": "BOLT", "qty": "10", "unit": "each", "location": "A1" }));
    world.pass(Duration::from_mins(1));
    let scan = world.now().to_string();
    let at = |counted: &str| count_at(&admin, counted, &json!({}), Some(&scan));
    world.pass(Duration::from_mins(5));
    let line = json!({ "sku": "BOLT", "qty": "3", "unit": "each", "location": "A1" });
    admin.post("/api/v1/postings/issue", &json!({ "lines": [line] })).good();
    world.pass(Duration::from_mins(1));
    // ten were scanned when there were ten; that three are gone since is no difference
    assert_eq!(at("10").refusal(), "422 invalid_quantity /lines");
    assert_eq!(moved(at("12")), "2 ~adjustment A1");
    assert_eq!(moved(at("11")), "1 A1 ~adjustment");
    assert_eq!(at("11").refusal(), "422 invalid_quantity /lines");
    assert_eq!(count(&admin, "8", &json!({})).refusal(), "422 invalid_quantity /lines");
    // two were scanned, and three were issued afterwards
    assert_eq!(at("2").refusal(), "409 insufficient_stock /lines/0/counted");
    // before anything was there
    let early = count_at(&admin, "1", &json!({}), Some("2026-03-01T00:00:00Z"));
    assert_eq!(moved(early), "1 ~adjustment A1");
    assert_eq!(moved(count(&admin, "8", &json!({}))), "1 A1 ~adjustment");
}

fn counts_of_one_bulk_see_each_other(world: &World) {
    let admin = site(world);
    receive(&admin, &json!({ "sku": "BOLT", "qty": "10", "unit": "each", "location": "A1" }));
    let scan = world.now().to_string();
    world.pass(Duration::from_mins(5));
    let line = json!({ "sku": "BOLT", "qty": "3", "unit": "each", "location": "A1" });
    admin.post("/api/v1/postings/issue", &json!({ "lines": [line] })).good();
    let mut postings = Vec::new();
    for (counted, at) in [("12", Some(scan.as_str())), ("12", Some(scan.as_str())), ("9", None), ("7", None)]
    {
        let mut posting = count_body(counted, &json!({}), at);
        posting["kind"] = "adjust".into();
        postings.push(posting);
    }
    let body = admin.post("/api/v1/postings/bulk", &json!({ "postings": postings })).good().json();
    let told: Vec<String> = body["postings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|posting| match posting["posting"]["movements"][0]["qty"].as_str() {
            Some(qty) => qty.to_owned(),
            None => posting["problem"]["code"].as_str().unwrap().to_owned(),
        })
        .collect();
    assert_eq!(told, ["2", "invalid_quantity", "invalid_quantity", "2"]);
}

fn what_is_not_good_leaves_by_an_adjustment_alone(world: &World) {
    let admin = site(world);
    for status in ["hold", "quarantined", "damaged", "suspect"] {
        let of = |fields: Value| {
            let mut line = json!({ "sku": "BOLT", "unit": "each", "location": "A1", "status": status });
            line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            json!({ "lines": [line], "reason": "count" })
        };
        receive(
            &admin,
            &json!({ "sku": "BOLT", "qty": "5", "unit": "each", "location": "A1", "status": status }),
        );
        for kind in ["issue", "consume"] {
            let reply = admin.post(format!("/api/v1/postings/{kind}"), &of(json!({ "qty": "1" })));
            assert_eq!(reply.refusal(), "422 status_not_good /lines/0/status", "{kind} {status}");
        }
        // two go back to the supplier, three are thrown away
        let reply = admin.post("/api/v1/postings/adjust", &of(json!({ "counted": "3" })));
        assert_eq!(moved(reply), "2 A1 ~adjustment", "{status}");
        let reply = admin.post("/api/v1/postings/adjust", &of(json!({ "counted": "0" })));
        assert_eq!(moved(reply), "3 A1 ~adjustment", "{status}");
    }
}
