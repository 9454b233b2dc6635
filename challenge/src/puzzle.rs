//! The computation that a challenge sets: what a share is, how one is found, and the verifier's check of a solution.

use core::fmt;
use core::ops::Range;

use sha2::{Digest, Sha256};

use crate::{ShareCount, Solution, Threshold, sha256};

/// The 48 bytes, twelve SHA-256 words, that every attempt starts with. The nonce is the thirteenth word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix([u8; Prefix::LEN]);

impl Prefix {
    /// A prefix's length in bytes.
    pub const LEN: usize = 48;

    /// The prefix as bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// A prefix from its bytes; see [`Challenge::puzzle`](crate::Challenge::puzzle) for where they come from.
    pub const fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        Self(*bytes)
    }

    /// The prefix as twelve big-endian words.
    pub fn words(&self) -> [u32; 12] {
        let (words, _) = self.0.as_chunks::<4>();
        core::array::from_fn(|index| u32::from_be_bytes(words[index]))
    }
}

/// How often the inner function of PBKDF2 runs in one attempt at a puzzle of kind 2: 1 to 4096.
///
/// More iterations hide what a browser spends on calling WebCrypto; fewer cost the verifier less for each share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iterations(u32);

impl Iterations {
    /// The most a challenge can ask for: with 64 shares, 524 416 compressions to verify, some 15 milliseconds of one core.
    pub const MAX: Self = Self(4096);

    /// `None` unless `count` is in 1..=4096: no iteration would mean no work.
    pub const fn new(count: u32) -> Option<Self> {
        if count >= 1 && count <= Self::MAX.0 { Some(Self(count)) } else { None }
    }

    /// The count as a number.
    pub const fn count(self) -> u32 {
        self.0
    }
}

/// Which computation an attempt is. A kind that this crate does not know is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Kind 1: SHA-256 of prefix ‖ nonce, one compression an attempt.
    Sha256,
    /// Kind 2: PBKDF2-HMAC-SHA-256 (RFC 8018, 5.2) of the nonce, with the prefix for salt. It runs at full speed in
    /// browsers without WebAssembly, through WebCrypto.
    Pbkdf2(Iterations),
}

impl Kind {
    /// How many compressions of SHA-256 an attempt takes, for any client or verifier: this is how kinds are compared.
    pub const fn compressions(self) -> u64 {
        match self {
            Self::Sha256 => 1,
            // The two halves of the key once, then an inner and an outer compression for each iteration.
            Self::Pbkdf2(iterations) => 2 * iterations.0 as u64 + 2,
        }
    }
}

/// What is to be computed: which kind of attempt, on which prefix, with which outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Puzzle {
    /// What an attempt computes.
    pub kind: Kind,
    /// What every attempt starts with.
    pub prefix: Prefix,
    /// What a share's last word is compared with.
    pub threshold: Threshold,
}

impl Puzzle {
    /// Whether `nonce` is a share: the last word of its attempt is not above the threshold.
    pub fn is_share(&self, nonce: u32) -> bool {
        let digest: [u8; 32] = match self.kind {
            Kind::Sha256 => {
                let mut message = [0; Prefix::LEN + 4];
                message[..Prefix::LEN].copy_from_slice(&self.prefix.0);
                message[Prefix::LEN..].copy_from_slice(&nonce.to_be_bytes());
                Sha256::digest(message).into()
            }
            Kind::Pbkdf2(iterations) => {
                pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(&nonce.to_be_bytes(), &self.prefix.0, iterations.0)
            }
        };
        u32::from_be_bytes([digest[28], digest[29], digest[30], digest[31]]) <= self.threshold.word()
    }

    /// The first share among `nonces`, whose end may be 2³².
    ///
    /// Stateless, so that workers can split the nonces as they like, and go on after a share with the next nonce. Each
    /// call absorbs the prefix again, which costs less than a microsecond, so let a range be thousands of attempts
    /// long.
    ///
    /// ```
    /// use portcullis_challenge::{Kind, Prefix, Puzzle, Threshold};
    ///
    /// let threshold = Threshold::new(u32::MAX / 100).unwrap();
    /// let puzzle = Puzzle { kind: Kind::Sha256, prefix: Prefix::from_bytes(&[7; 48]), threshold };
    /// let first = puzzle.first_share(0..10_000).expect("one nonce in a hundred is a share");
    /// assert!(puzzle.is_share(first));
    /// ```
    #[inline]
    pub fn first_share(&self, nonces: Range<u64>) -> Option<u32> {
        match self.kind {
            Kind::Sha256 => sha256::first_share(self.prefix.words(), self.threshold.word(), nonces),
            Kind::Pbkdf2(_) => {
                let nonces = nonces.start..nonces.end.min(1 << 32);
                nonces.map(|nonce| nonce as u32).find(|nonce| self.is_share(*nonce))
            }
        }
    }

    /// All shares among `nonces`, in increasing order.
    pub fn shares(&self, nonces: Range<u64>) -> impl Iterator<Item = u32> {
        let mut next = nonces.start;
        core::iter::from_fn(move || {
            let share = self.first_share(next..nonces.end)?;
            next = u64::from(share) + 1;
            Some(share)
        })
    }

    /// Checks the work: as many nonces as asked for, each a share. Stops at the first that is not.
    ///
    /// # Errors
    ///
    /// [`InsufficientWorkError`] if a nonce is missing, there is one too many, or one is not a share.
    pub fn verify(&self, shares: ShareCount, solution: &Solution) -> Result<(), InsufficientWorkError> {
        let enough = solution.nonces().len() == usize::from(shares.count())
            && solution.nonces().iter().all(|nonce| self.is_share(*nonce));
        if enough { Ok(()) } else { Err(InsufficientWorkError) }
    }
}

/// The solution is not the work the challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsufficientWorkError;

impl fmt::Display for InsufficientWorkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the solution is not the work the challenge asks for")
    }
}

impl core::error::Error for InsufficientWorkError {}
