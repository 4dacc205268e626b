//! What the door itself does, before any module is asked.

use crate::world::{World, on_both_engines};
use access::NewKey;
use domain::Permission;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;
use web::Limits;

on_both_engines!(
    a_repeated_write_is_done_once_and_answered_alike,
    a_refusal_is_kept_although_its_changes_are_not,
    a_dry_run_leaves_nothing_behind,
    fifty_equal_requests_at_once_have_one_effect,
);

fn role(name: &str) -> Value {
    json!({ "name": name, "permissions": ["stock.read"] })
}

/// The body without what differs from request to request.
fn shown(reply: &testkit::http::Reply) -> Value {
    let mut body = reply.json();
    if let Some(instance) = body.get_mut("instance") {
        assert!(instance.as_str().unwrap().starts_with("req_"));
        *instance = "req_…".into();
    }
    body
}

fn sqlite() -> World {
    World::new(db::Engine::Sqlite)
}

fn a_repeated_write_is_done_once_and_answered_alike(world: &World) {
    let admin = world.admin();
    let ask = || admin.ask("POST", "/api/v1/roles").idempotency_key("once").json(&role("night"));
    let first = ask().send().good();
    let audits = world.audits();
    let again = ask().send().good();
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true"))
    );
    assert_eq!(first.bytes, again.bytes);
    for name in ["etag", "location", "content-type"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
        assert!(first.header(name).is_some(), "{name}");
    }
    assert_eq!(first.status, again.status);
    assert_eq!(world.audits(), audits);
    // the key belongs to the caller: somebody else has their own
    let other = world.admin();
    let theirs = other.ask("POST", "/api/v1/roles").idempotency_key("once").json(&role("day")).send();
    assert_eq!(theirs.good().header("idempotency-replayed"), None);
    // another body, another address, another version: another request
    for different in [
        admin.ask("POST", "/api/v1/roles").json(&role("day")),
        admin.ask("POST", "/api/v1/roles?dry_run=false").json(&role("night")),
        admin.ask("DELETE", "/api/v1/roles/night").if_match(1),
    ] {
        assert_eq!(different.idempotency_key("once").send().refusal(), "422 idempotency_mismatch");
    }
    // seven days later it is forgotten
    world.pass(Duration::from_secs(7 * 86_400 + 1));
    assert_eq!(ask().send().refusal(), "409 code_taken /name");
}

fn a_refusal_is_kept_although_its_changes_are_not(world: &World) {
    let admin = world.admin();
    let body =
        json!({ "login": "ann", "password": "correct horse battery", "grants": [{ "role": "captain" }] });
    let ask = || admin.ask("POST", "/api/v1/users").idempotency_key("refused").json(&body);
    let audits = world.audits();
    let first = ask().send();
    assert_eq!(first.refusal(), "422 invalid_value /grants/0/role");
    let again = ask().send();
    assert_eq!((again.bytes.clone(), again.header("idempotency-replayed")), (first.bytes, Some("true")));
    assert_eq!(again.header("content-type"), Some("application/problem+json"));
    assert_eq!(admin.get("/api/v1/users/ann").refusal(), "404 not_found");
    assert_eq!(world.audits(), audits);
}

fn a_dry_run_leaves_nothing_behind(world: &World) {
    let admin = world.admin();
    let (audits, ask) =
        (world.audits(), || admin.ask("POST", "/api/v1/roles?dry_run=true").idempotency_key("dry"));
    for _ in 0..2 {
        let reply = ask().json(&role("night")).send().good();
        assert_eq!(
            (reply.status, reply.header("dry-run"), reply.header("idempotency-replayed")),
            (201, Some("true"), None)
        );
    }
    assert_eq!(ask().json(&role("picker")).send().refusal(), "409 code_taken /name");
    assert_eq!(admin.get("/api/v1/roles/night").status, 404);
    assert_eq!(world.audits(), audits);
}

fn fifty_equal_requests_at_once_have_one_effect(world: &World) {
    let admin = world.admin();
    let audits = world.audits();
    let bodies: Vec<(u16, Vec<u8>)> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..50)
            .map(|_| {
                scope.spawn(|| {
                    let ask = admin.ask("POST", "/api/v1/roles").idempotency_key("race").json(&role("night"));
                    let reply = ask.send();
                    (reply.status, reply.bytes)
                })
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert_eq!(bodies[0].0, 201);
    assert_eq!(world.audits(), audits + 1);
}

#[test]
fn every_answer_has_the_headers_of_the_house() {
    let world = sqlite();
    let admin = world.admin();
    for reply in [
        admin.get("/api/v1/me"),
        admin.get("/api/v1/nowhere"),
        admin.delete("/api/v1/me"),
        world.stranger().get("/api/v1/me"),
        world.stranger().get("/livez"),
    ] {
        let expected = [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (name, value) in expected {
            assert_eq!(reply.header(name), Some(value));
        }
        assert!(reply.header("x-request-id").unwrap().starts_with("req_"));
        assert_eq!((reply.header("server"), reply.header("x-powered-by")), (None, None));
    }
}

#[test]
fn a_refusal_is_a_problem() {
    let world = sqlite();
    let admin = world.admin();
    insta::assert_json_snapshot!("unknown_route", shown(&admin.get("/api/v2/items")));
    insta::assert_json_snapshot!("method_not_allowed", shown(&admin.delete("/api/v1/me")));
    insta::assert_json_snapshot!("malformed_parameter", shown(&admin.get("/api/v1/users?limit=501")));
    insta::assert_json_snapshot!("unauthenticated", shown(&world.stranger().get("/api/v1/me")));
    let forbidden = world.role("picker").get("/api/v1/users");
    insta::assert_json_snapshot!("forbidden", shown(&forbidden));
    assert_eq!(forbidden.header("content-type"), Some("application/problem+json"));
    assert_eq!(admin.delete("/api/v1/me").header("allow"), Some("GET,HEAD"));
    assert_eq!(world.stranger().get("/api/v1/me").header("www-authenticate"), Some("Bearer"));
}

#[test]
fn the_type_of_a_refusal_leads_to_its_page() {
    let world = sqlite();
    for refused in [world.admin().get("/api/v2/items"), world.stranger().get("/api/v1/me")] {
        let body = refused.json();
        let page = world.stranger().get(body["type"].as_str().unwrap()).good();
        assert_eq!(page.header("content-type"), Some("text/plain; charset=utf-8"));
        let told = format!("# {}", body["title"].as_str().unwrap());
        assert!(page.text().starts_with(&told), "{}", page.text());
    }
    for code in domain::Code::ALL {
        world.stranger().get(format!("/docs/problems/{code}")).good();
    }
    assert_eq!(world.stranger().get("/docs/problems/nonsense").refusal(), "404 not_found");
    assert_eq!(world.stranger().get("/docs/problems/..%2F..%2FCargo.toml").refusal(), "404 not_found");
}

#[test]
fn the_request_id_goes_in_and_out() {
    let world = sqlite();
    let id = "req_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e";
    let reply = world.stranger().ask("GET", "/api/v1/me").header("x-request-id", id).send();
    assert_eq!((reply.header("x-request-id"), reply.json()["instance"].as_str()), (Some(id), Some(id)));
    // what is no id of ours is not repeated
    let reply = world.stranger().ask("GET", "/livez").header("x-request-id", "<script>").send();
    assert_ne!(reply.header("x-request-id"), Some("<script>"));
}

#[test]
fn a_body_that_is_not_right_is_refused_by_name() {
    let world = sqlite();
    let admin = world.admin();
    let ask = |body: &[u8]| {
        let ask = admin.ask("POST", "/api/v1/roles").fresh().header("content-type", "application/json");
        ask.bytes(body).send().refusal()
    };
    let cases: [(&[u8], &str); 10] = [
        (b"", "400 malformed_body"),
        (b"{", "400 malformed_body"),
        (b"[]", "400 malformed_body"),
        (b"{\"name\":\"a\",\"permissions\":[],\"colour\":1}", "400 malformed_body /colour"),
        (b"{\"name\":\"a\",\"name\":\"b\",\"permissions\":[]}", "400 malformed_body /name"),
        (b"{\"name\":\"a\"}", "400 malformed_body /permissions"),
        (b"{\"name\":\"a\",\"permissions\":[1]}", "400 malformed_body /permissions/0"),
        (b"{\"name\":\"a\xff\",\"permissions\":[]}", "400 malformed_body /name"),
        (b"{\"name\":\"a\",\"permissions\":[]} {}", "400 malformed_body"),
        (b"{\"name\":\"a\",\"permissions\":[\"stock.teleport\"]}", "422 invalid_value /permissions/0"),
    ];
    for (body, expected) in cases {
        assert_eq!(ask(body), expected, "{}", String::from_utf8_lossy(body));
    }
    let nested = format!("{{\"name\":{}{}}}", "[".repeat(64), "]".repeat(64));
    assert_eq!(ask(nested.as_bytes()), format!("400 malformed_body /name{}", "/0".repeat(63)));
    let plain = admin.ask("POST", "/api/v1/roles").fresh().bytes("{}");
    assert_eq!(plain.clone().send().refusal(), "415 unsupported_media_type");
    assert_eq!(plain.header("content-type", "text/plain").send().refusal(), "415 unsupported_media_type");
    let charset =
        admin.ask("POST", "/api/v1/roles").fresh().header("content-type", "application/json; charset=utf-8");
    assert_eq!(charset.bytes(role("fine").to_string()).send().status, 201);
}

#[test]
fn a_body_is_refused_one_byte_beyond_the_limit() {
    let world = World::with(db::Engine::Sqlite, Limits { body_bytes_max: 1_000, ..Limits::default() });
    let admin = world.admin();
    let ask = |length: usize| {
        let body = role("a").to_string();
        let body = format!("{body}{}", " ".repeat(length - body.len()));
        admin
            .ask("POST", "/api/v1/roles?dry_run=true")
            .fresh()
            .header("content-type", "application/json")
            .bytes(body)
    };
    assert_eq!(ask(1_000).send().status, 201);
    assert_eq!(ask(1_001).send().refusal(), "413 body_too_large");
    assert_eq!(ask(3_000_000).send().refusal(), "413 body_too_large");
}

#[test]
fn a_write_needs_its_key() {
    let world = sqlite();
    let admin = world.admin();
    let ask = || admin.ask("POST", "/api/v1/roles").json(&role("night"));
    assert_eq!(ask().send().refusal(), "428 idempotency_key_required");
    assert_eq!(ask().idempotency_key("a").idempotency_key("b").send().refusal(), "400 malformed_header");
    assert_eq!(ask().idempotency_key(&"x".repeat(65)).send().refusal(), "400 malformed_header");
    assert_eq!(ask().idempotency_key("a b").send().refusal(), "400 malformed_header");
    assert_eq!(ask().idempotency_key(&"x".repeat(64)).send().status, 201);
}

#[test]
fn a_change_needs_the_version_it_was_made_from() {
    let world = sqlite();
    let admin = world.admin();
    admin.post("/api/v1/roles", &role("night")).good();
    let change = json!({ "about": "from ten to six" });
    let ask = || admin.ask("PATCH", "/api/v1/roles/night").fresh().json(&change);
    assert_eq!(ask().send().refusal(), "428 version_required");
    for text in ["7", "*", "\"x\"", "W/\"1\"", "\"\"", "\"-1\""] {
        assert_eq!(ask().header("if-match", text).send().refusal(), "400 malformed_header", "{text}");
    }
    assert_eq!(ask().if_match(2).send().refusal(), "412 stale");
    let done = ask().if_match(1).send().good();
    assert_eq!((done.header("etag"), &done.json()["version"]), (Some("\"2\""), &json!(2)));
    assert_eq!(ask().if_match(1).send().refusal(), "412 stale");
}

#[test]
fn pages_lead_through_a_list_exactly_once() {
    let world = sqlite();
    let admin = world.admin();
    for place in 0..7 {
        admin.post("/api/v1/roles", &role(&format!("own-{place}"))).good();
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/roles?limit=4".to_owned());
    loop {
        let page = admin.get(path.as_str()).good().json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/roles?limit=4&cursor={next}");
    }
    assert_eq!(seen.len(), 13);
    assert!(seen.is_sorted_by(|a, b| a < b));
    let wrong = [
        "limit=0",
        "limit=501",
        "limit=-1",
        "cursor=x",
        "cursor=%ff",
        "sort=colour",
        "colour=red",
        "limit=1&limit=1",
    ];
    for query in wrong {
        assert_eq!(admin.get(format!("/api/v1/roles?{query}")).status, 400, "{query}");
    }
    assert_eq!(admin.get("/api/v1/roles?limit=500").status, 200);
}

#[test]
fn a_key_has_its_rate() {
    let world = sqlite();
    let new = NewKey {
        permissions: Some([Permission::AccessRead].into_iter().collect()),
        per_minute: Some(3),
        ..world.new_key()
    };
    let slow = world.make_key(new);
    for _ in 0..3 {
        assert_eq!(slow.get("/api/v1/roles").status, 200);
    }
    let refused = slow.get("/api/v1/roles");
    assert_eq!((refused.refusal().as_str(), refused.header("retry-after")), ("429 throttled", Some("21")));
    world.pass(Duration::from_secs(20));
    assert_eq!(slow.get("/api/v1/roles").status, 200);
    assert_eq!(slow.get("/api/v1/roles").status, 429);
    let machine = world.admin();
    assert!((0..100).all(|_| machine.get("/api/v1/me").status == 200));
}

#[test]
fn a_change_of_access_gives_no_key_its_rate_back() {
    let world = sqlite();
    let rated = |per_minute| {
        let permissions = Some([Permission::AccessRead].into_iter().collect());
        world.make_key(NewKey { permissions, per_minute: Some(per_minute), ..world.new_key() })
    };
    let (slow, slower, admin) = (rated(3), rated(2), world.admin());
    for _ in 0..3 {
        assert_eq!(slow.get("/api/v1/roles").status, 200);
    }
    assert_eq!(slower.get("/api/v1/roles").status, 200);
    for name in ["night", "day"] {
        admin.post("/api/v1/roles", &role(name)).good();
        assert_eq!(slow.get("/api/v1/roles").status, 429, "{name}");
    }
    // each key has its own, and what it had left is left
    assert_eq!(slower.get("/api/v1/roles").status, 200);
    assert_eq!(slower.get("/api/v1/roles").status, 429);
    world.pass(Duration::from_secs(20));
    assert_eq!(slow.get("/api/v1/roles").status, 200);
    assert_eq!(slow.get("/api/v1/roles").status, 429);
}

#[test]
fn health_says_what_is_wrong() {
    let world = sqlite();
    let stranger = world.stranger();
    assert_eq!((stranger.get("/livez").status, stranger.get("/readyz").status), (200, 200));
    world.in_order.store(false, Ordering::Relaxed);
    assert_eq!(
        (stranger.get("/livez").status, stranger.get("/readyz").refusal()),
        (200, "503 read_only".to_owned())
    );
    assert!(!stranger.get("/readyz").text().contains("rains"), "strangers are told no more");
    let health = world.admin().get("/api/v1/health").json();
    assert_eq!(health["parts"][1], json!({ "name": "weather", "ready": false, "detail": "it rains" }));
}

#[test]
fn a_server_that_stops_finishes_what_was_begun() {
    let mut world = sqlite();
    let admin = world.admin();
    let mut stream = admin.listen("/api/v1/events", None).unwrap();
    world.begin_to_stop();
    assert_eq!(stream.event(), None, "streams end");
    world.stop();
    assert!(std::net::TcpStream::connect(world.address).is_err(), "nobody listens any more");
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let world = sqlite();
    let long = "x".repeat(9_000);
    let reply = world.admin().get(format!("/api/v1/roles?cursor={long}"));
    assert_eq!(reply.refusal(), "400 malformed_parameter");
    let mut ask = world.admin().ask("GET", "/api/v1/me");
    for place in 0..70 {
        ask = ask.header(&format!("x-{place}"), "1");
    }
    assert_eq!(ask.send().status, 431);
}
