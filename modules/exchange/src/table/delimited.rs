//! Separated values, by RFC 4180, with the separators and encodings that spreadsheets save.

use super::read::unreadable;
use super::{Cell, Line, ReadAs, Table};
use csv::{ByteRecord, Reader, ReaderBuilder};
use domain::{Code, Problem};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use web::Failure;

/// How much of a file is looked at to tell its encoding.
const LOOKED_AT: u64 = 1 << 20;

/// What may separate cells, the most usual first.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// The byte-order mark of UTF-8.
const MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// A copy in UTF-8 of a file that is in another encoding; none of one that is in UTF-8.
pub(super) fn in_utf8(file: &mut File, windows_1252: bool) -> Result<Option<File>, Failure> {
    let mut mark = [0; 2];
    let read = file.read(&mut mark).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let encoding = match mark.get(..read) {
        Some([0xFF, 0xFE]) => UTF_16LE,
        Some([0xFE, 0xFF]) => UTF_16BE,
        _ if windows_1252 => {
            refuse_utf8(file)?;
            WINDOWS_1252
        }
        _ => return Ok(None),
    };
    let copy = copied(file, encoding).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(Some(copy))
}

/// Refuses a file in UTF-8 that is said to be in another encoding, which would make two signs of each letter.
fn refuse_utf8(file: &mut File) -> Result<(), Failure> {
    let mut head = Vec::new();
    Read::by_ref(file).take(LOOKED_AT).read_to_end(&mut head).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let is_utf8 = match std::str::from_utf8(&head) {
        Ok(_) => true,
        // cut off in a letter
        Err(error) => error.error_len().is_none() && head.len() >= 1 << 20,
    };
    if is_utf8 && !head.is_ascii() {
        let detail = "the text is in UTF-8 already; leave `--windows-1252` out, or `windows_1252` over HTTP";
        return Err(Problem::new(Code::InvalidValue, detail).into());
    }
    Ok(())
}

fn copied(file: &mut File, encoding: &'static Encoding) -> io::Result<File> {
    let mut copy = tempfile::tempfile()?;
    let mut decoder = encoding.new_decoder();
    let (mut bytes, mut text) = ([0; 8192], String::with_capacity(32 << 10));
    loop {
        let read = file.read(&mut bytes)?;
        let part = bytes.get(..read).unwrap_or_default();
        // the text has room for what 8 KiB become in UTF-8
        let (_, used, _) = decoder.decode_to_string(part, &mut text, read == 0);
        if used != read {
            return Err(io::Error::other("a text grew more than an encoding can make it"));
        }
        copy.write_all(text.as_bytes())?;
        text.clear();
        if read == 0 {
            copy.seek(SeekFrom::Start(0))?;
            return Ok(copy);
        }
    }
}

fn reader(file: &File, separator: u8) -> Reader<BufReader<&File>> {
    ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(BufReader::new(file))
}

/// What a first line such as `sep=;` says, which is for Excel and not of the table.
fn told(file: &File) -> Result<Option<u8>, Failure> {
    let mut head = [0; 16];
    let read = file.read_at(&mut head, 0).map_err(unreadable)?;
    let head = head.get(..read).unwrap_or_default();
    let head = head.strip_prefix(MARK).unwrap_or(head);
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(line);
    Ok(match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => Some(*separator),
        _ => None,
    })
}

/// The names of the columns, and what separates them.
pub(super) fn columns(file: &File, read_as: &ReadAs) -> Result<(Vec<String>, u8), Failure> {
    let mut best: Option<(Vec<String>, u8)> = None;
    let told = told(file)?;
    let wanted = read_as.separator.or(told);
    for separator in SEPARATORS.into_iter().filter(|separator| wanted.is_none_or(|one| one == *separator)) {
        let mut file = file;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut record = ByteRecord::new();
        let mut reader = reader(file, separator);
        for _ in 0..=usize::from(told.is_some()) {
            reader.read_byte_record(&mut record).map_err(|error| malformed(&error))?;
        }
        let names: Vec<String> = record.iter().map(name).collect::<Result<_, _>>()?;
        if best.as_ref().is_none_or(|(others, _)| names.len() > others.len()) {
            best = Some((names, separator));
        }
    }
    let (mut names, separator) = best
        .ok_or_else(|| Problem::new(Code::InvalidValue, "cells are separated by `,`, `;`, `|` or a tab"))?;
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok((names, separator))
}

fn name(bytes: &[u8]) -> Result<String, Failure> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| not_unicode(1))?;
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

fn not_unicode(line: u64) -> Problem {
    let detail = "the text is not in UTF-8; save the file as CSV UTF-8, or say that it is in Windows-1252: `--windows-1252`, \
                  or `windows_1252=true` over HTTP";
    Problem::at(Code::MalformedFile, format!("row {line}"), detail)
}

/// Visits the rows below the names.
pub(super) fn rows(
    file: &File,
    table: &Table,
    visit: &mut dyn FnMut(Line) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let separator = table.read_as.separator.unwrap_or(b',');
    let mut reader = reader(file, separator);
    let mut last = (0, 1);
    let mut count = LineCount::new(file.try_clone().map_err(unreadable)?);
    let mut record = ByteRecord::new();
    let mut passed_over = 1 + usize::from(told(file)?.is_some());
    while reader.read_byte_record(&mut record).map_err(|error| malformed(&error))? {
        if passed_over > 0 {
            passed_over -= 1;
            continue;
        }
        let number = count.at(record.position().map_or(0, csv::Position::byte)).map_err(unreadable)?;
        let mut cells = Vec::with_capacity(table.columns.len());
        for bytes in &record {
            let text = std::str::from_utf8(bytes).map_err(|_| not_unicode(number))?;
            cells.push(Cell::of_text(unguarded(text)));
        }
        super::fitted(&mut cells, table, number)?;
        last = (record.position().map_or(0, csv::Position::byte), number);
        visit(Line { number, cells })?;
    }
    if ends_in_quotes(file, last.0, separator).map_err(unreadable)? {
        let detail = "a quote is opened in this row and not closed, so it would swallow all that follows";
        return Err(Problem::at(Code::MalformedFile, format!("row {}", last.1), detail).into());
    }
    Ok(())
}

/// Whether the file ends inside of quotes that its last record opened.
fn ends_in_quotes(mut file: &File, last: u64, separator: u8) -> io::Result<bool> {
    file.seek(SeekFrom::Start(last))?;
    let (mut is_quoted, mut begins) = (false, true);
    for byte in BufReader::new(file).bytes() {
        let byte = byte?;
        if is_quoted {
            // two quotes in quotes close and open again
            is_quoted = byte != b'"';
            begins = byte == b'"';
        } else {
            is_quoted = byte == b'"' && begins;
            begins = byte == separator || byte == b'\r' || byte == b'\n';
        }
    }
    Ok(is_quoted)
}

/// Counts the lines of a file, which the reader counts only to the end of the record before.
struct LineCount {
    file: File,
    /// What is in memory, and where in the file it begins.
    part: Vec<u8>,
    begins: u64,
    /// How far the lines are counted, and the number of the line there.
    counted: u64,
    line: u64,
}

impl LineCount {
    fn new(file: File) -> LineCount {
        LineCount { file, part: Vec::new(), begins: 0, counted: 0, line: 1 }
    }

    /// The number of the line of a record of which the reader says that it begins here: what ends the one
    /// before, and empty lines, may stand between.
    fn at(&mut self, byte: u64) -> io::Result<u64> {
        while let Some(next) = self.byte()? {
            if self.counted >= byte && next != b'\r' && next != b'\n' {
                break;
            }
            self.line += u64::from(next == b'\n');
            self.counted += 1;
        }
        Ok(self.line)
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let place = |at: u64, begins: u64| usize::try_from(at - begins).unwrap_or(usize::MAX);
        if let Some(byte) = self.part.get(place(self.counted, self.begins)) {
            return Ok(Some(*byte));
        }
        self.part.resize(64 << 10, 0);
        let read = self.file.read_at(&mut self.part, self.counted)?;
        self.part.truncate(read);
        self.begins = self.counted;
        Ok(self.part.first().copied())
    }
}

/// A text without the apostrophe that an export put before what a spreadsheet would run.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(super::RUN) => rest,
        _ => text,
    }
}

fn malformed(error: &csv::Error) -> Failure {
    let place = error.position().map_or(0, csv::Position::line);
    Problem::at(Code::MalformedFile, format!("row {place}"), format!("the row cannot be read: {error}"))
        .into()
}
