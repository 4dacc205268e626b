//! Returns that name their sale: found, valued, refused, reversed, and raced for.

use crate::input::{BulkInput, CostInput, LineInput, PostInput, Request, SaleInput, Work};
use crate::service::run_in;
use crate::testing::{World, code_of, on_both_engines, parse, posting, posting_of, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Instant, Permission, PostingId};
use serde_json::Value;
use std::sync::Arc;
use web::{Answer, Grant, Principal, PrincipalKind, Within};

on_both_engines!(
    what_comes_back_is_worth_what_it_was_worth_when_it_left,
    a_sale_that_cannot_be_meant_is_refused_by_name,
    a_serial_finds_its_line_by_itself,
    a_lot_comes_back_from_the_lines_that_shipped_it,
    a_sale_of_very_many_lines_wants_the_line_named,
    a_reversed_return_gives_its_quantity_back,
    a_sale_and_its_return_are_not_both_undone_in_one_batch,
    two_in_one_batch_take_no_more_than_there_is,
    two_at_once_take_no_more_than_there_is,
    a_bulk_takes_back_line_by_line_or_not_at_all,
    a_return_and_the_reversal_of_its_sale_are_not_both_accepted,
    a_sale_out_of_reach_is_as_if_it_were_not_there,
    every_statement_is_understood_and_scans_nothing,
);

/// A line of a return.
fn back(text: &str, posting: PostingId, line: Option<usize>) -> LineInput {
    LineInput { sale: Some(SaleInput { posting, line }), cost: CostInput::Unknown, ..parse(text) }
}

fn sell(world: &World, lines: &[&str]) -> PostingId {
    let lines = lines.iter().map(|text| parse(text)).collect();
    posting_of(&world.try_post(Kind::Issue, lines))
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// `accepted`, or the code of a refusal with the field it points at and what it says.
fn told(answer: &Answer) -> String {
    let body = body(answer);
    let Some(code) = body["code"].as_str() else { return "accepted".to_owned() };
    let pointer = body["errors"][0]["pointer"].as_str().unwrap_or("-");
    format!("{code} {pointer}: {}", body["detail"].as_str().unwrap())
}

fn give_back(world: &World, line: LineInput) -> String {
    told(&world.try_post(Kind::Return, vec![line]))
}

/// What came back of the lines of a sale that something came back of.
fn returned(world: &World, posting: PostingId) -> Vec<(i64, i64, i64)> {
    let mut rows = world.read(|conn| crate::store_tests::sales(conn, posting));
    rows.sort_unstable();
    rows
}

fn what_comes_back_is_worth_what_it_was_worth_when_it_left(engine: Engine) {
    let world = world(engine);
    // three for ten pounds, and dearer ones after them
    world.receive("3 BOLT at L1");
    let sale = sell(&world, &["3 BOLT at L1"]);
    world.post(Kind::Receive, vec![LineInput { cost: CostInput::Total(9_000), ..parse("3 BOLT at L1") }]);
    let answer = world.try_post(Kind::Return, vec![back("1 BOLT at L1", sale, None)]);
    let shown = &body(&answer)["movements"][0]["sales"];
    assert_eq!(*shown, serde_json::json!([{ "posting": sale.to_string(), "line": 0, "qty": "1" }]));
    assert_eq!(returned(&world, sale), [(0, 1, 333)]);
    assert_eq!(give_back(&world, back("1 BOLT at M1", sale, Some(0))), "accepted");
    assert_eq!(give_back(&world, back("1 BOLT at M2", sale, Some(0))), "accepted");
    assert_eq!(returned(&world, sale), [(0, 3, 1_000)]);
    assert_eq!(
        give_back(&world, back("1 BOLT at L1", sale, None)),
        "return_exceeds_sale /lines/0/qty: `BOLT`: `1` comes back, and `0` of the sale is left to come back"
    );
    // one that no sale explains is worth the average of where it comes in
    world.post(Kind::Return, vec![LineInput { cost: CostInput::Unknown, ..parse("1 BOLT at M1") }]);
    let values = world.read(crate::store_tests::return_values);
    assert_eq!(values, [333, 333, 334, 334]);
    assert_eq!(world.stock("BOLT"), ["L1 4", "M1 2", "M2 1"]);
}

#[expect(clippy::too_many_lines, reason = "a table, line by line")]
fn a_sale_that_cannot_be_meant_is_refused_by_name(engine: Engine) {
    let mut world = world(engine);
    world.receive("9 BOLT at L1");
    world.receive("5 MILK lot A until 2027-04-01 at L1");
    world.receive("5 MILK lot B until 2027-04-01 at L1");
    let received = world.read(crate::store_tests::last_posting);
    let sale = sell(&world, &["2 BOLT at L1", "2 MILK lot A at L1"]);
    let nobody = PostingId(world.ctx.ids.next());
    let stock = (world.stock("BOLT"), world.stock("MILK"));
    let milk = "5 MILK lot B at L1";
    for (line, expected) in [
        (
            back("1 BOLT at L1", nobody, None),
            format!("unknown_sale /lines/0/sale/posting: there is no sale `{nobody}`"),
        ),
        (
            back("1 BOLT at L1", nobody, Some(3)),
            format!("unknown_sale /lines/0/sale/posting: there is no sale `{nobody}`"),
        ),
        (
            back(milk, received, None),
            format!(
                "not_a_sale /lines/0/sale/posting: posting `{received}` is of the kind `receive`; only what a goods issue sold comes back"
            ),
        ),
        (
            back("1 BOLT at L1", received, None),
            format!(
                "not_a_sale /lines/0/sale/posting: posting `{received}` is of the kind `receive`; only what a goods issue sold comes back"
            ),
        ),
        (
            back("1 BOLT at L1", sale, Some(2)),
            format!(
                "unknown_sale /lines/0/sale/line: sale `{sale}` has no line `2`; lines are counted from zero"
            ),
        ),
        (
            back("1 BOLT at L1", sale, Some(1)),
            format!("sale_mismatch /lines/0/sku: line `1` of sale `{sale}` was not of item `BOLT`"),
        ),
        (
            back("1 DRILL serials S1 at L1", sale, None),
            format!("sale_mismatch /lines/0/sku: sale `{sale}` was not of item `DRILL`"),
        ),
        (
            back("1 MILK lot B at L1", sale, None),
            format!("sale_mismatch /lines/0/lot: `B` was not in sale `{sale}`"),
        ),
        (
            back("1 MILK lot new until 2027-04-01 at L1", sale, Some(1)),
            format!("sale_mismatch /lines/0/lot: `new` was not on line `1` of sale `{sale}`"),
        ),
        (
            back("1 MILK at L1", sale, Some(1)),
            format!("sale_mismatch /lines/0/lot: sale `{sale}` was of lots; name the one that comes back"),
        ),
        (
            back("3 BOLT at L1", sale, None),
            "return_exceeds_sale /lines/0/qty: `BOLT`: `3` comes back, and `2` of the sale is left to come back"
                .to_owned(),
        ),
    ] {
        assert_eq!(give_back(&world, line), expected);
    }
    let before = Some(Instant(world.ctx.now.0 - 1));
    let lines = vec![back("1 BOLT at L1", sale, None)];
    let early = world.ask(Work::Post(PostInput { effective_at: before, lines, ..posting(Kind::Return) }));
    assert!(
        told(&early).starts_with("return_before_sale /effective_at: the goods left at `"),
        "{}",
        told(&early)
    );
    assert_eq!((world.stock("BOLT"), world.stock("MILK")), stock);
    assert_eq!(returned(&world, sale), []);
    world.at("2026-03-01T12:00:00Z");
    assert_eq!(world.reverse(sale), "accepted");
    assert_eq!(
        give_back(&world, back("1 BOLT at L1", sale, None)),
        "sale_reversed /lines/0/sale: the sale was reversed, so nothing of it can come back"
    );
}

fn a_serial_finds_its_line_by_itself(engine: Engine) {
    let world = world(engine);
    world.receive("3 DRILL serials S1,S2,S3 at L1");
    let sale = sell(&world, &["2 DRILL serials S1,S2 at L1"]);
    let other = sell(&world, &["1 DRILL serials S3 at L1"]);
    assert_eq!(
        give_back(&world, back("2 DRILL serials S2,S3 at L1", sale, None)),
        format!("sale_mismatch /lines/0/serials/1: `S3` was not in sale `{sale}`")
    );
    assert_eq!(give_back(&world, back("2 DRILL serials S2,S1 at L1", sale, None)), "accepted");
    let rows = returned(&world, sale);
    assert_eq!(rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(), [(0, 1), (1, 1)]);
    // sold again, and named as part of the sale before
    sell(&world, &["1 DRILL serials S2 at L1"]);
    assert_eq!(
        give_back(&world, back("1 DRILL serials S2 at L1", sale, None)),
        "return_exceeds_sale /lines/0/serials/0: `DRILL`, serial `S2`: `1` comes back, and `0` of the sale is left to come back"
    );
    assert_eq!(give_back(&world, back("1 DRILL serials S3 at M1", other, Some(0))), "accepted");
}

fn a_lot_comes_back_from_the_lines_that_shipped_it(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2027-04-01 at L1");
    world.receive("5 MILK lot A until 2027-04-01 at L2");
    world.receive("5 MILK lot B until 2027-04-01 at L1");
    let sale = sell(&world, &["2 MILK lot A at L1", "1 MILK lot B at L1", "2 MILK lot A at L2"]);
    assert_eq!(give_back(&world, back("3 MILK lot A at L1", sale, None)), "accepted");
    let quantities = |world: &World| -> Vec<(i64, i64)> {
        returned(world, sale).into_iter().map(|(line, qty, _)| (line, qty)).collect()
    };
    assert_eq!(quantities(&world), [(0, 2), (2, 1)]);
    assert_eq!(
        give_back(&world, back("2 MILK lot A at L1", sale, None)),
        "return_exceeds_sale /lines/0/qty: `MILK`, lot `A`: `2` comes back, and `1` of the sale is left to come back"
    );
    assert_eq!(give_back(&world, back("1 MILK lot A at L2", sale, Some(2))), "accepted");
    assert_eq!(quantities(&world), [(0, 2), (2, 2)]);
}

fn a_sale_of_very_many_lines_wants_the_line_named(engine: Engine) {
    let world = world(engine);
    world.receive("300 BOLT at L1");
    let (most, more) = (sell(&world, &["1 BOLT at L1"; 100]), sell(&world, &["1 BOLT at L1"; 101]));
    assert_eq!(give_back(&world, back("100 BOLT at L1", most, None)), "accepted");
    assert_eq!(
        give_back(&world, back("1 BOLT at L1", more, None)),
        format!(
            "too_many /lines/0/sale/line: sale `{more}` has `101` lines of it, more than the `100` that are tried; name the line"
        )
    );
    assert_eq!(give_back(&world, back("1 BOLT at L1", more, Some(100))), "accepted");
    assert_eq!(returned(&world, more).iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(), [(100, 1)]);
}

fn a_reversed_return_gives_its_quantity_back(engine: Engine) {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    let sale = sell(&world, &["3 BOLT at L1"]);
    let one = posting_of(&world.try_post(Kind::Return, vec![back("1 BOLT at L1", sale, None)]));
    let two = posting_of(&world.try_post(Kind::Return, vec![back("2 BOLT at L1", sale, None)]));
    assert_eq!(returned(&world, sale), [(0, 3, 1_000)]);
    let refused = world.ask(Work::Reverse(crate::ReverseInput {
        posting: sale,
        effective_at: None,
        post_late: false,
        reason: None,
        note: None,
    }));
    assert_eq!(told(&refused), "sale_returned -: `3` of the sale came back; reverse its returns first");
    assert_eq!(world.reverse(one), "accepted");
    assert_eq!(returned(&world, sale), [(0, 2, 667)]);
    let twice = world.ask(Work::Reverse(crate::ReverseInput {
        posting: one,
        effective_at: None,
        post_late: false,
        reason: None,
        note: None,
    }));
    let by = world.read(|conn| crate::originals::reversed_by(conn, one)).unwrap();
    assert_eq!(told(&twice), format!("already_reversed -: the posting has been reversed already, by `{by}`"));
    assert_eq!(world.reverse(two), "accepted");
    assert_eq!(returned(&world, sale), [(0, 0, 0)]);
    assert_eq!(world.reverse(sale), "accepted");
    assert_eq!(
        code_of(&world.try_post(Kind::Return, vec![back("1 BOLT at L1", sale, None)])),
        "sale_reversed"
    );
    assert_eq!(world.stock("BOLT"), ["L1 3"]);
}

/// Several requests in one batch.
fn together(world: &World, works: Vec<Work>) -> Vec<String> {
    let request = |work| Request {
        ctx: world.ctx.clone(),
        principal: Arc::new(Principal::system()),
        key: None,
        work,
        second: web::Second::Cannot,
    };
    let requests: Vec<Request> = works.into_iter().map(request).collect();
    let answers = world.db.write_blocking(move |tx| run_in(tx, &requests)).unwrap();
    answers.iter().map(code_of).collect()
}

fn give(line: LineInput) -> Work {
    Work::Post(PostInput { lines: vec![line], ..posting(Kind::Return) })
}

fn undo(posting: PostingId) -> Work {
    let (effective_at, post_late, reason, note) = (None, false, None, None);
    Work::Reverse(crate::ReverseInput { posting, effective_at, post_late, reason, note })
}

fn a_sale_and_its_return_are_not_both_undone_in_one_batch(engine: Engine) {
    let world = world(engine);
    world.receive("9 BOLT at L1");
    let (one, two) = (sell(&world, &["1 BOLT at L1"]), sell(&world, &["1 BOLT at L1"]));
    let line = |sale| back("1 BOLT at L1", sale, None);
    assert_eq!(together(&world, vec![give(line(one)), undo(one)]), ["accepted", "sale_returned"]);
    assert_eq!(together(&world, vec![undo(two), give(line(two))]), ["accepted", "sale_reversed"]);
    let given = world.read(|conn| crate::store_tests::returns_of(conn, one));
    assert_eq!(
        together(&world, vec![undo(given[0]), undo(one), give(line(one))]),
        ["accepted", "accepted", "sale_reversed"]
    );
    assert_eq!(world.stock("BOLT"), ["L1 9"]);
}

fn two_in_one_batch_take_no_more_than_there_is(engine: Engine) {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    let sale = sell(&world, &["3 BOLT at L1"]);
    let line = |text: &str| back(text, sale, None);
    let told = together(
        &world,
        vec![give(line("2 BOLT at L1")), give(line("2 BOLT at M1")), give(line("1 BOLT at M1"))],
    );
    assert_eq!(told, ["accepted", "return_exceeds_sale", "accepted"]);
    assert_eq!(returned(&world, sale), [(0, 3, 1_000)]);
    let sale = sell(&world, &["2 BOLT at L1"]);
    let twice = vec![back("1 BOLT at L1", sale, None), back("2 BOLT at L1", sale, Some(0))];
    assert_eq!(
        self::told(&world.try_post(Kind::Return, twice)),
        "return_exceeds_sale /lines/1/qty: `BOLT`: `2` comes back, and `1` of the sale is left to come back"
    );
    assert_eq!(returned(&world, sale), []);
}

fn two_at_once_take_no_more_than_there_is(engine: Engine) {
    let world = world(engine);
    world.receive("2 BOLT at L1");
    let sale = sell(&world, &["2 BOLT at L1"]);
    // the first of them finds no row of the sale, the second one may
    for round in 1..=2 {
        let told = std::thread::scope(|scope| {
            let ask = |bin: &'static str| {
                let (world, line) = (&world, back(&format!("1 BOLT at {bin}"), sale, None));
                scope.spawn(move || code_of(&world.try_post(Kind::Return, vec![line])))
            };
            // four want what is left, in two sites
            let asked = ["L1", "M1", "L2", "M2"].map(ask);
            asked.map(|asked| asked.join().unwrap())
        });
        let won = told.iter().filter(|code| *code == "accepted").count();
        let late = told.iter().filter(|code| *code == "return_exceeds_sale").count();
        assert_eq!((won, late), if round == 1 { (2, 2) } else { (0, 4) }, "{told:?}");
    }
    assert_eq!(returned(&world, sale), [(0, 2, 1_000)]);
}

fn a_return_and_the_reversal_of_its_sale_are_not_both_accepted(engine: Engine) {
    let world = world(engine);
    world.receive("8 BOLT at L1");
    for _ in 0..8 {
        // nothing came back of it yet, so there is no row that both of them could lock
        let sale = sell(&world, &["1 BOLT at L1"]);
        let told = std::thread::scope(|scope| {
            let world = &world;
            let ask = |work: Work| scope.spawn(move || code_of(&world.ask(work)));
            let asked = [ask(give(back("1 BOLT at M1", sale, None))), ask(undo(sale))];
            asked.map(|asked| asked.join().unwrap())
        });
        match [&*told[0], &*told[1]] {
            ["accepted", "sale_returned"] => assert_eq!(returned(&world, sale), [(0, 1, 125)]),
            ["sale_reversed", "accepted"] => assert_eq!(returned(&world, sale), []),
            other => panic!("{other:?}"),
        }
    }
}

fn every_statement_is_understood_and_scans_nothing(engine: Engine) {
    let world = world(engine);
    for statement in crate::store_sales::ALL {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
    }
}

fn a_bulk_takes_back_line_by_line_or_not_at_all(engine: Engine) {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    let sale = sell(&world, &["3 BOLT at L1"]);
    let bulk = |atomic| {
        let give = |text: &str| PostInput { lines: vec![back(text, sale, None)], ..posting(Kind::Return) };
        let postings = vec![give("1 BOLT at L1"), give("3 BOLT at L1"), give("1 BOLT at L2")];
        world.ask(Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic }))
    };
    assert_eq!(
        told(&bulk(true)),
        "return_exceeds_sale /postings/1/lines/0/qty: `BOLT`: `3` comes back, and `2` of the sale is left to come back"
    );
    assert_eq!(returned(&world, sale), []);
    let body = body(&bulk(false));
    assert_eq!((body["accepted"].as_i64(), body["refused"].as_i64()), (Some(2), Some(1)), "{body}");
    assert_eq!(returned(&world, sale), [(0, 2, 666)]);
}

fn a_sale_out_of_reach_is_as_if_it_were_not_there(engine: Engine) {
    let world = world(engine);
    world.receive("3 BOLT at L1");
    let sale = sell(&world, &["3 BOLT at L1"]);
    let ask = |grants: &[(Permission, &str)]| {
        let grant = |(permission, place): &(Permission, &str)| {
            let within = Within::Subtree(world.location(place));
            Grant::free([*permission].into_iter().collect(), within)
        };
        let grants = grants.iter().map(grant).collect();
        let principal =
            Arc::new(Principal::new(domain::PrincipalId(7), "bo", PrincipalKind::User, grants, None));
        let request = Request {
            ctx: world.ctx.clone(),
            principal,
            key: None,
            work: give(back("1 BOLT at M1", sale, None)),
            second: web::Second::Cannot,
        };
        told(&world.db.write_blocking(move |tx| run_in(tx, std::slice::from_ref(&request))).unwrap()[0])
    };
    let unknown = format!("unknown_sale /lines/0/sale/posting: there is no sale `{sale}`");
    assert_eq!(ask(&[(Permission::StockReceive, "M")]), unknown);
    assert_eq!(ask(&[(Permission::StockReceive, "M"), (Permission::StockRead, "M")]), unknown);
    assert_eq!(ask(&[(Permission::StockReceive, "M"), (Permission::StockRead, "L")]), "accepted");
    assert_eq!(ask(&[(Permission::StockReceive, "M"), (Permission::StockReceive, "L1")]), "accepted");
}
