//! What a browser carries while somebody signs in elsewhere, or while a passkey is asked: sealed under the
//! master key, good for one purpose and for ten minutes. The server keeps nothing of it, so that a stranger who
//! begins a thousand sign-ins leaves nothing behind.
//!
//! Invariant: what has led to something is noted until it would have been too old, and counts no second time.

use crate::store_tickets;
use crate::token;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Tx;
use domain::{Code, Instant, PrincipalId, Problem};
use serde::{Deserialize, Serialize};
use web::{Failure, MasterKey};

/// How long a ticket is good: 10 minutes.
pub(crate) const GOOD_SECONDS: i64 = 10 * 60;
/// Characters of a ticket at most.
const TEXT_MAX: usize = 2_048;
/// Letters and digits of a random text: more than 256 bits.
const RANDOM_LEN: usize = 43;

/// What a ticket is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// To sign in by an identity provider.
    Identity,
    /// To link an identity to an account.
    Link,
    /// To add a passkey to an account.
    NewPasskey,
    /// To sign in by a passkey alone.
    Passkey,
    /// To give a passkey where a code is asked for.
    Factor,
}

/// A ticket.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    purpose: Purpose,
    /// Whose it is, where somebody is known.
    of: Option<i64>,
    until: i64,
    /// What must come back, as it is.
    pub(crate) challenge: String,
    /// What only the server of the other side may see, and what must stand in its answer.
    pub(crate) verifier: String,
    pub(crate) nonce: String,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// A random text.
pub(crate) fn random() -> Result<String, Failure> {
    token::base62(RANDOM_LEN).map_err(|error| Failure::fault(format!("no random source: {error}")))
}

fn past() -> Problem {
    let detail = "this was begun more than ten minutes ago, in another browser, or used before: begin again";
    Problem::new(Code::SignInExpired, detail)
}

impl Ticket {
    /// A fresh one.
    pub(crate) fn new(purpose: Purpose, of: Option<PrincipalId>, now: Instant) -> Result<Ticket, Failure> {
        Ok(Ticket {
            purpose,
            of: of.map(PrincipalId::get),
            until: now.plus_seconds(GOOD_SECONDS).0,
            challenge: random()?,
            verifier: random()?,
            nonce: random()?,
        })
    }

    /// As a text that only this server can read.
    pub(crate) fn seal(&self, key: &MasterKey) -> Result<String, Failure> {
        let sealed = key.seal("ticket", &serde_json::to_vec(self)?);
        let sealed = sealed.map_err(|error| Failure::fault(format!("a ticket: {error}")))?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads one.
    ///
    /// # Errors
    /// `sign_in_expired` for one that is not there, is too old, was made for something or somebody else, or was changed.
    pub(crate) fn open(
        key: &MasterKey,
        text: Option<&str>,
        (purpose, of): (Purpose, Option<PrincipalId>),
        now: Instant,
    ) -> Result<Ticket, Problem> {
        let text = text.filter(|text| text.len() <= TEXT_MAX).ok_or_else(past)?;
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| past())?;
        let opened = key.open("ticket", &sealed).map_err(|_| past())?;
        let ticket: Ticket = serde_json::from_slice(&opened).map_err(|_| past())?;
        let holds =
            ticket.purpose == purpose && ticket.of == of.map(PrincipalId::get) && now.0 < ticket.until;
        if holds { Ok(ticket) } else { Err(past()) }
    }

    /// Uses it up, in the transaction of what it has led to.
    ///
    /// # Errors
    /// `sign_in_expired` when it was used before.
    pub(crate) fn spend(&self, tx: &mut Tx<'_>, now: Instant) -> Result<(), Failure> {
        store_tickets::forget(tx, now)?;
        if store_tickets::spend(tx, &token::hash(&self.challenge), Instant(self.until))? {
            return Ok(());
        }
        Err(past().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000_000_000_000);
    const KEY: MasterKey = MasterKey::new([7; 32]);

    #[test]
    fn a_ticket_is_for_one_purpose_one_person_and_ten_minutes() {
        let ann = PrincipalId(101);
        let ticket = Ticket::new(Purpose::Link, Some(ann), NOW).unwrap();
        let text = ticket.seal(&KEY).unwrap();
        let open = |text: &str, purpose, of, now| Ticket::open(&KEY, Some(text), (purpose, of), now).ok();
        let last = NOW.plus_seconds(GOOD_SECONDS).plus_micros(-1);
        assert_eq!(open(&text, Purpose::Link, Some(ann), last), Some(ticket.clone()));
        assert_eq!(open(&text, Purpose::Link, Some(ann), last.plus_micros(1)), None);
        assert_eq!(open(&text, Purpose::Identity, Some(ann), NOW), None);
        assert_eq!(open(&text, Purpose::Link, Some(PrincipalId(102)), NOW), None);
        assert_eq!(open(&text, Purpose::Link, None, NOW), None);
        let other = MasterKey::new([8; 32]);
        assert!(Ticket::open(&other, Some(&text), (Purpose::Link, Some(ann)), NOW).is_err());
        for text in [None, Some(""), Some("x"), Some("!"), Some(&text[1..]), Some("A".repeat(3_000).as_str())]
        {
            let refused = Ticket::open(&KEY, text, (Purpose::Link, Some(ann)), NOW).unwrap_err();
            assert_eq!(refused.code, Code::SignInExpired);
        }
        assert!(!text.contains(&ticket.challenge) && !format!("{ticket:?}").contains(&ticket.verifier));
    }
}
