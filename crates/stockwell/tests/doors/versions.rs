//! Two who change one record from one version: the first wins, and the second is told so.

use crate::world::{World, on_both_engines};
use serde_json::{Value, json};
use std::sync::Barrier;

on_both_engines!(
    of_many_who_change_from_one_version_one_wins,
    a_month_that_was_never_closed_is_open_at_version_zero,
);

/// What is asked below `/api/v1`, from which version, and with what body by each caller.
type Case = (String, i64, fn(usize) -> Value);

/// How many change at once.
const CALLERS: usize = 6;
const REASONS: [&str; CALLERS] = ["count", "damaged", "expired", "inspection", "other", "recall"];

fn of_many_who_change_from_one_version_one_wins(world: &World) {
    let admin = world.admin();
    admin.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "PAR", "kind": "site" })).good();
    admin.post("/api/v1/locations", &json!({ "code": "BIN", "kind": "bin", "parent": "LON" })).good();
    admin.post("/api/v1/items", &json!({ "sku": "BOLT", "name": "x", "base_unit": "each" })).good();
    admin.post("/api/v1/units", &json!({ "code": "TOTE", "parent": "LON" })).good();
    let line = json!({ "sku": "BOLT", "qty": "9", "location": "BIN" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    let lines = json!([{ "sku": "BOLT", "qty": "6" }]);
    let transfer = json!({ "from_site": "LON", "to_site": "PAR", "lines": lines });
    let number = admin.post("/api/v1/transfers", &transfer).good().json()["number"].clone();
    let number = number.as_str().unwrap();
    let cases: [Case; 6] = [
        ("locations/BIN/block".to_owned(), 1, |place| json!({ "reason": REASONS[place] })),
        ("items/BOLT/units".to_owned(), 1, |place| json!({ "unit": format!("box{place}"), "factor": "6" })),
        (
            "units/TOTE/move".to_owned(),
            1,
            |place| json!({ "parent": if place % 2 == 0 { "BIN" } else { "PAR" } }),
        ),
        ("periods/2026-01/close".to_owned(), 0, |_| Value::Null),
        (
            format!("transfers/{number}/expect"),
            1,
            |place| json!({ "expected_on": format!("2030-01-0{}", place + 1) }),
        ),
        (format!("transfers/{number}/cancel"), 2, |_| Value::Null),
    ];
    for (path, version, body) in cases {
        if path.ends_with("move") {
            admin.act("/api/v1/locations/BIN/unblock", &Value::Null).good();
        }
        let start = Barrier::new(CALLERS);
        let mut answers: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CALLERS)
                .map(|place| {
                    let (admin, path, start, body) = (&admin, &path, &start, body(place));
                    scope.spawn(move || {
                        let ask = admin.ask("POST", format!("/api/v1/{path}")).fresh().if_match(version);
                        let ask = if body.is_null() { ask } else { ask.json(&body) };
                        start.wait();
                        let reply = ask.send();
                        if reply.status < 300 { "done".to_owned() } else { reply.refusal() }
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        answers.sort();
        let mut expected = vec!["412 stale".to_owned(); CALLERS - 1];
        expected.push("done".to_owned());
        assert_eq!(answers, expected, "{path}");
        let record = path.rsplit_once('/').unwrap().0;
        let shown = admin.get(format!("/api/v1/{record}")).good();
        let next = format!("\"{}\"", version + 1);
        assert_eq!(shown.header("etag"), Some(next.as_str()), "{path}: changed once");
    }
}

fn a_month_that_was_never_closed_is_open_at_version_zero(world: &World) {
    let admin = world.admin();
    let path = "/api/v1/periods/2026-01";
    let shown = admin.get(path).good();
    let open =
        json!({ "period": "2026-01", "state": "open", "changed_at": null, "version": 0, "digest": null });
    assert_eq!((shown.header("etag"), shown.json()), (Some("\"0\""), open));
    let closed = admin.act("/api/v1/periods/2026-01/close", &Value::Null).good();
    assert_eq!(admin.get(path).good().json(), closed.json());
    assert_eq!((closed.header("etag"), &closed.json()["state"]), (Some("\"1\""), &json!("closed")));
    for nothing in ["2026-13", "soon", "202601"] {
        assert_eq!(admin.get(format!("/api/v1/periods/{nothing}")).refusal(), "404 not_found", "{nothing}");
    }
}
