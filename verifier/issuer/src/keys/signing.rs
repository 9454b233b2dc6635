//! One key that signs: how it is made, read, named and published.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use jsonwebtoken::Header;
use jsonwebtoken::jwk::{CommonParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::keys::{Algorithm, MIN_SECRET_LEN, VerifyingKey, thumbprint};
use portcullis_clearance::token::{ClearanceClaims, header};
use serde::Serialize;

use super::signer::{Signer, SigningError, encoded};

/// A key's secret bytes: PKCS#8 (RFC 5958), or the secret itself for HS256. Never printed.
pub struct KeyMaterial {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

/// A key and its names.
pub struct SigningKey {
    created_at: UnixMillis,
    jwk: Jwk,
    signer: Signer,
    /// The header of every clearance token that it signs, as it is in the token.
    clearance_header: String,
    verifying: VerifyingKey,
}

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// Neither a P-256 nor an Ed25519 private key as PKCS#8.
    #[error("it is not a P-256 or Ed25519 private key in PKCS#8 PEM")]
    NoKey,
    /// Another algorithm's key than its file name says.
    #[error("it is not the kind of key that its file name says")]
    OtherAlgorithm,
    /// A secret that could be guessed.
    #[error("an HS256 secret has at least 32 bytes")]
    ShortSecret,
    /// A key printed in a standard: everybody has it.
    #[error("it is the example key of a published standard, which everybody has")]
    Example,
}

impl KeyMaterial {
    /// A new key.
    ///
    /// # Panics
    ///
    /// If the operating system has no randomness to give.
    pub fn generate(algorithm: Algorithm) -> Self {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let made = match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map(|document| document.as_ref().to_vec()),
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8v1(&random).map(|document| document.as_ref().to_vec()),
            Algorithm::Hs256 => Ok(crate::entropy::random::<MIN_SECRET_LEN>().to_vec()),
        };
        // Fails only without randomness, and then nothing may be signed.
        Self { algorithm, bytes: made.expect("the operating system gives randomness") }
    }

    /// Reads the PEM text that [`to_pem`](Self::to_pem) writes, or PKCS#8 from elsewhere.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`].
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        let block = pem::parse(text).map_err(|_| SigningKeyError::NoKey)?;
        match block.tag() {
            PKCS8_TAG => Self::from_pkcs8(block.contents()),
            SECRET_TAG => Ok(Self { algorithm: Algorithm::Hs256, bytes: block.into_contents() }),
            _ => Err(SigningKeyError::NoKey),
        }
    }

    fn from_pkcs8(bytes: &[u8]) -> Result<Self, SigningKeyError> {
        if EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).is_ok() {
            return Ok(Self { algorithm: Algorithm::Es256, bytes: bytes.to_vec() });
        }
        // In the one form of PKCS#8 that everything here reads: version 1, without the public key.
        let ed25519 = Ed25519KeyPair::from_pkcs8(bytes).map_err(|_| SigningKeyError::NoKey)?;
        let version_1 = ed25519.to_pkcs8v1().map_err(|_| SigningKeyError::NoKey)?;
        Ok(Self { algorithm: Algorithm::EdDsa, bytes: version_1.as_ref().to_vec() })
    }

    /// As a file holds it.
    pub fn to_pem(&self) -> String {
        let tag = if self.algorithm.is_asymmetric() { PKCS8_TAG } else { SECRET_TAG };
        pem::encode(&pem::Pem::new(tag, self.bytes.as_slice()))
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl SigningKey {
    /// A key made at `created_at`. Its `kid` is its JWK thumbprint (RFC 7638).
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`].
    pub fn new(material: &KeyMaterial, created_at: UnixMillis) -> Result<Self, SigningKeyError> {
        let bytes = material.bytes.as_slice();
        let declared = match material.algorithm {
            Algorithm::Es256 => KeyAlgorithm::ES256,
            Algorithm::EdDsa => KeyAlgorithm::EdDSA,
            Algorithm::Hs256 => KeyAlgorithm::HS256,
        };
        let signer = Signer::new(material.algorithm, bytes).ok_or(SigningKeyError::NoKey)?;
        let mut jwk = Jwk { common: CommonParameters::default(), algorithm: signer.parameters(bytes) };
        let kid = thumbprint(&jwk).ok_or(SigningKeyError::NoKey)?;
        if EXAMPLE_KEYS.contains(&kid.as_str()) {
            return Err(SigningKeyError::Example);
        }
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_algorithm = Some(declared);
        let verifying = if material.algorithm.is_asymmetric() {
            VerifyingKey::from_jwk(&jwk).map_err(|_| SigningKeyError::NoKey)?
        } else {
            VerifyingKey::from_secret(kid, bytes).map_err(|_| SigningKeyError::ShortSecret)?
        };
        let clearance_header =
            encoded(&header(verifying.algorithm(), verifying.kid())).map_err(|_| SigningKeyError::NoKey)?;
        Ok(Self { created_at, jwk, signer, clearance_header, verifying })
    }

    /// Its name in tokens and in the JWK Set.
    pub fn kid(&self) -> &str {
        self.verifying.kid()
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm()
    }

    /// When it was made.
    pub fn created_at(&self) -> UnixMillis {
        self.created_at
    }

    /// Its public half; `None` if there is none to publish.
    pub fn public(&self) -> Option<&Jwk> {
        self.algorithm().is_asymmetric().then_some(&self.jwk)
    }

    /// The half that verifies.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Signs claims under a header, in JWS compact form (RFC 7515, 7.1).
    ///
    /// # Errors
    ///
    /// [`SigningError`].
    pub(crate) fn sign(&self, header: &Header, claims: &impl Serialize) -> Result<String, SigningError> {
        self.signer.sign(&encoded(header)?, claims)
    }

    /// Signs a clearance token.
    ///
    /// # Errors
    ///
    /// [`SigningError`].
    pub(crate) fn sign_clearance(&self, claims: &ClearanceClaims) -> Result<String, SigningError> {
        self.signer.sign(&self.clearance_header, claims)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

const PKCS8_TAG: &str = "PRIVATE KEY";
const SECRET_TAG: &str = "HS256 SECRET";
/// Thumbprints of the private keys printed in RFC 7515 (A.3), RFC 7517 (A.2) and RFC 8037 (A.1).
const EXAMPLE_KEYS: [&str; 3] = [
    "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
    "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s",
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_s_key_survives_its_file() {
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Hs256] {
            let made = KeyMaterial::generate(algorithm);
            let read = KeyMaterial::from_pem(&made.to_pem()).unwrap();
            assert_eq!((read.algorithm, &read.bytes), (algorithm, &made.bytes));
            let (one, other) =
                (SigningKey::new(&made, UnixMillis(1)).unwrap(), SigningKey::new(&read, UnixMillis(2)).unwrap());
            assert_eq!(one.kid(), other.kid());
            assert_eq!(one.public().is_some(), algorithm != Algorithm::Hs256, "secrets are not published");
        }
    }

    #[test]
    fn what_a_key_signs_its_public_half_verifies() {
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Hs256] {
            let key = SigningKey::new(&KeyMaterial::generate(algorithm), UnixMillis(0)).unwrap();
            let text = key.sign(&header(algorithm, key.kid()), &serde_json::json!({ "a": 1 })).unwrap();
            let payload = portcullis_clearance::jws::payload(&text, key.verifying()).unwrap();
            assert_eq!(payload, b"{\"a\":1}");
            assert!(text.starts_with(&format!("{}.", key.clearance_header)));
        }
    }

    #[test]
    fn the_public_half_is_a_signature_key_and_nothing_more() {
        let members = |algorithm| {
            let key = SigningKey::new(&KeyMaterial::generate(algorithm), UnixMillis(0)).unwrap();
            let published = serde_json::to_value(key.public().unwrap()).unwrap();
            assert_eq!(published["kid"], key.kid());
            let mut members: Vec<_> = published.as_object().unwrap().keys().cloned().collect();
            members.sort_unstable();
            members
        };
        assert_eq!(members(Algorithm::Es256), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(members(Algorithm::EdDsa), ["alg", "crv", "kid", "kty", "use", "x"]);
    }

    #[test]
    fn a_key_of_pkcs8_version_2_is_read_as_well() {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let version_2 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let text = pem::encode(&pem::Pem::new(PKCS8_TAG, version_2.as_ref()));
        assert_eq!(KeyMaterial::from_pem(&text).map(|read| read.algorithm).ok(), Some(Algorithm::EdDsa));
    }

    #[test]
    fn other_curves_short_secrets_and_garbage_are_no_keys() {
        use aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
        let random = aws_lc_rs::rand::SystemRandom::new();
        let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).unwrap();
        let half = KeyMaterial::generate(Algorithm::Es256).bytes[..40].to_vec();
        for bytes in [p384.as_ref(), b"", b"secret", &half] {
            let text = pem::encode(&pem::Pem::new(PKCS8_TAG, bytes));
            assert_eq!(KeyMaterial::from_pem(&text).err(), Some(SigningKeyError::NoKey));
        }
        let short = KeyMaterial::from_pem(&pem::encode(&pem::Pem::new(SECRET_TAG, [7; 31]))).unwrap();
        assert_eq!(SigningKey::new(&short, UnixMillis(0)).unwrap_err(), SigningKeyError::ShortSecret);
    }
}
