//! What was on hold because of its lot alone, and went out meanwhile, comes back as the release would have made it.

use super::hold_tests::put;
use super::kept_tests::{hold, lose, milk, release, set_status};
use crate::input::{PostInput, Work};
use crate::testing::{World, on_both_engines, parse, posting, posting_of, world};
use db::{Engine, Statement};
use domain::ledger::Kind;

on_both_engines!(
    what_its_lot_alone_held_comes_back_good,
    what_somebody_held_of_it_comes_back_held,
    what_a_hold_has_taken_is_given_back_by_the_next,
    what_somebody_held_between_two_holds_comes_back_held,
    what_was_lost_before_the_hold_comes_back_held,
    what_another_status_took_during_a_hold_comes_back_held,
    what_is_past_its_day_comes_back_expired,
    a_serial_comes_back_good_after_both_of_its_holds,
    a_serial_under_another_parent_comes_back_good,
    a_lot_that_became_a_serial_during_a_hold_comes_back_as_it_was_before,
    the_release_itself_can_be_reversed,
    what_nobody_knows_of_stays_on_hold,
);

/// Eight litres at one place, on hold with their lot, of which five were lost.
fn lost(engine: Engine) -> (World, domain::PostingId) {
    let world = world(engine);
    world.receive("8 MILK lot A until 2026-04-01 at L1");
    hold(&world);
    let lost = lose(&world, "5 MILK lot A at L1 status hold");
    (world, lost)
}

fn what_its_lot_alone_held_comes_back_good(engine: Engine) {
    let (world, lost) = lost(engine);
    release(&world);
    assert_eq!(world.stock("MILK"), ["L1 lot A 3"]);
    assert_eq!(world.reverse(lost), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A 8"]);
    assert_eq!(world.guard("MILK", "L"), (8, 0, 0));
    world.reserve("MILK", "L", 8);
    assert_eq!(world.reverse(lost), "already_reversed");
    // it says why
    let reasons = world.read(|conn| conn.query(&REASONS, &[], |row| Ok(row.text(0)?.to_owned())));
    assert_eq!(reasons, ["released"]);
}

/// The reasons of what follows a reversal.
const REASONS: Statement = Statement::new(
    "stock.test.follows",
    "select p.reason from stock_posting p
     where exists (select 1 from stock_posting r
       where r.lane = p.lane and r.number = p.number - 1 and r.reversal_of is not null)
     order by p.number",
);

fn what_somebody_held_of_it_comes_back_held(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    let lost = lose(&world, "7 MILK lot A at L1 status hold");
    let left = ["L1 lot A hold 1", "M1 lot A 5"].map(str::to_owned).to_vec();
    assert_eq!(release(&world), (1, "1".to_owned(), left));
    assert_eq!(world.reverse(lost), "accepted");
    // as if it had been reversed before the release: the three may have been among the seven
    assert_eq!(world.stock("MILK"), ["L1 lot A 4", "L1 lot A hold 4", "M1 lot A 5"]);
}

fn what_a_hold_has_taken_is_given_back_by_the_next(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    let lost = lose(&world, "7 MILK lot A at L1 status hold");
    release(&world);
    put(&world, ("MILK", "A"), 3, true);
    assert_eq!(world.reverse(lost), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 8", "M1 lot A hold 5"]);
    assert_eq!(put(&world, ("MILK", "A"), 4, false).kept.to_string(), "4");
    assert_eq!(world.stock("MILK"), ["L1 lot A 4", "L1 lot A hold 4", "M1 lot A 5"]);
}

fn what_somebody_held_between_two_holds_comes_back_held(engine: Engine) {
    let (world, of_first) = lost(engine);
    release(&world);
    set_status(&world, "2 MILK lot A at L1 becomes hold");
    let between = lose(&world, "2 MILK lot A at L1 status hold");
    put(&world, ("MILK", "A"), 3, true);
    let of_second = lose(&world, "1 MILK lot A at L1 status hold");
    assert_eq!(put(&world, ("MILK", "A"), 4, false).kept.to_string(), "0");
    for lost in [of_second, of_first, between] {
        assert_eq!(world.reverse(lost), "accepted");
    }
    assert_eq!(world.stock("MILK"), ["L1 lot A 6", "L1 lot A hold 2"]);
}

fn what_was_lost_before_the_hold_comes_back_held(engine: Engine) {
    let world = milk(engine);
    let before = lose(&world, "3 MILK lot A at L1 status hold");
    hold(&world);
    release(&world);
    assert_eq!(world.reverse(before), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A 5", "L1 lot A hold 3", "M1 lot A 5"]);
}

fn what_another_status_took_during_a_hold_comes_back_held(engine: Engine) {
    let world = milk(engine);
    hold(&world);
    let line = parse("8 MILK lot A at L1 status hold becomes damaged");
    let damaged =
        posting_of(&world.ask(Work::Post(PostInput { lines: vec![line], ..posting(Kind::SetStatus) })));
    release(&world);
    put(&world, ("MILK", "A"), 3, true);
    assert_eq!(world.reverse(damaged), "accepted");
    // three of them were put aside by somebody, and it is not known which
    assert_eq!(put(&world, ("MILK", "A"), 4, false).kept.to_string(), "8");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 8", "M1 lot A 5"]);
}

fn what_is_past_its_day_comes_back_expired(engine: Engine) {
    let (mut world, lost) = lost(engine);
    release(&world);
    world.at("2026-04-02T08:00:00Z");
    assert_eq!(world.reverse(lost), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 8"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
}

fn a_serial_comes_back_good_after_both_of_its_holds(engine: Engine) {
    let world = world(engine);
    world.receive("3 DRILL lot R serials S1,S2,S3 at L1");
    set_status(&world, "1 DRILL serials S1 at L1 becomes hold");
    put(&world, ("DRILL", "R"), 1, true);
    let held = lose(&world, "1 DRILL serials S1 at L1 status hold");
    let lost = lose(&world, "1 DRILL serials S2 at L1 status hold");
    put(&world, ("DRILL", "S2"), 1, true);
    put(&world, ("DRILL", "R"), 2, false);
    // one of its holds lasts
    put(&world, ("DRILL", "S2"), 2, false);
    assert_eq!((world.reverse(held), world.reverse(lost)), ("accepted".to_owned(), "accepted".to_owned()));
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1", "L1 lot S3 1"]);
}

fn a_serial_under_another_parent_comes_back_good(engine: Engine) {
    let world = world(engine);
    world.receive("1 DRILL lot R serials S1 at L1");
    world.receive("1 DRILL lot Q serials S2 at L1");
    put(&world, ("DRILL", "R"), 1, true);
    let lost = lose(&world, "1 DRILL serials S1 at L1 status hold");
    world
        .run(|tx, ctx| {
            let caller = crate::testing::caller(ctx, None);
            let (of, why) = (("DRILL", "S1"), ("inspection", None));
            super::parent::set_parent(tx, &caller, of, web::IfMatch::Version(1), Some("Q"), why).map(|_| ())
        })
        .unwrap();
    assert_eq!(world.reverse(lost), "accepted");
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 1", "L1 lot S2 1"]);
}

fn a_lot_that_became_a_serial_during_a_hold_comes_back_as_it_was_before(engine: Engine) {
    let world = world(engine);
    world.trace_by("DRILL", "lot");
    world.receive("1 DRILL lot X at L1");
    set_status(&world, "1 DRILL lot X at L1 becomes hold");
    let lost = lose(&world, "1 DRILL lot X at L1 status hold");
    world.trace_by("DRILL", "serial");
    world.receive("1 DRILL lot P serials S at L1");
    put(&world, ("DRILL", "P"), 1, true);
    world.receive("1 DRILL lot P serials X at L2");
    assert_eq!(world.stock("DRILL"), ["L1 lot S hold 1", "L2 lot X hold 1"]);
    put(&world, ("DRILL", "P"), 2, false);
    world.post(Kind::Issue, vec![parse("1 DRILL serials X at L2")]);
    assert_eq!(world.reverse(lost), "accepted");
    assert_eq!(world.stock("DRILL"), ["L1 lot S 1", "L1 lot X hold 1"]);
}

fn the_release_itself_can_be_reversed(engine: Engine) {
    let world = world(engine);
    world.receive("8 MILK lot A until 2026-04-01 at L1");
    hold(&world);
    let released = put(&world, ("MILK", "A"), 2, false).posting.unwrap().id;
    assert_eq!(world.reverse(released), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 8"], "whoever reverses it wants it on hold");
}

const FORGET: Statement = Statement::new("stock.test.forget_released", "delete from stock_released");

fn what_nobody_knows_of_stays_on_hold(engine: Engine) {
    let (world, lost) = lost(engine);
    release(&world);
    // as a database from before has it: nobody knows, so it stays on hold
    world.run(|tx, _| Ok(tx.execute(&FORGET, &[]).map(|_| ())?)).unwrap();
    assert_eq!(world.reverse(lost), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A 3", "L1 lot A hold 5"]);
}
