//! First receipts of one new lot race each other: one of them makes it, all of them are booked.

use crate::input::{Request, Work};
use crate::service::Vault;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::Kind;
use std::sync::{Arc, Barrier, Mutex};
use web::Principal;

on_both_engines!(many_first_receipts_of_one_new_lot_make_it_once,);

/// Threads that receive at the same time; on PostgreSQL a half of them by connections of their own.
const THREADS: usize = 12;
const ROUNDS: usize = 15;

fn receipt(world: &World, text: &str) -> Request {
    let (ctx, principal) = (world.ctx.clone(), Arc::new(Principal::system()));
    let post = crate::input::PostInput { lines: vec![parse(text)], ..posting(Kind::Receive) };
    Request { ctx, principal, key: None, work: Work::Post(post), second: web::Second::Cannot }
}

fn many_first_receipts_of_one_new_lot_make_it_once(engine: Engine) {
    let world = world(engine);
    // two fronts are what two processes on one database have
    let fronts = [Vault::open(&world.db), Vault::open(&world.db)];
    let start = Barrier::new(THREADS);
    // nobody may panic before the others have passed the barrier, so answers are looked at later
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, fronts, start, answers) = (&world, &fronts, &start, &answers);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let text = format!("1 MILK lot N{round} until 2026-09-01 at L{}", 1 + thread % 2);
                    start.wait();
                    let answer = match fronts.get(thread % 4) {
                        Some(front) => front.submit_blocking(receipt(world, &text)),
                        None => world.try_ask(receipt(world, &text).work),
                    };
                    answers.lock().unwrap().push(answer);
                }
            });
        }
    });
    for answer in answers.into_inner().unwrap() {
        assert_eq!(code_of(&answer.unwrap()), "accepted");
    }
    let mut expected: Vec<String> = Vec::new();
    for place in ["L1", "L2"] {
        for round in 0..ROUNDS {
            expected.push(format!("{place} lot N{round} {}", THREADS / 2));
        }
    }
    let mut found = world.stock("MILK");
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(world.guard("MILK", "L").0, i64::try_from(THREADS * ROUNDS).unwrap());
}
