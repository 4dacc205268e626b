//! Goods of a lot that is put on hold while they are on their way.

use super::tests::{code, draft, step};
use super::*;
use crate::lot::hold::set_hold;
use crate::testing::{caller, on_both_engines, parse, world};
use db::Engine;
use domain::Code;
use domain::ledger::Kind;
use web::IfMatch;

on_both_engines!(
    what_is_held_on_the_way_arrives_on_hold,
    serials_of_a_parent_that_is_held_on_the_way_arrive_on_hold,
    what_a_site_holds_stays_on_hold_when_it_is_sent,
);

fn what_is_held_on_the_way_arrives_on_hold(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    let number = draft(&world, &["4 MILK"]);
    step(&world, ship, &number, &["1 3 L1 lot A"]).unwrap();
    let why = ("recall", None);
    world
        .run(move |tx, ctx| set_hold(tx, &caller(ctx, None), ("MILK", "A"), IfMatch::Version(1), true, why))
        .unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 2", "~T-000001 lot A 3"]);
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1 status good"])), Code::LotOnHold);
    assert_eq!(code(step(&world, ship, &number, &["1 1 L1 lot A"])), Code::LotOnHold);
    step(&world, ship, &number, &["1 1 L1 lot A status hold"]).unwrap();
    step(&world, receive, &number, &["1 1 M1 status damaged", "1 3 M1"]).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A hold 1", "M1 lot A damaged 1", "M1 lot A hold 3"]);
    assert_eq!(world.guard("MILK", "M"), (0, 0, 0));
}

fn what_a_site_holds_stays_on_hold_when_it_is_sent(engine: Engine) {
    let world = world(engine);
    world.receive("8 MILK lot A until 2026-04-01 at L1");
    world.receive("2 MILK lot A until 2026-04-01 at L2");
    let held = parse("3 MILK lot A at L1 becomes hold");
    world.post(Kind::SetStatus, vec![held]);
    let number = draft(&world, &["8 MILK"]);
    // one of those that are held, and one that is good
    step(&world, ship, &number, &["1 1 L1 lot A status hold", "1 1 L2 lot A"]).unwrap();
    let put = |version, on_hold| {
        let (milk, why) = (("MILK", "A"), ("recall", None));
        let done = world.run(move |tx, ctx| {
            set_hold(tx, &caller(ctx, None), milk, IfMatch::Version(version), on_hold, why)
        });
        done.unwrap()
    };
    put(1, true);
    step(&world, ship, &number, &["1 6 L1 lot A status hold"]).unwrap();
    // the good one arrives on hold with its lot, and is held by whoever says so
    step(&world, receive, &number, &["1 4 M1 status hold"]).unwrap();
    step(&world, receive, &number, &["1 4 M2"]).unwrap();
    let stock = ["L1 lot A hold 1", "L2 lot A hold 1", "M1 lot A hold 4", "M2 lot A hold 4"];
    assert_eq!(world.stock("MILK"), stock);
    let released = put(2, false);
    assert_eq!(released.kept.to_string(), "8");
    let stock = ["L1 lot A hold 1", "L2 lot A 1", "M1 lot A hold 4", "M2 lot A 1", "M2 lot A hold 3"];
    assert_eq!(world.stock("MILK"), stock);
}

fn serials_of_a_parent_that_is_held_on_the_way_arrive_on_hold(engine: Engine) {
    let world = world(engine);
    world.receive("3 DRILL lot R serials S1,S2,S3 at L1");
    let number = draft(&world, &["2 DRILL"]);
    assert_eq!(code(step(&world, ship, &number, &["1 1 L1 lot R"])), Code::LotIsParent);
    step(&world, ship, &number, &["1 1 L1 lot S1", "1 1 L1 lot S2"]).unwrap();
    let put = |version, on_hold| {
        let why = ("recall", None);
        world
            .run(move |tx, ctx| {
                set_hold(tx, &caller(ctx, None), ("DRILL", "R"), IfMatch::Version(version), on_hold, why)
            })
            .unwrap()
    };
    put(1, true);
    assert_eq!(world.stock("DRILL"), ["L1 lot S3 hold 1", "~T-000001 lot S1 1", "~T-000001 lot S2 1"]);
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1 lot S1 status good"])), Code::LotOnHold);
    step(&world, receive, &number, &["1 1 M1 lot S1"]).unwrap();
    assert_eq!(world.stock("DRILL"), ["L1 lot S3 hold 1", "M1 lot S1 hold 1", "~T-000001 lot S2 1"]);
    put(2, false);
    step(&world, receive, &number, &["1 1 M1 lot S2"]).unwrap();
    assert_eq!(world.stock("DRILL"), ["L1 lot S3 1", "M1 lot S1 1", "M1 lot S2 1"]);
}
