//! The text of an API key: `swk_<8 public>_<43 secret>_<6 check>`, all base 62.
//!
//! The prefix and the check let a scanner find leaked keys and let the door refuse a mistyped one
//! without asking the store. Only the SHA-256 of the whole text is kept: the secret has 256 bits.

use sha2::{Digest, Sha256};
use std::fmt;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_LEN: usize = 8;
const SECRET_LEN: usize = 43;
const CHECK_LEN: usize = 6;

/// A fresh key, shown once.
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// When the system has no random source.
    pub fn new() -> Result<Token, getrandom::Error> {
        let body = format!("swk_{}_{}", base62(PUBLIC_LEN)?, base62(SECRET_LEN)?);
        let check = check(&body);
        Ok(Token(format!("{body}_{check}")))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The part that may be shown.
    pub fn public_id(&self) -> &str {
        public_id(&self.0).unwrap_or_default()
    }
}

/// What is stored of a secret text.
pub(crate) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// The public part of a well-formed key.
pub(crate) fn public_id(text: &str) -> Option<&str> {
    let (body, given) = text.rsplit_once('_')?;
    let (public, secret) = body.strip_prefix("swk_")?.split_once('_')?;
    let plain = |part: &str, len| part.len() == len && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let formed = plain(public, PUBLIC_LEN) && plain(secret, SECRET_LEN) && plain(given, CHECK_LEN);
    (formed && check(body) == given).then_some(public)
}

/// Random letters and digits, each equally likely.
///
/// # Errors
/// When the system has no random source.
pub fn base62(len: usize) -> Result<String, getrandom::Error> {
    let mut text = String::with_capacity(len);
    let mut bytes = [0; 64];
    while text.len() < len {
        getrandom::fill(&mut bytes)?;
        // 248 is the largest multiple of 62 that a byte holds
        let digits = bytes.iter().filter(|byte| **byte < 248).map(|byte| digit(u32::from(*byte)));
        text.extend(digits.take(len - text.len()));
    }
    Ok(text)
}

fn check(body: &str) -> String {
    let [a, b, c, d, ..] = hash(body);
    let mut rest = u32::from_be_bytes([a, b, c, d]);
    (0..CHECK_LEN)
        .map(|_| {
            let character = digit(rest);
            rest /= 62;
            character
        })
        .collect()
}

fn digit(number: u32) -> char {
    let place = usize::try_from(number % 62).unwrap_or_default();
    ALPHABET.get(place).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_key_has_the_form_and_never_comes_twice() {
        let (one, two) = (Token::new().unwrap(), Token::new().unwrap());
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), 4 + 8 + 1 + 43 + 1 + 6);
        assert_eq!(public_id(one.reveal()), Some(one.public_id()));
        assert_eq!(format!("{one:?}"), "Token(***)");
    }

    #[test]
    fn a_mistyped_key_is_no_key() {
        let key = Token::new().unwrap().reveal().to_owned();
        for place in [4, 20, key.len() - 1] {
            let mut typed = key.clone().into_bytes();
            typed[place] = if typed[place] == b'x' { b'y' } else { b'x' };
            assert_eq!(public_id(&String::from_utf8(typed).unwrap()), None, "{place}");
        }
        for text in ["", "swk_", "swk_a_b_c", &key[1..], &format!("{key} ")] {
            assert_eq!(public_id(text), None, "{text}");
        }
    }
}
