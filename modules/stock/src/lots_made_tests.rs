//! What a refused posting says about a new lot was never said: the first accepted one makes it.

use crate::input::{BulkInput, LotInput, PostInput, Request, Work};
use crate::service::run_in;
use crate::testing::{World, allocation, code_of, on_both_engines, parse, posting, world};
use db::{Engine, Statement};
use domain::ledger::Kind;
use domain::permission::Permissions;
use domain::{Permission, PrincipalId, when};
use std::sync::Arc;
use web::{Answer, Grant, Principal, PrincipalKind, Within};

on_both_engines!(
    a_refused_posting_says_nothing_about_a_new_lot,
    a_refused_caller_says_nothing_about_a_new_lot,
    an_accepted_posting_says_what_the_lot_is,
    without_an_accepted_posting_there_is_no_lot,
    a_refused_bulk_leaves_no_lot_behind,
    a_count_of_none_makes_no_lot,
    serials_of_a_refused_posting_are_not_there,
    an_allocation_finds_the_lot_of_an_accepted_receipt_only,
);

/// The right receipt, which follows a refused one each time.
const RIGHT: &str = "5 MILK lot a1 until 2026-09-01 at L1";

/// Whoever may do everything at site `L`, except adjust.
fn clerk(world: &World) -> Arc<Principal> {
    let permissions = Permissions::all().iter().filter(|permission| *permission != Permission::StockAdjust);
    let within = Within::Subtree(world.location("L"));
    let grant = Grant::free(permissions.collect(), within);
    Arc::new(Principal::new(PrincipalId(7), "clerk", PrincipalKind::User, vec![grant], None))
}

fn made(mut post: PostInput, day: &str) -> PostInput {
    let lot = post.lines[0].lot.as_mut().unwrap();
    lot.made_on = Some(when::parse_date(day).unwrap());
    post
}

fn receipt(text: &str) -> PostInput {
    of(Kind::Receive, text)
}

fn of(kind: Kind, text: &str) -> PostInput {
    PostInput { lines: text.split(", ").map(parse).collect(), ..posting(kind) }
}

/// Postings that are refused, each for a reason of its own, and the code of it. All of them write
/// the lot in another way than the right one, and most say other days.
fn refused() -> Vec<(PostInput, &'static str)> {
    vec![
        (receipt("5 MILK lot A1 at L1"), "invalid_expiry"),
        (made(receipt("5 MILK lot A1 until 2026-04-01 at L1"), "2026-04-02"), "invalid_expiry"),
        (receipt("5 MILK lot A1 until 2026-08-01 at NOWHERE"), "unknown_location"),
        (receipt("5 MILK lot A1 until 2026-08-01 at M1"), "unknown_location"),
        (made(receipt("5 MILK lot A1 until 2026-09-01 at M1"), "2026-01-01"), "unknown_location"),
        (of(Kind::Adjust, "5 MILK lot A1 until 2026-08-01 at L1"), "forbidden"),
        (receipt("5 MILK lot A1 until 2026-08-01 at L1, 5 HORN at L1"), "unknown_item"),
        // refused by the ledger, when the lot was taken as made already
        (receipt("5 MILK lot A1 until 2026-01-01 at L1"), "lot_expired"),
        (receipt("5 MILK lot A1 until 2026-08-01 at L1, 1 MILK at L1"), "lot_required"),
        (
            receipt("5 MILK lot A1 until 2026-08-01 at L1, 1 MILK lot A1 until 2026-08-02 at L1"),
            "invalid_expiry",
        ),
        (of(Kind::Issue, "5 MILK lot A1 at L1"), "unknown_lot"),
        (of(Kind::Move, "5 MILK lot A1 at L1 to L2"), "unknown_lot"),
    ]
}

fn request(world: &World, principal: &Arc<Principal>, work: Work) -> Request {
    Request {
        ctx: world.ctx.clone(),
        principal: Arc::clone(principal),
        key: None,
        work,
        second: web::Second::Cannot,
    }
}

fn run(world: &World, requests: Vec<Request>) -> Vec<Answer> {
    world.db.write_blocking(move |tx| run_in(tx, &requests)).unwrap()
}

/// The codes of a bulk's postings.
fn bulk(world: &World, principal: &Arc<Principal>, postings: Vec<PostInput>) -> Vec<String> {
    let work = Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic: false });
    let answers = run(world, vec![request(world, principal, work)]);
    let body: serde_json::Value = serde_json::from_slice(&answers[0].body).unwrap();
    let of = |entry: &serde_json::Value| entry["problem"]["code"].as_str().unwrap_or("accepted").to_owned();
    body["postings"].as_array().unwrap().iter().map(of).collect()
}

const LOTS: Statement =
    Statement::new("test.lots_made", "select code, expiry_on, made_on from stock_lot order by code_folded");

/// The lots in the store: code, last sellable day, day of making.
fn lots(world: &World) -> Vec<String> {
    world.read(|conn| {
        conn.query(&LOTS, &[], |row| {
            let day = |day: Option<domain::Date>| day.map_or("-".to_owned(), |day| day.to_string());
            Ok(format!("{} {} {}", row.text(0)?, day(row.opt_date(1)?), day(row.opt_date(2)?)))
        })
    })
}

/// The same about a lot of another code.
fn under(mut post: PostInput, code: &str) -> PostInput {
    for lot in post.lines.iter_mut().filter_map(|line| line.lot.as_mut()) {
        lot.code = code.to_owned();
    }
    post
}

fn a_refused_posting_says_nothing_about_a_new_lot(engine: Engine) {
    let world = world(engine);
    let clerk = clerk(&world);
    let mut expected = Vec::new();
    for (number, (wrong, code)) in refused().into_iter().enumerate() {
        let shown = format!("{:?}", wrong.lines);
        let (wrong, right) =
            (under(wrong, &format!("A{number:02}")), under(receipt(RIGHT), &format!("a{number:02}")));
        assert_eq!(bulk(&world, &clerk, vec![wrong, right]), [code, "accepted"], "{shown}");
        expected.push(format!("a{number:02} 2026-09-01 -"));
        assert_eq!(lots(&world), expected, "{shown}");
    }
}

fn a_refused_caller_says_nothing_about_a_new_lot(engine: Engine) {
    let world = world(engine);
    let (clerk, all) = (clerk(&world), Arc::new(Principal::system()));
    let mut expected = Vec::new();
    for (number, (wrong, code)) in refused().into_iter().enumerate() {
        let shown = format!("{:?}", wrong.lines);
        let wrong = request(&world, &clerk, Work::Post(under(wrong, &format!("A{number:02}"))));
        let right = under(receipt(RIGHT), &format!("a{number:02}"));
        let right = request(&world, &all, Work::Post(right));
        let codes: Vec<String> = run(&world, vec![wrong, right]).iter().map(code_of).collect();
        assert_eq!(codes, [code, "accepted"], "{shown}");
        expected.push(format!("a{number:02} 2026-09-01 -"));
        assert_eq!(lots(&world), expected, "{shown}");
    }
}

fn an_accepted_posting_says_what_the_lot_is(engine: Engine) {
    let world = world(engine);
    let all = Arc::new(Principal::system());
    let postings = vec![
        made(receipt("5 MILK lot A1 until 2026-08-01 at L1"), "2026-03-01"),
        receipt("1 MILK lot a1 at L1"),
        receipt("1 MILK lot a1 until 2026-09-01 at L1"),
        of(Kind::Issue, "6 MILK lot A1 at L1"),
        of(Kind::Issue, "1 MILK lot A1 at L1"),
    ];
    let codes = bulk(&world, &all, postings);
    assert_eq!(codes, ["accepted", "accepted", "invalid_expiry", "accepted", "insufficient_stock"]);
    assert_eq!(lots(&world), ["A1 2026-08-01 2026-03-01"]);
    // and the same when it is in the store
    let codes = bulk(
        &world,
        &all,
        vec![receipt("1 MILK lot a1 until 2026-09-01 at L1"), receipt("1 MILK lot a1 at L1")],
    );
    assert_eq!(codes, ["invalid_expiry", "accepted"]);
}

fn without_an_accepted_posting_there_is_no_lot(engine: Engine) {
    let world = world(engine);
    let postings = vec![
        of(Kind::Issue, "5 MILK lot A1 at L1"),
        receipt("5 MILK lot A1 until 2026-01-01 at L1"),
        of(Kind::Issue, "5 MILK lot A1 at L1"),
    ];
    let codes = bulk(&world, &Arc::new(Principal::system()), postings);
    assert_eq!(codes, ["unknown_lot", "lot_expired", "unknown_lot"]);
    assert!(lots(&world).is_empty());
}

fn a_refused_bulk_leaves_no_lot_behind(engine: Engine) {
    let world = world(engine);
    let all = Arc::new(Principal::system());
    let postings = vec![receipt("5 MILK lot A1 until 2026-08-01 at L1"), receipt("5 HORN at L1")];
    let atomic = Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic: true });
    let issue = of(Kind::Issue, "1 MILK lot A1 at L1");
    let works = [atomic, Work::Post(issue), Work::Post(receipt(RIGHT))];
    let requests = works.into_iter().map(|work| request(&world, &all, work)).collect();
    let codes: Vec<String> = run(&world, requests).iter().map(code_of).collect();
    assert_eq!(codes, ["unknown_item", "unknown_lot", "accepted"]);
    assert_eq!(lots(&world), ["a1 2026-09-01 -"]);
}

fn a_count_of_none_makes_no_lot(engine: Engine) {
    let world = world(engine);
    let mut counted = of(Kind::Adjust, "1 MILK lot A1 until 2026-08-01 at L1, 2 BOLT at L1");
    for line in &mut counted.lines {
        line.qty = crate::input::QtyInput::Counted(line.qty.qty());
    }
    counted.lines[0].qty = crate::input::QtyInput::Counted(domain::Qty::ZERO);
    let codes = bulk(&world, &Arc::new(Principal::system()), vec![counted, receipt(RIGHT)]);
    assert_eq!(codes, ["accepted", "accepted"]);
    assert_eq!(lots(&world), ["a1 2026-09-01 -"]);
}

fn serials_of_a_refused_posting_are_not_there(engine: Engine) {
    let world = world(engine);
    let mut dated = receipt("2 DRILL serials S1,S2 at L1");
    dated.lines[0].lot =
        Some(LotInput { code: String::new(), expiry_on: None, made_on: when::parse_date("2026-01-01").ok() });
    let postings = vec![
        PostInput { lines: vec![dated.lines[0].clone(), parse("1 HORN at L1")], ..posting(Kind::Receive) },
        receipt("2 DRILL serials S1,S1 at L1"),
        of(Kind::Issue, "1 DRILL serials S2 at L1"),
        receipt("1 DRILL serials s2 at L1"),
        receipt("2 DRILL serials S1,S2 at L1"),
    ];
    let codes = bulk(&world, &clerk(&world), postings);
    assert_eq!(codes, ["unknown_item", "serial_twice", "unknown_lot", "accepted", "serial_in_stock"]);
    assert_eq!(lots(&world), ["s2 - -"]);
}

fn an_allocation_finds_the_lot_of_an_accepted_receipt_only(engine: Engine) {
    let world = world(engine);
    let all = Arc::new(Principal::system());
    let allocate = || Work::Allocate(allocation("1 MILK lot A1 at L1", "order-1"));
    let works = [allocate(), Work::Post(receipt("5 MILK lot A1 until 2026-01-01 at L1")), allocate()];
    let later = [Work::Post(receipt(RIGHT)), allocate()];
    let requests = works.into_iter().chain(later).map(|work| request(&world, &all, work)).collect();
    let codes: Vec<String> = run(&world, requests).iter().map(code_of).collect();
    assert_eq!(codes, ["unknown_lot", "lot_expired", "unknown_lot", "accepted", "accepted"]);
}
