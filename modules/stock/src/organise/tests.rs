//! The books are chosen once, before the first posting, and every process follows.

use super::set_up_organisation;
use crate::Vault;
use crate::input::{PostInput, Request, Work};
use crate::store_tests;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::Period;
use domain::ledger::Kind;
use places::SetUp;
use std::sync::Arc;
use web::Principal;

on_both_engines!(
    an_open_hot_path_follows_the_books,
    books_are_not_changed_below_postings,
    a_refused_posting_is_no_obstacle,
);

fn books() -> SetUp {
    SetUp {
        name: "Shop".to_owned(),
        currency: "JPY".to_owned(),
        zone: "Asia/Tokyo".to_owned(),
        valuation_method: Some("moving_average".to_owned()),
        valuation_grouping: Some("organisation".to_owned()),
    }
}

fn request(world: &World, kind: Kind, line: &str) -> Request {
    let work = Work::Post(PostInput { lines: vec![parse(line)], ..posting(kind) });
    Request {
        ctx: world.ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: None,
        work,
        second: web::Second::Cannot,
    }
}

/// As when another process sets up while the front of this one has been at work before.
fn an_open_hot_path_follows_the_books(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-03-31T20:00:00Z");
    let vault = Vault::open(&world.db);
    let refused = vault.submit_blocking(request(&world, Kind::Issue, "1 BOLT at L1")).unwrap();
    assert_eq!(code_of(&refused), "insufficient_stock");
    world.run(|tx, ctx| set_up_organisation(tx, ctx, &books())).unwrap();
    let taken = vault.submit_blocking(request(&world, Kind::Receive, "10 BOLT at L1")).unwrap();
    assert_eq!(code_of(&taken), "accepted");
    // in Tokyo April has begun, and all is valued together
    let april = Period::from_number(202_604).unwrap();
    let bolt = world.item("BOLT");
    assert_eq!(world.read(|conn| store_tests::booked(conn, bolt)), [(i64::from(april.number()), 1)]);
}

fn books_are_not_changed_below_postings(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let refused = world.refused(|tx, ctx| set_up_organisation(tx, ctx, &books()));
    assert_eq!(refused.0, domain::Code::AlreadySetUp);
    assert_eq!(world.read(places::organisation).version, 0);
}

fn a_refused_posting_is_no_obstacle(engine: Engine) {
    let world = world(engine);
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT at L1")])), "insufficient_stock");
    let after = world.run(|tx, ctx| set_up_organisation(tx, ctx, &books())).unwrap();
    assert_eq!((after.version, after.currency.code()), (1, "JPY"));
    world.receive("10 BOLT at L1");
    let again = world.refused(|tx, ctx| set_up_organisation(tx, ctx, &books()));
    assert_eq!(again.0, domain::Code::AlreadySetUp);
}
