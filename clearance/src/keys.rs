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

    /// Whether this key made `signature`, the base64url text of one, over `message`, with its own algorithm.
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, message, &self.key, self.algorithm.into()).unwrap_or(false)
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The public halves of the keys of RFC 7515 (A.3) and RFC 8037 (A.2).
    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    fn ed25519() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    fn read(keys: &[Value]) -> Result<PublicKeys, UnusableKey> {
        PublicKeys::from_jwk_set(&json!({ "keys": keys }).to_string())
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[test]
    fn a_set_s_usable_keys_are_found_by_name() {
        let keys = read(&[json!({ "kty": "future" }), json!(7), p256(), ed25519()]).unwrap();
        let now = UnixMillis(0);
        assert_eq!(keys.verifying("one", now).map(VerifyingKey::algorithm), Some(Algorithm::Es256));
        // The thumbprint that RFC 8037 (A.3) gives.
        let unnamed = keys.verifying("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", now);
        assert_eq!(unnamed.map(VerifyingKey::algorithm), Some(Algorithm::EdDsa));
        assert!(keys.verifying("two", now).is_none());
    }

    #[test]
    fn keys_for_something_else_are_passed_over() {
        for unusable in [
            with(p256(), "use", json!("enc")),
            with(p256(), "key_ops", json!(["sign"])),
            with(p256(), "alg", json!("ES384")),
            with(p256(), "alg", json!("HS256")),
            with(p256(), "crv", json!("P-384")),
            with(ed25519(), "alg", json!("ES256")),
            json!({ "kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "alg": "HS256" }),
            json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
        ] {
            assert_eq!(read(std::slice::from_ref(&unusable)).unwrap_err(), UnusableKey::NoKey, "{unusable}");
        }
        assert_eq!(PublicKeys::from_jwk_set("[]").unwrap_err(), UnusableKey::NoSet);
        assert_eq!(VerifyingKey::from_secret("a".to_owned(), &[0; 31]).unwrap_err(), UnusableKey::TooShort);
    }
}
