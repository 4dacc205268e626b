//! More layers than are looked at first.

use super::costs::LAYERS_AT_FIRST;
use crate::input::{CostInput, LineInput};
use crate::testing::{World, on_both_engines, parse, posting_of, world};
use db::{Engine, Statement};
use domain::Instant;
use domain::ledger::Kind;

on_both_engines!(
    an_issue_takes_more_layers_than_are_looked_at_first,
    an_old_layer_that_is_open_again_is_used_before_those_behind_the_used_ones,
);

/// How much a stack holds, what it is worth, and since when on any of its layers is open.
const STACK: Statement =
    Statement::new("stock.test.stack", "select qty, value, open_since from stock_stack where item = ?1");

fn stack(world: &World) -> (i64, i64, Instant) {
    let item = world.item("BOLT").get();
    let found = world.read(|conn| {
        conn.query_one(&STACK, &[item.into()], |row| Ok((row.int(0)?, row.int(1)?, Instant(row.int(2)?))))
    });
    (found.0 / 1_000_000, found.1, found.2)
}

/// The minute in which the layer of a number came in.
fn minute(number: i64) -> String {
    format!("2026-03-01T10:{number:02}:00Z")
}

/// Bolts that came in one by one, a minute after the other, the n-th for n cents.
fn bolts(engine: Engine, count: i64) -> World {
    let mut world = world(engine);
    for number in 1..=count {
        world.at(&minute(number));
        let line = LineInput { cost: CostInput::Total(number), ..parse("1 BOLT at L1") };
        world.post(Kind::Receive, vec![line]);
    }
    world.at("2026-03-01T12:00:00Z");
    world
}

fn issue(world: &World, qty: i64) -> domain::PostingId {
    posting_of(&world.try_post(Kind::Issue, vec![parse(&format!("{qty} BOLT at L1"))]))
}

const fn sum(from: i64, to: i64) -> i64 {
    (from + to) * (to - from + 1) / 2
}

fn since(number: i64) -> Instant {
    Instant::parse(&minute(number)).unwrap()
}

fn an_issue_takes_more_layers_than_are_looked_at_first(engine: Engine) {
    let world = bolts(engine, LAYERS_AT_FIRST + 8);
    let last = LAYERS_AT_FIRST + 8;
    issue(&world, LAYERS_AT_FIRST);
    // what lies behind them was not looked at
    assert_eq!(stack(&world), (8, sum(LAYERS_AT_FIRST + 1, last), since(LAYERS_AT_FIRST)));
    issue(&world, 1);
    assert_eq!(stack(&world), (7, sum(LAYERS_AT_FIRST + 2, last), since(LAYERS_AT_FIRST + 2)));
    let world = bolts(engine, last);
    issue(&world, LAYERS_AT_FIRST + 1);
    assert_eq!(stack(&world), (7, sum(LAYERS_AT_FIRST + 2, last), since(LAYERS_AT_FIRST + 2)));
}

fn an_old_layer_that_is_open_again_is_used_before_those_behind_the_used_ones(engine: Engine) {
    let last = LAYERS_AT_FIRST + 8;
    let world = bolts(engine, last);
    let first = issue(&world, 1);
    issue(&world, LAYERS_AT_FIRST + 3);
    let used = LAYERS_AT_FIRST + 4;
    assert_eq!(stack(&world), (4, sum(used + 1, last), since(used + 1)));
    assert_eq!(world.reverse(first), "accepted");
    assert_eq!(stack(&world), (5, 1 + sum(used + 1, last), since(1)));
    issue(&world, 3);
    assert_eq!(stack(&world), (2, sum(used + 3, last), since(used + 3)));
    issue(&world, 2);
    assert_eq!((stack(&world).0, stack(&world).1), (0, 0));
}
