//! Places limit what a caller reaches, and what they may hand out.

use crate::world::{PASSWORD, World, on_both_engines};
use domain::Permission;
use serde_json::{Value, json};
use testkit::http::Actor;
use web::Within;

on_both_engines!(
    a_grant_below_a_location_reaches_no_further,
    a_place_is_handed_out_only_by_those_who_hold_it,
    a_key_is_cut_to_where_its_owner_may,
    the_audit_log_is_filtered_and_paged_and_for_the_whole_only,
);

/// Two sites, each with a zone.
fn sites(world: &World) -> Actor {
    let admin = world.admin();
    for site in ["LON", "PAR"] {
        admin.post("/api/v1/locations", &json!({ "code": site, "kind": "site" })).good();
        let zone = json!({ "code": format!("{site}-A"), "kind": "zone", "parent": site });
        admin.post("/api/v1/locations", &zone).good();
    }
    admin
}

fn codes(actor: &Actor) -> Vec<String> {
    let page = actor.get("/api/v1/locations?limit=500").good().json();
    page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

fn a_grant_below_a_location_reaches_no_further(world: &World) {
    let admin = sites(world);
    let ann = world.user("ann", &[("picker", Within::Subtree(world.location("LON")))]);
    assert_eq!(codes(&ann), ["LON", "LON-A"]);
    assert_eq!(ann.get("/api/v1/locations/LON-A").status, 200);
    // out of reach is not there; in reach without the permission is forbidden
    assert_eq!(ann.get("/api/v1/locations/PAR-A").refusal(), "404 not_found");
    assert_eq!(ann.patch("/api/v1/locations/LON-A", 1, &json!({ "name": "x" })).refusal(), "403 forbidden");
    admin.act("/api/v1/users/ann/grants", &json!({ "role": "picker", "within": "PAR-A" })).good();
    assert_eq!(codes(&ann), ["LON", "LON-A", "PAR-A"]);
    let me = ann.get("/api/v1/me").good().json();
    let places: Vec<_> =
        me["grants"].as_array().unwrap().iter().map(|grant| grant["within"].clone()).collect();
    assert_eq!(places, ["LON", "PAR-A"]);
    let elsewhere =
        world.key(&[Permission::PlacesRead, Permission::PlacesWrite], Some(&[world.location("PAR")]));
    assert_eq!(codes(&elsewhere), ["PAR", "PAR-A"]);
    let changed = elsewhere.patch("/api/v1/locations/LON-A", 1, &json!({ "name": "x" }));
    assert_eq!(changed.refusal(), "404 not_found");
}

fn a_place_is_handed_out_only_by_those_who_hold_it(world: &World) {
    sites(world);
    let permissions = [Permission::AccessRead, Permission::AccessWrite, Permission::StockRead];
    let keeper = world.key(&permissions, Some(&[world.location("LON")]));
    let key =
        |within: serde_json::Value| json!({ "name": "k", "permissions": ["stock.read"], "within": within });
    keeper.post("/api/v1/keys", &key(json!(["LON"]))).good();
    keeper.post("/api/v1/keys", &key(json!(["LON-A"]))).good();
    for within in [json!(["PAR"]), json!(["LON", "PAR-A"]), json!(null)] {
        assert_eq!(keeper.post("/api/v1/keys", &key(within)).refusal(), "403 grant_exceeds_maker");
    }
    // a role holds everywhere for everybody who has it, so it needs its permissions everywhere
    let role = json!({ "name": "r", "permissions": ["stock.read"] });
    assert_eq!(keeper.post("/api/v1/roles", &role).refusal(), "403 grant_exceeds_maker");
    // and somebody who holds more elsewhere is not theirs to change
    world.user("bob", &[("picker", Within::Subtree(world.location("PAR")))]);
    assert_eq!(keeper.act("/api/v1/users/bob/end", &Value::Null).refusal(), "403 forbidden");
}

fn a_key_is_cut_to_where_its_owner_may(world: &World) {
    let admin = sites(world);
    world.user("ann", &[("picker", Within::Subtree(world.location("LON")))]);
    let body = json!({ "name": "k", "owner": "ann", "within": ["LON-A", "PAR-A"] });
    let made = admin.post("/api/v1/keys", &body).good().json();
    let key = Actor::with_key(world.address, made["secret"].as_str().unwrap());
    assert_eq!(codes(&key), ["LON-A"], "what both allow");
}

fn the_audit_log_is_filtered_and_paged_and_for_the_whole_only(world: &World) {
    let admin = sites(world);
    let me = admin.get("/api/v1/me").good().json()["id"].clone();
    for login in ["ann", "bob"] {
        admin.post("/api/v1/users", &json!({ "login": login, "password": PASSWORD })).good();
    }
    let rows = |query: &str| {
        let page = admin.get(format!("/api/v1/audit?{query}")).good().json();
        let items = page["items"].as_array().unwrap().clone();
        let numbers: Vec<i64> = items.iter().map(|row| row["n"].as_i64().unwrap()).collect();
        (numbers, items, page["next"].as_str().map(str::to_owned))
    };
    let last = world.audits();
    let (newest, items, next) = rows("limit=2");
    assert_eq!(newest, [last, last - 1]);
    assert_eq!(
        (&items[0]["action"], &items[0]["target"]),
        (&json!("access.user.create"), &json!("user:bob"))
    );
    assert_eq!(items[0]["actor"]["id"], me);
    let (more, ..) = rows(&format!("limit=2&cursor={}", next.unwrap()));
    assert_eq!(more, [last - 2, last - 3]);
    let (oldest, ..) = rows("sort=n&limit=500");
    assert_eq!(oldest, (1..=last).collect::<Vec<_>>());
    assert_eq!(rows("target=user:ann").0.len(), 1);
    assert_eq!(rows("action=access.user.create").0.len(), 2);
    assert_eq!(rows(&format!("actor={me}&action=access.key.create")).0.len(), 0);
    assert_eq!(rows("from=2026-03-01T09:30:00.000001Z").0.len(), 0);
    assert_eq!(rows("to=2026-03-01T09:30:00.000001Z&limit=500").0.len(), oldest.len());
    assert_eq!(admin.get("/api/v1/audit?from=yesterday").refusal(), "400 malformed_parameter ?from");
    let everywhere = world.key(&[Permission::AuditRead], None);
    assert_eq!(everywhere.get("/api/v1/audit").status, 200);
    let here = world.key(&[Permission::AuditRead], Some(&[world.location("LON")]));
    assert_eq!(here.get("/api/v1/audit").refusal(), "403 forbidden");
}
