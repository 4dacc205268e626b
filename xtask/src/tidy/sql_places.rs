//! SQL stands in stores, migrations, the database crate and the checks of `verify`; nowhere else.

use super::{Violation, at, sql_text};
use crate::tree::Tree;

/// Names every statement outside of its homes.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let statements = tree.product_rust().filter(|file| !sql_text::is_home(&file.path)).flat_map(|file| {
        let literals = file.rust().product_literals();
        literals.filter(|literal| sql_text::is_statement(&literal.text)).map(|literal| {
            let message = "a statement outside of a store; move it into `store*.rs` or `migrations/`";
            at(&file.path, literal.line, message)
        })
    });
    let files = tree
        .with_extension("sql")
        .filter(|file| !sql_text::is_home(&file.path))
        .map(|file| at(&file.path, 1, "an SQL file outside of `migrations/`"));
    statements.chain(files).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENT: &str = "const A: &str = \"select a from b\";\n";

    #[test]
    fn a_statement_outside_of_a_store_is_found() {
        let tree = Tree::of(&[("modules/stock/src/receive/mod.rs", STATEMENT), ("docs/q.sql", "select 1")]);
        let found: Vec<_> = check(&tree).iter().map(|v| format!("{}:{}", v.path, v.line)).collect();
        assert_eq!(found, ["modules/stock/src/receive/mod.rs:1", "docs/q.sql:1"]);
    }

    #[test]
    fn stores_tests_and_sentences_pass() {
        let in_test = format!("#[cfg(test)]\nmod tests {{\n{STATEMENT}}}\n");
        let tree = Tree::of(&[
            ("modules/stock/src/store.rs", STATEMENT),
            ("modules/stock/src/api.rs", &in_test),
            ("modules/stock/src/page.rs", "// select a from b\nlet a = \"select a site\";"),
            ("modules/stock/migrations/0001.sql", "select 1"),
        ]);
        assert_eq!(check(&tree), []);
    }
}
