//! Reading JSON from strangers: valid UTF-8, at most so deep, no key twice in one object, no
//! field that the type does not know, no array in place of an object; a fault is named by its JSON
//! pointer.
//!
//! The happy path is one scan and one plain parse; only a refused body is parsed a second time,
//! to find out where the fault is.

mod entries;
mod scan;

pub use entries::{Entries, read_entry, read_loosely};

use crate::by_name::ByName;
use domain::{Code, Problem};
use scan::{check, place};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads a value, or says where it is wrong.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = text(bytes)?;
    check(text, 0)?;
    parse(text).map_err(|_| explain::<T>(text))
}

/// The text of a body, without a byte-order mark.
fn text(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        malformed(place(bytes, at), format!("the body is not valid UTF-8 at byte {at}"))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(ByName(&mut deserializer))?;
    deserializer.end()?;
    Ok(value)
}

/// Characters of a sentence, or of a pointer, that repeats what the caller has sent. What is refused in a
/// bulk is kept with its answer, so it must not be as long as a body may be.
const ECHO_CHARS_MAX: usize = 300;

/// A refusal of a body, at a pointer when there is one.
fn malformed(pointer: String, detail: String) -> Problem {
    let detail = shortened(detail);
    if pointer.is_empty() {
        return Problem::new(Code::MalformedBody, detail);
    }
    Problem::at(Code::MalformedBody, shortened(pointer), detail)
}

/// At most so many characters, of which the last says that there were more.
fn shortened(text: String) -> String {
    match text.char_indices().nth(ECHO_CHARS_MAX) {
        None => text,
        Some(_) => text.chars().take(ECHO_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

/// Parses again, slowly, with the path.
fn explain<'t, T: Deserialize<'t>>(text: &'t str) -> Problem {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(ByName(&mut deserializer)) else {
        let end = deserializer.end().err();
        return end.map_or_else(
            || Problem::new(Code::MalformedBody, "the body cannot be read"),
            |error| no_json(text, &error),
        );
    };
    if error.inner().is_syntax() || error.inner().is_eof() {
        return no_json(text, error.inner());
    }
    let mut pointer = pointer(error.path());
    let full = error.inner().to_string();
    let mut detail = full.rsplit_once(" at line ").map_or(full.as_str(), |(text, _)| text).to_owned();
    if detail.starts_with("invalid type: sequence, expected struct ") {
        "this is an array, and an object belongs here: name its fields".clone_into(&mut detail);
    }
    let field = quoted(&detail, "missing field `").or_else(|| quoted(&detail, "duplicate field `"));
    if let Some(field) = field {
        pointer.push('/');
        pointer.push_str(&escape(field));
    }
    malformed(pointer, detail)
}

/// What is no JSON, in the parser's own words, with the field that it is in.
fn no_json(text: &str, error: &serde_json::Error) -> Problem {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    // the column is that behind the byte that is wrong, but at the end of the text there is none
    let at = if error.is_eof() { text.len() } else { before + error.column().saturating_sub(1) };
    malformed(place(text.as_bytes(), at), format!("the body is not JSON: {error}"))
}

/// What stands in backticks after `prefix`.
pub(crate) fn quoted<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.split('`').next()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_repeated_of_a_body_is_short() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "it is never read")]
        struct Late {
            late: bool,
        }
        let long = "\u{7f}".repeat(100_000);
        // a value in backticks is cut before the sentence is
        for (body, chars) in [
            (format!(r#"{{"late":"{long}"}}"#), ECHO_CHARS_MAX),
            (
                format!(r#"{{"late":true,"{long}":1}}"#),
                "unknown field `…".chars().count() + domain::problem::VALUE_CHARS_MAX,
            ),
        ] {
            let problem = read::<Late>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.detail.chars().count(), chars, "{problem:?}");
            let pointers = problem.errors.iter().map(|error| error.pointer.chars().count());
            assert!(pointers.max().is_some_and(|count| count <= ECHO_CHARS_MAX), "{problem:?}");
        }
        let edge = "x".repeat(ECHO_CHARS_MAX);
        assert_eq!(shortened(edge.clone()), edge);
        assert_eq!(shortened(format!("{edge}x")).chars().count(), ECHO_CHARS_MAX);
    }

    use super::scan::DEPTH_MAX;
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        sku: String,
        qty: i64,
        #[serde(default)]
        attrs: BTreeMap<String, serde_json::Value>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        lines: Vec<Line>,
    }

    fn refused(text: &[u8]) -> (Option<String>, String) {
        let problem = read::<Order>(text).unwrap_err();
        assert_eq!(problem.code, Code::MalformedBody);
        (problem.errors.first().map(|error| error.pointer.clone()), problem.detail.into_owned())
    }

    #[test]
    fn what_is_right_is_read() {
        let order: Order =
            read(br#"{"lines":[{"sku":"a\"b","qty":1,"attrs":{"x":{"y":[1,{"y":2}]},"y":"}"}}]}"#).unwrap();
        assert_eq!(order.lines[0].sku, "a\"b");
        assert!(read::<Order>("\u{feff}{\"lines\":[]}".as_bytes()).is_ok());
    }

    #[test]
    fn a_text_never_holds_the_character_nul() {
        for text in [r#"{"lines":[{"sku":"a\u0000","qty":1}]}"#, r#"{"\u0000":1}"#] {
            let (at, says) = refused(text.as_bytes());
            assert_eq!(says, "a text holds the character U+0000 (line 1)");
            assert_eq!(at.is_some(), text.contains("sku"), "a key has no pointer yet");
        }
        // the backslash of the first two is itself escaped
        let order: Order = read(br#"{"lines":[{"sku":"\\u0000","qty":1}]}"#).unwrap();
        assert_eq!(order.lines[0].sku, "\\u0000");
    }

    #[test]
    fn a_fault_is_named_by_its_pointer() {
        let rows: &[(&str, &str, &str)] = &[
            (r#"{"lines":[{"sku":"a","qty":"1"}]}"#, "/lines/0/qty", "invalid type"),
            (
                r#"{"lines":[{"sku":"a","qty":1},{"sku":"b","qty":1,"colour":1}]}"#,
                "/lines/1/colour",
                "unknown field `colour`",
            ),
            (r#"{"lines":[{"sku":"a"}]}"#, "/lines/0/qty", "missing field `qty`"),
            (r#"{"lines":[{"sku":"a","qty":1,"qty":2}]}"#, "/lines/0/qty", "the key `qty` stands twice"),
            (
                r#"{"lines":[{"sku":"a","qty":1,"attrs":{"k":1,"\u006b":2}}]}"#,
                "/lines/0/attrs/k",
                "the key `k` stands twice",
            ),
            (r#"{"lines":[1]}"#, "/lines/0", "invalid type"),
        ];
        for (text, pointer, detail) in rows {
            let (at, says) = refused(text.as_bytes());
            assert_eq!(at.as_deref(), Some(*pointer), "{text}: {says}");
            assert!(says.starts_with(detail), "{text}: {says}");
        }
    }

    /// Every shape in which a struct can stand in another type.
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Shapes {
        own: Option<Line>,
        by_key: BTreeMap<String, Vec<Line>>,
        boxed: Wrapped,
        choice: Vec<Choice>,
        pair: (i64, Line),
        any: serde_json::Value,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Wrapped(Line);

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Nothing,
        One(Line),
        Inline { sku: String, qty: i64 },
        Two(i64, i64),
    }

    #[test]
    fn an_array_never_stands_for_an_object() {
        let line = r#"{"sku":"a","qty":1}"#;
        let good = r#"{"own":L,"by_key":{"k":[L]},"boxed":L,"choice":["nothing",{"one":L},{"inline":L},{"two":[1,2]}],"pair":[1,L],"any":["a",1,[2,{"b":[]}]]}"#;
        let read_shapes = |text: &str| read::<Shapes>(text.as_bytes());
        let all = read_shapes(&good.replace('L', line)).unwrap();
        assert_eq!(all.own, read_shapes(&good.replace('L', line)).unwrap().own);
        assert_eq!((all.choice.len(), all.pair.1.qty, all.boxed.0.qty), (4, 1, 1));
        assert_eq!(all.any, serde_json::json!(["a", 1, [2, { "b": [] }]]));
        let pointers = ["/own", "/by_key/k/0", "/boxed", "/choice/1/one", "/choice/2/inline", "/pair/1"];
        for (place, pointer) in pointers.iter().enumerate() {
            let mut text = String::new();
            for (index, part) in good.split('L').enumerate() {
                if index > 0 {
                    text.push_str(if index == place + 1 { r#"["a",1]"# } else { line });
                }
                text.push_str(part);
            }
            let problem = read_shapes(&text).unwrap_err();
            let at = problem.errors.first().map(|error| error.pointer.as_str());
            assert_eq!((problem.code, at), (Code::MalformedBody, Some(*pointer)), "{}", problem.detail);
        }
        assert_eq!(refused(br#"{"lines":[["a",1,{}]]}"#).1, ARRAY);
        assert_eq!(refused(br#"[[{"sku":"a","qty":1}]]"#), (None, ARRAY.to_owned()));
    }

    const ARRAY: &str = "this is an array, and an object belongs here: name its fields";

    #[test]
    fn what_is_no_json_is_refused() {
        let rows: &[(&[u8], Option<&str>)] = &[
            (b"", None),
            (b"{", None),
            (b"nul", None),
            (b"{'lines':[]}", None),
            (b"\"", None),
            (b"\"\\", None),
            (b"{\"lines\":[]} x", None),
            (b"{\"lines\":[]}}", None),
            (b"{\"lines\":[],}", None),
            (b"{\"lines\":[", Some("/lines/0")),
            (b"{\"lines\":}", Some("/lines")),
            (b"{\"lines\" []}", None),
            (b"{\"lines\":[\n{\"sku\":\"a\",\n\"qty\":01}]}", Some("/lines/0/qty")),
            (b"{\"lines\":[{\"sku\":\"a\",\"qty\":1} {}]}", Some("/lines/0")),
            (b"{\"lines\":[{\"sku\":\"a\",\"qty\":1},{\"sku\":\"a", Some("/lines/1/sku")),
            (b"{\"lines\":[{\"sku\":\"a\x01\"}]}", Some("/lines/0/sku")),
            (b"{\"lines\":[{\"sku\":\"\\ud800\"}]}", Some("/lines/0/sku")),
            (b"{\"lines\":[{\"sku\":'a'}]}", Some("/lines/0/sku")),
            (b"{\"lines\":[{\"sku\":NaN}]}", Some("/lines/0/sku")),
            (b"{\"lines\":[],\"a~/b\\", None),
        ];
        let odd = read::<serde_json::Value>(b"{\"a~/b\":[1,x]}").unwrap_err();
        assert_eq!(odd.errors[0].pointer, "/a~0~1b/1");
        for (text, expected) in rows {
            let (pointer, detail) = refused(text);
            let shown = String::from_utf8_lossy(text);
            assert_eq!(pointer.as_deref(), *expected, "{shown}: {detail}");
            assert!(detail.starts_with("the body is not JSON"), "{shown}: {detail}");
        }
    }

    #[test]
    fn what_is_no_utf8_is_named_where_it_stands() {
        let rows: &[(&[u8], Option<&str>, usize)] = &[
            (b"\xff", None, 0),
            (b"{\"lines\":\"\xff\"}", Some("/lines"), 10),
            (b"{\"li\xffnes\":[]}", None, 4),
            (b"{\"lines\":[{\"sku\":\"a\",\"q\xff\":1}]}", Some("/lines/0"), 23),
            (b"{\"x\":1,\"x\":\"\\u0000\",\"lines\":[1,\"\xc0\xaf\"]}", Some("/lines/1"), 32),
        ];
        for (text, expected, byte) in rows {
            let (pointer, detail) = refused(text);
            let shown = String::from_utf8_lossy(text);
            assert_eq!(pointer.as_deref(), *expected, "{shown}");
            assert_eq!(detail, format!("the body is not valid UTF-8 at byte {byte}"), "{shown}");
        }
        let deep = [b"[".repeat(DEPTH_MAX + 1), b"\xff".to_vec()].concat();
        assert_eq!(refused(&deep).0, None, "too deep to be told");
    }

    #[test]
    fn depth_is_refused_one_beyond_the_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read::<serde_json::Value>(nested(DEPTH_MAX).as_bytes()).is_ok());
        let problem = read::<serde_json::Value>(nested(DEPTH_MAX + 1).as_bytes()).unwrap_err();
        assert!(problem.detail.contains("64 deep"));
        assert_eq!(problem.errors[0].pointer, "/0".repeat(DEPTH_MAX));
    }

    #[test]
    fn many_keys_are_compared_too() {
        let keys: Vec<String> = (0..100).map(|n| format!("\"k{n}\":1")).collect();
        let good = format!("{{{}}}", keys.join(","));
        assert!(read::<serde_json::Value>(good.as_bytes()).is_ok());
        for twice in [3, 99] {
            let bad = format!("{{{},\"k{twice}\":1}}", keys.join(","));
            assert!(read::<serde_json::Value>(bad.as_bytes()).is_err());
        }
    }
}
