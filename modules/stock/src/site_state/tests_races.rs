//! What is posted or promised while a site goes back: one of both goes through, never both.

use super::tests::{new_site, new_site_called, reservation, try_back, try_go};
use crate::Vault;
use crate::input::{PostInput, Request, Work};
use crate::place_guard::tests::refused;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Code, SiteState};
use std::sync::{Arc, Barrier};
use web::Principal;

on_both_engines!(
    a_promise_is_made_or_the_site_goes_back_and_never_both,
    receipts_are_decided_before_the_site_goes_back_or_after_it,
);

const ROUNDS: i64 = 8;
const CALLERS: i64 = 6;

fn submit(world: &World, vault: &Vault, work: Work) -> String {
    let request = Request {
        ctx: world.ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: None,
        work,
        second: web::Second::Cannot,
    };
    code_of(&vault.submit_blocking(request).unwrap())
}

/// So many callers and a change, as close together as threads can: what each caller heard, and the change.
fn together<T: Send>(
    caller: impl Fn() -> String + Sync,
    change: impl FnOnce() -> T + Send,
) -> (Vec<String>, T) {
    let barrier = Barrier::new(usize::try_from(CALLERS).unwrap() + 1);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    caller()
                })
            })
            .collect();
        barrier.wait();
        let changed = change();
        (callers.into_iter().map(|caller| caller.join().unwrap()).collect(), changed)
    })
}

fn counted(heard: &[String], code: &str) -> i64 {
    i64::try_from(heard.iter().filter(|heard| *heard == code).count()).unwrap()
}

fn a_promise_is_made_or_the_site_goes_back_and_never_both(engine: Engine) {
    let world = world(engine);
    let vault = Vault::open(&world.db);
    for round in 0..ROUNDS {
        let site = format!("R{round}");
        new_site_called(&world, &site);
        world.post(Kind::Opening, vec![parse(&format!("1000 BOLT at {site}1"))]);
        try_go(&world, &site, SiteState::Pilot, &[]).unwrap();
        let (heard, back) =
            together(|| submit(&world, &vault, reservation(&site, 1)), || try_back(&world, &site));
        let accepted = counted(&heard, "accepted");
        assert_eq!(accepted + counted(&heard, "site_in_set_up"), CALLERS, "{heard:?}");
        match back {
            Ok(_) => assert_eq!((accepted, world.guard("BOLT", &site)), (0, (0, 0, 0))),
            Err(refusal) => {
                assert_eq!(refused::<()>(Err(refusal)).code, Code::InUse);
                assert_eq!((accepted, world.guard("BOLT", &site)), (CALLERS, (1000, CALLERS, 0)));
            }
        }
    }
}

fn receipts_are_decided_before_the_site_goes_back_or_after_it(engine: Engine) {
    let world = world(engine);
    new_site(&world);
    world.post(Kind::Opening, vec![parse("1 BOLT at N1")]);
    let (vault, mut on_hand) = (Vault::open(&world.db), 1);
    for _ in 0..ROUNDS {
        try_go(&world, "N", SiteState::Pilot, &[]).unwrap();
        assert_eq!(world.guard("BOLT", "N"), (on_hand, 0, 0));
        let receive =
            || Work::Post(PostInput { lines: vec![parse("1 BOLT at N1")], ..posting(Kind::Receive) });
        let (heard, back) = together(|| submit(&world, &vault, receive()), || try_back(&world, "N"));
        back.unwrap();
        let accepted = counted(&heard, "accepted");
        assert_eq!(accepted + counted(&heard, "site_in_set_up"), CALLERS, "{heard:?}");
        on_hand += accepted;
        // all of them stand there, and none of them sells
        assert_eq!(world.stock("BOLT"), [format!("N1 {on_hand}")]);
        assert_eq!(world.guard("BOLT", "N"), (0, 0, 0));
    }
}
