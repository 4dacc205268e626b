//! Rows as files: JSON lines and Parquet for programs, CSV by RFC 4180 and workbooks for people (see [`crate::table`]).
//!
//! In CSV a text of people that a spreadsheet would run gets an apostrophe in front. Quantities, money and dates
//! are of the product and stand as they are.

use super::cell::{Books, Cell, Holds};
use super::columnar::Parquet;
use crate::table::{self, Locale};
use db::{DbError, Row};
use std::io::{self, BufWriter, Write};

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// Separated values, with numbers and dates as people of a convention write them.
    Csv(Locale),
    /// An Excel workbook.
    Xlsx,
    /// Columns of numbers, instants and texts.
    Parquet,
}

impl Format {
    /// Separated values as programs read them.
    pub const CSV: Format = Format::Csv(Locale::ISO);

    /// The words of all formats.
    pub const WORDS: &'static str = "`jsonl`, `csv`, `xlsx` or `parquet`";

    /// Reads one of [`Format::WORDS`].
    pub fn parse(word: &str) -> Option<Format> {
        match word {
            "jsonl" => Some(Format::Jsonl),
            "csv" => Some(Format::CSV),
            "xlsx" => Some(Format::Xlsx),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }

    /// The ending of the name of a file.
    pub const fn ending(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::Csv(_) => "csv",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
        }
    }

    /// The type of a file, for `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Jsonl => "application/x-ndjson",
            Format::Csv(_) => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Begins a file.
    pub(super) fn begin<'o>(
        self,
        books: &Books,
        columns: &'static [(&'static str, Holds)],
        out: &'o mut dyn Write,
    ) -> io::Result<Writer<'o>> {
        let titles = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let (format, locale) = match self {
            Format::Jsonl => {
                let to = To::Lines { out: BufWriter::new(out), line: String::new() };
                return Ok(Writer { to, columns });
            }
            Format::Parquet => {
                let to = Parquet::begin(columns, books)?;
                return Ok(Writer { to: To::Parquet { to, cells: Vec::new(), out }, columns });
            }
            Format::Csv(locale) => (table::Format::Csv, locale),
            Format::Xlsx => (table::Format::Xlsx, Locale::ISO),
        };
        let to = table::Writer::begin(format, titles, (locale, None), out)?;
        Ok(Writer { to: To::Table { to, cells: Vec::with_capacity(columns.len()) }, columns })
    }
}

/// Writes rows.
pub(super) struct Writer<'o> {
    to: To<'o>,
    columns: &'static [(&'static str, Holds)],
}

enum To<'o> {
    Lines { out: BufWriter<&'o mut dyn Write>, line: String },
    Table { to: table::Writer<'o, dyn Write + 'o>, cells: Vec<table::Cell> },
    Parquet { to: Parquet, cells: Vec<Cell>, out: &'o mut dyn Write },
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
            match &mut self.to {
                To::Lines { line, .. } => {
                    line.push(if line.is_empty() { '{' } else { ',' });
                    line.push('"');
                    line.push_str(name);
                    line.push_str("\":");
                    line.push_str(&cell.json().to_string());
                }
                To::Table { cells, .. } => cells.push(holds.in_table(cell)),
                To::Parquet { cells, .. } => cells.push(cell),
            }
        }
        Ok(match &mut self.to {
            To::Lines { out, line } => {
                line.push_str("}\n");
                let done = out.write_all(line.as_bytes());
                line.clear();
                done
            }
            To::Table { to, cells } => {
                let done = to.row(cells);
                cells.clear();
                done
            }
            To::Parquet { to, cells, .. } => to.row(cells.drain(..)),
        })
    }

    /// Ends the file.
    pub(super) fn end(self) -> io::Result<()> {
        match self.to {
            To::Lines { mut out, .. } => out.flush(),
            To::Table { to, .. } => to.end(),
            To::Parquet { to, out, .. } => io::copy(&mut to.end()?, out).map(drop),
        }
    }
}
