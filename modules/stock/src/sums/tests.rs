//! Sums of stock: they are those of the rows, whatever is asked for.

use super::{StockSum, page};
use crate::as_of::Moment;
use crate::asked::Below;
use crate::level::store::{After, Filter, Order};
use crate::testing::{World, caller, on_both_engines, parse, world};
use crate::transfer::{self, NewTransfer, NewTransferLine, StepBody, StepLine};
use crate::walk::{LOOKED_MAX, Part};
use db::{Engine, Statement};
use domain::ledger::Kind;
use domain::{Instant, SiteId, Status, Zone};
use web::IfMatch;

on_both_engines!(
    an_item_is_summed_over_its_places,
    sums_are_those_of_the_rows_under_every_filter,
    pages_of_one_item_give_what_one_page_gives,
    what_was_there_is_summed_as_it_was,
    what_is_under_way_is_kept_apart_and_only_for_those_who_reach_everything,
    a_page_of_a_moment_looks_at_so_many_levels_and_at_whole_items,
    every_statement_walks_along_an_index,
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

fn shown(sum: &StockSum) -> String {
    let StockSum { sku, on_hand, good, allocated, in_transit, .. } = sum;
    let more = |word: &str, qty: Option<domain::Delta>| {
        qty.filter(|qty| qty.0 != 0).map_or(String::new(), |qty| format!(" {word} {qty}"))
    };
    format!("{sku} {on_hand} good {good}{}{}", more("allocated", *allocated), more("under way", *in_transit))
}

fn list(world: &World, filter: Filter, moment: Option<&Moment>) -> Vec<String> {
    let part = world.read(|conn| page(conn, filter, moment, true));
    assert!(part.next.is_none(), "all of it is on one page");
    part.rows.iter().map(shown).collect()
}

/// What the rows come to, item by item, in the order of the list.
fn of_rows(world: &World, filter: Filter, moment: Option<&Moment>) -> Vec<String> {
    let part = world.read(|conn| crate::level::page(conn, filter, moment));
    let mut sums: Vec<StockSum> = Vec::new();
    for row in &part.rows {
        match sums.iter_mut().find(|sum| sum.sku == row.sku) {
            Some(sum) => sum.add(row),
            None => sums.push(StockSum::of(row)),
        }
    }
    sums.iter().map(shown).collect()
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

fn an_item_is_summed_over_its_places(engine: Engine) {
    let world = filled(engine);
    let up = ["BOLT 14 good 13", "MILK 9 good 9"];
    assert_eq!(list(&world, all(Order::Sku), None), up);
    assert_eq!(list(&world, all(Order::SkuDown), None), [up[1], up[0]]);
    let hold = Filter { status: Some(Status::Hold), ..all(Order::Sku) };
    assert_eq!(list(&world, hold, None), ["BOLT 1 good 0"]);
}

fn sums_are_those_of_the_rows_under_every_filter(engine: Engine) {
    let world = filled(engine);
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    let below = |place: &str| {
        let (scope, place) = (caller(&world.ctx, None).scope, world.location(place));
        world.read(|conn| Below::read(conn, &scope, Some(place)))
    };
    let reach = |place: &str| {
        let scope = caller(&world.ctx, Some(world.location(place))).scope;
        world.read(|conn| Below::read(conn, &scope, None))
    };
    let (bolt, milk) = (world.item("BOLT"), world.item("MILK"));
    for order in [Order::Sku, Order::SkuDown] {
        let filters = [
            all(order),
            Filter { item: Some(bolt), ..all(order) },
            Filter { item: Some(milk), status: Some(Status::Good), ..all(order) },
            Filter { site: Some(SiteId(world.location("M").get())), ..all(order) },
            Filter { below: below("L1"), ..all(order) },
            Filter { below: Below { few: None, ..below("L") }, ..all(order) },
            Filter { item: Some(bolt), below: below("L2"), ..all(order) },
            Filter { below: below("M2"), ..all(order) },
            Filter { below: reach("M"), ..all(order) },
        ];
        for filter in filters {
            for moment in [None, Some(&then)] {
                let of_rows = of_rows(&world, filter.clone(), moment);
                assert_eq!(list(&world, filter.clone(), moment), of_rows, "{filter:?}");
            }
        }
    }
}

fn pages_of_one_item_give_what_one_page_gives(engine: Engine) {
    let world = filled(engine);
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    for order in [Order::Sku, Order::SkuDown] {
        for moment in [None, Some(&then)] {
            let (mut rows, mut after) = (Vec::new(), None);
            loop {
                let filter = Filter { after, limit: 1, ..all(order) };
                let part = world.read(|conn| page(conn, filter, moment, true));
                assert!(part.rows.len() <= 1);
                rows.extend(part.rows.iter().map(shown));
                after = part.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(rows, list(&world, all(order), moment), "{order:?}");
        }
    }
}

fn what_was_there_is_summed_as_it_was(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 MILK lot A until 2027-01-01 at L1");
    world.at("2026-04-10T00:00:00Z");
    world.post(Kind::Issue, vec![parse("4 BOLT at L1")]);
    world.post(Kind::Issue, vec![parse("5 MILK lot A at L1")]);
    world.receive("2 BOLT at M1");
    let at = |text: &str| Moment::of(&Zone::UTC, Some(Instant::parse(text).unwrap()), None).unwrap();
    let sums = |moment: Option<&Moment>| list(&world, all(Order::Sku), moment);
    assert_eq!(sums(Some(&at("2026-03-20T00:00:00Z"))), ["BOLT 10 good 10", "MILK 5 good 5"]);
    assert_eq!(sums(Some(&at("2026-04-10T00:00:00Z"))), ["BOLT 8 good 8"]);
    assert_eq!(sums(Some(&at("2026-02-01T00:00:00Z"))), Vec::<String>::new());
    assert_eq!(sums(None), ["BOLT 8 good 8"]);
}

/// Sends bolts from `L1` on their way to `M`.
fn ship(world: &World, bolts: u32) {
    let line =
        NewTransferLine { sku: "BOLT".to_owned(), qty: bolts.to_string(), ..NewTransferLine::default() };
    let (from_site, to_site) = ("L".to_owned(), "M".to_owned());
    let new = NewTransfer { from_site, to_site, lines: vec![line], ..NewTransfer::default() };
    let number = world.run(move |tx, ctx| transfer::create(tx, &caller(ctx, None), &new)).unwrap().0;
    let line = StepLine { line: 1, location: "L1".to_owned(), ..StepLine::default() };
    let body = StepBody { lines: vec![line], ..StepBody::default() };
    world.run(move |tx, ctx| transfer::ship(tx, &caller(ctx, None), (&number, IfMatch::Any), &body)).unwrap();
}

fn what_is_under_way_is_kept_apart_and_only_for_those_who_reach_everything(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    ship(&world, 4);
    assert_eq!(list(&world, all(Order::Sku), None), ["BOLT 6 good 6 under way 4"]);
    let scoped = world.read(|conn| page(conn, all(Order::Sku), None, false));
    assert_eq!(scoped.rows[0].in_transit, None);
}

/// Items had something once at a place, and have nothing any more.
const HAD: Statement = Statement::new(
    "stock.test.had",
    "insert into stock_balance (item, location, lot, status, on_hand, allocated, ver, at, latest)
     select i.id, ?1, 0, 1, 0, 0, 0, 0, 0
     from stock_known_item i
     where i.sku like 'A0%' and not exists (select 1 from stock_balance b where b.item = i.id)",
);

fn a_page_of_a_moment_looks_at_so_many_levels_and_at_whole_items(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("4 BOLT at M1");
    world.receive("3 MILK lot A until 2027-02-01 at L1");
    let place = world.location("L1").get();
    let had = |numbers| {
        world.unused(numbers);
        world.run(move |tx, _| Ok(tx.execute(&HAD, &[place.into()]).map(|_| ())?)).unwrap();
    };
    let then = Moment::of(&Zone::UTC, Some(world.ctx.now), None).unwrap();
    let page = |after: Option<After>| {
        let filter = Filter { after, ..all(Order::Sku) };
        let Part { rows, next } = world.read(|conn| page(conn, filter.clone(), Some(&then), true));
        (rows.iter().map(shown).collect::<Vec<_>>(), next)
    };
    // the first of the bolts are the last level that is looked at, and the others are theirs too
    had(1..LOOKED_MAX);
    let (rows, next) = page(None);
    assert_eq!(rows, ["BOLT 14 good 14"]);
    let (rows, next) = page(Some(next.expect("there is milk")));
    assert_eq!((rows, next), (vec!["MILK 3 good 3".to_owned()], None));
    // and now the first that is not
    had(LOOKED_MAX..LOOKED_MAX + 1);
    let (rows, next) = page(None);
    assert_eq!(rows, Vec::<String>::new());
    let (rows, next) = page(Some(next.expect("the page stopped before the end")));
    assert_eq!((rows, next), (vec!["BOLT 14 good 14".to_owned(), "MILK 3 good 3".to_owned()], None));
}

fn every_statement_walks_along_an_index(engine: Engine) {
    let world = world(engine);
    for statement in super::store::STATEMENTS.into_iter().flatten() {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        let scans = db::full_scans(&plan);
        assert_eq!(scans, Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        // a page of everything ends when it is full
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE"));
        let walks = statement.name.contains("sums.all");
        assert!(!(walks && sorts && engine == Engine::Sqlite), "{}: {plan:#?}", statement.name);
    }
}
