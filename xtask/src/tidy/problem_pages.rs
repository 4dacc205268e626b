//! Every problem code has its page, every page its code, and the two say the same.

use super::codes::{self, Code};
use super::{Violation, at};
use crate::tree::{File, Tree};
use serde_json::Value;

const FOLDER: &str = "docs/problems/";

/// Where the answers are made.
const WIRE: &str = "crates/web/src/problem.rs";

/// What `type` is, before the word: the page as a reference relative to the project.
const TYPE: &str = "/docs/problems/";

/// Names every code without a page, page without a code, and page that disagrees.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let codes = codes::all(tree);
    let mut found = Vec::new();
    for code in &codes {
        match tree.file(&code.page()) {
            None => found.push(at(
                codes::SOURCE,
                code.line,
                format!("`{}` has no page `{}`", code.word, code.page()),
            )),
            Some(page) => found.extend(disagreements(code, page)),
        }
    }
    let strangers = tree.files().filter(|file| {
        let word = file.path.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".md"));
        word.is_some_and(|word| word != "README" && !codes.iter().any(|code| code.word == word))
    });
    found.extend(strangers.map(|file| at(&file.path, 1, "the page of a code that does not exist")));
    found.extend(other_types(tree));
    found
}

/// Places where answers are made with another `type` than the pages show.
fn other_types(tree: &Tree) -> impl Iterator<Item = Violation> {
    let literals = tree.file(WIRE).into_iter().flat_map(|file| file.rust().product_literals());
    let types = literals.filter_map(|literal| Some((literal.line, literal.text.strip_suffix("{code}")?)));
    let others = types.filter(|(_, prefix)| prefix.ends_with("problems/") && *prefix != TYPE);
    others.map(|(line, prefix)| {
        at(WIRE, line, format!("`type` begins with `{prefix}`, the pages say `{TYPE}`"))
    })
}

/// What a page says otherwise than the table.
fn disagreements(code: &Code, page: &File) -> Vec<Violation> {
    let mut found = Vec::new();
    let heading = format!("# {}", code.title);
    if page.text.lines().next() != Some(heading.as_str()) {
        found.push(at(&page.path, 1, format!("the first line is not `{heading}`")));
    }
    let summary = format!("`{}` · HTTP {} {}", code.word, code.status(), code.status_name());
    if page.text.lines().nth(2) != Some(summary.as_str()) {
        found.push(at(&page.path, 3, format!("the third line is not: {summary}")));
    }
    let Some((line, example)) = example(page) else {
        found.push(at(&page.path, 1, "the page has no example answer (a `json` fence that parses)"));
        return found;
    };
    let expected = [
        ("type", Value::from(format!("{TYPE}{}", code.word))),
        ("title", Value::from(code.title.as_str())),
        ("status", Value::from(code.status())),
        ("code", Value::from(code.word.as_str())),
    ];
    for (key, value) in expected {
        if example.get(key) != Some(&value) {
            found.push(at(&page.path, line, format!("`{key}` of the example is not {value}")));
        }
    }
    found
}

/// The first `json` fence of a page, and its line.
fn example(page: &File) -> Option<(usize, Value)> {
    let (line, _) = page.lines().find(|(_, line)| *line == "```json")?;
    let text: Vec<&str> = page.text.lines().skip(line).take_while(|line| *line != "```").collect();
    Some((line, serde_json::from_str(&text.join("\n")).ok()?))
}

/// Names every code that no test mentions.
pub(crate) fn tested(tree: &Tree) -> Vec<Violation> {
    let mentioned = |code: &Code| {
        let variant = format!("Code::{}", code.name);
        tree.with_extension("rs").any(|file| {
            let rust = file.rust();
            let tested = |line| tree.modules().only_for_tests(&file.path) || rust.in_test(line);
            let says = |text: &str| {
                text.split(|c: char| !c.is_ascii_lowercase() && c != '_').any(|word| word == code.word)
            };
            rust.literals.iter().any(|literal| says(&literal.text) && tested(literal.line))
                || crate::tree::numbered(&rust.code)
                    .any(|(line, text)| super::words::stands_in(text, &variant) && tested(line))
        })
    };
    let untested = codes::all(tree).into_iter().filter(|code| !mentioned(code));
    untested.map(|code| at(codes::SOURCE, code.line, format!("no test mentions `{}`", code.word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(word: &str, title: &str, status: u16) -> String {
        let name = if status == 409 { "Conflict" } else { "Precondition Failed" };
        let example = format!(
            "{{\"type\": \"/docs/problems/{word}\", \"title\": \"{title}\", \"status\": {status}, \"code\": \"{word}\"}}"
        );
        format!("# {title}\n\n`{word}` · HTTP {status} {name}\n\n```json\n{example}\n```\n")
    }

    fn messages(in_use: &str, stale: &str, more: &[(&str, &str)]) -> Vec<String> {
        let files = [
            (codes::SOURCE, codes::TABLE),
            ("docs/problems/README.md", ""),
            ("docs/problems/in_use.md", in_use),
            ("docs/problems/stale.md", stale),
        ];
        check(&Tree::of(&[&files, more].concat()))
            .into_iter()
            .map(|violation| violation.to_string())
            .collect()
    }

    #[test]
    fn pages_that_agree_with_the_table_pass() {
        let found =
            messages(&page("in_use", "It is in use", 409), &page("stale", "It was changed", 412), &[]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_missing_page_and_a_strange_one_are_found() {
        let tree = Tree::of(&[(codes::SOURCE, codes::TABLE), ("docs/problems/gone.md", "# Gone\n")]);
        let found: Vec<_> = check(&tree).iter().map(|v| format!("{}:{}", v.path, v.line)).collect();
        assert_eq!(
            found,
            [
                format!("{}:4", codes::SOURCE),
                format!("{}:7", codes::SOURCE),
                "docs/problems/gone.md:1".to_owned()
            ]
        );
    }

    #[test]
    fn a_page_that_says_otherwise_is_found() {
        let good = page("stale", "It was changed", 412);
        for wrong in [
            page("in_use", "It is in use", 400),
            page("in_us", "It is in use", 409),
            page("in_use", "Other", 409),
            "# It is in use\n".to_owned(),
            page("in_use", "It is in use", 409).replace("Conflict", "Trouble"),
        ] {
            assert!(!messages(&wrong, &good, &[]).is_empty(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_of_another_type_is_found() {
        let wire = |prefix| format!("fn a() {{ entry(\"type\", &format_args!(\"{prefix}{{code}}\")) }}");
        assert_eq!(check(&Tree::of(&[(WIRE, &wire("/problems/"))]))[0].line, 1);
        assert_eq!(check(&Tree::of(&[(WIRE, &wire(TYPE))])), []);
    }

    #[test]
    fn a_code_that_no_test_mentions_is_found() {
        let tests = ("a.rs", "#[cfg(test)]\nmod tests { fn a() { assert_eq!(x, Code::InUse) } }");
        let tree = Tree::of(&[(codes::SOURCE, codes::TABLE), tests]);
        let found: Vec<String> = tested(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("no test mentions `stale`"), "{found:?}");
    }
}
