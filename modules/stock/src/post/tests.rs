//! Postings that overtake each other, and keys that come again.

use crate::input::{LineInput, PostInput, QtyInput, Request, RequestKey, ReserveInput, ReverseInput, Work};
use crate::service::run_in;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use catalog::{NewItem, NewUnit};
use db::Engine;
use domain::ledger::Kind;
use domain::{PostingId, Qty};
use std::sync::Arc;
use web::Principal;

on_both_engines!(
    what_was_overtaken_on_its_way_is_posted_all_the_same,
    a_reversal_looks_at_what_another_clock_has_booked_after_it,
    a_reservation_is_not_fulfilled_by_goods_that_stay,
    a_key_with_another_request_never_disturbs_who_repeats_the_first,
    what_is_lacking_is_told_with_its_item_and_lot,
    a_quantity_stands_beside_its_unit_and_what_was_entered,
    a_quantity_beyond_the_limit_names_the_limit_whatever_its_unit,
);

fn what_was_overtaken_on_its_way_is_posted_all_the_same(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    // a process whose clock is ahead comes first
    world.at("2026-03-01T09:45:00Z");
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    world.at("2026-03-01T09:44:59Z");
    let answer = world.try_post(Kind::Issue, vec![parse("2 BOLT at L1")]);
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status.as_u16(), 201, "{body}");
    assert_eq!(body["effective_at"], "2026-03-01T09:45:00Z");
    assert_eq!(body["recorded_at"], "2026-03-01T09:45:00.000001Z");
    world.post(Kind::Move, vec![LineInput { to_location: Some("L2".into()), ..parse("3 BOLT at L1") }]);
    assert_eq!(world.stock("BOLT"), ["L1 4", "L2 3"]);
}

/// A posting of many lines is refused by one: the sentence says which goods it is about, as the request
/// spells them.
fn what_is_lacking_is_told_with_its_item_and_lot(engine: Engine) {
    let world = world(engine);
    world.receive("5 BOLT at L1");
    world.receive("5 MILK lot A-1 until 2026-04-01 at L1");
    let told = |kind: Kind, lines: &[&str]| -> String {
        let answer = world.try_post(kind, lines.iter().map(|text| parse(text)).collect());
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let detail = body["detail"].as_str().unwrap().to_owned();
        assert_eq!(body["errors"][0]["detail"], detail, "once for the field, once for the whole");
        detail
    };
    let bolt = "`BOLT`: `L1` has `5` on hand and `6` is wanted in all";
    assert_eq!(told(Kind::Issue, &["1 MILK lot A-1 at L1", "6 BOLT at L1"]), bolt);
    let milk = "`MILK`, lot `a-1`: `L1` has `5` on hand and `9` is wanted in all";
    assert_eq!(told(Kind::Issue, &["1 BOLT at L1", "9 MILK lot a-1 at L1"]), milk);
    let lines = "`BOLT`: `L1` has `5` on hand and `7` is wanted in all";
    assert_eq!(
        told(Kind::Issue, &["3 BOLT at L1", "4 BOLT at L1"]),
        lines,
        "what the first line leaves is not all"
    );
    // a lot that the batch would have made first
    let new = told(Kind::Receive, &["1 MILK lot B until 2026-02-01 at L1"]);
    assert!(new.starts_with("`MILK`, lot `B`: the last sellable day"), "{new}");
}

fn a_quantity_stands_beside_its_unit_and_what_was_entered(engine: Engine) {
    let world = world(engine);
    let unit = |unit: &str, factor: &str| NewUnit {
        unit: unit.to_owned(),
        factor: factor.to_owned(),
        ..NewUnit::default()
    };
    let item = NewItem {
        sku: "SCREW".to_owned(),
        name: "Screw".to_owned(),
        base_unit: "each".to_owned(),
        units: vec![unit("case", "12"), unit("piece", "1")],
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &item)).unwrap();
    let line = |unit: &str, text: &str| LineInput { unit: Some(unit.to_owned()), ..parse(text) };
    let told = |kind: Kind, lines: Vec<LineInput>| -> Vec<String> {
        let answer = world.try_post(kind, lines);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let movements = body["movements"].as_array().unwrap_or_else(|| panic!("{body}"));
        let shown = |movement: &serde_json::Value| {
            assert_eq!(movement["unit"], "each");
            let entered = &movement["entered"];
            format!("{} {} {}", movement["qty"], entered["qty"], entered["unit"]).replace('"', "")
        };
        movements.iter().map(shown).collect()
    };
    let lines =
        vec![line("each", "5 SCREW at L1"), line("case", "2.5 SCREW at L1"), line("case", "1 SCREW at L2")];
    assert_eq!(told(Kind::Receive, lines), ["5 null null", "30 2.5 case", "12 1 case"]);
    // what is the same by another name is no other quantity, and a count is not what moves
    let counted =
        LineInput { qty: QtyInput::Counted(Qty::units(2).unwrap()), ..line("case", "2 SCREW at L2") };
    let lines = vec![line("piece", "1 SCREW at L1"), line("each", "1 SCREW at L1"), counted];
    assert_eq!(told(Kind::Adjust, lines), ["1 null null", "1 null null", "12 null null"]);
}

fn a_quantity_beyond_the_limit_names_the_limit_whatever_its_unit(engine: Engine) {
    let world = world(engine);
    let unit = |unit: &str, factor: &str| NewUnit {
        unit: unit.to_owned(),
        factor: factor.to_owned(),
        ..NewUnit::default()
    };
    let item = NewItem {
        sku: "SAND".to_owned(),
        name: "Sand".to_owned(),
        base_unit: "g".to_owned(),
        units: vec![unit("kg", "1000"), unit("moon", "9223372036854775807"), unit("third", "1/3")],
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &item)).unwrap();
    let receive = |unit: &str, text: &str| {
        let line = LineInput { unit: Some(unit.to_owned()), ..parse(text) };
        let answer = world.try_post(Kind::Receive, vec![line]);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let detail = body["detail"].as_str().unwrap_or("accepted").to_owned();
        (code_of(&answer), body["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned(), detail)
    };
    let accepted = ("accepted".to_owned(), String::new(), "accepted".to_owned());
    assert_eq!(receive("kg", "1000000 SAND at L1"), accepted, "the limit itself");
    for (unit, qty, told) in [
        ("kg", "1000000.000001", "`1000000.000001` kg is more than a line takes: one `kg` is 1000 `g`"),
        ("kg", "1000000000", "`1000000000` kg is more than a line takes: one `kg` is 1000 `g`"),
        ("moon", "1", "`1` moon is more than a line takes: one `moon` is 9223372036854775807 `g`"),
        (
            "moon",
            "1000000000",
            "`1000000000` moon is more than a line takes: one `moon` is 9223372036854775807 `g`",
        ),
    ] {
        let detail = format!("{told}, and `1000000000` the most");
        let refused = ("invalid_quantity".to_owned(), "/lines/0/qty".to_owned(), detail);
        assert_eq!(receive(unit, &format!("{qty} SAND at L1")), refused);
    }
    let (code, ..) = receive("third", "1 SAND at L1");
    assert_eq!(code, "inexact_conversion");
    let reserve = ReserveInput {
        sku: "SAND".to_owned(),
        site: "L".to_owned(),
        qty: Qty::units(1).unwrap(),
        unit: Some("moon".to_owned()),
        owner: "order-1".to_owned(),
        priority: 0,
        backorder: false,
        expires_at: None,
    };
    assert_eq!(code_of(&world.ask(Work::Reserve(reserve))), "invalid_quantity");
}

fn a_reversal_looks_at_what_another_clock_has_booked_after_it(engine: Engine) {
    let mut world = world(engine);
    let receive = |world: &World, text: &str| {
        let answer = world.try_post(Kind::Receive, vec![parse(text)]);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        PostingId::parse(body["id"].as_str().unwrap()).unwrap()
    };
    let reverse = |world: &World, posting: PostingId| {
        let effective_at = Some(world.ctx.now);
        let (post_late, reason, note) = (false, None, None);
        code_of(&world.ask(Work::Reverse(ReverseInput { posting, effective_at, post_late, reason, note })))
    };
    let first = receive(&world, "5 BOLT at L1");
    // a process whose clock is ahead has taken three of them, and brought in four a minute later
    world.at("2026-03-01T09:45:00Z");
    world.post(Kind::Issue, vec![parse("3 BOLT at L1")]);
    world.at("2026-03-01T09:46:00Z");
    let last = receive(&world, "4 BOLT at L1");
    world.at("2026-03-01T09:44:59.999999Z");
    assert_eq!(reverse(&world, first), "insufficient_stock");
    assert_eq!(reverse(&world, last), "insufficient_stock");
    // in the very microsecond of the original
    world.at("2026-03-01T09:46:00Z");
    assert_eq!(reverse(&world, last), "accepted");
    assert_eq!(reverse(&world, last), "already_reversed");
    assert_eq!(world.stock("BOLT"), ["L1 2"]);
}

fn a_reservation_is_not_fulfilled_by_goods_that_stay(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let promised = world.reserve("BOLT", "L", 10);
    let with = |text: &str| LineInput { claim: Some(promised), ..parse(text) };
    for (kind, line) in [
        (Kind::Move, with("10 BOLT at L1 to L2")),
        (Kind::SetStatus, with("10 BOLT at L1 becomes damaged")),
        (Kind::Adjust, LineInput { qty: QtyInput::Counted(Qty::ZERO), ..with("10 BOLT at L1") }),
        (Kind::Receive, with("1 BOLT at L1")),
    ] {
        let answer = world.try_post(kind, vec![line]);
        assert_eq!(seen_in(&answer), ("invalid_value".to_owned(), "/lines/0/claim".to_owned()), "{kind:?}");
    }
    assert_eq!((world.claim(promised), world.guard("BOLT", "L")), ((10, 1), (10, 10, 0)));
    world.post(Kind::Issue, vec![with("10 BOLT at L1")]);
    assert_eq!(world.claim(promised).0, 0);
}

/// The code of a refused answer, and the field that it points at.
fn seen_in(answer: &web::Answer) -> (String, String) {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let pointer = body["errors"][0]["pointer"].as_str().unwrap_or_else(|| panic!("{body}"));
    (code_of(answer), pointer.to_owned())
}

fn a_key_with_another_request_never_disturbs_who_repeats_the_first(engine: Engine) {
    let world = world(engine);
    let request = |fingerprint: u8, text: &str| Request {
        ctx: world.ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: Some(RequestKey { key: "once".to_owned(), fingerprint: [fingerprint; 32] }),
        work: Work::Post(PostInput { lines: vec![parse(text)], ..posting(Kind::Receive) }),
        second: web::Second::Cannot,
    };
    let ask = |requests: Vec<Request>| {
        let answers = world.db.write_blocking(move |tx| run_in(tx, &requests)).unwrap();
        answers.iter().map(|answer| (code_of(answer), answer.replayed)).collect::<Vec<_>>()
    };
    let (first, other) = (|| request(1, "1 BOLT at L1"), || request(2, "2 BOLT at L1"));
    let (done, again) = (("accepted".to_owned(), false), ("accepted".to_owned(), true));
    let refused = ("idempotency_mismatch".to_owned(), false);
    assert_eq!(ask(vec![first()]), [done]);
    // in one batch, in any order
    assert_eq!(
        ask(vec![other(), first(), other(), first()]),
        [refused.clone(), again.clone(), refused.clone(), again.clone()]
    );
    assert_eq!(ask(vec![first(), other(), other()]), [again, refused.clone(), refused]);
    assert_eq!(world.stock("BOLT"), ["L1 1"]);
}
