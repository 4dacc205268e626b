//! Signed texts of an identity provider (RFC 7515), and the keys that it publishes (RFC 7517): three parts with
//! dots between, and nothing else that the standard knows.
//!
//! Invariants: the algorithm is one of a closed list, and one that the key can have made a signature with, so
//! that `none`, and a public key taken for a shared secret, lead nowhere; keys that come along in the text are
//! not looked at.

use crate::signature::{Algorithm, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Bytes of a signed text at most.
pub(crate) const TEXT_MAX: usize = 16_384;
/// Keys that a provider has at most.
pub(crate) const KEYS_MAX: usize = 64;

/// Why a signed text is not believed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Unsigned {
    #[error("it is not a signed text of three parts")]
    Malformed,
    #[error("it was signed by `{0}`, which is not accepted")]
    Algorithm(String),
    #[error("it asks for extensions that are not known here")]
    Critical,
    #[error("it was signed with a key that the provider does not publish")]
    UnknownKey,
    #[error("its signature does not fit")]
    Signature,
}

/// A key that a provider publishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key {
    id: Option<String>,
    /// The only algorithm it is for, where it says so.
    algorithm: Option<String>,
    public: PublicKey,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    used_for: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

#[derive(Deserialize)]
struct RawKeys {
    keys: Vec<Value>,
}

/// Reads the keys of a provider. What is for another use, of a kind that is not known or broken is left out.
pub(crate) fn keys(json: &[u8]) -> Result<Vec<Key>, &'static str> {
    let RawKeys { keys } = serde_json::from_slice(json).map_err(|_| "its keys are no list of keys")?;
    if keys.len() > KEYS_MAX {
        return Err("it publishes more than 64 keys");
    }
    Ok(keys.into_iter().filter_map(|key| read_key(serde_json::from_value(key).ok()?)).collect())
}

fn read_key(raw: RawKey) -> Option<Key> {
    if raw.used_for.is_some_and(|used_for| used_for != "sig") {
        return None;
    }
    let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
    let public = match (raw.kty.as_str(), raw.crv.as_deref()) {
        ("RSA", _) => PublicKey::rsa(&bytes(raw.n)?, &bytes(raw.e)?),
        ("EC", Some("P-256")) => PublicKey::p256(&bytes(raw.x)?, &bytes(raw.y)?),
        ("OKP", Some("Ed25519")) => PublicKey::ed25519(&bytes(raw.x)?),
        _ => None,
    };
    Some(Key { id: raw.kid, algorithm: raw.alg, public: public? })
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
}

fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "RS256" => Some(Algorithm::Rs256),
        "PS256" => Some(Algorithm::Ps256),
        "ES256" => Some(Algorithm::Es256),
        "EdDSA" | "Ed25519" => Some(Algorithm::EdDsa),
        _ => None,
    }
}

/// What a text says that one of these keys has signed.
pub(crate) fn open(text: &str, keys: &[Key]) -> Result<Map<String, Value>, Unsigned> {
    let mut parts = text.split('.');
    let (Some(head), Some(body), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Unsigned::Malformed);
    };
    if text.len() > TEXT_MAX {
        return Err(Unsigned::Malformed);
    }
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Unsigned::Malformed);
    let header: Header = serde_json::from_slice(&bytes(head)?).map_err(|_| Unsigned::Malformed)?;
    if header.crit.is_some() {
        return Err(Unsigned::Critical);
    }
    let known =
        algorithm(&header.alg).ok_or_else(|| Unsigned::Algorithm(header.alg.chars().take(20).collect()))?;
    let fits = |key: &&Key| {
        key.public.makes(known)
            && key.algorithm.as_ref().is_none_or(|only| *only == header.alg)
            && (header.kid.is_none() || key.id == header.kid)
    };
    let mut fitting = keys.iter().filter(fits);
    let key = fitting.next().ok_or(Unsigned::UnknownKey)?;
    // without a name it has to be clear which one is meant
    if fitting.next().is_some() {
        return Err(Unsigned::UnknownKey);
    }
    let message = text.get(..head.len() + 1 + body.len()).ok_or(Unsigned::Malformed)?;
    if !key.public.has_signed(known, message.as_bytes(), &bytes(signature)?) {
        return Err(Unsigned::Signature);
    }
    serde_json::from_slice(&bytes(body)?).map_err(|_| Unsigned::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    fn text(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// The example of RFC 8037 A.4, signed with the key of A.1.
    #[test]
    fn the_example_of_the_standard_is_believed_and_no_byte_of_it_may_change() {
        let published =
            br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let published = keys(published).unwrap();
        let example = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
            hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        // what was signed there is no object, so the signature fits and the text does not
        assert_eq!(open(example, &published), Err(Unsigned::Malformed));
        for place in 0..example.len() {
            let mut changed = example.to_owned().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let refused = open(std::str::from_utf8(&changed).unwrap(), &published);
            assert!(refused.is_err(), "{place}");
            // the last letter of a signature has bits that say nothing, which are not accepted either
            if place > example.rfind('.').unwrap() {
                assert!(matches!(refused, Err(Unsigned::Signature | Unsigned::Malformed)), "{place}");
            }
        }
    }

    #[test]
    fn only_what_a_published_key_has_signed_as_it_can_is_believed() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let one = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x, "use": "sig" });
        let list = |all: &[&Value]| keys(json!({ "keys": all }).to_string().as_bytes()).unwrap();
        let with = |name: &str, value: Value| {
            let mut key = one.clone();
            key[name] = value;
            key
        };
        let claims = json!({ "sub": "s" });
        let signed = |header: Value| text(&header, &claims, |message| pair.sign(message).as_ref().to_vec());
        let fine = signed(json!({ "alg": "EdDSA", "kid": "a" }));
        assert_eq!(open(&fine, &list(&[&one])).unwrap()["sub"], "s");
        let table: [(Value, Vec<Value>, Unsigned); 12] = [
            (json!({ "alg": "none", "kid": "a" }), vec![one.clone()], Unsigned::Algorithm("none".into())),
            (json!({ "alg": "HS256", "kid": "a" }), vec![one.clone()], Unsigned::Algorithm("HS256".into())),
            (json!({ "alg": "eddsa", "kid": "a" }), vec![one.clone()], Unsigned::Algorithm("eddsa".into())),
            (json!({ "alg": "RS256", "kid": "a" }), vec![one.clone()], Unsigned::UnknownKey),
            (json!({ "alg": "ES256", "kid": "a" }), vec![one.clone()], Unsigned::UnknownKey),
            (json!({ "alg": "EdDSA", "kid": "b" }), vec![one.clone()], Unsigned::UnknownKey),
            (json!({ "alg": "EdDSA", "kid": "a" }), vec![], Unsigned::UnknownKey),
            (json!({ "alg": "EdDSA", "kid": "a" }), vec![with("use", json!("enc"))], Unsigned::UnknownKey),
            (json!({ "alg": "EdDSA", "kid": "a" }), vec![with("alg", json!("ES256"))], Unsigned::UnknownKey),
            (json!({ "alg": "EdDSA" }), vec![one.clone(), with("kid", json!("b"))], Unsigned::UnknownKey),
            (json!({ "alg": "EdDSA", "kid": "a", "crit": ["exp"] }), vec![one.clone()], Unsigned::Critical),
            // the key that comes along is not looked at
            (json!({ "alg": "EdDSA", "jwk": one, "kid": "z" }), vec![one.clone()], Unsigned::UnknownKey),
        ];
        for (header, published, expected) in table {
            let published: Vec<&Value> = published.iter().collect();
            assert_eq!(open(&signed(header.clone()), &list(&published)), Err(expected), "{header}");
        }
        let foreign = Ed25519KeyPair::from_seed_unchecked(&[6; 32]).unwrap();
        let forged = text(&json!({ "alg": "EdDSA", "kid": "a" }), &claims, |message| {
            foreign.sign(message).as_ref().to_vec()
        });
        assert_eq!(open(&forged, &list(&[&one])), Err(Unsigned::Signature));
        let empty = text(&json!({ "alg": "EdDSA", "kid": "a" }), &claims, |_| Vec::new());
        assert_eq!(open(&empty, &list(&[&one])), Err(Unsigned::Signature));
        for wrong in ["", ".", "..", "a.b", "a.b.c.d", &format!("{fine}."), &"x".repeat(TEXT_MAX + 1)] {
            assert_eq!(open(wrong, &list(&[&one])), Err(Unsigned::Malformed), "{}", wrong.len());
        }
    }

    #[test]
    fn a_provider_has_so_many_keys_and_no_more() {
        let many = |count: usize| {
            let one =
                json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
            keys(json!({ "keys": vec![one; count] }).to_string().as_bytes())
        };
        assert_eq!(many(KEYS_MAX).unwrap().len(), KEYS_MAX);
        assert!(many(KEYS_MAX + 1).is_err());
        for broken in ["", "[]", "{}", "{\"keys\":{}}"] {
            assert!(keys(broken.as_bytes()).is_err(), "{broken}");
        }
        let unknown = r#"{"keys":[1,{},{"kty":"oct","k":"AA"},{"kty":"EC","crv":"P-384","x":"AA","y":"AA"},
            {"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#;
        assert_eq!(keys(unknown.as_bytes()), Ok(Vec::new()));
    }
}
