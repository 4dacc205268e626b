//! The bytes of files in the bucket of a store that others wrote, brought there from the folder and back.

use super::{Ended, Shell};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use testkit::bucket::{ACCESS_KEY, BUCKET, Peer, REGION, SECRET};
use testkit::http::Actor;

/// How many files there are below a folder, but for what waits.
pub(super) fn pieces(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(pieces(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The settings of a bucket, in a file.
pub(super) fn settings(shell: &Shell, peer: &Peer, store: &str, secret: &str) -> String {
    let (keys, file) = (shell.path(&format!("{}.keys", secret.len())), shell.path(&format!("{store}.toml")));
    std::fs::write(&keys, format!("{ACCESS_KEY}\n{secret}\n")).unwrap();
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        "[outbound]\norigins = \"{0}\"\n[files]\nstore = \"{store}\"\n[files.s3]\nendpoint = \"{0}\"\n\
         region = \"{REGION}\"\nbucket = \"{BUCKET}\"\nprefix = \"shop\"\ncredentials_file = \"{1}\"\n",
        peer.address,
        keys.display()
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// An item with files, attached at a running server; the key of whoever did it.
pub(super) fn attached(shell: &Shell, config: &str, texts: &[&str]) -> String {
    let made = shell.run(&["--json", "key", "add", "test", "--role", "administrator"]).good().json();
    let server = Shell::served(shell.command(&["--config", config, "serve", "--listen", "127.0.0.1:0"]));
    let key = made.get("secret").and_then(Value::as_str).unwrap();
    let ann = Actor::with_key(server.address, key);
    ann.post("/api/v1/items", &json!({ "sku": "LAMP", "name": "Lamp", "base_unit": "each" })).good();
    for text in texts {
        ann.ask("POST", "/api/v1/items/LAMP/files?name=a.txt").fresh().bytes(*text).send().good();
    }
    server.signal("TERM");
    assert_eq!(server.ended().0, 0);
    key.to_owned()
}

/// The texts of the files of the item, as a server with these settings hands them out.
fn handed_out(shell: &Shell, config: &str, key: String) -> Vec<String> {
    let server = Shell::served(shell.command(&["--config", config, "serve", "--listen", "127.0.0.1:0"]));
    let ann = Actor::with_key(server.address, key);
    let files = ann.get("/api/v1/items/LAMP/files").good().json();
    let files = files.get("files").and_then(Value::as_array).unwrap().iter();
    let text = |file: &Value| {
        let id = file.get("id").unwrap();
        ann.get(format!("/api/v1/items/LAMP/files/{id}/content")).good().text()
    };
    let texts = files.map(text).collect();
    server.signal("TERM");
    assert_eq!(server.ended().0, 0);
    texts
}

/// The name of one piece that is kept, and which of these texts it is.
fn one_of<'a>(shell: &Shell, texts: [&'a str; 3]) -> (::files::BlobName, &'a str) {
    let url = format!("sqlite:{}", shell.path("data/stockwell.db").display());
    let settings = db::Settings { read_only: true, ..db::Settings::new(url) };
    let database = db::Db::open(&settings, &stockwell::wiring::MIGRATIONS).unwrap();
    let name = ::files::kept(&database).unwrap().first().unwrap().name;
    database.close();
    let is_it = |text: &&str| <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(text)) == name.hash;
    (name, texts.into_iter().find(is_it).unwrap())
}

#[test]
fn files_are_moved_to_a_bucket_and_back() {
    let (shell, peer) = (Shell::ready(), Peer::start());
    let (in_folder, in_bucket) =
        (settings(&shell, &peer, "folder", SECRET), settings(&shell, &peer, "s3", SECRET));
    let run = |config: &str, arguments: &[&str]| -> Ended {
        shell.run(&[&["--config", config], arguments].concat())
    };
    let key = attached(&shell, &in_folder, &["the first", "the second", "the third"]);
    let folder = shell.path("data").join("files");
    assert_eq!(pieces(&folder).len(), 3);
    // the bucket can be used, and nothing is left of the trial
    let looked = run(&in_bucket, &["doctor"]).good();
    assert!(looked.out.contains(&format!("`{}/{BUCKET}/shop/` can be written and read", peer.address)));
    assert_eq!(peer.keys(), 0);
    assert!(!looked.out.contains(SECRET) && !looked.out.contains(ACCESS_KEY), "{}", looked.out);
    let wrong = settings(&shell, &peer, "s3", "another secret");
    let refused = run(&wrong, &["doctor"]);
    assert_eq!(
        (refused.code, refused.err.contains("403 (SignatureDoesNotMatch)")),
        (4, true),
        "{}",
        refused.err
    );
    let in_bucket = settings(&shell, &peer, "s3", SECRET);
    // a run that fails in its middle brings what it can, and the next one goes on
    peer.refuse_only("PUT", 3, 500);
    let cut = run(&in_folder, &["files", "move", "--to", "s3"]);
    assert_eq!((cut.code, cut.err.contains("answers 500")), (4, true), "{}", cut.err);
    let lost = run(&in_bucket, &["verify"]);
    assert_eq!((lost.code, lost.out.contains("1 of 3 pieces of files are lost")), (3, true), "{}", lost.out);
    assert_eq!(peer.keys(), 2);
    let early = run(&in_folder, &["files", "move", "--to", "s3", "--remove"]);
    assert_eq!((early.code, early.err.contains("set `files.store` to `s3`")), (4, true), "{}", early.err);
    let moved = run(&in_folder, &["--json", "files", "move", "--to", "s3"]).good().json();
    assert_eq!((&moved["files"], moved["copied"].as_u64()), (&json!(3), Some(1)));
    let again = run(&in_bucket, &["--json", "files", "move", "--to", "s3", "--remove"]).good().json();
    assert_eq!((&again["copied"], &again["removed"]), (&json!(0), &json!(3)));
    assert_eq!((pieces(&folder), peer.keys()), (vec![], 3));
    run(&in_bucket, &["verify", "--deep"]).good();
    // the server hands them out from there
    assert_eq!(handed_out(&shell, &in_bucket, key), ["the first", "the second", "the third"]);
    // and back; one that was changed there is found, named, and stays where it is
    let (name, right) = one_of(&shell, ["the first", "the second", "the third"]);
    let text = |text: &str| {
        let digits = domain::hex::digits(&name.hash);
        peer.put(&format!("shop/{}/{name}", &digits[..2]), text);
    };
    text(&right.to_uppercase());
    let damaged = run(&in_bucket, &["files", "move", "--to", "folder"]);
    assert_eq!(damaged.code, 4, "{damaged:?}");
    assert!(damaged.err.contains(&format!(
        "1 of 3 pieces of files could not be copied, all others were: `{name}` is damaged"
    )));
    assert_eq!(run(&in_bucket, &["verify"]).code, 0, "it is as long as it was");
    let found = run(&in_bucket, &["verify", "--deep"]);
    assert_eq!((found.code, found.out.contains("are not what they were")), (3, true), "{}", found.out);
    text(right);
    let back = run(&in_folder, &["--json", "files", "move", "--to", "folder", "--remove"]).good().json();
    assert_eq!((&back["copied"], &back["removed"]), (&json!(1), &json!(3)), "{back}");
    assert_eq!((pieces(&folder).len(), peer.keys()), (3, 0));
    run(&in_folder, &["verify", "--deep"]).good();
    // what lies in the folder and is not what it should be is found by reading it
    std::fs::write(&pieces(&folder)[0], "the FIrst").unwrap();
    let shown: Value = run(&in_folder, &["--json", "verify", "--deep"]).json();
    assert_eq!(shown["files"]["wrong"], json!(1));
}
