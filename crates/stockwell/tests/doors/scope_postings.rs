//! A grant on one site posts, claims and moves on no other, and learns nothing of it: what is there
//! is answered exactly as what is nowhere.

use crate::trace::{difference, trace};
use crate::world::{World, on_both_engines};
use domain::Permission;
use serde_json::{Value, json};
use testkit::http::{Actor, Reply};

on_both_engines!(
    another_site_is_answered_like_no_site,
    a_bulk_of_two_sites_posts_only_the_own,
    a_serial_of_another_site_is_not_told,
    a_reversal_does_not_tell_where_a_serial_went,
    what_stands_elsewhere_by_its_id_is_not_there,
    a_part_of_a_site_is_told_of_its_balances_and_of_no_numbers_of_the_site,
    who_works_at_one_place_changes_no_item,
    who_posted_is_told_by_name,
);

/// `LON` with `A1` and `A2`, `PAR` with `P1`, stock in both; the administrator, and whoever may
/// everything in `LON`.
fn sites(world: &World) -> (Actor, Actor) {
    let admin = world.admin();
    for (code, kind, parent) in [
        ("LON", "site", None),
        ("PAR", "site", None),
        ("A1", "bin", Some("LON")),
        ("A2", "bin", Some("LON")),
        ("P1", "bin", Some("PAR")),
    ] {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent })).good();
    }
    for (sku, tracking) in [("BOLT", "none"), ("DRILL", "serial")] {
        let item = json!({ "sku": sku, "name": sku, "base_unit": "each", "tracking": tracking });
        admin.post("/api/v1/items", &item).good();
    }
    for (bin, serial) in [("A1", "HERE"), ("P1", "THERE")] {
        let lines = json!([
            { "sku": "BOLT", "qty": "100", "location": bin },
            { "sku": "DRILL", "serials": [serial], "location": bin },
        ]);
        admin.post("/api/v1/postings/receive", &json!({ "lines": lines })).good();
    }
    let mine = world.key(Permission::ALL, Some(&[world.location("LON")]));
    (admin, mine)
}

/// A refusal without what differs from request to request, and without the name that was asked for.
fn told(reply: &Reply, name: &str) -> String {
    let mut body = reply.json();
    body["instance"] = Value::Null;
    format!("{} {}", reply.status, body.to_string().replace(name, "…"))
}

/// Requests that name a place, a bin or a site.
fn requests(bin: &str, site: &str) -> Vec<(&'static str, Value)> {
    let line = |fields: Value| {
        let mut line = json!({ "sku": "BOLT", "qty": "1", "location": bin });
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "lines": [line], "reason": "count" })
    };
    let count = json!([{ "sku": "BOLT", "counted": "7", "location": bin }]);
    let here = json!({ "sku": "BOLT", "qty": "1", "location": "A1" });
    let with_here = json!([here, { "sku": "BOLT", "qty": "1", "location": bin }]);
    let lines = json!([{ "sku": "BOLT", "qty": "1" }]);
    let reserve = |site: &str| json!({ "sku": "BOLT", "site": site, "qty": "1", "owner": "o" });
    vec![
        ("/api/v1/postings/receive", line(json!({}))),
        ("/api/v1/postings/issue", line(json!({}))),
        ("/api/v1/postings/return", line(json!({}))),
        ("/api/v1/postings/opening", line(json!({}))),
        ("/api/v1/postings/produce", line(json!({}))),
        ("/api/v1/postings/consume", line(json!({}))),
        ("/api/v1/postings/move", line(json!({ "to_location": "A2" }))),
        ("/api/v1/postings/move", line(json!({ "location": "A1", "to_location": bin }))),
        ("/api/v1/postings/set-status", line(json!({ "to_status": "hold" }))),
        ("/api/v1/postings/adjust", json!({ "lines": count, "reason": "count" })),
        ("/api/v1/postings/receive", json!({ "lines": with_here })),
        (
            "/api/v1/postings/bulk",
            json!({ "atomic": true, "postings": [{ "kind": "issue", "lines": with_here }] }),
        ),
        ("/api/v1/reservations", reserve(site)),
        ("/api/v1/reservations/together", json!({ "reservations": [reserve("LON"), reserve(site)] })),
        ("/api/v1/allocations", json!({ "sku": "BOLT", "location": bin, "qty": "1", "owner": "o" })),
        ("/api/v1/units", json!({ "code": "UNIT", "parent": bin })),
        ("/api/v1/locations", json!({ "code": "NEW", "kind": "bin", "parent": site })),
        ("/api/v1/transfers", json!({ "from_site": site, "to_site": site, "lines": lines })),
        ("/api/v1/transfers", json!({ "from_site": site, "to_site": "NOWHERE", "lines": lines })),
    ]
}

fn another_site_is_answered_like_no_site(world: &World) {
    let (admin, mine) = sites(world);
    let there = requests("P1", "PAR").into_iter();
    for ((path, there), (_, nowhere)) in there.zip(requests("X1", "XXX")) {
        let before = trace(world);
        let (first, second) = (mine.post(path, &there), mine.post(path, &nowhere));
        let what = format!("{path} {there}");
        assert!([404, 422].contains(&first.status), "{what}: {}", first.text());
        let told = |reply: &Reply, bin, site| told(reply, bin).replace(site, "…");
        assert_eq!(told(&first, "P1", "PAR"), told(&second, "X1", "XXX"), "{what}");
        assert_eq!(difference(&before, &trace(world)), Vec::<String>::new(), "{what}");
        // where it is reached, the same request is no matter of places
        let done = admin.post(format!("{path}?dry_run=true"), &there);
        assert!(
            done.status != 404 && done.code() != "unknown_location" || path.ends_with("transfers"),
            "{what}"
        );
    }
    for (path, body) in requests("A1", "LON") {
        let done = mine.post(format!("{path}?dry_run=true"), &body);
        assert!(done.status != 404, "{path} {body}: {}", done.text());
    }
}

fn a_bulk_of_two_sites_posts_only_the_own(world: &World) {
    let (admin, mine) = sites(world);
    let issue =
        |bin: &str| json!({ "kind": "issue", "lines": [{ "sku": "BOLT", "qty": "1", "location": bin }] });
    let bulk = json!({ "postings": [issue("A1"), issue("P1"), issue("A1")] });
    let done = mine.post("/api/v1/postings/bulk", &bulk).good().json();
    assert_eq!((&done["accepted"], &done["refused"]), (&json!(2), &json!(1)));
    let problem = &done["postings"][1]["problem"];
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["pointer"]),
        (&json!("unknown_location"), &json!("/lines/0/location"))
    );
    let stock = |actor: &Actor| actor.get("/api/v1/items/BOLT/stock").good().text();
    assert!(stock(&admin).contains("PAR") && !stock(&mine).contains("PAR"));
    // whoever holds the permission of one kind only posts that kind only
    let clerk = world.key(&[Permission::StockRead, Permission::StockReceive], Some(&[world.location("LON")]));
    let mut receive = issue("A1");
    receive["kind"] = "receive".into();
    let mixed = json!({ "postings": [issue("A1"), receive] });
    let done = clerk.post("/api/v1/postings/bulk", &mixed).good().json();
    assert_eq!((&done["postings"][0]["status"], &done["postings"][1]["status"]), (&json!(403), &json!(201)));
    let atomic = json!({ "atomic": true, "postings": mixed["postings"] });
    assert_eq!(clerk.post("/api/v1/postings/bulk", &atomic).refusal(), "403 forbidden");
}

fn a_serial_of_another_site_is_not_told(world: &World) {
    let (admin, mine) = sites(world);
    let receive =
        |serial: &str| json!({ "lines": [{ "sku": "DRILL", "serials": [serial], "location": "A2" }] });
    let path = "/api/v1/postings/receive";
    let refused = mine.post(path, &receive("THERE"));
    assert_eq!(refused.refusal(), "409 serial_in_stock /lines/0/serials/0");
    assert!(!refused.text().contains("P1") && refused.text().contains("another place"), "{}", refused.text());
    // in reach, and to whoever reaches all, it is told
    assert!(mine.post(path, &receive("HERE")).text().contains("`A1`"));
    assert!(admin.post(path, &receive("THERE")).text().contains("`P1`"));
    let issue = mine.post("/api/v1/postings/issue", &receive("THERE"));
    assert_eq!(issue.refusal(), "409 serial_not_here /lines/0/serials/0");
    assert!(!issue.text().contains("P1"), "{}", issue.text());
}

fn a_reversal_does_not_tell_where_a_serial_went(world: &World) {
    let (admin, mine) = sites(world);
    let post = |kind: &str, bin: &str| {
        let line = json!({ "sku": "DRILL", "serials": ["GONE"], "location": bin });
        admin.post(format!("/api/v1/postings/{kind}"), &json!({ "lines": [line] })).good()
    };
    let received = post("receive", "A1").json()["id"].as_str().unwrap().to_owned();
    post("issue", "A1");
    post("return", "P1");
    let reverse = |actor: &Actor| actor.post(format!("/api/v1/postings/{received}/reverse"), &json!({}));
    let refused = reverse(&mine);
    assert_eq!(refused.refusal(), "409 serial_not_here");
    assert!(!refused.text().contains("P1") && refused.text().contains("another place"), "{}", refused.text());
    assert!(reverse(&admin).text().contains("`P1`"));
}

fn what_stands_elsewhere_by_its_id_is_not_there(world: &World) {
    let (admin, mine) = sites(world);
    let id = |reply: Reply| reply.good().json()["id"].as_str().unwrap().to_owned();
    let reserve = json!({ "sku": "BOLT", "site": "PAR", "qty": "5", "owner": "o" });
    let allocate = json!({ "sku": "BOLT", "location": "P1", "qty": "5", "owner": "o" });
    let reserved = id(admin.post("/api/v1/reservations", &reserve));
    let allocated = id(admin.post("/api/v1/allocations", &allocate));
    let line = json!({ "sku": "BOLT", "qty": "1", "location": "P1" });
    let posted = id(admin.post("/api/v1/postings/receive", &json!({ "lines": [line] })));
    let (claim, posting) = ("clm_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e", "pst_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e");
    let before = trace(world);
    for (path, there, nowhere) in [
        ("/api/v1/reservations/{}/release", &reserved, claim),
        ("/api/v1/allocations/{}/release", &allocated, claim),
        ("/api/v1/postings/{}/reverse", &posted, posting),
    ] {
        let ask = |id: &str| told(&mine.post(path.replace("{}", id), &json!({})), id);
        assert_eq!(ask(there), ask(nowhere), "{path}");
        assert!(ask(there).starts_with("404 "), "{path}");
    }
    let issue =
        |claim: &str| json!({ "lines": [{ "sku": "BOLT", "qty": "1", "location": "A1", "claim": claim }] });
    let bind = |claim: &str| json!({ "sku": "BOLT", "location": "A1", "qty": "1", "reservation": claim });
    let bodies: [&dyn Fn(&str) -> Value; 2] = [&issue, &bind];
    for (path, body) in ["/api/v1/postings/issue", "/api/v1/allocations"].into_iter().zip(bodies) {
        for there in [&reserved, &allocated] {
            let ask = |id: &str| told(&mine.post(path, &body(id)), id);
            assert_eq!(ask(there), ask(claim), "{path}");
            assert!(ask(there).contains("unknown_claim"), "{}", ask(there));
        }
    }
    assert_eq!(mine.get(format!("/api/v1/postings/{posted}")).refusal(), "404 not_found");
    assert_eq!(difference(&before, &trace(world)), Vec::<String>::new());
}

fn a_part_of_a_site_is_told_of_its_balances_and_of_no_numbers_of_the_site(world: &World) {
    sites(world);
    let mine = world.key(Permission::ALL, Some(&[world.location("A1")]));
    let stock = mine.get("/api/v1/stock?sku=BOLT").good().json();
    assert_eq!(
        (&stock["items"][0]["location"], &stock["items"][0]["on_hand"]),
        (&json!("A1"), &json!("100"))
    );
    // zero would say that there is nothing
    for path in ["stock", "stock?as_of=2026-03-01T00:00:00Z", "availability"] {
        assert_eq!(mine.get(format!("/api/v1/items/BOLT/{path}")).refusal(), "403 forbidden", "{path}");
    }
    let both = world.key(Permission::ALL, Some(&[world.location("A1"), world.location("PAR")]));
    let stock = both.get("/api/v1/items/BOLT/stock").good().json();
    assert_eq!((&stock["sites"][0]["site"], stock["sites"].as_array().unwrap().len()), (&json!("PAR"), 1));
}

fn who_works_at_one_place_changes_no_item(world: &World) {
    let (admin, mine) = sites(world);
    let item = json!({ "sku": "NUT", "name": "Nut", "base_unit": "each" });
    assert_eq!(mine.post("/api/v1/items", &item).refusal(), "403 forbidden");
    assert_eq!(admin.get("/api/v1/items/NUT").status, 404);
    mine.get("/api/v1/items/BOLT").good();
}

fn who_posted_is_told_by_name(world: &World) {
    let (admin, _) = sites(world);
    let me = admin.get("/api/v1/me").good().json();
    let rows = admin.get("/api/v1/ledger?limit=1").good().json();
    let row = &rows["items"][0];
    assert_eq!((&row["actor"]["id"], &row["actor"]["name"]), (&me["id"], &me["name"]));
    assert!(row["actor"]["name"].is_string(), "{row}");
    let posting = admin.get(format!("/api/v1/postings/{}", row["posting"].as_str().unwrap())).good().json();
    assert_eq!(posting["items"][0]["actor"], row["actor"]);
    let mine = admin.get(format!("/api/v1/ledger?actor={}", row["actor"]["id"])).good().json();
    assert!(!mine["items"].as_array().unwrap().is_empty());
}
