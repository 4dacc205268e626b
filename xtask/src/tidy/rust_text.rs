//! Rust source taken apart just enough for the rules: code, literals, and which lines are tests.
//!
//! This is a scanner of characters, not a parser: it knows comments, strings and braces. A rule
//! that looks for a word in [`RustText::code`] is never fooled by a comment or a message.

use super::words;
use crate::tree::numbered;
use std::ops::RangeInclusive;

/// One string literal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// What is between the quotes, with the common escapes resolved.
    pub(crate) text: String,
}

/// A source text taken apart.
#[derive(Debug, Default)]
pub(crate) struct RustText {
    /// The text with comments and the insides of literals blanked; its lines are the same.
    pub(crate) code: String,
    /// The string literals in order.
    pub(crate) literals: Vec<Literal>,
    tests: Vec<RangeInclusive<usize>>,
}

impl RustText {
    /// Takes a source text apart.
    pub(crate) fn scan(text: &str) -> RustText {
        let mut scanner = Scanner { rest: text, line: 1, out: RustText::default() };
        while scanner.step() {}
        let mut out = scanner.out;
        out.tests = test_ranges(&out.code);
        out
    }

    /// Whether the line stands in something that only exists for tests.
    pub(crate) fn in_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }

    /// The lines of code outside of tests.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        numbered(&self.code).filter(|(line, _)| !self.in_test(*line))
    }

    /// The string literals outside of tests.
    pub(crate) fn product_literals(&self) -> impl Iterator<Item = &Literal> {
        self.literals.iter().filter(|literal| !self.in_test(literal.line))
    }
}

struct Scanner<'text> {
    rest: &'text str,
    line: usize,
    out: RustText,
}

impl<'text> Scanner<'text> {
    /// Takes the next piece: a comment, a literal, a word, or one character. False at the end.
    fn step(&mut self) -> bool {
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.blank(end);
        } else if self.rest.starts_with("/*") {
            let end = block_comment_len(self.rest);
            self.blank(end);
        } else if let Some(opening) = string_opening(self.rest) {
            self.string(&opening);
        } else if let Some(len) = char_literal_len(self.rest) {
            self.blank(len);
        } else if let Some(first) = self.rest.chars().next() {
            let word_end = self.rest.find(|c| !words::is_part(c)).unwrap_or(self.rest.len());
            let taken = self.take(word_end.max(first.len_utf8()));
            self.out.code.push_str(taken);
        } else {
            return false;
        }
        true
    }

    fn take(&mut self, len: usize) -> &'text str {
        let (head, rest) = self.rest.split_at(len);
        self.rest = rest;
        self.line += head.matches('\n').count();
        head
    }

    fn blank(&mut self, len: usize) {
        let taken = self.take(len);
        self.out.code.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
    }

    fn string(&mut self, opening: &Opening) {
        let line = self.line;
        self.blank(opening.len);
        let end = if opening.raw {
            self.rest.find(&opening.closing).unwrap_or(self.rest.len())
        } else {
            escaped_string_len(self.rest)
        };
        let inside = self.rest.get(..end).unwrap_or_default();
        let text = if opening.raw { inside.to_owned() } else { unescape(inside) };
        self.out.literals.push(Literal { line, text });
        self.blank((end + opening.closing.len()).min(self.rest.len()));
    }
}

struct Opening {
    len: usize,
    raw: bool,
    closing: String,
}

/// The opening of a string literal of any kind, when the text begins with one.
fn string_opening(text: &str) -> Option<Opening> {
    let after_kind = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let after_raw = after_kind.strip_prefix('r');
    let hashes_on = after_raw.unwrap_or(after_kind);
    let unhashed = hashes_on.trim_start_matches('#');
    let hashes = hashes_on.len() - unhashed.len();
    let raw = after_raw.is_some();
    (unhashed.starts_with('"') && (raw || hashes == 0)).then(|| Opening {
        len: text.len() - unhashed.len() + 1,
        raw,
        closing: format!("\"{}", "#".repeat(hashes)),
    })
}

/// The length up to the closing quote of a string with escapes.
fn escaped_string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal; `None` for a lifetime and for everything else.
fn char_literal_len(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let mut chars = inside.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        let (escape_end, _) = chars.nth(1)?;
        return inside.get(escape_end..)?.find('\'').map(|end| escape_end + end + 2);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(end, _)| end + 2)
}

fn block_comment_len(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn unescape(inside: &str) -> String {
    let mut text = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n' | '\n')) => text.push('\n'),
            ('\\', Some(other)) => text.push(other),
            _ => text.push(c),
        }
    }
    text
}

/// The lines of each item under `#[cfg(test)]`.
fn test_ranges(code: &str) -> Vec<RangeInclusive<usize>> {
    const MARK: &str = "#[cfg(test)]";
    let line_at = |at: usize| 1 + code.get(..at).map_or(0, |before| before.matches('\n').count());
    code.match_indices(MARK)
        .map(|(at, _)| {
            let item = code.get(at + MARK.len()..).unwrap_or_default();
            line_at(at)..=line_at(at + MARK.len() + item_len(item))
        })
        .collect()
}

/// The length of the item that the text begins with: to its closing brace, or its semicolon.
fn item_len(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at,
            '}' => depth -= 1,
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(text: &str) -> Vec<(usize, String)> {
        RustText::scan(text).literals.into_iter().map(|literal| (literal.line, literal.text)).collect()
    }

    #[test]
    fn comments_are_blanked_and_lines_stay() {
        let scanned = RustText::scan("a // f64\n/* x /* y */\nz */ b\n");
        let blank = |width| " ".repeat(width);
        assert_eq!(scanned.code, format!("a{}\n{}\n{} b\n", blank(7), blank(12), blank(4)));
    }

    #[test]
    fn every_kind_of_string_is_found() {
        let text =
            "let a = \"one \\\" two\";\nlet b = r#\"three \" four\"#;\nf(b\"five\", br\"six\", \"\\\n  7\");";
        let expected = [(1, "one \" two"), (2, "three \" four"), (3, "five"), (3, "six"), (3, "\n  7")];
        assert_eq!(literals(text), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn quotes_of_characters_and_lifetimes_open_no_string() {
        let text = "fn f<'a>(x: &'a str) { g('\"', '\\'', '\\u{7f}', 'é'); h(\"s\") }";
        assert_eq!(literals(text), [(1, "s".to_owned())]);
        assert!(RustText::scan(text).code.contains("h("));
    }

    #[test]
    fn a_word_that_ends_in_a_string_prefix_letter_is_a_word() {
        assert_eq!(RustText::scan("for r in bar { b }").code, "for r in bar { b }");
        assert_eq!(literals("attr\"x\""), [(1, "x".to_owned())]);
    }

    #[test]
    fn lines_of_tests_are_known() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { }\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}";
        let scanned = RustText::scan(text);
        let tests: Vec<usize> = (1..=9).filter(|line| scanned.in_test(*line)).collect();
        assert_eq!(tests, [2, 3, 4, 5, 7, 8]);
    }
}
