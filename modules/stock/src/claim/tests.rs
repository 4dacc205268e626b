//! Claims are found by each of their filters, page by page, and only within reach.

use super::list::{ClaimRow, Wanted, find, page};
use super::store;
use crate::input::{AllocateInput, ReleaseInput, ReserveInput, Work};
use crate::testing::{World, allocation, caller, claim_of, on_both_engines, parse, world};
use db::Engine;
use domain::ledger::{ClaimState, Kind};
use domain::{ClaimId, LocationId, Qty, SiteId};

on_both_engines!(
    each_filter_finds_its_claims_in_both_orders,
    pages_follow_each_other_without_gap,
    a_claim_is_seen_by_those_who_reach_its_place,
    whoever_lost_something_is_found_whatever_became_of_it,
    what_is_split_off_has_lost_nothing_and_was_told_nothing,
    every_statement_walks_along_an_index,
);

fn reserve(world: &World, sku: &str, site: &str, owner: &str) -> ClaimId {
    claim_of(&world.ask(Work::Reserve(ReserveInput {
        sku: sku.to_owned(),
        site: site.to_owned(),
        qty: Qty::units(1).unwrap(),
        unit: None,
        owner: owner.to_owned(),
        priority: 0,
        backorder: true,
        expires_at: None,
    })))
}

fn allocate(world: &World, sku: &str, location: &str, lot: Option<&str>, owner: &str) -> ClaimId {
    claim_of(&world.ask(Work::Allocate(AllocateInput {
        lot: lot.map(str::to_owned),
        priority: 3,
        ..allocation(&format!("2 {sku} at {location}"), owner)
    })))
}

fn filled(engine: Engine) -> (World, ClaimId, ClaimId) {
    let world = world(engine);
    for line in ["10 BOLT at L1", "10 BOLT at M1", "9 MILK lot A until 2027-01-01 at L2"] {
        world.receive(line);
    }
    let first = reserve(&world, "BOLT", "L", "order-1");
    reserve(&world, "BOLT", "M", "order-1");
    reserve(&world, "MILK", "L", "order-2");
    let bound = allocate(&world, "BOLT", "L1", None, "order-1");
    allocate(&world, "MILK", "L2", Some("A"), "order-2");
    let given_up = reserve(&world, "BOLT", "L", "order-3");
    world.ask(Work::Release(ReleaseInput { claim: given_up, kind: None, qty: None, expired: false }));
    (world, first, bound)
}

fn shown(row: &ClaimRow) -> String {
    let ClaimRow { owner, sku, site, location, lot, qty, state, .. } = row;
    let place = location.as_ref().unwrap_or(site);
    let lot = lot.as_ref().map_or(String::new(), |lot| format!(" {lot}"));
    format!("{owner}: {qty} {sku}{lot} {place} {state}")
}

fn list(world: &World, wanted: &Wanted) -> Vec<String> {
    let scope = caller(&world.ctx, None).scope;
    let part = world.read(|conn| page(conn, &scope, wanted, None, 100));
    assert_eq!(part.next, None);
    part.rows.iter().map(shown).collect()
}

fn each_filter_finds_its_claims_in_both_orders(engine: Engine) {
    let (world, ..) = filled(engine);
    let all = [
        "order-1: 1 BOLT L open",
        "order-1: 1 BOLT M open",
        "order-2: 1 MILK L open",
        "order-3: 0 BOLT L released",
    ];
    let (bolt, milk) = (Some(world.item("BOLT")), Some(world.item("MILK")));
    let site = |code: &str| Some(SiteId(world.location(code).get()));
    let (open, released) = (Some(ClaimState::Open), Some(ClaimState::Released));
    let owner = |name: &str| Some(name.to_owned());
    let none = Wanted::default;
    let cases: [(Wanted, Vec<&str>); 10] = [
        (none(), all.to_vec()),
        (Wanted { owner: owner("order-1"), ..none() }, vec![all[0], all[1]]),
        (Wanted { owner: owner("order-1"), site: site("M"), ..none() }, vec![all[1]]),
        (Wanted { owner: owner("nobody"), ..none() }, vec![]),
        (Wanted { item: bolt, ..none() }, vec![all[0], all[1], all[3]]),
        (Wanted { item: bolt, state: open, ..none() }, vec![all[0], all[1]]),
        (Wanted { item: bolt, state: open, site: site("L"), ..none() }, vec![all[0]]),
        (Wanted { state: open, site: site("L"), ..none() }, vec![all[0], all[2]]),
        (Wanted { state: released, ..none() }, vec![all[3]]),
        (Wanted { item: milk, state: released, ..none() }, vec![]),
    ];
    for (wanted, mut expected) in cases {
        assert_eq!(list(&world, &wanted), expected, "{wanted:?}");
        expected.reverse();
        assert_eq!(list(&world, &Wanted { down: true, ..wanted }), expected);
    }
    let bound = ["order-1: 2 BOLT L1 open", "order-2: 2 MILK A L2 open"];
    let allocations = || Wanted { allocations: true, ..none() };
    assert_eq!(list(&world, &allocations()), bound);
    assert_eq!(list(&world, &Wanted { within: Some(world.location("L2")), ..allocations() }), [bound[1]]);
    assert_eq!(list(&world, &Wanted { within: Some(world.location("L")), ..allocations() }), bound);
    assert_eq!(list(&world, &Wanted { item: bolt, state: open, ..allocations() }), [bound[0]]);
}

fn pages_follow_each_other_without_gap(engine: Engine) {
    let (world, ..) = filled(engine);
    let scope = caller(&world.ctx, None).scope;
    for wanted in [
        Wanted::default(),
        Wanted { state: Some(ClaimState::Open), down: true, ..Wanted::default() },
        Wanted { owner: Some("order-1".to_owned()), ..Wanted::default() },
        Wanted { item: Some(world.item("BOLT")), down: true, ..Wanted::default() },
    ] {
        let (mut after, mut rows) = (None, Vec::new());
        loop {
            let part = world.read(|conn| page(conn, &scope, &wanted, after, 1));
            rows.extend(part.rows.iter().map(shown));
            match part.next {
                None => break,
                next => after = next,
            }
        }
        assert_eq!(rows, list(&world, &wanted));
    }
}

fn a_claim_is_seen_by_those_who_reach_its_place(engine: Engine) {
    let (world, reserved, bound) = filled(engine);
    let see = |below: &str| {
        let scope = caller(&world.ctx, Some(world.location(below))).scope;
        let count = |allocations| {
            let wanted = Wanted { allocations, ..Wanted::default() };
            world.read(|conn| page(conn, &scope, &wanted, None, 100)).rows.len()
        };
        let found = |id, allocations| world.read(|conn| find(conn, &scope, id, allocations)).is_some();
        (count(false), count(true), found(reserved, false), found(bound, true))
    };
    assert_eq!(see("L"), (3, 2, true, true));
    assert_eq!(see("L1"), (0, 1, false, true), "a bin does not open what is promised at its site");
    assert_eq!(see("M"), (1, 0, false, false));
    let all = caller(&world.ctx, None).scope;
    let found = |id, allocations| world.read(|conn| find(conn, &all, id, allocations)).is_some();
    assert!(!found(reserved, true) && !found(bound, false), "each is found as what it is");
    let nowhere = caller(&world.ctx, Some(LocationId(999_999))).scope;
    assert!(world.read(|conn| find(conn, &nowhere, reserved, false)).is_none());
}

/// Claims that lost something, or did not: `order-1 1+0 -1 open`.
fn lost(world: &World, allocations: bool, lost: bool) -> Vec<String> {
    let scope = caller(&world.ctx, None).scope;
    let wanted = Wanted { allocations, lost: Some(lost), ..Wanted::default() };
    let rows = world.read(|conn| page(conn, &scope, &wanted, None, 100)).rows;
    let one =
        |row: &ClaimRow| format!("{} {}+{} -{} {}", row.owner, row.qty, row.backordered, row.lost, row.state);
    rows.iter().map(one).collect()
}

fn whoever_lost_something_is_found_whatever_became_of_it(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    allocate(&world, "BOLT", "L1", None, "bound");
    for number in 1..=8 {
        reserve(&world, "BOLT", "L", &format!("order-{number}"));
    }
    let none: Vec<String> = Vec::new();
    assert_eq!((lost(&world, false, true), lost(&world, true, true)), (none.clone(), none.clone()));
    world.post(Kind::Adjust, vec![parse("1 BOLT at L1")]);
    world
        .run(|tx, ctx| {
            let said = ("cap", Some("9"));
            crate::backorder::set(tx, &caller(ctx, None), ("L", None), web::IfMatch::Any, said)
        })
        .unwrap();
    world.post(Kind::Adjust, vec![parse("1 BOLT at L1")]);
    let gone = ["order-7 0+1 -1 open", "order-8 0+0 -1 broken"];
    assert_eq!(lost(&world, false, true), gone);
    assert_eq!((lost(&world, false, false).len(), lost(&world, true, true)), (6, none));
    // what comes does not undo that it was lost
    world.receive("1 BOLT at L2");
    assert_eq!(lost(&world, false, true), ["order-7 1+0 -1 open", "order-8 0+0 -1 broken"]);
    world.post(Kind::Adjust, vec![parse("7 BOLT at L1")]);
    assert_eq!(lost(&world, true, true), ["bound 1+0 -1 open"]);
    world.post(Kind::Adjust, vec![parse("1 BOLT at L1")]);
    assert_eq!(lost(&world, true, true), ["bound 0+0 -2 broken"]);
    assert!(lost(&world, false, true).contains(&"order-7 0+1 -2 open".to_owned()));
}

fn what_is_split_off_has_lost_nothing_and_was_told_nothing(engine: Engine) {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    let id = claim_of(&world.ask(Work::Allocate(allocation("3 BOLT at L1", "order-1"))));
    world.post(Kind::Adjust, vec![parse("1 BOLT at L1")]);
    let mut line = parse("1 BOLT at L1 to L2");
    line.claim = Some(id);
    world.post(Kind::Move, vec![line]);
    let scope = caller(&world.ctx, None).scope;
    let wanted = Wanted { allocations: true, ..Wanted::default() };
    let rows = world.read(|conn| page(conn, &scope, &wanted, None, 100)).rows;
    let claims = world.read(|conn| crate::load::read_claims(conn, rows.iter().map(|row| row.id)));
    let mut found: Vec<_> = claims.iter().map(|claim| (claim.id == id, claim.lost, claim.told)).collect();
    found.sort_unstable();
    assert_eq!(found, [(false, 0, 0), (true, 1_000_000, 1)]);
    assert_eq!(world.events("claim").len(), 1, "as many as were told");
}

fn every_statement_walks_along_an_index(engine: Engine) {
    let world = world(engine);
    for statement in store::ALL.into_iter().flatten() {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        let whole = |line: &&str| !line.starts_with("SCAN c");
        let scans: Vec<&str> = db::full_scans(&plan).into_iter().filter(whole).collect();
        assert_eq!(scans, Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        // those that are open are few, and are put in order where they stand by item and site
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE"));
        let by_item = statement.name.starts_with("stock.claim.open") && !statement.name.contains("at_site");
        assert!(!sorts || by_item, "{}: {plan:#?}", statement.name);
    }
}
