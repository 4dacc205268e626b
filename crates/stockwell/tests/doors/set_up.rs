//! The first user: a one-time token, good for half an hour.

use crate::world::{PASSWORD, World, on_both_engines};
use domain::Permission;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::Actor;

on_both_engines!(
    the_first_user_is_made_once,
    whoever_has_no_token_costs_no_hash,
    the_first_user_may_choose_the_books,
    the_books_are_chosen_once,
    a_token_is_good_for_half_an_hour,
    a_set_up_is_answered_again_without_its_key,
);

fn offer(world: &World, token: &'static str) -> bool {
    let ctx = world.ctx();
    world.write(move |tx, _| access::offer_setup(tx, &ctx, token))
}

fn set_up(world: &World, token: &str, password: &str) -> testkit::http::Reply {
    let body: Value = json!({ "token": token, "login": "Ann", "password": password });
    world.stranger().ask("POST", "/api/v1/setup").fresh().json(&body).send()
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

/// A password is looked at, and hashed, only for whoever has the token: the door is open to all.
fn whoever_has_no_token_costs_no_hash(world: &World) {
    assert_eq!(set_up(world, "sws_guess", "short").refusal(), "401 unauthenticated", "nothing was offered");
    assert!(offer(world, "sws_right"));
    assert_eq!(set_up(world, "sws_wrong", "short").refusal(), "401 unauthenticated");
    assert_eq!(set_up(world, "sws_right", "short").refusal(), "422 weak_password /password");
    set_up(world, "sws_right", PASSWORD).good();
    assert_eq!(set_up(world, "sws_right", "short").refusal(), "409 already_set_up");
}

/// Whose answer was lost on the way asks again.
fn a_set_up_is_answered_again_without_its_key(world: &World) {
    assert!(offer(world, "sws_right"));
    let ask = |login: &str, query: &str| {
        let body = json!({ "token": "sws_right", "login": login, "password": PASSWORD });
        let path = format!("/api/v1/setup{query}");
        world.stranger().ask("POST", path).idempotency_key("lost").json(&body).send()
    };
    let tried = ask("ann", "?dry_run=true").good();
    assert_eq!((tried.json()["dry_run"].clone(), tried.header("dry-run")), (json!(true), Some("true")));
    let first = ask("ann", "").good().json();
    assert!(first["key"].is_string());
    let again = ask("ann", "");
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(again.json(), json!({ "user": first["user"] }));
    assert_eq!(ask("bob", "").refusal(), "422 idempotency_mismatch");
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

fn the_first_user_may_choose_the_books(world: &World) {
    assert!(offer(world, "sws_right"));
    let ask = |organisation: &Value| {
        let body = json!({ "token": "sws_right", "login": "ann", "password": PASSWORD, "organisation": organisation });
        world.stranger().ask("POST", "/api/v1/setup").fresh().json(&body).send()
    };
    let wrong = ask(&json!({ "name": "Shop", "currency": "EURO", "zone": "Europe/Berlin" }));
    assert_eq!(wrong.refusal(), "422 invalid_value /organisation/currency");
    let wrong = ask(&json!({ "name": "Shop", "currency": "EUR" }));
    assert_eq!(wrong.refusal(), "400 malformed_body /organisation/zone");
    let done = ask(&json!({ "name": "Shop", "currency": "EUR", "zone": "Europe/Berlin" })).good();
    let ann = Actor::with_key(world.address, done.json()["key"].as_str().unwrap());
    let shown = ann.get("/api/v1/organisation").good().json();
    assert_eq!((&shown["currency"], &shown["version"]), (&json!("EUR"), &json!(1)));
}

fn the_books_are_chosen_once(world: &World) {
    let admin = world.admin();
    let books = json!({
        "name": "Shop", "currency": "JPY", "zone": "Asia/Tokyo", "valuation_method": "moving_average",
        "valuation_grouping": "organisation",
    });
    let reader = world.key(&[Permission::PlacesRead, Permission::PlacesWrite], None);
    assert_eq!(reader.post("/api/v1/organisation", &books).refusal(), "403 forbidden");
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    let below = world.key(Permission::ALL, Some(&[world.location("LON")]));
    assert_eq!(below.post("/api/v1/organisation", &books).refusal(), "403 forbidden");
    let wrong =
        json!({ "name": "Shop", "currency": "JPY", "zone": "Asia/Tokyo", "valuation_method": "lifo" });
    let refused = admin.post("/api/v1/organisation", &wrong);
    assert_eq!(refused.refusal(), "422 invalid_value /valuation_method");
    let tried = admin.post("/api/v1/organisation?dry_run=true", &books);
    assert_eq!((tried.status, tried.header("dry-run")), (201, Some("true")));
    assert_eq!(admin.get("/api/v1/organisation").good().json()["version"], 0);
    let done = admin.post("/api/v1/organisation", &books).good();
    assert_eq!((done.status, done.header("location")), (201, Some("/api/v1/organisation")));
    assert_eq!(done.header("etag"), Some("\"1\""));
    assert_eq!(admin.get("/api/v1/organisation").good().json(), done.json());
    assert_eq!(admin.post("/api/v1/organisation", &books).refusal(), "409 already_set_up");
}
