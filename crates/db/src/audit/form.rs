//! What the hash of a row covers, and what shows that a row is what it was. Invariant: a row that says what
//! it said when it was written is right, and so is one from which texts were taken by an erasure that the
//! log tells of; no other is.
//!
//! The canonical form is `stockwell.audit.v2` and the fields in the order of [`canonical`], each as a 4-byte
//! big-endian length and its bytes; numbers are 8 bytes, big-endian. In place of the name of the actor, the
//! target and the details stand their salted digests, so that a text can be taken away with its salt. Rows
//! of the first form, `stockwell.audit.v1`, have the name and the target themselves there, and the digest of
//! the details without a salt: from one of those a text can be taken too, but then only the hash that was
//! kept, and what the erasure has written down of the rest, tell of it.

use crate::error::DbError;
use crate::row::Row;
use sha2::{Digest as _, Sha256};

/// Random bytes before a text that is hashed, so that nobody can try what the text was.
pub type Salt = [u8; 16];

/// The texts of a row that may be personal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Actor,
    Target,
    Details,
}

/// The salted digest of a text.
pub(super) fn text_digest(part: Part, salt: &Salt, text: &str) -> [u8; 32] {
    let name: &[u8] = match part {
        Part::Actor => b"actor",
        Part::Target => b"target",
        Part::Details => b"details",
    };
    let mut hasher = Sha256::new();
    for bytes in [b"stockwell.audit.text".as_slice(), name, salt, text.as_bytes()] {
        hasher.update(length(bytes));
        hasher.update(bytes);
    }
    hasher.finalize().into()
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// A row as it is stored, with all that shows whether it is what it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// Its number.
    pub n: i64,
    /// When, in microseconds.
    pub at: i64,
    /// Who.
    pub actor_id: i64,
    /// Who, by name at the time.
    pub actor_name: String,
    /// What.
    pub action: String,
    /// Of what.
    pub target: String,
    /// The request it belonged to.
    pub request_id: [u8; 16],
    /// How it ended.
    pub outcome: String,
    /// More, a JSON text.
    pub details: String,
    /// The digest of the details: with a salt in the second form.
    pub payload_hash: [u8; 32],
    /// The hash of the row before.
    pub prev_hash: [u8; 32],
    /// Its own.
    pub hash: [u8; 32],
    /// 1 or 2.
    pub form: i64,
    /// The digests of the name and of the target, in the second form.
    pub digests: Option<[[u8; 32]; 2]>,
    /// The salts of name, target and details; none in the first form, nor of what was taken away.
    pub salts: [Option<Salt>; 3],
}

/// The columns of a row, as [`Stored::read`] takes them.
macro_rules! stored {
    () => {
        "n, at, actor_id, actor_name, action, target, request_id, outcome, details, payload_hash, prev_hash, hash, \
         form, actor_digest, target_digest, actor_salt, target_salt, details_salt"
    };
}
pub(super) use stored;

impl Stored {
    /// Reads a row of the columns of `ck_audit` in this order: `n`, `at`, `actor_id`, `actor_name`, `action`,
    /// `target`, `request_id`, `outcome`, `details`, `payload_hash`, `prev_hash`, `hash`, `form`, `actor_digest`,
    /// `target_digest`, `actor_salt`, `target_salt`, `details_salt`.
    pub fn read(row: &Row<'_>) -> Result<Stored, DbError> {
        let salt = |column| row.opt_blob(column).map(|bytes| bytes.and_then(|bytes| bytes.try_into().ok()));
        Ok(Stored {
            n: row.int(0)?,
            at: row.int(1)?,
            actor_id: row.int(2)?,
            actor_name: row.text(3)?.to_owned(),
            action: row.text(4)?.to_owned(),
            target: row.text(5)?.to_owned(),
            request_id: row.id16(6)?,
            outcome: row.text(7)?.to_owned(),
            details: row.text(8)?.to_owned(),
            payload_hash: row.hash(9)?,
            prev_hash: row.hash(10)?,
            hash: row.hash(11)?,
            form: row.int(12)?,
            digests: row.opt_hash(13)?.zip(row.opt_hash(14)?).map(<[[u8; 32]; 2]>::from),
            salts: [salt(15)?, salt(16)?, salt(17)?],
        })
    }

    /// Whether the row is what it was: what its hash covers is right, and what it does not cover any more is
    /// what an erasure has left, given the digest that the last one of this row has written down.
    pub fn is_right(&self, remains: Option<&[u8; 32]>) -> bool {
        let left_right = || remains.is_some_and(|remains| *remains == self.remains());
        match (self.form, self.digests) {
            (1, None) if remains.is_none() => {
                let plain: [u8; 32] = Sha256::digest(self.details.as_bytes()).into();
                plain == self.payload_hash && canonical(self, None) == self.hash
            }
            // the texts that its hash covers are gone: what is left of it was written down
            (1, None) => left_right(),
            (2, Some(digests)) => {
                let [actor, target] = digests;
                let texts = [
                    (Part::Actor, &self.actor_name, actor),
                    (Part::Target, &self.target, target),
                    (Part::Details, &self.details, self.payload_hash),
                ];
                let says = texts.iter().zip(&self.salts).all(|((part, text, digest), salt)| {
                    salt.is_none_or(|salt| text_digest(*part, &salt, text) == *digest)
                });
                let is_whole = self.salts.iter().all(Option::is_some);
                says && canonical(self, Some(&digests)) == self.hash && (is_whole || left_right())
            }
            _ => false,
        }
    }

    /// The digest of the row as it is now, which an erasure writes down.
    pub(super) fn remains(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let numbers = [self.n, self.at, self.actor_id, self.form].map(i64::to_be_bytes);
        let texts = [&self.actor_name, &self.action, &self.target, &self.outcome, &self.details];
        hasher.update(b"stockwell.audit.remains.v1");
        for bytes in numbers.iter().map(<[u8; 8]>::as_slice).chain(texts.map(String::as_bytes)).chain([
            self.request_id.as_slice(),
            &self.payload_hash,
            &self.prev_hash,
            &self.hash,
        ]) {
            hasher.update(length(bytes));
            hasher.update(bytes);
        }
        hasher.finalize().into()
    }
}

/// The hash of a row: of its texts themselves in the first form, of the digests of name and target in the second.
pub(super) fn canonical(row: &Stored, digests: Option<&[[u8; 32]; 2]>) -> [u8; 32] {
    let (form, actor, target): (&[u8], &[u8], &[u8]) = match digests {
        None => (b"stockwell.audit.v1", row.actor_name.as_bytes(), row.target.as_bytes()),
        Some([actor, target]) => (b"stockwell.audit.v2", actor, target),
    };
    let mut hasher = Sha256::new();
    hasher.update(form);
    let mut field = |bytes: &[u8]| {
        hasher.update(length(bytes));
        hasher.update(bytes);
    };
    field(&row.n.to_be_bytes());
    field(&row.at.to_be_bytes());
    field(&row.actor_id.to_be_bytes());
    field(actor);
    field(row.action.as_bytes());
    field(target);
    field(&row.request_id);
    field(row.outcome.as_bytes());
    field(&row.payload_hash);
    field(&row.prev_hash);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(form: i64) -> Stored {
        let mut row = Stored {
            n: 7,
            at: 1_700_000_000_000_001,
            actor_id: 101,
            actor_name: "ann".into(),
            action: "access.user.change".into(),
            target: "user:ann".into(),
            request_id: [9; 16],
            outcome: "done".into(),
            details: "{\"name\":\"Ann\"}".into(),
            payload_hash: [0; 32],
            prev_hash: [3; 32],
            hash: [0; 32],
            form,
            digests: None,
            salts: [None; 3],
        };
        if form == 1 {
            row.payload_hash = Sha256::digest(row.details.as_bytes()).into();
        } else {
            row.salts = [Some([1; 16]), Some([2; 16]), Some([3; 16])];
            row.payload_hash = text_digest(Part::Details, &[3; 16], &row.details);
            let actor = text_digest(Part::Actor, &[1; 16], &row.actor_name);
            row.digests = Some([actor, text_digest(Part::Target, &[2; 16], &row.target)]);
        }
        row.hash = canonical(&row, row.digests.as_ref());
        row
    }

    type Change = fn(&mut Stored);

    #[test]
    fn what_a_row_says_is_held_by_its_hash_in_both_forms() {
        let changes: [(&str, Change); 12] = [
            ("n", |row| row.n = 8),
            ("at", |row| row.at += 1),
            ("actor_id", |row| row.actor_id = 102),
            ("actor_name", |row| row.actor_name = "bob".into()),
            ("action", |row| row.action.push('d')),
            ("target", |row| row.target = "user:bob".into()),
            ("request_id", |row| row.request_id = [8; 16]),
            ("outcome", |row| row.outcome = "refused".into()),
            ("details", |row| row.details = "{}".into()),
            ("payload_hash", |row| row.payload_hash = [0; 32]),
            ("prev_hash", |row| row.prev_hash = [0; 32]),
            ("form", |row| row.form = 3 - row.form),
        ];
        for form in [1, 2] {
            assert!(row(form).is_right(None), "form {form}");
            for (field, change) in changes {
                let mut other = row(form);
                change(&mut other);
                assert!(!other.is_right(None), "form {form}: {field}");
                let remains = row(form).remains();
                assert!(!other.is_right(Some(&remains)), "form {form}: {field}, as if erased");
            }
        }
    }

    #[test]
    fn what_was_taken_away_is_right_only_as_it_was_written_down() {
        for form in [1, 2] {
            let mut erased = row(form);
            (erased.actor_name, erased.salts[0]) = ("erased:101".into(), None);
            assert!(!erased.is_right(None), "form {form}: nothing tells of it");
            let remains = erased.remains();
            assert!(erased.is_right(Some(&remains)), "form {form}");
            erased.actor_name = "erased:102".into();
            assert!(!erased.is_right(Some(&remains)), "form {form}: another stands there");
        }
        // of the second form the hash goes on to hold what is left, whatever is written down
        let mut erased = row(2);
        (erased.target, erased.salts[1], erased.outcome) = ("user:erased:101".into(), None, "refused".into());
        let remains = erased.remains();
        assert!(!erased.is_right(Some(&remains)));
    }
}
