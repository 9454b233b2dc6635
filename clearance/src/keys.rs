//! Keys that verify: each has one algorithm, pinned where the key is read and never taken from a token.

use std::collections::HashMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, Jwk, JwkSet, KeyAlgorithm, KeyOperations,
    PublicKeyUse,
};
use portcullis_challenge::UnixMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::signature;

/// How tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518, 3.4): what every gateway can verify.
    #[default]
    Es256,
    /// Ed25519 (RFC 8037, 3.1): asymmetric too, faster to sign, known to fewer gateways.
    EdDsa,
    /// HMAC with SHA-256 (RFC 7518, 3.2): the cheapest, but everything that can verify can sign.
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

    /// Whether a verifier with this algorithm's key is unable to sign.
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
    /// The key named `kid`, if tokens that it signed are accepted at `now`.
    fn verifying(&self, kid: &str, now: UnixMillis) -> Option<&VerifyingKey>;
}

/// A key that verifies, with its name and its one algorithm.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    algorithm: Algorithm,
    key: signature::Key,
}

/// Why a JSON Web Key does not verify tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyingKeyError {
    /// Not a set of keys as in RFC 7517, 5.
    #[error("it is not a JWK Set")]
    NoSet,
    /// None of its keys can be used.
    #[error("none of its keys verifies ES256 or EdDSA signatures")]
    NoKey,
    /// Another key type, curve, algorithm or use.
    #[error("it is not a public key for ES256 or EdDSA signatures")]
    Unsuitable,
    /// Its numbers are not a point of the curve.
    #[error("its numbers are not a public key")]
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
    /// [`VerifyingKeyError`]. A symmetric key is unsuitable: nobody may sign with what everybody can read.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, VerifyingKeyError> {
        let (algorithm, declared, key) = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                (Algorithm::Es256, KeyAlgorithm::ES256, p256(key))
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                (Algorithm::EdDsa, KeyAlgorithm::EdDSA, number(&key.x).and_then(|point| signature::Key::eddsa(&point)))
            }
            _ => return Err(VerifyingKeyError::Unsuitable),
        };
        let for_signatures = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let operations = jwk.common.key_operations.as_ref();
        let to_verify = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let as_declared = jwk.common.key_algorithm.is_none_or(|algorithm| algorithm == declared);
        if !(for_signatures && to_verify && as_declared) {
            return Err(VerifyingKeyError::Unsuitable);
        }
        let key = key.ok_or(VerifyingKeyError::Invalid)?;
        let named = jwk.common.key_id.clone();
        let kid = named.or_else(|| thumbprint(jwk)).ok_or(VerifyingKeyError::Invalid)?;
        Ok(Self { kid, algorithm, key })
    }

    /// A shared secret for HS256.
    ///
    /// # Errors
    ///
    /// [`VerifyingKeyError::TooShort`].
    pub fn from_secret(kid: String, secret: &[u8]) -> Result<Self, VerifyingKeyError> {
        if secret.len() < MIN_SECRET_LEN {
            return Err(VerifyingKeyError::TooShort);
        }
        let key = signature::Key::hs256(secret).ok_or(VerifyingKeyError::Invalid)?;
        Ok(Self { kid, algorithm: Algorithm::Hs256, key })
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
        let mut bytes = [0; LONGEST_SIGNATURE];
        Base64UrlUnpadded::decode(signature, &mut bytes).is_ok_and(|signature| self.key.has_signed(message, signature))
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
    /// Reads a JWK Set (RFC 7517, 5). Keys that cannot be used are ignored, as the RFC asks.
    ///
    /// # Errors
    ///
    /// [`VerifyingKeyError::NoSet`], or [`VerifyingKeyError::NoKey`] if no usable key is left.
    pub fn from_jwk_set(json: &str) -> Result<Self, VerifyingKeyError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_str(json).map_err(|_| VerifyingKeyError::NoSet)?;
        // One by one: a key of a kind that the library does not know must not spoil the others.
        let known = JwkSet { keys: set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() };
        let usable = known.keys.iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok());
        let keys: HashMap<_, _> = usable.map(|key| (key.kid.clone(), key)).collect();
        if keys.is_empty() { Err(VerifyingKeyError::NoKey) } else { Ok(Self(keys)) }
    }
}

impl Keys for PublicKeys {
    fn verifying(&self, kid: &str, _: UnixMillis) -> Option<&VerifyingKey> {
        self.0.get(kid)
    }
}

/// The name of a key that has no other: its thumbprint (RFC 7638), with SHA-256. `None` for a key that cannot sign our
/// tokens.
pub fn thumbprint(jwk: &Jwk) -> Option<String> {
    // Exactly these members, in exactly this order.
    #[derive(Serialize)]
    struct Point<'a> {
        crv: &'a str,
        kty: &'a str,
        x: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        y: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct Secret<'a> {
        k: &'a str,
        kty: &'a str,
    }
    let members = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            serde_json::to_vec(&Point { crv: "P-256", kty: "EC", x: &key.x, y: Some(&key.y) })
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            serde_json::to_vec(&Point { crv: "Ed25519", kty: "OKP", x: &key.x, y: None })
        }
        AlgorithmParameters::OctetKey(key) => serde_json::to_vec(&Secret { k: &key.value, kty: "oct" }),
        _ => return None,
    };
    Some(Base64UrlUnpadded::encode_string(&Sha256::digest(members.ok()?)))
}

/// The key at a point of P-256, whose numbers have their full length (RFC 7518, 6.2.1.2).
fn p256(key: &EllipticCurveKeyParameters) -> Option<signature::Key> {
    let mut point = [UNCOMPRESSED; 65];
    point[1..33].copy_from_slice(&number(&key.x)?);
    point[33..].copy_from_slice(&number(&key.y)?);
    signature::Key::es256(&point)
}

/// A number of 32 bytes in base64url.
fn number(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    (decoded.len() == 32).then_some(bytes)
}

/// The first byte of a point that has both its numbers (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// Of ES256 and EdDSA: two numbers of 32 bytes.
const LONGEST_SIGNATURE: usize = 64;
/// A secret no shorter than the hash (RFC 7518, 3.2).
pub const MIN_SECRET_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The public keys of RFC 7515 (A.3) and RFC 8037 (A.2).
    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    fn ed25519() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    fn read(keys: &[Value]) -> Result<PublicKeys, VerifyingKeyError> {
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
    fn a_key_without_a_name_goes_by_its_thumbprint() {
        let of = |key: Value| thumbprint(&serde_json::from_value(key).unwrap());
        // RFC 7515 (A.3), and RFC 8037 (A.3).
        assert_eq!(of(p256()).as_deref(), Some("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"));
        assert_eq!(of(ed25519()).as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
        assert_eq!(of(json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" })), None);
    }

    #[test]
    fn numbers_that_are_no_key_are_found_out_when_the_key_is_read() {
        let zeros = "A".repeat(43);
        for invalid in [
            with(p256(), "x", json!(zeros)),
            with(p256(), "y", json!(zeros)),
            with(p256(), "x", json!("")),
            with(p256(), "y", json!(format!("A{zeros}"))),
            with(ed25519(), "x", json!("11qY")),
            with(ed25519(), "x", json!(format!("{zeros}="))),
        ] {
            let jwk = serde_json::from_value(invalid.clone()).unwrap();
            assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), VerifyingKeyError::Invalid, "{invalid}");
        }
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
            assert_eq!(read(std::slice::from_ref(&unusable)).unwrap_err(), VerifyingKeyError::NoKey, "{unusable}");
        }
        assert_eq!(PublicKeys::from_jwk_set("[]").unwrap_err(), VerifyingKeyError::NoSet);
        assert_eq!(VerifyingKey::from_secret("a".to_owned(), &[0; 31]).unwrap_err(), VerifyingKeyError::TooShort);
    }
}
