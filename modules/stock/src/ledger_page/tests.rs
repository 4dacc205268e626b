//! Pages of the ledger: every way to follow it, and every page after the first.

use super::row::{LedgerEnd, rows};
use super::store::STATEMENTS;
use super::store_keys;
use super::{After, Wanted, of_posting, read, store};
use crate::asked::Lot;
use crate::input::{LINES_PER_POSTING_MAX, PostInput, ReserveInput, Work};
use crate::inside::{self, Draft, Order, When};
use crate::testing::{World, caller, on_both_engines, parse, posting, posting_of, world};
use db::Engine;
use domain::ledger::{Kind, Place};
use domain::{LotId, PostingId, PrincipalId};
use web::{Principal, Scope};

on_both_engines!(
    pages_follow_each_other_without_gap,
    every_filter_finds_what_it_names,
    what_is_below_a_place_is_found_however_many_bins_it_has,
    what_a_caller_does_not_reach_is_left_out,
    an_end_beyond_reach_is_not_told,
    a_posting_is_shown_whole_however_many_lines_it_has,
    the_lines_of_a_posting_are_those_within_reach,
    a_movement_tells_the_note_of_its_posting_and_who_reversed_it,
    a_promise_is_a_posting_that_moves_nothing,
    every_statement_walks_along_an_index,
);

fn everywhere() -> Scope {
    Principal::system().scope(domain::Permission::StockRead).unwrap().clone()
}

/// All pages of so many entries each: the keys, newest first.
fn walk(world: &World, scope: &Scope, wanted: &Wanted, limit: usize) -> Vec<After> {
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = world.read(|conn| read(conn, scope, wanted, after, limit));
        assert!(page.rows.len() <= limit);
        seen.extend(page.rows.iter().map(After::of));
        match page.next {
            None => break,
            next => after = next,
        }
    }
    assert!(seen.windows(2).all(|two| two[0] > two[1]), "newest first, each once: {wanted:?}");
    seen
}

fn receive_for(world: &World, document: &str, line: &str) {
    let input = PostInput {
        document: Some(document.to_owned()),
        lines: vec![parse(line), parse("1 BOLT at M1")],
        ..posting(Kind::Receive)
    };
    assert_eq!(world.ask(Work::Post(input)).status.as_u16(), 201);
}

fn pages_follow_each_other_without_gap(engine: Engine) {
    let mut world = world(engine);
    for day in 1..=7 {
        world.receive("1 MILK lot A until 2027-01-01 at L1");
        receive_for(&world, "PO-1", "1 BOLT at L2");
        world.post(Kind::Move, vec![parse("1 BOLT at L2 to L1")]);
        if day % 2 == 0 {
            world.at(&format!("2026-0{day}-01T00:00:00Z"));
        }
    }
    let scope = everywhere();
    let milk = world.item("MILK");
    let lot = world.read(|conn| crate::load::lots_by_code(conn, &[(milk, "a".to_owned())]));
    let lot = Lot { id: lot.values().next().unwrap().id, is_parent: false };
    let all = Wanted::default;
    let (l1, l, m) = (world.location("L1"), world.location("L"), world.location("M"));
    let cases = [
        (all(), 28),
        (Wanted { item: Some(world.item("BOLT")), ..all() }, 21),
        (Wanted { lot: Some(lot), ..all() }, 7),
        (Wanted { actor: Some(world.ctx.actor.id), ..all() }, 28),
        (Wanted { actor: Some(PrincipalId(999)), ..all() }, 0),
        (Wanted { document: Some("PO-1".to_owned()), ..all() }, 14),
        (Wanted { location: Some(l1), ..all() }, 14),
        (Wanted { within: Some(l), ..all() }, 21),
        (Wanted { within: Some(m), ..all() }, 7),
        (Wanted { within: Some(m), document: Some("PO-1".to_owned()), ..all() }, 7),
        (Wanted { within: Some(l1), item: Some(milk), ..all() }, 7),
        (Wanted { location: Some(l1), within: Some(m), ..all() }, 0),
    ];
    for (wanted, count) in &cases {
        let whole = walk(&world, &scope, wanted, 500);
        assert_eq!(whole.len(), *count, "{wanted:?}");
        for limit in [1, 3, 60] {
            assert_eq!(walk(&world, &scope, wanted, limit), whole, "{wanted:?} by {limit}");
        }
    }
}

fn what_is_below_a_place_is_found_however_many_bins_it_has(engine: Engine) {
    let world = world(engine);
    let wanted = Wanted { within: Some(world.location("L")), ..Wanted::default() };
    world.receive("9 BOLT at L1");
    world.receive("5 BOLT at M1");
    world.post(Kind::Move, vec![parse("4 BOLT at L1 to L2")]);
    let few = walk(&world, &everywhere(), &wanted, 1);
    assert_eq!(few.len(), 2, "a move between two bins of the place is one entry");
    let more = places::MakeLocations {
        parent: "L".to_owned(),
        pattern: "L-{01..70}".to_owned(),
        levels: vec![Some(places::MakeLevel {
            kind: Some("bin".to_owned()),
            ..places::MakeLevel::default()
        })],
        ..places::MakeLocations::default()
    };
    world.run(move |tx, ctx| places::make_locations(tx, ctx, web::Reached::All, &more)).unwrap();
    assert_eq!(walk(&world, &everywhere(), &wanted, 1), few);
}

fn what_a_caller_does_not_reach_is_left_out(engine: Engine) {
    let world = world(engine);
    world.receive("9 BOLT at L1");
    world.receive("5 BOLT at M1");
    let seen = |below: &str| {
        let scope = caller(&world.ctx, Some(world.location(below))).scope;
        walk(&world, &scope, &Wanted::default(), 1).len()
    };
    assert_eq!([seen("L"), seen("M1"), seen("M2")], [1, 1, 0]);
}

/// The lines of a posting, page by page.
fn lines_of(world: &World, scope: &Scope, posting: PostingId, limit: usize) -> Vec<Vec<i64>> {
    let (mut after, mut pages) = (None, Vec::new());
    loop {
        let page = world.read(|conn| of_posting(conn, scope, posting, after, limit));
        assert!(page.rows.iter().all(|entry| entry.posting == posting));
        pages.push(page.rows.iter().map(|entry| entry.line).collect());
        match page.next {
            None => return pages,
            next => after = next,
        }
    }
}

/// Receives one bolt by each of so many lines, as the product itself may: without the limit of a door.
fn receive_lines(world: &World, count: usize) -> PostingId {
    let (item, to) = (world.item("BOLT"), Place::good(world.location("L1")));
    let supplier = world.read(|conn| places::facts_by_code(conn, &["~supplier"]))[0].as_ref().unwrap().id;
    let one = inside::line(item, LotId(0), Place::good(supplier), to, 1_000_000);
    let draft = Draft {
        kind: Kind::Receive,
        document: None,
        reason: None,
        note: None,
        when: When::default(),
        lines: (0..count).map(|line| (one, format!("/lines/{line}"))).collect(),
        says_hold: Vec::new(),
    };
    let order = draft.order(&world.ctx);
    let Order::Post(compiled) = &order else { panic!("a draft is a posting") };
    let id = compiled.post.id;
    let order = std::sync::Mutex::new(Some(order));
    world
        .run(move |tx, ctx| {
            let order = order.lock().unwrap().take().into_iter().collect();
            inside::carry_out(tx, ctx, order)
        })
        .unwrap();
    id
}

fn a_posting_is_shown_whole_however_many_lines_it_has(engine: Engine) {
    let world = world(engine);
    let scope = everywhere();
    let most = web::LIMIT_MAX;
    let many = LINES_PER_POSTING_MAX + 1;
    for (count, pages) in [(most, vec![most]), (most + 1, vec![most, 1]), (many, vec![most; many / most])] {
        let found = lines_of(&world, &scope, receive_lines(&world, count), most);
        let lines: Vec<i64> = (0..i64::try_from(count).unwrap()).collect();
        assert_eq!(found.concat(), lines, "each once, in order");
        let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
        assert_eq!(sizes[..pages.len()], pages, "{count}");
    }
}

fn the_lines_of_a_posting_are_those_within_reach(engine: Engine) {
    let world = world(engine);
    let lines = ["1 BOLT at L1", "1 BOLT at M1", "2 BOLT at M2", "3 BOLT at M1", "1 BOLT at L2"];
    world.post(Kind::Receive, lines.map(parse).to_vec());
    let posting = world.read(|conn| read(conn, &everywhere(), &Wanted::default(), None, 1)).rows[0].posting;
    let seen = |below: &str, limit| {
        let scope = caller(&world.ctx, Some(world.location(below))).scope;
        lines_of(&world, &scope, posting, limit)
    };
    assert_eq!(seen("M", 3), [[1, 2, 3]]);
    assert_eq!(seen("M", 2), [vec![1, 2], vec![3]]);
    assert_eq!(seen("M1", 1), [[1], [3]]);
    assert_eq!(seen("L1", 1), [[0]]);
    assert_eq!(seen("L2", 1), [[4]]);
    world.place("L3 bin below L");
    assert_eq!(seen("L3", 1), [[0_i64; 0]]);
}

fn every_statement_walks_along_an_index(engine: Engine) {
    let world = world(engine);
    for statement in STATEMENTS.iter().chain(store_keys::STATEMENTS) {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
        // the lines of a posting, or of the few postings of a page, may be put in order; an index never
        let node = |line: &String| line.trim_start_matches([' ', '-', '>']).to_owned();
        let is_page_of_postings = plan.iter().map(node).filter(|node| node == "Limit").count() == 2;
        let sorts = plan.iter().any(|line| {
            let whole = line.contains("TEMP B-TREE") && !line.contains("LAST TERM OF ORDER BY");
            whole || (node(line) == "Sort" && !is_page_of_postings)
        });
        // nor does an index have the serials of a parent together
        let sorted = ["stock.ledger.posting", "stock.ledger.keys_of_serials"].contains(&statement.name);
        assert!(!sorts || sorted, "{}: {plan:#?}", statement.name);
    }
}

/// `L1=10`, `~supplier`, or `?` for a place that is not shown.
fn end(end: &LedgerEnd) -> String {
    let place = end.location.clone().unwrap_or_else(|| "?".to_owned());
    end.on_hand.map_or_else(|| place.clone(), |on_hand| format!("{place}={on_hand}"))
}

fn an_end_beyond_reach_is_not_told(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.post(Kind::Move, vec![parse("4 BOLT at L1 to L2")]);
    let below = caller(&world.ctx, Some(world.location("L2")));
    let shown = |scope: &Scope| -> Vec<String> {
        let page = world.read(|conn| read(conn, scope, &Wanted::default(), None, 10));
        let rows = world.read(|conn| rows(conn, scope, page.rows.clone(), None));
        rows.iter().map(|row| format!("{} to {}", end(&row.from), end(&row.to))).collect()
    };
    assert_eq!(shown(&everywhere()), ["L1=6 to L2=4", "~supplier to L1=10"]);
    assert_eq!(shown(&below.scope), ["? to L2=4"]);
}

fn a_movement_tells_the_note_of_its_posting_and_who_reversed_it(engine: Engine) {
    let world = world(engine);
    let posted = posting_of(&world.try_post(Kind::Receive, vec![parse("10 BOLT at L1")]));
    world.receive("3 BOLT at L2");
    let note = Some("customer 17850".to_owned());
    let lines = vec![parse("4 BOLT at L1"), parse("1 BOLT at L2")];
    let answer = world.ask(Work::Post(PostInput { note, lines, ..posting(Kind::Issue) }));
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer["note"], "customer 17850");
    let issue = PostingId::parse(answer["id"].as_str().unwrap()).unwrap();
    assert_eq!(world.reverse(issue), "accepted");
    let (item, place) = (Some(world.item("BOLT")), Some(world.location("L1")));
    let by_posting = world.read(|conn| of_posting(conn, &everywhere(), issue, None, 10)).rows;
    for wanted in [
        Wanted::default(),
        Wanted { item, ..Wanted::default() },
        Wanted { location: place, ..Wanted::default() },
        Wanted { within: place, ..Wanted::default() },
    ] {
        let entries = world.read(|conn| read(conn, &everywhere(), &wanted, None, 10)).rows;
        let shown = world.read(|conn| rows(conn, &everywhere(), entries.clone(), None));
        let of = |kind: &str| shown.iter().filter(|row| row.kind == kind).collect::<Vec<_>>();
        let (issued, reversed, received) = (of("issue"), of("reverse"), of("receive"));
        assert!(!issued.is_empty() && !reversed.is_empty() && !received.is_empty());
        assert!(shown.iter().all(|row| row.unit == "each"));
        for row in issued {
            assert_eq!(
                (row.note.as_deref(), row.reversed_by),
                (Some("customer 17850"), Some(reversed[0].posting))
            );
        }
        assert!(reversed.iter().all(|row| row.reversal_of == Some(issue) && row.reversed_by.is_none()));
        assert!(received.iter().any(|row| row.posting == posted));
        assert!(received.iter().all(|row| row.note.is_none() && row.reversed_by.is_none()));
    }
    assert_eq!(by_posting.len(), 2);
    assert!(by_posting.iter().all(|entry| entry.note.is_some() && entry.reversed_by.is_some()));
}

fn a_promise_is_a_posting_that_moves_nothing(engine: Engine) {
    let world = world(engine);
    let received = posting_of(&world.try_post(Kind::Receive, vec![parse("10 BOLT at L1")]));
    let answer = world.ask(Work::Reserve(ReserveInput {
        sku: "BOLT".to_owned(),
        site: "L".to_owned(),
        qty: domain::Qty::units(1).unwrap(),
        unit: None,
        owner: "order-1".to_owned(),
        priority: 0,
        expires_at: None,
        backorder: true,
    }));
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let promised = PostingId::parse(answer["posting"].as_str().unwrap()).unwrap();
    let nobodys = PostingId(world.ctx.ids.next());
    let nothing = |posting| world.read(|conn| store::moves_nothing(conn, posting));
    assert_eq!([promised, received, nobodys].map(nothing), [true, false, false]);
    assert_eq!(lines_of(&world, &everywhere(), promised, 10), [Vec::<i64>::new()]);
}

fn every_filter_finds_what_it_names(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.post(Kind::Issue, vec![parse("4 BOLT at L1")]);
    world.receive("2 BOLT at L2");
    let scope = everywhere();
    let location = Some(world.location("L1"));
    let entries = world.read(|conn| {
        let wanted = Wanted { location, ..Wanted::default() };
        read(conn, &scope, &wanted, None, 10)
    });
    let entries = entries.rows;
    let shown = world.read(|conn| rows(conn, &scope, entries.clone(), None));
    let lines: Vec<String> = shown
        .iter()
        .map(|row| format!("{} {} {} to {}", row.kind, row.qty, end(&row.from), end(&row.to)))
        .collect();
    assert_eq!(lines, ["issue 4 L1=6 to ~customer", "receive 10 ~supplier to L1=10"]);
    assert!(shown.iter().all(|row| row.value.is_none()), "costs are for those who may see them");
    assert_eq!(lines_of(&world, &scope, entries[0].posting, 1), [[0]]);
    let issues = Wanted { kind: Some(Kind::Issue), ..Wanted::default() };
    assert_eq!(walk(&world, &scope, &issues, 1).len(), 1);
    let none = Wanted { document: Some("NO-SUCH".to_owned()), ..Wanted::default() };
    assert!(world.read(|conn| read(conn, &scope, &none, None, 10)).rows.is_empty());
}
