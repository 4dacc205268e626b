//! Goods of a lot that is put on hold while they are on their way.

use super::tests::{code, draft, step};
use super::*;
use crate::lot::hold::set_hold;
use crate::testing::{caller, on_both_engines, world};
use db::Engine;
use domain::Code;
use web::IfMatch;

on_both_engines!(
    what_is_held_on_the_way_arrives_on_hold,
    serials_of_a_parent_that_is_held_on_the_way_arrive_on_hold,
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
