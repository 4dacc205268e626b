//! Files beside backups: sealed where the backup is, each once, checked, taken away when nothing needs them, and brought
//! back; from a folder and from a bucket.

use super::files::{attached, pieces, settings};
use super::{Ended, Shell};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use testkit::bucket::{Peer, SECRET};
use testkit::http::Actor;

const TEXTS: [&str; 2] = ["a canary that sings in the first file", "a canary that sings in the second file"];

/// A shell with a key of backups and files in a folder or in a bucket.
struct Kept {
    shell: Shell,
    config: String,
    /// Who has attached the files.
    key: String,
}

impl Kept {
    fn new(store: &str, peer: &Peer) -> Kept {
        let shell = Shell::ready();
        let config = settings(&shell, peer, store, SECRET);
        let key = attached(&shell, &config, &TEXTS);
        for name in ["keep.key", "other.key"] {
            shell.run(&["backup", "key", name]).good();
        }
        std::fs::create_dir(shell.path("kept")).unwrap();
        Kept { shell, config, key }
    }

    fn with(&self, key: &str, arguments: &[&str]) -> Ended {
        let mut command = self.shell.command(&[&["--config", &self.config], arguments].concat());
        for keep in ["HOURLY", "DAILY", "MONTHLY"] {
            command.env(format!("STOCKWELL_BACKUP_KEEP_{keep}"), "0");
        }
        command.env("STOCKWELL_BACKUP_KEY_FILE", key).output().unwrap().into()
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.with("keep.key", arguments)
    }

    fn backup(&self, name: &str) -> Value {
        self.run(&["--json", "backup", "create", name]).good().json()
    }

    fn beside(&self) -> Vec<PathBuf> {
        let all = pieces(&self.shell.path("kept/backup-files"));
        all.into_iter().filter(|path| !path.ends_with(".lock")).collect()
    }
}

#[test]
fn files_of_a_folder_are_sealed_beside_a_sealed_backup_and_brought_back() {
    let peer = Peer::start();
    let kept = Kept::new("folder", &peer);
    // what is restored into another folder of data lies there, so they are lost once
    sealed_checked_and_brought_back(&kept, || {
        drop(std::fs::remove_dir_all(kept.shell.path("data/files")));
    });
}

#[test]
fn files_of_a_bucket_are_sealed_beside_a_sealed_backup_and_brought_back() {
    let peer = Peer::start();
    sealed_checked_and_brought_back(&Kept::new("s3", &peer), || peer.empty());
    // what is damaged where files are kept gets into no backup, and is named
    let kept = Kept::new("s3", &peer);
    peer.refuse_only("GET", 1_000, 503);
    let refused = kept.run(&["backup", "create", "kept/away.backup"]);
    assert_eq!((refused.code, refused.err.contains("answers 503")), (4, true), "{}", refused.err);
    assert!(!kept.shell.path("kept/away.backup").exists() && kept.beside().is_empty());
}

fn sealed_checked_and_brought_back(kept: &Kept, lose_files: impl Fn()) {
    let counts = |made: &Value| (made["files"].clone(), made["files_copied"].clone());
    assert_eq!(counts(&kept.backup("kept/one.backup")), (json!(2), json!(2)));
    assert_eq!(counts(&kept.backup("kept/two.backup")), (json!(2), json!(0)), "each is there once");
    // neither a text nor its hash can be seen
    let beside = kept.beside();
    let [first, _second] = beside.as_slice() else { panic!("{beside:?}") };
    for path in &beside {
        let (bytes, path) = (std::fs::read(path).unwrap(), path.display().to_string());
        for text in TEXTS {
            let hash = <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(text));
            assert!(!path.contains(&domain::hex::digits(&hash)), "{path}");
            assert!(!bytes.windows(8).any(|part| text.as_bytes().starts_with(part)), "{path}");
        }
    }
    let verified = kept.run(&["backup", "verify", "kept/one.backup", "--deep"]).good();
    assert!(
        verified.out.contains("holds every invariant\n2 pieces of files beside it, all of them whole"),
        "{}",
        verified.out
    );
    assert_eq!(kept.with("other.key", &["backup", "verify", "kept/one.backup"]).code, 4);
    // damage and loss are found and named, and the rest is restored all the same
    let mut bytes = std::fs::read(first).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(first, bytes).unwrap();
    for (into, fault) in [("first", "is damaged"), ("second", "is missing")] {
        let found = kept.run(&["backup", "verify", "kept/one.backup"]);
        assert_eq!(
            (found.code, found.out.contains("1 of 2 pieces of files beside it are lost")),
            (3, true),
            "{}",
            found.out
        );
        assert!(
            found.out.contains(fault) && found.out.contains(first.file_name().unwrap().to_str().unwrap()),
            "{}",
            found.out
        );
        lose_files();
        let restored = kept.run(&["restore", "kept/one.backup", "--into", into]);
        assert_eq!((restored.code, restored.err.contains(fault)), (4, true), "{}", restored.err);
        assert!(
            restored.err.contains("1 of 2 pieces") && restored.err.contains("files restore"),
            "{}",
            restored.err
        );
        assert!(kept.shell.path(into).join("stockwell.db").exists());
        // what is lost here is not lost there: two backups share it, and the next one brings it anew
        if into == "first" {
            std::fs::remove_file(first).unwrap();
        }
    }
    let lost = kept.run(&["verify"]);
    assert_eq!(lost.code, 3, "{}", lost.out);
    let refused = kept.run(&["backup", "create", "kept/three.backup"]);
    assert_eq!((refused.code, refused.err.contains("are missing")), (4, true), "{}", refused.err);
    assert!(!kept.shell.path("kept/three.backup").exists());
}

/// The copy of a database file has no files beside it: it is said where they are.
#[test]
fn the_files_of_a_copied_database_are_where_they_were() {
    let kept = Kept::new("folder", &Peer::start());
    let copied = kept.run(&["restore", "data/stockwell.db", "--into", "new"]);
    let said = "2 of 2 pieces of its files are not in `new/files`: they are where they were";
    assert_eq!((copied.code, copied.err.contains(said)), (4, true), "{}", copied.err);
    std::fs::rename(kept.shell.path("data/files"), kept.shell.path("new/files")).unwrap();
    kept.run(&["--data", "new", "verify", "--deep"]).good();
}

#[test]
fn lost_files_are_brought_back_out_of_a_backup() {
    let peer = Peer::start();
    for store in ["folder", "s3"] {
        let kept = Kept::new(store, &peer);
        kept.backup("kept/one.backup");
        let take_away = || match store {
            "s3" => peer.empty(),
            _ => std::fs::remove_dir_all(kept.shell.path("data/files")).unwrap(),
        };
        take_away();
        let lost = kept.run(&["verify"]);
        assert_eq!(
            (lost.code, lost.out.contains("2 of 2 pieces of files are lost")),
            (3, true),
            "{}",
            lost.out
        );
        let brought = kept.run(&["--json", "files", "restore", "kept/one.backup"]).good().json();
        assert_eq!((&brought["files"], &brought["brought"]), (&json!(2), &json!(2)));
        let again = kept.run(&["--json", "files", "restore", "kept/one.backup"]).good().json();
        assert_eq!(again["brought"], json!(0));
        if store == "folder" {
            // one byte is another: as long as it was, and found all the same
            let files = pieces(&kept.shell.path("data/files"));
            let damaged = files.iter().find(|path| path.is_file()).unwrap();
            let mut bytes = std::fs::read(damaged).unwrap();
            bytes[0] ^= 1;
            std::fs::write(damaged, bytes).unwrap();
            let again = kept.run(&["--json", "files", "restore", "kept/one.backup"]).good().json();
            assert_eq!(again["brought"], json!(1));
        }
        kept.run(&["verify", "--deep"]).good();
        // a new database with the same settings finds its files where these say
        let restored = kept.run(&["--json", "restore", "kept/one.backup", "--into", "new"]).good().json();
        let expected = if store == "s3" { 0 } else { 2 };
        assert_eq!(
            (&restored["files"], &restored["files_brought"]),
            (&json!(2), &json!(expected)),
            "{restored}"
        );
        kept.run(&["--data", "new", "verify", "--deep"]).good();
        peer.empty();
    }
}

/// Rotation takes away what no kept backup needs, and nothing else.
#[test]
fn files_that_no_backup_needs_are_swept() {
    let peer = Peer::start();
    let kept = Kept::new("folder", &peer);
    let shell = &kept.shell;
    let folder = "data/backups";
    std::fs::create_dir(shell.path(folder)).unwrap();
    let beside = |key: &str| {
        let all = pieces(&shell.path(folder).join("backup-files")).into_iter();
        all.filter(|path| path.display().to_string().contains(key) && !path.ends_with(".lock")).count()
    };
    let old = format!("{folder}/stockwell-20200101T000000.backup");
    kept.backup(&old);
    kept.with("other.key", &["backup", "create", &format!("{folder}/theirs.backup")]).good();
    kept.with("", &["backup", "create", &format!("{folder}/stockwell-20200102T000000.backup")]).good();
    assert_eq!((beside(""), beside("/open/")), (6, 2));
    // the first file goes and a third one comes
    let server = Shell::served(shell.command(&["serve", "--listen", "127.0.0.1:0"]));
    let ann = Actor::with_key(server.address, kept.key.clone());
    let files = ann.get("/api/v1/items/LAMP/files").good().json();
    let path = format!("/api/v1/items/LAMP/files/{}", files["files"][0]["id"]);
    assert_eq!(ann.remove(&path, &path).status, 204);
    ann.ask("POST", "/api/v1/items/LAMP/files?name=a.txt").fresh().bytes("the third").send().good();
    server.signal("TERM");
    assert_eq!(server.ended().0, 0);
    kept.backup(&format!("{folder}/stockwell-20200103T000000.backup"));
    assert_eq!(beside(""), 7);
    let prune = |more: &[&str]| kept.run(&[&["--json", "backup", "prune"], more].concat());
    let would = prune(&["--dry-run"]).good().json();
    assert_eq!((would["gone"].as_array().unwrap().len(), &would["pieces"], beside("")), (2, &json!(3), 7));
    // one that cannot be read may need anything
    let half = std::fs::read(shell.path(&old)).unwrap();
    std::fs::write(shell.path(folder).join("half.backup"), &half[..70]).unwrap();
    let stays = prune(&[]);
    assert_eq!((stays.code, stays.err.contains("half.backup")), (4, true), "{stays:?}");
    assert!(!shell.path(&old).exists(), "the backup goes all the same");
    assert_eq!(beside(""), 7);
    std::fs::remove_file(shell.path(folder).join("half.backup")).unwrap();
    // nor what is called a backup and does not even begin as one
    let spoiled = shell.path(folder).join("stockwell-20990101T000000.backup");
    std::fs::write(&spoiled, [0; 70]).unwrap();
    let stays = prune(&[]);
    assert_eq!((stays.code, stays.err.contains("does not begin as one")), (4, true), "{stays:?}");
    assert_eq!(beside(""), 7);
    std::fs::remove_file(spoiled).unwrap();
    // while somebody makes a backup nothing goes
    let lock = std::fs::File::open(shell.path(folder).join("backup-files/.lock")).unwrap();
    lock.lock_shared().unwrap();
    assert_eq!((prune(&[]).good().json()["pieces"].clone(), beside("")), (json!(0), 7));
    drop(lock);
    // what somebody left who was killed, long ago
    let left = |name: &str, days: u64| {
        let file = std::fs::File::create(shell.path(folder).join(name)).unwrap();
        let now = file.metadata().unwrap().modified().unwrap();
        file.set_modified(now.checked_sub(std::time::Duration::from_hours(24 * days)).unwrap()).unwrap();
    };
    left("stockwell-20200101T000000.backup.part-x", 2);
    left("stockwell-20200101T000001.backup.part-x", 0);
    left("backup-files/.part-x", 2);
    left("theirs.part-x", 2);
    assert_eq!(prune(&[]).good().json()["pieces"], json!(3));
    let is_there = |name: &str| Path::exists(&shell.path(folder).join(name));
    let there = ["stockwell-20200101T000000.backup.part-x", "backup-files/.part-x"].map(is_there);
    let stay = ["stockwell-20200101T000001.backup.part-x", "theirs.part-x", "theirs.backup"].map(is_there);
    assert_eq!((there, stay), ([false; 2], [true; 3]));
    // two of the backup that stays, and two of the key that is not at hand
    assert_eq!((beside(""), beside("/open/")), (4, 0));
    kept.run(&["backup", "verify", &format!("{folder}/stockwell-20200103T000000.backup"), "--deep"]).good();
    kept.with("other.key", &["backup", "verify", &format!("{folder}/theirs.backup")]).good();
}
