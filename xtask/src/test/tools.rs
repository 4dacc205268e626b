//! What the tests need from the machine: found, installed where that is allowed, or asked for.

use crate::process;
use anyhow::{Result, bail, ensure};
use std::path::Path;
use std::process::Command;

/// Where Debian keeps the programs of the servers, one folder a version.
const SERVERS: &str = "/usr/lib/postgresql";

/// The formatter and the linter; added where the toolchain is kept by `rustup`.
pub(crate) fn ensure_rust_components() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if process::succeeds(process::cargo().args([subcommand, "--version"])) {
            continue;
        }
        ensure!(process::find("rustup").is_some(), "`cargo {subcommand}` is missing; install `{component}`");
        process::run(Command::new("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

/// The command that brings the programs of a PostgreSQL server.
const INSTALL: &str = "apt-get install --yes --no-install-recommends postgresql";

/// What is done about a PostgreSQL server.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// It is there.
    Nothing,
    /// This program may install it.
    Install,
    /// Somebody who may has to.
    Ask,
}

fn step(there: bool, may_install: bool, has_apt: bool) -> Step {
    match (there, may_install && has_apt) {
        (true, _) => Step::Nothing,
        (false, true) => Step::Install,
        (false, false) => Step::Ask,
    }
}

/// The programs of a PostgreSQL server; no server needs to run, the tests start their own.
pub(crate) fn ensure_postgres() -> Result<()> {
    match step(has_postgres(), is_root(), process::find("apt-get").is_some()) {
        Step::Nothing => return Ok(()),
        Step::Install => {}
        Step::Ask => bail!("{}", asked()),
    }
    println!("installing the PostgreSQL server that the tests start");
    let apt = |args: &str| {
        let mut command = Command::new("apt-get");
        command.args(args.split(' ').skip(1)).env("DEBIAN_FRONTEND", "noninteractive");
        process::run(&mut command)
    };
    apt("apt-get update --quiet")?;
    apt(INSTALL)?;
    ensure!(has_postgres(), "`{INSTALL}` brought no `initdb`");
    Ok(())
}

fn asked() -> String {
    format!("the tests start a PostgreSQL server of their own and found no `initdb`; run `{INSTALL}` as root")
}

fn has_postgres() -> bool {
    let versions = Path::new(SERVERS).read_dir().into_iter().flatten().flatten();
    process::find("initdb").is_some() || versions.into_iter().any(|v| v.path().join("bin/initdb").is_file())
}

/// Whether this program may install packages.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_installed_where_that_is_allowed_and_named_elsewhere() {
        assert_eq!(step(true, false, false), Step::Nothing);
        assert_eq!(step(true, true, true), Step::Nothing);
        assert_eq!(step(false, true, true), Step::Install);
        assert_eq!(step(false, false, true), Step::Ask);
        assert_eq!(step(false, true, false), Step::Ask, "another system than Debian");
        assert!(asked().ends_with("run `apt-get install --yes --no-install-recommends postgresql` as root"));
    }

    #[test]
    fn this_machine_has_what_the_tests_need() {
        ensure_rust_components().unwrap();
        assert!(has_postgres(), "{}", asked());
    }
}
