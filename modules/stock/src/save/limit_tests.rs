//! Sums that only grow end before they are wrong.

use crate::input::{CostInput, LineInput, PostInput, Request, Work};
use crate::service::Vault;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::{DbError, Engine};
use domain::Qty;
use domain::ledger::Kind;
use std::sync::Arc;
use web::{Failure, Principal};

on_both_engines!(
    the_value_of_a_month_that_would_not_fit_is_refused,
    what_does_not_fit_disturbs_nobody,
    goods_are_not_priced_at_nothing_because_their_price_does_not_fit,
);

const MOST: i64 = 9_000_000_000_000_000_000;

fn worth(text: &str, value: i64) -> LineInput {
    LineInput { cost: CostInput::Total(value), ..parse(text) }
}

fn request(world: &World, kind: Kind, lines: Vec<LineInput>) -> Request {
    let work = Work::Post(PostInput { lines, ..posting(kind) });
    Request {
        ctx: world.ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: None,
        work,
        second: web::Second::Cannot,
    }
}

/// What the caller is told.
fn told(done: Result<web::Answer, DbError>) -> String {
    match done {
        Ok(answer) => code_of(&answer),
        Err(error) => Failure::from(error).problem().code.word().to_owned(),
    }
}

fn the_value_of_a_month_that_would_not_fit_is_refused(engine: Engine) {
    let mut world = world(engine);
    let vault = Vault::open(&world.db);
    let ask = |world: &World, kind, line| told(vault.submit_blocking(request(world, kind, vec![line])));
    assert_eq!(ask(&world, Kind::Receive, worth("1 BOLT at L1", MOST)), "accepted");
    assert_eq!(ask(&world, Kind::Receive, worth("1 BOLT at L1", MOST)), "limit_exceeded", "at once");
    assert_eq!(ask(&world, Kind::Issue, parse("1 BOLT at L1")), "accepted");
    assert_eq!(ask(&world, Kind::Receive, worth("1 BOLT at L1", MOST)), "limit_exceeded", "in the month");
    assert_eq!(world.stock("BOLT"), Vec::<String>::new());
    assert_eq!(ask(&world, Kind::Receive, worth("1 BOLT at M1", MOST)), "accepted", "of another group");
    world.at("2026-04-01T09:30:00Z");
    assert_eq!(ask(&world, Kind::Receive, worth("1 BOLT at L1", MOST)), "accepted", "in another month");
}

fn what_does_not_fit_disturbs_nobody(engine: Engine) {
    let world = world(engine);
    let steps = [
        request(&world, Kind::Receive, vec![worth("1 BOLT at L1", MOST)]),
        request(&world, Kind::Issue, vec![parse("1 BOLT at L1")]),
        request(&world, Kind::Receive, vec![worth("1 BOLT at L1", MOST)]),
        request(&world, Kind::Receive, vec![parse("7 BOLT at L2")]),
    ];
    // in one batch, as long as they fit
    let vault = Vault::open(&world.db);
    let done: Vec<String> = std::thread::scope(|scope| {
        let one = |request: &Request| {
            let (vault, request) = (vault.clone(), request.clone());
            scope.spawn(move || told(vault.submit_blocking(request)))
        };
        let [first, second, third, fourth] = &steps;
        let mut done = vec![one(first).join().unwrap(), one(second).join().unwrap()];
        let both = [one(third), one(fourth)];
        done.extend(both.map(|thread| thread.join().unwrap()));
        done
    });
    assert_eq!(done, ["accepted", "accepted", "limit_exceeded", "accepted"]);
    assert_eq!(world.stock("BOLT"), ["L2 7"]);
}

fn goods_are_not_priced_at_nothing_because_their_price_does_not_fit(engine: Engine) {
    let world = world(engine);
    world.post(Kind::Receive, vec![worth("1 BOLT at L1", MOST)]);
    let count = |qty: u32| LineInput {
        qty: crate::input::QtyInput::Counted(Qty::units(qty).unwrap()),
        cost: CostInput::Unknown,
        ..parse("1 BOLT at L1")
    };
    assert_eq!(code_of(&world.try_post(Kind::Adjust, vec![count(3)])), "limit_exceeded");
    assert_eq!(world.stock("BOLT"), ["L1 1"]);
}
