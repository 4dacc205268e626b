//! Backups and dumps: made beside a running server, restored elsewhere, and told apart by their release.

use super::files::pieces;
use super::{Ended, Shell};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use testkit::http::Actor;

#[test]
fn a_backup_is_made_beside_a_running_server_and_restored_elsewhere() {
    let shell = Shell::ready();
    shell.run(&["user", "add", "ann", "--role", "clerk"]).good();
    let server = shell.serve();
    let copy = shell.path("copy.backup");
    let copy = copy.to_str().unwrap();
    let made = shell.run(&["--json", "backup", "create", copy]).good().json();
    assert_eq!(made.get("sha256").and_then(Value::as_str).map(str::len), Some(64));
    let rights = std::fs::metadata(copy).unwrap().permissions().mode();
    assert_eq!(rights & 0o777, 0o600, "it holds accounts and keys");
    assert_eq!(shell.run(&["backup", "create", copy]).code, 4, "never over a file");
    assert_eq!(
        shell.run(&["user", "add", "bob", "--role", "clerk"]).code,
        4,
        "the server holds the database"
    );
    assert!(shell.run(&["user", "list"]).good().out.contains("ann"), "reading is possible beside it");
    server.signal("TERM");
    assert_eq!(server.ended().0, 0);

    let new = shell.path("new");
    let new = new.to_str().unwrap();
    shell.run(&["restore", copy, "--into", new]).good();
    assert!(shell.run(&["--data", new, "user", "list"]).good().out.contains("ann"));
    shell.run(&["--data", new, "verify", "--deep"]).good();
    let file = |folder: &Path| format!("sqlite:{}", folder.join("stockwell.db").display());
    its_feed_goes_on_elsewhere(&file(&shell.path("data")), &file(Path::new(new)));
    assert_eq!(
        shell.run(&["restore", copy, "--into", new]).code,
        4,
        "never into a folder with something in it"
    );
    assert_eq!(shell.run(&["restore", copy]).code, 2);
    assert_eq!(shell.run(&["restore", "nothing.db", "--into", "x"]).code, 4);

    std::fs::write(shell.path("empty.db"), "").unwrap();
    let empty = shell.run(&["restore", "empty.db", "--into", "nothing"]);
    assert_eq!((empty.code, empty.err.contains("`empty.db` is empty")), (4, true), "{}", empty.err);
    assert!(!shell.path("nothing").exists(), "nothing was made for it");

    // what a copy that was broken off has left
    let whole = std::fs::read(copy).unwrap();
    for (name, length) in [("half.db", whole.len() / 2), ("head.db", 50), ("less.db", whole.len() - 1)] {
        std::fs::write(shell.path(name), &whole[..length]).unwrap();
        let refused = shell.run(&["restore", name, "--into", "cut"]);
        assert_eq!(refused.code, 4, "{refused:?}");
        assert!(refused.err.contains(name), "{}", refused.err);
        assert!(!shell.path("cut").join("stockwell.db").exists(), "{name}");
    }

    // one bit flipped, anywhere
    for at in (12..whole.len()).step_by(whole.len() / 12) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(copy, bytes).unwrap();
        let refused = shell.run(&["restore", copy, "--into", "damaged"]);
        assert_eq!(refused.code, 4, "{at}: {refused:?}");
        assert!(!shell.path("damaged").exists(), "{at}: nothing is made of it");
    }
}

/// Files of records go with a backup, each once however many backups lie beside each other, and come back.
#[test]
fn files_go_with_a_backup_and_come_back() {
    let shell = Shell::ready();
    let made = shell.run(&["--json", "key", "add", "test", "--role", "administrator"]).good().json();
    let server = shell.serve();
    let ann = Actor::with_key(server.address, made["secret"].as_str().unwrap());
    ann.post("/api/v1/items", &json!({ "sku": "LAMP", "name": "Lamp", "base_unit": "each" })).good();
    let send = |name: &str, text: &str| {
        let path = format!("/api/v1/items/LAMP/files?name={name}");
        ann.ask("POST", path).fresh().bytes(text).send().good().json()["id"].clone()
    };
    let first = send("first.txt", "the first");
    std::fs::create_dir(shell.path("kept")).unwrap();
    let backup = |name: &str| shell.run(&["--json", "backup", "create", name]).good().json();
    let one = backup("kept/one.backup");
    assert_eq!((&one["files"], &one["files_copied"]), (&json!(1), &json!(1)));
    send("second.txt", "the second");
    let path = format!("/api/v1/items/LAMP/files/{first}");
    assert_eq!(ann.remove(&path, &path).status, 204);
    let two = backup("kept/two.backup");
    assert_eq!(
        (&two["files"], &two["files_copied"]),
        (&json!(1), &json!(1)),
        "what nothing refers to is not needed"
    );
    server.signal("TERM");
    assert_eq!(server.ended().0, 0);
    // each backup has the files of its moment
    for (backup, text) in [("kept/one.backup", "the first"), ("kept/two.backup", "the second")] {
        let new = format!("new-{}", text.len());
        shell.run(&["restore", backup, "--into", &new]).good();
        shell.run(&["--data", &new, "verify", "--deep"]).good();
        let server = shell.serve_from(&new);
        let ann = Actor::with_key(server.address, ann.key().unwrap());
        let files = ann.get("/api/v1/items/LAMP/files").good().json();
        let path = format!("/api/v1/items/LAMP/files/{}/content", files["files"][0]["id"]);
        assert_eq!(ann.get(path).good().text(), text);
        server.signal("TERM");
        assert_eq!(server.ended().0, 0);
    }
    // one that is damaged is found, and never restored
    for file in pieces(&shell.path("kept/backup-files/open")) {
        std::fs::write(file, "the fIrst").unwrap();
    }
    let refused = shell.run(&["restore", "kept/one.backup", "--into", "damaged"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("is damaged"), "{}", refused.err);
    // and so is one that is lost
    let verified = shell.run(&["--data", "new-9", "verify"]);
    assert!(verified.good().out.contains("1 pieces of files are there"));
    std::fs::remove_dir_all(shell.path("new-9").join("files")).unwrap();
    let lost = shell.run(&["--data", "new-9", "verify"]);
    assert_eq!((lost.code, lost.out.contains("1 of 1 pieces of files are lost")), (3, true), "{lost:?}");
}

/// What is told by the restored database has positions beyond those of this century's microseconds; what was
/// told before keeps its own.
fn its_feed_goes_on_elsewhere(source: &str, restored: &str) {
    let open = |url: &str| {
        let settings = db::Settings { read_only: true, ..db::Settings::new(url) };
        db::Db::open(&settings, &stockwell::wiring::MIGRATIONS).unwrap()
    };
    let (source, restored) = (open(source), open(restored));
    let events = |db: &db::Db| db.read_blocking(|conn| db::feed::read(conn, 0, 10)).unwrap();
    assert!(!events(&source).is_empty());
    assert_eq!(events(&source), events(&restored));
    let last = |db: &db::Db| db.read_blocking(db::feed::last).unwrap();
    assert!(last(&source) < 1_000 && last(&restored) > 1_700_000_000_000_000);
}

/// A step that this program does not know.
const FUTURE: &[db::Migration] =
    &[db::Migration { number: 1, name: "first", text: "create table future (id @id primary key) @strict;" }];

/// A database of a release with these steps.
fn database_of(file: &Path, sets: &[db::MigrationSet]) {
    let opened = db::Db::open(&db::Settings::new(format!("sqlite:{}", file.display())), sets).unwrap();
    opened.migrate().unwrap();
    opened.close();
}

#[test]
fn the_backup_of_another_release_says_how_to_go_on() {
    let shell = Shell::new();
    let mut sets = stockwell::wiring::MIGRATIONS.to_vec();
    let stock = sets.iter_mut().find(|set| set.name == "stock").unwrap();
    stock.migrations = stock.migrations.split_last().unwrap().1;
    let (older, newer) = (shell.path("older.db"), shell.path("newer.db"));
    database_of(&older, &sets);
    let future = db::MigrationSet { name: "future", migrations: FUTURE };
    database_of(&newer, &[&stockwell::wiring::MIGRATIONS[..], &[future]].concat());

    let restored = shell.run(&["restore", older.to_str().unwrap(), "--into", "old"]).good();
    assert!(restored.out.contains("`stockwell migrate --data old`"), "{}", restored.out);
    assert_eq!(shell.run(&["--data", "old", "user", "list"]).code, 4, "it is not up to date yet");
    shell.run(&["--data", "old", "migrate"]).good();
    shell.run(&["--data", "old", "user", "list"]).good();

    let refused = shell.run(&["restore", newer.to_str().unwrap(), "--into", "new"]);
    assert_eq!((refused.code, refused.err.contains("newer program")), (4, true), "{}", refused.err);
    assert!(!shell.path("new").exists(), "nothing is left of it");
    std::fs::create_dir(shell.path("own")).unwrap();
    shell.run(&["restore", newer.to_str().unwrap(), "--into", "own"]);
    assert_eq!(std::fs::read_dir(shell.path("own")).unwrap().count(), 0, "the folder can be used again");
}

#[test]
fn a_backup_touches_nothing_beside_it() {
    let shell = Shell::ready();
    for theirs in ["copy.part", "failed.part"] {
        std::fs::write(shell.path(theirs), "somebody else's").unwrap();
    }
    shell.run(&["backup", "create", shell.path("copy.db").to_str().unwrap()]).good();
    std::fs::write(shell.path("broken.db"), "no database").unwrap();
    let broken = format!("sqlite:{}", shell.path("broken.db").display());
    assert_eq!(shell.run(&["--database", &broken, "backup", "create", "failed.db"]).code, 4);
    let mut left: Vec<String> = std::fs::read_dir(shell.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("copy") || name.starts_with("failed"))
        .collect();
    left.sort();
    assert_eq!(left, ["copy.db", "copy.part", "failed.part"]);
    for theirs in ["copy.part", "failed.part"] {
        assert_eq!(std::fs::read_to_string(shell.path(theirs)).unwrap(), "somebody else's");
    }
}

#[test]
fn a_server_is_backed_up_and_restored_into_an_empty_database() {
    let shell = Shell::new();
    let source = testkit::pg::Database::new(&stockwell::wiring::MIGRATIONS).unwrap();
    let run = |url: &str, arguments: &[&str]| -> Ended {
        let mut command = shell.command(&["--database", url]);
        command.args(arguments).output().unwrap().into()
    };
    run(&source.url, &["user", "add", "ann", "--role", "clerk"]).good();
    let copy = shell.path("copy.backup");
    let copy = copy.to_str().unwrap();
    run(&source.url, &["backup", "create", copy]).good();
    let target = testkit::pg::Database::empty().unwrap();
    let whole = std::fs::read(copy).unwrap();
    for length in [whole.len() / 2, whole.len() - 10] {
        let cut = shell.path("cut.backup");
        std::fs::write(&cut, &whole[..length]).unwrap();
        let refused = run(&target.url, &["restore", cut.to_str().unwrap()]);
        assert_eq!(refused.code, 4, "{refused:?}");
    }
    // of neither is there anything, so the whole one goes in
    let restored = run(&target.url, &["restore", copy]);
    assert!(restored.good().out.starts_with("restored and checked"));
    assert!(run(&target.url, &["user", "list"]).good().out.contains("ann"));
    run(&target.url, &["verify", "--deep"]).good();
    its_feed_goes_on_elsewhere(&source.url, &target.url);
    for more in [&[][..], &["--again"]] {
        let again = run(&target.url, &[&["restore", copy][..], more].concat());
        assert_eq!(
            (again.code, again.err.contains("is not empty")),
            (4, true),
            "never over anything: {again:?}"
        );
    }
}

#[test]
fn a_sealed_backup_stays_closed_without_its_key() {
    let shell = Shell::ready();
    shell.run(&["user", "add", "ann", "--role", "clerk"]).good();
    let made = shell.run(&["backup", "key", "keep.key"]).good();
    assert!(made.out.contains("keep a copy"), "{}", made.out);
    assert_eq!(shell.run(&["backup", "key", "keep.key"]).code, 4, "never over another key");
    shell.run(&["backup", "key", "other.key"]).good();
    let with = |key: &str, arguments: &[&str]| -> Ended {
        shell.command(arguments).env("STOCKWELL_BACKUP_KEY_FILE", key).output().unwrap().into()
    };
    with("keep.key", &["backup", "create", "sealed.backup"]).good();
    let sealed = std::fs::read(shell.path("sealed.backup")).unwrap();
    for said in ["ann", "stockwell.back.1"] {
        assert!(!sealed.windows(said.len()).any(|part| part == said.as_bytes()), "{said}");
    }
    with("keep.key", &["backup", "verify", "sealed.backup", "--deep"]).good();
    let mut damaged = sealed;
    damaged.pop();
    std::fs::write(shell.path("damaged.backup"), damaged).unwrap();
    let refused = with("keep.key", &["backup", "verify", "damaged.backup"]);
    assert_eq!((refused.code, refused.err.contains("`damaged.backup`: ")), (4, true), "{}", refused.err);
    with("keep.key", &["restore", "sealed.backup", "--into", "open"]).good();
    assert!(shell.run(&["--data", "open", "user", "list"]).good().out.contains("ann"));
    for (key, why) in [("", "it is sealed with the key"), ("other.key", "and the one given is")] {
        let refused = with(key, &["restore", "sealed.backup", "--into", "closed"]);
        assert_eq!((refused.code, refused.err.contains(why)), (4, true), "{}", refused.err);
        assert!(!shell.path("closed").exists());
    }
    std::fs::set_permissions(shell.path("keep.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = with("keep.key", &["backup", "create", "more.backup"]);
    assert_eq!((refused.code, refused.err.contains("chmod 600")), (78, true), "{}", refused.err);
}

#[test]
fn the_folder_of_backups_is_listed_and_pruned() {
    let shell = Shell::ready();
    let made = shell.run(&["--json", "backup", "create"]).good().json();
    let folder = shell.path("data").join("backups");
    for name in ["stockwell-20200101T000000.backup", "stockwell-20200101T003000.backup", "theirs.backup"] {
        std::fs::write(folder.join(name), "no backup at all").unwrap();
    }
    let listed = shell.run(&["--json", "backup", "list"]).good().json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert!(listed[0]["closed"].as_str().unwrap().contains("is no backup"), "{listed:?}");
    assert_eq!((&listed[2]["file"], &listed[2]["closed"]), (&made["file"], &Value::Null));
    let would = shell.run(&["backup", "prune", "--dry-run"]).good().out;
    assert!(would.contains("stockwell-20200101T000000.backup` would go"), "{would}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 4);
    shell.run(&["backup", "prune"]).good();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    assert!(folder.join("theirs.backup").exists());
    let none = shell.run(&["backup", "verify", folder.join("theirs.backup").to_str().unwrap()]);
    assert_eq!((none.code, none.err.contains("is no backup")), (4, true), "{}", none.err);
}
