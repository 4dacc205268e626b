//! Every Rust file is reached by a `mod` declaration from the root of a crate.

use super::{Violation, at};
use crate::tree::Tree;

/// Names every Rust file that no build compiles.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.with_extension("rs")
        .filter(|file| !tree.modules().reaches(&file.path))
        .map(|file| at(&file.path, 1, "no `mod` declaration leads here; declare the file or delete it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: (&str, &str) = ("crates/a/Cargo.toml", "[package]\nname = \"stockwell-a\"\n");

    #[test]
    fn a_file_that_nothing_declares_is_found() {
        let tree = Tree::of(&[MANIFEST, ("crates/a/src/lib.rs", "// mod b;"), ("crates/a/src/b.rs", "")]);
        assert_eq!(check(&tree)[0].path, "crates/a/src/b.rs");
    }

    #[test]
    fn declared_files_pass() {
        let tree = Tree::of(&[
            MANIFEST,
            ("crates/a/src/lib.rs", "mod b;"),
            ("crates/a/src/b.rs", ""),
            ("crates/a/tests/it.rs", ""),
        ]);
        assert_eq!(check(&tree), []);
    }
}
