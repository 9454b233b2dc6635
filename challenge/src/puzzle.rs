//! What a share is, and the verifier's check of a solution.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::{Fields, Solution, Threshold};

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

    /// A prefix from its bytes; see [`Challenge::prefix`](crate::Challenge::prefix) for where they come from.
    pub const fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        Self(*bytes)
    }

    pub(crate) fn words(&self) -> [u32; 12] {
        let (words, _) = self.0.as_chunks::<4>();
        core::array::from_fn(|index| u32::from_be_bytes(words[index]))
    }
}

/// Whether `nonce` is a share of the puzzle: the last word of SHA-256(prefix ‖ nonce) is not above the threshold.
pub fn is_share(prefix: &Prefix, threshold: Threshold, nonce: u32) -> bool {
    let mut message = [0; Prefix::LEN + 4];
    message[..Prefix::LEN].copy_from_slice(&prefix.0);
    message[Prefix::LEN..].copy_from_slice(&nonce.to_be_bytes());
    let digest = Sha256::digest(message);
    u32::from_be_bytes([digest[28], digest[29], digest[30], digest[31]]) <= threshold.word()
}

/// Checks the work: as many nonces as the challenge asks for, each a share. Stops at the first that is not.
///
/// # Errors
///
/// [`InsufficientWork`] when a nonce is missing, one is too many, or one is no share.
pub fn verify(fields: &Fields, prefix: &Prefix, solution: &Solution) -> Result<(), InsufficientWork> {
    let enough = solution.nonces().len() == usize::from(fields.shares.count())
        && solution.nonces().iter().all(|nonce| is_share(prefix, fields.threshold, *nonce));
    if enough { Ok(()) } else { Err(InsufficientWork) }
}

/// The solution is not the work the challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsufficientWork;

impl fmt::Display for InsufficientWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the solution is not the work the challenge asks for")
    }
}

impl core::error::Error for InsufficientWork {}
