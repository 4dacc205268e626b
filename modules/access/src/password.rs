//! Passwords: 12 to 256 characters, none of the common ones, no composition rules; kept as
//! argon2id (19 MB of memory, 2 passes) in PHC form, never more than one hash per core at a time.

use crate::text::check_length;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::{Code, Problem};
use std::fmt;
use web::Failure;

/// Characters of a password at least.
pub(crate) const CHARS_MIN: usize = 12;
/// Characters of a password at most.
pub(crate) const CHARS_MAX: usize = 256;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// Passwords that are tried first, in small letters.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that may be used. Shows nothing of itself.
#[derive(Clone)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// A password as it is kept.
#[derive(Clone)]
pub struct PasswordPhc(pub(crate) String);

impl fmt::Debug for PasswordPhc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordPhc(***)")
    }
}

impl Password {
    /// Reads a password for somebody with this login.
    ///
    /// # Errors
    /// `weak_password`, with the rule that it breaks; `limit_exceeded`.
    pub fn parse(text: &str, login: &str) -> Result<Password, Problem> {
        let refuse = |detail: String| Problem::at(Code::WeakPassword, "/password", detail);
        let chars = text.chars().count();
        if chars < CHARS_MIN {
            return Err(refuse(format!(
                "a password has at least {CHARS_MIN} characters; a few plain words are fine"
            )));
        }
        check_length("/password", "a password", text, CHARS_MAX)?;
        let folded = text.to_lowercase();
        if is_common(&folded) || folded.contains(login) && login.len() >= 4 || has_few_characters(text) {
            return Err(refuse(
                "this password is among the first that anybody would try, choose another".into(),
            ));
        }
        Ok(Password(text.to_owned()))
    }

    /// What is kept of it. Takes a good part of a second of a core: never inside of a transaction.
    ///
    /// # Errors
    /// A fault when the system has no random source.
    pub fn hash(&self) -> Result<PasswordPhc, Failure> {
        let hashed = argon2()?.hash_password(self.0.as_bytes());
        hashed.map(|phc| PasswordPhc(phc.to_string())).map_err(|error| fault(&error))
    }
}

/// Whether a text is the password that was kept.
pub fn verify(text: &str, kept: &PasswordPhc) -> bool {
    let Ok(argon2) = argon2() else { return false };
    PasswordHash::new(&kept.0).is_ok_and(|phc| argon2.verify_password(text.as_bytes(), &phc).is_ok())
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| fault(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn fault(error: &dyn fmt::Display) -> Failure {
    Failure::fault(format!("a password cannot be hashed: {error}"))
}

/// The list itself, a listed word twice, or one with digits and signs around it.
fn is_common(folded: &str) -> bool {
    let core = folded.trim_matches(|c: char| !c.is_alphabetic());
    let (half, rest) = folded.split_at_checked(folded.len() / 2).unwrap_or((folded, ""));
    COMMON.lines().any(|word| word == folded || word == core || (half == rest && word == half))
}

/// Fewer than five different characters.
fn has_few_characters(text: &str) -> bool {
    text.chars().collect::<std::collections::BTreeSet<_>>().len() < 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weak_is_refused_with_its_rule() {
        for text in [
            "short",
            "elevenchars",
            "password1234",
            "passwordpassword",
            "aaaaaaaaaaaaaaaa",
            "121212121212",
            "qwertyuiop123!",
            "annabel-is-here",
            "ÜÜÜÜÜÜÜÜÜÜÜ",
        ] {
            let problem = Password::parse(text, "annabel").unwrap_err();
            assert_eq!(problem.code, Code::WeakPassword, "{text}");
            assert!(!problem.detail.contains(text), "the password is not repeated");
        }
    }

    #[test]
    fn length_counts_in_characters_and_is_never_cut() {
        assert!(Password::parse("brüllender öl", "ann").is_ok());
        let long: String = "abcdefgh".chars().cycle().take(CHARS_MAX).collect();
        let past = Password::parse(&format!("{long}a"), "ann").unwrap_err();
        assert_eq!((past.code, past.detail.contains("256")), (Code::LimitExceeded, true), "{}", past.detail);
        let kept = Password::parse(&long, "ann").unwrap().hash().unwrap();
        assert!(verify(&long, &kept));
        assert!(!verify(&long[..CHARS_MAX - 1], &kept));
    }

    #[test]
    fn what_is_kept_names_its_cost() {
        let kept = Password::parse("correct horse battery", "ann").unwrap().hash().unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert!(verify("correct horse battery", &kept));
        assert!(!verify("correct horse batter", &kept));
        assert!(!verify("x", &PasswordPhc("nonsense".into())));
        assert_eq!(format!("{kept:?}"), "PasswordPhc(***)");
    }
}
