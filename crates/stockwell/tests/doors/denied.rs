//! Failed authorisations are in the audit log before they are answered: each route tells of whom it
//! denies, each handler of what it refuses, and nobody fills the log by asking again and again.

use crate::walk;
use crate::world::{PASSWORD, World, on_both_engines};
use db::audit::{self, Entry, Filter, Order};
use domain::Permission;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use stockwell::wiring;
use testkit::http::{Actor, Reply};
use web::{Access, Reach};

on_both_engines!(
    every_route_tells_of_whom_it_denies,
    a_handler_tells_of_what_it_denies,
    postings_of_a_bulk_that_are_denied_are_told_together,
    a_key_that_does_not_hold_is_told,
    whoever_is_denied_all_the_time_is_counted,
);

/// The last rows of the audit log, the last one first, with their details.
fn last_rows(world: &World, count: i64) -> Vec<(Entry, Value)> {
    let list = |conn: &mut db::Conn<'_>| audit::list(conn, &Filter::default(), Order::Newest, None, count);
    let rows = world.db.read_blocking(list).unwrap();
    rows.into_iter().map(|row| (row.clone(), serde_json::from_str(&row.details).unwrap())).collect()
}

fn last_row(world: &World) -> (Entry, Value) {
    last_rows(world, 1).remove(0)
}

/// The id of a request as its answer has it.
fn request_id(row: &Entry) -> String {
    format!("req_{}", domain::hex::digits(&row.request_id))
}

/// What a caller is denied, and the row that tells of it.
fn denied(world: &World, actor: &Actor, expected: &str, ask: impl FnOnce(&Actor) -> Reply) -> (Entry, Value) {
    let audits = world.audits();
    let reply = ask(actor);
    assert_eq!(reply.refusal(), expected);
    assert_eq!(world.audits(), audits + 1, "{expected}");
    let (row, details) = last_row(world);
    assert_eq!(Some(request_id(&row).as_str()), reply.header("x-request-id"));
    (row, details)
}

fn every_route_tells_of_whom_it_denies(world: &World) {
    world.admin().post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    let here = world.location("LON");
    let mut routes = 0;
    for route in wiring::routes().table() {
        let Access::Needs(permission) = route.access else { continue };
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
        let mut callers = vec![world.key(&others, None)];
        if route.reach == Reach::Everywhere {
            callers.push(world.key(Permission::ALL, Some(&[here])));
        }
        for caller in callers {
            let (row, details) =
                denied(world, &caller, "403 forbidden", |caller| walk::ask(caller, route).send());
            let what = format!("{} {}", route.method, route.path);
            assert_eq!(
                (row.action.as_str(), &row.target, row.outcome.as_str()),
                ("access.denied", &what, "forbidden")
            );
            let detail = details["detail"].as_str().unwrap();
            assert!(detail.contains(permission.word()), "{what}: {detail}");
            routes += 1;
        }
    }
    assert!(routes > 80, "{routes}");
}

fn a_handler_tells_of_what_it_denies(world: &World) {
    let keeper = world.key(&[Permission::AccessRead, Permission::AccessWrite], None);
    let role = json!({ "name": "r", "permissions": ["stock.move"] });
    for path in ["/api/v1/roles", "/api/v1/roles?dry_run=true"] {
        let (row, _) = denied(world, &keeper, "403 grant_exceeds_maker", |keeper| keeper.post(path, &role));
        assert_eq!(
            (row.action.as_str(), row.target.as_str(), row.outcome.as_str()),
            ("access.denied", "POST /api/v1/roles", "grant_exceeds_maker")
        );
        let me = keeper.get("/api/v1/me").good().json();
        assert_eq!((json!(row.actor_id), json!(row.actor_name)), (me["id"].clone(), me["name"].clone()));
    }
    // asked again with its key it is decided, and told, again
    let ask = || keeper.ask("POST", "/api/v1/roles").idempotency_key("again").json(&role).send().refusal();
    let audits = world.audits();
    assert_eq!([ask(), ask()], ["403 grant_exceeds_maker", "403 grant_exceeds_maker"]);
    assert_eq!(world.audits(), audits + 2);
    // what is refused for another reason is no failed authorisation
    let audits = world.audits();
    assert_eq!(keeper.get("/api/v1/users/nobody").refusal(), "404 not_found");
    assert_eq!(keeper.post("/api/v1/roles", &json!({ "name": "" })).status, 400);
    assert_eq!(world.audits(), audits);
}

fn postings_of_a_bulk_that_are_denied_are_told_together(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    let entry = |kind: &str| {
        let line = json!({ "sku": "BOLT", "qty": "1", "location": "LON" });
        json!({ "kind": kind, "lines": [line] })
    };
    let bulk = |atomic: bool, kinds: &[&str]| {
        let postings: Vec<Value> = kinds.iter().map(|kind| entry(kind)).collect();
        json!({ "atomic": atomic, "postings": postings })
    };
    let clerk = world.key(&[Permission::StockRead, Permission::StockReceive], None);
    let path = "/api/v1/postings/bulk";
    let audits = world.audits();
    let done = clerk.post(path, &bulk(false, &["receive", "issue", "receive", "consume"])).good();
    let statuses: Vec<u64> = done.json()["postings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|posting| posting["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 403, 201, 403]);
    assert_eq!(world.audits(), audits + 1);
    let (row, details) = last_row(world);
    assert_eq!(Some(request_id(&row).as_str()), done.header("x-request-id"));
    assert_eq!((row.target.as_str(), &details["times"]), ("POST /api/v1/postings/bulk", &json!(2)));
    let (_, details) =
        denied(world, &clerk, "403 forbidden", |clerk| clerk.post(path, &bulk(true, &["receive", "issue"])));
    assert_eq!(details["times"], 1);
    let audits = world.audits();
    clerk.post(path, &bulk(true, &["receive", "receive"])).good();
    assert_eq!(world.audits(), audits, "a posting is in the chain of its lane");
}

fn a_key_that_does_not_hold_is_told(world: &World) {
    let revoked = world.key(&[Permission::AccessRead], None);
    let id = revoked.get("/api/v1/me").good().json()["id"].as_i64().unwrap();
    world.admin().act(format!("/api/v1/keys/{id}/revoke"), &Value::Null).good();
    let public = revoked.key().unwrap().split('_').nth(1).unwrap().to_owned();
    for (key, told) in [(revoked.key().unwrap(), json!(public)), ("swk_nonsense", Value::Null)] {
        let stranger = Actor::with_key(world.address, key);
        let (row, details) =
            denied(world, &stranger, "401 unauthenticated", |stranger| stranger.get("/api/v1/users"));
        assert_eq!(
            (row.action.as_str(), row.target.as_str(), row.actor_id, row.actor_name.as_str()),
            ("access.unknown_key", "GET /api/v1/users", 0, "stranger")
        );
        assert_eq!((&details["key"], &details["peer"]), (&told, &json!("127.0.0.1")));
        let secret = key.rsplit('_').find(|part| part.len() > 6).unwrap();
        assert!(!row.details.contains(secret), "{}", row.details);
    }
    let token = json!({ "token": "sws_wrong", "login": "ann", "password": PASSWORD });
    let (row, details) = denied(world, &world.stranger(), "401 unauthenticated", |stranger| {
        stranger.ask("POST", "/api/v1/setup").fresh().json(&token).send()
    });
    assert_eq!((row.target.as_str(), &details["key"]), ("POST /api/v1/setup", &Value::Null));
    assert!(!row.details.contains("sws_wrong"));
    // who comes without a key tries nothing
    let audits = world.audits();
    assert_eq!(world.stranger().get("/api/v1/users").refusal(), "401 unauthenticated");
    assert_eq!(world.audits(), audits);
}

/// How often what was refused, by the rows that tell of it.
fn told(rows: Vec<(Entry, Value)>) -> BTreeMap<String, u64> {
    let mut told = BTreeMap::new();
    for (row, details) in rows {
        let one = || vec![json!({ "route": row.target, "times": details["times"] })];
        for entry in details["refused"].as_array().cloned().unwrap_or_else(one) {
            let route = entry["route"].as_str().unwrap().to_owned();
            *told.entry(route).or_default() += entry["times"].as_u64().unwrap();
        }
    }
    told
}

fn whoever_is_denied_all_the_time_is_counted(world: &World) {
    // a machine's key without a rate
    let machine = world.key(&[], None);
    let audits = world.audits();
    for place in 0..100 {
        let path = if place % 2 == 0 { "/api/v1/users" } else { "/api/v1/roles" };
        assert_eq!(machine.get(path).status, 403);
    }
    assert_eq!(world.audits(), audits + 30);
    world.pass(Duration::from_secs(61));
    assert_eq!(machine.get("/api/v1/keys").status, 403);
    assert_eq!(world.audits(), audits + 32, "its own row, and the one of what was counted");
    let expected = [("GET /api/v1/keys", 1), ("GET /api/v1/roles", 50), ("GET /api/v1/users", 50)];
    assert_eq!(told(last_rows(world, 32)), expected.map(|(route, times)| (route.to_owned(), times)).into());
    let text = world.admin().get("/metrics").good().text();
    let line = "stockwell_authz_denied_total{route=\"/api/v1/users\",method=\"GET\"} 50";
    assert!(text.contains(line), "{text}");
}

fn a_server_that_stops_tells_what_it_has_counted(engine: db::Engine) {
    let mut world = World::new(engine);
    let machine = world.key(&[], None);
    for _ in 0..40 {
        assert_eq!(machine.get("/api/v1/users").status, 403);
    }
    let audits = world.audits();
    world.stop();
    assert_eq!(world.audits(), audits + 1);
    let (row, details) = last_row(&world);
    assert_eq!(
        (row.action.as_str(), &details["refused"][0]["times"]),
        ("access.refusals_counted", &json!(10))
    );
    let start = audit::START;
    let chain = world.db.read_blocking(|conn| audit::verify_chain(conn, start, 1_000)).unwrap();
    assert_eq!(chain.unwrap(), world.db.read_blocking(audit::head).unwrap());
}

#[test]
fn a_server_that_stops_tells_what_it_has_counted_on_sqlite() {
    a_server_that_stops_tells_what_it_has_counted(db::Engine::Sqlite);
}

#[test]
fn a_server_that_stops_tells_what_it_has_counted_on_postgres() {
    a_server_that_stops_tells_what_it_has_counted(db::Engine::Postgres);
}
