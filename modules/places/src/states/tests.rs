//! A site begins as what is said, and each state that it goes into is told with who, when and why.

use super::set_site_state;
use crate::testing::{World, new, on_both_engines, seen, world};
use crate::{NewLocation, create_location};
use db::Engine;
use domain::{Code, SiteState};
use serde_json::{Value, json};
use testkit::Client;
use web::{Failure, Reached};

on_both_engines!(
    a_site_begins_as_what_is_said,
    each_state_is_told_for_good,
    what_has_no_state_and_what_is_no_state_is_refused,
);

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn told(world: &World, code: &str) -> Vec<(i64, Value, Value, Value)> {
    let body = client(world).get(&format!("/api/v1/sites/{code}/states")).body;
    let told = body["items"].as_array().unwrap().iter().map(|item| {
        assert_eq!(item["actor"]["name"], json!(world.ctx.actor.name));
        let version = item["version"].as_i64().unwrap();
        (version, item["state"].clone(), item["reason"].clone(), item["despite"].clone())
    });
    told.collect()
}

fn a_site_begins_as_what_is_said(engine: Engine) {
    let world = world(engine);
    world.make(&["L site"]);
    world.create(NewLocation { state: Some("set_up".to_owned()), ..new("N site") });
    for (code, state) in [("L", "live"), ("N", "set_up")] {
        assert_eq!(client(&world).get(&format!("/api/v1/sites/{code}")).body["state"], json!(state));
        assert_eq!(client(&world).get(&format!("/api/v1/locations/{code}")).body["state"], json!(state));
    }
    assert_eq!(told(&world, "L"), []);
    assert_eq!(told(&world, "N"), [(1, json!("set_up"), Value::Null, json!([]))]);
    let listed = client(&world).get("/api/v1/sites?state=set_up").body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["code"], json!("N"));
}

fn each_state_is_told_for_good(engine: Engine) {
    let world = world(engine);
    world.create(NewLocation { state: Some("set_up".to_owned()), ..new("N site") });
    let site = domain::SiteId(world.id("N").get());
    let go = |to, despite: &'static [&'static str]| {
        world.run(move |tx, ctx| set_site_state(tx, ctx, site, to, ("ready", despite))).unwrap();
    };
    go(SiteState::Pilot, &["people"]);
    go(SiteState::Live, &[]);
    let expected = [
        (3, json!("live"), json!("ready"), json!([])),
        (2, json!("pilot"), json!("ready"), json!(["people"])),
        (1, json!("set_up"), Value::Null, json!([])),
    ];
    assert_eq!(told(&world, "N"), expected);
    let renamed = client(&world).patch("/api/v1/locations/N", 3, &json!({ "code": "O" }));
    assert_eq!(renamed.status, 200, "{:?}", renamed.body);
    assert_eq!(told(&world, "O"), expected);
    let page = client(&world).get("/api/v1/sites/O/states?limit=1").body;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert!(page["next"].is_string());
}

fn what_has_no_state_and_what_is_no_state_is_refused(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "B bin below L"]);
    let refused = |state: &str, place: &str| {
        let command = NewLocation { state: Some(state.to_owned()), ..new(place) };
        match world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &command)) {
            Err(Failure::Refused(problem)) => seen(&problem),
            other => panic!("not refused: {other:?}"),
        }
    };
    assert_eq!(refused("open", "N site"), (Code::InvalidValue, "/state".to_owned()));
    assert_eq!(refused("pilot", "C bin below L"), (Code::InvalidValue, "/state".to_owned()));
    assert_eq!(client(&world).get("/api/v1/sites/B/states").status, 404);
    assert_eq!(client(&world).get("/api/v1/sites/NOPE/states").status, 404);
    assert_eq!(client(&world).get("/api/v1/sites?state=open").status, 400);
}
