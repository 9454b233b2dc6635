//! Whether a token clears its bearer.
//!
//! In this order: form and header, key by `kid`, signature with the key's own algorithm, `iss`, `aud`, times by our
//! clock with [`LEEWAY`], level. The network is checked separately, because a client that has changed its network keeps
//! its token and only tops it up.
//!
//! Verified tokens are remembered by their SHA-256, in bounded memory, so that a token costs its signature once.
//! Everything that can change between two requests is checked each time, including whether the key is still accepted.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use portcullis_challenge::UnixMillis;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::clock::LEEWAY;
use crate::jws::{self, KeyLookupError};
use crate::keys::Keys;
use crate::level::Level;
use crate::token::{ClearanceClaims, MAX_LEN, TYPE};

/// The circumstances in which a token is shown.
#[derive(Clone, Copy, Debug)]
pub struct Bearer<'a> {
    /// The lower-case host asked for.
    pub host: &'a str,
    /// The level needed: the first unless policy says otherwise.
    pub level: Level,
    /// The time of day.
    pub now: UnixMillis,
}

/// A token that is ours, current and valid for this host. Whether it is shown from its network is not known yet.
#[derive(Clone, Debug)]
pub struct Genuine(Arc<ClearanceClaims>);

/// Proof that a token was verified for this host and address. Only [`Genuine::shown_from`] makes one.
#[derive(Clone, Debug)]
pub struct Clearance(Arc<ClearanceClaims>);

/// Why a token does not clear its bearer. For the log; the client is simply challenged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a JWT of ours: too long, another `typ` or algorithm, key material in the header, or a wrong claim.
    #[error("malformed")]
    Malformed,
    /// A `kid` that does not sign, or no longer does.
    #[error("unknown-key")]
    UnknownKey,
    /// Any other failure of signature, issuer or audience.
    #[error("not-ours")]
    NotOurs,
    /// Past `exp`, or before `nbf`.
    #[error("expired")]
    Expired,
    /// Earned at a lower level than is asked for.
    #[error("wrong-level")]
    WrongLevel,
    /// Shown from outside its network.
    #[error("wrong-network")]
    WrongNetwork,
}

impl From<KeyLookupError> for TokenError {
    fn from(why: KeyLookupError) -> Self {
        match why {
            KeyLookupError::Malformed => Self::Malformed,
            KeyLookupError::Unknown => Self::UnknownKey,
        }
    }
}

impl Genuine {
    /// What the token says.
    pub fn claims(&self) -> &ClearanceClaims {
        &self.0
    }

    /// The clearance of a bearer with this address.
    ///
    /// # Errors
    ///
    /// [`TokenError::WrongNetwork`].
    pub fn shown_from(self, address: IpAddr) -> Result<Clearance, TokenError> {
        if self.0.net.contains(address) { Ok(Clearance(self.0)) } else { Err(TokenError::WrongNetwork) }
    }
}

impl Clearance {
    /// What the token says.
    pub fn claims(&self) -> &ClearanceClaims {
        &self.0
    }
}

/// Verifies tokens of one installation, and remembers those it has verified.
#[derive(Debug)]
pub struct TokenVerifier<K> {
    issuer: String,
    capacity: usize,
    current: ArcSwap<Generation<K>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// How well the memory of verified tokens works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembering {
    /// Tokens remembered now.
    pub held: usize,
    /// The most tokens that are remembered.
    pub capacity: usize,
    /// Tokens shown that were remembered, since the start.
    pub hits: u64,
    /// Tokens shown whose signature had to be checked, since the start.
    pub misses: u64,
}

/// Keys, and what they have verified. New keys begin with nothing.
#[derive(Debug)]
struct Generation<K> {
    keys: K,
    verified: Cache<[u8; 32], Remembered>,
}

/// What was verified, and the name of the key that verified it: a key that retires takes its tokens with it.
#[derive(Clone, Debug)]
struct Remembered {
    kid: Arc<str>,
    claims: Arc<ClearanceClaims>,
}

impl<K: Keys> TokenVerifier<K> {
    /// A verifier of tokens that `issuer` signed, with `keys`. Remembers [`DEFAULT_CACHED`] tokens.
    pub fn new(issuer: impl Into<String>, keys: K) -> Self {
        Self::remembering(DEFAULT_CACHED, issuer, keys)
    }

    /// As [`new`](Self::new), with this many tokens remembered, at about 500 bytes each.
    pub fn remembering(capacity: usize, issuer: impl Into<String>, keys: K) -> Self {
        let first = Generation { keys, verified: Cache::new(capacity) };
        let current = ArcSwap::from_pointee(first);
        Self { issuer: issuer.into(), capacity, current, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// The installation whose tokens these are.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How well the memory of verified tokens works.
    pub fn remembering_now(&self) -> Remembering {
        let [hits, misses] = [&self.hits, &self.misses].map(|count| count.load(Ordering::Relaxed));
        Remembering { held: self.generation().verified.len(), capacity: self.capacity, hits, misses }
    }

    /// Looks at the keys in use.
    pub fn with_keys<T>(&self, look: impl FnOnce(&K) -> T) -> T {
        look(&self.generation().keys)
    }

    /// Verifies with other keys from now on; what the old ones verified is forgotten.
    pub fn replace_keys(&self, keys: K) {
        let next = Generation { keys, verified: Cache::new(self.capacity) };
        self.current.store(Arc::new(next));
    }

    /// Verifies a token; see the [module](self).
    ///
    /// # Errors
    ///
    /// [`TokenError`], never [`TokenError::WrongNetwork`].
    pub fn verify(&self, token: &str, bearer: Bearer<'_>) -> Result<Genuine, TokenError> {
        if token.len() > MAX_LEN {
            return Err(TokenError::Malformed);
        }
        let generation = self.generation();
        let name: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let verified = match generation.verified.get(&name) {
            Some(remembered) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                generation.keys.verifying(&remembered.kid, bearer.now).ok_or(TokenError::UnknownKey)?;
                remembered
            }
            None => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                let verified = self.signature(&generation.keys, token, bearer)?;
                generation.verified.insert(name, verified.clone());
                verified
            }
        };
        current(&verified.claims, bearer)?;
        Ok(Genuine(verified.claims))
    }

    fn generation(&self) -> Guard<Arc<Generation<K>>> {
        self.current.load()
    }

    /// What never changes about a token: header, key, signature, issuer. The audience too, so that a token for another
    /// host is not remembered.
    fn signature(&self, keys: &K, token: &str, bearer: Bearer<'_>) -> Result<Remembered, TokenError> {
        let key = jws::named_key(token, TYPE, keys, bearer.now)?;
        let payload = jws::payload(token, key).map_err(|_| TokenError::NotOurs)?;
        let claims: ClearanceClaims = serde_json::from_slice(&payload).map_err(|_| TokenError::NotOurs)?;
        if claims.iss != self.issuer || claims.aud != bearer.host {
            return Err(TokenError::NotOurs);
        }
        Ok(Remembered { kid: key.kid().into(), claims: Arc::new(claims) })
    }
}

/// The checks of verified claims that depend on the request.
fn current(claims: &ClearanceClaims, bearer: Bearer<'_>) -> Result<(), TokenError> {
    let (now, leeway) = (bearer.now.0 / 1000, LEEWAY.as_secs());
    if claims.aud != bearer.host {
        return Err(TokenError::NotOurs);
    }
    if now >= claims.exp.saturating_add(leeway) || claims.nbf > now.saturating_add(leeway) {
        return Err(TokenError::Expired);
    }
    if claims.lvl < bearer.level {
        return Err(TokenError::WrongLevel);
    }
    Ok(())
}

/// Tokens remembered unless said otherwise: about 32 MB.
pub const DEFAULT_CACHED: usize = 65_536;
