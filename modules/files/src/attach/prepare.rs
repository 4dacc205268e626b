//! What becomes of a file that was received: it is looked at, and an image drawn anew in all its sizes.
//! Everything lies in quarantine until it is put. Blocking, and for one image at a time.

use crate::bad::Unread;
use crate::blobs::{Blobs, Hash, Received};
use crate::content::{Claims, recognise};
use crate::picture::{Picture, THUMBNAIL_SIDES};
use domain::{FileKind, Media};
use std::io::{BufReader, BufWriter, Error, Write};

/// Bytes as they are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) media: Media,
    pub(crate) hash: Hash,
    pub(crate) bytes: i64,
    pub(crate) width: Option<i64>,
    pub(crate) height: Option<i64>,
}

/// A file that is ready to be attached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prepared {
    /// The hash of what was sent.
    pub(crate) sent: Hash,
    /// What is handed out.
    pub(crate) main: Part,
    /// The same, smaller.
    pub(crate) thumbnails: Vec<(u32, Part)>,
}

impl Prepared {
    /// The bytes of it, each hash once, in the order in which they are held.
    pub(crate) fn blobs(&self) -> Vec<(Hash, i64)> {
        let parts = std::iter::once(&self.main).chain(self.thumbnails.iter().map(|(_, part)| part));
        let mut blobs: Vec<(Hash, i64)> = parts.map(|part| (part.hash, part.bytes)).collect();
        blobs.sort_unstable();
        blobs.dedup();
        blobs
    }

    /// How many they are together.
    pub(crate) fn bytes_kept(&self) -> i64 {
        self.blobs().iter().map(|(_, bytes)| *bytes).sum()
    }
}

/// What kind of file was received, by its content.
pub(crate) fn look(received: &Received, claims: Claims) -> Result<Media, Unread> {
    recognise(&mut received.open()?, claims)
}

/// Makes a received file ready, with what is to be put: for each hash its bytes.
pub(crate) fn prepare(
    blobs: &Blobs,
    received: Received,
    media: Media,
) -> Result<(Prepared, Vec<Received>), Unread> {
    let sent = received.hash;
    if media.kind() == FileKind::Document {
        let main = part(media, &received, None);
        return Ok((Prepared { sent, main, thumbnails: Vec::new() }, vec![received]));
    }
    let picture = Picture::read(BufReader::new(received.open()?), media)?;
    drop(received);
    let drawn = draw(blobs, &picture)?;
    let main = part(picture.media(), &drawn, Some(&picture));
    let mut puts = vec![drawn];
    let mut thumbnails = Vec::new();
    for side in THUMBNAIL_SIDES {
        let small = picture.thumbnail(side);
        let drawn = draw(blobs, &small)?;
        thumbnails.push((side, part(small.media(), &drawn, Some(&small))));
        puts.push(drawn);
    }
    puts.sort_unstable_by_key(|received| received.hash);
    puts.dedup_by_key(|received| received.hash);
    Ok((Prepared { sent, main, thumbnails }, puts))
}

fn draw(blobs: &Blobs, picture: &Picture) -> Result<Received, Error> {
    let mut to = BufWriter::with_capacity(256 << 10, blobs.receive()?);
    picture.write(&mut to)?;
    to.flush()?;
    Ok(to.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish())
}

fn part(media: Media, received: &Received, picture: Option<&Picture>) -> Part {
    Part {
        media,
        hash: received.hash,
        bytes: i64::try_from(received.bytes).unwrap_or(i64::MAX),
        width: picture.map(|picture| picture.width().into()),
        height: picture.map(|picture| picture.height().into()),
    }
}
