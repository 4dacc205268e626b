//! Files that a task writes are what the task would write today.
//!
//! The API description needs the built binary; `cargo xtask test` compares it in a step of its own.

use super::{Violation, at};
use crate::problems;
use crate::tree::Tree;

/// A written file: its path, the task that writes it, and what the task would write.
type Written = (&'static str, &'static str, fn(&Tree) -> String);

const WRITTEN: [Written; 1] = [(problems::INDEX, "problems", problems::index)];

/// Names every written file that is out of date.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let stale = WRITTEN.iter().filter(|(path, _, write)| {
        tree.file(path).is_none_or(|file| file.text.trim_end() != write(tree).trim_end())
    });
    stale.map(|(path, task, _)| at(path, 1, format!("out of date; run `cargo xtask {task}`"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::codes;

    #[test]
    fn a_file_that_was_not_written_again_is_found() {
        let tree = Tree::of(&[(codes::SOURCE, codes::TABLE), (problems::INDEX, "# Old\n")]);
        assert_eq!(check(&tree)[0].message, "out of date; run `cargo xtask problems`");
        assert_eq!(check(&Tree::of(&[(codes::SOURCE, codes::TABLE)])).len(), 1);
    }

    #[test]
    fn a_fresh_file_passes() {
        let written = problems::index(&Tree::of(&[(codes::SOURCE, codes::TABLE)]));
        let tree = Tree::of(&[(codes::SOURCE, codes::TABLE), (problems::INDEX, &written)]);
        assert_eq!(check(&tree), []);
    }
}
