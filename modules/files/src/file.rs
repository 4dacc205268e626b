//! A file of a record as it is kept and shown.

use crate::blobs::Hash;
use domain::{FileId, FileKind, Instant, Media, PrincipalId, RecordKind, hex};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Files of one record at most.
pub const FILES_PER_RECORD_MAX: i64 = 20;
/// Bytes of a file at most, as it is sent.
pub const FILE_BYTES_MAX: u64 = 25 << 20;
/// The last place among the files of a record.
pub(crate) const POSITION_MAX: i64 = 10_000;

/// A record that files are attached to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record<'a> {
    /// What it is.
    pub(crate) kind: RecordKind,
    /// Which one.
    pub(crate) id: i64,
    /// What people call it, for the audit log.
    pub(crate) handle: &'a str,
}

/// A file that is attached to a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct File {
    /// Its number, unique among all files.
    #[schema(value_type = i64)]
    pub id: FileId,
    /// What its record is.
    #[serde(skip)]
    pub record_kind: RecordKind,
    /// Which record it is attached to.
    #[serde(skip)]
    pub record_id: i64,
    /// What it was called when it was sent.
    pub name: String,
    /// What is to be seen in it; may be empty.
    pub caption: String,
    /// How it is shown: `image` or `document`.
    #[schema(value_type = String)]
    pub kind: FileKind,
    /// What it is, by its content.
    #[schema(value_type = String)]
    pub media_type: Media,
    /// Its place among the files of its record; those of one place stand in the order of their numbers.
    pub position: i64,
    /// How many bytes are handed out.
    pub bytes: i64,
    /// SHA-256 of the bytes that are handed out, in hexadecimal digits.
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub(crate) sha256: Hash,
    /// SHA-256 of the bytes that were sent; an image is drawn anew, so what is handed out has another.
    #[serde(serialize_with = "digits")]
    #[schema(value_type = String)]
    pub(crate) sent_sha256: Hash,
    /// Pixels from left to right; null for a document.
    pub width: Option<i64>,
    /// Pixels from top to bottom; null for a document.
    pub height: Option<i64>,
    /// The same image, smaller; none for a document.
    pub thumbnails: Vec<Thumbnail>,
    /// With its thumbnails.
    #[serde(skip)]
    pub bytes_kept: i64,
    /// Whose quota it counts against.
    #[serde(skip)]
    pub added_by: PrincipalId,
    /// When it was attached.
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
}

/// An image, smaller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Thumbnail {
    /// Neither side is longer, in pixels; its name in the address.
    pub side: i64,
    /// What it is.
    #[schema(value_type = String)]
    pub media_type: Media,
    /// Pixels from left to right.
    pub width: i64,
    /// Pixels from top to bottom.
    pub height: i64,
    /// How many bytes it has.
    pub bytes: i64,
    /// Under which its bytes are kept.
    #[serde(skip)]
    pub(crate) hash: Hash,
}

/// The files of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct FilesOf {
    /// In their order; at most 20.
    pub files: Vec<File>,
}

fn digits<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::digits(hash))
}
