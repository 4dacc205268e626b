//! What a command prints: text for people, or one JSON value. Results go to standard output,
//! everything else to standard error.

use crate::exit::Stop;
use crate::progress::Progress;
use serde::Serialize;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Where a command prints, and how.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// One JSON value in place of text.
    pub json: bool,
}

impl Out {
    /// The result of the command.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn show<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Stop> {
        let line = if self.json {
            serde_json::to_string_pretty(value).map_err(Stop::cannot_run)?
        } else {
            text(value)
        };
        self.line(&line)
    }

    /// A line of a result that is text in any case.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn line(self, line: &str) -> Result<(), Stop> {
        match writeln!(std::io::stdout(), "{}", line.trim_end()) {
            // whoever read along has seen enough
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            done => Ok(done?),
        }
    }

    /// A result of a command that goes on: for programs one value on one line, so that whoever reads
    /// line by line has it whole.
    ///
    /// # Errors
    /// When standard output is gone.
    pub fn step<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Stop> {
        let line =
            if self.json { serde_json::to_string(value).map_err(Stop::cannot_run)? } else { text(value) };
        self.line(&line)
    }

    /// A remark beside the result, which may be what somebody waits for: it is made in any case.
    pub fn remark(self, text: &str) {
        let line = if self.json { json!({ "remark": text }).to_string() } else { text.to_owned() };
        // nobody is left to tell that nobody listens
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// What shows how far long work has come: drawn while a terminal watches, and never beside JSON.
    pub(crate) fn progress(self) -> Progress {
        let is_watched = !self.json && std::io::stderr().is_terminal();
        if is_watched { Progress::on_terminal() } else { Progress::hidden() }
    }

    /// Why the command stopped.
    pub fn stopped(self, stop: &Stop) {
        if matches!(stop, Stop::Violated | Stop::RowsRefused) {
            return;
        }
        let line = if self.json {
            let mut value =
                json!({ "error": stop.sentence(), "exit_code": stop.code(), "code": stop.word() });
            if let (Stop::Failed(problem), Some(map)) = (stop, value.as_object_mut())
                && !problem.errors.is_empty()
            {
                let fields = problem.errors.iter().map(
                    |error| json!({ "pointer": error.pointer, "code": error.code.word(), "detail": error.detail }),
                );
                map.insert("errors".into(), fields.collect());
            }
            value.to_string()
        } else if matches!(stop, Stop::Interrupted(_)) {
            // it was asked for
            stop.to_string()
        } else {
            format!("error: {stop}")
        };
        drop(writeln!(std::io::stderr(), "{line}"));
    }
}

/// Columns that stand below each other.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = head
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([name.chars().count()]).max().unwrap_or_default()
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    for row in rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

/// The columns that a terminal has at least.
const COLUMNS: usize = 80;

/// A text in lines that fit, each so many blanks in.
pub fn wrapped(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let more = word.chars().count() + 1;
        let begins = lines.is_empty() || width + more > COLUMNS;
        if begins && !lines.is_empty() {
            lines.push('\n');
        }
        width = if begins { indent + more - 1 } else { width + more };
        lines.push_str(if begins { &blanks } else { " " });
        lines.push_str(word);
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_broken_between_words() {
        let text = format!("{} b c", "a".repeat(75));
        assert_eq!(wrapped(&text, 2), format!("  {} b\n  c\n", "a".repeat(75)), "80 columns are full");
        assert_eq!(wrapped(&"a".repeat(90), 1), format!(" {}\n", "a".repeat(90)), "a word stays whole");
        assert_eq!(wrapped("", 4), "");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [vec!["ann".into(), "x".into()], vec!["b".into(), "yyy".into()]];
        assert_eq!(table(&["login", "n"], &rows), "login  n\nann    x\nb      yyy\n");
    }
}
