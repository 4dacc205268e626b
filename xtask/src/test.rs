//! `test`: everything that must hold before a change lands, in the order of what fails fastest.
//!
//! CI runs exactly this. A step that fails does not hide the ones after it; the closing table says
//! how each went and how long it took.
//!
//! All tests of a run share one PostgreSQL server: the first that needs it starts it, and it goes
//! away with the runner (`testkit::pg`). Here it is only seen to that its programs are there.

mod tools;

use crate::{process, tidy};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::{Duration, Instant};

/// How many random cases each law takes when the long tests run too; 256 otherwise.
const CASES_LONG: (&str, &str) = ("PROPTEST_CASES", "4096");

/// What the tests run with.
struct Plan {
    long: bool,
    nextest: bool,
    deny: bool,
}

/// One step and how it went.
struct Outcome {
    name: &'static str,
    took: Duration,
    error: Option<String>,
}

/// Runs all steps; `--long` adds the tests marked `#[ignore = "long: …"]`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let long = match args {
        [] => false,
        [flag] if flag == "--long" => true,
        _ => bail!("`test` takes only `--long`"),
    };
    tools::ensure_rust_components()?;
    tools::ensure_programs()?;
    let has = |tool: &str| process::succeeds(process::cargo().args([tool, "--version"]));
    let plan = Plan { long, nextest: has("nextest"), deny: has("deny") };
    let outcomes = steps(&plan);
    println!("\n{}", table(&outcomes));
    let failed: Vec<&str> = outcomes.iter().filter(|o| o.error.is_some()).map(|o| o.name).collect();
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn steps(plan: &Plan) -> Vec<Outcome> {
    let mut outcomes = vec![
        step("format", || process::run(process::cargo().args(["fmt", "--all", "--check"]))),
        step("tidy", || tidy::run(&[])),
        step("lints", || {
            let lint = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            process::run(process::cargo().args(lint))
        }),
        step("doc tests", || {
            process::run(process::cargo().args(["test", "--workspace", "--doc", "--quiet"]))
        }),
        step("tests", || process::run(&mut tests(plan))),
    ];
    if plan.deny {
        // what needs no network; `tidy` checks licences and sources also where the tool is missing
        let check = ["deny", "check", "licenses", "bans", "sources"];
        outcomes.push(step("deny", || process::run(process::cargo().args(check))));
    }
    outcomes
}

/// The command that runs the tests of all crates, without doc tests.
fn tests(plan: &Plan) -> Command {
    let mut command = process::cargo();
    if plan.long {
        command.env(CASES_LONG.0, CASES_LONG.1);
    }
    if plan.nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
        command.args(if plan.long { ["--profile", "long", "--run-ignored", "all"].as_slice() } else { &[] });
    } else {
        command.args(["test", "--workspace", "--tests", "--no-fail-fast"]);
        command.args(if plan.long { ["--", "--include-ignored"].as_slice() } else { &[] });
    }
    command
}

fn step(name: &'static str, run: impl FnOnce() -> Result<()>) -> Outcome {
    println!("\n== {name}");
    let start = Instant::now();
    let error = run().err().map(|error| format!("{error:#}"));
    if let Some(error) = &error {
        println!("{error}");
    }
    Outcome { name, took: start.elapsed(), error }
}

fn table(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().map(|outcome| {
        let result = if outcome.error.is_none() { "ok" } else { "FAILED" };
        format!("{:<12} {:>7.1} s  {result}", outcome.name, outcome.took.as_secs_f32())
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod unit {
    use super::*;

    fn typed(long: bool, nextest: bool) -> String {
        process::show(&tests(&Plan { long, nextest, deny: false }))
    }

    #[test]
    fn the_long_tests_run_only_when_asked_for() {
        assert_eq!(typed(false, true), "cargo nextest run --workspace --no-fail-fast");
        assert_eq!(
            typed(true, true),
            "cargo nextest run --workspace --no-fail-fast --profile long --run-ignored all"
        );
        assert_eq!(typed(false, false), "cargo test --workspace --tests --no-fail-fast");
        assert!(typed(true, false).ends_with("-- --include-ignored"));
    }

    #[test]
    fn a_failed_step_is_told_and_hides_no_other() {
        let outcomes = [step("one", || bail!("no")), step("two", || Ok(()))];
        let table = table(&outcomes);
        let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words, [["one", "0.0", "s", "FAILED"], ["two", "0.0", "s", "ok"]]);
    }
}
