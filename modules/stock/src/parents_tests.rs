//! Serials with a parent: the lot that they were made in.

use crate::input::{BulkInput, PostInput, QtyInput, Request, Work};
use crate::lot::find::{LotRow, find};
use crate::service::Vault;
use crate::testing::{
    World, allocation, caller, code_of, on_both_engines, parse, posting, posting_of, world,
};
use catalog::NewItem;
use db::{Engine, Statement};
use domain::Qty;
use domain::code::fold;
use domain::ledger::Kind;
use std::sync::{Arc, Barrier, Mutex};
use web::{Answer, Principal};

on_both_engines!(
    the_first_receipt_makes_the_parent_of_its_serials,
    serials_have_the_days_of_their_parent,
    what_contradicts_a_parent_is_refused_and_changes_nothing,
    within_a_bulk_only_accepted_postings_say_what_a_lot_is,
    a_posting_may_name_the_parent_of_what_it_moves,
    a_count_finds_serials_of_a_parent_and_none_makes_no_parent,
    a_lot_of_another_time_becomes_what_it_is_named_as_first,
    an_undone_sale_makes_a_serial_of_a_lot_of_another_time,
    one_code_named_as_both_at_once_becomes_one_of_them,
);

const LOTS: Statement = Statement::new(
    "test.parents",
    "select l.code, l.role, r.code, l.expiry_on, l.made_on from stock_lot l left join stock_lot r on r.id = l.parent
     order by l.code_folded",
);

/// `R-77 parent`, `S1 serial of R-77 until 2026-05-01`.
fn lots(world: &World) -> Vec<String> {
    world.read(|conn| {
        conn.query(&LOTS, &[], |row| {
            let role = row.opt_int(1)?.and_then(domain::LotRole::from_number);
            let parts = [
                ("of", row.opt_text(2)?.map(str::to_owned)),
                ("until", row.opt_date(3)?.map(|day| day.to_string())),
                ("made", row.opt_date(4)?.map(|day| day.to_string())),
            ];
            let mut text =
                vec![row.text(0)?.to_owned(), role.map_or("open", domain::LotRole::word).to_owned()];
            for (word, part) in parts {
                text.extend(part.map(|part| format!("{word} {part}")));
            }
            Ok(text.join(" "))
        })
    })
}

fn found(world: &World, sku: &str, lot: &str) -> LotRow {
    let (item, scope) = (world.item(sku), caller(&world.ctx, None).scope);
    world.read(|conn| find(conn, &scope, item, &fold(lot))).unwrap()
}

/// The code and the field of a refusal.
fn told(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    match body["code"].as_str() {
        None => "accepted".to_owned(),
        Some(code) => format!("{code} {}", body["errors"][0]["pointer"].as_str().unwrap_or("-")),
    }
}

fn of(kind: Kind, text: &str) -> PostInput {
    PostInput { lines: text.split(", ").map(parse).collect(), ..posting(kind) }
}

fn ask(world: &World, kind: Kind, text: &str) -> String {
    told(&world.ask(Work::Post(of(kind, text))))
}

/// `CAKE` is traced by serial, and each has a last sellable day.
fn add_cake(world: &World) {
    let cake = NewItem {
        sku: "CAKE".to_owned(),
        name: "CAKE".to_owned(),
        base_unit: "each".to_owned(),
        tracking: Some("serial".to_owned()),
        expiry: Some("named".to_owned()),
        ..NewItem::default()
    };
    world.run(move |tx, ctx| catalog::create_item(tx, ctx, &cake)).unwrap();
}

fn the_first_receipt_makes_the_parent_of_its_serials(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL lot R-77 serials S1,S2 at L1");
    world.receive("1 DRILL lot r-77 serials S3 at M1");
    world.receive("1 DRILL serials S4 at L1");
    let serials = ["S1 serial of R-77", "S2 serial of R-77", "S3 serial of R-77", "S4 serial"];
    assert_eq!(lots(&world), [&["R-77 parent"], &serials[..]].concat());
    assert_eq!(world.stock("DRILL"), ["L1 lot S1 1", "L1 lot S2 1", "L1 lot S4 1", "M1 lot S3 1"]);

    let serial = found(&world, "DRILL", "s1");
    assert_eq!((serial.parent.as_deref(), serial.is_parent), (Some("R-77"), false));
    let parent = found(&world, "DRILL", "R-77");
    assert_eq!((parent.parent, parent.is_parent, parent.tracking.unwrap().word()), (None, true, "lot"));
    let places: Vec<String> =
        parent.places.iter().map(|held| format!("{} {}", held.location, held.on_hand)).collect();
    assert_eq!((parent.on_hand.to_string().as_str(), places.join(", ").as_str()), ("3", "L1 2, M1 1"));
    let alone = found(&world, "DRILL", "S4");
    assert_eq!((alone.parent, alone.is_parent, alone.tracking.unwrap().word()), (None, false, "serial"));
}

fn serials_have_the_days_of_their_parent(engine: Engine) {
    let world = world(engine);
    add_cake(&world);
    assert_eq!(
        ask(&world, Kind::Receive, "1 CAKE lot P serials C1 at L1"),
        "invalid_expiry /lines/0/expiry_on"
    );
    assert_eq!(lots(&world), [""; 0]);
    let mut made = of(Kind::Produce, "1 CAKE lot P until 2026-05-01 serials C1 at L1");
    made.lines[0].lot.as_mut().unwrap().made_on = domain::when::parse_date("2026-02-01").ok();
    assert_eq!(told(&world.ask(Work::Post(made))), "accepted");
    // once the parent is there, its day need not be said again, and no other one is taken
    world.receive("1 CAKE lot P serials C2 at L1");
    world.receive("1 CAKE lot P until 2026-05-01 serials C3 at L1");
    let other = "1 CAKE lot P until 2026-05-02 serials C4 at L1";
    assert_eq!(ask(&world, Kind::Receive, other), "invalid_expiry /lines/0/expiry_on");
    // one that is known without a day has none to give, and no serial of it is dated alone
    world.receive("1 DRILL lot R serials S1 at L1");
    let dated = "1 DRILL lot R until 2026-05-02 serials S2 at L1";
    assert_eq!(ask(&world, Kind::Receive, dated), "invalid_expiry /lines/0/expiry_on");
    let both = "1 DRILL lot Q serials S3 at L1, 1 DRILL lot Q until 2026-05-02 serials S4 at L1";
    assert_eq!(ask(&world, Kind::Receive, both), "invalid_expiry /lines/1/expiry_on");
    // without a parent each has its own
    assert_eq!(ask(&world, Kind::Receive, "1 CAKE serials C5 at L1"), "invalid_expiry /lines/0/expiry_on");
    let days = "until 2026-05-01 made 2026-02-01";
    let serials = ["C1", "C2", "C3"].map(|code| format!("{code} serial of P {days}"));
    let drills = ["R parent", "S1 serial of R"].map(str::to_owned);
    assert_eq!(lots(&world), [&serials[..], &[format!("P parent {days}")], &drills].concat());
    assert_eq!(world.guard("CAKE", "L"), (3, 0, 0));
}

fn what_contradicts_a_parent_is_refused_and_changes_nothing(engine: Engine) {
    let world = world(engine);
    add_cake(&world);
    world.receive("2 DRILL lot R-77 serials S1,S2 at L1");
    world.receive("1 DRILL lot R-78 serials S3 at L1");
    world.receive("1 DRILL serials S4 at L1");
    world.receive("1 CAKE lot K until 2026-05-01 serials C1 at L1");
    world.post(Kind::Issue, vec![parse("3 DRILL serials S1,S3,S4 at L1")]);
    let (stock, known) = (world.stock("DRILL"), lots(&world));
    let cases = [
        // a parent that is not there, or of another item
        (Kind::Issue, "1 DRILL lot R-79 serials S2 at L1", "unknown_lot /lines/0/lot"),
        (Kind::Move, "1 DRILL lot K serials S2 at L1 to L2", "unknown_lot /lines/0/lot"),
        // another parent than the serial has, or one where it has none
        (Kind::Issue, "1 DRILL lot R-78 serials S2 at L1", "parent_mismatch /lines/0/serials/0"),
        (Kind::Return, "2 DRILL lot R-77 serials S1,S3 at L1", "parent_mismatch /lines/0/serials/1"),
        (Kind::Receive, "1 DRILL lot R-79 serials S1 at L1", "parent_mismatch /lines/0/serials/0"),
        (Kind::Receive, "1 DRILL lot R-77 serials S4 at L1", "parent_mismatch /lines/0/serials/0"),
        // a serial as a parent, a parent as a serial, and so a parent of a parent
        (Kind::Receive, "1 DRILL lot S2 serials S9 at L1", "not_a_parent /lines/0/lot"),
        (Kind::Receive, "1 DRILL lot R-77 serials S8,R-78 at L1", "lot_is_parent /lines/0/serials/1"),
        (Kind::Receive, "1 DRILL serials R-77 at L1", "lot_is_parent /lines/0/serials/0"),
        (Kind::Receive, "1 DRILL lot R-79 serials r-79 at L1", "lot_is_parent /lines/0/serials/0"),
        (
            Kind::Receive,
            "1 DRILL lot R-79 serials S9 at L1, 1 DRILL lot S9 serials S8 at L1",
            "not_a_parent /lines/1/lot",
        ),
        // the same serial under two parents of one posting
        (
            Kind::Receive,
            "1 DRILL lot R-79 serials S9 at L1, 1 DRILL lot R-78 serials s9 at L1",
            "parent_mismatch /lines/1/serials/0",
        ),
        // a parent as goods
        (Kind::Receive, "1 DRILL lot R-77 at L1", "lot_is_parent /lines/0/lot"),
        (Kind::Receive, "5 DRILL lot R-77 at L1", "lot_is_parent /lines/0/lot"),
        (Kind::Issue, "1 DRILL lot R-77 at L1", "lot_is_parent /lines/0/lot"),
        (Kind::Move, "1 DRILL lot R-77 at L1 to L2", "lot_is_parent /lines/0/lot"),
        (Kind::SetStatus, "1 DRILL lot R-77 at L1 becomes hold", "lot_is_parent /lines/0/lot"),
        // a lot beside serials of what is not traced by serial
        (Kind::Receive, "1 MILK lot A until 2026-05-01 serials S9 at L1", "lot_not_allowed /lines/0/serials"),
        (Kind::Receive, "1 BOLT lot A serials S9 at L1", "lot_not_allowed /lines/0/serials"),
    ];
    for (kind, text, expected) in cases {
        let text = text.replacen("1 DRILL lot R-77 serials S8,", "2 DRILL lot R-77 serials S8,", 1);
        assert_eq!(ask(&world, kind, &text), expected, "{} {text}", kind.word());
    }
    assert_eq!((world.stock("DRILL"), lots(&world)), (stock, known));
    let allocate = Work::Allocate(allocation("1 DRILL lot R-77 at L1", "order-1"));
    assert_eq!(told(&world.ask(allocate)), "lot_is_parent /lot");
}

/// The codes of a bulk's postings.
fn bulk(world: &World, postings: Vec<PostInput>) -> Vec<String> {
    let answer = world.ask(Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic: false }));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let of = |entry: &serde_json::Value| entry["problem"]["code"].as_str().unwrap_or("accepted").to_owned();
    body["postings"].as_array().unwrap().iter().map(of).collect()
}

fn within_a_bulk_only_accepted_postings_say_what_a_lot_is(engine: Engine) {
    let world = world(engine);
    let postings = vec![
        // refused, so neither X is a parent nor S1 one of its serials
        of(Kind::Receive, "1 DRILL lot X serials S1 at L1, 1 HORN at L1"),
        of(Kind::Receive, "1 DRILL lot X serials S1 at L1, 1 BOLT at SHUT"),
        of(Kind::Receive, "2 DRILL lot X serials S1,S1 at L1"),
        of(Kind::Receive, "1 DRILL serials X at L1"),
        of(Kind::Receive, "1 DRILL lot X serials S1 at L1"),
        of(Kind::Receive, "2 DRILL lot Y serials S1,S2 at L1"),
        of(Kind::Receive, "1 DRILL lot Z serials S1 at L2"),
        of(Kind::Issue, "1 DRILL lot Y serials S2 at L1"),
        of(Kind::Issue, "1 DRILL lot Z serials S2 at L1"),
    ];
    let expected = [
        "unknown_item",
        "unknown_location",
        "serial_twice",
        "accepted",
        "not_a_parent",
        "accepted",
        "parent_mismatch",
        "accepted",
        "unknown_lot",
    ];
    assert_eq!(bulk(&world, postings), expected);
    assert_eq!(lots(&world), ["S1 serial of Y", "S2 serial of Y", "X serial", "Y parent"]);
}

fn a_posting_may_name_the_parent_of_what_it_moves(engine: Engine) {
    let world = world(engine);
    world.receive("2 DRILL lot R-77 serials S1,S2 at L1");
    world.post(Kind::Move, vec![parse("2 DRILL lot R-77 serials S1,S2 at L1 to L2")]);
    world.post(Kind::SetStatus, vec![parse("1 DRILL lot R-77 serials S1 at L2 becomes damaged")]);
    world.post(Kind::Issue, vec![parse("1 DRILL lot R-77 serials S2 at L2")]);
    // and need not
    world.post(Kind::Return, vec![parse("1 DRILL serials S2 at L1")]);
    world.post(Kind::Return, vec![parse("1 DRILL lot R-77 serials S3 at L1")]);
    assert_eq!(world.stock("DRILL"), ["L1 lot S2 1", "L1 lot S3 1", "L2 lot S1 damaged 1"]);
    assert_eq!(lots(&world)[1..], ["S1 serial of R-77", "S2 serial of R-77", "S3 serial of R-77"]);
}

fn a_count_finds_serials_of_a_parent_and_none_makes_no_parent(engine: Engine) {
    let world = world(engine);
    let count = |text: &str, qty: Qty| {
        let mut post = of(Kind::Adjust, text);
        post.lines[0].qty = QtyInput::Counted(qty);
        told(&world.ask(Work::Post(post)))
    };
    let other = "1 BOLT at L1";
    let none = format!("1 DRILL lot R-77 serials S1 at L1, {other}");
    let mut post = of(Kind::Adjust, &none);
    post.lines[0].qty = QtyInput::Counted(Qty::ZERO);
    post.lines[1].qty = QtyInput::Counted(Qty::units(1).unwrap());
    assert_eq!(told(&world.ask(Work::Post(post))), "accepted");
    assert_eq!(lots(&world), [""; 0]);
    let two = Qty::units(2).unwrap();
    assert_eq!(count("2 DRILL lot R-77 serials S1,S2 at L1", two), "accepted");
    assert_eq!(count("1 DRILL lot R-77 serials S1 at L1", Qty::ZERO), "accepted");
    assert_eq!(count("1 DRILL lot R-78 serials S1 at L1", Qty::ZERO), "parent_mismatch /lines/0/serials/0");
    assert_eq!(lots(&world), ["R-77 parent", "S1 serial of R-77", "S2 serial of R-77"]);
    assert_eq!(world.stock("DRILL"), ["L1 lot S2 1"]);
}

fn a_lot_of_another_time_becomes_what_it_is_named_as_first(engine: Engine) {
    let world = world(engine);
    add_cake(&world);
    world.trace_by("CAKE", "lot");
    for lot in ["A", "B", "C"] {
        world.receive(&format!("2 CAKE lot {lot} until 2026-05-01 at L1"));
        world.post(Kind::Issue, vec![parse(&format!("2 CAKE lot {lot} at L1"))]);
    }
    world.trace_by("CAKE", "serial");
    let postings = vec![
        // A becomes a parent, and has its own day; B a serial of it, with its own; C is refused as both
        of(Kind::Receive, "1 CAKE lot A serials C,C at L1"),
        of(Kind::Receive, "1 CAKE lot A until 2026-06-01 serials C1 at L1"),
        of(Kind::Receive, "1 CAKE lot A serials C1 at L1"),
        of(Kind::Receive, "1 CAKE lot A serials B at L1"),
        of(Kind::Receive, "1 CAKE serials A at L1"),
        of(Kind::Receive, "1 CAKE lot B serials C2 at L1"),
    ];
    let expected =
        ["serial_not_one", "invalid_expiry", "accepted", "accepted", "lot_is_parent", "not_a_parent"];
    assert_eq!(bulk(&world, postings), expected);
    let day = "until 2026-05-01";
    let all = [
        format!("A parent {day}"),
        format!("B serial of A {day}"),
        format!("C open {day}"),
        format!("C1 serial of A {day}"),
    ];
    assert_eq!(lots(&world), all);
    assert_eq!(ask(&world, Kind::Receive, "1 CAKE serials C at L2"), "accepted");
    assert_eq!(ask(&world, Kind::Receive, "1 CAKE lot C serials C3 at L2"), "not_a_parent /lines/0/lot");
    assert_eq!(lots(&world)[2], format!("C serial {day}"));
    // traced by lot again, each of them is a lot like any other
    world.post(Kind::Issue, vec![parse("2 CAKE serials B,C1 at L1"), parse("1 CAKE serials C at L2")]);
    world.trace_by("CAKE", "lot");
    world.receive("7 CAKE lot A at L1");
    assert_eq!(world.stock("CAKE"), ["L1 lot A 7"]);
    let lot = found(&world, "CAKE", "A");
    let places: Vec<&str> = lot.places.iter().map(|held| held.location.as_str()).collect();
    assert_eq!((lot.on_hand.to_string().as_str(), places), ("7", vec!["L1"]));
}

fn an_undone_sale_makes_a_serial_of_a_lot_of_another_time(engine: Engine) {
    let world = world(engine);
    world.trace_by("DRILL", "lot");
    world.receive("1 DRILL lot A at L1");
    let sale = posting_of(&world.try_post(Kind::Issue, vec![parse("1 DRILL lot A at L1")]));
    world.trace_by("DRILL", "serial");
    assert_eq!(lots(&world), ["A open"]);
    assert_eq!(world.reverse(sale), "accepted");
    assert_eq!(lots(&world), ["A serial"]);
    assert_eq!(ask(&world, Kind::Receive, "1 DRILL lot A serials S1 at L1"), "not_a_parent /lines/0/lot");
}

const ROUNDS: usize = 12;
const THREADS: usize = 8;

/// A half of the threads say that a code is a serial, the others that it is a parent.
fn one_code_named_as_both_at_once_becomes_one_of_them(engine: Engine) {
    let world = world(engine);
    world.trace_by("DRILL", "lot");
    // every other one is a lot of another time, which is there and neither yet
    for round in (0..ROUNDS).step_by(2) {
        world.receive(&format!("1 DRILL lot X{round} at L1"));
        world.post(Kind::Issue, vec![parse(&format!("1 DRILL lot X{round} at L1"))]);
    }
    world.trace_by("DRILL", "serial");
    let fronts = [Vault::open(&world.db), Vault::open(&world.db)];
    let start = Barrier::new(THREADS);
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, fronts, start, answers) = (&world, &fronts, &start, &answers);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let text = match thread % 2 {
                        0 => format!("1 DRILL serials X{round} at L1"),
                        _ => format!("1 DRILL lot X{round} serials S{round}-{thread} at L1"),
                    };
                    let post = of(Kind::Receive, &text);
                    let principal = Arc::new(Principal::system());
                    let request = Request {
                        ctx: world.ctx.clone(),
                        principal,
                        key: None,
                        work: Work::Post(post),
                        second: web::Second::Cannot,
                    };
                    start.wait();
                    let answer = match fronts.get(thread / 2 % 4) {
                        Some(front) => front.submit_blocking(request),
                        None => world.try_ask(request.work),
                    };
                    answers.lock().unwrap().push((round, thread, answer));
                }
            });
        }
    });
    let (known, mut as_serial) = (lots(&world), vec![Vec::new(); ROUNDS]);
    let mut as_parent = vec![Vec::new(); ROUNDS];
    for (round, thread, answer) in answers.into_inner().unwrap() {
        let of = if thread % 2 == 0 { &mut as_serial } else { &mut as_parent };
        of[round].push(code_of(&answer.unwrap()));
    }
    for round in 0..ROUNDS {
        let (serial, parent) = (&mut as_serial[round], &mut as_parent[round]);
        serial.sort_unstable();
        parent.sort_unstable();
        if known.contains(&format!("X{round} serial")) {
            assert_eq!(*parent, ["not_a_parent"; THREADS / 2]);
            assert_eq!(serial[..2], ["accepted", "serial_in_stock"]);
        } else {
            assert!(known.contains(&format!("X{round} parent")), "{known:?}");
            assert_eq!(*serial, ["lot_is_parent"; THREADS / 2]);
            assert_eq!(*parent, ["accepted"; THREADS / 2]);
        }
    }
}
