//! The list says of each item and site what the item says of itself, however it is read.

use super::list::{After, AvailabilityRow, Wanted, page};
use super::{Asked, read, store_list};
use crate::testing::{World, caller, on_both_engines, parse, world};
use crate::walk::{LOOKED_MAX, Part};
use db::Engine;
use domain::SiteId;
use domain::ledger::Kind;

on_both_engines!(
    the_list_says_what_each_item_says,
    pages_give_what_one_page_gives_in_both_orders,
    only_sites_that_are_reached_as_a_whole_are_listed,
    a_page_looks_at_so_many_items_and_says_where_to_go_on,
    the_list_walks_along_the_items,
);

fn filled(engine: Engine) -> World {
    let world = world(engine);
    for line in [
        "10 BOLT at L1",
        "7 BOLT at M1",
        "5 MILK lot A until 2026-03-05 at L1",
        "4 MILK lot B until 2027-01-01 at L2",
        "3 MILK lot A until 2026-03-05 at M1",
    ] {
        world.receive(line);
    }
    world.reserve("BOLT", "L", 4);
    world.reserve("MILK", "L", 2);
    // what was only asked for leaves no line behind
    world.try_post(Kind::Issue, vec![parse("1 DRILL serial S-1 at L1")]);
    world
}

fn list(world: &World, wanted: &Wanted, limit: usize) -> Vec<AvailabilityRow> {
    let (mut rows, mut after): (Vec<AvailabilityRow>, Option<After>) = (Vec::new(), None);
    loop {
        let part = world.read(|conn| page(conn, wanted, after.take(), limit, world.ctx.now));
        assert!(part.rows.len() <= limit);
        rows.extend(part.rows);
        after = part.next;
        if after.is_none() {
            return rows;
        }
    }
}

fn shown(row: &AvailabilityRow) -> String {
    let AvailabilityRow { sku, site, sellable, reserved, allocated, available, .. } = row;
    format!("{sku} {site}: {sellable} -{reserved} -{allocated} = {available}")
}

fn the_list_says_what_each_item_says(engine: Engine) {
    let mut world = filled(engine);
    // before and after the last day of a lot that nobody has swept yet
    for (now, milk) in [
        ("2026-03-05T12:00:00Z", ["MILK L: 9 -2 -0 = 7", "MILK M: 3 -0 -0 = 3"]),
        ("2026-03-07T12:00:00Z", ["MILK L: 4 -2 -0 = 2", "MILK M: 0 -0 -0 = 0"]),
    ] {
        world.at(now);
        let rows = list(&world, &Wanted::default(), 100);
        let bolts = ["BOLT L: 10 -4 -0 = 6", "BOLT M: 7 -0 -0 = 7"];
        assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), [bolts, milk].concat(), "{now}");
        let scope = caller(&world.ctx, None).scope;
        for sku in ["BOLT", "MILK", "DRILL"] {
            let item = world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap();
            let now = world.ctx.now;
            let one =
                world.db.read_blocking(|conn| read(conn, &scope, &item, now, Asked::default())).unwrap();
            let said: Vec<_> =
                one.sites.iter().map(|at| (&at.site, at.sellable, at.reserved, at.available)).collect();
            let of_item = rows.iter().filter(|row| row.sku == sku);
            let listed: Vec<_> =
                of_item.map(|row| (&row.site, row.sellable, row.reserved, row.available)).collect();
            assert_eq!(listed, said, "{sku}");
        }
    }
}

fn pages_give_what_one_page_gives_in_both_orders(engine: Engine) {
    let world = filled(engine);
    let site = |code: &str| Some(SiteId(world.location(code).get()));
    let scope = caller(&world.ctx, None).scope;
    for asked in [None, site("L")] {
        let wanted = Wanted::read(&scope, asked, false);
        let mut whole = list(&world, &wanted, 100);
        assert!(whole.len() >= 2 && whole.iter().all(|row| asked.is_none() || row.site == "L"));
        for limit in 1..=3 {
            assert_eq!(list(&world, &wanted, limit), whole, "{limit}");
        }
        whole.reverse();
        let down = Wanted { down: true, ..wanted };
        for limit in [1, 3, 100] {
            assert_eq!(list(&world, &down, limit), whole, "{limit}");
        }
    }
}

fn only_sites_that_are_reached_as_a_whole_are_listed(engine: Engine) {
    let world = filled(engine);
    let seen = |below: &str| {
        let wanted = below_only(&world, below);
        list(&world, &wanted, 100).iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(seen("M"), ["BOLT M: 7 -0 -0 = 7", "MILK M: 3 -0 -0 = 3"]);
    assert_eq!(seen("L1"), Vec::<String>::new(), "a bin does not open the numbers of its site");
}

/// What a key that reaches one place asks for.
fn below_only(world: &World, place: &str) -> Wanted {
    Wanted::read(&caller(&world.ctx, Some(world.location(place))).scope, None, false)
}

fn a_page_looks_at_so_many_items_and_says_where_to_go_on(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("7 BOLT at M1");
    let wanted = below_only(&world, "M");
    let page = |after: Option<After>| {
        let Part { rows, next } = world.read(|conn| page(conn, &wanted, after.clone(), 10, world.ctx.now));
        (rows.iter().map(shown).collect::<Vec<_>>(), next)
    };
    let bolts = "BOLT M: 7 -0 -0 = 7";
    // the bolts are the last that one page may look at
    world.unused(1..LOOKED_MAX);
    let (rows, next) = page(None);
    assert_eq!(rows, [bolts]);
    let (rows, next) = page(Some(next.expect("there are more items")));
    assert_eq!((rows.as_slice(), next), (&[][..], None));
    // and now the first that it may not
    world.unused(LOOKED_MAX..LOOKED_MAX + 1);
    let (rows, next) = page(None);
    assert_eq!(rows, Vec::<String>::new());
    let (rows, next) = page(Some(next.expect("the page stopped before the end")));
    assert_eq!((rows.as_slice(), next), (&[bolts.to_owned()][..], None));
}

fn the_list_walks_along_the_items(engine: Engine) {
    let world = world(engine);
    for statement in store_list::ALL {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        let scans = db::full_scans(&plan);
        let expected = |line: &&str| line.contains("json_each") || line.contains("json_array");
        assert!(scans.iter().all(expected), "{}: {plan:#?}", statement.name);
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{}: {plan:#?}", statement.name);
    }
}
