//! Types of locations: what they give to new ones, and every way to be refused.

use crate::testing::{World, on_both_engines, world};
use axum::http::StatusCode;
use db::Engine;
use serde_json::{Value, json};
use testkit::Client;

on_both_engines!(
    a_type_says_what_a_new_location_is,
    what_is_wrong_is_refused_by_field,
    types_are_listed_by_code,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn bay() -> Value {
    json!({ "code": "PALLET-BAY", "name": "Pallet bay", "kind": "bin", "role": "reserve", "open_to_allocation": false })
}

fn a_type_says_what_a_new_location_is(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let client = client(&world);
    let made = client.post("/api/v1/location-types", &bay());
    assert_eq!((made.status, made.etag.as_deref()), (StatusCode::CREATED, Some("\"1\"")));
    assert_eq!(made.location.as_deref(), Some("/api/v1/location-types/PALLET-BAY"));
    let expected = json!({
        "code": "PALLET-BAY", "name": "Pallet bay", "kind": "bin", "role": "reserve", "sellable": true,
        "open_to_allocation": false, "archived": false, "version": 1, "created_at": "2026-03-01T09:30:00Z",
        "changed_at": "2026-03-01T09:30:00Z"
    });
    assert_eq!(client.get("/api/v1/location-types/pallet-bay").body, expected);
    let new = |body: Value| client.post("/api/v1/locations", &body).body;
    let told = |body: &Value| {
        ["kind", "type", "role", "sellable", "open_to_allocation"].map(|field| body[field].clone())
    };
    let plain = new(json!({ "code": "B1", "parent": "LON", "type": "pallet-bay" }));
    assert_eq!(
        told(&plain),
        [json!("bin"), json!("PALLET-BAY"), json!("reserve"), json!(true), json!(false)]
    );
    // what is said counts; another role brings what it says itself
    let said =
        new(json!({ "code": "B2", "parent": "LON", "type": "PALLET-BAY", "open_to_allocation": true }));
    assert_eq!(said["open_to_allocation"], true);
    let other = new(json!({ "code": "B3", "parent": "LON", "type": "PALLET-BAY", "role": "production" }));
    assert_eq!(
        told(&other),
        [json!("bin"), json!("PALLET-BAY"), json!("production"), json!(false), json!(false)]
    );
    // many at once
    let many = json!({ "parent": "LON", "pattern": "C{1..3}", "levels": [{ "type": "PALLET-BAY" }] });
    assert_eq!(client.post("/api/v1/locations/bulk", &many).body["count"], 3);
    assert_eq!(client.get("/api/v1/locations/C3").body["role"], "reserve");
    let listed = client.get("/api/v1/locations?type=pallet-bay").body["items"].as_array().unwrap().len();
    assert_eq!(listed, 6);
    // a change of the type is for those to come
    let changed = client.patch(
        "/api/v1/location-types/PALLET-BAY",
        1,
        &json!({ "role": "storage", "sellable": false }),
    );
    assert_eq!((changed.status, &changed.body["version"]), (StatusCode::OK, &json!(2)));
    assert_eq!(client.get("/api/v1/locations/B1").body["role"], "reserve");
    let later = new(json!({ "code": "B4", "parent": "LON", "type": "PALLET-BAY" }));
    assert_eq!((&later["role"], &later["sellable"]), (&json!("storage"), &json!(false)));
    // a location takes a type and gives it up
    let none = client.patch("/api/v1/locations/B4", 1, &json!({ "type": null }));
    assert_eq!((&none.body["type"], &none.body["role"]), (&Value::Null, &json!("storage")));
    let again = client.patch("/api/v1/locations/B4", 2, &json!({ "type": "PALLET-BAY" }));
    assert_eq!((&again.body["type"], &again.body["version"]), (&json!("PALLET-BAY"), &json!(3)));
    let same = client.patch("/api/v1/location-types/PALLET-BAY", 2, &json!({ "role": "storage" }));
    assert_eq!(same.body["version"], 2);
}

fn what_is_wrong_is_refused_by_field(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let client = client(&world);
    client.post("/api/v1/location-types", &bay());
    let with = |field: &str, value: Value| {
        let mut body = bay();
        body["code"] = json!("OTHER");
        body[field] = value;
        client.post("/api/v1/location-types", &body)
    };
    for (refused, expected) in [
        (client.post("/api/v1/location-types", &bay()), (409, "code_taken", "/code")),
        (with("code", json!("pallet-bay")), (409, "code_taken", "/code")),
        (with("code", json!("~x")), (422, "invalid_value", "/code")),
        (with("kind", json!("site")), (422, "wrong_location_kind", "/kind")),
        (with("kind", json!("handling_unit")), (422, "wrong_location_kind", "/kind")),
        (with("kind", json!("box")), (422, "invalid_value", "/kind")),
        (with("role", json!("shop")), (422, "invalid_value", "/role")),
        (with("name", json!("")), (422, "invalid_value", "/name")),
        (client.patch("/api/v1/location-types/PALLET-BAY", 9, &json!({})), (412, "stale", "")),
        (client.patch("/api/v1/location-types/X", 1, &json!({})), (404, "not_found", "")),
        (client.get("/api/v1/location-types/a%2Fb"), (404, "not_found", "")),
        (client.get("/api/v1/locations?type=x"), (400, "malformed_parameter", "?type")),
    ] {
        assert_eq!(refused.refusal(), expected, "{}", refused.body);
    }
    let new = |kind: &str, named: &str| {
        client
            .post("/api/v1/locations", &json!({ "code": "N", "kind": kind, "type": named, "parent": "LON" }))
    };
    assert_eq!(new("rack", "PALLET-BAY").refusal(), (422, "wrong_location_kind", "/kind"));
    assert_eq!(new("bin", "X").refusal(), (422, "invalid_value", "/type"));
    world.make(&["R rack below LON"]);
    let wrong = client.patch("/api/v1/locations/R", 1, &json!({ "type": "PALLET-BAY" }));
    assert_eq!(wrong.refusal(), (422, "wrong_location_kind", "/type"));
    client.patch("/api/v1/location-types/PALLET-BAY", 1, &json!({ "archived": true }));
    assert_eq!(new("bin", "PALLET-BAY").refusal(), (422, "invalid_value", "/type"));
    assert_eq!(world.audits(), 4, "no refusal leaves anything behind");
}

fn types_are_listed_by_code(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    for code in ["b", "A", "c"] {
        client.post("/api/v1/location-types", &json!({ "code": code, "kind": "rack" }));
    }
    client.patch("/api/v1/location-types/b", 1, &json!({ "archived": true }));
    let codes = |query: &str| -> Vec<String> {
        let page = client.get(&format!("/api/v1/location-types{query}")).body;
        page["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(""), ["A", "b", "c"]);
    assert_eq!(codes("?archived=true"), ["b"]);
    assert_eq!(codes("?archived=false"), ["A", "c"]);
    let first = client.get("/api/v1/location-types?limit=2").body;
    assert_eq!(codes(&format!("?limit=2&cursor={}", first["next"].as_str().unwrap())), ["c"]);
}
