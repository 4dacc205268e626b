//! A till tells after midnight what it sold on the last day of a lot.

use crate::input::{AllocateInput, BulkInput, LineInput, LotInput, PostInput, Work};
use crate::testing::{World, allocation, code_of, on_both_engines, parse, posting, world};
use db::{Engine, Statement};
use domain::Instant;
use domain::ledger::Kind;
use places::NewLocation;
use web::{Answer, Reached};

on_both_engines!(
    what_was_sold_before_midnight_is_told_after_it,
    what_was_swept_meanwhile_comes_back_for_what_was_sold,
    what_is_told_a_month_later_finds_its_midnight,
    what_was_swept_in_a_later_month_than_its_midnight_comes_back,
    what_went_after_the_last_day_is_refused_whenever_it_is_told,
    what_is_not_among_what_expired_is_not_sold,
    the_day_is_that_of_the_site,
    what_comes_back_in_a_bulk_is_nobodys_answer,
);

/// Ten litres that are sellable through the first of April, and it is early on the second.
fn milk(engine: Engine) -> World {
    let mut world = world(engine);
    world.at("2026-04-01T08:00:00Z");
    world.receive("10 MILK lot A until 2026-04-01 at L1");
    world.at("2026-04-02T00:10:00Z");
    world
}

fn sale(text: &str, at: &str) -> PostInput {
    let effective_at = Some(Instant::parse(at).unwrap());
    PostInput { lines: vec![parse(text)], effective_at, ..posting(Kind::Issue) }
}

fn sell(world: &World, text: &str, at: &str) -> String {
    code_of(&world.ask(Work::Post(sale(text, at))))
}

const AT: Statement = Statement::new(
    "stock.test.after_expiry",
    "select p.kind, p.effective_at, p.document, p.reason
     from stock_posting p
     order by p.recorded_at",
);

/// The kinds of postings, when they took effect, and why.
fn postings(world: &World) -> Vec<String> {
    world.read(|conn| {
        conn.query(&AT, &[], |row| {
            let kind = Kind::from_number(row.int(0)?).unwrap().word();
            let why = row.opt_text(3)?.unwrap_or("-").to_owned();
            Ok(format!("{kind} {} {} {why}", Instant(row.int(1)?), row.opt_text(2)?.unwrap_or("-")))
        })
    })
}

fn what_was_sold_before_midnight_is_told_after_it(engine: Engine) {
    let world = milk(engine);
    // nobody has looked at it since: it is swept by the very batch that tells of the sale
    let told =
        PostInput { document: Some("T-1".to_owned()), ..sale("3 MILK lot A at L1", "2026-04-01T23:50:00Z") };
    assert_eq!(code_of(&world.ask(Work::Post(told))), "accepted");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 7"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
    assert_eq!(
        postings(&world),
        [
            "receive 2026-04-01T08:00:00Z - -",
            "expire 2026-04-02T00:10:00Z - expiry",
            "expire 2026-04-02T00:10:00Z T-1 expiry",
            "issue 2026-04-01T23:50:00Z T-1 -",
        ]
    );
}

fn what_was_swept_meanwhile_comes_back_for_what_was_sold(engine: Engine) {
    let mut world = milk(engine);
    let claim = world.ask(Work::Allocate(AllocateInput {
        backorder: false,
        ..allocation("1 MILK lot A at L1", "order-1")
    }));
    assert_eq!(code_of(&claim), "lot_expired");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 10"]);
    world.at("2026-04-02T09:00:00Z");
    world.post(Kind::Move, vec![parse("4 MILK lot A at L1 to L2 status expired")]);
    for (text, at, expected) in [
        ("5 MILK lot A at L1", "2026-04-01T23:50:00Z", "accepted"),
        ("2 MILK lot A at L1", "2026-04-01T23:50:00Z", "insufficient_stock"),
        ("1 MILK lot A at L1", "2026-04-01T07:59:59Z", "insufficient_stock"),
        ("1 MILK lot A at L1", "2026-04-01T08:00:00Z", "accepted"),
        ("1 MILK lot A at L2", "2026-04-01T23:50:00Z", "insufficient_stock"),
    ] {
        assert_eq!(sell(&world, text, at), expected, "{text} at {at}");
    }
    assert_eq!(world.stock("MILK"), ["L2 lot A expired 4"]);
    assert_eq!(world.guard("MILK", "L"), (0, 0, 0));
}

fn what_is_told_a_month_later_finds_its_midnight(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-02-10T08:00:00Z");
    world.receive("10 MILK lot A until 2026-03-31 at L1");
    world.at("2026-04-01T00:00:00Z");
    world.receive("1 MILK lot B until 2026-06-30 at L1");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 10", "L1 lot B 1"]);
    world.at("2026-05-20T00:00:00Z");
    world.post(Kind::Move, vec![parse("1 MILK lot A at L1 to L2 status expired")]);
    assert_eq!(sell(&world, "9 MILK lot A at L1", "2026-02-27T12:00:00Z"), "accepted");
    assert_eq!(sell(&world, "1 MILK lot A at L1", "2026-03-31T12:00:00Z"), "insufficient_stock");
    assert_eq!(world.stock("MILK"), ["L1 lot B 1", "L2 lot A expired 1"]);
}

/// Nothing ran from the last evening of a month until the second day of the next but one.
fn what_was_swept_in_a_later_month_than_its_midnight_comes_back(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-02-10T08:00:00Z");
    world.receive("10 MILK lot A until 2026-03-30 at L1");
    world.at("2026-05-02T08:00:00Z");
    // its touch sweeps
    world.receive("1 MILK lot B until 2026-06-30 at L1");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 10", "L1 lot B 1"]);
    world.at("2026-06-20T08:00:00Z");
    assert_eq!(sell(&world, "9 MILK lot A at L1", "2026-03-30T19:50:00Z"), "accepted");
    assert_eq!(sell(&world, "2 MILK lot A at L1", "2026-03-30T19:55:00Z"), "insufficient_stock");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 1", "L1 lot B 1"]);
}

fn what_went_after_the_last_day_is_refused_whenever_it_is_told(engine: Engine) {
    let world = milk(engine);
    assert_eq!(sell(&world, "1 MILK lot A at L1", "2026-04-02T00:00:00Z"), "lot_expired");
    assert_eq!(sell(&world, "1 MILK lot A at L1", "2026-04-02T00:10:00Z"), "lot_expired");
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 MILK lot A at L1")])), "lot_expired");
    assert_eq!(code_of(&world.try_post(Kind::Consume, vec![parse("1 MILK lot A at L1")])), "lot_expired");
    // what comes in is held to the day on which it is told
    let found = PostInput { kind: Kind::Receive, ..sale("1 MILK lot A at L1", "2026-04-01T23:50:00Z") };
    assert_eq!(code_of(&world.ask(Work::Post(found))), "lot_expired");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 10"]);
}

fn what_is_not_among_what_expired_is_not_sold(engine: Engine) {
    let world = milk(engine);
    world.post(Kind::Adjust, vec![parse("8 MILK lot A at L1 status expired")]);
    assert_eq!(sell(&world, "3 MILK lot A at L1", "2026-04-01T23:50:00Z"), "insufficient_stock");
    assert_eq!(sell(&world, "2 MILK lot A at L1", "2026-04-01T23:50:00Z"), "accepted");
    assert_eq!(world.stock("MILK"), Vec::<String>::new());
    // a lot that the batch itself makes was never good
    let made = LineInput {
        lot: Some(LotInput {
            code: "N".to_owned(),
            expiry_on: domain::when::parse_date("2026-04-01").ok(),
            made_on: None,
        }),
        ..parse("1 MILK lot N at L1 status expired")
    };
    let bulk = BulkInput {
        postings: vec![
            PostInput { lines: vec![made], ..posting(Kind::Receive) },
            sale("1 MILK lot N at L1", "2026-04-01T23:50:00Z"),
        ],
        refused: Vec::new(),
        atomic: false,
    };
    assert_eq!(codes(&world.ask(Work::Bulk(bulk))), ["accepted", "insufficient_stock"]);
}

fn the_day_is_that_of_the_site(engine: Engine) {
    let mut world = world(engine);
    let site = NewLocation {
        code: "N".to_owned(),
        kind: Some("site".to_owned()),
        zone: Some("America/New_York".to_owned()),
        ..NewLocation::default()
    };
    world.run(move |tx, ctx| places::create_location(tx, ctx, Reached::All, &site)).unwrap();
    world.place("N1 bin below N");
    world.at("2026-04-01T08:00:00Z");
    world.receive("10 MILK lot A until 2026-04-01 at L1");
    world.receive("10 MILK lot A until 2026-04-01 at N1");
    world.at("2026-04-02T12:00:00Z");
    // two in the morning in one is the evening before in the other
    assert_eq!(sell(&world, "1 MILK lot A at L1", "2026-04-02T02:00:00Z"), "lot_expired");
    assert_eq!(sell(&world, "1 MILK lot A at N1", "2026-04-02T02:00:00Z"), "accepted");
    assert_eq!(sell(&world, "1 MILK lot A at N1", "2026-04-02T04:00:00Z"), "lot_expired");
}

fn what_comes_back_in_a_bulk_is_nobodys_answer(engine: Engine) {
    let world = milk(engine);
    let told = |qty: u32| sale(&format!("{qty} MILK lot A at L1"), "2026-04-01T23:50:00Z");
    let bulk = |atomic| BulkInput { postings: vec![told(4), told(7), told(5)], refused: Vec::new(), atomic };
    assert_eq!(code_of(&world.ask(Work::Bulk(bulk(true)))), "insufficient_stock");
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 10"]);
    let answer = world.ask(Work::Bulk(bulk(false)));
    assert_eq!(codes(&answer), ["accepted", "insufficient_stock", "accepted"]);
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let kinds: Vec<&str> =
        [0, 2].iter().map(|at| body["postings"][at]["posting"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["issue", "issue"]);
    assert_eq!(world.stock("MILK"), ["L1 lot A expired 1"]);
}

/// The outcomes of a bulk.
fn codes(answer: &Answer) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let postings = body["postings"].as_array().unwrap_or_else(|| panic!("{body}"));
    let code =
        |posting: &serde_json::Value| posting["problem"]["code"].as_str().unwrap_or("accepted").to_owned();
    postings.iter().map(code).collect()
}
