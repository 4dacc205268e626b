//! A serial is at most one at every effective instant, whatever was told late, by whom, and in how many
//! requests at once.

use crate::input::{BulkInput, PostInput, ReverseInput, Work};
use crate::testing::{World, code_of, on_both_engines, parse, posting, posting_of, world};
use db::Engine;
use domain::Instant;
use domain::ledger::Kind;

on_both_engines!(
    a_serial_that_left_comes_in_no_earlier_than_it_left,
    what_a_batch_says_of_one_serial_has_one_order,
    a_dated_reversal_makes_room_for_what_really_happened,
    what_moved_as_a_lot_counts_when_it_becomes_a_serial,
);

fn at(kind: Kind, text: &str, day: &str) -> PostInput {
    let effective_at = Some(Instant::parse(&format!("{day}T00:00:00Z")).unwrap());
    PostInput { effective_at, lines: vec![parse(text)], ..posting(kind) }
}

fn post(world: &World, kind: Kind, text: &str, day: &str) -> String {
    code_of(&world.ask(Work::Post(at(kind, text, day))))
}

fn a_serial_that_left_comes_in_no_earlier_than_it_left(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-06-15T12:00:00Z");
    let serial = |bin: &str| format!("1 DRILL serials S1 at {bin}");
    assert_eq!(post(&world, Kind::Receive, &serial("L1"), "2026-06-10"), "accepted");
    assert_eq!(post(&world, Kind::Issue, &serial("L1"), "2026-06-12"), "accepted");
    for bin in ["L1", "L2", "M1"] {
        for kind in [Kind::Receive, Kind::Return, Kind::Opening, Kind::Produce] {
            assert_eq!(post(&world, kind, &serial(bin), "2026-06-05"), "serial_moved_since");
            assert_eq!(post(&world, kind, &serial(bin), "2026-06-11"), "serial_moved_since");
        }
    }
    assert_eq!(post(&world, Kind::Return, &serial("M1"), "2026-06-12"), "accepted");
    assert_eq!(post(&world, Kind::Issue, &serial("M1"), "2026-06-11"), "serial_moved_since");
    // what happens now happens after all of it
    world.post(Kind::Issue, vec![parse(&serial("M1"))]);
    assert_eq!(post(&world, Kind::Receive, &serial("L1"), "2026-06-14"), "serial_moved_since");
}

fn what_a_batch_says_of_one_serial_has_one_order(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-06-15T12:00:00Z");
    let postings = vec![
        at(Kind::Receive, "1 DRILL serials S1 at L1", "2026-06-10"),
        at(Kind::Issue, "1 DRILL serials S1 at L1", "2026-06-12"),
        at(Kind::Receive, "1 DRILL serials S1 at L2", "2026-06-05"),
        at(Kind::Receive, "1 DRILL serials S2 at L2", "2026-06-05"),
        at(Kind::Receive, "1 DRILL serials S1 at L2", "2026-06-13"),
    ];
    let bulk = BulkInput { postings, refused: Vec::new(), atomic: false };
    let body: serde_json::Value = serde_json::from_slice(&world.ask(Work::Bulk(bulk)).body).unwrap();
    let each = body["postings"].as_array().unwrap_or_else(|| panic!("{body}"));
    let shown: Vec<&str> =
        each.iter().map(|entry| entry["problem"]["code"].as_str().unwrap_or("accepted")).collect();
    assert_eq!(shown, ["accepted", "accepted", "serial_moved_since", "accepted", "accepted"]);
    assert_eq!(world.stock("DRILL"), ["L2 lot S1 1", "L2 lot S2 1"]);
}

fn a_dated_reversal_makes_room_for_what_really_happened(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-06-15T12:00:00Z");
    let mut done = Vec::new();
    for serial in ["S1", "S2"] {
        let receive = at(Kind::Receive, &format!("1 DRILL serials {serial} at L1"), "2026-06-10");
        done.push(posting_of(&world.ask(Work::Post(receive))));
    }
    let reverse = |posting, day: Option<&str>| {
        let effective_at = day.map(|day| Instant::parse(&format!("{day}T00:00:00Z")).unwrap());
        let (reason, note) = (None, None);
        code_of(&world.ask(Work::Reverse(ReverseInput {
            posting,
            effective_at,
            post_late: false,
            reason,
            note,
        })))
    };
    assert_eq!(reverse(done[0], None), "accepted");
    assert_eq!(post(&world, Kind::Receive, "1 DRILL serials S1 at L2", "2026-06-10"), "serial_moved_since");
    assert_eq!(reverse(done[1], Some("2026-06-09")), "serial_moved_since");
    assert_eq!(reverse(done[1], Some("2026-06-10")), "accepted");
    assert_eq!(post(&world, Kind::Receive, "1 DRILL serials S2 at L2", "2026-06-10"), "accepted");
}

/// Before its item was traced by serial, a code was a lot, and has no row as a serial.
fn what_moved_as_a_lot_counts_when_it_becomes_a_serial(engine: Engine) {
    let mut world = world(engine);
    world.at("2026-06-15T12:00:00Z");
    let milk = |serial: &str| format!("1 MILK {serial} at L1");
    assert_eq!(post(&world, Kind::Receive, &milk("lot S1 until 2026-09-01"), "2026-06-10"), "accepted");
    assert_eq!(post(&world, Kind::Issue, &milk("lot S1"), "2026-06-12"), "accepted");
    let id = world.item("MILK");
    let serial = domain::Tracking::Serial;
    world.run(move |tx, ctx| catalog::set_tracking(tx, ctx, id, serial)).unwrap();
    let receive = milk("serials S1");
    assert_eq!(post(&world, Kind::Receive, &receive, "2026-06-11"), "serial_moved_since");
    assert_eq!(post(&world, Kind::Receive, &receive, "2026-06-12"), "accepted");
}
