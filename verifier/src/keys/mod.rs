//! Signature keys: which one signs, which verify, which are published, and when each turns from one to the next.
//!
//! A key's whole life follows from when it was made and from its successor, so there is no state beside the files:
//!
//! | phase | from | what it does |
//! |---|---|---|
//! | next | made | published in the JWK Set, so that gateways know it before it is used |
//! | current | [`PUBLISH_LEAD`] later (at once, if it is the first) | signs |
//! | previous | its successor is current | verifies and is published: tokens it signed stay good until they expire |
//! | retired | [`RETIRE_AFTER`] later | nothing |
//!
//! `folder` reads and writes them, one file a key.

mod folder;

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use portcullis_challenge::UnixMillis;

pub use folder::{KeyFolder, KeyFolderError};

use crate::clock::{LEEWAY, millis};

/// How long gateways and caches may keep the JWK Set.
pub const JWKS_MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// How long a key is published before it signs: every copy of the JWK Set without it has expired by then.
pub const PUBLISH_LEAD: Duration = Duration::from_secs(2 * JWKS_MAX_AGE.as_secs());
/// The longest life a clearance token can have.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a key still verifies after its successor took over: until the last token it signed has expired.
pub const RETIRE_AFTER: Duration = Duration::from_secs(MAX_TOKEN_LIFETIME.as_secs() + LEEWAY.as_secs());

/// The one algorithm of these keys (RFC 7518, 3.4): pinned here, never read from a token.
pub const ALGORITHM: Algorithm = Algorithm::ES256;

/// An ES256 key pair and its names.
pub struct SigningKey {
    created_at: UnixMillis,
    kid: String,
    jwk: Jwk,
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// What a key does at a given time; see the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Published, not used yet.
    Next,
    /// Signs.
    Current,
    /// Verifies what it signed.
    Previous,
    /// Does nothing any more.
    Retired,
}

/// Every key, oldest first; never empty.
#[derive(Debug)]
pub struct KeyRing(Vec<SigningKey>);

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// Not a P-256 private key as PKCS#8.
    #[error("it is not a P-256 private key in PKCS#8")]
    NotP256,
    /// A key printed in a standard: everybody has it.
    #[error("it is the example key of a published standard, which everybody has")]
    Example,
}

impl SigningKey {
    /// A new key pair, as PKCS#8.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    pub fn generate() -> Vec<u8> {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new());
        // Fails only without randomness, and then nothing may be signed.
        key.expect("the operating system gives randomness").as_ref().to_vec()
    }

    /// A key from its PKCS#8 bytes. Its `kid` is its JWK thumbprint (RFC 7638).
    ///
    /// # Errors
    ///
    /// [`UnusableKey`].
    pub fn from_pkcs8(pkcs8: &[u8], created_at: UnixMillis) -> Result<Self, UnusableKey> {
        let signing = EncodingKey::from_ec_der(pkcs8);
        let mut jwk = Jwk::from_encoding_key(&signing, ALGORITHM).map_err(|_| UnusableKey::NotP256)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| UnusableKey::NotP256)?;
        if EXAMPLE_KEYS.contains(&kid.as_str()) {
            return Err(UnusableKey::Example);
        }
        let verifying = DecodingKey::from_jwk(&jwk).map_err(|_| UnusableKey::NotP256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_algorithm = Some(KeyAlgorithm::ES256);
        Ok(Self { created_at, kid, jwk, signing, verifying })
    }

    /// Its name in tokens and in the JWK Set.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// When it was made.
    pub fn created_at(&self) -> UnixMillis {
        self.created_at
    }

    pub(crate) fn signing(&self) -> &EncodingKey {
        &self.signing
    }

    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring of at least one key; `None` for none.
    pub fn new(mut keys: Vec<SigningKey>) -> Option<Self> {
        keys.sort_by(|one, other| (one.created_at, &one.kid).cmp(&(other.created_at, &other.kid)));
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key that signs at `now`.
    pub fn current(&self, now: UnixMillis) -> &SigningKey {
        let in_use = self.0.iter().enumerate().rev().find(|(index, _)| self.used_from(*index) <= now);
        // Before the first key's time (the clock has stepped back) the first key signs.
        in_use.map_or(&self.0[0], |(_, key)| key)
    }

    /// The key that verifies a token naming `kid`: current or previous, never one that has not signed yet.
    pub fn verifying(&self, kid: &str, now: UnixMillis) -> Option<&SigningKey> {
        let trusted = |phase| matches!(phase, Phase::Current | Phase::Previous);
        self.phases(now).find(|(key, phase)| key.kid == kid && trusted(*phase)).map(|(key, _)| key)
    }

    /// The public halves of every key that is not retired (RFC 7517, 5).
    pub fn published(&self, now: UnixMillis) -> JwkSet {
        let published = self.phases(now).filter(|(_, phase)| *phase != Phase::Retired);
        JwkSet { keys: published.map(|(key, _)| key.jwk.clone()).collect() }
    }

    /// Every key and what it does at `now`, oldest first.
    pub fn phases(&self, now: UnixMillis) -> impl Iterator<Item = (&SigningKey, Phase)> {
        let current = self.current(now);
        self.0.iter().enumerate().map(move |(index, key)| {
            let phase = if std::ptr::eq(key, current) {
                Phase::Current
            } else if key.created_at > current.created_at {
                Phase::Next
            } else if self.retired_from(index) > now {
                Phase::Previous
            } else {
                Phase::Retired
            };
            (key, phase)
        })
    }

    fn used_from(&self, index: usize) -> UnixMillis {
        let lead = if index == 0 { 0 } else { millis(PUBLISH_LEAD) };
        UnixMillis(self.0[index].created_at.0.saturating_add(lead))
    }

    fn retired_from(&self, index: usize) -> UnixMillis {
        match index + 1 < self.0.len() {
            true => UnixMillis(self.used_from(index + 1).0.saturating_add(millis(RETIRE_AFTER))),
            false => UnixMillis(u64::MAX),
        }
    }
}

/// Thumbprints of the P-256 private keys printed in RFC 7515 (A.3) and RFC 7517 (A.2).
const EXAMPLE_KEYS: [&str; 2] =
    ["oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"];

#[cfg(test)]
mod tests {
    use super::*;

    fn key(created_at: u64) -> SigningKey {
        SigningKey::from_pkcs8(&SigningKey::generate(), UnixMillis(created_at)).unwrap()
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_verifies_until_its_last_token_expires() {
        let start = 1_000_000_000;
        let ring = KeyRing::new(vec![key(start), key(start + 5)]).unwrap();
        let (old, new) = (ring.0[0].kid.clone(), ring.0[1].kid.clone());
        let takes_over = start + 5 + millis(PUBLISH_LEAD);

        let before = UnixMillis(takes_over - 1);
        assert_eq!(ring.current(before).kid, old);
        assert_eq!(ring.published(before).keys.len(), 2);
        assert!(ring.verifying(&new, before).is_none(), "a key that never signed verifies nothing");

        let after = UnixMillis(takes_over);
        assert_eq!(ring.current(after).kid, new);
        assert!(ring.verifying(&old, after).is_some());

        let retired = UnixMillis(takes_over + millis(RETIRE_AFTER));
        assert!(ring.verifying(&old, UnixMillis(retired.0 - 1)).is_some());
        assert!(ring.verifying(&old, retired).is_none());
        assert_eq!(ring.published(retired).keys.len(), 1);
    }

    #[test]
    fn the_jwk_set_holds_no_private_half() {
        let ring = KeyRing::new(vec![key(1)]).unwrap();
        let text = serde_json::to_value(ring.published(UnixMillis(1))).unwrap();
        let published = text["keys"][0].as_object().unwrap();
        let mut members: Vec<_> = published.keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(published["kid"], ring.0[0].kid);
    }

    #[test]
    fn other_curves_and_garbage_are_no_keys() {
        use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
        let random = aws_lc_rs::rand::SystemRandom::new();
        let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random).unwrap();
        for bytes in [p384.as_ref(), b"", b"secret", &SigningKey::generate()[..40]] {
            assert_eq!(SigningKey::from_pkcs8(bytes, UnixMillis(0)).unwrap_err(), UnusableKey::NotP256);
        }
    }
}
