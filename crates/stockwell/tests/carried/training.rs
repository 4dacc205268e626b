//! A training copy: made of a store of either engine, also while it is traded in; exact in what it has and what it has
//! not; thrown away without a trace in the store.

use super::support::client::{Post, Reply};
use super::support::crowd;
use super::support::site::{Served, Site, receive};
use super::{code, said, trade};
use db::copy::{self, Relation, Shape};
use db::{Db, Engine, Settings, Statement, Value as Cell};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stockwell::wiring;
use testkit::http::Actor;

testkit::on_both_engines!(
    a_copy_has_all_but_what_people_come_in_by,
    people_are_held_to_the_sites_of_a_copy,
    a_copy_is_of_one_moment_however_busy_the_store_is,
    what_is_no_copy_is_not_made_and_not_thrown_away,
);

/// What everybody has for the store.
const PASSWORD: &str = "a canary that sings in the cellar";

fn opened(url: &str) -> Db {
    let settings = Settings { read_only: true, read_timeout: Duration::from_mins(5), ..Settings::new(url) };
    Db::open(&settings, &wiring::MIGRATIONS).unwrap()
}

/// The rows and the digest of each table, comparable with a store of this shape.
fn digests_like(url: &str, like: &Shape) -> BTreeMap<String, (u64, String)> {
    let db = opened(url);
    let found = db
        .read_blocking(|conn| {
            let shape = copy::shape(conn)?;
            let each = shape.tables.iter().map(|table| {
                let other = like.tables.iter().find(|other| other.name == table.name).unwrap();
                let digest = copy::digest(conn, table, other)?;
                Ok((table.name.clone(), (digest.rows, digest.to_string())))
            });
            each.collect::<Result<BTreeMap<_, _>, db::DbError>>()
        })
        .unwrap();
    db.close();
    found
}

fn shape(url: &str) -> Shape {
    let db = opened(url);
    let shape = db.read_blocking(copy::shape).unwrap();
    db.close();
    shape
}

fn digests(url: &str) -> BTreeMap<String, (u64, String)> {
    digests_like(url, &shape(url))
}

/// What stands in columns of a table, as bytes.
fn cells(url: &str, table: &str, columns: &[&str]) -> Vec<Vec<u8>> {
    let db = opened(url);
    let column = |name: &&str| copy::Column { name: (*name).to_owned(), is_json: false };
    let relation = Relation { name: table.to_owned(), columns: columns.iter().map(column).collect() };
    let mut found = Vec::new();
    db.read_blocking(|conn| {
        copy::rows(conn, &relation, &mut |cells| {
            for cell in cells {
                match cell {
                    Cell::Text(text) => found.push(text.as_bytes().to_vec()),
                    Cell::Blob(bytes) => found.push(bytes.to_vec()),
                    _ => {}
                }
            }
            Ok(())
        })
    })
    .unwrap();
    db.close();
    found
}

fn int(url: &str, statement: Statement) -> i64 {
    let db = opened(url);
    let found = db.read_blocking(|conn| conn.query_one(&statement, &[], |row| row.int(0))).unwrap();
    db.close();
    found
}

fn has(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

const USERS: [(&str, &str); 4] =
    [("ann", "administrator"), ("bob", "clerk@LON"), ("carl", "clerk@BER"), ("dora", "picker@LON-1")];

fn post(path: &str, key: &str, body: Value) -> Post {
    Post { path: path.to_owned().into(), key: key.to_owned(), body }
}

fn good(reply: &Reply) {
    assert!((200..300).contains(&reply.status), "{reply:?}");
}

/// A store with two sites, four people who have come in, keys and goods.
fn store(engine: Engine) -> Site {
    let site = Site::new(engine);
    let server = site.serve_with(&[], &NO_FACTOR);
    let mut client = server.client();
    for body in [
        json!({ "code": "BER", "name": "Berlin", "kind": "site", "zone": "Europe/Berlin" }),
        json!({ "code": "BER-1", "kind": "bin", "parent": "BER" }),
    ] {
        let key = body["code"].to_string();
        good(&client.post(&post("/api/v1/locations", &key, body)).unwrap());
    }
    for (login, role) in USERS {
        let (role, within) = role.split_once('@').map_or((role, None), |(role, place)| (role, Some(place)));
        let name = format!("{login} of the north");
        let grant = json!({ "role": role, "within": within });
        let body = json!({ "login": login, "name": name, "password": PASSWORD, "grants": [grant] });
        good(&client.post(&post("/api/v1/users", login, body)).unwrap());
        let key =
            json!({ "name": format!("laptop of {login}"), "owner": login, "networks": ["192.0.2.0/24"] });
        good(&client.post(&post("/api/v1/keys", &format!("key-{login}"), key)).unwrap());
        Actor::stranger(server.address).sign_in(login, PASSWORD).unwrap();
    }
    server.stocked("BOLT", 1_000);
    let machine = Actor::with_key(server.address, &site.token);
    machine.ask("POST", "/api/v1/items/BOLT/files?name=how.txt").fresh().bytes("turn it").send().good();
    something_waits(&server, &machine);
    server.stop();
    site
}

/// A password that somebody wants to set waits, sealed, for a second person.
fn something_waits(server: &Served, machine: &Actor) {
    let bound = json!([{ "permission": "access.write" }]);
    let role =
        json!({ "name": "bound", "permissions": ["access.read", "access.write"], "second_person": bound });
    machine.post("/api/v1/roles", &role).good();
    let grants = json!([{ "role": "bound" }, { "role": "clerk" }]);
    let body =
        json!({ "login": "erin", "name": "erin of the north", "password": PASSWORD, "grants": grants });
    machine.post("/api/v1/users", &body).good();
    let erin = Actor::stranger(server.address).sign_in("erin", PASSWORD).unwrap();
    let new = json!({ "password": "a sparrow that waits in the hedge" });
    assert_eq!(erin.act("/api/v1/users/bob/password", &new).status, 202);
}

/// The copy in a folder, as a site of its own.
fn copy_of(site: &Site, folder: &str) -> Site {
    site.elsewhere(format!("sqlite:{}", site.path(folder).join("stockwell.db").display()))
}

fn make(site: &Site, arguments: &[&str]) -> Value {
    let output = site.run(&[&["--json", "training", "make"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

const NO_FACTOR: [(&str, &str); 1] = [("STOCKWELL_SIGN_IN_SECOND_FACTOR", "nobody")];

/// Serves a copy from its folder.
fn served(site: &Site, copy: &Site, folder: &str) -> Served {
    copy.serve_with(&["--data", site.path(folder).to_str().unwrap()], &NO_FACTOR)
}

/// Holds everything against a copy, and looks for its files.
fn verified(site: &Site, copy: &Site, folder: &str) {
    copy.run(&["--data", site.path(folder).to_str().unwrap(), "verify", "--deep"]);
}

/// Whoever may everything in a copy.
fn trainer(server: &Served, made: &Value) -> Actor {
    let password = made["password"].as_str().unwrap();
    Actor::stranger(server.address).sign_in(made["login"].as_str().unwrap(), password).unwrap()
}

/// Tables that a copy has otherwise than the store, and no others.
const TOUCHED: [&str; 15] = [
    "access_generation",
    "access_grant",
    "access_key",
    "access_principal",
    "access_session",
    "access_setup",
    "access_user",
    "db_audit",
    "db_audit_head",
    "db_block",
    "db_feed",
    "db_held",
    "db_lane",
    "db_outbox",
    "places_training",
];

fn a_copy_has_all_but_what_people_come_in_by(engine: Engine) {
    let site = store(engine);
    let before = digests(&site.url);
    let secrets: Vec<Vec<u8>> = [
        ("access_user", &["password"][..]),
        ("access_key", &["secret_hash"]),
        ("access_session", &["secret_hash"]),
        ("db_held", &["body"]),
    ]
    .into_iter()
    .flat_map(|(table, columns)| cells(&site.url, table, columns))
    .collect();
    assert_eq!(secrets.len(), 5 + 5 + 5 + 1);
    if engine == Engine::Postgres {
        let lanes = int(&site.url, LANES);
        assert!(lanes > 1, "a server writes in several lanes: {lanes}");
    }
    let made = make(&site, &["--into", "copy"]);
    assert_eq!((&made["people"]["users_kept"], &made["people"]["users_erased"]), (&json!(5), &json!(0)));
    assert_eq!((&made["people"]["keys_revoked"], &made["sites"]), (&json!(5), &json!([])));
    assert_eq!((&made["people"]["approvals_expired"], &made["files"]), (&json!(1), &json!(1)));
    assert_eq!(digests(&site.url), before, "the store is only read");

    let copy = copy_of(&site, "copy");
    verified(&site, &copy, "copy");
    let after = digests_like(&copy.url, &shape(&site.url));
    let other: BTreeSet<&str> = before
        .iter()
        .filter(|(table, digest)| after.get(*table) != Some(digest))
        .map(|(table, _)| table.as_str())
        .collect();
    assert_eq!(other, BTreeSet::from(TOUCHED), "everything else is the same");
    for (table, rows) in [("access_session", 5), ("access_setup", 1)] {
        assert_eq!((before[table].0, after[table].0), (rows, 0), "{table}");
    }
    assert_eq!(after["access_user"].0, before["access_user"].0 + 1);
    assert_eq!(int(&copy.url, FOREIGN_EVENTS), 0, "events are in the one lane");
    let (told, again) = (feed(&site.url), feed(&copy.url));
    assert!(told.len() > 12, "{}", told.len());
    assert_eq!(again[..told.len()], told, "what was told is told again, at the same positions");
    assert!(again[told.len()].0 > 1_700_000_000_000_000, "what is told there has positions of its own");

    let bytes = std::fs::read(site.path("copy").join("stockwell.db")).unwrap();
    for secret in secrets {
        assert!(!has(&bytes, &secret), "{}", String::from_utf8_lossy(&secret));
    }
    nobody_comes_in_as_before(&site, &copy, &made);

    let removed = site.run(&["--json", "training", "remove", "copy"]);
    let removed: Value = serde_json::from_slice(&removed.stdout).unwrap();
    assert_eq!((&removed["left"], site.path("copy").exists()), (&json!([]), false), "{removed}");
    assert_eq!(digests(&site.url), before, "what was done in the copy and to it is nothing to the store");
    site.verify();
    let server = site.serve();
    let shown = Actor::with_key(server.address, &site.token).get("/api/v1/organisation").good().json();
    assert_eq!(shown["training"], Value::Null);
    server.stop();
}

const LANES: Statement =
    Statement::new("test.lanes", "select count(*) from db_lane where number > 0 or event_number > 0");
const FOREIGN_EVENTS: Statement =
    Statement::new("test.foreign_events", "select count(*) from db_outbox where lane <> 1");
const POSTINGS: Statement = Statement::new("test.postings", "select count(*) from stock_posting");

/// Positions with what is told there.
fn feed(url: &str) -> Vec<(i64, String, String)> {
    let db = opened(url);
    let events = db.read_blocking(|conn| db::feed::read(conn, 0, 10_000)).unwrap();
    db.close();
    events.into_iter().map(|event| (event.position, event.kind, event.payload)).collect()
}

/// Passwords and keys of the store open nothing; whoever may everything there lets people in.
fn nobody_comes_in_as_before(site: &Site, copy: &Site, made: &Value) {
    let server = served(site, copy, "copy");
    let stranger = Actor::stranger(server.address);
    for (login, _) in USERS {
        let refused = stranger.sign_in(login, PASSWORD).unwrap_err();
        assert_eq!(refused.status, 401, "{login}: {}", refused.text());
    }
    let machine = Actor::with_key(server.address, &site.token).get("/api/v1/items");
    assert_eq!(machine.status, 401);
    let trainer = trainer(&server, made);
    let shown = trainer.get("/api/v1/organisation").good().json();
    assert_eq!(shown["training"]["made_at"], made["made_at"]);
    assert_eq!(shown["training"]["sites"], json!([]));
    for path in ["/livez", "/readyz"] {
        assert_eq!(stranger.get(path).good().json()["training"], true, "{path}");
    }
    let health = trainer.get("/api/v1/health").good().json();
    assert_eq!(health["training"], true);
    let files = trainer.get("/api/v1/items/BOLT/files").good().json();
    let file = format!("/api/v1/items/BOLT/files/{}/content", files["files"][0]["id"]);
    assert_eq!(trainer.get(&file).good().text(), "turn it");
    trainer.remove(file.trim_end_matches("/content"), file.trim_end_matches("/content")).good();
    let waiting = trainer.get("/api/v1/approvals?state=waiting").good().json();
    assert_eq!(waiting["items"], json!([]), "{waiting}");
    let new = json!({ "password": "a robin that sings in the garden" });
    trainer.act("/api/v1/users/bob/password", &new).good();
    let bob = stranger.sign_in("bob", "a robin that sings in the garden").unwrap();
    // who practises posts, in the lane that the copy has
    let received = receive("practice", "BOLT", 5);
    bob.post(received.path, &received.body).good();
    server.stop();
    verified(site, copy, "copy");
    assert_eq!(int(&copy.url, POSTINGS), int(&site.url, POSTINGS) + 1);
}

fn people_are_held_to_the_sites_of_a_copy(engine: Engine) {
    let site = store(engine);
    let made = make(&site, &["--into", "london", "--site", "LON", "--site", "lon", "--trainer", "coach"]);
    assert_eq!(
        (&made["login"], &made["sites"], &made["people"]),
        (
            &json!("coach"),
            &json!(["LON"]),
            &json!({ "users_kept": 4, "users_erased": 1, "logins_erased": ["carl"], "keys_revoked": 5, "approvals_expired": 1 })
        )
    );
    let copy = copy_of(&site, "london");
    verified(&site, &copy, "london");
    // whoever may do nothing there is nobody there, in every text and every free page
    let bytes = std::fs::read(site.path("london").join("stockwell.db")).unwrap();
    for text in ["carl of the north", "laptop of carl", "user:carl", "\"carl\""] {
        assert!(!has(&bytes, text.as_bytes()), "{text}");
    }
    assert!(has(&bytes, b"bob of the north") && has(&bytes, b"ann of the north"));

    let server = served(&site, &copy, "london");
    let coach = trainer(&server, &made);
    let new = json!({ "password": "a robin that sings in the garden" });
    for (login, places) in [("ann", vec!["LON", "LON-1", "LON-2"]), ("dora", vec!["LON-1"])] {
        coach.act(format!("/api/v1/users/{login}/password"), &new).good();
        let actor =
            Actor::stranger(server.address).sign_in(login, new["password"].as_str().unwrap()).unwrap();
        let shown = actor.get("/api/v1/locations").good().json();
        let mut codes: Vec<&str> =
            shown["items"].as_array().unwrap().iter().filter_map(|place| place["code"].as_str()).collect();
        codes.retain(|code| !code.starts_with('~'));
        assert_eq!(codes, places, "{login}");
        assert_eq!(actor.get("/api/v1/locations/BER").status, 404, "{login}");
    }
    let all = coach.get("/api/v1/locations").good().json();
    assert!(all["items"].as_array().unwrap().iter().any(|place| place["code"] == "BER-1"));
    server.stop();
    site.run(&["training", "remove", "london"]);
    assert!(!site.path("london").exists());
}

fn a_copy_is_of_one_moment_however_busy_the_store_is(engine: Engine) {
    let site = store(engine);
    let server = site.serve();
    let stop = AtomicBool::new(false);
    let (begun, made_by, answered) = std::thread::scope(|scope| {
        let (server, stop) = (&server, &stop);
        let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || trade(server, writer, stop))).collect();
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        make(&site, &["--into", "copy"]);
        let made_by = Instant::now();
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        let answered: Vec<Instant> = writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .map(|answered| answered.at)
            .collect();
        (begun, made_by, answered)
    });
    server.stop();
    let before = answered.iter().filter(|at| **at < begun).count();
    let meanwhile = answered.iter().filter(|at| (begun..made_by).contains(*at)).count();
    assert!(before > 0 && meanwhile > 0, "{before} before, {meanwhile} meanwhile");
    assert!(answered.iter().any(|at| *at > made_by), "writers went on");
    let copy = copy_of(&site, "copy");
    // every balance, layer and chain is of the same moment
    verified(&site, &copy, "copy");
    site.verify();
    // one posting of the opening stock came before all of them
    let copied = int(&copy.url, POSTINGS) - 1;
    let (least, most) = (i64::try_from(before).unwrap(), i64::try_from(before + meanwhile).unwrap() + 4);
    assert!((least..=most).contains(&copied), "{copied} of {least} to {most}");
    assert_eq!(int(&site.url, POSTINGS) - 1, i64::try_from(answered.len()).unwrap());
}

fn what_is_no_copy_is_not_made_and_not_thrown_away(engine: Engine) {
    let site = store(engine);
    let before = digests(&site.url);
    let run = |arguments: &[&str]| -> Output {
        site.command(&[&["training"], arguments].concat()).output().unwrap()
    };
    let refused = |arguments: &[&str], with: i32, why: &str| {
        let output = run(arguments);
        let said = said(&output);
        assert_eq!((code(&output), said.contains(why)), (with, true), "{arguments:?}: {said}");
    };
    std::fs::create_dir(site.path("theirs")).unwrap();
    std::fs::write(site.path("theirs").join("stockwell.db"), "theirs").unwrap();
    std::fs::create_dir(site.path("theirs").join("files")).unwrap();
    std::fs::write(site.path("theirs").join("files/x"), "theirs").unwrap();
    refused(&["make", "--into", "theirs"], 4, "`theirs` is not empty");
    assert_eq!(std::fs::read(site.path("theirs").join("files/x")).unwrap(), b"theirs");
    assert_eq!(std::fs::read_dir(site.path("theirs")).unwrap().count(), 2);
    refused(&["remove", "theirs"], 4, "is no database");
    assert_eq!(std::fs::read(site.path("theirs").join("stockwell.db")).unwrap(), b"theirs");
    std::fs::write(site.path("file"), "").unwrap();
    refused(&["make", "--into", "file"], 4, "it is a file");
    refused(&["make"], 2, "--into");
    for (sites, why) in [
        (&["--site", "PAR"][..], "there is no site `PAR`"),
        (&["--site", "LON", "--site", "LON-1"], "`LON-1` is a place and no site"),
        (&["--trainer", "ann"], "`ann` is somebody already"),
        (&["--trainer", "not a login"], "a login is"),
    ] {
        refused(&[&["make", "--into", "none"], sites].concat(), 1, why);
        assert!(!site.path("none").exists(), "{sites:?}: nothing is left");
    }
    // of several who make one in the same folder one does
    let ends = crowd(4, |_| {
        let output = run(&["make", "--into", "copy"]);
        (code(&output), said(&output).contains("`copy` is not empty"))
    });
    let count = |end| ends.iter().filter(|found| **found == end).count();
    assert_eq!((count((0, false)), count((4, true))), (1, 3), "{ends:?}");
    let copy = copy_of(&site, "copy");
    verified(&site, &copy, "copy");

    let of_a_copy = copy.command(&["training", "make", "--into", "second"]).output().unwrap();
    assert_eq!((code(&of_a_copy), said(&of_a_copy).contains("is a training copy itself")), (4, true));
    let server = served(&site, &copy, "copy");
    refused(&["remove", "copy"], 4, "another process already uses");
    assert!(Actor::stranger(server.address).get("/readyz").good().json()["training"] == true);
    server.stop();
    for (folder, why) in [
        ("nowhere", "holds no database"),
        (".", if engine == Engine::Sqlite { "is no training copy" } else { "holds no database" }),
    ] {
        refused(&["remove", folder], 4, why);
    }
    std::os::unix::fs::symlink(site.path("copy"), site.path("link")).unwrap();
    std::fs::create_dir(site.path("linked")).unwrap();
    let database = site.path("copy").join("stockwell.db");
    std::os::unix::fs::symlink(&database, site.path("linked").join("stockwell.db")).unwrap();
    refused(&["remove", "linked"], 4, "holds no database");

    // the mark goes along with a backup, and what somebody has put there stays
    copy.run(&["--data", site.path("copy").to_str().unwrap(), "backup", "create"]);
    copy.run(&["restore", &first_backup(&site), "--into", site.path("restored").to_str().unwrap()]);
    let removed: Value =
        serde_json::from_slice(&site.run(&["--json", "training", "remove", "restored"]).stdout).unwrap();
    assert_eq!(removed["left"], json!([]), "{removed}");
    std::fs::write(site.path("copy").join("notes.txt"), "mine").unwrap();
    let removed: Value =
        serde_json::from_slice(&site.run(&["--json", "training", "remove", "copy"]).stdout).unwrap();
    assert_eq!(removed["left"], json!(["backups", "notes.txt"]));
    assert!(!database.exists() && site.path("copy").join("notes.txt").exists());
    refused(&["remove", "copy"], 4, "holds no database");
    assert_eq!(digests(&site.url), before, "the store is as it was");
}

fn first_backup(site: &Site) -> String {
    let found = std::fs::read_dir(site.path("copy").join("backups")).unwrap();
    let mut files = found.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.next().unwrap().to_str().unwrap().to_owned()
}

/// What would send something to others, in the settings of whoever serves the copy as well.
fn told_to_send(address: &str) -> Vec<(&'static str, String)> {
    vec![
        ("STOCKWELL_EXPORT_LISTS", "items".to_owned()),
        ("STOCKWELL_EXPORT_FOLDER", "lists".to_owned()),
        ("STOCKWELL_EXPORT_EVERY_HOURS", "1".to_owned()),
        ("STOCKWELL_EXPORT_URL", format!("http://{address}/in")),
        ("STOCKWELL_BACKUP_FOLDER", "saved".to_owned()),
        ("STOCKWELL_BACKUP_EVERY_HOURS", "1".to_owned()),
        ("STOCKWELL_OUTBOUND_ORIGINS", format!("http://{address}")),
        ("STOCKWELL_OIDC_ISSUER", format!("http://{address}")),
        ("STOCKWELL_OIDC_CLIENT_ID", "stock".to_owned()),
        ("STOCKWELL_PUBLIC_URL", "http://127.0.0.1:8080".to_owned()),
    ]
}

#[test]
fn a_copy_is_told_to_send_and_does_not() {
    let site = store(Engine::Sqlite);
    make(&site, &["--into", "copy"]);
    let copy = copy_of(&site, "copy");
    let settings = told_to_send("127.0.0.1:1");
    let shown = |site: &Site, arguments: &[&str]| -> Value {
        let mut command = site.command(&[&["--json"], arguments].concat());
        let output = command.envs(settings.iter().map(|(name, value)| (name, value))).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    let sources = |site: &Site| -> BTreeMap<String, (String, String)> {
        let all = shown(site, &["config", "show"]);
        let text = |setting: &Value, name: &str| setting[name].as_str().unwrap().to_owned();
        let each = all.as_array().unwrap().iter();
        each.map(|one| (text(one, "name"), (text(one, "value"), text(one, "source")))).collect()
    };
    let (real, held) = (sources(&site), sources(&copy));
    for (name, variable) in [
        ("export.url", "STOCKWELL_EXPORT_URL"),
        ("export.lists", "STOCKWELL_EXPORT_LISTS"),
        ("oidc.issuer", "STOCKWELL_OIDC_ISSUER"),
        ("backup.every_hours", "STOCKWELL_BACKUP_EVERY_HOURS"),
        ("backup.folder", "STOCKWELL_BACKUP_FOLDER"),
    ] {
        assert_eq!(real[name].1, format!("environment {variable}"));
        let default = if name == "backup.every_hours" { "off" } else { "" };
        assert_eq!(held[name], (default.to_owned(), "training copy".to_owned()), "{name}");
    }
    let checks = |site: &Site| -> BTreeMap<String, (bool, String)> {
        let report = shown(site, &["doctor"]);
        let each = report["checks"].as_array().unwrap().iter();
        each.map(|check| {
            let name = check["name"].as_str().unwrap().to_owned();
            (name, (check["good"] == true, check["detail"].as_str().unwrap().to_owned()))
        })
        .collect()
    };
    let (real, held) = (checks(&site), checks(&copy));
    assert!(!real["identity provider"].0, "nobody answers there: {real:?}");
    assert_eq!(held["identity provider"], (true, "there is none in the settings".to_owned()));
    assert_eq!(real["training copy"].1, "it is none");
    assert!(held["training copy"].1.starts_with("it is one, made at "), "{held:?}");
}

#[test]
#[ignore = "long: half a minute until lists and backups are due"]
fn a_copy_sends_nothing_and_writes_nothing_by_itself_where_the_store_does() {
    let site = store(Engine::Sqlite);
    make(&site, &["--into", "copy"]);
    let copy = copy_of(&site, "copy");
    let (real, held) = std::thread::scope(|scope| {
        let each = [&site, &copy].map(|site| scope.spawn(move || what_it_does(site)));
        let [real, held] = each.map(|one| one.join().unwrap());
        (real, held)
    });
    assert_eq!(real, (true, true, true), "the store sends, exports and backs up");
    assert_eq!(held, (false, false, false), "its copy does not");
}

/// Whether a server sends something, writes lists, and makes a backup within 40 seconds.
fn what_it_does(site: &Site) -> (bool, bool, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let settings = told_to_send(&listener.local_addr().unwrap().to_string());
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = site.serve_with(&[], &settings);
    let end = Instant::now() + Duration::from_secs(40);
    let mut was_called = false;
    while Instant::now() < end {
        was_called |= listener.accept().is_ok();
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(server);
    let has_some = |folder: &str| std::fs::read_dir(site.path(folder)).is_ok_and(|found| found.count() > 0);
    (was_called, has_some("lists"), has_some("saved") || has_some("backups"))
}
