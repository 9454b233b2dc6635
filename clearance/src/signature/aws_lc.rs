//! Signatures verified by AWS-LC.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};

/// A key, read once.
#[derive(Clone)]
pub(crate) enum Key {
    Public(ParsedPublicKey),
    Secret(Box<hmac::Key>),
}

impl Key {
    /// For ES256: a point of P-256, uncompressed (SEC 1, 2.3.3). `None` if it is not on the curve.
    pub(crate) fn es256(point: &[u8; 65]) -> Option<Self> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(Self::Public)
    }

    /// For EdDSA: a point of Ed25519 (RFC 8032, 5.1.5).
    pub(crate) fn eddsa(point: &[u8; 32]) -> Option<Self> {
        ParsedPublicKey::new(&ED25519, point).ok().map(Self::Public)
    }

    /// For HS256.
    pub(crate) fn hs256(secret: &[u8]) -> Option<Self> {
        Some(Self::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))))
    }

    /// Whether this key made `signature` over `message`.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
            Self::Secret(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}
