//! What a posting did to claims: the first of it in the answer, all of it page by page.

use super::*;
use crate::answer::CLAIM_CHANGES_SHOWN_MAX;
use crate::input::{ReserveInput, Work};
use crate::testing::{World, allocation, caller, claim_of, on_both_engines, parse, posting_of, world};
use db::Engine;
use domain::Qty;
use domain::ledger::Kind;
use serde_json::Value;

on_both_engines!(
    an_answer_shows_the_first_changes_and_counts_them_all,
    all_changes_of_a_posting_are_listed_page_by_page,
    changes_are_seen_by_those_who_see_the_claim,
    a_posting_that_is_not_there_has_no_list,
    every_statement_is_understood_and_scans_nothing,
);

/// Orders of one bolt each at `L`, and no stock beyond them.
fn orders(world: &World, count: u32) -> Vec<ClaimId> {
    world.receive(&format!("{count} BOLT at L1"));
    let one = |number| {
        claim_of(&world.ask(Work::Reserve(ReserveInput {
            sku: "BOLT".to_owned(),
            site: "L".to_owned(),
            qty: Qty::units(1).unwrap(),
            unit: None,
            owner: format!("order-{number}"),
            priority: 0,
            expires_at: None,
            backorder: true,
        })))
    };
    (0..count).map(one).collect()
}

/// Loses so much; the answer.
fn lose(world: &World, qty: u32) -> (PostingId, Value) {
    let answer = world.try_post(Kind::Adjust, vec![parse(&format!("{qty} BOLT at L1"))]);
    (posting_of(&answer), serde_json::from_slice(&answer.body).unwrap())
}

fn walk(world: &World, scope: &Scope, posting: PostingId, limit: usize) -> Vec<ClaimChangeRow> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let part = world.read(|conn| page(conn, scope, posting, after, limit)).unwrap();
        assert!(part.rows.len() <= limit);
        found.extend(part.rows);
        match part.next {
            None => return found,
            next => after = next,
        }
    }
}

fn an_answer_shows_the_first_changes_and_counts_them_all(engine: Engine) {
    let most = u32::try_from(CLAIM_CHANGES_SHOWN_MAX).unwrap();
    for (lost, shown) in [(most, most), (most + 1, most)] {
        let world = world(engine);
        let claims = orders(&world, lost + 5);
        let (posting, answer) = lose(&world, lost);
        let changes = answer["claims"].as_array().unwrap();
        assert_eq!(changes.len(), usize::try_from(shown).unwrap());
        let last = claims.last().unwrap().to_string();
        let first = serde_json::json!({
            "claim": last, "change": "broken", "changed": "1", "qty": "0", "backordered": "0"
        });
        assert_eq!(changes[0], first, "the youngest first");
        let total = serde_json::json!([
            { "sku": "BOLT", "change": "broken", "count": lost, "changed": lost.to_string() }
        ]);
        assert_eq!(answer["claim_totals"], total);
        let all = walk(&world, &caller(&world.ctx, None).scope, posting, 50);
        assert_eq!(all.len(), usize::try_from(lost).unwrap());
    }
    let world = world(engine);
    let (_, answer) = {
        world.receive("5 BOLT at L1");
        lose(&world, 1)
    };
    assert!(answer.get("claims").is_none() && answer.get("claim_totals").is_none(), "{answer}");
}

fn all_changes_of_a_posting_are_listed_page_by_page(engine: Engine) {
    let world = world(engine);
    let claims = orders(&world, 5);
    let (posting, _) = lose(&world, 4);
    let scope = caller(&world.ctx, None).scope;
    let expected: Vec<ClaimChangeRow> = (1..5)
        .rev()
        .map(|number| ClaimChangeRow {
            claim: claims[number],
            owner: format!("order-{number}"),
            sku: "BOLT".to_owned(),
            unit: "each".to_owned(),
            site: "L".to_owned(),
            change: "broken".to_owned(),
            changed: Delta(1_000_000),
            qty: Delta(0),
            backordered: Delta(0),
        })
        .collect();
    for limit in [1, 3, 4, 5] {
        assert_eq!(walk(&world, &scope, posting, limit), expected, "{limit}");
    }
    // one that changed no claim has an empty list
    let moved = posting_of(&world.try_post(Kind::Receive, vec![parse("1 BOLT at L2")]));
    assert_eq!(walk(&world, &scope, moved, 5), []);
}

fn changes_are_seen_by_those_who_see_the_claim(engine: Engine) {
    let world = world(engine);
    world.receive("4 BOLT at L1");
    world.receive("4 BOLT at M1");
    let bind = |bin: &str| world.ask(Work::Allocate(allocation(&format!("4 BOLT at {bin}"), bin)));
    let bound = posting_of_claim(&bind("L1"));
    bind("M1");
    let lines = vec![parse("1 BOLT at L1"), parse("1 BOLT at M1")];
    let lost = posting_of(&world.try_post(Kind::Adjust, lines));
    let see = |place: &str, posting| {
        let scope = caller(&world.ctx, Some(world.location(place))).scope;
        walk(&world, &scope, posting, 10).into_iter().map(|row| row.owner).collect::<Vec<_>>()
    };
    assert_eq!((see("L", lost), see("M1", lost)), (vec!["L1".to_owned()], vec!["M1".to_owned()]));
    assert_eq!((see("L1", bound).len(), see("L2", bound).len(), see("M", bound).len()), (1, 0, 0));
}

fn posting_of_claim(answer: &web::Answer) -> PostingId {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    PostingId::parse(body["posting"].as_str().unwrap()).unwrap()
}

fn a_posting_that_is_not_there_has_no_list(engine: Engine) {
    let world = world(engine);
    let scope = caller(&world.ctx, None).scope;
    let unknown = PostingId(world.ctx.ids.next());
    assert!(world.read(|conn| page(conn, &scope, unknown, None, 10)).is_none());
}

fn every_statement_is_understood_and_scans_nothing(engine: Engine) {
    let world = world(engine);
    for statement in &store::ALL {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
    }
}
