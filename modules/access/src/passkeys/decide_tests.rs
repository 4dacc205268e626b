//! What is believed of a passkey, line by line: the example of the standard, a device of the tests that does one thing wrong at
//! a time, and damage by chance.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::json;

fn bytes(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

const SITE: &str = "stock.example";
const ORIGIN: &str = "https://stock.example";

fn asked(verified: bool) -> Asked<'static> {
    Asked { challenge: "Y2hhbGxlbmdl", origin: ORIGIN, site: SITE, verified }
}

/// Web Authentication, level 3, 16.2: a passkey of ES256 without a word about its make.
mod standard {
    pub(super) const MADE_PAGE: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d";
    pub(super) const ATTESTATION: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
    pub(super) const ID: &str = "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4";
    pub(super) const USED_PAGE: &str = "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d";
    pub(super) const USED: &str =
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000";
    pub(super) const SIGNATURE: &str = "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87";
}

#[test]
fn the_example_of_the_standard_is_believed() {
    let of =
        |challenge| Asked { challenge, origin: "https://example.org", site: "example.org", verified: false };
    let first = of("AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA");
    let made = made(&bytes(standard::MADE_PAGE), &bytes(standard::ATTESTATION), first).unwrap();
    assert_eq!((made.id, made.count, made.verified), (bytes(standard::ID), 0, false));
    let (page, data, signature) =
        (bytes(standard::USED_PAGE), bytes(standard::USED), bytes(standard::SIGNATURE));
    let given = Given { client_data: &page, authenticator_data: &data, signature: &signature };
    let known = Known { key: &made.key, count: 0 };
    let then = of("OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag");
    assert_eq!(used(given, known, then), Ok(0), "it does not count, which is fine");
    assert_eq!(used(given, known, Asked { verified: true, ..then }), Err(Unheld::Unverified));
    assert_eq!(used(given, Known { count: 1, ..known }, then), Err(Unheld::Counter));
}

/// A device of the tests.
enum Device {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Device {
    fn both() -> [Device; 2] {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &random).unwrap();
        [Device::Es256(pair), Device::Ed25519(Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap())]
    }

    fn key(&self) -> Vec<u8> {
        match self {
            Device::Es256(pair) => {
                let point = pair.public_key().as_ref();
                [&bytes("a5010203262001215820"), &point[1..33], &bytes("225820"), &point[33..]].concat()
            }
            Device::Ed25519(pair) => [&bytes("a4010103272006215820"), pair.public_key().as_ref()].concat(),
        }
    }

    fn sign(&self, data: &[u8], page: &[u8]) -> Vec<u8> {
        let message = [data, digest(&SHA256, page).as_ref()].concat();
        match self {
            Device::Es256(pair) => pair.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec(),
            Device::Ed25519(pair) => pair.sign(&message).as_ref().to_vec(),
        }
    }
}

/// What a device says of a use.
fn data(site: &str, flags: u8, count: u32, rest: &[u8]) -> Vec<u8> {
    [digest(&SHA256, site.as_bytes()).as_ref(), &[flags], &count.to_be_bytes(), rest].concat()
}

fn page(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
    json!({ "type": kind, "challenge": challenge, "origin": origin }).to_string().into_bytes()
}

fn attested(id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [&[0; 16], &length[..], id, key].concat()
}

fn attestation(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&bytes("a363666d74646e6f6e656761747453746d74a0686175746844617461")[..], &[0x59], &length, data].concat()
}

const GOOD: u8 = PRESENT | VERIFIED;

#[test]
fn a_passkey_is_taken_when_all_of_it_fits() {
    for device in Device::both() {
        let key = device.key();
        let fine = page("webauthn.create", "Y2hhbGxlbmdl", ORIGIN);
        let whole =
            |flags, id: &[u8], key: &[u8]| attestation(&data(SITE, flags | HAS_KEY, 7, &attested(id, key)));
        let taken = made(&fine, &whole(GOOD, b"id", &key), asked(true)).unwrap();
        assert_eq!(taken, Made { id: b"id".to_vec(), key: key.clone(), count: 7, verified: true });
        assert!(made(&fine, &whole(GOOD, &[1; ID_BYTES_MAX], &key), asked(true)).is_ok());
        let extended = data(
            SITE,
            GOOD | HAS_KEY | HAS_EXTENSIONS,
            0,
            &[attested(b"id", &key), bytes("a16178f5")].concat(),
        );
        assert!(made(&fine, &attestation(&extended), asked(true)).is_ok());
        // a device that is wrong in one thing
        let rsa_short = bytes("a4010303390100204201002143010001");
        let other_curve = [&key[..], &[]].concat();
        let other_curve =
            other_curve.iter().copied().enumerate().map(|(at, byte)| if at == 4 { 0x28 } else { byte });
        let other_curve: Vec<u8> = other_curve.collect();
        let table: [(Vec<u8>, Unheld); 12] = [
            (whole(VERIFIED, b"id", &key), Unheld::Absent),
            (whole(PRESENT, b"id", &key), Unheld::Unverified),
            (whole(GOOD | IS_COPIED, b"id", &key), Unheld::Flags),
            (whole(GOOD, b"", &key), Unheld::Malformed),
            (whole(GOOD, &[1; ID_BYTES_MAX + 1], &key), Unheld::Malformed),
            (whole(GOOD, b"id", &rsa_short), Unheld::Key),
            (whole(GOOD, b"id", &other_curve), Unheld::Key),
            (whole(GOOD, b"id", &bytes("a0")), Unheld::Key),
            (whole(GOOD, b"id", &[key.clone(), vec![0]].concat()), Unheld::Malformed),
            (whole(GOOD | HAS_EXTENSIONS, b"id", &key), Unheld::Malformed),
            (attestation(&data(SITE, GOOD, 0, &[])), Unheld::Malformed),
            (attestation(&data("evil.example", GOOD | HAS_KEY, 0, &attested(b"id", &key))), Unheld::Site),
        ];
        for (wrong, expected) in table {
            assert_eq!(made(&fine, &wrong, asked(true)), Err(expected), "{expected:?}");
        }
        let good = whole(GOOD, b"id", &key);
        assert_eq!(made(&fine, &[good.clone(), vec![0]].concat(), asked(true)), Err(Unheld::Malformed));
        for (wrong, expected) in pages("webauthn.create", "webauthn.get") {
            assert_eq!(
                made(&wrong, &good, asked(true)),
                Err(expected),
                "{}",
                String::from_utf8_lossy(&wrong)
            );
        }
    }
}

/// Pages that were not asked for.
fn pages(kind: &str, other: &str) -> Vec<(Vec<u8>, Unheld)> {
    let framed = json!({ "type": kind, "challenge": "Y2hhbGxlbmdl", "origin": ORIGIN, "crossOrigin": true });
    let long = json!({ "type": kind, "challenge": "Y2hhbGxlbmdl", "origin": ORIGIN, "x": "x".repeat(9_000) });
    vec![
        (page(other, "Y2hhbGxlbmdl", ORIGIN), Unheld::Kind),
        (page(kind, "b3RoZXI", ORIGIN), Unheld::Challenge),
        (page(kind, "", ORIGIN), Unheld::Challenge),
        (page(kind, "Y2hhbGxlbmdl=", ORIGIN), Unheld::Challenge),
        (page(kind, "Y2hhbGxlbmdl", "https://evil.example"), Unheld::Origin),
        (page(kind, "Y2hhbGxlbmdl", "http://stock.example"), Unheld::Origin),
        (page(kind, "Y2hhbGxlbmdl", "https://stock.example:8443"), Unheld::Origin),
        (page(kind, "Y2hhbGxlbmdl", "https://stock.example.evil.example"), Unheld::Origin),
        (framed.to_string().into_bytes(), Unheld::Origin),
        (long.to_string().into_bytes(), Unheld::Malformed),
        (Vec::new(), Unheld::Malformed),
        (b"[]".to_vec(), Unheld::Malformed),
        (b"\xff".to_vec(), Unheld::Malformed),
    ]
}

#[test]
fn a_signature_holds_when_all_of_it_fits() {
    for device in Device::both() {
        let key = device.key();
        let fine = page("webauthn.get", "Y2hhbGxlbmdl", ORIGIN);
        let hold = |page: &[u8], data: &[u8], count, verified| {
            let signature = device.sign(data, page);
            let given = Given { client_data: page, authenticator_data: data, signature: &signature };
            used(given, Known { key: &key, count }, asked(verified))
        };
        // the counter: what it was, what it says, what comes of it
        let table = [
            (0, 0, Ok(0)),
            (0, 1, Ok(1)),
            (1, 2, Ok(2)),
            (1, u32::MAX, Ok(u32::MAX)),
            (1, 1, Err(Unheld::Counter)),
            (2, 1, Err(Unheld::Counter)),
            (1, 0, Err(Unheld::Counter)),
            (u32::MAX, u32::MAX, Err(Unheld::Counter)),
        ];
        for (before, says, expected) in table {
            assert_eq!(hold(&fine, &data(SITE, GOOD, says, &[]), before, true), expected, "{before} {says}");
        }
        assert_eq!(hold(&fine, &data(SITE, PRESENT, 1, &[]), 0, false), Ok(1));
        assert_eq!(hold(&fine, &data(SITE, GOOD | HAS_EXTENSIONS, 1, &bytes("a0")), 0, true), Ok(1));
        let table = [
            (data(SITE, VERIFIED, 1, &[]), Unheld::Absent),
            (data(SITE, PRESENT, 1, &[]), Unheld::Unverified),
            (data(SITE, GOOD | IS_COPIED, 1, &[]), Unheld::Flags),
            (data(SITE, GOOD | HAS_KEY, 1, &attested(b"id", &key)), Unheld::Malformed),
            (data(SITE, GOOD, 1, &[0]), Unheld::Malformed),
            (data(SITE, GOOD | HAS_EXTENSIONS, 1, &[]), Unheld::Malformed),
            (data("evil.example", GOOD, 1, &[]), Unheld::Site),
            (data(SITE, GOOD, 1, &[])[..36].to_vec(), Unheld::Malformed),
            (Vec::new(), Unheld::Malformed),
        ];
        for (wrong, expected) in table {
            assert_eq!(hold(&fine, &wrong, 0, true), Err(expected), "{expected:?}");
        }
        for (wrong, expected) in pages("webauthn.get", "webauthn.create") {
            assert_eq!(hold(&wrong, &data(SITE, GOOD, 1, &[]), 0, true), Err(expected));
        }
        // signed by nobody, or by somebody else
        let good = data(SITE, GOOD, 1, &[]);
        let [one, _] = Device::both();
        for signature in [Vec::new(), vec![0; 64], one.sign(&good, &fine), device.sign(&good, b"{}")] {
            let given = Given { client_data: &fine, authenticator_data: &good, signature: &signature };
            assert_eq!(used(given, Known { key: &key, count: 0 }, asked(true)), Err(Unheld::Signature));
        }
        for broken in [&b""[..], b"\xa0", &key[1..]] {
            let given = Given { client_data: &fine, authenticator_data: &good, signature: &[] };
            assert_eq!(used(given, Known { key: broken, count: 0 }, asked(true)), Err(Unheld::Key));
        }
    }
}

proptest! {
    /// Whatever is changed in what was signed or in the signature, it does not hold any more.
    #[test]
    fn damage_by_chance_is_never_believed(place in any::<prop::sample::Index>(), bit in 0_u8..8, part in 0_u8..3) {
        for device in Device::both() {
            let mut page = page("webauthn.get", "Y2hhbGxlbmdl", ORIGIN);
            let mut data = data(SITE, GOOD, 1, &[]);
            let mut signature = device.sign(&data, &page);
            let damaged = match part { 0 => &mut page, 1 => &mut data, _ => &mut signature };
            let at = place.index(damaged.len());
            damaged[at] ^= 1 << bit;
            let given = Given { client_data: &page, authenticator_data: &data, signature: &signature };
            let key = device.key();
            let known = Known { key: &key, count: 0 };
            prop_assert!(used(given, known, asked(true)).is_err());
        }
    }

    /// Nothing that is sent makes the reader fail otherwise than by a refusal.
    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
        let fine = page("webauthn.create", "Y2hhbGxlbmdl", ORIGIN);
        prop_assert!(made(&fine, &noise, asked(true)).is_err());
        let [device, _] = Device::both();
        let whole = attestation(&data(SITE, GOOD | HAS_KEY, 0, &attested(b"id", &device.key())));
        prop_assert!(made(&fine, &whole[..cut.index(whole.len())], asked(true)).is_err());
        let challenge = URL_SAFE_NO_PAD.encode(&noise);
        let foreign = page("webauthn.create", &challenge, ORIGIN);
        prop_assert!(challenge == "Y2hhbGxlbmdl" || made(&foreign, &whole, asked(true)).is_err());
    }
}
