//! The support bundle holds what helps and nothing else: canaries stand in every setting that could hold a secret and in
//! every column of the database, and none of them is found in it.

use super::{Ended, Shell};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Who has an account.
const PERSON: &str = "zuleika";
const CANARY: &str = "canaryintheminestillsings";

/// The files of a bundle.
fn unpacked(file: &Path) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for at in 0..zip.len() {
        let mut piece = zip.by_index(at).unwrap();
        let name = piece.name().unwrap().into_owned();
        let mut text = String::new();
        piece.read_to_string(&mut text).unwrap();
        found.insert(name, text);
    }
    found
}

fn parsed(pieces: &BTreeMap<String, String>, name: &str) -> Value {
    serde_json::from_str(&pieces[name]).unwrap()
}

/// Writes the canary into every column of every row that takes it; into which columns.
fn plant(file: &Path) -> BTreeSet<String> {
    let books = Connection::open(file).unwrap();
    books.execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on;").unwrap();
    let names = |query: &str| -> Vec<String> {
        let mut asked = books.prepare(query).unwrap();
        asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for trigger in names("select name from sqlite_schema where type = 'trigger'") {
        books.execute_batch(&format!("drop trigger {trigger}")).unwrap();
    }
    let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'
        and name not like 'db_migration%' and name not like '%_fts%'";
    let mut planted = BTreeSet::new();
    for table in names(tables) {
        for column in names(&format!("select name from pragma_table_info('{table}')")) {
            // strict columns of numbers take no text, and keys take one only once
            let statement = format!("update or ignore {table} set {column} = ?1");
            let text = books.execute(&statement, [CANARY]).is_ok_and(|rows| rows > 0);
            let bytes = books.execute(&statement, [CANARY.as_bytes()]).is_ok_and(|rows| rows > 0);
            if text || bytes {
                planted.insert(format!("{table}.{column}"));
            }
        }
    }
    planted
}

#[test]
fn a_bundle_holds_what_helps_and_is_never_written_over() {
    let shell = Shell::ready();
    shell.run(&["user", "add", PERSON, "--role", "clerk"]).good();
    let line = |number| format!("{{\"level\":\"warn\",\"msg\":\"`{CANARY}` waits\",\"n\":{number}}}\n");
    let log = [line(1), line(2), line(3)].concat();
    std::fs::write(shell.path("server.log"), log + "plain text of zuleika\n").unwrap();
    let call = ["--json", "doctor", "--bundle", "help.zip", "--verify", "--log", "server.log"];
    let told = shell.run(&call).good().json();
    let names: Vec<&str> = told["bundle"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    let expected = ["README.txt", "report.json", "database.json", "host.json", "verify.json", "log.jsonl"];
    assert_eq!(names, expected);
    let file = shell.path("help.zip");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let pieces = unpacked(&file);
    let database = parsed(&pieces, "database.json");
    assert_eq!((&database["engine"], &database["steps_behind"]), (&json!("sqlite"), &json!(0)));
    let of = |list: &str, table: &str, what: &str| {
        let found = database[list].as_array().unwrap().iter().find(|row| row["table"] == json!(table));
        found.unwrap_or_else(|| panic!("no {table} in {list}"))[what].as_i64().unwrap()
    };
    assert_eq!(of("rows", "access_user", "rows"), 1);
    assert!(of("bytes", "access_user", "bytes_with_indexes") >= 4_096);
    assert!(database["steps"].as_array().unwrap().iter().any(|step| step["set"] == json!("stock")));
    let verify = parsed(&pieces, "verify.json");
    assert!(verify["invariants"].as_array().unwrap().iter().all(|one| one["violations"] == json!(0)));
    assert_eq!(pieces["log.jsonl"].lines().count(), 3);
    assert!(parsed(&pieces, "host.json")["processors"].as_i64().unwrap() >= 1);
    assert_eq!(parsed(&pieces, "report.json")["version"], json!(env!("CARGO_PKG_VERSION")));
    let all: String = pieces.values().cloned().collect();
    assert!(!all.contains(PERSON) && !all.contains(CANARY), "{all}");

    let again = shell.run(&["doctor", "--bundle", "help.zip"]);
    assert_eq!((again.code, again.err.contains("is there already")), (4, true), "{again:?}");
    assert_eq!(shell.run(&["doctor", "--bundle", "none/help.zip"]).code, 4);
    assert_eq!(shell.run(&["doctor", "--bundle", "x.zip", "--log", "none.log"]).code, 4);
    assert!(!shell.path("x.zip").exists(), "nothing is left");
    assert_eq!(shell.run(&["doctor", "--verify"]).code, 2, "there is nothing to put it into");
}

#[test]
fn no_secret_and_nobody_is_in_a_bundle() {
    let shell = Shell::ready();
    shell.run(&["user", "add", PERSON, "--role", "clerk"]).good();
    shell.run(&["key", "add", "till", "--role", "integration"]).good();
    let planted = plant(&shell.path("data/stockwell.db"));
    let secrets =
        ["access_user.login", "access_user.password", "access_key.secret_hash", "access_key.public_id"];
    let others = ["access_principal.name", "db_audit.details", "places_location.name"];
    for column in secrets.into_iter().chain(others) {
        assert!(planted.contains(column), "{column}: {planted:?}");
    }
    std::fs::write(shell.path("oidc.secret"), CANARY).unwrap();
    let owner_alone = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(shell.path("oidc.secret"), owner_alone).unwrap();
    // an address of these that holds a user or a password is refused by every command
    let settings: BTreeMap<&str, String> = [
        ("STOCKWELL_PUBLIC_URL", format!("https://{CANARY}.example")),
        ("STOCKWELL_OIDC_ISSUER", "http://127.0.0.1:9".to_owned()),
        ("STOCKWELL_OIDC_NAME", CANARY.to_owned()),
        ("STOCKWELL_OIDC_CLIENT_ID", CANARY.to_owned()),
        ("STOCKWELL_OIDC_CLIENT_SECRET_FILE", shell.path("oidc.secret").display().to_string()),
        ("STOCKWELL_OIDC_SCOPES", format!("openid {CANARY}")),
        ("STOCKWELL_OIDC_LOGIN_CLAIM", CANARY.to_owned()),
        ("STOCKWELL_OIDC_GROUPS_CLAIM", CANARY.to_owned()),
        ("STOCKWELL_OIDC_ROLES", format!("{CANARY}=clerk")),
        ("STOCKWELL_OUTBOUND_ORIGINS", "http://127.0.0.1:9".to_owned()),
    ]
    .into();
    let run = |file: &str, database: Option<&str>| {
        let mut command = shell.command(&["doctor", "--bundle", file]);
        command.envs(&settings);
        if let Some(url) = database {
            command.env("STOCKWELL_DATABASE", url);
        }
        Ended::from(command.output().unwrap())
    };
    // it is as broken as it can be, and told all the same
    let ended = run("sick.zip", None);
    assert!(ended.code != 0, "{ended:?}");
    let elsewhere = format!("postgres://{CANARY}:{CANARY}@127.0.0.1:1/x?password={CANARY}&user={CANARY}");
    let ended_elsewhere = run("away.zip", Some(&elsewhere));
    assert!(ended_elsewhere.code != 0, "{ended_elsewhere:?}");
    for file in ["sick.zip", "away.zip"] {
        let pieces = unpacked(&shell.path(file));
        for (name, text) in &pieces {
            assert!(!text.contains(CANARY), "{file}, {name}: {text}");
            assert!(!text.contains(PERSON), "{file}, {name}: {text}");
        }
        let report = parsed(&pieces, "report.json");
        let setting = |name: &str| {
            let all = report["settings"].as_array().unwrap();
            all.iter().find(|one| one["name"] == json!(name)).unwrap()["value"].clone()
        };
        assert_eq!(setting("oidc.client_id"), json!("(set)"));
        assert_eq!(setting("limits.streams"), json!("10"));
    }
    let away = unpacked(&shell.path("away.zip"));
    assert!(parsed(&away, "database.json")["error"].is_string(), "{}", away["database.json"]);
}

#[test]
fn a_bundle_of_a_server_tells_the_same_numbers() {
    let shell = Shell::new();
    let database = testkit::pg::Database::new(&stockwell::wiring::MIGRATIONS).unwrap();
    let mut command = shell.command(&["doctor", "--bundle", "help.zip"]);
    let ended = Ended::from(command.env("STOCKWELL_DATABASE", &database.url).output().unwrap());
    assert!(shell.path("help.zip").exists(), "{ended:?}");
    let told = parsed(&unpacked(&shell.path("help.zip")), "database.json");
    assert_eq!((&told["engine"], &told["steps_behind"]), (&json!("postgres"), &json!(0)), "{told}");
    for (list, what) in [("rows", "rows"), ("bytes", "bytes_with_indexes")] {
        let all = told[list].as_array().unwrap();
        let roles = all.iter().find(|row| row["table"] == json!("access_role")).unwrap();
        assert!(roles[what].as_i64().unwrap() > 0, "{roles}");
    }
}
