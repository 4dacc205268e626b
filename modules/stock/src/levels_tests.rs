//! Whoever folds the feed knows what is available, whatever changed it.

use crate::block;
use crate::input::{ClaimKind, ReleaseInput, Work};
use crate::item_stock;
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, world};
use crate::upkeep::sweep_site;
use db::Engine;
use domain::ledger::Kind;
use domain::{Delta, SiteId};
use serde_json::Value;
use std::collections::BTreeMap;
use web::{IfMatch, Principal};

on_both_engines!(
    the_feed_says_what_is_available,
    a_block_says_what_is_not_available_any_more,
    an_answer_says_nothing_of_the_site,
);

/// Sellable, reserved, allocated and available, by item and site.
type Levels = BTreeMap<(String, String), [String; 4]>;

fn events(world: &World) -> Vec<(String, Value)> {
    // until every event has its position
    let count = world.events("stock").len();
    let events = world.read(|conn| db::feed::read(conn, 0, 100_000));
    let postings = events.into_iter().filter(|event| event.aggregate_type == "stock");
    let parsed: Vec<_> =
        postings.map(|event| (event.kind, serde_json::from_str(&event.payload).unwrap())).collect();
    assert_eq!(parsed.len(), count);
    parsed
}

fn folded(world: &World) -> Levels {
    let mut levels = Levels::new();
    for (_, payload) in events(world) {
        for level in payload["levels"].as_array().into_iter().flatten() {
            let text = |name: &str| level[name].as_str().unwrap().to_owned();
            let numbers = ["sellable", "reserved", "allocated", "available"].map(text);
            levels.insert((text("sku"), text("site")), numbers);
        }
    }
    levels
}

fn shown(world: &World) -> Levels {
    let mut levels = Levels::new();
    let scope = Principal::system().scope(domain::Permission::StockRead).unwrap().clone();
    for sku in ["BOLT", "MILK", "DRILL"] {
        let item = world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap();
        let slice = item_stock::Slice { after: None, limit: 50 };
        let (stock, _) = world.read(|conn| item_stock::read(conn, &scope, &item, world.ctx.now, None, slice));
        for site in stock.sites {
            let numbers = [site.sellable, site.reserved, site.allocated, site.available];
            let numbers = numbers.map(|number: Option<Delta>| number.unwrap().to_string());
            levels.insert((sku.to_owned(), site.site), numbers);
        }
    }
    levels
}

fn check(world: &World, what: &str) {
    assert_eq!(folded(world), shown(world), "after {what}");
}

fn block(world: &World, code: &str, reason: Option<&str>) {
    let (code, reason) = (code.to_owned(), reason.map(str::to_owned));
    let done = world.run(move |tx, ctx| {
        block::set_blocked(tx, &caller(ctx, None), (&code, IfMatch::Any), reason.as_deref()).map(|_| ())
    });
    done.unwrap();
}

fn allocate(world: &World, qty: u32) {
    let done = world.ask(Work::Allocate(allocation(&format!("{qty} BOLT at L1"), "order-2")));
    assert_eq!(code_of(&done), "accepted");
}

fn the_feed_says_what_is_available(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 MILK lot A until 2026-03-04 at L1");
    world.receive("7 MILK lot B until 2026-06-04 at M1");
    world.post(Kind::Receive, vec![parse("1 DRILL serials S1 at L2"), parse("2 BOLT at L2")]);
    check(&world, "receipts");
    let claim = world.reserve("BOLT", "L", 4);
    allocate(&world, 3);
    check(&world, "claims");
    let release = ReleaseInput {
        claim,
        kind: Some(ClaimKind::Reservation),
        qty: Some(Delta(1_000_000)),
        expired: false,
    };
    assert_eq!(code_of(&world.ask(Work::Release(release))), "accepted");
    check(&world, "a release");
    world.post(Kind::Issue, vec![parse("1 BOLT at L2"), parse("1 DRILL serials S1 at L2")]);
    world.post(Kind::SetStatus, vec![parse("1 BOLT at L2 becomes hold")]);
    check(&world, "issues and a hold");
    block(&world, "L1", Some("inspection"));
    check(&world, "a block that breaks claims");
    block(&world, "L1", None);
    check(&world, "its end");
    let sold = world
        .run(|tx, ctx| block::set_sellable(tx, &caller(ctx, None), ("M1", IfMatch::Any), false).map(|_| ()));
    sold.unwrap();
    check(&world, "a place that sells no more");
    world.at("2026-03-05T08:00:00Z");
    let site = SiteId(world.location("L").get());
    sweep_site(&world.db, &world.ctx, site).unwrap();
    check(&world, "a sweep");
    assert_eq!(shown(&world)[&("MILK".to_owned(), "L".to_owned())], ["0", "0", "0", "0"].map(str::to_owned));
}

fn a_block_says_what_is_not_available_any_more(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at L2");
    world.reserve("BOLT", "L", 4);
    let before = events(&world).len();
    block(&world, "L1", Some("inspection"));
    block(&world, "L1", Some("inspection"));
    let new = events(&world).split_off(before);
    let [(kind, payload)] = &new[..] else { panic!("{new:?}") };
    assert_eq!(kind, "stock.availability_changed");
    let level = serde_json::json!([{ "sku": "BOLT", "site": "L", "sellable": "5", "reserved": "4",
        "allocated": "0", "available": "1" }]);
    assert_eq!((&payload["levels"], &payload["reason"]), (&level, &Value::from("blocked")));
}

/// Whoever may post in a part of a site is not told of all of it.
fn an_answer_says_nothing_of_the_site(engine: Engine) {
    let world = world(engine);
    let answer = world.try_post(Kind::Receive, vec![parse("10 BOLT at L1")]);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(body["id"].is_string() && body["levels"].is_null(), "{body}");
    assert!(events(&world)[0].1["levels"].is_array());
}
