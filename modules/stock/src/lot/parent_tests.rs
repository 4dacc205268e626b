//! A parent is held and released, and its day is mended, for all serials that were made in it.

use super::find::{LotRow, find};
use super::hold::{LotHold, set_hold};
use super::hold_tests::put;
use super::tests::code;
use super::{LotChanged, set_expiry};
use crate::input::{AllocateInput, Work};
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, world};
use catalog::NewItem;
use db::Engine;
use domain::Code;
use domain::code::fold;
use domain::ledger::Kind;
use domain::when::parse_date;
use web::{Failure, IfMatch};

on_both_engines!(
    a_hold_of_a_parent_reaches_all_its_serials,
    a_release_gives_back_what_the_hold_has_taken,
    a_serial_is_held_and_released_beside_its_parent,
    a_hold_of_one_serial_leaves_the_others,
    what_ran_out_while_its_parent_was_held_is_not_good_again,
    the_day_of_a_parent_is_that_of_its_serials,
    a_serial_may_have_a_day_of_its_own,
    a_hold_of_a_parent_and_receipts_under_it_leave_nothing_good,
);

fn try_put(world: &World, lot: &'static str, version: i64, on_hold: bool) -> Result<LotHold, Failure> {
    let why = ("recall", None);
    world.run(move |tx, ctx| {
        set_hold(tx, &caller(ctx, None), ("DRILL", lot), IfMatch::Version(version), on_hold, why)
    })
}

fn shown(world: &World, sku: &str, lot: &str) -> LotRow {
    let (item, scope) = (world.item(sku), caller(&world.ctx, None).scope);
    world.read(|conn| find(conn, &scope, item, &fold(lot))).unwrap()
}

fn allocate(world: &World, serial: &str) -> String {
    code_of(&world.ask(Work::Allocate(AllocateInput {
        backorder: false,
        ..allocation(&format!("1 DRILL lot {serial} at L1"), "order-9")
    })))
}

fn receive(world: &World, text: &str) -> String {
    code_of(&world.try_post(Kind::Receive, vec![parse(text)]))
}

/// Drills of the lot `R`, at both sites and with a customer, and one of another lot.
fn drills(engine: Engine) -> World {
    let world = world(engine);
    world.receive("3 DRILL lot R serials S1,S2,S3 at L1");
    world.receive("1 DRILL lot R serials S4 at M1");
    world.receive("1 DRILL lot Q serials S5 at L1");
    world.post(Kind::Issue, vec![parse("1 DRILL serials S3 at L1")]);
    world
}

fn a_hold_of_a_parent_reaches_all_its_serials(engine: Engine) {
    let world = drills(engine);
    assert_eq!(allocate(&world, "S2"), "accepted");
    let promised = world.reserve("DRILL", "M", 1);
    let held = put(&world, ("DRILL", "r"), 1, true);
    assert_eq!((held.lot.as_str(), held.on_hold, held.version), ("R", true, 2));
    let posting = held.posting.unwrap();
    assert_eq!((posting.movements.len(), posting.claims.len()), (3, 2), "both claims are broken");
    let held = ["L1 lot S1 hold 1", "L1 lot S2 hold 1", "L1 lot S5 1", "M1 lot S4 hold 1"];
    assert_eq!(world.stock("DRILL"), held);
    assert_eq!(world.claim(promised), (0, 5));
    assert_eq!((world.guard("DRILL", "L"), world.guard("DRILL", "M")), ((1, 0, 0), (0, 0, 0)));
    for (lot, on_hold, by_parent) in [("R", true, false), ("S1", true, true), ("S5", false, false)] {
        let row = shown(&world, "DRILL", lot);
        assert_eq!((row.on_hold, row.parent_on_hold), (on_hold, by_parent), "{lot}");
    }
    // none of them goes out, whatever the line says
    for text in ["1 DRILL serials S1 at L1", "1 DRILL serials S1 at L1 status hold"] {
        assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse(text)])), "lot_on_hold", "{text}");
    }
    let good =
        world.try_post(Kind::SetStatus, vec![parse("1 DRILL serials S1 at L1 status hold becomes good")]);
    assert_eq!(code_of(&good), "lot_on_hold");
    assert_eq!(allocate(&world, "S1"), "lot_on_hold");
    // what comes back, and what comes for the first time, comes on hold
    world.post(Kind::Return, vec![parse("1 DRILL serials S3 at L1")]);
    world.receive("1 DRILL lot R serials S6 at L2");
    assert_eq!(receive(&world, "1 DRILL lot R serials S7 at L2 status good"), "lot_on_hold");
    world.post(Kind::Move, vec![parse("1 DRILL serials S6 at L2 to L1 status hold")]);
    assert_eq!(
        world.stock("DRILL"),
        [
            "L1 lot S1 hold 1",
            "L1 lot S2 hold 1",
            "L1 lot S3 hold 1",
            "L1 lot S5 1",
            "L1 lot S6 hold 1",
            "M1 lot S4 hold 1"
        ]
    );
    let released = put(&world, ("DRILL", "R"), 2, false);
    assert_eq!((released.on_hold, released.posting.unwrap().movements.len()), (false, 5));
    assert_eq!((world.guard("DRILL", "L"), world.guard("DRILL", "M")), ((5, 0, 0), (1, 0, 0)));
    assert_eq!(allocate(&world, "S1"), "accepted");
}

fn a_release_gives_back_what_the_hold_has_taken(engine: Engine) {
    let world = drills(engine);
    world.receive("2 DRILL lot R serials S6,S7 at L2");
    // each is on hold or aside for a reason of its own
    put(&world, ("DRILL", "S1"), 1, true);
    world.post(Kind::SetStatus, vec![parse("1 DRILL serials S2 at L1 becomes hold")]);
    world.post(Kind::SetStatus, vec![parse("1 DRILL serials S6 at L2 becomes damaged")]);
    assert_eq!(put(&world, ("DRILL", "R"), 1, true).posting.unwrap().movements.len(), 2);
    let held = [
        "L1 lot S1 hold 1",
        "L1 lot S2 hold 1",
        "L1 lot S5 1",
        "L2 lot S6 damaged 1",
        "L2 lot S7 hold 1",
        "M1 lot S4 hold 1",
    ];
    assert_eq!(world.stock("DRILL"), held);
    assert_eq!(put(&world, ("DRILL", "R"), 2, false).posting.unwrap().movements.len(), 2);
    let freed = [
        "L1 lot S1 hold 1",
        "L1 lot S2 hold 1",
        "L1 lot S5 1",
        "L2 lot S6 damaged 1",
        "L2 lot S7 1",
        "M1 lot S4 1",
    ];
    assert_eq!(world.stock("DRILL"), freed);
    // their own reasons end by themselves
    put(&world, ("DRILL", "S1"), 2, false);
    world.post(Kind::SetStatus, vec![parse("1 DRILL serials S2 at L1 status hold becomes good")]);
    assert_eq!(world.stock("DRILL")[..2], ["L1 lot S1 1", "L1 lot S2 1"]);
    // and the next hold takes them, and gives them back
    put(&world, ("DRILL", "R"), 3, true);
    put(&world, ("DRILL", "R"), 4, false);
    assert_eq!(world.stock("DRILL")[..2], ["L1 lot S1 1", "L1 lot S2 1"]);
    let events: Vec<String> = world.events("lot").into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(events.iter().filter(|kind| *kind == "stock.lot_held").count(), 3);
}

fn a_serial_is_held_and_released_beside_its_parent(engine: Engine) {
    let world = drills(engine);
    put(&world, ("DRILL", "R"), 1, true);
    // with its parent alone it is not released
    assert_eq!(code(try_put(&world, "S1", 1, false)), Code::LotOnHold);
    // held by itself too, it stays when the parent is released
    let both = put(&world, ("DRILL", "S1"), 1, true);
    assert_eq!(
        (both.on_hold, both.parent_on_hold, both.version, both.posting.is_none()),
        (true, true, 2, true)
    );
    put(&world, ("DRILL", "R"), 2, false);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1", "L1 lot S5 1", "M1 lot S4 1"]);
    // released by itself while the parent is on hold, it goes with the parent
    put(&world, ("DRILL", "R"), 3, true);
    let one = put(&world, ("DRILL", "S1"), 2, false);
    assert_eq!((one.on_hold, one.parent_on_hold, one.posting.is_none()), (true, true, true));
    assert_eq!(world.stock("DRILL")[0], "L1 lot S1 hold 1");
    put(&world, ("DRILL", "R"), 4, false);
    assert_eq!(world.stock("DRILL")[0], "L1 lot S1 1");
}

fn a_hold_of_one_serial_leaves_the_others(engine: Engine) {
    let world = drills(engine);
    put(&world, ("DRILL", "S1"), 1, true);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1", "L1 lot S5 1", "M1 lot S4 1"]);
    assert!(!shown(&world, "DRILL", "R").on_hold);
    put(&world, ("DRILL", "S1"), 2, false);
    assert_eq!(world.guard("DRILL", "L"), (3, 0, 0));
}

/// Cakes of the lot `P`, which is sold until May; one of them is older than the others.
fn cakes(engine: Engine) -> World {
    let world = world(engine);
    let cake = NewItem {
        sku: "CAKE".to_owned(),
        name: "CAKE".to_owned(),
        base_unit: "each".to_owned(),
        tracking: Some("serial".to_owned()),
        expiry: Some("named".to_owned()),
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &cake)).unwrap();
    world.receive("3 CAKE lot P until 2026-03-10 serials C1,C2,C3 at L1");
    mend(&world, "C3", 1, Some("2026-03-05")).unwrap();
    world
}

fn mend(world: &World, lot: &'static str, version: i64, day: Option<&str>) -> Result<LotChanged, Failure> {
    let day = day.map(|day| parse_date(day).unwrap());
    world
        .run(move |tx, ctx| set_expiry(tx, &caller(ctx, None), ("CAKE", lot), IfMatch::Version(version), day))
}

fn what_ran_out_while_its_parent_was_held_is_not_good_again(engine: Engine) {
    let mut world = cakes(engine);
    put(&world, ("CAKE", "P"), 1, true);
    world.at("2026-03-06T08:00:00Z");
    let released = put(&world, ("CAKE", "P"), 2, false);
    assert_eq!((released.posting.unwrap().movements.len(), released.expired.to_string().as_str()), (2, "1"));
    assert_eq!(world.stock("CAKE"), ["L1 lot C1 1", "L1 lot C2 1", "L1 lot C3 expired 1"]);
    assert_eq!(world.guard("CAKE", "L"), (2, 0, 0));
}

fn the_day_of_a_parent_is_that_of_its_serials(engine: Engine) {
    let mut world = cakes(engine);
    world.at("2026-03-11T08:00:00Z");
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 CAKE serials C1 at L1")])), "lot_expired");
    let expired = ["L1 lot C1 expired 1", "L1 lot C2 expired 1", "L1 lot C3 expired 1"];
    assert_eq!(world.stock("CAKE"), expired);
    let done = mend(&world, "P", 1, Some("2026-04-01")).unwrap();
    assert_eq!((done.version, done.serials_changed, done.came_back.to_string().as_str()), (2, 2, "2"));
    assert_eq!(world.stock("CAKE"), ["L1 lot C1 1", "L1 lot C2 1", "L1 lot C3 expired 1"]);
    for (lot, day, version) in [("C1", "2026-04-01", 2), ("C3", "2026-03-05", 2), ("P", "2026-04-01", 2)] {
        let row = shown(&world, "CAKE", lot);
        assert_eq!((row.expiry_on.as_deref(), row.version), (Some(day), version), "{lot}");
    }
    // those that have its day: two serials and the parent itself, and before them the one that was mended
    let events = world.events("lot");
    assert_eq!(events, vec![("stock.lot_changed".to_owned(), 1); 4]);
    // and what comes under it from now on has the day that it has now
    world.receive("1 CAKE lot P until 2026-04-01 serials C4 at L1");
    // earlier again: what is past it expires at once
    mend(&world, "P", 2, Some("2026-03-10")).unwrap();
    assert_eq!(world.guard("CAKE", "L"), (0, 0, 0));
}

fn a_serial_may_have_a_day_of_its_own(engine: Engine) {
    let world = cakes(engine);
    assert_eq!(code(mend(&world, "C3", 1, Some("2026-03-06"))), Code::Stale);
    // left out, it is the day of the parent
    assert_eq!(mend(&world, "C3", 2, None).unwrap().expiry_on.as_deref(), Some("2026-03-10"));
    assert_eq!(mend(&world, "P", 1, Some("2026-03-20")).unwrap().serials_changed, 3);
    assert_eq!(code(mend(&world, "P", 2, None)), Code::Expiry);
}

fn a_hold_of_a_parent_and_receipts_under_it_leave_nothing_good(engine: Engine) {
    let world = world(engine);
    world.receive("1 DRILL lot R serials S at L1");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for round in 0..6 {
                    world.receive(&format!("1 DRILL lot R serials S{thread}-{round} at L1"));
                }
            });
        }
        scope.spawn(|| put(&world, ("DRILL", "R"), 1, true));
    });
    let stock = world.stock("DRILL");
    assert_eq!(stock.len(), 25);
    assert!(stock.iter().all(|there| there.ends_with("hold 1")), "{stock:?}");
    assert_eq!(world.guard("DRILL", "L"), (0, 0, 0));
}
