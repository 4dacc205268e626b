//! No floating point where quantities and money live: `domain`, `db` and the modules.

use super::{Violation, at, words};
use crate::tree::Tree;

const FOLDERS: [&str; 3] = ["crates/domain/", "crates/db/", "modules/"];

/// Files that may use floats, each with its reason.
const ALLOWED: [(&str, &str); 3] = [
    ("crates/db/src/pg/decode.rs", "the server tells some of its own statistics as floats"),
    ("crates/db/src/row.rs", "hands such a statistic on; quantities and money have other columns"),
    (
        "modules/exchange/src/table/write.rs",
        "numbers of a workbook are floats; those are written so that it keeps",
    ),
];

/// Names every float in the product code of the exact crates.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let exact = |path: &str| {
        FOLDERS.iter().any(|folder| path.starts_with(folder))
            && !ALLOWED.iter().any(|(file, _)| *file == path)
    };
    let files = tree.product_rust().filter(|file| exact(&file.path));
    files
        .flat_map(|file| {
            let lines = file.rust().product_lines().filter(|(_, line)| words::of(line).any(is_float));
            lines.map(|(line, _)| at(&file.path, line, "a float; quantities and money are exact integers"))
        })
        .collect()
}

/// Whether a word is a float type or a number with such a suffix.
fn is_float(word: &str) -> bool {
    ["f32", "f64"].iter().any(|kind| {
        word.strip_suffix(kind)
            .is_some_and(|number| number.chars().all(|c| c.is_ascii_digit() || c == '_' || c == 'e'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_in_an_exact_crate_is_found() {
        for text in ["fn a(x: f64) {}", "let a = x as f32;", "let a = 1_f64;"] {
            for path in ["crates/domain/src/a.rs", "crates/db/src/a.rs", "modules/stock/src/a.rs"] {
                assert_eq!(check(&Tree::of(&[(path, text)])).len(), 1, "{path}: {text}");
            }
        }
    }

    #[test]
    fn comments_tests_and_other_crates_pass() {
        let tree = Tree::of(&[
            ("crates/domain/src/a.rs", "// f64\nfn leaf64() {}\n#[cfg(test)]\nmod tests { fn a(x: f64) {} }"),
            ("crates/web/src/chart.rs", "fn a(x: f64) {}"),
            ("crates/forecast/src/lib.rs", "fn a(x: f64) {}"),
        ]);
        assert_eq!(check(&tree), []);
    }
}
