//! The routes of this module, from the address to the answer.

use crate::testing::{World, on_both_engines, world};
use axum::http::{Method, StatusCode};
use db::Engine;
use serde_json::{Value, json};
use testkit::{Client, Seen};

on_both_engines!(
    a_location_goes_in_and_comes_out,
    a_dry_run_of_a_pattern_shows_the_list,
    a_list_is_filtered_and_paged,
    what_is_out_of_reach_does_not_exist,
    bad_input_is_refused_by_field,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn codes(seen: &Seen) -> Vec<&str> {
    let entries = seen.body["items"].as_array().or(seen.body["locations"].as_array()).unwrap();
    entries.iter().map(|location| location["code"].as_str().unwrap()).collect()
}

fn a_location_goes_in_and_comes_out(engine: Engine) {
    let world = world(engine);
    let client = client(&world);
    let site =
        client.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site", "zone": "Europe/London" }));
    assert_eq!((site.status, site.etag.as_deref()), (StatusCode::CREATED, Some("\"1\"")));
    let zone = json!({ "code": "LON A", "kind": "zone", "parent": "lon", "role": "staging" });
    let made = client.post("/api/v1/locations", &zone);
    let address = made.location.unwrap();
    assert_eq!(address, "/api/v1/locations/LON%20A");
    let expected = json!({
        "code": "LON A", "name": "LON A", "kind": "zone", "type": null, "role": "staging", "position": null, "walk": null, "parent": "LON", "site": "LON",
        "zone": null, "state": null, "sellable": true, "blocked": false, "block_reason": null, "open_to_allocation": false,
        "archived": false, "archived_at": null, "version": 1, "created_at": "2026-03-01T09:30:00Z", "changed_at": "2026-03-01T09:30:00Z"
    });
    assert_eq!(client.get(&address).body, expected);
    let changed = client.patch(&address, 1, &json!({ "code": "LON-A", "open_to_allocation": true }));
    assert_eq!((changed.status, changed.body["version"].as_i64()), (StatusCode::OK, Some(2)));
    assert_eq!(client.get(&address).status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/api/v1/locations/lon-a").body, changed.body);
    let organisation = client.get("/api/v1/organisation");
    assert_eq!(organisation.body["currency"], "GBP");
}

fn pattern(parent: &str) -> Value {
    json!({ "parent": parent, "pattern": "R{1..2}-{1..3}", "levels": [{ "kind": "rack" }, { "kind": "bin" }] })
}

fn a_dry_run_of_a_pattern_shows_the_list(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site"]);
    let client = client(&world);
    let expected = ["R1", "R1-1", "R1-2", "R1-3", "R2", "R2-1", "R2-2", "R2-3"];
    let dry = client.post("/api/v1/locations/bulk?dry_run=true", &pattern("LON"));
    assert_eq!((dry.status, codes(&dry)), (StatusCode::CREATED, expected.to_vec()));
    assert_eq!(
        (&dry.body["dry_run"], dry.location.as_deref()),
        (&json!(true), Some("/api/v1/locations/LON"))
    );
    assert_eq!(client.get("/api/v1/locations/R1").status, StatusCode::NOT_FOUND);
    let made = client.post("/api/v1/locations/bulk", &pattern("LON"));
    assert_eq!((made.body["count"].as_i64(), codes(&made)), (Some(8), expected.to_vec()));
    assert_eq!(client.get("/api/v1/locations/R2-3").body["parent"], "R2");
}

fn a_list_is_filtered_and_paged(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A zone below L", "A1 bin below A", "A2 bin below A", "M site"]);
    let client = client(&world);
    let first = client.get("/api/v1/locations?site=L&limit=3");
    assert_eq!(codes(&first), ["A", "A1", "A2"]);
    let cursor = first.body["next"].as_str().unwrap();
    let second = client.get(&format!("/api/v1/locations?site=L&limit=3&cursor={cursor}"));
    assert_eq!((codes(&second), second.body["next"].as_str()), (vec!["L"], None));
    let bins = client.get("/api/v1/locations?below=a&kind=bin&role=storage&blocked=false&sort=-code");
    assert_eq!(codes(&bins), ["A2", "A1"]);
    let gone = world.id("A2");
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, gone, true)).unwrap();
    for (archived, expected) in [
        ("", vec!["A1"]),
        ("&archived=false", vec!["A1"]),
        ("&archived=true", vec!["A2"]),
        ("&archived=all", vec!["A1", "A2"]),
    ] {
        assert_eq!(
            codes(&client.get(&format!("/api/v1/locations?kind=bin{archived}"))),
            expected,
            "{archived}"
        );
    }
    // what is archived is shown to whoever names it
    let shown = client.get("/api/v1/locations/A2").body;
    assert_eq!((&shown["archived"], &shown["archived_at"]), (&json!(true), &json!("2026-03-01T09:30:00Z")));
}

fn what_is_out_of_reach_does_not_exist(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A zone below L", "A1 bin below A", "B zone below L"]);
    let client = client(&world);
    let token = world.id("A").to_string();
    let get = |path: &str| client.ask(&token, &Method::GET, path, None, None);
    assert_eq!(codes(&get("/api/v1/locations")), ["A", "A1"]);
    assert_eq!(get("/api/v1/locations/A1").status, StatusCode::OK);
    for path in ["/api/v1/locations/B", "/api/v1/locations/L", "/api/v1/locations/~loss"] {
        assert_eq!(get(path).refusal(), (404, "not_found", ""), "{path}");
    }
    assert_eq!(get("/api/v1/locations?below=B").refusal(), (422, "unknown_location", "?below"));
    assert_eq!(get("/api/v1/locations?parent=B").refusal(), (422, "unknown_location", "?parent"));
    assert_eq!(get("/api/v1/locations?below=X").refusal(), (422, "unknown_location", "?below"));
    let write =
        |method: Method, path: &str, body: &Value| client.ask(&token, &method, path, Some(1), Some(body));
    let inside = write(Method::PATCH, "/api/v1/locations/A1", &json!({ "name": "x" }));
    assert_eq!(inside.status, StatusCode::OK);
    let outside = write(Method::PATCH, "/api/v1/locations/B", &json!({ "name": "x" }));
    assert_eq!(outside.refusal(), (404, "not_found", ""));
    let below = |parent: &str| json!({ "code": format!("{parent}9"), "kind": "bin", "parent": parent });
    assert_eq!(write(Method::POST, "/api/v1/locations", &below("A")).status, StatusCode::CREATED);
    let refused = write(Method::POST, "/api/v1/locations", &below("B"));
    assert_eq!(refused.refusal(), (422, "unknown_location", "/parent"));
    let bulk = write(Method::POST, "/api/v1/locations/bulk", &pattern("B"));
    assert_eq!(bulk.refusal(), (422, "unknown_location", "/parent"));
    let site = write(Method::POST, "/api/v1/locations", &json!({ "code": "N", "kind": "site" }));
    assert_eq!(site.refusal(), (403, "forbidden", "/parent"));
}

fn bad_input_is_refused_by_field(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A zone below L"]);
    let client = client(&world);
    let post = |body: Value| client.post("/api/v1/locations", &body);
    let cases = [
        (post(json!({ "code": "a", "kind": "zone", "parent": "L" })), (409, "code_taken", "/code")),
        (post(json!({ "code": "B", "kind": "zone", "parent": "L", "x": 1 })), (400, "malformed_body", "/x")),
        (post(json!({ "code": "B", "parent": "L" })), (422, "invalid_value", "/kind")),
        (post(json!({ "code": "B", "kind": "zone" })), (422, "wrong_location_kind", "/parent")),
        (
            post(json!({ "code": "B", "kind": "site", "parent": "A" })),
            (422, "wrong_location_kind", "/parent"),
        ),
        (post(json!({ "code": "B", "kind": "zone", "parent": "X" })), (422, "unknown_location", "/parent")),
        (post(json!({ "code": "B", "kind": "transit" })), (422, "wrong_location_kind", "/kind")),
        (post(json!({ "code": "x".repeat(65), "kind": "site" })), (422, "limit_exceeded", "/code")),
        (post(json!({ "code": "B", "kind": "site", "zone": "Mars" })), (422, "invalid_value", "/zone")),
        (client.patch("/api/v1/locations/A", 7, &json!({ "name": "x" })), (412, "stale", "")),
        (
            client.patch("/api/v1/locations/A", 1, &json!({ "parent": "A" })),
            (400, "malformed_body", "/parent"),
        ),
        (client.patch("/api/v1/locations/A", 1, &json!({ "code": "l" })), (409, "code_taken", "/code")),
        (client.get("/api/v1/locations/%00"), (404, "not_found", "")),
        (client.get("/api/v1/locations?kind=x"), (400, "malformed_parameter", "?kind")),
        (client.get("/api/v1/locations?site=A"), (422, "wrong_location_kind", "?site")),
        (client.get("/api/v1/locations?site=X"), (422, "unknown_location", "?site")),
        (client.get("/api/v1/locations?archived=maybe"), (400, "malformed_parameter", "?archived")),
        (client.get("/api/v1/locations?blocked=maybe"), (400, "malformed_parameter", "?blocked")),
        (client.get("/api/v1/locations?depth=2"), (400, "unknown_parameter", "?depth")),
    ];
    for (seen, expected) in cases {
        assert_eq!(seen.refusal(), expected, "{}", seen.body);
    }
    assert_eq!(world.events().len(), 2, "no refusal leaves anything behind");
}
