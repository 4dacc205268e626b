//! Passwords: 12 to 256 characters, none that is soon guessed, no composition rules; kept as
//! argon2id (19 MB of memory, 2 passes) in PHC form, never more than one hash per core at a time.

use crate::text::check_length;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::{Code, Problem};
use std::fmt;
use web::Failure;
use zxcvbn::zxcvbn;

/// Characters of a password at least.
pub(crate) const CHARS_MIN: usize = 12;
/// Characters of a password at most.
pub(crate) const CHARS_MAX: usize = 256;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;

/// How many guesses somebody needs at least who knows how people make passwords: common ones, words, names, dates and
/// rows of keys, with their usual variations.
const GUESSES_MIN: u64 = 100_000_000;

/// The shortest name that a password may not hold, in characters.
const NAME_CHARS_MIN: usize = 4;

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
    /// Reads a password of somebody of whom others know this: the login, and what the organisation is called.
    ///
    /// # Errors
    /// `weak_password`, with the rule that it breaks; `limit_exceeded`.
    pub fn parse(text: &str, known: &[&str]) -> Result<Password, Problem> {
        let refuse = |detail: String| Problem::at(Code::WeakPassword, "/password", detail);
        let chars = text.chars().count();
        if chars < CHARS_MIN {
            return Err(refuse(format!(
                "a password has at least {CHARS_MIN} characters; a few plain words are fine"
            )));
        }
        check_length("/password", "a password", text, CHARS_MAX)?;
        let names = names(known);
        let folded = text.to_lowercase();
        if names.iter().any(|name| folded.contains(name.as_str())) {
            return Err(refuse(
                "a password holds neither the login nor a word of the organisation's name, choose another"
                    .into(),
            ));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if zxcvbn(text, &names).guesses() < GUESSES_MIN {
            return Err(refuse(
                "this password is among those that anybody would try soon; three or four words that have nothing to \
                 do with each other are better"
                    .into(),
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

/// The product and what is known of somebody, whole and word by word, in small letters.
fn names(known: &[&str]) -> Vec<String> {
    let words = known.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
    let all = known.iter().copied().chain(words).chain(["stockwell"]);
    all.filter(|name| name.chars().count() >= NAME_CHARS_MIN).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weak_is_refused_with_its_rule() {
        let weak = [
            ("short", "at least 12 characters"),
            ("elevenchars", "at least 12 characters"),
            ("ÜÜÜÜÜÜÜÜÜÜÜ", "at least 12 characters"),
            ("annabel-is-here", "neither the login"),
            ("I love ANNABEL 7", "neither the login"),
            ("hinges-for-me-2026", "neither the login"),
            ("my stockwell key", "neither the login"),
            ("password1234", "try soon"),
            ("P@ssw0rd1234", "try soon"),
            ("passwordpassword", "try soon"),
            ("aaaaaaaaaaaaaaaa", "try soon"),
            ("121212121212", "try soon"),
            ("qwertyuiop123!", "try soon"),
            ("abcdefghijklmnop", "try soon"),
            ("iloveyou14021990", "try soon"),
            ("letmeinletmein", "try soon"),
            ("123456789012", "try soon"),
        ];
        for (text, why) in weak {
            let problem = Password::parse(text, &["annabel", "Hinges & Co"]).unwrap_err();
            assert_eq!(
                (problem.code, problem.detail.contains(why)),
                (Code::WeakPassword, true),
                "{text}: {problem:?}"
            );
            assert!(!problem.detail.contains(text), "the password is not repeated");
        }
    }

    #[test]
    fn a_few_words_that_have_nothing_to_do_with_each_other_are_fine() {
        // `Co` and `ann` are too short to be kept out of words
        for text in ["correct horse battery", "ocean plannet coal", "brüllender öl", "7Gq!x0-vb#Zp"] {
            assert!(Password::parse(text, &["ann", "Hinges & Co"]).is_ok(), "{text}");
        }
    }

    #[test]
    fn length_counts_in_characters_and_is_never_cut() {
        assert!(Password::parse("brüllender öl", &["ann"]).is_ok());
        let long: String = (0..)
            .flat_map(|number: u32| format!("{}-", number * number * 7_919).into_bytes())
            .map(char::from)
            .take(CHARS_MAX)
            .collect();
        let past = Password::parse(&format!("{long}a"), &["ann"]).unwrap_err();
        assert_eq!((past.code, past.detail.contains("256")), (Code::LimitExceeded, true), "{}", past.detail);
        let kept = Password::parse(&long, &["ann"]).unwrap().hash().unwrap();
        assert!(verify(&long, &kept));
        assert!(!verify(&long[..CHARS_MAX - 1], &kept));
    }

    #[test]
    fn what_is_kept_names_its_cost() {
        let kept = Password::parse("correct horse battery", &["ann"]).unwrap().hash().unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert!(verify("correct horse battery", &kept));
        assert!(!verify("correct horse batter", &kept));
        assert!(!verify("x", &PasswordPhc("nonsense".into())));
        assert_eq!(format!("{kept:?}"), "PasswordPhc(***)");
    }
}
