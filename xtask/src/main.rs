//! The workshop of the project: `cargo xtask` lists its tasks.

#![expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]

mod bench;
mod openapi;
mod problems;
mod process;
mod scaffold;
mod test;
mod tidy;
mod tree;

use anyhow::{Result, bail};
use std::process::ExitCode;

/// One task.
struct Task {
    name: &'static str,
    args: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: [Task; 6] = [
    Task {
        name: "test",
        args: "[--long]",
        about: "format, lints, tidy and all tests, as CI runs them; --long adds the tests that take hours",
        run: test::run,
    },
    Task {
        name: "tidy",
        args: "[--list | RULE…]",
        about: "the rules that the compiler cannot check",
        run: tidy::run,
    },
    Task {
        name: "new",
        args: "MODULE/CAPABILITY",
        about: "the folder of a new capability, with the questions to answer, and its registry line",
        run: scaffold::run,
    },
    Task {
        name: "openapi",
        args: "",
        about: "refreshes the committed reference of the API and the commands",
        run: openapi::run,
    },
    Task {
        name: "problems",
        args: "",
        about: "refreshes the index of the problem pages",
        run: problems::run,
    },
    Task {
        name: "bench",
        args: "[ARGUMENT…]",
        about: "an optimised build of the benchmarks of the product",
        run: bench::run,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else {
        println!("cargo xtask TASK\n");
        for task in &TASKS {
            println!("  {:<24} {}", format!("{} {}", task.name, task.args), task.about);
        }
        return Ok(());
    };
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => bail!("there is no task `{name}`; `cargo xtask` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_task_is_refused() {
        let error = dispatch(&["fly".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "there is no task `fly`; `cargo xtask` lists them");
    }
}
