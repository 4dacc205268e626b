//! A decision of a module decides, and does nothing else: what it is about comes in as values, and what it
//! came to goes out as one. The manifest keeps that of `domain`; of a chapter of a module nobody does but
//! this rule.

use super::{Violation, at, words};
use crate::tree::Tree;

/// Words of those that ask, answer, wait, tell the time or leave something to chance.
const WORDS: [&str; 10] =
    ["axum", "db", "getrandom", "SystemTime", "tempfile", "testing", "tokio", "tracing", "uuid", "web"];

/// The same of the standard library.
const PATHS: [&str; 6] = ["std::env", "std::fs", "std::io", "std::net", "std::time", "std::thread"];

/// The chapters of a module that hold its statements. What a decision is about are types of its own, which the store
/// fills.
fn is_store(word: &str) -> bool {
    word == "store" || word.starts_with("store_")
}

/// Names every line of a decision that reaches further than a value.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let decisions = tree.product_rust().filter(|file| is_decision(&file.path));
    decisions
        .flat_map(|file| {
            let lines = file.rust().product_lines();
            lines.filter_map(|(line, text)| {
                let what = reaches(text)?;
                let message =
                    format!("a decision knows nothing of `{what}`; load before it, and store behind it");
                Some(at(&file.path, line, message))
            })
        })
        .collect()
}

/// What a line names that is no value.
fn reaches(line: &str) -> Option<&str> {
    let word = words::of(line).find(|word| WORDS.contains(word) || is_store(word));
    word.or_else(|| PATHS.into_iter().find(|path| words::stands_in(line, path)))
}

fn is_decision(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("modules") && parts.any(|part| part == "decide.rs" || part == "decide")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_reaches_further_is_found() {
        for line in [
            "use db::Conn;",
            "use web::{Answer, Failure};",
            "fn decide(tx: &mut db::Tx<'_>) {}",
            "let now = std::time::Instant::now();",
            "use std::fs::File;",
            "tracing::info!(\"decided\");",
            "use super::store::Guard;",
            "use crate::lot::store_kept;",
        ] {
            for path in ["modules/stock/src/unit/decide.rs", "modules/stock/src/unit/decide/parts.rs"] {
                assert_eq!(check(&Tree::of(&[(path, line)])).len(), 1, "{path}: {line}");
            }
        }
    }

    #[test]
    fn values_tests_and_other_chapters_pass() {
        let tree = Tree::of(&[
            (
                "modules/stock/src/unit/decide.rs",
                "// what the db holds\nuse domain::ledger::Post;\nuse std::collections::BTreeMap;\nfn restored() {}\nlet stored = 1;\n\
                 const WHAT: &str = \"web\";\n#[cfg(test)]\nmod tests { use crate::testing::world; }",
            ),
            ("modules/stock/src/unit/mod.rs", "use db::Tx;"),
            ("crates/web/src/decide.rs", "use db::Tx;"),
        ]);
        assert_eq!(check(&tree), []);
    }
}
