//! The first user: a one-time token, good for half an hour.

use crate::world::{PASSWORD, World, on_both_engines};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::Actor;

on_both_engines!(the_first_user_is_made_once, a_token_is_good_for_half_an_hour);

fn offer(world: &World, token: &'static str) -> bool {
    let ctx = world.ctx();
    world.write(move |tx, _| access::offer_setup(tx, &ctx, token))
}

fn set_up(world: &World, token: &str, password: &str) -> testkit::http::Reply {
    let body: Value = json!({ "token": token, "login": "Ann", "password": password });
    world.stranger().ask("POST", "/api/v1/setup").json(&body).send()
}

fn the_first_user_is_made_once(world: &World) {
    assert_eq!(set_up(world, "sws_guess", PASSWORD).refusal(), "401 unauthenticated", "nothing was offered");
    assert!(offer(world, "sws_right"));
    assert_eq!(set_up(world, "sws_wrong", PASSWORD).refusal(), "401 unauthenticated");
    assert_eq!(set_up(world, "sws_right", "short").refusal(), "422 weak_password /password");
    let done = set_up(world, "sws_right", PASSWORD).good();
    assert_eq!((done.status, done.header("location")), (201, Some("/api/v1/users/ann")));
    let ann = Actor::with_key(world.address, done.json()["key"].as_str().unwrap());
    let me = ann.get("/api/v1/me").good().json();
    assert_eq!(
        (&me["name"], me["grants"][0]["permissions"].as_array().unwrap().len()),
        (&json!("ann"), domain::Permission::ALL.len())
    );
    assert_eq!(set_up(world, "sws_right", PASSWORD).refusal(), "409 already_set_up");
    assert!(!offer(world, "sws_again"), "nothing is offered when somebody exists");
    assert_eq!(set_up(world, "sws_again", PASSWORD).refusal(), "409 already_set_up");
}

fn a_token_is_good_for_half_an_hour(world: &World) {
    assert!(offer(world, "sws_first"));
    world.pass(Duration::from_mins(30));
    assert_eq!(set_up(world, "sws_first", PASSWORD).refusal(), "401 unauthenticated");
    assert!(offer(world, "sws_second"));
    assert_eq!(set_up(world, "sws_first", PASSWORD).refusal(), "401 unauthenticated");
    world.pass(Duration::from_secs(1_799));
    assert_eq!(set_up(world, "sws_second", PASSWORD).status, 201);
}
