//! Signatures verified by the RustCrypto libraries: no C, and slower.

use ::p256::ecdsa as p256;
use ::p256::ecdsa::signature::Verifier;
use ed25519_dalek as ed25519;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A key, read once.
#[derive(Clone)]
pub(crate) enum Key {
    Es256(Box<p256::VerifyingKey>),
    EdDsa(Box<ed25519::VerifyingKey>),
    Hs256(Box<Hmac<Sha256>>),
}

impl Key {
    /// For ES256: a point of P-256, uncompressed (SEC 1, 2.3.3). `None` if it is not on the curve.
    pub(crate) fn es256(point: &[u8; 65]) -> Option<Self> {
        p256::VerifyingKey::from_sec1_bytes(point).ok().map(|key| Self::Es256(Box::new(key)))
    }

    /// For EdDSA: a point of Ed25519 (RFC 8032, 5.1.5). `None` if it is not on the curve.
    pub(crate) fn eddsa(point: &[u8; 32]) -> Option<Self> {
        ed25519::VerifyingKey::from_bytes(point).ok().map(|key| Self::EdDsa(Box::new(key)))
    }

    /// For HS256.
    pub(crate) fn hs256(secret: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret).ok().map(|key| Self::Hs256(Box::new(key)))
    }

    /// Whether this key made `signature` over `message`.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => verifies::<p256::Signature>(&**key, message, signature),
            Self::EdDsa(key) => verifies::<ed25519::Signature>(&**key, message, signature),
            Self::Hs256(key) => (**key).clone().chain_update(message).verify_slice(signature).is_ok(),
        }
    }
}

fn verifies<'s, S: TryFrom<&'s [u8]>>(key: &impl Verifier<S>, message: &[u8], signature: &'s [u8]) -> bool {
    S::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}
