//! What is to be believed of a passkey (Web Authentication, level 2): bytes come in, values go out. What it says of its make is
//! not asked for and not looked at.

use super::cbor::{self, Value};
use crate::signature::{Algorithm, PublicKey};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

/// Bytes of the name by which an authenticator knows a passkey, at most; the standard says so.
pub(crate) const ID_BYTES_MAX: usize = 1_023;
/// Bytes of what a browser says it has shown, at most.
const CLIENT_DATA_BYTES_MAX: usize = 8_192;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_COPIED: u8 = 0x08;
const IS_COPIED: u8 = 0x10;
const HAS_KEY: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// Bytes before the parts that may lack: the hash of the site, the flags, the counter.
const HEAD_LEN: usize = 37;

/// Why a passkey is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Unheld {
    #[error("what the browser says of the passkey cannot be read")]
    Malformed,
    #[error("the passkey did something else than it was asked for")]
    Kind,
    #[error("the passkey signed another challenge than it was given")]
    Challenge,
    #[error("the passkey signed for another page than this server")]
    Origin,
    #[error("the passkey is one of another site")]
    Site,
    #[error("nobody was there when the passkey signed")]
    Absent,
    #[error(
        "the passkey has not made sure who used it: set a PIN or a fingerprint on the device, or give your password first"
    )]
    Unverified,
    #[error("the passkey is of a kind that is not known here")]
    Key,
    #[error("the passkey says of itself what cannot be")]
    Flags,
    #[error("the signature of the passkey does not fit")]
    Signature,
    #[error(
        "the passkey has counted less often than before, so there are two of it: remove it, and make a new one"
    )]
    Counter,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// As the browser writes it.
    pub(crate) challenge: &'a str,
    /// Of the page, as in `https://stock.example`.
    pub(crate) origin: &'a str,
    /// The name of the site.
    pub(crate) site: &'a str,
    /// Whether it has to make sure who uses it.
    pub(crate) verified: bool,
}

/// A passkey that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Made {
    pub(crate) id: Vec<u8>,
    /// The public key as the authenticator wrote it.
    pub(crate) key: Vec<u8>,
    pub(crate) count: u32,
    /// Whether it has made sure who used it.
    pub(crate) verified: bool,
}

/// A signature of a passkey.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) client_data: &'a [u8],
    pub(crate) authenticator_data: &'a [u8],
    pub(crate) signature: &'a [u8],
}

/// What is known of the passkey that should have made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) count: u32,
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// What a browser says that it has shown is what was asked for.
fn check_page(bytes: &[u8], kind: &str, asked: Asked<'_>) -> Result<(), Unheld> {
    if bytes.len() > CLIENT_DATA_BYTES_MAX {
        return Err(Unheld::Malformed);
    }
    let data: ClientData = serde_json::from_slice(bytes).map_err(|_| Unheld::Malformed)?;
    if data.kind != kind {
        return Err(Unheld::Kind);
    }
    if data.challenge != asked.challenge {
        return Err(Unheld::Challenge);
    }
    // a page of ours inside of a page of somebody else is none
    if data.origin != asked.origin || data.cross_origin {
        return Err(Unheld::Origin);
    }
    Ok(())
}

/// What an authenticator says of a use.
struct Use<'a> {
    flags: u8,
    count: u32,
    rest: &'a [u8],
}

fn read_use<'a>(data: &'a [u8], asked: Asked<'_>) -> Result<Use<'a>, Unheld> {
    let (head, rest) = data.split_at_checked(HEAD_LEN).ok_or(Unheld::Malformed)?;
    let (site, head) = head.split_at_checked(32).ok_or(Unheld::Malformed)?;
    let (flags, count) = head.split_first().ok_or(Unheld::Malformed)?;
    let count = count.iter().fold(0, |count: u32, byte| count << 8 | u32::from(*byte));
    if site != digest(&SHA256, asked.site.as_bytes()).as_ref() {
        return Err(Unheld::Site);
    }
    if flags & PRESENT == 0 {
        return Err(Unheld::Absent);
    }
    if asked.verified && flags & VERIFIED == 0 {
        return Err(Unheld::Unverified);
    }
    if flags & IS_COPIED != 0 && flags & MAY_BE_COPIED == 0 {
        return Err(Unheld::Flags);
    }
    Ok(Use { flags: *flags, count, rest })
}

/// What stands behind: nothing, or a map of extensions that are not looked at.
fn check_end(flags: u8, rest: &[u8]) -> Result<(), Unheld> {
    let rest = if flags & HAS_EXTENSIONS == 0 {
        rest
    } else {
        match cbor::read(rest) {
            Some((Value::Map(_), rest)) => rest,
            _ => return Err(Unheld::Malformed),
        }
    };
    if rest.is_empty() { Ok(()) } else { Err(Unheld::Malformed) }
}

/// The public key that an authenticator wrote (RFC 9053), with how it signs.
fn public_key(key: &Value) -> Option<(PublicKey, Algorithm)> {
    let int = |number| key.numbered(number).and_then(Value::int);
    let bytes = |number| key.numbered(number).and_then(Value::bytes);
    match (int(1)?, int(3)?) {
        (2, -7) if int(-1) == Some(1) => {
            Some((PublicKey::p256(bytes(-2)?, bytes(-3)?)?, Algorithm::Es256Asn1))
        }
        (1, -8) if int(-1) == Some(6) => Some((PublicKey::ed25519(bytes(-2)?)?, Algorithm::EdDsa)),
        (3, -257) => Some((PublicKey::rsa(bytes(-1)?, bytes(-2)?)?, Algorithm::Rs256)),
        _ => None,
    }
}

/// The algorithms of the keys that are taken, the best first, in the numbers of the standard.
pub(crate) const ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// A passkey that was made as it was asked for.
pub(crate) fn made(client_data: &[u8], attestation: &[u8], asked: Asked<'_>) -> Result<Made, Unheld> {
    check_page(client_data, "webauthn.create", asked)?;
    let (attestation, []) = cbor::read(attestation).ok_or(Unheld::Malformed)? else {
        return Err(Unheld::Malformed);
    };
    let data = attestation.named("authData").and_then(Value::bytes).ok_or(Unheld::Malformed)?;
    let Use { flags, count, rest } = read_use(data, asked)?;
    if flags & HAS_KEY == 0 {
        return Err(Unheld::Malformed);
    }
    // sixteen bytes of the make, and how long the name is
    let (head, rest) = rest.split_at_checked(18).ok_or(Unheld::Malformed)?;
    let length = head.iter().skip(16).fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
    let (id, rest) = rest.split_at_checked(length).ok_or(Unheld::Malformed)?;
    if id.is_empty() || id.len() > ID_BYTES_MAX {
        return Err(Unheld::Malformed);
    }
    let (key, behind) = cbor::read(rest).ok_or(Unheld::Malformed)?;
    public_key(&key).ok_or(Unheld::Key)?;
    check_end(flags, behind)?;
    let written = rest.get(..rest.len() - behind.len()).ok_or(Unheld::Malformed)?;
    Ok(Made { id: id.to_vec(), key: written.to_vec(), count, verified: flags & VERIFIED != 0 })
}

/// How often a passkey has counted that has signed what it was asked to.
pub(crate) fn used(given: Given<'_>, known: Known<'_>, asked: Asked<'_>) -> Result<u32, Unheld> {
    check_page(given.client_data, "webauthn.get", asked)?;
    let Use { flags, count, rest } = read_use(given.authenticator_data, asked)?;
    if flags & HAS_KEY != 0 {
        return Err(Unheld::Malformed);
    }
    check_end(flags, rest)?;
    let (key, []) = cbor::read(known.key).ok_or(Unheld::Key)? else { return Err(Unheld::Key) };
    let (key, algorithm) = public_key(&key).ok_or(Unheld::Key)?;
    let hash = digest(&SHA256, given.client_data);
    let message = [given.authenticator_data, hash.as_ref()].concat();
    if !key.has_signed(algorithm, &message, given.signature) {
        return Err(Unheld::Signature);
    }
    // one that never counts says zero
    if (count > 0 || known.count > 0) && count <= known.count {
        return Err(Unheld::Counter);
    }
    Ok(count)
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
