//! Every package comes from the public registry, under a licence of `deny.toml`, and they are few.

use super::{Violation, at};
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use toml::Table;

/// The tree stays below this many packages.
const PACKAGES_MAX: usize = 400;

/// The one source of packages; put together here so that this file names no registry.
const SOURCE: &str = concat!("registry+https://github.com/rust-lang/crates", ".io-index");

/// One package of the tree, as `cargo metadata` tells.
#[derive(Debug)]
pub(crate) struct Package {
    name: String,
    licence: Option<String>,
    ours: bool,
}

/// The packages of this platform with their licences.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let version = Command::new(cargo()).arg("-vV").output().context("cannot run cargo")?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("cargo names no host")?;
    let mut output = metadata(root, host, &["--offline"])?;
    if !output.status.success() {
        // a fresh clone has not fetched anything yet
        output = metadata(root, host, &[])?;
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo metadata failed: {}", complaint.trim());
    let value: Value = serde_json::from_slice(&output.stdout)?;
    let packages = value.get("packages").and_then(Value::as_array).context("no packages")?;
    Ok(packages.iter().filter_map(package).collect())
}

fn cargo() -> String {
    std::env::var_os("CARGO").and_then(|path| path.into_string().ok()).unwrap_or_else(|| "cargo".to_owned())
}

fn metadata(root: &Path, host: &str, more: &[&str]) -> Result<Output> {
    Command::new(cargo())
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .args(more)
        .current_dir(root)
        .output()
        .context("cannot run cargo")
}

fn package(value: &Value) -> Option<Package> {
    let text = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Package { name: text("name")?, licence: text("license"), ours: text("source").is_none() })
}

/// Names every foreign source, and every package without an allowed licence.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = sources(tree);
    let allowed = allowed(tree);
    let foreign: Vec<&Package> = tree.packages().iter().filter(|package| !package.ours).collect();
    for package in &foreign {
        let message = match &package.licence {
            None => Some(format!("`{}` names no licence", package.name)),
            Some(licence) if !Expression::accepts(licence, &allowed) => {
                Some(format!("`{}` is under `{licence}`, which `deny.toml` does not allow", package.name))
            }
            Some(_) => None,
        };
        found.extend(message.map(|message| at("Cargo.lock", 1, message)));
    }
    if foreign.len() >= PACKAGES_MAX {
        let message = format!("the tree has {} packages, the limit is {PACKAGES_MAX}", foreign.len());
        found.push(at("Cargo.lock", 1, message));
    }
    found
}

/// Locked packages that come from elsewhere, on any platform.
fn sources(tree: &Tree) -> Vec<Violation> {
    let Some(lock) = tree.file("Cargo.lock") else { return Vec::new() };
    lock.lines()
        .filter_map(|(number, line)| {
            let source = line.strip_prefix("source = \"")?.strip_suffix('"')?;
            (source != SOURCE).then(|| at(&lock.path, number, format!("a foreign source: `{source}`")))
        })
        .collect()
}

/// The licences that `deny.toml` allows.
fn allowed(tree: &Tree) -> BTreeSet<String> {
    let table: Option<Table> = tree.file("deny.toml").and_then(|file| file.text.parse().ok());
    let list = table.as_ref().and_then(|table| table.get("licenses")?.get("allow")?.as_array());
    list.into_iter().flatten().filter_map(|name| name.as_str()).map(str::to_owned).collect()
}

/// A licence expression: `A OR B AND (C WITH D)`; the old `A/B` means `A OR B`.
struct Expression<'text> {
    tokens: Vec<&'text str>,
    allowed: &'text BTreeSet<String>,
}

impl<'text> Expression<'text> {
    /// Whether the expression can be met with the allowed licences alone.
    fn accepts(text: &'text str, allowed: &'text BTreeSet<String>) -> bool {
        let mut tokens: Vec<&str> = text
            .split_inclusive(['(', ')', '/', ' '])
            .flat_map(|piece| {
                let word = piece.trim_end_matches(['(', ')', '/', ' ']);
                [word, piece.get(word.len()..).unwrap_or_default().trim()]
            })
            .filter(|token| !token.is_empty())
            .collect();
        tokens.reverse();
        let mut expression = Expression { tokens, allowed };
        let accepted = expression.any();
        accepted && expression.tokens.is_empty()
    }

    fn next_is(&mut self, words: &[&str]) -> bool {
        let is = self.tokens.last().is_some_and(|token| words.contains(token));
        if is {
            self.tokens.pop();
        }
        is
    }

    fn any(&mut self) -> bool {
        let mut accepted = self.all();
        while self.next_is(&["OR", "/"]) {
            let other = self.all();
            accepted |= other;
        }
        accepted
    }

    fn all(&mut self) -> bool {
        let mut accepted = self.one();
        while self.next_is(&["AND"]) {
            let other = self.one();
            accepted &= other;
        }
        accepted
    }

    fn one(&mut self) -> bool {
        if self.next_is(&["("]) {
            let accepted = self.any();
            return self.next_is(&[")"]) && accepted;
        }
        let name = self.tokens.pop().unwrap_or_default();
        if self.next_is(&["WITH"]) {
            let exception = self.tokens.pop().unwrap_or_default();
            return self.allowed.contains(&format!("{name} WITH {exception}"));
        }
        self.allowed.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: (&str, &str) =
        ("deny.toml", "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Unicode-3.0\"]\n");

    fn messages(packages: &[(&str, Option<&str>)], lock: &str) -> Vec<String> {
        let packages = packages
            .iter()
            .map(|(name, licence)| Package {
                name: (*name).to_owned(),
                licence: licence.map(str::to_owned),
                ours: *name == "stock",
            })
            .collect();
        let tree = Tree::of(&[DENY, ("Cargo.lock", lock)]).with_packages(packages);
        check(&tree).into_iter().map(|violation| violation.message).collect()
    }

    #[test]
    fn allowed_licences_and_the_public_registry_pass() {
        let packages = [
            ("a", Some("MIT")),
            ("b", Some("GPL-3.0 OR MIT")),
            ("c", Some("MIT/GPL-3.0")),
            ("d", Some("(MIT OR Apache-2.0) AND Unicode-3.0")),
            ("e", Some("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT")),
            ("stock", None),
        ];
        assert_eq!(messages(&packages, &format!("[[package]]\nsource = \"{SOURCE}\"\n")), [""; 0]);
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_found() {
        for licence in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR GPL-3.0) AND Zlib",
            "Apache-2.0 WITH LLVM-exception",
            "",
            "MIT MIT",
            "(MIT",
        ] {
            assert_eq!(messages(&[("a", Some(licence))], "").len(), 1, "{licence}");
        }
        assert_eq!(messages(&[("a", None)], ""), ["`a` names no licence"]);
    }

    #[test]
    fn foreign_sources_are_found() {
        for source in ["git+https://example.com/a#1", "registry+https://example.com/index"] {
            assert_eq!(messages(&[], &format!("[[package]]\nsource = \"{source}\"\n")).len(), 1, "{source}");
        }
    }

    #[test]
    fn a_large_tree_is_found() {
        let many = vec![("a", Some("MIT")); PACKAGES_MAX];
        assert_eq!(messages(&many, ""), ["the tree has 400 packages, the limit is 400"]);
        assert_eq!(messages(many.get(1..).unwrap(), ""), [""; 0]);
    }
}
