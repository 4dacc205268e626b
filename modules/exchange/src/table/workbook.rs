//! Excel workbooks. Invariant: nothing of one is unpacked that is not within [`UNPACKED_BYTES_MAX`], whatever
//! its directory says of its sizes.

use super::read::unreadable;
use super::{Cell, Line, ReadAs, Table, UNPACKED_BYTES_MAX};
use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};
use domain::when::Date;
use domain::{Code, Problem};
use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use web::Failure;
use zip::ZipArchive;

/// The most files that are in a workbook.
pub const PARTS_MAX: usize = 4096;
/// Digits of a number that a spreadsheet keeps.
const DIGITS_KEPT: usize = 15;

/// Unpacks all parts of a workbook into nothing, and refuses one that is larger than it may be.
pub(super) fn measure(mut file: &File) -> Result<(), Failure> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    if archive.len() > PARTS_MAX {
        let detail = format!("the workbook has {} parts, and at most {PARTS_MAX} are read", archive.len());
        return Err(Problem::new(Code::LimitExceeded, detail).into());
    }
    let (mut unpacked, mut has_book) = (0_u64, false);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| damaged(&error))?;
        let room = UNPACKED_BYTES_MAX.saturating_sub(unpacked);
        let is_shared = part.name().is_ok_and(|name| name.eq_ignore_ascii_case(SHARED));
        has_book |= part.name().is_ok_and(|name| name.to_ascii_lowercase().contains(BOOK));
        let mut bounded = part.by_ref().take(room.saturating_add(1));
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let most = u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX);
        bounded.by_ref().take(most).read_to_end(&mut head).map_err(|error| damaged(&error))?;
        let rest = std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|error| damaged(&error))?;
        let bytes = rest.saturating_add(u64::try_from(head.len()).unwrap_or(u64::MAX));
        if is_shared {
            check_shared(&head, bytes)?;
        }
        unpacked += bytes;
        if unpacked > UNPACKED_BYTES_MAX {
            let detail =
                format!("the workbook unpacks to more than {} MiB; split it", UNPACKED_BYTES_MAX >> 20);
            return Err(Problem::new(Code::LimitExceeded, detail).into());
        }
    }
    if !has_book {
        let detail = "the file is a ZIP and no Excel workbook; unpack it, or save it as `.xlsx` or `.csv`";
        return Err(Problem::new(Code::MalformedFile, detail).into());
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(())
}

/// What the part of a workbook is called that tells of its sheets.
const BOOK: &str = "workbook";

/// Where the texts of all sheets are.
const SHARED: &str = "xl/sharedStrings.xml";
/// How much of a part is looked at for what it says of itself.
const HEAD_BYTES: usize = 4096;
/// The fewest bytes of a shared text: `<si><t/></si>`.
const SHARED_TEXT_BYTES: u64 = 13;
/// The most bytes of all shared texts, which stand in memory.
const SHARED_BYTES_MAX: u64 = 96 << 20;

/// Refuses more shared texts than there is room for: who reads them makes room for as many as it is told.
fn check_shared(head: &[u8], bytes: u64) -> Result<(), Failure> {
    if bytes > SHARED_BYTES_MAX {
        let detail =
            format!("the texts of the workbook have more than {} MiB; split it", SHARED_BYTES_MAX >> 20);
        return Err(Problem::new(Code::LimitExceeded, detail).into());
    }
    let head = String::from_utf8_lossy(head);
    for (at, name) in head.match_indices("uniqueCount=") {
        let digits = head.get(at + name.len() + 1..).unwrap_or_default();
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        let told = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(u64::MAX) };
        if told > bytes / SHARED_TEXT_BYTES {
            return Err(damaged(&format!("it tells of {told} texts in {bytes} bytes")));
        }
    }
    Ok(())
}

fn damaged(error: &dyn Display) -> Failure {
    Problem::new(Code::MalformedFile, format!("the file is no workbook that can be read: {error}")).into()
}

type Book = Xlsx<BufReader<File>>;

fn open(file: File, read_as: &ReadAs) -> Result<(Book, String), Failure> {
    let book: Book = Xlsx::new(BufReader::new(file)).map_err(|error: XlsxError| damaged(&error))?;
    let names = book.sheet_names();
    let sheet = match &read_as.sheet {
        None => names.first(),
        Some(wanted) => names.iter().find(|name| name.to_lowercase() == wanted.to_lowercase()),
    };
    let Some(sheet) = sheet.cloned() else {
        let wanted = read_as.sheet.as_deref().unwrap_or_default();
        let detail = format!("the workbook has no sheet `{wanted}`; it has `{}`", names.join("`, `"));
        return Err(Problem::new(Code::InvalidValue, detail).into());
    };
    Ok((book, sheet))
}

/// The sheet that is read, and all sheets.
pub(super) fn sheets(mut file: File, read_as: &ReadAs) -> Result<(String, Vec<String>), Failure> {
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let (book, sheet) = open(file, read_as)?;
    Ok((sheet, book.sheet_names()))
}

/// The names of the columns: the first row that has anything.
pub(super) fn columns(file: File, read_as: &ReadAs) -> Result<Vec<String>, Failure> {
    let (mut book, sheet) = open(file, read_as)?;
    let mut names = Vec::new();
    let mut first = None;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|error| damaged(&error))?;
    while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
        let (row, column) = cell.get_position();
        if *first.get_or_insert(row) != row {
            break;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= super::COLUMNS_MAX {
            let detail = format!("the sheet has more than {} columns", super::COLUMNS_MAX);
            return Err(Problem::at(Code::TooMany, format!("row {}", u64::from(row) + 1), detail).into());
        }
        names.resize(names.len().max(column + 1), String::new());
        if let Some(name) = names.get_mut(column) {
            shown(cell.get_value()).shown().trim().clone_into(name);
        }
    }
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok(names)
}

/// Visits the rows below the names.
pub(super) fn rows(
    file: File,
    table: &Table,
    visit: &mut dyn FnMut(Line) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut book, sheet) = open(file, &table.read_as)?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|error| damaged(&error))?;
    let (mut head, mut line): (_, Option<(u32, Vec<Cell>)>) = (None, None);
    let mut give = |row: u32, mut cells: Vec<Cell>| {
        let number = u64::from(row) + 1;
        super::fitted(&mut cells, table, number)?;
        visit(Line { number, cells })
    };
    while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
        let (row, column) = cell.get_position();
        if *head.get_or_insert(row) == row {
            continue;
        }
        let value = shown(cell.get_value());
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        // far to the right of the names there is only something to refuse, and that once
        let column = column.min(table.columns.len());
        match &mut line {
            Some((current, cells)) if *current == row => put(cells, column, value),
            _ => {
                if let Some((row, cells)) = line.take() {
                    give(row, cells)?;
                }
                let mut cells = Vec::with_capacity(table.columns.len());
                put(&mut cells, column, value);
                line = Some((row, cells));
            }
        }
    }
    match line {
        Some((row, cells)) => give(row, cells),
        None => Ok(()),
    }
}

fn put(cells: &mut Vec<Cell>, column: usize, value: Cell) {
    if value != Cell::Empty {
        cells.resize(cells.len().max(column + 1), Cell::Empty);
        if let Some(cell) = cells.get_mut(column) {
            *cell = value;
        }
    }
}

fn shown(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => decimal(&format!("{number:.*e}", DIGITS_KEPT - 1)),
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Bool(truth) => Cell::Truth(*truth),
        DataRef::DateTime(when) => moment(*when),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::of_text(text)
        }
        DataRef::Error(error) => Cell::Bad(format!("the cell holds the error `{error}` of a formula")),
    }
}

/// A number with the digits that a spreadsheet shows, written out: `1.25e2` is `125`.
fn decimal(scientific: &str) -> Cell {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return Cell::Text(scientific.to_owned());
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let Ok(exponent) = exponent.parse::<i32>() else { return Cell::Text(scientific.to_owned()) };
    if digits.is_empty() {
        return Cell::Number("0".to_owned());
    }
    let whole = exponent + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if whole > i32::try_from(DIGITS_KEPT).unwrap_or(i32::MAX) {
        return Cell::Bad(format!(
            "the number has more than {DIGITS_KEPT} digits, and a spreadsheet does not keep them; format the column as text"
        ));
    }
    if whole < -20 {
        return Cell::Bad("the number is too small to be anything but a mistake".to_owned());
    }
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    Cell::Number(if whole <= 0 {
        format!("{sign}0.{}{digits}", zeros(-whole))
    } else if whole >= count {
        format!("{sign}{digits}{}", zeros(whole - count))
    } else {
        let (before, after) = digits.split_at(usize::try_from(whole).unwrap_or(0));
        format!("{sign}{before}.{after}")
    })
}

/// A day, or a day and a time.
fn moment(when: ExcelDateTime) -> Cell {
    if !when.is_datetime() {
        return Cell::Bad("a length of time stands where a day should".to_owned());
    }
    let (year, month, day, hour, minute, second, _) = when.to_ymd_hms_milli();
    let date =
        || Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    match date() {
        Some(date) if (hour, minute, second) == (0, 0, 0) => Cell::Date(date),
        Some(date) => Cell::Civil(format!("{date}T{hour:02}:{minute:02}:{second:02}")),
        None => Cell::Bad("the day is none of the calendar".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_spreadsheets_are_written_out() {
        for (number, text) in [
            ("0.00000000000000e0", Some("0")),
            ("1.25000000000000e2", Some("125")),
            ("1.23450000000000e2", Some("123.45")),
            ("-5.00000000000000e-1", Some("-0.5")),
            ("3.00000000000000e-1", Some("0.3")),
            ("1.00000000000000e-6", Some("0.000001")),
            ("4.00638133393100e12", Some("4006381333931")),
            ("1.40063813339314e13", Some("14006381333931.4")),
            ("9.99999999999999e14", Some("999999999999999")),
            ("1.00000000000000e15", None),
            ("1.00000000000000e-30", None),
        ] {
            let cell = decimal(number);
            match text {
                Some(text) => assert_eq!(cell, Cell::Number(text.to_owned()), "{number}"),
                None => assert!(matches!(cell, Cell::Bad(_)), "{number}: {cell:?}"),
            }
        }
        assert_eq!(decimal(&format!("{:.14e}", 0.1 + 0.2)), Cell::Number("0.3".to_owned()));
    }
}
