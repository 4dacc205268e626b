//! Lists of stock: filters, orders, pages, reach, and moments in the past.

use super::store::{Filter, Order};
use super::{StockRow, page};
use crate::as_of::Moment;
use crate::asked::{Below, lot};
use crate::testing::{World, caller, on_both_engines, parse, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Instant, LocationId, SiteId, Status, Zone};

on_both_engines!(
    every_filter_and_order_gives_its_rows,
    pages_of_one_row_give_what_one_page_gives,
    what_is_out_of_reach_is_not_listed,
    what_was_there_is_listed_as_it_was,
    what_was_there_of_a_parent_is_that_of_its_serials,
    every_statement_is_understood_and_walks_along_an_index,
);

fn all(order: Order) -> Filter {
    Filter {
        order,
        after: None,
        then: None,
        item: None,
        site: None,
        status: None,
        lot: None,
        below: Below::default(),
        limit: 100,
    }
}

fn shown(row: &StockRow) -> String {
    let StockRow { sku, site, location, lot, status, on_hand, .. } = row;
    let lot = lot.as_ref().map_or(String::new(), |lot| format!(" lot {lot}"));
    format!("{sku} {} {location}{lot} {status} {on_hand}", site.as_deref().unwrap_or("-"))
}

fn list(world: &World, filter: Filter, moment: Option<&Moment>) -> Vec<String> {
    let rows = world.read(|conn| page(conn, filter, moment));
    assert!(rows.next.is_none(), "all of it is on one page");
    rows.rows.iter().map(shown).collect()
}

fn below(world: &World, place: &str) -> Below {
    let all = caller(&world.ctx, None).scope;
    let place = world.location(place);
    world.read(|conn| Below::read(conn, &all, Some(place)))
}

fn filled(engine: Engine) -> World {
    let world = world(engine);
    world.receive("10 BOLT at L2");
    world.receive("4 BOLT at M1");
    world.receive("6 MILK lot B until 2027-01-01 at L1");
    world.receive("3 MILK lot A until 2027-02-01 at L1");
    world.post(Kind::SetStatus, vec![parse("1 BOLT at L2 becomes hold")]);
    world.receive("1 BOLT at L1");
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    world
}

fn every_filter_and_order_gives_its_rows(engine: Engine) {
    let world = filled(engine);
    let by_sku = [
        "BOLT L L2 good 9",
        "BOLT L L2 hold 1",
        "BOLT M M1 good 4",
        "MILK L L1 lot B good 6",
        "MILK L L1 lot A good 3",
    ];
    assert_eq!(list(&world, all(Order::Sku), None), by_sku);
    let mut down = by_sku;
    down.reverse();
    assert_eq!(list(&world, all(Order::SkuDown), None), down);
    let by_place = [by_sku[3], by_sku[4], by_sku[0], by_sku[1], by_sku[2]];
    assert_eq!(list(&world, all(Order::Place), None), by_place);
    let mut down = by_place;
    down.reverse();
    assert_eq!(list(&world, all(Order::PlaceDown), None), down);
    let (bolt, milk) = (world.item("BOLT"), world.item("MILK"));
    for order in [Order::Sku, Order::Place] {
        let item = Filter { item: Some(milk), ..all(order) };
        assert_eq!(list(&world, item, None), [by_sku[3], by_sku[4]], "{order:?}");
        let item = Filter { item: Some(bolt), status: Some(Status::Hold), ..all(order) };
        assert_eq!(list(&world, item, None), [by_sku[1]], "{order:?}");
        let site = Filter { site: Some(SiteId(world.location("M").get())), ..all(order) };
        assert_eq!(list(&world, site, None), [by_sku[2]], "{order:?}");
        let bin = Filter { below: below(&world, "L1"), ..all(order) };
        assert_eq!(list(&world, bin, None), [by_sku[3], by_sku[4]], "{order:?}");
        let roots = Below { few: None, ..below(&world, "L1") };
        assert_eq!(list(&world, Filter { below: roots, ..all(order) }, None), [by_sku[3], by_sku[4]]);
        let empty = Filter { below: below(&world, "M2"), ..all(order) };
        assert_eq!(list(&world, empty, None), Vec::<String>::new());
    }
}

fn pages_of_one_row_give_what_one_page_gives(engine: Engine) {
    let world = filled(engine);
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    for order in [Order::Sku, Order::SkuDown, Order::Place, Order::PlaceDown] {
        for moment in [None, Some(&then)] {
            let whole = list(&world, all(order), moment);
            let mut rows = Vec::new();
            let mut after = None;
            loop {
                let filter = Filter { after: after.clone(), limit: 1, ..all(order) };
                let found = world.read(|conn| page(conn, filter, moment));
                assert!(found.rows.len() <= 1);
                rows.extend(found.rows.iter().map(shown));
                after = found.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(rows, whole, "{order:?}");
        }
    }
}

fn what_is_out_of_reach_is_not_listed(engine: Engine) {
    let world = filled(engine);
    let reach = |below: &str| {
        let scope = caller(&world.ctx, Some(world.location(below))).scope;
        let below = world.read(|conn| Below::read(conn, &scope, None));
        list(&world, Filter { below, ..all(Order::Sku) }, None)
    };
    assert_eq!(reach("M"), ["BOLT M M1 good 4"]);
    assert_eq!(reach("L1"), ["MILK L L1 lot B good 6", "MILK L L1 lot A good 3"]);
    let nowhere = caller(&world.ctx, Some(LocationId(999_999))).scope;
    let nowhere = world.read(|conn| Below::read(conn, &nowhere, None));
    assert_eq!(list(&world, Filter { below: nowhere, ..all(Order::Sku) }, None), Vec::<String>::new());
}

fn what_was_there_is_listed_as_it_was(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 MILK lot A until 2027-01-01 at L1");
    world.at("2026-04-10T00:00:00Z");
    world.post(Kind::Move, vec![parse("10 BOLT at L1 to L2")]);
    world.receive("2 BOLT at M1");
    let at = |text: &str| Moment::of(&Zone::UTC, Some(Instant::parse(text).unwrap()), None).unwrap();
    let (march, april) = (at("2026-03-20T00:00:00Z"), at("2026-04-10T00:00:00Z"));
    let rows = list(&world, all(Order::Sku), Some(&march));
    assert_eq!(rows, ["BOLT L L1 good 10", "MILK L L1 lot A good 5"]);
    let rows = list(&world, all(Order::Sku), Some(&april));
    assert_eq!(rows, ["BOLT L L2 good 10", "BOLT M M1 good 2", "MILK L L1 lot A good 5"]);
    let rows = list(&world, all(Order::Sku), Some(&at("2026-02-01T00:00:00Z")));
    assert_eq!(rows, Vec::<String>::new());
    let one = world.read(|conn| page(conn, Filter { limit: 1, ..all(Order::Sku) }, Some(&march)));
    assert_eq!(one.rows.len(), 1);
    assert!(one.rows[0].allocated.is_none(), "claims of the past are not told");
}

fn what_was_there_of_a_parent_is_that_of_its_serials(engine: Engine) {
    let mut world = world(engine);
    world.receive("2 DRILL lot R serials S1,S2 at L1");
    world.receive("1 DRILL lot Q serials S4 at L1");
    world.at("2026-04-10T00:00:00Z");
    world.post(Kind::Issue, vec![parse("1 DRILL serials S1 at L1")]);
    world.receive("1 DRILL lot R serials S3 at M1");
    let drill = world.read(|conn| catalog::facts_by_sku(conn, &["DRILL"])).pop().flatten().unwrap();
    let parent = world.db.read_blocking(|conn| lot(conn, Some(&drill), Some("r"))).unwrap().unwrap();
    assert!(parent.is_parent);
    let of_parent = |order| Filter { item: Some(drill.id), lot: Some(parent.id), ..all(order) };
    let at = |text: &str| Moment::of(&Zone::UTC, Some(Instant::parse(text).unwrap()), None).unwrap();
    let march = at("2026-03-20T00:00:00Z");
    for order in [Order::Sku, Order::Place] {
        let now = ["DRILL L L1 lot S2 good 1", "DRILL M M1 lot S3 good 1"];
        assert_eq!(list(&world, of_parent(order), None), now, "{order:?}");
        let then = ["DRILL L L1 lot S1 good 1", "DRILL L L1 lot S2 good 1"];
        assert_eq!(list(&world, of_parent(order), Some(&march)), then, "{order:?}");
    }
    let before = at("2026-02-01T00:00:00Z");
    assert_eq!(list(&world, of_parent(Order::Sku), Some(&before)), Vec::<String>::new());
}

fn every_statement_is_understood_and_walks_along_an_index(engine: Engine) {
    let world = world(engine);
    let places = [
        &crate::store_below::PLACES_BELOW,
        &crate::store_below::PLACES_EVER_BELOW,
        &crate::store_below::PLACES_ABOVE,
    ];
    for statement in super::store_ways::ALL.into_iter().flatten().chain(places) {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        let scans = db::full_scans(&plan);
        assert_eq!(scans, Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
        let walks = statement.name.contains("level.all");
        assert!(!(walks && sorts && engine == Engine::Sqlite), "{}: {plan:#?}", statement.name);
    }
}
