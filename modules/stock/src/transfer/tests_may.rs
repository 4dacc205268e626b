//! Who may do what to a transfer that they see.

use super::tests::{code, draft, step};
use super::wire::{CloseBody, StepLine};
use super::*;
use crate::input::LINES_PER_POSTING_MAX;
use crate::testing::{World, caller, on_both_engines, seen, world};
use db::Engine;
use domain::{Code, PrincipalId};
use std::sync::Arc;
use web::Principal;

on_both_engines!(
    only_the_whole_receiving_site_writes_off_what_is_missing,
    allocations_are_given_up_where_they_bind,
    a_draft_is_cancelled_by_those_concerned,
    serials_count_as_lines,
);

/// What somebody else than the maker of the transfer is answered.
fn told<T>(done: Result<T, Failure>) -> Option<Code> {
    match done {
        Ok(_) => None,
        Err(Failure::Refused(problem)) => Some(problem.code),
        Err(other) => panic!("{other:?}"),
    }
}

/// Somebody who did not ask for the transfer, below one location.
fn stranger(ctx: &Ctx, below: domain::LocationId) -> Caller {
    let ann = caller(ctx, Some(below));
    let (id, kind) = (PrincipalId(77), ann.principal.kind());
    let principal = Principal::new(id, "bob", kind, ann.principal.grants().to_vec(), None);
    Caller { principal: Arc::new(principal), ..ann }
}

type Plain = fn(&mut Tx<'_>, &Caller, (&str, IfMatch)) -> Result<TransferShown, Failure>;

fn as_stranger(world: &World, plain: Plain, root: &str, number: &str) -> Option<Code> {
    let (root, number) = (world.location(root), number.to_owned());
    told(world.run(move |tx, ctx| plain(tx, &stranger(ctx, root), (&number, IfMatch::Any)).map(drop)))
}

fn allocations_are_given_up_where_they_bind(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("10 BOLT at L2");
    let number = draft(&world, &["5 BOLT"]);
    step(&world, allocate, &number, &["1 2 L1", "1 3 L2"]).unwrap();
    for root in ["M", "M1", "L1"] {
        assert_eq!(as_stranger(&world, release, root, &number), Some(Code::Forbidden), "{root}");
    }
    assert_eq!(world.guard("BOLT", "L"), (20, 0, 5));
    assert_eq!(as_stranger(&world, release, "L", &number), None);
    assert_eq!(world.guard("BOLT", "L"), (20, 0, 0));
    step(&world, allocate, &number, &["1 2 L1"]).unwrap();
    assert_eq!(as_stranger(&world, release, "L1", &number), None, "all that it binds is within reach");
}

fn a_draft_is_cancelled_by_those_concerned(engine: Engine) {
    let world = world(engine);
    let numbers: Vec<String> = (0..4).map(|_| draft(&world, &["5 BOLT"])).collect();
    assert_eq!(as_stranger(&world, cancel, "M1", &numbers[0]), Some(Code::Forbidden));
    assert_eq!(as_stranger(&world, cancel, "L1", &numbers[0]), None, "the goods are there");
    assert_eq!(as_stranger(&world, cancel, "M", &numbers[1]), None, "all of the receiving site");
    let (root, number) = (world.location("M1"), numbers[2].clone());
    let maker = move |tx: &mut Tx<'_>, ctx: &Ctx| {
        cancel(tx, &caller(ctx, Some(root)), (&number, IfMatch::Any)).map(drop)
    };
    assert_eq!(told(world.run(maker)), None, "whoever asked for it");
}

fn serials_count_as_lines(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL serials A,B at L1");
    let number = draft(&world, &["2 DRILL"]);
    let ship_with = |serials: usize| {
        let serials = (0..serials).map(|serial| format!("S{serial}")).collect();
        let line = StepLine { line: 1, location: "L1".to_owned(), serials, ..StepLine::default() };
        let body = StepBody { lines: vec![line], ..StepBody::default() };
        let number = number.clone();
        let refused =
            world.run(move |tx, ctx| ship(tx, &caller(ctx, None), (&number, IfMatch::Any), &body).map(drop));
        match refused {
            Err(Failure::Refused(problem)) => seen(&problem),
            other => panic!("not refused: {other:?}"),
        }
    };
    assert_eq!(ship_with(LINES_PER_POSTING_MAX + 1), (Code::TooMany, "/lines".to_owned()));
    assert_ne!(ship_with(3).0, Code::TooMany);
    assert_eq!(code(step(&world, ship, &number, &["1 all L1 serials A,C"])), Code::UnknownLot);
}

fn only_the_whole_receiving_site_writes_off_what_is_missing(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["5 BOLT"]);
    step(&world, ship, &number, &["1 5 L1"]).unwrap();
    step(&world, receive, &number, &["1 4 M1"]).unwrap();
    let close_as = |root: &str| {
        let (root, number) = (world.location(root), number.clone());
        let body = CloseBody { reason: Some("lost".to_owned()), ..CloseBody::default() };
        world.run(move |tx, ctx| {
            close(tx, &caller(ctx, Some(root)), (&number, IfMatch::Any), &body).map(|_| ())
        })
    };
    for root in ["L", "L1", "M1"] {
        match close_as(root) {
            Err(Failure::Refused(problem)) => assert_eq!(problem.code, Code::Forbidden, "{root}"),
            other => panic!("{root}: {other:?}"),
        }
    }
    assert!(world.stock("BOLT").contains(&"~T-000001 1".to_owned()));
    close_as("M").unwrap();
    assert_eq!(world.stock("BOLT"), ["L1 5", "M1 4"]);
}
