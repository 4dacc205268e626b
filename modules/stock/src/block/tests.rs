//! Places change under their stock, and the guard of the site follows.

use super::*;
use crate::input::{AllocateInput, Work};
use crate::testing::{
    World, allocation, caller, claim_of, code_of, on_both_engines, parse, posting_of, seen, world,
};
use db::Engine;
use domain::ClaimId;
use domain::ledger::Kind;

on_both_engines!(
    a_blocked_place_does_not_sell_and_sells_again,
    a_block_breaks_the_claims_it_leaves_without_cover,
    a_block_with_enough_elsewhere_breaks_nothing,
    a_place_stops_selling_and_starts_again,
    lots_that_run_out_under_a_block_are_swept_after_it,
    a_block_sweeps_what_stands_under_it,
    a_place_with_stock_stays_in_its_site,
    what_was_issued_from_a_place_that_left_its_site_does_not_come_back_there,
    a_place_moves_under_a_block,
    only_whoever_reaches_a_place_changes_it,
    postings_and_blocks_at_once_keep_the_books,
);

fn block(world: &World, code: &str, reason: Option<&str>) -> Result<PlaceChanged, Failure> {
    let (code, reason) = (code.to_owned(), reason.map(str::to_owned));
    world.run(move |tx, ctx| set_blocked(tx, &caller(ctx, None), (&code, IfMatch::Any), reason.as_deref()))
}

fn stand(world: &World, code: &str, parent: &str) -> Result<PlaceChanged, Failure> {
    let (code, parent) = (code.to_owned(), parent.to_owned());
    world.run(move |tx, ctx| set_parent(tx, &caller(ctx, None), (&code, IfMatch::Any), &parent))
}

fn refused(done: Result<PlaceChanged, Failure>) -> Code {
    match done {
        Err(Failure::Refused(problem)) => seen(&problem).0,
        other => panic!("not refused: {other:?}"),
    }
}

fn allocate(world: &World, location: &str, qty: u32, priority: i64) -> ClaimId {
    claim_of(&world.ask(Work::Allocate(AllocateInput {
        priority,
        ..allocation(&format!("{qty} BOLT at {location}"), "order")
    })))
}

fn a_blocked_place_does_not_sell_and_sells_again(engine: Engine) {
    let world = world(engine);
    world.place("Z zone below L");
    world.place("Z1 bin below Z");
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at Z1");
    world.receive("2 BOLT at Z1 status damaged");
    let done = block(&world, "Z", Some("damaged")).unwrap();
    assert_eq!((done.location.code.as_str(), done.location.blocked, done.claims_broken), ("Z", true, 0));
    assert_eq!(world.guard("BOLT", "L"), (10, 0, 0));
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT at Z1")])), "location_blocked");
    // what is blocked with another place is opened there
    assert_eq!(refused(block(&world, "Z1", None)), Code::LocationBlocked);
    // twice is once, and a reason of its own stays
    block(&world, "Z1", Some("inspection")).unwrap();
    block(&world, "Z", None).unwrap();
    assert_eq!(world.guard("BOLT", "L"), (10, 0, 0));
    block(&world, "Z1", None).unwrap();
    assert_eq!(world.guard("BOLT", "L"), (15, 0, 0));
    assert_eq!(refused(block(&world, "~loss", Some("other"))), Code::WrongLocationKind);
    assert_eq!(refused(block(&world, "NOWHERE", Some("other"))), Code::NotFound);
    assert_eq!(refused(block(&world, "L1", Some(" "))), Code::InvalidValue);
}

fn a_block_breaks_the_claims_it_leaves_without_cover(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("5 BOLT at L2");
    let elsewhere = allocate(&world, "L2", 3, 0);
    let (weak, strong) = (allocate(&world, "L1", 4, 1), allocate(&world, "L1", 4, 2));
    let promised = world.reserve("BOLT", "L", 2);
    // 13 are claimed and 5 are left: the eight bound to the place go first, the rest has cover
    assert_eq!(block(&world, "L1", Some("other")).unwrap().claims_broken, 2);
    let claims = [weak, strong, elsewhere, promised].map(|claim| world.claim(claim));
    assert_eq!(claims, [(0, 5), (0, 5), (3, 1), (2, 1)]);
    assert_eq!(world.guard("BOLT", "L"), (5, 2, 3));
    // the place that is left: the younger claim goes
    assert_eq!(block(&world, "L", Some("other")).unwrap().claims_broken, 2);
    assert_eq!([elsewhere, promised].map(|claim| world.claim(claim)), [(0, 5), (0, 5)]);
    assert_eq!(world.guard("BOLT", "L"), (0, 0, 0));
}

fn a_block_with_enough_elsewhere_breaks_nothing(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("10 BOLT at L2");
    let bound = allocate(&world, "L1", 4, 0);
    assert_eq!(block(&world, "L1", Some("count")).unwrap().claims_broken, 0);
    assert_eq!(world.claim(bound), (4, 1));
    assert_eq!(world.guard("BOLT", "L"), (10, 0, 4));
}

fn a_place_stops_selling_and_starts_again(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let promised = world.reserve("BOLT", "L", 6);
    let set = |sellable| {
        world
            .run(move |tx, ctx| set_sellable(tx, &caller(ctx, None), ("l1", IfMatch::Any), sellable))
            .unwrap()
            .claims_broken
    };
    assert_eq!(set(false), 1);
    assert_eq!((world.guard("BOLT", "L"), world.claim(promised)), ((0, 0, 0), (0, 5)));
    assert_eq!(set(true), 0);
    assert_eq!(world.guard("BOLT", "L"), (10, 0, 0));
}

fn lots_that_run_out_under_a_block_are_swept_after_it(engine: Engine) {
    let mut world = world(engine);
    world.receive("3 MILK lot A until 2026-03-05 at L1");
    block(&world, "L1", Some("count")).unwrap();
    world.at("2026-03-06T08:00:00Z");
    block(&world, "L1", None).unwrap();
    let late = world.try_post(Kind::Issue, vec![parse("1 MILK lot A at L1")]);
    assert_eq!(code_of(&late), "lot_expired");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 3"]);
}

fn a_block_sweeps_what_stands_under_it(engine: Engine) {
    let mut world = world(engine);
    world.receive("3 MILK lot A until 2026-03-05 at L1");
    world.receive("2 BOLT at L2");
    world.at("2026-03-06T08:00:00Z");
    // nothing below it is past its day, so nothing is swept while the gate is held
    block(&world, "L2", Some("count")).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A 3"]);
    block(&world, "L1", Some("count")).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 3"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
}

fn a_place_with_stock_stays_in_its_site(engine: Engine) {
    let world = world(engine);
    world.place("Z zone below L");
    world.place("Z1 bin below Z");
    world.receive("5 BOLT at Z1");
    assert_eq!(refused(stand(&world, "Z", "M")), Code::InUse);
    assert_eq!(refused(stand(&world, "Z", "Z1")), Code::TreeCycle);
    assert_eq!(refused(stand(&world, "Z", "Z")), Code::TreeCycle);
    world.post(Kind::Move, vec![parse("5 BOLT at Z1 to L1")]);
    stand(&world, "Z", "M").unwrap();
    world.receive("1 BOLT at Z1");
    assert_eq!((world.guard("BOLT", "L"), world.guard("BOLT", "M")), ((5, 0, 0), (1, 0, 0)));
}

fn what_was_issued_from_a_place_that_left_its_site_does_not_come_back_there(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("1 BOLT at M1");
    let sale = posting_of(&world.try_post(Kind::Issue, vec![parse("10 BOLT at L1")]));
    stand(&world, "L1", "M").unwrap();
    assert_eq!(world.reverse(sale), "not_reversible");
    assert_eq!(world.stock("BOLT"), ["M1 1"]);
    world.post(Kind::Return, vec![parse("10 BOLT at L2")]);
    assert_eq!((world.guard("BOLT", "L"), world.guard("BOLT", "M")), ((10, 0, 0), (1, 0, 0)));
}

fn a_place_moves_under_a_block(engine: Engine) {
    let world = world(engine);
    world.place("Z zone below L");
    world.receive("5 BOLT at L1");
    block(&world, "Z", Some("damaged")).unwrap();
    stand(&world, "L1", "Z").unwrap();
    assert_eq!(world.guard("BOLT", "L"), (0, 0, 0));
    stand(&world, "L1", "L").unwrap();
    assert_eq!(world.guard("BOLT", "L"), (5, 0, 0));
}

fn only_whoever_reaches_a_place_changes_it(engine: Engine) {
    let world = world(engine);
    let (here, there) = (world.location("L"), world.location("M"));
    let as_one = |below| {
        world.run(move |tx, ctx| {
            set_blocked(tx, &caller(ctx, Some(below)), ("L1", IfMatch::Any), Some("other")).map(|_| ())
        })
    };
    assert!(as_one(there).is_err());
    assert!(as_one(here).is_ok());
    let away = world.refused(move |tx, ctx| {
        set_parent(tx, &caller(ctx, Some(here)), ("L1", IfMatch::Any), "M").map(|_| ())
    });
    assert_eq!(away, (Code::UnknownLocation, "/parent".to_owned()));
}

fn postings_and_blocks_at_once_keep_the_books(engine: Engine) {
    let world = world(engine);
    world.receive("1000 BOLT at L2");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for round in 0..15 {
                    let text = match (thread + round) % 3 {
                        0 => "1 BOLT at L1",
                        1 => "1 MILK lot A until 2026-09-01 at L1",
                        _ => "1 BOLT at L2 to L1",
                    };
                    let kind = if text.contains(" to ") { Kind::Move } else { Kind::Receive };
                    let answer = world.try_post(kind, vec![parse(text)]);
                    assert!(["accepted", "location_blocked"].contains(&code_of(&answer).as_str()));
                }
            });
        }
        let world = &world;
        scope.spawn(move || {
            for round in 0..21 {
                block(world, "L1", (round % 2 == 0).then_some("count")).unwrap();
            }
        });
    });
    // the world looks at the books when it ends
}
