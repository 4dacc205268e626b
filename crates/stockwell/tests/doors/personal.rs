//! Personal data: every column is decided, and of an erased user nothing is found anywhere.

use crate::trace;
use crate::world::{PASSWORD, World, on_both_engines};
use db::{Engine, Statement};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use testkit::http::{Actor, Ask};
use web::Failure;

on_both_engines!(
    of_an_erased_user_nothing_is_found_anywhere,
    what_an_erased_user_did_is_still_told,
    whoever_is_erased_is_signed_out_and_stays_out,
    the_last_administrator_is_not_erased,
    what_was_erased_cannot_be_written_over,
    a_stretch_of_the_log_holds_what_it_is_checked_by,
);

const PAGE: &str = include_str!("../../../../docs/reference/personal-data.md");

/// The columns of texts and bytes. The embedded engine has no more than the other: it has one more table.
const COLUMNS: Statement = Statement::per_engine(
    "test.personal.columns",
    "select m.name, c.name, c.type in ('TEXT', 'BLOB', 'text', 'blob')
     from sqlite_schema m, pragma_table_info(m.name) c
     where m.type = 'table' and m.name not like 'sqlite!_%' escape '!' and m.name not in ('db_probe', 'db_migration')",
    "",
);

/// The columns that the page names, by table.
fn named() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.split('|').skip(1);
        let words =
            |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        let table = words(cells.next().unwrap()).remove(0);
        for column in words(cells.next().unwrap()) {
            let is_new = found.entry(table.clone()).or_default().insert(column.clone());
            assert!(is_new, "{table}.{column} is named twice");
        }
    }
    found
}

#[test]
fn every_column_is_about_a_person_or_said_not_to_be() {
    let world = World::new(Engine::Sqlite);
    let rows = world.db.read_blocking(|conn| {
        conn.query(&COLUMNS, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.bool(2)?)))
    });
    let rows = rows.unwrap();
    let mut named = named();
    let mut undecided = Vec::new();
    for (table, column, is_text) in rows {
        let is_named = named.get_mut(&table).is_some_and(|columns| columns.remove(&column));
        if is_text && !is_named {
            undecided.push(format!("{table}.{column}"));
        }
    }
    assert_eq!(undecided, [""; 0], "say in docs/reference/personal-data.md whether they are about a person");
    named.retain(|_, columns| !columns.is_empty());
    assert_eq!(named, BTreeMap::new(), "there are no such columns");
}

/// Somebody whose every text is one that stands nowhere else.
const LOGIN: &str = "zoe.canary";
const TEXTS: [&str; 6] =
    ["zoe.canary", "Zoë Canary", "Zoë Kanarienvogel", "canary-laptop", "192.0.2.77", "CanaryBrowser"];

fn sign_in(world: &World, body: &Value) -> Ask {
    world.stranger().ask("POST", "/api/v1/sessions").header("origin", "https://test").json(body)
}

/// Leaves as many traces of her as there are ways to leave some.
fn traces(world: &World, admin: &Actor) -> Actor {
    let grants = json!([{ "role": "manager" }]);
    let new = json!({ "login": LOGIN, "name": "Zoë Canary", "password": PASSWORD, "grants": grants });
    admin.post("/api/v1/users", &new).good();
    let version = admin.get("/api/v1/users/zoe.canary").good().json()["version"].as_i64().unwrap();
    admin.patch("/api/v1/users/zoe.canary", version, &json!({ "name": "Zoë Kanarienvogel" })).good();
    let key = json!({ "name": "canary-laptop", "owner": LOGIN, "networks": ["192.0.2.77"] });
    admin.post("/api/v1/keys", &key).good();
    let wrong = json!({ "login": LOGIN, "password": "not her password at all" });
    assert_eq!(sign_in(world, &wrong).send().status, 401);
    let right = json!({ "login": LOGIN, "password": PASSWORD });
    let came = sign_in(world, &right).header("user-agent", "CanaryBrowser/1.0").send();
    let zoe = world.stranger().with_session_of(came).unwrap();
    // what she may not is in the log under her name
    assert_eq!(zoe.post("/api/v1/users", &new).refusal(), "403 forbidden");
    zoe.post("/api/v1/locations", &json!({ "code": "LON", "kind": "site", "state": "set_up" })).good();
    zoe.act("/api/v1/locations/LON/block", &json!({ "reason": "damaged" })).good();
    zoe
}

fn erase(world: &World, login: &'static str) -> Result<access::ErasedUser, Failure> {
    let ctx = world.ctx();
    world.db.write_blocking(move |tx| {
        let principal = web::Principal::system();
        let by = access::By { ctx: &ctx, principal: &principal, bounds: &stockwell::wiring::BOUNDS };
        let erased = access::erase_user(tx, &by, login)?;
        places::erase_actor(tx, erased.user.row.id.get(), &erased.user.row.login)?;
        Ok(erased)
    })
}

/// The tables in which a text stands.
fn tables_with(world: &World, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut table = String::new();
    let read = world.db.read_blocking(|conn| {
        let shape = db::copy::shape(conn)?;
        db::copy::parts(conn, &shape, &mut |part| {
            match part {
                db::copy::Part::Table(relation) => table = relation.name,
                db::copy::Part::Rows(chunk) => {
                    if chunk.bytes.windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
                        found.push(table.clone());
                    }
                }
            }
            Ok(())
        })
    });
    read.unwrap();
    found
}

fn verified(world: &World) {
    let options = insight::verify::Options {
        only: Vec::new(),
        deep: true,
        now: world.now(),
        keys_max: insight::verify::Options::KEYS_MAX,
    };
    let report = insight::verify::run(&world.db, &options).unwrap();
    assert!(report.is_sound(), "{report:#?}");
}

fn of_an_erased_user_nothing_is_found_anywhere(world: &World) {
    let admin = world.admin();
    traces(world, &admin);
    verified(world);
    for text in TEXTS {
        assert!(!tables_with(world, text).is_empty(), "`{text}` is nowhere: the test looks for nothing");
    }
    let erased = erase(world, LOGIN).unwrap();
    assert!(
        erased.was_open && erased.audit_rows > 5 && erased.events >= 3 && erased.answers > 1,
        "{erased:?}"
    );
    for text in TEXTS {
        assert_eq!(tables_with(world, text), [""; 0], "`{text}`");
    }
    verified(world);
    // a second time finds nothing, and is told as well
    let called: &'static str = Box::leak(erased.user.row.login.into_boxed_str());
    let again = erase(world, called).unwrap();
    assert_eq!((again.was_open, again.audit_rows, again.events, again.answers), (false, 0, 0, 0));
    verified(world);
}

fn what_an_erased_user_did_is_still_told(world: &World) {
    let admin = world.admin();
    traces(world, &admin);
    let rows = |query: &str| admin.get(format!("/api/v1/audit?limit=500&{query}")).good().json();
    let told = |answer: Value| -> Vec<Value> {
        let items = answer["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|row| json!([row["n"], row["at"], row["action"], row["outcome"], row["hash"]]))
            .collect()
    };
    let before = (told(rows("target=user:zoe.canary")), told(rows("action=places.location.create")));
    assert!(before.0.len() > 2);
    let called = erase(world, LOGIN).unwrap().user.row.login;
    let after = rows(&format!("target=user:{called}&sort=n"));
    let mut own = told(after.clone());
    let last = after["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["action"], &last["actor"]["name"]), (&json!("privacy.erase"), &json!("system")));
    own.pop();
    own.reverse();
    assert_eq!(own, before.0, "when what was done to whom, and every hash");
    let made = rows("action=places.location.create");
    assert_eq!(made["items"][0]["actor"]["name"], called.as_str());
    assert_eq!(made["items"][0]["target"], "LON");
    assert_eq!(told(made), before.1);
    let blocks = admin.get("/api/v1/locations/LON/blocks").good().json();
    assert_eq!(blocks["items"][0]["actor"]["name"], called.as_str());
    let shown = admin.get(format!("/api/v1/users/{called}")).good().json();
    assert_eq!((&shown["name"], shown["ended_at"].is_string()), (&json!(called), true));
    // her login is free
    admin.post("/api/v1/users", &json!({ "login": LOGIN, "password": PASSWORD })).good();
}

fn whoever_is_erased_is_signed_out_and_stays_out(world: &World) {
    let admin = world.admin();
    let zoe = traces(world, &admin);
    zoe.get("/api/v1/me").good();
    erase(world, LOGIN).unwrap();
    // as any change of another process, it is noticed within a second
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert_eq!(zoe.get("/api/v1/me").refusal(), "401 unauthenticated");
    let again = json!({ "login": LOGIN, "password": PASSWORD });
    assert_eq!(sign_in(world, &again).send().refusal(), "401 sign_in_refused");
}

fn the_last_administrator_is_not_erased(world: &World) {
    let admin = world.admin();
    let grants = json!([{ "role": "administrator" }]);
    for login in ["ada", "bea"] {
        admin
            .post("/api/v1/users", &json!({ "login": login, "password": PASSWORD, "grants": grants }))
            .good();
    }
    erase(world, "ada").unwrap();
    let before = trace::trace(world);
    match erase(world, "bea") {
        Err(Failure::Refused(problem)) => assert_eq!(problem.code, domain::Code::InUse),
        other => panic!("{other:?}"),
    }
    assert_eq!(trace::difference(&before, &trace::trace(world)), [""; 0]);
}

fn what_was_erased_cannot_be_written_over(world: &World) {
    const AUDIT: Statement = Statement::new(
        "test.personal.audit",
        "update db_audit set target = 'user:erased:7', target_salt = null where action = 'privacy.erase'",
    );
    const BACK: Statement = Statement::new(
        "test.personal.back",
        "update db_audit set target = 'user:ann' where action = 'access.user.create'",
    );
    const ERASED: Statement = Statement::new("test.personal.erased", "delete from db_audit_erased");
    const EVENT: Statement = Statement::new("test.personal.event", "update db_outbox set payload = '{}'");
    const BLOCK: Statement =
        Statement::new("test.personal.block", "update places_block set actor_name = 'eve'");
    let admin = world.admin();
    traces(world, &admin);
    erase(world, LOGIN).unwrap();
    for statement in [BACK, ERASED, EVENT, BLOCK] {
        let refused = world.db.write_blocking(move |tx| tx.execute(&statement, &[]));
        assert!(matches!(refused, Err(db::DbError::Raised(_))), "{}: {refused:?}", statement.name);
    }
    // the schema lets a text be taken away; that nothing tells of it, `verify` finds
    world.db.write_blocking(|tx| tx.execute(&AUDIT, &[])).unwrap();
    let options = insight::verify::Options {
        only: Vec::new(),
        deep: true,
        now: world.now(),
        keys_max: insight::verify::Options::KEYS_MAX,
    };
    assert!(!insight::verify::run(&world.db, &options).unwrap().is_sound());
}

fn a_stretch_of_the_log_holds_what_it_is_checked_by(world: &World) {
    use db::audit::{START, Verified};
    let admin = world.admin();
    traces(world, &admin);
    let middle = world.now();
    world.pass(std::time::Duration::from_mins(1));
    erase(world, LOGIN).unwrap();
    let read = |from: Option<domain::Instant>, until: Option<domain::Instant>| {
        let instants = (from.map(|at| at.0), until.map(|at| at.0));
        world.db.read_blocking(|conn| {
            let (mut state, last) = insight::audit_log::stretch(conn, instants)?;
            let (before, mut rows) = (state, 0);
            while state.n < last {
                let (page, written) = insight::audit_log::page(conn, (state.n, last), 3)?;
                for row in page {
                    let own = written.iter().rfind(|written| written.n == row.n);
                    assert!(row.is_right(own.map(|written| &written.remains)), "{row:?}");
                    assert_eq!((row.n, row.prev_hash), (state.n + 1, state.hash));
                    (state, rows) = (Verified { n: row.n, hash: row.hash }, rows + 1);
                }
            }
            Ok::<_, db::DbError>((before, state, rows))
        })
    };
    let end = world.db.read_blocking(db::audit::head).unwrap();
    let (before, after, all) = read(None, None).unwrap();
    assert_eq!((before, after, i64::from(all)), (START, end, end.n));
    let later = middle.plus_micros(1);
    let (_, early_end, early) = read(None, Some(later)).unwrap();
    let (late_begin, late_end, late) = read(Some(later), None).unwrap();
    assert_eq!((early_end, late_end, early + late), (late_begin, end, all));
    assert!(early > 5 && late > 0, "{early} {late}");
    let nothing = read(Some(world.now().plus_seconds(1)), None).unwrap();
    assert_eq!(nothing, (end, end, 0));
}
