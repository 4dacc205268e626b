//! Where items are kept: set and taken away, listed, and in the way of places that go.

use super::*;
use crate::testing::{World, caller, on_both_engines, world};
use crate::{block, item_guard, place_guard};
use db::Engine;

on_both_engines!(
    homes_are_set_changed_and_taken_away,
    a_place_that_is_a_home_is_not_taken_away_below_its_items,
    a_row_of_a_list_puts_a_home_at_its_rank,
    homes_of_a_merged_item_go_over_where_the_other_has_none,
    pages_of_homes_have_every_one_once_and_only_those_in_reach,
    the_last_of_the_homes_is_the_sixteenth,
);

fn set_to(world: &World, sku: &'static str, homes: &'static [&'static str]) -> Homes {
    let homes: Vec<String> = homes.iter().map(ToString::to_string).collect();
    world.run(move |tx, ctx| set(tx, &caller(ctx, None), ("L", sku), IfMatch::Any, &homes)).unwrap()
}

fn homes(world: &World, site: &str, sku: &str) -> (Vec<String>, i64) {
    let scope = caller(&world.ctx, None).scope;
    let shown = world.read(|conn| Ok::<_, DbError>(get(conn, &scope, site, sku).unwrap()));
    (shown.locations, shown.version)
}

fn homes_are_set_changed_and_taken_away(engine: Engine) {
    let world = world(engine);
    assert_eq!(homes(&world, "L", "BOLT"), (vec![], 0));
    assert_eq!(set_to(&world, "BOLT", &["L2", "l1"]).locations, ["L2", "L1"], "as their places write them");
    assert_eq!(set_to(&world, "BOLT", &["L2", "L1"]).version, 1, "nothing changed");
    assert_eq!(set_to(&world, "BOLT", &["L1", "L2"]).version, 2, "their order counts");
    assert_eq!(homes(&world, "L", "BOLT"), (vec!["L1".to_owned(), "L2".to_owned()], 2));
    assert_eq!(homes(&world, "M", "BOLT"), (vec![], 0), "each site has its own");
    set_to(&world, "BOLT", &[]);
    assert_eq!(homes(&world, "L", "BOLT"), (vec![], 3));
    assert_eq!(world.events("homes").len(), 3);
    let stale = world.refused(|tx, ctx| {
        set(tx, &caller(ctx, None), ("L", "BOLT"), IfMatch::Version(2), &["L1".to_owned()]).map(|_| ())
    });
    assert_eq!(stale.0, Code::Stale);
    let there = world.location("M");
    let away = world.refused(move |tx, ctx| {
        set(tx, &caller(ctx, Some(there)), ("L", "BOLT"), IfMatch::Any, &["L1".to_owned()]).map(|_| ())
    });
    assert_eq!(away.0, Code::NotFound);
}

fn a_place_that_is_a_home_is_not_taken_away_below_its_items(engine: Engine) {
    let world = world(engine);
    world.place("Z zone below L");
    world.place("Z1 bin below Z");
    set_to(&world, "BOLT", &["Z1"]);
    let archive = |code| {
        world.run(move |tx, ctx| {
            place_guard::set_archived(tx, &caller(ctx, None), (code, IfMatch::Any), true).map(drop)
        })
    };
    let stand = |code, parent| {
        world.run(move |tx, ctx| {
            block::set_parent(tx, &caller(ctx, None), (code, IfMatch::Any), parent).map(drop)
        })
    };
    for code in ["Z1", "Z"] {
        for refused in [archive(code), stand(code, "M")] {
            let Failure::Refused(problem) = refused.unwrap_err() else { panic!("{code} is a fault") };
            assert_eq!(problem.code, Code::InUse);
            assert!(problem.detail.contains("`Z1` is a home of `BOLT`"), "{}", problem.detail);
        }
    }
    stand("Z1", "L").unwrap();
    assert_eq!(homes(&world, "L", "BOLT").0, ["Z1"], "within its site it goes where it likes");
    archive("Z").unwrap();
    set_to(&world, "BOLT", &[]);
    archive("Z1").unwrap();
}

fn a_row_of_a_list_puts_a_home_at_its_rank(engine: Engine) {
    let world = world(engine);
    let bring = |location: &'static str, rank| {
        world.run(move |tx, ctx| bring_home(tx, &caller(ctx, None), ("BOLT", location), rank)).unwrap()
    };
    world.place("L3 bin below L");
    for (location, rank, told, expected) in [
        ("L1", None, Brought::Created, "L1"),
        ("L2", None, Brought::Created, "L1 L2"),
        ("L2", None, Brought::Unchanged, "L1 L2"),
        ("L3", Some(2), Brought::Created, "L1 L3 L2"),
        ("L3", Some(2), Brought::Unchanged, "L1 L3 L2"),
        ("L1", Some(9), Brought::Changed, "L3 L2 L1"),
        ("L1", Some(1), Brought::Changed, "L1 L3 L2"),
    ] {
        assert_eq!(bring(location, rank), told, "{location} at {rank:?}");
        assert_eq!(homes(&world, "L", "BOLT").0.join(" "), expected);
    }
    let unknown =
        world.refused(|tx, ctx| bring_home(tx, &caller(ctx, None), ("BOLT", "~customer"), None).map(|_| ()));
    assert_eq!(unknown, (Code::UnknownLocation, "/location".to_owned()));
    let there = world.location("M");
    let away = world
        .refused(move |tx, ctx| bring_home(tx, &caller(ctx, Some(there)), ("BOLT", "L1"), None).map(|_| ()));
    assert_eq!(away, (Code::UnknownLocation, "/location".to_owned()), "out of reach is not there");
}

fn homes_of_a_merged_item_go_over_where_the_other_has_none(engine: Engine) {
    let world = world(engine);
    let twin = catalog::NewItem {
        sku: "TWIN".to_owned(),
        name: "Bolt".to_owned(),
        base_unit: "each".to_owned(),
        ..catalog::NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &twin)).unwrap();
    for (site, sku, home) in [("L", "TWIN", "L2"), ("M", "TWIN", "M1"), ("M", "BOLT", "M2")] {
        let put = move |tx: &mut Tx<'_>, ctx: &Ctx| {
            set(tx, &caller(ctx, None), (site, sku), IfMatch::Any, &[home.to_owned()]).map(drop)
        };
        world.run(put).unwrap();
    }
    world.run(|tx, ctx| item_guard::merge(tx, &caller(ctx, None), ("TWIN", IfMatch::Any), "BOLT")).unwrap();
    let at = |site, sku| homes(&world, site, sku).0.join(" ");
    assert_eq!((at("L", "BOLT"), at("M", "BOLT")), ("L2".to_owned(), "M2".to_owned()));
    assert_eq!((at("L", "TWIN"), at("M", "TWIN")), (String::new(), String::new()));
}

fn listed(world: &World, below: Option<LocationId>, which: Which) -> Vec<String> {
    let scope = caller(&world.ctx, below).scope;
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let part = world.read(|conn| list(conn, &scope, which, after, 1));
        rows.extend(
            part.rows
                .into_iter()
                .map(|home| format!("{} {} {} {}", home.site, home.sku, home.rank, home.location)),
        );
        match part.next {
            Some(next) => after = Some(next),
            None => return rows,
        }
    }
}

fn pages_of_homes_have_every_one_once_and_only_those_in_reach(engine: Engine) {
    let world = world(engine);
    set_to(&world, "BOLT", &["L2", "L1"]);
    set_to(&world, "MILK", &["L1"]);
    world
        .run(|tx, ctx| set(tx, &caller(ctx, None), ("M", "BOLT"), IfMatch::Any, &["M1".to_owned()]).map(drop))
        .unwrap();
    let all = Which { site: None, item: None, location: None };
    let sites: Vec<SiteId> = ["L", "M"].map(|code| SiteId(world.location(code).get())).to_vec();
    assert_eq!(listed(&world, None, all).len(), 4);
    let here = Which { site: Some(sites[0]), ..all };
    assert_eq!(listed(&world, None, here), ["L BOLT 1 L2", "L BOLT 2 L1", "L MILK 1 L1"]);
    let item = world.item("BOLT");
    assert_eq!(
        listed(&world, None, Which { item: Some(item), ..all }),
        ["L BOLT 1 L2", "L BOLT 2 L1", "M BOLT 1 M1"]
    );
    let at = Which { location: Some(world.location("L1")), ..all };
    assert_eq!(listed(&world, None, at), ["L BOLT 2 L1", "L MILK 1 L1"]);
    assert_eq!(listed(&world, None, Which { item: Some(item), ..at }), ["L BOLT 2 L1"]);
    assert_eq!(listed(&world, Some(world.location("M")), all), ["M BOLT 1 M1"]);
    assert_eq!(listed(&world, Some(world.location("L2")), all), ["L BOLT 1 L2"]);
}

fn the_last_of_the_homes_is_the_sixteenth(engine: Engine) {
    let world = world(engine);
    let codes: Vec<String> = (0..=HOMES_PER_ITEM_MAX).map(|n| format!("B-{n}")).collect();
    for code in &codes {
        world.place(&format!("{code} bin below L"));
    }
    let try_set = |count: usize| {
        let wanted = codes[..count].to_vec();
        world.run(move |tx, ctx| set(tx, &caller(ctx, None), ("L", "BOLT"), IfMatch::Any, &wanted))
    };
    assert_eq!(try_set(HOMES_PER_ITEM_MAX).unwrap().locations.len(), HOMES_PER_ITEM_MAX);
    let Failure::Refused(problem) = try_set(HOMES_PER_ITEM_MAX + 1).unwrap_err() else { panic!("a fault") };
    assert_eq!(
        (problem.code, problem.detail.as_ref()),
        (Code::TooMany, "an item has at most 16 homes at a site")
    );
}
