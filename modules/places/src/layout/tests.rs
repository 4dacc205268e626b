//! Positions and the walking order: one by one, many at once, and the list in that order.

use super::*;
use crate::testing::{World, on_both_engines, world};
use axum::http::StatusCode;
use db::Engine;
use serde_json::{Value, json};
use testkit::Client;

on_both_engines!(
    a_place_is_laid_out_one_by_one_or_with_others,
    a_list_is_read_as_the_places_are_walked_to,
    all_or_none_are_laid_out,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn at(x: i64) -> Value {
    json!({ "x_mm": x, "y_mm": 0, "z_mm": 1_800 })
}

const LAYOUT: &str = "/api/v1/location-layout";

fn a_place_is_laid_out_one_by_one_or_with_others(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L", "B bin below L"]);
    let client = client(&world);
    let made = json!({ "code": "C", "kind": "bin", "parent": "L", "position": at(5), "walk": 7 });
    let made = client.post("/api/v1/locations", &made);
    assert_eq!((&made.body["position"], &made.body["walk"]), (&at(5), &json!(7)));
    let changed = client.patch("/api/v1/locations/A", 1, &json!({ "walk": 3, "position": at(1) }));
    assert_eq!((&changed.body["walk"], &changed.body["version"]), (&json!(3), &json!(2)));
    let all = json!({ "locations": [
        { "code": "a", "walk": null, "version": 2 },
        { "code": "B", "walk": 0, "position": at(-3) },
        { "code": "C", "walk": 7 }
    ] });
    let done = client.post(LAYOUT, &all);
    assert_eq!((done.status, done.body), (StatusCode::OK, json!({ "count": 3, "changed": 2 })));
    let shown = |code: &str| {
        let body = client.get(&format!("/api/v1/locations/{code}")).body;
        (body["position"].clone(), body["walk"].clone(), body["version"].clone())
    };
    assert_eq!(shown("A"), (at(1), Value::Null, json!(3)));
    assert_eq!(shown("B"), (at(-3), json!(0), json!(2)));
    assert_eq!(shown("C"), (at(5), json!(7), json!(1)));
    assert_eq!(world.events().last(), Some(&("places.location_changed".to_owned(), 2)));
}

fn a_list_is_read_as_the_places_are_walked_to(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L", "B bin below L", "C bin below L", "D bin below L"]);
    let client = client(&world);
    let order = [("A", 5), ("B", 2), ("C", 5)];
    let entries: Vec<Value> =
        order.iter().map(|(code, walk)| json!({ "code": code, "walk": walk })).collect();
    client.post(LAYOUT, &json!({ "locations": entries }));
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let page = client.get(&format!("/api/v1/locations?sort=walk&limit=2&below=L{cursor}")).body;
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["B", "A", "C", "D", "L"], "what has no number comes last");
    // a cursor of one order is none of another
    let page = client.get("/api/v1/locations?sort=walk&limit=2").body;
    let other = format!("/api/v1/locations?limit=2&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(client.get(&other).refusal(), (400, "malformed_parameter", "?cursor"));
}

fn all_or_none_are_laid_out(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L", "B bin below L"]);
    world.run(|tx, ctx| crate::create_transit(tx, ctx, "T")).unwrap();
    let (bin, code) = (world.id("A"), "P-1");
    let unit = crate::NewHandlingUnit { code, name: None, parent: bin };
    world.run(move |tx, ctx| crate::create_handling_unit(tx, ctx, &unit)).unwrap();
    let client = client(&world);
    let audits = world.audits();
    for (wrong, expected) in [
        (json!({ "code": "X" }), (422, "unknown_location", "/locations/1/code")),
        (json!({ "code": "B" }), (422, "invalid_value", "/locations/1/code")),
        (json!({ "code": "T", "walk": 1 }), (422, "wrong_location_kind", "/locations/1/code")),
        (json!({ "code": "P-1", "walk": 1 }), (422, "wrong_location_kind", "/locations/1/code")),
        (json!({ "code": "A", "walk": -1 }), (422, "limit_exceeded", "/locations/1/walk")),
        (json!({ "code": "A", "walk": WALK_OVER }), (422, "limit_exceeded", "/locations/1/walk")),
        (
            json!({ "code": "A", "position": at(10_000_001) }),
            (422, "limit_exceeded", "/locations/1/position/x_mm"),
        ),
        (json!({ "code": "A", "walk": 1, "version": 9 }), (412, "stale", "/locations/1/version")),
        (
            json!({ "code": "A", "position": { "x_mm": 1 } }),
            (400, "malformed_body", "/locations/1/position/y_mm"),
        ),
    ] {
        let refused = client.post(LAYOUT, &json!({ "locations": [{ "code": "B", "walk": 1 }, wrong] }));
        assert_eq!(refused.refusal(), expected, "{}", refused.body);
    }
    let over = json!({ "locations": vec![json!({ "code": "B" }); LAYOUT_ENTRIES_MAX + 1] });
    assert_eq!(client.post(LAYOUT, &over).refusal(), (413, "too_many", "/locations"));
    assert_eq!((world.audits(), world.get("B").walk), (audits, None));
    let limits =
        json!({ "locations": [{ "code": "B", "walk": position::WALK_MAX, "position": at(-10_000_000) }] });
    assert_eq!(client.post(LAYOUT, &limits).body["changed"], 1);
}

/// One more than there is in the walking order.
const WALK_OVER: i64 = position::WALK_MAX + 1;
