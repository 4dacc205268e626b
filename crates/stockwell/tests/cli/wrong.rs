//! What goes wrong at the command line is told once, in its words, with the file or the setting that
//! is at fault.

use super::{Ended, Shell};
use serde_json::{Value, json};

/// The error of a call that has to stop with a code; it is told once and shows nothing of the inside.
fn refused(ended: Ended, code: i32, says: &str) -> String {
    assert_eq!(ended.code, code, "{ended:?}");
    assert!(ended.err.contains(says), "`{says}` is not in: {}", ended.err);
    for inside in ["os error 17", "(26)", "no such table", ".part", "\"/"] {
        assert!(!ended.err.contains(inside), "{}", ended.err);
    }
    ended.err
}

#[test]
fn a_setting_that_there_is_not_is_refused_wherever_it_stands() {
    let shell = Shell::ready();
    let with = |name: &str, value: &str| -> Ended {
        shell.command(&["routes"]).env(name, value).output().unwrap().into()
    };
    refused(with("STOCKWELL_LOG_LEVEL", "loud"), 78, "`loud` does not begin with a level");
    refused(with("STOCKWELL_LISTN", "127.0.0.1:1"), 78, "is `STOCKWELL_LISTEN` meant?");
    refused(with("STOCKWELL_LISTEN", "localhost:7199"), 78, "not an IP address with a port");
    refused(
        shell.run(&["serve", "--listen", "localhost:7199"]),
        2,
        "`--listen`: `localhost:7199` is not an IP",
    );
    with("STOCKWELL_LOG_LEVEL", "info,web=debug").good();
    // a key that was named may only be out of reach: none is made in its place
    let mut serve = shell.command(&["serve", "--listen", "127.0.0.1:0"]);
    let lost = serve.env("STOCKWELL_SECRETS_KEY_FILE", "nowhere.key").output().unwrap();
    refused(lost.into(), 78, "the master key `nowhere.key`: No such file");
}

#[test]
fn a_wrong_call_is_told_as_json_where_that_is_asked_for() {
    let shell = Shell::ready();
    let told = |arguments: &[&str]| -> Value { serde_json::from_str(&shell.run(arguments).err).unwrap() };
    let settings = {
        let mut command = shell.command(&["--json", "routes"]);
        let ended = Ended::from(command.env("STOCKWELL_LISTEN", "here").output().unwrap());
        serde_json::from_str::<Value>(&ended.err).unwrap()
    };
    assert_eq!((&settings["code"], &settings["exit_code"]), (&json!("invalid_settings"), &json!(78)));
    let usage = told(&["--json", "user", "fly"]);
    assert_eq!((&usage["code"], &usage["exit_code"]), (&json!("called_wrongly"), &json!(2)));
    let gone = told(&["--json", "--data", "nowhere", "user", "list"]);
    assert_eq!((&gone["code"], &gone["exit_code"]), (&json!("cannot_run"), &json!(4)));
    let field = told(&["--json", "user", "add", "bob", "--role", "captain"]);
    assert_eq!((&field["code"], &field["errors"][0]["pointer"]), (&json!("invalid_value"), &json!("--role")));
    assert_eq!(field["error"], field["errors"][0]["detail"]);
    assert_eq!(shell.run(&["--json", "--help"]).good().err, "", "help is a result");
}

#[test]
fn a_refusal_is_said_once_and_without_pointers() {
    let shell = Shell::ready();
    let unknown =
        refused(shell.run(&["user", "add", "bob", "--role", "captain"]), 1, "`stockwell role list`");
    assert_eq!(unknown.matches("captain").count(), 1, "{unknown}");
    assert!(!unknown.contains("  /"), "{unknown}");
    let roles = shell.run(&["role", "list"]).good().out;
    assert!(roles.contains("administrator\n  "), "{roles}");
    assert!(roles.lines().all(|line| line.len() <= 80), "{roles}");
    refused(shell.run(&["key", "add", "laptop"]), 2, "<--user <LOGIN>|--role <ROLE>>");
    shell.run(&["user", "add", "ann", "--role", "clerk"]).good();
    for (call, option) in [
        ("user add bob --role captain", "\n  at --role"),
        ("user add bob --role clerk@NOPE", "\n  at --role"),
        ("user add B! --role clerk", "\n  at <LOGIN>"),
        ("key add laptop --role captain", "\n  at --role"),
        ("key add laptop --role clerk --within NOPE", "\n  at --within"),
        ("key add laptop --user nobody", "\n  at --user"),
        ("key add laptop --user ann --unlimited", "\n  at --unlimited"),
    ] {
        let call: Vec<&str> = call.split(' ').collect();
        refused(shell.run(&call), 1, option);
    }
    let weak = shell.run_with_input(&["user", "add", "bob", "--role", "clerk", "--password-stdin"], "secret");
    refused(weak, 1, "\n  at --password-stdin");
}

#[test]
fn a_call_that_lacks_something_is_told_what_there_is() {
    let shell = Shell::ready();
    let lists = refused(shell.run(&["export"]), 2, "`--canonical` for everything");
    assert!(lists.contains("items, units, barcodes"), "{lists}");
    refused(shell.run(&["verify", "--check", "5"]), 2, "is `I-05` meant?");
    refused(shell.run(&["verify", "--all", "--check", "I-05"]), 2, "cannot be used with");
    let whole = |call: &[&str]| shell.run(call).good().json()["records"].as_array().map(Vec::len);
    assert_eq!(whole(&["--json", "verify", "--all"]), whole(&["--json", "verify"]));
}

/// What is one character too long is refused in words that name it, with and without `--json`, and
/// changes nothing; at its limit it is taken.
#[test]
fn a_text_that_is_too_long_is_refused_by_name() {
    let shell = Shell::ready();
    let x = |count: usize| "x".repeat(count);
    let (name_201, login_65, shown_121) = (x(201), x(65), x(121));
    let (name_200, login_64, shown_120) = (x(200), x(64), x(120));
    let everything = || -> Vec<String> {
        let calls = [&["user", "list"][..], &["key", "list"], &["init"], &["export", "--canonical"]];
        calls.iter().map(|call| shell.run(&[&["--json"], *call].concat()).good().out).collect()
    };
    let refuse = |call: &[&str], (pointer, says): (&str, &str)| {
        let before = everything();
        refused(shell.run(call), 1, &format!("error: {says} (limit_exceeded)"));
        let ended = shell.run(&[&["--json"], call].concat());
        let told: Value = serde_json::from_str(&ended.err).unwrap();
        let error = json!({ "pointer": pointer, "code": "limit_exceeded", "detail": says });
        let whole = json!({ "error": says, "exit_code": 1, "code": "limit_exceeded", "errors": [error] });
        assert_eq!((ended.code, told), (1, whole), "{call:?}");
        assert_eq!(everything(), before, "{call:?}: something was changed");
    };
    let books = ("--name", "a name is at most 200 characters long, this one has `201`");
    refuse(&["init", "--name", &name_201], books);
    refuse(&["init", "--name", &name_201, "--currency", "EUR"], books);
    for wrong in [["--name", &name_201], ["--currency", "POUND"], ["--zone", "Nowhere/At_All"]] {
        let ended = shell.run(&[&["--data", "fresh", "init"], &wrong[..]].concat());
        assert_eq!((ended.code, shell.path("fresh").exists()), (1, false), "{ended:?}");
    }
    let organisation = |call: &[&str]| {
        let made = shell.run(&[&["--json"], call].concat()).good().json();
        (made["organisation"]["version"].clone(), made["organisation"]["name"].clone())
    };
    assert_eq!(organisation(&["init"]), (json!(0), Value::Null), "the books are not set up yet");
    assert_eq!(organisation(&["init", "--name", &name_200]), (json!(1), json!(name_200)));
    let login = ("<LOGIN>", "a login has at most 64 characters, this one has `65`");
    let shown = ("--name", "a name has at most 120 characters, this one has `121`");
    refuse(&["user", "add", &login_65, "--role", "clerk"], login);
    refuse(&["user", "add", "bob", "--role", "clerk", "--name", &shown_121], shown);
    let purpose = ("<NAME>", shown.1);
    refuse(&["key", "add", &shown_121, "--role", "clerk"], purpose);
    let user = ["--json", "user", "add", &login_64, "--role", "clerk", "--name", &shown_120];
    let user = shell.run(&user).good().json();
    assert_eq!((&user["login"], &user["name"]), (&json!(login_64), &json!(shown_120)));
    refuse(&["key", "add", &shown_121, "--user", &login_64], purpose);
    refuse(&["user", "end", &login_65], login);
    refuse(&["user", "password", &login_65], login);
    for whose in [["--role", "clerk"], ["--user", &login_64]] {
        let key = shell.run(&[&["--json", "key", "add", &shown_120], &whose[..]].concat()).good().json();
        assert_eq!(key["name"], json!(shown_120));
    }
    // a password is not shown, however it is refused
    let password = "correct horse battery ".repeat(12);
    let call = ["user", "add", "bob", "--role", "clerk", "--password-stdin"];
    let told = refused(shell.run_with_input(&call, &password), 1, "(limit_exceeded)");
    assert!(told.contains("password") && !told.contains("horse"), "{told}");
    let users = shell.run(&["--json", "user", "list"]).good().json();
    assert_eq!(users.as_array().map(Vec::len), Some(1), "{users}");
}

#[test]
fn what_is_done_already_is_said() {
    let shell = Shell::ready();
    shell.run(&["user", "add", "ann", "--role", "clerk"]).good();
    let ended = shell.run(&["user", "end", "ann"]).good().out;
    assert!(ended.contains("\nended at "), "{ended}");
    let again = shell.run(&["user", "end", "ann"]).good().out;
    assert_eq!(again, ended.replace("\nended at ", "\nhad ended already, at "));
    let anew = shell.run(&["user", "add", "ann", "--role", "clerk"]);
    assert!(anew.code == 1 && anew.err.contains("and its login is not given again"), "{}", anew.err);
    assert_eq!(shell.run(&["period", "list"]).good().out, "no month was ever closed\n");
    let key = shell.run(&["--json", "key", "add", "till", "--role", "clerk"]).good().json();
    let until = key["expires_at"].as_str().unwrap();
    assert!(until.len() == "2026-03-01T09:30:00Z".len(), "{until}");
}

#[test]
fn whoever_serves_other_machines_without_tls_is_warned() {
    let shell = Shell::ready();
    let told = |listen: &str| {
        let server = shell.serve_on(listen);
        server.signal("TERM");
        let (code, log, told) = server.ended();
        assert_eq!(code, 0);
        let log: Vec<Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let logged = log.iter().any(|line| {
            line["level"] == "warn" && line["msg"].as_str().is_some_and(|text| text.contains("without TLS"))
        });
        (logged, told.contains("there is no TLS"))
    };
    assert_eq!(told("0.0.0.0:0"), (true, true));
    assert_eq!(told("127.0.0.1:0"), (false, false), "nobody else can read along");
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_named() {
    let shell = Shell::new();
    let path = |name: &str| shell.path(name).display().to_string();
    std::fs::write(shell.path("afile"), "x").unwrap();
    refused(shell.run(&["init", "--data", "afile"]), 4, "`afile`: it is a file, and a folder is needed");
    refused(shell.run(&["user", "list", "--data", "afile"]), 4, "cannot look at `afile/stockwell.db`");
    refused(shell.run(&["doctor", "--data", "afile"]), 4, "cannot read `afile`");
    std::fs::create_dir(shell.path("odd")).unwrap();
    std::fs::write(shell.path("odd/stockwell.db"), "this was written by another program ".repeat(99))
        .unwrap();
    for call in [["user", "list"], ["migrate", "--json"], ["doctor", "--json"]] {
        refused(shell.run(&[&call[..], &["--data", "odd"]].concat()), 4, "`odd/stockwell.db` is no database");
    }
    std::fs::create_dir(shell.path("empty")).unwrap();
    std::fs::write(shell.path("empty/stockwell.db"), "").unwrap();
    let empty = refused(shell.run(&["user", "list", "--data", "empty"]), 4, "`stockwell migrate`");
    assert!(empty.contains("empty/stockwell.db`: there are no tables"), "{empty}");
    shell.run(&["init"]).good();
    refused(shell.run(&["backup", "create", &path("no/such/copy.db")]), 4, "there is no folder");
    refused(
        shell.run(&["export", "--what", "stock", "--out", &path("nodir/x.csv")]),
        4,
        "there is no folder",
    );
    refused(shell.run(&["import", "online-retail", &path("odd")]), 4, "is a folder: name the file in it");
    std::fs::write(shell.path("wrong.csv"), "a,b\n1,2\n").unwrap();
    refused(shell.run(&["import", "online-retail", &path("wrong.csv")]), 1, "wrong.csv`: ");
}

#[test]
fn the_file_alone_holds_everything_when_a_command_has_ended() {
    let shell = Shell::ready();
    let data = shell.path("data");
    let beside = || -> Vec<String> {
        let names = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.filter(|name| name.ends_with("-wal") || name.ends_with("-shm")).collect()
    };
    assert_eq!(beside(), [""; 0], "after `init`");
    for reads in [&["user", "list"][..], &["verify"], &["doctor"], &["export", "--canonical"]] {
        shell.run(reads).good();
        assert_eq!(beside(), [""; 0], "after {reads:?}");
    }
    shell.run(&["user", "add", "ann", "--role", "clerk"]).good();
    assert_eq!(beside(), [""; 0], "after `user add`");
    let server = shell.serve();
    let stranger = testkit::http::Actor::stranger(server.address);
    let front = stranger.get("/api");
    assert_eq!(front.status, 200);
    assert!(front.text().contains("/api/openapi.json"), "{}", front.text());
    assert_eq!(stranger.get("/api/v1/items").status, 401);
    server.signal("TERM");
    assert_eq!(server.ended().0, 0);
    assert_eq!(beside(), [""; 0], "after a server");
    std::fs::create_dir(shell.path("copy")).unwrap();
    std::fs::copy(data.join("stockwell.db"), shell.path("copy").join("stockwell.db")).unwrap();
    assert!(shell.run(&["user", "list", "--data", "copy"]).good().out.contains("ann"));
}

#[test]
fn the_settings_are_shown_with_their_sources_and_without_secrets() {
    let shell = Shell::new();
    let file = shell.path("stockwell.toml");
    std::fs::write(&file, "[log]\nlevel = \"warn\"\n").unwrap();
    let url = "postgres://ann:canary@127.0.0.1:1/nowhere";
    let mut command = shell.command(&["--json", "--config", "stockwell.toml", "config", "show"]);
    let shown: Ended = command.env("STOCKWELL_DATABASE", url).output().unwrap().into();
    let shown = shown.good();
    assert!(!shown.out.contains("canary") && !shown.err.contains("canary"), "{}", shown.out);
    let settings = shown.json();
    let of = |name: &str| {
        let setting = settings.as_array().unwrap().iter().find(|setting| setting["name"] == name).unwrap();
        [setting["value"].as_str().unwrap().to_owned(), setting["source"].as_str().unwrap().to_owned()]
    };
    assert_eq!(of("log.level"), ["warn", "file stockwell.toml"]);
    assert_eq!(of("log.format"), ["json", "default"]);
    assert_eq!(of("database"), ["postgres://ann:***@127.0.0.1:1/nowhere", "environment STOCKWELL_DATABASE"]);
    std::fs::write(&file, shell.run(&["config", "default"]).good().out).unwrap();
    shell.run(&["--config", "stockwell.toml", "config", "show"]).good();
    std::fs::write(&file, "lisen = \"x\"").unwrap();
    let refused = shell.run(&["--config", "stockwell.toml", "config", "show"]);
    assert_eq!((refused.code, refused.err.contains("is `listen` meant?")), (78, true), "{}", refused.err);
}
