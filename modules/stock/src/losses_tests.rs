//! A loss loads the claims that it may break and no more, and breaks those whose turn it is.

use crate::as_of::laws::{Chance, HOUR};
use crate::desk::Desk;
use crate::input::{
    AllocateInput, BulkInput, LineInput, PostInput, QtyInput, ReleaseInput, Request, ReserveInput, Work,
};
use crate::inside::line;
use crate::load::{Known, Wanted};
use crate::names::Names;
use crate::run::lock_wanted;
use crate::service::run_in;
use crate::testing::{World, allocation, caller, claim_of, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::ledger::{self, Kind, Line, Missing, Place, Post, Why};
use domain::{ClaimId, Instant, LotId, PostingId, Qty};
use std::sync::Arc;
use web::{IfMatch, Principal};

on_both_engines!(
    a_loss_that_breaks_nothing_loads_no_claim,
    a_loss_loads_the_claims_that_it_breaks_and_no_more,
    a_loss_at_a_bin_loads_who_is_bound_to_it,
    a_count_loads_what_the_difference_may_break,
    claims_are_read_in_the_order_in_which_they_are_broken,
    claims_that_were_not_loaded_are_not_passed_over,
    whatever_comes_together_breaks_those_whose_turn_it_is,
    every_statement_walks_along_its_index,
);

const MILLION: i64 = 1_000_000;

/// An order of bolts at `L`.
fn order(owner: &str, qty: u32, priority: i64) -> Work {
    Work::Reserve(ReserveInput {
        sku: "BOLT".to_owned(),
        site: "L".to_owned(),
        qty: Qty::units(qty).unwrap(),
        unit: None,
        owner: owner.to_owned(),
        priority,
        expires_at: None,
        backorder: true,
    })
}

fn bind(owner: &str, bin: &str, qty: u32, priority: i64) -> Work {
    Work::Allocate(AllocateInput { priority, ..allocation(&format!("{qty} BOLT at {bin}"), owner) })
}

/// Orders of one bolt each, the oldest first.
fn orders(world: &mut World, count: usize) -> Vec<ClaimId> {
    let one = |number| {
        world.ctx.now = Instant(world.ctx.now.0 + 1);
        claim_of(&world.ask(order(&format!("order-{number}"), 1, 0)))
    };
    (0..count).map(one).collect()
}

/// A loss of bolts at a bin, or a count of them.
fn loses(world: &World, bin: &str, qty: i64) -> Line {
    let (place, loss) = (world.location(bin), places::LOSS);
    line(world.item("BOLT"), LotId::NONE, Place::good(place), Place::good(loss), qty * MILLION)
}

/// Which claims are loaded for lines of a kind.
fn loaded(world: &World, kind: Kind, lines: &[Line], claims: &[ClaimId]) -> Vec<usize> {
    let (lines, claims) = (lines.to_vec(), claims.to_vec());
    let found = world.run(move |tx, ctx| {
        let (mut names, mut wanted) = (Names::default(), Wanted::default());
        read(&mut names, tx, &lines)?;
        wanted.lines(&names, kind, &lines);
        let desk = Desk::read(tx)?;
        let (vault, _) = lock_wanted(tx, &desk, &mut Known::default(), &mut names, wanted, ctx)?;
        Ok(claims.iter().map(|claim| vault.claim(*claim).is_some()).collect::<Vec<_>>())
    });
    let found = found.unwrap().into_iter().enumerate().filter(|(_, loaded)| *loaded);
    found.map(|(number, _)| number).collect()
}

fn read(names: &mut Names, tx: &mut db::Tx<'_>, lines: &[Line]) -> Result<(), db::DbError> {
    names.add_items(tx, lines.iter().map(|line| line.item).collect::<Vec<_>>())?;
    let places = lines.iter().flat_map(|line| [line.from.location, line.to.location]);
    names.add_places(tx, places.collect::<Vec<_>>())
}

fn a_loss_that_breaks_nothing_loads_no_claim(engine: Engine) {
    let mut world = world(engine);
    world.receive("100 BOLT at L1");
    world.receive("50 BOLT at L2");
    let claims = orders(&mut world, 90);
    let bound = claim_of(&world.ask(bind("bound", "L2", 20, 0)));
    let all = [claims.clone(), vec![bound]].concat();
    for (kind, lines) in [
        (Kind::Adjust, vec![loses(&world, "L1", 40)]),
        (Kind::Adjust, vec![loses(&world, "L2", 30)]),
        (Kind::Adjust, vec![loses(&world, "L1", 20), loses(&world, "L2", 20)]),
        // what is refused for the sake of claims breaks none
        (Kind::Issue, vec![loses(&world, "L1", 100)]),
    ] {
        assert_eq!(loaded(&world, kind, &lines, &all), Vec::<usize>::new(), "{lines:?}");
    }
    world.post(Kind::Adjust, vec![parse("40 BOLT at L1")]);
    assert_eq!(world.guard("BOLT", "L"), (110, 90, 20));
}

fn a_loss_loads_the_claims_that_it_breaks_and_no_more(engine: Engine) {
    let mut world = world(engine);
    world.receive("300 BOLT at L1");
    let claims = orders(&mut world, 295);
    let last = |count: usize| (295 - count..295).collect::<Vec<_>>();
    for (lost, broken) in [(5, 0), (6, 1), (7, 2), (69, 64), (70, 65), (300, 295)] {
        assert_eq!(
            loaded(&world, Kind::Adjust, &[loses(&world, "L1", lost)], &claims),
            last(broken),
            "{lost}"
        );
    }
    world.post(Kind::Adjust, vec![parse("75 BOLT at L1")]);
    assert_eq!(world.guard("BOLT", "L"), (225, 225, 0));
    let states: Vec<i64> = claims.iter().map(|claim| world.claim(*claim).1).collect();
    assert!(states.iter().enumerate().all(|(number, state)| (*state == 1) == (number < 225)), "{states:?}");
}

fn a_loss_at_a_bin_loads_who_is_bound_to_it(engine: Engine) {
    let mut world = world(engine);
    world.receive("100 BOLT at L1");
    world.receive("10 BOLT at L2");
    let claims = orders(&mut world, 50);
    let mut all = claims.clone();
    for (owner, bin, qty, priority) in
        [("old", "L2", 3, 0), ("first", "L2", 3, 9), ("young", "L2", 3, 0), ("elsewhere", "L1", 9, 0)]
    {
        world.ctx.now = Instant(world.ctx.now.0 + 1);
        all.push(claim_of(&world.ask(bind(owner, bin, qty, priority))));
    }
    let loaded = |qty| loaded(&world, Kind::SetStatus, &[loses(&world, "L2", qty)], &all);
    assert_eq!(loaded(1), Vec::<usize>::new(), "nobody has the last one");
    assert_eq!(loaded(2), [52]);
    assert_eq!(loaded(4), [52]);
    assert_eq!(loaded(5), [50, 52]);
    assert_eq!(loaded(10), [50, 51, 52]);
    world.post(Kind::SetStatus, vec![parse("5 BOLT at L2 becomes damaged")]);
    let left: Vec<_> = all[50..].iter().map(|claim| world.claim(*claim)).collect();
    assert_eq!(left, [(2, 1), (3, 1), (0, 5), (9, 1)]);
    assert_eq!(world.guard("BOLT", "L"), (105, 50, 14));
}

fn a_count_loads_what_the_difference_may_break(engine: Engine) {
    let mut world = world(engine);
    world.receive("100 BOLT at L1");
    world.receive("100 BOLT at L2");
    let claims = orders(&mut world, 195);
    let counted = |found: i64| Line {
        amount: domain::ledger::Amount::CountTo(found * MILLION),
        ..loses(&world, "L1", 1)
    };
    let loaded = |lines: &[Line]| loaded(&world, Kind::Adjust, lines, &claims).len();
    for (found, broken) in [(200, 0), (100, 0), (95, 0), (94, 1), (90, 5), (0, 95)] {
        assert_eq!(loaded(&[counted(found)]), broken, "{found}");
    }
    assert_eq!(loaded(&[counted(96), loses(&world, "L2", 2)]), 1, "together they take six");
    let count = LineInput { qty: QtyInput::Counted(Qty::units(90).unwrap()), ..parse("1 BOLT at L1") };
    world.post(Kind::Adjust, vec![count]);
    assert_eq!(world.guard("BOLT", "L"), (190, 190, 0));
}

fn claims_are_read_in_the_order_in_which_they_are_broken(engine: Engine) {
    let mut world = world(engine);
    world.receive("600 BOLT at L1");
    let mut chance = Chance(if engine == Engine::Sqlite { 11 } else { 12 });
    let mut made = Vec::new();
    for number in 0..300 {
        world.ctx.now = Instant(world.ctx.now.0 + i64::try_from(chance.below(2)).unwrap());
        let (owner, priority) = (format!("order-{number}"), i64::try_from(chance.below(3)).unwrap() - 1);
        let bound = chance.below(2) == 0;
        let work = if bound { bind(&owner, "L1", 2, priority) } else { order(&owner, 2, priority) };
        made.push(claim_of(&world.ask(work)));
    }
    let turns = world.read(|conn| crate::load::read_claims(conn, made.iter().copied()));
    let mut turns: Vec<_> = turns.iter().map(|claim| (claim.break_turn(), claim.id)).collect();
    turns.sort_unstable();
    for count in [1, 64, 65, 150, 300] {
        let lost = i64::try_from(count).unwrap() * 2;
        let found = loaded(&world, Kind::Adjust, &[loses(&world, "L1", lost)], &made);
        let mut found: Vec<ClaimId> = found.into_iter().map(|number| made[number]).collect();
        let mut expected: Vec<ClaimId> = turns.iter().take(count).map(|(_, id)| *id).collect();
        // those who are bound to the bin are there as well, should it be they
        let bound = world.read(|conn| crate::load::read_claims(conn, made.iter().copied()));
        let bound = |id: &ClaimId| bound.iter().any(|claim| claim.id == *id && claim.bin.is_some());
        expected.retain(|id| !bound(id));
        found.retain(|id| !bound(id));
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{count}");
    }
}

fn claims_that_were_not_loaded_are_not_passed_over(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    orders(&mut world, 10);
    let (small, large) = (loses(&world, "L1", 2), loses(&world, "L1", 3));
    let refused = world.run(move |tx, ctx| {
        let (mut names, mut wanted) = (Names::default(), Wanted::default());
        read(&mut names, tx, &[small])?;
        wanted.lines(&names, Kind::Adjust, &[small]);
        let desk = Desk::read(tx)?;
        let (mut vault, _) = lock_wanted(tx, &desk, &mut Known::default(), &mut names, wanted, ctx)?;
        let id = PostingId(ctx.ids.next());
        let lines = vec![large];
        let post =
            Post { id, kind: Kind::Adjust, effective_at: None, post_late: false, lines, returns: Vec::new() };
        Ok(ledger::post(&mut vault, &post, &desk.clock(ctx)).unwrap_err())
    });
    assert!(matches!(refused.unwrap().why, Why::NotLoaded(Missing::Claims(_))));
}

/// Anything that may happen to bolts.
fn anything(world: &World, chance: &mut Chance, claims: &[ClaimId]) -> Work {
    let (bin, other) = if chance.below(2) == 0 { ("L1", "L2") } else { ("L2", "L1") };
    let (qty, priority) = (chance.below(6) + 1, i64::try_from(chance.below(3)).unwrap());
    let small = u32::try_from(qty).unwrap();
    let claim = (!claims.is_empty()).then(|| {
        let most = u64::try_from(claims.len()).unwrap();
        claims[usize::try_from(chance.below(most)).unwrap()]
    });
    let post = |kind, text: &str| PostInput { lines: vec![parse(text)], ..posting(kind) };
    let one = |chance: &mut Chance| match chance.below(10) {
        0 => post(Kind::Receive, &format!("{qty} BOLT at {bin}")),
        1 => post(Kind::Issue, &format!("{qty} BOLT at {bin}")),
        2 => PostInput {
            lines: vec![LineInput { claim, ..parse(&format!("{qty} BOLT at {bin}")) }],
            ..posting(Kind::Issue)
        },
        3 => post(Kind::Move, &format!("{qty} BOLT at {bin} to {other}")),
        4 => post(Kind::SetStatus, &format!("{qty} BOLT at {bin} becomes hold")),
        5 => post(Kind::SetStatus, &format!("{qty} BOLT at {bin} status hold becomes good")),
        6 | 7 => {
            let back = i64::try_from(chance.below(3)).unwrap();
            let effective_at = (back > 0).then(|| Instant(world.ctx.now.0 - back * HOUR));
            let counted = Qty::units(u32::try_from(chance.below(30)).unwrap()).unwrap();
            let lines =
                vec![LineInput { qty: QtyInput::Counted(counted), ..parse(&format!("1 BOLT at {bin}")) }];
            PostInput { effective_at, lines, ..posting(Kind::Adjust) }
        }
        _ => post(Kind::Adjust, &format!("{} BOLT at {bin}", qty * 3)),
    };
    match (chance.below(9), claim) {
        (0 | 1, _) => order("soft", small, priority),
        (2 | 3, _) => bind("hard", bin, small, priority),
        (4, Some(claim)) => Work::Release(ReleaseInput { claim, kind: None, qty: None, expired: false }),
        (5, _) => {
            let postings = (0..4).map(|_| one(chance)).collect();
            Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic: chance.below(2) == 0 })
        }
        _ => Work::Post(one(chance)),
    }
}

/// Whatever a batch brings together: the bounds are enough, so no decision lacks a claim, and the world
/// looks at the books in the end.
fn whatever_comes_together_breaks_those_whose_turn_it_is(engine: Engine) {
    let (mut broken, mut batches) = (0, 0);
    for seed in 1..=4_u64 {
        let mut world = world(engine);
        let mut chance = Chance(seed * 0x9E37_79B9);
        if seed % 2 == 0 {
            world
                .run(|tx, ctx| {
                    let said = ("cap", Some("40"));
                    crate::backorder::set(tx, &caller(ctx, None), ("L", None), IfMatch::Any, said)
                })
                .unwrap();
        }
        world.receive("60 BOLT at L1");
        world.receive("60 BOLT at L2");
        let mut claims: Vec<ClaimId> = Vec::new();
        for _ in 0..40 {
            world.ctx.now = Instant(world.ctx.now.0 + HOUR);
            let count = chance.below(7) + 1;
            let works: Vec<Work> = (0..count).map(|_| anything(&world, &mut chance, &claims)).collect();
            let principal = Arc::new(Principal::system());
            let request = |work| Request {
                ctx: world.ctx.clone(),
                principal: principal.clone(),
                key: None,
                work,
                second: web::Second::Cannot,
            };
            let requests: Vec<Request> = works.into_iter().map(request).collect();
            let asked = requests.clone();
            let answers = world.db.write_blocking(move |tx| run_in(tx, &asked)).unwrap();
            for (request, answer) in requests.iter().zip(&answers) {
                let body = String::from_utf8_lossy(&answer.body);
                assert!(!body.contains("internal"), "{:?}: {body}", request.work);
                broken += usize::from(body.contains("\"broken\""));
                let made = matches!(request.work, Work::Reserve(_) | Work::Allocate(_));
                if made && code_of(answer) == "accepted" {
                    claims.push(claim_of(answer));
                }
            }
            batches += 1;
        }
    }
    assert!(broken > batches / 4, "{broken} in {batches}");
}

fn every_statement_walks_along_its_index(engine: Engine) {
    let world = world(engine);
    for statement in &crate::store_broken::ALL {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        let sorted = plan.iter().any(|line| line.contains("TEMP B-TREE"));
        assert!(!sorted, "{}: {plan:#?}", statement.name);
    }
}
