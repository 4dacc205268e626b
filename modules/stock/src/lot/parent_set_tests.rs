//! The parent of a serial is mended.

use super::hold_tests::put;
use super::parent::{SerialParent, set_parent};
use super::tests::code;
use crate::testing::{World, caller, code_of, on_both_engines, parse, world};
use catalog::NewItem;
use db::{Engine, Statement};
use domain::Code;
use domain::ledger::Kind;
use web::{Failure, IfMatch};

on_both_engines!(
    a_serial_goes_to_the_parent_that_it_was_made_in,
    a_serial_has_the_hold_of_its_new_parent,
    a_serial_keeps_what_is_its_own_under_another_parent,
    a_serial_has_the_day_of_its_new_parent,
    what_is_no_parent_is_refused_and_changes_nothing,
);

/// A serial from before its item had days.
const NO_DAY: Statement =
    Statement::new("stock.test.no_day", "update stock_lot set expiry_on = null where code = 'C6'");

fn try_say(
    world: &World,
    serial: (&'static str, &'static str),
    version: i64,
    parent: Option<&'static str>,
) -> Result<SerialParent, Failure> {
    let why = ("inspection", Some("the label says so"));
    world.run(move |tx, ctx| {
        set_parent(tx, &caller(ctx, None), serial, IfMatch::Version(version), parent, why)
    })
}

fn say(world: &World, serial: &'static str, version: i64, parent: Option<&'static str>) -> SerialParent {
    try_say(world, ("DRILL", serial), version, parent).unwrap()
}

fn a_serial_goes_to_the_parent_that_it_was_made_in(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL lot R-76 serials S1,S2 at L1");
    world.receive("1 DRILL serials S3 at L1");
    // one that nobody has named before is made
    let done = say(&world, "s1", 1, Some("R-77"));
    assert_eq!((done.lot.as_str(), done.parent.as_deref(), done.version), ("S1", Some("R-77"), 2));
    assert!(done.posting.is_none());
    assert_eq!(say(&world, "S3", 1, Some("r-77")).parent.as_deref(), Some("R-77"));
    // what is so already stays as it is
    assert_eq!(say(&world, "S3", 2, Some("R-77")).version, 2);
    let move_of = |text: &str| code_of(&world.try_post(Kind::Move, vec![parse(text)]));
    assert_eq!(move_of("2 DRILL lot R-77 serials S1,S2 at L1 to L2"), "parent_mismatch");
    assert_eq!(move_of("2 DRILL lot R-77 serials S1,S3 at L1 to L2"), "accepted");
    // and it may be unknown again
    assert_eq!(say(&world, "S1", 2, None).parent, None);
    assert_eq!(move_of("1 DRILL lot R-77 serials S1 at L2 to L1"), "parent_mismatch");
    let events = [("stock.lot_parent_set".to_owned(), 1), ("stock.lot_parent_set".to_owned(), 1)];
    assert_eq!(world.events("lot")[..2], events);
    assert_eq!(world.events("lot").len(), 3);
}

fn a_serial_has_the_hold_of_its_new_parent(engine: Engine) {
    let world = world(engine);
    world.receive("1 DRILL lot R-76 serials S1 at L1");
    world.receive("1 DRILL lot R-77 serials S2 at L1");
    put(&world, ("DRILL", "R-77"), 1, true);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 1", "L1 lot S2 hold 1"]);
    let held = say(&world, "S1", 1, Some("R-77"));
    assert_eq!((held.on_hold, held.parent_on_hold), (true, true));
    assert_eq!(held.posting.unwrap().reason.as_deref(), Some("inspection"));
    assert_eq!(
        (world.stock("DRILL"), world.guard("DRILL", "L")),
        (["L1 lot S1 hold 1", "L1 lot S2 hold 1"].map(str::to_owned).to_vec(), (0, 0, 0),)
    );
    let freed = say(&world, "S2", 1, Some("R-76"));
    assert_eq!((freed.on_hold, freed.parent_on_hold, freed.posting.is_some()), (false, false, true));
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1"]);
    put(&world, ("DRILL", "R-77"), 2, false);
    assert_eq!(world.guard("DRILL", "L"), (2, 0, 0));
}

fn a_serial_keeps_what_is_its_own_under_another_parent(engine: Engine) {
    let world = world(engine);
    world.receive("3 DRILL lot R-76 serials S1,S2,S3 at L1");
    world.receive("1 DRILL lot R-77 serials S4 at L1");
    put(&world, ("DRILL", "S1"), 1, true);
    world.post(Kind::SetStatus, vec![parse("1 DRILL serials S2 at L1 becomes hold")]);
    put(&world, ("DRILL", "R-77"), 1, true);
    // to a parent on hold: only what was good is taken
    assert!(say(&world, "S1", 2, Some("R-77")).posting.is_none());
    assert!(say(&world, "S2", 1, Some("R-77")).posting.is_none());
    assert!(say(&world, "S3", 1, Some("R-77")).posting.is_some());
    put(&world, ("DRILL", "R-77"), 2, false);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 hold 1", "L1 lot S3 1", "L1 lot S4 1"]);
    // and away from one: only what it had taken is given back
    put(&world, ("DRILL", "R-77"), 3, true);
    assert!(say(&world, "S1", 3, Some("R-76")).posting.is_none());
    assert!(say(&world, "S2", 2, Some("R-76")).posting.is_none());
    assert!(say(&world, "S3", 2, Some("R-76")).posting.is_some());
    assert_eq!(
        world.stock("DRILL"),
        ["L1 lot S1 hold 1", "L1 lot S2 hold 1", "L1 lot S3 1", "L1 lot S4 hold 1"]
    );
    put(&world, ("DRILL", "R-76"), 1, true);
    put(&world, ("DRILL", "R-76"), 2, false);
    assert_eq!(world.stock("DRILL")[..2], ["L1 lot S1 hold 1", "L1 lot S2 hold 1"]);
}

fn a_serial_has_the_day_of_its_new_parent(engine: Engine) {
    let mut world = world(engine);
    let cake = NewItem {
        sku: "CAKE".to_owned(),
        name: "CAKE".to_owned(),
        base_unit: "each".to_owned(),
        tracking: Some("serial".to_owned()),
        expiry: Some("named".to_owned()),
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &cake)).unwrap();
    world.receive("2 CAKE lot P until 2026-03-10 serials C1,C2 at L1");
    world.receive("1 CAKE lot Q until 2026-04-10 serials C3 at L1");
    world.receive("1 CAKE serials C4 until 2026-03-20 at L1 lot ");
    world.receive("1 CAKE serials C6 until 2026-03-20 at M1 lot ");
    world.at("2026-03-11T08:00:00Z");
    let say = |serial, version, parent| try_say(&world, ("CAKE", serial), version, Some(parent)).unwrap();
    assert_eq!(say("C1", 1, "Q").expiry_on.as_deref(), Some("2026-04-10"));
    // a day that was never a parent's stays
    assert_eq!(say("C4", 1, "Q").expiry_on.as_deref(), Some("2026-03-20"));
    // one that has no day has that of its parent
    assert_eq!(world.run(|tx, _| Ok(tx.execute(&NO_DAY, &[])?)).unwrap(), 1);
    assert_eq!(say("C6", 1, "Q").expiry_on.as_deref(), Some("2026-04-10"));
    // a parent that is made has the day of its first serial
    assert_eq!(say("C3", 1, "N").expiry_on.as_deref(), Some("2026-04-10"));
    world.receive("1 CAKE lot N until 2026-04-10 serials C5 at L1");
    assert_eq!(say("C3", 2, "P").expiry_on.as_deref(), Some("2026-03-10"));
    let stock = [
        "L1 lot C1 1",
        "L1 lot C2 expired 1",
        "L1 lot C3 expired 1",
        "L1 lot C4 1",
        "L1 lot C5 1",
        "M1 lot C6 1",
    ];
    assert_eq!(world.stock("CAKE"), stock);
}

fn what_is_no_parent_is_refused_and_changes_nothing(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL lot R serials S1,S2 at L1");
    world.receive("5 MILK lot A until 2026-05-01 at L1");
    let told = |serial, version, parent| code(try_say(&world, serial, version, Some(parent)));
    assert_eq!(told(("DRILL", "S1"), 2, "Q"), Code::Stale);
    assert_eq!(told(("DRILL", "S1"), 1, "S2"), Code::NotAParent);
    assert_eq!(told(("DRILL", "S1"), 1, "S1"), Code::NotAParent);
    assert_eq!(told(("DRILL", "S1"), 1, ""), Code::InvalidValue);
    assert_eq!(told(("DRILL", "R"), 1, "Q"), Code::InvalidValue);
    assert_eq!(told(("MILK", "A"), 1, "Q"), Code::InvalidValue);
    assert_eq!(told(("DRILL", "S9"), 1, "Q"), Code::NotFound);
    let unknown = world.run(|tx, ctx| {
        let serial = ("DRILL", "S1");
        set_parent(tx, &caller(ctx, None), serial, IfMatch::Version(1), Some("Q"), ("whim", None))
    });
    assert_eq!(code(unknown), Code::UnknownReason);
    assert!(world.events("lot").is_empty());
    world.post(Kind::Move, vec![parse("2 DRILL lot R serials S1,S2 at L1 to L2")]);
    // nothing was made by what was refused
    world.receive("1 DRILL serials Q at L1");
}
