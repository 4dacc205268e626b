//! Rules of places bind what is put there, by the numbers, and by nothing else.

use super::decide::RulesBody;
use super::*;
use crate::sight::Sight;
use crate::testing::{World, caller, code_of, on_both_engines, parse, seen, world};
use catalog::ChangeUnit;
use db::Engine;
use domain::Code;
use domain::ledger::Kind;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

on_both_engines!(
    a_full_place_takes_no_more_and_says_why,
    a_rule_of_a_type_holds_unless_the_location_says_otherwise,
    what_is_broken_already_is_listed_and_stays,
    a_rule_that_warns_is_said_and_books,
    a_rule_above_binds_what_stands_below,
    facts_are_booked_whatever_the_rules_say,
    what_leaves_in_a_batch_makes_room_in_it,
    a_full_unit_does_not_enter_a_full_place,
    places_with_room_are_found_as_somebody_walks,
    the_last_place_is_taken_once,
    who_does_not_reach_a_place_sees_nothing_of_it,
    a_version_that_is_not_current_is_refused,
);

fn body(value: Value) -> RulesBody {
    serde_json::from_value(value).unwrap()
}

fn set(world: &World, code: &str, rules: Value) -> LocationCapacity {
    let code = code.to_owned();
    let done = world.run(move |tx, ctx| {
        set_of_location(tx, &caller(ctx, None), (&code, IfMatch::Any), &body(rules.clone()))
    });
    done.unwrap()
}

fn shown_at(world: &World, code: &str) -> LocationCapacity {
    let scope = caller(&world.ctx, None).scope;
    world.read(|conn| Ok::<_, DbError>(of_location(conn, &scope, code).unwrap()))
}

/// A litre and half a kilogram.
fn measure(world: &World, sku: &'static str) {
    let sides = json!({ "length_mm": 100, "width_mm": 100, "height_mm": 100, "weight_g": "500" });
    let change: ChangeUnit = serde_json::from_value(sides).unwrap();
    let done = world
        .run(move |tx, ctx| catalog::change_unit(tx, ctx, (sku, IfMatch::Any), "each", &change).map(|_| ()));
    done.unwrap();
}

fn problem(world: &World, kind: Kind, line: &str) -> Value {
    let answer = world.try_post(kind, vec![parse(line)]);
    serde_json::from_slice(&answer.body).unwrap()
}

fn a_full_place_takes_no_more_and_says_why(engine: Engine) {
    let world = world(engine);
    measure(&world, "BOLT");
    set(&world, "L1", json!({ "volume": { "max": "10" }, "weight": { "max": "4.5" } }));
    world.receive("9 BOLT at L1");
    let refused = problem(&world, Kind::Receive, "1 BOLT at L1");
    assert_eq!(refused["code"], "location_full");
    assert_eq!(refused["errors"][0]["pointer"], "/lines/0/location");
    let detail = refused["detail"].as_str().unwrap();
    assert_eq!(
        detail,
        "`L1` takes at most `4.5 kg` of weight, has `4.5 kg`, and `0.5 kg` would come; `0` more of the item fits"
    );
    world.receive("1 BOLT at L2");
    let moved = problem(&world, Kind::Move, "1 BOLT at L2 to L1");
    assert_eq!(
        (&moved["code"], &moved["errors"][0]["pointer"]),
        (&json!("location_full"), &json!("/lines/0/to_location"))
    );
    let load = shown_at(&world, "L1").load;
    assert_eq!((load.volume.to_string(), load.weight.to_string(), load.items), ("9".into(), "4.5".into(), 1));
    // what has no size does not count, unless it is refused
    world.receive("500 MILK lot A until 2026-09-01 at L1");
    set(&world, "L1", json!({ "volume": { "max": "10", "unknown": "refuse" } }));
    assert_eq!(problem(&world, Kind::Receive, "1 MILK lot A at L1")["code"], "size_unknown");
    // mixing
    set(&world, "L1", json!({ "items": { "max": "1" } }));
    assert_eq!(problem(&world, Kind::Receive, "1 DRILL serials S1 at L1")["code"], "mixing_refused");
    set(&world, "L2", json!({ "temperature": { "of": ["frozen"] } }));
    assert_eq!(problem(&world, Kind::Receive, "1 BOLT at L2")["code"], "mixing_refused");
    set(&world, "L2", json!({}));
    world.receive("1 BOLT at L2");
}

fn a_rule_of_a_type_holds_unless_the_location_says_otherwise(engine: Engine) {
    let world = world(engine);
    let client = testkit::Client::new(places::routes(), &world.db, world.ctx.now, world.ctx.ids.clone());
    client.post("/api/v1/location-types", &json!({ "code": "SMALL", "kind": "bin" }));
    for code in ["S1", "S2", "S3"] {
        client.post("/api/v1/locations", &json!({ "code": code, "type": "SMALL", "parent": "L" }));
    }
    let made = world.run(|tx, ctx| {
        set_of_type(
            tx,
            &caller(ctx, None),
            ("small", IfMatch::Any),
            &body(json!({ "units": { "max": "3" } })),
        )
    });
    assert_eq!(made.unwrap().version, 1);
    set(&world, "S2", json!({ "units": { "max": "5" } }));
    let lifted = set(&world, "S3", json!({ "lifted": ["units"] }));
    assert_eq!(lifted.effective, RulesBody::default());
    assert_eq!(shown_at(&world, "S1").effective, body(json!({ "units": { "max": "3" } })));
    for (bin, fits) in [("S1", 3), ("S2", 5)] {
        world.receive(&format!("{fits} BOLT at {bin}"));
        assert_eq!(problem(&world, Kind::Receive, &format!("1 BOLT at {bin}"))["code"], "location_full");
    }
    world.receive("1000 BOLT at S3");
}

fn breaches(world: &World) -> Vec<(String, Vec<&'static str>)> {
    let scope = caller(&world.ctx, None).scope;
    let part = world.read(|conn| find::breaches(conn, Sight::new(&scope, None), None, 10));
    part.rows
        .into_iter()
        .map(|row| (row.location, row.broken.iter().map(|rule| rule.code).collect()))
        .collect()
}

fn what_is_broken_already_is_listed_and_stays(engine: Engine) {
    let world = world(engine);
    world.receive("10 BOLT at L1");
    world.receive("1 MILK lot A until 2026-09-01 at L1");
    assert!(breaches(&world).is_empty());
    let rules = json!({ "units": { "max": "5" }, "items": { "max": "1", "breach": "warn" } });
    let after = set(&world, "L1", rules);
    assert_eq!(
        after.broken,
        ["`L1` takes `5` by `units` and has `11`", "`L1` takes `1` by `items` and has `2`"]
    );
    assert_eq!(breaches(&world), [("L1".to_owned(), vec!["location_full", "mixing_refused"])]);
    world.post(Kind::Issue, vec![parse("6 BOLT at L1")]);
    assert_eq!(breaches(&world), [("L1".to_owned(), vec!["mixing_refused"])]);
}

fn a_rule_that_warns_is_said_and_books(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "5", "breach": "warn" }, "items": { "max": "1" } }));
    let answer = world.try_post(Kind::Receive, vec![parse("4 BOLT at L1"), parse("2 BOLT at L1")]);
    let said: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status.as_u16(), 201, "{said}");
    assert_eq!(
        said["warnings"],
        json!([{
            "line": 1, "code": "location_full",
            "detail": "`L1` takes at most `5` units, has `4`, and `2` would come; `1` more of the item fits"
        }])
    );
    // a refusal warns of nothing, and the next posting neither
    assert_eq!(
        problem(&world, Kind::Receive, "1 MILK lot A until 2026-09-01 at L1")["code"],
        "mixing_refused"
    );
    assert_eq!(problem(&world, Kind::Receive, "1 BOLT at L2").get("warnings"), None);
}

fn a_rule_above_binds_what_stands_below(engine: Engine) {
    let world = world(engine);
    for text in ["R rack below L", "R1 bin below R", "R2 bin below R"] {
        world.place(text);
    }
    set(&world, "R", json!({ "units": { "max": "10" } }));
    world.receive("6 BOLT at R1");
    world.receive("4 BOLT at R2");
    let refused = problem(&world, Kind::Receive, "1 BOLT at R2");
    assert!(
        refused["detail"].as_str().unwrap().starts_with("`R` takes at most `10` units, has `10`"),
        "{refused}"
    );
    // within the rack nothing more comes to it
    world.post(Kind::Move, vec![parse("6 BOLT at R1 to R2")]);
    world.post(Kind::Move, vec![parse("1 BOLT at R2 to L1")]);
    world.receive("1 BOLT at R1");
}

fn facts_are_booked_whatever_the_rules_say(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "1" } }));
    world.post(Kind::Opening, vec![parse("5 BOLT at L1")]);
    world.post(Kind::SetStatus, vec![parse("1 BOLT at L1 becomes damaged")]);
    world.post(Kind::Issue, vec![parse("4 BOLT at L1")]);
    assert_eq!(breaches(&world), []);
    assert_eq!(
        problem(&world, Kind::Receive, "1 BOLT at L1")["code"],
        "location_full",
        "damaged takes room too"
    );
}

fn what_leaves_in_a_batch_makes_room_in_it(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "5" } }));
    world.receive("5 BOLT at L1");
    world.post(Kind::Move, vec![parse("3 BOLT at L1 to L2"), parse("2 BOLT at L2 to L1")]);
    let twice = world.try_post(Kind::Receive, vec![parse("1 BOLT at L1"), parse("1 BOLT at L1")]);
    assert_eq!(code_of(&twice), "location_full", "one fits, two do not");
    assert_eq!(world.stock("BOLT"), ["L1 4", "L2 1"]);
    world.receive("1 BOLT at L1");
}

fn a_full_unit_does_not_enter_a_full_place(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "5" } }));
    world.run(|tx, ctx| crate::unit::create(tx, &caller(ctx, None), Some("PAL"), None, "L2")).unwrap();
    world.receive("4 BOLT at PAL");
    world.receive("2 BOLT at L1");
    let enter = |world: &World| {
        world.run(|tx, ctx| crate::unit::set_parent(tx, &caller(ctx, None), ("PAL", IfMatch::Any), "L1"))
    };
    match enter(&world) {
        Err(Failure::Refused(problem)) => {
            assert_eq!(seen(&problem), (Code::LocationFull, "/parent".to_owned()));
        }
        other => panic!("not refused: {other:?}"),
    }
    world.post(Kind::Issue, vec![parse("1 BOLT at L1")]);
    enter(&world).unwrap();
    assert_eq!(shown_at(&world, "L1").load.units.to_string(), "5");
    // what stands in a unit takes room where the unit stands
    assert_eq!(problem(&world, Kind::Receive, "1 BOLT at PAL")["code"], "location_full");
}

fn places_with_room_are_found_as_somebody_walks(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "5" } }));
    set(&world, "L2", json!({ "units": { "max": "9" }, "items": { "max": "1" } }));
    world.receive("4 BOLT at L1");
    world.receive("1 MILK lot A until 2026-09-01 at L2");
    let found = |sku: &str, qty: i64, within: Option<&str>| {
        let item = world.read(|conn| catalog::facts_by_sku(conn, &[sku])).pop().flatten().unwrap();
        let within = within.map(|code| world.location(code));
        let scope = caller(&world.ctx, None).scope;
        let asked = find::Asked {
            item: item.id,
            lot: domain::LotId::NONE,
            whole: item.whole,
            qty: qty * 1_000_000,
            kind: domain::LocationKind::Bin.number(),
        };
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let sight = Sight::new(&scope, within);
            let part = world.read(|conn| find::page(conn, sight, &asked, after.clone(), 1));
            rows.extend(part.rows.into_iter().map(|row| match row.fits {
                Some(fits) => format!("{} {fits}", row.location),
                None => row.location,
            }));
            match part.next {
                Some(next) => after = Some(next),
                None => return rows,
            }
        }
    };
    assert_eq!(found("BOLT", 0, None), ["L1 1", "M1", "M2"]);
    assert_eq!(found("BOLT", 2, None), ["M1", "M2"]);
    assert_eq!(found("MILK", 2, Some("L")), ["L2 8"]);
    assert_eq!(found("BOLT", 1, Some("L1")), ["L1 1"]);
}

fn the_last_place_is_taken_once(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "5" } }));
    let accepted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (world, accepted) = (&world, &accepted);
            scope.spawn(move || {
                // of different items, so that nothing else brings them into an order
                let line = if thread % 2 == 0 {
                    "1 BOLT at L1".to_owned()
                } else {
                    format!("1 DRILL serials S{thread} at L1")
                };
                match code_of(&world.try_post(Kind::Receive, vec![parse(&line)])).as_str() {
                    "accepted" => drop(accepted.fetch_add(1, Ordering::SeqCst)),
                    code => assert_eq!(code, "location_full"),
                }
            });
        }
    });
    assert_eq!(accepted.load(Ordering::SeqCst), 5);
    assert_eq!(shown_at(&world, "L1").load.units.to_string(), "5");
}

fn who_does_not_reach_a_place_sees_nothing_of_it(engine: Engine) {
    let world = world(engine);
    set(&world, "L1", json!({ "units": { "max": "5" } }));
    world.post(Kind::Opening, vec![parse("9 BOLT at L1")]);
    let there = world.location("M");
    let scope = caller(&world.ctx, Some(there)).scope;
    let part = world.read(|conn| find::breaches(conn, Sight::new(&scope, None), None, 10));
    assert!(part.rows.is_empty());
    let refused = world.refused(move |tx, ctx| {
        let by = caller(ctx, Some(there));
        set_of_location(tx, &by, ("L1", IfMatch::Any), &RulesBody::default()).map(|_| ())
    });
    assert_eq!(refused.0, Code::NotFound);
}

fn a_version_that_is_not_current_is_refused(engine: Engine) {
    let world = world(engine);
    assert_eq!(set(&world, "L1", json!({ "units": { "max": "5" } })).version, 1);
    assert_eq!(
        set(&world, "L1", json!({ "units": { "max": "5" } })).version,
        1,
        "the same again changes nothing"
    );
    assert_eq!(set(&world, "L1", json!({})).version, 2);
    let refused = world.refused(|tx, ctx| {
        let rules = body(json!({ "units": { "max": "6" } }));
        set_of_location(tx, &caller(ctx, None), ("L1", IfMatch::Version(1)), &rules).map(|_| ())
    });
    assert_eq!(refused.0, Code::Stale);
    let kinds: Vec<_> =
        world.events("capacity").into_iter().map(|(kind, number)| format!("{kind} {number}")).collect();
    assert_eq!(kinds, ["stock.capacity_set 1", "stock.capacity_set 2"]);
}
