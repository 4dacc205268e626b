//! Bytes on their way out, piece by piece: each is read when the caller has taken the one before, so that
//! one who is slow holds a piece and no thread.

use crate::failure::Failure;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use std::fs::File;
use std::io::{Error, ErrorKind, Read};

/// Bytes of a piece.
const PIECE_BYTES: u64 = 256 << 10;

/// So many bytes of an open file, from where it stands.
pub fn file_stream(file: File, bytes: u64) -> impl Stream<Item = Result<Bytes, Error>> {
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

/// An open file as something to be saved: its length, its type, and the name that it gets, which is of ASCII
/// without quotes.
///
/// # Errors
/// When the type or the name cannot stand in a header, which is a fault of ours.
pub fn file_response(file: File, bytes: u64, (media, name): (&str, &str)) -> Result<Response, Failure> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Failure::fault(error.to_string()));
    let mut response = Response::new(Body::from_stream(file_stream(file, bytes)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, value(media)?);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    headers.insert(header::CONTENT_DISPOSITION, value(&format!("attachment; filename=\"{name}\""))?);
    Ok(response)
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
