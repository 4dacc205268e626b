//! No code asks which engine it runs on, outside of the places where the engines differ.

use super::{Violation, at, words};
use crate::tree::Tree;

const NAMES: [&str; 2] = ["Engine::Sqlite", "Engine::Postgres"];

/// Files of the binary that set up, measure or explain an engine.
const BINARY: [&str; 3] = ["config", "bench", "doctor"];

/// Names every branch on the engine outside of its homes.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let files = tree.product_rust().filter(|file| !is_home(&file.path));
    files
        .flat_map(|file| {
            let lines = file.rust().product_lines();
            lines.filter(|(_, line)| NAMES.iter().any(|name| words::stands_in(line, name))).map(
                |(line, _)| {
                    at(
                        &file.path,
                        line,
                        "asks which engine it is on; put a variant of the statement into the store",
                    )
                },
            )
        })
        .collect()
}

fn is_home(path: &str) -> bool {
    let begins = |part: &str, homes: &[&str]| homes.iter().any(|home| part.starts_with(home));
    path.starts_with("crates/db/")
        || path.starts_with("crates/testkit/")
        || path.split('/').any(|part| begins(part, &["store.", "store_"]) || part == "store")
        || path.strip_prefix("crates/stockwell/src/").is_some_and(|inside| begins(inside, &BINARY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRANCH: &str = "fn a(e: Engine) -> bool {\n    e == Engine::Sqlite\n}\n";

    #[test]
    fn a_branch_in_a_module_is_found() {
        let tree = Tree::of(&[
            ("modules/stock/src/receive/mod.rs", BRANCH),
            ("crates/stockwell/src/serve.rs", BRANCH),
        ]);
        let found: Vec<_> = check(&tree).iter().map(|v| (v.path.clone(), v.line)).collect();
        assert_eq!(
            found,
            [
                ("modules/stock/src/receive/mod.rs".to_owned(), 2),
                ("crates/stockwell/src/serve.rs".to_owned(), 2)
            ]
        );
    }

    #[test]
    fn the_homes_of_the_engines_pass() {
        let tree = Tree::of(&[
            ("crates/db/src/engine.rs", BRANCH),
            ("modules/stock/src/store.rs", BRANCH),
            ("modules/stock/src/store/lots.rs", BRANCH),
            ("crates/stockwell/src/doctor.rs", BRANCH),
            ("crates/stockwell/src/bench/mod.rs", BRANCH),
            ("modules/stock/src/api.rs", "// Engine::Sqlite\nlet a = \"Engine::Postgres\";"),
        ]);
        assert_eq!(check(&tree), []);
    }
}
