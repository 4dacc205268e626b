//! A good database with something of everything in it, made through the doors of the product.

use axum::body::Body;
use axum::extract::FromRef;
use axum::http::Request;
use db::{Conn, Db, DbError, Engine, MigrationSet, Settings};
use domain::permission::Permissions;
use domain::{Actor, Ctx, Ids, Instant, PrincipalId, Problem};
use http_body_util::BodyExt as _;
use insight::verify::{self, Options, Report, Status};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use stock::Vault;
use tower_service::Service as _;
use uuid::Uuid;
use web::{App, AppParts, Authenticator, Clock, Failure, Grant, Limits, Principal, PrincipalKind, Within};

const SETS: &[MigrationSet] =
    &[access::MIGRATIONS, catalog::MIGRATIONS, places::MIGRATIONS, stock::MIGRATIONS];

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) | (7 << 76) | (2 << 62))
    }
}

/// A clock that is a millisecond further whenever somebody looks.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Instant {
        Instant(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

/// Lets everybody in.
struct Doorman;

impl Doorman {
    fn anybody() -> Arc<Principal> {
        let grant = Grant { permissions: Permissions::all(), within: Within::All };
        Arc::new(Principal::new(PrincipalId(1), "ann", PrincipalKind::User, vec![grant], None))
    }
}

impl Authenticator for Doorman {
    fn remembered(&self, _: &str, _: Instant) -> Option<Result<Arc<Principal>, Problem>> {
        Some(Ok(Doorman::anybody()))
    }

    fn authenticate<'a>(
        &'a self,
        _: &'a str,
        _: Instant,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Principal>, Failure>> + Send + 'a>> {
        Box::pin(async { Ok(Doorman::anybody()) })
    }

    fn is_current(&self, _: &Arc<Principal>, _: Instant) -> bool {
        true
    }

    fn names(&self, _: &mut Conn<'_>, _: &[PrincipalId]) -> Result<BTreeMap<PrincipalId, String>, DbError> {
        Ok(BTreeMap::new())
    }
}

/// What the routes ask for.
#[derive(Clone)]
struct Shared {
    access: access::Access,
    vault: Vault,
}

impl FromRef<Shared> for access::Access {
    fn from_ref(shared: &Shared) -> access::Access {
        shared.access.clone()
    }
}

impl FromRef<Shared> for Vault {
    fn from_ref(shared: &Shared) -> Vault {
        shared.vault.clone()
    }
}

const LOCATIONS: access::Locations = access::Locations {
    find: |conn, code| {
        Ok(places::facts_by_code(conn, &[code])?.into_iter().flatten().next().map(|facts| facts.id))
    },
    code: |conn, id| {
        Ok(places::facts_by_id(conn, &[id])?.into_iter().flatten().next().map(|facts| facts.code))
    },
    within: places::within,
    moves: places::moves,
};

/// A database and its doors.
pub(crate) struct World {
    pub(crate) db: Db,
    clock: Arc<Ticking>,
    ids: Arc<dyn Ids>,
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    keys: AtomicU64,
    _dir: Option<tempfile::TempDir>,
    _database: Option<testkit::pg::Database>,
}

impl World {
    /// An empty one.
    pub(crate) fn new(engine: Engine) -> World {
        let (settings, dir, database) = match engine {
            Engine::Sqlite => {
                let dir = tempfile::tempdir().unwrap();
                (Settings::new(format!("sqlite:{}", dir.path().join("t.db").display())), Some(dir), None)
            }
            Engine::Postgres => {
                let database = testkit::pg::Database::new(SETS).unwrap();
                let mut settings = Settings::new(&database.url);
                // two lanes: one of the hot path, one of the documents
                settings.writers = 1;
                (settings, None, Some(database))
            }
        };
        let db = Db::open(&settings, SETS).unwrap();
        db.migrate().unwrap();
        let start = Instant::parse("2026-03-02T09:30:00Z").unwrap();
        let clock = Arc::new(Ticking(AtomicI64::new(start.0)));
        let ids: Arc<dyn Ids> = Arc::new(Counted(AtomicU64::new(1)));
        let shared = Shared {
            access: access::Access::new(db.clone(), LOCATIONS, |_, _, _| Ok(())),
            vault: Vault::open(&db),
        };
        let app = App::new(AppParts {
            db: db.clone(),
            clock: Arc::<Ticking>::clone(&clock),
            ids: Arc::clone(&ids),
            authenticator: Arc::new(Doorman),
            limits: Limits::default(),
            readiness: Vec::new(),
            description: Vec::new().into(),
        });
        let routes = access::routes()
            .and(catalog::routes())
            .and(places::routes())
            .and(stock::routes())
            .and(stock::document_routes());
        let doors = routes.router(&app, shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        db.write_blocking(move |tx| stock::prepare(tx, start)).unwrap();
        let keys = AtomicU64::new(1);
        World { db, clock, ids, router: doors, runtime, keys, _dir: dir, _database: database }
    }

    /// One that has seen something of everything.
    pub(crate) fn filled(engine: Engine) -> World {
        let world = World::new(engine);
        world.people();
        world.places_and_items();
        world.february();
        world.stock();
        world.claims();
        insight::digest::make(&world.db, &world.ctx()).unwrap().unwrap();
        world.returns();
        world.beyond_stock();
        world.transfers();
        world.put_elsewhere();
        world.corrections();
        world.positioned();
        world
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Turns the clock.
    pub(crate) fn turn(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) fn ctx(&self) -> Ctx {
        let actor = Actor { id: PrincipalId(1), name: "ann".to_owned() };
        Ctx { actor, now: self.now(), ids: Arc::clone(&self.ids), request_id: Uuid::from_u128(1) }
    }

    /// Asks for a change, which is accepted; what was answered.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.post_at(0, path, body)
    }

    /// The same from a version of the record.
    pub(crate) fn post_at(&self, version: i64, path: &str, body: &Value) -> Value {
        self.send("POST", version, path, body)
    }

    fn send(&self, method: &str, version: i64, path: &str, body: &Value) -> Value {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header("authorization", "Bearer ann")
            .header("idempotency-key", key)
            .header("if-match", format!("\"{version}\""))
            .header("content-type", "application/json")
            .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) })
            .unwrap();
        let (status, answer) = self.runtime.block_on(async {
            let response = self.router.clone().call(request).await.unwrap();
            let status = response.status();
            (status, response.into_body().collect().await.unwrap().to_bytes())
        });
        assert!(status.is_success(), "{path} {body}: {status} {}", String::from_utf8_lossy(&answer));
        if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() }
    }

    fn people(&self) {
        self.post("roles", &json!({ "name": "counter", "permissions": ["stock.read", "stock.adjust"] }));
        let grants = json!([{ "role": "counter" }]);
        self.post("users", &json!({ "login": "bob", "password": "long enough to be one", "grants": grants }));
        self.post("keys", &json!({ "name": "shop", "permissions": ["stock.read"] }));
    }

    pub(crate) fn places_and_items(&self) {
        for (site, bins) in [("L", ["L1", "L2"]), ("M", ["M1", "M2"])] {
            self.post("locations", &json!({ "code": site, "kind": "site", "zone": "Europe/London" }));
            for bin in bins {
                self.post("locations", &json!({ "code": bin, "kind": "bin", "parent": site }));
            }
        }
        self.post("items", &json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" }));
        let soup = json!({ "sku": "SOUP", "name": "Soup", "base_unit": "each", "tracking": "lot", "expiry": "named" });
        self.post("items", &soup);
        self.post(
            "items",
            &json!({ "sku": "DRILL", "name": "Drill", "base_unit": "each", "tracking": "serial" }),
        );
        self.post("items", &json!({ "sku": "NAIL", "name": "Nail", "base_unit": "kg" }));
        self.post("items", &json!({ "sku": "RING", "name": "Ring", "base_unit": "each" }));
        self.post("items", &json!({ "sku": "OLD", "name": "Old", "base_unit": "each" }));
        self.post_at(1, "items/OLD/archive", &Value::Null);
        // a site with an open transfer, one with a bin, and a bin out of use
        for (code, kind, parent) in
            [("N", "site", None), ("O", "site", None), ("O1", "bin", Some("O")), ("M3", "bin", Some("M"))]
        {
            self.post("locations", &json!({ "code": code, "kind": kind, "parent": parent }));
        }
        self.post_at(1, "locations/M3/archive", &Value::Null);
    }

    /// Posts lines, with a note by which the faults find the posting.
    fn lines(&self, kind: &str, note: &str, lines: &Value) -> Value {
        self.post(&format!("postings/{kind}"), &json!({ "document": "PO-1", "note": note, "lines": lines }))
    }

    /// A month that is over and closed.
    fn february(&self) {
        for (day, note) in [("2026-02-03T10:00:00Z", "nails-1"), ("2026-02-05T10:00:00Z", "nails-2")] {
            let line = json!({ "sku": "NAIL", "qty": "2.5", "location": "M1", "unit_cost": "1.3333" });
            let body = json!({ "effective_at": day, "note": note, "lines": [line] });
            self.post("postings/receive", &body);
        }
        self.post("periods/2026-02/close", &Value::Null);
    }

    fn stock(&self) {
        self.lines("receive", "first", &json!([bolts("20", "L1", "0.50")]));
        self.lines("receive", "two lines", &json!([bolts("9", "L2", "0.60"), bolts("3", "L1", "0.70")]));
        self.lines("issue", "issue", &json!([{ "sku": "BOLT", "qty": "4", "location": "L1" }]));
        let soup = json!({ "sku": "SOUP", "qty": "6", "location": "L1", "lot": "A", "expiry_on": "2027-01-31", "unit_cost": "2" });
        self.lines("receive", "soup", &json!([soup]));
        let drill = json!({ "sku": "DRILL", "qty": "1", "location": "L2", "lot": "R-77", "serials": ["S1"], "unit_cost": "99" });
        self.lines("receive", "drill", &json!([drill]));
        let bolt = json!({ "sku": "BOLT", "qty": "2", "location": "L1", "to_location": "L2" });
        self.lines("move", "move", &json!([bolt]));
        let held = json!({ "sku": "BOLT", "qty": "1", "location": "L1", "to_status": "hold" });
        let body = json!({ "reason": "inspection", "note": "hold", "lines": [held] });
        self.post("postings/set-status", &body);
    }

    fn claims(&self) {
        let reserve = json!({ "sku": "BOLT", "site": "L", "qty": "5", "owner": "order-1" });
        let reserved = self.post("reservations", &reserve);
        let allocate = json!({ "sku": "BOLT", "location": "L1", "qty": "2", "owner": "order-2" });
        self.post("allocations", &allocate);
        let reserve = json!({ "sku": "SOUP", "site": "L", "qty": "1", "owner": "order-3" });
        self.post("reservations", &reserve);
        let id = reserved["id"].as_str().unwrap_or_else(|| panic!("{reserved}"));
        self.post(&format!("reservations/{id}/release"), &json!({ "qty": "1" }));
    }

    /// Demand beyond stock: a part is covered at once, a part by what comes, and a part waits.
    fn beyond_stock(&self) {
        self.send("PUT", 0, "backorder-rules/M", &json!({ "accepts": "cap", "cap": "3" }));
        self.send("PUT", 0, "backorder-rules/M/NAIL", &json!({ "accepts": "cap", "cap": "2" }));
        let reserve = json!({ "sku": "NAIL", "site": "M", "qty": "6", "owner": "order-4" });
        self.post("reservations", &reserve);
        let nails = json!({ "sku": "NAIL", "qty": "0.25", "location": "M1", "unit_cost": "1.50" });
        self.lines("receive", "more nails", &json!([nails]));
    }

    fn transfers(&self) {
        let new =
            |qty: &str| json!({ "from_site": "L", "to_site": "M", "lines": [{ "sku": "BOLT", "qty": qty }] });
        let at = |bin: &str, qty: &str| json!({ "lines": [{ "line": 1, "location": bin, "qty": qty }] });
        for (ships, receives, closes) in [("3", "3", false), ("3", "2", true), ("3", "2", false)] {
            let made = self.post("transfers", &new("3"));
            let path = format!("transfers/{}", made["number"].as_str().unwrap_or_else(|| panic!("{made}")));
            self.post_at(1, &format!("{path}/ship"), &at("L2", ships));
            self.post_at(2, &format!("{path}/receive"), &at("M1", receives));
            if closes {
                self.post_at(3, &format!("{path}/close"), &json!({ "reason": "lost" }));
            }
        }
        let drafted = self.post("transfers", &new("2"));
        let path = format!("transfers/{}/allocate", drafted["number"].as_str().unwrap());
        self.post_at(1, &path, &at("L1", "2"));
        let line = json!([{ "sku": "RING", "qty": "1" }]);
        self.post("transfers", &json!({ "from_site": "M", "to_site": "N", "lines": line }));
    }

    /// A sale of two lines of which something came back, and one that was reversed.
    fn returns(&self) {
        let nails = |qty: &str| json!({ "sku": "NAIL", "qty": qty, "location": "M1" });
        let sold = self.lines("issue", "sale", &json!([nails("2"), nails("1")]));
        let back = |qty: &str, line: u32| json!([{ "sku": "NAIL", "qty": qty, "location": "M1", "sale": { "posting": sold["id"], "line": line } }]);
        self.lines("return", "back", &back("1.5", 0));
        self.lines("return", "back too", &back("1", 1));
        let wrong = self.lines("return", "back for a while", &back("0.25", 0));
        self.post(&format!("postings/{}/reverse", wrong["id"].as_str().unwrap()), &json!({}));
        let sold = self.lines("issue", "no sale", &json!([nails("1")]));
        self.post(
            &format!("postings/{}/reverse", sold["id"].as_str().unwrap()),
            &json!({ "note": "undone" }),
        );
    }

    fn corrections(&self) {
        let rings = json!({ "sku": "RING", "qty": "7", "location": "M2", "unit_cost": "0.80" });
        let wrong = self.lines("receive", "wrong", &json!([rings]));
        let id = wrong["id"].as_str().unwrap_or_else(|| panic!("{wrong}"));
        self.post(&format!("postings/{id}/reverse"), &json!({ "note": "the wrong bin" }));
        self.lines("receive", "last", &json!([bolts("1", "M1", "0.80")]));
    }

    /// A pallet that went to another site with what is on it, and a bin that was empty.
    fn put_elsewhere(&self) {
        self.post("units", &json!({ "code": "PALLET", "parent": "L2" }));
        let nails = json!({ "sku": "NAIL", "qty": "0.5", "location": "PALLET", "unit_cost": "1" });
        self.lines("receive", "on a pallet", &json!([nails]));
        self.post_at(1, "units/PALLET/move", &json!({ "parent": "M1" }));
        self.post("locations", &json!({ "code": "L9", "kind": "bin", "parent": "L" }));
        self.lines("receive", "for a day", &json!([bolts("1", "L9", "0.80")]));
        self.lines("issue", "and gone", &json!([{ "sku": "BOLT", "qty": "1", "location": "L9" }]));
        self.post_at(1, "locations/L9/move", &json!({ "parent": "M" }));
    }

    /// On a server events get their positions a moment after their commit: until all have.
    pub(crate) fn positioned(&self) {
        let events = db::Statement::new("test.events", "select count(*) from ck_event");
        let events = self.db.read_blocking(|conn| conn.query_one(&events, &[], |row| row.int(0))).unwrap();
        let mut position = self.db.feed_position();
        while *position.borrow_and_update() < events {
            std::thread::yield_now();
        }
    }

    /// All invariants.
    pub(crate) fn options(&self, deep: bool) -> Options {
        Options { only: Vec::new(), deep, now: self.now() }
    }

    /// What a run over the database finds.
    pub(crate) fn verified(&self, deep: bool) -> Report {
        verify::run(&self.db, &self.options(deep)).unwrap()
    }
}

fn bolts(qty: &str, bin: &str, cost: &str) -> Value {
    json!({ "sku": "BOLT", "qty": qty, "location": bin, "unit_cost": cost })
}

/// The invariants that do not hold, with what is said of them.
pub(crate) fn broken(report: &Report) -> Vec<String> {
    let failed = report.records.iter().filter(|record| record.status == Status::Fail);
    failed.map(|record| format!("{} {:?}", record.id, record.sample)).collect()
}
