//! Sealed files: nobody reads them without the key, and nobody changes, shortens or mixes them unnoticed.
//!
//! The construction is that of age's payload: a key for this file alone is derived (HKDF-SHA256) from the kept key and
//! 32 random bytes that stand in the file; then come parts of 65,536 bytes, each under ChaCha20-Poly1305 with its number as
//! the nonce, the last of them marked. Every part vouches for the head of the file too.

use crate::exit::Stop;
use crate::key_file;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use sha2::{Digest as _, Sha256};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::Path;

/// What a sealed file begins with.
pub(super) const MAGIC: &[u8; 8] = b"SWSEALD1";
/// How much goes together.
const PART: usize = 64 * 1024;
const TAG: usize = 16;
/// The magic, the name of the key, and the random bytes.
const HEAD: usize = 8 + 8 + 32;

/// What seals and opens. Never shown.
#[derive(Clone)]
pub(crate) struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    /// Reads the file of a key.
    ///
    /// # Errors
    /// When it is not there, when others than its owner can read it, and when it holds something else.
    pub(crate) fn read(file: &Path) -> std::result::Result<Key, Stop> {
        key_file::read("the key of backups", file).map(Key)
    }

    /// Makes a key in a new file that only its owner reads.
    ///
    /// # Errors
    /// When the file is there already, or cannot be written.
    pub(crate) fn make(file: &Path) -> std::result::Result<Key, Stop> {
        key_file::make(file).map(Key)
    }

    /// By what a file names the key that it was sealed with; it tells nothing of the key.
    pub(crate) fn name(&self) -> [u8; 8] {
        let hash = Sha256::new_with_prefix(b"stockwell.backup.key.1").chain_update(self.0).finalize();
        let mut name = [0; 8];
        name.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        name
    }

    /// Under what name the piece of a file with this hash lies. Without the key nobody can tell whether a file that
    /// they know is there.
    pub(super) fn name_of_piece(&self, hash: &[u8; 32]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, &[b"stockwell.backup.piece.1".as_slice(), hash].concat());
        let mut name = [0; 32];
        name.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        name
    }

    /// The key of one file.
    fn of_file(&self, salt: &[u8]) -> Result<LessSafeKey> {
        let pseudo_random = Salt::new(HKDF_SHA256, salt).extract(&self.0);
        let expanded = pseudo_random.expand(&[b"stockwell.backup.1"], &CHACHA20_POLY1305);
        let expanded = expanded.map_err(|_| Error::other("no key can be derived"))?;
        Ok(LessSafeKey::new(UnboundKey::from(expanded)))
    }
}

/// How long a sealed file is that holds so many bytes.
pub(super) fn length(bytes: u64) -> u64 {
    let of = |bytes: usize| u64::try_from(bytes).unwrap_or_default();
    of(HEAD) + bytes + bytes.div_ceil(of(PART)).max(1) * of(TAG)
}

fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes.iter_mut().skip(3).zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    if let Some(last) = bytes.last_mut() {
        *last = u8::from(is_last);
    }
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. What was not finished cannot be opened.
pub(super) struct Sealer<W: Write> {
    inner: W,
    key: LessSafeKey,
    head: [u8; HEAD],
    number: u64,
    part: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut inner: W, key: &Key) -> Result<Sealer<W>> {
        let mut head = [0; HEAD];
        let (names, salt) = head.split_at_mut(16);
        let begin = MAGIC.iter().copied().chain(key.name());
        names.iter_mut().zip(begin).for_each(|(to, from)| *to = from);
        getrandom::fill(salt).map_err(Error::other)?;
        let of_file = key.of_file(salt)?;
        inner.write_all(&head)?;
        Ok(Sealer { inner, key: of_file, head, number: 0, part: Vec::with_capacity(PART + TAG) })
    }

    fn seal(&mut self, is_last: bool) -> Result<()> {
        let Sealer { inner, key, head, number, part } = self;
        key.seal_in_place_append_tag(nonce(*number, is_last), Aad::from(&head[..]), part)
            .map_err(|_| Error::other("a part cannot be sealed"))?;
        inner.write_all(part)?;
        part.clear();
        *number += 1;
        Ok(())
    }

    /// Seals the last part.
    pub(super) fn finish(mut self) -> Result<W> {
        self.seal(true)?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // the last part is sealed by its end: it is kept until there is more
        if self.part.len() == PART {
            self.seal(false)?;
        }
        let room = PART.saturating_sub(self.part.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.part.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }
}

/// Opens what was sealed. It gives nothing out of a part that does not hold.
pub(super) struct Opener<R: Read> {
    inner: R,
    key: LessSafeKey,
    head: [u8; HEAD],
    number: u64,
    /// The sealed part that comes next; empty behind the last.
    next: Vec<u8>,
    open: Vec<u8>,
    given: usize,
}

impl<R: Read> Opener<R> {
    /// Begins behind the magic, which whoever looks at the file has read.
    pub(super) fn new(mut inner: R, key: Option<&Key>) -> std::result::Result<Opener<R>, Stop> {
        let mut head = [0; HEAD];
        let (magic, rest) = head.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        inner.read_exact(rest).map_err(|error| Stop::CannotRun(format!("it is cut off: {error}")))?;
        let (name, salt) = rest.split_at(8);
        let named = domain::hex::digits(name);
        let Some(key) = key else {
            return Err(Stop::CannotRun(format!(
                "it is sealed with the key {named}: name its file by `backup.key_file` in the settings or by `STOCKWELL_BACKUP_KEY_FILE`"
            )));
        };
        if key.name() != name {
            let ours = domain::hex::digits(&key.name());
            return Err(Stop::CannotRun(format!(
                "it is sealed with the key {named}, and the one given is {ours}"
            )));
        }
        let of_file = key.of_file(salt)?;
        let mut opener =
            Opener { inner, key: of_file, head, number: 0, next: Vec::new(), open: Vec::new(), given: 0 };
        opener.next = opener.sealed()?;
        Ok(opener)
    }

    /// The next sealed part, whole or as much as there is.
    fn sealed(&mut self) -> Result<Vec<u8>> {
        let mut part = Vec::with_capacity(PART + TAG);
        let most = u64::try_from(PART + TAG).unwrap_or(u64::MAX);
        self.inner.by_ref().take(most).read_to_end(&mut part)?;
        Ok(part)
    }

    fn open_next(&mut self) -> Result<()> {
        let behind = self.sealed()?;
        let mut part = std::mem::replace(&mut self.next, behind);
        let Opener { key, head, number, next, open, given, .. } = self;
        let opened = key.open_in_place(nonce(*number, next.is_empty()), Aad::from(&head[..]), &mut part);
        let length = opened.map_err(|_| damaged())?.len();
        part.truncate(length);
        (*open, *given) = (part, 0);
        *number += 1;
        Ok(())
    }
}

fn damaged() -> Error {
    Error::new(ErrorKind::InvalidData, "it was changed or cut off since it was sealed")
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        while self.given == self.open.len() {
            if self.next.is_empty() {
                // a file without its last part gives nothing at all
                return if self.number == 0 { Err(damaged()) } else { Ok(0) };
            }
            self.open_next()?;
        }
        let mut rest = self.open.get(self.given..).unwrap_or_default();
        let count = rest.read(to)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key([byte; 32])
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &key(1)).unwrap();
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(sealed: &[u8], key: Option<&Key>) -> std::result::Result<Vec<u8>, String> {
        let mut opener = Opener::new(&sealed[MAGIC.len()..], key).map_err(|stop| stop.to_string())?;
        let mut plain = Vec::new();
        opener.read_to_end(&mut plain).map_err(|error| error.to_string())?;
        Ok(plain)
    }

    #[test]
    fn what_was_sealed_opens_whatever_its_length() {
        for length in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 3 * PART + 7] {
            let plain: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let sealed = sealed(&plain);
            assert_eq!(opened(&sealed, Some(&key(1))).unwrap(), plain, "{length}");
            let whole = super::length(u64::try_from(length).unwrap());
            assert_eq!(usize::try_from(whole).unwrap(), sealed.len());
            assert!(length < 16 || !sealed.windows(16).any(|part| part == &plain[..16]), "{length}");
        }
    }

    #[test]
    fn no_two_files_are_alike() {
        assert_ne!(sealed(b"the same"), sealed(b"the same"));
    }

    #[test]
    fn whatever_is_changed_cut_off_or_mixed_is_refused() {
        let plain = vec![7; 3 * PART + 100];
        let whole = sealed(&plain);
        let refused = |bytes: &[u8], what: &str| {
            let said = opened(bytes, Some(&key(1))).unwrap_err();
            assert!(
                said.contains("changed or cut off") || said.contains("sealed with the key"),
                "{what}: {said}"
            );
        };
        for at in [8, 16, 47, 48, HEAD + PART, whole.len() - 1] {
            let mut other = whole.clone();
            other[at] ^= 1;
            refused(&other, &format!("byte {at}"));
        }
        let part = PART + TAG;
        for length in [HEAD, HEAD + 1, HEAD + part, HEAD + 2 * part, HEAD + 3 * part, whole.len() - 1] {
            refused(&whole[..length], &format!("{length} bytes"));
        }
        let mut swapped = whole.clone();
        let (one, two) = (&whole[HEAD..HEAD + part], &whole[HEAD + part..HEAD + 2 * part]);
        swapped[HEAD..HEAD + 2 * part].copy_from_slice(&[two, one].concat());
        refused(&swapped, "two parts that changed places");
        refused(&[&whole[..], &[0]].concat(), "more behind the end");
        refused(&[&whole[..HEAD], &sealed(&plain)[HEAD..]].concat(), "the head of another file");
    }

    #[test]
    fn without_its_key_it_stays_closed() {
        let sealed = sealed(b"secret");
        let name = domain::hex::digits(&key(1).name());
        for (other, why) in [(None, "`STOCKWELL_BACKUP_KEY_FILE`"), (Some(key(2)), "and the one given is")] {
            let said = opened(&sealed, other.as_ref()).unwrap_err();
            assert!(said.contains(&name) && said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_key_is_kept_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.key");
        let made = Key::make(&file).unwrap();
        assert_eq!(Key::read(&file).unwrap().name(), made.name());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Key::make(&file).is_err(), "never over another one");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Key::read(&file).unwrap_err().to_string().contains("others can read it (mode 640)"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, "too short").unwrap();
        assert!(Key::read(&file).unwrap_err().to_string().contains("64 hexadecimal digits"));
        assert_eq!(format!("{made:?}"), "Key(***)");
    }
}
