//! Each route, asked by somebody with rights for one category and by somebody with rights for another: it shows what its
//! bound says, and not a row more.

use crate::matrix::readable;
use crate::rights_by_category::{keeper, skus};
use crate::scope_walk::Stage;
use crate::walk::status;
use crate::walk_writes::{ask, right, send};
use serde_json::{Value, json};
use stockwell::wiring;
use testkit::http::Actor;
use web::{Access, Bound, Reach, RouteInfo};

/// Every permission for the items of a category, everywhere.
fn everything_of(stage: &Stage, login: &str, category: &str) -> Actor {
    stage.admin.post("/api/v1/categories", &json!({ "name": category })).good();
    keeper(&stage.world, &stage.admin, login, &json!({ "role": "administrator", "category": category }))
}

fn granted(stage: &Stage, login: &str, grant: &Value) -> Actor {
    keeper(&stage.world, &stage.admin, login, grant)
}

/// The item that an address names.
fn item_in<'p>(route: &RouteInfo, path: &'p str) -> &'p str {
    let path = path.split('?').next().unwrap();
    let mut steps = route.path.split('/').zip(path.split('/'));
    steps.find(|(step, _)| *step == "{sku}").unwrap().1
}

/// Puts an item into a category, whatever it was in.
fn put(stage: &Stage, sku: &str, category: &str) {
    let path = format!("/api/v1/items/{sku}");
    let version = stage.admin.get(&path).good().json()["version"].as_i64().unwrap();
    stage.admin.patch(&path, version, &json!({ "category": category })).good();
}

/// A route about an item, asked by somebody with rights for another category, and by somebody with rights for its own.
fn is_about_its_item(
    stage: &Stage,
    route: &RouteInfo,
    (stranger, keeper): (&Actor, &Actor),
) -> Option<String> {
    if !route.is_write() {
        let path = readable(stage, &route.path);
        put(stage, item_in(route, &path), "own");
        let (without, with) = (stranger.get(&path), keeper.get(&path));
        // it is made of an item of nobody
        let is_right = with.status < 300 || (route.path.ends_with("/explosion") && with.status == 403);
        return (without.refusal() != "404 not_found" || !is_right)
            .then(|| format!("{} and {}: {}", without.status, with.status, with.text()));
    }
    if route.streamed {
        return None;
    }
    let mut probe = right(stage, route);
    put(stage, item_in(route, &probe.path), "own");
    let as_admin = send(stage, route, &probe, "?dry_run=true");
    probe.by = Some(keeper.clone());
    let with = send(stage, route, &probe, "?dry_run=true");
    probe.by = Some(stranger.clone());
    let without = ask(stage, route, &probe, "").if_match(1).send();
    // what merges or moves it elsewhere is about another item too, which is not theirs
    let other = ["/merge", "/variant", "/bom"].iter().any(|end| route.path.ends_with(end));
    let with_is_right = with.status == as_admin.status || (other && matches!(with.status, 403 | 422));
    (without.refusal() != "404 not_found" || !with_is_right)
        .then(|| format!("{}, {} and {}: {}", without.refusal(), as_admin.status, with.status, with.text()))
}

/// What is of `own`, and what is of `others`.
const GOODS: [&[&str]; 2] = [&["BOLT", "CREAM"], &["MILK"]];

/// Something of both in every list. The transfers of each.
fn two_goods(stage: &Stage) -> [String; 2] {
    let admin = &stage.admin;
    let cream =
        json!({ "sku": "CREAM", "name": "x", "base_unit": "each", "tracking": "lot", "category": "own" });
    admin.post("/api/v1/items", &cream).good();
    let line = json!({ "sku": "CREAM", "qty": "3", "location": "LON-1", "lot": "C1" });
    admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })).good();
    let set = |path: String, body: Value| {
        drop(admin.ask("PUT", path.clone()).fresh().as_shown_at(&path).json(&body).send().good());
    };
    [("BOLT", Value::Null), ("MILK", json!("L1"))].map(|(sku, lot)| {
        let reservation = json!({ "sku": sku, "qty": "1", "owner": "o-9", "site": "LON" });
        admin.post("/api/v1/reservations", &reservation).good();
        let allocation = json!({ "sku": sku, "qty": "1", "owner": "o-9", "location": "LON-1", "lot": lot });
        admin.post("/api/v1/allocations", &allocation).good();
        set(format!("/api/v1/homes/LON/{sku}"), json!({ "locations": ["LON-2"] }));
        set(format!("/api/v1/backorder-rules/LON/{sku}"), json!({ "accepts": "cap", "cap": "5" }));
        let lines = [json!({ "sku": sku, "qty": "1" })];
        let new = json!({ "from_site": "LON", "to_site": "ROM", "lines": lines });
        admin.post("/api/v1/transfers", &new).good().json()["number"].as_str().unwrap().to_owned()
    })
}

/// Each of them where it belongs, whatever another part of the walk has done.
fn put_back(stage: &Stage) {
    for (skus, category) in GOODS.iter().zip(["own", "others"]) {
        skus.iter().for_each(|sku| put(stage, sku, category));
    }
}

/// What each of three may do: everything of `own`, of `others`, and of `own` at another site.
struct Bounds {
    keeper: Actor,
    stranger: Actor,
    away: Actor,
    transfers: [String; 2],
}

/// A route whose rows are about an item each: everybody is shown the rows that the administrator is shown, of their
/// items alone.
fn shows_ones_own_rows(stage: &Stage, route: &RouteInfo, bounds: &Bounds) -> Option<String> {
    let Bounds { keeper, stranger, away, transfers } = bounds;
    if route.path.contains('{') {
        let path = readable(stage, &route.path);
        put_back(stage);
        let (shown, full) = (keeper.get(&path), stage.admin.get(&path).good());
        let others = [stranger.get(&path).refusal(), away.get(&path).refusal()];
        let is_right = shown.status == 200 && shown.json() == full.json();
        return (!is_right || others != ["404 not_found", "404 not_found"])
            .then(|| format!("{} and {others:?}: {}", shown.status, shown.text()));
    }
    put_back(stage);
    let rows = |actor: &Actor| -> Vec<Value> {
        let page = actor.get(format!("{}?limit=500", route.path)).good().json();
        assert_eq!(page["next"], Value::Null);
        // the rule of a site is about no item
        let rows = page["items"].as_array().unwrap().iter();
        rows.filter(|row| row.get("sku").or_else(|| row.get("number")).is_some()).cloned().collect()
    };
    let all = rows(&stage.admin);
    // other parts of the walk make items of their own, and transfers of `BOLT`
    let [own, others] = ["own", "others"].map(|category| -> Vec<Value> {
        let items = stage.admin.get(format!("/api/v1/items?limit=500&category={category}")).good().json();
        let is_there = |row: &&Value| match row.get("number") {
            Some(number) => (*number == transfers[1]) == (category == "others"),
            None => skus(&items).iter().any(|sku| row["sku"] == *sku),
        };
        all.iter().filter(is_there).cloned().collect()
    });
    let (kept, strange) = (rows(keeper), rows(stranger));
    let is_right = !own.is_empty() && !others.is_empty() && rows(away).is_empty();
    (!is_right || kept != own || strange != others)
        .then(|| format!("{own:?}, {others:?}, {kept:?} and {strange:?}"))
}

/// A route about no item: whoever holds its permission for a category at a place is shown what they are shown who hold
/// it there for all.
fn is_as_for_all(stage: &Stage, route: &RouteInfo, pairs: &[[Actor; 2]]) -> Option<String> {
    assert!(!route.is_write());
    let path = readable(stage, &route.path);
    let mut statuses = Vec::new();
    let differs = pairs.iter().find_map(|[bound, free]| {
        let (bound, free) = (bound.get(&path), free.get(&path));
        statuses.push(bound.status);
        let is_same = bound.status == free.status && (bound.status >= 400 || bound.text() == free.text());
        (!is_same).then(|| format!("{} and {}: {}", bound.status, free.status, bound.text()))
    });
    differs.or_else(|| (!statuses.contains(&200)).then(|| format!("{statuses:?}")))
}

fn every_route_says_what_rights_for_a_category_open(stage: &Stage) {
    let (stranger, keeper) =
        (everything_of(stage, "stranger", "others"), everything_of(stage, "keeper", "own"));
    let at = |login: &str, grant: Value| granted(stage, login, &grant);
    let away = json!({ "role": "administrator", "category": "own", "within": "PAR" });
    let away = at("away", away);
    let pairs = ["LON", "PAR"].map(|site| {
        let bound = json!({ "role": "administrator", "category": "own", "within": site });
        let free = json!({ "role": "administrator", "within": site });
        [at(&format!("bound-{site}"), bound), at(&format!("free-{site}"), free)]
    });
    let transfers = two_goods(stage);
    let bounds = Bounds { keeper, stranger, away, transfers };
    let Bounds { keeper, stranger, .. } = &bounds;
    let mut wrong = Vec::new();
    let mut counts = [0; 6];
    for route in wiring::routes().table() {
        let Access::Needs(_) = route.access else { continue };
        let what = format!("{} {}", route.method, route.path);
        let (place, found) = match route.bound {
            Bound::Item => (0, is_about_its_item(stage, route, (stranger, keeper))),
            Bound::Refused => {
                let seen = status(keeper, route);
                (1, (seen != 403).then(|| seen.to_string()))
            }
            Bound::Rows => (2, shows_ones_own_rows(stage, route, &bounds)),
            Bound::Common => (3, is_as_for_all(stage, route, &pairs)),
            bound @ (Bound::Filtered | Bound::Each) => {
                let heeded = bound == Bound::Each || matches!(route.reach, Reach::Whole | Reach::Everywhere);
                assert!(heeded, "{what}: its places are not heeded");
                let seen = status(keeper, route);
                (if bound == Bound::Each { 4 } else { 5 }, (seen == 403).then(|| seen.to_string()))
            }
        };
        counts[place] += 1;
        wrong.extend(found.map(|found| format!("{what}: {found}")));
    }
    assert_eq!(wrong, [""; 0]);
    assert!(counts.iter().all(|count| *count > 2), "{counts:?}");
}

#[test]
fn every_route_says_what_rights_for_a_category_open_on_sqlite() {
    every_route_says_what_rights_for_a_category_open(&Stage::on(db::Engine::Sqlite));
}

#[test]
fn every_route_says_what_rights_for_a_category_open_on_postgres() {
    every_route_says_what_rights_for_a_category_open(&Stage::on(db::Engine::Postgres));
}
