//! Each route that touches something at a place, asked by a caller who holds its permission there,
//! and by one who holds it elsewhere: for the second the thing does not exist.
//!
//! Whoever adds such a route adds a line to [`probe`]; without it the matrix fails.

use crate::world::World;
use domain::{LocationId, Permission};
use serde_json::{Value, json};
use std::cell::Cell;
use stockwell::wiring;
use testkit::http::{Actor, Reply};
use web::{Reach, RouteInfo};

/// Everything lies in `LON`, some of it on its way to `ROM`, nothing in `PAR`.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) admin: Actor,
    pub(crate) here: LocationId,
    pub(crate) elsewhere: LocationId,
    count: Cell<u32>,
}

/// A request that would be right for somebody who is there.
pub(crate) struct Probe {
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// Who asks, where it is not the administrator.
    pub(crate) by: Option<Actor>,
}

impl Probe {
    /// The address of the record that a route which takes a version changes: the nearest above it
    /// that can be read.
    pub(crate) fn record(&self, route: &RouteInfo) -> String {
        let table = wiring::routes();
        let readable = |path: &str| table.table().any(|other| other.method == "GET" && other.path == path);
        let template: Vec<&str> = route.path.split('/').collect();
        let record =
            |count: &usize| template[*count - 1].starts_with('{') && readable(&template[..*count].join("/"));
        let count = (1..=template.len()).rev().find(record);
        let count =
            count.unwrap_or_else(|| panic!("{}: nothing shows the version that it needs", route.path));
        self.path.split('/').take(count).collect::<Vec<_>>().join("/")
    }

    /// The version that the record shows now, for a route that takes one.
    pub(crate) fn version(&self, stage: &Stage, route: &RouteInfo) -> Option<i64> {
        if !route.is_versioned() {
            return None;
        }
        let record = self.record(route);
        let shown = self.by.as_ref().unwrap_or(&stage.admin).get(record.as_str()).good();
        let version = shown.json()["version"].as_i64();
        let etag = version.map(|version| format!("\"{version}\""));
        assert!(etag.is_some() && shown.header("etag") == etag.as_deref(), "{record}: {}", shown.text());
        version
    }
}

fn at(path: impl Into<String>) -> Probe {
    Probe { path: path.into(), body: None, by: None }
}

fn with(path: impl Into<String>, body: Value) -> Probe {
    Probe { body: Some(body), ..at(path) }
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage::on(db::Engine::Sqlite)
    }

    pub(crate) fn on(engine: db::Engine) -> Stage {
        let world = World::new(engine);
        let admin = world.admin();
        for site in ["LON", "PAR", "ROM"] {
            admin.post("/api/v1/locations", &json!({ "code": site, "kind": "site" })).good();
        }
        for bin in ["LON-1", "LON-2"] {
            admin.post("/api/v1/locations", &json!({ "code": bin, "kind": "bin", "parent": "LON" })).good();
        }
        for (sku, tracking) in [("BOLT", "none"), ("MILK", "lot")] {
            let item = json!({ "sku": sku, "name": sku, "base_unit": "each", "tracking": tracking });
            admin.post("/api/v1/items", &item).good();
        }
        let (here, elsewhere) = (world.location("LON"), world.location("PAR"));
        let stage = Stage { world, admin, here, elsewhere, count: Cell::new(0) };
        stage.receive();
        let line = json!({ "sku": "MILK", "qty": "9", "location": "LON-1", "lot": "L1" });
        stage.admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
        stage.claim("/api/v1/reservations", &reserve());
        stage.claim("/api/v1/allocations", &allocate());
        stage.imported();
        stage
    }

    /// A name that nothing else has.
    fn fresh(&self, what: &str) -> String {
        self.count.set(self.count.get() + 1);
        format!("{what}-{}", self.count.get())
    }

    /// A fresh receipt; its id.
    fn receive(&self) -> String {
        let done = self.admin.post("/api/v1/postings/receive", &lines(json!({}))).good().json();
        text(&done["id"])
    }

    /// A fresh claim; its id.
    fn claim(&self, path: &str, body: &Value) -> String {
        text(&self.admin.post(path, body).good().json()["id"])
    }

    /// A fresh handling unit in a bin; its code.
    fn unit(&self) -> String {
        let body = json!({ "code": self.fresh("UNIT"), "parent": "LON-1" });
        text(&self.admin.post("/api/v1/units", &body).good().json()["code"])
    }

    /// A fresh location; its code.
    fn bin(&self) -> String {
        let body = json!({ "code": self.fresh("LON-BIN"), "kind": "bin", "parent": "LON" });
        text(&self.admin.post("/api/v1/locations", &body).good().json()["code"])
    }

    /// A fresh zone; its code.
    fn zone(&self) -> String {
        let body = json!({ "code": self.fresh("LON-ZONE"), "kind": "zone", "parent": "LON" });
        text(&self.admin.post("/api/v1/locations", &body).good().json()["code"])
    }

    /// A rule of the site, in force.
    fn rule(&self) {
        let path = "/api/v1/backorder-rules/LON";
        let version = self.admin.get(path).good().json()["version"].as_i64().unwrap();
        let put = self.admin.ask("PUT", path).fresh().if_match(version);
        put.json(&json!({ "accepts": "none" })).send().good();
    }

    /// A fresh transfer to another site; its number.
    fn transfer(&self) -> String {
        text(&self.admin.post("/api/v1/transfers", &transfer()).good().json()["number"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One line about `BOLT` in `LON-1`, with what is special.
fn lines(special: Value) -> Value {
    let mut line = json!({ "sku": "BOLT", "qty": "5", "location": "LON-1" });
    let mut body = json!({});
    if let Value::Object(special) = special {
        for (name, value) in special {
            let place = if ["reason", "kind"].contains(&name.as_str()) { &mut body } else { &mut line };
            place[name] = value;
        }
    }
    body["lines"] = json!([line]);
    body
}

fn transfer() -> Value {
    json!({ "from_site": "LON", "to_site": "ROM", "lines": [{ "sku": "BOLT", "qty": "1" }] })
}

fn reserve() -> Value {
    json!({ "sku": "BOLT", "site": "LON", "qty": "1", "owner": "order-1" })
}

fn allocate() -> Value {
    json!({ "sku": "BOLT", "location": "LON-1", "qty": "1", "owner": "order-1" })
}

/// A request to a route about something in `LON`. `None`: nobody has told how.
#[expect(clippy::too_many_lines, reason = "a table, line by line")]
pub(crate) fn probe(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    let post = |name: &str, special: Value| with(format!("/api/v1/postings/{name}"), lines(special));
    Some(match (method, path) {
        (
            "GET",
            "/api/v1/locations"
            | "/api/v1/sites"
            | "/api/v1/ledger"
            | "/api/v1/stock"
            | "/api/v1/stock/sums"
            | "/api/v1/availability"
            | "/api/v1/reservations"
            | "/api/v1/allocations"
            | "/api/v1/lots"
            | "/api/v1/valuation"
            | "/api/v1/valuation/totals"
            | "/api/v1/customers"
            | "/api/v1/events",
        ) => at(path),
        ("GET", "/api/v1/items/{sku}/stock" | "/api/v1/items/{sku}/availability") => {
            at(path.replace("{sku}", "BOLT"))
        }
        ("GET", "/api/v1/customers/{number}" | "/api/v1/customers/{number}/ledger") => {
            at(path.replace("{number}", "7"))
        }
        ("GET", "/api/v1/items/{sku}/rotation") => at("/api/v1/items/BOLT/rotation?site=LON"),
        ("GET", "/api/v1/locations/{code}") => at("/api/v1/locations/LON-1"),
        ("POST", "/api/v1/locations") => {
            with(path, json!({ "code": stage.fresh("LON-NEW"), "kind": "bin", "parent": "LON" }))
        }
        ("POST", "/api/v1/locations/bulk") => {
            let pattern = format!("{}-{{1..2}}", stage.fresh("LON-MANY"));
            with(path, json!({ "parent": "LON", "pattern": pattern, "levels": [{ "kind": "bin" }] }))
        }
        ("PATCH", "/api/v1/locations/{code}") => {
            with(format!("/api/v1/locations/{}", stage.bin()), json!({ "name": "other" }))
        }
        ("GET", "/api/v1/postings/{id}") => at(format!("/api/v1/postings/{}", stage.receive())),
        ("GET", "/api/v1/postings/{id}/claims") => {
            let reserved = stage.admin.post("/api/v1/reservations", &reserve()).good().json();
            at(format!("/api/v1/postings/{}/claims", text(&reserved["posting"])))
        }
        ("POST", "/api/v1/postings/{id}/reverse") => {
            with(format!("/api/v1/postings/{}/reverse", stage.receive()), json!({}))
        }
        (
            "POST",
            "/api/v1/postings/receive"
            | "/api/v1/postings/produce"
            | "/api/v1/postings/return"
            | "/api/v1/postings/opening",
        ) => with(path, lines(json!({}))),
        ("POST", "/api/v1/postings/issue" | "/api/v1/postings/consume") => {
            with(path, lines(json!({ "qty": "1" })))
        }
        ("POST", "/api/v1/postings/move") => post("move", json!({ "qty": "1", "to_location": "LON-2" })),
        ("POST", "/api/v1/postings/set-status") => {
            post("set-status", json!({ "qty": "1", "to_status": "hold", "reason": "inspection" }))
        }
        ("POST", "/api/v1/postings/adjust") => {
            let line = json!({ "sku": "BOLT", "counted": "500", "location": "LON-1" });
            with(path, json!({ "reason": "count", "lines": [line] }))
        }
        ("POST", "/api/v1/postings/bulk") => {
            with(path, json!({ "atomic": true, "postings": [lines(json!({ "kind": "receive" }))] }))
        }
        ("GET", "/api/v1/reservations/{id}") => {
            at(format!("/api/v1/reservations/{}", stage.claim("/api/v1/reservations", &reserve())))
        }
        ("GET", "/api/v1/allocations/{id}") => {
            at(format!("/api/v1/allocations/{}", stage.claim("/api/v1/allocations", &allocate())))
        }
        ("GET", "/api/v1/items/{sku}/lots/{lot}") => at("/api/v1/items/MILK/lots/L1"),
        ("POST", "/api/v1/reservations") => with(path, reserve()),
        ("POST", "/api/v1/reservations/together") => {
            with(path, json!({ "reservations": [reserve(), reserve()] }))
        }
        ("POST", "/api/v1/allocations") => with(path, allocate()),
        ("POST", "/api/v1/reservations/{id}/release") => {
            let claim = stage.claim("/api/v1/reservations", &reserve());
            with(format!("/api/v1/reservations/{claim}/release"), json!({}))
        }
        ("POST", "/api/v1/allocations/{id}/release") => {
            let claim = stage.claim("/api/v1/allocations", &allocate());
            with(format!("/api/v1/allocations/{claim}/release"), json!({}))
        }
        _ => return of_documents(stage, method, path),
    })
}

/// The same for documents, handling units and what is done to places with stock.
fn of_documents(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    let place = |verb: &str, body| {
        let path = format!("/api/v1/locations/{}/{verb}", stage.bin());
        Probe { body, ..at(path) }
    };
    let of_unit = |rest: &str| format!("/api/v1/units/{}{rest}", stage.unit());
    let of_transfer = |rest: &str| format!("/api/v1/transfers/{}{rest}", stage.transfer());
    Some(match (method, path) {
        ("POST", "/api/v1/locations/{code}/block") => place("block", Some(json!({ "reason": "damaged" }))),
        ("POST", "/api/v1/locations/{code}/unblock") => {
            let bin = stage.bin();
            stage.admin.act(format!("/api/v1/locations/{bin}/block"), &json!({ "reason": "damaged" })).good();
            at(format!("/api/v1/locations/{bin}/unblock"))
        }
        ("POST", "/api/v1/locations/{code}/archive") => place("archive", None),
        ("POST", "/api/v1/locations/{code}/restore") => {
            let bin = stage.bin();
            stage.admin.act(format!("/api/v1/locations/{bin}/archive"), &Value::Null).good();
            at(format!("/api/v1/locations/{bin}/restore"))
        }
        ("POST", "/api/v1/locations/{code}/sellable") => {
            place("sellable", Some(json!({ "sellable": false })))
        }
        ("POST", "/api/v1/locations/{code}/move") => place("move", Some(json!({ "parent": stage.zone() }))),
        ("GET", "/api/v1/backorder-rules") => {
            stage.rule();
            at(path)
        }
        ("GET", "/api/v1/backorder-rules/{site}") => at("/api/v1/backorder-rules/LON"),
        ("GET", "/api/v1/backorder-rules/{site}/{sku}") => at("/api/v1/backorder-rules/LON/BOLT"),
        ("PUT", "/api/v1/backorder-rules/{site}") => {
            let cap = stage.fresh("").replace('-', "");
            with("/api/v1/backorder-rules/LON", json!({ "accepts": "cap", "cap": cap }))
        }
        ("PUT", "/api/v1/backorder-rules/{site}/{sku}") => {
            let cap = stage.fresh("").replace('-', "");
            with("/api/v1/backorder-rules/LON/BOLT", json!({ "accepts": "cap", "cap": cap }))
        }
        ("GET", "/api/v1/units/{code}") => at(of_unit("")),
        ("GET", "/api/v1/units/{code}/moves") => at(of_unit("/moves")),
        ("POST", "/api/v1/units") => with(path, json!({ "code": stage.fresh("UNIT"), "parent": "LON-1" })),
        ("POST", "/api/v1/units/{code}/move") => with(of_unit("/move"), json!({ "parent": "LON-2" })),
        ("POST", "/api/v1/units/{code}/empty") => {
            let unit = stage.unit();
            let goods = lines(json!({ "location": unit }));
            stage.admin.post("/api/v1/postings/receive", &goods).good();
            with(format!("/api/v1/units/{unit}/empty"), json!({}))
        }
        ("GET", "/api/v1/transfers" | "/api/v1/balance") => at(path),
        ("GET", "/api/v1/transfers/{number}") => at(of_transfer("")),
        ("POST", "/api/v1/transfers") => with(path, transfer()),
        ("POST", "/api/v1/transfers/{number}/release" | "/api/v1/transfers/{number}/cancel") => {
            at(of_transfer(path.rsplit_once("{number}").unwrap().1))
        }
        ("POST", "/api/v1/transfers/{number}/allocate" | "/api/v1/transfers/{number}/ship") => {
            let line = json!({ "line": 1, "qty": "1", "location": "LON-1" });
            with(of_transfer(path.rsplit_once("{number}").unwrap().1), json!({ "lines": [line] }))
        }
        ("POST", "/api/v1/transfers/{number}/receive") => {
            let line = json!({ "line": 1, "qty": "1", "location": "ROM" });
            with(of_transfer("/receive"), json!({ "lines": [line] }))
        }
        ("POST", "/api/v1/transfers/{number}/expect") => {
            with(of_transfer("/expect"), json!({ "expected_on": "2030-01-01" }))
        }
        ("POST", "/api/v1/transfers/{number}/close") => with(of_transfer("/close"), json!({})),
        _ => return of_room(stage, method, path),
    })
}

/// The same for what fits where, and how stock lies across sites.
fn of_room(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    Some(match (method, path) {
        ("GET", "/api/v1/capacities/{code}") => at("/api/v1/capacities/LON-1"),
        ("PUT", "/api/v1/capacities/{code}") => {
            with(format!("/api/v1/capacities/{}", stage.bin()), json!({ "units": { "max": "7" } }))
        }
        ("GET", "/api/v1/locations/{code}/blocks") => at("/api/v1/locations/LON-1/blocks"),
        ("GET", "/api/v1/location-sheet") => at("/api/v1/location-sheet?format=html"),
        ("GET", "/api/v1/minimums/{site}/{sku}") => at("/api/v1/minimums/LON/BOLT"),
        ("GET", "/api/v1/homes") => {
            let put = stage.admin.ask("PUT", "/api/v1/homes/LON/BOLT").fresh();
            put.as_shown_at("/api/v1/homes/LON/BOLT")
                .json(&json!({ "locations": [stage.bin()] }))
                .send()
                .good();
            at(path)
        }
        ("GET", "/api/v1/homes/{site}/{sku}") => at("/api/v1/homes/LON/BOLT"),
        ("PUT", "/api/v1/homes/{site}/{sku}") => {
            with("/api/v1/homes/LON/BOLT", json!({ "locations": [stage.bin()] }))
        }
        ("PUT", "/api/v1/minimums/{site}/{sku}") => {
            let least = stage.fresh("").replace('-', "");
            with("/api/v1/minimums/LON/BOLT", json!({ "least": least }))
        }
        ("GET", "/api/v1/items/{sku}/room") => at("/api/v1/items/BOLT/room"),
        ("GET", "/api/v1/capacity-breaches") => {
            let bin = stage.bin();
            let put = stage.admin.ask("PUT", format!("/api/v1/capacities/{bin}")).fresh().if_match(0);
            put.json(&json!({ "units": { "max": "1" } })).send().good();
            let goods = lines(json!({ "location": bin, "qty": "2" }));
            stage.admin.post("/api/v1/postings/opening", &goods).good();
            at(path)
        }
        _ => return of_sites(stage, method, path),
    })
}

/// The same for what only sites have.
fn of_sites(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    Some(match (method, path) {
        ("GET", "/api/v1/location-levels/{of}") => at("/api/v1/location-levels/LON"),
        ("PUT", "/api/v1/location-levels/{of}") => {
            let before = stage.admin.get("/api/v1/location-levels/LON").good().json();
            // another rule each time, and none that is in anybody's way
            let below =
                if before["below"]["rack"] == json!(["zone"]) { json!(["aisle"]) } else { json!(["zone"]) };
            with("/api/v1/location-levels/LON", json!({ "below": { "rack": below } }))
        }
        ("POST", "/api/v1/location-layout") => {
            with(path, json!({ "locations": [{ "code": stage.bin(), "walk": 7 }] }))
        }
        (
            "GET",
            "/api/v1/sites/{code}"
            | "/api/v1/sites/{code}/calendar"
            | "/api/v1/sites/{code}/open"
            | "/api/v1/sites/{code}/readiness"
            | "/api/v1/sites/{code}/states",
        ) => at(path.replace("{code}", "LON")),
        // it is live, and told so to whoever reaches it
        ("POST", "/api/v1/sites/{code}/state") => {
            with("/api/v1/sites/LON/state", json!({ "state": "pilot", "reason": "trial" }))
        }
        ("POST", "/api/v1/sites/{code}/set-back") => {
            with("/api/v1/sites/LON/set-back", json!({ "reason": "trial" }))
        }
        ("GET", "/api/v1/sites/{code}/working-days") => {
            at("/api/v1/sites/LON/working-days?from=2026-01-01&to=2026-12-31")
        }
        ("PATCH", "/api/v1/sites/{code}") => {
            let contact = json!({ "label": stage.fresh("desk"), "name": "x" });
            with("/api/v1/sites/LON", json!({ "contacts": [contact] }))
        }
        ("PUT", "/api/v1/sites/{code}/calendar") => {
            let day = json!({ "on": "2026-12-25", "name": stage.fresh("day") });
            with("/api/v1/sites/LON/calendar", json!({ "days": [day] }))
        }
        _ => return None,
    })
}

fn send(actor: &Actor, route: &RouteInfo, probe: &Probe, version: Option<i64>) -> Reply {
    let method =
        ["GET", "POST", "PATCH", "PUT", "DELETE"].into_iter().find(|name| *name == route.method.as_str());
    let mut ask = actor.ask(method.unwrap(), probe.path.as_str());
    if route.is_write() {
        ask = ask.fresh();
    }
    if let Some(version) = version {
        ask = ask.if_match(version);
    }
    match &probe.body {
        Some(body) => ask.json(body).send(),
        None => ask.send(),
    }
}

/// Whether the answer says that the thing, or a place that the request names, is not there; or that
/// nothing of it is.
fn is_not_there(reply: &Reply) -> bool {
    reply.status == 404 || ["unknown_location", "insufficient_stock"].contains(&reply.code().as_str())
}

#[test]
fn whatever_posts_or_claims_reaches_what_it_names() {
    for route in wiring::routes().table().filter(|route| route.is_write()) {
        let paths = ["/api/v1/postings", "/api/v1/reservations", "/api/v1/allocations", "/api/v1/transfers"];
        if paths.iter().any(|path| route.path.starts_with(path)) {
            assert_eq!(route.reach, Reach::Named, "{} {}", route.method, route.path);
        }
    }
}

/// What lies elsewhere does not exist: whoever holds the permission of a route at another place finds
/// nothing, and whoever holds it here finds what is asked for.
pub(crate) fn reaches_no_further(stage: &Stage, route: &RouteInfo, permission: Permission) {
    if route.path == "/api/v1/events" {
        return;
    }
    let what = format!("{} {}", route.method, route.path);
    let holder = |place| {
        // a bulk needs what its postings need; a transfer of a caller moves nothing yet
        stage.world.key(&[permission, Permission::StockReceive], Some(&[place]))
    };
    let (here, elsewhere) = (holder(stage.here), holder(stage.elsewhere));
    let Some(probe) = probe(stage, route.method.as_str(), &route.path) else {
        panic!("{what}: tell in `probe` how to ask for something in a place")
    };
    let version = probe.version(stage, route);
    let refused = send(&elsewhere, route, &probe, version);
    let done = send(&here, route, &probe, version);
    let told =
        format!("{what}: {} {}\nthere: {} {}", refused.status, refused.text(), done.status, done.text());
    if route.reach == Reach::Filtered {
        assert_eq!((refused.status, done.status), (200, 200), "{told}");
        // sums and customers name no place: nothing of the item, or for them, is elsewhere
        let mark = match route.path.as_str() {
            "/api/v1/stock/sums" => "BOLT",
            "/api/v1/customers" => "France",
            _ => "LON",
        };
        assert!(!refused.text().contains(mark), "{told}");
        assert!(done.text().contains(mark) || route.path == "/api/v1/transfers", "{told}");
    } else {
        assert!(is_not_there(&refused), "{told}");
        assert!(![401, 403, 500].contains(&done.status) && !is_not_there(&done), "{told}");
    }
}
