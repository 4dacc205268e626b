//! Lots and serials are found by each of their filters, and only within reach.

use super::find::{LotRow, PLACES_SHOWN, Wanted, find, page};
use super::hold::set_hold;
use super::store_find::{self as store, Order, Whose};
use crate::testing::{World, caller, on_both_engines, parse, world};
use db::Engine;
use domain::ledger::Kind;
use domain::when::parse_date;
use domain::{LocationId, Tracking};
use web::IfMatch;

on_both_engines!(
    each_filter_finds_its_lots_in_each_order,
    pages_follow_each_other_without_gap,
    a_serial_is_shown_where_it_is,
    lots_on_hold_are_shown_as_such,
    a_lot_in_more_places_than_are_shown_says_in_how_many,
    a_lot_is_seen_by_those_who_reach_a_place_of_it,
    every_statement_walks_along_an_index,
);

fn filled(engine: Engine) -> World {
    let world = world(engine);
    for line in [
        "5 MILK lot B2 until 2026-05-01 at L1",
        "2 MILK lot B2 until 2026-05-01 at M1",
        "3 MILK lot a1 until 2026-06-01 at L2",
        "4 MILK lot B1 until 2026-04-01 at M1",
        "2 DRILL serials S2,S1 at L1",
    ] {
        world.receive(line);
    }
    world.post(Kind::Issue, vec![parse("4 MILK lot B1 at M1")]);
    world
}

fn by_code(begins: &str) -> Wanted {
    Wanted {
        whose: Whose::All,
        tracking: None,
        expires: (None, None),
        held: None,
        on_hold: None,
        is_parent: None,
        within: None,
        order: Order::Code(begins.to_owned(), format!("{begins}{}", char::MAX)),
        down: false,
    }
}

fn by_expiry(from: &str, until: &str) -> Wanted {
    let day = |text: &str| parse_date(text).unwrap();
    let expires = (day(from), day(until));
    Wanted {
        order: Order::Expiry(expires.0, expires.1),
        expires: (Some(expires.0), Some(expires.1)),
        ..by_code("")
    }
}

fn shown(row: &LotRow) -> String {
    let places: Vec<String> =
        row.places.iter().map(|held| format!("{} {}", held.location, held.on_hand)).collect();
    format!("{} {} {}: {}", row.sku, row.lot, row.on_hand, places.join(", "))
}

fn list(world: &World, wanted: &Wanted) -> Vec<String> {
    let scope = caller(&world.ctx, None).scope;
    let part = world.read(|conn| page(conn, &scope, wanted, None, 100));
    assert_eq!(part.next, None);
    part.rows.iter().map(shown).collect()
}

const LOTS: [&str; 5] =
    ["MILK a1 3: L2 3", "MILK B1 0: ", "MILK B2 7: L1 5, M1 2", "DRILL S1 1: L1 1", "DRILL S2 1: L1 1"];

fn each_filter_finds_its_lots_in_each_order(engine: Engine) {
    let world = filled(engine);
    let milk = Whose::Item(world.item("MILK"));
    let forever = Order::Expiry(store::FIRST_DAY, store::LAST_DAY);
    let cases: Vec<(Wanted, Vec<&str>)> = vec![
        (by_code(""), LOTS.to_vec()),
        (by_code("b"), vec![LOTS[1], LOTS[2]]),
        (by_code("b2"), vec![LOTS[2]]),
        (by_code("x"), vec![]),
        (Wanted { whose: milk, ..by_code("") }, LOTS[..3].to_vec()),
        (Wanted { whose: milk, ..by_code("b") }, vec![LOTS[1], LOTS[2]]),
        (Wanted { tracking: Some(Tracking::Serial), ..by_code("") }, LOTS[3..].to_vec()),
        (Wanted { held: Some(true), whose: milk, ..by_code("") }, vec![LOTS[0], LOTS[2]]),
        (Wanted { held: Some(false), ..by_code("") }, vec![LOTS[1]]),
        (Wanted { within: Some(world.location("M")), ..by_code("") }, vec!["MILK B2 2: M1 2"]),
        (by_expiry("2026-04-01", "2026-05-01"), vec![LOTS[1], LOTS[2]]),
        (by_expiry("2026-04-02", "2026-12-31"), vec![LOTS[2], LOTS[0]]),
        (Wanted { whose: milk, ..by_expiry("2026-05-02", "2026-12-31") }, vec![LOTS[0]]),
        (Wanted { order: forever, ..by_code("") }, vec![LOTS[1], LOTS[2], LOTS[0]]),
        (
            Wanted { order: by_code("").order, ..by_expiry("2026-05-01", "2026-12-31") },
            vec![LOTS[0], LOTS[2]],
        ),
    ];
    for (wanted, mut expected) in cases {
        assert_eq!(list(&world, &wanted), expected, "{wanted:?}");
        expected.reverse();
        assert_eq!(list(&world, &Wanted { down: true, ..wanted }), expected);
    }
}

fn pages_follow_each_other_without_gap(engine: Engine) {
    let world = filled(engine);
    let scope = caller(&world.ctx, None).scope;
    for down in [false, true] {
        for wanted in
            [by_code(""), by_expiry("2026-01-01", "2026-12-31"), Wanted { held: Some(true), ..by_code("") }]
        {
            let wanted = Wanted { down, ..wanted };
            let (mut after, mut rows) = (None, Vec::new());
            loop {
                let part = world.read(|conn| page(conn, &scope, &wanted, after.clone(), 1));
                rows.extend(part.rows.iter().map(shown));
                match part.next {
                    None => break,
                    next => after = next,
                }
            }
            assert_eq!(rows, list(&world, &wanted), "{wanted:?}");
        }
    }
}

fn a_lot_in_more_places_than_are_shown_says_in_how_many(engine: Engine) {
    let world = world(engine);
    let milk = Whose::Item(world.item("MILK"));
    let scope = caller(&world.ctx, None).scope;
    for number in 0..=PLACES_SHOWN {
        world.place(&format!("B{number} bin below L"));
        world.receive(&format!("1 MILK lot A until 2026-05-01 at B{number}"));
        if number + 1 < PLACES_SHOWN {
            continue;
        }
        let part = world.read(|conn| page(conn, &scope, &Wanted { whose: milk, ..by_code("") }, None, 2));
        let [row] = part.rows.as_slice() else { panic!("one lot") };
        let left_out = [None, Some(1)][number + 1 - PLACES_SHOWN];
        assert_eq!((row.places.len(), row.places_left_out), (PLACES_SHOWN, left_out));
        assert_eq!(row.on_hand.to_string(), (number + 1).to_string());
    }
}

fn lots_on_hold_are_shown_as_such(engine: Engine) {
    let world = filled(engine);
    let why = ("recall", None);
    world
        .run(move |tx, ctx| set_hold(tx, &caller(ctx, None), ("MILK", "B2"), IfMatch::Version(1), true, why))
        .unwrap();
    assert_eq!(list(&world, &Wanted { on_hold: Some(true), ..by_code("") }), [LOTS[2]]);
    let others = list(&world, &Wanted { on_hold: Some(false), ..by_code("") });
    assert_eq!(others, [LOTS[0], LOTS[1], LOTS[3], LOTS[4]]);
    let scope = caller(&world.ctx, None).scope;
    let milk = world.item("MILK");
    let seen = |lot: &'static str| world.read(|conn| find(conn, &scope, milk, lot)).unwrap();
    assert_eq!([seen("b2").on_hold, seen("a1").on_hold, seen("b2").version == 2], [true, false, true]);
}

fn a_serial_is_shown_where_it_is(engine: Engine) {
    let world = filled(engine);
    let scope = caller(&world.ctx, None).scope;
    let drill = world.item("DRILL");
    let s1 = || world.read(|conn| find(conn, &scope, drill, "s1")).unwrap();
    assert_eq!((shown(&s1()).as_str(), s1().version), ("DRILL S1 1: L1 1", 1));
    world.post(Kind::Move, vec![parse("1 DRILL serials S1 at L1 to L2")]);
    assert_eq!(shown(&s1()), "DRILL S1 1: L2 1");
    world.post(Kind::Issue, vec![parse("1 DRILL serials S1 at L2")]);
    assert_eq!(shown(&s1()), "DRILL S1 0: ", "it is with a customer");
    assert!(world.read(|conn| find(conn, &scope, drill, "s9")).is_none());
}

fn a_lot_is_seen_by_those_who_reach_a_place_of_it(engine: Engine) {
    let world = filled(engine);
    let milk = world.item("MILK");
    let see = |below: LocationId| {
        let scope = caller(&world.ctx, Some(below)).scope;
        let part = world.read(|conn| page(conn, &scope, &by_code(""), None, 100));
        let one = world.read(|conn| find(conn, &scope, milk, "b2"));
        (part.rows.iter().map(shown).collect::<Vec<_>>(), one.map(|lot| lot.on_hand.to_string()))
    };
    // what has been there is seen, and what is elsewhere does not count
    let m = ["MILK B1 0: ", "MILK B2 2: M1 2"].map(str::to_owned).to_vec();
    assert_eq!(see(world.location("M")), (m, Some("2".to_owned())));
    assert_eq!(see(world.location("L2")), (vec!["MILK a1 3: L2 3".to_owned()], None));
    assert_eq!(see(LocationId(999_999)), (vec![], None));
}

fn every_statement_walks_along_an_index(engine: Engine) {
    let world = world(engine);
    for statement in store::ALL.into_iter().flatten() {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        let sorts = plan.iter().any(|line| line.contains("TEMP B-TREE"));
        let few = ["of_item", "of_parent", "places"].iter().any(|few| statement.name.contains(few));
        assert!(!sorts || few, "{}: {plan:#?}", statement.name);
    }
}
