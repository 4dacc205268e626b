//! Signatures of others: of an identity provider, and of passkeys. Which there are is a closed list; a key says
//! by itself which of them it can have made, so that no text that came along chooses.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// How a signature was made, and how it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Algorithm {
    /// RSA as of old, with SHA-256.
    Rs256,
    /// RSA with salt, with SHA-256.
    Ps256,
    /// On the curve P-256 with SHA-256, as two numbers of 32 bytes.
    Es256,
    /// The same in the clothes of ASN.1, as passkeys write it.
    Es256Asn1,
    /// Ed25519.
    EdDsa,
}

/// The public half of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PublicKey {
    /// Modulus and exponent, the highest byte first and not zero.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point of P-256, not compressed.
    P256(Vec<u8>),
    /// Of Ed25519.
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// From modulus and exponent.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Option<PublicKey> {
        let bare = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
        let (n, e) = (bare(n), bare(e));
        // 2048 to 8192 bits
        let fits = (256..=1_024).contains(&n.len()) && (1..=8).contains(&e.len());
        fits.then_some(PublicKey::Rsa { n, e })
    }

    /// From the two numbers of a point.
    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Option<PublicKey> {
        (x.len() == 32 && y.len() == 32).then(|| PublicKey::P256([&[4], x, y].concat()))
    }

    /// From its bytes.
    pub(crate) fn ed25519(x: &[u8]) -> Option<PublicKey> {
        (x.len() == 32).then(|| PublicKey::Ed25519(x.to_vec()))
    }

    /// Whether it can have made a signature of this kind.
    pub(crate) fn makes(&self, algorithm: Algorithm) -> bool {
        match self {
            PublicKey::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            PublicKey::P256(_) => matches!(algorithm, Algorithm::Es256 | Algorithm::Es256Asn1),
            PublicKey::Ed25519(_) => algorithm == Algorithm::EdDsa,
        }
    }

    /// Whether it has signed a message.
    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let verified = match (self, algorithm) {
            (PublicKey::Rsa { n, e }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (PublicKey::Rsa { n, e }, Algorithm::Ps256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature)
            }
            (PublicKey::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            (PublicKey::P256(point), Algorithm::Es256Asn1) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            (PublicKey::Ed25519(key), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature)
            }
            _ => return false,
        };
        verified.is_ok()
    }
}
