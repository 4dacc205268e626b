//! Places with anything in them stay in use, and places out of use stay empty.

use super::*;
use crate::input::{PostInput, ReserveInput, Work};
use crate::testing::{
    World, allocation, caller, claim_of, code_of, on_both_engines, parse, posting, seen, world,
};
use crate::transfer::{NewTransfer, NewTransferLine};
use crate::unit::{self, UnitShown};
use db::Engine;
use domain::ledger::Kind;
use domain::{ClaimId, Problem, Qty};

on_both_engines!(
    a_place_with_stock_stays_in_use,
    a_claim_in_the_way_is_named,
    a_site_of_an_open_transfer_stays_in_use,
    a_place_with_a_handling_unit_stays_in_use,
    an_archived_place_takes_nothing_until_it_is_back,
    nothing_goes_back_into_an_archived_place,
    units_stay_out_of_archived_places,
    an_archived_site_makes_no_promise_and_no_transfer,
    the_history_of_an_archived_place_is_read,
    only_whoever_reaches_a_place_archives_it,
);

pub(crate) fn archive(world: &World, code: &str, archived: bool) -> Result<Location, Failure> {
    let code = code.to_owned();
    world.run(move |tx, ctx| set_archived(tx, &caller(ctx, None), (&code, IfMatch::Any), archived))
}

pub(crate) fn refused<T: std::fmt::Debug>(done: Result<T, Failure>) -> Problem {
    match done {
        Err(Failure::Refused(problem)) => *problem,
        other => panic!("not refused: {other:?}"),
    }
}

/// In use, and how that is told.
fn in_use(world: &World, code: &str) -> String {
    let problem = refused(archive(world, code, true));
    assert_eq!(problem.code, Code::InUse, "{}", problem.detail);
    assert!(!world.read(|conn| places::facts_by_code(conn, &[code])).remove(0).unwrap().archived);
    problem.detail.to_string()
}

pub(crate) fn make(world: &World, code: &str, parent: &str) -> Result<UnitShown, Failure> {
    let (code, parent) = (code.to_owned(), parent.to_owned());
    world.run(move |tx, ctx| unit::create(tx, &caller(ctx, None), Some(&code), None, &parent))
}

pub(crate) fn bring(world: &World, code: &str, parent: &str) -> Result<UnitShown, Failure> {
    let (code, parent) = (code.to_owned(), parent.to_owned());
    world.run(move |tx, ctx| unit::set_parent(tx, &caller(ctx, None), (&code, IfMatch::Any), &parent))
}

/// Creates a transfer of a bolt between two sites; its number.
pub(crate) fn transfer(world: &World, from_site: &str, to_site: &str) -> Result<String, Failure> {
    let line = NewTransferLine { sku: "BOLT".to_owned(), qty: "1".to_owned(), ..NewTransferLine::default() };
    let (from_site, to_site) = (from_site.to_owned(), to_site.to_owned());
    let new = NewTransfer { from_site, to_site, note: None, expected_on: None, lines: vec![line] };
    world.run(move |tx, ctx| transfer::create(tx, &caller(ctx, None), &new).map(|(number, _)| number))
}

pub(crate) fn cancel(world: &World, number: String) {
    world
        .run(move |tx, ctx| transfer::cancel(tx, &caller(ctx, None), (&number, IfMatch::Any)).map(|_| ()))
        .unwrap();
}

fn allocating(location: &str) -> Work {
    Work::Allocate(allocation(&format!("4 BOLT at {location}"), "order-9"))
}

fn allocate(world: &World, location: &str) -> ClaimId {
    claim_of(&world.ask(allocating(location)))
}

fn a_place_with_stock_stays_in_use(engine: Engine) {
    let world = world(engine);
    world.place("Z zone below L");
    world.place("Z1 bin below Z");
    world.receive("3 MILK lot A until 2026-09-01 at Z1 status damaged");
    for code in ["Z1", "Z", "L"] {
        let told = in_use(&world, code);
        assert_eq!(told, "`3` of `MILK` stand in `Z1`; issue, move or adjust them first");
    }
    assert!(archive(&world, "L1", true).unwrap().archived, "what stands elsewhere is in nobody's way");
    world
        .post(Kind::Adjust, vec![parse("3 MILK lot A at Z1 status damaged")].into_iter().map(lost).collect());
    assert!(archive(&world, "Z", true).unwrap().archived);
    // out of use already, so only its own record changes
    let bin = archive(&world, "Z1", true).unwrap();
    assert!(bin.archived_at.is_some());
    assert_eq!(refused(archive(&world, "~loss", true)).code, Code::WrongLocationKind);
    assert_eq!(refused(archive(&world, "NOWHERE", true)).code, Code::NotFound);
}

/// The line of a count that finds none of it.
fn lost(line: crate::LineInput) -> crate::LineInput {
    crate::LineInput { qty: crate::QtyInput::Counted(Qty::ZERO), cost: crate::CostInput::Unknown, ..line }
}

fn a_claim_in_the_way_is_named(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    let bound = allocate(&world, "L1");
    let told = "`10` of `BOLT` stand in `L1`, and `order-9` has claimed `BOLT` there; \
                fulfil or release the claim, and issue, move or adjust what is left";
    assert_eq!(in_use(&world, "L1"), told);
    world.ask(Work::Release(crate::ReleaseInput { claim: bound, kind: None, qty: None, expired: false }));
    let promised = world.reserve("BOLT", "L", 1);
    // what is promised at the site is bound to no bin
    assert_eq!(in_use(&world, "L1"), "`10` of `BOLT` stand in `L1`; issue, move or adjust them first");
    assert!(in_use(&world, "L").contains("`order-1` has claimed `BOLT`"));
    assert_eq!(world.claim(promised), (1, 1));
}

fn a_site_of_an_open_transfer_stays_in_use(engine: Engine) {
    let world = world(engine);
    let number = transfer(&world, "L", "M").unwrap();
    assert_eq!(in_use(&world, "L"), format!("`L` is an end of the open transfer `{number}`; end it first"));
    assert_eq!(in_use(&world, "M"), format!("`M` is an end of the open transfer `{number}`; end it first"));
    // a transfer names its bins when goods arrive
    archive(&world, "M1", true).unwrap();
    cancel(&world, number);
    archive(&world, "L", true).unwrap();
    archive(&world, "M", true).unwrap();
}

fn a_place_with_a_handling_unit_stays_in_use(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1").unwrap();
    make(&world, "V", "U").unwrap();
    for (place, unit) in [("U", "V"), ("L1", "U"), ("L", "U")] {
        let told = in_use(&world, place);
        assert_eq!(told, format!("the handling unit `{unit}` stands in it; move it or archive it first"));
    }
    bring(&world, "V", "L2").unwrap();
    // a broken tote goes out of use where it stands, and is in nobody's way
    archive(&world, "U", true).unwrap();
    archive(&world, "L1", true).unwrap();
    archive(&world, "L1", false).unwrap();
    assert_eq!(refused(make(&world, "W", "U")).code, Code::LocationArchived);
}

fn an_archived_place_takes_nothing_until_it_is_back(engine: Engine) {
    let world = world(engine);
    world.place("Z zone below L");
    world.place("Z1 bin below Z");
    world.receive("5 BOLT at L1");
    archive(&world, "Z", true).unwrap();
    let closed = "location_archived";
    assert_eq!(code_of(&world.try_post(Kind::Receive, vec![parse("1 BOLT at Z1")])), closed);
    assert_eq!(code_of(&world.try_post(Kind::Return, vec![parse("1 BOLT at Z")])), closed);
    assert_eq!(code_of(&world.try_post(Kind::Move, vec![parse("1 BOLT at L1 to Z1")])), closed);
    assert_eq!(code_of(&world.try_post(Kind::Issue, vec![parse("1 BOLT at Z1")])), closed);
    let found = crate::LineInput { qty: crate::QtyInput::Counted(Qty::ONE), ..parse("1 BOLT at Z1") };
    assert_eq!(code_of(&world.try_post(Kind::Adjust, vec![found])), closed);
    assert_eq!(code_of(&world.ask(allocating("Z1"))), closed);
    // of the past it is told as it was, and no more is written into it
    let earlier = PostInput {
        effective_at: Some(domain::Instant(world.ctx.now.0 - 3_600_000_000)),
        lines: vec![parse("1 BOLT at Z1")],
        ..posting(Kind::Receive)
    };
    assert_eq!(code_of(&world.ask(Work::Post(earlier))), closed);
    let block = |reason: Option<&'static str>| {
        world.run(move |tx, ctx| block::set_blocked(tx, &caller(ctx, None), ("Z1", IfMatch::Any), reason))
    };
    assert_eq!(seen(&refused(block(Some("damaged")))), (Code::LocationArchived, String::new()));
    assert_eq!(refused(block(None)).code, Code::LocationArchived);
    let sell = world.run(|tx, ctx| block::set_sellable(tx, &caller(ctx, None), ("Z1", IfMatch::Any), false));
    assert_eq!(refused(sell).code, Code::LocationArchived);
    let stand = |what: &'static str, parent: &'static str| {
        world.run(move |tx, ctx| block::set_parent(tx, &caller(ctx, None), (what, IfMatch::Any), parent))
    };
    assert_eq!(seen(&refused(stand("L1", "Z"))), (Code::LocationArchived, "/parent".to_owned()));
    assert_eq!(seen(&refused(stand("Z1", "L"))), (Code::LocationArchived, String::new()));
    assert_eq!(world.stock("BOLT"), ["L1 5"]);
    archive(&world, "Z", false).unwrap();
    world.receive("1 BOLT at Z1");
    assert_eq!(world.guard("BOLT", "L"), (6, 0, 0));
}

fn nothing_goes_back_into_an_archived_place(engine: Engine) {
    let world = world(engine);
    world.receive("5 BOLT at L1");
    let issued =
        world.ask(Work::Post(PostInput { lines: vec![parse("5 BOLT at L1")], ..posting(Kind::Issue) }));
    let body: serde_json::Value = serde_json::from_slice(&issued.body).unwrap();
    let issued = domain::PostingId::parse(body["id"].as_str().unwrap()).unwrap();
    archive(&world, "L1", true).unwrap();
    assert_eq!(world.reverse(issued), "location_archived");
    archive(&world, "L1", false).unwrap();
    assert_eq!(world.reverse(issued), "accepted");
    assert_eq!(world.stock("BOLT"), ["L1 5"]);
}

fn units_stay_out_of_archived_places(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L2").unwrap();
    archive(&world, "L1", true).unwrap();
    let closed = (Code::LocationArchived, "/parent".to_owned());
    assert_eq!(seen(&refused(make(&world, "V", "L1"))), closed);
    assert_eq!(seen(&refused(bring(&world, "U", "L1"))), closed);
    world.receive("2 BOLT at U");
    assert_eq!(seen(&refused(bring(&world, "U", "L1"))), closed, "with contents neither");
    let emptied = world.run(|tx, ctx| {
        unit::empty(tx, &caller(ctx, None), ("U", IfMatch::Any), Some("L1")).map(|shown| shown.code)
    });
    assert_eq!(seen(&refused(emptied)), (Code::LocationArchived, "/to".to_owned()));
    let emptied = world.run(|tx, ctx| unit::empty(tx, &caller(ctx, None), ("U", IfMatch::Any), None));
    assert!(emptied.unwrap().contents.is_empty());
    assert!(archive(&world, "U", true).unwrap().archived);
    assert_eq!(seen(&refused(bring(&world, "U", "M1"))), (Code::LocationArchived, String::new()));
}

fn an_archived_site_makes_no_promise_and_no_transfer(engine: Engine) {
    let world = world(engine);
    archive(&world, "M", true).unwrap();
    let from = refused(transfer(&world, "M", "L"));
    assert_eq!(seen(&from), (Code::LocationArchived, "/from_site".to_owned()));
    let to = refused(transfer(&world, "L", "M"));
    assert_eq!(seen(&to), (Code::LocationArchived, "/to_site".to_owned()));
    let reserved = world.ask(Work::Reserve(ReserveInput {
        sku: "BOLT".to_owned(),
        site: "M".to_owned(),
        qty: Qty::units(1).unwrap(),
        unit: None,
        owner: "order-1".to_owned(),
        priority: 0,
        backorder: true,
        expires_at: None,
    }));
    assert_eq!(code_of(&reserved), "location_archived");
}

fn the_history_of_an_archived_place_is_read(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 BOLT at L1");
    let then = world.ctx.now;
    world.at("2026-03-02T08:00:00Z");
    world.post(Kind::Issue, vec![parse("5 BOLT at L1")]);
    archive(&world, "L", true).unwrap();
    let moment = crate::Moment::of(&domain::Zone::UTC, Some(then), None);
    let mut stood = Vec::new();
    world.read(|conn| {
        crate::on_hand_of_everything(conn, moment.as_ref(), |key, qty| stood.push((key.location, qty)))
    });
    stood.retain(|(location, qty)| location.get() > 0 && *qty != 0);
    assert_eq!(stood, [(world.location("L1"), 5_000_000)]);
}

fn only_whoever_reaches_a_place_archives_it(engine: Engine) {
    let world = world(engine);
    let (here, there) = (world.location("L"), world.location("M"));
    let as_one = |below, archived| {
        world.run(move |tx, ctx| {
            let version = IfMatch::Version(if archived { 1 } else { 2 });
            set_archived(tx, &caller(ctx, Some(below)), ("L1", version), archived)
        })
    };
    assert_eq!(refused(as_one(there, true)).code, Code::NotFound);
    assert!(as_one(here, true).unwrap().archived);
    assert_eq!(refused(as_one(there, false)).code, Code::NotFound);
    assert!(!as_one(here, false).unwrap().archived);
    // a version that was read too early is told before what stands there
    world.receive("1 BOLT at L1");
    assert_eq!(refused(as_one(here, true)).code, Code::Stale);
}
