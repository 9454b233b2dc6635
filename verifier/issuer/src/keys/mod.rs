//! Signature keys: which one signs, which verify, which are published, and when each moves from one phase to the next.
//!
//! A key's whole life follows from when it was made and from its successor, so no state is kept besides the files:
//!
//! | phase | from | what it does |
//! |---|---|---|
//! | next | made | published in the JWK Set, so that gateways know it before it is used |
//! | current | [`PUBLISH_LEAD`] later (at once, if it is the first) | signs |
//! | previous | its successor is current | verifies and is published: tokens it signed stay good until they expire |
//! | retired | [`RETIRE_AFTER`] later | nothing |
//!
//! `folder` reads and writes them, one file a key; `signing` is one key, `signer` its half that signs.

mod folder;
mod signer;
mod signing;

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::{LEEWAY, millis};
use portcullis_clearance::keys::{Keys, VerifyingKey};
use portcullis_clearance::token;

pub use folder::{KeyFolder, KeyFolderError, Rotation};
pub use signer::SigningError;
pub use signing::{KeyMaterial, SigningKey, SigningKeyError};

/// How long gateways and caches may keep the JWK Set.
pub const JWKS_MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// How long a key is published before it signs: every copy of the JWK Set without it has expired by then.
pub const PUBLISH_LEAD: Duration = Duration::from_secs(2 * JWKS_MAX_AGE.as_secs());
/// How long a key still verifies after its successor took over: until the last token it signed has expired.
pub const RETIRE_AFTER: Duration = Duration::from_secs(token::MAX_LIFETIME.as_secs() + LEEWAY.as_secs());

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

impl Keys for KeyRing {
    /// Current or previous, never one that has not signed yet.
    fn verifying(&self, kid: &str, now: UnixMillis) -> Option<&VerifyingKey> {
        let trusted = |phase| matches!(phase, Phase::Current | Phase::Previous);
        self.phases(now).find(|(key, phase)| key.kid() == kid && trusted(*phase)).map(|(key, _)| key.verifying())
    }
}

/// Every key, oldest first; never empty.
#[derive(Debug)]
pub struct KeyRing(Vec<SigningKey>);

impl KeyRing {
    /// A ring of at least one key; `None` without any.
    pub fn new(mut keys: Vec<SigningKey>) -> Option<Self> {
        keys.sort_by(|one, other| (one.created_at(), one.kid()).cmp(&(other.created_at(), other.kid())));
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key that signs at `now`.
    pub fn current(&self, now: UnixMillis) -> &SigningKey {
        let in_use = self.0.iter().enumerate().rev().find(|(index, _)| self.used_from(*index) <= now);
        // Before the first key's time (the clock has stepped back) the first key signs.
        in_use.map_or(&self.0[0], |(_, key)| key)
    }

    /// The public keys of all that are not retired (RFC 7517, 5). Secrets have no public key.
    pub fn published(&self, now: UnixMillis) -> JwkSet {
        let published = self.phases(now).filter(|(_, phase)| *phase != Phase::Retired);
        JwkSet { keys: published.filter_map(|(key, _)| key.public().cloned()).collect() }
    }

    /// The key made last.
    pub fn newest(&self) -> &SigningKey {
        // Never empty.
        &self.0[self.0.len() - 1]
    }

    /// Whether `other` has the same keys.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.0.iter().map(SigningKey::kid).eq(other.0.iter().map(SigningKey::kid))
    }

    /// Every key and what it does at `now`, oldest first.
    pub fn phases(&self, now: UnixMillis) -> impl Iterator<Item = (&SigningKey, Phase)> {
        let current = self.current(now);
        self.0.iter().enumerate().map(move |(index, key)| {
            let phase = if std::ptr::eq(key, current) {
                Phase::Current
            } else if key.created_at() > current.created_at() {
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
        UnixMillis(self.0[index].created_at().0.saturating_add(lead))
    }

    fn retired_from(&self, index: usize) -> UnixMillis {
        match index + 1 < self.0.len() {
            true => UnixMillis(self.used_from(index + 1).0.saturating_add(millis(RETIRE_AFTER))),
            false => UnixMillis(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_clearance::keys::Algorithm;

    use super::*;

    fn key(created_at: u64) -> SigningKey {
        SigningKey::new(&KeyMaterial::generate(Algorithm::Es256), UnixMillis(created_at)).unwrap()
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_verifies_until_its_last_token_expires() {
        let start = 1_000_000_000;
        let ring = KeyRing::new(vec![key(start), key(start + 5)]).unwrap();
        let (old, new) = (ring.0[0].kid().to_owned(), ring.0[1].kid().to_owned());
        let takes_over = start + 5 + millis(PUBLISH_LEAD);

        let before = UnixMillis(takes_over - 1);
        assert_eq!(ring.current(before).kid(), old);
        assert_eq!(ring.published(before).keys.len(), 2);
        assert!(ring.verifying(&new, before).is_none(), "a key that never signed verifies nothing");

        let after = UnixMillis(takes_over);
        assert_eq!(ring.current(after).kid(), new);
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
        assert_eq!(published["kid"], ring.0[0].kid());
    }
}
