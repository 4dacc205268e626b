//! Rows as text: JSON lines, or CSV by RFC 4180.
//!
//! **CSV.** The first row names the columns; rows end with CR LF; a cell with a comma, a quote or a
//! line break stands in quotes. A spreadsheet takes a text that begins with `=`, `+`, `-`, `@`, a
//! tab or a carriage return for a formula and runs it. Such a text of people gets an apostrophe in
//! front, and so does one that begins with an apostrophe: taking one away gives back every text.
//! Quantities, money and dates are of the product and stand as they are.

use super::cell::{Books, Cell, Holds};
use db::{DbError, Row};
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

impl Format {
    /// Reads `jsonl` or `csv`.
    pub fn parse(word: &str) -> Option<Format> {
        match word {
            "jsonl" => Some(Format::Jsonl),
            "csv" => Some(Format::Csv),
            _ => None,
        }
    }

    /// Begins a file.
    pub(super) fn begin<'o>(
        self,
        columns: &'static [(&'static str, Holds)],
        out: &'o mut dyn Write,
    ) -> io::Result<Writer<'o>> {
        let mut writer = Writer { format: self, columns, out: BufWriter::new(out), line: String::new() };
        if self == Format::Csv {
            for (name, _) in columns {
                writer.separate();
                writer.line.push_str(name);
            }
            writer.end()?;
        }
        Ok(writer)
    }
}

/// Writes rows.
pub(super) struct Writer<'o> {
    format: Format,
    columns: &'static [(&'static str, Holds)],
    out: BufWriter<&'o mut dyn Write>,
    line: String,
}

impl Writer<'_> {
    /// Writes a row. The inner result is that of the file.
    pub(super) fn row(&mut self, books: &Books, row: &Row<'_>) -> Result<io::Result<()>, DbError> {
        self.row_with(books, row, &mut [])
    }

    /// Writes a row with other cells in some of its columns.
    pub(super) fn row_with(
        &mut self,
        books: &Books,
        row: &Row<'_>,
        others: &mut [(&str, Option<Cell>)],
    ) -> Result<io::Result<()>, DbError> {
        for (column, (name, holds)) in self.columns.iter().enumerate() {
            let other = others.iter_mut().find(|(column, _)| column == name);
            let cell = match other.and_then(|(_, cell)| cell.take()) {
                Some(cell) => cell,
                None => holds.read(books, row, column)?,
            };
            match self.format {
                Format::Jsonl => self.json(name, cell),
                Format::Csv => self.csv(cell),
            }
        }
        Ok(self.end())
    }

    pub(super) fn flush(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn separate(&mut self) {
        if !self.line.is_empty() {
            self.line.push(',');
        }
    }

    fn json(&mut self, name: &str, cell: Cell) {
        self.line.push(if self.line.is_empty() { '{' } else { ',' });
        self.line.push('"');
        self.line.push_str(name);
        self.line.push_str("\":");
        self.line.push_str(&cell.json().to_string());
    }

    fn csv(&mut self, cell: Cell) {
        self.separate();
        let before = self.line.len();
        match cell {
            Cell::Null => {}
            Cell::Number(number) => self.line.push_str(&number.to_string()),
            Cell::Truth(truth) => self.line.push_str(if truth { "true" } else { "false" }),
            Cell::Word(text) => self.line.push_str(&quoted(&text)),
            Cell::Text(text) => self.line.push_str(&quoted(&harmless(&text))),
            Cell::Json(value) => self.line.push_str(&quoted(&value.to_string())),
        }
        if before == 0 && self.line.is_empty() {
            // an empty first cell would not be seen when the next one is separated from it
            self.line.push_str("\"\"");
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.line.push_str(match self.format {
            Format::Jsonl => "}\n",
            Format::Csv => "\r\n",
        });
        let done = self.out.write_all(self.line.as_bytes());
        self.line.clear();
        done
    }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text in quotes, where it needs them.
fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_they_must_be_and_never_run() {
        for (text, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" blank", "\" blank\""),
            ("=1+1", "'=1+1"),
            ("+44 20", "'+44 20"),
            ("-5", "'-5"),
            ("@cmd", "'@cmd"),
            ("\tx", "'\tx"),
            ("'quoted", "''quoted"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(quoted(&harmless(text)), written);
        }
    }
}
