//! What is kept, for who copies or checks it.

use crate::blobs::{BlobName, Folder};
use crate::store_blobs;
use db::{Db, DbError};
use domain::hex;
use std::io::{Error, ErrorKind};

/// Bytes that are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Their name.
    pub name: BlobName,
    /// How many there are.
    pub bytes: i64,
    /// Something refers to them. Others are about to be attached, or were until lately.
    pub referred: bool,
}

/// All bytes that are kept, in the order of their hashes.
///
/// # Errors
/// When the database fails.
pub fn kept(db: &Db) -> Result<Vec<Kept>, DbError> {
    let mut all = Vec::new();
    let mut after = [0; 32];
    loop {
        let page = db.read_blocking(|conn| store_blobs::kept(conn, &after))?;
        let Some((last, ..)) = page.last() else { return Ok(all) };
        after = last.hash;
        all.extend(page.into_iter().map(|(name, bytes, referred)| Kept { name, bytes, referred }));
    }
}

impl Kept {
    /// Copies the bytes into another folder, held to their hash on the way; whether they were not there
    /// already. Bytes that nothing refers to need not be there at all.
    ///
    /// # Errors
    /// When they are missing or damaged, and when they cannot be written.
    pub fn copy(&self, from: &Folder, to: &Folder) -> Result<bool, Error> {
        let there = to.length(&self.name)?.and_then(|bytes| i64::try_from(bytes).ok());
        if there == Some(self.bytes) {
            return Ok(false);
        }
        match from.copy(&self.name, to) {
            Err(error) if error.kind() == ErrorKind::NotFound && !self.referred => Ok(false),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let hash = hex::digits(&self.name.hash);
                let text = format!("`{}` lacks the bytes of the file {hash}", from.root().display());
                Err(Error::new(ErrorKind::NotFound, text))
            }
            done => done.map(|()| true),
        }
    }

    /// What is wrong with the bytes in a folder; none when they are there. `deep` reads them all.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn fault(&self, folder: &Folder, deep: bool) -> Result<Option<String>, Error> {
        let hash = hex::digits(&self.name.hash);
        let Some(there) = folder.length(&self.name)? else {
            return Ok(Some(format!("the bytes of the file {hash} are missing")));
        };
        if i64::try_from(there).ok() != Some(self.bytes) {
            return Ok(Some(format!("the file {hash} has {there} bytes and should have {}", self.bytes)));
        }
        if deep && folder.hash(&self.name)? != self.name.hash {
            return Ok(Some(format!("the bytes of the file {hash} are not what they were")));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{on_both_engines, world};
    use db::Engine;

    on_both_engines!(what_is_kept_is_copied_once_and_checked);

    fn what_is_kept_is_copied_once_and_checked(engine: Engine) {
        let world = world(engine);
        let from = world.files.folder();
        let other = tempfile::tempdir().unwrap();
        let to = Folder::new(other.path());
        world.attach("a.txt", b"attached").unwrap();
        let removed = world.attach("b.txt", b"attached and removed").unwrap();
        world.remove(&removed);
        let (mut new, _never_put) = world.ready("c.txt", b"only wanted");
        world.want(&mut new).unwrap();
        let all = kept(&world.db).unwrap();
        let count = |copied: bool| all.iter().filter(|one| one.copy(from, &to).unwrap() == copied).count();
        assert_eq!((all.len(), all.iter().filter(|one| one.referred).count()), (3, 1));
        assert_eq!(count(true), 2, "what was removed a moment ago may be in the copy of the database");
        assert_eq!(count(false), 3);
        let one = all.iter().find(|one| one.referred).unwrap();
        assert_eq!(one.fault(&to, true).unwrap(), None);
        let path = to.root().join(&one.name.to_string()[..2]).join(one.name.to_string());
        std::fs::write(&path, b"attAched").unwrap();
        assert_eq!(one.fault(&to, false).unwrap(), None);
        assert!(one.fault(&to, true).unwrap().unwrap().ends_with("are not what they were"));
        std::fs::write(&path, b"attach").unwrap();
        assert!(one.fault(&to, false).unwrap().unwrap().ends_with("has 6 bytes and should have 8"));
        std::fs::remove_file(&path).unwrap();
        assert!(one.fault(&to, false).unwrap().unwrap().ends_with("are missing"));
        from.remove(&one.name).unwrap();
        let lacking = one.copy(from, &to).unwrap_err();
        assert!(lacking.to_string().contains("lacks the bytes of the file"), "{lacking}");
    }
}
