//! Bad input over HTTP, on both engines: each fault has a status, a code and the field that it is
//! about, told as the caller wrote it, and leaves nothing behind in any table.

mod access;
mod bulk;
mod catalogue;
mod claims;
mod documents;
mod limits;
mod lines;
mod postings;
mod questions;
mod records;
mod returns;
mod wire;

use crate::trace::{answers, difference, trace};
use crate::world::World;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::Duration;
use testkit::http::{Actor, Reply};

/// A site with everything that a request can be wrong about.
pub(super) struct Stage<'w> {
    pub(super) world: &'w World,
    pub(super) admin: Actor,
    /// The cases that were not refused as expected: a table tells all of them at once.
    wrong: RefCell<Vec<String>>,
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let wrong = self.wrong.borrow();
        assert!(wrong.is_empty() || std::thread::panicking(), "{}", wrong.join("\n"));
    }
}

/// The request of a case: method, path, body.
pub(super) type Asked = (&'static str, String, Value);

impl<'w> Stage<'w> {
    /// `LON` with the bins `A1`, `A2`, `B1` (blocked) and the zones `C` (closed to allocation) and `D`
    /// (archived, with the bin `D1`), `PAR` with `P1`; 100 `BOLT`, 50 `SAND`, the lots `GOOD` and `OLD` (expired by now) of `MILK`, the
    /// serials `S1` and `S2` of `DRILL`; the service `SERVICE` and the archived `GONE`.
    pub(super) fn new(world: &'w World) -> Stage<'w> {
        let stage = Stage { world, admin: world.admin(), wrong: RefCell::default() };
        for (code, kind, parent) in [
            ("LON", "site", None),
            ("PAR", "site", None),
            ("A1", "bin", Some("LON")),
            ("A2", "bin", Some("LON")),
            ("B1", "bin", Some("LON")),
            ("C", "zone", Some("LON")),
            ("C1", "bin", Some("C")),
            ("D", "zone", Some("LON")),
            ("D1", "bin", Some("D")),
            ("P1", "bin", Some("PAR")),
        ] {
            stage.make("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent }));
        }
        let case = json!([{ "unit": "case", "factor": "12" }]);
        let third = json!([{ "unit": "scoop", "factor": "1/3" }]);
        for item in [
            json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each", "units": case }),
            json!({ "sku": "SAND", "name": "Sand", "base_unit": "kg", "units": third }),
            json!({ "sku": "MILK", "name": "Milk", "base_unit": "each", "tracking": "lot", "expiry": "named" }),
            json!({ "sku": "DRILL", "name": "Drill", "base_unit": "each", "tracking": "serial" }),
            json!({ "sku": "SERVICE", "name": "Help", "base_unit": "each", "class": "service" }),
            json!({ "sku": "GONE", "name": "Gone", "base_unit": "each" }),
        ] {
            stage.make("/api/v1/items", &item);
        }
        stage.make(
            "/api/v1/postings/receive",
            &json!({ "lines": [
                { "sku": "BOLT", "qty": "100", "unit": "each", "location": "A1", "unit_cost": "2.50" },
                { "sku": "BOLT", "qty": "5", "unit": "each", "location": "B1" },
                { "sku": "BOLT", "qty": "5", "unit": "each", "location": "C1" },
                { "sku": "SAND", "qty": "50", "unit": "kg", "location": "A1" },
                { "sku": "MILK", "qty": "10", "location": "A1", "lot": "GOOD", "expiry_on": "2026-12-31" },
                { "sku": "MILK", "qty": "10", "location": "A1", "lot": "OLD", "expiry_on": "2026-03-05" },
                { "sku": "DRILL", "serials": ["S1", "S2"], "location": "A1" },
            ] }),
        );
        stage.admin.act("/api/v1/locations/B1/block", &json!({ "reason": "damaged" })).good();
        let closed = stage.admin.patch("/api/v1/locations/C1", 1, &json!({ "open_to_allocation": false }));
        closed.good();
        stage.admin.act("/api/v1/items/GONE/archive", &Value::Null).good();
        stage.admin.act("/api/v1/locations/D/archive", &Value::Null).good();
        world.pass(Duration::from_hours(240));
        // whoever touches the item first moves what has expired aside: that is done before a case
        let line = json!({ "sku": "MILK", "lot": "GOOD", "qty": "1", "location": "A2" });
        stage.make("/api/v1/postings/receive", &json!({ "lines": [line] }));
        stage
    }

    pub(super) fn make(&self, path: &str, body: &Value) -> Value {
        self.admin.post(path, body).good().json()
    }

    /// Asks, and holds the answer against what is expected: `422 unknown_item /lines/0/sku`.
    pub(super) fn refuses(&self, what: &str, (method, path, body): &Asked, expected: &str) {
        // a route that takes no body is sent none
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.refuses_bytes(what, method, path, text.as_bytes(), expected);
    }

    /// The same for a body of any bytes.
    pub(super) fn refuses_bytes(
        &self,
        what: &str,
        method: &'static str,
        path: &str,
        body: &[u8],
        expected: &str,
    ) {
        let what = format!("{what}: {method} {path} {}", shown(body));
        let (before, kept) = (trace(self.world), answers(self.world));
        let key = self.world.name("bad");
        let version = self.version(method, path, expected);
        let ask = |path: &str, key: &str| {
            let ask = self.admin.ask(method, path).idempotency_key(key).if_match(version);
            ask.header("content-type", "application/json").bytes(body).send()
        };
        let first = ask(path, &key);
        if first.refusal() != expected {
            let told = format!("{what}\n  {expected} is expected: {} {}", first.status, first.text());
            self.wrong.borrow_mut().push(told);
            return;
        }
        Self::is_a_problem(&first, &what);
        assert_eq!(
            difference(&before, &trace(self.world)),
            Vec::<String>::new(),
            "{what}: something was changed"
        );
        assert!((kept..=kept + 1).contains(&answers(self.world)), "{what}: more than its answer was kept");
        // asked again it is the same refusal, and a dry run says so without keeping it
        assert_eq!(ask(path, &key).refusal(), expected, "{what}: again");
        let kept = answers(self.world);
        let dry = ask(&format!("{path}?dry_run=true"), &self.world.name("dry"));
        assert_eq!(dry.refusal(), expected, "{what}: dry");
        assert_eq!((trace(self.world), answers(self.world)), (before, kept), "{what}: dry");
    }

    /// What a step is asked from: the version that its record shows, but for cases of an old one.
    fn version(&self, method: &str, path: &str, expected: &str) -> i64 {
        let record = path.rsplit_once('/').map(|(record, _)| record);
        match record.filter(|_| method == "POST" && !expected.starts_with("412")) {
            Some(record) => self.admin.get(record).json()["version"].as_i64().unwrap_or(1),
            None => 1,
        }
    }

    /// A problem says what, where, and what to do, and nothing of our inside.
    fn is_a_problem(reply: &Reply, what: &str) {
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{what}");
        let body = reply.json();
        let detail = body["detail"].as_str().unwrap();
        assert!((10..600).contains(&detail.len()), "{what}: {detail}");
        for word in ["select ", "sqlite", "postgres", "panicked", ".rs:"] {
            assert!(!detail.to_lowercase().contains(word), "{what}: {detail}");
        }
        assert_eq!(body["status"], reply.status, "{what}");
    }
}

/// The beginning of a body.
fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(300).collect()
}

/// A JSON text of so many characters.
pub(super) fn long(count: usize) -> Value {
    Value::from("x".repeat(count))
}
