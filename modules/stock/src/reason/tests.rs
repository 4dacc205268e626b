//! Reasons are known, in use, and found whatever their case.

use super::*;
use crate::input::Work;
use crate::testing::{World, code_of, on_both_engines, parse, posting, posting_of, world};
use db::Engine;

on_both_engines!(
    an_adjustment_says_why,
    a_reason_that_is_given_is_known_whatever_is_posted,
    a_reversal_names_a_known_reason_or_none,
    a_retired_reason_is_refused_and_comes_back,
    a_code_names_one_reason_whatever_its_case,
);

fn adjust(world: &World, reason: Option<&str>) -> String {
    let mut line = parse("4 BOLT at L1");
    line.qty = crate::input::QtyInput::Counted(domain::Qty::parse("4").unwrap());
    let input = PostInput { reason: reason.map(str::to_owned), lines: vec![line], ..posting(Kind::Adjust) };
    code_of(&world.ask(Work::Post(input)))
}

fn an_adjustment_says_why(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    assert_eq!(adjust(&world, None), "unknown_reason");
    assert_eq!(adjust(&world, Some("because")), "unknown_reason");
    assert_eq!(world.stock("BOLT"), ["L1 10"]);
    assert_eq!(adjust(&world, Some("COUNT")), "accepted");
    assert_eq!(world.stock("BOLT"), ["L1 4"]);
    let hold = PostInput {
        reason: None,
        lines: vec![parse("1 BOLT at L1 becomes hold")],
        ..posting(Kind::SetStatus)
    };
    assert_eq!(code_of(&world.ask(Work::Post(hold))), "unknown_reason");
}

fn a_reason_that_is_given_is_known_whatever_is_posted(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let issue = |reason: Option<&str>| {
        let lines = vec![parse("1 BOLT at L1")];
        let input = PostInput { reason: reason.map(str::to_owned), lines, ..posting(Kind::Issue) };
        code_of(&world.ask(Work::Post(input)))
    };
    assert_eq!((issue(Some("nope")), issue(Some(""))), ("unknown_reason".into(), "invalid_value".into()));
    assert_eq!(world.stock("BOLT"), ["L1 10"]);
    assert_eq!((issue(None), issue(Some("Sample"))), ("accepted".into(), "accepted".into()));
    assert_eq!(world.stock("BOLT"), ["L1 8"]);
}

fn a_reversal_names_a_known_reason_or_none(engine: Engine) {
    let world = world(engine);
    let posted = posting_of(&world.try_post(Kind::Receive, vec![parse("10 BOLT at L1")]));
    assert_eq!(world.reverse_because(posted, Some("nonsense")), "unknown_reason");
    assert_eq!(world.stock("BOLT"), ["L1 10"]);
    assert_eq!(world.reverse_because(posted, Some("CORRECTION")), "accepted");
    assert_eq!(world.stock("BOLT"), [""; 0]);
}

fn a_retired_reason_is_refused_and_comes_back(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let switch = |version, active| {
        let to = ChangeReason { active: Some(active), ..ChangeReason::default() };
        world.run(move |tx, ctx| change(tx, ctx, "Theft", IfMatch::Version(version), &to))
    };
    assert_eq!(switch(0, false).unwrap().version, 1);
    assert!(switch(0, true).is_err(), "a stale version changes nothing");
    assert_eq!(adjust(&world, Some("theft")), "unknown_reason");
    assert_eq!(switch(1, true).unwrap().version, 2);
    assert_eq!(adjust(&world, Some("theft")), "accepted");
    let changed = "stock.reason_changed".to_owned();
    assert_eq!(world.events("reason"), [(changed.clone(), 1), (changed, 2)]);
}

fn a_code_names_one_reason_whatever_its_case(engine: Engine) {
    let world = world(engine);
    let create = |code: &str| {
        let new = NewReason { code: code.to_owned(), name: "Flooded".to_owned() };
        move |tx: &mut Tx<'_>, ctx: &Ctx| create(tx, ctx, &new)
    };
    assert_eq!(world.run(create("Flood")).unwrap().code, "flood");
    assert_eq!(world.refused(create("FLOOD")).0, Code::CodeTaken);
    assert_eq!(world.refused(create("=1")), (Code::InvalidValue, "/code".to_owned()));
    assert_eq!(adjust(&world, Some("flood")), "accepted");
    let listed = world.read(|conn| store::list(conn, Some("expired"), Some(true), 2));
    assert_eq!(listed.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(), ["flood", "found"]);
}
