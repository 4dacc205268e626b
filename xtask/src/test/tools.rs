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

/// Programs that the tests start.
struct Needed {
    /// What they are for.
    what: &'static str,
    /// The package of Debian that brings them.
    package: &'static str,
    /// One of them.
    program: &'static str,
    is_there: fn() -> bool,
}

const NEEDED: [Needed; 3] = [
    // no server needs to run, the tests start their own
    Needed {
        what: "start a PostgreSQL server of their own",
        package: "postgresql",
        program: "initdb",
        is_there: has_postgres,
    },
    Needed {
        what: "read the order of system calls",
        package: "strace",
        program: "strace",
        is_there: || process::find("strace").is_some(),
    },
    Needed {
        what: "look at the pages in a browser",
        package: "chromium",
        program: "chromium",
        is_there: || process::find("chromium").is_some(),
    },
];

/// What is done about a program.
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

/// All programs that the tests start.
pub(crate) fn ensure_programs() -> Result<()> {
    let mut is_updated = false;
    for needed in &NEEDED {
        match step((needed.is_there)(), is_root(), process::find("apt-get").is_some()) {
            Step::Nothing => continue,
            Step::Install => {}
            Step::Ask => bail!("{}", needed.asked()),
        }
        println!("installing `{}`: the tests {}", needed.package, needed.what);
        if !std::mem::replace(&mut is_updated, true) {
            apt("update --quiet")?;
        }
        apt(&needed.install())?;
        ensure!((needed.is_there)(), "`apt-get {}` brought no `{}`", needed.install(), needed.program);
    }
    Ok(())
}

fn apt(arguments: &str) -> Result<()> {
    let mut command = Command::new("apt-get");
    process::run(command.args(arguments.split(' ')).env("DEBIAN_FRONTEND", "noninteractive"))
}

impl Needed {
    fn install(&self) -> String {
        format!("install --yes --no-install-recommends {}", self.package)
    }

    fn asked(&self) -> String {
        let Needed { what, program, .. } = self;
        format!("the tests {what} and found no `{program}`; run `apt-get {}` as root", self.install())
    }
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
        let asked = NEEDED.iter().map(Needed::asked).collect::<Vec<_>>();
        assert!(asked[0].ends_with("run `apt-get install --yes --no-install-recommends postgresql` as root"));
        assert!(asked[1].ends_with("run `apt-get install --yes --no-install-recommends strace` as root"));
    }

    #[test]
    fn this_machine_has_what_the_tests_need() {
        ensure_rust_components().unwrap();
        for needed in &NEEDED {
            assert!((needed.is_there)(), "{}", needed.asked());
        }
    }
}
