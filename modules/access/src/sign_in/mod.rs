//! Signing in with a password, and changing one's own. Whether a login or a password was wrong, and
//! whether there is such an account at all, no answer tells, nor the time that it takes.

pub(crate) mod api;
mod throttle;

use crate::Access;
use crate::password::{self, PasswordPhc};
use crate::store_sessions::{self, Account};
use crate::{sessions, users};
use db::Conn;
use domain::{Code, Instant, Problem};
use std::net::IpAddr;
use throttle::{Throttle, Whose};
use web::{Failure, Strangers};

/// Tries a minute from an address for accounts that were not signed in to from there.
const TRIES_PER_MINUTE: u32 = 10;

/// Compared with when there is no account, at the same cost, and kept of whoever has no password. It is the hash
/// of none.
pub(crate) const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What holds guessers back.
#[derive(Debug)]
pub(crate) struct Tries {
    throttle: Throttle,
    /// The same for codes of second factors: who knows the password has all of these tries before them.
    codes: Throttle,
    addresses: Strangers,
}

impl Tries {
    pub(crate) fn new() -> Tries {
        let addresses = Strangers::per_minute(TRIES_PER_MINUTE);
        Tries { throttle: Throttle::default(), codes: Throttle::default(), addresses }
    }

    /// Counts a code of a login from a network before it is looked at.
    pub(crate) fn take_code(
        &self,
        (login, network): (&str, Option<String>),
        (is_familiar, address): (bool, Option<IpAddr>),
        now: Instant,
    ) -> Result<Whose, Failure> {
        let whose = if let Some(network) = network.filter(|_| is_familiar) {
            Whose::Familiar(login.to_owned(), network)
        } else {
            self.addresses.take_from(address, now).map_err(later)?;
            Whose::Unfamiliar(login.to_owned())
        };
        self.codes.take(&whose, now).map_err(later)?;
        Ok(whose)
    }

    /// It was right: neither it nor the password before it was a guess, and those before are forgotten.
    pub(crate) fn code_was_right(&self, whose: &Whose, address: Option<IpAddr>) {
        if matches!(whose, Whose::Unfamiliar(_)) {
            self.was_no_guess(address);
            self.was_no_guess(address);
        }
        self.codes.forget(whose);
    }

    /// Somebody has signed in to the end from where they never had: many people at one address are no
    /// guessers. Who has a password alone, and gives it again and again, comes no nearer to that.
    pub(crate) fn was_no_guess(&self, address: Option<IpAddr>) {
        self.addresses.give_back(address);
    }

    /// Counts what a stranger tries that names no account.
    pub(crate) fn take_stranger(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Failure> {
        self.addresses.take_from(address, now).map_err(later)
    }

    /// Counts a code of somebody who has signed in.
    pub(crate) fn take_own_code(&self, login: &str, now: Instant) -> Result<(), Failure> {
        self.codes.take(&Whose::Own(login.to_owned()), now).map_err(later)
    }

    /// It was right.
    pub(crate) fn own_code_was_right(&self, login: &str) {
        self.codes.forget(&Whose::Own(login.to_owned()));
    }

    fn take(&self, whose: &Whose, now: Instant) -> Result<(), Failure> {
        self.throttle.take(whose, now).map_err(later)
    }
}

fn later(seconds: i64) -> Failure {
    let detail = format!("too many wrong tries, come again in {seconds} seconds");
    Failure::Later(Box::new(Problem::new(Code::Throttled, detail)), seconds)
}

/// The one answer to whoever does not sign in; `why` is for the audit log.
fn refused(why: String) -> Failure {
    let detail = "nobody signs in by this login and password";
    Failure::masked(Problem::new(Code::SignInRefused, detail), why)
}

/// Who wants to sign in.
#[derive(Clone, Debug)]
struct Wanted {
    /// As it is kept; what cannot be a login is nobody's.
    login: Option<String>,
    network: Option<String>,
}

/// The open account that is wanted.
fn find(conn: &mut Conn<'_>, wanted: &Wanted, now: Instant) -> Result<Option<Account>, Failure> {
    let Some(login) = &wanted.login else { return Ok(None) };
    let since = now.plus_seconds(-sessions::KEPT_SECONDS);
    Ok(store_sessions::account(conn, login, wanted.network.as_deref(), since)?)
}

impl Access {
    /// Whether a text is a password, beside the event loop. Without one to compare it takes as long.
    async fn is_password(&self, text: String, kept: Option<PasswordPhc>) -> Result<bool, Failure> {
        let place = self.hashing().acquire().await;
        let verified = tokio::task::spawn_blocking(move || match kept {
            // whoever sends a text that is too long for a password waits as long as the others
            Some(kept) if text.chars().count() <= password::CHARS_MAX => password::verify(&text, &kept),
            _ => {
                std::hint::black_box(password::verify("", &PasswordPhc(NOBODY.to_owned())));
                false
            }
        })
        .await;
        drop(place);
        verified.map_err(|error| Failure::fault(format!("comparing a password was cut off: {error}")))
    }

    /// The account of whoever knows its password.
    async fn recognise(
        &self,
        db: &db::Db,
        (login, password): (&str, String),
        (network, now): (Option<IpAddr>, Instant),
    ) -> Result<(Account, String), Failure> {
        let login = users::login(login).ok();
        let from = network.map(|network| network.to_string());
        let wanted = Wanted { login: login.clone(), network: from.clone() };
        let account = db.read(move |conn| find(conn, &wanted, now)).await?;
        // what cannot be a login is throttled together: nobody has it
        let name = login.clone().unwrap_or_default();
        let familiar = account.as_ref().is_some_and(|account| account.is_familiar);
        let whose = if let Some(from) = from.filter(|_| familiar) {
            Whose::Familiar(name, from)
        } else {
            self.tries().addresses.take_from(network, now).map_err(later)?;
            Whose::Unfamiliar(name)
        };
        self.tries().take(&whose, now)?;
        let kept = account.as_ref().map(|account| account.password.clone());
        if !self.is_password(password, kept).await? {
            let why = match (&account, &login) {
                (Some(_), Some(login)) => format!("a wrong password for `{login}`"),
                // it may be a password in the wrong field
                _ => "a login that nobody has".to_owned(),
            };
            return Err(refused(why));
        }
        self.tries().throttle.forget(&whose);
        let (Some(account), Some(login)) = (account, login) else {
            return Err(refused("a login that nobody has".to_owned()));
        };
        Ok((account, login))
    }

    /// Refuses whoever has signed in and does not know their own password.
    pub(crate) async fn know_again(
        &self,
        login: &str,
        (password, kept): (String, PasswordPhc),
        (pointer, now): (&'static str, Instant),
    ) -> Result<(), Failure> {
        let whose = Whose::Own(login.to_owned());
        self.tries().take(&whose, now)?;
        if !self.is_password(password, Some(kept)).await? {
            return Err(wrong_password(pointer));
        }
        self.tries().throttle.forget(&whose);
        Ok(())
    }
}

pub(crate) fn wrong_password(pointer: &'static str) -> Failure {
    Problem::at(Code::WrongPassword, pointer, "this is not your current password").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let somebody = password::Password::parse("correct horse battery", &["ann"]).unwrap().hash().unwrap();
        let parts = |text: &str| -> Vec<(String, usize)> {
            let parts = text.split('$').map(|part| (part.to_owned(), part.len()));
            parts.collect()
        };
        let (somebody, nobody) = (parts(&somebody.0), parts(NOBODY));
        assert_eq!(somebody[..4], nobody[..4], "the same hash at the same cost");
        let lengths = |parts: &[(String, usize)]| parts.iter().map(|(_, length)| *length).collect::<Vec<_>>();
        assert_eq!(lengths(&somebody), lengths(&nobody));
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODY).is_ok());
        assert!(!password::verify("", &PasswordPhc(NOBODY.to_owned())));
    }
}
