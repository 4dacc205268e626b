//! The law: a posting that is backdated takes what stood there at every instant since, and no more;
//! over random histories, many at a time, in months that hold much and months that hold nothing.

use crate::as_of::laws::{BINS, Chance, HOUR, Moved, history, movements};
use crate::input::{BulkInput, PostInput, Work};
use crate::testing::{World, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::{Key, Kind};
use domain::{Instant, LotId, Status};

on_both_engines!(
    a_backdated_issue_takes_what_stood_there_since_and_no_more,
    what_is_read_for_a_backdated_issue_is_its_month_and_a_row_for_each_other,
);

/// What moved on one key: when, and how much.
type Flows = Vec<(Instant, i64)>;

fn flows(moved: &[Moved], key: Key) -> Flows {
    let flow = |moved: &Moved| match (moved.from == key, moved.to == key) {
        (true, _) => Some((moved.effective, -moved.qty)),
        (_, true) => Some((moved.effective, moved.qty)),
        _ => None,
    };
    moved.iter().filter_map(flow).collect()
}

/// The naive answer: the lowest that was ever true from an instant on.
fn lowest(flows: &Flows, since: Instant) -> i64 {
    let level = |at: Instant| flows.iter().filter(|(then, _)| *then <= at).map(|(_, qty)| qty).sum::<i64>();
    let later = flows.iter().map(|(at, _)| *at).filter(|at| *at > since);
    later.chain([since]).map(level).min().unwrap()
}

/// Which of some postings were accepted.
fn accepted(world: &World, postings: Vec<PostInput>) -> Vec<bool> {
    let bulk = BulkInput { postings, refused: Vec::new(), atomic: false };
    let answer = world.ask(Work::Bulk(bulk));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let each = body["postings"].as_array().unwrap_or_else(|| panic!("{body}"));
    each.iter().map(|entry| entry["status"] == 201).collect()
}

fn a_backdated_issue_takes_what_stood_there_since_and_no_more(engine: Engine) {
    let mut world = world(engine);
    let mut chance = Chance(0x5eed_0002);
    let begin = world.ctx.now;
    history(&mut world, &mut chance, 120);
    let item = world.item("BOLT");
    let key = |world: &World, bin: &str| Key {
        item,
        location: world.location(bin),
        lot: LotId::NONE,
        status: Status::Good,
    };
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..25 {
        let bin = BINS[usize::try_from(chance.below(4)).unwrap()];
        let mut flows = flows(&movements(&world), key(&world, bin));
        let (mut postings, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let span = u64::try_from(world.ctx.now.0 - begin.0).unwrap();
            let at = match chance.below(3) {
                // an instant at which something happened, or one of today
                0 if !flows.is_empty() => {
                    flows[usize::try_from(chance.below(u64::try_from(flows.len()).unwrap())).unwrap()].0
                }
                1 => Instant(world.ctx.now.0 - i64::try_from(chance.below(30)).unwrap() * HOUR),
                _ => Instant(begin.0 + i64::try_from(chance.below(span)).unwrap()),
            };
            let there = lowest(&flows, at).max(0) / 1_000_000;
            // what there is, one more, or some that come in between
            let (kind, qty) = match chance.below(3) {
                0 => (Kind::Receive, 3),
                1 => (Kind::Issue, there.max(1)),
                _ => (Kind::Issue, there + 1),
            };
            let fits = kind == Kind::Receive || qty <= there;
            if fits {
                let sign = if kind == Kind::Receive { 1 } else { -1 };
                flows.push((at, sign * qty * 1_000_000));
            }
            expected.push(fits);
            let lines = vec![parse(&format!("{qty} BOLT at {bin}"))];
            postings.push(PostInput { effective_at: Some(at), lines, ..posting(kind) });
        }
        assert_eq!(accepted(&world, postings), expected);
        taken += expected.iter().filter(|fits| **fits).count();
        refused += expected.iter().filter(|fits| !**fits).count();
        world.ctx.now = world.ctx.now.plus_micros(HOUR * 50);
    }
    assert!(taken > 20 && refused > 20, "{taken} accepted, {refused} refused");
    // that the months know how low the keys stood is looked at when the world ends
}

fn what_is_read_for_a_backdated_issue_is_its_month_and_a_row_for_each_other(engine: Engine) {
    let mut world = world(engine);
    for month in 3..7 {
        for day in 1..10 {
            world.at(&format!("2026-0{month}-0{day}T00:00:00Z"));
            world.receive("2 BOLT at L1");
            world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
        }
    }
    let (item, location) = (world.item("BOLT"), world.location("L1"));
    let key = Key { item, location, lot: LotId::NONE, status: Status::Good };
    let counted = |since: &str| world.read(|conn| super::history::counted(conn, key, since));
    // of the month, two in each instant after it; and one row for each later month
    assert_eq!(counted("2026-03-05T00:00:00Z"), (8, 3));
    assert_eq!(counted("2026-04-09T00:00:00Z"), (0, 2));
    assert_eq!(counted("2026-06-01T00:00:00Z"), (16, 0));
}
