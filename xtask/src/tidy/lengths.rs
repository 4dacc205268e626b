//! The longest files: a remark for the reader, never a failure.

use crate::tree::Tree;

const LINES_REMARKED: usize = 400;

/// One line for each Rust file above the length, the longest first.
pub(crate) fn notes(tree: &Tree) -> Vec<String> {
    let mut long: Vec<(usize, &str)> = tree
        .with_extension("rs")
        .map(|file| (file.lines().count(), file.path.as_str()))
        .filter(|(lines, _)| *lines > LINES_REMARKED)
        .collect();
    long.sort_unstable_by(|a, b| b.cmp(a));
    long.into_iter().map(|(lines, path)| format!("{path} has {lines} lines; is it one chapter?")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_files_are_remarked_on() {
        let long = "\n".repeat(LINES_REMARKED + 1);
        let fair = "\n".repeat(LINES_REMARKED);
        let tree = Tree::of(&[("a.rs", &fair), ("b.rs", &long)]);
        assert_eq!(notes(&tree), ["b.rs has 401 lines; is it one chapter?"]);
    }
}
