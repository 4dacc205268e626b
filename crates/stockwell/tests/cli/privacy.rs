//! `stockwell privacy`: everything that is known of a person, and nothing of it afterwards.

use crate::ended::Ended;
use crate::{PASSWORD, Shell};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

/// What a command said that stopped with a code.
fn stopped(ended: Ended, code: i32) -> String {
    assert_eq!(ended.code, code, "{} {}", ended.out, ended.err);
    ended.err
}

#[test]
fn a_user_is_told_whole_and_erased_once_it_is_meant() {
    let shell = Shell::ready();
    for (login, role) in [("ann", "administrator"), ("bob", "clerk")] {
        let name = format!("{login} of the north");
        let add = ["user", "add", login, "--name", &name, "--role", role, "--password-stdin"];
        shell.run_with_input(&add, PASSWORD).good();
    }
    shell.run(&["key", "add", "bobs-till", "--user", "bob"]).good();

    let told: Value = shell.run(&["privacy", "export", "bob"]).good().json();
    assert_eq!(told["subject"]["user"], "bob");
    assert_eq!(told["account"]["name"], "bob of the north");
    assert_eq!(told["account"]["keys"][0]["name"], "bobs-till");
    let actions = |told: &Value| -> Vec<String> {
        let rows = told["audit"].as_array().unwrap().iter();
        rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(actions(&told), ["access.user.create", "access.key.create"]);
    assert_eq!(told["postings"], json!([]));
    shell.run(&["privacy", "export", "user:bob", "--out", "bob.json"]).good();
    let written = std::fs::read_to_string(shell.path("bob.json")).unwrap();
    assert!(written.contains("bob of the north"));
    let mode = shell.path("bob.json").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    let again = stopped(shell.run(&["privacy", "export", "bob", "--out", "bob.json"]), 4);
    assert!(again.contains("bob.json"), "{again}");

    let asked = stopped(shell.run(&["privacy", "erase", "bob"]), 2);
    assert!(asked.contains("--yes"), "{asked}");
    let ended = shell.run(&["privacy", "erase", "bob", "--yes", "--json"]);
    let erased: Value = ended.good().json();
    let called = erased["called"].as_str().unwrap();
    assert_eq!((called.starts_with("erased:"), &erased["was_open"]), (true, &json!(true)));
    let told: Value = shell.run(&["privacy", "export", called]).good().json();
    assert!(!told.to_string().contains("bob"), "{told}");
    assert_eq!(actions(&told).last().unwrap(), "privacy.erase");
    shell.run(&["privacy", "erase", called, "--yes"]).good();
    shell.run(&["verify", "--deep"]).good();
    assert!(!shell.run(&["user", "list"]).good().out.contains("bob"));

    let last = stopped(shell.run(&["privacy", "erase", "ann", "--yes"]), 1);
    assert!(last.contains("last administrator"), "{last}");
}

#[test]
fn whoever_is_nobody_is_refused() {
    let shell = Shell::ready();
    for (subject, code, words) in [
        ("ann", 1, "there is no user and no customer `ann`"),
        ("17850", 1, "there is no user and no customer `17850`"),
        ("user:17850", 1, "user"),
        ("customer:17850", 1, "customer"),
        ("customer:ann", 1, "a customer has a number"),
        ("erased:7", 1, "there is no user"),
        ("not a login", 1, "a login is"),
    ] {
        for command in ["export", "erase"] {
            let mut call = vec!["privacy", command, subject];
            call.extend((command == "erase").then_some("--yes"));
            let told = stopped(shell.run(&call), code);
            assert!(told.contains(words), "{subject}: {told}");
        }
    }
}
