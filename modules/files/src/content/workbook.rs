//! A workbook is a ZIP with certain parts. Only its table of contents is read, one entry at a time: names
//! and sizes, never the parts themselves. Nothing stands before the first part or behind the table.

use crate::bad::{BadFile, Unread, damaged};
use domain::Media;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// Parts of a workbook at most.
pub(crate) const PARTS_MAX: u64 = 10_000;
/// Bytes of all its parts together at most, as it says itself.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 512 << 20;

/// The record behind the table, without its comment.
const END_BYTES: usize = 22;
/// The longest comment.
const COMMENT_BYTES_MAX: u64 = 0xffff;
/// An entry of the table, without its name.
const ENTRY_BYTES: usize = 46;

/// What the names of the parts tell.
#[derive(Default)]
struct Parts {
    count: u64,
    bytes: u64,
    types: bool,
    book: bool,
    macros: bool,
    /// What it is when it is something else.
    stranger: Option<&'static str>,
}

/// The table as the record behind it describes it.
struct Table {
    entries: u64,
    begins: u64,
    ends: u64,
}

pub(super) fn check(file: &mut (impl Read + Seek), length: u64) -> Result<(), Unread> {
    let table = find(file, length)?;
    file.seek(SeekFrom::Start(table.begins))?;
    let mut entries = BufReader::new(file.take(table.ends.saturating_sub(table.begins)));
    let mut parts = Parts::default();
    for _ in 0..table.entries {
        parts.add(&mut entries).or_else(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => {
                damaged(Media::Xlsx, "its table of contents does not hold what it says")
            }
            _ => Err(error.into()),
        })?;
    }
    parts.judge()
}

/// Finds the table by the record at the end.
fn find(file: &mut (impl Read + Seek), length: u64) -> Result<Table, Unread> {
    let most = COMMENT_BYTES_MAX + u64::try_from(END_BYTES).unwrap_or_default();
    let from = length.saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(most).read_to_end(&mut tail)?;
    // the record whose comment ends with the file
    let found = tail.windows(END_BYTES).enumerate().rev().find(|(at, record)| {
        let comment = tail.len().saturating_sub(at + END_BYTES);
        record.starts_with(b"PK\x05\x06") && number(record, 20, 2) == u64::try_from(comment).ok()
    });
    let Some((at, record)) = found else {
        return damaged(Media::Xlsx, "its table of contents is missing: it was cut off");
    };
    let ends = from + u64::try_from(at).unwrap_or_default();
    let field = |at, bytes| number(record, at, bytes).unwrap_or(u64::MAX);
    let (entries, size, begins) = (field(10, 2), field(12, 4), field(16, 4));
    if entries > PARTS_MAX {
        return Err(too_much(entries, 0).into());
    }
    if begins.checked_add(size) != Some(ends) || field(4, 2) != 0 {
        return damaged(Media::Xlsx, "its table of contents is not where it says");
    }
    Ok(Table { entries, begins, ends })
}

/// A number of so many bytes, the lowest first.
fn number(record: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let part = record.get(at..at + bytes)?;
    Some(part.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn too_much(parts: u64, bytes: u64) -> BadFile {
    BadFile::Unpacked { parts, bytes, parts_max: PARTS_MAX, bytes_max: UNPACKED_BYTES_MAX }
}

impl Parts {
    /// Reads the next entry.
    fn add(&mut self, entries: &mut impl Read) -> Result<(), std::io::Error> {
        let mut entry = [0; ENTRY_BYTES];
        entries.read_exact(&mut entry)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let length = |at| number(&entry, at, 2).unwrap_or_default();
        let mut name = Vec::new();
        read(entries, length(28), &mut name)?;
        let mut extra = Vec::new();
        read(entries, length(30), &mut extra)?;
        read(entries, length(32), &mut Vec::new())?;
        let bytes = match number(&entry, 24, 4).unwrap_or_default() {
            0xffff_ffff => long_size(&extra).unwrap_or(u64::MAX),
            bytes => bytes,
        };
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let name = name.to_ascii_lowercase();
        self.types |= name == b"[content_types].xml";
        self.book |= name.starts_with(b"xl/workbook");
        if name == b"word/document.xml" {
            self.stranger = Some("a document of Word");
        } else if name == b"ppt/presentation.xml" {
            self.stranger = Some("a presentation");
        }
        self.macros |= name.ends_with(b"vbaproject.bin") || name.starts_with(b"xl/macrosheets/");
        Ok(())
    }

    fn judge(self) -> Result<(), Unread> {
        let Parts { count, bytes, types, book, macros, stranger } = self;
        if macros {
            return Err(BadFile::Macros.into());
        }
        if stranger.is_some() || !types || !book {
            return Err(BadFile::NotTaken { what: stranger.unwrap_or("a ZIP and no workbook") }.into());
        }
        if bytes > UNPACKED_BYTES_MAX {
            return Err(too_much(count, bytes).into());
        }
        Ok(())
    }
}

fn read(from: &mut impl Read, bytes: u64, into: &mut Vec<u8>) -> Result<(), std::io::Error> {
    let read = from.take(bytes).read_to_end(into)?;
    let whole = u64::try_from(read).is_ok_and(|read| read == bytes);
    if whole { Ok(()) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}

/// The size of a part in the long form, which stands first in its extra field.
fn long_size(mut extra: &[u8]) -> Option<u64> {
    loop {
        let (kind, length) = (number(extra, 0, 2)?, usize::try_from(number(extra, 2, 2)?).ok()?);
        if kind == 1 {
            return number(extra, 4, 8);
        }
        extra = extra.get(4 + length..)?;
    }
}
