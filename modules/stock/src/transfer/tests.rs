//! A transfer from its draft to its end, and everything it refuses on the way.

use super::wire::{CloseBody, NewTransfer, NewTransferLine, StepBody, StepLine};
use super::*;
use crate::testing::{World, caller, on_both_engines, parse, seen, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Code, Instant, Status};
use serde_json::{Value, json};

on_both_engines!(
    goods_leave_are_in_transit_and_arrive,
    nothing_arrives_that_was_not_shipped,
    nothing_is_shipped_that_was_not_asked_for,
    what_did_not_arrive_is_lost_with_a_reason,
    allocated_goods_go_first_and_the_rest_is_given_up,
    nothing_stays_bound_beyond_what_is_left_to_ship,
    lots_and_serials_keep_their_names,
    what_expires_on_the_way_arrives_expired,
    what_a_transfer_refuses_to_be,
    postings_of_a_transfer_are_not_reversed,
    a_step_is_booked_when_it_happened,
);

pub(super) type Done = Result<Value, Failure>;
type StepOf = fn(&mut Tx<'_>, &Caller, (&str, IfMatch), &StepBody) -> Result<TransferShown, Failure>;

pub(super) fn draft(world: &World, lines: &[&str]) -> String {
    let lines = lines.iter().map(|text| new_line(text)).collect();
    let new = NewTransfer {
        from_site: "L".to_owned(),
        to_site: "m".to_owned(),
        note: None,
        expected_on: None,
        lines,
    };
    world.run(move |tx, ctx| create(tx, &caller(ctx, None), &new)).unwrap().0
}

/// Reads `5 BOLT` or `5 MILK A`.
pub(super) fn new_line(text: &str) -> NewTransferLine {
    let words: Vec<&str> = text.split(' ').collect();
    NewTransferLine {
        sku: words[1].to_owned(),
        qty: words[0].to_owned(),
        lot: words.get(2).map(|&lot| lot.to_owned()),
        unit: None,
    }
}

/// Reads `1 5 L1`, `1 all L1`, with `lot A`, `status damaged` or `serials A,B` behind.
pub(super) fn steps(texts: &[&str]) -> StepBody {
    let lines = texts.iter().map(|text| {
        let words: Vec<&str> = text.split(' ').collect();
        let after = |word: &str| words.iter().position(|at| *at == word).map(|at| words[at + 1]);
        StepLine {
            line: words[0].parse().unwrap(),
            qty: Some(words[1]).filter(|qty| *qty != "all").map(str::to_owned),
            location: words[2].to_owned(),
            lot: after("lot").map(str::to_owned),
            serials: after("serials").map_or(Vec::new(), |list| list.split(',').map(str::to_owned).collect()),
            status: after("status").map(|word| Status::parse(word).unwrap()),
            unit: None,
        }
    });
    StepBody { lines: lines.collect(), ..StepBody::default() }
}

pub(super) fn step(world: &World, step: StepOf, number: &str, texts: &[&str]) -> Done {
    let (number, body) = (number.to_owned(), steps(texts));
    world.run(move |tx, ctx| {
        Ok(serde_json::to_value(step(tx, &caller(ctx, None), (&number, IfMatch::Any), &body)?)?)
    })
}

pub(super) fn end(world: &World, number: &str, reason: Option<&str>) -> Done {
    let number = number.to_owned();
    let body = CloseBody { reason: reason.map(str::to_owned), ..CloseBody::default() };
    world.run(move |tx, ctx| {
        Ok(serde_json::to_value(close(tx, &caller(ctx, None), (&number, IfMatch::Any), &body)?)?)
    })
}

fn refusal(done: Done) -> (Code, String) {
    match done {
        Err(Failure::Refused(problem)) => seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

pub(super) fn code(done: Done) -> Code {
    refusal(done).0
}

/// `received 5/5/5/0`: the state, then what each line was asked for, shipped, received and lost.
pub(super) fn told(done: Done) -> String {
    let body = done.unwrap();
    let lines: Vec<String> = body["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| ["qty", "shipped", "received", "short"].map(|key| line[key].as_str().unwrap()).join("/"))
        .collect();
    format!("{} {}", body["state"].as_str().unwrap(), lines.join(" "))
}

fn a_step_is_booked_when_it_happened(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-03-01T10:00:00Z");
    world.receive("10 BOLT at L1");
    world.at("2026-03-05T10:00:00Z");
    let number = draft(&world, &["8 BOLT"]);
    let at = |world: &World, which: &'static str, text: &str, when: &str| {
        let body = StepBody { effective_at: Some(Instant::parse(when).unwrap()), ..steps(&[text]) };
        let number = number.clone();
        world.run(move |tx, ctx| {
            let caller = caller(ctx, None);
            let shown = match which {
                "ship" => ship(tx, &caller, (&number, IfMatch::Any), &body)?,
                "allocate" => allocate(tx, &caller, (&number, IfMatch::Any), &body)?,
                _ => receive(tx, &caller, (&number, IfMatch::Any), &body)?,
            };
            Ok(serde_json::to_value(shown)?)
        })
    };
    let lacking = (Code::InsufficientStock, "/lines/0/qty".to_owned());
    let future = (Code::EffectiveInFuture, "/effective_at".to_owned());
    let wrong = (Code::InvalidValue, "/effective_at".to_owned());
    assert_eq!(refusal(at(&world, "ship", "1 5 L1", "2026-03-01T09:59:59Z")), lacking);
    assert_eq!(refusal(at(&world, "ship", "1 5 L1", "2026-03-05T10:00:01Z")), future);
    assert_eq!(refusal(at(&world, "allocate", "1 5 L1", "2026-03-04T10:00:00Z")), wrong);
    assert_eq!(told(at(&world, "ship", "1 5 L1", "2026-03-02T08:00:00Z")), "shipped 8/5/0/0");
    // never before it left
    assert_eq!(refusal(at(&world, "receive", "1 5 M1", "2026-03-02T07:59:59Z")), lacking);
    assert_eq!(told(at(&world, "receive", "1 5 M1", "2026-03-03T08:00:00Z")), "partially_received 8/5/5/0");
    assert_eq!(world.stock("BOLT"), ["L1 5", "M1 5"]);
}

fn goods_leave_are_in_transit_and_arrive(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["8 BOLT"]);
    assert_eq!(number, "T-000001");
    let sent = step(&world, ship, &number, &["1 5 L1"]).unwrap();
    assert_eq!((&sent["lines"][0]["unit"], &sent["in_transit"][0]["unit"]), (&json!("each"), &json!("each")));
    assert_eq!(told(Ok(sent)), "shipped 8/5/0/0");
    assert_eq!(world.stock("BOLT"), ["L1 5", "~T-000001 5"]);
    assert_eq!(world.guard("BOLT", "L"), (5, 0, 0));
    assert_eq!(told(step(&world, receive, &number, &["1 2 M1"])), "partially_received 8/5/2/0");
    assert_eq!(told(step(&world, ship, &number, &["1 all L1"])), "partially_received 8/8/2/0");
    let done = step(&world, receive, &number, &["1 1 M1 status damaged", "1 5 M2"]);
    assert_eq!(told(done), "received 8/8/8/0");
    assert_eq!(world.stock("BOLT"), ["L1 2", "M1 2", "M1 damaged 1", "M2 5"]);
    assert_eq!((world.guard("BOLT", "L"), world.guard("BOLT", "M")), ((2, 0, 0), (7, 0, 0)));
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1"])), Code::TransitionRefused);
}

fn nothing_arrives_that_was_not_shipped(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["5 BOLT", "5 BOLT"]);
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1"])), Code::TransitionRefused);
    step(&world, ship, &number, &["1 5 L1", "2 3 L1"]).unwrap();
    let over = step(&world, receive, &number, &["2 4 M1"]);
    assert_eq!(refusal(over), (Code::InsufficientStock, "/lines/0/qty".to_owned()));
    let twice = step(&world, receive, &number, &["1 3 M1", "1 3 M2"]);
    assert_eq!(refusal(twice), (Code::InsufficientStock, "/lines/1/qty".to_owned()));
    assert_eq!(world.stock("BOLT"), ["L1 2", "~T-000001 8"], "a refused step leaves nothing");
    assert_eq!(code(step(&world, receive, &number, &["1 1 L2"])), Code::WrongLocationKind);
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1 status expired"])), Code::StatusChangeRefused);
    assert_eq!(told(step(&world, receive, &number, &["1 all M1"])), "partially_received 5/5/5/0 5/3/0/0");
}

fn nothing_is_shipped_that_was_not_asked_for(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["5 BOLT"]);
    let cases = [
        (vec!["1 6 L1"], Code::InvalidQuantity, "/lines/0/qty"),
        (vec!["1 3 L1", "1 3 L1"], Code::InvalidQuantity, "/lines/1/qty"),
        (vec!["1 0 L1"], Code::InvalidQuantity, "/lines/0/qty"),
        (vec!["1 x L1"], Code::InvalidQuantity, "/lines/0/qty"),
        (vec!["1 0.5 L1"], Code::FractionRefused, "/lines/0/qty"),
        (vec!["2 1 L1"], Code::InvalidValue, "/lines/0/line"),
        (vec!["1 1 M1"], Code::WrongLocationKind, "/lines/0/location"),
        (vec!["1 1 NOWHERE"], Code::UnknownLocation, "/lines/0/location"),
        (vec!["1 1 L2"], Code::InsufficientStock, "/lines/0/qty"),
        (vec!["1 1 L1 lot A"], Code::LotNotAllowed, "/lines/0/lot"),
        (vec![], Code::InvalidValue, "/lines"),
    ];
    for (lines, expected, pointer) in cases {
        let refused = refusal(step(&world, ship, &number, &lines));
        assert_eq!(refused, (expected, pointer.to_owned()), "{lines:?}");
    }
    assert_eq!(code(step(&world, ship, "T-000009", &["1 1 L1"])), Code::NotFound);
    assert_eq!(world.stock("BOLT"), ["L1 10"]);
}

fn what_did_not_arrive_is_lost_with_a_reason(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["6 BOLT", "2 BOLT"]);
    step(&world, ship, &number, &["1 all L1", "2 1 L1"]).unwrap();
    step(&world, receive, &number, &["1 4 M1", "2 1 M1"]).unwrap();
    assert_eq!(refusal(end(&world, &number, None)), (Code::UnknownReason, "/reason".to_owned()));
    assert_eq!(code(end(&world, &number, Some("whim"))), Code::UnknownReason);
    assert_eq!(told(end(&world, &number, Some("Short_Delivery"))), "closed_short 6/6/4/2 2/1/1/0");
    assert_eq!(world.stock("BOLT"), ["L1 3", "M1 5"]);
    assert_eq!(code(end(&world, &number, Some("lost"))), Code::TransitionRefused);
    // all that was shipped has arrived: nothing is short, and no reason is needed
    let number = draft(&world, &["3 BOLT"]);
    step(&world, ship, &number, &["1 2 L1"]).unwrap();
    step(&world, receive, &number, &["1 all M1"]).unwrap();
    assert_eq!(told(end(&world, &number, None)), "received 3/2/2/0");
}

fn allocated_goods_go_first_and_the_rest_is_given_up(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["8 BOLT"]);
    assert_eq!(told(step(&world, allocate, &number, &["1 6 L1"])), "allocated 8/0/0/0");
    assert_eq!(world.guard("BOLT", "L"), (10, 0, 6));
    assert_eq!(code(step(&world, allocate, &number, &["1 3 L1"])), Code::InvalidQuantity);
    let cancelled = {
        let number = number.clone();
        world.run(move |tx, ctx| cancel(tx, &caller(ctx, None), (&number, IfMatch::Any)))
    };
    assert!(cancelled.is_err(), "what is bound is released first");
    let reserved = world.reserve("BOLT", "L", 4);
    // five of the six: the claim is used in part, and what is reserved for others stays untouched
    step(&world, ship, &number, &["1 5 L1"]).unwrap();
    assert_eq!(world.guard("BOLT", "L"), (5, 4, 1));
    assert_eq!(code(step(&world, ship, &number, &["1 2 L1"])), Code::InsufficientAvailable);
    assert_eq!(world.claim(reserved), (4, 1));
    step(&world, receive, &number, &["1 5 M1"]).unwrap();
    end(&world, &number, None).unwrap();
    assert_eq!(world.guard("BOLT", "L"), (5, 4, 0));
    // released before anything is shipped, it is a draft again
    let number = draft(&world, &["1 BOLT"]);
    step(&world, allocate, &number, &["1 all L1"]).unwrap();
    let shown = world.run({
        let number = number.clone();
        move |tx, ctx| Ok(serde_json::to_value(release(tx, &caller(ctx, None), (&number, IfMatch::Any))?)?)
    });
    assert_eq!(told(shown), "draft 1/0/0/0");
    assert_eq!(world.guard("BOLT", "L"), (5, 4, 0));
}

fn nothing_stays_bound_beyond_what_is_left_to_ship(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("10 BOLT at L2");
    let number = draft(&world, &["5 BOLT"]);
    step(&world, allocate, &number, &["1 2 L1"]).unwrap();
    step(&world, allocate, &number, &["1 3 L1"]).unwrap();
    // from another bin than the one that was bound: of five, three are left to ship, then none
    step(&world, ship, &number, &["1 2 L2"]).unwrap();
    assert_eq!(world.guard("BOLT", "L"), (18, 0, 3));
    step(&world, ship, &number, &["1 3 L2"]).unwrap();
    assert_eq!(world.guard("BOLT", "L"), (15, 0, 0));
    assert_eq!(told(step(&world, receive, &number, &["1 5 M1"])), "received 5/5/5/0");
    assert_eq!(world.stock("BOLT"), ["L1 10", "L2 5", "M1 5"]);
}

fn lots_and_serials_keep_their_names(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-04-01 at L1");
    world.receive("5 MILK lot B until 2026-04-02 at L1");
    world.receive("2 DRILL serials S1,S2 at L1");
    let number = draft(&world, &["4 MILK", "2 MILK b", "2 DRILL"]);
    assert_eq!(code(step(&world, ship, &number, &["1 1 L1"])), Code::LotRequired);
    assert_eq!(code(step(&world, ship, &number, &["2 1 L1 lot A"])), Code::InvalidValue);
    let lines = ["1 3 L1 lot A", "1 1 L1 lot B", "2 2 L1", "3 all L1 serials S1,S2"];
    step(&world, ship, &number, &lines).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A 2", "L1 lot B 2", "~T-000001 lot A 3", "~T-000001 lot B 3"]);
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1"])), Code::LotRequired);
    step(&world, receive, &number, &["1 1 M1 lot A", "2 all M1", "3 1 M1 serials S2"]).unwrap();
    assert_eq!(world.stock("DRILL"), ["M1 lot S2 1", "~T-000001 lot S1 1"]);
    step(&world, receive, &number, &["1 all M2", "3 all M2"]).unwrap();
    assert_eq!(
        world.stock("MILK"),
        ["L1 lot A 2", "L1 lot B 2", "M1 lot A 1", "M1 lot B 2", "M2 lot A 2", "M2 lot B 1"]
    );
    assert_eq!(world.stock("DRILL"), ["M1 lot S2 1", "M2 lot S1 1"]);
}

fn what_expires_on_the_way_arrives_expired(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-02 at L1");
    let number = draft(&world, &["4 MILK"]);
    step(&world, ship, &number, &["1 all L1 lot A"]).unwrap();
    world.at("2026-03-03T12:00:00Z");
    assert_eq!(code(step(&world, receive, &number, &["1 1 M1 status good"])), Code::LotExpired);
    step(&world, receive, &number, &["1 1 M1 status damaged", "1 3 M1"]).unwrap();
    assert_eq!(world.stock("MILK"), ["L1 lot A 1", "M1 lot A damaged 1", "M1 lot A expired 3"]);
    assert_eq!(world.guard("MILK", "M"), (0, 0, 0));
}

fn what_a_transfer_refuses_to_be(engine: Engine) {
    let world = world(engine);
    world.receive("1 DRILL lot R-77 serials S1 at L1");
    let refused = |from: &str, to: &str, lines: &[&str]| {
        let lines = lines.iter().map(|text| new_line(text)).collect();
        let new = NewTransfer {
            from_site: from.to_owned(),
            to_site: to.to_owned(),
            note: None,
            expected_on: None,
            lines,
        };
        world.refused(move |tx, ctx| create(tx, &caller(ctx, None), &new).map(|_| ()))
    };
    let cases = [
        ("L", "L", vec!["1 BOLT"], Code::SamePlace, "/to_site"),
        ("L", "X", vec!["1 BOLT"], Code::UnknownLocation, "/to_site"),
        ("L1", "M", vec!["1 BOLT"], Code::UnknownLocation, "/from_site"),
        ("L", "M", vec![], Code::InvalidValue, "/lines"),
        ("L", "M", vec!["1 NUT"], Code::UnknownItem, "/lines/0/sku"),
        ("L", "M", vec!["1 BOLT", "0 BOLT"], Code::InvalidQuantity, "/lines/1/qty"),
        ("L", "M", vec!["0.5 BOLT"], Code::FractionRefused, "/lines/0/qty"),
        ("L", "M", vec!["-1 BOLT"], Code::InvalidQuantity, "/lines/0/qty"),
        ("L", "M", vec!["1 MILK A"], Code::UnknownLot, "/lines/0/lot"),
        // it has no stock of its own that could be sent
        ("L", "M", vec!["1 DRILL R-77"], Code::LotIsParent, "/lines/0/lot"),
    ];
    for (from, to, lines, expected, pointer) in cases {
        assert_eq!(refused(from, to, &lines), (expected, pointer.to_owned()), "{from} {to} {lines:?}");
    }
}

fn postings_of_a_transfer_are_not_reversed(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["5 BOLT"]);
    step(&world, ship, &number, &["1 all L1"]).unwrap();
    let posting = world.read(|conn| crate::store_tests::postings_of(conn, "T-000001")).remove(0);
    assert_eq!(world.reverse(posting), "not_reversible");
    // and nobody posts these kinds by hand
    let by_hand = world.try_post(Kind::Ship, vec![parse("1 BOLT at L1")]);
    assert_eq!(crate::testing::code_of(&by_hand), "invalid_value");
}
