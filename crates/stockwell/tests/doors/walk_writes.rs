//! What every write promises, asked of every write: it can be tried dry, and a change of a record
//! carries the version that it was made from, which reading the record shows.

use crate::authenticator::{Authenticator, enrol};
use crate::device::{self, SmallDevice};
use crate::imports::ended;
use crate::makes_catalog::catalogue;
use crate::scope_walk::{Probe, Stage, probe};
use crate::trace::{answers, difference, heard, trace};
use crate::world::PASSWORD;
use serde_json::{Value, json};
use std::time::Duration;
use stockwell::wiring;
use testkit::http::{Ask, Reply};
use web::{Reach, RouteInfo};

/// A right request to a write of things that stand nowhere.
#[expect(clippy::too_many_lines, reason = "a table, line by line")]
fn elsewhere(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    let made = |path: &str, body: Value| {
        stage.admin.post(path, &body).good();
    };
    let with = |path: String, body: Value| Probe { path, body: Some(body), by: None };
    let plain = |path: String| Probe { path, body: None, by: None };
    let item = || {
        let sku = stage.world.name("SKU");
        let unit = json!([{ "unit": "case", "factor": "12" }]);
        let barcode = json!([{ "code": sku }]);
        made(
            "/api/v1/items",
            json!({ "sku": sku, "name": "x", "base_unit": "each", "units": unit, "barcodes": barcode }),
        );
        sku
    };
    let file = || {
        let path = format!("/api/v1/items/{}/files", item());
        let ask = stage.admin.ask("POST", format!("{path}?name=notes.txt")).fresh();
        let made = ask.bytes("What is to be known").send().good().json();
        format!("{path}/{}", made["id"])
    };
    let import = || {
        let ask = stage.admin.ask("POST", "/api/v1/imports?list=items&name=items.jsonl").fresh();
        let row = json!({ "sku": stage.world.name("N"), "name": "x", "base_unit": "each" });
        ask.bytes(row.to_string()).send().good().json()["id"].to_string()
    };
    let user = || {
        let login = stage.world.name("user");
        made("/api/v1/users", json!({ "login": login, "password": PASSWORD }));
        login
    };
    let role = || {
        let name = stage.world.name("role");
        made("/api/v1/roles", json!({ "name": name, "permissions": ["stock.read"] }));
        name
    };
    let of = |what: &str| match what {
        "{sku}" => item(),
        "{login}" => user(),
        "{name}" => role(),
        other => panic!("nothing is made for {other}"),
    };
    let filled = |path: &str| -> String {
        let parts = path.split('/').map(|part| match part {
            "{sku}" | "{login}" | "{name}" => of(part),
            other => other.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    Some(match (method, path) {
        ("POST", "/api/v1/items") => {
            with(path.to_owned(), json!({ "sku": stage.world.name("N"), "name": "x", "base_unit": "each" }))
        }
        ("PATCH", "/api/v1/items/{sku}" | "/api/v1/users/{login}") => {
            with(filled(path), json!({ "name": "y" }))
        }
        ("POST", "/api/v1/items/{sku}/units") => with(filled(path), json!({ "unit": "box", "factor": "6" })),
        ("POST", "/api/v1/items/{sku}/barcodes") => {
            with(filled(path), json!({ "code": stage.world.name("B") }))
        }
        ("DELETE", "/api/v1/items/{sku}/units/{unit}") => plain(filled(path).replace("{unit}", "case")),
        ("DELETE", "/api/v1/items/{sku}/barcodes/{code}") => {
            let sku = item();
            plain(format!("/api/v1/items/{sku}/barcodes/{sku}"))
        }
        ("POST", "/api/v1/items/{sku}/files") => {
            with(format!("/api/v1/items/{}/files?name=notes.txt", item()), json!("What is to be known"))
        }
        ("POST", "/api/v1/imports") => with(
            format!("{path}?list=items&name=items.jsonl"),
            json!({ "sku": stage.world.name("N"), "name": "x", "base_unit": "each" }),
        ),
        ("PUT", "/api/v1/imports/{id}/columns") => {
            with(path.replace("{id}", &import()), json!({ "columns": { "name": "-" } }))
        }
        ("POST", "/api/v1/imports/{id}/run") => {
            with(path.replace("{id}", &import()), json!({ "dry_run": true }))
        }
        ("POST", "/api/v1/imports/{id}/stop") | ("DELETE", "/api/v1/imports/{id}") => {
            plain(path.replace("{id}", &import()))
        }
        ("PATCH", "/api/v1/items/{sku}/files/{file}") => with(file(), json!({ "caption": "y" })),
        ("DELETE", "/api/v1/items/{sku}/files/{file}") => plain(file()),
        ("POST", "/api/v1/items/{sku}/owner") => with(filled(path), json!({ "owner": "A friend" })),
        ("POST", "/api/v1/items/{sku}/tracking") => with(filled(path), json!({ "tracking": "lot" })),
        ("POST", "/api/v1/items/{sku}/archive" | "/api/v1/users/{login}/end")
        | ("DELETE", "/api/v1/roles/{name}") => plain(filled(path)),
        ("POST", "/api/v1/items/{sku}/restore") => {
            let sku = item();
            stage.admin.act(format!("/api/v1/items/{sku}/archive"), &Value::Null).good();
            plain(format!("/api/v1/items/{sku}/restore"))
        }
        ("PATCH", "/api/v1/items/{sku}/lots/{lot}") => {
            let sku = stage.world.name("SKU");
            made(
                "/api/v1/items",
                json!({ "sku": sku, "name": "x", "base_unit": "each", "tracking": "lot", "expiry": "named" }),
            );
            let line = json!({ "sku": sku, "location": "LON-1", "lot": "L1", "qty": "1", "expiry_on": "2027-01-31" });
            made("/api/v1/postings/receive", json!({ "lines": [line] }));
            with(format!("/api/v1/items/{sku}/lots/L1"), json!({ "expiry_on": "2027-02-28" }))
        }
        ("POST", "/api/v1/items/{sku}/lots/{lot}/hold" | "/api/v1/items/{sku}/lots/{lot}/release") => {
            let path = path.replace("{sku}", "MILK").replace("{lot}", "L1");
            with(path, json!({ "reason": "inspection" }))
        }
        ("POST", "/api/v1/items/{sku}/lots/{lot}/parent") => {
            let sku = stage.world.name("SKU");
            made(
                "/api/v1/items",
                json!({ "sku": sku, "name": "x", "base_unit": "each", "tracking": "serial" }),
            );
            let line = json!({ "sku": sku, "location": "LON-1", "lot": "R-76", "serials": ["S1"] });
            made("/api/v1/postings/receive", json!({ "lines": [line] }));
            let body = json!({ "parent": "R-77", "reason": "inspection" });
            with(format!("/api/v1/items/{sku}/lots/S1/parent"), body)
        }
        ("POST", "/api/v1/location-types") => {
            with(path.to_owned(), json!({ "code": stage.world.name("T"), "kind": "bin" }))
        }
        ("PATCH", "/api/v1/location-types/{code}") => {
            let code = stage.world.name("T");
            made("/api/v1/location-types", json!({ "code": code, "kind": "bin" }));
            with(path.replace("{code}", &code), json!({ "name": "y" }))
        }
        ("PUT", "/api/v1/type-capacities/{code}") => {
            let code = stage.world.name("T");
            made("/api/v1/location-types", json!({ "code": code, "kind": "bin" }));
            with(path.replace("{code}", &code), json!({ "units": { "max": "7" } }))
        }
        ("POST", "/api/v1/reasons") => {
            with(path.to_owned(), json!({ "code": stage.world.name("r"), "name": "x" }))
        }
        ("PATCH", "/api/v1/reasons/{code}") => {
            let code = stage.world.name("reason");
            made("/api/v1/reasons", json!({ "code": code, "name": "x" }));
            with(format!("/api/v1/reasons/{code}"), json!({ "name": "y" }))
        }
        ("POST", "/api/v1/periods/{period}/close") => plain(path.replace("{period}", "2026-01")),
        ("POST", "/api/v1/periods/{period}/reopen") => {
            // unless the walk has closed it before
            let closed = stage.admin.act("/api/v1/periods/2026-01/close", &Value::Null);
            assert!(closed.status == 200 || closed.code() == "transition_refused");
            plain(path.replace("{period}", "2026-01"))
        }
        ("POST", "/api/v1/upkeep/expiry") => plain(path.to_owned()),
        ("POST", "/api/v1/users") => {
            with(path.to_owned(), json!({ "login": stage.world.name("u"), "password": PASSWORD }))
        }
        ("POST", "/api/v1/users/{login}/password") => {
            with(filled(path), json!({ "password": "another battery staple" }))
        }
        ("POST", "/api/v1/users/{login}/grants") => with(filled(path), json!({ "role": "picker" })),
        ("DELETE", "/api/v1/users/{login}/grants/{id}") => {
            let login = user();
            let grants = format!("/api/v1/users/{login}/grants");
            let made = stage.admin.act(&grants, &json!({ "role": "picker" })).good().json();
            plain(format!("{grants}/{}", made["grants"][0]["id"]))
        }
        ("POST", "/api/v1/roles") => {
            with(path.to_owned(), json!({ "name": stage.world.name("n"), "permissions": ["stock.read"] }))
        }
        ("PATCH", "/api/v1/roles/{name}") => with(filled(path), json!({ "about": "y" })),
        ("POST", "/api/v1/keys") => {
            with(path.to_owned(), json!({ "name": stage.world.name("k"), "permissions": ["stock.read"] }))
        }
        ("POST", "/api/v1/keys/{id}/revoke") => {
            let body = json!({ "name": stage.world.name("k"), "permissions": ["stock.read"] });
            let made = stage.admin.post("/api/v1/keys", &body).good().json();
            plain(path.replace("{id}", &made["id"].to_string()))
        }
        (
            "POST",
            "/api/v1/approvals/{id}/agree"
            | "/api/v1/approvals/{id}/refuse"
            | "/api/v1/approvals/{id}/withdraw",
        ) => {
            let (id, asker) = crate::approvals::waiting(&stage.world, &stage.admin);
            let (body, by) = match path.rsplit('/').next() {
                Some("agree") => (json!({ "note": "seen" }), None),
                Some("refuse") => (json!({ "reason": "no" }), None),
                _ => (json!({}), Some(asker)),
            };
            let by = by.unwrap_or_else(|| {
                stage.world.user(&stage.world.name("user"), &[("administrator", web::Within::All)])
            });
            Probe { path: path.replace("{id}", &id), body: Some(body), by: Some(by) }
        }
        _ => return of_sessions(stage, method, path),
    })
}

/// The same of whoever has signed in.
fn of_sessions(stage: &Stage, method: &str, path: &str) -> Option<Probe> {
    // an address is looked at ten times a minute
    stage.world.pass(Duration::from_mins(1));
    let by = stage.world.signed_in(&stage.world.name("user"), &[]);
    let current = by.get("/api/v1/me/session").good().json()["session"]["id"].to_string();
    let path_of = |path: &str| path.replace("{id}", &current);
    let (body, by) = match (method, path) {
        ("POST", "/api/v1/me/sign-out" | "/api/v1/me/sessions/{id}/end") => (None, Some(by)),
        ("POST", "/api/v1/sessions/{id}/end") => (None, None),
        ("POST", "/api/v1/me/password") => {
            (Some(json!({ "current": PASSWORD, "password": "another battery staple" })), Some(by))
        }
        ("POST", "/api/v1/me/second-factor") => (Some(json!({ "password": PASSWORD })), Some(by)),
        ("POST", "/api/v1/me/second-factor/confirm") => {
            let code = Authenticator::begin(&by).code(stage.world.now());
            (Some(json!({ "code": code })), Some(by))
        }
        ("POST", "/api/v1/me/second-factor/recovery-codes" | "/api/v1/me/second-factor/remove") => {
            (Some(json!({ "password": PASSWORD })), Some(enrol(&stage.world, &by).by))
        }
        ("POST", "/api/v1/me/passkeys") => {
            let wanted = device::wanted(&by);
            let credential = SmallDevice::new(1).create(&wanted["public_key"]);
            (Some(device::addition(&wanted, "key", &credential)), Some(by))
        }
        ("PATCH" | "POST", "/api/v1/me/passkeys/{id}" | "/api/v1/me/passkeys/{id}/remove") => {
            let added = device::add(&by, "key", 1).good();
            let path = path.replace("{id}", &added.json()["passkey"]["id"].to_string());
            let body =
                if method == "PATCH" { json!({ "name": "x" }) } else { json!({ "password": PASSWORD }) };
            return Some(Probe { path, body: Some(body), by: by.with_session_of(added).ok() });
        }
        ("POST", "/api/v1/me/identity/remove") => {
            let login = identified(stage);
            let by = stage.world.stranger().sign_in(&login, PASSWORD).unwrap();
            (Some(json!({ "password": PASSWORD })), Some(by))
        }
        ("PUT", "/api/v1/users/{login}/identity") => {
            let body = json!({ "subject": stage.world.name("s"), "follows_groups": true });
            return Some(Probe {
                path: path.replace("{login}", &identified(stage)),
                body: Some(body),
                by: None,
            });
        }
        ("DELETE", "/api/v1/users/{login}/identity") => {
            return Some(Probe { path: path.replace("{login}", &identified(stage)), body: None, by: None });
        }
        ("DELETE", "/api/v1/users/{login}/second-factor") => {
            let login = by.get("/api/v1/me").good().json()["name"].as_str().unwrap().to_owned();
            enrol(&stage.world, &by);
            return Some(Probe { path: path.replace("{login}", &login), body: None, by: None });
        }
        _ => return None,
    };
    Some(Probe { path: path_of(path), body, by })
}

/// Somebody whom the identity provider knows.
pub(crate) fn identified(stage: &Stage) -> String {
    let login = stage.world.name("user");
    stage.admin.post("/api/v1/users", &json!({ "login": login, "password": PASSWORD })).good();
    let user = format!("/api/v1/users/{login}");
    let ask = stage.admin.ask("PUT", format!("{user}/identity")).fresh().as_shown_at(&user);
    ask.json(&json!({ "subject": login })).send().good();
    login
}

/// A right request to a write.
pub(crate) fn right(stage: &Stage, route: &RouteInfo) -> Probe {
    let (method, path) = (route.method.as_str(), route.path.as_str());
    let found = probe(stage, method, path)
        .or_else(|| elsewhere(stage, method, path))
        .or_else(|| catalogue(stage, method, path));
    found.unwrap_or_else(|| panic!("{method} {path}: tell in `elsewhere` how to ask for it"))
}

pub(crate) fn ask(stage: &Stage, route: &RouteInfo, probe: &Probe, query: &str) -> Ask {
    let methods = ["POST", "PATCH", "PUT", "DELETE"];
    let method = methods.into_iter().find(|name| *name == route.method.as_str()).unwrap();
    let by = probe.by.as_ref().unwrap_or(&stage.admin);
    // an address may have a parameter already
    let query = if probe.path.contains('?') { query.replace('?', "&") } else { query.to_owned() };
    let ask = by.ask(method, format!("{}{query}", probe.path)).fresh();
    match &probe.body {
        Some(Value::String(file)) if route.streamed => ask.bytes(file.as_str()),
        Some(body) => ask.json(body),
        None => ask,
    }
}

pub(crate) fn send(stage: &Stage, route: &RouteInfo, probe: &Probe, query: &str) -> Reply {
    let ask = ask(stage, route, probe, query);
    probe.version(stage, route).map_or_else(|| ask.clone(), |version| ask.clone().if_match(version)).send()
}

/// What a right request is answered when it is tried and not done; `None` for what happens once and for
/// what cannot be tried.
pub(crate) fn tried(stage: &Stage, route: &RouteInfo) -> Option<Reply> {
    if !route.is_kept() || ONCE.contains(&route.path.as_str()) {
        return None;
    }
    let probe = right(stage, route);
    Some(send(stage, route, &probe, "?dry_run=true"))
}

/// What happens once before the first posting has tests of its own.
const ONCE: [&str; 2] = ["/api/v1/setup", "/api/v1/organisation"];

fn writes() -> Vec<RouteInfo> {
    let routes = wiring::routes();
    let writes = routes.table().filter(|route| route.is_kept() && !ONCE.contains(&route.path.as_str()));
    writes.cloned().collect()
}

#[test]
fn every_write_can_be_tried_and_is_told_when_it_is_done_on_sqlite() {
    every_write_can_be_tried_and_is_told_when_it_is_done(&Stage::on(db::Engine::Sqlite));
}

#[test]
fn every_write_can_be_tried_and_is_told_when_it_is_done_on_postgres() {
    every_write_can_be_tried_and_is_told_when_it_is_done(&Stage::on(db::Engine::Postgres));
}

fn every_write_can_be_tried_and_is_told_when_it_is_done(stage: &Stage) {
    let description: Value = serde_json::from_str(&stockwell::server::description()).unwrap();
    let mut untold = Vec::new();
    for route in writes() {
        let what = format!("{} {}", route.method, route.path);
        let probe = right(stage, &route);
        let (before, kept) = (trace(&stage.world), answers(&stage.world));
        let dry = send(stage, &route, &probe, "?dry_run=true");
        assert_eq!(dry.header("dry-run"), if dry.status < 300 { Some("true") } else { None }, "{what}");
        if dry.status < 300 && dry.status != 204 {
            assert_eq!(dry.json()["dry_run"], true, "{what}");
        }
        assert_eq!(difference(&before, &trace(&stage.world)), Vec::<String>::new(), "{what}");
        assert_eq!(answers(&stage.world), kept, "{what}");
        // what was tried is what is done
        let done = send(stage, &route, &probe, "");
        assert_eq!((dry.status, dry.code()), (done.status, done.code()), "{what}: {}", done.text());
        assert!(done.status < 300 || route.reach == Reach::Named, "{what}: {}", done.text());
        if done.status < 300 {
            let after = trace(&stage.world);
            let rose = |table: &str| after[table].0 > before[table].0;
            if !rose("db_audit") && !rose("stock_posting") {
                untold.push(what.clone());
            }
            assert_eq!(answers(&stage.world), kept + 1, "{what}");
            let described = described(&description, &route, done.status);
            assert_eq!(
                described.pointer("/headers/ETag").is_some(),
                done.header("etag").is_some(),
                "{what}: `ETag`"
            );
            // what is made has an address; what a bulk did is told entry by entry
            let makes = route.method == "POST" && !route.path.ends_with('}') && done.status == 201;
            assert_eq!(done.header("location").is_some(), makes, "{what}: `Location` of {}", done.status);
            // what goes on in the background would be taken for what the next one does
            if route.path == "/api/v1/imports/{id}/run" {
                ended(&stage.admin, &done.json());
            }
        }
    }
    assert_eq!(untold, [""; 0], "nobody can tell who did it");
    let kinds = wiring::feed().kinds;
    let unlisted: Vec<String> =
        heard(&stage.world).into_iter().filter(|kind| !kinds.contains(&kind.as_str())).collect();
    assert_eq!(unlisted, [""; 0], "events of kinds that no module publishes");
}

/// What the description says of an answer.
fn described<'a>(description: &'a Value, route: &RouteInfo, status: u16) -> &'a Value {
    let operation = &description["paths"][&route.path][route.method.as_str().to_lowercase()];
    let answer = &operation["responses"][status.to_string()];
    assert!(answer.is_object(), "{} {} answers {status}, which is not described", route.method, route.path);
    answer
}

#[test]
fn every_record_is_described_with_its_version() {
    let stage = Stage::new();
    let description: Value = serde_json::from_str(&stockwell::server::description()).unwrap();
    let routes = wiring::routes();
    for route in routes.table().filter(|route| route.method == "GET" && route.reach != Reach::Everywhere) {
        let Some(probe) = probe(&stage, "GET", &route.path) else { continue };
        if route.path == "/api/v1/events" {
            continue;
        }
        let shown = stage.admin.get(&probe.path);
        assert_eq!(shown.status, 200, "{}: {}", route.path, shown.text());
        let etag = described(&description, route, 200).pointer("/headers/ETag");
        assert_eq!(etag.is_some(), shown.header("etag").is_some(), "GET {}", route.path);
    }
}

/// What names a record and takes no version of it. `docs/api.md` says why for each.
const UNVERSIONED: [&str; 12] = [
    "POST /api/v1/allocations/{id}/release",
    "POST /api/v1/approvals/{id}/agree",
    "POST /api/v1/approvals/{id}/refuse",
    "POST /api/v1/approvals/{id}/withdraw",
    "POST /api/v1/families/{code}/configure",
    "POST /api/v1/families/{code}/variants",
    "POST /api/v1/imports/{id}/stop",
    "POST /api/v1/items/{sku}/files",
    "POST /api/v1/me/sessions/{id}/end",
    "POST /api/v1/postings/{id}/reverse",
    "POST /api/v1/reservations/{id}/release",
    "POST /api/v1/sessions/{id}/end",
];

#[test]
fn every_change_carries_its_version_and_every_record_shows_it_on_sqlite() {
    every_change_carries_its_version_and_every_record_shows_it(&Stage::on(db::Engine::Sqlite));
}

#[test]
fn every_change_carries_its_version_and_every_record_shows_it_on_postgres() {
    every_change_carries_its_version_and_every_record_shows_it(&Stage::on(db::Engine::Postgres));
}

fn every_change_carries_its_version_and_every_record_shows_it(stage: &Stage) {
    let named = writes().into_iter().filter(|route| route.path.contains('{'));
    let (versioned, others): (Vec<_>, Vec<_>) = named.partition(RouteInfo::is_versioned);
    let mut others: Vec<String> =
        others.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    others.sort();
    assert_eq!(others, UNVERSIONED);
    for route in &versioned {
        let what = format!("{} {}", route.method, route.path);
        let probe = right(stage, route);
        let version = probe.version(stage, route).unwrap();
        let before = trace(&stage.world);
        assert_eq!(ask(stage, route, &probe, "").send().refusal(), "428 version_required", "{what}");
        let outdated = ask(stage, route, &probe, "").if_match(version + 999).send();
        assert_eq!(outdated.refusal(), "412 stale", "{what}");
        let detail = outdated.json()["detail"].as_str().unwrap().to_owned();
        for told in [version, version + 999] {
            assert!(detail.contains(&format!("`{told}`")), "{what}: {detail}");
        }
        assert_eq!(difference(&before, &trace(&stage.world)), Vec::<String>::new(), "{what}");
        // from the version that was read it is another question, and what is answered shows the next
        let done = ask(stage, route, &probe, "").if_match(version).send();
        assert!(![412, 428].contains(&done.status), "{what}: {}", done.text());
        if done.status == 200 || done.status == 201 {
            let shown = done.header("etag").unwrap_or_else(|| panic!("{what} shows no version"));
            assert_eq!(probe.version(stage, route).map(|next| format!("\"{next}\"")).as_deref(), Some(shown));
        }
    }
}
