//! Where the bytes of files are: in a folder, or in a bucket of an S3-compatible store. They are named by their
//! hash: what is there under a name is right, whole and never changes. What is being received waits in a folder
//! either way. Not here: which of them are wanted, which the database knows.

mod bucket;
mod folder;
mod pieces;
#[cfg(test)]
mod tests;

pub use bucket::{BadBucket, Bucket, BucketSettings};
pub use folder::Folder;
pub(crate) use folder::{Incoming, Received};
pub(crate) use pieces::{Pieces, checked};

use domain::hex;
use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;
use thiserror::Error;

/// The hash of the bytes of a file.
pub(crate) type Hash = [u8; 32];

/// The name of bytes. The generation tells bytes that came again from those that were being taken away
/// under the same hash meanwhile, so that nobody takes away the wrong ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BlobName {
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// A number that no other bytes ever had.
    pub generation: i64,
}

impl BlobName {
    /// Where it lies below a root: two letters of the hash, then the whole name.
    pub(crate) fn path(&self) -> String {
        let name = self.to_string();
        format!("{}/{name}", name.get(..2).unwrap_or_default())
    }

    /// The name that lies at such a path; none of what is nothing of ours.
    pub(crate) fn at_path(path: &str) -> Option<BlobName> {
        let (_, name) = path.split_once('/')?;
        let (hash, generation) = name.split_once('.')?;
        let name = BlobName { hash: hex::read(hash)?, generation: generation.parse().ok()? };
        (name.path() == path).then_some(name)
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", hex::digits(&self.hash), self.generation)
    }
}

/// Why bytes were not brought, taken or found.
#[derive(Debug, Error)]
pub enum BlobError {
    /// Nothing is there.
    #[error("the bytes of the file {digits} are missing", digits = hex::digits(&.0.hash))]
    Missing(BlobName),
    /// Other bytes are there than the name says.
    #[error("{0}")]
    Damaged(String),
    /// The store does not answer, or not as it should.
    #[error("{0}")]
    Away(String),
    /// A disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Which bytes of how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extent {
    /// The position of the first.
    pub(crate) first: u64,
    /// How many from there on, at least one.
    pub(crate) bytes: u64,
    /// How many there are altogether.
    pub(crate) of: u64,
}

impl Extent {
    fn is_whole(self) -> bool {
        self.bytes == self.of
    }
}

/// Where bytes are kept.
#[derive(Clone, Debug)]
pub struct Blobs {
    /// Where they wait, and where they are unless there is a bucket.
    folder: Folder,
    bucket: Option<Bucket>,
}

impl Blobs {
    /// In a folder.
    pub fn in_folder(folder: Folder) -> Blobs {
        Blobs { folder, bucket: None }
    }

    /// In a bucket; what is being received waits in the folder.
    pub fn in_bucket(bucket: Bucket, folder: Folder) -> Blobs {
        Blobs { folder, bucket: Some(bucket) }
    }

    /// The folder, unless they are in a bucket.
    pub fn folder(&self) -> Option<&Folder> {
        self.bucket.is_none().then_some(&self.folder)
    }

    /// Begins to receive a file.
    pub(crate) fn receive(&self) -> Result<Incoming, io::Error> {
        self.folder.receive()
    }

    /// Gives a file its name, durably. One that is there already stays as it is.
    pub(crate) async fn put(&self, name: BlobName, received: Received) -> Result<(), BlobError> {
        if let Some(bucket) = &self.bucket {
            return bucket.put(&name, &received).await;
        }
        let folder = self.folder.clone();
        off_the_thread(move || folder.put(&name, received)).await
    }

    /// Bytes of a name, piece by piece; all of them are held to the name on their way.
    pub(crate) async fn open(&self, name: BlobName, extent: Extent) -> Result<Pieces, BlobError> {
        let pieces = if let Some(bucket) = &self.bucket {
            bucket.open(&name, extent).await?
        } else {
            let folder = self.folder.clone();
            let opened = off_the_thread(move || folder.open(&name, extent.first)).await;
            let (file, there) = opened.map_err(|error| missing(error, &name))?;
            if there != extent.of {
                return Err(other_length(&name, there, extent.of));
            }
            web::file_stream(file, extent.bytes).boxed()
        };
        Ok(if extent.is_whole() { checked(pieces, name) } else { pieces })
    }

    /// Takes the bytes of a name away; that they are gone already is fine. Blocking.
    pub(crate) fn remove(&self, name: &BlobName) -> Result<(), BlobError> {
        match &self.bucket {
            Some(bucket) => wait(bucket.remove(name)),
            None => Ok(self.folder.remove(name)?),
        }
    }

    /// How many bytes stand under a name; none when it is not there. Blocking.
    pub(crate) fn length(&self, name: &BlobName) -> Result<Option<u64>, BlobError> {
        match &self.bucket {
            Some(bucket) => wait(bucket.length(name)),
            None => Ok(self.folder.length(name)?),
        }
    }

    /// Writes the bytes of a name, which are held to it. What was written of others is of no use. Blocking.
    pub(crate) fn fetch(
        &self,
        name: &BlobName,
        bytes: u64,
        to: &mut (dyn Write + Send),
    ) -> Result<(), BlobError> {
        match &self.bucket {
            Some(bucket) => wait(bucket.fetch(name, bytes, to)),
            None => match self.folder.fetch(name, to).map_err(|error| missing(error, name))? {
                hash if hash == name.hash => Ok(()),
                _ => Err(not_what_it_says(name)),
            },
        }
    }

    /// What is there, for whoever asks for many. Blocking.
    ///
    /// # Errors
    /// [`BlobError::Away`] when a bucket does not answer.
    pub fn survey(&self) -> Result<Survey<'_>, BlobError> {
        let listed = self.bucket.as_ref().map(|bucket| wait(bucket.list())).transpose()?;
        Ok(Survey { blobs: self, listed })
    }

    /// Whether bytes can be brought here, read and taken away; `probe` is a name that nothing else has. Blocking.
    ///
    /// # Errors
    /// When they cannot.
    pub fn probe(&self, probe: &str) -> Result<(), BlobError> {
        drop(self.receive()?);
        self.bucket.as_ref().map_or(Ok(()), |bucket| wait(bucket.probe(probe)))
    }

    /// Takes away what was left waiting for so long that nobody can be at it any more; how many.
    pub(crate) fn clear_quarantine(&self, now: Duration, age: Duration) -> Result<u64, io::Error> {
        self.folder.clear_quarantine(now, age)
    }
}

impl fmt::Display for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.bucket {
            Some(bucket) => bucket.fmt(f),
            None => write!(f, "{}", self.folder.root().display()),
        }
    }
}

/// What is there under which name.
#[derive(Debug)]
pub struct Survey<'a> {
    pub(crate) blobs: &'a Blobs,
    /// Of a bucket, which takes a request for a thousand names.
    listed: Option<HashMap<BlobName, u64>>,
}

impl Survey<'_> {
    /// How many bytes stand under a name; none when it is not there.
    pub(crate) fn length(&self, name: &BlobName) -> Result<Option<u64>, BlobError> {
        match &self.listed {
            Some(listed) => Ok(listed.get(name).copied()),
            None => self.blobs.length(name),
        }
    }
}

fn missing(error: impl Into<BlobError>, name: &BlobName) -> BlobError {
    match error.into() {
        BlobError::Io(error) if error.kind() == ErrorKind::NotFound => BlobError::Missing(*name),
        other => other,
    }
}

fn other_length(name: &BlobName, there: u64, expected: u64) -> BlobError {
    BlobError::Damaged(format!("`{name}` has {there} bytes and should have {expected}: it is damaged"))
}

/// Bytes under a name that are not what it says.
pub(crate) fn not_what_it_says(name: &BlobName) -> BlobError {
    BlobError::Damaged(format!("`{name}` is damaged: its bytes are not what its name says"))
}

async fn off_the_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, io::Error> + Send + 'static,
) -> Result<T, BlobError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??)
}

/// Waits for what is asked of a bucket, on a thread that may wait.
pub(crate) fn wait<T>(work: impl Future<Output = Result<T, BlobError>>) -> Result<T, BlobError> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.block_on(work),
        // a command, or a thread of its own
        Err(_) => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work),
    }
}
