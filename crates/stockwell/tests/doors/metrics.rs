//! What `/metrics` says, and that the reference says it too.

use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn metrics_are_counted_by_template() {
    let world = World::new(db::Engine::Sqlite);
    let admin = world.admin();
    admin.get("/api/v1/roles/picker").good();
    admin.get("/api/v1/roles/nobody");
    admin.get("/nowhere");
    world.stranger().get("/api/v1/me");
    testkit::http::Actor::with_key(world.address, "swk_x").get("/api/v1/me");
    let text = admin.get("/metrics").good().text();
    for line in [
        "stockwell_http_requests_total{route=\"/api/v1/roles/{name}\",method=\"GET\",status=\"200\"} 1",
        "stockwell_http_requests_total{route=\"/api/v1/roles/{name}\",method=\"GET\",status=\"404\"} 1",
        "stockwell_http_requests_total{route=\"none\",method=\"any\",status=\"404\"} 1",
        "stockwell_http_request_duration_seconds_count{route=\"/api/v1/roles/{name}\",method=\"GET\"} 2",
        "stockwell_http_in_flight 1",
        "stockwell_auth_failures_total{reason=\"missing\"} 1",
        "stockwell_auth_failures_total{reason=\"refused\"} 1",
        "stockwell_store_read_only 0",
        "stockwell_store_queued 0",
        "stockwell_build_info{version=",
        "stockwell_panics_total 0",
        "stockwell_idempotent_replays_total 0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn an_answer_that_is_given_again_is_counted_on_every_way() {
    let world = World::new(db::Engine::Sqlite);
    let admin = world.admin();
    let again = |path: &str, body: &Value| {
        let ask = || admin.ask("POST", path).idempotency_key("once").json(body).send();
        assert_eq!(ask().header("idempotency-replayed"), None, "{path}");
        assert_eq!(ask().header("idempotency-replayed"), Some("true"), "{path}");
    };
    again("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" }));
    let lines = json!([{ "sku": "BOLT", "qty": "1", "location": "NOWHERE" }]);
    let admin = world.admin();
    let ask = || {
        let body = json!({ "lines": lines });
        admin.ask("POST", "/api/v1/postings/receive").idempotency_key("twice").json(&body).send()
    };
    assert_eq!((ask().status, ask().header("idempotency-replayed")), (422, Some("true")));
    let text = admin.get("/metrics").good().text();
    assert!(text.contains("stockwell_idempotent_replays_total 2"), "{text}");
}

#[test]
fn refusals_are_counted_by_code_wherever_they_are_made() {
    let world = World::new(db::Engine::Sqlite);
    let admin = world.admin();
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "A1", "kind": "bin", "parent": "LON" })).good();
    let line = |sku: &str, location: &str| json!([{ "sku": sku, "qty": "1", "location": location }]);
    let entry = |kind: &str, sku: &str, location: &str| json!({ "kind": kind, "lines": line(sku, location) });
    // an address, a method, a key, a permission, a body, a record, the ledger
    admin.get("/nowhere");
    admin.get("/api/v1/nowhere");
    world.stranger().get("/api/v1/me");
    world.key(&[domain::Permission::StockRead], None).get("/api/v1/users");
    admin.post("/api/v1/reasons", &json!({ "code": 7 }));
    admin.get("/api/v1/items/NOPE");
    let ask =
        |path: &str, body: &Value, key: &str| admin.ask("POST", path).idempotency_key(key).json(body).send();
    let issue = json!({ "lines": line("BOLT", "A1") });
    assert_eq!(
        ask("/api/v1/postings/issue", &issue, "once").refusal(),
        "409 insufficient_stock /lines/0/qty"
    );
    let again = ask("/api/v1/postings/issue", &issue, "once");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    // the entries of a bulk each for itself
    let postings = [
        entry("receive", "BOLT", "A1"),
        entry("receive", "NOPE", "A1"),
        entry("receive", "BOLT", "A9"),
        entry("receive", "NOPE", "A1"),
    ];
    ask("/api/v1/postings/bulk", &json!({ "postings": postings }), "bulk").good();
    let atomic = json!({ "atomic": true, "postings": [entry("receive", "BOLT", "A9")] });
    ask("/api/v1/postings/bulk", &atomic, "atomic");
    let text = admin.get("/metrics").good().text();
    let told: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("stockwell_refusals_total{code=\"")).collect();
    let expected = [
        "forbidden\"} 1",
        "insufficient_stock\"} 1",
        "malformed_body\"} 1",
        "not_found\"} 1",
        "unauthenticated\"} 1",
        "unknown_item\"} 2",
        "unknown_location\"} 2",
        "unknown_route\"} 2",
    ];
    assert_eq!(told, expected.into_iter().collect());
}

#[test]
fn each_metric_is_in_the_reference_and_no_other() {
    let world = World::new(db::Engine::Sqlite);
    // a family shows itself with its first member
    world.stranger().get("/api/v1/me");
    let text = world.admin().get("/metrics").good().text();
    let measured: BTreeSet<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let page = include_str!("../../../../docs/reference/metrics.md");
    let told = page.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once('`')?;
        name.starts_with("stockwell_").then_some((name, rest.split('|').nth(1)?.trim()))
    });
    assert_eq!(told.collect::<BTreeSet<_>>(), measured);
}
