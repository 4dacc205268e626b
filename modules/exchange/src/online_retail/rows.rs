//! From bytes to rows of eight texts. The only file here that reads anything.
//!
//! A row is a line of the file, so its number is what an editor shows. A row never spans lines:
//! a quote that is not closed is refused where it was opened, and memory stays bounded whatever
//! the file holds. Quotes inside of a row are read by the CSV library.
//!
//! Taken: plain or gzip, line ends of Unix or Windows, a UTF-8 byte-order mark, blank rows at the
//! end. Refused by name: semicolons or tabs between the columns, UTF-16, zip, a compressed file
//! without its end, a last row without a line end (both are what a cut-off file looks like).
//! A plain file cut exactly behind a line end cannot be told from a shorter one; the compressed
//! form can, which is why the data is kept that way.

use super::field::{COLUMNS, echo};
use domain::{Code, Problem};
use flate2::bufread::MultiGzDecoder;
use std::io::{BufRead, BufReader, ErrorKind, Read};

/// Longest row, in bytes without its line end.
const ROW_BYTES_MAX: usize = 4096;
const BUFFER_BYTES: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The rows of a file, one after the other.
pub(super) struct Rows<R> {
    text: Text<R>,
    line: Vec<u8>,
    /// The fields of the row one after the other, and where each ends.
    fields: Vec<u8>,
    ends: [usize; COLUMNS.len() + 1],
    splitter: csv_core::Reader,
    /// The number of the row read last; the row with the names of the columns is row 1.
    row: u32,
}

/// The bytes of the file, unpacked if they were packed.
enum Text<R> {
    Plain(BufReader<Start<R>>),
    Gzip(BufReader<Box<MultiGzDecoder<BufReader<Start<R>>>>>),
}

/// The first bytes, which were looked at, and the rest.
type Start<R> = std::io::Chain<std::io::Cursor<Vec<u8>>, R>;

impl<R: Read> Rows<R> {
    /// Looks at the first bytes and the names of the columns.
    pub(super) fn open(mut source: R) -> Result<Rows<R>, Problem> {
        let mut first = Vec::new();
        source.by_ref().take(4).read_to_end(&mut first).map_err(|error| unreadable(&error, 1))?;
        let packed = first.starts_with(&[0x1f, 0x8b]);
        let start = BufReader::with_capacity(BUFFER_BYTES, std::io::Cursor::new(first).chain(source));
        let text = if packed {
            let unpacked = Box::new(MultiGzDecoder::new(start));
            Text::Gzip(BufReader::with_capacity(BUFFER_BYTES, unpacked))
        } else {
            Text::Plain(start)
        };
        let mut rows = Rows {
            text,
            line: Vec::with_capacity(ROW_BYTES_MAX),
            fields: vec![0; ROW_BYTES_MAX],
            ends: [0; COLUMNS.len() + 1],
            splitter: csv_core::Reader::new(),
            row: 0,
        };
        rows.header()?;
        Ok(rows)
    }

    /// Reads the next row; `None` after the last one.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, Problem> {
        if !self.next_line()? {
            return Ok(None);
        }
        if self.line == b"\n" {
            return self.only_blank_rows_follow();
        }
        let count = self.split()?;
        if count != COLUMNS.len() {
            let detail = format!(
                "the row has {count} of the {} columns; the file may have been cut off here",
                COLUMNS.len()
            );
            return Err(in_row(self.row, detail));
        }
        self.texts().map(Some)
    }

    /// Reads one line with its end, which becomes a single `\n`; false at the end of the file.
    fn next_line(&mut self) -> Result<bool, Problem> {
        let row = self.row.saturating_add(1);
        let limit = u64::try_from(ROW_BYTES_MAX + 2).unwrap_or(u64::MAX);
        self.line.clear();
        let read = match &mut self.text {
            Text::Plain(text) => text.take(limit).read_until(b'\n', &mut self.line),
            Text::Gzip(text) => text.take(limit).read_until(b'\n', &mut self.line),
        };
        if read.map_err(|error| unreadable(&error, row))? == 0 {
            return Ok(false);
        }
        self.row = row;
        let closed = self.line.pop_if(|last| *last == b'\n').is_some();
        if closed {
            self.line.pop_if(|last| *last == b'\r');
        }
        if self.line.len() > ROW_BYTES_MAX {
            let detail = format!("the row is longer than {ROW_BYTES_MAX} bytes; are its line ends missing?");
            return Err(Problem::at(Code::LimitExceeded, pointer(row), detail));
        }
        if !closed {
            let detail = "the last row has no line end, so the file may have been cut off; \
                          copy it again, or end the row with a line break";
            return Err(in_row(row, detail));
        }
        self.line.push(b'\n');
        Ok(true)
    }

    /// After a blank row nothing but blank rows may come.
    fn only_blank_rows_follow(&mut self) -> Result<Option<Row<'_>>, Problem> {
        let blank = self.row;
        while self.next_line()? {
            if self.line != b"\n" {
                return Err(in_row(blank, "the row is blank and other rows follow; delete it"));
            }
        }
        Ok(None)
    }

    /// Splits the line into fields and tells how many there are.
    fn split(&mut self) -> Result<usize, Problem> {
        let (result, _, _, count) = self.splitter.read_record(&self.line, &mut self.fields, &mut self.ends);
        match result {
            csv_core::ReadRecordResult::Record if count <= COLUMNS.len() => Ok(count),
            csv_core::ReadRecordResult::Record | csv_core::ReadRecordResult::OutputEndsFull => {
                let detail = format!(
                    "the row has more than {} columns; put a text with a comma in quotes",
                    COLUMNS.len()
                );
                Err(in_row(self.row, detail))
            }
            // fields are never longer than their line, which fits
            csv_core::ReadRecordResult::InputEmpty
            | csv_core::ReadRecordResult::OutputFull
            | csv_core::ReadRecordResult::End => {
                Err(in_row(self.row, "a quote is opened in this row and not closed; close or double it"))
            }
        }
    }

    /// The fields as text.
    fn texts(&self) -> Result<Row<'_>, Problem> {
        let mut fields = [""; COLUMNS.len()];
        let mut start = 0;
        for ((field, end), column) in fields.iter_mut().zip(self.ends).zip(COLUMNS) {
            let bytes = self.fields.get(start..end).unwrap_or_default();
            *field = std::str::from_utf8(bytes).map_err(|_| {
                let detail = "the text is no valid UTF-8; save the file with the encoding UTF-8";
                Problem::at(Code::MalformedFile, cell(self.row, column), detail)
            })?;
            start = end;
        }
        Ok(Row { number: self.row, fields })
    }

    /// Checks the names of the columns.
    fn header(&mut self) -> Result<(), Problem> {
        let first = match &mut self.text {
            Text::Plain(text) => text.fill_buf(),
            Text::Gzip(text) => text.fill_buf(),
        };
        if let Some(detail) = foreign_bytes(first.map_err(|error| unreadable(&error, 1))?) {
            return Err(in_row(1, detail));
        }
        if !self.next_line()? {
            return Err(in_row(1, "the file is empty; its first row names the columns"));
        }
        if self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        if let Some(detail) = foreign_separator(&self.line) {
            return Err(in_row(1, detail));
        }
        let count = self.split()?;
        let names = self.texts()?.fields;
        for (name, (place, wanted)) in names.into_iter().zip((1..).zip(COLUMNS)) {
            let name = if place > count { "" } else { name };
            if name != wanted {
                let detail = format!("column {place} is named `{}`, and `{wanted}` is wanted", echo(name));
                return Err(Problem::at(Code::MalformedFile, cell(1, wanted), detail));
            }
        }
        Ok(())
    }
}

/// A row of the file.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) number: u32,
    /// Its texts in the order of [`COLUMNS`].
    pub(super) fields: [&'a str; COLUMNS.len()],
}

/// Says what a file is when its first bytes are not those of text in UTF-8.
fn foreign_bytes(first: &[u8]) -> Option<&'static str> {
    if first.starts_with(b"\xFF\xFE") || first.starts_with(b"\xFE\xFF") {
        Some("the file is UTF-16; save it as CSV with the encoding UTF-8")
    } else if first.starts_with(b"PK\x03\x04") {
        Some("the file is a zip archive or a workbook; unpack it, or save it as CSV")
    } else {
        None
    }
}

/// Says what separates the columns when it is not a comma.
fn foreign_separator(line: &[u8]) -> Option<&'static str> {
    let has = |byte: u8| line.contains(&byte);
    if has(b',') {
        None
    } else if has(b';') {
        Some("the columns are separated by semicolons; save the file with commas")
    } else if has(b'\t') {
        Some("the columns are separated by tabs; save the file with commas")
    } else {
        None
    }
}

/// How a refusal names a row.
fn pointer(row: u32) -> String {
    format!("row {row}")
}

/// How a refusal names a cell.
pub(super) fn cell(row: u32, column: &str) -> String {
    format!("row {row}/{column}")
}

fn in_row(row: u32, detail: impl Into<String>) -> Problem {
    Problem::at(Code::MalformedFile, pointer(row), detail)
}

/// What a failed read says about the file.
fn unreadable(error: &std::io::Error, row: u32) -> Problem {
    let detail = match error.kind() {
        ErrorKind::UnexpectedEof => {
            "the compressed file ends too early, so it was cut off; copy it again".to_owned()
        }
        ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            "the compressed file is damaged here; copy it again".to_owned()
        }
        kind => format!("the file cannot be read on: {kind}"),
    };
    in_row(row, detail)
}
