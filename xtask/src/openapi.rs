//! `openapi`: the committed reference, the description of the API and the page of the commands, is
//! what the product itself tells.

use crate::{process, tree};
use anyhow::{Context, Result, ensure};
use std::process::Stdio;

/// Where each part of the reference stands, the command that tells it, and how it begins.
const PARTS: [(&str, &str, &str); 2] =
    [("docs/reference/openapi.json", "openapi", "{"), ("docs/reference/cli.md", "reference", "# ")];

/// Writes the reference. A test of the product compares what is committed with what it tells.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "`openapi` takes no arguments");
    for (place, word, begin) in PARTS {
        let path = tree::root().join(place);
        let told = told(word)?;
        ensure!(told.starts_with(begin), "`stockwell {word}` told something else");
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
