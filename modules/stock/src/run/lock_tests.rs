//! What was read without a lock may have changed by the time that it is locked.

use super::lock_wanted;
use crate::desk::Desk;
use crate::input::Work;
use crate::load::{Known, Wanted, read_claims};
use crate::names::Names;
use crate::testing::{World, allocation, claim_of, on_both_engines, parse, world};
use db::Engine;
use domain::ClaimId;
use domain::ledger::{Claim, Kind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

on_both_engines!(a_claim_that_another_process_has_moved_is_read_again);

fn allocate(world: &World) -> ClaimId {
    claim_of(&world.ask(Work::Allocate(allocation("4 BOLT at L1", "order-1"))))
}

fn read(world: &World, id: ClaimId) -> Claim {
    world.read(|conn| read_claims(conn, std::iter::once(id))).remove(0)
}

fn a_claim_that_another_process_has_moved_is_read_again(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let id = allocate(&world);
    let before = read(&world, id);
    let mut line = parse("4 BOLT at L1 to L2");
    line.claim = Some(id);
    world.post(Kind::Move, vec![line]);
    assert_eq!((before.bin.unwrap().0, read(&world, id).bin.unwrap().0), {
        (world.location("L1"), world.location("L2"))
    });
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let balance = world.run(move |tx, ctx| {
        let mut names = Names::default();
        names.add_claims(tx, [id])?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            // the first run has read the claim before it was moved
            names.claims.insert(id, before.clone());
        }
        let mut wanted = Wanted::default();
        wanted.claim(&names, id);
        let desk = Desk::read(tx)?;
        let (vault, _) = lock_wanted(tx, &desk, &mut Known::default(), &mut names, wanted, ctx)?;
        let claim = vault.claim(id).unwrap();
        Ok(vault.balance(claim.key().unwrap()).unwrap())
    });
    assert_eq!((runs.load(Ordering::SeqCst), balance.unwrap().allocated), (2, 4_000_000));
}
