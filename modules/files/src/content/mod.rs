//! What a file is, by its content alone. The name and the `Content-Type` are claims: where they
//! are not true the file is refused, because somebody took it for something else.
//!
//! Not here: the pixels of an image, which [`crate::picture`] draws anew. Memory is bounded whatever the
//! size of the file; only an XML document is held as long as its longest piece.

mod jpeg;
mod pdf;
#[cfg(test)]
mod tests;
mod text;
mod workbook;
mod xml;

use crate::bad::{BadFile, Unread};
use crate::claim::{self, Claim};
use domain::Media;
use std::io::{Read, Seek, SeekFrom};

/// Bytes of the beginning that are looked at.
const HEAD_BYTES: usize = 64 << 10;

/// What was said about a file by whoever sent it.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Claims {
    /// By the ending of its name.
    pub(crate) name: Option<Claim>,
    /// By its `Content-Type`.
    pub(crate) content_type: Option<Claim>,
}

impl Claims {
    /// The claims of a name and of a `Content-Type`.
    pub(crate) fn of(name: &str, content_type: Option<&str>) -> Claims {
        Claims { name: Claim::of_name(name), content_type: content_type.and_then(Claim::of_type) }
    }

    fn both(&self) -> impl Iterator<Item = (&'static str, Claim)> {
        let name = self.name.map(|claim| ("its name", claim));
        name.into_iter().chain(self.content_type.map(|claim| ("`Content-Type`", claim)))
    }

    fn names(&self, media: Media) -> bool {
        self.both().any(|(_, claim)| claim == Claim::Taken(media))
    }
}

/// Reads a file as far as it takes to know what it is.
///
/// # Errors
/// What it is refused for, or why it could not be read.
pub(crate) fn recognise(file: &mut (impl Read + Seek), claims: Claims) -> Result<Media, Unread> {
    let length = file.seek(SeekFrom::End(0))?;
    let head = head(file)?;
    if head.is_empty() {
        return Err(BadFile::Empty.into());
    }
    let media = match signed(&head)? {
        Some(media) => {
            match media {
                Media::Jpeg => jpeg::check(file)?,
                Media::Pdf => pdf::check(file, length)?,
                Media::Xlsx => workbook::check(file, length)?,
                _ => {}
            }
            media
        }
        None => text::check(file, &head, claims)?,
    };
    true_claims(media, claims)?;
    Ok(media)
}

/// The first bytes, from the beginning.
fn head(file: &mut (impl Read + Seek)) -> Result<Vec<u8>, Unread> {
    file.rewind()?;
    let mut head = Vec::new();
    file.take(u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX)).read_to_end(&mut head)?;
    Ok(head)
}

/// Beginnings of what is not taken, where they stand, and what it is called.
const STRANGERS: [(usize, &[u8], &str); 16] = [
    (0, b"GIF8", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypavif", "AVIF"),
    (0, b"\xd0\xcf\x11\xe0", "a document of an old office program"),
    (0, b"{\\rtf", "RTF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\x1f\x8b", "packed by gzip"),
    (0, b"7z\xbc\xaf", "packed by 7-Zip"),
    (0, b"Rar!", "packed by RAR"),
    (0, b"\x7fELF", "a program"),
    (0, b"\xff\xfe", "text in UTF-16, to be saved as UTF-8"),
    (0, b"\xfe\xff", "text in UTF-16, to be saved as UTF-8"),
];

/// The type of what begins with a signature; none for what may be text.
fn signed(head: &[u8]) -> Result<Option<Media>, BadFile> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Some(Media::Png));
    }
    if head.starts_with(b"\xff\xd8\xff") {
        return Ok(Some(Media::Jpeg));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Ok(Some(Media::Webp));
    }
    if head.starts_with(b"%PDF-") {
        return Ok(Some(Media::Pdf));
    }
    if head.starts_with(b"PK\x03\x04") {
        return Ok(Some(Media::Xlsx));
    }
    let stranger =
        STRANGERS.iter().find(|(at, bytes, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)));
    match stranger {
        Some((_, _, what)) => Err(BadFile::NotTaken { what }),
        None => Ok(None),
    }
}

/// Refuses the first claim that is not true. Every text may be called plain text.
pub(crate) fn true_claims(media: Media, claims: Claims) -> Result<(), BadFile> {
    for (who, claim) in claims.both() {
        let claimed = match claim {
            Claim::Taken(claimed) if claimed == media => continue,
            Claim::Taken(Media::Txt) if is_text(media) => continue,
            // the name has said which text it is
            Claim::Taken(claimed) if is_text(claimed) && media == Media::Txt && claimed == Media::Csv => {
                continue;
            }
            Claim::Taken(claimed) => claimed.word(),
            claim::SVG => "SVG",
            claim::HTML => "HTML",
            Claim::Refused(what) => what,
        };
        return Err(BadFile::Mismatch { who, claimed, found: media.word() });
    }
    Ok(())
}

/// Whether it is text, which nothing in it tells apart from other text.
fn is_text(media: Media) -> bool {
    matches!(media, Media::Txt | Media::Csv | Media::Xml)
}
