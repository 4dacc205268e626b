//! What a transfer has bound never waits, whatever the rule of the site.

use super::allocate;
use super::tests::{draft, step};
use crate::testing::{caller, on_both_engines, parse, world};
use db::Engine;
use domain::ledger::Kind;
use web::IfMatch;

on_both_engines!(what_a_loss_takes_from_a_transfer_is_broken_and_does_not_wait);

fn what_a_loss_takes_from_a_transfer_is_broken_and_does_not_wait(engine: Engine) {
    let world = world(engine);
    world
        .run(|tx, ctx| {
            let rule = ("cap", Some("10"));
            crate::backorder::set(tx, &caller(ctx, None), ("L", None), IfMatch::Any, rule)
        })
        .unwrap();
    world.receive("3 BOLT at L1");
    let number = draft(&world, &["3 BOLT"]);
    step(&world, allocate, &number, &["1 3 L1"]).unwrap();
    world.post(Kind::SetStatus, vec![parse("2 BOLT at L1 to L1 becomes damaged")]);
    assert_eq!(world.guard("BOLT", "L"), (1, 0, 1));
    let scope = caller(&world.ctx, None).scope;
    let listed = |allocations| {
        let wanted = crate::claim::list::Wanted { allocations, ..Default::default() };
        let part = world.read(|conn| crate::claim::list::page(conn, &scope, &wanted, None, 10));
        part.rows
            .iter()
            .map(|row| format!("{} {}+{}", row.owner, row.qty, row.backordered))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(true), [format!("{number}/1 1+0")]);
    assert!(listed(false).is_empty());
}
