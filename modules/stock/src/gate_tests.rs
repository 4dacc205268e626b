//! The gate stops the hot path for a moment, and loses nothing; and every statement is understood.

use crate::gate;
use crate::input::{Request, RequestKey, Work};
use crate::testing::{code_of, on_both_engines, parse, posting, world};
use crate::{
    Vault, backorder, balance, block, home, item_guard, lot, organise, period, place_guard, reason, room,
    site_state, stood, store_gate, transfer, unit, upkeep,
};
use db::{Engine, Statement, full_scans};
use domain::ledger::Kind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use web::Principal;

on_both_engines!(
    postings_wait_behind_the_gate_and_are_taken,
    every_statement_is_understood_and_the_hot_ones_scan_nothing,
);

fn postings_wait_behind_the_gate_and_are_taken(engine: Engine) {
    let world = world(engine);
    let vault = Vault::open(&world.db);
    let held = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (world, seen) = (&world, Arc::clone(&held));
        scope.spawn(move || {
            world
                .run(move |tx, _| {
                    gate::hold(tx)?;
                    seen.store(true, Ordering::SeqCst);
                    // longer than the front waits for a lock
                    std::thread::sleep(Duration::from_millis(700));
                    Ok(())
                })
                .unwrap();
        });
        while !held.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        for thread in 0..8 {
            let vault = &vault;
            scope.spawn(move || {
                let key = RequestKey { key: format!("k{thread}"), fingerprint: [thread; 32] };
                let mut input = posting(Kind::Receive);
                input.lines.push(parse("1 BOLT at L1"));
                let request = Request {
                    ctx: world.ctx.clone(),
                    principal: Arc::new(Principal::system()),
                    key: Some(key),
                    work: Work::Post(input),
                    second: web::Second::Cannot,
                };
                let answer = vault.submit_blocking(request).unwrap();
                assert_eq!(code_of(&answer), "accepted");
            });
        }
    });
    assert_eq!(world.stock("BOLT"), ["L1 8"]);
}

fn every_statement_is_understood_and_the_hot_ones_scan_nothing(engine: Engine) {
    let world = world(engine);
    let all: Vec<&Statement> = [
        backorder::store::ALL,
        balance::store::ALL,
        home::store::ALL,
        block::store::ALL,
        item_guard::store::ALL,
        lot::store::ALL,
        lot::store_kept::ALL,
        organise::store::ALL,
        period::store::ALL,
        place_guard::store::ALL,
        reason::store::ALL,
        room::store::ALL,
        site_state::store::ALL,
        stood::store::ALL,
        store_gate::ALL,
        transfer::store::ALL,
        unit::store::ALL,
        upkeep::store::ALL,
    ]
    .concat();
    for statement in all {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        if statement.hot {
            assert_eq!(full_scans(&plan), Vec::<&str>::new(), "{}", statement.name);
        }
    }
}
