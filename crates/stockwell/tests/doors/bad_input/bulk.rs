//! Bad postings in a bulk: alone they are refused alone, in an atomic one they refuse all.

use super::lines::{posting, right};
use super::{Stage, shown};
use crate::trace::trace;
use crate::world::{World, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_bulk_that_is_none_is_refused,
    a_posting_that_cannot_be_read_is_refused_alone,
    a_bulk_that_is_no_json_is_refused_as_a_whole,
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
    for (atomic, postings, expected) in [
        (true, json!([]), "422 invalid_value /postings"),
        (false, json!([]), "422 invalid_value /postings"),
        (true, json!("x"), "400 malformed_body /postings"),
        (false, json!("x"), "400 malformed_body /postings"),
        (false, json!(null), "400 malformed_body /postings"),
        (false, json!({}), "400 malformed_body /postings"),
        (true, json!([7]), "400 malformed_body /postings/0"),
        (true, json!([good(), { "lines": [] }]), "400 malformed_body /postings/1/kind"),
        // a posting that cannot be read is counted as well
        (false, vec![json!(7); 1_001].into(), "413 too_many /postings"),
    ] {
        let body = json!({ "atomic": atomic, "postings": postings });
        stage.refuses("bulk", &("POST", path(), body), expected);
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

/// Postings that cannot be read, as text, and why.
fn unreadable() -> Vec<(String, &'static str, &'static str)> {
    let text = |change: &dyn Fn(&mut Value)| {
        let mut body = entry("receive", posting("receive", &[right("receive")]));
        change(&mut body);
        body.to_string()
    };
    let right_text = text(&|_| ());
    let line = |key: &'static str, value: Value| text(&move |body| body["lines"][0][key] = value.clone());
    let deep = |depth: usize| format!("{{\"note\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    vec![
        (line("qty", json!(5)), "malformed_body", "/lines/0/qty"),
        (line("status", json!("wet")), "malformed_body", "/lines/0/status"),
        (line("colour", json!("red")), "malformed_body", "/lines/0/colour"),
        (line("claim", json!("x")), "malformed_body", "/lines/0/claim"),
        (text(&|body| body["effective_at"] = json!("soon")), "malformed_body", "/effective_at"),
        (text(&|body| body["colour"] = json!(1)), "malformed_body", "/colour"),
        (text(&|body| body["lines"] = json!([["BOLT", "1"]])), "malformed_body", "/lines/0"),
        (text(&|body| drop(body.as_object_mut().unwrap().remove("kind"))), "malformed_body", "/kind"),
        (text(&|body| body["kind"] = json!("ship")), "invalid_value", "/kind"),
        (right_text.replacen("\"qty\":", "\"qty\":\"1\",\"qty\":", 1), "malformed_body", "/lines/0/qty"),
        (right_text.replacen("\"sku\":\"", "\"sku\":\"\\u0000", 1), "malformed_body", "/lines/0/sku"),
        (deep(62), "malformed_body", "/note/0"),
        ("7".to_owned(), "malformed_body", ""),
        ("null".to_owned(), "malformed_body", ""),
        ("[]".to_owned(), "malformed_body", ""),
        ("\"x\"".to_owned(), "malformed_body", ""),
    ]
}

/// Each of them stands between right ones, which are booked.
fn a_posting_that_cannot_be_read_is_refused_alone(world: &World) {
    let stage = Stage::new(world);
    let good = entry("receive", posting("receive", &[right("receive")])).to_string();
    let wrong = unreadable();
    let mut texts = vec![good.clone()];
    for (text, ..) in &wrong {
        texts.extend([text.clone(), good.clone()]);
    }
    let body = |atomic: &str, texts: &[String]| format!("{{{atomic}\"postings\":[{}]}}", texts.join(","));
    let path = "/api/v1/postings/bulk";
    // all or none: the first that is wrong is what is wrong with all
    let (_, code, pointer) = &wrong[0];
    let all = body("\"atomic\":true,", &texts[..3]);
    let expected = format!("400 {code} /postings/1{pointer}");
    stage.refuses_bytes("atomic", "POST", path, all.as_bytes(), &expected);
    for atomic in ["", "\"atomic\":false,"] {
        let before = trace(world);
        let ask = stage.admin.ask("POST", path).idempotency_key(&world.name("alone"));
        let ask = ask.header("content-type", "application/json").bytes(body(atomic, &texts));
        let done = ask.clone().send().good().json();
        assert_eq!(
            (&done["accepted"], &done["refused"]),
            (&json!(wrong.len() + 1), &json!(wrong.len())),
            "{done}"
        );
        let postings = done["postings"].as_array().unwrap();
        assert!(postings.iter().step_by(2).all(|posting| posting["status"] == 201));
        for (refused, (text, code, pointer)) in postings.iter().skip(1).step_by(2).zip(&wrong) {
            let problem = &refused["problem"];
            let at = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
            assert_eq!(&problem["code"], code, "{text}: {refused}");
            let is_there = if *pointer == "/note/0" { at.starts_with(pointer) } else { at == *pointer };
            assert!(is_there, "{text}: {refused}");
            assert_eq!(refused["status"], problem["status"], "{text}");
        }
        let after = trace(world);
        assert_eq!(
            after["stock_posting"].0 - before["stock_posting"].0,
            i64::try_from(wrong.len() + 1).unwrap()
        );
        // repeated, nothing is booked again
        let again = ask.send().good();
        assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), done));
        assert_eq!(trace(world), after);
    }
}

/// Where one posting ends and the next begins is then not known.
fn a_bulk_that_is_no_json_is_refused_as_a_whole(world: &World) {
    let stage = Stage::new(world);
    let good = entry("receive", posting("receive", &[right("receive")])).to_string();
    let line = &good[..good.len() - 1];
    for (postings, expected) in [
        (format!("{good},{line}"), "400 malformed_body /postings/1/lines"),
        (format!("{good},"), "400 malformed_body /postings/1"),
        (format!("{good} {good}"), "400 malformed_body /postings/0"),
        (format!("7,{good},nul"), "400 malformed_body /postings/2"),
        (format!("{good},{{\"note\":\"\u{1}\"}}"), "400 malformed_body /postings/1/note"),
    ] {
        let body = format!("{{\"postings\":[{postings}]}}");
        stage.refuses_bytes("no JSON", "POST", "/api/v1/postings/bulk", body.as_bytes(), expected);
    }
    for (body, expected) in [
        (format!("{{\"postings\":[7,{good}],\"postings\":[]}}"), "400 malformed_body /postings"),
        (format!("{{\"postings\":[7,{good}],\"more\":1}}"), "400 malformed_body /more"),
        (format!("{{\"postings\":[7,{good}],\"atomic\":1}}"), "400 malformed_body /atomic"),
        (format!("[[7,{good}]]"), "400 malformed_body"),
    ] {
        stage.refuses_bytes("no bulk", "POST", "/api/v1/postings/bulk", body.as_bytes(), expected);
    }
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
        let line = json!({ "sku": "BOLT", "qty": qty, "unit": "each", "location": "A1" });
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
