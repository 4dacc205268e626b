//! The last sellable day of a lot is mended.

use super::*;
use crate::testing::{World, caller, code_of, on_both_engines, parse, world};
use db::Engine;
use domain::Code;
use domain::when::parse_date;

on_both_engines!(
    a_date_that_was_too_early_brings_the_stock_back,
    a_date_that_was_too_late_expires_the_stock_at_once,
    a_later_date_moves_the_day_of_the_sweep,
    what_a_lot_refuses,
);

pub(super) fn mend(
    world: &World,
    lot: &'static str,
    version: i64,
    day: Option<&str>,
) -> Result<LotChanged, Failure> {
    let day = day.map(|day| parse_date(day).unwrap());
    world
        .run(move |tx, ctx| set_expiry(tx, &caller(ctx, None), ("milk", lot), IfMatch::Version(version), day))
}

pub(super) fn code<T: std::fmt::Debug>(done: Result<T, Failure>) -> Code {
    match done {
        Err(Failure::Refused(problem)) => problem.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn a_date_that_was_too_early_brings_the_stock_back(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-01 at L1");
    world.receive("2 MILK lot A until 2026-03-01 at M1");
    world.receive("1 MILK lot A until 2026-03-01 at L2 status damaged");
    world.at("2026-03-02T08:00:00Z");
    let late = world.try_post(Kind::Issue, vec![parse("1 MILK lot A at L1")]);
    assert_eq!(code_of(&late), "lot_expired");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 5", "L2 lot A damaged 1", "M1 lot A 2"]);
    let done = mend(&world, "a", 1, Some("2026-04-01")).unwrap();
    assert_eq!((done.version, done.came_back), (2, Delta(5_000_000)));
    assert_eq!(world.stock("MILK"), ["L1 lot A 5", "L2 lot A damaged 1", "M1 lot A 2"]);
    assert_eq!((world.guard("MILK", "L"), world.guard("MILK", "M")), ((5, 0, 0), (2, 0, 0)));
    assert_eq!(world.events("lot"), [("stock.lot_changed".to_owned(), 1)]);
    // and runs out by the new date
    world.at("2026-04-02T00:00:00Z");
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 MILK lot A at M1")])), "lot_expired");
    assert_eq!(world.stock("MILK"), ["L1 lot A 5", "L2 lot A damaged 1", "M1 lot A expired 2"]);
}

fn a_date_that_was_too_late_expires_the_stock_at_once(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    world.receive("3 MILK lot B until 2026-04-01 at L1");
    let promised = world.reserve("MILK", "L", 6);
    let done = mend(&world, "A", 1, Some("2026-02-28")).unwrap();
    assert_eq!(done.came_back, Delta(0));
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 5", "L1 lot B 3"]);
    assert_eq!((world.claim(promised), world.guard("MILK", "L")), ((3, 1), (3, 3, 0)));
}

fn a_later_date_moves_the_day_of_the_sweep(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    mend(&world, "A", 1, Some("2026-03-05")).unwrap();
    mend(&world, "A", 2, Some("2026-03-20")).unwrap();
    world.at("2026-03-20T23:00:00Z");
    world.post(Kind::Issue, vec![parse("1 MILK lot A at L1")]);
    world.at("2026-03-21T00:00:00Z");
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 MILK lot A at L1")])), "lot_expired");
}

fn what_a_lot_refuses(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    world.receive("1 DRILL serials S1 at L1");
    assert_eq!(code(mend(&world, "A", 7, Some("2026-05-01"))), Code::Stale);
    assert_eq!(code(mend(&world, "A", 1, None)), Code::Expiry, "the item expires");
    assert_eq!(code(mend(&world, "Z", 1, None)), Code::NotFound);
    assert_eq!(mend(&world, "A", 1, Some("2026-04-01")).unwrap().version, 1, "no change is none");
    let never = world.run(|tx, ctx| {
        let day = parse_date("2026-05-01").ok();
        set_expiry(tx, &caller(ctx, None), ("DRILL", "S1"), IfMatch::Version(1), day)
    });
    assert_eq!(code(never), Code::Expiry);
}
