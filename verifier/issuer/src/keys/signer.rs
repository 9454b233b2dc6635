//! The half of a key that signs, read once: the library's own would be parsed and checked again for every token.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType, OctetKeyPairParameters,
    OctetKeyPairType, OctetKeyParameters, OctetKeyType,
};
use portcullis_clearance::keys::Algorithm;
use serde::Serialize;

/// Signs with one key and one algorithm.
pub(super) enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Hs256(Box<hmac::Key>),
}

/// A key that cannot sign; one that was loaded always can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot sign")]
pub struct SigningError;

impl Signer {
    /// Reads PKCS#8, or a secret. `None` for another algorithm's key.
    pub(super) fn new(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Es256 => Self::Es256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).ok()?),
            Algorithm::EdDsa => Self::EdDsa(Ed25519KeyPair::from_pkcs8(bytes).ok()?),
            Algorithm::Hs256 => Self::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, bytes))),
        })
    }

    /// The public half as a JSON Web Key states it (RFC 7518, 6.2, and RFC 8037, 2), or the secret, which has none (RFC
    /// 7518, 6.4).
    pub(super) fn parameters(&self, secret: &[u8]) -> AlgorithmParameters {
        let text = Base64UrlUnpadded::encode_string;
        match self {
            Self::Es256(key) => {
                // A byte that says that both numbers follow, 32 bytes each.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                    key_type: EllipticCurveKeyType::EC,
                    curve: EllipticCurve::P256,
                    x: text(x),
                    y: text(y),
                })
            }
            Self::EdDsa(key) => AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve: EllipticCurve::Ed25519,
                x: text(key.public_key().as_ref()),
            }),
            Self::Hs256(_) => {
                AlgorithmParameters::OctetKey(OctetKeyParameters { key_type: OctetKeyType::Octet, value: text(secret) })
            }
        }
    }

    /// Header, already [`encoded`], and claims, in JWS compact form (RFC 7515, 7.1).
    pub(super) fn sign(&self, header: &str, claims: &impl Serialize) -> Result<String, SigningError> {
        let mut text = String::with_capacity(USUAL_LEN);
        text.push_str(header);
        text.push('.');
        text.push_str(&encoded(claims)?);
        match self {
            Self::Es256(key) => {
                let signature = key.sign(&SystemRandom::new(), text.as_bytes()).map_err(|_| SigningError)?;
                text.push('.');
                push(&mut text, signature.as_ref());
            }
            Self::EdDsa(key) => {
                let signature = key.sign(text.as_bytes());
                text.push('.');
                push(&mut text, signature.as_ref());
            }
            Self::Hs256(key) => {
                let tag = hmac::sign(key, text.as_bytes());
                text.push('.');
                push(&mut text, tag.as_ref());
            }
        }
        Ok(text)
    }
}

/// A part of a token: JSON in base64url.
pub(super) fn encoded(part: &impl Serialize) -> Result<String, SigningError> {
    let json = serde_json::to_vec(part).map_err(|_| SigningError)?;
    Ok(Base64UrlUnpadded::encode_string(&json))
}

fn push(text: &mut String, bytes: &[u8]) {
    text.push_str(&Base64UrlUnpadded::encode_string(bytes));
}

/// A token of ours, with the signature of the longest kind.
const USUAL_LEN: usize = 512;
