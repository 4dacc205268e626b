//! The checker is checked: one fault at a time is planted into a good database, and must be told
//! under the invariant that it breaks; nothing may be told of a good one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where it fails"
)]

mod busy;
mod copied;
mod digests;
mod faults;
mod filled;
mod moved;
mod renamed;
mod rewritten;
mod world;

use db::{Engine, Statement};
use faults::{Fault, GUARDS, faults};
use insight::verify::{self, Options, Report};
use serde_json::json;
use std::collections::BTreeSet;
use world::{World, broken};

fn a_good_database_has_no_faults(engine: Engine) {
    let world = World::filled(engine);
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new());
}

#[test]
fn a_good_database_has_no_faults_on_sqlite() {
    a_good_database_has_no_faults(Engine::Sqlite);
}

#[test]
fn a_good_database_has_no_faults_on_postgres() {
    a_good_database_has_no_faults(Engine::Postgres);
}

fn a_clock_that_is_turned_back_makes_no_fault(engine: Engine) {
    let world = World::new(engine);
    world.places_and_items();
    let receive = |day: &str| {
        let line = json!({ "sku": "NAIL", "qty": "1", "location": "L1", "unit_cost": "1" });
        world.post("postings/receive", &json!({ "effective_at": day, "lines": [line] }));
    };
    receive("2026-02-03T10:00:00Z");
    world.turn(-3_600);
    world.post("periods/2026-02/close", &serde_json::Value::Null);
    receive("2026-03-01T10:00:00Z");
    world.positioned();
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new());
}

#[test]
fn a_clock_that_is_turned_back_makes_no_fault_on_sqlite() {
    a_clock_that_is_turned_back_makes_no_fault(Engine::Sqlite);
}

#[test]
fn a_clock_that_is_turned_back_makes_no_fault_on_postgres() {
    a_clock_that_is_turned_back_makes_no_fault(Engine::Postgres);
}

/// What a run over a planted database told, as an error, so that the transaction is undone.
#[derive(Debug)]
struct Told(Result<Report, String>);

impl From<db::DbError> for Told {
    fn from(error: db::DbError) -> Told {
        Told(Err(error.to_string()))
    }
}

/// The report of a run over the database with a fault, which is gone afterwards.
fn with_fault(world: &World, plant: &'static [Statement], deep: bool) -> Report {
    with_fault_by(world, plant, world.options(deep))
}

fn with_fault_by(world: &World, plant: &'static [Statement], options: Options) -> Report {
    let told = world.db.write_blocking(move |tx| {
        for guard in GUARDS {
            tx.execute(guard, &[])?;
        }
        for statement in plant {
            let rows = tx.execute(statement, &[])?;
            assert!(rows > 0, "{}: nothing planted", statement.name);
        }
        Err::<(), _>(Told(Ok(verify::check(tx, &options)?)))
    });
    // all else is undone with the transaction
    world.db.write_blocking(|tx| tx.execute(&faults::CHECKS_AGAIN, &[])).unwrap();
    told.unwrap_err().0.unwrap()
}

/// Plants each fault, and folds so many keys at a time.
fn every_fault_is_told_under_its_invariant(engine: Engine, keys_max: i64) {
    let world = World::filled(engine);
    let mut wrong = Vec::new();
    for Fault { name, breaks, also, plant } in faults() {
        let options = Options { keys_max, ..world.options(true) };
        let told = broken(&with_fault_by(&world, plant, options));
        let ids: Vec<&str> = told.iter().filter_map(|told| told.split(' ').next()).collect();
        let mut expected: Vec<&str> = also.iter().copied().chain([*breaks]).collect();
        expected.sort_unstable();
        if ids != expected {
            wrong
                .push(format!("{name}: told under {ids:?}, not under {expected:?}\n  {}", told.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(broken(&world.verified(true)), Vec::<String>::new(), "a good database again");
}

#[test]
fn every_fault_is_told_under_its_invariant_on_sqlite() {
    every_fault_is_told_under_its_invariant(Engine::Sqlite, Options::KEYS_MAX);
}

#[test]
fn every_fault_is_told_under_its_invariant_on_postgres() {
    every_fault_is_told_under_its_invariant(Engine::Postgres, Options::KEYS_MAX);
}

#[test]
fn every_fault_is_told_when_few_keys_are_folded_at_a_time() {
    every_fault_is_told_under_its_invariant(Engine::Sqlite, 3);
}

/// Faults that only a deep run tells of: hashes and replays are left to it.
const DEEP: &[&str] = &[
    "an issue was before its receipt",
    "a serial came back before it was sold",
    "a younger layer is used before an older one",
    "a posting has another document",
    "two hashes are swapped",
    "a posting has another kind",
    "a posting has another actor",
    "an audit row says something else",
    "an event is that of another posting",
    "an event is told at another site",
    "an event is told at one site more",
    "a month stood lower",
    "a digest was made of another state",
    "a digest counts other movements",
    "a claim has another owner",
    "a claim has another priority",
    "a claim ends by itself",
];

fn most_faults_are_told_without_recomputing_everything(engine: Engine) {
    let world = World::filled(engine);
    let is_missed = |fault: &&Fault| {
        let told = broken(&with_fault(&world, fault.plant, false));
        !told.iter().any(|told| told.starts_with(fault.breaks))
    };
    let missed: Vec<&str> = faults().filter(is_missed).map(|fault| fault.name).collect();
    assert_eq!(missed, DEEP);
}

#[test]
fn most_faults_are_told_without_recomputing_everything_on_sqlite() {
    most_faults_are_told_without_recomputing_everything(Engine::Sqlite);
}

#[test]
fn most_faults_are_told_without_recomputing_everything_on_postgres() {
    most_faults_are_told_without_recomputing_everything(Engine::Postgres);
}

/// Takes the positions of the last two events away.
const EARLY: Statement = Statement::new(
    "test.early",
    "update db_feed set number_to = number_to - 2 where position_from = (select max(f.position_from) from db_feed f)",
);

/// The last event was recorded so much later than the one before it.
const LATE: Statement = Statement::per_engine(
    "test.late",
    "update db_outbox set recorded_at = recorded_at + 61000000
     where event_number = (select max(o.event_number) from db_outbox o)",
    "update db_outbox o set recorded_at = o.recorded_at + interval '61 s'
     from db_feed f
     where f.position_from = (select max(l.position_from) from db_feed l)
       and o.lane = f.lane and o.event_number = f.number_to + 2",
);

#[test]
fn a_feed_that_ends_early_is_told_where_positions_are_given_in_the_commit() {
    let told = broken(&with_fault(&World::filled(Engine::Sqlite), &[EARLY], false));
    assert!(told.len() == 1 && told[0].starts_with("I-20"), "{told:?}");
}

#[test]
fn events_that_nobody_gives_positions_are_told_where_they_come_after_the_commit() {
    let world = World::filled(Engine::Postgres);
    let none: [&str; 0] = [];
    assert_eq!(broken(&with_fault(&world, &[EARLY], false)), none, "they may wait for a moment");
    let told = broken(&with_fault(&world, &[EARLY, LATE], false));
    assert!(told.len() == 1 && told[0].starts_with("I-20"), "{told:?}");
}

/// Whatever happens leaves the same on both engines (I-29).
#[test]
fn what_a_world_has_seen_is_the_same_on_both_engines() {
    let texts = [Engine::Sqlite, Engine::Postgres].map(|engine| {
        let mut text = Vec::new();
        World::filled(engine).db.read_blocking(|conn| exchange::export::canonical(conn, &mut text)).unwrap();
        String::from_utf8(text).unwrap()
    });
    let [sqlite, postgres] = texts.each_ref().map(|text| text.lines().collect::<Vec<_>>());
    for (here, there) in sqlite.iter().zip(&postgres) {
        assert_eq!(here, there);
    }
    assert_eq!(sqlite.len(), postgres.len());
    let kinds: BTreeSet<&str> = sqlite.iter().skip(1).filter_map(|line| line.split(' ').next()).collect();
    let all = [
        "backorder",
        "balance",
        "barcode",
        "claim",
        "customer",
        "customer_posting",
        "guard",
        "held",
        "item",
        "kept",
        "layer",
        "location",
        "lot",
        "movement",
        "organisation",
        "period",
        "posting",
        "reason",
        "released",
        "return",
        "serial",
        "transfer",
        "transfer_line",
        "unit",
        "unit_move",
        "use",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

fn every_list_of_what_a_world_has_seen_has_rows(engine: Engine) {
    let world = World::filled(engine);
    for what in exchange::export::What::ALL.iter().copied() {
        let list = exchange::export::Export { what, format: exchange::export::Format::Jsonl, as_of: None };
        let mut text = Vec::new();
        let rows = world.db.read_blocking(|conn| exchange::export::export(conn, &list, &mut text)).unwrap();
        assert!(rows > 0, "{}", what.word());
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), usize::try_from(rows).unwrap());
    }
}

testkit::on_both_engines!(every_list_of_what_a_world_has_seen_has_rows);
