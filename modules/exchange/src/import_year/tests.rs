//! A slice of the real year, loaded whole, cut off and taken up again, on both engines.

use super::*;
use crate::export::What;
use crate::testing::{World, on, on_both_engines, slice, world, year_of};
use std::io::Cursor;

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

fn a_second_call_changes_nothing(engine: db::Engine) {
    let world = world(engine);
    let mut heard = Vec::new();
    let hear = |done, total| {
        heard.push((done, total));
        ControlFlow::Continue(())
    };
    let End::Loaded(loaded, Course::Whole) = load(&world.db, &world.ctx, slice(700), hear).unwrap() else {
        panic!("nothing was there before");
    };
    let total = slice(700).docs.len();
    assert_eq!(heard.last(), Some(&(total, total)));
    let audited = world.db.read_blocking(db::audit::head).unwrap();
    let again = load(&world.db, &world.ctx, slice(700), |_, _| panic!("nothing is done")).unwrap();
    assert_eq!(again, End::Loaded(loaded, Course::Unchanged));
    assert_eq!(world.db.read_blocking(db::audit::head).unwrap(), audited);
}

fn another_year_is_refused_where_one_was_begun(engine: db::Engine) {
    let world = world(engine);
    let (mut import, _) = Import::open(&world.db, &world.ctx, slice(700), 100).unwrap();
    import.part(&world.db, &world.ctx).unwrap();
    let (code, detail) = refused(load(&world.db, &world.ctx, slice(701), on));
    assert_eq!(code, Code::InUse);
    assert!(detail.contains("one of 700 lines") && detail.contains("these 701 lines"), "{detail}");
    let reseeded =
        crate::online_retail::plan_seeded(Cursor::new(crate::testing::first_lines(700)), 7).unwrap();
    assert_eq!(refused(load(&world.db, &world.ctx, reseeded, on)).0, Code::InUse);
    let done = load(&world.db, &world.ctx, slice(700), on).unwrap();
    assert!(
        matches!(done, End::Loaded(_, Course::Continued(documents)) if documents > 0),
        "the one that was begun goes on"
    );
}

/// An import into a database in which somebody has done something is refused, names that, and begins
/// nothing; what was done stays.
fn is_refused_after(
    engine: db::Engine,
    done: impl Fn(&mut Tx<'_>, &Ctx) -> Result<(), Failure> + Send + 'static,
    named: &[&str],
) {
    let world = world(engine);
    world.run(done).unwrap();
    let before = world.canonical();
    let (code, detail) = refused(load(&world.db, &world.ctx, slice(50), on));
    assert_eq!(code, Code::InUse);
    for part in named.iter().chain(&["fresh folder"]) {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    assert!(world.db.read_blocking(|conn| store::read(conn, NAME)).unwrap().is_none(), "nothing was begun");
    assert!(world.canonical() == before, "nothing was changed");
}

fn a_site_that_people_made_is_left_alone(engine: db::Engine) {
    let make = |tx: &mut Tx<'_>, ctx: &Ctx| {
        let site = serde_json::json!({ "code": "X", "kind": "site", "zone": "UTC" });
        places::create_location(tx, ctx, web::Reached::All, &serde_json::from_value(site)?).map(drop)
    };
    is_refused_after(engine, make, &["the site `X` is there already"]);
}

fn an_item_that_people_made_is_left_alone(engine: db::Engine) {
    let make = |tx: &mut Tx<'_>, ctx: &Ctx| {
        let item = serde_json::json!({ "sku": "BOLT", "name": "Bolt", "base_unit": "each" });
        catalog::create_item(tx, ctx, &serde_json::from_value(item)?).map(drop)
    };
    is_refused_after(engine, make, &["the item `BOLT` is there already"]);
}

fn books(
    currency: &'static str,
    zone: &'static str,
    method: &'static str,
    grouping: &'static str,
) -> impl Fn(&mut Tx<'_>, &Ctx) -> Result<(), Failure> + Send + 'static {
    move |tx, ctx| {
        let books = serde_json::json!({ "name": "Mine", "currency": currency, "zone": zone,
            "valuation_method": method, "valuation_grouping": grouping });
        stock::set_up_organisation(tx, ctx, &serde_json::from_value(books)?).map(drop)
    }
}

fn books_that_are_kept_otherwise_are_left_alone(engine: db::Engine) {
    for (chosen, named) in [
        (books("EUR", "Europe/London", "fifo", "site"), "in EUR,"),
        (books("GBP", "UTC", "fifo", "site"), "months in UTC"),
        (books("GBP", "Europe/London", "moving_average", "site"), "moving_average by site;"),
        (books("GBP", "Europe/London", "fifo", "organisation"), "fifo by organisation;"),
    ] {
        is_refused_after(engine, chosen, &[named, "in GBP, Europe/London, fifo by site"]);
    }
}

fn books_that_are_the_years_are_taken_as_they_are(engine: db::Engine) {
    let (chosen, fresh) = (world(engine), world(engine));
    chosen.run(books("GBP", "Europe/London", "fifo", "site")).unwrap();
    for world in [&chosen, &fresh] {
        let done = load(&world.db, &world.ctx, slice(200), on).unwrap();
        assert!(matches!(done, End::Loaded(_, Course::Whole)), "{done:?}");
    }
    assert!(chosen.canonical() == fresh.canonical(), "the same ledger");
    let kept = chosen.read(places::organisation);
    assert_eq!((kept.name.as_deref(), kept.version), (Some("Mine"), 1));
}

fn what_is_told_is_what_the_database_holds(engine: db::Engine) {
    let mut world = world(engine);
    // midnight has passed in London, and not in UTC
    world.set_now("2026-06-30T23:30:00Z");
    let End::Loaded(loaded, _) = load(&world.db, &world.ctx, slice(900), on).unwrap() else {
        panic!("nobody stopped it")
    };
    let count = |what| world.rows(what).len();
    assert_eq!(loaded.items, count(What::Items));
    assert_eq!(loaded.movements, count(What::Movements));
    assert_eq!(loaded.postings + loaded.postings_simulated, count(What::Postings));
    let simulated = world.rows(What::Postings).iter().filter(|row| row["reason"] == "simulated").count();
    assert_eq!(loaded.postings_simulated, simulated);
    let bins = world.rows(What::Locations).iter().filter(|row| row["kind"] == "bin").count();
    assert_eq!(loaded.locations, bins);
    let lots = world.rows(What::Lots);
    let soup: Vec<_> = lots.iter().filter(|lot| lot["sku"] == "DEMO-SOUP").collect();
    assert!(soup.len() == 3 && soup.iter().all(|lot| lot["made_on"] == "2026-07-01"), "{soup:?}");
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

fn cut_off_after_any_part_it_ends_with_the_same_ledger(engine: db::Engine) {
    let whole = world(engine);
    load(&whole.db, &whole.ctx, slice(1_500), on).unwrap();
    let expected = whole.canonical();
    for lines_per_part in [90, 700] {
        let pieces = world(engine);
        let courses = load_in_pieces(&pieces, 1_500, lines_per_part);
        assert_eq!(courses.first(), Some(&Course::Whole));
        let documents: Vec<usize> = courses
            .iter()
            .skip(1)
            .map(|course| match course {
                Course::Continued(documents) => *documents,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(documents.is_sorted() && documents.len() >= 1_500 / 2 / lines_per_part, "{documents:?}");
        assert!(pieces.canonical() == expected, "the ledgers differ");
        let left = pieces.db.read_blocking(|conn| store::sales(conn, NAME)).unwrap();
        assert_eq!(left, [], "what nobody needs any more is not kept");
    }
}

fn stopped_behind_any_commit_it_goes_on_there(engine: db::Engine) {
    let world = world(engine);
    let load =
        |hear: fn(usize, usize) -> ControlFlow<()>| load(&world.db, &world.ctx, slice(1_500), hear).unwrap();
    let documents_done =
        || world.db.read_blocking(|conn| store::read(conn, NAME)).unwrap().unwrap().documents_done;
    let mut before = 0;
    loop {
        let End::Stopped { done, total } = load(|_, _| ControlFlow::Break(())) else { panic!("it goes on") };
        assert_eq!(done, documents_done(), "what is told is what is committed");
        assert!(done > before, "each call does something");
        before = done;
        if done == total {
            break;
        }
    }
    assert_eq!(
        load(on),
        End::Loaded(Loaded::of(&slice(1_500)), Course::Continued(before)),
        "what ends it was left"
    );
    assert!(matches!(load(on), End::Loaded(_, Course::Unchanged)));
}

fn what_comes_back_is_worth_what_left(engine: db::Engine) {
    let world = world(engine);
    let year = year_of(
        "1,T1,PLAIN THING,3,2011-01-03 10:00:00,2.0,1,UK\n\
         1,T2,ROSE CANDLE,7,2011-01-03 10:00:00,3.0,1,UK\n\
         C2,T1,PLAIN THING,-1,2011-01-03 10:05:00,2.0,1,UK\n\
         C3,T1,PLAIN THING,-2,2011-03-04 10:00:00,2.0,1,UK\n\
         C4,T2,ROSE CANDLE,-9,2011-03-05 10:00:00,3.0,1,UK\n\
         5,T2,ROSE CANDLE,1,2011-03-06 10:00:00,3.0,1,UK\n",
    );
    let each = year.items[1].unit_cost.millionths();
    load(&world.db, &world.ctx, year, on).unwrap();
    let movements = world.rows(What::Movements);
    let pence = |document: &str, sku: &str| -> i64 {
        let of = movements.iter().filter(|row| row["document"] == document && row["sku"] == sku);
        of.map(|row| row["value"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap()).sum()
    };
    assert_eq!(pence("C2", "T1") + pence("C3", "T1"), pence("1", "T1"), "to the penny");
    assert_eq!(pence("C2", "T1"), pence("1", "T1") / 3);
    let two_without_a_sale = (2 * each + 5_000) / 10_000;
    assert_eq!(pence("C4", "T2"), pence("1", "T2") + two_without_a_sale);
    let text = world.canonical();
    let linked: Vec<serde_json::Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("return "))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let taken: Vec<_> =
        linked.iter().map(|row| [&row["document"], &row["sale_document"], &row["qty"]]).collect();
    assert_eq!(taken.len(), 3, "{text}");
    for row in [["C2", "1", "1"], ["C3", "1", "2"], ["C4", "1", "7"]] {
        assert!(taken.iter().any(|taken| *taken == row), "{row:?} in {taken:?}");
    }
    let lots: Vec<&str> =
        movements.iter().filter(|row| row["sku"] == "T2").filter_map(|row| row["lot"].as_str()).collect();
    assert!(lots.len() >= 4 && lots.iter().all(|lot| lot.starts_with("OPENING-")), "{lots:?}");
    let sale = movements.iter().find(|row| row["document"] == "1" && row["sku"] == "T2").unwrap();
    assert_eq!(
        (&sale["note"], &sale["customer"]),
        (&serde_json::Value::from("UK"), &serde_json::Value::from(1)),
        "who got the lot"
    );
}

fn what_nobody_paid_for_says_why_and_is_no_sale(engine: db::Engine) {
    let world = world(engine);
    let year = year_of(
        "1,T1,PLAIN THING,3,2011-01-03 10:00:00,2.0,1,UK\n\
         1,T1,PLAIN THING,2,2011-01-03 10:00:00,0.0,1,UK\n\
         2,T1,PLAIN THING,5,2011-01-04 10:00:00,0.0,,UK\n\
         3,T1,damaged,-1,2011-01-05 10:00:00,0.0,,UK\n\
         C4,T1,PLAIN THING,-3,2011-01-06 10:00:00,2.0,1,UK\n",
    );
    assert!(year.reconciliation.balances);
    load(&world.db, &world.ctx, year, on).unwrap();
    let postings = world.rows(What::Postings);
    let of = |document: &str, kind: &str| -> Vec<(Option<&str>, Option<i64>)> {
        let found = postings.iter().filter(|row| row["document"] == document && row["kind"] == kind);
        found.map(|row| (row["reason"].as_str(), row["customer"].as_i64())).collect()
    };
    assert_eq!(of("1", "issue"), [(None, Some(1)), (Some("gift"), Some(1))]);
    assert_eq!(of("2", "issue"), [(Some("sent_free"), None)]);
    assert_eq!(of("3", "adjust"), [(Some("damaged"), None)]);
    assert_eq!(of("C4", "return"), [(None, Some(1))]);
    let moved = |document: &str, reason: Option<&str>| -> Vec<String> {
        let rows = world.rows(What::Movements).into_iter();
        let rows = rows.filter(|row| row["document"] == document && row["reason"].as_str() == reason);
        rows.map(|row| {
            format!("{} to {}", row["qty"].as_str().unwrap(), row["to_location"].as_str().unwrap())
        })
        .collect()
    };
    assert_eq!(moved("1", None), ["3 to ~customer"]);
    assert_eq!(moved("1", Some("gift")), ["2 to ~customer"]);
    let reasons = world.canonical();
    for code in ["gift", "sent_free", "simulated"] {
        assert!(reasons.contains(&format!("reason {{\"active\":true,\"reason\":\"{code}\"}}")), "{code}");
    }
}

on_both_engines!(
    what_nobody_paid_for_says_why_and_is_no_sale,
    cut_off_after_any_part_it_ends_with_the_same_ledger,
    what_comes_back_is_worth_what_left,
    a_second_call_changes_nothing,
    another_year_is_refused_where_one_was_begun,
    a_site_that_people_made_is_left_alone,
    an_item_that_people_made_is_left_alone,
    books_that_are_kept_otherwise_are_left_alone,
    books_that_are_the_years_are_taken_as_they_are,
    what_is_told_is_what_the_database_holds,
    of_two_imports_only_one_does_a_part,
    stopped_behind_any_commit_it_goes_on_there,
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
