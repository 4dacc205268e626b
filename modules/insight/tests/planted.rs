//! The checker is checked: one fault at a time is planted into a good database, and must be told
//! under the invariant that it breaks; nothing may be told of a good one.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where it fails")]

use db::{Db, Engine, MigrationSet, Settings, Statement};
use domain::ledger::Kind;
use domain::{Actor, Ctx, Ids, Instant, PrincipalId, Qty};
use insight::verify::{self, Options, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use stock::{CostInput, LineInput, LotInput, PostInput, QtyInput, Request, ReserveInput, Work};
use uuid::Uuid;
use web::{Principal, Reached};

const SETS: &[MigrationSet] =
    &[access::MIGRATIONS, catalog::MIGRATIONS, places::MIGRATIONS, stock::MIGRATIONS];

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) | (7 << 76) | (2 << 62))
    }
}

/// A fault: its name, the invariant that it breaks, and how it is planted, with the guards of the
/// tables out of the way.
struct Fault(&'static str, &'static str, Statement);

macro_rules! fault {
    ($name:literal, $breaks:literal, $text:literal) => {
        Fault($name, $breaks, Statement::new($name, $text))
    };
}

const FAULTS: &[Fault] = &[
    fault!(
        "a balance is one too high",
        "I-01",
        "update stock_balance set on_hand = on_hand + 1000000 where location < 0 and lot = 0"
    ),
    fault!("a movement is gone", "I-01", "delete from stock_movement where number = 2"),
    fault!(
        "a movement has another quantity",
        "I-01",
        "update stock_movement set qty = qty + 1 where number = 3"
    ),
    fault!(
        "a version is skipped",
        "I-01",
        "update stock_balance set ver = ver + 1 where location < 0 and lot = 0"
    ),
    fault!(
        "a running balance is wrong",
        "I-01",
        "update stock_movement set to_after = to_after + 1 where number = 3"
    ),
    fault!("a balance is gone", "I-01", "delete from stock_balance where location < 0 and lot = 0"),
    fault!(
        "stock comes from nowhere",
        "I-02",
        "update stock_balance set on_hand = on_hand + 1 where location < 0 and lot = 0"
    ),
    fault!(
        "an allocation counter is lifted",
        "I-05",
        "update stock_balance set allocated = allocated + 1000000 where location > 0 and on_hand > 2000000 and lot = 0"
    ),
    fault!("a serial is said to be elsewhere", "I-07", "update stock_serial set location = -2"),
    fault!("a lot has left its movement", "I-08", "update stock_movement set lot = 0 where lot <> 0"),
    fault!("a layer holds more", "I-09", "update stock_layer set qty_left = qty_left - 1 where qty_left > 1"),
    fault!("the sum of the layers is off", "I-09", "update stock_stack set qty = qty + 1"),
    fault!(
        "a layer is worth more",
        "I-11",
        "update stock_layer set value_left = value_left - 1 where value_left > 1"
    ),
    fault!("a posting is renumbered", "I-15", "update stock_posting set number = 900 where number = 4"),
    fault!(
        "a posting has another document",
        "I-15",
        "update stock_posting set document = 'PO-9' where number = 3"
    ),
    fault!(
        "a hash is another",
        "I-15",
        "update stock_posting set hash = (select hash from stock_posting where number = 2) where number = 3"
    ),
    fault!("a posting has another kind", "I-15", "update stock_posting set kind = 3 where number = 3"),
    fault!(
        "the head of a lane is moved",
        "I-15",
        "update db_lane set hash = (select hash from stock_posting where number = 2)"
    ),
    fault!(
        "an event is gone",
        "I-19",
        "delete from db_outbox where aggregate_type = 'stock' and aggregate_seq = 3"
    ),
    fault!("a run of the feed is moved", "I-20", "update db_feed set position_from = position_from + 5"),
    fault!(
        "a movement leads nowhere",
        "I-26",
        "update stock_movement set to_location = 999999 where number = 3"
    ),
    fault!("a guard promises more", "I-30", "update stock_site set sellable = sellable + 1000000"),
    fault!("a guard forgets a promise", "I-30", "update stock_site set reserved = 0 where reserved > 0"),
    fault!("a reservation is gone", "I-30", "delete from stock_claim where location is null"),
    fault!("a month is off", "I-30", "update stock_month set qty_in = qty_in + 1"),
    fault!("a month is gone", "I-30", "delete from stock_month where location < 0"),
];

/// What keeps faults out: taken away on a copy that is thrown away afterwards.
const TRIGGERS: &[Statement] = &[
    Statement::per_engine(
        "t1",
        "drop trigger if exists stock_movement_never_updated",
        "alter table stock_movement disable trigger user",
    ),
    Statement::per_engine(
        "t2",
        "drop trigger if exists stock_movement_never_deleted",
        "alter table stock_posting disable trigger user",
    ),
    Statement::per_engine(
        "t3",
        "drop trigger if exists stock_posting_never_updated",
        "alter table db_outbox disable trigger user",
    ),
    Statement::per_engine("t4", "drop trigger if exists stock_posting_never_deleted", "select 1"),
    Statement::per_engine(
        "t5",
        "drop trigger if exists db_outbox_no_delete",
        "alter table stock_layer_use disable trigger user",
    ),
];

/// All invariants, as thoroughly as can be.
const fn everything(now: Instant) -> Options {
    Options { only: Vec::new(), deep: true, now }
}

struct World {
    db: Db,
    ctx: Ctx,
    _dir: Option<tempfile::TempDir>,
    _database: Option<testkit::pg::Database>,
}

fn world(engine: Engine) -> World {
    let (settings, dir, database) = match engine {
        Engine::Sqlite => {
            let dir = tempfile::tempdir().unwrap();
            (Settings::new(format!("sqlite:{}", dir.path().join("t.db").display())), Some(dir), None)
        }
        Engine::Postgres => {
            let database = testkit::pg::Database::new(SETS).unwrap();
            let mut settings = Settings::new(&database.url);
            // one writer, so that the faults can name postings by their numbers
            settings.writers = 1;
            (settings, None, Some(database))
        }
    };
    let db = Db::open(&settings, SETS).unwrap();
    db.migrate().unwrap();
    let ctx = Ctx {
        actor: Actor { id: PrincipalId(1), name: "ann".to_owned() },
        now: Instant::parse("2026-03-01T09:30:00Z").unwrap(),
        ids: Arc::new(Counted(AtomicU64::new(1))),
        request_id: Uuid::from_u128(1),
    };
    let world = World { db, ctx, _dir: dir, _database: database };
    world.fill();
    world
}

fn line(sku: &str, units: u32, location: &str) -> LineInput {
    LineInput {
        sku: sku.to_owned(),
        qty: QtyInput::Moves(Qty::units(units).unwrap()),
        unit: None,
        location: location.to_owned(),
        status: None,
        to_location: None,
        to_status: None,
        lot: None,
        serials: Vec::new(),
        claim: None,
        cost: CostInput::Total(1_000),
    }
}

impl World {
    fn fill(&self) {
        let ctx = self.ctx.clone();
        self.db
            .write_blocking(move |tx| {
                stock::prepare(tx, ctx.now)?;
                for body in [
                    r#"{"code": "L", "kind": "site", "zone": "Europe/London"}"#,
                    r#"{"code": "L1", "kind": "bin", "parent": "L"}"#,
                    r#"{"code": "L2", "kind": "bin", "parent": "L"}"#,
                ] {
                    places::create_location(tx, &ctx, Reached::All, &serde_json::from_str(body)?)?;
                }
                for body in [
                    r#"{"sku": "BOLT", "name": "Bolt", "base_unit": "each"}"#,
                    r#"{"sku": "SOUP", "name": "Soup", "base_unit": "each", "tracking": "lot"}"#,
                    r#"{"sku": "DRILL", "name": "Drill", "base_unit": "each", "tracking": "serial"}"#,
                ] {
                    catalog::create_item(tx, &ctx, &serde_json::from_str(body)?)?;
                }
                Ok::<_, web::Failure>(())
            })
            .unwrap();
        let lot = |code: &str| Some(LotInput { code: code.to_owned(), expiry_on: None, made_on: None });
        self.post(Kind::Receive, vec![line("BOLT", 20, "L1")]);
        self.post(Kind::Receive, vec![line("BOLT", 9, "L2"), line("BOLT", 3, "L1")]);
        self.post(Kind::Issue, vec![line("BOLT", 4, "L1")]);
        self.post(Kind::Receive, vec![LineInput { lot: lot("A"), ..line("SOUP", 6, "L1") }]);
        self.post(
            Kind::Receive,
            vec![LineInput { serials: vec!["S1".to_owned()], ..line("DRILL", 1, "L2") }],
        );
        self.post(
            Kind::Move,
            vec![LineInput { to_location: Some("L2".to_owned()), ..line("BOLT", 2, "L1") }],
        );
        self.ask(Work::Reserve(ReserveInput {
            sku: "BOLT".to_owned(),
            site: "L".to_owned(),
            qty: Qty::units(5).unwrap(),
            unit: None,
            owner: "order-1".to_owned(),
            priority: 0,
            expires_at: None,
        }));
    }

    fn post(&self, kind: Kind, lines: Vec<LineInput>) {
        let (document, effective_at) = (Some("PO-1".to_owned()), None);
        let post =
            PostInput { kind, effective_at, post_late: false, document, reason: None, note: None, lines };
        self.ask(Work::Post(post));
    }

    fn ask(&self, work: Work) {
        let principal = Arc::new(Principal::system());
        let request = Request { ctx: self.ctx.clone(), principal, key: None, work };
        let answers =
            self.db.write_blocking(move |tx| stock::run_in(tx, std::slice::from_ref(&request))).unwrap();
        assert!(answers[0].status.is_success(), "{}", String::from_utf8_lossy(&answers[0].body));
    }

    /// The invariants that do not hold.
    fn broken(&self) -> Vec<String> {
        let report = verify::run(&self.db, &everything(self.ctx.now)).unwrap();
        let failed = report.records.iter().filter(|record| record.status == Status::Fail);
        failed.map(|record| format!("{} {:?}", record.id, record.sample)).collect()
    }
}

fn every_fault_is_told_under_its_invariant(engine: Engine) {
    let world = world(engine);
    // on a server events are positioned a moment after their commit; a run is there when needed
    let mut position = world.db.feed_position();
    while *position.borrow_and_update() < 7 {
        std::thread::yield_now();
    }
    assert_eq!(world.broken(), Vec::<String>::new(), "a good database");
    let now = world.ctx.now;
    for Fault(name, breaks, statement) in FAULTS {
        let told = world.db.write_blocking(move |tx| {
            for trigger in TRIGGERS {
                tx.execute(trigger, &[])?;
            }
            tx.execute(statement, &[]).map(|rows| assert!(rows > 0, "{name}: nothing planted"))?;
            let report = verify::check(tx, &everything(now))?;
            let failed = report.records.iter().filter(|record| record.status == Status::Fail);
            let failed: Vec<String> = failed.map(|record| record.id.to_string()).collect();
            // the fault goes no further than this transaction
            Err::<(), _>(Told(failed))
        });
        let Err(Told(told)) = told else { panic!("{name}: kept") };
        assert!(told.iter().any(|id| id == breaks), "{name}: told under {told:?}, not {breaks}");
    }
    assert_eq!(world.broken(), Vec::<String>::new(), "a good database again");
}

/// What was told, as an error, so that the transaction is undone.
#[derive(Debug)]
struct Told(Vec<String>);

impl From<db::DbError> for Told {
    fn from(error: db::DbError) -> Told {
        Told(vec![error.to_string()])
    }
}

#[test]
fn every_fault_is_told_under_its_invariant_on_sqlite() {
    every_fault_is_told_under_its_invariant(Engine::Sqlite);
}

#[test]
fn every_fault_is_told_under_its_invariant_on_postgres() {
    every_fault_is_told_under_its_invariant(Engine::Postgres);
}
