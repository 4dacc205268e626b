//! Finding locations, within reach.

use super::*;
use crate::store_list::{Filter, Order, list};
use crate::testing::{World, on_both_engines, world};
use db::Engine;
use domain::{LocationKind, Role};

on_both_engines!(a_list_is_filtered, a_list_shows_only_what_is_reached, a_list_is_read_in_pages_both_ways);

/// As the route asks when nothing is said.
fn all() -> Filter {
    Filter { archived: Some(false), limit: 100, ..Filter::default() }
}

fn codes(world: &World, filter: &Filter) -> Vec<String> {
    world.read(|conn| list(conn, filter)).into_iter().map(|location| location.code).collect()
}

fn places(engine: Engine) -> World {
    let world = world(engine);
    world.make(&[
        "L site",
        "A zone below L",
        "A-1 bin below A",
        "a_2 bin below A",
        "M site",
        "M-1 bin below M",
        "M-2 bin below M",
    ]);
    world.run(|tx, ctx| crate::create_transit(tx, ctx, "T")).unwrap();
    let bin = world.id("M-1");
    world.run(move |tx, ctx| crate::set_blocked(tx, ctx, bin, Some("wet")).map(|_| ())).unwrap();
    let gone = world.id("M-2");
    world.run(move |tx, ctx| crate::set_archived(tx, ctx, gone, true)).unwrap();
    world
}

fn a_list_is_filtered(engine: Engine) {
    let world = places(engine);
    let site = world.get("L").site_id;
    let cases: Vec<(Filter, &[&str])> = vec![
        (all(), &["A", "A-1", "a_2", "L", "M", "M-1"]),
        (Filter { site: Some(site), ..all() }, &["A", "A-1", "a_2", "L"]),
        (Filter { below: Some(world.id("A")), ..all() }, &["A", "A-1", "a_2"]),
        (Filter { parent: Some(world.id("L")), ..all() }, &["A"]),
        (Filter { parent: Some(world.id("A-1")), ..all() }, &[]),
        (Filter { holds: Some("-1".into()), ..all() }, &["A-1", "M-1"]),
        (Filter { holds: Some("_".into()), ..all() }, &["a_2"]),
        (Filter { holds: Some("%".into()), ..all() }, &[]),
        (Filter { kind: Some(LocationKind::Bin), ..all() }, &["A-1", "a_2", "M-1"]),
        (Filter { kind: Some(LocationKind::Transit), ..all() }, &["T"]),
        (Filter { kind: Some(LocationKind::Loss), ..all() }, &["~loss"]),
        (Filter { role: Some(Role::Staging), ..all() }, &[]),
        (Filter { archived: Some(true), ..all() }, &["M-2"]),
        (Filter { archived: None, ..all() }, &["A", "A-1", "a_2", "L", "M", "M-1", "M-2"]),
        (Filter { blocked: Some(true), ..all() }, &["M-1"]),
        (Filter { blocked: Some(false), kind: Some(LocationKind::Bin), ..all() }, &["A-1", "a_2"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(codes(&world, &filter), expected, "{filter:?}");
    }
}

fn a_list_shows_only_what_is_reached(engine: Engine) {
    let world = places(engine);
    let (zone, other) = (world.id("A"), world.id("M-1"));
    let reached = |roots: &str| Filter { roots: Some(roots.to_owned()), ..all() };
    assert_eq!(codes(&world, &reached(&format!("[{zone},{other}]"))), ["A", "A-1", "a_2", "M-1"]);
    assert_eq!(codes(&world, &reached("[]")), Vec::<String>::new());
    let transit = Filter { kind: Some(LocationKind::Transit), ..reached(&format!("[{zone}]")) };
    assert_eq!(codes(&world, &transit), Vec::<String>::new());
    let roots = [zone];
    let found = |code: &str| world.read(|conn| location(conn, Reached::Within(&roots), code)).is_some();
    let seen = ["A", "a-1", "L", "M-1", "~loss", "T", "x", "\0"].map(found);
    assert_eq!(seen, [true, true, false, false, false, false, false, false]);
}

fn a_list_is_read_in_pages_both_ways(engine: Engine) {
    let world = places(engine);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = codes(&world, &Filter { after: after.clone(), limit: 4, ..all() });
        let Some(last) = page.last() else { break };
        after = code::key(last);
        seen.extend(page);
    }
    assert_eq!(seen, codes(&world, &all()));
    let down = codes(&world, &Filter { order: Order::CodeDown, ..all() });
    assert_eq!(down, seen.into_iter().rev().collect::<Vec<_>>());
}
