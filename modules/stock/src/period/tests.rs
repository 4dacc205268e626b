//! Closed months are closed, also for postings that race with the closing.

use super::*;
use crate::as_of::Moment;
use crate::input::{PostInput, Work};
use crate::store_tests;
use crate::testing::{World, code_of, on_both_engines, parse, posting, world};
use db::Engine;
use domain::Zone;
use domain::ledger::Kind;
use std::sync::atomic::{AtomicUsize, Ordering};

on_both_engines!(
    a_closed_month_takes_nothing_and_is_opened_again,
    what_comes_too_late_is_posted_late_when_asked,
    every_change_of_a_period_has_its_event,
    no_posting_slips_into_a_month_while_it_closes,
    a_closed_month_has_a_digest_that_stays,
    what_comes_too_late_changes_nothing_of_what_a_closed_month_ends_with,
);

fn receive(world: &World, effective_at: &str, post_late: bool) -> String {
    let effective_at = Some(Instant::parse(effective_at).unwrap());
    let lines = vec![parse("1 BOLT at L1")];
    let input = PostInput { effective_at, post_late, lines, ..posting(Kind::Receive) };
    code_of(&world.ask(Work::Post(input)))
}

fn shut(world: &World, period: &'static str) -> Result<PeriodShown, Failure> {
    world.run(move |tx, ctx| close(tx, ctx, (period, IfMatch::Any)))
}

/// What is said of a change of a month that is refused.
fn why(
    world: &World,
    run: impl Fn(&mut Tx<'_>, &Ctx) -> Result<PeriodShown, Failure> + Send + 'static,
) -> String {
    match world.run(run) {
        Err(Failure::Refused(problem)) if problem.code == Code::TransitionRefused => {
            problem.detail.to_string()
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn a_closed_month_takes_nothing_and_is_opened_again(engine: Engine) {
    let world = world(engine);
    assert_eq!(receive(&world, "2026-02-10T00:00:00Z", false), "accepted");
    assert_eq!(shut(&world, "2026-02").unwrap().state, "closed");
    assert_eq!(receive(&world, "2026-02-28T23:59:59Z", false), "period_closed");
    // what is before it is closed with it, whether something is there or not
    assert_eq!(receive(&world, "2026-01-31T00:00:00Z", false), "period_closed");
    assert_eq!(receive(&world, "2020-01-31T00:00:00Z", false), "period_closed");
    assert_eq!(world.read(|conn| Ok::<_, db::DbError>(get(conn, "2026-01").unwrap().state)), "closed");
    assert_eq!(world.read(|conn| Ok::<_, db::DbError>(get(conn, "2026-03").unwrap().state)), "open");
    assert_eq!(receive(&world, "2026-03-01T00:00:00Z", false), "accepted");
    for (period, code) in
        [("2026-02", Code::TransitionRefused), ("2026-03", Code::TransitionRefused), ("x", Code::NotFound)]
    {
        assert_eq!(world.refused(move |tx, ctx| close(tx, ctx, (period, IfMatch::Any))).0, code, "{period}");
    }
    // from the last one on
    let said = why(&world, |tx, ctx| reopen(tx, ctx, ("2026-01", IfMatch::Any)));
    assert_eq!(said, "`2026-02` is closed, and what is before it with it; open `2026-02` again first");
    assert_eq!(world.run(|tx, ctx| reopen(tx, ctx, ("2026-02", IfMatch::Any))).unwrap().version, 2);
    assert_eq!(receive(&world, "2026-02-28T23:59:59Z", false), "accepted");
}

fn a_closed_month_has_a_digest_that_stays(engine: Engine) {
    let world = world(engine);
    receive(&world, "2026-01-10T00:00:00Z", false);
    receive(&world, "2026-02-10T00:00:00Z", false);
    // months are closed in their order, as far as something is in them
    let said = why(&world, |tx, ctx| close(tx, ctx, ("2026-02", IfMatch::Any)));
    assert_eq!(said, "`2026-01` is open and something is posted in it; close `2026-01` first");
    assert_eq!(shut(&world, "2026-01").unwrap().digest.unwrap().postings, 1);
    receive(&world, "2026-02-11T00:00:00Z", false);
    let month = Period::from_number(202_602).unwrap();
    let now = |world: &World| world.read(|conn| Ok::<_, db::DbError>(digested(conn, month).unwrap()));
    let first = shut(&world, "2026-02").unwrap().digest.unwrap();
    assert_eq!((first.version, first.postings, first.movements), (1, 2, 2));
    assert_eq!(first.digest, domain::hex::digits(&now(&world).hash));
    // whatever comes late changes nothing
    receive(&world, "2026-01-11T00:00:00Z", true);
    receive(&world, "2026-02-12T00:00:00Z", true);
    assert_eq!(receive(&world, "2026-02-12T00:00:00Z", false), "period_closed");
    let shown = |world: &World| world.read(|conn| Ok::<_, db::DbError>(get(conn, "2026-02").ok())).unwrap();
    assert_eq!(shown(&world).digest, Some(first.clone()));
    assert_eq!(first.digest, domain::hex::digits(&now(&world).hash));
    // opened again it has none; closed as it was it has the same, with something more another
    world.run(|tx, ctx| reopen(tx, ctx, ("2026-02", IfMatch::Any))).unwrap();
    assert_eq!(shown(&world).digest, None);
    let same = shut(&world, "2026-02").unwrap().digest.unwrap();
    assert_eq!((same.version, &same.digest), (3, &first.digest));
    world.run(|tx, ctx| reopen(tx, ctx, ("2026-02", IfMatch::Any))).unwrap();
    assert_eq!(receive(&world, "2026-02-12T00:00:00Z", false), "accepted");
    let other = shut(&world, "2026-02").unwrap().digest.unwrap();
    assert_eq!((other.version, other.postings), (5, 3));
    assert_ne!(other.digest, first.digest);
    // what had been reported is kept
    let kept = world.read(|conn| Ok::<_, db::DbError>(closings(conn, "2026-02", None, 10).ok())).unwrap();
    assert_eq!(kept, [other.clone(), same, first.clone()]);
    let older = world.read(|conn| Ok::<_, db::DbError>(closings(conn, "2026-02", Some(3), 10).ok()));
    assert_eq!(older.unwrap(), [first]);
    // a month without a posting has one too
    let empty = shut(&world, "2025-12").unwrap().digest.unwrap();
    assert_eq!((empty.postings, empty.movements, empty.digest.len()), (0, 0, 64));
    let all = world.read(|conn| Ok::<_, db::DbError>(all(conn).ok())).unwrap();
    assert_eq!(
        all.iter().map(|shown| shown.period.as_str()).collect::<Vec<_>>(),
        ["2026-02", "2026-01", "2025-12"]
    );
    assert_eq!(all[0].digest, Some(other));
}

fn what_comes_too_late_is_posted_late_when_asked(engine: Engine) {
    let world = world(engine);
    shut(&world, "2026-01").unwrap();
    shut(&world, "2026-02").unwrap();
    assert_eq!(receive(&world, "2026-01-10T00:00:00Z", false), "period_closed");
    assert_eq!(receive(&world, "2026-01-10T00:00:00Z", true), "accepted");
    let periods = world.read(store_tests::movements_by_period);
    assert_eq!(periods, [(202_603, 1)]);
}

/// Late is posted at the first instant that is open, and a moment includes its own instant: so the end of a month is
/// the last instant before midnight, and not midnight.
fn what_comes_too_late_changes_nothing_of_what_a_closed_month_ends_with(engine: Engine) {
    let world = world(engine);
    receive(&world, "2026-02-10T00:00:00Z", false);
    shut(&world, "2026-02").unwrap();
    let worth = |at: &str| {
        let moment = Moment::of(&Zone::UTC, Some(Instant::parse(at).unwrap()), None).unwrap();
        let total = world.run(move |tx, _| crate::valuation::totals(tx, None, None, Some(&moment)));
        total.unwrap().value
    };
    let (end, midnight) = ("2026-02-28T23:59:59.999999Z", "2026-03-01T00:00:00Z");
    assert_eq!((worth(end), worth(midnight)), ("10.00".to_owned(), "10.00".to_owned()));
    assert_eq!(receive(&world, "2026-02-20T00:00:00Z", true), "accepted");
    assert_eq!((worth(end), worth(midnight)), ("10.00".to_owned(), "20.00".to_owned()));
}

fn every_change_of_a_period_has_its_event(engine: Engine) {
    let world = world(engine);
    shut(&world, "2026-02").unwrap();
    world.run(|tx, ctx| reopen(tx, ctx, ("2026-02", IfMatch::Any))).unwrap();
    shut(&world, "2026-02").unwrap();
    shut(&world, "2026-01").unwrap();
    let listed = world.read(|conn| store::list(conn, None, 10));
    assert_eq!(listed.iter().map(|row| row.period.number()).collect::<Vec<_>>(), [202_602, 202_601]);
    assert_eq!(world.read(|conn| store::list(conn, Some(202_602), 10)).len(), 1);
    let events: Vec<String> =
        world.events("period").into_iter().map(|(kind, seq)| format!("{kind} {seq}")).collect();
    let expected = [
        "stock.period_closed 1",
        "stock.period_closed 1",
        "stock.period_reopened 2",
        "stock.period_closed 3",
    ];
    assert_eq!(events, expected);
}

fn no_posting_slips_into_a_month_while_it_closes(engine: Engine) {
    let world = world(engine);
    let accepted = AtomicUsize::new(0);
    let closed_with = std::thread::scope(|scope| {
        for thread in 0..4 {
            let (world, accepted) = (&world, &accepted);
            scope.spawn(move || {
                for _ in 0..40 {
                    let lines = vec![parse(&format!("1 BOLT at L{}", thread % 2 + 1))];
                    let effective_at = Some(Instant::parse("2026-02-10T00:00:00Z").unwrap());
                    let input = PostInput { effective_at, lines, ..posting(Kind::Receive) };
                    let code = code_of(&world.ask(Work::Post(input)));
                    accepted.fetch_add(usize::from(code == "accepted"), Ordering::SeqCst);
                    assert!(["accepted", "period_closed"].contains(&code.as_str()), "{code}");
                }
            });
        }
        while accepted.load(Ordering::SeqCst) < 20 {
            std::thread::yield_now();
        }
        // what the closing transaction itself sees is all there will ever be
        world
            .run(|tx, ctx| {
                close(tx, ctx, ("2026-02", IfMatch::Any))?;
                Ok(store_tests::movements_by_period(tx)?)
            })
            .unwrap()
    });
    assert_eq!(world.read(store_tests::movements_by_period), closed_with);
    assert_eq!(closed_with, [(202_602, i64::try_from(accepted.load(Ordering::SeqCst)).unwrap())]);
}
