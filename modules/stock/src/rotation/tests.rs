//! What may be picked, in which order, and how a page ends.

use super::{After, RotationRow, STATEMENTS, Wanted, page};
use crate::testing::{World, on_both_engines, parse, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Delta, SiteId, Zone};
use places::NewLocation;
use web::Reached;

on_both_engines!(
    the_oldest_stands_in_front_wherever_it_stood,
    what_may_not_be_picked_is_not_listed,
    a_quantity_ends_the_list_across_pages,
    the_statement_scans_no_table,
);

fn wanted(world: &World, sku: &str, qty: Option<i64>, limit: usize) -> Wanted {
    let (item, site) = (world.item(sku), SiteId(world.location("L").get()));
    let today = Zone::UTC.date(world.ctx.now);
    Wanted { item, site, today, below: None, qty: qty.map(|qty| qty * 1_000_000), limit }
}

/// All pages: `L1 10`, or `L1 10 take 4`.
fn listed(world: &World, wanted: &Wanted) -> Vec<String> {
    let (mut rows, mut after): (Vec<RotationRow>, Option<After>) = (Vec::new(), None);
    loop {
        let from = after.take();
        let (mut found, next) = world.read(|conn| page(conn, wanted, from.as_ref()));
        assert!(found.len() <= wanted.limit);
        rows.append(&mut found);
        after = next;
        if after.is_none() {
            break;
        }
    }
    let take = |take: Option<Delta>| take.map(|take| format!(" take {take}")).unwrap_or_default();
    rows.into_iter().map(|row| format!("{} {}{}", row.location, row.free, take(row.take))).collect()
}

fn the_oldest_stands_in_front_wherever_it_stood(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-03-01T08:00:00Z");
    world.receive("5 BOLT at L2");
    world.at("2026-03-02T08:00:00Z");
    world.receive("7 BOLT at L1");
    assert_eq!(listed(&world, &wanted(&world, "BOLT", None, 10)), ["L2 5", "L1 7"]);
    // the old ones go to the other bin, which is as old as they are from then on
    world.at("2026-03-03T08:00:00Z");
    world.post(Kind::Move, vec![parse("2 BOLT at L2 to L1")]);
    world.at("2026-03-04T08:00:00Z");
    world.post(Kind::Issue, vec![parse("3 BOLT at L2")]);
    world.receive("1 BOLT at L2");
    assert_eq!(listed(&world, &wanted(&world, "BOLT", None, 10)), ["L1 9", "L2 1"]);
    let (rows, _) = world.read(|conn| page(conn, &wanted(&world, "BOLT", None, 10), None));
    let since: Vec<&str> = rows.iter().map(|row| row.since.as_str()).collect();
    assert_eq!(since, ["2026-03-01T08:00:00Z", "2026-03-04T08:00:00Z"]);
}

fn what_may_not_be_picked_is_not_listed(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-03-01T08:00:00Z");
    world.receive("3 MILK lot A until 2026-03-02 at L1");
    world.receive("4 MILK lot B until 2026-03-09 at L1");
    world.receive("5 MILK lot B until 2026-03-09 at L2 status damaged");
    world.receive("6 MILK lot B until 2026-03-09 at M1");
    let staging = NewLocation {
        code: "STAGE".to_owned(),
        kind: Some("bin".to_owned()),
        parent: Some("L".to_owned()),
        open_to_allocation: Some(false),
        ..NewLocation::default()
    };
    world.run(move |tx, ctx| places::create_location(tx, ctx, Reached::All, &staging)).unwrap();
    world.receive("7 MILK lot B until 2026-03-09 at STAGE");
    assert_eq!(listed(&world, &wanted(&world, "MILK", None, 10)), ["L1 3", "L1 4"]);
    // the last sellable day is over, swept or not
    world.at("2026-03-03T00:00:00Z");
    assert_eq!(listed(&world, &wanted(&world, "MILK", None, 10)), ["L1 4"]);
    assert_eq!(listed(&world, &wanted(&world, "BOLT", None, 10)), Vec::<String>::new());
}

fn a_quantity_ends_the_list_across_pages(engine: Engine) {
    let mut world = world(engine);
    world.place("L3 bin below L");
    for (day, bin) in [(1, "L1"), (2, "L2"), (3, "L3")] {
        world.at(&format!("2026-03-0{day}T08:00:00Z"));
        world.receive(&format!("4 BOLT at {bin}"));
    }
    for limit in [1, 2, 3, 10] {
        let ask = |qty| listed(&world, &wanted(&world, "BOLT", Some(qty), limit));
        assert_eq!(ask(4), ["L1 4 take 4"], "{limit}");
        assert_eq!(ask(5), ["L1 4 take 4", "L2 4 take 1"], "{limit}");
        assert_eq!(ask(13), ["L1 4 take 4", "L2 4 take 4", "L3 4 take 4"], "{limit}: all there is");
    }
}

fn the_statement_scans_no_table(engine: Engine) {
    let world = world(engine);
    for statement in STATEMENTS {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
    }
}
