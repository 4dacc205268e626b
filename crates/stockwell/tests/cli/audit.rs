//! `stockwell audit`: what is handed out is checked without a database, and what was changed of it is found.

use crate::ended::Ended;
use crate::{PASSWORD, Shell};
use serde_json::Value;

/// What a check said that found something wrong.
fn wrong(ended: &Ended) -> &str {
    assert_eq!(ended.code, 3, "{} {}", ended.out, ended.err);
    &ended.err
}

fn shop() -> Shell {
    let shell = Shell::ready();
    for (login, role) in [("ann", "administrator"), ("bob", "clerk")] {
        let add = ["user", "add", login, "--name", "Baker", "--role", role, "--password-stdin"];
        shell.run_with_input(&add, PASSWORD).good();
    }
    shell
}

/// Writes the file anew with one text in the place of another.
fn forged(shell: &Shell, change: impl Fn(&str) -> String) -> Ended {
    let text = std::fs::read_to_string(shell.path("audit.jsonl")).unwrap();
    let other = change(&text);
    assert_ne!(text, other, "nothing was changed");
    std::fs::write(shell.path("forged.jsonl"), other).unwrap();
    shell.run(&["audit", "check", "forged.jsonl"])
}

#[test]
fn a_file_is_checked_without_a_database_and_a_forged_one_is_found() {
    let shell = shop();
    let written = shell.run(&["audit", "export", "--out", "audit.jsonl", "--json"]).good().json();
    let shown = shell.run(&["audit", "export"]).good().out;
    assert_eq!(shown, std::fs::read_to_string(shell.path("audit.jsonl")).unwrap());
    let checked = shell.run(&["audit", "check", "audit.jsonl", "--json", "--data", "nowhere"]).good().json();
    assert_eq!((&checked["rows"], &checked["after"]), (&written["rows"], &written["after"]));
    assert_eq!((&checked["before"]["n"], &checked["erased"]), (&Value::from(0), &Value::from(0)));

    for (from, to) in [
        ("Baker", "Butcher"),
        ("user:bob", "user:eve"),
        ("\"actor_name\":\"system\"", "\"actor_name\":\"ann\""),
        ("access.user.create", "access.user.change"),
        ("\"outcome\":\"done\"", "\"outcome\":\"none\""),
    ] {
        let told = forged(&shell, |text| text.replacen(from, to, 1));
        assert!(wrong(&told).contains("is not what was written"), "{from}: {}", told.err);
    }
    let without = |text: &str, place: usize| -> String {
        let lines = text.lines().enumerate().filter(|(number, _)| *number != place);
        lines.flat_map(|(_, line)| [line, "\n"]).collect()
    };
    let gone = forged(&shell, |text| without(text, 1));
    assert!(wrong(&gone).contains("is not what was written"), "{}", gone.err);
    let last = |text: &str| text.lines().count() - 2;
    let shorter = forged(&shell, |text| without(text, last(text)));
    assert!(wrong(&shorter).contains("does not end where it says"), "{}", shorter.err);
    for cut in [forged(&shell, |text| without(text, last(text) + 1)), forged(&shell, |_| String::new())] {
        assert!(wrong(&cut).contains("is no export of an audit log, or is cut off"), "{}", cut.err);
    }
}

#[test]
fn files_go_on_where_the_one_before_ended() {
    let shell = shop();
    let (early, late) = ("2000-01-01T00:00:00Z", "2200-01-01T00:00:00Z");
    shell.run(&["audit", "export", "--until", early, "--out", "none.jsonl"]).good();
    shell.run(&["audit", "export", "--from", early, "--until", late, "--out", "audit.jsonl"]).good();
    shell.run(&["audit", "export", "--from", late, "--out", "later.jsonl"]).good();
    let all =
        shell.run(&["audit", "check", "none.jsonl", "audit.jsonl", "later.jsonl", "--json"]).good().json();
    let one = shell.run(&["audit", "check", "audit.jsonl", "--json"]).good().json();
    assert_eq!(all, one);
    let swapped = shell.run(&["audit", "check", "later.jsonl", "audit.jsonl"]);
    assert!(wrong(&swapped).contains("the next file begins behind row 0"), "{}", swapped.err);
    let backwards = shell.run(&["audit", "export", "--from", late, "--until", early]);
    assert_eq!(backwards.code, 2, "{}", backwards.err);
    let there = shell.run(&["audit", "export", "--out", "audit.jsonl"]);
    assert!(there.code == 4 && there.err.contains("audit.jsonl"), "{}", there.err);
}

#[test]
fn what_was_erased_is_checked_by_what_was_written_down() {
    let shell = shop();
    shell.run(&["privacy", "erase", "bob", "--yes"]).good();
    shell.run(&["audit", "export", "--out", "audit.jsonl"]).good();
    let text = std::fs::read_to_string(shell.path("audit.jsonl")).unwrap();
    assert!(!text.contains("bob"), "{text}");
    let checked = shell.run(&["audit", "check", "audit.jsonl", "--json"]).good().json();
    assert_eq!((&checked["erased"], &checked["untold"]), (&Value::from(1), &Value::from(0)));
    let told = forged(&shell, |text| text.replacen("user:erased:", "user:erased:9", 1));
    assert!(wrong(&told).contains("is not what was written"), "{}", told.err);
    // whoever forges what was written down too is told by the row of the erasure
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let erased = lines.iter().find(|line| line.get("erased").is_some()).unwrap();
    let remains = erased["erased"][0]["remains"].as_str().unwrap().to_owned();
    let told = forged(&shell, |text| text.replace(&remains, &remains.chars().rev().collect::<String>()));
    assert!(wrong(&told).contains("is not what was written"), "{}", told.err);
}

#[test]
fn the_operator_sees_what_waits_and_what_roles_ask_for() {
    let shell = shop();
    assert_eq!(shell.run(&["approval", "list", "--json"]).good().json(), serde_json::json!([]));
    let head = shell.run(&["approval", "list", "--all"]).good().out;
    assert!(head.starts_with("id  state"), "{head}");
    let roles = shell.run(&["role", "list", "--json"]).good().json();
    let clerk = roles.as_array().unwrap().iter().find(|role| role["name"] == "clerk").unwrap();
    assert_eq!(clerk["second_person"], serde_json::json!([]));
}
