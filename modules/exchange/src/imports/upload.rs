//! The body of a request into a file, looked at, and packed into parts for the database.

use super::store::{self, Kind};
use super::{Look, SeenColumn, ending};
use crate::table::{Line, ReadAs, Table};
use db::Conn;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use tokio::sync::mpsc;
use web::{Failure, Upload};

/// The largest file that is sent to be imported. The command line takes larger ones.
pub const BYTES_MAX: u64 = 64 << 20;
/// The bytes of files that one sender may have waiting.
pub const KEPT_BYTES_MAX: i64 = 256 << 20;
/// Bytes of a part before it is packed.
const PART_BYTES: usize = 1 << 20;
/// Pieces of a body that wait for the disk.
const PIECES_WAITING: usize = 8;
/// Rows whose cells are shown as examples.
const SAMPLES: usize = 3;
/// Characters of an example.
const SAMPLE_CHARS: usize = 80;

/// A file that has come.
#[derive(Debug)]
pub(super) struct Come {
    pub(super) file: File,
    pub(super) digest: [u8; 32],
    pub(super) bytes: u64,
}

/// Writes the body into a file without a name while it comes.
pub(super) async fn receive<Q>(upload: &mut Upload<Q>) -> Result<Come, Failure> {
    let (pieces, mut coming) = mpsc::channel::<bytes::Bytes>(PIECES_WAITING);
    let first = upload.next(BYTES_MAX).await?;
    let writer = tokio::task::spawn_blocking(move || -> io::Result<Come> {
        let (mut file, mut hash, mut bytes) = (tempfile::tempfile()?, Sha256::new(), 0_u64);
        while let Some(piece) = coming.blocking_recv() {
            file.write_all(&piece)?;
            hash.update(&piece);
            bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        }
        file.seek(SeekFrom::Start(0))?;
        Ok(Come { file, digest: hash.finalize().into(), bytes })
    });
    let mut next = first;
    while let Some(piece) = next {
        // a writer that has ended says why below
        if pieces.send(piece).await.is_err() {
            break;
        }
        next = upload.next(BYTES_MAX).await?;
    }
    drop(pieces);
    let come = writer.await.map_err(|error| Failure::fault(error.to_string()))?;
    come.map_err(|error| Failure::fault(format!("a file that was sent cannot be kept: {error}")))
}

/// A file that was looked at.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) look: Look,
    pub(super) digest: [u8; 32],
    pub(super) bytes: i64,
    /// Its bytes, packed.
    pub(super) parts: Arc<Vec<Vec<u8>>>,
}

/// Looks at a file.
///
/// # Errors
/// As [`Table::of`] and [`Table::rows`], of its first rows.
pub(super) fn look(come: Come, read_as: ReadAs) -> Result<Seen, Failure> {
    let Come { file, digest, bytes } = come;
    let mut whole = file.try_clone().map_err(unkept)?;
    let (windows_1252, sheet) = (read_as.windows_1252, read_as.sheet.clone());
    let table = Table::of(file, read_as)?;
    let samples = first_rows(&table)?;
    let cells = |at: usize| {
        let of =
            |line: &Line| line.cells.get(at).map(|cell| cell.shown().chars().take(SAMPLE_CHARS).collect());
        samples.iter().filter_map(of).collect()
    };
    let columns = table.columns.iter().enumerate();
    let look = Look {
        format: ending(table.format).to_owned(),
        locale: table.locale().name.to_owned(),
        separator: table.separator().map(char::from),
        windows_1252,
        sheet,
        columns: columns.map(|(at, title)| SeenColumn { title: title.clone(), samples: cells(at) }).collect(),
    };
    whole.seek(SeekFrom::Start(0)).map_err(unkept)?;
    // a file of no bytes is none to the store; as a list, a blank line is the same
    let (blank, bytes): (&[u8], u64) = if bytes == 0 { (b"\n", 1) } else { (b"", bytes) };
    let parts = Arc::new(pack(&mut blank.chain(&mut whole)).map_err(unkept)?);
    let bytes =
        i64::try_from(bytes).map_err(|_| Failure::fault("a file has more bytes than a number holds"))?;
    Ok(Seen { look, digest, bytes, parts })
}

/// The first rows of a table. One with none is a list with no rows, as an export of an empty list is.
fn first_rows(table: &Table) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::with_capacity(SAMPLES);
    let read = table.rows(&mut |line| {
        lines.push(line);
        if lines.len() < SAMPLES { Ok(()) } else { Err(Failure::fault("enough was read")) }
    });
    if lines.len() < SAMPLES {
        read?;
    }
    Ok(lines)
}

/// Packs bytes into parts.
pub(super) fn pack(from: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    loop {
        let mut part = Vec::new();
        from.by_ref().take(u64::try_from(PART_BYTES).unwrap_or(u64::MAX)).read_to_end(&mut part)?;
        if part.is_empty() {
            return Ok(parts);
        }
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&part)?;
        parts.push(packed.finish()?);
    }
}

/// A part as it was before it was packed.
pub(super) fn unpack(part: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    DeflateDecoder::new(part).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file out of the database, in a file without a name, with its length; none when it is not there.
pub(super) fn take_out(conn: &mut Conn<'_>, import: i64, kind: Kind) -> Result<Option<(File, u64)>, Failure> {
    let mut file = tempfile::tempfile().map_err(unkept)?;
    let mut position = 0;
    while let Some(part) = store::part(conn, import, kind, position)? {
        file.write_all(&unpack(&part).map_err(unkept)?).map_err(unkept)?;
        position += 1;
    }
    if position == 0 {
        return Ok(None);
    }
    let bytes = file.stream_position().map_err(unkept)?;
    file.seek(SeekFrom::Start(0)).map_err(unkept)?;
    Ok(Some((file, bytes)))
}

#[expect(clippy::needless_pass_by_value, reason = "made to follow `map_err`")]
pub(super) fn unkept(error: io::Error) -> Failure {
    Failure::fault(format!("the file of an import cannot be kept or read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;

    #[test]
    fn a_list_with_no_rows_is_a_list() {
        let seen = |bytes: &[u8], jsonl: bool| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            let come = Come { file, digest: [0; 32], bytes: u64::try_from(bytes.len()).unwrap() };
            look(come, ReadAs { jsonl, ..ReadAs::default() })
        };
        let titles = seen(b"sku,name\r\n", false).unwrap();
        assert_eq!((titles.look.columns.len(), titles.bytes), (2, 10));
        // of JSON lines there are no titles; it is kept so that it is read the same again
        let empty = seen(b"", true).unwrap();
        assert_eq!((empty.look.format.as_str(), empty.look.columns.len(), empty.bytes), ("jsonl", 0, 1));
        let kept = unpack(&empty.parts[0]).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&kept).unwrap();
        let table = Table::of(file, empty.look.read_as()).unwrap();
        table.rows(&mut |_| Err(Failure::fault("there is no row"))).unwrap();
        let refused = seen(b"", false).unwrap_err();
        assert_eq!(refused.problem().code, Code::MalformedFile, "whatever else it would be");
    }

    #[test]
    fn bytes_come_out_of_parts_as_they_went_in() {
        for length in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES] {
            let bytes: Vec<u8> = (0..=255).cycle().take(length).collect();
            let parts = pack(&mut bytes.as_slice()).unwrap();
            assert_eq!(parts.len(), length.div_ceil(PART_BYTES));
            let back: Vec<u8> = parts.iter().flat_map(|part| unpack(part).unwrap()).collect();
            assert!(back == bytes, "{length}");
        }
    }
}
