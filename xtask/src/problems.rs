//! `problems`: the index of the problem pages, made from the table of codes.

use crate::tidy::codes::{self, STATUSES};
use crate::tree::{self, Tree};
use anyhow::{Result, ensure};
use std::fmt::Write as _;

/// Where the index stands.
pub(crate) const INDEX: &str = "docs/problems/README.md";

const HEAD: &str = "\
# Problems

Every refusal of Stockwell has a code, and every code has a page here. A refusal travels as
`application/problem+json` (RFC 9457) with these members:

| member | meaning |
|---|---|
| `type` | the address of the page, which every server shows: `/docs/problems/` and the code |
| `title` | the sentence of the code, the same for every occurrence |
| `status` | the HTTP status |
| `detail` | what happened this time, with the values that explain it |
| `instance` | the id of the request, to be quoted when you ask for help |
| `code` | the word that a program should test for |
| `errors` | the fields at fault, if fields are: a `pointer` (a JSON pointer, `?name` for a parameter, `row 7/Quantity` in a file, an option of a command), a `code`, a `detail` |

Test for `code`, show `detail`, and never take a sentence apart: sentences may be improved, codes stay.

<!-- Written by `cargo xtask problems` from `crates/domain/src/problem.rs`. -->
";

/// The text of the index.
pub(crate) fn index(tree: &Tree) -> String {
    let codes = codes::all(tree);
    let mut text = HEAD.to_owned();
    for (status, name) in STATUSES {
        let mut alike = codes.iter().filter(|code| code.status() == status).peekable();
        if alike.peek().is_none() {
            continue;
        }
        // writing into a string cannot fail
        let _ = writeln!(text, "\n## {status} {name}\n\n| code | meaning |\n|---|---|");
        for code in alike {
            let _ =
                writeln!(text, "| [`{word}`]({word}.md) | {title} |", word = code.word, title = code.title);
        }
    }
    text
}

/// Writes the index.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "`problems` takes no argument");
    let root = tree::root();
    let text = index(&Tree::read(&root)?);
    std::fs::write(root.join(INDEX), text)?;
    println!("wrote {INDEX}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_below_their_status() {
        let text = index(&Tree::of(&[(codes::SOURCE, codes::TABLE)]));
        let table = text.split_once("-->\n").unwrap().1;
        assert_eq!(
            table,
            "\n## 409 Conflict\n\n| code | meaning |\n|---|---|\n| [`in_use`](in_use.md) | It is in use |\n\
             \n## 412 Precondition Failed\n\n| code | meaning |\n|---|---|\n| [`stale`](stale.md) | It was changed |\n"
        );
    }
}
