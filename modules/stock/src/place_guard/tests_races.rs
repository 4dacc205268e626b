//! Archiving against what would come in at the same time: one of them goes through.

use super::tests::{archive, bring, cancel, make, refused, transfer};
use super::*;
use crate::input::{Request, Work};
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use crate::{PostInput, Vault};
use db::Engine;
use domain::ledger::Kind;
use places::{NewLocation, create_location};
use std::sync::{Arc, Barrier};
use web::{Principal, Reached};

on_both_engines!(
    a_receipt_or_the_archive_goes_through_and_never_both,
    a_unit_comes_in_or_the_place_goes_and_never_both,
    a_transfer_is_made_or_its_site_goes_and_never_both,
    what_is_made_below_goes_out_of_use_with_it,
);

const ROUNDS: usize = 12;

/// Runs two things as close together as threads can.
fn together<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| {
            barrier.wait();
            one()
        });
        let other = scope.spawn(|| {
            barrier.wait();
            other()
        });
        (one.join().unwrap(), other.join().unwrap())
    })
}

/// Of two that exclude each other exactly one went through, and the other says why.
fn one_of<T: std::fmt::Debug>(archived: Result<Location, Failure>, other: Result<T, Failure>) -> bool {
    match (archived, other) {
        (Ok(_), Err(other)) => {
            assert_eq!(refused::<T>(Err(other)).code, Code::LocationArchived);
            true
        }
        (Err(archived), Ok(_)) => {
            assert_eq!(refused::<Location>(Err(archived)).code, Code::InUse);
            false
        }
        neither => panic!("not exactly one: {neither:?}"),
    }
}

/// Receives a bolt through the queue of the hot path.
fn receive(world: &World, vault: &Vault) -> String {
    let input = PostInput { lines: vec![parse("1 BOLT at L1")], ..posting(Kind::Receive) };
    let principal = Arc::new(Principal::system());
    let request = Request {
        ctx: world.ctx.clone(),
        principal,
        key: None,
        work: Work::Post(input),
        second: web::Second::Cannot,
    };
    code_of(&vault.submit_blocking(request).unwrap())
}

fn a_receipt_or_the_archive_goes_through_and_never_both(engine: Engine) {
    let world = world(engine);
    let vault = Vault::open(&world.db);
    for round in 0..ROUNDS {
        // the place itself, or the site above it
        let place = if round % 2 == 0 { "L1" } else { "L" };
        let (archived, received) = together(|| archive(&world, place, true), || receive(&world, &vault));
        match (archived, received.as_str()) {
            (Ok(_), "location_archived") => {
                assert!(world.stock("BOLT").is_empty());
                archive(&world, place, false).unwrap();
            }
            (Err(archived), "accepted") => {
                assert_eq!(refused::<Location>(Err(archived)).code, Code::InUse);
                assert_eq!(world.stock("BOLT"), ["L1 1"]);
                world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
            }
            neither => panic!("not exactly one: {neither:?}"),
        }
    }
}

fn a_unit_comes_in_or_the_place_goes_and_never_both(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L2").unwrap();
    world.receive("1 BOLT at U");
    for round in 0..ROUNDS {
        let other = || match round % 2 {
            0 => bring(&world, "U", "L1"),
            _ => make(&world, &format!("N{round}"), "L1"),
        };
        let (archived, came) = together(|| archive(&world, "L1", true), other);
        let unit = if round % 2 == 0 { "U".to_owned() } else { format!("N{round}") };
        if one_of(archived, came) {
            archive(&world, "L1", false).unwrap();
        } else {
            bring(&world, &unit, "L2").unwrap();
        }
    }
}

fn a_transfer_is_made_or_its_site_goes_and_never_both(engine: Engine) {
    let world = world(engine);
    for round in 0..ROUNDS {
        let site = if round % 2 == 0 { "L" } else { "M" };
        let (archived, made) = together(|| archive(&world, site, true), || transfer(&world, "L", "M"));
        let number = made.as_ref().ok().cloned();
        one_of(archived, made);
        match number {
            Some(number) => cancel(&world, number),
            None => drop(archive(&world, site, false).unwrap()),
        }
    }
}

fn what_is_made_below_goes_out_of_use_with_it(engine: Engine) {
    let world = world(engine);
    for round in 0..ROUNDS {
        let (zone, bin) = (format!("Z{round}"), format!("B{round}"));
        world.place(&format!("{zone} zone below L"));
        let new = NewLocation {
            code: bin.clone(),
            kind: Some("bin".to_owned()),
            parent: Some(zone.clone()),
            ..NewLocation::default()
        };
        let create = || world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &new));
        let (archived, made) = together(|| archive(&world, &zone, true), create);
        assert!(archived.unwrap().archived, "an empty zone with a bin or without one goes");
        match made {
            Ok(_) => {
                assert!(world.read(|conn| places::facts_by_code(conn, &[&bin])).remove(0).unwrap().archived);
            }
            Err(refusal) => assert_eq!(refused::<Location>(Err(refusal)).code, Code::LocationArchived),
        }
    }
}
