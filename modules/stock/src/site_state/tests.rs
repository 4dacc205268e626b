//! What a site takes in each state, and what a change of the state makes of its stock.

use super::*;
use crate::input::{PostInput, ReserveInput, Work};
use crate::place_guard::tests::{refused, transfer};
use crate::testing::{World, allocation, caller, code_of, on_both_engines, parse, posting, seen, world};
use db::Engine;
use domain::ledger::Kind;
use domain::{Delta, Qty, SiteId};
use places::{NewLocation, create_location};

on_both_engines!(
    a_site_that_is_set_up_takes_stock_up_and_sells_none,
    a_pilot_sells_what_was_taken_up,
    what_lacks_is_named_or_done_without,
    a_pilot_goes_back_while_nothing_is_promised_or_on_its_way,
    a_live_site_stays_live,
    a_change_needs_the_version_and_the_reach,
    lots_that_run_out_in_the_set_up_are_swept_when_it_ends,
);

/// Makes the site `N` with the bins `N1` and `N2`, which is set up.
pub(super) fn new_site(world: &World) {
    new_site_called(world, "N");
}

/// The same by another name.
pub(super) fn new_site_called(world: &World, code: &str) {
    let command = NewLocation {
        code: code.to_owned(),
        kind: Some("site".to_owned()),
        state: Some("set_up".to_owned()),
        ..NewLocation::default()
    };
    world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &command)).unwrap();
    for bin in 1..=2 {
        world.place(&format!("{code}{bin} bin below {code}"));
    }
}

pub(super) fn try_go(
    world: &World,
    code: &str,
    to: SiteState,
    despite: &[&str],
) -> Result<Readiness, Failure> {
    let despite = despite.iter().map(|&word| word.to_owned()).collect();
    let (code, wanted) = (code.to_owned(), GoOn { to, reason: "the plan".to_owned(), despite });
    world.run(move |tx, ctx| go_on(tx, &caller(ctx, None), (&code, IfMatch::Any), (&wanted, None)))
}

pub(super) fn try_back(world: &World, code: &str) -> Result<Readiness, Failure> {
    let code = code.to_owned();
    world.run(move |tx, ctx| set_back(tx, &caller(ctx, None), (&code, IfMatch::Any), ("not yet", None)))
}

fn post(world: &World, kind: Kind, line: &str) -> String {
    code_of(&world.try_post(kind, vec![parse(line)]))
}

pub(super) fn reservation(site: &str, qty: u32) -> Work {
    Work::Reserve(ReserveInput {
        sku: "BOLT".to_owned(),
        site: site.to_owned(),
        qty: Qty::units(qty).unwrap(),
        unit: None,
        owner: "order-1".to_owned(),
        priority: 0,
        backorder: true,
        expires_at: None,
    })
}

fn a_site_that_is_set_up_takes_stock_up_and_sells_none(engine: Engine) {
    let world = world(engine);
    new_site(&world);
    assert_eq!(post(&world, Kind::Opening, "10 BOLT at N1"), "accepted");
    assert_eq!(post(&world, Kind::Opening, "3 BOLT at N2"), "accepted");
    assert_eq!(post(&world, Kind::Adjust, "1 BOLT at N2"), "accepted");
    for (kind, line) in [
        (Kind::Receive, "1 BOLT at N1"),
        (Kind::Return, "1 BOLT at N1"),
        (Kind::Produce, "1 BOLT at N1"),
        (Kind::Issue, "1 BOLT at N1"),
        (Kind::Consume, "1 BOLT at N1"),
        (Kind::Move, "1 BOLT at N1 to N2"),
    ] {
        assert_eq!(post(&world, kind, line), "site_in_set_up", "{kind}");
    }
    let refused_line = world.ask(Work::Post(PostInput {
        lines: vec![parse("1 BOLT at L1"), parse("1 BOLT at N1")],
        ..posting(Kind::Receive)
    }));
    let body: serde_json::Value = serde_json::from_slice(&refused_line.body).unwrap();
    assert_eq!(body["errors"][0]["pointer"], "/lines/1/location");
    assert_eq!(code_of(&world.ask(reservation("N", 1))), "site_in_set_up");
    assert_eq!(code_of(&world.ask(Work::Allocate(allocation("1 BOLT at N1", "o")))), "site_in_set_up");
    for (from, to) in [("L", "N"), ("N", "L")] {
        assert_eq!(refused(transfer(&world, from, to)).code, Code::SiteInSetUp);
    }
    assert_eq!(world.guard("BOLT", "N"), (0, 0, 0));
    let (item, site, now) = (world.item("BOLT"), SiteId(world.location("N").get()), world.ctx.now);
    assert_eq!(world.read(|conn| crate::available(conn, item, site, now)), Delta::ZERO);
    assert_eq!(world.stock("BOLT"), ["N1 10", "N2 2"]);
}

fn a_pilot_sells_what_was_taken_up(engine: Engine) {
    let world = world(engine);
    new_site(&world);
    post(&world, Kind::Opening, "10 BOLT at N1");
    post(&world, Kind::Opening, "3 MILK lot A until 2026-04-01 at N2");
    let shown = try_go(&world, "n", SiteState::Pilot, &[]).unwrap();
    assert_eq!((shown.site.as_str(), shown.state, shown.ready), ("N", SiteState::Pilot, true));
    assert_eq!(world.guard("BOLT", "N"), (10, 0, 0));
    assert_eq!(world.guard("MILK", "N"), (3, 0, 0));
    world.reserve("BOLT", "N", 4);
    assert_eq!(post(&world, Kind::Issue, "6 BOLT at N1"), "accepted");
    let shown = try_go(&world, "N", SiteState::Live, &[]).unwrap();
    assert_eq!(shown.state, SiteState::Live);
    assert_eq!(world.guard("BOLT", "N"), (4, 4, 0));
}

fn what_lacks_is_named_or_done_without(engine: Engine) {
    let world = world(engine);
    let bare = NewLocation {
        code: "B".to_owned(),
        kind: Some("site".to_owned()),
        state: Some("set_up".to_owned()),
        ..NewLocation::default()
    };
    world.run(move |tx, ctx| create_location(tx, ctx, Reached::All, &bare)).unwrap();
    let problem = refused(try_go(&world, "B", SiteState::Pilot, &["places"]));
    assert_eq!(seen(&problem), (Code::SiteNotReady, "/despite".to_owned()));
    assert!(problem.detail.contains("`opening_stock`") && !problem.detail.contains("`places`"));
    post(&world, Kind::Opening, "10 BOLT at B");
    let lacks = world.run(|tx, _| readiness(tx, Reached::All, "B", Some(|_, _| Ok(0)))).unwrap();
    let ready: Vec<(&str, bool, i64)> =
        lacks.points.iter().map(|point| (point.name, point.ready, point.count)).collect();
    let expected =
        [("places", false, 0), ("opening_stock", true, 1), ("placed", false, 1), ("people", false, 0)];
    assert_eq!(ready, expected);
    let shown = try_go(&world, "B", SiteState::Live, &["placed", "places"]).unwrap();
    assert_eq!((shown.state, shown.ready), (SiteState::Live, false));
}

fn a_pilot_goes_back_while_nothing_is_promised_or_on_its_way(engine: Engine) {
    let world = world(engine);
    new_site(&world);
    post(&world, Kind::Opening, "10 BOLT at N1");
    try_go(&world, "N", SiteState::Pilot, &[]).unwrap();
    let claim = world.reserve("BOLT", "N", 4);
    let problem = refused(try_back(&world, "N"));
    assert_eq!(problem.code, Code::InUse);
    assert!(problem.detail.contains("`order-1` has claimed `BOLT`"), "{}", problem.detail);
    let release = crate::ReleaseInput { claim, kind: None, qty: None, expired: false };
    assert_eq!(code_of(&world.ask(Work::Release(release))), "accepted");
    let number = transfer(&world, "N", "L").unwrap();
    assert!(refused(try_back(&world, "N")).detail.contains(&number));
    crate::place_guard::tests::cancel(&world, number);
    assert_eq!(try_back(&world, "N").unwrap().state, SiteState::SetUp);
    assert_eq!(world.guard("BOLT", "N"), (0, 0, 0));
    assert_eq!(post(&world, Kind::Receive, "1 BOLT at N1"), "site_in_set_up");
    assert_eq!(refused(try_back(&world, "N")).code, Code::SiteStateRefused);
}

fn a_live_site_stays_live(engine: Engine) {
    let world = world(engine);
    for to in [SiteState::SetUp, SiteState::Pilot, SiteState::Live] {
        assert_eq!(refused(try_go(&world, "L", to, &[])).code, Code::SiteStateRefused);
    }
    assert_eq!(refused(try_back(&world, "L")).code, Code::SiteStateRefused);
    assert_eq!(refused(try_go(&world, "L1", SiteState::Live, &[])).code, Code::NotFound);
}

fn a_change_needs_the_version_and_the_reach(engine: Engine) {
    let world = world(engine);
    new_site(&world);
    let go = |below, version| {
        let wanted = GoOn {
            to: SiteState::Pilot,
            reason: "the plan".to_owned(),
            despite: vec!["opening_stock".to_owned()],
        };
        refused(world.run(move |tx, ctx| go_on(tx, &caller(ctx, below), ("N", version), (&wanted, None))))
            .code
    };
    assert_eq!(go(None, IfMatch::Version(7)), Code::Stale);
    assert_eq!(go(Some(world.location("L")), IfMatch::Any), Code::NotFound);
    let wordless =
        GoOn { to: SiteState::Pilot, reason: " ".to_owned(), despite: vec!["opening_stock".to_owned()] };
    let done =
        world.run(move |tx, ctx| go_on(tx, &caller(ctx, None), ("N", IfMatch::Any), (&wordless, None)));
    assert_eq!(seen(&refused(done)), (Code::InvalidValue, "/reason".to_owned()));
}

fn lots_that_run_out_in_the_set_up_are_swept_when_it_ends(engine: Engine) {
    let mut world = world(engine);
    new_site(&world);
    post(&world, Kind::Opening, "3 MILK lot A until 2026-03-05 at N1");
    world.at("2026-03-06T08:00:00Z");
    try_go(&world, "N", SiteState::Pilot, &[]).unwrap();
    assert_eq!(world.guard("MILK", "N"), (0, 0, 0));
    assert_eq!(world.stock("MILK"), ["N1 lot A expired 3"]);
}
