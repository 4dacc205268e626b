//! A lot is held as a whole: all that is there, and all that comes later, however it comes.

use super::hold::{LotHold, set_hold};
use super::tests::{code, mend};
use crate::input::{PostInput, Work};
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Code, Qty};
use web::{Failure, IfMatch};

on_both_engines!(
    a_held_lot_is_held_everywhere_and_released_again,
    what_comes_of_a_held_lot_comes_on_hold,
    a_count_made_before_the_hold_is_of_what_was_good,
    nothing_of_a_held_lot_goes_out,
    a_held_serial_comes_back_on_hold,
    a_hold_is_refused_when_it_is_stale_or_has_no_reason,
    a_lot_that_is_so_already_stays_as_it_is,
    what_ran_out_while_it_was_held_is_not_good_again,
    a_release_asks_each_site_what_day_it_is,
    nobody_makes_a_lot_good_past_its_day_until_it_is_mended,
    what_comes_back_to_a_held_lot_is_on_hold,
    a_hold_and_receipts_at_once_leave_nothing_good,
);

pub(crate) fn put(
    world: &World,
    (sku, lot): (&'static str, &'static str),
    version: i64,
    on_hold: bool,
) -> LotHold {
    let why = ("Recall", Some("a glass splinter"));
    let done = world.run(move |tx, ctx| {
        set_hold(tx, &caller(ctx, None), (sku, lot), IfMatch::Version(version), on_hold, why)
    });
    done.unwrap()
}

fn hold(world: &World) -> LotHold {
    put(world, ("MILK", "a"), 1, true)
}

fn a_held_lot_is_held_everywhere_and_released_again(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    world.receive("2 MILK lot A until 2026-04-01 at M1");
    world.receive("2 MILK lot A until 2026-04-01 at M1 status damaged");
    world.receive("3 MILK lot B until 2026-04-01 at L1");
    let promised = world.reserve("MILK", "M", 2);
    let held = hold(&world);
    assert_eq!((held.lot.as_str(), held.on_hold, held.version), ("A", true, 2));
    let posting = held.posting.unwrap();
    assert_eq!((posting.movements.len(), posting.claims.len()), (2, 1));
    assert_eq!(posting.reason.as_deref(), Some("recall"));
    let expected = ["L1 lot A hold 5", "L1 lot B 3", "M1 lot A damaged 2", "M1 lot A hold 2"];
    assert_eq!(world.stock("MILK"), expected);
    assert_eq!(world.claim(promised), (0, 5));
    let released = put(&world, ("milk", "A"), 2, false);
    assert_eq!((released.on_hold, released.version), (false, 3));
    assert_eq!(world.stock("MILK"), ["L1 lot A 5", "L1 lot B 3", "M1 lot A 2", "M1 lot A damaged 2"]);
    assert_eq!((world.guard("MILK", "L"), world.guard("MILK", "M")), ((8, 0, 0), (2, 0, 0)));
    let events = [("stock.lot_held".to_owned(), 1), ("stock.lot_released".to_owned(), 2)];
    assert_eq!(world.events("lot"), events);
}

fn what_comes_of_a_held_lot_comes_on_hold(engine: Engine) {
    let world = world(engine);
    world.receive("1 MILK lot A until 2026-04-01 at L1");
    world.post(Kind::Issue, vec![parse("1 MILK lot A at L1")]);
    assert!(hold(&world).posting.is_none(), "none of it is there");
    for kind in [Kind::Opening, Kind::Receive, Kind::Return, Kind::Produce] {
        world.post(kind, vec![parse("1 MILK lot A at L1")]);
        let good = world.try_post(kind, vec![parse("1 MILK lot A at L1 status good")]);
        assert_eq!(code_of(&good), "lot_on_hold", "{kind:?}");
    }
    world.post(Kind::Receive, vec![parse("1 MILK lot A at L1 status damaged")]);
    let mut count = parse("6 MILK lot A at L1");
    count.qty = crate::QtyInput::Counted(Qty::units(6).unwrap());
    world.post(Kind::Adjust, vec![count]);
    assert_eq!(world.stock("MILK"), ["L1 lot A damaged 1", "L1 lot A hold 6"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
    // and of other lots as before
    world.receive("2 MILK lot B until 2026-04-01 at L1");
    assert_eq!(world.guard("MILK", "L"), (2, 0, 0));
}

fn a_count_made_before_the_hold_is_of_what_was_good(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    let scan = world.ctx.now;
    world.at("2026-03-01T09:45:00Z");
    hold(&world);
    world.at("2026-03-01T09:50:00Z");
    let count = |qty: u32, status: &str| {
        let mut line = parse(&format!("{qty} MILK lot A at L1{status}"));
        line.qty = crate::QtyInput::Counted(Qty::units(qty).unwrap());
        let posting = PostInput { effective_at: Some(scan), lines: vec![line], ..posting(Kind::Adjust) };
        code_of(&world.ask(Work::Post(posting)))
    };
    assert_eq!(count(5, ""), "invalid_quantity", "the five were there");
    assert_eq!(count(6, ""), "lot_on_hold");
    assert_eq!(count(4, ""), "insufficient_stock");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 5"]);
    assert_eq!(count(1, " status hold"), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 6"]);
}

fn nothing_of_a_held_lot_goes_out(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    let allocate = || Work::Allocate(allocation("1 MILK lot A at L1", "order-1"));
    hold(&world);
    for text in ["1 MILK lot A at L1", "1 MILK lot A at L1 status hold"] {
        for kind in [Kind::Issue, Kind::Consume] {
            assert_eq!(code_of(&world.try_post(kind, vec![parse(text)])), "lot_on_hold", "{text} {kind:?}");
        }
    }
    assert_eq!(code_of(&world.ask(allocate())), "lot_on_hold");
    let good = world.try_post(Kind::SetStatus, vec![parse("1 MILK lot A at L1 status hold becomes good")]);
    assert_eq!(code_of(&good), "lot_on_hold");
    assert_eq!(code_of(&world.try_post(Kind::Move, vec![parse("1 MILK lot A at L1 to L2")])), "lot_on_hold");
    world.post(Kind::Move, vec![parse("1 MILK lot A at L1 to L2 status hold")]);
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 4", "L2 lot A hold 1"]);
    put(&world, ("MILK", "A"), 2, false);
    assert_eq!(code_of(&world.ask(allocate())), "accepted");
}

fn a_held_serial_comes_back_on_hold(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL serials S1,S2 at L1");
    world.post(Kind::Issue, vec![parse("2 DRILL serials S1,S2 at L1")]);
    put(&world, ("DRILL", "S1"), 1, true);
    world.post(Kind::Return, vec![parse("2 DRILL serials S1,S2 at L1")]);
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 hold 1", "L1 lot S2 1"]);
}

fn a_hold_is_refused_when_it_is_stale_or_has_no_reason(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    let hold =
        |(sku, lot): (&'static str, &'static str), version, why: (&'static str, Option<&'static str>)| {
            code(world.run(move |tx, ctx| {
                set_hold(tx, &caller(ctx, None), (sku, lot), IfMatch::Version(version), true, why)
            }))
        };
    let why = ("recall", None);
    assert_eq!(hold(("MILK", "A"), 2, why), Code::Stale);
    assert_eq!(hold(("MILK", "A"), 1, ("whim", None)), Code::UnknownReason);
    assert_eq!(hold(("MILK", "Z"), 1, why), Code::NotFound);
    assert_eq!(hold(("BOLT", "A"), 1, why), Code::NotFound);
    assert_eq!(world.stock("MILK"), ["L1 lot A 5"]);
    let tried = world.run(move |tx, ctx| {
        set_hold(tx, &caller(ctx, None), ("MILK", "A"), IfMatch::Version(1), true, why)?;
        Err::<(), _>(Failure::fault("the test says so"))
    });
    assert!(tried.is_err());
    world.receive("1 MILK lot A at L1");
    assert_eq!(world.stock("MILK"), ["L1 lot A 6"], "what was given up has left no flag");
}

fn a_lot_that_is_so_already_stays_as_it_is(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    let free = put(&world, ("MILK", "A"), 1, false);
    assert_eq!((free.version, free.on_hold, free.posting.is_none()), (1, false, true));
    hold(&world);
    let held = put(&world, ("MILK", "A"), 2, true);
    assert_eq!((held.version, held.on_hold, held.posting.is_none()), (2, true, true));
    assert_eq!(world.events("lot").len(), 1);
}

fn what_ran_out_while_it_was_held_is_not_good_again(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-02 at L1");
    hold(&world);
    world.at("2026-03-03T08:00:00Z");
    world.receive("1 MILK lot A at L1 status expired");
    let released = put(&world, ("MILK", "A"), 2, false);
    assert!(released.posting.is_none(), "nothing became good, not for a moment");
    assert_eq!(released.expired.to_string(), "5");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 6"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
    // good stock that nobody has swept is expired too, not held
    world.receive("2 MILK lot B until 2026-03-03 at L1");
    world.at("2026-03-04T08:00:00Z");
    assert!(put(&world, ("MILK", "B"), 1, true).posting.is_none());
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 6", "L1 lot B expired 2"]);
}

fn a_release_asks_each_site_what_day_it_is(engine: Engine) {
    let mut world = world(engine);
    let tokyo = places::NewLocation {
        code: "T".to_owned(),
        kind: Some("site".to_owned()),
        zone: Some("Asia/Tokyo".to_owned()),
        ..places::NewLocation::default()
    };
    world.run(move |tx, ctx| places::create_location(tx, ctx, web::Reached::All, &tokyo)).unwrap();
    world.place("T1 bin below T");
    world.receive("5 MILK lot A until 2026-03-02 at L1");
    world.receive("3 MILK lot A until 2026-03-02 at T1");
    hold(&world);
    // the third in Tokyo, and the second here
    world.at("2026-03-02T16:00:00Z");
    let released = put(&world, ("MILK", "A"), 2, false);
    assert_eq!(released.posting.unwrap().movements.len(), 1);
    assert_eq!(released.expired.to_string(), "3");
    assert_eq!(world.stock("MILK"), ["L1 lot A 5", "T1 lot A expired 3"]);
    assert_eq!((world.guard("MILK", "L"), world.guard("MILK", "T")), ((5, 0, 0), (0, 0, 0)));
}

fn nobody_makes_a_lot_good_past_its_day_until_it_is_mended(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-02 at L1 status damaged");
    world.at("2026-03-03T08:00:00Z");
    let good = || {
        code_of(
            &world.try_post(Kind::SetStatus, vec![parse("5 MILK lot A at L1 status damaged becomes good")]),
        )
    };
    assert_eq!(good(), "lot_expired");
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
    mend(&world, "A", 1, Some("2026-03-03")).unwrap();
    assert_eq!(good(), "accepted");
    assert_eq!(world.guard("MILK", "L"), (5, 0, 0));
}

fn what_comes_back_to_a_held_lot_is_on_hold(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-02 at L1");
    world.at("2026-03-03T08:00:00Z");
    hold(&world);
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 5"]);
    mend(&world, "A", 2, Some("2026-04-01")).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 5"]);
    put(&world, ("MILK", "A"), 3, false);
    assert_eq!((world.stock("MILK"), world.guard("MILK", "L")), (vec!["L1 lot A 5".to_owned()], (5, 0, 0)));
}

/// Whoever receives sees the flag, or is seen by the hold: the gate lets nobody pass between.
fn a_hold_and_receipts_at_once_leave_nothing_good(engine: Engine) {
    let world = world(engine);
    world.receive("1 MILK lot A until 2026-04-01 at L1");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for _ in 0..8 {
                    world.receive(&format!("1 MILK lot A at {}1", if thread % 2 == 0 { "L" } else { "M" }));
                }
            });
        }
        scope.spawn(|| hold(&world));
    });
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 17", "M1 lot A hold 16"]);
    assert_eq!((world.guard("MILK", "L"), world.guard("MILK", "M")), ((0, 0, 0), (0, 0, 0)));
}
