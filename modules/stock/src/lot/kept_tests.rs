//! A release of a lot gives back what its hold took, and nothing that somebody holds for a reason of its own.

use super::hold::LotHold;
use super::hold_tests::put;
use crate::input::{PostInput, QtyInput, Work};
use crate::testing::{World, code_of, on_both_engines, parse, posting, posting_of, world};
use db::{Engine, Statement};
use domain::ledger::Kind;
use domain::{PostingId, Qty};

on_both_engines!(
    what_was_on_hold_before_its_lot_stays_so,
    what_was_on_hold_stays_so_wherever_it_went,
    what_is_put_on_hold_beside_its_lot_stays_so,
    what_comes_in_on_hold_by_its_line_stays_so,
    what_was_lost_and_found_again_stays_on_hold,
    what_was_held_and_lost_before_its_lot_comes_back_held,
    what_was_held_and_changed_before_its_lot_comes_back_held,
    a_serial_lost_before_the_first_of_two_holds_comes_back_held,
    what_is_past_its_day_and_on_hold_stays_so,
    a_serial_put_on_hold_beside_its_parent_stays_so,
    a_serial_keeps_what_was_its_own_through_both_holds,
    nothing_is_noted_of_lots_that_are_not_on_hold,
    postings_at_once_leave_what_is_held_on_hold,
);

const NOTED: Statement = Statement::new("stock.test.kept", "select count(*) from stock_kept");

fn noted(world: &World) -> i64 {
    world.read(|conn| conn.query_one(&NOTED, &[], |row| row.int(0)))
}

pub(super) fn hold(world: &World) {
    put(world, ("MILK", "A"), 1, true);
}

/// Releases the lot. What became good again, what stays on hold, and what there is.
pub(super) fn release(world: &World) -> (usize, String, Vec<String>) {
    let LotHold { posting, kept, .. } = put(world, ("MILK", "A"), 2, false);
    (posting.map_or(0, |posting| posting.movements.len()), kept.to_string(), world.stock("MILK"))
}

pub(super) fn set_status(world: &World, text: &str) {
    world.post(Kind::SetStatus, vec![parse(text)]);
}

fn move_on(world: &World, text: &str) {
    world.post(Kind::Move, vec![parse(text)]);
}

/// Eight litres at one place, of which three were put aside there, and five at another site.
pub(super) fn milk(engine: Engine) -> World {
    let world = world(engine);
    world.receive("8 MILK lot A until 2026-04-01 at L1");
    world.receive("5 MILK lot A until 2026-04-01 at M1");
    set_status(&world, "3 MILK lot A at L1 becomes hold");
    world
}

fn what_was_on_hold_before_its_lot_stays_so(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 8", "M1 lot A hold 5"]);
    let stock = ["L1 lot A 5", "L1 lot A hold 3", "M1 lot A 5"].map(str::to_owned).to_vec();
    assert_eq!(release(&world), (2, "3".to_owned(), stock));
    assert_eq!((world.guard("MILK", "L"), world.guard("MILK", "M")), ((5, 0, 0), (5, 0, 0)));
    // whoever put it there takes it back
    set_status(&world, "3 MILK lot A at L1 status hold becomes good");
    assert_eq!(world.guard("MILK", "L"), (8, 0, 0));
}

fn what_was_on_hold_stays_so_wherever_it_went(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    // nobody knows whether it was the three that went
    move_on(&world, "4 MILK lot A at L1 to L2 status hold");
    let stock = ["L1 lot A 1", "L1 lot A hold 3", "L2 lot A 1", "L2 lot A hold 3", "M1 lot A 5"];
    assert_eq!(release(&world), (3, "6".to_owned(), stock.map(str::to_owned).to_vec()));
}

fn what_is_put_on_hold_beside_its_lot_stays_so(engine: Engine) {
    let world = milk(engine);
    set_status(&world, "2 MILK lot A at M1 becomes quarantined");
    hold(&world);
    // found broken, and back: this is about them, and not about the lot
    set_status(&world, "2 MILK lot A at M1 status quarantined becomes hold");
    set_status(&world, "1 MILK lot A at M1 status hold becomes damaged");
    let stock = ["L1 lot A 5", "L1 lot A hold 3", "M1 lot A 2", "M1 lot A damaged 1", "M1 lot A hold 2"];
    assert_eq!(release(&world), (2, "5".to_owned(), stock.map(str::to_owned).to_vec()));
}

fn what_comes_in_on_hold_by_its_line_stays_so(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    world.receive("2 MILK lot A at L2");
    world.receive("1 MILK lot A at L2 status hold");
    let mut count = parse("6 MILK lot A at M1");
    count.qty = QtyInput::Counted(Qty::units(6).unwrap());
    world.post(Kind::Adjust, vec![count]);
    let stock = ["L1 lot A 5", "L1 lot A hold 3", "L2 lot A 2", "L2 lot A hold 1", "M1 lot A 6"];
    assert_eq!(release(&world), (3, "4".to_owned(), stock.map(str::to_owned).to_vec()));
}

fn what_was_lost_and_found_again_stays_on_hold(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    let lost = lose(&world, "7 MILK lot A at L1 status hold");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 1", "M1 lot A hold 5"]);
    assert_eq!(world.reverse(lost), "accepted");
    let stock = ["L1 lot A 4", "L1 lot A hold 4", "M1 lot A 5"];
    assert_eq!(release(&world), (2, "4".to_owned(), stock.map(str::to_owned).to_vec()));
}

/// Writes goods off.
pub(super) fn lose(world: &World, text: &str) -> PostingId {
    let lost = PostInput { lines: vec![parse(text)], ..posting(Kind::Adjust) };
    posting_of(&world.ask(Work::Post(lost)))
}

fn what_was_held_and_lost_before_its_lot_comes_back_held(engine: Engine) {
    let world = milk(engine);
    let before = lose(&world, "3 MILK lot A at L1 status hold");
    hold(&world);
    let meanwhile = lose(&world, "2 MILK lot A at L1 status hold");
    assert_eq!(world.reverse(before), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 6", "M1 lot A hold 5"]);
    assert_eq!(world.reverse(meanwhile), "accepted");
    let stock = ["L1 lot A 5", "L1 lot A hold 3", "M1 lot A 5"].map(str::to_owned).to_vec();
    assert_eq!(release(&world), (2, "3".to_owned(), stock));
    // nothing of the first hold is left for the next one
    set_status(&world, "3 MILK lot A at L1 status hold becomes good");
    put(&world, ("MILK", "A"), 3, true);
    assert_eq!(put(&world, ("MILK", "A"), 4, false).kept.to_string(), "0");
    assert_eq!(world.stock("MILK"), ["L1 lot A 8", "M1 lot A 5"]);
}

fn what_was_held_and_changed_before_its_lot_comes_back_held(engine: Engine) {
    let world = milk(engine);
    let damaged = vec![parse("3 MILK lot A at L1 status hold becomes damaged")];
    let damaged = posting_of(&world.try_post(Kind::SetStatus, damaged));
    hold(&world);
    assert_eq!(world.reverse(damaged), "accepted");
    let stock = ["L1 lot A 5", "L1 lot A hold 3", "M1 lot A 5"].map(str::to_owned).to_vec();
    assert_eq!(release(&world), (2, "3".to_owned(), stock));
}

fn a_serial_lost_before_the_first_of_two_holds_comes_back_held(engine: Engine) {
    let world = world(engine);
    world.receive("3 DRILL lot R serials S1,S2,S3 at L1");
    set_status(&world, "1 DRILL serials S1 at L1 becomes hold");
    let held = lose(&world, "1 DRILL serials S1 at L1 status hold");
    put(&world, ("DRILL", "R"), 1, true);
    // this one nobody holds but the lot
    let lost = lose(&world, "1 DRILL serials S2 at L1 status hold");
    put(&world, ("DRILL", "S1"), 1, true);
    put(&world, ("DRILL", "S2"), 1, true);
    put(&world, ("DRILL", "R"), 2, false);
    assert_eq!((world.reverse(held), world.reverse(lost)), ("accepted".to_owned(), "accepted".to_owned()));
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 hold 1", "L1 lot S3 1"]);
    assert_eq!(put(&world, ("DRILL", "S1"), 2, false).kept.to_string(), "1");
    assert_eq!(put(&world, ("DRILL", "S2"), 2, false).kept.to_string(), "0");
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1", "L1 lot S3 1"]);
}

fn what_is_past_its_day_and_on_hold_stays_so(engine: Engine) {
    let mut world = milk(engine);
    hold(&world);
    world.at("2026-04-02T08:00:00Z");
    let released = put(&world, ("MILK", "A"), 2, false);
    assert_eq!((released.expired.to_string(), released.kept.to_string()), ("10".into(), "3".into()));
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 5", "L1 lot A hold 3", "M1 lot A expired 5"]);
}

fn a_serial_put_on_hold_beside_its_parent_stays_so(engine: Engine) {
    let world = world(engine);
    world.receive("3 DRILL lot R serials S1,S2,S3 at L1");
    set_status(&world, "1 DRILL serials S1 at L1 becomes damaged");
    put(&world, ("DRILL", "R"), 1, true);
    set_status(&world, "1 DRILL serials S1 at L1 status damaged becomes hold");
    world.receive("1 DRILL lot R serials S4 at L1 status hold");
    world.receive("1 DRILL lot R serials S5 at L1");
    assert_eq!(put(&world, ("DRILL", "R"), 2, false).kept.to_string(), "2");
    let stock = ["L1 lot S1 hold 1", "L1 lot S2 1", "L1 lot S3 1", "L1 lot S4 hold 1", "L1 lot S5 1"];
    assert_eq!(world.stock("DRILL"), stock);
}

fn a_serial_keeps_what_was_its_own_through_both_holds(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL lot R serials S1,S2 at L1");
    set_status(&world, "1 DRILL serials S1 at L1 becomes hold");
    put(&world, ("DRILL", "R"), 1, true);
    put(&world, ("DRILL", "S1"), 1, true);
    put(&world, ("DRILL", "S2"), 1, true);
    // what ends first gives nothing back while the other one holds
    put(&world, ("DRILL", "S1"), 2, false);
    put(&world, ("DRILL", "R"), 2, false);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 hold 1"]);
    put(&world, ("DRILL", "S2"), 2, false);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1"]);
}

fn nothing_is_noted_of_lots_that_are_not_on_hold(engine: Engine) {
    let world = milk(engine);
    set_status(&world, "1 MILK lot A at L1 becomes hold");
    move_on(&world, "1 MILK lot A at L1 to L2 status hold");
    assert_eq!(noted(&world), 0);
    hold(&world);
    assert_eq!(noted(&world), 2, "of each place what stood there");
    let lines =
        vec![parse("3 MILK lot A at L1 to L2 status hold"), parse("4 MILK lot A at L1 to L2 status hold")];
    world.post(Kind::Move, lines);
    assert_eq!(noted(&world), 1, "nothing is left at the other");
    let bad =
        vec![parse("9 MILK lot A at L2 to L1 status hold"), parse("9 MILK lot A at L2 to L1 status hold")];
    assert_eq!(code_of(&world.try_post(Kind::Move, bad)), "insufficient_stock");
    assert_eq!(noted(&world), 1);
    release(&world);
    assert_eq!(noted(&world), 0);
}

fn postings_at_once_leave_what_is_held_on_hold(engine: Engine) {
    let world = world(engine);
    world.receive("40 MILK lot A until 2026-04-01 at L1");
    hold(&world);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    world.receive("1 MILK lot A at L1 status hold");
                    world.receive("1 MILK lot A at M1");
                }
            });
        }
    });
    let stock = ["L1 lot A 40", "L1 lot A hold 20", "M1 lot A 20"];
    assert_eq!(release(&world), (2, "20".to_owned(), stock.map(str::to_owned).to_vec()));
}
