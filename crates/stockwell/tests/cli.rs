//! The command line, as the shell sees it: exit codes, output, and a server that is told to stop.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected fails the test")]

#[path = "support/ended.rs"]
mod ended;

#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/backed_up_files.rs"]
mod backed_up_files;
#[path = "cli/backups.rs"]
mod backups;
#[path = "cli/bars.rs"]
mod bars;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/bundles.rs"]
mod bundles;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/privacy.rs"]
mod privacy;
#[path = "cli/reference.rs"]
mod reference;
#[path = "cli/wrong.rs"]
mod wrong;

use ended::Ended;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testkit::http::Actor;

const PASSWORD: &str = "a canary that sings in the cellar";

/// A data folder with the program.
struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    fn new() -> Shell {
        Shell { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockwell"));
        command.args(arguments).env_clear().env("STOCKWELL_DATA", self.path("data"));
        command.env("PATH", "/usr/bin:/bin").current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    fn ready() -> Shell {
        let shell = Shell::new();
        shell.run(&["init"]).good();
        shell
    }

    /// Starts the server on a free port and waits until it listens.
    fn serve(&self) -> Served {
        self.serve_on("127.0.0.1:0")
    }

    fn serve_on(&self, listen: &str) -> Served {
        Shell::served(self.command(&["serve", "--listen", listen]))
    }

    /// The same from another folder of data.
    fn serve_from(&self, data: &str) -> Served {
        Shell::served(self.command(&["--data", data, "serve", "--listen", "127.0.0.1:0"]))
    }

    fn served(mut command: Command) -> Served {
        command.env("STOCKWELL_SHUTDOWN_DELAY_SECONDS", "0").env("STOCKWELL_LOG_LEVEL", "debug");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut log = Vec::new();
        let address = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            log.push(line.clone());
            let value: Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = value.get("address").and_then(Value::as_str) {
                break address.parse().unwrap();
            }
        };
        let rest = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
        Served { child: Some(child), address, log, rest: Some(rest) }
    }
}

struct Served {
    child: Option<Child>,
    address: SocketAddr,
    log: Vec<String>,
    rest: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Served {
    fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end; the exit code, the log, and what it told people.
    fn ended(mut self) -> (i32, Vec<String>, String) {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        self.log.extend(self.rest.take().unwrap().join().unwrap());
        (
            output.status.code().unwrap_or(-1),
            std::mem::take(&mut self.log),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // it may have ended by itself
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

#[test]
fn a_folder_is_made_ready_once_and_only_its_owner_looks_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let refused = shell.run(&["user", "list"]);
    assert_eq!(refused.code, 4);
    assert!(refused.err.starts_with("error: there is no database at"), "{}", refused.err);
    assert_eq!(shell.run(&["--json", "init"]).good().json().get("existed"), Some(&json!(false)));
    assert_eq!(shell.run(&["--json", "init"]).good().json().get("existed"), Some(&json!(true)));
    let mode = std::fs::metadata(shell.path("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn the_books_are_chosen_when_a_folder_is_made() {
    let shell = Shell::new();
    let books = |ended: Ended| {
        let shown = ended.good().json()["organisation"].clone();
        let word = |name: &str| shown[name].as_str().unwrap().to_owned();
        let how = (word("valuation_method"), word("valuation_grouping"));
        (word("currency"), word("zone"), how, shown["version"].as_i64().unwrap())
    };
    let own = |currency: &str, zone: &str, method: &str, grouping: &str, version| {
        (currency.to_owned(), zone.to_owned(), (method.to_owned(), grouping.to_owned()), version)
    };
    // nothing is chosen yet, and it can be later
    let untold = shell.run(&["--json", "init"]).good().json();
    assert_eq!(
        (&untold["organisation"]["name"], &untold["organisation"]["changed_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(books(shell.run(&["--json", "init"])), own("GBP", "UTC", "fifo", "site", 0));
    let wrong = shell.run(&["init", "--currency", "EUR", "--zone", "Mars/Base"]);
    assert_eq!((wrong.code, wrong.err.contains("`Mars/Base` is not")), (1, true), "{}", wrong.err);
    assert_eq!(shell.run(&["init", "--valuation", "lifo"]).code, 2);
    let choice = ["--currency", "EUR", "--zone", "Europe/Berlin", "--valuation", "moving-average"];
    let all = [&["--json", "init"][..], &choice, &["--grouping", "organisation"]].concat();
    let chosen = own("EUR", "Europe/Berlin", "moving_average", "organisation", 1);
    assert_eq!(books(shell.run(&all)), chosen);
    let again = shell.run(&["init", "--currency", "GBP"]);
    assert_eq!((again.code, again.err.contains("already_set_up")), (1, true), "{}", again.err);
    // to look at it changes nothing
    assert_eq!(books(shell.run(&["--json", "init"])), chosen);
}

#[test]
fn wrong_calls_and_wrong_settings_have_codes_of_their_own() {
    let shell = Shell::ready();
    assert_eq!(shell.run(&["teleport"]).code, 2);
    assert_eq!(shell.run(&["user", "add", "ann"]).code, 2, "no role");
    assert_eq!(shell.run(&["key", "add", "k"]).code, 2, "neither user nor role");
    assert_eq!(shell.run(&["serve", "--listen", "here"]).code, 2);
    assert_eq!(shell.run(&["--database", "mysql:x", "doctor"]).code, 4);
    let unsafe_file = shell.path("wrong.toml");
    std::fs::write(&unsafe_file, "colour = \"red\"\n").unwrap();
    let refused = shell.run(&["--config", unsafe_file.to_str().unwrap(), "doctor"]);
    assert_eq!(
        (refused.code, refused.err.contains("there is no setting `colour`")),
        (78, true),
        "{}",
        refused.err
    );
    for wrong in [["routes", "--colour"], ["routes", "red"], ["user", "fly"]] {
        let refused = shell.run(&wrong);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
        assert!(refused.err.contains("stockwell --help") || refused.err.contains("For more information"));
    }
    let refused = shell.run(&["--json", "user", "end", "nobody"]);
    let error: Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!(
        (refused.code, error.get("code"), error.get("exit_code")),
        (1, Some(&json!("not_found")), Some(&json!(1)))
    );
}

#[test]
fn users_and_keys_are_kept_by_the_operator() {
    let shell = Shell::ready();
    let added = shell
        .run(&["--json", "user", "add", "Ann", "--role", "administrator", "--role", "auditor"])
        .good()
        .json();
    assert_eq!(added.get("login"), Some(&json!("ann")));
    assert_eq!(added.get("grants"), Some(&json!(["administrator", "auditor"])));
    assert_eq!(added.get("password").and_then(Value::as_str).map(str::len), Some(20));
    assert_eq!(shell.run(&["user", "add", "ann", "--role", "clerk"]).code, 1);
    assert_eq!(shell.run(&["user", "add", "bob", "--role", "captain"]).code, 1);
    assert_eq!(shell.run(&["user", "add", "bob", "--role", "clerk@NIX"]).code, 1);
    let weak = shell
        .run_with_input(&["user", "add", "bob", "--role", "clerk", "--password-stdin"], "password1234\n");
    assert_eq!((weak.code, weak.err.contains("weak_password")), (1, true));
    let add = ["user", "add", "bob", "--role", "clerk", "--password-stdin"];
    let broken = shell.run_with_input(&add, b"caf\xe9 au lait every day\n");
    assert_eq!(
        (broken.code, broken.err.contains("password on standard input is not UTF-8")),
        (1, true),
        "{}",
        broken.err
    );
    // eleven letters, and what some editors put in front
    let marked = shell.run_with_input(&add, "\u{feff}hjklhjkmlkj\n");
    assert_eq!((marked.code, marked.err.contains("weak_password")), (1, true), "{}", marked.err);
    let set = shell.run_with_input(&["--json", "user", "password", "ann", "--password-stdin"], PASSWORD);
    assert_eq!(set.good().json().get("password"), None, "what was given is not shown");
    let key =
        shell.run(&["--json", "key", "add", "shop", "--role", "integration", "--unlimited"]).good().json();
    let prefix = key.get("prefix").and_then(Value::as_str).unwrap();
    let listed = shell.run(&["key", "list"]).good().out;
    assert!(listed.contains(prefix) && !listed.contains(key.get("secret").and_then(Value::as_str).unwrap()));
    assert!(
        shell.run(&["--json", "key", "revoke", prefix]).good().json().get("revoked_at").unwrap().is_string()
    );
    assert_eq!(shell.run(&["key", "revoke", "swk_nothing0"]).code, 1);
    assert_eq!(shell.run(&["user", "end", "ann"]).code, 1, "the last administrator stays");
    let none = shell.run(&["user", "remove-second-factor", "ann"]);
    assert!(none.code == 1 && none.err.contains("there is no second factor of `ann`"), "{none:?}");
    let head = shell.run(&["user", "list"]).good().out;
    assert!(
        head.starts_with("login  name  roles                   second factor  ended\nann    ann"),
        "{head}"
    );
}

#[test]
fn the_first_start_shows_the_way_in_and_the_log_shows_no_secret() {
    let shell = Shell::new();
    let begun = Instant::now();
    let server = shell.serve();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let stranger = Actor::stranger(server.address);
    assert_eq!(stranger.get("/readyz").status, 200);
    let wrong = json!({ "token": "sws_guess", "login": "ann", "password": PASSWORD });
    assert_eq!(stranger.ask("POST", "/api/v1/setup").fresh().json(&wrong).send().status, 401);
    let key = access::Token::new().unwrap();
    assert_eq!(Actor::with_key(server.address, key.reveal()).get("/api/v1/me").status, 401);
    let id = "req_0199f2c47a5e7b3c9d1e4f6a8b0c2d4e";
    stranger.ask("GET", "/api/v1/me").header("x-request-id", id).send();
    server.signal("TERM");
    let (code, log, told) = server.ended();
    assert_eq!(code, 0);
    let of_request = |line: &&String| line.contains(&format!("\"request_id\":\"{id}\""));
    assert_eq!(log.iter().filter(of_request).count(), 1, "one line for a request");
    assert!(told.contains("/api/v1/setup") && told.contains("/welcome?token=sws_"), "{told}");
    assert!(log.iter().any(|line| line.contains("\"request refused\"")), "debug lines were asked for");
    let is_new = |line: &&String| line.contains("a new store is made in it");
    assert_eq!(log.iter().filter(is_new).count(), 1);
    for line in &log {
        let value: Value = serde_json::from_str(line).unwrap();
        for field in ["ts", "level", "target", "msg"] {
            assert!(value.get(field).is_some_and(Value::is_string), "{line}");
        }
        for secret in [PASSWORD, "sws_", key.reveal()] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[test]
fn doctor_tells_each_setting_with_its_source() {
    let shell = Shell::ready();
    let mut command = shell.command(&["--json", "--database", "sqlite:data/stockwell.db", "doctor"]);
    let told = Ended::from(command.env("STOCKWELL_LOG_LEVEL", "warn").output().unwrap()).good().json();
    let source = |name: &str| {
        let settings = told.get("settings").and_then(Value::as_array).unwrap();
        let found = settings.iter().find(|setting| setting.get("name") == Some(&json!(name))).unwrap();
        found.get("source").and_then(Value::as_str).unwrap().to_owned()
    };
    assert_eq!(source("data"), "environment STOCKWELL_DATA");
    assert_eq!(source("log.level"), "environment STOCKWELL_LOG_LEVEL");
    assert_eq!(source("database"), "flag");
    assert_eq!(source("listen"), "default");
    let hidden = shell.run(&["--database", "postgres://ann:s3cret@127.0.0.1:1/x", "doctor"]);
    assert!(!hidden.out.contains("s3cret") && !hidden.err.contains("s3cret"), "{hidden:?}");
    assert!(hidden.code != 0);
    assert!(
        hidden.err.contains("STOCKWELL_DATABASE"),
        "a password in the arguments is remarked on: {hidden:?}"
    );
    let quiet =
        shell.command(&["doctor"]).env("STOCKWELL_DATABASE", "postgres://ann:s3cret@127.0.0.1:1/x").output();
    assert!(!Ended::from(quiet.unwrap()).err.contains("STOCKWELL_DATABASE"));
}

#[test]
fn nobody_is_shown_the_secret_of_the_identity_provider() {
    let shell = Shell::ready();
    let (secret, settings) = (shell.path("oidc.secret"), shell.path("settings.toml"));
    std::fs::write(&secret, "s3cret of the client\n").unwrap();
    let mode = |mode| std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    let text = format!(
        "public_url = \"https://stock.example\"\n[outbound]\norigins = \"http://127.0.0.1:9\"\n[oidc]\n\
         issuer = \"http://127.0.0.1:9\"\nclient_id = \"stockwell\"\nclient_secret_file = \"{}\"\n",
        secret.display()
    );
    std::fs::write(&settings, text).unwrap();
    let run = |words: &[&str]| shell.run(&[&["--config", settings.to_str().unwrap()], words].concat());
    let shown = run(&["config", "show"]).good();
    assert!(shown.out.contains("oidc.secret") && !shown.out.contains("s3cret of"), "{}", shown.out);
    let told = run(&["doctor"]);
    assert_eq!(told.code, 4, "{told:?}");
    assert!(told.err.contains("identity provider: `http://127.0.0.1:9` cannot be reached"), "{}", told.err);
    assert!(!told.out.contains("s3cret of") && !told.err.contains("s3cret of"), "{told:?}");
    mode(0o644);
    let open = run(&["doctor"]);
    assert_eq!((open.code, open.err.contains("others can read it (mode 644)")), (78, true), "{open:?}");
}

#[test]
fn doctor_tells_whether_lists_can_be_written_and_sent() {
    let shell = Shell::ready();
    let (file, folder) = (shell.path("a-file"), shell.path("lists"));
    std::fs::write(&file, "").unwrap();
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(".last-export"), "2026-03-01T08:00:00Z").unwrap();
    let told = |settings: &[(&str, &str)]| {
        let mut doctor = shell.command(&["--json", "doctor"]);
        doctor.envs(settings.iter().map(|(name, value)| (format!("STOCKWELL_{name}"), value)));
        let shown: Value = serde_json::from_str(&Ended::from(doctor.output().unwrap()).out).unwrap();
        let checks = shown["checks"].as_array().unwrap().clone();
        let exports = checks.into_iter().find(|check| check["name"] == "exports").unwrap();
        (exports["good"] == true, exports["detail"].as_str().unwrap().to_owned())
    };
    assert_eq!(told(&[]), (true, "no lists are written by themselves".to_owned()));
    let lists = ("EXPORT_LISTS", "items");
    let (bad, good) = (file.to_str().unwrap(), folder.to_str().unwrap());
    let (is_good, text) = told(&[lists, ("EXPORT_FOLDER", good)]);
    assert!(is_good && text.ends_with("is of 2026-03-01T08:00:00Z"), "{text}");
    let (is_good, text) = told(&[lists, ("EXPORT_FOLDER", shell.path("none").to_str().unwrap())]);
    assert!(is_good && text.ends_with("is made with the first lists"), "{text}");
    let (is_good, text) = told(&[lists, ("EXPORT_FOLDER", bad)]);
    assert!(!is_good && text.contains("cannot be written"), "{text}");
    let url = ("EXPORT_URL", "http://127.0.0.1:9/in");
    let (is_good, text) = told(&[lists, ("EXPORT_FOLDER", good), url]);
    assert!(!is_good && text.contains("list it in `outbound.origins`"), "{text}");
    let (is_good, text) =
        told(&[lists, ("EXPORT_FOLDER", good), url, ("OUTBOUND_ORIGINS", "http://127.0.0.1:9")]);
    assert!(!is_good && text.contains("cannot be reached"), "{text}");
}

#[test]
fn doctor_tells_when_the_master_key_is_not_the_one_that_sealed() {
    let shell = Shell::ready();
    shell.run(&["user", "add", "ann", "--role", "clerk"]).good();
    let told = || {
        let ended = shell.run(&["--json", "doctor"]);
        let shown = serde_json::from_str::<Value>(&ended.out).unwrap();
        let checks = shown.get("checks").and_then(Value::as_array).unwrap().clone();
        let found = checks.into_iter().find(|check| check.get("name") == Some(&json!("master key"))).unwrap();
        (ended.code, found.get("detail").and_then(Value::as_str).unwrap().to_owned())
    };
    let (code, detail) = told();
    assert!(code == 0 && detail.ends_with("is made when the server starts"), "{detail}");
    let server = shell.serve();
    server.signal("TERM");
    server.ended();
    let mode = std::fs::metadata(shell.path("data/master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (code, detail) = told();
    assert!(code == 0 && detail.ends_with("opens what was sealed"), "{detail}");
    let file = rusqlite::Connection::open(shell.path("data/stockwell.db")).unwrap();
    file.execute(
        "insert into access_factor (principal_id, secret, key_name, step, begun_at)
         select u.principal_id, x'01', x'0102030405060708', 0, u.password_changed_at from access_user u",
        [],
    )
    .unwrap();
    drop(file);
    let (code, detail) = told();
    assert!(code == 4 && detail.contains("1 second factor was sealed with another key"), "{detail}");
    // one that is not there is told before the server makes another
    let (key, away) = (shell.path("data/master.key"), shell.path("away.key"));
    std::fs::rename(&key, &away).unwrap();
    let (code, detail) = told();
    assert!(code == 4 && detail.contains("is not there, and 1 second factor was sealed with it"), "{detail}");
    assert!(!key.exists());
    std::fs::rename(&away, &key).unwrap();
    // and the server says so, and starts
    let server = shell.serve();
    server.signal("TERM");
    let (code, log, said) = server.ended();
    assert_eq!(code, 0);
    assert!(said.contains("warning: 1 second factor was sealed with another key"), "{said}");
    assert!(log.iter().any(|line| line.contains("second factors were sealed with another key")));
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let shell = Shell::ready();
    for arguments in
        [&["routes"][..], &["--json", "routes"], &["openapi"], &["doctor"], &["user", "list"], &["--help"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended =
            Ended::from(shell.command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn whoever_reads_json_is_shown_the_way_in_too() {
    let shell = Shell::new();
    let mut command = shell.command(&["--json", "serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let line = BufReader::new(child.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let value: Value = serde_json::from_str(&line).unwrap();
    let remark = value.get("remark").and_then(Value::as_str).unwrap();
    assert!(remark.contains("/api/v1/setup"), "{remark}");
}

#[test]
fn routes_and_description_come_without_a_database() {
    let shell = Shell::new();
    let routes = shell.run(&["--json", "routes"]).good().json();
    let rows = |list| routes.get(list).and_then(Value::as_array).unwrap();
    let routes: Vec<&Value> = rows("routes").iter().chain(rows("pages")).collect();
    assert!(routes.iter().all(|route| route.get("permission").is_some() && route.get("reach").is_some()));
    let count = routes.len();
    let shown = shell.run(&["routes"]).good().out;
    let lines = shown.lines().skip(1).filter(|line| !line.is_empty());
    let of_a_route = |line: &&str| {
        ["GET ", "POST ", "PUT ", "PATCH ", "DELETE "].iter().any(|word| line.starts_with(word))
    };
    assert_eq!(lines.clone().count(), count, "a line each: {shown}");
    assert!(lines.clone().all(|line| of_a_route(&line)), "{shown}");
    let description: Value = shell.run(&["openapi"]).good().json();
    assert_eq!(description.get("openapi"), Some(&json!("3.1.0")));
    assert!(!shell.path("data").exists(), "nothing was made");
}
