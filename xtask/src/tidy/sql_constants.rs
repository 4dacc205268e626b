//! Statements are constants: none is put together at run time, least of all from a user's text.
//!
//! `crates/db` and the test kit are left out: they name databases, schemas and partitions.

use super::{Violation, at, sql_text, words};
use crate::tree::Tree;

const FOLDERS: [&str; 4] = ["modules/", "crates/stockwell/", "crates/web/", "crates/domain/"];

/// Names every statement with a gap to be filled in.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let files = tree.product_rust().filter(|file| FOLDERS.iter().any(|folder| file.path.starts_with(folder)));
    files
        .flat_map(|file| {
            let statements = file.rust().product_literals().filter(|l| sql_text::is_statement(&l.text));
            statements.filter(|literal| has_gap(&literal.text)).map(|literal| {
                at(&file.path, literal.line, "a statement put together at run time; bind a parameter instead")
            })
        })
        .collect()
}

/// Whether a text has `{}` or `{name}` outside of quotes.
fn has_gap(text: &str) -> bool {
    text.split('\'').step_by(2).any(|bare| {
        bare.split('{').skip(1).any(|rest| rest.starts_with(|c| words::is_part(c) || c == '}' || c == ':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, statement: &str) -> usize {
        check(&Tree::of(&[(path, &format!("fn a() {{ f(\"{statement}\") }}"))])).len()
    }

    #[test]
    fn a_statement_with_a_gap_is_found() {
        for statement in ["select a from {}", "select {columns} from b", "update t set a = {value:?}"] {
            assert_eq!(count("modules/stock/src/store.rs", statement), 1, "{statement}");
        }
    }

    #[test]
    fn constants_sentences_and_the_database_crate_pass() {
        assert_eq!(count("modules/stock/src/store.rs", "select a from b where c = ?1 and d = '{}'"), 0);
        assert_eq!(count("modules/stock/src/api.rs", "there is no item `{sku}` to select from"), 0);
        assert_eq!(count("crates/db/src/cluster.rs", "create database {name}"), 0);
    }
}
