//! The stock of an item, as it is answered.

use super::{available, read, store};
use crate::as_of::Moment;
use crate::input::{ReserveInput, Work};
use crate::testing::{World, code_of, on_both_engines, parse, world};
use catalog::ItemFacts;
use db::Engine;
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{Delta, Instant, PrincipalId, SiteId, Zone};
use serde_json::json;
use web::{Grant, Principal, PrincipalKind, Within};

on_both_engines!(
    what_there_is_of_an_item_and_where,
    a_site_out_of_reach_is_not_there,
    a_refusal_makes_no_site_of_an_item,
    what_there_was_of_an_item_and_where,
    the_hot_statements_scan_no_table,
);

fn facts(world: &World, sku: &str) -> ItemFacts {
    world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap()
}

fn what_there_is_of_an_item_and_where(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at L2");
    world.reserve("BOLT", "L", 4);
    let all = Principal::system();
    let scope = all.scope(domain::Permission::StockRead).unwrap().clone();
    let now = world.ctx.now;
    let bolt = facts(&world, "bolt");
    let stock = world.read(|conn| read(conn, &scope, &bolt, now, None));
    let site = &stock.sites[0];
    assert_eq!((stock.sku.as_str(), site.site.as_str()), ("BOLT", "L"));
    let numbers = [Some(site.on_hand), site.sellable, site.reserved, site.allocated, site.available];
    assert_eq!(numbers.map(|number| number.unwrap().to_string()), ["15", "15", "4", "0", "11"]);
    let balances: Vec<String> =
        site.balances.iter().map(|row| format!("{} {}", row.location, row.on_hand)).collect();
    assert_eq!(balances, ["L1 10", "L2 5"]);
    let item = world.item("BOLT");
    let site = SiteId(world.location("L").get());
    assert_eq!(world.read(|conn| available(conn, item, site, now)), Delta(11_000_000));
    let elsewhere = SiteId(world.location("M").get());
    assert_eq!(world.read(|conn| available(conn, item, elsewhere, now)), Delta::ZERO);
}

fn a_refusal_makes_no_site_of_an_item(engine: Engine) {
    let world = world(engine);
    let all = Principal::system();
    let scope = all.scope(domain::Permission::StockRead).unwrap().clone();
    let bolt = facts(&world, "BOLT");
    let sites = || {
        let stock = world.read(|conn| read(conn, &scope, &bolt, world.ctx.now, None));
        stock.sites.into_iter().map(|site| site.site).collect::<Vec<_>>()
    };
    let refused = |kind, text: &str| code_of(&world.try_post(kind, vec![parse(text)]));
    let reserve = || {
        let (sku, site, owner) = ("BOLT".to_owned(), "M".to_owned(), "order-1".to_owned());
        let (qty, unit) = (domain::Qty::units(1).unwrap(), None);
        code_of(&world.ask(Work::Reserve(ReserveInput {
            sku,
            site,
            qty,
            unit,
            owner,
            priority: 0,
            expires_at: None,
        })))
    };
    assert_eq!(reserve(), "insufficient_available");
    assert_eq!(refused(Kind::Issue, "1 BOLT at M1"), "insufficient_stock");
    assert_eq!(refused(Kind::Receive, "1 BOLT lot A at M1"), "lot_not_allowed");
    assert_eq!(sites(), Vec::<String>::new());
    world.receive("1 BOLT at L1 status damaged");
    assert_eq!(sites(), ["L"], "it has the item, and nothing to sell");
    world.receive("1 BOLT at M1");
    world.post(Kind::Issue, vec![parse("1 BOLT at M1")]);
    assert_eq!(sites(), ["L", "M"], "it has had the item");
    assert_eq!(reserve(), "insufficient_available");
}

fn a_site_out_of_reach_is_not_there(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let here = |root| {
        let grant = Grant { permissions: Permissions::all(), within: Within::Subtree(root) };
        let principal = Principal::new(PrincipalId(7), "p", PrincipalKind::User, vec![grant], None);
        let scope = principal.scope(domain::Permission::StockRead).unwrap().clone();
        let now = world.ctx.now;
        let bolt = facts(&world, "BOLT");
        world.read(|conn| read(conn, &scope, &bolt, now, None)).sites.len()
    };
    assert_eq!(here(world.location("L")), 1);
    assert_eq!(here(world.location("L1")), 0, "a bin does not open the numbers of its site");
}

fn what_there_was_of_an_item_and_where(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    world.at("2026-04-02T00:00:00Z");
    world.post(Kind::Move, vec![parse("10 BOLT at L1 to L2")]);
    world.receive("3 BOLT at M1");
    world.reserve("BOLT", "L", 4);
    let scope = Principal::system().scope(domain::Permission::StockRead).unwrap().clone();
    let bolt = facts(&world, "BOLT");
    let at = |text: &str| {
        let moment = Moment::of(&Zone::UTC, Some(Instant::parse(text).unwrap()), None).unwrap();
        let stock = world.read(|conn| read(conn, &scope, &bolt, world.ctx.now, Some(&moment)));
        serde_json::to_value(stock.sites).unwrap()
    };
    let balance = |bin: &str, qty: &str| json!({ "location": bin, "status": "good", "on_hand": qty });
    let was = [json!({ "site": "L", "on_hand": "10", "balances": [balance("L1", "10")] })];
    assert_eq!(at("2026-03-31T00:00:00Z"), json!(was));
    let is = [
        json!({ "site": "L", "on_hand": "10", "balances": [balance("L2", "10")] }),
        json!({ "site": "M", "on_hand": "3", "balances": [balance("M1", "3")] }),
    ];
    assert_eq!(at("2026-04-02T00:00:00Z"), json!(is));
    assert_eq!(at("2026-02-01T00:00:00Z"), json!([]));
}

fn the_hot_statements_scan_no_table(engine: Engine) {
    let world = world(engine);
    for statement in store::STATEMENTS {
        let plan = world.db.plan(statement).unwrap();
        if statement.hot && engine == Engine::Sqlite {
            assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:?}", statement.name);
        }
    }
}
