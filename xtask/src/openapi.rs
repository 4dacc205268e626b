//! `openapi`: the committed reference, the description of the API and the page of the commands, is
//! what the product itself tells.

use crate::{process, tree};
use anyhow::{Context, Result, bail, ensure};
use std::process::Stdio;

/// Where each part of the reference stands, the command that tells it, and how it begins.
const PARTS: [(&str, &str, &str); 2] =
    [("docs/reference/openapi.json", "openapi", "{"), ("docs/reference/cli.md", "reference", "# ")];

/// Writes the reference; with `--check` only compares it.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("`openapi` takes only `--check`"),
    };
    for (place, word, begin) in PARTS {
        let path = tree::root().join(place);
        let told = told(word)?;
        ensure!(told.starts_with(begin), "`stockwell {word}` told something else");
        if check {
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            if let Some(line) = first_difference(&committed, &told) {
                bail!("{place}:{line} is out of date; run `cargo xtask openapi`");
            }
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, told)?;
        println!("wrote {place}");
    }
    Ok(())
}

/// What the product says about itself.
fn told(word: &str) -> Result<String> {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "stockwell", "--", word]);
    let output = command.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    ensure!(output.status.success(), "`{}` failed", process::show(&command));
    Ok(format!("{}\n", String::from_utf8(output.stdout)?.trim_end()))
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
