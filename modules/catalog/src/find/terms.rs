//! What a list asks of attributes: `voltage>=12;colour=red`. Pure.

use crate::path;
use crate::rules::{Definition, incomparable, lookup_text};
use domain::attribute::millionths;
use domain::{Code, Problem};
use serde::Serialize;

/// The most terms of a filter.
pub(crate) const TERMS_MAX: usize = 8;

/// One term.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Term {
    pub(crate) key: String,
    /// `has`, `=`, `<`, `<=`, `>` or `>=`.
    pub(crate) op: &'static str,
    /// What it is compared with, as it is looked up.
    pub(crate) text: Option<String>,
    /// The same as a number, in millionths, where it is one.
    pub(crate) number: Option<i64>,
    /// An item that has it is not wanted.
    pub(crate) refused: bool,
}

/// What the attributes of an item must be; every term must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Terms(Vec<Term>);

/// The longest first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, &str, bool); 6] = [
    ("!=", "=", true),
    ("<=", "<=", false),
    (">=", ">=", false),
    ("=", "=", false),
    ("<", "<", false),
    (">", ">", false),
];

impl Terms {
    /// Reads terms that are divided by `;`: a key alone (`colour`), `!` and a key, or a key, one of
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, and a value. A key that begins with `/` is a path (`/size/height`).
    pub(crate) fn read(text: &str, pointer: &str) -> Result<Terms, Problem> {
        let mut terms = Vec::new();
        for part in text.split(';') {
            let mut term = read_term(part.trim()).ok_or_else(|| {
                let detail = format!(
                    "`{part}` is no term such as `voltage>=12`, `colour=red`, `colour!=red`, `colour` or `!colour`; terms are divided by `;`"
                );
                Problem::at(Code::MalformedParameter, pointer, detail)
            })?;
            term.key = path::read(&term.key, pointer)?;
            terms.push(term);
        }
        if terms.len() > TERMS_MAX {
            let detail = format!("a filter has at most {TERMS_MAX} terms, not {}", terms.len());
            return Err(Problem::at(Code::LimitExceeded, pointer, detail));
        }
        Ok(Terms(terms))
    }

    /// The keys that are compared with a value.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|term| term.text.is_some()).map(|term| term.key.as_str())
    }

    /// Refuses a value that no item could have: an empty list would say that there is none.
    pub(crate) fn check(&self, defined: &[Definition], pointer: &str) -> Result<(), Problem> {
        for term in &self.0 {
            if let Some(text) = &term.text
                && let Some(definition) = defined.iter().find(|one| one.key == term.key)
                && let Some(detail) = incomparable(text, definition)
            {
                return Err(Problem::at(Code::InvalidValue, pointer, detail));
            }
        }
        Ok(())
    }

    /// The terms as a statement takes them; nothing when there is none.
    pub(crate) fn json(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| serde_json::to_string(&self.0).unwrap_or_default())
    }

    /// The term that a list begins with: one that names the value.
    pub(crate) fn leading(&self) -> Option<&Term> {
        self.0.iter().find(|term| term.op == "=" && !term.refused)
    }
}

fn read_term(part: &str) -> Option<Term> {
    let has = |key: &str, refused| Term { key: key.to_owned(), op: "has", text: None, number: None, refused };
    let first = part.find(['=', '<', '>', '!']);
    match first {
        None => (!part.is_empty()).then(|| has(part, false)),
        Some(0) => {
            let key = part.strip_prefix('!')?.trim();
            (!key.is_empty() && !key.contains(['=', '<', '>', '!'])).then(|| has(key, true))
        }
        Some(at) => {
            let (key, rest) = part.split_at(at);
            let (word, op, refused) = OPERATORS.into_iter().find(|(word, ..)| rest.starts_with(word))?;
            let value = rest.get(word.len()..)?.trim();
            let key = key.trim();
            (!value.is_empty() && !key.is_empty()).then(|| Term {
                key: key.to_owned(),
                op,
                text: Some(lookup_text(value)),
                number: millionths(value),
                refused,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read() {
        let term = |key: &str, op, text: Option<&str>, number, refused| Term {
            key: key.to_owned(),
            op,
            text: text.map(str::to_owned),
            number,
            refused,
        };
        let cases = [
            ("voltage>=12", term("voltage", ">=", Some("12"), Some(12_000_000), false)),
            ("voltage <= 12.5", term("voltage", "<=", Some("12.5"), Some(12_500_000), false)),
            ("made<2026-03-01", term("made", "<", Some("2026-03-01"), None, false)),
            ("colour=Red", term("colour", "=", Some("red"), None, false)),
            ("colour!=red", term("colour", "=", Some("red"), None, true)),
            ("Free Key=a=b", term("Free Key", "=", Some("a=b"), None, false)),
            ("colour", term("colour", "has", None, None, false)),
            ("!colour", term("colour", "has", None, None, true)),
            ("/size/height >= 12", term("/size/height", ">=", Some("12"), Some(12_000_000), false)),
            ("!/size/height", term("/size/height", "has", None, None, true)),
            ("/colour=red", term("colour", "=", Some("red"), None, false)),
        ];
        for (text, expected) in cases {
            assert_eq!(Terms::read(text, "?attributes"), Ok(Terms(vec![expected])), "{text}");
        }
        for text in
            ["", ";", "a;", "=red", "a=", "a<", "!", "!a=b", "a!b", "a=1;;b=2", "/", "/a//b=1", "/a~=1"]
        {
            let refused = Terms::read(text, "?attributes").unwrap_err();
            assert_eq!(refused.code, Code::MalformedParameter, "{text}");
        }
    }

    #[test]
    fn terms_have_a_limit() {
        let terms = |count: usize| vec!["a"; count].join(";");
        assert!(Terms::read(&terms(TERMS_MAX), "?attributes").is_ok());
        let refused = Terms::read(&terms(TERMS_MAX + 1), "?attributes").unwrap_err();
        assert_eq!(refused.code, Code::LimitExceeded);
    }

    #[test]
    fn a_list_begins_with_a_term_that_names_a_value() {
        let terms = Terms::read("a>1;b!=2;c=3;d=4", "?attributes").unwrap();
        assert_eq!(terms.leading().map(|term| term.key.as_str()), Some("c"));
        assert_eq!(Terms::default().json(), None);
    }
}
