//! `tidy`: what the compiler cannot check, each rule with tests of its own.
//!
//! To add a rule: write `tidy/<rule>.rs` with `check(&Tree) -> Vec<Violation>` and its tests, and
//! give it one line in [`RULES`].

mod arrows;
pub(crate) mod codes;
mod dead_files;
mod engines;
mod floats;
mod generated;
mod ignored_tests;
mod layers;
mod leaks;
mod leftovers;
mod lengths;
pub(crate) mod licences;
mod links;
mod manifest;
pub(crate) mod modules;
mod problem_pages;
mod pure;
mod registry;
pub(crate) mod rust_text;
mod sql_constants;
mod sql_places;
mod sql_text;
mod table_owners;
mod words;

use crate::tree::{self, Tree};
use anyhow::{Result, bail};
use std::fmt;

/// A place that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Violation {
    /// The file, relative to the root.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong, and what to do.
    pub(crate) message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A violation at a line of a file.
fn at(path: &str, line: usize, message: impl Into<String>) -> Violation {
    Violation { path: path.to_owned(), line, message: message.into() }
}

/// One thing that `tidy` checks.
struct Rule {
    name: &'static str,
    about: &'static str,
    check: fn(&Tree) -> Vec<Violation>,
}

const fn rule(name: &'static str, about: &'static str, check: fn(&Tree) -> Vec<Violation>) -> Rule {
    Rule { name, about, check }
}

const RULES: [Rule; 18] = [
    rule("arrows", "crates depend only downwards", arrows::check),
    rule("table-owners", "a module names only its own tables", table_owners::check),
    rule("sql-places", "SQL stands in stores and migrations", sql_places::check),
    rule("sql-constants", "no statement is put together at run time", sql_constants::check),
    rule("engines", "nobody asks which engine it is on", engines::check),
    rule("pure", "a decision knows neither store nor door", pure::check),
    rule("problem-pages", "each problem code has its page", problem_pages::check),
    rule("problem-tests", "each problem code is met by a test", problem_pages::tested),
    rule("registry", "each capability is declared in its module", registry::check),
    rule("dead-files", "each Rust file is compiled", dead_files::check),
    rule("leftovers", "no marks of unfinished work", leftovers::check),
    rule("ignored-tests", "a test is ignored only because it is long", ignored_tests::check),
    rule("floats", "quantities and money are exact", floats::check),
    rule("links", "links in documents lead somewhere", links::check),
    rule("leaks", "no paths of a machine, no registry hosts", leaks::check),
    rule("licences", "allowed licences, one source, few packages", licences::check),
    rule("generated", "written files are up to date", generated::check),
    rule("rules", "each rule has a test that plants its fault", rules_are_tested),
];

const NOTES: [fn(&Tree) -> Vec<String>; 1] = [lengths::notes];

/// Runs all rules, or those that are named; `--list` shows them.
pub(crate) fn run(args: &[String]) -> Result<()> {
    if args == ["--list"] {
        for rule in &RULES {
            println!("  {:<14} {}", rule.name, rule.about);
        }
        return Ok(());
    }
    if let Some(unknown) = args.iter().find(|name| !RULES.iter().any(|rule| rule.name == *name)) {
        bail!("there is no rule `{unknown}`; `cargo xtask tidy --list` shows them");
    }
    let chosen = |rule: &&Rule| args.is_empty() || args.iter().any(|name| name == rule.name);
    let root = tree::root();
    let mut tree = Tree::read(&root)?;
    let mut count = 0;
    if RULES.iter().filter(chosen).any(|rule| rule.name == "licences") {
        match licences::packages(&root) {
            Ok(packages) => tree = tree.with_packages(packages),
            Err(error) => {
                println!("Cargo.lock:1: {error:#} [licences]");
                count += 1;
            }
        }
    }
    for rule in RULES.iter().filter(chosen) {
        for violation in (rule.check)(&tree) {
            println!("{violation} [{}]", rule.name);
            count += 1;
        }
    }
    if args.is_empty() {
        for note in NOTES.iter().flat_map(|notes| notes(&tree)) {
            println!("note: {note}");
        }
    }
    match count {
        0 => println!("tidy: nothing found"),
        1 => bail!("tidy: one violation"),
        _ => bail!("tidy: {count} violations"),
    }
    Ok(())
}

/// The rule about rules: a file of a rule has at least one test that finds and one that passes.
fn rules_are_tested(tree: &Tree) -> Vec<Violation> {
    let rules = tree.with_extension("rs").filter(|file| {
        file.path.starts_with("xtask/src/tidy/") && file.rust().code.contains("pub(crate) fn check(")
    });
    rules
        .filter(|file| file.rust().code.matches("#[test]").count() < 2)
        .map(|file| at(&file.path, 1, "a rule needs a test that plants its fault, and one that passes"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_of_rules_are_unique() {
        let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn a_rule_without_tests_is_found() {
        let bare = "pub(crate) fn check(tree: &Tree) {}\n#[test]\nfn a() {}";
        let tree = Tree::of(&[("xtask/src/tidy/a.rs", bare)]);
        assert_eq!(rules_are_tested(&tree).len(), 1);
    }

    #[test]
    fn a_rule_with_tests_passes() {
        let tested = "pub(crate) fn check(tree: &Tree) {}\n#[test]\nfn a() {}\n#[test]\nfn b() {}";
        let tree = Tree::of(&[("xtask/src/tidy/a.rs", tested), ("xtask/src/tidy/b.rs", "fn help() {}")]);
        assert_eq!(rules_are_tested(&tree), []);
    }
}
