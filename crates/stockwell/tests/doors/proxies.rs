//! Where a request comes from that a proxy hands on, seen from outside.

use crate::authenticator::enrol;
use crate::world::{PASSWORD, World};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::http::{Ask, Reply};
use web::Within;

const AUDITOR: &[(&str, Within)] = &[("auditor", Within::All)];

fn sign_in(world: &World, (login, password): (&str, &str), told: &str) -> Reply {
    let body = json!({ "login": login, "password": password });
    let ask = world.stranger().ask("POST", "/api/v1/sessions").header("origin", "https://test");
    ask.header("x-forwarded-for", told).json(&body).send()
}

/// Where the session that an answer gives was begun.
fn network(reply: &Reply) -> Value {
    reply.json()["session"]["network"].clone()
}

#[test]
fn nobody_is_believed_unless_they_are_trusted() {
    let plain = World::new(db::Engine::Sqlite);
    plain.user("ann", AUDITOR);
    assert_eq!(network(&sign_in(&plain, ("ann", PASSWORD), "192.0.2.7").good()), "127.0.0.1");
    let other = World::behind(db::Engine::Sqlite, &["10.0.0.0/8"]);
    other.user("ann", AUDITOR);
    assert_eq!(network(&sign_in(&other, ("ann", PASSWORD), "192.0.2.7").good()), "127.0.0.1");
}

fn behind_a_proxy_everybody_has_their_own_address(world: &World) {
    for login in ["ann", "bob"] {
        world.user(login, AUDITOR);
    }
    let signed_in = sign_in(world, ("ann", PASSWORD), "192.0.2.7").good();
    assert_eq!(network(&signed_in), "192.0.2.7");
    // a caller who writes the header himself comes no further: the proxy adds what it has seen
    let forged = sign_in(world, ("ann", PASSWORD), "127.0.0.1, 203.0.113.9, 192.0.2.8").good();
    assert_eq!(network(&forged), "192.0.2.8");
    assert_eq!(
        network(&sign_in(world, ("ann", PASSWORD), "[2001:db8:1:2:3::4]:4711").good()),
        "2001:db8:1:2::"
    );
    // who guesses uses up the tries of his own address, whatever he writes before it
    let guess = |number: usize| {
        let told = format!("198.51.100.{number}, 203.0.113.1");
        sign_in(world, (&format!("nobody-{number}"), "wrong"), &told).status
    };
    let statuses: Vec<u16> = (1..=12).map(guess).collect();
    assert_eq!(statuses, [[401; 10].as_slice(), &[429; 2]].concat());
    assert_eq!(sign_in(world, ("bob", PASSWORD), "203.0.113.1").refusal(), "429 throttled");
    assert_eq!(network(&sign_in(world, ("bob", PASSWORD), "203.0.113.2").good()), "203.0.113.2");
    let noted = world.admin().get("/api/v1/audit?action=access.sign_in_refused&limit=1").good().json();
    assert_eq!(noted["items"][0]["details"]["peer"], "203.0.113.1");
    // a key that is held to networks is held to where its program is
    world.pass(Duration::from_mins(1));
    let body = json!({ "name": "till", "permissions": ["stock.read"], "networks": ["192.0.2.0/24"] });
    let made = world.admin().post("/api/v1/keys", &body).good().json();
    let till = testkit::http::Actor::with_key(world.address, made["secret"].as_str().unwrap());
    let asks = |told: &str| -> u16 {
        let ask: Ask = till.ask("GET", "/api/v1/me");
        ask.header("x-forwarded-for", told).send().status
    };
    assert_eq!((asks("192.0.2.77"), asks("198.51.100.1"), asks("192.0.2.77, 198.51.100.1")), (200, 401, 401));
    assert_eq!(till.get("/api/v1/me").status, 401, "of the proxy itself");
}

#[test]
fn behind_a_proxy_everybody_has_their_own_address_on_sqlite() {
    behind_a_proxy_everybody_has_their_own_address(&World::behind(db::Engine::Sqlite, &["127.0.0.1"]));
}

#[test]
fn behind_a_proxy_everybody_has_their_own_address_on_postgres() {
    behind_a_proxy_everybody_has_their_own_address(&World::behind(db::Engine::Postgres, &["127.0.0.1"]));
}

/// Whoever has the password alone cannot begin to sign in without end.
fn a_password_without_its_code_uses_up_tries(world: &World) {
    enrol(world, &world.signed_in("ann", AUDITOR));
    let begin = || sign_in(world, ("ann", PASSWORD), "203.0.113.1");
    let statuses: Vec<u16> = (0..12).map(|_| begin().status).collect();
    assert_eq!(statuses, [[201; 10].as_slice(), &[429; 2]].concat());
    // which holds up nobody elsewhere: twelve who sign in to the end are given back both tries
    let users: Vec<String> = (0..12).map(|number| format!("user-{number}")).collect();
    let apps: Vec<_> = users.iter().map(|login| enrol(world, &world.signed_in(login, &[])).app).collect();
    world.pass(Duration::from_secs(30));
    for (login, app) in users.iter().zip(&apps) {
        let half = sign_in(world, (login, PASSWORD), "203.0.113.2").good();
        let half = world.stranger().with_session_of(half).unwrap();
        let body = json!({ "code": app.code(world.now()) });
        half.ask("POST", "/api/v1/me/session/second-factor").json(&body).send().good();
    }
}

#[test]
fn a_password_without_its_code_uses_up_tries_on_sqlite() {
    a_password_without_its_code_uses_up_tries(&World::behind(db::Engine::Sqlite, &["127.0.0.1"]));
}

#[test]
fn a_password_without_its_code_uses_up_tries_on_postgres() {
    a_password_without_its_code_uses_up_tries(&World::behind(db::Engine::Postgres, &["127.0.0.1"]));
}

/// Forty people come to work at one address, and all of them know their password.
#[test]
fn right_passwords_use_up_no_tries_of_an_address() {
    let world = World::new(db::Engine::Sqlite);
    for number in 0..40 {
        let login = format!("user-{number}");
        world.user(&login, &[]);
        sign_in(&world, (&login, PASSWORD), "192.0.2.7").good();
    }
    let statuses: Vec<u16> =
        (0..12).map(|number| sign_in(&world, (&format!("nobody-{number}"), "wrong"), "").status).collect();
    assert_eq!(statuses, [[401; 10].as_slice(), &[429; 2]].concat(), "wrong ones do");
}
