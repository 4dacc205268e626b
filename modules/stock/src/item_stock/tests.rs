//! The stock of an item, as it is answered.

use super::store::After;
use super::{ItemStock, Level, Slice, available, read, store};
use crate::as_of::Moment;
use crate::block;
use crate::input::{AllocateInput, ReserveInput, Work};
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, world};
use crate::transfer::{self, NewTransfer, NewTransferLine, StepBody, StepLine};
use crate::upkeep::sweep_site;
use catalog::ItemFacts;
use db::Engine;
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{Delta, Instant, PrincipalId, SiteId, Zone};
use serde_json::json;
use web::{Grant, IfMatch, Principal, PrincipalKind, Scope, Within};

on_both_engines!(
    what_there_is_of_an_item_and_where,
    a_site_out_of_reach_is_not_there,
    a_refusal_makes_no_site_of_an_item,
    what_there_was_of_an_item_and_where,
    what_is_on_its_way_is_seen_from_both_ends,
    a_page_of_balances_ends_at_its_limit,
    a_page_shows_whole_numbers_and_only_what_is_within_reach,
    what_is_past_its_day_and_bound_takes_nothing_off_the_rest,
    a_sweep_changes_no_number_that_was_shown_before_it,
    the_hot_statements_scan_no_table,
);

fn facts(world: &World, sku: &str) -> ItemFacts {
    world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap()
}

fn page(
    world: &World,
    scope: &Scope,
    item: &ItemFacts,
    moment: Option<&Moment>,
    slice: Slice,
) -> (ItemStock, Option<After>) {
    world.read(|conn| read(conn, scope, item, world.ctx.now, moment, slice))
}

fn whole(world: &World, scope: &Scope, item: &ItemFacts, moment: Option<&Moment>) -> ItemStock {
    let (stock, next) = page(world, scope, item, moment, Slice { after: None, limit: 50 });
    assert_eq!(next, None);
    stock
}

fn what_there_is_of_an_item_and_where(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at L2");
    world.reserve("BOLT", "L", 4);
    let all = Principal::system();
    let scope = all.scope(domain::Permission::StockRead).unwrap().clone();
    let bolt = facts(&world, "bolt");
    let stock = whole(&world, &scope, &bolt, None);
    let site = &stock.sites[0];
    assert_eq!((stock.sku.as_str(), site.site.as_str()), ("BOLT", "L"));
    let numbers = [Some(site.on_hand), site.sellable, site.reserved, site.allocated, site.available];
    assert_eq!(numbers.map(|number| number.unwrap().to_string()), ["15", "15", "4", "0", "11"]);
    let balances: Vec<String> =
        site.balances.iter().map(|row| format!("{} {}", row.location, row.on_hand)).collect();
    assert_eq!(balances, ["L1 10", "L2 5"]);
    let item = world.item("BOLT");
    let site = SiteId(world.location("L").get());
    assert_eq!(world.read(|conn| available(conn, item, site, world.ctx.now)), Delta(11_000_000));
    let elsewhere = SiteId(world.location("M").get());
    assert_eq!(world.read(|conn| available(conn, item, elsewhere, world.ctx.now)), Delta::ZERO);
}

fn a_refusal_makes_no_site_of_an_item(engine: Engine) {
    let world = world(engine);
    let all = Principal::system();
    let scope = all.scope(domain::Permission::StockRead).unwrap().clone();
    let bolt = facts(&world, "BOLT");
    let sites = || {
        let stock = whole(&world, &scope, &bolt, None);
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
            backorder: true,
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
        let grant = Grant::free(Permissions::all(), Within::Subtree(root));
        let principal = Principal::new(PrincipalId(7), "p", PrincipalKind::User, vec![grant], None);
        let scope = principal.scope(domain::Permission::StockRead).unwrap().clone();
        whole(&world, &scope, &facts(&world, "BOLT"), None).sites.len()
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
        let stock = whole(&world, &scope, &bolt, Some(&moment));
        serde_json::to_value(stock.sites).unwrap()
    };
    let balance = |bin: &str, qty: &str| json!({ "location": bin, "status": "good", "on_hand": qty });
    let was = [json!({ "site": "L", "on_hand": "10", "incoming": "0", "balances": [balance("L1", "10")] })];
    assert_eq!(at("2026-03-31T00:00:00Z"), json!(was));
    let is = [
        json!({ "site": "L", "on_hand": "10", "incoming": "0", "balances": [balance("L2", "10")] }),
        json!({ "site": "M", "on_hand": "3", "incoming": "0", "balances": [balance("M1", "3")] }),
    ];
    assert_eq!(at("2026-04-02T00:00:00Z"), json!(is));
    assert_eq!(at("2026-02-01T00:00:00Z"), json!([]));
}

/// In transit, and of each site what is on hand, incoming and on order.
fn under_way(world: &World, below: Option<&str>, moment: Option<&Moment>) -> String {
    let scope = match below {
        None => Principal::system().scope(domain::Permission::StockRead).unwrap().clone(),
        Some(site) => caller(&world.ctx, Some(world.location(site))).scope,
    };
    let stock = whole(world, &scope, &facts(world, "BOLT"), moment);
    let site = |site: &super::SiteStock| {
        let on_order = site.on_order.map_or(String::new(), |qty| format!(" {qty}"));
        format!("; {} {} {}{on_order}", site.site, site.on_hand, site.incoming)
    };
    format!("{}{}", stock.in_transit, stock.sites.iter().map(site).collect::<String>())
}

fn what_is_on_its_way_is_seen_from_both_ends(engine: Engine) {
    let mut world = world(engine);
    world.place("N site");
    world.receive("5 BOLT at L2");
    world.receive("3 BOLT at L2 status damaged");
    assert_eq!(under_way(&world, None, None), "0; L 8 0 0");
    // one goes to a site that never had any, and two of another transfer are only asked for
    let number = draft(&world, "3");
    ship(&world, &number, "1");
    let seen = [None, Some("L"), Some("M"), Some("N")].map(|below| under_way(&world, below, None));
    assert_eq!(seen, ["1; L 7 0 0; M 0 1 2", "1; L 7 0 0", "1; M 0 1 2", "0"]);
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    world.at("2026-04-02T00:00:00Z");
    ship(&world, &number, "2");
    world.at("2026-04-03T00:00:00Z");
    let line =
        StepLine { line: 1, location: "M1".to_owned(), qty: Some("2".to_owned()), ..StepLine::default() };
    let body = StepBody { lines: vec![line], ..StepBody::default() };
    let arrived = number.clone();
    world
        .run(move |tx, ctx| transfer::receive(tx, &caller(ctx, None), (&arrived, IfMatch::Any), &body))
        .unwrap();
    assert_eq!(under_way(&world, Some("M"), None), "1; M 2 1 0");
    assert_eq!(under_way(&world, None, None), "1; L 5 0 0; M 2 1 0");
    let was = [None, Some("L"), Some("M"), Some("N")].map(|below| under_way(&world, below, Some(&then)));
    assert_eq!(was, ["1; L 7 0; M 0 1", "1; L 7 0", "1; M 0 1", "0"]);
}

/// Asks for bolts of `L` at `M`.
fn draft(world: &World, qty: &str) -> String {
    let line = NewTransferLine { sku: "BOLT".to_owned(), qty: qty.to_owned(), ..NewTransferLine::default() };
    let (from_site, to_site) = ("L".to_owned(), "M".to_owned());
    let new = NewTransfer { from_site, to_site, lines: vec![line], ..NewTransfer::default() };
    world.run(move |tx, ctx| transfer::create(tx, &caller(ctx, None), &new)).unwrap().0
}

/// Sends so many of them from `L2`.
fn ship(world: &World, number: &str, qty: &str) {
    let (location, qty) = ("L2".to_owned(), Some(qty.to_owned()));
    let line = StepLine { line: 1, location, qty, ..StepLine::default() };
    let body = StepBody { lines: vec![line], ..StepBody::default() };
    let number = number.to_owned();
    world.run(move |tx, ctx| transfer::ship(tx, &caller(ctx, None), (&number, IfMatch::Any), &body)).unwrap();
}

/// The balances of all pages, each with its numbers, which must be those of the whole.
fn paged(
    world: &World,
    scope: &Scope,
    sku: &str,
    moment: Option<&Moment>,
    limit: usize,
) -> (Vec<String>, usize) {
    let item = facts(world, sku);
    let numbers = |stock: &ItemStock| {
        let sites = stock.sites.iter();
        let of = sites.map(|site| (site.site.clone(), site.on_hand, site.sellable, site.available));
        (stock.in_transit, of.collect::<Vec<_>>())
    };
    let expected = numbers(&whole(world, scope, &item, moment));
    let (mut after, mut rows, mut pages) = (None, Vec::new(), 0);
    loop {
        let (stock, next) = page(world, scope, &item, moment, Slice { after, limit });
        assert_eq!(numbers(&stock), expected, "page {pages} of {limit}");
        let before = rows.len();
        for site in &stock.sites {
            let balances = site.balances.iter();
            rows.extend(
                balances.map(|row| format!("{} {} {}", row.location, row.status.word(), row.on_hand)),
            );
        }
        assert!(rows.len() - before <= limit, "{rows:?}");
        pages += 1;
        match next {
            None => return (rows, pages),
            some => after = some,
        }
    }
}

fn a_page_of_balances_ends_at_its_limit(engine: Engine) {
    let mut world = world(engine);
    let scope = Principal::system().scope(domain::Permission::StockRead).unwrap().clone();
    for line in ["4 BOLT at L1", "3 BOLT at L1 status hold", "5 BOLT at L2", "6 BOLT at M1"] {
        world.receive(line);
    }
    world.receive("1 BOLT at M2");
    ship(&world, &draft(&world, "1"), "1");
    let all = ["L1 good 4", "L1 hold 3", "L2 good 4", "M1 good 6", "M2 good 1"];
    for (limit, pages) in [(1, 5), (2, 3), (3, 2), (4, 2), (5, 1), (6, 1)] {
        assert_eq!(paged(&world, &scope, "BOLT", None, limit), (all.map(str::to_owned).to_vec(), pages));
    }
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    world.at("2026-04-02T00:00:00Z");
    world.post(Kind::Issue, vec![parse("4 BOLT at L1")]);
    for (limit, pages) in [(1, 5), (2, 3), (4, 2), (5, 1), (6, 1)] {
        let seen = paged(&world, &scope, "BOLT", Some(&then), limit);
        assert_eq!(seen, (all.map(str::to_owned).to_vec(), pages), "of then, {limit}");
    }
    assert_eq!(paged(&world, &scope, "BOLT", None, 4).1, 1, "of now");
}

fn a_page_shows_whole_numbers_and_only_what_is_within_reach(engine: Engine) {
    let world = world(engine);
    for line in ["1 BOLT at M1", "2 BOLT at L1", "3 BOLT at M2", "4 BOLT at L2"] {
        world.receive(line);
    }
    let scope = caller(&world.ctx, Some(world.location("M"))).scope;
    for limit in 1..=5 {
        let (rows, pages) = paged(&world, &scope, "BOLT", None, limit);
        assert_eq!(rows, ["M1 good 1", "M2 good 3"], "{limit}");
        assert!(pages <= 3, "{limit}: {pages}");
    }
}

fn what_is_past_its_day_and_bound_takes_nothing_off_the_rest(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-04 at L1");
    world.receive("10 MILK lot B until 2026-06-04 at L1");
    let allocated = world.ask(Work::Allocate(allocation("5 MILK lot A at L1", "order-1")));
    assert_eq!(code_of(&allocated), "accepted");
    world.at("2026-03-05T08:00:00Z");
    let (item, site) = (world.item("MILK"), SiteId(world.location("L").get()));
    let now = world.ctx.now;
    let seen = || world.read(|conn| available(conn, item, site, now));
    assert_eq!(seen(), Delta(10_000_000));
    world.post(Kind::Receive, vec![parse("1 MILK lot B at L1")]);
    assert_eq!(seen(), Delta(11_000_000), "and nothing else once it is swept");
}

fn a_sweep_changes_no_number_that_was_shown_before_it(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 MILK lot B until 2026-05-01 at L1");
    world.receive("5 MILK lot A until 2026-03-02 at L1");
    world.receive("2 MILK lot C until 2026-03-01 at L2");
    world.reserve("MILK", "L", 3);
    for (lot, location, qty) in [("A", "L1", 4), ("C", "L2", 1), ("B", "L1", 2)] {
        let qty = domain::Qty::units(qty).unwrap();
        let (sku, location, lot) = ("MILK".to_owned(), location.to_owned(), Some(lot.to_owned()));
        let (owner, unit, reservation) = (Some("order-2".to_owned()), None, None);
        let bind =
            AllocateInput { sku, location, lot, qty, unit, reservation, owner, priority: 0, backorder: true };
        assert_eq!(code_of(&world.ask(Work::Allocate(bind))), "accepted");
    }
    // what is bound there stays bound, and nobody may sell it
    let blocked = world.run(|tx, ctx| {
        block::set_blocked(tx, &caller(ctx, None), ("L2", IfMatch::Any), Some("inspection")).map(|_| ())
    });
    blocked.unwrap();
    let (item, site) = (world.item("MILK"), SiteId(world.location("L").get()));
    let shown = |world: &World| {
        let (mut guards, mut lasting) = super::numbers(item);
        world.read(|conn| conn.ask(&mut [&mut guards, &mut lasting]));
        super::at_sites(guards.rows(), &lasting.rows(), world.ctx.now).remove(0).level
    };
    let level = |sellable: i64, allocated: i64, available: i64| {
        let [sellable, reserved, allocated, available] =
            [sellable, 3, allocated, available].map(|units: i64| units * 1_000_000);
        Level { sellable, reserved, allocated, available, ..Level::default() }
    };
    for (day, expected) in [("02", level(15, 6, 6)), ("03", level(10, 2, 5))] {
        world.at(&format!("2026-03-{day}T00:00:00Z"));
        assert_eq!(shown(&world), expected, "before the sweep of the {day}");
        sweep_site(&world.db, &world.ctx, site).unwrap();
        assert_eq!(shown(&world), expected, "after the sweep of the {day}");
    }
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
