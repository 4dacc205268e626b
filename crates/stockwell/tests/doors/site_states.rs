//! A site is taken into use step by step, and each step is refused with what is in its way.

use crate::world::{World, on_both_engines};
use serde_json::json;
use testkit::http::{Actor, Reply};

on_both_engines!(
    a_site_is_taken_into_use_step_by_step,
    a_wrong_step_of_a_site_is_refused,
    only_whoever_holds_the_permission_sets_a_pilot_back,
);

fn item(admin: &Actor) {
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
}

fn new_site(admin: &Actor, code: &str) {
    admin.post("/api/v1/locations", &json!({ "code": code, "kind": "site", "state": "set_up" })).good();
}

fn step(by: &Actor, path: &str, version: i64, body: &serde_json::Value) -> Reply {
    by.ask("POST", format!("/api/v1/sites/{path}")).fresh().if_match(version).json(body).send()
}

fn a_site_is_taken_into_use_step_by_step(world: &World) {
    let admin = world.admin();
    item(&admin);
    new_site(&admin, "YRK");
    admin.post("/api/v1/locations", &json!({ "code": "Y1", "kind": "bin", "parent": "YRK" })).good();
    let line = json!([{ "sku": "BOLT", "qty": "9", "location": "Y1", "unit_cost": "2" }]);
    assert_eq!(
        admin.post("/api/v1/postings/receive", &json!({ "lines": line })).refusal(),
        "409 site_in_set_up /lines/0/location"
    );
    admin.post("/api/v1/postings/opening", &json!({ "lines": line })).good();
    let promise = json!({ "sku": "BOLT", "site": "YRK", "qty": "4", "owner": "order-1" });
    assert_eq!(admin.post("/api/v1/reservations", &promise).refusal(), "409 site_in_set_up /site");
    // nobody but the administrator works there
    let trial = json!({ "state": "pilot", "reason": "first week" });
    let lacking = step(&admin, "YRK/state", 1, &trial);
    assert_eq!(lacking.refusal(), "409 site_not_ready /despite");
    assert!(lacking.text().contains("nobody beside administrators"), "{}", lacking.text());
    let clerk = json!({ "login": "ann", "name": "Ann", "password": "a long word for ann",
        "grants": [{ "role": "clerk", "within": "YRK" }] });
    admin.post("/api/v1/users", &clerk).good();
    let ready = admin.get("/api/v1/sites/YRK/readiness").good().json();
    assert_eq!((&ready["ready"], &ready["state"]), (&json!(true), &json!("set_up")), "{ready}");
    let pilot = step(&admin, "YRK/state", 1, &trial).good().json();
    assert_eq!((&pilot["state"], &pilot["version"]), (&json!("pilot"), &json!(2)));
    admin.post("/api/v1/reservations", &promise).good();
    assert_eq!(step(&admin, "YRK/set-back", 2, &json!({ "reason": "x" })).refusal(), "409 in_use");
    let used = step(&admin, "YRK/state", 2, &json!({ "state": "live", "reason": "it works" })).good().json();
    assert_eq!(used["state"], "live");
    let told = admin.get("/api/v1/sites/YRK/states").good().json();
    let told: Vec<_> = told["items"].as_array().unwrap().iter().map(|state| state["state"].clone()).collect();
    assert_eq!(told, ["live", "pilot", "set_up"]);
}

fn a_wrong_step_of_a_site_is_refused(world: &World) {
    let admin = world.admin();
    new_site(&admin, "YRK");
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    for (site, body, expected) in [
        ("LON", json!({ "state": "pilot", "reason": "x" }), "409 site_state_refused /state"),
        ("LON", json!({ "state": "live", "reason": "x" }), "409 site_state_refused /state"),
        ("YRK", json!({ "state": "set_up", "reason": "x" }), "409 site_state_refused /state"),
        ("YRK", json!({ "state": "open", "reason": "x" }), "422 invalid_value /state"),
        ("YRK", json!({ "state": "pilot", "reason": "x" }), "409 site_not_ready /despite"),
        (
            "YRK",
            json!({ "state": "pilot", "reason": "x", "despite": ["bins"] }),
            "422 invalid_value /despite/0",
        ),
        ("YRK", json!({ "state": "pilot" }), "400 malformed_body /reason"),
        ("NOPE", json!({ "state": "pilot", "reason": "x" }), "404 not_found"),
    ] {
        assert_eq!(step(&admin, &format!("{site}/state"), 1, &body).refusal(), expected, "{site} {body}");
    }
    let despite = json!(["places", "opening_stock", "people"]);
    let long = json!({ "state": "pilot", "reason": "x".repeat(201), "despite": despite });
    assert_eq!(step(&admin, "YRK/state", 1, &long).refusal(), "422 limit_exceeded /reason");
    let right = json!({ "state": "pilot", "reason": "x".repeat(200), "despite": despite });
    assert_eq!(step(&admin, "YRK/state", 7, &right).refusal(), "412 stale");
    step(&admin, "YRK/state", 1, &right).good();
    let new = json!({ "code": "B", "kind": "bin", "parent": "LON", "state": "pilot" });
    assert_eq!(admin.post("/api/v1/locations", &new).refusal(), "422 invalid_value /state");
}

fn only_whoever_holds_the_permission_sets_a_pilot_back(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/locations", &json!({ "code": "YRK", "kind": "site", "state": "pilot" })).good();
    let clerk = json!({ "login": "mia", "name": "Mia", "password": "a long word for mia",
        "grants": [{ "role": "manager" }] });
    admin.post("/api/v1/users", &clerk).good();
    let mia = admin.sign_in("mia", "a long word for mia").unwrap();
    let body = json!({ "reason": "not yet" });
    assert_eq!(step(&mia, "YRK/set-back", 1, &body).code(), "forbidden");
    let back = step(&admin, "YRK/set-back", 1, &body).good().json();
    assert_eq!((&back["state"], &back["version"]), (&json!("set_up"), &json!(2)));
}
