//! A clock that jumps out of the months that were made ready.

use crate::input::{PostInput, Request, Work};
use crate::service::Vault;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::Kind;
use std::sync::Arc;
use web::Principal;

on_both_engines!(
    a_month_that_nobody_made_ready_is_made_when_it_comes,
    a_month_that_was_made_in_vain_is_made_again,
);

fn receipt(world: &World, lines: &[&str]) -> Request {
    let lines = lines.iter().map(|line| parse(line)).collect();
    let work = Work::Post(PostInput { lines, ..posting(Kind::Receive) });
    Request {
        ctx: world.ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: None,
        work,
        second: web::Second::Cannot,
    }
}

fn a_month_that_nobody_made_ready_is_made_when_it_comes(engine: Engine) {
    let mut world = world(engine);
    let vault = Vault::open(&world.db);
    // far ahead and back again, by the front and in a transaction of another cause
    for (number, at) in
        ["2031-07-15T12:00:00Z", "2025-01-31T23:59:59Z", "2044-02-29T00:00:00Z"].iter().enumerate()
    {
        world.at(at);
        for _ in 0..2 {
            let answer = vault.submit_blocking(receipt(&world, &[&format!("1 BOLT at L{}", number % 2 + 1)]));
            assert_eq!(code_of(&answer.unwrap()), "accepted", "{at}");
        }
        world.receive("1 BOLT at M1");
    }
    assert_eq!(world.stock("BOLT"), ["L1 4", "L2 2", "M1 3"]);
}

fn a_month_that_was_made_in_vain_is_made_again(engine: Engine) {
    let mut world = world(engine);
    world.at("2031-07-15T12:00:00Z");
    for keeps in [false, true] {
        let requests = [receipt(&world, &["1 BOLT at L1"])];
        let done = world.db.write_blocking(move |tx| {
            crate::service::run_in(tx, &requests)?;
            if keeps { Ok(()) } else { Err(db::DbError::Internal("given up".into())) }
        });
        assert_eq!(done.is_ok(), keeps);
    }
    assert_eq!(world.stock("BOLT"), ["L1 1"]);
}
