//! A test is ignored for one reason: it takes long, and `cargo xtask test --long` runs it.

use super::{Violation, at};
use crate::tree::Tree;

/// How the reason of an ignored test begins.
const LONG: &str = "long: ";

/// Names every ignored test that `--long` would not explain.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.with_extension("rs")
        .flat_map(|file| {
            let rust = file.rust();
            let ignored = crate::tree::numbered(&rust.code).filter(|(_, line)| line.contains("#[ignore"));
            let unexplained = ignored.filter(|(number, _)| {
                !rust.literals.iter().any(|literal| literal.line == *number && literal.text.starts_with(LONG))
            });
            unexplained.map(|(number, _)| {
                at(&file.path, number, "write `#[ignore = \"long: why\"]`, or make the test run always")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_test_without_a_reason_is_found() {
        let text = "#[test]\n#[ignore]\nfn a() {}\n#[test]\n#[ignore = \"flaky\"]\nfn b() {}";
        let lines: Vec<usize> = check(&Tree::of(&[("a.rs", text)])).iter().map(|v| v.line).collect();
        assert_eq!(lines, [2, 5]);
    }

    #[test]
    fn a_long_test_passes() {
        let text = "#[test]\n#[ignore = \"long: a million rows\"]\nfn a() {}\n// #[ignore]";
        assert_eq!(check(&Tree::of(&[("a.rs", text)])), []);
    }
}
