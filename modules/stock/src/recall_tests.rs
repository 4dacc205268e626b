//! What a recall asks of a parent is answered over the serials that were made in it.

use crate::asked::{self, Below, Lot};
use crate::claim::list as claims;
use crate::ledger_page::{self, After};
use crate::level::{self, store::Filter, store::Order as Levels};
use crate::lot::find::{self, LotRow, Wanted};
use crate::lot::hold_tests::put;
use crate::lot::store_find::{Order, Whose};
use crate::testing::{World, allocation, caller, claim_of, on_both_engines, parse, world};
use crate::{AllocateInput, Work};
use db::Engine;
use domain::ledger::Kind;
use domain::{Code, Tracking};
use web::{Failure, Scope};

on_both_engines!(
    the_ledger_of_a_parent_is_that_of_its_serials,
    the_stock_of_a_parent_is_that_of_its_serials,
    the_allocations_of_a_parent_are_those_of_its_serials,
    parents_and_their_serials_are_listed,
    a_parent_is_seen_as_far_as_its_serials_are,
);

fn everywhere(world: &World) -> Scope {
    caller(&world.ctx, None).scope
}

/// Drills of two lots and of none, some of them sold, and a lot of another item with the same code.
fn filled(engine: Engine) -> World {
    let mut world = world(engine);
    for (minute, line) in [
        "2 DRILL lot R serials S3,S1 at L1",
        "1 DRILL lot Q serials S4 at L1",
        "1 DRILL serials S5 at L1",
        "1 DRILL lot R serials S2 at M1",
        "5 MILK lot R until 2026-05-01 at L1",
    ]
    .iter()
    .enumerate()
    {
        world.at(&format!("2026-03-01T10:0{minute}:00Z"));
        world.receive(line);
    }
    world.at("2026-03-02T09:00:00Z");
    world.post(Kind::Issue, vec![parse("3 DRILL serials S1,S4,S5 at L1")]);
    world.at("2026-03-02T09:01:00Z");
    world.post(Kind::Move, vec![parse("1 DRILL serials S3 at L1 to L2")]);
    world
}

fn lot(world: &World, sku: &str, code: &str) -> Lot {
    let found = world.read(|conn| {
        let item = catalog::facts_by_sku(conn, &[sku])?.pop().flatten();
        Ok(asked::lot(conn, item.as_ref(), Some(code)).unwrap())
    });
    found.unwrap()
}

fn ledger(world: &World, wanted: &ledger_page::Wanted, limit: usize) -> Vec<String> {
    let (mut after, mut seen): (Option<After>, _) = (None, Vec::new());
    let scope = everywhere(world);
    loop {
        let page = world.read(|conn| ledger_page::read(conn, &scope, wanted, after, limit));
        assert!(page.rows.len() <= limit);
        for entry in &page.rows {
            let parent = entry.parent_code.as_deref().unwrap_or("-");
            seen.push(format!(
                "{} {} of {parent}",
                entry.kind.word(),
                entry.lot_code.as_deref().unwrap_or("-")
            ));
        }
        match page.next {
            None => return seen,
            next => after = next,
        }
    }
}

fn the_ledger_of_a_parent_is_that_of_its_serials(engine: Engine) {
    let world = filled(engine);
    let parent = lot(&world, "DRILL", "r");
    assert!(parent.is_parent && !lot(&world, "DRILL", "S1").is_parent && !lot(&world, "MILK", "R").is_parent);
    let all = ledger_page::Wanted { lot: Some(parent), ..Default::default() };
    let expected = ["move S3 of R", "issue S1 of R", "receive S2 of R", "receive S1 of R", "receive S3 of R"];
    for limit in [1, 2, 3, 100] {
        assert_eq!(ledger(&world, &all, limit), expected, "{limit} a page");
    }
    // who got it
    let sold = ledger_page::Wanted { kind: Some(Kind::Issue), ..all.clone() };
    assert_eq!(ledger(&world, &sold, 2), ["issue S1 of R"]);
    let at = ledger_page::Wanted { location: Some(world.location("M1")), ..all.clone() };
    assert_eq!(ledger(&world, &at, 2), ["receive S2 of R"]);
    // a serial is found by itself, and the lot of another item with the code of the parent is another
    let one = ledger_page::Wanted { lot: Some(lot(&world, "DRILL", "S1")), ..Default::default() };
    assert_eq!(ledger(&world, &one, 1), ["issue S1 of R", "receive S1 of R"]);
    let other = ledger_page::Wanted { lot: Some(lot(&world, "MILK", "R")), ..Default::default() };
    assert_eq!(ledger(&world, &other, 1), ["receive R of -"]);
    // a document is looked through for the serials too
    let document = ledger_page::Wanted { document: Some("PO-9".to_owned()), ..all };
    assert_eq!(ledger(&world, &document, 1), [""; 0]);
}

fn the_stock_of_a_parent_is_that_of_its_serials(engine: Engine) {
    let world = filled(engine);
    let stock = |code: &str, order: Levels| {
        let filter = Filter {
            order,
            after: None,
            then: None,
            item: Some(world.item("DRILL")),
            site: None,
            status: None,
            lot: Some(lot(&world, "DRILL", code).id),
            below: Below::default(),
            limit: 100,
        };
        let part = world.read(|conn| level::page(conn, filter, None));
        part.rows
            .iter()
            .map(|row| format!("{} {}", row.location, row.lot.as_deref().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(stock("R", Levels::Sku), ["L2 S3", "M1 S2"]);
    assert_eq!(stock("R", Levels::PlaceDown), ["M1 S2", "L2 S3"]);
    assert_eq!(stock("S2", Levels::Sku), ["M1 S2"]);
    assert_eq!(stock("Q", Levels::Sku), [""; 0]);
}

fn the_allocations_of_a_parent_are_those_of_its_serials(engine: Engine) {
    let world = filled(engine);
    world.receive("1 DRILL lot Q serials S6 at L1");
    for (serial, location) in [("S3", "L2"), ("S2", "M1"), ("S6", "L1")] {
        claim_of(&world.ask(Work::Allocate(AllocateInput {
            backorder: false,
            ..allocation(&format!("1 DRILL lot {serial} at {location}"), "order-1")
        })));
    }
    let wanted = claims::Wanted {
        allocations: true,
        owner: None,
        item: Some(world.item("DRILL")),
        site: None,
        within: None,
        lot: Some(lot(&world, "DRILL", "R").id),
        state: None,
        backordered: None,
        lost: None,
        down: false,
    };
    let scope = everywhere(&world);
    let part = world.read(|conn| claims::page(conn, &scope, &wanted, None, 100));
    let lots: Vec<&str> = part.rows.iter().filter_map(|row| row.lot.as_deref()).collect();
    assert_eq!(lots, ["S3", "S2"]);
}

fn wanted(whose: Whose, begins: &str) -> Wanted {
    Wanted {
        whose,
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

fn shown(row: &LotRow) -> String {
    let places: Vec<String> =
        row.places.iter().map(|held| format!("{} {}", held.location, held.on_hand)).collect();
    format!("{} {} of {}: {}", row.lot, row.on_hand, row.parent.as_deref().unwrap_or("-"), places.join(", "))
}

fn list(world: &World, scope: &Scope, wanted: &Wanted, limit: usize) -> Vec<String> {
    let (mut after, mut rows) = (None, Vec::new());
    loop {
        let part = world.read(|conn| find::page(conn, scope, wanted, after.clone(), limit));
        rows.extend(part.rows.iter().map(shown));
        match part.next {
            None => return rows,
            next => after = next,
        }
    }
}

fn parents_and_their_serials_are_listed(engine: Engine) {
    let world = filled(engine);
    let drill = Whose::Item(world.item("DRILL"));
    let of_r = Whose::Parent(lot(&world, "DRILL", "R").id);
    let all = || wanted(drill, "");
    let serials = ["S1 0 of R: ", "S2 1 of R: M1 1", "S3 1 of R: L2 1"];
    let parents = ["Q 0 of -: ", "R 2 of -: L2 1, M1 1"];
    let cases: Vec<(Wanted, Vec<&str>)> = vec![
        (all(), [&parents[..], &serials, &["S4 0 of Q: ", "S5 0 of -: "]].concat()),
        (wanted(of_r, ""), serials.to_vec()),
        (wanted(of_r, "s2"), serials[1..2].to_vec()),
        (Wanted { held: Some(true), ..wanted(of_r, "") }, serials[1..].to_vec()),
        (Wanted { held: Some(false), ..wanted(of_r, "") }, serials[..1].to_vec()),
        (Wanted { within: Some(world.location("M")), ..wanted(of_r, "") }, serials[1..2].to_vec()),
        (wanted(Whose::Parent(lot(&world, "DRILL", "S1").id), ""), vec![]),
        (Wanted { is_parent: Some(true), ..wanted(Whose::All, "") }, parents.to_vec()),
        (Wanted { tracking: Some(Tracking::Lot), ..all() }, parents.to_vec()),
        (
            Wanted { tracking: Some(Tracking::Serial), is_parent: Some(false), ..all() },
            [&serials[..], &["S4 0 of Q: ", "S5 0 of -: "]].concat(),
        ),
        (Wanted { held: Some(true), is_parent: Some(true), ..all() }, parents[1..].to_vec()),
        (
            Wanted { within: Some(world.location("M")), is_parent: Some(true), ..all() },
            vec!["R 1 of -: M1 1"],
        ),
    ];
    let scope = everywhere(&world);
    for (wanted, mut expected) in cases {
        for limit in [1, 2, 100] {
            assert_eq!(list(&world, &scope, &wanted, limit), expected, "{wanted:?}");
        }
        expected.reverse();
        assert_eq!(list(&world, &scope, &Wanted { down: true, ..wanted }, 2), expected);
    }
    // on hold are the parent and its serials
    put(&world, ("DRILL", "R"), 1, true);
    let held = list(&world, &scope, &Wanted { on_hold: Some(true), ..all() }, 100);
    assert_eq!(held, [parents[1], serials[0], serials[1], serials[2]]);
    assert_eq!(list(&world, &scope, &Wanted { on_hold: Some(false), ..wanted(of_r, "") }, 100), [""; 0]);
    // a parent is named with its item
    let refused = world.read(|conn| Ok(asked::lot_at(conn, None, Some("R"), "?parent")));
    let Err(Failure::Refused(problem)) = refused else { panic!("not refused") };
    assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::InvalidValue, "?parent"));
}

fn a_parent_is_seen_as_far_as_its_serials_are(engine: Engine) {
    let world = filled(engine);
    let see = |place: &str| {
        let scope = caller(&world.ctx, Some(world.location(place))).scope;
        list(&world, &scope, &wanted(Whose::Item(world.item("DRILL")), ""), 100)
    };
    assert_eq!(see("M"), ["R 1 of -: M1 1", "S2 1 of R: M1 1"]);
    assert_eq!(see("L2"), ["R 1 of -: L2 1", "S3 1 of R: L2 1"]);
    assert_eq!(see("M2"), [""; 0]);
}
