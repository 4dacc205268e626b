//! A block is told with who, when and why, whatever becomes of the code.

use crate::testing::{World, on_both_engines, world};
use db::Engine;
use serde_json::{Value, json};
use testkit::Client;

on_both_engines!(each_block_and_opening_is_told_for_good, what_is_out_of_reach_or_not_there_is_not_told,);

fn block(world: &World, code: &str, reason: Option<&'static str>) {
    let id = world.id(code);
    world.run(move |tx, ctx| crate::set_blocked(tx, ctx, id, reason).map(|_| ())).unwrap();
}

fn client(world: &World) -> Client {
    Client::new(crate::routes(), &world.db, world.ctx.now, world.ctx.ids.clone())
}

fn told(world: &World, code: &str) -> Vec<(i64, String, Value)> {
    let body = client(world).get(&format!("/api/v1/locations/{code}/blocks")).body;
    let items = body["items"].as_array().unwrap().clone();
    items
        .into_iter()
        .map(|item| {
            assert_eq!(item["actor"]["name"], json!(world.ctx.actor.name));
            let state = item["state"].as_str().unwrap().to_owned();
            (item["version"].as_i64().unwrap(), state, item["reason"].clone())
        })
        .collect()
}

fn each_block_and_opening_is_told_for_good(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "Z zone below L", "A bin below Z"]);
    assert_eq!(told(&world, "A"), []);
    block(&world, "A", Some("damaged"));
    block(&world, "A", Some("damaged"));
    block(&world, "A", Some("inspection"));
    block(&world, "A", None);
    block(&world, "A", Some("damaged"));
    let id = world.id("A");
    world.run(move |tx, ctx| crate::open(tx, ctx, id, Some("inspection")).map(|_| ())).unwrap();
    // open already, so nothing is told
    world.run(move |tx, ctx| crate::open(tx, ctx, id, Some("mistake")).map(|_| ())).unwrap();
    // what stands above has a history of its own
    block(&world, "Z", Some("damaged"));
    let expected = [
        (6, "opened".to_owned(), json!("inspection")),
        (5, "blocked".to_owned(), json!("damaged")),
        (4, "opened".to_owned(), Value::Null),
        (3, "blocked".to_owned(), json!("inspection")),
        (2, "blocked".to_owned(), json!("damaged")),
    ];
    assert_eq!(told(&world, "A"), expected);
    assert_eq!(told(&world, "Z").len(), 1);
    let renamed = client(&world).patch("/api/v1/locations/A", 6, &json!({ "code": "B" }));
    assert_eq!(renamed.status, 200, "{:?}", renamed.body);
    assert_eq!(told(&world, "B"), expected);
    let page = client(&world).get("/api/v1/locations/B/blocks?limit=1").body;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert!(page["next"].is_string());
}

fn what_is_out_of_reach_or_not_there_is_not_told(engine: Engine) {
    let world = world(engine);
    world.make(&["L site"]);
    assert_eq!(client(&world).get("/api/v1/locations/NOPE/blocks").status, 404);
}
