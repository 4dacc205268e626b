//! What is kept, for who copies or checks it.

use crate::blobs::{BlobError, BlobName, Blobs, Survey, wait};
use crate::store_blobs;
use db::{Conn, Db, DbError};
use domain::hex;
use std::io::{Read, Write};

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

/// The bytes that something refers to, in the order of their hashes, as one who reads sees them.
///
/// # Errors
/// When the database fails.
pub fn referred(conn: &mut Conn<'_>) -> Result<Vec<Kept>, DbError> {
    let mut all = Vec::new();
    let mut after = [0; 32];
    loop {
        let page = store_blobs::kept(conn, &after)?;
        let Some((last, ..)) = page.last() else { return Ok(all) };
        after = last.hash;
        let page = page.into_iter().map(|(name, bytes, referred)| Kept { name, bytes, referred });
        all.extend(page.filter(|kept| kept.referred));
    }
}

impl Kept {
    fn length(&self) -> u64 {
        u64::try_from(self.bytes).unwrap_or_default()
    }

    /// Copies the bytes to another place, held to their hash on the way; whether they were not there already. Bytes
    /// that nothing refers to need not be there at all. Blocking.
    ///
    /// # Errors
    /// When they are missing or damaged, and when they cannot be brought.
    pub fn copy(&self, from: &Blobs, to: &Survey<'_>) -> Result<bool, BlobError> {
        if to.length(&self.name)? == Some(self.length()) {
            return Ok(false);
        }
        let mut incoming = to.blobs.receive()?;
        match from.fetch(&self.name, self.length(), &mut incoming) {
            Err(BlobError::Missing(_)) if !self.referred => return Ok(false),
            done => done?,
        }
        wait(to.blobs.put(self.name, incoming.finish())).map(|()| true)
    }

    /// Writes the bytes, held to their hash: what was written is of no use when they are not what they should be.
    /// Blocking.
    ///
    /// # Errors
    /// When they are missing or damaged, and when they cannot be written.
    pub fn fetch(&self, from: &Blobs, to: &mut (dyn Write + Send)) -> Result<(), BlobError> {
        from.fetch(&self.name, self.length(), to)
    }

    /// Whether as many bytes are there as there should be. Blocking.
    ///
    /// # Errors
    /// When that cannot be seen.
    pub fn is_at(&self, place: &Survey<'_>) -> Result<bool, BlobError> {
        Ok(place.length(&self.name)? == Some(self.length()))
    }

    /// Brings the bytes that somebody reads to a place, held to their hash, and in place of any that are there.
    /// Blocking.
    ///
    /// # Errors
    /// When they are others, and when they cannot be read or brought.
    pub fn bring(&self, from: &mut dyn Read, to: &Blobs) -> Result<(), BlobError> {
        let mut incoming = to.receive()?;
        std::io::copy(from, &mut incoming)?;
        let received = incoming.finish();
        if received.hash != self.name.hash {
            return Err(crate::blobs::not_what_it_says(&self.name));
        }
        to.remove(&self.name)?;
        wait(to.put(self.name, received))
    }

    /// Takes the bytes away from a place; that they are gone already is fine. Blocking.
    ///
    /// # Errors
    /// When they cannot be.
    pub fn remove(&self, from: &Blobs) -> Result<(), BlobError> {
        from.remove(&self.name)
    }

    /// What is wrong with the bytes at a place; none when they are there. `deep` reads them all. Blocking.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn fault(&self, place: &Survey<'_>, deep: bool) -> Result<Option<String>, BlobError> {
        let hash = hex::digits(&self.name.hash);
        match place.length(&self.name)? {
            None => return Ok(Some(format!("the bytes of the file {hash} are missing"))),
            Some(there) if there != self.length() => {
                return Ok(Some(format!("the file {hash} has {there} bytes and should have {}", self.bytes)));
            }
            Some(_) if !deep => return Ok(None),
            Some(_) => {}
        }
        match self.fetch(place.blobs, &mut std::io::sink()) {
            Ok(()) => Ok(None),
            Err(BlobError::Damaged(_)) => {
                Ok(Some(format!("the bytes of the file {hash} are not what they were")))
            }
            Err(BlobError::Missing(_)) => Ok(Some(format!("the bytes of the file {hash} are missing"))),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::Folder;
    use crate::testing::{on_both_engines, world};
    use db::Engine;

    on_both_engines!(what_is_kept_is_copied_once_and_checked);

    fn what_is_kept_is_copied_once_and_checked(engine: Engine) {
        let world = world(engine);
        let from = world.files.blobs();
        let other = tempfile::tempdir().unwrap();
        let folder = Folder::new(other.path());
        let to = Blobs::in_folder(folder.clone());
        let to = to.survey().unwrap();
        world.attach("a.txt", b"attached").unwrap();
        let removed = world.attach("b.txt", b"attached and removed").unwrap();
        world.remove(&removed);
        let (mut new, _never_put) = world.ready("c.txt", b"only wanted");
        world.want(&mut new).unwrap();
        let all = kept(&world.db).unwrap();
        let count = |copied: bool| all.iter().filter(|one| one.copy(from, &to).unwrap() == copied).count();
        assert_eq!((all.len(), all.iter().filter(|one| one.referred).count()), (3, 1));
        assert_eq!(world.read(referred), [*all.iter().find(|one| one.referred).unwrap()]);
        assert_eq!(count(true), 2, "what was removed a moment ago is moved too");
        assert_eq!(count(false), 3);
        let one = all.iter().find(|one| one.referred).unwrap();
        assert_eq!(one.fault(&to, true).unwrap(), None);
        let path = folder.root().join(one.name.path());
        std::fs::write(&path, b"attAched").unwrap();
        assert_eq!(one.fault(&to, false).unwrap(), None);
        assert!(one.fault(&to, true).unwrap().unwrap().ends_with("are not what they were"));
        std::fs::write(&path, b"attach").unwrap();
        assert!(one.fault(&to, false).unwrap().unwrap().ends_with("has 6 bytes and should have 8"));
        std::fs::remove_file(&path).unwrap();
        assert!(one.fault(&to, false).unwrap().unwrap().ends_with("are missing"));
        // brought by somebody who reads it elsewhere, and only what it is
        assert!(matches!(one.bring(&mut &b"attAched"[..], to.blobs), Err(BlobError::Damaged(_))));
        one.bring(&mut &b"attached"[..], to.blobs).unwrap();
        assert_eq!(one.fault(&to, true).unwrap(), None);
        assert_eq!((one.is_at(&to).unwrap(), one.fault(&to, true).unwrap()), (true, None));
        one.remove(to.blobs).unwrap();
        one.remove(from).unwrap();
        let lacking = one.copy(from, &to).unwrap_err();
        assert!(lacking.to_string().contains("the bytes of the file"), "{lacking}");
    }
}
