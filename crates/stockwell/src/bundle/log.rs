//! The last lines of a log, without the words of people.

use super::plain::plain;
use crate::exit::Stop;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How many lines are taken.
pub(crate) const LINES_MAX: usize = 1_000;

/// How much of the end of the file is looked at, which has far more lines.
const BYTES_MAX: u64 = 8 << 20;

/// What is kept of a line whatever it says.
const KEPT: [&str; 3] = ["ts", "level", "target"];

/// The last lines of a file that are lines of a log, each made harmless.
pub(crate) fn last(file: &Path) -> Result<String, Stop> {
    let unreadable = |error| Stop::CannotRun(format!("cannot read `{}`: {error}", file.display()));
    let mut from = File::open(file).map_err(unreadable)?;
    let length = from.metadata().map_err(unreadable)?.len();
    from.seek(SeekFrom::Start(length.saturating_sub(BYTES_MAX))).map_err(unreadable)?;
    let mut lines = VecDeque::with_capacity(LINES_MAX);
    for line in BufReader::new(from.take(BYTES_MAX)).split(b'\n') {
        let line = line.map_err(unreadable)?;
        if let Some(line) = harmless(&line) {
            if lines.len() == LINES_MAX {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// What is kept of a line; nothing of one that is no line of the log in JSON.
fn harmless(line: &[u8]) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(line) else { return None };
    let mut kept = Map::new();
    for (name, value) in fields {
        let value = match value {
            Value::Number(_) | Value::Bool(_) => value,
            Value::String(text) if KEPT.contains(&name.as_str()) => Value::String(plain(&text)),
            Value::String(text) if name == "msg" => Value::String(plain(&without_quoted(&text))),
            _ => continue,
        };
        kept.insert(name, value);
    }
    Some(Value::Object(kept).to_string())
}

/// What stands in backquotes in a message is a name of something.
fn without_quoted(text: &str) -> String {
    let each = text.split('`').enumerate().map(|(place, part)| if place % 2 == 0 { part } else { "…" });
    each.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_the_numbers_and_the_message_are_kept() {
        let line = r#"{"ts":"2026-11-23T09:00:00Z","level":"warn","target":"web","msg":"`ann` was refused at https://a:b@c","status":401,"login":"ann","path":"/x"}"#;
        let kept: Value = serde_json::from_str(&harmless(line.as_bytes()).unwrap()).unwrap();
        let expected = serde_json::json!({ "ts": "2026-11-23T09:00:00Z", "level": "warn", "target": "web",
            "msg": "`…` was refused at https://***@c", "status": 401 });
        assert_eq!(kept, expected);
        assert_eq!(harmless(b"2026 warn ann was here"), None);
        assert_eq!(harmless(b"[1]"), None);
    }

    #[test]
    fn the_last_thousand_lines_are_taken_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        for (written, expected) in [(LINES_MAX, 0), (LINES_MAX + 1, 1)] {
            let lines: Vec<String> = (0..written).map(|number| format!("{{\"n\":{number}}}\n")).collect();
            std::fs::write(&file, lines.concat()).unwrap();
            let kept = last(&file).unwrap();
            assert_eq!(kept.lines().count(), LINES_MAX);
            assert_eq!(kept.lines().next(), Some(format!("{{\"n\":{expected}}}").as_str()));
        }
        assert!(last(&folder.path().join("none")).is_err());
    }
}
