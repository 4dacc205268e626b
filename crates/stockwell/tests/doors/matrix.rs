//! Every route, asked by nine principals, on both engines. Who is asked for what follows from the table
//! of routes, which is that of the router, of the description and of `stockwell routes`: a route that is
//! added is in here, and one that nobody can ask for rightly fails.

use crate::files::png;
use crate::scope_walk::{Stage, probe, reaches_no_further};
use crate::walk::status;
use crate::walk_writes::{identified, tried};
use access::BUILT_IN;
use domain::{LocationId, Permission, PrincipalId};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use stockwell::wiring;
use testkit::http::Actor;
use web::{Access, Face, Reach, RouteInfo, Within};

/// In the order of the columns.
const PRINCIPALS: [&str; 9] = [
    "nobody",
    "an expired session",
    "a revoked key",
    "no role",
    "the right permission at the wrong place",
    "the right place without the permission",
    "both right",
    "the auditor",
    "the administrator",
];

/// What an answer says about who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// 401.
    Unknown,
    /// 403.
    Forbidden,
    /// Whoever asks may: neither of them, nor a fault. What was asked for may still be wrong.
    Let,
}

/// What the table promises to each of the nine.
fn promised(route: &RouteInfo) -> [Class; 9] {
    use Class::{Forbidden, Let, Unknown};
    let Access::Needs(permission) = route.access else {
        return match route.access {
            Access::Public(_) => [Let; 9],
            _ => [Unknown, Unknown, Unknown, Let, Let, Let, Let, Let, Let],
        };
    };
    let elsewhere = if route.reach == Reach::Everywhere { Forbidden } else { Let };
    let audited = BUILT_IN.iter().find(|role| role.name == "auditor").unwrap().permissions();
    let auditor = if audited.contains(permission) { Let } else { Forbidden };
    [Unknown, Unknown, Unknown, Forbidden, elsewhere, Forbidden, Let, auditor, Let]
}

/// The nine, where they do not depend on the route.
struct Nine {
    stranger: Actor,
    expired: Actor,
    revoked: Actor,
    nobody: Actor,
    auditor: Actor,
    /// The same as sessions, for what no key reaches.
    sessions: [Actor; 3],
}

impl Nine {
    fn of(stage: &Stage) -> Nine {
        let world = &stage.world;
        let expired = world.signed_in("gone", &[("administrator", Within::All)]);
        let revoked = world.admin();
        let id = revoked.get("/api/v1/me").good().json()["id"].as_i64().unwrap();
        world.write(move |tx, by| access::revoke_key(tx, by, PrincipalId(id), web::IfMatch::Any).map(drop));
        world.pass(Duration::from_mins(31));
        // the server looks twice a second whether a key was revoked
        let asked = std::time::Instant::now();
        while revoked.get("/api/v1/me").status != 401 {
            assert!(asked.elapsed() < Duration::from_secs(5), "still good");
            std::thread::sleep(Duration::from_millis(20));
        }
        let session = |login: &str, roles: &[(&str, Within)]| world.signed_in(login, roles);
        Nine {
            stranger: world.stranger(),
            expired,
            revoked,
            nobody: world.key(&[], None),
            auditor: world.role("auditor"),
            sessions: [
                session("guest", &[]),
                session("reader", &[("auditor", Within::All)]),
                session("boss", &[("administrator", Within::All)]),
            ],
        }
    }

    /// Who asks for a route, in the order of [`PRINCIPALS`].
    fn asking<'a>(
        &'a self,
        stage: &'a Stage,
        route: &RouteInfo,
        held: Option<&'a Holders>,
    ) -> [&'a Actor; 9] {
        let Nine { stranger, expired, revoked, nobody, auditor, sessions: [guest, reader, boss] } = self;
        let [one, two, three] = [stranger, expired, revoked];
        match route.access {
            Access::Session(_) => [one, two, three, guest, guest, guest, guest, reader, boss],
            Access::Needs(_) => {
                let Holders { elsewhere, others, here, everywhere } = held.unwrap();
                // what concerns the whole organisation is right everywhere only
                let right = if route.reach == Reach::Everywhere { everywhere } else { here };
                [one, two, three, nobody, elsewhere, others, right, auditor, &stage.admin]
            }
            _ => [one, two, three, nobody, nobody, nobody, nobody, auditor, &stage.admin],
        }
    }
}

/// Whoever holds a permission, or all others.
struct Holders {
    elsewhere: Actor,
    others: Actor,
    here: Actor,
    everywhere: Actor,
}

type Held = BTreeMap<&'static str, Holders>;

fn holders(stage: &Stage) -> Held {
    Permission::ALL
        .iter()
        .map(|permission| (permission.word(), holders_of(stage, *permission, &[])))
        .collect()
}

/// Those of one permission, who hold some others beside it.
fn holders_of(stage: &Stage, permission: Permission, beside: &[Permission]) -> Holders {
    let key = |permissions: &[Permission], place: Option<LocationId>| {
        stage.world.key(permissions, place.as_ref().map(std::slice::from_ref))
    };
    let held: Vec<Permission> = std::iter::once(permission).chain(beside.iter().copied()).collect();
    let others: Vec<Permission> =
        Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
    Holders {
        elsewhere: key(&held, Some(stage.elsewhere)),
        others: key(&others, Some(stage.here)),
        here: key(&held, Some(stage.here)),
        everywhere: key(&held, None),
    }
}

/// The address of something that is there, for whoever reads.
pub(crate) fn readable(stage: &Stage, path: &str) -> String {
    if let Some(probe) = probe(stage, "GET", path) {
        return probe.path;
    }
    if path.starts_with("/api/v1/items/{sku}/bom") {
        let sku = stage.world.name("KIT");
        let item = json!({ "sku": sku, "name": "x", "base_unit": "each" });
        stage.admin.post("/api/v1/items", &item).good();
        let bom = json!({ "kind": "kit", "lines": [{ "sku": "BOLT", "qty": "2" }] });
        let ask = stage.admin.ask("PUT", format!("/api/v1/items/{sku}/bom")).fresh();
        ask.if_match(1).json(&bom).send().good();
        return path.replace("{sku}", &sku);
    }
    if let Some(path) = traded(stage, path) {
        return path;
    }
    if path.starts_with("/api/v1/items/{sku}/files/{file}") {
        let sku = stage.world.name("PICTURED");
        let item = json!({ "sku": sku, "name": "x", "base_unit": "each" });
        stage.admin.post("/api/v1/items", &item).good();
        let files = format!("/api/v1/items/{sku}/files");
        let sent = stage.admin.ask("POST", format!("{files}?name=a.png")).fresh().bytes(png()).send().good();
        let id = sent.json()["id"].to_string();
        return path.replace("{sku}", &sku).replace("{file}", &id).replace("{side}", "96");
    }
    if let Some(of_item) = path.strip_prefix("/api/v1/items/{sku}") {
        return format!("/api/v1/items/BOLT{of_item}");
    }
    if path.starts_with("/api/v1/categories/{path}") {
        let name = stage.world.name("category");
        stage.admin.post("/api/v1/categories", &json!({ "name": name })).good();
        return path.replace("{path}", &name);
    }
    if path == "/api/v1/attributes/{key}" {
        let key = stage.world.name("attribute").replace('-', "_");
        stage.admin.post("/api/v1/attributes", &json!({ "key": key, "kind": "number" })).good();
        return path.replace("{key}", &key);
    }
    if matches!(path, "/api/v1/location-types/{code}" | "/api/v1/type-capacities/{code}") {
        let code = stage.world.name("T");
        stage.admin.post("/api/v1/location-types", &json!({ "code": code, "kind": "bin" })).good();
        return path.replace("{code}", &code);
    }
    if path.starts_with("/api/v1/imports/{id}") {
        let ask = stage.admin.ask("POST", "/api/v1/imports?list=items&name=items.jsonl").fresh();
        let sent = ask.bytes(r#"{"sku":"NAMELESS","base_unit":"each"}"#).send().good().json();
        let id = sent["id"].to_string();
        let run = stage.admin.ask("POST", format!("/api/v1/imports/{id}/run")).fresh().if_match(1);
        run.json(&json!({})).send().good();
        let refused = format!("/api/v1/imports/{id}/refused");
        let asked = std::time::Instant::now();
        while stage.admin.get(&refused).status != 200 {
            assert!(asked.elapsed() < Duration::from_secs(30), "the row is not refused");
            std::thread::sleep(Duration::from_millis(20));
        }
        return path.replace("{id}", &id);
    }
    if path == "/api/v1/approvals/{id}" {
        return path.replace("{id}", &crate::approvals::waiting(&stage.world, &stage.admin).0);
    }
    if path == "/api/v1/search/items" {
        return format!("{path}?q=BOLT");
    }
    one_of(stage, path)
}

/// The same of what its list shows, and of what has its own place.
fn one_of(stage: &Stage, path: &str) -> String {
    let Some((list, named)) = path.split_once("/{") else { return path.to_owned() };
    let name = named.strip_suffix('}').filter(|name| !name.contains('/'));
    match (path, name) {
        ("/api/v1/capacities/{code}", _) => path.replace("{code}", "LON-1"),
        ("/api/v1/codes/{code}", _) => "/api/v1/codes/BOLT".to_owned(),
        ("/api/v1/users/{login}/identity", _) => path.replace("{login}", &identified(stage)),
        ("/api/v1/exports/{list}", _) => "/api/v1/exports/items".to_owned(),
        ("/api/v1/periods/{period}/closings", _) => "/api/v1/periods/2026-03/closings".to_owned(),
        ("/api/v1/periods/{period}", _) => "/api/v1/periods/2026-03".to_owned(),
        // one of its list
        (_, Some(name)) => {
            let page = stage.admin.get(list).json();
            let first = &page["items"][0][name];
            let first = first.as_str().map_or_else(|| first.to_string(), str::to_owned);
            assert_ne!(first, "null", "{path}: tell in `readable` where there is one");
            format!("{list}/{first}")
        }
        _ => panic!("{path}: tell in `readable` how to ask for one"),
    }
}

/// The same of variants, suppliers and prices.
fn traded(stage: &Stage, path: &str) -> Option<String> {
    if path.starts_with("/api/v1/option-sets/{code}") || path.starts_with("/api/v1/families/{code}") {
        let (set, family) = a_family(stage);
        return Some(
            path.replace("option-sets/{code}", &format!("option-sets/{set}"))
                .replace("families/{code}", &format!("families/{family}")),
        );
    }
    if path.starts_with("/api/v1/suppliers/{code}") {
        let code = stage.world.name("SUPPLIER");
        stage.admin.post("/api/v1/suppliers", &json!({ "code": code, "name": "x" })).good();
        return Some(path.replace("{code}", &code));
    }
    if path == "/api/v1/items/{sku}/price" {
        let sku = stage.world.name("PRICED");
        stage.admin.post("/api/v1/items", &json!({ "sku": sku, "name": "x", "base_unit": "each" })).good();
        let price = json!({ "kind": "sales", "currency": "EUR", "amount": "1", "valid_from": "2026-01-01" });
        let ask = stage.admin.ask("POST", format!("/api/v1/items/{sku}/prices")).fresh();
        ask.if_match(1).json(&price).send().good();
        return Some(format!("/api/v1/items/{sku}/price?kind=sales&currency=EUR&on=2026-02-01"));
    }
    if path == "/api/v1/items/{sku}/variant" {
        let (_, family) = a_family(stage);
        return Some(format!("/api/v1/items/{family}-RED/variant"));
    }
    None
}

/// An option set, and a family with a variant.
fn a_family(stage: &Stage) -> (String, String) {
    let (set, family) = (stage.world.name("set").replace('-', "_"), stage.world.name("FAMILY"));
    let values = json!({ "code": set, "values": [{ "code": "RED" }] });
    stage.admin.post("/api/v1/option-sets", &values).good();
    let body = json!({ "code": family, "name": "x", "options": [set], "defaults": { "base_unit": "each" } });
    stage.admin.post("/api/v1/families", &body).good();
    stage.admin.post(format!("/api/v1/families/{family}/variants"), &json!({})).good();
    (set, family)
}

/// Whoever may everything and asks rightly gets what they ask for.
fn administrator_is_served(stage: &Stage, route: &RouteInfo) -> Option<String> {
    if matches!(route.access, Access::Public(_)) || route.path == "/api/v1/events" {
        return None;
    }
    let reply = match (route.is_write(), route.access) {
        (true, _) => tried(stage, route)?,
        // the walk over the nine asks for it
        (false, Access::Session(_)) => return None,
        (false, _) => stage.admin.get(readable(stage, &route.path)),
    };
    // what is named may be in a state that is against it
    let good = (200..300).contains(&reply.status) || (route.is_write() && route.reach == Reach::Named);
    (!good || reply.status >= 500).then(|| format!("{}: {}", reply.status, reply.text()))
}

fn class(status: u16) -> Option<Class> {
    match status {
        401 => Some(Class::Unknown),
        403 => Some(Class::Forbidden),
        500.. => None,
        _ => Some(Class::Let),
    }
}

fn every_route_answers_each_of_the_nine_as_the_table_says(stage: &Stage) {
    let (nine, held) = (Nine::of(stage), holders(stage));
    let routes = wiring::routes();
    let mut wrong = Vec::new();
    let mut asked = 0;
    // the pages first: time passes at some of the others, and sessions end
    for route in routes.pages().chain(routes.table()) {
        let what = format!("{} {}", route.method, route.path);
        let own = match route.access {
            Access::Needs(permission) if !route.beside.is_empty() => {
                Some(holders_of(stage, permission, route.beside))
            }
            _ => None,
        };
        let known = match route.access {
            Access::Needs(permission) => Some(own.as_ref().unwrap_or(&held[permission.word()])),
            _ => None,
        };
        let nine_of_it = nine.asking(stage, route, known).into_iter().zip(promised(route)).zip(PRINCIPALS);
        for ((actor, promised), who) in nine_of_it {
            let seen = status(actor, route);
            asked += 1;
            if class(seen) != Some(promised) {
                wrong.push(format!("{what}, {who}: {seen}, and {promised:?} is promised"));
            }
        }
        if matches!(route.access, Access::Session(_)) {
            let key = status(&stage.admin, route);
            if key != 403 {
                wrong.push(format!("{what}, a key that may everything: {key}"));
            }
        }
        if route.face == Face::Page {
            // what a page shows and does is asked of the routes of the API, which are in here too
            continue;
        }
        if let (Access::Needs(permission), true) =
            (route.access, matches!(route.reach, Reach::Filtered | Reach::Named))
        {
            reaches_no_further(stage, route, permission);
        }
        wrong
            .extend(administrator_is_served(stage, route).map(|why| format!("{what}, asked rightly: {why}")));
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(asked, routes.table().chain(routes.pages()).count() * PRINCIPALS.len());
}

#[test]
fn every_route_answers_each_of_the_nine_as_the_table_says_on_sqlite() {
    every_route_answers_each_of_the_nine_as_the_table_says(&Stage::on(db::Engine::Sqlite));
}

#[test]
fn every_route_answers_each_of_the_nine_as_the_table_says_on_postgres() {
    every_route_answers_each_of_the_nine_as_the_table_says(&Stage::on(db::Engine::Postgres));
}
