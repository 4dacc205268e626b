//! What somebody types as a code: the six digits of an authenticator, or a recovery code. Both come as they
//! are shown, with blanks and dashes or without.

use super::totp::{self, DIGITS};
use crate::token;
use std::fmt;
use web::Failure;

/// Recovery codes that somebody has at once.
pub(crate) const CODES: usize = 10;
/// Random bytes of a recovery code: 80 bits.
const CODE_LEN: usize = 10;
/// Letters of a recovery code: five bits each.
const LETTERS: usize = 16;
/// Letters between two dashes.
const GROUP: usize = 4;

/// A code as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Of an authenticator.
    Digits(String),
    /// To recover by: what is kept of it.
    Recovery([u8; 32]),
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(***)")
    }
}

impl Typed {
    /// Reads what was typed; `None` for what can be no code.
    pub(crate) fn read(text: &str) -> Option<Typed> {
        let plain: String = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
            .map(|letter| letter.to_ascii_uppercase())
            // nobody can type more by mistake
            .take(LETTERS + 1)
            .collect();
        if plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Typed::Digits(plain));
        }
        let is_letter = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
        let formed = plain.len() == LETTERS && plain.bytes().all(is_letter);
        formed.then(|| Typed::Recovery(token::hash(&plain)))
    }
}

/// Fresh recovery codes, to be shown once.
#[derive(Clone)]
pub(crate) struct RecoveryCodes(Vec<String>);

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(***)")
    }
}

impl RecoveryCodes {
    /// Ten.
    pub(crate) fn new() -> Result<RecoveryCodes, Failure> {
        let mut codes = Vec::with_capacity(CODES);
        for _ in 0..CODES {
            let letters = totp::base32(&random::<CODE_LEN>()?);
            let groups: Vec<String> = letters
                .as_bytes()
                .chunks(GROUP)
                .map(|group| String::from_utf8_lossy(group).into_owned())
                .collect();
            codes.push(groups.join("-"));
        }
        Ok(RecoveryCodes(codes))
    }

    /// As they are shown.
    pub(crate) fn reveal(&self) -> &[String] {
        &self.0
    }

    /// What is kept of them.
    pub(crate) fn hashes(&self) -> Vec<[u8; 32]> {
        self.0.iter().map(|code| token::hash(&code.replace('-', ""))).collect()
    }
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::fault(format!("no random source: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_shown() {
        let digits = Some(Typed::Digits("012345".to_owned()));
        for text in ["012345", " 012 345 ", "012-345", "0 1 2 3 4 5"] {
            assert_eq!(Typed::read(text), digits, "{text}");
        }
        let codes = RecoveryCodes::new().unwrap();
        for (code, hash) in codes.reveal().iter().zip(codes.hashes()) {
            assert_eq!(code.len(), 19, "{code}");
            for text in [code.clone(), code.to_lowercase(), code.replace('-', " "), code.replace('-', "")] {
                assert_eq!(Typed::read(&text), Some(Typed::Recovery(hash)), "{text}");
            }
        }
        let long = "A".repeat(100_000);
        for wrong in [
            "",
            "12345",
            "1234567",
            "O12345",
            "０１２３４５",
            "AAAA-BBBB-CCCC-DDD",
            "AAAA-BBBB-CCCC-DDD1",
            &long,
        ] {
            assert_eq!(Typed::read(wrong), None, "{}", wrong.len());
        }
    }

    #[test]
    fn ten_codes_differ_and_show_nothing_of_themselves() {
        let codes = RecoveryCodes::new().unwrap();
        let different: std::collections::BTreeSet<_> = codes.reveal().iter().collect();
        assert_eq!(different.len(), CODES);
        assert_eq!(format!("{codes:?} {:?}", Typed::read("012345")), "RecoveryCodes(***) Some(Typed(***))");
    }
}
