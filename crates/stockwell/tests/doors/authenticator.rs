//! An authenticator app as somebody else writes one (RFC 4226 and 6238), for the tests of second factors. It
//! knows what the link says that the server shows, and nothing else of the product.

use crate::world::{PASSWORD, World};
use domain::Instant;
use ring::hmac;
use serde_json::{Value, json};
use testkit::http::Actor;

/// What an app keeps of a link that it has read.
#[derive(Clone, Debug)]
pub(crate) struct Authenticator {
    secret: Vec<u8>,
    period: i64,
    digits: u32,
}

/// Somebody with a second factor, in the session in which they have set it up.
pub(crate) struct Enrolled {
    pub(crate) app: Authenticator,
    pub(crate) by: Actor,
    pub(crate) recovery_codes: Vec<String>,
}

impl Authenticator {
    /// Reads a link.
    pub(crate) fn of(uri: &str) -> Authenticator {
        let (head, query) = uri.split_once('?').unwrap();
        assert!(head.starts_with("otpauth://totp/Stockwell:"), "{head}");
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let mut found = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
            found.next().unwrap_or_else(|| panic!("{uri} has no {name}"))
        };
        assert_eq!((value("issuer").as_str(), value("algorithm").as_str()), ("Stockwell", "SHA1"));
        Authenticator {
            secret: from_base32(&value("secret")),
            period: value("period").parse().unwrap(),
            digits: value("digits").parse().unwrap(),
        }
    }

    /// Begins to set one up in a session.
    pub(crate) fn begin(by: &Actor) -> Authenticator {
        let begun = by.post("/api/v1/me/second-factor", &json!({ "password": PASSWORD })).good().json();
        Authenticator::of(begun["uri"].as_str().unwrap())
    }

    /// What it shows at an instant.
    pub(crate) fn code(&self, now: Instant) -> String {
        let counter = now.0 / 1_000_000 / self.period;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &counter.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 15);
        let binary = u32::from_be_bytes([tag[offset], tag[offset + 1], tag[offset + 2], tag[offset + 3]]);
        let number = (binary & 0x7fff_ffff) % 10_u32.pow(self.digits);
        format!("{number:0width$}", width = usize::try_from(self.digits).unwrap())
    }
}

/// Sets a second factor up in a session.
pub(crate) fn enrol(world: &World, by: &Actor) -> Enrolled {
    let app = Authenticator::begin(by);
    let code = app.code(world.now());
    let set = by.post("/api/v1/me/second-factor/confirm", &json!({ "code": code })).good();
    let codes = set.json()["recovery_codes"].as_array().unwrap().clone();
    let recovery_codes = codes.iter().map(|code| Value::as_str(code).unwrap().to_owned()).collect();
    Enrolled { app, by: by.with_session_of(set).unwrap(), recovery_codes }
}

fn from_base32(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'2'..=b'7' => letter - b'2' + 26,
        other => panic!("no letter of base 32: {other}"),
    };
    let bits: Vec<bool> =
        text.bytes().flat_map(|letter| (0..5).rev().map(move |bit| value(letter) >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}
