//! Bytes in a folder: two letters of the hash, then the whole name. What comes is written under a random
//! name in `quarantine` first, synced, and gets its own name when it is whole and was looked at.
//!
//! Invariant: nothing under its own name is ever written to again.

use super::{BlobName, Hash};
use sha2::{Digest, Sha256};
use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

/// Where files stand until they are known to be good.
const QUARANTINE: &str = "quarantine";

/// A folder of files.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// A file that is being received. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Incoming {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
}

/// A file that was received whole, and has no name of its own yet. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Received {
    file: NamedTempFile,
    /// SHA-256 of its bytes.
    pub(crate) hash: Hash,
    /// How many there are.
    pub(crate) bytes: u64,
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.file.flush()
    }
}

impl Incoming {
    /// Nothing more comes.
    pub(crate) fn finish(self) -> Received {
        let Incoming { file, hash, bytes } = self;
        Received { file, hash: hash.finalize().into(), bytes }
    }
}

impl Received {
    /// Its bytes, from the beginning.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(&self) -> Result<File, Error> {
        self.file.reopen()
    }
}

impl Folder {
    /// The folder at a path, which need not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Folder {
        Folder { root: root.into() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &BlobName) -> PathBuf {
        self.root.join(name.path())
    }

    /// Begins to receive a file.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn receive(&self) -> Result<Incoming, Error> {
        let quarantine = self.root.join(QUARANTINE);
        make(&quarantine)?;
        let file = tempfile::Builder::new().prefix("q-").tempfile_in(quarantine)?;
        Ok(Incoming { file, hash: Sha256::new(), bytes: 0 })
    }

    /// Gives a file its name, durably. One that is there already stays as it is.
    ///
    /// # Errors
    /// When the disk fails, and when other bytes stand under the name, which only damage can bring about.
    pub(crate) fn put(&self, name: &BlobName, received: Received) -> Result<(), Error> {
        let Received { mut file, hash: _, bytes } = received;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        if !folder.is_dir() {
            make(folder)?;
            sync(&self.root)?;
        }
        file.as_file().sync_all()?;
        loop {
            let Err(error) = file.persist_noclobber(&path) else { return sync(folder) };
            if error.error.kind() != ErrorKind::AlreadyExists {
                return Err(error.error);
            }
            match path.metadata().map(|there| there.len()) {
                // whoever put it may not have synced the folder yet
                Ok(there) if there == bytes => return sync(folder),
                Ok(there) => {
                    let path = path.display();
                    let text = format!("`{path}` has {there} bytes and should have {bytes}: it is damaged");
                    return Err(Error::other(text));
                }
                // taken away since
                Err(gone) if gone.kind() == ErrorKind::NotFound => file = error.file,
                Err(error) => return Err(error),
            }
        }
    }

    /// The bytes of a name from a position on, and how many there are altogether.
    ///
    /// # Errors
    /// When they are not there or cannot be read.
    pub(crate) fn open(&self, name: &BlobName, from: u64) -> Result<(File, u64), Error> {
        let mut file = File::open(self.path(name))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from))?;
        Ok((file, length))
    }

    /// Takes the bytes of a name away; that they are gone already is fine.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn remove(&self, name: &BlobName) -> Result<(), Error> {
        match std::fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// How many bytes stand under a name; none when it is not there.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn length(&self, name: &BlobName) -> Result<Option<u64>, Error> {
        match self.path(name).metadata() {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the bytes of a name; their hash.
    ///
    /// # Errors
    /// When they are not there, cannot be read, or cannot be written.
    pub(crate) fn fetch(&self, name: &BlobName, to: &mut (dyn Write + Send)) -> Result<Hash, Error> {
        let (mut file, _) = self.open(name, 0)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0; 256 << 10];
        loop {
            let read = file.read(&mut chunk)?;
            let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            to.write_all(part)?;
        }
        Ok(hash.finalize().into())
    }

    /// Takes away what was left in quarantine for so long that nobody can be at it any more; how many.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn clear_quarantine(&self, now: Duration, age: Duration) -> Result<u64, Error> {
        let entries = match std::fs::read_dir(self.root.join(QUARANTINE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        let mut cleared = 0;
        for entry in entries {
            let entry = entry?;
            // one that has gone meanwhile was taken by whoever had made it
            let Ok(changed) = entry.metadata().and_then(|found| found.modified()) else { continue };
            if since_1970(changed).saturating_add(age) < now {
                match std::fs::remove_file(entry.path()) {
                    Ok(()) => cleared += 1,
                    // another server was at it, or it is nothing of ours: neither keeps the rest
                    Err(error) => {
                        tracing::debug!(file = %entry.path().display(), %error, "stays in quarantine");
                    }
                }
            }
        }
        Ok(cleared)
    }
}

fn since_1970(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Makes a folder that only its owner can look into.
fn make(folder: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder)?.sync_all()
}
