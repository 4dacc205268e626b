//! Bytes on their way to somebody, piece by piece.

use super::{BlobName, not_what_it_says};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use sha2::{Digest as _, Sha256};
use std::io::{Error, ErrorKind};

/// The bytes of a file, in order.
pub(crate) type Pieces = BoxStream<'static, Result<Bytes, Error>>;

/// All bytes of a name, held to it: the last piece goes out only when all of them are what it says, so that nobody
/// takes others for a whole file.
pub(crate) fn checked(pieces: Pieces, name: BlobName) -> Pieces {
    let begun = Some((pieces, Sha256::new(), None::<Bytes>));
    let held = stream::unfold(begun, move |state| async move {
        let (mut pieces, mut hash, mut held) = state?;
        while let Some(piece) = pieces.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => return Some((Err(error), None)),
            };
            hash.update(&piece);
            if let Some(before) = held.replace(piece) {
                return Some((Ok(before), Some((pieces, hash, held))));
            }
        }
        if <[u8; 32]>::from(hash.finalize()) != name.hash {
            let damaged = not_what_it_says(&name);
            tracing::error!(%damaged, "a file was not handed out");
            return Some((Err(Error::new(ErrorKind::InvalidData, damaged.to_string())), None));
        }
        held.map(|last| (Ok(last), None))
    });
    held.boxed()
}
