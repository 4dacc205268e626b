//! A slice of the real year, loaded whole, cut off and taken up again, on both engines.

use super::*;
use crate::online_retail::plan;
use crate::testing::{World, on_both_engines, slice, world};
use std::io::Cursor;

const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// The code and the text of a refusal.
fn refused<T>(done: Result<T, Failure>) -> (Code, String) {
    match done.map(|_| ()) {
        Err(Failure::Refused(problem)) => (problem.code, problem.detail.to_string()),
        other => panic!("not refused: {other:?}"),
    }
}

/// Loads part after part, each by an import that knows nothing of the one before.
fn load_in_pieces(world: &World, lines: usize, lines_per_part: usize) -> Vec<Course> {
    let mut courses = Vec::new();
    loop {
        let (mut import, course) = Import::open(&world.db, &world.ctx, slice(lines), lines_per_part).unwrap();
        courses.push(course);
        if course == Course::Unchanged || !import.part(&world.db, &world.ctx).unwrap() {
            return courses;
        }
    }
}

fn year_of(lines: &str) -> Year {
    plan(Cursor::new(format!("{HEADER}{lines}"))).unwrap()
}

fn a_second_call_changes_nothing(engine: db::Engine) {
    let world = world(engine);
    let mut heard = Vec::new();
    let (loaded, course) =
        load(&world.db, &world.ctx, slice(700), |done, total| heard.push((done, total))).unwrap();
    assert_eq!(course, Course::Whole);
    let total = slice(700).docs.len();
    assert_eq!(heard.last(), Some(&(total, total)));
    let head = world.db.read_blocking(db::audit::head).unwrap();
    let again = load(&world.db, &world.ctx, slice(700), |_, _| panic!("nothing is done")).unwrap();
    assert_eq!(again, (loaded, Course::Unchanged));
    assert_eq!(world.db.read_blocking(db::audit::head).unwrap(), head);
}

fn another_year_is_refused_where_one_was_begun(engine: db::Engine) {
    let world = world(engine);
    let (mut import, _) = Import::open(&world.db, &world.ctx, slice(700), 100).unwrap();
    import.part(&world.db, &world.ctx).unwrap();
    let (code, detail) = refused(load(&world.db, &world.ctx, slice(701), |_, _| {}));
    assert_eq!(code, Code::InUse);
    assert!(detail.contains("one of 700 lines") && detail.contains("these 701 lines"), "{detail}");
    let reseeded =
        crate::online_retail::plan_seeded(Cursor::new(crate::testing::first_lines(700)), 7).unwrap();
    assert_eq!(refused(load(&world.db, &world.ctx, reseeded, |_, _| {})).0, Code::InUse);
    let done = load(&world.db, &world.ctx, slice(700), |_, _| {}).unwrap();
    assert!(
        matches!(done.1, Course::Continued(documents) if documents > 0),
        "the one that was begun goes on"
    );
}

fn what_people_began_is_left_alone(engine: db::Engine) {
    let world = world(engine);
    let ctx = world.ctx.clone();
    let site = serde_json::json!({ "code": "X", "kind": "site", "zone": "UTC" });
    world
        .db
        .write_blocking(move |tx| {
            places::create_location(tx, &ctx, web::Reached::All, &serde_json::from_value(site.clone())?)
        })
        .unwrap();
    assert_eq!(refused(load(&world.db, &world.ctx, slice(50), |_, _| {})).0, Code::InUse);
    assert!(world.db.read_blocking(|conn| store::read(conn, NAME)).unwrap().is_none(), "nothing was begun");
}

fn of_two_imports_only_one_does_a_part(engine: db::Engine) {
    let world = world(engine);
    let (mut first, _) = Import::open(&world.db, &world.ctx, slice(400), 100).unwrap();
    let (mut second, _) = Import::open(&world.db, &world.ctx, slice(400), 100).unwrap();
    assert!(first.part(&world.db, &world.ctx).unwrap());
    let (code, detail) = refused(second.part(&world.db, &world.ctx));
    assert_eq!((code, detail.contains("another process")), (Code::InUse, true), "{detail}");
    while first.part(&world.db, &world.ctx).unwrap() {}
    assert_eq!(refused(first.part(&world.db, &world.ctx)).0, Code::InUse, "nothing ends twice");
}

on_both_engines!(
    a_second_call_changes_nothing,
    another_year_is_refused_where_one_was_begun,
    what_people_began_is_left_alone,
    of_two_imports_only_one_does_a_part,
);

#[test]
fn every_statement_is_one_that_the_engines_take() {
    for engine in [db::Engine::Sqlite, db::Engine::Postgres] {
        let world = world(engine);
        for statement in store::STATEMENTS {
            world.db.plan(statement).unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        }
    }
}
