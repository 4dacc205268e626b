//! Other programs: where they are, and how they are run.

use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What `cargo` tells the program that it runs about the package of that program: a build script that looks at it
/// (that of `ring` does) would run again for every other way to call `cargo`, and all that rests on it be built anew.
const OF_THIS_PACKAGE: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];

/// The `cargo` that runs this program, in the root of the workspace, without an input.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(crate::tree::root()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| OF_THIS_PACKAGE.iter().any(|begin| name.starts_with(begin))) {
            command.env_remove(name);
        }
    }
    command
}

/// The first file of this name in the folders of `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Runs a command to its end; an error when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("cannot run `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed ({status})");
    Ok(())
}

/// Whether a command runs and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().map(|name| name.to_string_lossy().into_owned());
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    name.into_iter().chain(args).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_as_it_is_typed() {
        let error = run(cargo().args(["no-such-command", "-q"]).stderr(Stdio::null())).unwrap_err();
        assert!(error.to_string().starts_with("`cargo no-such-command -q` failed"), "{error}");
        assert!(succeeds(cargo().arg("--version")));
    }

    #[test]
    fn cargo_is_told_nothing_of_this_package() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let command = cargo();
        let kept = |name: &str| !command.get_envs().any(|(known, value)| known == name && value.is_none());
        assert!(!kept("CARGO_PKG_NAME") && !kept("CARGO_MANIFEST_DIR"));
        assert!(kept("CARGO_HOME") && kept("CARGO_TARGET_DIR"));
    }

    #[test]
    fn programs_are_found_in_the_path() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-such-program"), None);
    }
}
