//! The key of a site that stands neither in the database nor in a copy of it. Secrets that have to be read
//! again are sealed under it, and what is kept of a request that held a password is bound to it: whoever
//! has the database without the key has nothing of either.
//!
//! Each sealed secret has a key of its own, made of this one and of 16 random bytes beside it, and is bound
//! to the place where it is kept: taken elsewhere it cannot be opened.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Bytes of a master key.
const KEY_LEN: usize = 32;
/// The form that is written.
const FORM: u8 = 1;
/// Bytes by which a key is known again.
const NAME_LEN: usize = 8;
const SALT_LEN: usize = 16;
const HEAD_LEN: usize = 1 + NAME_LEN + SALT_LEN + NONCE_LEN;

/// Why a secret cannot be sealed or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// The system has no random source.
    #[error("the system has no random source")]
    NoRandom,
    /// It was sealed under another master key.
    #[error("the secret was sealed under another master key than the one that is given")]
    OtherKey,
    /// It was changed, or is not where it was sealed for.
    #[error("the secret was changed, or stands where it was not sealed for")]
    Damaged,
}

/// The master key of a site.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_LEN]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

impl MasterKey {
    /// From its bytes.
    pub const fn new(bytes: [u8; KEY_LEN]) -> MasterKey {
        MasterKey(bytes)
    }

    /// What it is known by beside what it has sealed; nobody learns it from that.
    pub fn name(&self) -> [u8; NAME_LEN] {
        let hash = Sha256::new_with_prefix(b"stockwell master key\0").chain_update(self.0).finalize();
        let mut name = [0; NAME_LEN];
        name.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        name
    }

    /// What stands for some bytes: the same for the same bytes and use, and not to be guessed at without the
    /// key.
    pub fn print(&self, used_for: &str, bytes: &[u8]) -> [u8; 32] {
        let used_for = Sha256::new_with_prefix(b"stockwell print\0").chain_update(used_for).finalize();
        let of_use = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), &used_for);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, of_use.as_ref()), bytes);
        let mut print = [0; 32];
        print.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        print
    }

    /// The key of one secret.
    fn data_key(&self, salt: &[u8]) -> Result<LessSafeKey, SealError> {
        let prk = Salt::new(HKDF_SHA256, salt).extract(&self.0);
        let okm = prk.expand(&[b"stockwell seal"], &AES_256_GCM).map_err(|_| SealError::Damaged)?;
        Ok(LessSafeKey::new(UnboundKey::from(okm)))
    }

    /// Seals a secret for the place where it is kept, such as `access_factor:117`.
    ///
    /// # Errors
    /// [`SealError::NoRandom`].
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let random = SystemRandom::new();
        let (mut salt, mut nonce) = ([0; SALT_LEN], [0; NONCE_LEN]);
        random.fill(&mut salt).map_err(|_| SealError::NoRandom)?;
        random.fill(&mut nonce).map_err(|_| SealError::NoRandom)?;
        let name = self.name();
        let mut sealed = secret.to_vec();
        let about = about(&name, place);
        self.data_key(&salt)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_slice()),
                &mut sealed,
            )
            .map_err(|_| SealError::Damaged)?;
        Ok([&[FORM], name.as_slice(), &salt, &nonce, &sealed].concat())
    }

    /// Opens what was sealed for a place.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, body) = sealed.split_at_checked(HEAD_LEN).ok_or(SealError::Damaged)?;
        let (form, head) = head.split_at(1);
        let (name, head) = head.split_at(NAME_LEN);
        let (salt, nonce) = head.split_at(SALT_LEN);
        if form != [FORM] {
            return Err(SealError::Damaged);
        }
        if name != self.name() {
            return Err(SealError::OtherKey);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Damaged)?;
        let mut body = body.to_vec();
        let about = about(name, place);
        let opened = self.data_key(salt)?.open_in_place(nonce, Aad::from(about.as_slice()), &mut body);
        opened.map(|secret| secret.to_vec()).map_err(|_| SealError::Damaged)
    }
}

/// What a secret is bound to.
fn about(name: &[u8], place: &str) -> Vec<u8> {
    [name, place.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: MasterKey = MasterKey::new([7; KEY_LEN]);

    #[test]
    fn what_was_sealed_opens_at_its_place_alone() {
        let sealed = KEY.seal("table:1", b"secret").unwrap();
        assert_eq!(KEY.open("table:1", &sealed).unwrap(), b"secret");
        assert_ne!(sealed, KEY.seal("table:1", b"secret").unwrap(), "never twice alike");
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(KEY.open("table:2", &sealed), Err(SealError::Damaged));
        let other = MasterKey::new([8; KEY_LEN]);
        assert_eq!(other.open("table:1", &sealed), Err(SealError::OtherKey));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(KEY.open("table:1", &changed).is_err(), "{place}");
            assert!(KEY.open("table:1", &sealed[..place]).is_err(), "{place}");
        }
    }

    #[test]
    fn a_print_is_of_its_bytes_its_use_and_its_key() {
        let print = KEY.print("use", b"bytes");
        assert_eq!(print, KEY.print("use", b"bytes"));
        let other = MasterKey::new([8; KEY_LEN]);
        for differs in [KEY.print("use", b"byte"), KEY.print("usf", b"bytes"), other.print("use", b"bytes")] {
            assert_ne!(print, differs);
        }
    }

    #[test]
    fn a_master_key_shows_nothing() {
        assert_eq!(format!("{KEY:?}"), "MasterKey(***)");
        assert_ne!(KEY.name(), [7; NAME_LEN]);
    }
}
