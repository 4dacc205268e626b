//! Moving, blocking, selling: the tree stays the closure of the parents, and handling units are as
//! the place they stand in.

use super::*;
use crate::create_location;
use crate::testing::{World, new, on_both_engines, world};
use db::Engine;
use web::Reached;

on_both_engines!(
    a_subtree_moves_with_all_below_it,
    a_subtree_moves_to_another_site,
    nothing_stands_below_itself,
    two_moves_at_once_make_no_cycle,
    a_block_holds_for_all_below,
    a_handling_unit_is_as_its_place,
    what_sells_is_set_for_a_place_and_its_units,
    transit_belongs_to_no_site,
);

fn unit(world: &World, code: &'static str, parent: &str) -> LocationId {
    let parent = world.id(parent);
    let made = world
        .run(move |tx, ctx| create_handling_unit(tx, ctx, &NewHandlingUnit { code, name: None, parent }));
    made.unwrap().id
}

fn moved(world: &World, what: &str, to: &str) -> Result<Moved, Failure> {
    let (what, to) = (world.id(what), world.id(to));
    world.run(move |tx, ctx| set_parent(tx, ctx, what, to))
}

fn refused(world: &World, what: &str, to: &str) -> Code {
    match moved(world, what, to) {
        Err(Failure::Refused(problem)) => problem.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn blocked(world: &World, what: &str, reason: Option<&'static str>) -> Vec<String> {
    let id = world.id(what);
    let changed = world.run(move |tx, ctx| set_blocked(tx, ctx, id, reason)).unwrap();
    world.codes(&changed)
}

fn a_subtree_moves_with_all_below_it(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A zone below L", "B zone below L", "R rack below A", "R1 bin below R"]);
    unit(&world, "U", "R1");
    let result = moved(&world, "R", "B").unwrap();
    assert_eq!(world.codes(&result.subtree), ["R", "R1", "U"]);
    assert_eq!((result.before.parent.as_deref(), result.location.parent.as_deref()), (Some("A"), Some("B")));
    assert_eq!((result.location.version, world.get("R1").version), (2, 1));
    assert_eq!(world.get("R"), result.location);
    world.assert_tree();
    let again = moved(&world, "R", "B").unwrap();
    assert_eq!(again.location.version, 2, "a move to where it stands leaves no trace");
    assert_eq!(world.events().last().unwrap(), &("places.location_moved".to_owned(), 2));
}

fn a_subtree_moves_to_another_site(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "M site", "A zone below L", "A1 bin below A"]);
    unit(&world, "U", "A1");
    let result = moved(&world, "A", "M").unwrap();
    assert_ne!(result.before.site_id, result.location.site_id);
    let site = world.get("M");
    for code in ["A", "A1", "U"] {
        let location = world.get(code);
        assert_eq!(
            (location.site_id, location.valuation_group),
            (site.site_id, site.valuation_group),
            "{code}"
        );
    }
    world.assert_tree();
}

fn nothing_stands_below_itself(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L"]);
    unit(&world, "U", "A");
    unit(&world, "V", "U");
    unit(&world, "W", "V");
    for (what, to) in [("U", "U"), ("U", "V"), ("U", "W"), ("A", "U"), ("L", "A"), ("L", "W")] {
        assert_eq!(refused(&world, what, to), Code::TreeCycle, "{what} {to}");
    }
    assert_eq!(refused(&world, "A", "~loss"), Code::WrongLocationKind);
    let missing = world.refused(|tx, ctx| set_parent(tx, ctx, LocationId(9_999), LocationId(2)));
    assert_eq!(missing.0, Code::NotFound);
    world.assert_tree();
}

fn two_moves_at_once_make_no_cycle(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A bin below L"]);
    for round in 0..10 {
        let names = [format!("U{round}"), format!("V{round}")];
        for name in &names {
            let (name, parent) = (name.clone(), world.id("A"));
            world
                .run(move |tx, ctx| {
                    create_handling_unit(tx, ctx, &NewHandlingUnit { code: &name, name: None, parent })
                })
                .unwrap();
        }
        let done: Vec<bool> = std::thread::scope(|scope| {
            let moves = [(&names[0], &names[1]), (&names[1], &names[0])];
            let threads = moves.map(|(what, to)| {
                let world = &world;
                scope.spawn(move || moved(world, what, to).is_ok())
            });
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "exactly one of two goes through");
    }
    world.assert_tree();
}

fn a_block_holds_for_all_below(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A aisle below L", "A1 bin below A", "A2 bin below A", "B aisle below L"]);
    unit(&world, "U", "A1");
    assert_eq!(blocked(&world, "A1", Some("broken shelf")), ["A1", "U"]);
    assert_eq!(blocked(&world, "A1", Some("broken shelf")), Vec::<String>::new());
    assert_eq!(blocked(&world, "A", Some("flood")), ["A", "A2"]);
    assert_eq!((world.get("A2").blocked, world.get("A2").block_reason), (true, None));
    // what is made or moved there is blocked, what leaves is not
    world.make(&["A3 bin below A"]);
    assert!(world.get("A3").blocked);
    moved(&world, "A2", "B").unwrap();
    assert!(!world.get("A2").blocked);
    moved(&world, "A2", "A").unwrap();
    assert!(world.get("A2").blocked);
    assert_eq!(blocked(&world, "A", None), ["A", "A2", "A3"], "a reason of its own stays");
    assert_eq!(blocked(&world, "A1", None), ["A1", "U"]);
    let id = world.id("A");
    let empty = world.refused(move |tx, ctx| set_blocked(tx, ctx, id, Some(" ")));
    assert_eq!(empty, (Code::InvalidValue, "/reason".to_owned()));
    let virtual_one = world.refused(|tx, ctx| set_blocked(tx, ctx, crate::LOSS, Some("no")));
    assert_eq!(virtual_one.0, Code::WrongLocationKind);
}

fn a_handling_unit_is_as_its_place(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "M site", "A bin below L"]);
    for (code, role) in [("S", "staging"), ("Q", "quarantine")] {
        let command =
            crate::NewLocation { role: Some(role.to_owned()), ..new(&format!("{code} bin below M")) };
        world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &command)).unwrap();
    }
    unit(&world, "U", "A");
    unit(&world, "V", "U");
    let transit = world.run(|tx, ctx| create_transit(tx, ctx, "T")).unwrap();
    for (place, sellable, open) in
        [("S", true, false), ("Q", false, false), ("T", false, false), ("A", true, true)]
    {
        moved(&world, "U", place).unwrap();
        for code in ["U", "V"] {
            let found = world.get(code);
            assert_eq!((found.sellable, found.open_to_allocation), (sellable, open), "{code} in {place}");
            assert_eq!(found.site_id, world.get(place).site_id, "{code} in {place}");
        }
    }
    moved(&world, "U", "T").unwrap();
    assert_eq!(world.get("V").valuation_group, transit.get());
    world.assert_tree();
}

fn what_sells_is_set_for_a_place_and_its_units(engine: Engine) {
    let world = world(engine);
    world.make(&["L site", "A zone below L", "A1 bin below A"]);
    unit(&world, "U", "A");
    unit(&world, "V", "U");
    unit(&world, "W", "A1");
    let zone = world.id("A");
    let held = world.run(move |tx, ctx| set_sellable(tx, ctx, zone, false)).unwrap();
    assert_eq!(world.codes(&held), ["A", "U", "V"]);
    let sellable = ["A", "U", "V", "A1", "W"].map(|code| world.get(code).sellable);
    assert_eq!(sellable, [false, false, false, true, true], "a bin of the zone says for itself");
    assert!(world.run(move |tx, ctx| set_sellable(tx, ctx, zone, false)).unwrap().is_empty());
    let inner = world.id("U");
    let refused = world.refused(move |tx, ctx| set_sellable(tx, ctx, inner, true));
    assert_eq!(refused, (Code::WrongLocationKind, "/sellable".to_owned()));
}

fn transit_belongs_to_no_site(engine: Engine) {
    let world = world(engine);
    let id = world.run(|tx, ctx| create_transit(tx, ctx, "TRF-1")).unwrap();
    let found = world.get("trf-1");
    assert_eq!((found.id, found.site_id, found.kind), (id, SiteId::NONE, LocationKind::Transit));
    assert!(id.get() > 0 && !found.sellable && !found.open_to_allocation);
    let taken = world.refused(|tx, ctx| create_transit(tx, ctx, "TRF-1"));
    assert_eq!(taken, (Code::CodeTaken, "/code".to_owned()));
    world.assert_tree();
}
