//! Tables of people out of files: CSV, Excel workbooks and JSON lines, told by their content.
//!
//! A file is read row by row, twice where its columns must be known first. What stands in memory is a row, and
//! of a workbook its shared texts; both are bounded by [`UNPACKED_BYTES_MAX`].

use super::{Cell, Locale};
use crate::table::{delimited, json_lines, workbook};
use domain::{Code, Problem};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use web::Failure;

/// The largest file.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// The most that a workbook may hold when it is unpacked.
pub const UNPACKED_BYTES_MAX: u64 = 512 << 20;
/// The most rows below the one that names the columns.
pub const ROWS_MAX: u64 = 250_000;
/// The most columns.
pub const COLUMNS_MAX: usize = 256;
/// The longest text of a cell, in bytes.
pub const CELL_BYTES_MAX: usize = 32_768;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// A JSON object a line.
    Jsonl,
}

/// How a file is read where it does not say so itself.
#[derive(Clone, Debug)]
pub struct ReadAs {
    /// How numbers and dates are written in it.
    pub locale: Locale,
    /// What separates the cells of a CSV file; found in its first row when left out.
    pub separator: Option<u8>,
    /// A CSV file that is not Unicode is in the code page Windows-1252.
    pub windows_1252: bool,
    /// The sheet of a workbook; its first when left out.
    pub sheet: Option<String>,
    /// Its name says that it is JSON lines: with nothing in it, it is a list with no rows.
    pub jsonl: bool,
}

impl Default for ReadAs {
    fn default() -> ReadAs {
        ReadAs { locale: Locale::ISO, separator: None, windows_1252: false, sheet: None, jsonl: false }
    }
}

/// Whether the name of a file says that it is JSON lines.
pub fn is_jsonl(name: &Path) -> bool {
    name.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"))
}

/// A row with its number: as a spreadsheet shows it, the row that names the columns being the first.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Its number.
    pub number: u64,
    /// Its cells, as many as there are columns.
    pub cells: Vec<Cell>,
}

/// A table in a file, which stays open: whoever saves another under its name changes nothing of it.
#[derive(Debug)]
pub struct Table {
    file: File,
    /// What the file is.
    pub format: Format,
    /// The names of its columns.
    pub columns: Vec<String>,
    pub(super) read_as: ReadAs,
    /// A copy of a file that was not in UTF-8.
    copy: Option<File>,
}

impl Table {
    /// Reads the names of the columns of a file.
    ///
    /// # Errors
    /// `malformed_file`, `too_many`, `limit_exceeded`: what it is, is not a table, or is too large.
    pub fn of(mut file: File, mut read_as: ReadAs) -> Result<Table, Failure> {
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes > FILE_BYTES_MAX {
            let detail = format!(
                "the file has {} MiB, and at most {} are read; split it",
                bytes >> 20,
                FILE_BYTES_MAX >> 20
            );
            return Err(Problem::new(Code::LimitExceeded, detail).into());
        }
        if read_as.jsonl && is_blank(&mut file)? {
            return Ok(Table { file, format: Format::Jsonl, columns: Vec::new(), read_as, copy: None });
        }
        let format = sniff(&mut file)?;
        let (columns, copy) = match format {
            Format::Csv => {
                let copy = delimited::in_utf8(&mut file, read_as.windows_1252)?;
                let (columns, separator) = delimited::columns(copy.as_ref().unwrap_or(&file), &read_as)?;
                read_as.separator = Some(separator);
                (columns, copy)
            }
            Format::Xlsx => {
                workbook::measure(&file)?;
                (workbook::columns(file.try_clone().map_err(unreadable)?, &read_as)?, None)
            }
            Format::Jsonl => {
                // programs write numbers and dates in one way
                read_as.locale = Locale::ISO;
                (json_lines::columns(&file)?, None)
            }
        };
        check_columns(&columns)?;
        Ok(Table { file, format, columns, read_as, copy })
    }

    /// The sheet that is read and the others, of a workbook with more than one.
    pub fn sheets(&self) -> Option<(String, Vec<String>)> {
        let book = (self.format == Format::Xlsx).then(|| self.file.try_clone().ok()).flatten()?;
        let (read, mut others) = workbook::sheets(book, &self.read_as).ok()?;
        others.retain(|other| *other != read);
        (!others.is_empty()).then_some((read, others))
    }

    /// How numbers and dates are written in it.
    pub fn locale(&self) -> &Locale {
        &self.read_as.locale
    }

    /// What separates its cells, of a CSV file.
    pub fn separator(&self) -> Option<u8> {
        self.read_as.separator
    }

    /// Visits the rows in their order; rows with nothing in them are passed over.
    ///
    /// # Errors
    /// As [`Table::of`], and what `visit` fails with.
    pub fn rows(&self, visit: &mut dyn FnMut(Line) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut count = 0_u64;
        let mut bounded = |line: Line| {
            if line.cells.iter().all(|cell| *cell == Cell::Empty) {
                return Ok(());
            }
            count += 1;
            if count > ROWS_MAX {
                let detail = format!("the file has more than {ROWS_MAX} rows; split it");
                return Err(Problem::at(Code::TooMany, format!("row {}", line.number), detail).into());
            }
            if let Some(at) = line.cells.iter().position(is_long) {
                let column = self.columns.get(at).map_or("", String::as_str);
                let detail = format!("a cell holds at most {CELL_BYTES_MAX} bytes");
                return Err(Problem::at(
                    Code::LimitExceeded,
                    format!("row {}/{column}", line.number),
                    detail,
                )
                .into());
            }
            visit(line)
        };
        let mut file = self.copy.as_ref().unwrap_or(&self.file).try_clone().map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        match self.format {
            Format::Csv => delimited::rows(&file, self, &mut bounded),
            Format::Xlsx => workbook::rows(file, self, &mut bounded),
            Format::Jsonl => json_lines::rows(&file, self, &mut bounded),
        }
    }
}

fn is_long(cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => text.len() > CELL_BYTES_MAX,
        _ => false,
    }
}

/// The first bytes of a file.
fn head(file: &mut File) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::with_capacity(4096);
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    file.by_ref().take(4096).read_to_end(&mut head).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(head)
}

/// Whether a small file has nothing in it.
fn is_blank(file: &mut File) -> Result<bool, Failure> {
    let head = head(file)?;
    Ok(head.len() < 4096 && head.iter().all(u8::is_ascii_whitespace))
}

/// Tells what a file is by its first bytes.
fn sniff(file: &mut File) -> Result<Format, Failure> {
    let head = head(file)?;
    let refuse = |what: &str| {
        let detail = format!("the file is {what}; save it as `.xlsx` or `.csv`");
        Err(Problem::new(Code::MalformedFile, detail).into())
    };
    match head.as_slice() {
        [] => Err(Problem::new(Code::MalformedFile, "the file is empty").into()),
        [b'P', b'K', 3, 4, ..] => Ok(Format::Xlsx),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => refuse("an old workbook, or one with a password"),
        [b'%', b'P', b'D', b'F', ..] => refuse("a PDF"),
        [0x1F, 0x8B, ..] => refuse("packed by gzip"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Ok(Format::Csv),
        text if text.contains(&0) => refuse("neither a text nor a workbook"),
        text => {
            let text = text.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(text);
            let text = text.trim_ascii_start();
            if text.starts_with(b"<?xml") {
                return refuse("an XML file, whatever its name says");
            }
            if is_html(text) {
                return refuse("a web page (HTML), whatever its name says");
            }
            Ok(if text.first() == Some(&b'{') { Format::Jsonl } else { Format::Csv })
        }
    }
}

/// Whether a text begins as a web page does, which some programs save under the name of a workbook.
fn is_html(text: &[u8]) -> bool {
    let begins = |with: &&[u8]| text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    [b"<!doctype html".as_slice(), b"<html", b"<head", b"<table"].iter().any(begins)
}

/// Refuses a table without columns, or with one twice.
fn check_columns(columns: &[String]) -> Result<(), Failure> {
    if columns.iter().all(String::is_empty) {
        let detail = "the first row of the file names its columns, and it is empty";
        return Err(Problem::at(Code::MalformedFile, "row 1", detail).into());
    }
    if columns.len() > COLUMNS_MAX {
        let detail = format!("the file has {} columns, and at most {COLUMNS_MAX} are read", columns.len());
        return Err(Problem::at(Code::TooMany, "row 1", detail).into());
    }
    for (at, column) in columns.iter().enumerate() {
        let is_same = |other: &String| other.to_lowercase() == column.to_lowercase();
        if !column.is_empty() && columns.iter().take(at).any(is_same) {
            let detail = format!("the column `{column}` stands twice in the first row; rename one");
            return Err(Problem::at(Code::MalformedFile, "row 1", detail).into());
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "made to follow `map_err`")]
pub(super) fn unreadable(error: std::io::Error) -> Failure {
    Problem::new(Code::MalformedFile, format!("the file cannot be read: {error}")).into()
}
