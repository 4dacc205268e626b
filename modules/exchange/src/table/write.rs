//! Rows into files: separated values, a workbook, or a JSON object a line.
//!
//! A spreadsheet takes a text that begins with one of [`RUN`](super::RUN) for a formula and runs it. In
//! separated values such a text gets an apostrophe in front, which reading takes away again; in a workbook a
//! text is a text and stands as it is.

use super::{Cell, Format, Locale, RUN};
use rust_xlsxwriter::{ExcelDateTime, Format as Look, Workbook, Worksheet, XlsxError};
use serde_json::{Map, Value};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

/// The rows of a sheet of a workbook, with the one that names the columns.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// The longest text of a cell of a workbook, in the units of UTF-16.
pub const SHEET_TEXT_MAX: usize = 32_767;

/// What a workbook has no room for. It travels in the [`io::Error`] of the row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoRoom {
    /// There are more rows than this.
    Rows(u32),
    /// The text in this column of this row is longer than a cell holds.
    Text(String, u32),
}

impl std::fmt::Display for NoRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoRoom::Rows(most) => {
                write!(f, "a sheet of a workbook holds {most} rows below its titles, and there are more")
            }
            NoRoom::Text(column, row) => write!(
                f,
                "a cell of a workbook holds {SHEET_TEXT_MAX} letters, and `{column}` in row {row} has more"
            ),
        }
    }
}

impl std::error::Error for NoRoom {}

/// Writes rows below the names of their columns.
pub struct Writer<'o, W: Write + ?Sized> {
    to: To<'o, W>,
    columns: Vec<String>,
    locale: Locale,
}

impl<W: Write + ?Sized> std::fmt::Debug for Writer<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("columns", &self.columns).finish_non_exhaustive()
    }
}

enum To<'o, W: Write + ?Sized> {
    Csv { out: BufWriter<&'o mut W>, separator: u8 },
    Jsonl(BufWriter<&'o mut W>),
    Xlsx(Box<Book<'o, W>>),
}

struct Book<'o, W: ?Sized> {
    out: &'o mut W,
    workbook: Workbook,
    row: u32,
    rows_max: u32,
    day: Look,
    moment: Look,
}

impl<'o, W: Write + ?Sized> Writer<'o, W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(
        format: Format,
        columns: Vec<String>,
        (locale, separator): (Locale, Option<u8>),
        out: &'o mut W,
    ) -> io::Result<Writer<'o, W>> {
        let to = match format {
            Format::Csv => {
                To::Csv { out: BufWriter::new(out), separator: separator.unwrap_or(locale.separator()) }
            }
            Format::Jsonl => To::Jsonl(BufWriter::new(out)),
            Format::Xlsx => {
                let mut workbook = Workbook::new();
                workbook.add_worksheet_with_constant_memory().map_err(io::Error::other)?;
                let day = Look::new().set_num_format("yyyy-mm-dd");
                let moment = Look::new().set_num_format("yyyy-mm-dd hh:mm:ss");
                To::Xlsx(Box::new(Book { out, workbook, row: 0, rows_max: SHEET_ROWS_MAX, day, moment }))
            }
        };
        let mut writer = Writer { to, columns, locale };
        let names: Vec<Cell> = writer.columns.iter().map(|name| Cell::Text(name.clone())).collect();
        if !matches!(writer.to, To::Jsonl(_)) {
            writer.row(&names)?;
        }
        Ok(writer)
    }

    /// With room for other than [`SHEET_ROWS_MAX`] rows in a workbook.
    #[cfg(test)]
    pub(super) fn with_rows(mut self, rows_max: u32) -> Writer<'o, W> {
        if let To::Xlsx(book) = &mut self.to {
            book.rows_max = rows_max;
        }
        self
    }

    /// Writes a row. Of a workbook nothing is in `out` before its end.
    ///
    /// # Errors
    /// When it cannot be written; [`NoRoom`] in a workbook that has no room for it.
    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        match &mut self.to {
            To::Csv { out, separator } => {
                for (at, cell) in cells.iter().enumerate() {
                    if at > 0 {
                        out.write_all(&[*separator])?;
                    }
                    let text = separated(cell, &self.locale);
                    let quoted = quoted(&text, char::from(*separator), at == 0 && cells.len() == 1);
                    out.write_all(quoted.as_bytes())?;
                }
                out.write_all(b"\r\n")
            }
            To::Jsonl(out) => {
                let named = self.columns.iter().zip(cells).filter(|(_, cell)| **cell != Cell::Empty);
                let object: Map<String, Value> =
                    named.map(|(name, cell)| (name.clone(), json(cell))).collect();
                serde_json::to_writer(&mut *out, &object)?;
                out.write_all(b"\n")
            }
            To::Xlsx(book) => book.row(cells, &self.columns),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self) -> io::Result<()> {
        match self.to {
            To::Csv { mut out, .. } | To::Jsonl(mut out) => out.flush(),
            To::Xlsx(book) => {
                let Book { out, mut workbook, .. } = *book;
                // a workbook is packed by going back in it, which not every `out` can
                let mut file = tempfile::tempfile()?;
                workbook.save_to_writer(&mut file).map_err(io::Error::other)?;
                file.seek(SeekFrom::Start(0))?;
                io::copy(&mut file, out).map(drop)
            }
        }
    }
}

impl<W: ?Sized> Book<'_, W> {
    fn row(&mut self, cells: &[Cell], names: &[String]) -> io::Result<()> {
        let (row, day, moment) = (self.row, &self.day, &self.moment);
        if row >= self.rows_max {
            return Err(io::Error::other(NoRoom::Rows(self.rows_max.saturating_sub(1))));
        }
        let sheet = self.workbook.worksheet_from_index(0).map_err(io::Error::other)?;
        for (column, (cell, name)) in (0_u16..).zip(cells.iter().zip(names)) {
            put(sheet, (row, column), cell, (day, moment)).map_err(|error| match error {
                XlsxError::MaxStringLengthExceeded => {
                    io::Error::other(NoRoom::Text(name.clone(), row.saturating_add(1)))
                }
                error => io::Error::other(error),
            })?;
        }
        self.row = self.row.saturating_add(1);
        Ok(())
    }
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    (day, moment): (&Look, &Look),
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Number(number) if is_kept(number) => match number.parse::<f64>() {
            Ok(kept) => sheet.write_number(row, column, kept).map(drop)?,
            Err(_) => sheet.write_string(row, column, number).map(drop)?,
        },
        Cell::Truth(truth) => sheet.write_boolean(row, column, *truth).map(drop)?,
        Cell::Date(_) | Cell::Civil(_) => {
            let look = if matches!(cell, Cell::Date(_)) { day } else { moment };
            // a workbook knows no day before 1900
            match ExcelDateTime::parse_from_str(&cell.shown()) {
                Ok(when) => sheet.write_datetime_with_format(row, column, &when, look).map(drop)?,
                Err(_) => sheet.write_string(row, column, cell.shown()).map(drop)?,
            }
        }
        Cell::Text(text) | Cell::Number(text) => sheet.write_string(row, column, text).map(drop)?,
        Cell::Json(_) | Cell::Bad(_) => sheet.write_string(row, column, cell.shown()).map(drop)?,
    }
    Ok(())
}

/// Whether a spreadsheet keeps a number to its last digit.
fn is_kept(number: &str) -> bool {
    number.bytes().filter(u8::is_ascii_digit).count() <= 15
}

/// What a person sees in a cell, that no spreadsheet runs.
fn separated(cell: &Cell, locale: &Locale) -> String {
    match cell {
        Cell::Number(number) => locale.show_number(number),
        Cell::Date(date) => locale.show_date(*date),
        Cell::Civil(civil) => match civil.split_once('T') {
            Some((day, time)) => match locale.date(day) {
                Ok(date) => format!("{} {time}", locale.show_date(date)),
                Err(_) => civil.clone(),
            },
            None => civil.clone(),
        },
        Cell::Text(text) if text.starts_with(RUN) => format!("'{text}"),
        Cell::Text(text) => text.clone(),
        other => other.shown().into_owned(),
    }
}

/// A text in quotes, where it needs them.
fn quoted(text: &str, separator: char, is_alone: bool) -> String {
    let needs = text.contains([separator, '"', '\r', '\n', ',', ';', '\t'])
        || text.starts_with(' ')
        || text.ends_with(' ')
        // an empty row is passed over when it is read
        || (is_alone && text.is_empty());
    if needs { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn json(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Truth(truth) => Value::from(*truth),
        Cell::Json(value) => value.clone(),
        Cell::Number(number) => match number.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(number.as_str()),
        },
        other => Value::from(other.shown().as_ref()),
    }
}
