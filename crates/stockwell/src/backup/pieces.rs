//! The bytes of files beside backups: in the folder `backup-files` next to them, each once however many of them name
//! it, and sealed where the backup is.
//!
//! Those of open backups lie in `open` under their hash. Those of sealed ones lie in a folder with the name of the key, under
//! a name that only the key gives: without it nobody learns even whether a file that they know is among them.
//!
//! Invariants: a piece has its name only when it was read again and is what it should be; nothing is taken away that a
//! backup beside it may need.

use super::Key;
use super::seal::{self, MAGIC, Opener, Sealer};
use crate::commands::private_folder;
use crate::exit::Stop;
use domain::{Instant, hex};
use files::{BlobError, Blobs, Kept};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folder beside backups. Not `files`, which a data folder has.
pub(super) const FOLDER: &str = "backup-files";
/// Where the pieces of backups lie that are not sealed.
pub(super) const OPEN: &str = "open";
/// What a piece is called until it is one.
pub(super) const PART: &str = ".part-";
/// After so long a piece that is there already is read again before another backup counts on it.
const READ_AGAIN: Duration = Duration::from_hours(7 * 24);

/// The pieces beside a backup.
#[derive(Debug)]
pub(crate) struct Pieces {
    root: PathBuf,
    key: Option<Key>,
}

impl Pieces {
    /// Those of a backup that is sealed with this key, or with none.
    pub(crate) fn beside(backup: &Path, key: Option<&Key>) -> Pieces {
        Pieces { root: backup.with_file_name(FOLDER), key: key.cloned() }
    }

    /// Where they are.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the bytes of a hash lie, below the root.
    pub(super) fn place(&self, hash: &[u8; 32]) -> PathBuf {
        let (folder, name) = match &self.key {
            None => (OPEN.to_owned(), hex::digits(hash)),
            Some(key) => (hex::digits(&key.name()), hex::digits(&key.name_of_piece(hash))),
        };
        Path::new(&folder).join(name.get(..2).unwrap_or_default()).join(name)
    }

    /// Holds off whoever would take pieces away, until this is dropped.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn hold(&self) -> Result<File, Stop> {
        private_folder(&self.root)?;
        // a share of a lock is given to readers alone on some network drives
        let mut open = File::options();
        let lock = open.create(true).truncate(false).read(true).write(true).open(self.root.join(".lock"))?;
        lock.lock_shared()?;
        Ok(lock)
    }

    /// Brings a piece beside the backup; whether it was not there yet. One that is there is read again when that was
    /// long ago, and brought anew when it is not what it was.
    ///
    /// # Errors
    /// When its bytes are missing or damaged, or cannot be written.
    pub(crate) fn bring(&self, kept: &Kept, from: &Blobs, now: Instant) -> Result<bool, String> {
        let path = self.root.join(self.place(&kept.name.hash));
        if self.is_there(kept, &path, now).map_err(|error| error.to_string())? {
            return Ok(false);
        }
        self.bring_anew(kept, from, &path).map_err(|stop| stop.sentence().to_owned())?;
        Ok(true)
    }

    fn is_there(&self, kept: &Kept, path: &Path, now: Instant) -> io::Result<bool> {
        let found = match path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            found => found?,
        };
        if found.len() != self.length(kept) {
            return Ok(false);
        }
        let now = UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or_default());
        // the file tells when it was read last; a clock that was ahead tells nothing
        let is_fresh = |read: SystemTime| now.duration_since(read).is_ok_and(|age| age < READ_AGAIN);
        if found.modified().is_ok_and(is_fresh) {
            return Ok(true);
        }
        let is_whole = self.fault_at(kept, path).is_none();
        if is_whole {
            File::options().write(true).open(path)?.set_modified(now)?;
        }
        Ok(is_whole)
    }

    /// How long the file of a piece is.
    fn length(&self, kept: &Kept) -> u64 {
        let bytes = u64::try_from(kept.bytes).unwrap_or_default();
        if self.key.is_some() { seal::length(bytes) } else { bytes }
    }

    fn bring_anew(&self, kept: &Kept, from: &Blobs, path: &Path) -> Result<(), Stop> {
        let folder = path.parent().unwrap_or(&self.root);
        private_folder(folder)?;
        let part = tempfile::Builder::new().prefix(PART).tempfile_in(&self.root)?;
        let fetched = |done: Result<(), BlobError>| done.map_err(Stop::cannot_run);
        let out = BufWriter::with_capacity(256 << 10, part.as_file());
        match &self.key {
            None => {
                let mut out = out;
                fetched(kept.fetch(from, &mut out))?;
                out.flush()?;
            }
            Some(key) => {
                let mut sealer = Sealer::new(out, key)?;
                fetched(kept.fetch(from, &mut sealer))?;
                sealer.finish()?.flush()?;
            }
        }
        part.as_file().sync_all()?;
        // before it has its name
        if let Some(fault) = self.fault_at(kept, part.path()) {
            return Err(Stop::CannotRun(format!("what was written of it is not what was read: {fault}")));
        }
        part.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// The bytes of a piece, opened. Whoever reads them holds them to their hash.
    ///
    /// # Errors
    /// In words, when it is missing or cannot be opened.
    pub(crate) fn open(&self, kept: &Kept) -> Result<Box<dyn Read>, String> {
        self.open_at(&self.root.join(self.place(&kept.name.hash)))
    }

    fn open_at(&self, path: &Path) -> Result<Box<dyn Read>, String> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err("is missing".to_owned()),
            Err(error) => return Err(format!("cannot be read: {error}")),
            Ok(file) => BufReader::with_capacity(256 << 10, file),
        };
        let Some(key) = &self.key else { return Ok(Box::new(file)) };
        let mut first = [0; MAGIC.len()];
        match file.read_exact(&mut first) {
            Ok(()) if first == *MAGIC => {}
            _ => return Err("is damaged".to_owned()),
        }
        let opener = Opener::new(file, Some(key)).map_err(|_| "is damaged".to_owned())?;
        Ok(Box::new(opener))
    }

    /// What is wrong with a piece, which is read to its end; none when it is what it should be.
    pub(crate) fn fault(&self, kept: &Kept) -> Option<String> {
        let path = self.root.join(self.place(&kept.name.hash));
        let fault = self.fault_at(kept, &path)?;
        Some(format!("the file {} (`{}`) {fault}", hex::digits(&kept.name.hash), path.display()))
    }

    fn fault_at(&self, kept: &Kept, path: &Path) -> Option<String> {
        let mut from = match self.open_at(path) {
            Ok(from) => from,
            Err(fault) => return Some(fault),
        };
        let mut hash = Sha256::new();
        let mut chunk = vec![0; 256 << 10];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => hash.update(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::InvalidData => return Some("is damaged".to_owned()),
                Err(error) => return Some(format!("cannot be read: {error}")),
            }
        }
        (<[u8; 32]>::from(hash.finalize()) != kept.name.hash).then(|| "is damaged".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use files::{BlobName, Folder};
    use std::io::Cursor;

    const NOW: Instant = Instant(1_795_000_000_000_000);

    fn kept(text: &[u8]) -> Kept {
        let name = BlobName { hash: Sha256::digest(text).into(), generation: 4 };
        Kept { name, bytes: i64::try_from(text.len()).unwrap(), referred: true }
    }

    /// Pieces beside a backup, and where files are; the file of a piece.
    fn place(key: Option<&Key>) -> (tempfile::TempDir, Pieces, Blobs) {
        let folder = tempfile::tempdir().unwrap();
        let pieces = Pieces::beside(&folder.path().join("a.backup"), key);
        let blobs = Blobs::in_folder(Folder::new(folder.path().join("files")));
        drop(pieces.hold().unwrap());
        (folder, pieces, blobs)
    }

    fn keys() -> [Option<Key>; 2] {
        let folder = tempfile::tempdir().unwrap();
        [None, Some(Key::make(&folder.path().join("key")).unwrap())]
    }

    #[test]
    fn a_piece_is_brought_once_and_opened_as_it_was() {
        for key in keys() {
            for length in [1, 1_000, 65_535, 65_536, 65_537, 200_000] {
                let (_folder, pieces, blobs) = place(key.as_ref());
                let text = b"the text of a file; ".repeat(10_001)[..length].to_vec();
                let one = kept(&text);
                one.bring(&mut Cursor::new(&text), &blobs).unwrap();
                assert_eq!(
                    (pieces.bring(&one, &blobs, NOW), pieces.bring(&one, &blobs, NOW)),
                    (Ok(true), Ok(false))
                );
                let path = pieces.root.join(pieces.place(&one.name.hash));
                let bytes = std::fs::read(&path).unwrap();
                assert_eq!(u64::try_from(bytes.len()).unwrap(), pieces.length(&one));
                let begins = &text[..text.len().min(16)];
                let shows = bytes.windows(begins.len()).any(|part| part == begins);
                assert!(length < 16 || shows == key.is_none());
                assert_eq!(path.ends_with(hex::digits(&one.name.hash)), key.is_none());
                let mut read = Vec::new();
                pieces.open(&one).unwrap().read_to_end(&mut read).unwrap();
                assert!(read == text && pieces.fault(&one).is_none());
            }
        }
    }

    #[test]
    fn what_is_missing_or_damaged_is_named_and_brought_anew() {
        for key in keys() {
            let (_folder, pieces, blobs) = place(key.as_ref());
            let text = b"the text of a file; ".repeat(5_000);
            let one = kept(&text);
            one.bring(&mut Cursor::new(&text), &blobs).unwrap();
            assert!(pieces.fault(&one).unwrap().ends_with("is missing"));
            pieces.bring(&one, &blobs, NOW).unwrap();
            let path = pieces.root.join(pieces.place(&one.name.hash));
            let whole = std::fs::read(&path).unwrap();
            for at in [0, 9, 60, whole.len() / 2, whole.len() - 1] {
                let mut bytes = whole.clone();
                bytes[at] ^= 1;
                std::fs::write(&path, &bytes).unwrap();
                let fault = pieces.fault(&one).unwrap();
                assert!(
                    fault.ends_with("is damaged") && fault.contains(&hex::digits(&one.name.hash)),
                    "{fault}"
                );
            }
            // it is as long as it was: that it is damaged is seen a week later, and mended
            let touch = |age: Duration| {
                let at = UNIX_EPOCH + Duration::from_micros(u64::try_from(NOW.0).unwrap()) - age;
                File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
            };
            touch(READ_AGAIN.saturating_sub(Duration::from_secs(1)));
            assert_eq!((pieces.bring(&one, &blobs, NOW), pieces.fault(&one).is_some()), (Ok(false), true));
            touch(READ_AGAIN);
            assert_eq!((pieces.bring(&one, &blobs, NOW), pieces.fault(&one)), (Ok(true), None));
            // one that is whole is only read
            touch(READ_AGAIN);
            assert_eq!(pieces.bring(&one, &blobs, NOW), Ok(false));
            std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
            assert_eq!((pieces.bring(&one, &blobs, NOW), pieces.fault(&one)), (Ok(true), None));
            // what is lost where files are kept is said
            one.remove(&blobs).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert!(pieces.bring(&one, &blobs, NOW).unwrap_err().contains("are missing"));
            let left = std::fs::read_dir(&pieces.root).unwrap().map(|entry| entry.unwrap().file_name());
            assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with(PART)));
        }
    }
}
