//! Where places stood: what is refused of the time before they came, and whose clock it is that says.

use super::sites_then;
use crate::as_of::Moment;
use crate::input::{PostInput, QtyInput, Work};
use crate::testing::{World, caller, code_of, on_both_engines, parse, posting, world};
use crate::{block, item_stock, store_tests, unit};
use db::Engine;
use domain::ledger::Kind;
use domain::{Instant, Qty, SiteId, Zone};
use serde_json::Value;
use web::{Answer, IfMatch};

on_both_engines!(
    what_was_there_is_shown_where_it_was,
    nothing_is_booked_before_its_place_came_to_its_site,
    a_clock_that_is_behind_books_nothing_before_a_place_came,
    a_place_that_stays_at_its_site_refuses_nothing,
    a_place_that_comes_back_is_where_it_was_and_is,
);

/// One page is enough.
const ALL: item_stock::Slice = item_stock::Slice { after: None, limit: 400 };

fn unit(world: &World, code: &'static str, parent: &'static str) {
    world
        .run(move |tx, ctx| unit::create(tx, &caller(ctx, None), Some(code), None, parent).map(|_| ()))
        .unwrap();
}

fn bring(world: &World, code: &'static str, parent: &'static str) {
    let done = world.run(move |tx, ctx| {
        unit::set_parent(tx, &caller(ctx, None), (code, IfMatch::Any), parent).map(|_| ())
    });
    done.unwrap();
}

fn stand(world: &World, code: &'static str, parent: &'static str) {
    let done = world.run(move |tx, ctx| {
        block::set_parent(tx, &caller(ctx, None), (code, IfMatch::Any), parent).map(|_| ())
    });
    done.unwrap();
}

/// What was on hand at each site at an instant: `L U 10`.
fn then(world: &World, sku: &str, at: &str) -> Vec<String> {
    let moment = Moment::of(&Zone::UTC, Some(Instant::parse(at).unwrap()), None).unwrap();
    let scope = caller(&world.ctx, None).scope;
    let item = world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap();
    let stock = world.read(|conn| item_stock::read(conn, &scope, &item, world.ctx.now, Some(&moment), ALL)).0;
    let rows = stock.sites.iter().flat_map(|site| site.balances.iter().map(move |row| (&site.site, row)));
    rows.map(|(site, row)| format!("{site} {} {}", row.location, row.on_hand)).collect()
}

fn what_was_there_is_shown_where_it_was(engine: Engine) {
    let mut world = world(engine);
    unit(&world, "U", "L1");
    world.receive("10 BOLT at U");
    world.receive("4 MILK lot A until 2027-01-01 at L2");
    world.post(Kind::Issue, vec![parse("4 MILK lot A at L2")]);
    world.at("2026-03-10T00:00:00Z");
    bring(&world, "U", "M1");
    // it is empty, and site M has never had any milk
    stand(&world, "L2", "M");
    world.at("2026-03-20T00:00:00Z");
    assert_eq!(then(&world, "BOLT", "2026-03-06T00:00:00Z"), ["L U 10"]);
    assert_eq!(then(&world, "BOLT", "2026-03-15T00:00:00Z"), ["M U 10"]);
    assert_eq!(then(&world, "MILK", "2026-03-01T09:30:00Z"), Vec::<String>::new());
    world.at("2026-03-21T00:00:00Z");
    world.receive("2 MILK lot A until 2027-01-01 at L2");
    assert_eq!(then(&world, "MILK", "2026-03-21T00:00:00Z"), ["M L2 2"]);
}

fn dated(world: &World, kind: Kind, text: &str, at: &str) -> Answer {
    let effective_at = Some(Instant::parse(at).unwrap());
    let input = PostInput { lines: vec![parse(text)], effective_at, post_late: true, ..posting(kind) };
    world.ask(Work::Post(input))
}

fn nothing_is_booked_before_its_place_came_to_its_site(engine: Engine) {
    let mut world = world(engine);
    unit(&world, "U", "L1");
    world.receive("10 BOLT at U");
    world.receive("10 BOLT at L1");
    world.at("2026-03-10T00:00:00Z");
    bring(&world, "U", "M1");
    world.at("2026-03-20T00:00:00Z");
    let before = "2026-03-06T00:00:00Z";
    let refused = dated(&world, Kind::Receive, "1 BOLT at U", before);
    let told: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!((refused.status.as_u16(), &told["code"]), (409, &Value::from("stood_elsewhere")));
    assert_eq!(told["errors"][0]["pointer"], "/lines/0/location");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.starts_with("`U` stands at its site since `2026-03-10T00:00:00"), "{detail}");
    for (kind, text) in [
        (Kind::Issue, "1 BOLT at U"),
        (Kind::Move, "1 BOLT at L1 to U"),
        (Kind::SetStatus, "1 BOLT at U becomes hold"),
    ] {
        assert_ne!(code_of(&dated(&world, kind, text, before)), "accepted", "{text}");
    }
    let count = |at: &str| {
        let mut line = parse("9 BOLT at U");
        line.qty = QtyInput::Counted(Qty::units(9).unwrap());
        let effective_at = Some(Instant::parse(at).unwrap());
        code_of(&world.ask(Work::Post(PostInput {
            lines: vec![line],
            effective_at,
            ..posting(Kind::Adjust)
        })))
    };
    assert_eq!(count(before), "stood_elsewhere");
    assert_eq!(code_of(&dated(&world, Kind::Issue, "1 BOLT at L1", before)), "accepted", "it never moved");
    assert_eq!(count("2026-03-15T00:00:00Z"), "accepted");
    assert_eq!(then(&world, "BOLT", before), ["L L1 9", "L U 10"]);
    assert_eq!(then(&world, "BOLT", "2026-03-15T00:00:00Z"), ["L L1 9", "M U 9"]);
}

fn a_clock_that_is_behind_books_nothing_before_a_place_came(engine: Engine) {
    let mut world = world(engine);
    unit(&world, "U", "L1");
    world.at("2026-03-10T12:00:00Z");
    bring(&world, "U", "M1");
    // another process, half a minute behind, and a key that nobody has seen
    world.at("2026-03-10T11:59:30Z");
    world.receive("3 BOLT at U");
    world.at("2026-03-11T00:00:00Z");
    assert_eq!(then(&world, "BOLT", "2026-03-10T11:59:59Z"), Vec::<String>::new());
    assert_eq!(then(&world, "BOLT", "2026-03-10T12:00:01Z"), ["M U 3"]);
    // and the other way around: what is put elsewhere has seen what is of later
    world.at("2026-03-12T12:00:00Z");
    world.receive("1 BOLT at L2");
    world.post(Kind::Issue, vec![parse("1 BOLT at L2")]);
    world.at("2026-03-12T11:59:30Z");
    stand(&world, "L2", "M");
    world.at("2026-03-13T00:00:00Z");
    let then = |at: &str| {
        let (place, at) = (world.location("L2"), Instant::parse(at).unwrap());
        world.read(|conn| sites_then(conn, &[place], at)).get(&place).copied()
    };
    let site = |code: &str| Some(SiteId(world.location(code).get()));
    assert_eq!([then("2026-03-12T11:59:59Z"), then("2026-03-12T12:00:01Z")], [site("L"), site("M")]);
}

fn a_place_that_stays_at_its_site_refuses_nothing(engine: Engine) {
    let mut world = world(engine);
    unit(&world, "U", "L1");
    world.receive("10 BOLT at U");
    world.at("2026-03-10T00:00:00Z");
    bring(&world, "U", "L2");
    world.at("2026-03-20T00:00:00Z");
    let answer = dated(&world, Kind::Issue, "1 BOLT at U", "2026-03-06T00:00:00Z");
    assert_eq!(code_of(&answer), "accepted");
    assert_eq!(then(&world, "BOLT", "2026-03-06T00:00:00Z"), ["L U 9"]);
    assert_eq!(world.read(store_tests::lost), 0);
}

fn a_place_that_comes_back_is_where_it_was_and_is(engine: Engine) {
    let mut world = world(engine);
    unit(&world, "U", "L1");
    world.receive("10 BOLT at U");
    // the clock stands still: each turn is behind the one before all the same
    for parent in ["M1", "L2", "M2", "L1"] {
        bring(&world, "U", parent);
    }
    world.at("2026-03-20T00:00:00Z");
    assert_eq!(then(&world, "BOLT", "2026-03-10T00:00:00Z"), ["L U 10"]);
    bring(&world, "U", "M1");
    world.at("2026-03-30T00:00:00Z");
    assert_eq!(then(&world, "BOLT", "2026-03-10T00:00:00Z"), ["L U 10"]);
    assert_eq!(then(&world, "BOLT", "2026-03-29T00:00:00Z"), ["M U 10"]);
}
