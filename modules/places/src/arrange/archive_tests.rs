//! Out of use and back: the flag holds for everything below, and an archived place is closed.

use super::*;
use crate::make_many::decide::{MakeLevel, MakeLocations};
use crate::testing::{World, new, on_both_engines, world};
use crate::{create_location, make_locations};
use db::Engine;
use web::Reached;

on_both_engines!(
    what_is_archived_is_so_with_all_below_it,
    what_was_archived_by_itself_stays_so,
    a_place_comes_back_only_after_what_stands_above_it,
    nothing_is_made_below_what_is_archived,
    nothing_moves_into_or_out_of_what_is_archived,
    an_archived_place_is_neither_blocked_nor_sold,
    only_places_with_walls_are_archived,
);

fn archive(world: &World, code: &str, archived: bool) -> Result<Location, Failure> {
    let id = world.id(code);
    world.run(move |tx, ctx| set_archived(tx, ctx, id, archived))
}

fn refused<T: std::fmt::Debug>(done: Result<T, Failure>) -> (Code, String) {
    match done {
        Err(Failure::Refused(problem)) => testkit::seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

/// Which of the locations are archived, those that are so by themselves with a star.
fn archived(world: &World) -> Vec<String> {
    let codes = ["L", "Z", "Z1", "Y", "Y1"];
    let shown = codes.map(|code| world.get(code)).into_iter().filter(|location| location.archived);
    shown.map(|it| format!("{}{}", it.code, if it.archived_at.is_some() { "*" } else { "" })).collect()
}

fn places(engine: Engine) -> World {
    let world = world(engine);
    world.make(&[
        "L site",
        "Z zone below L",
        "Z1 rack below Z",
        "Y zone below L",
        "Y1 rack below Y",
        "M site",
    ]);
    world
}

fn what_is_archived_is_so_with_all_below_it(engine: Engine) {
    let world = places(engine);
    let done = archive(&world, "Z", true).unwrap();
    assert_eq!((done.archived, done.archived_at, done.version), (true, Some(world.ctx.now), 2));
    assert_eq!(world.get("Z"), done);
    assert_eq!(archived(&world), ["Z*", "Z1"]);
    assert_eq!(world.events().last().unwrap(), &("places.location_archived".to_owned(), 2));
    let facts = world.read(|conn| crate::facts_by_code(conn, &["Z1", "Y1"]));
    assert_eq!(facts.into_iter().flatten().map(|facts| facts.archived).collect::<Vec<_>>(), [true, false]);
    // what is so already leaves no trace
    assert_eq!(archive(&world, "Z", true).unwrap(), done);
    let back = archive(&world, "Z", false).unwrap();
    assert_eq!((back.archived, back.archived_at, back.version), (false, None, 3));
    assert_eq!(archived(&world), Vec::<String>::new());
    assert_eq!(world.events().last().unwrap(), &("places.location_restored".to_owned(), 3));
    assert_eq!(archive(&world, "Z", false).unwrap(), back);
    archive(&world, "L", true).unwrap();
    let sites = world.read(|conn| crate::site_facts_by_code(conn, &["l"])).remove(0).unwrap();
    assert!(sites.archived);
}

fn what_was_archived_by_itself_stays_so(engine: Engine) {
    let world = places(engine);
    archive(&world, "Z1", true).unwrap();
    archive(&world, "L", true).unwrap();
    // out of use already, and now by itself as well
    archive(&world, "Y", true).unwrap();
    assert_eq!(archived(&world), ["L*", "Z", "Z1*", "Y*", "Y1"]);
    archive(&world, "L", false).unwrap();
    assert_eq!(archived(&world), ["Z1*", "Y*", "Y1"]);
}

fn a_place_comes_back_only_after_what_stands_above_it(engine: Engine) {
    let world = places(engine);
    for code in ["Z1", "Z", "L"] {
        archive(&world, code, true).unwrap();
    }
    for code in ["Z1", "Z", "Y1"] {
        let Err(Failure::Refused(problem)) = archive(&world, code, false) else { panic!("{code}") };
        assert_eq!(problem.code, Code::LocationArchived);
        let detail = format!("`{code}` stands below `L`, which is archived; restore that first");
        assert_eq!(problem.detail, detail);
    }
    for code in ["L", "Z", "Z1"] {
        archive(&world, code, false).unwrap();
    }
    assert_eq!(archived(&world), Vec::<String>::new());
}

fn nothing_is_made_below_what_is_archived(engine: Engine) {
    let world = places(engine);
    archive(&world, "Z", true).unwrap();
    let closed = (Code::LocationArchived, "/parent".to_owned());
    for text in ["N rack below Z", "N shelf below Z1"] {
        let made = world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &new(text)));
        assert_eq!(refused(made), closed, "{text}");
    }
    let bin = MakeLevel { kind: Some("bin".to_owned()), ..MakeLevel::default() };
    let many = MakeLocations {
        parent: "Z".to_owned(),
        pattern: "N-{1..3}".to_owned(),
        levels: vec![Some(bin)],
        ..MakeLocations::default()
    };
    assert_eq!(refused(world.run(move |tx, ctx| make_locations(tx, ctx, Reached::All, &many))), closed);
    let parent = world.id("Z1");
    let unit = NewHandlingUnit { code: "U", name: None, parent };
    assert_eq!(refused(world.run(move |tx, ctx| create_handling_unit(tx, ctx, &unit))), closed);
    world.make(&["N bin below Y"]);
}

fn nothing_moves_into_or_out_of_what_is_archived(engine: Engine) {
    let world = places(engine);
    archive(&world, "Z", true).unwrap();
    let moved = |what: &str, to: &str| {
        let (what, to) = (world.id(what), world.id(to));
        world.run(move |tx, ctx| set_parent(tx, ctx, what, to))
    };
    for (what, to, pointer) in
        [("Y1", "Z", "/parent"), ("Z", "M", ""), ("Z1", "Y", ""), ("Z1", "Z", ""), ("Z1", "L", "")]
    {
        assert_eq!(refused(moved(what, to)), (Code::LocationArchived, pointer.to_owned()), "{what} {to}");
    }
    world.assert_tree();
    // what holds something archived moves, and that goes along as it is
    archive(&world, "Y1", true).unwrap();
    moved("Y", "M").unwrap();
    assert_eq!(archived(&world), ["Z*", "Z1", "Y1*"]);
}

fn an_archived_place_is_neither_blocked_nor_sold(engine: Engine) {
    let world = places(engine);
    archive(&world, "Z", true).unwrap();
    for code in ["Z", "Z1"] {
        let id = world.id(code);
        let closed = (Code::LocationArchived, String::new());
        assert_eq!(refused(world.run(move |tx, ctx| set_blocked(tx, ctx, id, Some("wet")))), closed);
        assert_eq!(refused(world.run(move |tx, ctx| set_blocked(tx, ctx, id, None))), closed);
        assert_eq!(refused(world.run(move |tx, ctx| set_sellable(tx, ctx, id, true))), closed);
    }
    // a block above holds for it all the same, and is there when it comes back
    let site = world.id("L");
    world.run(move |tx, ctx| set_blocked(tx, ctx, site, Some("flood"))).unwrap();
    let back = archive(&world, "Z", false).unwrap();
    assert!(back.blocked && !back.archived);
}

fn only_places_with_walls_are_archived(engine: Engine) {
    let world = places(engine);
    assert_eq!(refused(archive(&world, "~loss", true)).0, Code::WrongLocationKind);
    let transit = world.run(|tx, ctx| create_transit(tx, ctx, "T")).unwrap();
    let done = world.run(move |tx, ctx| set_archived(tx, ctx, transit, true));
    assert_eq!(refused(done).0, Code::WrongLocationKind);
    let missing = world.run(move |tx, ctx| set_archived(tx, ctx, LocationId(9_999), true));
    assert_eq!(refused(missing).0, Code::NotFound);
}
