//! The routes of this module, from the address to the answer.

use crate::testing::{World, on_both_engines, world};
use axum::http::{Method, StatusCode};
use db::Engine;
use serde_json::{Value, json};
use testkit::Client;

on_both_engines!(
    an_item_goes_in_and_comes_out,
    units_and_barcodes_come_and_go,
    a_list_leads_from_page_to_page,
    bad_input_is_refused_by_field,
    a_dry_run_leaves_nothing,
    no_price_names_what_was_asked_for,
    a_filter_asks_of_an_attribute_what_it_can_be,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn an_item_goes_in_and_comes_out(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    let body = json!({ "sku": "A/1 ü", "name": "Pot", "base_unit": "each" });
    let made = client.post("/api/v1/items", &body);
    assert_eq!((made.status, made.etag.as_deref()), (StatusCode::CREATED, Some("\"1\"")));
    let address = made.location.unwrap();
    assert_eq!(address, "/api/v1/items/A%2F1%20%C3%BC");
    assert_eq!(client.get(&address).body, made.body);
    let changed = client.patch(&address, 1, &json!({ "name": "Big pot" }));
    assert_eq!((changed.status, changed.etag.as_deref()), (StatusCode::OK, Some("\"2\"")));
    assert_eq!(client.get("/api/v1/items/a%2F1%20%C3%9C").body["name"], "Big pot");
    let found = client.get("/api/v1/codes/A%2F1%20%C3%BC");
    assert_eq!(found.body["matches"][0]["found_as"], "sku");
    assert_eq!(found.body["matches"][0]["item"]["name"], "Big pot");
}

fn units_and_barcodes_come_and_go(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    client.post("/api/v1/items", &json!({ "sku": "A", "name": "A", "base_unit": "each" }));
    let ask = |method: Method, path: &str, version, body: Option<&Value>| {
        client.ask("all", &method, &format!("/api/v1/items/A/{path}"), version, body)
    };
    let case = json!({ "unit": "case", "factor": "12" });
    for (version, expected) in [(None, (428, "version_required", "")), (Some(2), (412, "stale", ""))] {
        assert_eq!(ask(Method::POST, "units", version, Some(&case)).refusal(), expected);
    }
    let unit = ask(Method::POST, "units", Some(1), Some(&case));
    assert_eq!((unit.status, unit.body["units"][0]["factor"].as_str()), (StatusCode::CREATED, Some("12")));
    let code = json!({ "code": "4006381333931", "unit": "case" });
    let barcode = ask(Method::POST, "barcodes", Some(2), Some(&code));
    assert_eq!(barcode.body["barcodes"][0]["symbology"], "ean_13");
    let held = ask(Method::DELETE, "units/case", Some(3), None);
    assert_eq!(held.refusal(), (409, "in_use", ""));
    for (path, version) in [("barcodes/4006381333931", 3), ("units/case", 4)] {
        let outdated = ask(Method::DELETE, path, Some(version - 1), None);
        assert_eq!(outdated.refusal(), (412, "stale", ""), "{path}");
        assert_eq!(ask(Method::DELETE, path, Some(version), None).status, StatusCode::OK, "{path}");
    }
    let bare = client.get("/api/v1/items/A");
    assert_eq!((bare.etag.as_deref(), bare.body["units"].as_array().map(Vec::len)), (Some("\"5\""), Some(1)));
}

fn a_list_leads_from_page_to_page(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    client.post("/api/v1/categories", &json!({ "name": "Garden" }));
    client.post("/api/v1/categories", &json!({ "name": "Pots", "parent": "garden" }));
    for sku in ["A", "B", "C"] {
        let body = json!({ "sku": sku, "name": "x", "base_unit": "each", "category": "garden/pots" });
        client.post("/api/v1/items", &body);
    }
    let first = client.get("/api/v1/items?limit=2&sort=-sku&category=Garden&q=X&class=finished_good");
    let skus = |seen: &testkit::Seen| -> Vec<String> {
        seen.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["sku"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(skus(&first), ["C", "B"]);
    let cursor = first.body["next"].as_str().unwrap();
    let second = client.get(&format!("/api/v1/items?limit=2&sort=-sku&cursor={cursor}"));
    assert_eq!((skus(&second), second.body["next"].as_str()), (vec!["A".to_owned()], None));
}

fn bad_input_is_refused_by_field(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    let good = json!({ "sku": "A", "name": "A", "base_unit": "each" });
    client.post("/api/v1/items", &good);
    let with = |field: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body["sku"] = json!("B");
        body[field] = value;
        client.post("/api/v1/items", &body)
    };
    let cases = [
        (client.post("/api/v1/items", &good), (409, "code_taken", "/sku")),
        (with("sku", json!("a")), (409, "code_taken", "/sku")),
        (with("colour", json!(1)), (400, "malformed_body", "/colour")),
        (with("sku", json!(7)), (400, "malformed_body", "/sku")),
        (with("name", json!("x".repeat(201))), (422, "limit_exceeded", "/name")),
        (
            with("units", json!([{ "unit": "case", "factor": 12 }])),
            (400, "malformed_body", "/units/0/factor"),
        ),
        (
            with("units", json!([{ "unit": "case", "factor": "1e3" }])),
            (422, "invalid_value", "/units/0/factor"),
        ),
        (with("expiry", json!("named")), (422, "invalid_expiry", "/expiry")),
        (client.patch("/api/v1/items/A", 9, &json!({ "name": "B" })), (412, "stale", "")),
        (client.patch("/api/v1/items/A", 1, &json!({ "sku": "B" })), (400, "malformed_body", "/sku")),
        (client.patch("/api/v1/items/X", 1, &json!({})), (404, "not_found", "")),
        (client.get("/api/v1/items/%00"), (404, "not_found", "")),
        (client.get("/api/v1/codes/none"), (404, "not_found", "")),
        (client.get("/api/v1/items?tracking=x"), (400, "malformed_parameter", "?tracking")),
        (client.get("/api/v1/items?category=a//b"), (422, "invalid_value", "?category")),
        (client.get("/api/v1/items?q=%00"), (400, "malformed_parameter", "?q")),
        (client.get("/api/v1/items?colour=red"), (400, "unknown_parameter", "?colour")),
        (client.get("/api/v1/items?limit=501"), (400, "malformed_parameter", "?limit")),
    ];
    for (seen, expected) in cases {
        assert_eq!(seen.refusal(), expected, "{}", seen.body);
    }
    let unconditional =
        client.ask("all", &Method::PATCH, "/api/v1/items/A", None, Some(&json!({ "name": "B" })));
    assert_eq!(unconditional.refusal(), (428, "version_required", ""));
    assert_eq!(world.events().len(), 1, "no refusal leaves anything behind");
}

fn a_dry_run_leaves_nothing(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    let body = json!({ "sku": "A", "name": "A", "base_unit": "each" });
    let dry = client.post("/api/v1/items?dry_run=true", &body);
    assert_eq!(dry.status, StatusCode::CREATED);
    assert_eq!(client.get("/api/v1/items/A").status, StatusCode::NOT_FOUND);
}

fn no_price_names_what_was_asked_for(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    let units = json!([{ "unit": "case", "factor": "12" }]);
    client.post("/api/v1/items", &json!({ "sku": "A", "name": "A", "base_unit": "each", "units": units }));
    let price = json!({ "kind": "sales", "currency": "EUR", "amount": "9", "least": "4", "valid_from": "2026-01-01" });
    let added = client.ask("all", &Method::POST, "/api/v1/items/A/prices", Some(1), Some(&price));
    assert_eq!(added.status, StatusCode::CREATED);
    for (asked, words) in [
        ("", "there is no sales price in EUR on 2026-02-01 for 1 `each` of the item `A`"),
        ("&qty=3", "there is no sales price in EUR on 2026-02-01 for 3 `each` of the item `A`"),
        ("&qty=4&unit=case", "there is no sales price in EUR on 2026-02-01 for 4 `case` of the item `A`"),
        (
            "&qty=4&list=Friends",
            "there is no sales price in the list `friends` in EUR on 2026-02-01 for 4 `each` of the item `A`",
        ),
    ] {
        let answer =
            client.get(&format!("/api/v1/items/a/price?kind=sales&currency=EUR&on=2026-02-01{asked}"));
        assert_eq!((answer.status, answer.body["detail"].as_str()), (StatusCode::NOT_FOUND, Some(words)));
    }
    let found = client.get("/api/v1/items/a/price?kind=sales&currency=EUR&on=2026-02-01&qty=4");
    assert_eq!(found.body["amount"], "9");
}

fn a_filter_asks_of_an_attribute_what_it_can_be(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    for body in [
        json!({ "key": "voltage", "name": "Voltage", "kind": "number", "unit": "V" }),
        json!({ "key": "made", "kind": "date" }),
        json!({ "key": "dim", "kind": "boolean" }),
        json!({ "key": "finish", "kind": "choice", "choices": ["steel"] }),
    ] {
        assert_eq!(client.post("/api/v1/attributes", &body).status, StatusCode::CREATED);
    }
    let attributes =
        json!({ "voltage": 12, "made": "2026-03-01", "dim": true, "finish": "steel", "free": "x" });
    let body = json!({ "sku": "A", "name": "A", "base_unit": "each", "attributes": attributes });
    assert_eq!(client.post("/api/v1/items", &body).status, StatusCode::CREATED);
    for (asked, found) in [
        ("voltage%3E=11.5", 1),
        ("made%3C2026-04-01", 1),
        ("dim=True", 1),
        ("dim", 1),
        // what is not among the choices, and what nobody defined, is a question that nothing answers
        ("finish=brass", 0),
        ("free%3E5", 0),
    ] {
        let list = client.get(&format!("/api/v1/items?attributes={asked}"));
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(found), "{asked}: {:?}", list.body);
    }
    for (asked, words) in [
        ("voltage=abc", "`voltage` is a number, such as `12.5`, and `abc` is none"),
        ("finish=steel;voltage%3C1,5", "`voltage` is a number, such as `12.5`, and `1,5` is none"),
        ("made%3E=1.3.2026", "`made` is a day, such as `2026-03-01`, and `1.3.2026` is none"),
        ("dim!=yes", "`dim` is `true` or `false`, and not `yes`"),
    ] {
        let refused = client.get(&format!("/api/v1/items?attributes={asked}"));
        assert_eq!(refused.refusal(), (422, "invalid_value", "?attributes"), "{asked}");
        assert_eq!(refused.body["detail"], words);
    }
    let shown = client.get("/api/v1/items/A/attributes");
    let named = |key: &str| {
        let all = shown.body["attributes"].as_array().unwrap();
        let one = all.iter().find(|one| one["key"] == key).unwrap();
        (one["name"].clone(), one["unit"].clone())
    };
    assert_eq!(named("voltage"), (json!("Voltage"), json!("V")));
    assert_eq!((named("made").1, named("free")), (json!(null), (json!(null), json!(null))));
}
