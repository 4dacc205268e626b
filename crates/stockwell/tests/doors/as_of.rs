//! The past over HTTP: what was true at an instant, what was known of it at an instant, and the
//! ledger that both are read from, each filter with a row that fits and one that does not.

use crate::world::{World, on_both_engines};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use testkit::http::Actor;

on_both_engines!(
    what_was_true_and_what_was_known_are_two_questions,
    each_filter_of_the_ledger_leaves_out_what_does_not_fit,
);

/// `LON` with the bin `A1` and the zone `Z` with the bin `A2`; `BOLT`, `NUT` and `MILK`, which has lots.
fn places_and_items(admin: &Actor) {
    for (code, kind, parent) in [
        ("LON", "site", None),
        ("A1", "bin", Some("LON")),
        ("Z", "zone", Some("LON")),
        ("A2", "bin", Some("Z")),
    ] {
        admin.post("/api/v1/locations", &json!({ "code": code, "kind": kind, "parent": parent })).good();
    }
    for (sku, tracking) in [("BOLT", "none"), ("NUT", "none"), ("MILK", "lot")] {
        let item = json!({ "sku": sku, "name": sku, "base_unit": "each", "tracking": tracking });
        admin.post("/api/v1/items", &item).good();
    }
}

fn days(count: u64) -> Duration {
    Duration::from_hours(24 * count)
}

/// Ten come on 1 March. On 10 April four are told that came on 20 March, March is closed, and one is
/// told that came on 25 March: it counts from the beginning of April. On 15 April three leave.
fn a_history_with_late_news(world: &World, admin: &Actor) {
    let bolts = |qty: &str, location: &str, cost: &str| json!([{ "sku": "BOLT", "qty": qty, "location": location, "unit_cost": cost }]);
    let post = |path: &str, body: Value| {
        admin.post(format!("/api/v1/postings/{path}"), &body).good();
    };
    post("receive", json!({ "lines": bolts("10", "A1", "2.00") }));
    world.pass(days(40));
    post("receive", json!({ "lines": bolts("4", "A2", "5.00"), "effective_at": "2026-03-20T12:00:00Z" }));
    world.pass(Duration::from_hours(1));
    admin.ask("POST", "/api/v1/periods/2026-03/close").fresh().if_match(0).send().good();
    let late = json!({
        "lines": bolts("1", "A2", "1.00"), "effective_at": "2026-03-25T12:00:00Z", "post_late": true,
    });
    post("receive", late);
    world.pass(days(5));
    post("issue", json!({ "lines": [{ "sku": "BOLT", "qty": "3", "location": "A1" }] }));
    world.pass(days(5));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// Where how much is, row by row.
fn levels(rows: &Value) -> String {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| format!("{} {}", text(&row["location"]), text(&row["on_hand"])))
        .collect::<Vec<_>>()
        .join(", ")
}

fn what_was_true_and_what_was_known_are_two_questions(world: &World) {
    let admin = world.admin();
    places_and_items(&admin);
    a_history_with_late_news(world, &admin);
    // as of, as recorded: where how much was, how much in all, and what it was worth
    for (as_of, as_recorded, rows, sum, value) in [
        ("", "", "A1 7, A2 5", "12", "35.00"),
        // the four that were told of on 10 April
        ("2026-03-22T00:00:00Z", "", "A1 10, A2 4", "14", "40.00"),
        ("", "2026-03-22T00:00:00Z", "A1 10", "10", "20.00"),
        ("2026-03-22T00:00:00Z", "2026-04-12T00:00:00Z", "A1 10, A2 4", "14", "40.00"),
        ("2026-04-12T00:00:00Z", "2026-03-22T00:00:00Z", "A1 10", "10", "20.00"),
        ("2026-03-10T00:00:00Z", "2026-04-12T00:00:00Z", "A1 10", "10", "20.00"),
        // to the microsecond
        ("2026-03-20T11:59:59.999999Z", "2026-04-20T00:00:00Z", "A1 10", "10", "20.00"),
        ("2026-03-20T12:00:00Z", "2026-04-20T00:00:00Z", "A1 10, A2 4", "14", "40.00"),
        ("2026-03-22T00:00:00Z", "2026-04-10T09:29:59.999999Z", "A1 10", "10", "20.00"),
        ("2026-03-22T00:00:00Z", "2026-04-10T09:30:00Z", "A1 10, A2 4", "14", "40.00"),
        // the one that was told of when March was closed
        ("2026-03-31T00:00:00Z", "", "A1 10, A2 4", "14", "40.00"),
        ("2026-04-05T00:00:00Z", "", "A1 10, A2 5", "15", "41.00"),
        ("", "2026-04-05T00:00:00Z", "A1 10", "10", "20.00"),
        ("2026-04-05T00:00:00Z", "2026-04-10T10:00:00Z", "A1 10, A2 4", "14", "40.00"),
        ("2026-04-05T00:00:00Z", "2026-04-12T00:00:00Z", "A1 10, A2 5", "15", "41.00"),
        // before and after what left
        ("2026-04-12T00:00:00Z", "", "A1 10, A2 5", "15", "41.00"),
        ("", "2026-04-16T00:00:00Z", "A1 7, A2 5", "12", "35.00"),
        // before anything
        ("2026-02-28T00:00:00Z", "", "", "0", "0.00"),
        ("2026-04-12T00:00:00Z", "2026-02-28T00:00:00Z", "", "0", "0.00"),
    ] {
        let named = [("as_of", as_of), ("as_recorded", as_recorded)];
        let named = named.iter().filter(|(_, at)| !at.is_empty()).map(|(name, at)| format!("{name}={at}"));
        let query = format!("?{}", named.collect::<Vec<_>>().join("&"));
        let ask = |path: &str| admin.get(format!("/api/v1/{path}{query}")).good().json();
        assert_eq!(levels(&ask("stock")["items"]), rows, "stock{query}");
        let sums = ask("stock/sums");
        let summed = sums["items"].get(0).map_or("0", |row| text(&row["on_hand"]));
        assert_eq!(summed, sum, "stock/sums{query}: {sums}");
        let item = ask("items/BOLT/stock");
        let site = item["sites"].get(0).cloned().unwrap_or_else(|| json!({ "on_hand": "0", "balances": [] }));
        assert_eq!(
            (text(&site["on_hand"]), levels(&site["balances"]).as_str()),
            (sum, rows),
            "items/BOLT/stock{query}"
        );
        let worth = ask("valuation");
        let row = worth["items"].get(0).cloned().unwrap_or_else(|| json!({ "qty": "0", "value": "0.00" }));
        assert_eq!((text(&row["qty"]), text(&row["value"])), (sum, value), "valuation{query}");
        assert_eq!(text(&ask("valuation/totals")["value"]), value, "valuation/totals{query}");
    }
}

/// What a question of the ledger shows, page by page, one row each: documents and items.
fn shown(actor: &Actor, query: &str) -> BTreeSet<String> {
    let (mut found, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = actor.get(format!("/api/v1/ledger?limit=1&{query}{cursor}")).good().json();
        for row in page["items"].as_array().unwrap() {
            let told = format!("{} {}", text(&row["document"]), text(&row["sku"]));
            assert!(found.insert(told.clone()), "{query}: {told} comes twice");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn each_filter_of_the_ledger_leaves_out_what_does_not_fit(world: &World) {
    let admin = world.admin();
    places_and_items(&admin);
    let clerk = world.user("ann", &[("clerk", web::Within::All)]);
    let id = |actor: &Actor| actor.get("/api/v1/me").good().json()["id"].to_string();
    let line = |sku: &str, location: &str| json!({ "sku": sku, "qty": "9", "location": location });
    let milk =
        |location: &str, lot: &str| json!({ "sku": "MILK", "qty": "9", "location": location, "lot": lot });
    for (actor, path, document, lines) in [
        (&admin, "receive", "PO-1", json!([line("BOLT", "A1"), line("NUT", "A2")])),
        (&clerk, "receive", "PO-2", json!([milk("A1", "L1")])),
        (&admin, "receive", "PO-3", json!([milk("A2", "L2")])),
        (&clerk, "issue", "SO-1", json!([{ "sku": "BOLT", "qty": "1", "location": "A1" }])),
        (
            &admin,
            "move",
            "MV-1",
            json!([{ "sku": "BOLT", "qty": "1", "location": "A1", "to_location": "A2" }]),
        ),
    ] {
        let body = json!({ "document": document, "lines": lines });
        actor.post(format!("/api/v1/postings/{path}"), &body).good();
    }
    let (ours, anns) = (id(&admin), id(&clerk));
    let everything = ["MV-1 BOLT", "PO-1 BOLT", "PO-1 NUT", "PO-2 MILK", "PO-3 MILK", "SO-1 BOLT"];
    for (query, expected) in [
        ("", &everything[..]),
        ("document=PO-1", &["PO-1 BOLT", "PO-1 NUT"]),
        ("document=PO", &[]),
        ("sku=BOLT", &["MV-1 BOLT", "PO-1 BOLT", "SO-1 BOLT"]),
        ("sku=NUT", &["PO-1 NUT"]),
        ("location=A1", &["MV-1 BOLT", "PO-1 BOLT", "PO-2 MILK", "SO-1 BOLT"]),
        ("location=A2", &["MV-1 BOLT", "PO-1 NUT", "PO-3 MILK"]),
        // the zone itself holds nothing, and what stands below it does
        ("location=Z", &[]),
        ("within=Z", &["MV-1 BOLT", "PO-1 NUT", "PO-3 MILK"]),
        ("within=A1", &["MV-1 BOLT", "PO-1 BOLT", "PO-2 MILK", "SO-1 BOLT"]),
        ("within=LON", &everything[..]),
        ("sku=MILK&lot=L1", &["PO-2 MILK"]),
        ("sku=MILK&lot=L2", &["PO-3 MILK"]),
        ("kind=issue", &["SO-1 BOLT"]),
        ("kind=move", &["MV-1 BOLT"]),
        (&format!("actor={anns}"), &["PO-2 MILK", "SO-1 BOLT"]),
        (&format!("actor={ours}"), &["MV-1 BOLT", "PO-1 BOLT", "PO-1 NUT", "PO-3 MILK"]),
        ("actor=999999", &[]),
        // all of them have to fit
        ("sku=BOLT&within=Z", &["MV-1 BOLT"]),
        ("sku=BOLT&location=A1&kind=receive", &["PO-1 BOLT"]),
        ("document=PO-1&location=A2", &["PO-1 NUT"]),
        ("document=PO-1&sku=MILK", &[]),
        ("document=PO-3&sku=MILK&lot=L1", &[]),
        ("sku=MILK&lot=L1&location=A2", &[]),
        ("within=Z&location=A1", &["MV-1 BOLT"]),
        (&format!("actor={anns}&sku=BOLT"), &["SO-1 BOLT"]),
        (&format!("actor={anns}&document=PO-1"), &[]),
        (&format!("actor={anns}&within=Z"), &[]),
    ] {
        let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(shown(&admin, query), expected, "{query}");
    }
}
