//! Bad postings in a bulk: alone they are refused alone, in an atomic one they refuse all.

use super::lines::{posting, right};
use super::{Stage, shown};
use crate::trace::trace;
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_bulk_that_is_none_is_refused,
    a_bulk_takes_a_thousand_postings_and_no_more,
    a_bulk_knows_what_its_first_postings_took,
);

/// A posting of a bulk.
fn entry(kind: &str, mut body: Value) -> Value {
    body["kind"] = kind.into();
    body
}

impl Stage<'_> {
    /// A refused posting between two right ones: atomic nothing is posted, otherwise the other two.
    pub(super) fn bulk_refuses(&self, kind: &str, body: Value, expected: &str) {
        let what = format!("{kind}: {}", shown(body.to_string().as_bytes()));
        let good = || entry("receive", posting("receive", &[right("receive")]));
        let postings = json!([good(), entry(kind, body), good()]);
        let (refusal, pointer) = expected.rsplit_once(' ').unwrap();
        let bulk = |atomic: bool| json!({ "atomic": atomic, "postings": postings });
        let path = "/api/v1/postings/bulk".to_owned();
        let within = format!("{refusal} /postings/1{pointer}");
        self.refuses(&what, &("POST", path.clone(), bulk(true)), &within);
        if refusal.starts_with("400") {
            // what is no body of a bulk is decided by nobody
            self.refuses(&what, &("POST", path, bulk(false)), &within);
            return;
        }
        let before = trace(self.world);
        let reply = self.admin.post(format!("{path}?dry_run=true"), &bulk(false)).good().json();
        assert_eq!((&reply["accepted"], &reply["refused"]), (&json!(2), &json!(1)), "{what}");
        let statuses: Vec<&Value> =
            reply["postings"].as_array().unwrap().iter().map(|posting| &posting["status"]).collect();
        let (status, code) = refusal.split_once(' ').unwrap();
        let status: u64 = status.parse().unwrap();
        assert_eq!(statuses, [&json!(201), &json!(status), &json!(201)], "{what}");
        let problem = &reply["postings"][1]["problem"];
        assert_eq!(
            (&problem["code"], &problem["errors"][0]["pointer"]),
            (&json!(code), &json!(pointer)),
            "{what}"
        );
        assert_eq!(trace(self.world), before, "{what}: dry");
    }
}

fn a_bulk_that_is_none_is_refused(world: &World) {
    let stage = Stage::new(world);
    let good = || entry("receive", posting("receive", &[right("receive")]));
    let path = || "/api/v1/postings/bulk".to_owned();
    for atomic in [true, false] {
        for (postings, expected) in [
            (json!([]), "422 invalid_value /postings"),
            (json!("x"), "400 malformed_body /postings"),
            (json!([7]), "400 malformed_body /postings/0"),
            (json!([good(), { "lines": [] }]), "400 malformed_body /postings/1/kind"),
        ] {
            let body = json!({ "atomic": atomic, "postings": postings });
            stage.refuses("bulk", &("POST", path(), body), expected);
        }
    }
    for kind in ["ship", "reverse", "reserve", "relocate", "expire", "", "RECEIVE"] {
        let body = json!({ "atomic": true, "postings": [good(), entry(kind, posting("receive", &[right("receive")]))] });
        stage.refuses("kind", &("POST", path(), body), "422 invalid_value /postings/1/kind");
    }
    stage.refuses(
        "null",
        &("POST", path(), json!({ "atomic": null, "postings": [good()] })),
        "400 malformed_body /atomic",
    );
}

fn a_bulk_takes_a_thousand_postings_and_no_more(world: &World) {
    let stage = Stage::new(world);
    let good = || entry("receive", posting("receive", &[right("receive")]));
    let bulk = |count: usize, atomic: bool| {
        let postings: Vec<Value> = (0..count).map(|_| good()).collect();
        json!({ "atomic": atomic, "postings": postings })
    };
    for atomic in [true, false] {
        let asked = ("POST", "/api/v1/postings/bulk".to_owned(), bulk(1_001, atomic));
        stage.refuses("1,001", &asked, "413 too_many /postings");
        let done = stage.make("/api/v1/postings/bulk", &bulk(1_000, atomic));
        assert_eq!(done["accepted"], 1_000);
    }
}

/// One after the other: what the first took is not there for the second; all or none, both are undone.
fn a_bulk_knows_what_its_first_postings_took(world: &World) {
    let stage = Stage::new(world);
    let take = |qty: &str| {
        let line = json!({ "sku": "BOLT", "qty": qty, "location": "A1" });
        entry("issue", json!({ "lines": [line] }))
    };
    let bulk = |atomic: bool| json!({ "atomic": atomic, "postings": [take("60"), take("60"), take("40")] });
    let path = "/api/v1/postings/bulk";
    let expected = "409 insufficient_stock /postings/1/lines/0/qty";
    stage.refuses("atomic", &("POST", path.to_owned(), bulk(true)), expected);
    let done = stage.make(path, &bulk(false));
    assert_eq!((&done["accepted"], &done["refused"]), (&json!(2), &json!(1)));
    assert_eq!(done["postings"][1]["problem"]["errors"][0]["pointer"], "/lines/0/qty");
    // repeated, a bulk is answered as it was, the refused posting too
    let again = stage.admin.ask("POST", path).idempotency_key("bulk").json(&bulk(false));
    let (first, second) = (again.clone().send().good(), again.send().good());
    assert_eq!((first.bytes, second.header("idempotency-replayed")), (second.bytes.clone(), Some("true")));
}
