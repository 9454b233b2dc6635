//! Keys that verify: each has one algorithm, pinned where the key is read and never taken from a token.

use std::collections::HashMap;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse, ThumbprintHash,
};
use portcullis_challenge::UnixMillis;
use serde::{Deserialize, Serialize};

/// How tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518, 3.4): what every gateway can verify.
    #[default]
    Es256,
    /// Ed25519 (RFC 8037, 3.1): as asymmetric, faster to sign, known to fewer gateways.
    EdDsa,
    /// HMAC with SHA-256 (RFC 7518, 3.2): the cheapest, but whoever can verify can sign.
    Hs256,
}

impl Algorithm {
    /// Its name in configuration and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "es256",
            Self::EdDsa => "eddsa",
            Self::Hs256 => "hs256",
        }
    }

    /// Whether who verifies cannot sign.
    pub fn is_asymmetric(self) -> bool {
        self != Self::Hs256
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::ES256,
            Algorithm::EdDsa => Self::EdDSA,
            Algorithm::Hs256 => Self::HS256,
        }
    }
}

/// Where a token's key is looked up.
pub trait Keys: Send + Sync {
    /// The key named `kid`, if tokens it signed are honoured at `now`.
    fn verifying(&self, kid: &str, now: UnixMillis) -> Option<&VerifyingKey>;
}

/// A key that verifies, with its name and its one algorithm.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why a JSON Web Key does not verify tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableKey {
    /// Not a set of keys as in RFC 7517, 5.
    #[error("it is no JWK Set")]
    NoSet,
    /// None of its keys can be used.
    #[error("none of its keys verifies ES256 or EdDSA signatures")]
    NoKey,
    /// Another key type, curve, algorithm or use.
    #[error("it is no public key for ES256 or EdDSA signatures")]
    Unsuitable,
    /// Its numbers are no point of the curve.
    #[error("its numbers are no public key")]
    Invalid,
    /// Fewer than 32 bytes (RFC 7518, 3.2).
    #[error("an HS256 secret has at least 32 bytes")]
    TooShort,
}

impl VerifyingKey {
    /// A public key (RFC 7517): P-256 for ES256, or Ed25519 for EdDSA. Without a `kid` its name is its thumbprint (RFC 7638).
    ///
    /// # Errors
    ///
    /// [`UnusableKey`]. A symmetric key is unsuitable: what everybody can read, nobody signs with.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, UnusableKey> {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::Es256,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDsa,
            _ => return Err(UnusableKey::Unsuitable),
        };
        let declared = match algorithm {
            Algorithm::Es256 => KeyAlgorithm::ES256,
            _ => KeyAlgorithm::EdDSA,
        };
        let for_signatures = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let operations = jwk.common.key_operations.as_ref();
        let to_verify = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let as_declared = jwk.common.key_algorithm.is_none_or(|algorithm| algorithm == declared);
        if !(for_signatures && to_verify && as_declared) {
            return Err(UnusableKey::Unsuitable);
        }
        let kid = match &jwk.common.key_id {
            Some(kid) => kid.clone(),
            None => jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| UnusableKey::Invalid)?,
        };
        let key = DecodingKey::from_jwk(jwk).map_err(|_| UnusableKey::Invalid)?;
        Ok(Self { kid, algorithm, key })
    }

    /// A shared secret for HS256.
    ///
    /// # Errors
    ///
    /// [`UnusableKey::TooShort`].
    pub fn from_secret(kid: String, secret: &[u8]) -> Result<Self, UnusableKey> {
        if secret.len() < MIN_SECRET_LEN {
            return Err(UnusableKey::TooShort);
        }
        Ok(Self { kid, algorithm: Algorithm::Hs256, key: DecodingKey::from_secret(secret) })
    }

    /// Its name in tokens.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key as the library takes it.
    pub fn decoding(&self) -> &DecodingKey {
        &self.key
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Public keys as a verifier publishes them at `/.portcullis/jwks.json`.
#[derive(Clone, Debug)]
pub struct PublicKeys(HashMap<String, VerifyingKey>);

impl PublicKeys {
    /// Reads a JWK Set (RFC 7517, 5). Keys that cannot be used are passed over, as the RFC asks.
    ///
    /// # Errors
    ///
    /// [`UnusableKey::NoSet`], or [`UnusableKey::NoKey`] where none is left.
    pub fn from_jwk_set(json: &str) -> Result<Self, UnusableKey> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_str(json).map_err(|_| UnusableKey::NoSet)?;
        // One by one: a key of a kind that the library does not know must not spoil the others.
        let known = JwkSet { keys: set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() };
        let usable = known.keys.iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok());
        let keys: HashMap<_, _> = usable.map(|key| (key.kid.clone(), key)).collect();
        if keys.is_empty() { Err(UnusableKey::NoKey) } else { Ok(Self(keys)) }
    }
}

impl Keys for PublicKeys {
    fn verifying(&self, kid: &str, _: UnixMillis) -> Option<&VerifyingKey> {
        self.0.get(kid)
    }
}

/// A secret no shorter than the hash (RFC 7518, 3.2).
pub const MIN_SECRET_LEN: usize = 32;
