//! `openapi`: the committed description of the API is what the product itself tells.

use crate::{process, tree};
use anyhow::{Context, Result, bail, ensure};
use std::process::Stdio;

/// Where the description stands.
pub(crate) const DESCRIPTION: &str = "docs/reference/openapi.json";

/// Writes the description; with `--check` only compares it.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("`openapi` takes only `--check`"),
    };
    let path = tree::root().join(DESCRIPTION);
    let told = told()?;
    if check {
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        return match first_difference(&committed, &told) {
            None => Ok(()),
            Some(line) => bail!("{DESCRIPTION}:{line} is out of date; run `cargo xtask openapi`"),
        };
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, told)?;
    println!("wrote {DESCRIPTION}");
    Ok(())
}

/// What the product says about its API.
fn told() -> Result<String> {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "stockwell", "--", "openapi"]);
    let output = command.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    ensure!(output.status.success(), "`{}` failed", process::show(&command));
    let text = String::from_utf8(output.stdout)?;
    let description: serde_json::Value = serde_json::from_str(&text).context("not a JSON text")?;
    ensure!(description.get("openapi").is_some(), "not an OpenAPI description");
    Ok(format!("{}\n", text.trim_end()))
}

/// The first line, from 1, that two texts do not share.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    let shared = one.lines().zip(other.lines()).take_while(|(a, b)| a == b).count();
    Some(shared + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
    }
}
