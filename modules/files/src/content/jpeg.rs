//! Whether a JPEG is whole. The library that draws it fills what is missing with grey; here the marks are
//! followed to the end of the picture. What stands behind that is lost when it is drawn anew.

use crate::bad::{Unread, damaged};
use domain::Media;
use std::io::{BufReader, Read, Seek, SeekFrom};

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

pub(super) fn check(file: &mut (impl Read + Seek)) -> Result<(), Unread> {
    file.seek(SeekFrom::Start(2))?;
    match walk(&mut BufReader::new(file)) {
        Ok(true) => Ok(()),
        Ok(false) => damaged(Media::Jpeg, "a mark is not where one has to stand"),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            damaged(Media::Jpeg, "it ends before the picture does")
        }
        Err(error) => Err(error.into()),
    }
}

/// Follows the marks; whether the end of the image was reached by them.
fn walk(bytes: &mut (impl Read + Seek)) -> Result<bool, std::io::Error> {
    let mut mark = next_mark(bytes)?;
    loop {
        match mark {
            None => return Ok(false),
            Some(END_OF_IMAGE) => return Ok(true),
            // marks without a length
            Some(0x01 | 0xd0..=0xd8) => mark = next_mark(bytes)?,
            Some(kind) => {
                let mut length = [0; 2];
                bytes.read_exact(&mut length)?;
                let length = u16::from_be_bytes(length);
                if length < 2 {
                    return Ok(false);
                }
                std::io::copy(&mut bytes.by_ref().take(u64::from(length - 2)), &mut std::io::sink())?;
                mark = if kind == START_OF_SCAN { after_scan(bytes)? } else { next_mark(bytes)? };
            }
        }
    }
}

fn byte(bytes: &mut impl Read) -> Result<u8, std::io::Error> {
    let mut one = [0];
    bytes.read_exact(&mut one)?;
    Ok(one[0])
}

/// The mark that stands here; none when something else does.
fn next_mark(bytes: &mut impl Read) -> Result<Option<u8>, std::io::Error> {
    if byte(bytes)? != 0xff {
        return Ok(None);
    }
    loop {
        match byte(bytes)? {
            0xff => {}
            0 => return Ok(None),
            kind => return Ok(Some(kind)),
        }
    }
}

/// The first mark behind the pixels of a scan.
fn after_scan(bytes: &mut impl Read) -> Result<Option<u8>, std::io::Error> {
    let mut before = 0;
    loop {
        let now = byte(bytes)?;
        if before == 0xff && !matches!(now, 0 | 0xff | 0xd0..=0xd7) {
            return Ok(Some(now));
        }
        before = now;
    }
}
