//! What a command prints: text for people, or one JSON value. Results go to standard output,
//! everything else to standard error.

use crate::exit::Stop;
use serde::Serialize;
use serde_json::json;
use std::io::Write;

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

    /// What somebody waits for beside the result, as a value for programs.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn aside<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Stop> {
        let line =
            if self.json { serde_json::to_string(value).map_err(Stop::cannot_run)? } else { text(value) };
        // nobody is left to tell that nobody listens
        drop(writeln!(std::io::stderr(), "{}", line.trim_end()));
        Ok(())
    }

    /// A remark beside the result, which may be what somebody waits for: it is made in any case.
    pub fn remark(self, text: &str) {
        let line = if self.json { json!({ "remark": text }).to_string() } else { text.to_owned() };
        // nobody is left to tell that nobody listens
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// Why the command stopped.
    pub fn stopped(self, stop: &Stop) {
        if matches!(stop, Stop::Violated) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [vec!["ann".into(), "x".into()], vec!["b".into(), "yyy".into()]];
        assert_eq!(table(&["login", "n"], &rows), "login  n\nann    x\nb      yyy\n");
    }
}
