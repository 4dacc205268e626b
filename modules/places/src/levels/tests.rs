//! Levels: what the organisation says, what a site says instead, and what is held to it.

use super::*;
use crate::testing::{World, on_both_engines, world};
use crate::{Location, create_location, set_parent};
use axum::http::{Method, StatusCode};
use db::Engine;
use serde_json::Value;
use testkit::Client;

on_both_engines!(
    what_is_said_holds_for_what_is_made_and_moved,
    what_comes_to_another_site_is_held_to_it_whole,
    a_rule_that_makes_no_sense_is_refused_by_field,
    whoever_works_in_one_site_says_nothing_for_all,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn make(world: &World, text: &'static str) -> Result<Location, Failure> {
    world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &crate::testing::new(text)))
}

fn refused(outcome: Result<Location, Failure>) -> (Code, String, String) {
    let Failure::Refused(problem) = outcome.unwrap_err() else { panic!("a fault") };
    (problem.code, problem.errors[0].pointer.clone(), problem.detail.into_owned())
}

fn what_is_said_holds_for_what_is_made_and_moved(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site", "BER site", "LON-R rack below LON", "LON-B bin below LON"]);
    let client = client(&world);
    let all = "/api/v1/location-levels/~organisation";
    let silent = client.get(all);
    assert_eq!((silent.etag.as_deref(), &silent.body["below"]), (Some("\"0\""), &Value::Null));
    let rules = json!({ "below": { "bin": ["shelf", "rack"], "aisle": [] } });
    let said = client.put(all, 0, &rules);
    assert_eq!((said.status, said.etag.as_deref()), (StatusCode::OK, Some("\"1\"")));
    assert_eq!(said.body["below"], json!({ "aisle": [], "bin": ["rack", "shelf"] }));
    assert_eq!(client.put(all, 1, &rules).body["version"], 1, "the same is no change");
    // what stood stays, what is made is held to it
    assert!(make(&world, "LON-R-1 bin below LON-R").is_ok());
    assert!(make(&world, "LON-Z zone below LON").is_ok(), "of zones nothing was said");
    let (code, pointer, detail) = refused(make(&world, "LON-C bin below LON"));
    assert_eq!((code, pointer.as_str()), (Code::WrongLocationKind, "/parent"));
    assert_eq!(
        detail,
        "by the levels of the organisation a `bin` stands directly below `rack` or `shelf`, and not below a `site`"
    );
    let (_, _, detail) = refused(make(&world, "LON-A aisle below LON"));
    assert!(detail.contains("stands nowhere"), "{detail}");
    let (bin, zone, rack) = (world.id("LON-B"), world.id("LON-Z"), world.id("LON-R"));
    let moved = move |tx: &mut Tx<'_>, ctx: &Ctx| set_parent(tx, ctx, bin, zone).map(|moved| moved.location);
    assert_eq!(refused(world.run(moved)).0, Code::WrongLocationKind);
    assert!(world.run(move |tx, ctx| set_parent(tx, ctx, bin, rack)).is_ok());
    let many = json!({ "parent": "LON", "pattern": "X{1..2}", "levels": [{ "kind": "bin" }] });
    let refusal = client.post("/api/v1/locations/bulk", &many);
    assert_eq!(refusal.refusal(), (422, "wrong_location_kind", "/levels/0/kind"));
    // a site that says something says all of it
    let own = client.put("/api/v1/location-levels/ber", 0, &json!({ "below": { "rack": ["zone"] } }));
    assert_eq!((&own.body["of"], &own.body["version"]), (&json!("BER"), &json!(1)));
    assert!(make(&world, "BER-B bin below BER").is_ok());
    assert!(refused(make(&world, "BER-R rack below BER")).2.contains("by the levels of BER"));
    // and takes it back
    client.put("/api/v1/location-levels/BER", 1, &json!({ "below": null }));
    assert_eq!(refused(make(&world, "BER-C bin below BER")).0, Code::WrongLocationKind);
    client.put(all, 1, &json!({}));
    assert!(make(&world, "BER-C bin below BER").is_ok());
    // a pallet stands where it is put
    world.assert_tree();
}

fn what_comes_to_another_site_is_held_to_it_whole(engine: Engine) {
    let world = world(engine);
    world.make(&[
        "LON site",
        "BER site",
        "BER-Y zone below BER",
        "Z zone below LON",
        "R rack below Z",
        "R-1 bin below R",
        "R-2 bin below R",
        "Z-1 bin below Z",
    ]);
    let (pallet, at) = (world.id("R-1"), "/api/v1/location-levels/BER");
    world
        .run(move |tx, ctx| {
            let unit = crate::NewHandlingUnit { code: "U", name: None, parent: pallet };
            crate::create_handling_unit(tx, ctx, &unit)
        })
        .unwrap();
    let client = client(&world);
    let go = |what: &str, to: &str| {
        let (what, to) = (world.id(what), world.id(to));
        world.run(move |tx, ctx| set_parent(tx, ctx, what, to).map(|moved| moved.location))
    };
    assert_eq!(client.put(at, 0, &json!({ "below": { "bin": ["rack"], "zone": ["site"] } })).status, 200);
    let audits = world.audits();
    let (code, pointer, detail) = refused(go("Z", "BER"));
    assert_eq!((code, pointer.as_str()), (Code::WrongLocationKind, "/parent"));
    assert_eq!(
        detail,
        "by the levels of BER a `bin` stands directly below `rack`, and not below a `zone`: `Z-1`, which would come along"
    );
    // what fits comes, with what stands in it
    assert!(go("R", "BER").is_ok());
    assert!(refused(go("Z", "BER-Y")).2.contains("and not below a `zone`"), "the root is named first");
    assert_eq!((world.audits(), world.get("Z").site_id), (audits + 1, world.get("LON").site_id));
    // within its site it stays as it stood
    assert_eq!(client.put(at, 1, &json!({ "below": { "bin": ["shelf"] } })).status, 200);
    assert!(go("R", "BER-Y").is_ok());
    // where it comes to, the site itself may be silent and the organisation not
    assert_eq!(
        client.put("/api/v1/location-levels/~organisation", 0, &json!({ "below": { "bin": [] } })).status,
        200
    );
    assert!(
        refused(go("R", "LON")).2.starts_with("by the levels of the organisation a `bin` stands nowhere")
    );
    assert_eq!(
        client.put("/api/v1/location-levels/LON", 0, &json!({ "below": { "aisle": [] } })).status,
        200
    );
    assert!(go("R", "LON").is_ok(), "of bins nothing is said there");
    world.assert_tree();
}

fn a_rule_that_makes_no_sense_is_refused_by_field(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site", "LON-R rack below LON"]);
    let client = client(&world);
    let put = |body: Value| client.put("/api/v1/location-levels/LON", 0, &body);
    for (below, expected) in [
        (json!({ "room": [] }), (422, "invalid_value", "/below/room")),
        (json!({ "site": [] }), (422, "wrong_location_kind", "/below/site")),
        (json!({ "handling_unit": ["bin"] }), (422, "wrong_location_kind", "/below/handling_unit")),
        (json!({ "bin": ["bin"] }), (422, "wrong_location_kind", "/below/bin/0")),
        (json!({ "rack": ["zone", "shelf"] }), (422, "wrong_location_kind", "/below/rack/1")),
        (json!({ "rack": ["zone", "zone"] }), (422, "invalid_value", "/below/rack/1")),
        (json!({ "rack": ["hall"] }), (422, "invalid_value", "/below/rack/0")),
    ] {
        let refused = put(json!({ "below": below }));
        assert_eq!(refused.refusal(), expected, "{}", refused.body);
    }
    assert_eq!(client.get("/api/v1/location-levels/LON-R").refusal(), (404, "not_found", ""));
    assert_eq!(client.get("/api/v1/location-levels/X").refusal(), (404, "not_found", ""));
    assert_eq!(client.put("/api/v1/location-levels/LON", 3, &json!({})).refusal(), (412, "stale", ""));
    assert_eq!(world.audits(), 2, "no refusal leaves anything behind");
}

fn whoever_works_in_one_site_says_nothing_for_all(engine: Engine) {
    let world = world(engine);
    world.make(&["LON site", "BER site"]);
    let client = client(&world);
    let token = world.id("LON").to_string();
    let put = |of: &str| {
        let path = format!("/api/v1/location-levels/{of}");
        client.ask(&token, &Method::PUT, &path, Some(0), Some(&json!({ "below": { "aisle": [] } })))
    };
    assert_eq!(put("LON").status, StatusCode::OK);
    assert_eq!(put("BER").refusal(), (404, "not_found", ""));
    assert_eq!(put(ORGANISATION).refusal(), (403, "forbidden", ""));
    let seen = client.ask(&token, &Method::GET, "/api/v1/location-levels/~organisation", None, None);
    assert_eq!(seen.status, StatusCode::OK, "what holds for all is no secret");
}
