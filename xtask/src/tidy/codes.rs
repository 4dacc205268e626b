//! The table of problem codes as `crates/domain/src/problem.rs` states it.

use super::words;
use crate::tree::{File, Tree};

/// Where the table stands.
pub(crate) const SOURCE: &str = "crates/domain/src/problem.rs";

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// The variant of `Code`.
    pub(crate) name: String,
    /// The word on the wire and the name of the page.
    pub(crate) word: String,
    /// The sentence that is the same for every occurrence.
    pub(crate) title: String,
    /// The variant of `Kind`.
    pub(crate) kind: String,
    /// The line of the table.
    pub(crate) line: usize,
}

/// The HTTP status of each kind.
const KINDS: [(&str, u16); 14] = [
    ("Malformed", 400),
    ("Unauthenticated", 401),
    ("Forbidden", 403),
    ("NotFound", 404),
    ("Conflict", 409),
    ("Stale", 412),
    ("TooLarge", 413),
    ("Unsupported", 415),
    ("Invalid", 422),
    ("PreconditionRequired", 428),
    ("Throttled", 429),
    ("Internal", 500),
    ("Busy", 503),
    ("StorageFull", 507),
];

/// Codes whose status is not the one of their kind: the protocol has one of its own for each.
const SPECIAL: [(&str, u16); 2] = [("method_not_allowed", 405), ("range_not_there", 416)];

/// The usual name of each status, in order.
pub(crate) const STATUSES: [(u16, &str); 16] = [
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (409, "Conflict"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (422, "Unprocessable Content"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (500, "Internal Server Error"),
    (503, "Service Unavailable"),
    (507, "Insufficient Storage"),
];

impl Code {
    /// The HTTP status of the code.
    pub(crate) fn status(&self) -> u16 {
        let special = SPECIAL.iter().find(|(word, _)| self.word == *word).map(|(_, status)| *status);
        let of_kind = || KINDS.iter().find(|(kind, _)| *kind == self.kind).map_or(500, |(_, status)| *status);
        special.unwrap_or_else(of_kind)
    }

    /// The usual name of that status.
    pub(crate) fn status_name(&self) -> &'static str {
        STATUSES.iter().find(|(status, _)| *status == self.status()).map_or("", |(_, name)| *name)
    }

    /// Where its page stands.
    pub(crate) fn page(&self) -> String {
        format!("docs/problems/{}.md", self.word)
    }
}

/// The codes of the workspace, in the order of the table.
pub(crate) fn all(tree: &Tree) -> Vec<Code> {
    tree.file(SOURCE).map(parse).unwrap_or_default()
}

/// Reads `Kind { Name = "word", "title"; … } …` from the body of `codes! { … }`.
fn parse(file: &File) -> Vec<Code> {
    let rust = file.rust();
    let mut tokens = words::tokens(&rust.code).skip_while(|(_, token)| *token != "codes").skip(1);
    // the definition of the macro comes first, its use second
    let first_line =
        tokens.by_ref().find(|(_, token)| *token == "codes").map_or(usize::MAX, |(line, _)| line);
    let mut texts = rust.literals.iter().filter(|literal| literal.line >= first_line);
    let (mut codes, mut kind, mut before, mut depth) = (Vec::new(), "", "", 0_usize);
    for (line, token) in tokens {
        match token {
            "{" => {
                depth += 1;
                kind = before;
            }
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            "=" => {
                let text = |literal: Option<&super::rust_text::Literal>| literal.map(|l| l.text.clone());
                codes.extend(text(texts.next()).zip(text(texts.next())).map(|(word, title)| Code {
                    name: before.to_owned(),
                    word,
                    title,
                    kind: kind.to_owned(),
                    line,
                }));
            }
            _ => {}
        }
        before = token;
    }
    codes
}

#[cfg(test)]
pub(crate) const TABLE: &str = "macro_rules! codes { ($a:x = $b:y) => { const A: &str = \"no\"; } }\n\
    codes! {\n    Conflict {\n        InUse = \"in_use\", \"It is in use\";\n    }\n    Stale {\n        \
    Stale = \"stale\",\n            \"It was changed\";\n    }\n}\nfn a() { let b = \"no\"; }\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_with_kinds_and_lines() {
        let codes = all(&Tree::of(&[(SOURCE, TABLE)]));
        let seen: Vec<_> = codes
            .iter()
            .map(|code| {
                (code.name.as_str(), code.word.as_str(), code.title.as_str(), code.status(), code.line)
            })
            .collect();
        assert_eq!(
            seen,
            [("InUse", "in_use", "It is in use", 409, 4), ("Stale", "stale", "It was changed", 412, 7)]
        );
    }
}
