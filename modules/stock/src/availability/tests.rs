//! What can be sold and promised, with goods on their way between two sites.

use super::{Asked, ItemAvailability, SiteAvailability, read, store};
use crate::lot;
use crate::testing::{World, caller, on_both_engines, parse, seen, world};
use crate::transfer::{self, ExpectBody, NewTransfer, NewTransferLine, StepBody, StepLine};
use db::Engine;
use domain::ledger::Kind;
use domain::when::parse_date;
use domain::{Code, SiteId};
use web::{Failure, IfMatch};

on_both_engines!(
    what_a_transfer_asks_for_is_promised_once,
    what_is_under_way_is_promised_for_its_day,
    what_has_no_day_to_count_on_is_not_promised,
    what_expires_is_promised_until_then,
    what_is_not_sellable_is_not_promised,
    what_is_on_its_way_of_a_lot_on_hold_is_not_promised,
    the_day_asked_for_is_the_last_one_listed,
    a_site_out_of_reach_is_not_there,
    the_statement_scans_no_table,
);

fn draft(world: &World, line: &str, expected_on: Option<&str>) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let line =
        NewTransferLine { sku: words[1].to_owned(), qty: words[0].to_owned(), ..NewTransferLine::default() };
    let new = NewTransfer {
        from_site: "L".to_owned(),
        to_site: "M".to_owned(),
        expected_on: expected_on.map(str::to_owned),
        lines: vec![line],
        ..NewTransfer::default()
    };
    world.run(move |tx, ctx| transfer::create(tx, &caller(ctx, None), &new)).unwrap().0
}

fn body(qty: &str, location: &str, lot: Option<&str>) -> StepBody {
    let line = StepLine {
        line: 1,
        location: location.to_owned(),
        qty: Some(qty.to_owned()),
        lot: lot.map(str::to_owned),
        ..StepLine::default()
    };
    StepBody { lines: vec![line], ..StepBody::default() }
}

fn ship(world: &World, number: &str, body: StepBody) {
    let number = number.to_owned();
    world.run(move |tx, ctx| transfer::ship(tx, &caller(ctx, None), (&number, IfMatch::Any), &body)).unwrap();
}

fn ask(world: &World, sku: &str, asked: Asked) -> ItemAvailability {
    let scope = caller(&world.ctx, None).scope;
    let item = world.read(|conn| catalog::facts_by_sku(conn, &[sku]))[0].clone().unwrap();
    world.db.read_blocking(|conn| read(conn, &scope, &item, world.ctx.now, asked)).unwrap()
}

/// `L 6: 01 +0 -5 x0 = 1, 1`: available, and each day with supply, demand, expiring, projected, ATP.
fn shown(site: &SiteAvailability) -> String {
    let days: Vec<String> = site
        .days
        .iter()
        .map(|day| {
            let promise = day.available_to_promise;
            format!(
                "{} +{} -{} x{} = {}, {promise}",
                &day.on[8..],
                day.supply,
                day.demand,
                day.expiring,
                day.projected
            )
        })
        .collect();
    format!("{} {}: {}", site.site, site.available, days.join("; "))
}

fn promised(world: &World, sku: &str) -> Vec<String> {
    ask(world, sku, Asked::default()).sites.iter().map(shown).collect()
}

fn what_a_transfer_asks_for_is_promised_once(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.reserve("BOLT", "L", 4);
    assert_eq!(promised(&world, "BOLT"), ["L 6: 01 +0 -0 x0 = 6, 6"]);
    let number = draft(&world, "5 BOLT", Some("2026-03-05"));
    // asked for at L, and nothing for M to count on
    let asked = ["L 6: 01 +0 -5 x0 = 1, 1", "M 0: 01 +0 -0 x0 = 0, 0"];
    assert_eq!(promised(&world, "BOLT"), asked);
    let (id, bind) = (number.clone(), body("2", "L1", None));
    world.run(move |tx, ctx| transfer::allocate(tx, &caller(ctx, None), (&id, IfMatch::Any), &bind)).unwrap();
    assert_eq!(promised(&world, "BOLT")[0], "L 4: 01 +0 -3 x0 = 1, 1", "what is bound is off already");
    ship(&world, &number, body("4", "L1", None));
    let shipped = ["L 2: 01 +0 -1 x0 = 1, 1", "M 0: 01 +0 -0 x0 = 0, 0; 05 +4 -0 x0 = 4, 4"];
    assert_eq!(promised(&world, "BOLT"), shipped);
    let all = ask(&world, "BOLT", Asked::default());
    assert_eq!((all.available.to_string().as_str(), all.unit.as_str()), ("2", "each"));
    let [at, _] = &all.sites[..] else { panic!("{all:?}") };
    assert_eq!([at.sellable, at.reserved, at.allocated].map(|qty| qty.to_string()), ["6", "4", "0"]);
}

fn what_is_under_way_is_promised_for_its_day(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("3 BOLT at M1");
    for (line, day) in [("4 BOLT", "2026-03-05"), ("2 BOLT", "2026-03-08"), ("1 BOLT", "2026-03-05")] {
        let number = draft(&world, line, Some(day));
        ship(&world, &number, body(&line[..1], "L1", None));
    }
    let m = "M 3: 01 +0 -0 x0 = 3, 3; 05 +5 -0 x0 = 8, 8; 08 +2 -0 x0 = 10, 10";
    assert_eq!(promised(&world, "BOLT"), ["L 3: 01 +0 -0 x0 = 3, 3", m]);
    // what has arrived is there
    let arrived = body("4", "M1", None);
    world
        .run(move |tx, ctx| transfer::receive(tx, &caller(ctx, None), ("T-000001", IfMatch::Any), &arrived))
        .unwrap();
    let m = "M 7: 01 +0 -0 x0 = 7, 7; 05 +1 -0 x0 = 8, 8; 08 +2 -0 x0 = 10, 10";
    assert_eq!(promised(&world, "BOLT")[1], m);
}

fn what_has_no_day_to_count_on_is_not_promised(engine: Engine) {
    let mut world = world(engine);
    world.receive("10 BOLT at L1");
    let number = draft(&world, "5 BOLT", None);
    ship(&world, &number, body("5", "L1", None));
    let m = |world: &World| {
        let site = ask(world, "BOLT", Asked::default()).sites.pop().unwrap();
        (site.unscheduled.to_string(), shown(&site))
    };
    let nothing = |day: &str, under_way: &str| (under_way.to_owned(), format!("M 0: {day} +0 -0 x0 = 0, 0"));
    assert_eq!(m(&world), nothing("01", "5"));
    let said = ExpectBody { expected_on: Some("2026-03-04".to_owned()) };
    world
        .run(move |tx, ctx| transfer::expect(tx, &caller(ctx, None), (&number, IfMatch::Any), &said))
        .unwrap();
    assert_eq!(m(&world), ("0".to_owned(), "M 0: 01 +0 -0 x0 = 0, 0; 04 +5 -0 x0 = 5, 5".to_owned()));
    world.at("2026-03-04T23:00:00Z");
    assert_eq!(m(&world), ("0".to_owned(), "M 0: 04 +5 -0 x0 = 5, 5".to_owned()));
    world.at("2026-03-05T00:00:00Z");
    assert_eq!(m(&world), nothing("05", "5"));
}

fn what_expires_is_promised_until_then(engine: Engine) {
    let mut world = world(engine);
    world.receive("5 MILK lot A until 2026-03-04 at L1");
    world.receive("8 MILK lot B until 2026-03-09 at L2");
    world.reserve("MILK", "L", 2);
    let l = "L 11: 01 +0 -0 x0 = 11, 11; 05 +0 -0 x5 = 6, 6; 10 +0 -0 x8 = -2, 0";
    assert_eq!(promised(&world, "MILK"), [l]);
    // past its day, swept or not
    world.at("2026-03-05T08:00:00Z");
    assert_eq!(promised(&world, "MILK"), ["L 6: 05 +0 -0 x0 = 6, 6; 10 +0 -0 x8 = -2, 0"]);
    // on its way, it must arrive in time
    for (qty, day) in [("1", "2026-03-09"), ("2", "2026-03-10")] {
        let number = draft(&world, &format!("{qty} MILK"), Some(day));
        ship(&world, &number, body(qty, "L2", Some("B")));
    }
    let m = "M 0: 05 +0 -0 x0 = 0, 0; 09 +1 -0 x0 = 1, 1; 10 +0 -0 x1 = 0, 0";
    assert_eq!(promised(&world, "MILK")[1], m);
}

fn what_is_not_sellable_is_not_promised(engine: Engine) {
    let world = world(engine);
    world.receive("5 MILK lot A until 2026-03-04 at L1 status damaged");
    world.receive("7 BOLT at L1");
    world.post(Kind::SetStatus, vec![parse("3 BOLT at L1 becomes hold")]);
    let number = draft(&world, "2 BOLT", Some("2026-03-03"));
    let held = StepLine { status: Some(domain::Status::Hold), ..body("2", "L1", None).lines.remove(0) };
    ship(&world, &number, StepBody { lines: vec![held], ..StepBody::default() });
    assert_eq!(promised(&world, "MILK"), ["L 0: 01 +0 -0 x0 = 0, 0"]);
    assert_eq!(promised(&world, "BOLT"), ["L 4: 01 +0 -0 x0 = 4, 4", "M 0: 01 +0 -0 x0 = 0, 0"]);
}

/// It is good until it arrives, and on hold from then on.
fn what_is_on_its_way_of_a_lot_on_hold_is_not_promised(engine: Engine) {
    let world = world(engine);
    world.receive("3 MILK lot A until 2026-04-01 at L1");
    world.receive("2 DRILL lot R serials S1,S2 at L1");
    for (line, lot) in [("3 MILK", "A"), ("1 DRILL", "S1")] {
        let number = draft(&world, line, Some("2026-03-05"));
        ship(&world, &number, body(&line[..1], "L1", Some(lot)));
    }
    let put = |lot: (&'static str, &'static str), version, on_hold| {
        let (version, why) = (IfMatch::Version(version), ("recall", None));
        world
            .run(move |tx, ctx| lot::hold::set_hold(tx, &caller(ctx, None), lot, version, on_hold, why))
            .unwrap();
    };
    for (sku, lot, qty) in [("MILK", "A", 3), ("DRILL", "R", 1)] {
        let free = promised(&world, sku)[1].clone();
        assert!(free.contains(&format!("; 05 +{qty} -0 x0 = {qty}, {qty}")), "{free}");
        put((sku, lot), 1, true);
        assert_eq!(promised(&world, sku)[1], "M 0: 01 +0 -0 x0 = 0, 0", "{sku}");
        put((sku, lot), 2, false);
        assert_eq!(promised(&world, sku)[1], free, "{sku}");
    }
}

fn the_day_asked_for_is_the_last_one_listed(engine: Engine) {
    let world = world(engine);
    world.receive("9 BOLT at L1");
    for day in ["2026-03-05", "2026-03-08"] {
        let number = draft(&world, "2 BOLT", Some(day));
        ship(&world, &number, body("2", "L1", None));
    }
    let site = Some(SiteId(world.location("M").get()));
    let until = |day: &str| {
        let answer = ask(&world, "BOLT", Asked { site, until: Some(parse_date(day).unwrap()) });
        let [at] = &answer.sites[..] else { panic!("{answer:?}") };
        (at.on.clone(), at.available_to_promise.to_string(), at.days.len())
    };
    assert_eq!(until("2026-03-04"), ("2026-03-04".to_owned(), "0".to_owned(), 1));
    assert_eq!(until("2026-03-07"), ("2026-03-07".to_owned(), "2".to_owned(), 2));
    assert_eq!(until("2027-01-01"), ("2027-01-01".to_owned(), "4".to_owned(), 3));
    assert_eq!(until("2026-03-01").2, 1, "today");
    let item = world.read(|conn| catalog::facts_by_sku(conn, &["BOLT"]))[0].clone().unwrap();
    let scope = caller(&world.ctx, None).scope;
    let past = Asked { site, until: Some(parse_date("2026-02-28").unwrap()) };
    let refused = world.db.read_blocking(|conn| read(conn, &scope, &item, world.ctx.now, past));
    match refused {
        Err(Failure::Refused(problem)) => {
            assert_eq!(seen(&problem), (Code::MalformedParameter, "?until".to_owned()));
        }
        other => panic!("the past is not promised: {other:?}"),
    }
}

fn a_site_out_of_reach_is_not_there(engine: Engine) {
    let world = world(engine);
    world.receive("9 BOLT at L1");
    world.receive("2 BOLT at M1");
    let item = world.read(|conn| catalog::facts_by_sku(conn, &["BOLT"]))[0].clone().unwrap();
    let seen = |below: &str| {
        let scope = caller(&world.ctx, Some(world.location(below))).scope;
        let now = world.ctx.now;
        let answer = world.db.read_blocking(|conn| read(conn, &scope, &item, now, Asked::default())).unwrap();
        (answer.available.to_string(), answer.sites.len())
    };
    assert_eq!(seen("M"), ("2".to_owned(), 1));
    assert_eq!(seen("M1"), ("0".to_owned(), 0), "a bin does not open the numbers of its site");
}

fn the_statement_scans_no_table(engine: Engine) {
    let world = world(engine);
    for statement in store::ALL {
        let plan = world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        assert_eq!(db::full_scans(&plan), Vec::<&str>::new(), "{}: {plan:#?}", statement.name);
    }
}
