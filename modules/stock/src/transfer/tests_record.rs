//! A transfer as a document: its number, who sees it, the day it is expected, and what is told of it.

use super::tests::{Done, code, draft, end, new_line, step, steps, told};
use super::wire::{ExpectBody, NewTransfer};
use super::*;
use crate::testing::{caller, on_both_engines, world};
use db::Engine;
use domain::{Code, Permission};
use serde_json::Value;

on_both_engines!(
    a_draft_is_cancelled_and_numbers_have_no_gap,
    only_the_two_sites_see_it,
    who_is_at_neither_site_learns_nothing_of_them,
    the_expected_day_is_said_at_any_time_before_the_end,
    every_change_has_its_event,
);

fn a_draft_is_cancelled_and_numbers_have_no_gap(engine: Engine) {
    let world = world(engine);
    let first = draft(&world, &["1 BOLT"]);
    let failed = world.run(|tx, ctx| {
        let lines = vec![new_line("1 BOLT")];
        let new = NewTransfer {
            from_site: "L".to_owned(),
            to_site: "M".to_owned(),
            note: None,
            expected_on: None,
            lines,
        };
        create(tx, &caller(ctx, None), &new)?;
        Err::<(), _>(Failure::fault("the test says so"))
    });
    assert!(failed.is_err());
    let second = draft(&world, &["1 BOLT"]);
    assert_eq!((first.as_str(), second.as_str()), ("T-000001", "T-000002"));
    let done = world.run(move |tx, ctx| {
        Ok(serde_json::to_value(cancel(tx, &caller(ctx, None), (&first, IfMatch::Any))?)?)
    });
    assert_eq!(told(done), "cancelled 1/0/0/0");
    assert_eq!(code(step(&world, ship, "T-000001", &["1 1 L1"])), Code::TransitionRefused);
}

fn only_the_two_sites_see_it(engine: Engine) {
    let world = world(engine);
    world.place("N site");
    world.place("N1 bin below N");
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["5 BOLT"]);
    let see = |root: &str| {
        let (root, number) = (world.location(root), number.clone());
        let scope = caller(&world.ctx, Some(root)).principal.scope(Permission::StockRead).unwrap().clone();
        let asked = list::Asked { limit: 10, ..list::Asked::default() };
        let listed = world.db.read_blocking(|conn| list::page(conn, &scope, &asked)).unwrap().rows.len();
        let found = world.db.read_blocking(|conn| list::find(conn, &scope, &number)).is_ok();
        (listed, found)
    };
    assert_eq!([see("L"), see("M1"), see("N")], [(1, true), (1, true), (0, false)]);
    let ship_as = |root: &str| {
        let (root, number) = (world.location(root), number.clone());
        let body = steps(&["1 1 L1"]);
        world.run(move |tx, ctx| {
            ship(tx, &caller(ctx, Some(root)), (&number, IfMatch::Any), &body).map(|_| ())
        })
    };
    let refused = |root: &str| match ship_as(root) {
        Err(Failure::Refused(problem)) => problem.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("N"), Code::NotFound);
    assert_eq!(refused("M"), Code::UnknownLocation, "the receiver does not reach the sender's bins");
    assert!(ship_as("L1").is_ok());
}

fn who_is_at_neither_site_learns_nothing_of_them(engine: Engine) {
    let world = world(engine);
    for site in ["N site", "O site"] {
        world.place(site);
    }
    world.receive("10 BOLT at L1");
    draft(&world, &["5 BOLT"]);
    let asks = |root: Option<&str>, from: Option<&str>, to: Option<&str>| {
        let root = root.map(|root| world.location(root));
        let scope = caller(&world.ctx, root).principal.scope(Permission::StockRead).unwrap().clone();
        let (from_site, to_site) = (from.map(str::to_owned), to.map(str::to_owned));
        let asked = list::Asked { from_site, to_site, limit: 10, ..list::Asked::default() };
        match world.db.read_blocking(|conn| list::page(conn, &scope, &asked)) {
            Ok(page) => page.rows.len().to_string(),
            Err(Failure::Refused(problem)) => {
                format!("{} {}", problem.code.word(), problem.errors[0].pointer)
            }
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!([asks(None, Some("L"), None), asks(None, None, Some("O"))], ["1", "0"]);
    // the other side of a transfer of theirs, either way round
    assert_eq!([asks(Some("M"), Some("L"), None), asks(Some("L"), None, Some("M"))], ["1", "1"]);
    assert_eq!([asks(Some("M"), None, Some("M")), asks(Some("M"), Some("M"), None)], ["1", "0"]);
    for (root, from, to, pointer) in [
        (Some("M"), Some("N"), None, "?from_site"),
        (Some("M"), None, Some("L"), "?to_site"),
        (Some("N"), Some("L"), None, "?from_site"),
        (Some("N"), None, Some("M"), "?to_site"),
        (Some("N"), Some("NOWHERE"), None, "?from_site"),
        (None, None, Some("NOWHERE"), "?to_site"),
    ] {
        assert_eq!(asks(root, from, to), format!("unknown_location {pointer}"), "{root:?} {from:?} {to:?}");
    }
}

fn the_expected_day_is_said_at_any_time_before_the_end(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let new = |day: &str| NewTransfer {
        from_site: "L".to_owned(),
        to_site: "M".to_owned(),
        expected_on: Some(day.to_owned()),
        lines: vec![new_line("5 BOLT")],
        note: None,
    };
    let made = |new: NewTransfer| world.run(move |tx, ctx| create(tx, &caller(ctx, None), &new));
    let (number, shown) = made(new("2026-03-05")).unwrap();
    assert_eq!(serde_json::to_value(shown).unwrap()["expected_on"], "2026-03-05");
    let wrong = new("2026-02-30");
    let refused = world.refused(move |tx, ctx| create(tx, &caller(ctx, None), &wrong));
    assert_eq!(refused, (Code::InvalidValue, "/expected_on".to_owned()));
    let expect_on = |day: Option<&str>| -> Done {
        let (number, body) = (number.clone(), ExpectBody { expected_on: day.map(str::to_owned) });
        world.run(move |tx, ctx| {
            Ok(serde_json::to_value(expect(tx, &caller(ctx, None), (&number, IfMatch::Any), &body)?)?)
        })
    };
    assert_eq!(expect_on(Some("2026-03-07")).unwrap()["expected_on"], "2026-03-07");
    step(&world, ship, &number, &["1 all L1"]).unwrap();
    assert_eq!(expect_on(None).unwrap()["expected_on"], Value::Null);
    step(&world, receive, &number, &["1 all M1"]).unwrap();
    match expect_on(Some("2026-03-07")) {
        Err(Failure::Refused(problem)) => assert_eq!(problem.code, Code::TransitionRefused),
        other => panic!("{other:?}"),
    }
}

fn every_change_has_its_event(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, &["5 BOLT"]);
    step(&world, allocate, &number, &["1 1 L1"]).unwrap();
    step(&world, ship, &number, &["1 all L1"]).unwrap();
    step(&world, receive, &number, &["1 4 M1"]).unwrap();
    end(&world, &number, Some("lost")).unwrap();
    let kinds = ["created", "allocated", "shipped", "received", "closed"];
    let expected: Vec<(String, i64)> =
        (1..).zip(kinds).map(|(number, kind)| (format!("stock.transfer_{kind}"), number)).collect();
    assert_eq!(world.events("transfer"), expected);
}
