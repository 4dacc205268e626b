//! Units carry their stock along: as a fact where nothing counts otherwise, as movements where it does.

use super::*;
use crate::input::Work;
use crate::lot::find::find;
use crate::lot::hold::set_hold;
use crate::store_tests;
use crate::testing::{
    World, allocation, caller, claim_of, code_of, on_both_engines, parse, posting_of, seen, world,
};
use db::Engine;
use domain::{ClaimId, Ctx, Delta};

on_both_engines!(
    a_move_within_a_site_is_a_fact_and_no_movement,
    a_page_of_contents_ends_at_its_limit,
    a_move_to_another_site_takes_stock_value_and_guards_along,
    units_in_units_go_along,
    serials_of_a_parent_go_along_with_their_unit_and_their_hold,
    a_unit_that_stops_selling_stops_counting,
    claimed_contents_keep_the_unit_where_it_is,
    a_unit_that_arrives_covers_who_waits_there,
    blocked_places_keep_their_units,
    an_emptied_unit_gives_claims_along,
    a_unit_is_not_emptied_into_a_place_out_of_reach,
    what_a_unit_refuses,
    a_move_is_not_reversed_as_a_posting,
    nothing_comes_back_from_a_unit_at_another_site_by_a_reversal,
    postings_and_moves_at_once_keep_the_books,
);

fn make(world: &World, code: &str, parent: &str) -> UnitShown {
    let (code, parent) = (code.to_owned(), parent.to_owned());
    world.run(move |tx, ctx| create(tx, &caller(ctx, None), Some(&code), None, &parent)).unwrap()
}

fn bring(world: &World, code: &str, parent: &str) -> Result<UnitShown, Failure> {
    let (code, parent) = (code.to_owned(), parent.to_owned());
    world.run(move |tx, ctx| set_parent(tx, &caller(ctx, None), (&code, IfMatch::Any), &parent))
}

fn refused(done: Result<UnitShown, Failure>) -> (Code, String) {
    match done {
        Err(Failure::Refused(problem)) => seen(&problem),
        other => panic!("not refused: {other:?}"),
    }
}

fn allocate(world: &World, location: &str, qty: u32) -> ClaimId {
    claim_of(&world.ask(Work::Allocate(allocation(&format!("{qty} BOLT at {location}"), "order"))))
}

fn movements(world: &World) -> i64 {
    world.read(store_tests::movements_by_period).iter().map(|(_, count)| count).sum()
}

fn history(world: &World, code: &str) -> Vec<String> {
    let scope = caller(&world.ctx, None).scope;
    let moves = world.db.read_blocking(|conn| moves(conn, &scope, code, None, 10)).unwrap();
    moves.iter().map(|made| format!("{} {} {}", made.seq, made.from, made.to)).collect()
}

fn a_move_within_a_site_is_a_fact_and_no_movement(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    let bound = allocate(&world, "U", 4);
    let before = movements(&world);
    let shown = bring(&world, "u", "L2").unwrap();
    assert_eq!((shown.parent.as_deref(), shown.contents.len()), (Some("L2"), 1));
    assert_eq!((shown.contents[0].sku.as_str(), shown.contents[0].allocated), ("BOLT", Delta(4_000_000)));
    assert_eq!((movements(&world), world.stock("BOLT")), (before, vec!["U 10".to_owned()]));
    assert_eq!((world.guard("BOLT", "L"), world.claim(bound)), ((10, 0, 4), (4, 1)));
    bring(&world, "U", "L2").unwrap();
    bring(&world, "U", "L").unwrap();
    assert_eq!(history(&world, "U"), ["2 L2 L", "1 L1 L2"], "a move to where it stands is none");
    let chained = world.read(|conn| store_tests::postings_of(conn, "unit U"));
    assert_eq!(chained.len(), 2);
    let moved = "stock.unit_moved".to_owned();
    assert_eq!(world.events("unit"), [(moved.clone(), 1), (moved, 2)]);
}

fn a_page_of_contents_ends_at_its_limit(engine: Engine) {
    let world = world(engine);
    make(&world, "P", "L1");
    make(&world, "C", "P");
    let lines =
        ["5 BOLT at C", "1 BOLT at P", "2 BOLT at P status damaged", "3 MILK lot A until 2026-09-01 at C"];
    for line in lines {
        world.receive(line);
    }
    world.receive("4 BOLT at L2");
    world.receive("7 MILK lot A at P");
    world.post(Kind::Issue, vec![parse("7 MILK lot A at P")]);
    let scope = caller(&world.ctx, None).scope;
    let page = |limit: usize, cursor: Option<String>| {
        let query = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let list = Contents::read(&format!("limit={limit}{query}")).unwrap();
        world.db.read_blocking(|conn| show::get(conn, &scope, "p", &list)).unwrap()
    };
    let all = ["P BOLT good 1", "P BOLT damaged 2", "C BOLT good 5", "C MILK good 3"];
    for (limit, pages) in [(1, 4), (2, 2), (3, 2), (4, 1), (5, 1)] {
        let (mut cursor, mut rows, mut count) = (None, Vec::new(), 0);
        loop {
            let shown = page(limit, cursor);
            assert!(shown.contents.len() <= limit);
            let row = |there: &show::ContentShown| {
                format!("{} {} {} {}", there.unit, there.sku, there.status.word(), there.on_hand)
            };
            rows.extend(shown.contents.iter().map(row));
            count += 1;
            match shown.next {
                None => break,
                next => cursor = next,
            }
        }
        assert_eq!((rows.as_slice(), count), (all.map(str::to_owned).as_slice(), pages), "{limit}");
    }
}

fn a_move_to_another_site_takes_stock_value_and_guards_along(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    world.receive("2 BOLT at U status damaged");
    world.receive("3 MILK lot A until 2026-09-01 at U");
    world.receive("2 DRILL serials S1,S2 at U");
    bring(&world, "U", "M1").unwrap();
    assert_eq!(world.stock("BOLT"), ["U 10", "U damaged 2"]);
    assert_eq!(world.stock("MILK"), ["U lot A 3"]);
    assert_eq!([world.guard("BOLT", "L"), world.guard("BOLT", "M")], [(0, 0, 0), (10, 0, 0)]);
    assert_eq!(world.guard("MILK", "M"), (3, 0, 0));
    // it can be used there, serials included, and its value came along
    world.post(Kind::Issue, vec![parse("1 DRILL serials S2 at U")]);
    world.post(Kind::Issue, vec![parse("10 BOLT at U")]);
    assert_eq!(world.read(store_tests::lost), 0, "no report takes it for a loss");
    bring(&world, "U", "L2").unwrap();
    assert_eq!([world.guard("MILK", "L"), world.guard("MILK", "M")], [(3, 0, 0), (0, 0, 0)]);
    assert_eq!(history(&world, "U"), ["2 M1 L2", "1 L1 M1"]);
}

fn units_in_units_go_along(engine: Engine) {
    let world = world(engine);
    make(&world, "P", "L1");
    make(&world, "C", "P");
    world.receive("5 BOLT at C");
    world.receive("1 BOLT at P");
    let shown = bring(&world, "P", "M1").unwrap();
    let inside: Vec<&str> = shown.contents.iter().map(|there| there.unit.as_str()).collect();
    assert_eq!(inside, ["P", "C"]);
    assert_eq!([world.guard("BOLT", "L"), world.guard("BOLT", "M")], [(0, 0, 0), (6, 0, 0)]);
    bring(&world, "C", "L1").unwrap();
    assert_eq!([world.guard("BOLT", "L"), world.guard("BOLT", "M")], [(5, 0, 0), (1, 0, 0)]);
    bring(&world, "P", "L1").unwrap();
    assert_eq!(refused(bring(&world, "P", "P")).0, Code::TreeCycle);
    bring(&world, "C", "P").unwrap();
    assert_eq!(refused(bring(&world, "P", "C")).0, Code::TreeCycle);
}

fn serials_of_a_parent_go_along_with_their_unit_and_their_hold(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("3 DRILL lot R serials S1,S2,S3 at U");
    world.post(Kind::SetStatus, vec![parse("1 DRILL serials S1 at U becomes hold")]);
    let hold = |version, on_hold| {
        let (serial, why) = (("DRILL", "R"), ("recall", None));
        let version = IfMatch::Version(version);
        world.run(move |tx, ctx| set_hold(tx, &caller(ctx, None), serial, version, on_hold, why)).unwrap()
    };
    assert_eq!(hold(1, true).posting.unwrap().movements.len(), 2);
    bring(&world, "U", "M1").unwrap();
    assert_eq!(world.stock("DRILL"), ["U lot S1 hold 1", "U lot S2 hold 1", "U lot S3 hold 1"]);
    assert_eq!((world.guard("DRILL", "L"), world.guard("DRILL", "M")), ((0, 0, 0), (0, 0, 0)));
    let (item, scope) = (world.item("DRILL"), caller(&world.ctx, None).scope);
    let parent = world.read(|conn| find(conn, &scope, item, "r")).unwrap();
    let places: Vec<&str> = parent.places.iter().map(|there| there.location.as_str()).collect();
    assert_eq!((parent.on_hand.to_string().as_str(), places), ("3", vec!["U"]));
    // what was on hold before its parent is so at the other site too
    assert_eq!(hold(2, false).kept.to_string(), "1");
    assert_eq!(world.stock("DRILL"), ["U lot S1 hold 1", "U lot S2 1", "U lot S3 1"]);
    bring(&world, "U", "L2").unwrap();
    assert_eq!((world.guard("DRILL", "L"), world.guard("DRILL", "M")), ((2, 0, 0), (0, 0, 0)));
}

fn a_unit_that_stops_selling_stops_counting(engine: Engine) {
    let world = world(engine);
    let bin = world.location("L2");
    world.run(move |tx, ctx| places::set_sellable(tx, ctx, bin, false)).unwrap();
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    let promised = world.reserve("BOLT", "L", 1);
    assert_eq!(refused(bring(&world, "U", "L2")).0, Code::StockClaimed);
    assert_eq!((world.claim(promised), world.guard("BOLT", "L")), ((1, 1), (10, 1, 0)));
    world.receive("1 BOLT at L1");
    bring(&world, "U", "L2").unwrap();
    assert_eq!(world.guard("BOLT", "L"), (1, 1, 0));
    bring(&world, "U", "L1").unwrap();
    assert_eq!(world.guard("BOLT", "L"), (11, 1, 0));
}

fn claimed_contents_keep_the_unit_where_it_is(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    world.receive("100 BOLT at L1");
    let bound = allocate(&world, "U", 4);
    assert_eq!(refused(bring(&world, "U", "M1")).0, Code::StockClaimed);
    assert_eq!(
        (world.claim(bound), world.stock("BOLT")),
        ((4, 1), vec!["L1 100".to_owned(), "U 10".to_owned()])
    );
    assert!(history(&world, "U").is_empty());
    world.ask(Work::Release(crate::ReleaseInput { claim: bound, kind: None, qty: None, expired: false }));
    bring(&world, "U", "M1").unwrap();
}

fn a_unit_that_arrives_covers_who_waits_there(engine: Engine) {
    let world = world(engine);
    for site in ["L", "M"] {
        let rule = move |tx: &mut Tx<'_>, ctx: &Ctx| {
            let who = caller(ctx, None);
            crate::backorder::set(tx, &who, (site, None), IfMatch::Any, ("cap", Some("9"))).map(|_| ())
        };
        world.run(rule).unwrap();
    }
    make(&world, "U", "L1");
    world.receive("5 BOLT at U");
    world.reserve("BOLT", "M", 3);
    bring(&world, "U", "M1").unwrap();
    assert_eq!(world.guard("BOLT", "M"), (5, 3, 0));
    // nobody's promise is taken along to another site, wait as they may
    world.reserve("BOLT", "M", 2);
    let taken = refused(bring(&world, "U", "L1"));
    assert_eq!(taken.0, Code::StockClaimed);
    assert_eq!((world.guard("BOLT", "M"), world.guard("BOLT", "L")), ((5, 5, 0), (0, 0, 0)));
}

fn blocked_places_keep_their_units(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    let block = |code: &'static str, reason: Option<&'static str>| {
        world
            .run(move |tx, ctx| {
                crate::block::set_blocked(tx, &caller(ctx, None), (code, IfMatch::Any), reason)
            })
            .unwrap();
    };
    block("L2", Some("damaged"));
    assert_eq!(refused(bring(&world, "U", "L2")), (Code::LocationBlocked, "/parent".to_owned()));
    block("L1", Some("damaged"));
    assert_eq!(refused(bring(&world, "U", "M1")), (Code::LocationBlocked, String::new()));
    assert_eq!(world.guard("BOLT", "L"), (0, 0, 0));
    block("L1", None);
    bring(&world, "U", "M1").unwrap();
}

fn an_emptied_unit_gives_claims_along(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    world.receive("1 BOLT at U status hold");
    let bound = allocate(&world, "U", 4);
    let done = world.run(|tx, ctx| empty(tx, &caller(ctx, None), ("U", IfMatch::Any), None)).unwrap();
    assert!(done.contents.is_empty());
    assert_eq!(world.stock("BOLT"), ["L1 10", "L1 hold 1"]);
    assert_eq!((world.claim(bound), world.guard("BOLT", "L")), ((4, 1), (10, 0, 4)));
    world.receive("1 BOLT at U");
    let away = world.refused(|tx, ctx| empty(tx, &caller(ctx, None), ("U", IfMatch::Any), Some("M1")));
    assert_eq!(away.0, Code::WrongLocationKind);
    world.run(|tx, ctx| empty(tx, &caller(ctx, None), ("U", IfMatch::Any), Some("L2"))).unwrap();
    assert_eq!(world.stock("BOLT"), ["L1 10", "L1 hold 1", "L2 1"]);
}

fn a_unit_is_not_emptied_into_a_place_out_of_reach(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    make(&world, "V", "U");
    world.receive("10 BOLT at V");
    let empty_as = |root: &str, to: Option<&'static str>| {
        let root = world.location(root);
        world.run(move |tx, ctx| empty(tx, &caller(ctx, Some(root)), ("V", IfMatch::Any), to))
    };
    let out_of_reach = (Code::UnknownLocation, "/to".to_owned());
    assert_eq!(refused(empty_as("V", Some("U"))), out_of_reach);
    assert_eq!(refused(empty_as("V", None)), out_of_reach);
    assert_eq!(world.stock("BOLT"), ["V 10"]);
    empty_as("U", None).unwrap();
    assert_eq!(world.stock("BOLT"), ["U 10"]);
}

fn what_a_unit_refuses(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    let create = |code: &'static str, parent: &'static str| {
        refused(world.run(move |tx, ctx| create(tx, &caller(ctx, None), Some(code), None, parent)))
    };
    assert_eq!(create("u", "L1"), (Code::CodeTaken, "/code".to_owned()));
    assert_eq!(create("340123450000000001", "L1"), (Code::InvalidValue, "/code".to_owned()));
    assert_eq!(create("V", "~loss"), (Code::WrongLocationKind, "/parent".to_owned()));
    assert_eq!(create("V", "X"), (Code::UnknownLocation, "/parent".to_owned()));
    assert_eq!(refused(bring(&world, "L1", "L2")).0, Code::NotFound, "a bin is no unit");
    assert_eq!(refused(bring(&world, "U", "X")), (Code::UnknownLocation, "/parent".to_owned()));
    let there = world.location("M");
    let away =
        world.refused(move |tx, ctx| set_parent(tx, &caller(ctx, Some(there)), ("U", IfMatch::Any), "M1"));
    assert_eq!(away.0, Code::NotFound);
    let numbered = world.run(|tx, ctx| super::create(tx, &caller(ctx, None), None, Some("Tote"), "L1"));
    assert_eq!(numbered.unwrap().code, "LPN-000001");
}

fn a_move_is_not_reversed_as_a_posting(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at U");
    bring(&world, "U", "M1").unwrap();
    for posting in world.read(|conn| store_tests::postings_of(conn, "unit U")) {
        assert_eq!(world.reverse(posting), "not_reversible");
    }
}

fn nothing_comes_back_from_a_unit_at_another_site_by_a_reversal(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    world.receive("10 BOLT at L2");
    let walked = posting_of(&world.try_post(Kind::Move, vec![parse("10 BOLT at L2 to U")]));
    bring(&world, "U", "M1").unwrap();
    assert_eq!(world.reverse(walked), "not_reversible");
    assert_eq!(world.stock("BOLT"), ["U 10"]);
    bring(&world, "U", "L1").unwrap();
    assert_eq!(world.reverse(walked), "accepted", "it is where it was");
    assert_eq!(world.stock("BOLT"), ["L2 10"]);
    world.post(Kind::Issue, vec![parse("10 BOLT at L2")]);
}

fn postings_and_moves_at_once_keep_the_books(engine: Engine) {
    let world = world(engine);
    make(&world, "U", "L1");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let world = &world;
            scope.spawn(move || {
                for _ in 0..20 {
                    let answer = world.try_post(Kind::Receive, vec![parse("1 BOLT at U")]);
                    assert_eq!(code_of(&answer), "accepted");
                }
            });
        }
        let world = &world;
        scope.spawn(move || {
            for parent in ["M1", "L1", "L2", "M2", "L2", "L1"].repeat(3) {
                bring(world, "U", parent).unwrap();
            }
        });
    });
    assert_eq!(world.stock("BOLT"), ["U 60"]);
    assert_eq!([world.guard("BOLT", "L"), world.guard("BOLT", "M")], [(60, 0, 0), (0, 0, 0)]);
}
