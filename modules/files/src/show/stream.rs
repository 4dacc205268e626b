//! Bytes on their way out, piece by piece: each is read when the caller has taken the one before, so that
//! one who is slow holds a piece and no thread.

use bytes::Bytes;
use futures_util::Stream;
use std::fs::File;
use std::io::{Error, ErrorKind, Read};

/// Bytes of a piece.
const PIECE_BYTES: u64 = 256 << 10;

/// So many bytes of an open file.
pub(crate) fn stream(file: File, bytes: u64) -> impl Stream<Item = Result<Bytes, Error>> {
    futures_util::stream::unfold(Some((file, bytes)), |rest| async move {
        let (file, left) = rest.filter(|(_, left)| *left > 0)?;
        let read = tokio::task::spawn_blocking(move || piece(file, left)).await.map_err(Error::other);
        match read.and_then(|read| read) {
            Ok((piece, rest)) => Some((Ok(piece), Some(rest))),
            // who has taken some of it learns by the connection that there is no more
            Err(error) => Some((Err(error), None)),
        }
    })
}

fn piece(mut file: File, left: u64) -> Result<(Bytes, (File, u64)), Error> {
    let mut bytes = Vec::new();
    file.by_ref().take(left.min(PIECE_BYTES)).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let left = left - u64::try_from(bytes.len()).unwrap_or(left);
    Ok((bytes.into(), (file, left)))
}
