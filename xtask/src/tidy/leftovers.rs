//! No marks of unfinished work, and no unanswered question of a scaffold (`//?`).

use super::{Violation, at, words};
use crate::tree::{File, Tree};

/// Marks in any text; put together here so that this file does not hold them.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];

/// Macros of unfinished or searching work.
const MACROS: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

/// What each question of a scaffold begins with.
pub(crate) const QUESTION: &str = "//?";

/// Names every mark that was left over.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.files().filter(|file| !is_foreign(file)).flat_map(marks).collect()
}

/// Whether the text is not ours: vendored, or written by a tool.
fn is_foreign(file: &File) -> bool {
    let vendored = file.path.split('/').any(|part| part == "vendor");
    vendored || file.extension() == "lock" || file.path.contains(".min.")
}

/// Whether the mark is a value of the program, such as the currency code for "no currency".
fn is_value(file: &File, number: usize, mark: &str) -> bool {
    let mut literals = file.rust().literals.iter();
    file.extension() == "rs" && literals.any(|l| l.line == number && words::stands_in(&l.text, mark))
}

fn marks(file: &File) -> Vec<Violation> {
    let mut found = Vec::new();
    for (number, line) in file.lines() {
        let marks = MARKS.iter().filter(|mark| words::stands_in(line, mark) && !is_value(file, number, mark));
        found.extend(marks.map(|mark| at(&file.path, number, format!("`{mark}` was left over"))));
    }
    if file.extension() == "rs" {
        for (number, line) in crate::tree::numbered(&file.rust().code) {
            let macros = MACROS.iter().filter(|name| words::stands_in(line, name));
            found.extend(macros.map(|name| at(&file.path, number, format!("`{name}` was left over"))));
        }
        let questions = file.lines().filter(|(_, line)| line.trim_start().starts_with(QUESTION));
        found.extend(
            questions.map(|(number, _)| at(&file.path, number, "a question of the scaffold is open")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found() {
        let marked: Vec<String> = MARKS.iter().map(|mark| format!("// {mark}: later")).collect();
        let rust =
            format!("{}\n{QUESTION} who?\nfn a() {{\n    todo!();\n    dbg!(1);\n}}\n", marked.join("\n"));
        let tree = Tree::of(&[("crates/a/src/lib.rs", &rust), ("docs/a.md", &marked[0])]);
        let lines: Vec<usize> = check(&tree).iter().map(|violation| violation.line).collect();
        assert_eq!(lines, [1, 2, 3, 6, 7, 4, 1]);
    }

    #[test]
    fn ordinary_and_foreign_texts_pass() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "// a method of todos; \"todo!\" in words\nlet a = \"dbg!\";"),
            ("crates/web/assets/vendor/x.js", &format!("// {}", MARKS[0])),
            ("crates/domain/src/currency.rs", &format!("let none = \"{}\";", MARKS[2])),
        ]);
        assert_eq!(check(&tree), []);
    }
}
