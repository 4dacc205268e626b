//! A PDF begins with its mark and ends with another: one that was cut off is refused, and so is one that
//! drags something else behind it.

use crate::bad::{Unread, damaged};
use domain::Media;
use std::io::{Read, Seek, SeekFrom};

/// How near to the end the last mark stands, in bytes.
const TAIL_BYTES: u64 = 1024;

pub(super) fn check(file: &mut (impl Read + Seek), length: u64) -> Result<(), Unread> {
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    if tail.windows(5).any(|bytes| bytes == b"%%EOF") {
        return Ok(());
    }
    damaged(
        Media::Pdf,
        "the mark of its end is not in its last 1024 bytes: it was cut off, or something follows",
    )
}
