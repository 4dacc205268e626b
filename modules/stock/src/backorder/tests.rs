//! Demand beyond stock from the rule to the table: what waits, who is covered, what a loss takes.

use super::*;
use crate::input::{AllocateInput, ReleaseInput, ReserveInput, Work};
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, seen, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{ClaimId, Code, Qty};
use serde_json::Value;

on_both_engines!(
    a_rule_is_set_and_read_and_counts_its_changes,
    a_rule_is_for_those_who_reach_its_site,
    rules_are_listed_page_by_page,
    demand_beyond_stock_waits_up_to_the_cap_of_its_rule,
    demand_waits_where_there_was_never_stock,
    whoever_waits_is_covered_before_anybody_else,
    a_release_covers_who_waits,
    what_a_loss_takes_waits_with_its_owner,
    what_a_block_takes_waits_and_comes_back,
    a_place_where_somebody_waits_is_not_archived,
    who_waits_is_shown_beside_the_stock,
    only_those_who_wait_are_listed,
    two_batches_at_once_accept_no_more_than_the_cap,
);

fn rule(
    world: &World,
    (site, sku): (&str, Option<&str>),
    version: IfMatch,
    (accepts, cap): (&str, Option<&str>),
) -> Result<BackorderRule, Failure> {
    let own = |text: &str| text.to_owned();
    let (site, sku, accepts, cap) = (own(site), sku.map(own), own(accepts), cap.map(own));
    world.run(move |tx, ctx| {
        let said = (accepts.as_str(), cap.as_deref());
        set(tx, &caller(ctx, None), (&site, sku.as_deref()), version, said)
    })
}

/// Lets so much wait.
fn cap(world: &World, site: &str, sku: Option<&str>, cap: &str) -> BackorderRule {
    rule(world, (site, sku), IfMatch::Any, ("cap", Some(cap))).unwrap()
}

fn read(world: &World, site: &str, sku: Option<&str>) -> BackorderRule {
    let scope = caller(&world.ctx, None).scope;
    let (site, sku) = (site.to_owned(), sku.map(str::to_owned));
    world.db.read_blocking(|conn| get(conn, &scope, (&site, sku.as_deref()))).unwrap()
}

fn told(rule: &BackorderRule) -> String {
    let BackorderRule { site, sku, accepts, effective_cap, version, .. } = rule;
    let subject = [Some(site.as_str()), sku.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("/");
    let cap = effective_cap.map_or("nothing".to_owned(), |cap| cap.to_string());
    format!("{subject} {accepts} {cap} v{version}")
}

fn order(owner: &str, qty: u32, priority: i64, backorder: bool) -> Work {
    Work::Reserve(ReserveInput {
        sku: "BOLT".to_owned(),
        site: "L".to_owned(),
        qty: Qty::units(qty).unwrap(),
        unit: None,
        owner: owner.to_owned(),
        priority,
        expires_at: None,
        backorder,
    })
}

fn body(answer: &web::Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// `6+4` for what a new reservation holds and waits for; or why it was refused.
fn reserve(world: &World, owner: &str, qty: u32) -> String {
    shown(&world.ask(order(owner, qty, 0, true)))
}

fn shown(answer: &web::Answer) -> String {
    let body = body(answer);
    match body["code"].as_str() {
        Some(code) => code.to_owned(),
        None => format!("{}+{}", body["qty"].as_str().unwrap(), body["backordered"].as_str().unwrap()),
    }
}

fn id(answer: &web::Answer) -> ClaimId {
    ClaimId::parse(body(answer)["id"].as_str().unwrap()).unwrap()
}

/// `order 6+4 open` for each claim on bolts, in the order they were made.
fn claims(world: &World) -> Vec<String> {
    let scope = caller(&world.ctx, None).scope;
    let mut found = Vec::new();
    for allocations in [false, true] {
        let wanted = crate::claim::list::Wanted { allocations, ..Default::default() };
        let part = world.read(|conn| crate::claim::list::page(conn, &scope, &wanted, None, 100));
        found.extend(
            part.rows
                .iter()
                .map(|row| format!("{} {}+{} {}", row.owner, row.qty, row.backordered, row.state)),
        );
    }
    found
}

fn a_rule_is_set_and_read_and_counts_its_changes(engine: Engine) {
    let world = world(engine);
    assert_eq!(told(&read(&world, "L", None)), "L none nothing v0");
    assert_eq!(told(&read(&world, "L", Some("BOLT"))), "L/BOLT as_site nothing v0");
    assert_eq!(told(&cap(&world, "L", None, "7")), "L cap 7 v1");
    assert_eq!(told(&cap(&world, "l", None, "7")), "L cap 7 v1", "the same again is no change");
    assert_eq!(told(&read(&world, "L", Some("BOLT"))), "L/BOLT as_site 7 v0");
    assert_eq!(told(&cap(&world, "L", Some("bolt"), "0")), "L/BOLT cap 0 v1");
    assert_eq!(told(&read(&world, "M", Some("BOLT"))), "M/BOLT as_site nothing v0");
    let item = ("L", Some("BOLT"));
    let stale = rule(&world, item, IfMatch::Version(0), ("none", None)).unwrap_err();
    assert_eq!(seen(stale.problem().as_ref()).0, Code::Stale);
    assert_eq!(
        told(&rule(&world, item, IfMatch::Version(1), ("none", None)).unwrap()),
        "L/BOLT none nothing v2"
    );
    assert_eq!(told(&rule(&world, item, IfMatch::Any, ("as_site", None)).unwrap()), "L/BOLT as_site 7 v3");
    for (subject, said, expected) in [
        (("L", None), ("as_site", None), (Code::InvalidValue, "/accepts")),
        (("L", None), ("cap", None), (Code::InvalidValue, "/cap")),
        (("Z", None), ("none", None), (Code::NotFound, "")),
        (("L1", None), ("none", None), (Code::NotFound, "")),
        (("L", Some("NUT")), ("none", None), (Code::NotFound, "")),
    ] {
        let problem = rule(&world, subject, IfMatch::Any, said).unwrap_err();
        let problem = problem.problem();
        let pointer = problem.errors.first().map_or("", |error| error.pointer.as_str());
        assert_eq!((problem.code, pointer), expected, "{subject:?} {said:?}");
    }
    let events = world.events("backorder_rule");
    assert_eq!(events.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [1, 1, 2, 3]);
    assert!(events.iter().all(|(kind, _)| kind == "stock.backorder_rule_set"));
}

fn a_rule_is_for_those_who_reach_its_site(engine: Engine) {
    let world = world(engine);
    cap(&world, "M", None, "3");
    for below in ["L", "M1"] {
        let below = world.location(below);
        let refused = world.run(move |tx, ctx| {
            set(tx, &caller(ctx, Some(below)), ("M", None), IfMatch::Any, ("none", None))
        });
        assert_eq!(refused.unwrap_err().problem().code, Code::NotFound);
        let scope = caller(&world.ctx, Some(below)).scope;
        let unseen = world.db.read_blocking(|conn| get(conn, &scope, ("M", None)));
        assert_eq!(unseen.unwrap_err().problem().code, Code::NotFound);
    }
    assert_eq!(told(&read(&world, "M", None)), "M cap 3 v1");
}

fn rules_are_listed_page_by_page(engine: Engine) {
    let world = world(engine);
    cap(&world, "M", Some("MILK"), "2");
    cap(&world, "L", Some("BOLT"), "1");
    cap(&world, "L", None, "5");
    rule(&world, ("L", Some("MILK")), IfMatch::Any, ("as_site", None)).unwrap();
    let all = ["L cap 5 v1", "L/BOLT cap 1 v1", "L/MILK as_site 5 v1", "M/MILK cap 2 v1"];
    for (below, site, expected) in [
        (None, None, &all[..]),
        (None, Some("L"), &all[..3]),
        (None, Some("M"), &all[3..]),
        (Some("M"), None, &all[3..]),
    ] {
        let scope = caller(&world.ctx, below.map(|code| world.location(code))).scope;
        let site = site.map(|code| SiteId(world.location(code).get()));
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = world.read(|conn| list(conn, &scope, site, after, 1));
            assert!(page.rows.len() <= 1);
            found.extend(page.rows.iter().map(told));
            match page.next {
                None => break,
                next => after = next,
            }
        }
        assert_eq!(found, expected, "{below:?} {site:?}");
    }
}

fn demand_beyond_stock_waits_up_to_the_cap_of_its_rule(engine: Engine) {
    let world = world(engine);
    world.receive("5 BOLT at L1");
    assert_eq!(reserve(&world, "a", 6), "insufficient_available");
    cap(&world, "L", None, "4");
    assert_eq!(shown(&world.ask(order("a", 6, 0, false))), "insufficient_available");
    assert_eq!(reserve(&world, "a", 6), "5+1");
    assert_eq!(world.guard("BOLT", "L"), (5, 5, 0));
    let refused = world.ask(order("b", 4, 0, true));
    assert_eq!(code_of(&refused), "insufficient_available");
    let problem = body(&refused);
    assert_eq!(problem["errors"][0]["pointer"], "/qty");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("`0` is available") && detail.contains("room for `3`"), "{detail}");
    cap(&world, "L", Some("BOLT"), "5");
    assert_eq!(reserve(&world, "b", 4), "0+4");
    rule(&world, ("L", Some("BOLT")), IfMatch::Any, ("none", None)).unwrap();
    assert_eq!(reserve(&world, "c", 1), "insufficient_available");
    assert_eq!(claims(&world), ["a 5+1 open", "b 0+4 open"]);
}

fn demand_waits_where_there_was_never_stock(engine: Engine) {
    let world = world(engine);
    assert_eq!(reserve(&world, "a", 1), "insufficient_available");
    cap(&world, "L", None, "2");
    assert_eq!(reserve(&world, "a", 3), "insufficient_available");
    assert_eq!(reserve(&world, "a", 2), "0+2");
    assert_eq!(reserve(&world, "b", 1), "insufficient_available");
    world.receive("1 BOLT at L1");
    assert_eq!(claims(&world), ["a 1+1 open"]);
}

fn whoever_waits_is_covered_before_anybody_else(engine: Engine) {
    let world = world(engine);
    cap(&world, "L", None, "100");
    for (owner, priority) in [("old", 0), ("young", 0), ("first", 1)] {
        world.ask(order(owner, 4, priority, true));
    }
    world.receive("6 BOLT at L1");
    assert_eq!(claims(&world), ["old 2+2 open", "young 0+4 open", "first 4+0 open"]);
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT at L1")])), "insufficient_available");
    let bulk = ["3 BOLT at L1", "4 BOLT at L2"].map(parse);
    world.post(Kind::Receive, bulk.to_vec());
    assert_eq!(claims(&world), ["old 4+0 open", "young 4+0 open", "first 4+0 open"]);
    assert_eq!(world.guard("BOLT", "L"), (13, 12, 0));
    assert_eq!(world.events("claim").len(), 4, "one event for each time that a claim was covered");
}

fn a_release_covers_who_waits(engine: Engine) {
    let world = world(engine);
    cap(&world, "L", None, "100");
    world.receive("5 BOLT at L1");
    let first = world.ask(order("a", 7, 0, true));
    reserve(&world, "b", 4);
    let release = |qty| {
        let qty = Qty::units(qty).unwrap();
        shown(&world.ask(Work::Release(ReleaseInput {
            claim: id(&first),
            kind: None,
            qty: Some(qty.delta()),
            expired: false,
        })))
    };
    assert_eq!(release(1), "5+1");
    assert_eq!(release(3), "3+0");
    assert_eq!(claims(&world), ["a 3+0 open", "b 2+2 open"]);
    assert_eq!(release(3), "0+0");
    assert_eq!(claims(&world), ["a 0+0 released", "b 4+0 open"]);
    assert_eq!(world.guard("BOLT", "L"), (5, 4, 0));
}

fn what_a_loss_takes_waits_with_its_owner(engine: Engine) {
    let world = world(engine);
    world.receive("5 BOLT at L1");
    world.ask(order("promised", 2, 5, true));
    world.ask(order("now", 1, 5, false));
    world.ask(Work::Allocate(AllocateInput { priority: 9, ..allocation("2 BOLT at L1", "bound") }));
    cap(&world, "L", None, "0");
    world.post(Kind::SetStatus, vec![parse("4 BOLT at L1 to L1 becomes damaged")]);
    let open: Vec<String> = claims(&world).into_iter().filter(|claim| claim.ends_with("open")).collect();
    assert_eq!(open, ["promised 0+2 open", "bound 0+1 open", "bound 1+0 open"]);
    assert_eq!(reserve(&world, "late", 1), "insufficient_available");
    world.receive("2 BOLT at L2");
    let open: Vec<String> = claims(&world).into_iter().filter(|claim| claim.ends_with("open")).collect();
    assert_eq!(open, ["promised 1+1 open", "bound 1+0 open", "bound 1+0 open"]);
}

fn what_a_block_takes_waits_and_comes_back(engine: Engine) {
    let world = world(engine);
    cap(&world, "L", None, "10");
    world.receive("5 BOLT at L1");
    reserve(&world, "a", 4);
    let block = |reason: Option<&str>| {
        let reason = reason.map(str::to_owned);
        world.run(move |tx, ctx| {
            crate::block::set_blocked(tx, &caller(ctx, None), ("L1", IfMatch::Any), reason.as_deref())
        })
    };
    assert_eq!(block(Some("inspection")).unwrap().claims_broken, 1);
    assert_eq!(claims(&world), ["a 0+4 open"]);
    block(None).unwrap();
    assert_eq!(claims(&world), ["a 4+0 open"]);
    assert_eq!(world.guard("BOLT", "L"), (5, 4, 0));
}

fn a_place_where_somebody_waits_is_not_archived(engine: Engine) {
    let world = world(engine);
    cap(&world, "M", None, "1");
    let waits = world.ask(Work::Reserve(ReserveInput {
        sku: "BOLT".to_owned(),
        site: "M".to_owned(),
        qty: Qty::units(1).unwrap(),
        unit: None,
        owner: "order-7".to_owned(),
        priority: 0,
        expires_at: None,
        backorder: true,
    }));
    let archive = || {
        world.run(|tx, ctx| {
            crate::place_guard::set_archived(tx, &caller(ctx, None), ("M", IfMatch::Any), true).map(|_| ())
        })
    };
    let refused = archive().unwrap_err();
    let problem = refused.problem();
    assert_eq!(problem.code, Code::InUse);
    assert!(problem.detail.contains("`order-7` waits for `BOLT`"), "{}", problem.detail);
    world.ask(Work::Release(ReleaseInput { claim: id(&waits), kind: None, qty: None, expired: false }));
    archive().unwrap();
}

fn who_waits_is_shown_beside_the_stock(engine: Engine) {
    let world = world(engine);
    cap(&world, "L", None, "9");
    world.receive("2 BOLT at L1");
    reserve(&world, "a", 7);
    let scope = caller(&world.ctx, None).scope;
    let item = world.read(|conn| catalog::facts_by_sku(conn, &["BOLT"])).remove(0).unwrap();
    let now = world.ctx.now;
    let slice = crate::item_stock::Slice { after: None, limit: 9 };
    let stock = world.read(|conn| crate::item_stock::read(conn, &scope, &item, now, None, slice));
    let at = &stock.0.sites[0];
    let numbers = [at.sellable, at.reserved, at.allocated, at.available, at.backordered];
    assert_eq!(numbers.map(|number| number.unwrap().to_string()), ["2", "2", "0", "0", "5"]);
    let asked = crate::availability::Asked::default();
    let promised =
        world.db.read_blocking(|conn| crate::availability::read(conn, &scope, &item, now, asked)).unwrap();
    let at = &promised.sites[0];
    assert_eq!((at.backordered.to_string(), at.available_to_promise.to_string()), ("5".into(), "0".into()));
    assert_eq!(at.days[0].projected.to_string(), "-5");
}

fn only_those_who_wait_are_listed(engine: Engine) {
    let world = world(engine);
    cap(&world, "L", None, "9");
    world.receive("2 BOLT at L1");
    for owner in ["held", "both", "waits"] {
        reserve(&world, owner, if owner == "held" { 1 } else { 2 });
    }
    let scope = caller(&world.ctx, None).scope;
    for (backordered, expected) in [(true, &["both", "waits"][..]), (false, &["held"][..])] {
        let wanted = crate::claim::list::Wanted { backordered: Some(backordered), ..Default::default() };
        let part = world.read(|conn| crate::claim::list::page(conn, &scope, &wanted, None, 100));
        let owners: Vec<&str> = part.rows.iter().map(|row| row.owner.as_str()).collect();
        assert_eq!(owners, expected);
    }
}

/// Several writers, each with a transaction of its own, and an item that never had stock.
fn two_batches_at_once_accept_no_more_than_the_cap(engine: Engine) {
    let world = world(engine);
    cap(&world, "L", None, "30");
    let accepted: usize = std::thread::scope(|scope| {
        let world = &world;
        let ask = |number: usize| {
            let work = |part: usize| order(&format!("order-{number}-{part}"), 1, 0, true);
            (0..10).filter(|part| world.ask(work(*part)).status.is_success()).count()
        };
        let workers: Vec<_> = (0..6).map(|number| scope.spawn(move || ask(number))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(accepted, 30);
    world.receive("12 BOLT at L1");
    let open = claims(&world);
    assert_eq!(open.iter().filter(|claim| claim.ends_with("1+0 open")).count(), 12);
    assert_eq!(open.iter().filter(|claim| claim.ends_with("0+1 open")).count(), 18);
}
