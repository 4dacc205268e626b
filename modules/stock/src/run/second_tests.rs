//! What a posting is worth, and what its caller may do alone: tables on both engines. What becomes of a
//! command that waits is tested at the doors.

use crate::input::{BulkInput, CostInput, LineInput, PostInput, QtyInput, Request, ReverseInput, Work};
use crate::service::run_in;
use crate::testing::{World, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{Condition, Conditions, Limit, LocationId, Permission, PostingId, PrincipalId, UnitCost};
use serde_json::Value;
use std::sync::Arc;
use web::{Grant, Principal, PrincipalKind, Second, Within};

on_both_engines!(
    a_posting_is_worth_what_enters_and_what_leaves,
    a_limit_counts_where_it_is_held,
    a_reversal_is_worth_what_it_takes_back,
    of_many_who_reverse_in_one_batch_the_first_does,
);

/// Ann, whose adjustments, reversals and receipts have a limit below a place.
fn bound(limit: &str, within: Within, free: &[LocationId]) -> Arc<Principal> {
    let condition = Condition::Above(Limit::parse(limit).unwrap());
    let limited = [Permission::StockAdjust, Permission::StockReverse, Permission::StockReceive];
    let conditions: Conditions = limited.into_iter().map(|permission| (permission, condition)).collect();
    let mut grants = vec![Grant { permissions: Permissions::all(), within, category: None, conditions }];
    grants.extend(free.iter().map(|place| Grant::free(Permissions::all(), Within::Subtree(*place))));
    Arc::new(Principal::new(PrincipalId(101), "ann", PrincipalKind::User, grants, None))
}

/// `201`, or the code of what stands against it. Nothing can wait here, so that what would is refused.
fn asked(world: &World, principal: &Arc<Principal>, work: Work) -> String {
    let request = Request {
        ctx: world.ctx.clone(),
        principal: Arc::clone(principal),
        key: None,
        work,
        second: Second::Cannot,
    };
    let answer =
        world.db.write_blocking(move |tx| run_in(tx, std::slice::from_ref(&request))).unwrap().remove(0);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body["code"].as_str().map_or_else(|| answer.status.as_u16().to_string(), str::to_owned)
}

fn costing(text: &str, cost: &str) -> LineInput {
    LineInput { cost: CostInput::Each(UnitCost::parse(cost).unwrap()), ..parse(text) }
}

/// `90 BOLT at L1` were counted there.
fn counted(text: &str) -> LineInput {
    let line = parse(text);
    LineInput { qty: QtyInput::Counted(line.qty.qty()), cost: CostInput::Unknown, ..line }
}

fn adjusting(lines: &[&str]) -> Work {
    let lines = lines.iter().map(|line| counted(line)).collect();
    Work::Post(PostInput { lines, reason: Some("count".to_owned()), ..posting(Kind::Adjust) })
}

fn a_posting_is_worth_what_enters_and_what_leaves(engine: Engine) {
    let world = world(engine);
    // a hundred at 2.00 in L1, and the same in L2
    let dear = |place: &str| costing(&format!("100 BOLT at {place}"), "2");
    world.post(Kind::Receive, vec![dear("L1"), dear("L2")]);
    let ann = bound("20", Within::All, &[]);
    let waits = "second_person_required";
    for (what, lines, expected) in [
        ("at the limit", vec!["90 BOLT at L1"], "201"),
        ("one past it", vec!["79 BOLT at L1"], waits),
        ("more of it", vec!["101 BOLT at L1"], waits),
        ("what nobody knows the cost of", vec!["1 MILK lot A until 2026-04-01 at L1"], waits),
        // a plus does not hide a minus
        ("both ways", vec!["84 BOLT at L1", "106 BOLT at L2"], waits),
        ("both ways, within it", vec!["86 BOLT at L1", "104 BOLT at L2"], "201"),
    ] {
        assert_eq!(asked(&world, &ann, adjusting(&lines)), expected, "{what}");
    }
    assert_eq!(world.stock("BOLT"), ["L1 86", "L2 104"], "what has to wait has not happened");
    // postings of one request are worth what all of them are
    let one = |text: &str| PostInput {
        reason: Some("count".to_owned()),
        lines: vec![counted(text)],
        ..posting(Kind::Adjust)
    };
    let bulk = |atomic| {
        let postings = vec![one("80 BOLT at L1"), one("99 BOLT at L2")];
        Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic })
    };
    assert_eq!(asked(&world, &ann, bulk(true)), waits);
    assert_eq!(asked(&world, &ann, bulk(false)), waits);
    assert_eq!(world.stock("BOLT"), ["L1 86", "L2 104"]);
    // a move changes no worth, and asks nobody
    let moved = LineInput { to_location: Some("L2".to_owned()), ..parse("80 BOLT at L1") };
    let moving = Work::Post(PostInput { lines: vec![moved], ..posting(Kind::Move) });
    assert_eq!(asked(&world, &ann, moving), "201");
    // a receipt is worth what it costs
    let receive = |cost| {
        Work::Post(PostInput { lines: vec![costing("10 BOLT at L1", cost)], ..posting(Kind::Receive) })
    };
    assert_eq!(asked(&world, &ann, receive("2.00")), "201");
    assert_eq!(asked(&world, &ann, receive("2.001")), waits);
}

fn of_many_who_reverse_in_one_batch_the_first_does(engine: Engine) {
    let world = world(engine);
    let received = world.try_post(Kind::Receive, vec![costing("2 BOLT at L1", "2")]);
    world.post(Kind::Receive, vec![costing("100 BOLT at L1", "2")]);
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    let posting = PostingId::parse(body["id"].as_str().unwrap()).unwrap();
    let work = |posting| {
        Work::Reverse(ReverseInput {
            posting,
            effective_at: None,
            post_late: false,
            reason: None,
            note: None,
        })
    };
    // the first may not do so much alone, and the others may
    let (bound, free) = (bound("1", Within::All, &[]), bound("20", Within::All, &[]));
    let requests = [&bound, &free, &free, &bound, &free].map(|principal| Request {
        ctx: world.ctx.clone(),
        principal: Arc::clone(principal),
        key: None,
        work: work(posting),
        second: Second::Cannot,
    });
    let answers = world.db.write_blocking(move |tx| run_in(tx, &requests)).unwrap();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [403, 201, 409, 409, 409]);
    assert_eq!(world.stock("BOLT"), ["L1 100"]);
}

fn a_limit_counts_where_it_is_held(engine: Engine) {
    let world = world(engine);
    let dear = |place: &str| costing(&format!("100 BOLT at {place}"), "2");
    world.post(Kind::Receive, vec![dear("L1"), dear("M1")]);
    // free at one site, bound everywhere else
    let ann = bound("20", Within::All, &[world.location("M")]);
    assert_eq!(asked(&world, &ann, adjusting(&["10 BOLT at M1"])), "201");
    assert_eq!(asked(&world, &ann, adjusting(&["10 BOLT at L1"])), "second_person_required");
    assert_eq!(asked(&world, &ann, adjusting(&["9 BOLT at M1", "10 BOLT at L1"])), "second_person_required");
    assert_eq!(world.stock("BOLT"), ["L1 100", "M1 10"]);
}

fn a_reversal_is_worth_what_it_takes_back(engine: Engine) {
    let world = world(engine);
    let received = |count: u32| {
        let line = costing(&format!("{count} BOLT at L1"), "2");
        let answer = world.try_post(Kind::Receive, vec![line]);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        PostingId::parse(body["id"].as_str().unwrap()).unwrap()
    };
    let ann = bound("20", Within::All, &[]);
    let reverse = |posting| {
        Work::Reverse(ReverseInput {
            posting,
            effective_at: None,
            post_late: false,
            reason: None,
            note: None,
        })
    };
    let (small, large) = (received(10), received(11));
    assert_eq!(asked(&world, &ann, reverse(large)), "second_person_required");
    assert_eq!(asked(&world, &ann, reverse(small)), "201");
    // it was not reversed, so that somebody else can do it
    assert_eq!(world.reverse(large), "accepted");
}
