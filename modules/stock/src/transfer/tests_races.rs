//! Steps of one transfer at the same time: each sees what the one before left.

use super::tests::{draft, step};
use super::*;
use crate::testing::{on_both_engines, world};
use db::Engine;

on_both_engines!(two_receipts_at_once_never_take_more_than_was_shipped, two_shipments_at_once_ship_no_more);

fn two_receipts_at_once_never_take_more_than_was_shipped(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["10 BOLT"]);
    step(&world, ship, &number, &["1 all L1"]).unwrap();
    let done: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let (world, number) = (&world, &number);
                let line = format!("1 3 M{}", thread % 2 + 1);
                scope.spawn(move || step(world, receive, number, &[&line]).is_ok())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 3, "three times three of ten");
    assert_eq!(world.guard("BOLT", "M"), (9, 0, 0));
    assert!(world.stock("BOLT").contains(&"~T-000001 1".to_owned()));
}

fn two_shipments_at_once_ship_no_more(engine: Engine) {
    let world = world(engine);
    world.receive("100 BOLT at L1");
    let number = draft(&world, &["10 BOLT"]);
    let done: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (world, number) = (&world, &number);
                scope.spawn(move || step(world, ship, number, &["1 4 L1"]).is_ok())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 2);
    assert_eq!(world.stock("BOLT"), ["L1 92", "~T-000001 8"]);
}
